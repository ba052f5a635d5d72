package github

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// busyWorld has n issues in one repository, updated minutes apart.
func busyWorld(n int) *fake.World {
	w := newWorld()
	for i := range n {
		w.OpenIssue(day(1, i), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Issue %d", i+1)})
	}
	return w
}

// Case 1: links that hold an after cursor and no page number.
func TestCase01CursorLinks(t *testing.T) {
	for _, offset := range []bool{false, true} {
		r := newRig(t, busyWorld(95), fake.Options{LargeList: 20, DeepPage: 2, OffsetCursor: offset})
		r.config += "page_size: 10\n"
		r.MustPoll(r.connect())
		checkTruth(t, r)
	}
}

// Case 2: deep pages are refused in the middle of a list.
func TestCase02DeepPages(t *testing.T) {
	w := newWorld()
	for i := range 45 {
		w.OpenIssue(day(1, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Issue %d", i+1)})
	}
	r := newRig(t, w, fake.Options{})
	r.config += "page_size: 10\n"
	deep := func(q *http.Request) bool {
		return strings.HasSuffix(q.URL.Path, "/issues") && (q.URL.Query().Has("page") || q.URL.Query().Has("after"))
	}
	r.hub.Fault(deep, 1, fake.Fault{Kind: fake.DeepPage})
	r.MustPoll(r.connect())
	checkTruth(t, r)

	// A server that refuses for ever is an error, and nothing passes for read.
	r = newRig(t, w, fake.Options{})
	r.config += "page_size: 10\n"
	r.hub.Fault(deep, -1, fake.Fault{Kind: fake.DeepPage})
	c := r.connect()
	err := r.Poll(c)
	equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonServer)
	if !r.Shelf.Watermark.IsZero() {
		t.Error("a list that was not read to its end moves the watermark")
	}
	r.hub.ClearFaults()
	r.MustPoll(c)
	checkTruth(t, r)
}

// Case 3: issues are updated between two pages, and move to the end.
func TestCase03PageDrift(t *testing.T) {
	for _, o := range []fake.Options{{}, {LargeList: 5}, {LargeList: 5, OffsetCursor: true}} {
		w := busyWorld(60)
		r := newRig(t, w, o)
		r.config += "page_size: 10\n"
		moved := 0
		r.hub.Fault(fake.Matching("/issues?"), 12, fake.Fault{Kind: fake.MutateAfter, Do: func() {
			moved++
			w.Relabel(present.Add(time.Duration(moved)*time.Second), "acme/api", moved*4, "moved")
		}})
		c := r.connect()
		r.MustPoll(c)
		r.hub.ClearFaults()
		equal(t, "items after one poll", len(r.Shelf.Items), 60+1)
		r.MustPoll(c)
		checkTruth(t, r)
		if moved < 6 {
			t.Errorf("only %d pages moved: this proves nothing", moved)
		}
	}
}

// Case 4: more issues than fit on a page share one second.
func TestCase04OneSecond(t *testing.T) {
	for name, o := range map[string]fake.Options{
		"page numbers": {}, "cursors": {LargeList: 50}, "cursors that drift": {LargeList: 50, OffsetCursor: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			for i := range 150 {
				w.OpenIssue(day(1, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Issue %d", i+1)})
			}
			w.OpenIssue(day(2, 0), "acme/api", fake.IssueSpec{Author: "ada", Title: "Later"})
			r := newRig(t, w, o)
			// One of them moves away while the second is being read.
			pagesRead := 0
			r.hub.Fault(fake.Matching("/issues?"), 2, fake.Fault{Kind: fake.MutateAfter, Do: func() {
				pagesRead++
				w.Relabel(day(3, pagesRead), "acme/api", pagesRead*10, "moved")
			}})
			c := r.connect()
			r.MustPoll(c)
			checkTruth(t, r)
			r.hub.ResetLog()
			r.server.Advance(time.Hour / 2)
			r.MustPoll(c)
			r.hub.ResetLog()
			r.MustPoll(c)
			equal(t, "points of an idle poll", r.hub.Points(), 0)
		})
	}
	// The second is the present one: its tail has no tag until it has passed.
	w := newWorld()
	for i := range 150 {
		w.OpenIssue(present, "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Issue %d", i+1)})
	}
	r := newRig(t, w, fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	checkTruth(t, r)
	w.OpenIssue(present.Add(time.Second), "acme/api", fake.IssueSpec{Author: "ada", Title: "Just behind"})
	r.MustPoll(c)
	checkTruth(t, r)
	for range 3 {
		r.server.Advance(5 * time.Minute)
		r.hub.ResetLog()
		r.MustPoll(c)
	}
	equal(t, "points of an idle poll", r.hub.Points(), 0)
}

// An element changes again within the second in which it was read.
func TestTwiceInOneSecond(t *testing.T) {
	for _, pullsOnly := range []bool{false, true} {
		w := busyWorld(3)
		pull := w.OpenPull(day(2, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x", Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
		r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
				if pullsOnly && strings.HasSuffix(q.URL.Path, "/acme/api/issues") {
					rw.Header().Set("Content-Type", "application/json")
					rw.WriteHeader(http.StatusGone)
					_, _ = rw.Write([]byte(`{"message":"Issues are disabled for this repo"}`))
					return
				}
				hub.ServeHTTP(rw, q)
			})
		})
		at := present.Add(-10 * time.Second)
		w.Relabel(at, "acme/api", 2, "first")
		w.Relabel(at, "acme/api", pull, "first")
		c := r.connect()
		r.MustPoll(c)
		w.Relabel(at, "acme/api", pull, "second")
		if !pullsOnly {
			w.CloseIssue(at, "acme/api", 2, "ada", "completed")
		}
		r.MustPoll(c)
		equal(t, "labels", r.item(fmt.Sprintf("acme/api#%d", pull)).Attrs[store.AttrLabel], []string{"second"})
		if !pullsOnly {
			equal(t, "issue", r.item("acme/api#2").Status, store.StatusDone)
		}
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "points of an idle poll, at once", r.hub.Points(), 0)

		w.Relabel(at, "acme/api", pull, "third")
		r.server.Advance(10 * time.Minute)
		r.local.Advance(10 * time.Minute)
		r.MustPoll(c)
		equal(t, "labels", r.item(fmt.Sprintf("acme/api#%d", pull)).Attrs[store.AttrLabel], []string{"third"})
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "points of an idle poll, later", r.hub.Points(), 0)
	}
}

