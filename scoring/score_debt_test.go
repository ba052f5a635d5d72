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

// workDay returns the Mondays to Fridays from 2025-03-04 on, the first day of 28.
func workDay(n int) time.Time {
	n++ // 2025-03-03 is a Monday
	return noon(2025, 3, 3).AddDate(0, 0, n/5*7+n%5)
}

// Of 20 2/3 person-days on code 2 2/3 went to a ticket that is still to do and 2
// to one that had been done for more than a week. Reviews are no code, a third of
// a day with both neither, and where no ticket is ever in progress none can be
// told to be still to do.
func TestSilentWork(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	ticket := func(key, project string, edit func(*store.Item)) {
		w.item(store.KindTicket, key, func(it *store.Item) {
			it.Status, it.Attrs = store.StatusTodo, map[string][]string{store.AttrProject: {project}}
			edit(it)
		})
		w.item(store.KindChange, "acme/api@"+key, func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkImplements, Key: key}}
		})
	}
	ticket("PAY-1", "PAY", func(*store.Item) {})
	ticket("PAY-2", "PAY", func(it *store.Item) { it.Status, it.Started = store.StatusDoing, noon(2025, 3, 3) })
	ticket("PAY-3", "PAY", func(it *store.Item) { it.Status, it.Closed = store.StatusDone, noon(2025, 3, 10) })
	ticket("acme/web#9", "acme/web", func(*store.Item) {})
	w.item(store.KindChange, "acme/api#77", nil)
	n := 0
	work := func(key string, days int) {
		for range days {
			w.do("ana", store.EventCommit, key, workDay(n))
			n++
		}
	}
	work("acme/api@PAY-2", 8)
	work("acme/api#77", 1)
	work("acme/api@PAY-3", 3) // on 17, 18 and 19 March
	work("acme/api@PAY-2", 2)
	work("acme/api@acme/web#9", 2)
	work("acme/api#77", 2)
	w.do("bea", store.EventReview, "acme/api@PAY-1", workDay(2))
	for d := range 3 {
		w.do("bea", store.EventCommit, "acme/api@PAY-1", workDay(d))
		w.do("bea", store.EventReview, "acme/api@PAY-1", workDay(10+d))
	}
	no := objective.NoDate
	for team, who := range map[string]string{"core": "ana", "growth": "bea"} {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
		w.declared.Teams = append(w.declared.Teams, scoring.Team{ID: team, Members: []scoring.Member{{Person: who, From: no, Until: no, Share: 1}}})
	}
	r := w.evaluate(t)
	near(t, "silent", org(t, r, scoring.SilentWork).Value, 14./62)
	near(t, "silent of ana", r.Team("core").Score(scoring.SilentWork).Value, 2./18)
	near(t, "silent of bea", r.Team("growth").Score(scoring.SilentWork).Value, 1)
	w.declared.Privacy = scoring.Privacy{KEffort: 2, Dominance: .9, MinPersonDays: 20}
	r = w.evaluate(t)
	near(t, "silent of two", org(t, r, scoring.SilentWork).Value, 14./62)
	if s := r.Team("core").Score(scoring.SilentWork); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("told of one person: %+v", s)
	}
}

// Twelve of twenty tickets are reported done, and three of the ten of them that
// were done in the last year have nothing to show: .6 × .3.
func TestReportedActualGap(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	for i := range 22 {
		key := fmt.Sprint("PAY-", i)
		merged := noon(2025, 3, 13)
		if i < 3 || i >= 10 {
			merged = time.Time{}
		}
		w.doneTicket(key, "story", merged)
		it := &w.changes[w.byID[key]].Item
		it.Attrs[store.AttrLabel] = []string{"o1"}
		switch {
		case i >= 20:
			it.Status = store.StatusDropped
		case i >= 12:
			it.Status, it.Closed = store.StatusDoing, time.Time{}
		case i >= 10:
			it.Created, it.Started, it.Closed = noon(2023, 1, 1), noon(2023, 2, 1), noon(2023, 3, 1)
		}
	}
	r := w.evaluate(t)
	for name, s := range map[string]scoring.Score{"all": org(t, r, scoring.ReportedActualGap), "o1": *r.Objective("o1").Score(scoring.ReportedActualGap)} {
		near(t, name, s.Value, .18)
		near(t, name+" of", s.SampleSize, 10)
		if !(s.Lower < s.Value && s.Value < s.Upper) {
			t.Errorf("%s: %+v has no limits around it", name, s)
		}
	}
	if s := r.Objective("o2").Score(scoring.ReportedActualGap); s.Status != scoring.Undefined {
		t.Errorf("without tickets: %+v", s)
	}
}

