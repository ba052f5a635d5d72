package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// Case 9: issues are transferred, deleted, or no longer visible.
func TestCase09Gone(t *testing.T) {
	w := busyWorld(20)
	r := newRig(t, w, fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	w.DeleteIssue(day(80, 0), "acme/api", 3)
	moved := w.TransferIssue(day(80, 1), "acme/api", 4, "acme/web")
	r.MustPoll(c)
	equal(t, "before the census", r.item("acme/api#3").Gone, store.Gone(""))
	r.server.Advance(25 * time.Hour)
	r.local.Advance(25 * time.Hour)
	r.MustPoll(c)
	equal(t, "deleted", r.item("acme/api#3").Gone, store.GoneDeleted)
	old := r.Shelf.Items[prefixOf(w.Snapshot()[0].ID)+"4"]
	equal(t, "moved", old.Gone, store.GoneMoved)
	equal(t, "the new key is in front", old.Keys[0], fmt.Sprintf("acme/web#%d", moved))
	equal(t, "others", r.item("acme/api#5").Gone, store.Gone(""))
	r.hub.ResetLog()
	r.MustPoll(c)
	equal(t, "a census is not done every time", len(r.hub.Log()), 7)

	// Four in ten cannot be seen any more: a loss of rights is likelier.
	front := &hider{path: "/acme/api/issues", upTo: 8}
	r = newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler { front.hub = hub; return front })
	c = r.connect()
	r.MustPoll(c)
	front.on.Store(true)
	r.server.Advance(25 * time.Hour)
	r.local.Advance(25 * time.Hour)
	r.MustPoll(c)
	for _, it := range r.Shelf.Items {
		if it.Gone == store.GoneLostAccess {
			t.Errorf("%v is gone although too much vanished at once", it.Keys)
		}
	}
	if !strings.Contains(r.logs.String(), "too many items vanished") {
		t.Error("the hold is not logged")
	}
}

// Case 10: history is rewritten, dates lie.
func TestCase10ForcePush(t *testing.T) {
	for _, collected := range []bool{false, true} {
		w := newWorld()
		for i := range 12 {
			w.PushCommits(day(2, i), "acme/api", "main", fake.CommitSpec{Author: "ada", Message: fmt.Sprintf("Commit %d", i)})
		}
		r := newRig(t, w, fake.Options{})
		r.config += "page_size: 5\n"
		c := r.connect()
		r.MustPoll(c)
		checkTruth(t, r)
		before := w.Snapshot()[0].Commits
		w.ForcePush(day(3, 0), "acme/api", "main", 4,
			fake.CommitSpec{Author: "ben", Message: "Instead"},
			fake.CommitSpec{Author: "ben", Message: "From the future", Authored: day(900, 0), Committed: day(900, 0)})
		if collected {
			w.CollectGarbage("acme/api")
		}
		r.MustPoll(c)
		checkTruth(t, r)
		for i, sha := range before {
			want := store.Gone("")
			if i < 4 {
				want = store.GoneNotOnDefaultBranch
			}
			equal(t, fmt.Sprintf("commit %d from the top", i), r.item("acme/api@"+sha).Gone, want)
		}
		// A commit made long ago is pushed late, after one from the future.
		w.PushCommits(day(4, 0), "acme/api", "main",
			fake.CommitSpec{Author: "Cem", Message: "Made long ago", Authored: day(-700, 0), Committed: day(-700, 0)})
		for i := range 12 {
			w.PushCommits(day(5, i), "acme/api", "main", fake.CommitSpec{Author: "ada", Message: fmt.Sprintf("More %d", i)})
		}
		r.MustPoll(c)
		checkTruth(t, r)
		// It survives the next rewriting although it is older than what is walked.
		w.ForcePush(day(6, 0), "acme/api", "main", 1, fake.CommitSpec{Author: "ada", Message: "Once more"})
		r.MustPoll(r.connect())
		for _, sha := range w.Snapshot()[0].Commits {
			equal(t, "on the branch", r.item("acme/api@"+sha).Gone, store.Gone(""))
		}
	}
}

