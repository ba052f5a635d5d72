package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestResumeFindsWhatIsNew stops a scan in the middle of a stream that is read
// from its newest element down. What happened since then must be found by the
// scan that goes on, because the watermark it returns covers it.
func TestResumeFindsWhatIsNew(t *testing.T) {
	const many = 150 // pages enough that a batch ends between two of them
	t.Run("commits", func(t *testing.T) {
		w := newWorld()
		push := func(at time.Time, message string) {
			w.PushCommits(at, "acme/api", "main", fake.CommitSpec{Author: "ada", Message: message})
		}
		for i := range many {
			push(day(1, i), fmt.Sprint("Commit ", i))
		}
		r := newRig(t, w, fake.Options{})
		goOn := func(what string) {
			r.stopMidway(what)
			r.server.Advance(time.Hour)
			push(r.server.Now(), what)
			r.MustPoll(r.connect())
			checkTruth(t, r)
		}
		goOn("walking back")
		for i := range many {
			push(r.server.Now(), fmt.Sprint("Another commit ", i))
		}
		goOn("comparing")
	})
	t.Run("pull requests", func(t *testing.T) {
		w := newWorld()
		open := func(at time.Time, title string) {
			w.OpenPull(at, "acme/api", fake.PullSpec{Author: "ben", Title: title, Head: title, Commits: []fake.CommitSpec{{Author: "ben", Message: title}}})
		}
		for i := range many {
			open(day(1, i), fmt.Sprint("pull-", i))
		}
		r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
				if strings.HasSuffix(q.URL.Path, "/acme/api/issues") {
					rw.WriteHeader(http.StatusGone)
					return
				}
				hub.ServeHTTP(rw, q)
			})
		})
		r.stopMidway("reading down")
		r.server.Advance(time.Hour)
		open(r.server.Now(), "new")
		r.MustPoll(r.connect())
		checkTruth(t, r)
	})
}

// stopMidway fetches one batch in small pages, and makes sure that there was
// more to come.
func (r *rig) stopMidway(what string) {
	r.T.Helper()
	r.config = "organizations: [acme]\npage_size: 3\n"
	b, err := r.connect().Fetch(r.T.Context(), r.Shelf.Cursor)
	if err != nil {
		r.T.Fatal(err)
	}
	if !b.More {
		r.T.Fatalf("%s: one batch brought everything", what)
	}
	r.Shelf.Apply(b)
}