// Two unverified tickets owe the two person-days that a ticket done costs at the
// median, two phantoms half of it: six. Work on what is linked to a ticket is
// work on the ticket, also where it lies back for months.
func TestExecutionDebt(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	day := noon(2025, 1, 6) // a Monday
	for i, days := range []int{1, 2, 2, 2, 3} {
		key := fmt.Sprint("PAY-", i)
		w.doneTicket(key, "story", noon(2025, 3, 13))
		for d := range days {
			on := "acme/" + key + "#1"
			if d == 0 {
				on = key
			}
			w.do("ana", store.EventCommit, on, day)
			if day = day.AddDate(0, 0, 1); day.Weekday() == time.Saturday {
				day = day.AddDate(0, 0, 2)
			}
		}
	}
	w.doneTicket("PAY-20", "story", time.Time{})
	w.doneTicket("PAY-21", "story", time.Time{})
	for _, key := range []string{"PAY-30", "PAY-31"} {
		w.item(store.KindTicket, key, func(it *store.Item) { it.Started = noon(2025, 3, 3) })
	}
	r := w.evaluate(t)
	near(t, "debt", org(t, r, scoring.ExecutionDebt).Value, 6)
	near(t, "items", org(t, r, scoring.ExecutionDebt).SampleSize, 4)
}

// In twelve weeks one more change is merged each week, and three people review on
// one day each: 78 changes on 36 days, and rising.
func TestChangeAbsorption(t *testing.T) {
	people := 3
	build := func() *world {
		w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1})
		for week := range 12 {
			day := noon(2025, 1, 7).AddDate(0, 0, 7*week)
			for i := range week + 1 {
				key := fmt.Sprintf("acme/api#%d", 100*week+i)
				w.item(store.KindChange, key, func(it *store.Item) { it.Status, it.Closed = store.StatusDone, day })
				for p := range people {
					w.do(fmt.Sprint("p", p), store.EventReview, key, day)
				}
			}
		}
		w.declared.Privacy = scoring.Privacy{KEffort: 3, Dominance: .7}
		return w
	}
	r := build().evaluate(t)
	near(t, "changes a day", org(t, r, scoring.ChangeAbsorption).Value, 78./36)
	near(t, "trend", org(t, r, scoring.ChangeAbsorptionTrend).Value, 1)
	people = 2
	r = build().evaluate(t)
	for _, name := range []string{scoring.ChangeAbsorption, scoring.ChangeAbsorptionTrend} {
		if s := org(t, r, name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
			t.Errorf("two reviewers are told of: %+v", s)
		}
	}
}

// A ticket belongs to the teams that own its project, and elsewhere to the team
// of who opened it. Where a team's effort is withheld its tickets are.
func TestDebtOfTeams(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	no := objective.NoDate
	w.declared.People.Persons = []scoring.Person{{ID: "bea", Identities: []string{"bea"}, FTE: 1}}
	w.declared.Teams = []scoring.Team{{ID: "core", Projects: []string{"PAY"}},
		{ID: "growth", Members: []scoring.Member{{Person: "bea", From: no, Until: no, Share: 1}}}}
	for i := range 12 {
		key := fmt.Sprint("PAY-", i)
		w.doneTicket(key, "story", noon(2025, 3, 13))
		w.changes[w.byID[key]].Item.Attrs[store.AttrProject] = []string{"PAY"}
		w.do("bea", store.EventOpen, key, noon(2025, 3, 5))
		key = fmt.Sprint("WEB-", i)
		merged := noon(2025, 3, 13)
		if i < 3 {
			merged = time.Time{}
		}
		w.doneTicket(key, "story", merged)
		w.do("bea", store.EventOpen, key, noon(2025, 3, 5))
	}
	r := w.evaluate(t)
	near(t, "all", org(t, r, scoring.UnverifiedDone).Value, 3./24)
	near(t, "core", r.Team("core").Score(scoring.UnverifiedDone).Value, 0)
	near(t, "growth", r.Team("growth").Score(scoring.UnverifiedDone).Value, 3./12)
	near(t, "growth reopened", r.Team("growth").Score(scoring.ReopenedItems).SampleSize, 12)
	w.declared.Privacy = scoring.Privacy{KEffort: 2, Dominance: 1}
	r = w.evaluate(t)
	for _, name := range []string{scoring.UnverifiedDone, scoring.ReopenedItems, scoring.ExecutionDebt} {
		if s := r.Team("growth").Score(name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
			t.Errorf("told of one person: %+v", s)
		}
	}
	near(t, "all still", org(t, r, scoring.UnverifiedDone).Value, 3./24)
}
