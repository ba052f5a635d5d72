package debt

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

const pd = effort.PersonDay

func on(day float64) time.Time {
	return time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC).Add(time.Duration(day * 24 * float64(time.Hour)))
}

func TestVerified(t *testing.T) {
	for _, c := range []struct {
		name     string
		evidence []float64
		want     bool
	}{
		{"none", nil, false},
		{"before", []float64{-7.01}, false}, {"a week before", []float64{-7}, true},
		{"meanwhile", []float64{1}, true},
		{"two weeks after", []float64{17}, true}, {"later", []float64{17.01}, false},
		{"one of two", []float64{40, 2}, true},
	} {
		d := Done{Started: on(0), Ended: on(3)}
		for _, e := range c.evidence {
			d.Evidence = append(d.Evidence, on(e))
		}
		if d.Verified() != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
	if !(Done{Ended: on(3), Evidence: []time.Time{on(-4)}}).Verified() || (Done{Ended: on(3), Evidence: []time.Time{on(-4.01)}}).Verified() {
		t.Error("without a start the end stands for it")
	}
}

func TestUnverified(t *testing.T) {
	bare := Done{Started: on(0), Ended: on(0), Expects: true}
	if got := UnverifiedOf(slices.Repeat([]Done{bare}, 9), on(1)); got.Status != stat.InsufficientData || got.Count != 9 {
		t.Errorf("nine: %+v", got)
	}
	got := UnverifiedOf(append(slices.Repeat([]Done{bare}, 10), Done{Ended: on(0)}), on(13.9))
	if got.Value != 1 || got.N != 10 || got.Pending != 10 {
		t.Errorf("ten and a spike: %+v", got)
	}
	if got := UnverifiedOf(slices.Repeat([]Done{bare}, 10), on(14)); got.Pending != 0 {
		t.Errorf("after two weeks: %+v", got)
	}
	if got := UnverifiedOf([]Done{{Ended: on(0)}}, on(1)); got.Status != stat.Undefined {
		t.Errorf("nothing expected: %+v", got)
	}
}

func TestWorkingDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := objective.Date(rapid.IntRange(-30, 30).Draw(t, "from"))
		until := from + objective.Date(rapid.IntRange(-3, 40).Draw(t, "days"))
		want := 0
		for d := from + 1; d <= until; d++ {
			if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
				want++
			}
		}
		if got := WorkingDays(from, until); got != want {
			t.Fatalf("after %s to %s: %d, want %d", from, until, got, want)
		}
	})
}

func TestPhantom(t *testing.T) {
	monday := objective.DateOf(on(0))
	doing := slices.Repeat([]Doing{{LastTouch: monday}}, 10)
	for days, want := range map[objective.Date]int{13: 0, 14: 10} { // ten working days later it is a Monday again
		if share, n := PhantomOf(doing, monday+days); n != want || share.Value != float64(want)/10 {
			t.Errorf("after %d days: %d, %+v", days, n, share)
		}
	}
	if share, n := PhantomOf(doing[1:], monday+14); share.Status != stat.InsufficientData || n != 9 {
		t.Errorf("nine: %+v", share)
	}
	if share, _ := PhantomOf(nil, monday); share.Status != stat.Undefined {
		t.Errorf("none: %+v", share)
	}
}

func TestSilentWork(t *testing.T) {
	none := objective.NoDate
	got := SilentWork([]Code{
		{2 * pd, 100, true, none}, {3 * pd, 100, false, none}, {4 * pd, 100, false, 93}, {1 * pd, 100, false, 92},
	})
	if got.Value != 0.3 || got.N != 10 || got.Alertable {
		t.Errorf("%+v", got)
	}
	if got := SilentWork(nil); got.Status != stat.Undefined {
		t.Errorf("no code: %+v", got)
	}
}

