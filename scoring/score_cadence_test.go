package scoring_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// cadenceWorld has objectives that match a label of their name, and a thread for
// check-ins.
func cadenceWorld(n int) *world {
	set := objective.Set{TopN: 3, RunWorkBudget: -1}
	for i := range n {
		id := fmt.Sprint("o", i+1)
		set.Objectives = append(set.Objectives, objective.Objective{
			ID: id, Text: id, Start: objective.NoDate, Match: attr(store.AttrLabel, id), Versions: always(i+1, -1)})
	}
	w := newWorld(set).alone()
	w.item(store.KindDiscussion, "C1/1", nil)
	return w
}

// load declares another set from a time on.
func (w *world) load(known time.Time, set objective.Set) {
	w.history = append(w.history, objective.Loaded{Known: known, Set: set})
	w.declared.Set = set
}

func rank(n int) func(*objective.Objective) {
	return func(o *objective.Objective) { o.Versions[0].Rank = n }
}

func midnight(t time.Time) float64 { return float64(t.Truncate(24 * time.Hour).Unix()) }

// N5: three objectives were last looked at 3, 9 and 20 days ago, by a check-in,
// by an edit, and when the third was declared.
func TestReviewAgeFromEvents(t *testing.T) {
	w := cadenceWorld(3)
	three := w.declared.Set
	two := three
	two.Objectives = three.Objectives[:2]
	w.load(noon(2024, 6, 1), two)
	w.load(noon(2025, 3, 11), three)
	w.load(noon(2025, 3, 22), with(three, "o2", func(o *objective.Objective) { o.Text = "clearer" }))
	w.checkIn("ana", "C1/1", "o1", "0.5", noon(2025, 3, 28))
	w.checkIn("ana", "C1/1", "o1", "0.5", noon(2025, 4, 1)) // of a day that has not closed
	got := org(t, w.evaluate(t), scoring.ReviewTime)
	near(t, "review", got.Value, midnight(noon(2025, 3, 31))-(3*11+9*5+20*2)/18.0*86400)
}

// Three of twelve check-ins were followed by something: a rank, a target, and a
// fifth of the effort that moved. A due date is no adjustment.
func TestAdjustRatioFromEvents(t *testing.T) {
	w := cadenceWorld(2)
	for i := range 13 { // the last is less than a week old
		day := noon(2025, 1, 1).AddDate(0, 0, 7*i)
		w.checkIn("ana", "C1/1", "o1", "0.5", day)
		w.checkIn("ben", "C1/1", "o1", "0.5", day) // the same review
	}
	w.checkIn("ana", "C1/1", "o1", "0.5", noon(2024, 12, 30)) // 91 days ago
	first := w.declared.Set
	w.load(noon(2024, 6, 1), first)
	w.load(noon(2025, 1, 10), with(first, "o1", rank(3)))
	w.load(noon(2025, 1, 23), with(w.declared.Set, "o1", func(o *objective.Objective) { o.Versions[0].Due = calendarDay(closed) }))
	w.load(noon(2025, 2, 6), with(w.declared.Set, "o1", func(o *objective.Objective) { o.Versions[0].TargetShare = .5 }))
	// o2 is paused the day after its only check-in.
	w.checkIn("ana", "C1/1", "o2", "0.5", noon(2025, 3, 4))
	w.load(noon(2025, 3, 5), with(w.declared.Set, "o2", func(o *objective.Objective) {
		o.Versions = append(o.Versions, objective.Version{From: calendarDay(noon(2025, 3, 5)), Rank: 2, State: objective.Paused, TargetShare: -1})
	}))
	for _, key := range []string{"o1", "none"} {
		w.item(store.KindChange, "acme/api#"+key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLabel: {key}} })
	}
	for monday := noon(2024, 12, 30); monday.Before(closed); monday = monday.AddDate(0, 0, 7) {
		for n := range 10 {
			key := "acme/api#none"
			if n < 5 || n < 7 && !monday.Before(noon(2025, 3, 3)) {
				key = "acme/api#o1"
			}
			w.do(fmt.Sprint("person-", n/5), store.EventCommit, key, monday.AddDate(0, 0, n%5))
		}
	}
	r := w.evaluate(t)
	own := at(t, r, "o1", scoring.AdjustRatio)
	near(t, "o1", own.Value, .25)
	near(t, "check-ins of o1", own.SampleSize, 12)
	near(t, "all", org(t, r, scoring.AdjustRatio).Value, 4/13.0)
	near(t, "last stop", org(t, r, scoring.KillSession).Value, midnight(noon(2025, 3, 5)))
}

// Where nothing was ever stopped, the time since the first declaration is told.
func TestKillSessionNever(t *testing.T) {
	w := cadenceWorld(1)
	if s := org(t, w.evaluate(t), scoring.KillSession); s.Status != scoring.Undefined {
		t.Errorf("nothing is recorded: %+v", s)
	}
	w.load(noon(2024, 6, 1), w.declared.Set)
	s := org(t, w.evaluate(t), scoring.KillSession)
	near(t, "since", s.Value, midnight(noon(2024, 6, 1)))
	if s.Verdict == "" {
		t.Error("it does not say that nothing was stopped")
	}
}

