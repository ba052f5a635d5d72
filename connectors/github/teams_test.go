package github

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestTeams: the members of a team are read with every page, again when they
// may have changed, and a team that cannot be seen stops nothing else.
func TestTeams(t *testing.T) {
	r := newRig(t, newWorld(), fake.Options{})
	r.world.AddUser(fake.UserSpec{Login: "cleo"})
	r.world.OpenIssue(day(1, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: "Something"})
	r.world.SetTeam("core", "ada", "ben", "Ada")
	r.world.SetTeam("crowd", "ada", "ben", "cleo")
	r.config = "organizations: [acme]\nteams: [acme/core, acme/crowd]\npage_size: 2\n"
	c := r.connect()
	r.MustPoll(c)
	want := map[string][]string{"acme/core": {"github:ada", "github:ben"}, "acme/crowd": {"github:ada", "github:ben", "github:cleo"}}
	for name, members := range want {
		if g := r.Shelf.Groups[name]; !slices.Equal(g.Members, members) || g.At.IsZero() || g.Source != source {
			t.Errorf("team %s is %+v, want %v", name, g, members)
		}
	}
	for _, position := range r.Shelf.Cursor {
		if strings.Contains(position, "ben") {
			t.Errorf("a position names a member: %s", position)
		}
	}

	// Within the interval nothing is asked, afterwards only what changed is
	// told.
	r.Shelf.Groups = map[string]store.Group{}
	r.server.Advance(30 * time.Minute)
	r.MustPoll(c)
	r.world.SetTeam("core", "ben")
	if r.MustPoll(c); len(r.Shelf.Groups) > 0 {
		t.Errorf("read before it was due: %v", r.Shelf.Groups)
	}
	r.server.Advance(time.Hour)
	r.local.Advance(2 * time.Hour)
	r.MustPoll(c)
	if g := r.Shelf.Groups["acme/core"]; !slices.Equal(g.Members, []string{"github:ben"}) {
		t.Errorf("after somebody left: %+v", g)
	}

	r.config, r.Shelf = "organizations: [acme]\nteams: [acme/nobody]\n", connectortest.NewShelf()
	r.server.Advance(2 * time.Hour)
	if err := r.Poll(r.connect()); err == nil || !strings.Contains(err.Error(), "acme/nobody") {
		t.Errorf("a team that is not there: %v", err)
	}
	if len(r.Shelf.Items) == 0 {
		t.Error("nothing else was read")
	}
}

// TestTeamsAreReadWhenAnnounced: who came to a team or left it is read at the
// next poll when a delivery says so, and without one when that is due.
func TestTeamsAreReadWhenAnnounced(t *testing.T) {
	for _, event := range []string{"membership", "member", "repository"} {
		r := newRig(t, newWorld(), fake.Options{})
		r.world.SetTeam("core", "ada", "ben")
		r.config = "organizations: [acme]\nteams: [acme/core]\n"
		rec := receiver(t, r)
		c := rec.(connectors.Connector)
		r.MustPoll(c)
		r.world.SetTeam("core", "ben")
		d, err := receive(t, rec, event, []byte(`{}`))
		if err != nil || d.Ignore || len(d.Objects) > 0 {
			t.Errorf("%s: %+v, %v; want to be polled", event, d, err)
		}
		r.MustPoll(c)
		if g := r.Shelf.Groups["acme/core"]; !slices.Equal(g.Members, []string{"github:ben"}) {
			t.Errorf("%s: after somebody left: %+v", event, g)
		}
	}
}
