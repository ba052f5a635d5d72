package github

import (
	"context"
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

// refetch reads objects and keeps what came. It checks that nothing moves.
func (r *rig) refetch(rec connectors.Receiver, objects ...string) {
	r.T.Helper()
	b, err := rec.Refetch(r.T.Context(), objects)
	if err != nil {
		r.T.Fatal(err)
	}
	if len(b.Next) > 0 || !b.Watermark.IsZero() || b.More {
		r.T.Errorf("a batch of hints moves %v, watermark %v, more %v", b.Next, b.Watermark, b.More)
	}
	r.Shelf.Apply(b)
}

// objectsOf are the objects of a world, as deliveries name them.
func objectsOf(w *fake.World) (objects []string) {
	for _, repo := range w.Snapshot() {
		objects = append(objects, streamKey(repo.ID, streamCommits))
		for _, is := range repo.Issues {
			objects = append(objects, fmt.Sprintf("R%d/%d", repo.ID, is.Number))
		}
	}
	return objects
}

func populated() *fake.World {
	w := newWorld()
	fake.Populate(w, fake.Size{Repos: 2, Issues: 30, Pulls: 30, Commits: 20, People: 5}, start, present.Add(-time.Hour), 29)
	return w
}

// stir changes a bit of everything.
func stir(w *fake.World, at time.Time) (changed []string) {
	repo := w.Snapshot()[0]
	n := w.OpenIssue(at, repo.Name, fake.IssueSpec{Author: "ada", Title: "New", Body: "See #1"})
	w.Comment(at, repo.Name, n, "ben", "I see")
	old := w.OpenIssue(at, repo.Name, fake.IssueSpec{Author: "ben", Title: "Short-lived"})
	w.CloseIssue(at, repo.Name, old, "ada", "not_planned")
	pr := w.OpenPull(at, repo.Name, fake.PullSpec{Author: "ben", Title: "fix: it", Body: fmt.Sprintf("Fixes #%d", n), Head: "fix",
		Commits: []fake.CommitSpec{{Author: "ben", Message: "One", Files: []string{"a.go"}}, {Author: "ben", Message: "Two"}}})
	w.Review(at, repo.Name, pr, fake.ReviewSpec{Author: "ada", State: "APPROVED"})
	w.ReviewComment(at, repo.Name, pr, "ada", "a.go", "Why?")
	w.ReviewComment(at, repo.Name, pr, "ben", "a.go", "Because")
	w.Comment(at, repo.Name, pr, "ben", "Done")
	merged := w.OpenPull(at, repo.Name, fake.PullSpec{Author: "Cem", Title: "feat: that", Head: "that",
		Commits: []fake.CommitSpec{{Author: "Cem", Message: "That"}}})
	w.MergePull(at, repo.Name, merged, "ada", fake.Rebase)
	w.PushCommits(at, repo.Name, "main", fake.CommitSpec{Author: "ada", Message: "Straight to main"})
	known := w.Snapshot()[2]
	for _, is := range known.Issues[:6] {
		w.Relabel(at, known.Name, is.Number, "stirred")
		w.Comment(at, known.Name, is.Number, "ada", "Again")
		changed = append(changed, fmt.Sprintf("R%d/%d", known.ID, is.Number))
	}
	for _, number := range []int{n, old, pr, merged} {
		changed = append(changed, fmt.Sprintf("R%d/%d", repo.ID, number))
	}
	return append(changed, streamKey(repo.ID, streamCommits))
}

// What a hint brings is what the next poll brings, which then adds nothing.
func TestRefetchEqualsPoll(t *testing.T) {
	for _, config := range []string{"", "anonymous: true\n", "page_size: 3\n"} {
		w := populated()
		r := newRig(t, w, fake.Options{AnonymousLimit: 5000})
		r.config += config
		rec := receiver(t, r)
		c := rec.(connectors.Connector)
		r.MustPoll(c)
		before := r.Shelf.Clone()
		changed := stir(w, present.Add(-10*time.Minute))

		r.refetch(rec, changed...)
		hinted := r.Shelf.Clone()
		r.Shelf = before
		r.MustPoll(c)
		connectortest.SameFacts(t, config+"hints alone", hinted, r.Shelf)
		equal(t, "something changed", len(r.Shelf.Facts()) > len(before.Clone().Items), true)

		polled := r.Shelf
		r.Shelf = hinted
		r.refetch(rec, changed...) // once more
		r.MustPoll(c)
		connectortest.SameFacts(t, config+"hints, then a poll", r.Shelf, polled)
		connectortest.SameFacts(t, config+"read anew", r.fresh(), polled)
		checkTruth(t, r)
	}
}

// Everything that was stored, announced again: nothing changes.
func TestRefetchOfEverything(t *testing.T) {
	w := populated()
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	c := rec.(connectors.Connector)
	r.refetch(rec, objectsOf(w)...)
	equal(t, "before the first poll", len(r.Shelf.Facts()), 0)
	r.MustPoll(c)
	want := r.Shelf.Clone()
	r.hub.ResetLog()
	r.refetch(rec, objectsOf(w)...)
	connectortest.SameFacts(t, "announced again", r.Shelf, want)
	t.Logf("%d requests for %d objects", len(r.hub.Log()), len(objectsOf(w)))
	r.hub.ResetLog()
	r.refetch(rec, streamKey(w.Snapshot()[0].ID, streamCommits))
	if log := r.hub.Log(); len(log) != 1 || log[0].Points != 0 {
		t.Errorf("a branch that did not move costs %+v", log)
	}
}

// What lies outside of the scope, has gone, or is no object costs nothing and
// brings nothing; what is gone is left to the census.
func TestRefetchOutOfScope(t *testing.T) {
	w := busyWorld(9)
	ids := map[string]int64{}
	for _, repo := range w.Snapshot() {
		ids[repo.Name] = repo.ID
	}
	web := w.OpenIssue(day(1, 0), "acme/web", fake.IssueSpec{Author: "ada", Title: "Elsewhere"})
	w.OpenIssue(day(-400, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: "Before the backfill"})
	r := newRig(t, w, fake.Options{})
	r.config += "exclude: [acme/web]\n"
	rec := receiver(t, r)
	r.MustPoll(rec.(connectors.Connector))
	want := r.Shelf.Clone()
	r.hub.ResetLog()
	r.refetch(rec, "", "x", "R/1", "R1", "R0/1", "R99999/1", "R99999/commits", "roster/org/acme",
		fmt.Sprintf("R%d/%d", ids["acme/web"], web), fmt.Sprintf("R%d/commits", ids["acme/web"]),
		fmt.Sprintf("R%d/0", ids["acme/api"]), fmt.Sprintf("R%d/-1", ids["acme/api"]), fmt.Sprintf("R%d/../1", ids["acme/api"]),
		fmt.Sprintf("R%d/repo", ids["acme/api"]))
	equal(t, "requests", len(r.hub.Log()), 0)

	object := func(n int) string { return fmt.Sprintf("R%d/%d", ids["acme/api"], n) }
	w.DeleteIssue(present, "acme/api", 3)
	w.TransferIssue(present, "acme/api", 4, "acme/web")
	r.refetch(rec, object(3), object(4), object(10), object(404))
	connectortest.SameFacts(t, "gone, moved, old and unknown", r.Shelf, want)
}

// What is older than the backfill is left out, as polls leave it out, and so
// is what was archived since.
func TestRefetchOfOldThings(t *testing.T) {
	w := newWorld()
	n := w.OpenIssue(day(-400, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: "Long ago"})
	w.Comment(day(-399, 0), "acme/api", n, "ben", "Long ago too")
	w.Comment(day(80, 0), "acme/api", n, "ben", "Lately")
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	r.MustPoll(rec.(connectors.Connector))
	want := r.Shelf.Clone()
	object := fmt.Sprintf("R%d/%d", w.Snapshot()[0].ID, n)
	r.refetch(rec, object)
	connectortest.SameFacts(t, "an old issue that was commented on", r.Shelf, want)

	w.ArchiveRepo(day(81, 0), "acme/api", true)
	w.EditIssue(day(81, 1), "acme/api", n, "Archived", "")
	r.server.Advance(2 * time.Hour)
	r.local.Advance(2 * time.Hour)
	r.MustPoll(rec.(connectors.Connector))
	r.hub.ResetLog()
	r.refetch(rec, object, streamKey(w.Snapshot()[0].ID, streamCommits))
	equal(t, "requests for an archived repository", len(r.hub.Log()), 0)
}

// A repository that was renamed since the last poll is still read.
func TestRefetchAfterRename(t *testing.T) {
	w := busyWorld(5)
	id := w.Snapshot()[0].ID
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	r.MustPoll(rec.(connectors.Connector))
	w.RenameRepo(day(80, 0), "acme/api", "acme/core")
	w.EditIssue(day(80, 1), "acme/core", 2, "Another title", "")
	r.refetch(rec, fmt.Sprintf("R%d/2", id))
	equal(t, "title", r.item("acme/core#2").Title, "Another title")
	equal(t, "the others' keys", r.item("acme/core#3").Keys[0], "acme/core#3")
	r.MustPoll(rec.(connectors.Connector))
	checkTruth(t, r)
}

// Where issues are switched off, pull requests are read all the same.
func TestRefetchWithoutIssues(t *testing.T) {
	w := newWorld()
	n := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "A change", Head: "x", Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
	r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
			if strings.HasPrefix(q.URL.Path, "/repos/acme/api/issues") {
				http.Error(rw, `{"message":"Issues are disabled for this repo"}`, http.StatusGone)
				return
			}
			hub.ServeHTTP(rw, q)
		})
	})
	rec := receiver(t, r)
	r.MustPoll(rec.(connectors.Connector))
	w.Review(present.Add(-time.Hour), "acme/api", n, fake.ReviewSpec{Author: "ada", State: "APPROVED"})
	w.Relabel(present.Add(-time.Hour), "acme/api", n, "reviewed")
	r.refetch(rec, fmt.Sprintf("R%d/%d", w.Snapshot()[0].ID, n))
	it := r.item(fmt.Sprintf("acme/api#%d", n))
	equal(t, "labels", it.Attrs[store.AttrLabel], []string{"reviewed"})
	hinted := r.Shelf.Clone()
	r.MustPoll(rec.(connectors.Connector))
	connectortest.SameFacts(t, "hints alone", hinted, r.Shelf)
}