// To exclude more is a stop decision; to exclude less, to write a rule
// otherwise, or to declare an objective with its excludes, is none.
func TestKillSessionOfRules(t *testing.T) {
	w := cadenceWorld(2)
	excludes := func(rule *objective.Rule) func(*objective.Objective) {
		return func(o *objective.Objective) { o.Excludes = rule }
	}
	smb, trial := *attr(store.AttrLabel, "smb"), *attr(store.AttrLabel, "trial")
	both := objective.Rule{Any: []objective.Rule{smb, trial}}
	one := w.declared.Set
	one.Objectives = one.Objectives[:1]
	w.load(noon(2023, 6, 1), one)
	w.load(noon(2023, 6, 5), with(one, "o1", excludes(&smb)))
	last := func() scoring.Number { return org(t, w.evaluate(t), scoring.KillSession).Value }
	near(t, "a first exclude", last(), midnight(noon(2023, 6, 5)))
	w.load(noon(2023, 6, 9), with(w.declared.Set, "o1", excludes(&both)))
	near(t, "a second one", last(), midnight(noon(2023, 6, 9)))
	w.load(noon(2025, 1, 6), with(w.declared.Set, "o1", excludes(&objective.Rule{Any: []objective.Rule{trial, smb}})))
	w.load(noon(2025, 1, 7), with(w.declared.Set, "o1", excludes(&trial)))
	more := w.declared.Set
	more.Objectives = append(append([]objective.Objective(nil), more.Objectives...), objective.Objective{
		ID: "o2", Text: "o2", Start: objective.NoDate, Excludes: &smb, Versions: always(2, -1)})
	w.load(noon(2025, 1, 8), more)
	near(t, "no stop", last(), midnight(noon(2023, 6, 9)))
	more.NonGoals = []objective.NamedRule{{Name: "plg", Rule: smb}}
	w.load(noon(2025, 1, 9), more)
	near(t, "a non-goal", last(), midnight(noon(2025, 1, 9)))
	more.NonGoals = []objective.NamedRule{{Name: "free", Rule: smb}}
	w.load(noon(2025, 1, 10), more)
	near(t, "a non-goal that is renamed", last(), midnight(noon(2025, 1, 9)))
	more.NonGoals = []objective.NamedRule{{Name: "free", Rule: both}}
	w.load(noon(2025, 1, 11), more)
	near(t, "a non-goal that grows", last(), midnight(noon(2025, 1, 11)))
}

func TestNonGoalCoverage(t *testing.T) {
	w := cadenceWorld(4)
	w.declared.Set.Objectives[0].Excludes = attr(store.AttrLabel, "plg")
	w.declared.Set.Objectives[1].ExcludedTerms = []string{"trial"}
	w.declared.Set.Objectives[3].Excludes = attr(store.AttrLabel, "plg")
	w.declared.Set.Objectives[3].Versions[0].State = objective.Retired
	near(t, "coverage", org(t, w.evaluate(t), scoring.NonGoalCoverage).Value, 2/3.0)
}

// N3: 24 tickets were open when the objective began and six came later; four
// were started, and edited no, two, five times and once since.
func TestScopeChurnFromEvents(t *testing.T) {
	w := cadenceWorld(1)
	begin := noon(2025, 1, 6)
	w.declared.Set.Objectives[0].Start = calendarDay(begin)
	for range 24 {
		w.ticket("o1", begin.AddDate(0, -1, 0), time.Time{})
	}
	for range 6 {
		w.ticket("o1", begin.AddDate(0, 1, 0), time.Time{})
	}
	w.ticket("o1", begin.AddDate(0, -2, 0), begin.AddDate(0, -1, 0)) // done before it began
	w.ticket("o1", closed, time.Time{})                              // of a day that has not closed
	for i, edits := range []int{0, 2, 5, 1} {
		ch := &w.changes[1+i]
		ch.Item.Started = begin.AddDate(0, 0, 7)
		w.do("ana", store.EventEdit, ch.Item.Keys[0], begin) // before
		for n := range edits {
			w.do("ana", store.EventEdit, ch.Item.Keys[0], begin.AddDate(0, 0, 8+n))
		}
	}
	r := w.evaluate(t)
	near(t, "churn", at(t, r, "o1", scoring.ScopeChurn).Value, .25)
	near(t, "edits", at(t, r, "o1", scoring.ScopeEdits).Value, 2)
	w.declared.Set.Objectives[0].Start = objective.NoDate
	near(t, "churn without a start", at(t, w.evaluate(t), "o1", scoring.ScopeChurn).Value, math.NaN())
}