func TestGapAndStock(t *testing.T) {
	if got := ReportedActualGap(3, 0, stat.Known(0.5, 10)); got.Status != stat.Undefined {
		t.Errorf("no scope: %+v", got)
	}
	if got := ReportedActualGap(3, 6, stat.Insufficient(2, "few")); got.Status != stat.InsufficientData || got.N != 2 {
		t.Errorf("%+v", got)
	}
	if got := ReportedActualGap(3, 6, stat.Known(0.5, 10).Within(0.2, 0.8)); got.Value != 0.25 || got.Lower != 0.1 || got.Upper != 0.4 {
		t.Errorf("%+v", got)
	}
	if got := Stock(0, 0, nil); !got.OK() || got.Value != 0 {
		t.Errorf("nothing owed: %+v", got)
	}
	if got := Stock(2, 3, []effort.Micro{pd, 0, 3 * pd}); got.Value != 7 || got.N != 5 {
		t.Errorf("2 and 3 halves of 2 person-days: %+v", got)
	}
	if got := Stock(1, 0, []effort.Micro{0}); got.Status != stat.Undefined || math.IsNaN(got.Value) {
		t.Errorf("no effort known: %+v", got)
	}
	for status, n := range map[stat.Status]int{stat.Undefined: 0, stat.InsufficientData: 9, stat.OK: 10} {
		if got := ReopenRatio(slices.Repeat([]Closing{{Closed: on(0), Reopened: on(91)}}, n)); got.Status != status || got.Value != 0 {
			t.Errorf("%d reopened too late: %+v", n, got)
		}
	}
}

func TestAgents(t *testing.T) {
	merged := slices.Repeat([]Change{{}}, 9)
	if got := AgentChanges(merged); got.Status != stat.InsufficientData {
		t.Errorf("nine: %+v", got)
	}
	merged = append(merged, Change{Agent: true})
	if got := AgentChanges(merged); got.Value != 0.1 {
		t.Errorf("ten: %+v", got)
	}
	if got := AgentUnverified(merged); got.Status != stat.InsufficientData || got.N != 1 {
		t.Errorf("one of an agent: %+v", got)
	}
	seen := []Change{{Agent: true, Reviewed: true}, {Agent: true, Committed: true}}
	if got := AgentUnverified(slices.Repeat(seen, 5)); got.Value != 0 || got.N != 10 {
		t.Errorf("all seen: %+v", got)
	}
	var changes, days stat.Weekly
	for w := range 14 {
		changes, days = append(changes, stat.Point{Week: w, Value: float64(2 * w)}), append(days, stat.Point{Week: w, Value: 2})
	}
	got := AbsorptionOf(changes, days, 13)
	if got.Value != 7.5 || got.N != 12 || !got.Alertable || got.Trend.Tau != 1 {
		t.Errorf("%+v", got)
	}
	days[13].Value = 0
	if got := AbsorptionOf(changes, days, 13); got.Trend.N != 11 || got.N != 12 {
		t.Errorf("a week without a reviewer has no value: %+v", got)
	}
	days[13].Value = 2
	for from, status := range map[int]stat.Status{6: stat.OK, 7: stat.InsufficientData} {
		if got := AbsorptionOf(changes[from:], days, 13); got.Status != status || got.Alertable {
			t.Errorf("%d weeks: %+v", 14-from, got)
		}
	}
	if got := AbsorptionOf(changes[:7], days, 13); got.Status != stat.InsufficientData || got.N != 5 {
		t.Errorf("five weeks: %+v", got)
	}
	if got := AbsorptionOf(changes, days.Map(func(float64) float64 { return 0 }), 13); got.Status != stat.Undefined {
		t.Errorf("no reviewer: %+v", got)
	}
}

