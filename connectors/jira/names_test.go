package jira

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

// asks counts the requests for single projects since the log was reset.
func (r *rig) asks() (n int) {
	for _, one := range r.jira.Log() {
		if strings.Contains(one.Path, "/project/") && !strings.HasSuffix(one.Path, "/search") {
			n++
		}
	}
	return n
}

// TestFormerNames proves that a first backfill learns the keys that issues had
// before their project was renamed, or would have had, whatever selects them,
// with at most one request a project and none when nothing happens.
func TestFormerNames(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 3)
		board := s.AddBoard(fake.JiraBoardSpec{Name: "Payments", Projects: []string{"PAY"}})
		s.RenameProject("PAY", "MON")
		s.RenameProject("MON", "CASH")
		number := strings.TrimPrefix(all[0], "PAY")
		for _, config := range []string{"projects: [CASH]\n", "projects: [pay]\n", "jql: project = CASH\n", fmt.Sprintf("boards: [%d]\n", board)} {
			r := newRig(t, s, o)
			r.config = config
			c := r.connect()
			r.MustPoll(c)
			equal(t, config+"keys", r.item("CASH"+number).Keys, []string{"CASH" + number, "MON" + number, "PAY" + number})
			if n := r.asks(); n > 1 {
				t.Errorf("%s: asked %d times for a project", config, n)
			}
			r.jira.ResetLog()
			for range 3 {
				r.later(r.connect(), time.Hour+time.Minute)
			}
			equal(t, config+"projects that idle polls asked for", r.asks(), 0)
		}
	})
}

// TestFormerNamesElsewhere proves that the names of projects are known that are
// not configured: those of parents, and those that issues left since.
func TestFormerNamesElsewhere(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		epic := s.Open(day(0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Win", Reporter: "ada"})
		ops := fill(s, "OPS", 3)
		pay := fill(s, "PAY", 3)
		s.Set(day(2, 0), pay[0], "ada", "parent", epic)
		s.RenameProject("STRAT", "PLAN")
		s.RenameProject("OPS", "RUN")
		moved := s.Move(day(3, 0), strings.Replace(ops[1], "OPS", "RUN", 1), "ada", "PAY")
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		r.MustPoll(r.connect())
		equal(t, "parent", r.item(epic).Keys[0], strings.Replace(epic, "STRAT", "PLAN", 1))
		equal(t, "moved", r.item(ops[1]).Keys[0], moved)
	})
}

// TestRenamedLater proves that a query or a board notices that a project was
// renamed, when it meets an issue of it, and reads all of its issues again.
func TestRenamedLater(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 20)
		r := newRig(t, s, o)
		r.config = "jql: labels = bulk\npage_size: 10\n"
		c := r.connect()
		r.MustPoll(c)
		s.RenameProject("PAY", "MON")
		r.clock.Advance(time.Hour)
		s.Comment(r.clock.Now(), strings.Replace(all[3], "PAY", "MON", 1), "ada", "renamed")
		r.later(c, time.Hour)
		r.later(c, time.Hour)
		for _, key := range all {
			equal(t, "present key of "+key, r.item(key).Keys[0], strings.Replace(key, "PAY", "MON", 1))
		}
		r.later(c, 5*time.Minute) // finds nothing after something, and asks whether that can be
		r.jira.ResetLog()
		r.later(c, 5*time.Minute)
		equal(t, "requests of an idle poll", len(r.jira.Log()), 1)
	})
}

// TestFormerNamesLate proves that what was stored before projects told their
// former names gets them.
func TestFormerNamesLate(t *testing.T) {
	s := newSite()
	all := fill(s, "PAY", 3)
	s.RenameProject("PAY", "MON")
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [MON]\n"
	r.MustPoll(r.connect())
	pos, _ := connectors.DecodePosition[rosterPos](r.Shelf.Cursor[streamRoster])
	pos.Projects[0].Former, pos.Projects[0].Told = nil, false
	raw, err := connectors.EncodePosition(pos)
	if err != nil {
		t.Fatal(err)
	}
	r.Shelf.Cursor[streamRoster] = raw
	for id, it := range r.Shelf.Items {
		it.Keys = it.Keys[:1]
		r.Shelf.Items[id] = it
	}
	r.later(r.connect(), 2*time.Hour)
	equal(t, "key", r.item(all[0]).Keys[1], all[0])
}

// TestNameGivenAway proves that a key that a project gave up leads to the
// project that has it now.
func TestNameGivenAway(t *testing.T) {
	d := newDirectory(`{"at":1,"projects":[{"id":"1","key":"NEW","former":["MID","OLD"]}],"met":[{"id":"2","key":"OLD"}]}`)
	equal(t, "former names", d.former, map[string][]string{"NEW": {"MID"}})
}
