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

// L6 from events: five objectives deliver something and have an outcome, whose
// first sample after its lag comes after so many days or not at all.
func TestLearningFromEvents(t *testing.T) {
	build := func(days ...int) *world {
		w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1})
		for i, n := range days {
			id := fmt.Sprint("o", i)
			o := objective.Objective{ID: id, Text: id, Start: calendarDay(noon(2025, 1, 1)), Match: attr(store.AttrLabel, id), Versions: always(i+1, -1),
				Outcome: &objective.Outcome{Query: "q", Direction: "up", Lag: 4 * 24 * time.Hour}}
			o.Versions[0].Due = calendarDay(noon(2025, 2, 20))
			w.declared.Set.Objectives = append(w.declared.Set.Objectives, o)
			w.done(1, id, noon(2024, 12, 30)) // before the objective began
			w.done(1, id, noon(2025, 2, 5))
			w.done(1, id, noon(2025, 2, 1))
			w.measure(id, "q", "ok")
			w.sample("outcome:"+id+"q", noon(2025, 2, 4), 1) // before anything can show
			if n > 0 {
				w.sample("outcome:"+id+"q", noon(2025, 2, 1).AddDate(0, 0, n), 2)
			}
		}
		w.declared.Set.Objectives = append(w.declared.Set.Objectives,
			objective.Objective{ID: "none", Start: objective.NoDate, Versions: always(9, -1)})
		return w
	}
	r := build(4, 12, 30, 45, 0).evaluate(t)
	s := org(t, r, scoring.LearningLatency)
	near(t, "latency", s.Value, 30)
	near(t, "objectives", s.SampleSize, 5)
	if s := org(t, r, scoring.LearningFollowUp); s.Value.Known() {
		t.Errorf("lower bound %v beside a median", s.Value)
	}
	// Three of five after 2025-02-20, or not yet.
	s = org(t, r, scoring.LateLearning)
	near(t, "late", s.Value, .6)
	near(t, "judged", s.SampleSize, 5)

	r = build(12, 0, 0).evaluate(t)
	near(t, "latency of the unreviewed", org(t, r, scoring.LearningLatency).Value, math.NaN())
	near(t, "lower bound", org(t, r, scoring.LearningFollowUp).Value, 58)

	// A check-in that cites the outcome is a review, before the lag is over too;
	// one before the delivery, one without a reading and one by a machine are none.
	w := build(12, 0, 0)
	w.item(store.KindDiscussion, "C1/1", nil)
	w.declared.People.Bots = []string{"ci"}
	cite := func(who, of string, day int) {
		w.checkIn(who, "C1/1", of, "0.5", noon(2025, 2, 1).AddDate(0, 0, day))
		events := w.changes[w.byID["C1/1"]].Events
		events[len(events)-1].Attrs["cites"] = "outcome"
	}
	cite("ana", "o0", 2)
	cite("ana", "o0", 20)
	cite("ana", "o1", -1)
	cite("ci", "o1", 1)
	w.checkIn("ana", "C1/1", "o1", "0.5", noon(2025, 2, 2))
	cite("ana", "o1", 30)
	r = w.evaluate(t)
	near(t, "latency with citations", org(t, r, scoring.LearningLatency).Value, 30)
	near(t, "late with citations", org(t, r, scoring.LateLearning).Value, 2./3)
	cite("ben", "o1", 3)
	near(t, "latency of the first citation", org(t, w.evaluate(t), scoring.LearningLatency).Value, 3)

	// Who stops an objective stops learning from it.
	w = build(12, 0, 0)
	for i := 1; i < 3; i++ {
		o := &w.declared.Set.Objectives[i]
		stop := o.Versions[0]
		stop.From, stop.State = calendarDay(noon(2025, 2, 11)), objective.Retired
		o.Versions = append(o.Versions, stop)
	}
	r = w.evaluate(t)
	near(t, "latency beside the stopped", org(t, r, scoring.LearningLatency).Value, 12)
	near(t, "late beside the stopped", org(t, r, scoring.LateLearning).Value, 0)
}

// L11 from events: two teams have done 80 % and 92 % of their tickets, and the
// outcome has made 31 % of its way.
func TestLocalGlobalGap(t *testing.T) {
	w := seamWorld()
	samples := w.changes[w.byID["outcome:o1q"]].Events
	for i := range samples {
		samples[i].Attrs = map[string]string{"value": fmt.Sprint(48 + .31*7)}
	}
	tickets := func(who string, n int, status store.Status, at time.Time) {
		for range n {
			key := fmt.Sprint("LOC-", len(w.changes))
			w.item(store.KindTicket, key, func(it *store.Item) {
				it.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
				if it.Status = status; status != store.StatusDoing {
					it.Closed = at
				}
			})
			w.do(who, store.EventOpen, key, noon(2025, 2, 1))
		}
	}
	tickets("p0", 8, store.StatusDone, noon(2025, 3, 20))
	tickets("p0", 2, store.StatusDoing, time.Time{})
	tickets("p0", 3, store.StatusDropped, noon(2025, 3, 20))
	tickets("p3", 23, store.StatusDone, noon(2025, 3, 20))
	tickets("p3", 1, store.StatusDoing, time.Time{})
	tickets("p3", 1, store.StatusDone, noon(2025, 4, 3)) // after the day
	tickets("stranger", 9, store.StatusDoing, time.Time{})
	w.changes[w.byID["PAY-1"]].Item.Kind = store.KindChange // no ticket of anybody's
	r := w.evaluate(t)
	near(t, "gap of o1", at(t, r, "o1", scoring.LocalGlobalGap).Value, .86-.31)
	near(t, "teams", at(t, r, "o1", scoring.LocalGlobalGap).SampleSize, 2)
	near(t, "gap", org(t, r, scoring.LocalGlobalGap).Value, .86-.31)
	if s := at(t, r, "o2", scoring.LocalGlobalGap); s.Status == scoring.OK {
		t.Errorf("o2 has no outcome: %+v", s)
	}
	w.declared.Teams[1].Members = w.declared.Teams[1].Members[:4]
	near(t, "gap without a team of four", at(t, w.evaluate(t), "o1", scoring.LocalGlobalGap).Value, .8-.31)
	for i := range samples {
		samples[i].At = samples[i].At.AddDate(0, 0, -15)
	}
	if s := at(t, w.evaluate(t), "o1", scoring.LocalGlobalGap); s.Status != scoring.InsufficientData {
		t.Errorf("of long ago: %+v", s)
	}
}