// Case 11: one piece of work seen three times; what closes what.
func TestCase11Links(t *testing.T) {
	w := newWorld()
	for i := range 12 {
		w.OpenIssue(day(0, i), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Issue %d", i+1)})
	}
	open := func(title, body, base string, method fake.MergeMethod) (int, string) {
		n := w.OpenPull(day(3, 0), "acme/api", fake.PullSpec{Author: "ben", Title: title, Body: body, Base: base, Head: "b" + title,
			Commits: []fake.CommitSpec{{Author: "ben", Message: title + " one"}, {Author: "ben", Message: title + " two"}}})
		if method == "" {
			return n, ""
		}
		return n, w.MergePull(day(4, 0), "acme/api", n, "ada", method)
	}
	w.PushCommits(day(2, 0), "acme/api", "release")
	squashed, squash := open("squashed", "Close #10, #11", "", fake.Squash)
	rebased, _ := open("rebased", "", "", fake.Rebase)
	merged, merge := open("merged", "fixes acme/web#12", "", fake.Merge)
	unmerged, _ := open("unmerged", "Fixes #9", "", "")
	aside, _ := open("aside", "Fixes #8", "release", fake.Squash)
	r := newRig(t, w, fake.Options{})
	r.MustPoll(r.connect())
	change := func(n int) store.Item { return r.item(fmt.Sprintf("acme/api#%d", n)) }

	equal(t, "one keyword, one issue", connectortest.Keys(change(squashed), store.LinkCloses), []string{"acme/api#10"})
	equal(t, "the other is mentioned", connectortest.Keys(change(squashed), store.LinkMentions), []string{"acme/api#11"})
	equal(t, "another repository", connectortest.Keys(change(merged), store.LinkCloses), []string{"acme/web#12"})
	equal(t, "unmerged", []any{connectortest.Keys(change(unmerged), store.LinkCloses), change(unmerged).Status}, []any{[]string{"acme/api#9"}, store.StatusDoing})
	equal(t, "not into the default branch", connectortest.Keys(change(aside), store.LinkCloses), []string(nil))
	equal(t, "mentioned instead", connectortest.Keys(change(aside), store.LinkMentions), []string{"acme/api#8"})

	equal(t, "the squash is part of", connectortest.Keys(r.item("acme/api@"+squash), store.LinkPartOf), []string{fmt.Sprintf("acme/api#%d", squashed)})
	for _, sha := range []string{squash, merge} {
		if carriers := carrying(r, "acme/api@"+sha); len(carriers) != 1 {
			t.Errorf("%s is carried by %v", sha, carriers)
		}
	}
	// Each commit that a rebase put on the default branch is the change's.
	found := 0
	for _, it := range r.Shelf.Items {
		if it.Kind != store.KindCommit || !strings.HasPrefix(it.Title, "rebased") {
			continue
		}
		found++
		if len(it.Keys) != 2 || !slices.Equal(carrying(r, it.Keys[1]), []string{fmt.Sprintf("acme/api#%d", rebased)}) {
			t.Errorf("rebased commit %v is carried by %v", it.Keys, carrying(r, it.Keys[1]))
		}
	}
	equal(t, "rebased commits", found, 2)
}

// carrying returns the changes that contain a commit key.
func carrying(r *rig, key string) []string {
	var out []string
	for _, it := range r.Shelf.Items {
		if slices.Contains(connectortest.Keys(it, store.LinkContains), key) {
			out = append(out, it.Keys[0])
		}
	}
	return out
}

// Case 12: deleted accounts, deleted forks, unknown authors.
func TestCase12Ghosts(t *testing.T) {
	for _, config := range []string{"", "anonymous: true\n"} {
		w := newWorld()
		w.AddUser(fake.UserSpec{Login: "gone"})
		n := w.OpenIssue(day(1, 0), "acme/api", fake.IssueSpec{Author: "gone", Title: "Orphan"})
		w.Comment(day(1, 1), "acme/api", n, "gone", "Hello")
		pr := w.OpenPull(day(1, 2), "acme/api", fake.PullSpec{Author: "gone", Title: "Orphan too", Head: "x", HeadRepo: "gone/api",
			Commits: []fake.CommitSpec{
				{Name: "Nobody", Email: "Nobody@Example.invalid", Message: "One"},
				{Name: "Ada", Email: "77+Ada@users.noreply.github.com", Message: "Two"},
				{Name: "No address", Email: "-", Message: "Three"},
			}})
		w.Review(day(1, 3), "acme/api", pr, fake.ReviewSpec{Author: "gone", State: "APPROVED"})
		w.Review(day(1, 4), "acme/api", pr, fake.ReviewSpec{Author: "ada", State: "PENDING"})
		w.Comment(day(1, 5), "acme/api", pr, "gone", "Mine?")
		w.DeleteHead(day(1, 6), "acme/api", pr)
		bot := w.OpenPull(day(1, 7), "acme/api", fake.PullSpec{Author: "dependabot[bot]", Title: "build(deps): bump", Head: "y",
			Commits: []fake.CommitSpec{{Author: "dependabot[bot]", Message: "build(deps): bump"}}})
		w.DeleteUser("gone")
		r := newRig(t, w, fake.Options{})
		r.config += config
		r.MustPoll(r.connect())
		checkTruth(t, r)
		change := r.item(fmt.Sprintf("acme/api#%d", pr))
		actors := map[string]int{}
		for _, e := range r.Shelf.Events {
			if e.Item == change.ID {
				actors[e.Actor]++
			}
		}
		equal(t, "actors", actors, map[string]int{"": 4, "email:nobody@example.invalid": 1, "github:ada": 1})
		equal(t, "branch of a deleted fork", change.Attrs["branch"], []string{"x"})
		equal(t, "a deleted account's own change", r.event(change.ID, "open").Actor, "")
		machine := r.item(fmt.Sprintf("acme/api#%d", bot))
		equal(t, "bot", []any{machine.Attrs["author"], machine.Attrs["bot"]}, []any{[]string{"bot"}, []string{"dependabot[bot]"}})
		opened := r.event(machine.ID, "open")
		equal(t, "bot's event", []any{opened.Actor, opened.Bot}, []any{"github:dependabot[bot]", true})
	}
}

// Case 13: GraphQL in trouble.
func TestCase13GraphQL(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	world := func() *fake.World {
		w := newWorld()
		fake.Populate(w, fake.Size{Repos: 1, Issues: 10, Pulls: 50, Commits: 5, People: 3}, start, present.Add(-time.Hour), 13)
		return w
	}
	post := fake.Matching("POST")
	for name, c := range map[string]struct {
		times int
		fault fake.Fault
		rest  bool // the detail is then read by REST
	}{
		"partial once":         {1, fake.Fault{Kind: fake.GraphQLPartial}, false},
		"partial for ever":     {-1, fake.Fault{Kind: fake.GraphQLPartial}, true},
		"no data once":         {1, fake.Fault{Kind: fake.GraphQLFailed}, false},
		"no data for ever":     {-1, fake.Fault{Kind: fake.GraphQLFailed}, true},
		"502 twice":            {2, fake.Fault{Kind: fake.ServerError}, false},
		"502 for ever":         {-1, fake.Fault{Kind: fake.ServerError}, true},
		"no rate limit":        {-1, fake.Fault{Kind: fake.GraphQLNoRateLimit}, false},
		"404":                  {-1, fake.Fault{Kind: fake.DeepPage}, true},
		"HTML with status 200": {2, fake.Fault{Kind: fake.HTMLBody}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, world(), fake.Options{})
			want := r.fresh()
			r.hub.ResetLog()
			r.hub.Fault(post, c.times, c.fault)
			r.MustPoll(r.connect())
			checkTruth(t, r)
			equal(t, "quarantined", r.Shelf.Quarantined, map[string]string{})
			byREST := slices.ContainsFunc(r.hub.Log(), func(s fake.Served) bool { return strings.HasSuffix(s.Path, "/reviews") })
			equal(t, "read by REST", byREST, c.rest)
			if !c.rest {
				connectortest.SameFacts(t, "as undisturbed", r.Shelf, want)
			}
		})
	}
}

