package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// storyWeeks tells the demo's weeks as of a time. Week 1 is the first.
func storyWeeks(t *testing.T, now time.Time) []toldWeek {
	t.Helper()
	org, err := demo.New(now, demoSeed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { org.Close() })
	d, _ := daemonOf(t, org, nil)
	if err := d.declarePast(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	pollAndScore(t, d)
	told, err := d.evaluator.tellWeeks(t.Context(), 27)
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 26 {
		t.Fatalf("%d weeks are told, want 26", len(told))
	}
	return told
}

// TestDemoTellsItsStory holds the weeks that come out against what happens in
// the story (connectors/fake): it begins to drift in week 9, declares a non-goal
// in week 12, ranks two objectives anew in week 14 and two more in week 21, stops
// one in week 16 that people go on with, and its first two outcomes stall from
// weeks 13 and 15 on.
func TestDemoTellsItsStory(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for _, now := range []time.Time{
		time.Date(2025, 6, 20, 15, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 16, 22, 0, 0, 0, time.UTC), // a Monday, on which its Sunday has just closed
	} {
		t.Run(now.Format(time.DateOnly), func(t *testing.T) {
			told := storyWeeks(t, now)
			checkPhases(t, told)
			checkFlags(t, told)
			checkRerank(t, told)
			for i, w := range told {
				if w.Status != scoring.OK || !(w.Top.Lower <= w.Top.Value && w.Top.Value <= w.Top.Upper) {
					t.Errorf("week %d: %s, top %+v", i+1, w.Status, w.Top)
				}
				switch early, late := i < 8, i >= 22; {
				case early && (w.Top.Value < .65 || w.Shadow.Value > .12), late && (w.Top.Value > .45 || w.Shadow.Value < .45):
					t.Errorf("week %d: top three %.2f, shadow %.2f", i+1, w.Top.Value, w.Shadow.Value)
				}
			}
		})
	}
}

// spans lists from which week to which something was told, weeks counted from 1.
func spans(told []toldWeek, of func(*toldWeek) []string) string {
	var out []string
	open := map[string]int{}
	for i := 0; i <= len(told); i++ {
		var now []string
		if i < len(told) {
			now = of(&told[i])
		}
		for _, what := range slices.Sorted(maps.Keys(open)) {
			if !slices.Contains(now, what) {
				out = append(out, fmt.Sprintf("%s %d-%d", what, open[what], i))
				delete(open, what)
			}
		}
		for _, what := range now {
			if _, is := open[what]; !is {
				open[what] = i + 1
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// checkPhases: what is new cannot be told in the first four weeks. Focus creep
// latches two weeks after people left what was ranked lower, and total
// decoupling once the first outcome has stood still for three weekly readings;
// nothing lets go again.
func checkPhases(t *testing.T, told []toldWeek) {
	t.Helper()
	for what, check := range map[string]struct {
		of   func(*toldWeek) []string
		want string
	}{
		"phase":   {func(w *toldWeek) []string { return []string{w.Phase} }, "aligned 5-15, focus_creep 16-21, total_decoupling 22-26, unknown 1-4"},
		"latches": {func(w *toldWeek) []string { return w.Latched }, "focus_creep 16-26, total_decoupling 22-26"},
	} {
		if got := spans(told, check.of); got != check.want {
			t.Errorf("%s: %s, want %s", what, got, check.want)
		}
	}
	// Why: three of the last four readings reached one half.
	for name, from := range map[string]int{"focus_creep": 16, "total_decoupling": 22} {
		for _, first := range []bool{true, false} {
			reached, last := 0, from-1 // the week before it latched, then that in which it did
			if !first {
				last++
			}
			for _, w := range told[last-4 : last] {
				if w.Indicators[name] >= .5 {
					reached++
				}
			}
			if latched := reached >= 3; latched == first {
				t.Errorf("%s: %d of 4 readings reached one half by week %d", name, reached, last)
			}
		}
	}
}

func checkFlags(t *testing.T, told []toldWeek) {
	t.Helper()
	some := func(name string, is bool) []string {
		if is {
			return []string{name}
		}
		return nil
	}
	for what, check := range map[string]struct {
		of   func(*toldWeek) []string
		want string
	}{
		"watermelons": {func(w *toldWeek) []string { return w.Watermelons }, "checkout-latency 16-26, eu-residency 23-26"},
		"stalled":     {func(w *toldWeek) []string { return w.Stalled }, "checkout-latency 20-26, eu-residency 23-26"},
		// Known on the Thursday of week 16, and 28 days have passed in week 20.
		"zombies": {func(w *toldWeek) []string { return some("one", w.Zombies == 1) }, "one 20-26"},
		// Of the objective: its grace ends with week 16.
		"stopped work":      {func(w *toldWeek) []string { return some("some", w.Stopped > 0) }, "some 17-26"},
		"consensus trap":    {func(w *toldWeek) []string { return some("alarming", w.Trapped >= .3) }, "alarming 24-26"},
		"no trap":           {func(w *toldWeek) []string { return some("none", w.Trapped == 0) }, "none 5-9"},
		"unplanned streams": {func(w *toldWeek) []string { return some("alarming", w.Unplanned >= 2) }, "alarming 20-26"},
	} {
		if got := spans(told, check.of); got != check.want {
			t.Errorf("%s: %s, want %s", what, got, check.want)
		}
	}
}

// checkRerank: what was declared is told in its week, and the shifts of the
// shares coincide with the new ranks.
func checkRerank(t *testing.T, told []toldWeek) {
	t.Helper()
	for i, w := range told {
		var got []string
		for _, e := range w.Edits {
			got = append(got, strings.TrimSpace(e.Objective+" "+e.Kind+" "+e.State))
		}
		want := map[int]string{
			12: "non_goals",
			14: "eu-residency rank, eu-residency target, self-serve-billing rank, self-serve-billing target",
			16: "search-relevance state retired",
			21: "mobile-onboarding rank, partner-api rank",
		}[i+1]
		if strings.Join(got, ", ") != want {
			t.Errorf("week %d: declared %q, want %q", i+1, got, want)
		}
	}
	monday := objective.Date(told[13].Monday)
	for share, want := range map[string]struct {
		objective string
		least     scoring.Number
		down      bool
	}{
		scoring.TopObjectivesEffort: {least: .1, down: true}, scoring.ShadowEffort: {least: .1}, "effort": {"eu-residency", .05, true},
	} {
		found := false
		for i, w := range told {
			for _, s := range w.Shifts {
				if s.Share != share || s.Objective != want.objective || s.Since != isoWeek(monday) {
					continue
				}
				step := s.Step
				if want.down {
					step = -step
				}
				// A level needs four weeks to be one.
				found = i+1 >= 17 && i+1 <= 20 && step >= want.least && strings.HasPrefix(s.Coincides, "coincides with rank of eu-residency on "+monday.String())
				if !found {
					t.Errorf("%s shifted by %.2f, as told in week %d; %s", share, s.Step, i+1, s.Coincides)
				}
			}
		}
		if !found {
			t.Errorf("%s %s: no shift in the week of the new ranks", want.objective, share)
		}
	}
}
