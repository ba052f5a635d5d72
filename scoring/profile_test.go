package scoring

import (
	"math"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
)

// Ages are in days from the Unix time to the last closed day. What is infinite
// is as bad as it gets.
func TestSides(t *testing.T) {
	v := &evaluation{day: objective.DateOf(time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC))}
	age := &profiled{Dimension: Dimension{Good: 7, Bad: 14}, from: fromTime}
	ratio := &profiled{Dimension: Dimension{Good: .2, Bad: .4}, from: fromLatest}
	limited := plainScore("x", .3, true, "")
	limited.Lower, limited.Upper = .25, .5
	for _, c := range []struct {
		name                string
		d                   *profiled
		of                  Score
		want, lower, higher float64
	}{
		{"a week old", age, plainScore("x", float64(time.Date(2025, 3, 24, 0, 0, 0, 0, time.UTC).Unix()), true, ""), 0, math.NaN(), math.NaN()},
		{"ten and a half days old", age, plainScore("x", float64(time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC).Unix()), true, ""), .5, math.NaN(), math.NaN()},
		{"older", age, plainScore("x", 0, true, ""), 1, math.NaN(), math.NaN()},
		{"infinite", ratio, plainScore("x", math.Inf(1), true, ""), 1, math.NaN(), math.NaN()},
		{"with limits", ratio, limited, .5, .25, 1},
		{"absent", ratio, unavailable("x", Undefined, "why"), math.NaN(), math.NaN(), math.NaN()},
	} {
		got := v.scaled(c.d, &c.of, "side")
		for i, pair := range [][2]float64{{float64(got.Value), c.want}, {float64(got.Lower), c.lower}, {float64(got.Upper), c.higher}} {
			if math.IsNaN(pair[0]) != math.IsNaN(pair[1]) || math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%s, %d: %v, want %v", c.name, i, pair[0], pair[1])
			}
		}
		if got.Status != c.of.Status || got.Reason != c.of.Reason || got.Name != "side" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// Two objectives with badness 1 and 0 weigh .75 and .25 by rank. One without a
// value is left out, and without any there is none.
func TestMeanSide(t *testing.T) {
	d := latestDeclared()
	second := d.Set.Objectives[0]
	second.ID = "o2"
	second.Versions = []objective.Version{{From: objective.NoDate, Rank: 2, State: objective.Active}}
	d.Set.Objectives = append(d.Set.Objectives, second)
	e, err := NewEngine(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &evaluation{engine: e, declared: d, day: objective.DateOf(closedAt), report: &Report{Objectives: make([]ObjectiveReport, 2)}}
	slip := &profiled{Dimension: Dimension{Name: DueSlip, Good: .1, Bad: .5}, score: DueSlip, from: fromObjectives}
	set := func(first, second Score) Score {
		v.report.Objectives[0].Scores, v.report.Objectives[1].Scores = []Score{first}, []Score{second}
		return v.sideOf(slip, nil, nil)
	}
	none := unavailable(DueSlip, Undefined, "none")
	late := plainScore(DueSlip, .9, true, "")
	late.Status, late.Reason = Stale, reasonStale
	for _, c := range []struct {
		name   string
		got    Score
		want   Number
		n      Number
		status Status
	}{
		{"both", set(plainScore(DueSlip, .9, true, ""), plainScore(DueSlip, 0, true, "")), .75, 2, OK},
		{"one", set(none, plainScore(DueSlip, .3, true, "")), .5, 1, OK},
		{"one is late", set(late, plainScore(DueSlip, 0, true, "")), .75, 2, Stale},
		{"none", set(none, none), Absent(), Absent(), InsufficientData},
		{"withheld", set(unavailable(DueSlip, SuppressedPrivacy, "few"), none), Absent(), Absent(), SuppressedPrivacy},
	} {
		if c.got.Value.Known() != c.want.Known() || c.want.Known() && math.Abs(float64(c.got.Value-c.want)) > 1e-9 || c.got.Status != c.status ||
			c.n.Known() && c.got.SampleSize != c.n || (c.got.Reason == "") != (c.status == OK) {
			t.Errorf("%s: %+v", c.name, c.got)
		}
	}
}