// TestBothWaysAgree reads the same world by GraphQL and by REST: besides the
// zones that only GraphQL tells, the result is the same.
func TestBothWaysAgree(t *testing.T) {
	w := newWorld()
	fake.Populate(w, fake.Size{Repos: 2, Issues: 20, Pulls: 40, Commits: 10, People: 4}, start, present.Add(-time.Hour), 17)
	r := newRig(t, w, fake.Options{AnonymousLimit: 5000})
	byGraph := r.fresh()
	r.config += "anonymous: true\n"
	byREST := r.fresh()
	for _, s := range []*connectortest.Shelf{byGraph, byREST} {
		for id, e := range s.Events {
			e.At = e.At.UTC()
			s.Events[id] = e
		}
	}
	connectortest.SameFacts(t, "REST", byREST, byGraph)
}

// TestPoison sets a change aside whose detail the server cannot deliver, after
// a few tries, and keeps the others.
func TestPoison(t *testing.T) {
	w := newWorld()
	for i := range 5 {
		w.OpenPull(day(1, i), "acme/api", fake.PullSpec{Author: "ben", Title: fmt.Sprintf("Change %d", i+1), Head: fmt.Sprint(i),
			Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
	}
	r := newRig(t, w, fake.Options{AnonymousLimit: 5000})
	r.config += "anonymous: true\n"
	bad := fake.Matching("GET", "/pulls/3")
	r.hub.Fault(bad, -1, fake.Fault{Kind: fake.ServerError})
	c := r.connect()
	failures := 0
	for range 10 {
		if err := r.Poll(c); err == nil {
			break
		} else if connectors.ReasonOf(err) != connectors.ReasonServer {
			t.Fatal(err)
		}
		failures++
	}
	equal(t, "failed polls", failures, maxTries-1)
	equal(t, "quarantined", len(r.Shelf.Quarantined), 1)
	equal(t, "changes kept", len(r.Shelf.Items), 4+1)
	r.hub.ClearFaults()
	w.Relabel(present, "acme/api", 3, "again")
	r.MustPoll(c)
	checkTruth(t, r)
	equal(t, "released", len(r.Shelf.Quarantined), 0)
}
