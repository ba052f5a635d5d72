package github

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// eastern is where the authors of again_test work.
var eastern = time.FixedZone("", 5*3600)

// zonedRig has some changes, whose authors work elsewhere than in UTC.
func zonedRig(t *testing.T, changes int) *rig {
	w := newWorld()
	for i := range changes {
		at := day(80, i)
		w.OpenPull(at, "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x" + itoa(int64(i)),
			Commits: []fake.CommitSpec{{Author: "ben", Message: "x", Authored: at.In(eastern), Files: []string{"login.go"}}}})
	}
	return newRig(t, w, fake.Options{})
}

// plains counts the commits of changes that are stored without their offset.
func plains(r *rig) int {
	n := 0
	for _, e := range r.Shelf.Events {
		if _, offset := e.At.Zone(); e.Kind == store.EventCommit && strings.HasPrefix(e.ID, "commit/") && r.Shelf.Items[e.Item].Kind == store.KindChange && offset == 0 {
			n++
		}
	}
	return n
}

func (r *rig) wait(d time.Duration) {
	r.server.Advance(d)
	r.local.Advance(d)
}

// queries counts what was asked by GraphQL since the log was reset.
func queries(r *rig) int {
	n := 0
	for _, s := range r.hub.Log() {
		if strings.HasSuffix(s.Path, "/graphql") {
			n++
		}
	}
	return n
}

// TestReadAgain proves that changes whose queries failed are read by GraphQL
// once it works, and then hold what they would have held without a failure.
func TestReadAgain(t *testing.T) {
	for name, fault := range map[string]fake.Fault{
		"an error":          {Kind: fake.ServerError, Status: http.StatusBadGateway},
		"a broken answer":   {Kind: fake.TruncatedBody},
		"a page of a proxy": {Kind: fake.HTMLBody},
		"a refusal":         {Kind: fake.ServerError, Status: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := zonedRig(t, 30)
			r.hub.Fault(fake.Matching("/graphql"), -1, fault)
			c := r.connect()
			r.MustPoll(c)
			equal(t, "commits without an offset", plains(r), 30)
			checkTruth(t, r)

			// As long as it does not work it costs one query in a round, and
			// nothing is read by REST again.
			r.wait(2 * time.Hour)
			r.hub.ResetLog()
			r.MustPoll(c)
			equal(t, "queries that fail, and changes read by REST", [2]int{queries(r), reads(r)}, [2]int{1, 0})

			r.hub.ClearFaults()
			for range 8 {
				r.wait(time.Hour)
				r.MustPoll(c)
			}
			connectortest.SameFacts(t, "once it works", r.Shelf, r.fresh())
			equal(t, "commits without an offset", plains(r), 0)
			r.hub.ResetLog()
			r.wait(time.Hour)
			r.MustPoll(c)
			equal(t, "queries when nothing is left", queries(r), 0)
		})
	}
}

// TestReadAgainEnds proves that GraphQL that never works is not asked for ever,
// and that nothing is asked between two times.
func TestReadAgainEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	r := zonedRig(t, 1)
	// Each census reads the open ones.
	r.world.MergePull(day(81, 0), "acme/api", 1, "ada", fake.Squash)
	r.hub.Fault(fake.Matching("/graphql"), -1, fake.Fault{Kind: fake.ServerError})
	c := r.connect()
	r.MustPoll(c)
	r.hub.ResetLog()
	for range 15 * 24 * 4 {
		r.wait(15 * time.Minute)
		r.MustPoll(c)
	}
	equal(t, "queries in fifteen days", queries(r), maxAgain)
	if !strings.Contains(r.logs.String(), "changes=1") {
		t.Error("the log does not tell what stays incomplete")
	}
}

// TestReadAgainNot proves that nothing waits for GraphQL without a credential.
func TestReadAgainNot(t *testing.T) {
	r := zonedRig(t, 1)
	r.config = "anonymous: true\n" + r.config
	r.MustPoll(r.connect())
	for key, raw := range r.Shelf.Cursor {
		if strings.Contains(raw, "plain") {
			t.Errorf("%s is %s", key, raw)
		}
	}
}

// TestPlainIsBounded proves that what waits for GraphQL does not grow for ever,
// and that the newest are kept.
func TestPlainIsBounded(t *testing.T) {
	r := zonedRig(t, 0)
	f := newFetch(r.connect().(*connector), store.Cursor{})
	var p changesPos
	for n := 1; n <= maxPlain+5; n++ {
		f.plain(&p, []todo{{Number: n, Node: "x"}})
	}
	equal(t, "waiting", [3]int{len(p.Plain), p.Plain[0].Number, p.Plain[maxPlain-1].Number}, [3]int{maxPlain, 6, maxPlain + 5})
	f.plain(&p, []todo{{Number: 7, Node: "y"}, {Number: 9999}})
	equal(t, "one that waits already, and one without an id", [2]any{len(p.Plain), p.Plain[1].Node}, [2]any{maxPlain, "y"})
}

// TestRefetchKeepsOffsets proves that a webhook that comes while queries fail
// does not replace what GraphQL told, but does bring what is new.
func TestRefetchKeepsOffsets(t *testing.T) {
	r := zonedRig(t, 1)
	r.config += "webhook_secret_env: WORKDRIFT_TEST_TOKEN\n"
	c := r.connect()
	r.MustPoll(c)
	r.hub.Fault(fake.Matching("/graphql"), -1, fake.Fault{Kind: fake.ServerError})
	object := r.item("acme/api#1").ID
	rec, ok := c.(connectors.Receiver)
	if !ok {
		t.Fatal("the connector receives nothing")
	}
	r.refetch(rec, object)
	equal(t, "commits without an offset", plains(r), 0)

	r.wait(time.Minute)
	r.world.Relabel(r.server.Now(), "acme/api", 1, "new")
	r.refetch(rec, object)
	equal(t, "commits without an offset, and the change as it is now", [2]any{plains(r), r.item("acme/api#1").Updated.Unix()}, [2]any{1, r.server.Now().Unix()})
	r.MustPoll(c)
	r.hub.ClearFaults()
	for range 3 {
		r.wait(time.Hour)
		r.MustPoll(c)
	}
	equal(t, "commits without an offset, once it works", plains(r), 0)
}
