package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// doneTicket adds a ticket that was started on 2025-03-10 and done on
// 2025-03-14, with a change that was merged at a time; zero for none.
func (w *world) doneTicket(key, class string, merged time.Time) {
	w.item(store.KindTicket, key, func(it *store.Item) {
		it.Status, it.Started, it.Closed = store.StatusDone, noon(2025, 3, 10), noon(2025, 3, 14)
		it.Attrs = map[string][]string{store.AttrType: {class}}
	})
	if !merged.IsZero() {
		w.item(store.KindChange, "acme/"+key+"#1", func(it *store.Item) {
			it.Status, it.Closed = store.StatusDone, merged
			it.Links = []store.Link{{Kind: store.LinkImplements, Key: key}}
		})
	}
}

// Of twelve tickets that are expected to leave evidence four have none: no
// change, one that was merged too early, one too late, and one not at all.
func TestUnverifiedDone(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	for i := range 8 {
		w.doneTicket(fmt.Sprint("PAY-", i), "story", noon(2025, 3, 13))
	}
	w.doneTicket("PAY-20", "story", time.Time{})
	w.doneTicket("PAY-21", "story", noon(2025, 3, 2))
	w.doneTicket("PAY-22", "story", noon(2025, 3, 30))
	w.doneTicket("PAY-23", "story", noon(2025, 3, 13))
	w.changes[w.byID["acme/PAY-23#1"]].Item.Status = store.StatusDropped
	w.doneTicket("PAY-30", "Spike", time.Time{})
	w.doneTicket("PAY-31", "story", time.Time{})
	w.changes[w.byID["PAY-31"]].Item.Closed = noon(2025, 3, 3) // 28 days ago
	r := w.evaluate(t)
	near(t, "unverified", org(t, r, scoring.UnverifiedDone).Value, 4./12)
	near(t, "tickets", org(t, r, scoring.UnverifiedDone).SampleSize, 12)
	near(t, "items", org(t, r, scoring.UnverifiedItems).Value, 4)
}

// Of ten tickets in progress three were not worked on since 2025-03-17, ten
// working days ago. Work on the change of a ticket is work on it.
func TestPhantomProgress(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	start := func(key string, at time.Time) {
		w.item(store.KindTicket, key, func(it *store.Item) { it.Started = at })
	}
	for i := range 6 {
		start(fmt.Sprint("PAY-", i), noon(2025, 3, 18))
	}
	start("PAY-10", noon(2025, 3, 3))
	start("PAY-11", noon(2025, 3, 3))
	w.do("ana", store.EventComment, "PAY-11", noon(2025, 3, 17))
	start("PAY-12", noon(2025, 3, 3))
	w.do("ana", store.EventComment, "PAY-12", noon(2025, 4, 1)) // of a day that has not closed
	start("PAY-13", noon(2025, 3, 3))
	w.item(store.KindChange, "acme/api#1", func(it *store.Item) {
		it.Links = []store.Link{{Kind: store.LinkImplements, Key: "PAY-13"}}
	})
	w.do("ana", store.EventCommit, "acme/api#1", noon(2025, 3, 28))
	w.item(store.KindTicket, "PAY-14", func(it *store.Item) { it.Status, it.Started = store.StatusTodo, noon(2025, 3, 3) })
	r := w.evaluate(t)
	near(t, "phantoms", org(t, r, scoring.PhantomProgress).Value, .3)
	near(t, "tickets", org(t, r, scoring.PhantomItems).Value, 3)
}

// Of ten tickets done two were opened again.
func TestReopened(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	for i := range 10 {
		key := fmt.Sprint("PAY-", i)
		w.doneTicket(key, "story", time.Time{})
		if i < 2 {
			it := &w.changes[w.byID[key]].Item
			it.Status, it.Closed, it.Updated = store.StatusDoing, time.Time{}, noon(2025, 3, 20)
			w.do("ana", store.EventTransition, key, noon(2025, 3, 14))
			w.changes[w.byID[key]].Events[0].Attrs = map[string]string{"to": "done"}
		}
	}
	near(t, "opened again", org(t, w.evaluate(t), scoring.ReopenedItems).Value, .2)
}

// Of forty merged changes machines wrote sixteen; of those a person reviewed
// five and committed to three.
func TestAgentChanges(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	for i := range 40 {
		key := fmt.Sprint("acme/api#", i)
		w.item(store.KindChange, key, func(it *store.Item) {
			it.Status, it.Closed = store.StatusDone, noon(2025, 3, 20)
			if i < 16 {
				it.Attrs = map[string][]string{store.AttrAuthor: {"bot"}}
			}
		})
		switch {
		case i < 5:
			w.do("ana", store.EventReview, key, noon(2025, 3, 19))
		case i < 8:
			w.do("ana", store.EventCommit, key, noon(2025, 3, 19))
		case i < 16:
			w.do("agent[bot]", store.EventReview, key, noon(2025, 3, 19))
		}
	}
	r := w.evaluate(t)
	near(t, "by machines", org(t, r, scoring.AgentChanges).Value, 16./40)
	near(t, "unseen", org(t, r, scoring.AgentUnverified).Value, 8./16)
}
