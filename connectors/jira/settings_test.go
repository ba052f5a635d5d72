package jira

import (
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestNewSettings proves that what the configuration says about issues holds
// for those that were read before, and for their ancestors, and that an earlier
// start brings earlier issues.
func TestNewSettings(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.AddField(fake.JiraFieldSpec{Name: "Team", Type: "option"})
		team := map[string][]string{"Team": {"Checkout"}}
		epic := s.Open(start.AddDate(-2, 0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada", Fields: team})
		older := s.Open(start.AddDate(0, -6, 0), "PAY", fake.JiraIssueSpec{Summary: "Older", Reporter: "ada"})
		key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Old", Reporter: "ada", Fields: team, Parent: epic})
		s.Transition(day(1, 0), key, "ada", "Done")
		fill(s, "PAY", 20)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		c := r.connect()
		r.MustPoll(c)
		items := len(r.Shelf.Items)
		mark := r.Shelf.Watermark

		r.config = "projects: [PAY]\nsince: 400d\nfields: {team: Team}\npage_size: 5\n"
		c = r.connect()
		r.clock.Advance(5 * time.Minute)
		for more := true; more; { // a restart in between forgets nothing
			b, err := c.Fetch(t.Context(), r.Shelf.Cursor)
			if err != nil {
				t.Fatal(err)
			}
			r.Shelf.Apply(b)
			if more = b.More; more {
				c = r.connect()
			}
		}
		equal(t, "team of a closed issue", r.item(key).Attrs["team"], []string{"Checkout"})
		equal(t, "team of an ancestor", r.item(epic).Attrs["team"], []string{"Checkout"})
		equal(t, "title of an older issue", r.item(older).Title, "Older")
		equal(t, "issues", len(r.Shelf.Items), items+1)
		if r.Shelf.Watermark.Before(mark) {
			t.Errorf("the watermark fell to %s", r.Shelf.Watermark)
		}
		r.later(c, 5*time.Minute)
		r.jira.ResetLog()
		r.later(c, 5*time.Minute)
		equal(t, "requests of an idle poll", len(r.jira.Log()), 1)
	})
}

// TestSeenIsBounded proves that a bulk change with a single time does not make
// positions grow.
func TestSeenIsBounded(t *testing.T) {
	s := seen{}
	for i := range uint64(maxSeen + 500) {
		s[i] = 1000
	}
	s[1<<40] = 2000
	s.trim(0)
	equal(t, "versions", len(s), maxSeen)
	if _, kept := s[1<<40]; !kept {
		t.Error("the newest version is dropped")
	}
}
