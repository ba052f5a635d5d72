package jira

import (
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

// TestFormerKeys proves that a first backfill learns the keys that issues had
// before their project was renamed, those included that were never asked for,
// without further requests, and that it is all a later one finds.
func TestFormerKeys(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 3)
		s.RenameProject("PAY", "MON")
		s.RenameProject("MON", "CASH")
		for _, name := range []string{"CASH", "PAY"} {
			r := newRig(t, s, o)
			r.config = "projects: [" + name + "]\n"
			c := r.connect()
			r.mustPoll(c)
			number := strings.TrimPrefix(all[0], "PAY")
			equal(t, "keys", r.item("CASH"+number).Keys, []string{"CASH" + number, "MON" + number, "PAY" + number})
			r.jira.ResetLog()
			r.later(c, 5*time.Minute)
			for _, one := range r.jira.Log() {
				if strings.Contains(one.Path, "/project") {
					t.Errorf("an idle poll asked for %s", one.Path)
				}
			}
		}
	})
}

// TestFormerKeysLate proves that issues that were read without the former keys
// of their project get them when it tells them.
func TestFormerKeysLate(t *testing.T) {
	s := newSite()
	all := fill(s, "PAY", 3)
	s.RenameProject("PAY", "MON")
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [MON]\n"
	c := r.connect()
	r.mustPoll(c)
	pos, _ := connectors.DecodePosition[rosterPos](r.shelf.cursor[streamRoster])
	pos.Projects[0].Former = nil // as before projects told them
	raw, err := connectors.EncodePosition(pos)
	if err != nil {
		t.Fatal(err)
	}
	r.shelf.cursor[streamRoster] = raw
	for id, it := range r.shelf.items {
		it.Keys = it.Keys[:1]
		r.shelf.items[id] = it
	}
	r.later(r.connect(), 2*time.Hour)
	equal(t, "key", r.item(all[0]).Keys[1], all[0])
}