// No function about people tells anything of four, whatever k is configured.
func TestHumanDebtIsSuppressed(t *testing.T) {
	of := func(n, k int) []stat.Estimate {
		var days []Day
		var hours []Hours
		for p := range n {
			days = append(days, Day{p, []uint64{1, 2}}, Day{p, nil})
			hours = append(hours, Hours{All: 9, After: 3, BaselineAll: 9, BaselineAfter: 1})
		}
		// Persons without a touch make no group larger.
		hours = append(hours, slices.Repeat([]Hours{{All: 3}, {BaselineAll: 3}}, 9)...)
		days = append(days, Day{99, nil})
		mean, scattered := Switches(days, k)
		shift := AfterHoursShift(hours, k)
		return []stat.Estimate{
			mean, scattered, shift.Median, shift.Spread,
			CoordinationShare(pd, 50*pd, n, k),
			ReactiveEffort([]Response{{Effort: 50 * pd, Created: objective.NoDate}}, n, k),
		}
	}
	for i, e := range of(0, 5) {
		if e.Status != stat.Undefined {
			t.Errorf("score %d of nobody: %+v", i, e)
		}
	}
	for _, c := range [][2]int{{4, 0}, {4, 3}, {4, 5}, {5, 6}, {9, 10}} {
		for i, e := range of(c[0], c[1]) {
			if e.Status != stat.Suppressed || e.Value != 0 || e.N != 0 {
				t.Errorf("score %d of %d persons with k = %d: %+v", i, c[0], c[1], e)
			}
		}
	}
	for i, e := range of(5, 5) {
		if spread := i == 3; e.OK() == spread || e.Alertable {
			t.Errorf("score %d of five persons: %+v", i, e)
		}
	}
	for i, e := range of(8, 5) {
		if !e.OK() || !e.Alertable {
			t.Errorf("score %d of eight persons: %+v", i, e)
		}
	}
}

func TestSwitches(t *testing.T) {
	var days []Day
	for p := range 5 {
		days = append(days, Day{p, []uint64{1, 2, 2, 1, 3}}, Day{p, []uint64{4}})
	}
	mean, scattered := Switches(days, 5)
	if mean.Value != 1.5 || scattered.Value != 0.5 || mean.N != 10 || !scattered.Bounded {
		t.Errorf("%+v %+v", mean, scattered)
	}
	if got := CoordinationShare(2*pd, 8*pd, 5, 5); got.Value != 0.25 || got.N != 8 {
		t.Errorf("%+v", got)
	}
}

func TestAfterHours(t *testing.T) {
	monday := objective.DateOf(on(0))
	for _, c := range []struct {
		day    objective.Date
		minute int
		want   bool
	}{{0, 479, true}, {0, 480, false}, {4, 1139, false}, {4, 1140, true}, {5, 600, true}, {6, 600, true}} {
		if got := AfterHours(monday+c.day, c.minute); got != c.want {
			t.Errorf("%s minute %d: %v", monday+c.day, c.minute, got)
		}
	}
	// Five points exactly are no clear rise.
	steady := slices.Repeat([]Hours{{All: 100, After: 15, BaselineAll: 100, BaselineAfter: 10}}, 8)
	if got := AfterHoursShift(steady, 5); got.Spread.Value != 0 || math.Abs(got.Median.Value-0.05) > 1e-12 {
		t.Errorf("%+v", got)
	}
	for i := range steady {
		steady[i].After++
	}
	if got := AfterHoursShift(steady, 5); got.Spread.Value != 1 {
		t.Errorf("%+v", got)
	}
}

func TestReactive(t *testing.T) {
	friday := objective.DateOf(on(4))
	got := ReactiveEffort([]Response{
		{pd, false, friday, friday},     // the same day
		{pd, false, friday, friday + 3}, // on Monday
		{pd, false, friday, friday + 4}, // on Tuesday
		{pd, true, friday, friday},      // on an objective
		{pd, false, objective.NoDate, friday},
		{pd, false, friday, friday - 1}, // before it was created
	}, 5, 5)
	if math.Abs(got.Value-2.0/6) > 1e-12 || got.N != 6 {
		t.Errorf("%+v", got)
	}
	if got := ReactiveEffort(nil, 5, 5); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
}
