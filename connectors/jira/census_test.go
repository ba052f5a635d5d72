package jira

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestMovedEpic proves that an epic that leaves the scope stays as long as
// issues in it may be its children.
func TestMovedEpic(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		fill(s, "PAY", 4)
		epic := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Type: "Epic", Summary: "Moves", Reporter: "ada"})
		s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Summary: "Inside", Reporter: "ada", Parent: epic})
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		c := r.connect()
		r.MustPoll(c)
		epic = s.Move(r.clock.Now(), epic, "ada", "STRAT")
		for range 3 {
			r.later(c, 25*time.Hour)
			equal(t, "what became of the epic", r.item(epic).Gone, store.Gone(""))
		}
	})
}

// TestHiddenAncestor proves that an ancestor outside of the scope comes back
// when it can be seen again, whether or not its children change.
func TestHiddenAncestor(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		fill(s, "PAY", 4)
		epic := s.Open(start.AddDate(-1, 0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada"})
		child := s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Summary: "Inside", Reporter: "ada", Parent: epic})
		s.Transition(day(0, 2), child, "ada", "Done")
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		c := r.connect()
		r.MustPoll(c)
		s.RevokeProject("STRAT")
		r.later(c, 25*time.Hour)
		equal(t, "hidden", r.item(epic).Gone, store.GoneLostAccess)
		s.RestoreProject("STRAT")
		r.later(c, 25*time.Hour)
		equal(t, "visible again", r.item(epic).Gone, store.Gone(""))
	})
}

// TestLongCensus proves that a census that takes longer than its turn lets new
// changes pass, survives failures, and comes to its end.
func TestLongCensus(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 120)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\npage_size: 2\n"
		c := r.connect()
		r.MustPoll(c)
		s.Delete(r.clock.Now(), all[7])
		r.clock.Advance(25 * time.Hour)
		r.jira.ResetLog()
		// Each page of the issues that are read again takes a minute, and every
		// ninth fails.
		pages := 0
		r.jira.Fault(func(q *http.Request) bool {
			if !strings.Contains(q.URL.RawQuery, "statusCategory") {
				return false
			}
			pages++
			r.clock.Advance(time.Minute)
			return pages%9 == 0
		}, -1, fake.Fault{Kind: fake.ServerError})
		before, polls := r.Shelf.Cursor[streamCensus], 0
		for ; polls < 20 && r.Shelf.Cursor[streamCensus] == before; polls++ {
			s.Set(r.clock.Now(), all[0], "ada", "summary", fmt.Sprint("Changed ", polls))
			began := r.clock.Now()
			if err := r.Poll(c); err != nil && connectors.ReasonOf(err) != connectors.ReasonServer {
				t.Fatal(err)
			}
			equal(t, "title", r.item(all[0]).Title, fmt.Sprint("Changed ", polls))
			if took := r.clock.Now().Sub(began); took > 11*time.Minute {
				t.Errorf("a poll took %s", took)
			}
		}
		listed := 0
		for _, q := range r.jira.Log() {
			if strings.Contains(q.Query, "fields=id&") {
				listed++
			}
		}
		equal(t, "listings of ids", listed, 1)
		equal(t, "deleted", r.item(all[7]).Gone, store.GoneDeleted)
		if polls < 5 || polls == 20 {
			t.Errorf("the census took %d polls", polls)
		}
	})
}

// TestNotKept proves that issues which a census or a sweep brought are brought
// again when the batch that held them was not kept.
func TestNotKept(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for _, wait := range []time.Duration{7 * time.Hour, 25 * time.Hour} {
		s := newSite()
		all := fill(s, "PAY", 50)
		r := newRig(t, s, fake.JiraOptions{})
		r.config = "projects: [PAY]\npage_size: 5\n"
		c := r.connect()
		r.MustPoll(c)
		s.SetQuiet(fake.ChangeLink, true)
		s.SetQuiet(fake.ChangeWork, true)
		r.clock.Advance(wait)
		for i, key := range all[1:] {
			s.Link(r.clock.Now(), "ada", "Relates", all[0], key)
			if i == 3 {
				s.LogWork(r.clock.Now(), key, fake.JiraWorkSpec{By: "ben", Started: day(1, 0), Spent: time.Hour})
			}
		}
		r.clock.Advance(2 * time.Minute)
		want := r.Shelf.Clone()
		full := r.Shelf
		r.Shelf = want
		r.MustPoll(r.connect())
		r.Shelf = full
		for n := 0; ; n++ {
			b, err := c.Fetch(t.Context(), r.Shelf.Cursor)
			if err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 && n < 60 && len(b.Items) > 0 {
				continue // the store was not there
			}
			r.Shelf.Apply(b)
			if !b.More {
				break
			}
			if len(b.Next) == 0 {
				t.Error("a batch asks for more without moving on")
			}
		}
		connectortest.SameFacts(t, fmt.Sprint("after ", wait), r.Shelf, want)
	}
}

// TestHiddenForAMoment proves that a project that cannot be seen while a census
// asks for its issues has none of them deleted.
func TestHiddenForAMoment(t *testing.T) {
	s := newSite()
	fill(s, "PAY", 4)
	epic := s.Open(start.AddDate(-1, 0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada"})
	s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Summary: "Inside", Reporter: "ada", Parent: epic})
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [PAY]\n"
	c := r.connect()
	r.MustPoll(c)
	asks := fake.Matching("issue/bulkfetch")
	r.jira.Fault(asks, 1, fake.Fault{Kind: fake.MutateBefore, Do: func() { s.RevokeProject("STRAT") }})
	r.jira.Fault(fake.Matching("/project/STRAT"), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() { s.RestoreProject("STRAT") }})
	r.later(c, 25*time.Hour)
	equal(t, "what became of the epic", r.item(epic).Gone, store.Gone(""))
}
