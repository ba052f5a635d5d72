package scoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// Each decision has the clock that the scores add up (see stoppedWorld).
func TestStopClocks(t *testing.T) {
	r := stoppedWorld().evaluate(t)
	var got []string
	quiet, days := 0, 0.
	for _, c := range r.Stops {
		text := fmt.Sprintf("%s %s %s %v", c.Objective, c.Start, c.State, c.Days)
		if c.QuietFrom != nil {
			text += " " + c.QuietFrom.String()
		}
		if c.State == scoring.ClockQuiet {
			quiet++
			days += float64(c.Days)
		}
		got = append(got, fmt.Sprint(text, " ", c.Resurrections, " ", c.Live))
	}
	want := []string{
		"o1 2025-02-03 quiet 0 2025-02-03 0 false", "o2 2025-02-03 quiet 4 2025-02-08 0 false", "o3 2025-02-03 quiet 10 2025-02-14 0 false",
		fmt.Sprintf("o4 2025-02-03 running %d 0 true", int(r.Day)-int(calendarDay(stopped))), "o5 2025-02-03 quiet 6 2025-02-10 1 false",
		fmt.Sprintf("o6 2025-02-03 not_counted %d 0 false", int(r.Day)-int(calendarDay(stopped))),
	}
	if !slices.Equal(got, want) {
		t.Errorf("clocks are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if quiet != 4 || days != 20 {
		t.Errorf("%d clocks ended after %v days in all", quiet, days)
	}
	// Two days of work in the four weeks before are half a day in a week. Of each
	// day after, o3 has half.
	if c := r.Stops[2]; c.Weeks[0].Ratio != 1 || c.Weeks[1].Ratio != 1 || c.Weeks[2].Ratio != 0 {
		t.Errorf("the weeks after o3 ended are %+v", c.Weeks)
	}
}

// What tells of few people is withheld: how much went on, and when it ended. A
// group of whose effort nothing is told has no clocks at all.
func TestStopClocksOfFew(t *testing.T) {
	w := stoppedWorld()
	w.declared.Privacy.KEffort, w.declared.Privacy.Dominance = 2, .9
	for _, d := range []int{-7, 4} { // o2 is of three
		for _, who := range []string{"ben", "cem"} {
			w.do(who, store.EventCommit, "PAY-2", stopped.AddDate(0, 0, d))
		}
	}
	w.do("ben", store.EventCommit, "PAY-3", stopped.AddDate(0, 0, 10)) // who only joins later
	r := w.evaluate(t)
	told := func(c scoring.StopClock) (list []string) {
		for _, week := range c.Weeks[:3] {
			list = append(list, fmt.Sprint(week.Ratio))
		}
		if c.QuietFrom != nil {
			list = append(list, c.QuietFrom.String())
		}
		return append(list, fmt.Sprint(c.Days))
	}
	for i, want := range map[int][]string{
		1: {"5.15", "0", "0", "2025-02-08", "4"}, // 3 days, of 2⅓ in four weeks
		2: {"NaN", "NaN", "0", "2025-02-14", "10"},
		4: {"NaN", "0", "0", "NaN"},
	} {
		if got := told(r.Stops[i]); !slices.Equal(got, want) {
			t.Errorf("of %s is told %q, want %q", r.Stops[i].Objective, got, want)
		}
	}
	w.declared.Privacy.KEffort = 9
	if r := w.evaluate(t); r.Stops != nil {
		t.Errorf("clocks of too few people: %+v", r.Stops)
	}
}

// A rule may exclude a thousand epics in one go: only the newest clocks are told.
func TestStopClocksAreBounded(t *testing.T) {
	w := stoppedWorld()
	for i := range scoring.MaxClocks {
		key := fmt.Sprintf("OLD-%d", i)
		w.item(store.KindTicket, key, nil)
		w.do("ana", store.EventCommit, key, stopped.AddDate(0, 0, -3))
		w.overrides = append(w.overrides, store.Override{Key: key, To: "excluded", Role: "lead", At: stopped.Add(time.Duration(i) * time.Minute)})
	}
	r := w.evaluate(t)
	if n := len(r.Stops); n != scoring.MaxClocks || r.Stops[0].Objective != "o1" || r.Stops[5].Objective != "o6" || r.Stops[6].No == 0 {
		t.Errorf("%d clocks, the first %+v", n, r.Stops[0])
	}
}
