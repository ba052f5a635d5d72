package scoring_test

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/stat"
)

func outcomeVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-M1": vectorDivergence,
		"TV-M2": vectorDivergence,
		"TV-M3": vectorTooFewWeeks,
		"TV-B1": vectorFunnel,
		"TV-B2": vectorDegradation,
		"TV-N6": vectorPredictability,
	}
}

// measured numbers the values of an outcome from week 0 on.
func measured(values []float64) []outcome.Measured {
	var weeks []outcome.Measured
	for _, p := range weekly(values) {
		weeks = append(weeks, outcome.Measured{Point: p})
	}
	return weeks
}

// trend is what vectors tell of a trend.
type trend struct {
	S         int
	Var       float64    `json:"varS"`
	Z         float64    `json:"z_raw"`
	UpRaw     float64    `json:"p_up_raw"`
	Tau       float64    `json:"tau_b"`
	Slope     float64    `json:"sen_slope"`
	Limits    [2]float64 `json:"sen_ci90"`
	Rho       float64    `json:"rho_used"`
	VIF       float64
	Corrected float64 `json:"z_vif"`
	Up        float64 `json:"p_up_corrected"`
}

func (want trend) compare(t *testing.T, got stat.Trend, line stat.Line) {
	t.Helper()
	all(t, "trend",
		[]float64{float64(got.S), got.Var, got.Z, stat.NormalCDF(-got.Z), got.Tau, line.Slope, line.Lower, line.Upper, got.Rho, got.VIF, got.Corrected, got.Up},
		[]float64{float64(want.S), want.Var, want.Z, want.UpRaw, want.Tau, want.Slope, want.Limits[0], want.Limits[1], want.Rho, want.VIF, want.Corrected, want.Up})
}

func vectorDivergence(t *testing.T, v vector) {
	in := decode[struct {
		Output    []float64 `json:"output_weekly"`
		Outcome   []float64 `json:"outcome_weekly"`
		Target    *float64  `json:"outcome_target"`
		Now       float64   `json:"outcome_now"`
		WeeksLeft float64   `json:"weeks_left"`
		Phi       prose
	}](t, v.Input)
	want := decode[struct {
		Output     *trend
		Outcome    trend
		Divergence float64
		Required   *float64 `json:"required_slope"`
		Short      bool     `json:"outcome_ci_upper_lt_phi_required"`
		Flag       bool
	}](t, v.Expected)
	series := outcome.Input{
		Until:  len(in.Output) - 1,
		Output: weekly(in.Output),
		Result: outcome.Result{Weeks: measured(in.Outcome), Now: in.Now, WeeksLeft: in.WeeksLeft},
	}
	if in.Target != nil {
		series.Result.HasTarget, series.Result.Target = true, *in.Target
	}
	got := outcome.DivergenceOf(series)
	known(t, "divergence", got.Estimate, want.Divergence)
	if want.Output != nil {
		line, ok := stat.TheilSen(series.Output, stat.Confidence)
		defined(t, ok)
		want.Output.compare(t, got.Output, line)
	}
	want.Outcome.compare(t, got.Outcome, got.Line)
	if want.Required != nil {
		required, ok := series.Result.RequiredSlope()
		defined(t, ok)
		same(t, "required slope", required, *want.Required)
	}
	known(t, "flag", got.Flag, number(want.Flag))
	// With enough effort, what is short has stalled.
	series.Effort = weekly(make([]float64, len(in.Output)))
	series.Effort[0].Value = 10
	known(t, "stall", outcome.Stalled(series), number(want.Short))
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func vectorTooFewWeeks(t *testing.T, v vector) {
	in := decode[struct{ X []float64 }](t, v.Input)
	want := decode[struct {
		S      int
		Status string
	}](t, v.Expected)
	if got := stat.MannKendall(weekly(in.X)); got.S != want.S {
		t.Errorf("S is %d, want %d", got.S, want.S)
	}
	got := outcome.DivergenceOf(outcome.Input{
		Until: len(in.X) - 1, Output: weekly(in.X), Result: outcome.Result{Weeks: measured(in.X)},
	})
	if status, _, _ := strings.Cut(want.Status, " "); string(got.Status) != status || string(got.Flag.Status) != status {
		t.Errorf("status is %s, want %s", got.Status, want.Status)
	}
}

func vectorFunnel(t *testing.T, v vector) {
	in := decode[struct {
		Effort float64 `json:"activity_pd"`
		Done   float64 `json:"outputs_done"`
		From   float64 `json:"outcome_from"`
		To     float64 `json:"outcome_to"`
		Target float64
		Start  float64
	}](t, v.Input)
	want := decode[struct {
		Output   float64 `json:"outputs_per_10pd"`
		Progress float64 `json:"outcome_progress_of_path"`
		Outcome  float64 `json:"outcome_progress_per_10pd"`
	}](t, v.Expected)
	known(t, "output yield", outcome.OutputYield(in.Done, pd(in.Effort)), want.Output)
	path := outcome.Path{From: in.From, To: in.To, Baseline: in.Start, Target: in.Target}
	progress, ok := path.Progress()
	defined(t, ok)
	same(t, "progress", progress, want.Progress)
	known(t, "outcome yield", outcome.OutcomeYield(path, pd(in.Effort)), want.Outcome)
}

func vectorDegradation(t *testing.T, v vector) {
	in := decode[struct {
		Effort []float64 `json:"effort_weekly"`
		Yield  []float64 `json:"outputs_per_10pd_weekly"`
	}](t, v.Input)
	want := decode[struct {
		Effort float64 `json:"tau_effort"`
		Yield  float64 `json:"tau_yield"`
		Down   float64 `json:"p_yield_down_vif"`
		Flag   bool
	}](t, v.Expected)
	got := outcome.DegradationOf(weekly(in.Effort), weekly(in.Yield), len(in.Effort)-1)
	all(t, "trends", []float64{got.Effort.Tau, got.Yield.Tau, got.Yield.Down},
		[]float64{want.Effort, want.Yield, want.Down})
	known(t, "flag", got.Estimate, number(want.Flag))
}

func vectorPredictability(t *testing.T, v vector) {
	in := decode[struct {
		Before float64 `json:"resid_mad_prev12"`
		Last   float64 `json:"resid_mad_last12"`
	}](t, v.Input)
	want := decode[struct {
		Ratio   float64
		Reading prose
	}](t, v.Expected)
	known(t, "ratio", outcome.Predictability(stat.Known(in.Last, 12), stat.Known(in.Before, 12)), want.Ratio)
}
