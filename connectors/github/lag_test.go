package github

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// A laggard answers some GraphQL queries with what it answered last, as a copy
// of a database that lags does.
type laggard struct {
	hub   http.Handler
	lags  int // negative for ever
	asked int
	last  []byte
}

func (l *laggard) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if !strings.HasSuffix(q.URL.Path, "/graphql") {
		l.hub.ServeHTTP(w, q)
		return
	}
	l.asked++
	rec := httptest.NewRecorder()
	body, _ := io.ReadAll(q.Body)
	q.Body = io.NopCloser(bytes.NewReader(body))
	l.hub.ServeHTTP(rec, q)
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	if l.lags == 0 || l.last == nil {
		l.last = rec.Body.Bytes()
	} else {
		l.lags--
	}
	_, _ = w.Write(l.last)
}

// TestLaggingDetail reads a change whose detail is older than the list says.
func TestLaggingDetail(t *testing.T) {
	for name, c := range map[string]struct {
		lags, polls int
		want        store.Status
	}{
		"once":          {1, 1, store.StatusDone},
		"for some time": {3, 3, store.StatusDone},
		"for ever":      {-1, 6, store.StatusDoing},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			n := w.OpenPull(day(80, 0), "acme/api", fake.PullSpec{Author: "ada", Title: "Change", Head: "x", Commits: []fake.CommitSpec{{Author: "ada", Message: "x"}}})
			front := &laggard{}
			r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler { front.hub = hub; return front })
			conn := r.connect()
			r.MustPoll(conn)
			r.server.Advance(time.Minute)
			r.local.Advance(time.Minute)
			w.MergePull(present.Add(30*time.Second), "acme/api", n, "ben", fake.Squash)
			front.lags, front.asked = c.lags, 0
			for range c.polls {
				r.MustPoll(conn)
				r.server.Advance(5 * time.Minute)
				r.local.Advance(5 * time.Minute)
			}
			equal(t, "status", r.item("acme/api#1").Status, c.want)
			if front.asked > maxLags+2 {
				t.Errorf("asked %d times", front.asked)
			}
			r.hub.ResetLog()
			r.MustPoll(conn)
			equal(t, "points of an idle poll", r.hub.Points(), 0)
		})
	}
}
