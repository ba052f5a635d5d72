package scoring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

func confidenceVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-C1":  vectorForecast,
		"TV-C1b": vectorSimpleForecast,
		"TV-C1c": vectorSimpleForecast,
		"TV-C2":  vectorReported,
		"TV-C3":  vectorGap,
		"TV-C3b": vectorWatermelon,
		"TV-C4":  vectorWatermelonRatio,
		"TV-C5":  vectorCalibration,
		"TV-C6":  vectorSlip,
		"TV-C7":  vectorSampleRule,
	}
}

// delivery makes an objective with open items and full weeks left.
func delivery(completed, added []int, open, weeksLeft int) confidence.Delivery {
	d := confidence.Delivery{Open: open, Today: 20000, Due: 20000 + objective.Date(7*weeksLeft)}
	for i, n := range completed {
		week := confidence.Week{Week: i, Completed: n}
		if added != nil {
			week.Added = added[i]
		}
		d.Weeks = append(d.Weeks, week)
	}
	return d
}

func vectorForecast(t *testing.T, v vector) {
	in := decode[struct {
		Completed []int `json:"completed_per_week"`
		Added     []int `json:"added_per_week"`
		Remaining int
		WeeksLeft int `json:"weeks_left"`
	}](t, v.Input)
	want := decode[struct {
		Net        []int
		P          float64    `json:"p_finish_net"`
		Throughput float64    `json:"p_finish_throughput_only"`
		Limits     [2]float64 `json:"loo_min_max"`
	}](t, v.Expected)
	got := confidence.ObservedOf(delivery(in.Completed, in.Added, in.Remaining, in.WeeksLeft))
	known(t, "probability", got.Estimate, want.P)
	limits(t, "it", got.Estimate, want.Limits)
	same(t, "probability from net burn", confidence.Forecast(want.Net, in.Remaining, in.WeeksLeft), want.P)
	known(t, "probability without growth",
		confidence.ObservedOf(delivery(in.Completed, nil, in.Remaining, in.WeeksLeft)).Estimate, want.Throughput)
}

func vectorSimpleForecast(t *testing.T, v vector) {
	in := decode[struct {
		Net       []int
		Remaining int
		WeeksLeft int `json:"weeks_left"`
	}](t, v.Input)
	want := decode[struct {
		P     float64 `json:"p_finish"`
		Check prose
	}](t, v.Expected)
	same(t, "probability", confidence.Forecast(in.Net, in.Remaining, in.WeeksLeft), want.P)
}

func vectorReported(t *testing.T, v vector) {
	in := decode[struct {
		Reports  [][2]float64 `json:"reports_value_age_days"`
		HalfLife float64      `json:"half_life"`
		MaxAge   float64      `json:"max_age"`
	}](t, v.Input)
	want := decode[struct {
		R     float64
		Fresh int `json:"n_fresh"`
	}](t, v.Expected)
	same(t, "half-life", confidence.HalfLife.Hours()/24, in.HalfLife)
	same(t, "oldest", confidence.MaxAge.Hours()/24, in.MaxAge)
	now := time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC)
	var reports []confidence.Report
	for i, r := range in.Reports {
		at := now.Add(-time.Duration(r[1] * 24 * float64(time.Hour)))
		reports = append(reports, confidence.Report{Person: string(rune('a' + i)), Value: r[0], At: at})
	}
	got := confidence.ReportedOf(reports, now)
	known(t, "confidence", got.Estimate, want.R)
	if got.N != want.Fresh {
		t.Errorf("%d reports are fresh, want %d", got.N, want.Fresh)
	}
}

// said is a reported confidence.
func said(value float64) confidence.Reported {
	return confidence.Reported{Estimate: stat.Known(value, 1)}
}

func vectorGap(t *testing.T, v vector) {
	in := decode[struct {
		R   float64
		Obs float64 `json:"C_obs"`
	}](t, v.Input)
	want := decode[struct {
		Gap        float64
		Green      bool
		Upper      float64 `json:"C_upper_LOO"`
		Watermelon bool
		Why        prose
	}](t, v.Expected)
	// The observed side is that of TV-C1.
	observed := confidence.ObservedOf(delivery([]int{3, 5, 2, 0, 4, 6, 3, 1}, []int{1, 0, 2, 0, 1, 3, 0, 1}, 14, 6))
	known(t, "observed", observed.Estimate, in.Obs)
	same(t, "upper limit", observed.RawUpper, want.Upper)
	known(t, "gap", confidence.Gap(said(in.R), observed), want.Gap)
	w := confidence.WatermelonOf(confidence.Stand{Reported: said(in.R), Observed: observed})
	if w.Green != want.Green || w.Flagged() != want.Watermelon {
		t.Errorf("it is %+v", w)
	}
}

