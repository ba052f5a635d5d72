package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// seamWorld has two teams of five that know of decisions.
func seamWorld() *world {
	w := coherenceWorld()
	w.declared.Decisions = decidingWorld().declared.Decisions
	for t := range w.declared.Teams {
		team := &w.declared.Teams[t]
		for len(team.Members) < 5 {
			who := fmt.Sprint(team.ID, len(team.Members))
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
			team.Members = append(team.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		}
	}
	return w
}

// reviewed adds a change that waited so many hours for a review.
func (w *world) reviewed(author, reviewer string, opened time.Time, wait float64) {
	key := fmt.Sprint("acme/api#", len(w.changes)+1)
	w.item(store.KindChange, key, func(it *store.Item) { it.Created = opened })
	w.do(author, store.EventOpen, key, opened)
	w.do(author, store.EventReview, key, opened.Add(time.Minute)) // nobody reviews oneself
	w.do("ci[bot]", store.EventReview, key, opened.Add(time.Minute))
	w.do(reviewer, store.EventReview, key, opened.Add(hours(wait)))
	w.do("p1", store.EventReview, key, opened.Add(hours(wait+1)))
}

// Changes of team a wait six hours for a review by b, and two for one of its
// own. What waits for nobody of a team, or waited long ago, is left out.
func TestFriction(t *testing.T) {
	w := seamWorld()
	w.declared.People.Bots = []string{"ci[bot]"}
	opened := noon(2025, 3, 3)
	for i := range 10 {
		w.reviewed("p0", []string{"p3", "p4", "p5", "b3", "b4"}[i%5], opened, 6)
		w.reviewed("p0", []string{"p1", "p2", "a3", "a4", "p1"}[i%5], opened, 2)
		w.reviewed("p0", "stranger", opened, 99)
		w.reviewed("p0", "p3", noon(2024, 12, 30), 99)
	}
	if s := org(t, w.evaluate(t), scoring.Friction); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("of four who review in their team: %v (%s)", s.Value, s.Status)
	}
	w.reviewed("p1", "p0", opened, 2)
	s := org(t, w.evaluate(t), scoring.Friction)
	near(t, "friction of reviews", s.Value, 3)
	near(t, "waits", s.SampleSize, 10)

	// Ten items of b wait 30 hours for what a has to do first, of which one
	// was done before, and one went without.
	for i := range 12 {
		by, to := fmt.Sprint("A-", i), fmt.Sprint("B-", i)
		w.item(store.KindTicket, by, func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkBlocks, Key: to, At: opened}}
			it.Status, it.Closed = store.StatusDone, opened.Add(hours(30))
			if i == 10 {
				it.Closed = opened.Add(-hours(30))
			}
		})
		w.item(store.KindTicket, to, func(it *store.Item) {
			if i == 11 {
				it.Status, it.Closed = store.StatusDone, opened.Add(hours(1))
			}
		})
		w.do("p0", store.EventOpen, by, noon(2025, 2, 20))
		w.do("p3", store.EventOpen, to, noon(2025, 2, 20))
	}
	s = org(t, w.evaluate(t), scoring.Friction)
	near(t, "friction with what blocks", s.Value, (6+30)/2/2.)
	near(t, "waits", s.SampleSize, 11)
	w.declared.Privacy.Dominance = .4
	if s := org(t, w.evaluate(t), scoring.Friction); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("mostly for one: %v (%s)", s.Value, s.Status)
	}
}

// L12 from events: of ten decisions eight have a record that lasts, and six of
// those count for an objective. A thread and the ticket that it led to are one
// decision, whichever of the two tells of the other.
func TestDecisionsLeaveRecords(t *testing.T) {
	w := seamWorld()
	at := noon(2025, 3, 5)
	item := func(kind store.Kind, key string, attrs map[string][]string, leadsTo ...string) {
		w.item(kind, key, func(it *store.Item) {
			it.Created, it.Attrs = at, attrs
			for _, to := range leadsTo {
				it.Links = append(it.Links, store.Link{Kind: store.LinkMentions, Key: to})
			}
		})
	}
	thread := map[string][]string{store.AttrReaction: {"decision"}}
	for i := range 4 {
		item(store.KindTicket, fmt.Sprint("DEC-", i), map[string][]string{store.AttrType: {"decision"}, store.AttrLabel: {"o1"}})
	}
	item(store.KindChange, "acme/adr#1", map[string][]string{store.AttrPath: {"docs/adr/1.md"}}, "C2/2")
	item(store.KindDiscussion, "C2/1", thread, "DEC-0")
	item(store.KindDiscussion, "C2/2", thread)
	item(store.KindDiscussion, "C2/3", thread, "PAY-1")
	item(store.KindDiscussion, "C2/4", thread, "PAY-2", "PAY-4")
	item(store.KindDiscussion, "C2/5", thread, "PAY-4")
	item(store.KindDiscussion, "C2/6", thread, "GONE-1")
	item(store.KindDiscussion, "C2/7", thread)
	item(store.KindDiscussion, "C2/8", nil, "PAY-1")
	item(store.KindTicket, "DEC-8", map[string][]string{store.AttrType: {"decision"}})
	w.changes[w.byID["DEC-8"]].Item.Created = noon(2024, 12, 30)
	r := w.evaluate(t)
	for name, want := range map[string]float64{scoring.DecisionVisibility: .8, scoring.DecisionTraceability: .6} {
		s := org(t, r, name)
		near(t, name, s.Value, want)
		near(t, "sample of "+name, s.SampleSize, 10)
		if !(s.Lower < s.Value && s.Value < s.Upper) {
			t.Errorf("%s from %v to %v", name, s.Lower, s.Upper)
		}
	}
	w.changes = w.changes[:len(w.changes)-3]
	if s := org(t, w.evaluate(t), scoring.DecisionVisibility); s.Status != scoring.InsufficientData {
		t.Errorf("of nine: %v (%s)", s.Value, s.Status)
	}
}

// Links that one person made in a burst are an import, and no sign of when a
// dependency was found.
func TestImportedDependencies(t *testing.T) {
	w := seamWorld()
	made := noon(2025, 3, 5)
	add := func(i int, who string, started, at time.Time) {
		by, to := fmt.Sprint("A-", i), fmt.Sprint("B-", i)
		w.item(store.KindTicket, by, func(it *store.Item) { it.Links = []store.Link{{Kind: store.LinkBlocks, Key: to, At: at}} })
		w.item(store.KindTicket, to, func(it *store.Item) { it.Started = started })
		w.do("p0", store.EventOpen, by, noon(2025, 2, 20))
		w.do("p3", store.EventOpen, to, noon(2025, 2, 20))
		w.do(who, store.EventLink, by, at)
	}
	for i := range 10 {
		add(i, "p1", made.AddDate(0, 0, 1), made.AddDate(0, 0, -i))
	}
	for i := range 21 {
		add(10+i, "p0", made.AddDate(0, 0, -9), made.Add(time.Duration(i)*20*time.Second))
	}
	s := org(t, w.evaluate(t), scoring.LateDependencies)
	near(t, "late", s.Value, 0)
	near(t, "links", s.SampleSize, 10)
}
