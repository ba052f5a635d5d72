package confidence

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

func report(value float64) Reported { return Reported{Estimate: stat.Known(value, 3)} }

func forecast(raw, upper float64) Observed {
	return Observed{Estimate: stat.Known(clip(raw), 8).Within(clip(raw), clip(upper)), Raw: raw, RawLower: raw, RawUpper: upper}
}

func TestWatermelon(t *testing.T) {
	silent := Reported{Estimate: stat.Insufficient(0, "old")}
	blind := Observed{Estimate: stat.NotDefined("no due date")}
	for _, c := range []struct {
		name  string
		stand Stand
		want  Watermelon
	}{
		{"red inside", Stand{Reported: report(0.7), Observed: forecast(0.1, 0.49)}, Watermelon{Green: true, Judged: true, Delivery: true}},
		{"perhaps", Stand{Reported: report(0.7), Observed: forecast(0.1, 0.5)}, Watermelon{Green: true, Judged: true}},
		{"red outside", Stand{Reported: report(0.69), Observed: forecast(0.1, 0.2), Stalled: true, KnowsOutcome: true}, Watermelon{}},
		{"silent", Stand{Reported: silent, Observed: forecast(0.1, 0.2)}, Watermelon{}},
		{"blind", Stand{Reported: report(0.9), Observed: blind}, Watermelon{Green: true}},
		{"stalled", Stand{Reported: report(0.9), Observed: blind, Stalled: true, KnowsOutcome: true}, Watermelon{Green: true, Judged: true, Outcome: true}},
		{"not known to stall", Stand{Reported: report(0.9), Observed: blind, Stalled: true}, Watermelon{Green: true}},
		{"moves", Stand{Reported: report(0.9), Observed: forecast(0.9, 1), KnowsOutcome: true}, Watermelon{Green: true, Judged: true}},
	} {
		if got := WatermelonOf(c.stand); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestWatermelonRatio(t *testing.T) {
	for _, c := range []struct {
		name   string
		all    []Watermelon
		status stat.Status
		value  float64
		judged int
	}{
		{"nothing", nil, stat.Undefined, 0, 0},
		{"nothing green", []Watermelon{{}, {Judged: true, Delivery: true}}, stat.Undefined, 0, 0},
		{"nothing judged", []Watermelon{{Green: true}, {}}, stat.InsufficientData, 0, 0},
		{"half", []Watermelon{{Green: true, Judged: true, Outcome: true}, {Green: true}, {}}, stat.OK, 0.5, 1},
		{"both ways count once", []Watermelon{{Green: true, Judged: true, Outcome: true, Delivery: true}}, stat.OK, 1, 1},
	} {
		got, judged := WatermelonRatio(c.all)
		if got.Status != c.status || got.Value != c.value || judged != c.judged {
			t.Errorf("%s: %+v, %d judged", c.name, got, judged)
		}
	}
}

func TestGap(t *testing.T) {
	got := Gap(report(0.9), forecast(0.2, 0.6))
	if math.Abs(got.Value-0.7) > 1e-12 || math.Abs(got.Lower-0.3) > 1e-12 || math.Abs(got.Upper-0.7) > 1e-12 || got.N != 8 || !got.Alertable {
		t.Errorf("%+v", got)
	}
	few := forecast(0.2, 0.6)
	few.Estimate = few.AlertFrom(9)
	if Gap(report(0.9), few).Alertable {
		t.Error("the forecast has too few weeks to alert on the gap")
	}
	if got := Gap(Reported{Estimate: stat.NotDefined("a")}, forecast(1, 1)); got.Status != stat.Undefined || got.Reason != "a" {
		t.Errorf("nobody said a thing: %+v", got)
	}
	if got := Gap(report(1), Observed{Estimate: stat.Insufficient(2, "b")}); got.Status != stat.InsufficientData || got.Reason != "b" {
		t.Errorf("nothing was seen: %+v", got)
	}
}

func TestSlip(t *testing.T) {
	due := func(d objective.Date) DueDate { return DueDate{Due: d} }
	for _, c := range []struct {
		name    string
		start   objective.Date
		dates   []DueDate
		value   float64
		replans int
		defined bool
	}{
		{"never moved", 100, []DueDate{due(200)}, 0, 0, true},
		{"repeated, not moved", 100, []DueDate{due(200), due(200)}, 0, 0, true},
		{"later", 100, []DueDate{due(200), due(250)}, 0.5, 1, true},
		{"earlier", 100, []DueDate{due(200), due(150)}, -0.5, 1, true},
		{"there and back", 100, []DueDate{due(200), due(250), due(200)}, 0, 2, true},
		{"a new plan", 100, []DueDate{due(200), due(250), {Due: 300, Baseline: true}, due(400)}, 0.5, 1, true},
		{"declared late", 100, []DueDate{due(objective.NoDate), due(200), due(220)}, 0.2, 1, true},
		{"withdrawn and set again", 100, []DueDate{due(200), due(objective.NoDate), due(250)}, 0.5, 2, true},
		{"withdrawn", 100, []DueDate{due(200), due(objective.NoDate)}, 0, 0, false},
		{"never declared", 100, nil, 0, 0, false},
		{"no start", objective.NoDate, []DueDate{due(200)}, 0, 0, false},
		{"due before it starts", 200, []DueDate{due(200), due(300)}, 0, 0, false},
	} {
		got := SlipOf(c.start, c.dates)
		if got.OK() != c.defined || math.Abs(got.Value-c.value) > 1e-12 || c.defined && got.Replans != c.replans {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestCalibration(t *testing.T) {
	closed := func(n int, achieved bool) []Closed {
		list := make([]Closed, n)
		for i := range list {
			list[i] = Closed{Reported: 0.8, Achieved: achieved}
		}
		return list
	}
	if got := CalibrationOf(closed(19, true), MinClosedOrganisation); got.Brier.Status != stat.InsufficientData || got.Bias.OK() || got.Skill.OK() {
		t.Errorf("19 objectives: %+v", got)
	}
	if got := CalibrationOf(nil, 0); got.Brier.Status != stat.InsufficientData {
		t.Errorf("none: %+v", got)
	}
	got := CalibrationOf(closed(20, true), MinClosedOrganisation)
	if got.Skill.Status != stat.Undefined || math.Abs(got.Brier.Value-0.04) > 1e-12 || math.Abs(got.Bias.Value+0.2) > 1e-12 {
		t.Errorf("all were achieved: %+v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		// Whoever always says the base rate has no skill and no bias.
		yes, no := rapid.IntRange(1, 20).Draw(t, "yes"), rapid.IntRange(1, 20).Draw(t, "no")
		all := append(closed(yes, true), closed(no, false)...)
		for i := range all {
			all[i].Reported = float64(yes) / float64(yes+no)
		}
		if got := CalibrationOf(all, 1); !got.Skill.OK() || math.Abs(got.Skill.Value) > 1e-9 || math.Abs(got.Bias.Value) > 1e-12 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestOutcomeForecast(t *testing.T) {
	const today = objective.Date(20003 + 7*12 - 1) // a Sunday
	last := stat.WeekOf(int(today))
	// Rises by 1 a week, a little above and below its line.
	rising := func(n int) stat.Weekly {
		var w stat.Weekly
		for i := range n {
			w = append(w, stat.Point{Week: last - n + 1 + i, Value: float64(10-n+1+i) + []float64{0, 0.4, -0.4}[i%3]})
		}
		return w
	}
	for _, c := range []struct {
		name   string
		r      Result
		status stat.Status
		value  float64
	}{
		{"no due date", Result{Weeks: rising(12), Target: 15, Today: today, Due: objective.NoDate}, stat.Undefined, 0},
		{"past", Result{Weeks: rising(12), Target: 15, Today: today, Due: today - 1}, stat.InsufficientData, 0},
		{"seven weeks", Result{Weeks: rising(7), Target: 15, Today: today, Due: today + 70}, stat.InsufficientData, 0},
		{"eight weeks, due today", Result{Weeks: rising(8), Target: 15, Today: today, Due: today}, stat.OK, 0.02},
		// The middle of the week is Thursday; on Sunday the line is 3/7 higher.
		{"on Sunday", Result{Weeks: rising(12), Target: 15 + 3/7.0 - 1e-9, Today: today, Due: today + 35}, stat.OK, 8 / 12.0},
		{"on Monday", Result{Weeks: rising(12), Target: 15 - 3/7.0 - 1e-9, Today: today, Due: today - 6 + 35}, stat.OK, 8 / 12.0},
		{"gets there", Result{Weeks: rising(12), Target: 15, Today: today, Due: today + 70}, stat.OK, 0.98},
		{"does not", Result{Weeks: rising(12), Target: 15, Today: today, Due: today + 7}, stat.OK, 0.02},
		// In the middle of the fifth week from now the line is at 15: the four
		// values on it and the four above meet that.
		{"may", Result{Weeks: rising(12), Target: 15 - 1e-9, Today: today, Due: today - 3 + 35}, stat.OK, 8 / 12.0},
	} {
		got := OutcomeOf(c.r)
		if got.Status != c.status || math.Abs(got.Value-c.value) > 1e-9 {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got.OK() && !(got.Lower <= got.Value && got.Value <= got.Upper && got.Bounded) {
			t.Errorf("%s: %+v", c.name, got)
		}
		c.r.Down, c.r.Target = true, -c.r.Target
		c.r.Weeks = c.r.Weeks.Map(func(v float64) float64 { return -v })
		if down := OutcomeOf(c.r); down != got {
			t.Errorf("%s: %+v, turned it is %+v", c.name, got, down)
		}
	}
}