func vectorWatermelon(t *testing.T, v vector) {
	in := decode[struct {
		R         float64
		Net       []int
		Remaining int
		WeeksLeft int `json:"weeks_left"`
	}](t, v.Input)
	want := decode[struct {
		Raw        float64    `json:"C_obs_raw"`
		Published  float64    `json:"C_obs_published(clip .02-.98)"`
		Limits     [2]float64 `json:"loo_min_max"`
		Gap        float64    `json:"gap_published"`
		Watermelon bool
	}](t, v.Expected)
	observed := confidence.ObservedOf(delivery(in.Net, nil, in.Remaining, in.WeeksLeft))
	same(t, "raw", observed.Raw, want.Raw)
	known(t, "published", observed.Estimate, want.Published)
	all(t, "limits", []float64{observed.RawLower, observed.RawUpper}, want.Limits[:])
	known(t, "gap", confidence.Gap(said(in.R), observed), want.Gap)
	w := confidence.WatermelonOf(confidence.Stand{Reported: said(in.R), Observed: observed})
	if w.Flagged() != want.Watermelon {
		t.Errorf("it is %+v", w)
	}
}

func vectorWatermelonRatio(t *testing.T, v vector) {
	in := decode[struct {
		Green   int `json:"green_objectives"`
		Flagged int `json:"of_which_flagged"`
	}](t, v.Input)
	want := decode[struct {
		Ratio float64
		CI    [2]float64 `json:"ci90"`
	}](t, v.Expected)
	objectives := make([]confidence.Watermelon, in.Green, in.Green+1)
	for i := range objectives {
		objectives[i] = confidence.Watermelon{Green: true, Judged: true, Delivery: i < in.Flagged}
	}
	got, judged := confidence.WatermelonRatio(append(objectives, confidence.Watermelon{}))
	known(t, "ratio", got, want.Ratio)
	limits(t, "it", got, want.CI)
	if judged != in.Green {
		t.Errorf("%d were judged, want %d", judged, in.Green)
	}
}

func vectorCalibration(t *testing.T, v vector) {
	in := decode[struct {
		Reported []float64
		Achieved []int
	}](t, v.Input)
	want := decode[struct {
		Brier float64
		Base  float64 `json:"base_rate"`
		Skill float64 `json:"brier_skill"`
		Bias  float64
	}](t, v.Expected)
	var closed []confidence.Closed
	for i, r := range in.Reported {
		closed = append(closed, confidence.Closed{Reported: r, Achieved: in.Achieved[i] == 1})
	}
	// Ten objectives are enough for a team only.
	got := confidence.CalibrationOf(closed, confidence.MinClosedTeam)
	known(t, "Brier", got.Brier, want.Brier)
	known(t, "skill", got.Skill, want.Skill)
	known(t, "bias", got.Bias, want.Bias)
	same(t, "base rate", got.BaseRate, want.Base)
	if confidence.CalibrationOf(closed, confidence.MinClosedOrganisation).Brier.OK() {
		t.Error("ten closed objectives are enough for the organisation")
	}
}

func vectorSlip(t *testing.T, v vector) {
	in := decode[struct {
		Start    string
		Baseline string `json:"due_baseline"`
		Now      string `json:"due_now"`
		Replans  int
	}](t, v.Input)
	want := decode[struct {
		Plan    int     `json:"baseline_days"`
		Slip    int     `json:"slip_days"`
		Ratio   float64 `json:"slip_ratio"`
		Replans int
	}](t, v.Expected)
	dates := []confidence.DueDate{{Due: date(t, in.Baseline)}}
	for i := range in.Replans {
		dates = append(dates, confidence.DueDate{Due: date(t, in.Now) - objective.Date(in.Replans-1-i)})
	}
	got := confidence.SlipOf(date(t, in.Start), dates)
	known(t, "ratio", got.Estimate, want.Ratio)
	if !slices.Equal([]int{got.PlanDays, got.Days, got.Replans}, []int{want.Plan, want.Slip, want.Replans}) {
		t.Errorf("slip is %+v, want %+v", got, want)
	}
}

func vectorSampleRule(t *testing.T, v vector) {
	in := decode[struct{ N []int }](t, v.Input)
	want := decode[struct {
		P []float64 `json:"p_next_within_range"`
	}](t, v.Expected)
	var got []float64
	for _, n := range in.N {
		weeks := make([]int, n)
		o := confidence.ObservedOf(delivery(weeks, nil, 1, 1))
		p := stat.NextInRange(n)
		if n <= confidence.BurnWeeks {
			same(t, "with the forecast", o.NextInRange, p)
		}
		got = append(got, p)
	}
	all(t, "probabilities", got, want.P)
}