// More changes than fit on a page share the present second: each is asked for
// a bounded number of times, and not again once the second has passed.
func TestPresentSecondIsBounded(t *testing.T) {
	w := newWorld()
	for i := range 150 {
		w.OpenPull(present, "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: fmt.Sprint(i), Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
	}
	r := newRig(t, w, fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	checkTruth(t, r)
	if n := len(r.hub.Log()); n > 60 {
		t.Errorf("%d requests for 150 changes", n)
	}
	for range 3 {
		r.server.Advance(5 * time.Minute)
		r.local.Advance(5 * time.Minute)
		r.hub.ResetLog()
		r.MustPoll(c)
	}
	equal(t, "points of an idle poll", r.hub.Points(), 0)
}

// A list whose last page is exactly full shows what is appended behind it.
func TestFullLastPage(t *testing.T) {
	w := busyWorld(10)
	r := newRig(t, w, fake.Options{})
	r.config += "page_size: 10\n"
	c := r.connect()
	for i := range 25 {
		r.MustPoll(c)
		checkTruth(t, r)
		r.server.Advance(10 * time.Minute)
		w.OpenIssue(r.server.Now(), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Appended %d", i)})
		n := w.OpenIssue(r.server.Now(), "acme/web", fake.IssueSpec{Author: "ada", Title: "Other"})
		w.Comment(r.server.Now(), "acme/web", n, "ben", "Yes")
	}
}

// Case 5: a 200 that is not a list.
func TestCase05EmptyIsNotNothing(t *testing.T) {
	for name, kind := range map[string]fake.Kind{
		"empty": fake.EmptyBody, "null": fake.NullBody, "HTML": fake.HTMLBody, "truncated": fake.TruncatedBody,
		"object": fake.ObjectBody, "garbage": fake.TrailingGarbage,
	} {
		t.Run(name, func(t *testing.T) {
			w := busyWorld(30)
			r := newRig(t, w, fake.Options{})
			r.config += "page_size: 10\n"
			c := r.connect()
			r.MustPoll(c)
			w.OpenIssue(present, "acme/api", fake.IssueSpec{Author: "ada", Title: "New"})
			r.hub.Fault(fake.Matching("/issues?"), -1, fake.Fault{Kind: kind})
			before := r.Shelf.Clone()
			err := r.Poll(c)
			equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonDecode)
			connectortest.SameFacts(t, "data", r.Shelf, before)
			for key, position := range before.Cursor {
				if strings.HasSuffix(key, "/issues") {
					equal(t, key, r.Shelf.Cursor[key], position)
				}
			}
			if !r.Shelf.Watermark.Equal(before.Watermark) {
				t.Error("the watermark moved although the scan failed")
			}
			r.hub.ClearFaults()
			r.MustPoll(c)
			checkTruth(t, r)
		})
	}
	t.Run("one bad element", func(t *testing.T) {
		r := newRig(t, busyWorld(30), fake.Options{})
		r.hub.Fault(fake.Matching("/issues?", "acme/api"), 1, fake.Fault{Kind: fake.BadTimestamp})
		r.MustPoll(r.connect())
		equal(t, "issues kept", len(r.Shelf.Items), 29+1)
		equal(t, "set aside", len(r.Shelf.Quarantined), 1)
		for id, why := range r.Shelf.Quarantined {
			if id != prefixOf(r.world.Snapshot()[0].ID)+"1" || strings.Contains(why, "yesterday") {
				t.Errorf("quarantined %s: %s", id, why)
			}
		}
	})
}

// Case 6: 304 costs and writes nothing; a new token brings no duplicates.
func TestCase06NotModified(t *testing.T) {
	r := newRig(t, busyWorld(30), fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	before := r.Shelf.Clone()
	r.hub.ResetLog()
	r.MustPoll(c)
	for _, s := range r.hub.Log() {
		if s.Status != http.StatusNotModified || s.Points != 0 {
			t.Errorf("not free: %v", s)
		}
	}
	connectortest.SameFacts(t, "after 304", r.Shelf, before)
	r.T.(*testing.T).Setenv("WORKDRIFT_TEST_TOKEN", "another-token")
	c = r.connect()
	r.hub.ResetLog()
	for range connectortest.MaxFetches {
		b, err := c.Fetch(t.Context(), r.Shelf.Cursor)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Items)+len(b.Events) > 0 {
			t.Errorf("a new token brings %d items and %d events again", len(b.Items), len(b.Events))
		}
		r.Shelf.Apply(b)
		if !b.More {
			break
		}
	}
	if r.hub.Points() == 0 {
		t.Error("the server did not notice the new token: this proves nothing")
	}
	connectortest.SameFacts(t, "after rotation", r.Shelf, before)
	r.hub.ResetLog()
	r.MustPoll(c)
	equal(t, "points after rotation", r.hub.Points(), 0)
}

// TestResume continues from every cursor that was ever returned, in a new
// process, and must always end in the same place.
func TestResume(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 2, Issues: 160, Pulls: 160, Commits: 120, People: 6}, start, present.Add(-time.Hour), 11)
	r := newRig(t, w, fake.Options{Limit: 1_000_000})
	r.config += "page_size: 4\n"
	c := r.connect()
	var shelves []*connectortest.Shelf
	for range connectortest.MaxFetches {
		shelves = append(shelves, r.Shelf.Clone())
		b, err := c.Fetch(t.Context(), maps.Clone(r.Shelf.Cursor))
		if err != nil {
			t.Fatal(err)
		}
		r.Shelf.Apply(b)
		if !b.More {
			break
		}
	}
	checkTruth(t, r)
	want := r.Shelf
	if len(shelves) < 10 {
		t.Errorf("only %d cursors: this proves little", len(shelves))
	}
	for i, s := range shelves {
		r.Shelf = s
		r.MustPoll(r.connect())
		connectortest.SameFacts(t, fmt.Sprintf("resumed after %d batches", i), r.Shelf, want)
	}
}
