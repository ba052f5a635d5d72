package cadence

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

const (
	today = objective.Date(20000)
	never = objective.NoDate
)

func TestReviewAge(t *testing.T) {
	for _, c := range []struct {
		name   string
		byRank []Reviewed
		status stat.Status
		value  float64
	}{
		{"none", nil, stat.Undefined, 0},
		{"one", []Reviewed{{never, today - 4}}, stat.OK, 4},
		{"never reviewed", []Reviewed{{today - 9, never}}, stat.OK, 9},
		{"reviewed before it was declared", []Reviewed{{today - 9, today - 20}}, stat.OK, 9},
		{"of the future", []Reviewed{{today - 9, today + 2}}, stat.OK, 0},
		{"nothing known", []Reviewed{{today, today}, {never, never}}, stat.Undefined, 0},
		{"the first weighs most", []Reviewed{{never, today - 8}, {never, today}}, stat.OK, 6},
	} {
		if got := ReviewAge(c.byRank, today); got.Status != c.status || math.Abs(got.Value-c.value) > 1e-12 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestAdjustRatio(t *testing.T) {
	check := []objective.Date{today - 20}
	for _, c := range []struct {
		name     string
		checkIns []objective.Date
		change   []Adjustment
		status   stat.Status
		value    float64
		n        int
	}{
		{"no check-in", nil, nil, stat.Undefined, 0, 0},
		{"too new to tell", []objective.Date{today - 6}, []Adjustment{{today - 5, Stopped, 0}}, stat.Undefined, 0, 0},
		{"just old enough", []objective.Date{today - 7}, nil, stat.OK, 0, 1},
		{"same day", check, []Adjustment{{today - 20, Stopped, 0}}, stat.OK, 1, 1},
		{"a week later", check, []Adjustment{{today - 13, Edited, 0}}, stat.OK, 1, 1},
		{"eight days later", check, []Adjustment{{today - 12, Edited, 0}}, stat.OK, 0, 1},
		{"a day before", check, []Adjustment{{today - 21, Edited, 0}}, stat.OK, 0, 1},
		{"moved enough", check, []Adjustment{{today - 15, Reallocated, 0.3 - 0.2}}, stat.OK, 1, 1},
		{"moved too little", check, []Adjustment{{today - 15, Reallocated, 0.09}}, stat.OK, 0, 1},
		{"counted once", check, []Adjustment{{today - 15, Edited, 0}, {today - 14, Stopped, 0}}, stat.OK, 1, 1},
	} {
		got := AdjustRatio(c.checkIns, c.change, today)
		if got.Status != c.status || got.Value != c.value || got.N != c.n {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestReallocation(t *testing.T) {
	for _, c := range []struct {
		before, after []effort.Micro
		want          float64
		ok            bool
	}{
		{nil, nil, 0, false},
		{[]effort.Micro{0, 0}, []effort.Micro{1, 0}, 0, false},
		{[]effort.Micro{1, 0}, []effort.Micro{0, 0}, 0, false},
		{[]effort.Micro{4, 4}, []effort.Micro{1, 1}, 0, true},
		{[]effort.Micro{4, 0}, []effort.Micro{0, 1}, 1, true},
		{[]effort.Micro{6, 4}, []effort.Micro{10, 10}, 0.1, true},
	} {
		if got, ok := Reallocation(c.before, c.after); ok != c.ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v to %v: %v %v", c.before, c.after, got, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func() []effort.Micro {
			return []effort.Micro{
				effort.Micro(rapid.Int64Range(1, 1e9).Draw(t, "a")), effort.Micro(rapid.Int64Range(0, 1e9).Draw(t, "b")),
				effort.Micro(rapid.Int64Range(0, 1e9).Draw(t, "c")),
			}
		}
		a, b, c := draw(), draw(), draw()
		ab, _ := Reallocation(a, b)
		ba, _ := Reallocation(b, a)
		bc, _ := Reallocation(b, c)
		ac, _ := Reallocation(a, c)
		if ab != ba || ab < 0 || ab > 1 || ac > ab+bc+1e-12 {
			t.Fatalf("no distance: %v %v %v %v", ab, ba, bc, ac)
		}
	})
}

func TestKillSessionAge(t *testing.T) {
	for _, c := range []struct {
		name     string
		stops    []objective.Date
		recorded objective.Date
		want     stat.Estimate
	}{
		{"the last counts", []objective.Date{today - 40, today - 3, today - 9}, today - 90, stat.Known(3, 3)},
		{"not those to come", []objective.Date{today - 40, today + 3}, today - 90, stat.Known(40, 1)},
		{"today", []objective.Date{today}, today - 90, stat.Known(0, 1)},
		{"recorded since today", nil, today, stat.Known(0, 0).Within(0, math.Inf(1))},
		{"never: at least as long as is recorded", nil, today - 90, stat.Known(90, 0).Within(90, math.Inf(1))},
		{"nothing recorded", nil, never, stat.NotDefined("no declaration is recorded")},
		{"nothing recorded yet", nil, today + 1, stat.NotDefined("no declaration is recorded")},
	} {
		if got := KillSessionAge(c.stops, c.recorded, today); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestShares(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name   string
		got    stat.Estimate
		status stat.Status
		value  float64
	}{
		{"nothing started or stopped", Flow{Finished: 3}.StopsPerStart(), stat.Undefined, 0},
		{"only stopped", Flow{Stopped: 3}.StopsPerStart(), stat.OK, inf},
		{"only started", Flow{Started: 3}.StopsPerStart(), stat.OK, 0},
		{"one started", Flow{Started: 1}.StopsPerStart(), stat.OK, 0},
		{"one stopped", Flow{Stopped: 1}.StopsPerStart(), stat.OK, inf},
		{"no objectives", NonGoalCoverage(0, 0), stat.Undefined, 0},
		{"one of one", NonGoalCoverage(1, 1), stat.OK, 1},
		{"one of four", NonGoalCoverage(1, 4), stat.OK, 0.25},
		{"nobody asked", CheckInResponse(0, 0, 5), stat.Undefined, 0},
		{"four asked", CheckInResponse(3, 4, 5), stat.Suppressed, 0},
		{"five asked", CheckInResponse(3, 5, 5), stat.OK, 0.6},
		{"nothing begun", InputQuality(nil), stat.Undefined, 0},
		{"nineteen words", InputQuality([]Begun{{Words: 19}}), stat.OK, 0},
		{"twenty words", InputQuality([]Begun{{Words: 20}}), stat.OK, 0.25},
		{"everything", InputQuality([]Begun{{20, true, true, true}}), stat.OK, 1},
		{"no scope", Scope{}.Churn(), stat.Undefined, 0},
		{"no items", Scope{AtStart: 3}.MeanEdits(), stat.Undefined, 0},
		{"added to nothing", Scope{Added: 3}.Churn(), stat.OK, inf},
		{"one added to nothing", Scope{Added: 1}.Churn(), stat.OK, inf},
		{"one added to one", Scope{AtStart: 1, Added: 1}.Churn(), stat.OK, 1},
		{"nothing added to one", Scope{AtStart: 1}.Churn(), stat.OK, 0},
		{"one item", Scope{Edits: []int{3}}.MeanEdits(), stat.OK, 3},
		{"one ranked", RankVolatility([]int{1}, []int{3}), stat.OK, 2},
		{"nothing added", Scope{AtStart: 3}.Churn(), stat.OK, 0},
		{"no edits", ObjectiveChurn(Edits{}), stat.OK, 0},
		{"nothing ranked", RankVolatility(nil, nil), stat.Undefined, 0},
		{"one fell", RankVolatility([]int{1, 2}, []int{1, 5}), stat.OK, 1.5},
	} {
		if c.got.Status != c.status || c.got.Value != c.value || (c.got.Reason == "") != c.got.OK() {
			t.Errorf("%s: %+v", c.name, c.got)
		}
	}
	if got := (Flow{Started: 2, Stopped: 5, Finished: 9}).NetGrowth(); got != -12 {
		t.Errorf("growth is %d", got)
	}
	if got := CheckInResponse(3, 4, 5); got.N != 0 {
		t.Errorf("a group below k is counted: %+v", got)
	}
}

func shares(n int, from, step float64) stat.Weekly {
	w := make(stat.Weekly, n)
	for i := range w {
		w[i] = stat.Point{Week: i, Value: from + step*float64(i)}
	}
	return w
}

func TestLouder(t *testing.T) {
	for _, c := range []struct {
		name         string
		talk, align  stat.Weekly
		until        int
		status       stat.Status
		value        float64
		flag, alerts bool
	}{
		{"louder", shares(12, 0.1, 0.01), shares(12, 0.6, -0.01), 11, stat.OK, 1, true, true},
		{"louder and clearer", shares(12, 0.1, 0.01), shares(12, 0.6, 0.01), 11, stat.OK, 0, false, true},
		{"calmer", shares(12, 0.3, -0.01), shares(12, 0.6, -0.01), 11, stat.OK, 0, false, true},
		{"eight weeks", shares(12, 0.1, 0.01)[4:], shares(12, 0.6, -0.01), 11, stat.OK, 1, true, false},
		{"seven weeks", shares(12, 0.1, 0.01), shares(12, 0.6, -0.01)[5:], 11, stat.InsufficientData, 0, false, false},
		{"the last twelve only", shares(20, 0.1, 0.01), shares(20, 0.6, -0.01), 26, stat.InsufficientData, 0, false, false},
		{"never changes", shares(12, 0.1, 0), shares(12, 0.6, -0.01), 11, stat.Undefined, 0, false, false},
	} {
		got := LouderOf(c.talk, c.align, c.until)
		if got.Status != c.status || math.Abs(got.Value-c.value) > 1e-12 || got.Flag != c.flag || got.Alertable != c.alerts {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestLoop(t *testing.T) {
	for _, c := range []struct {
		name    string
		alarms  []objective.Date
		change  []Adjustment
		status  stat.Status
		median  float64
		atLeast float64
		rate    float64
	}{
		{"no alarms", nil, nil, stat.Undefined, 0, 0, 0},
		{"alarms to come", []objective.Date{today + 1}, nil, stat.Undefined, 0, 0, 0},
		{"today", []objective.Date{today}, nil, stat.InsufficientData, 0, 0, 0},
		{"corrected today", []objective.Date{today - 3}, []Adjustment{{today, Edited, 0}}, stat.OK, 3, 0, 1},
		{"never corrected", []objective.Date{today - 30, today - 10}, nil, stat.InsufficientData, 0, 30, 0},
		{"same day", []objective.Date{today - 30}, []Adjustment{{today - 30, Stopped, 0}}, stat.OK, 0, 0, 1},
		{"the first after it", []objective.Date{today - 30}, []Adjustment{{today - 5, Stopped, 0}, {today - 20, Edited, 0}, {today - 31, Stopped, 0}}, stat.OK, 10, 0, 1},
		{"moved too little", []objective.Date{today - 30}, []Adjustment{{today - 20, Reallocated, 0.19}, {today - 8, Reallocated, 0.2}}, stat.OK, 22, 0, 1},
		{"not those to come", []objective.Date{today - 30}, []Adjustment{{today + 1, Stopped, 0}}, stat.InsufficientData, 0, 30, 0},
		{"one answers two", []objective.Date{today - 30, today - 20}, []Adjustment{{today - 10, Stopped, 0}}, stat.OK, 10, 0, 1},
	} {
		got := LoopOf(c.alarms, c.change, today)
		if got.Closure.Status != c.status || got.Closure.Value != c.median || got.AtLeast != c.atLeast || got.ActionRate.Value != c.rate {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got.Closure.Alertable {
			t.Errorf("%s: so few alarms say too little to alert", c.name)
		}
	}
}
