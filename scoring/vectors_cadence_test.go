package scoring_test

import (
	"testing"

	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

func cadenceVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-N1": vectorLoudness,
		"TV-N2": vectorInputQuality,
		"TV-N3": vectorScopeChurn,
		"TV-N4": vectorObjectiveChurn,
		"TV-N5": vectorCadence,
		"TV-N7": vectorStopsPerStart,
		"TV-N8": vectorLoop,
		"TV-N9": vectorRankVolatility,
	}
}

func vectorLoudness(t *testing.T, v vector) {
	in := decode[struct {
		Coordination []float64 `json:"coordination_share_weekly"`
		Aligned      []float64 `json:"aligned_share_weekly"`
	}](t, v.Input)
	want := decode[struct {
		Coordination float64 `json:"tau_coord"`
		Aligned      float64 `json:"tau_aligned"`
		Louder       float64
	}](t, v.Expected)
	got := cadence.LouderOf(weekly(in.Coordination), weekly(in.Aligned), len(in.Aligned)-1)
	known(t, "louder", got.Estimate, want.Louder)
	all(t, "trends", []float64{got.Coordination.Tau, got.Aligned.Tau}, []float64{want.Coordination, want.Aligned})
}

func vectorInputQuality(t *testing.T, v vector) {
	in := decode[struct {
		Started [][4]int `json:"started_items"`
		Fields  prose
	}](t, v.Input)
	want := decode[struct {
		Mean float64 `json:"mean_completeness"`
	}](t, v.Expected)
	var started []cadence.Begun
	for _, has := range in.Started {
		started = append(started, cadence.Begun{
			Words: 19 + has[0], Acceptance: has[1] == 1, Owner: has[2] == 1, Objective: has[3] == 1,
		})
	}
	known(t, "completeness", cadence.InputQuality(started), want.Mean)
}

func vectorScopeChurn(t *testing.T, v vector) {
	in := decode[struct {
		Edits   []int `json:"edits_after_start"`
		Added   int   `json:"scope_added_after_start"`
		AtStart int   `json:"scope_at_start"`
	}](t, v.Input)
	want := decode[struct {
		Edits  float64 `json:"mean_edits"`
		Growth float64 `json:"scope_growth"`
	}](t, v.Expected)
	scope := cadence.Scope{AtStart: in.AtStart, Added: in.Added, Edits: in.Edits}
	known(t, "edits", scope.MeanEdits(), want.Edits)
	known(t, "growth", scope.Churn(), want.Growth)
}

func vectorObjectiveChurn(t *testing.T, v vector) {
	in := decode[struct {
		Edits   map[string]int `json:"edits_90d"`
		Weights map[string]float64
	}](t, v.Input)
	want := decode[struct {
		Weighted float64 `json:"weighted_edits"`
	}](t, v.Expected)
	edits := func(only string) (e cadence.Edits) {
		for name, field := range map[string]*int{
			"target": &e.Target, "due": &e.Due, "owner": &e.Owner, "rank": &e.Rank, "text": &e.Text,
		} {
			if _, ok := in.Edits[name]; !ok {
				t.Fatalf("the vector has no edits of %s", name)
			}
			if only == "" {
				*field = in.Edits[name]
			} else if only == name {
				*field = 1
			}
		}
		return e
	}
	known(t, "churn", cadence.ObjectiveChurn(edits("")), want.Weighted)
	for name, weight := range in.Weights {
		known(t, "weight of "+name, cadence.ObjectiveChurn(edits(name)), weight)
	}
}

func vectorCadence(t *testing.T, v vector) {
	in := decode[struct {
		Ages     []int     `json:"days_since_review"`
		Weights  []float64 `json:"weights_by_rank"`
		CheckIns int       `json:"checkins"`
		Followed int       `json:"checkins_followed_by_adjustment"`
	}](t, v.Input)
	want := decode[struct {
		Age    float64 `json:"weighted_review_age"`
		Adjust float64 `json:"adjust_ratio"`
	}](t, v.Expected)
	const today = 20000
	var reviewed []cadence.Reviewed
	for i, age := range in.Ages {
		reviewed = append(reviewed, cadence.Reviewed{Declared: objective.NoDate, Last: today - objective.Date(age)})
		within(t, "weight", stat.RankOrderCentroid(len(in.Ages))[i], in.Weights[i], 5e-5)
	}
	got := cadence.ReviewAge(reviewed, today)
	// The vector's weights have four decimals, which moves its age by 6e-5.
	within(t, "age", got.Value, want.Age, 1e-4)
	var checkIns []objective.Date
	var adjustments []cadence.Adjustment
	for i := range in.CheckIns {
		day := today - objective.Date(10*(i+1))
		checkIns = append(checkIns, day)
		if i < in.Followed {
			adjustments = append(adjustments, cadence.Adjustment{Day: day + 7, Kind: cadence.Edited})
		}
	}
	known(t, "adjusted", cadence.AdjustRatio(checkIns, adjustments, today), want.Adjust)
}

func vectorStopsPerStart(t *testing.T, v vector) {
	in := decode[struct {
		Started  int `json:"started_90d"`
		Stopped  int `json:"stopped_90d"`
		Finished int `json:"finished_90d"`
	}](t, v.Input)
	want := decode[struct {
		Ratio  float64 `json:"stops_per_start"`
		Growth int     `json:"net_growth"`
	}](t, v.Expected)
	flow := cadence.Flow{Started: in.Started, Stopped: in.Stopped, Finished: in.Finished}
	known(t, "ratio", flow.StopsPerStart(), want.Ratio)
	if got := flow.NetGrowth(); got != want.Growth {
		t.Errorf("growth is %d, want %d", got, want.Growth)
	}
}

func vectorLoop(t *testing.T, v vector) {
	in := decode[struct {
		Days      []objective.Date `json:"days_alert_to_correction"`
		Corrected []int
	}](t, v.Input)
	want := decode[struct {
		Median float64
		Rate   float64 `json:"action_rate"`
	}](t, v.Expected)
	// The alarms lie far enough apart for each to have its own correction; the
	// last one waits until today.
	var alarms []objective.Date
	var corrections []cadence.Adjustment
	today := objective.NoDate
	for i, days := range in.Days {
		alarm := objective.Date(20000 + 100*i)
		alarms = append(alarms, alarm)
		if in.Corrected[i] == 1 {
			corrections = append(corrections, cadence.Adjustment{Day: alarm + days, Kind: cadence.Stopped})
		}
		today = alarm + days
	}
	got := cadence.LoopOf(alarms, corrections, today)
	known(t, "median", got.Closure, want.Median)
	known(t, "rate", got.ActionRate, want.Rate)
}

func vectorRankVolatility(t *testing.T, v vector) {
	in := decode[struct {
		Before []int `json:"rank_before"`
		After  []int `json:"rank_after"`
	}](t, v.Input)
	want := decode[struct {
		Mean float64 `json:"mean_abs_change"`
	}](t, v.Expected)
	known(t, "volatility", cadence.RankVolatility(in.Before, in.After), want.Mean)
}