// N8, nearly: three alerts, of which one is answered after 6 days, one after 15,
// and one is not for 28 so far.
func TestLoopClosureFromEvents(t *testing.T) {
	w := cadenceWorld(2)
	w.declared.Alerts = map[string]float64{scoring.ShadowEffort: .5}
	for _, key := range []string{"o1", "none"} {
		w.item(store.KindChange, "acme/api#"+key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLabel: {key}} })
	}
	begin := noon(2024, 10, 28)
	for week := range 22 {
		// Beyond are the weeks from 2024-11-04, 2025-01-06 and 2025-02-10 on, three each.
		off := 9
		switch week {
		case 1, 2, 3, 10, 11, 12, 15, 16, 17:
			off = 11
		}
		for n := range 20 {
			key := "acme/api#o1"
			if n < off {
				key = "acme/api#none"
			}
			w.do(fmt.Sprint("person-", n/5), store.EventCommit, key, begin.AddDate(0, 0, 7*week+n%5))
		}
	}
	first := w.declared.Set
	w.load(noon(2024, 6, 1), first)
	w.load(noon(2024, 12, 1), with(first, "o1", rank(3))) // alert on 2024-11-25
	w.load(noon(2025, 2, 1), with(w.declared.Set, "o1", func(o *objective.Objective) { o.Text = "no correction" }))
	w.load(noon(2025, 2, 11), with(w.declared.Set, "o2", func(o *objective.Objective) { o.Versions[0].TargetShare = .3 })) // 2025-01-27
	r := w.evaluate(t)
	closure := org(t, r, scoring.LoopClosure)
	near(t, "closure", closure.Value, 15)
	near(t, "alerts", closure.SampleSize, 3)
	near(t, "action", org(t, r, scoring.LoopAction).Value, 2/3.0)
	w.declared.Alerts = map[string]float64{scoring.ShadowEffort: .6}
	if s := org(t, w.evaluate(t), scoring.LoopClosure); s.Status != scoring.Undefined {
		t.Errorf("nothing was beyond .6: %+v", s)
	}
}

// N7: in the 13 weeks from 2024-12-30 on nine tickets were begun; of older ones
// two were dropped, one was stopped with its objective, two were done, and one
// goes on.
func TestStopsPerStartFromEvents(t *testing.T) {
	w := cadenceWorld(2)
	n := 0
	ticket := func(label string, state store.Status, ended time.Time, worked ...time.Time) {
		n++
		key := fmt.Sprint("PAY-", n)
		w.item(store.KindTicket, key, func(it *store.Item) {
			it.Attrs = map[string][]string{store.AttrLabel: {label}}
			it.Status, it.Closed = state, ended
		})
		for _, at := range worked {
			w.do("ana", store.EventComment, key, at)
		}
	}
	before, within := noon(2024, 12, 29), noon(2025, 2, 20)
	for i := range 9 {
		ticket("o1", store.StatusDoing, time.Time{}, noon(2024, 12, 30).AddDate(0, 0, 10*i))
	}
	ticket("o1", store.StatusDropped, within, before)
	ticket("o1", store.StatusDropped, noon(2024, 12, 30), before)
	ticket("o2", store.StatusDoing, time.Time{}, before, within)
	ticket("o1", store.StatusDone, within, before)
	ticket("o1", store.StatusDone, noon(2025, 3, 30), before, within)
	ticket("o1", store.StatusDoing, time.Time{}, before, within)
	ticket("o1", store.StatusDone, before, before)                  // ended before
	ticket("o1", store.StatusDone, noon(2025, 3, 31), before)       // in a week that goes on
	ticket("o1", store.StatusDoing, time.Time{}, noon(2025, 3, 31)) // likewise
	ticket("o1", store.StatusDropped, within)                       // nobody ever worked on it
	w.load(noon(2024, 6, 1), w.declared.Set)
	w.load(noon(2025, 3, 5), with(w.declared.Set, "o2", func(o *objective.Objective) {
		o.Versions = append(o.Versions, objective.Version{From: calendarDay(noon(2025, 3, 5)), Rank: 2, State: objective.Paused, TargetShare: -1})
	}))
	r := w.evaluate(t)
	near(t, "stops per start", org(t, r, scoring.StopsPerStart).Value, 3/9.0)
	near(t, "net growth", org(t, r, scoring.NetGrowth).Value, 4)
}

// N1: of the hundred days of each of eight weeks so many go into reviews, and so
// many into the objective. Of a day on which somebody commits and reviews, a
// third is a review: every other week has three of these for each review.
func TestLouderFromEvents(t *testing.T) {
	w := cadenceWorld(1)
	for _, key := range []string{"o1", "none"} {
		w.item(store.KindChange, "acme/api#"+key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLabel: {key}} })
	}
	aligned := []int{62, 61, 63, 60, 61, 59, 60, 58}
	for week, reviews := range []int{10, 12, 11, 14, 15, 16, 18, 19} {
		mixed := week%2 == 1
		if mixed {
			reviews *= 3
		}
		for n := range 100 {
			key, day := "acme/api#none", noon(2025, 2, 3).AddDate(0, 0, 7*week+n%5)
			if n < aligned[week] {
				key = "acme/api#o1"
			}
			who := fmt.Sprint("person-", n/5)
			if n >= reviews || mixed {
				w.do(who, store.EventCommit, key, day)
			}
			if n < reviews {
				w.do(who, store.EventReview, key, day)
			}
		}
	}
	r := w.evaluate(t)
	near(t, "louder", org(t, r, scoring.Louder).Value, .928571)
	near(t, "shown to be louder", org(t, r, scoring.LouderFlag).Value, 1)
}