// Errors are those of Fetch, and a failed read brings nothing.
func TestRefetchErrors(t *testing.T) {
	w := populated()
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	r.MustPoll(rec.(connectors.Connector))
	objects := stir(w, present.Add(-time.Minute))
	for name, c := range map[string]struct {
		fault  fake.Fault
		reason connectors.Reason
		wait   bool
	}{
		"limit":     {fake.Fault{Kind: fake.SecondaryLimit, Wait: 30 * time.Second}, connectors.ReasonRateLimited, true},
		"502":       {fake.Fault{Kind: fake.ServerError}, connectors.ReasonServer, false},
		"truncated": {fake.Fault{Kind: fake.TruncatedBody}, connectors.ReasonDecode, false},
		"refused":   {fake.Fault{Kind: fake.BadCredentials}, connectors.ReasonAuth, false},
	} {
		r.hub.Fault(nil, -1, c.fault)
		b, err := rec.Refetch(t.Context(), objects)
		if connectors.ReasonOf(err) != c.reason || len(b.Items)+len(b.Events) > 0 {
			t.Errorf("%s: %v with %d items", name, err, len(b.Items))
		}
		if strings.Contains(fmt.Sprint(err), hookSecret) || strings.Contains(fmt.Sprint(err), token) {
			t.Errorf("%s: the error holds a secret", name)
		}
		r.hub.ClearFaults()
		r.server.Advance(time.Minute)
		r.local.Advance(time.Minute)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rec.Refetch(ctx, objects); err == nil {
		t.Error("a canceled read succeeds")
	}
	r.refetch(rec, objects...)
	r.MustPoll(rec.(connectors.Connector))
	checkTruth(t, r)
}

// A delivery about the list of repositories has it read with the next poll.
func TestRosterHint(t *testing.T) {
	w := newWorld()
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	c := rec.(connectors.Connector)
	r.MustPoll(c)
	w.AddRepo(fake.RepoSpec{Name: "acme/new", Created: present})
	n := w.OpenIssue(present, "acme/new", fake.IssueSpec{Author: "ada", Title: "First"})
	r.MustPoll(c)
	equal(t, "before the hint", len(r.Shelf.Items), 1)
	if _, err := receive(t, rec, "repository", []byte(`{"action":"created"}`)); err != nil {
		t.Fatal(err)
	}
	r.MustPoll(c)
	equal(t, "after it", r.item(fmt.Sprintf("acme/new#%d", n)).Title, "First")
}
