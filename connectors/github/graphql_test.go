package github

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

// A refuser stands in front of a server and answers queries with a status
// while it has one.
type refuser struct {
	hub    http.Handler
	status atomic.Int64
	asked  atomic.Int64
}

func (s *refuser) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodPost {
		s.hub.ServeHTTP(w, q)
		return
	}
	s.asked.Add(1)
	status := int(s.status.Load())
	if status == 0 {
		s.hub.ServeHTTP(w, q)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"message":"No"}`))
}

// refusedRig has one change, and a server that refuses queries.
func refusedRig(t *testing.T, status int64) (*rig, *refuser) {
	w := newWorld()
	w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x",
		Commits: []fake.CommitSpec{{Author: "ben", Message: "x", Files: []string{"login.go"}}}})
	front := &refuser{}
	front.status.Store(status)
	return newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler { front.hub = hub; return front }), front
}

// reads counts the changes that were read by REST since the log was reset.
func reads(r *rig) int {
	return len(slices.DeleteFunc(r.hub.Log(), func(s fake.Served) bool { return !strings.HasSuffix(s.Path, "/reviews") }))
}

// TestQueryUnauthorized proves that a credential that is not accepted fails
// the poll, instead of being taken for a server without GraphQL.
func TestQueryUnauthorized(t *testing.T) {
	r, front := refusedRig(t, http.StatusUnauthorized)
	c := r.connect()
	equal(t, "reason", connectors.ReasonOf(r.Poll(c)), connectors.ReasonAuth)
	equal(t, "changes read by REST", reads(r), 0)
	front.status.Store(0)
	r.MustPoll(c)
	checkTruth(t, r)
	equal(t, "changes read by REST", reads(r), 0)
}

// TestQueryRefused proves that changes are read by REST for an hour after a
// refusal, and by GraphQL again from then on.
func TestQueryRefused(t *testing.T) {
	for _, status := range []int64{http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity} {
		t.Run(http.StatusText(int(status)), func(t *testing.T) {
			r, front := refusedRig(t, status)
			c := r.connect()
			// touch changes the change after a while and reads it again.
			touch := func(after time.Duration) {
				r.server.Advance(after)
				r.local.Advance(after)
				r.world.Relabel(r.server.Now(), "acme/api", 1, after.String())
				r.MustPoll(c)
				checkTruth(t, r)
			}
			r.MustPoll(c)
			checkTruth(t, r)
			equal(t, "queries, and changes read by REST", [2]int{int(front.asked.Load()), reads(r)}, [2]int{1, 1})
			front.status.Store(0)
			touch(59 * time.Minute)
			equal(t, "within the hour", [2]int{int(front.asked.Load()), reads(r)}, [2]int{1, 2})
			touch(time.Minute)
			equal(t, "after the hour", [2]int{int(front.asked.Load()), reads(r)}, [2]int{2, 2})
			// A clock that is set back does not make the hour longer.
			front.status.Store(status)
			touch(time.Minute)
			front.status.Store(0)
			r.local.Advance(-24 * time.Hour)
			touch(time.Minute)
			equal(t, "with the clock set back", [2]int{int(front.asked.Load()), reads(r)}, [2]int{4, 3})
		})
	}
}

// TestFilesByREST reads the paths of a change by REST, no more than by GraphQL.
func TestFilesByREST(t *testing.T) {
	w := newWorld()
	many := make([]string, maxFiles+5)
	for i := range many {
		many[i] = "dir/" + itoa(int64(100000+i))
	}
	for _, files := range [][]string{{"b.go", "a.go"}, many, nil} {
		w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x",
			Commits: []fake.CommitSpec{{Author: "ben", Message: "x", Files: files}}})
	}
	r := newRig(t, w, fake.Options{})
	api := r.connect().(*connector).api
	for number, want := range map[string][]string{"1": {"a.go", "b.go"}, "2": many[:maxFiles], "3": nil, "404": nil} {
		got, err := api.restFiles(t.Context(), repoPath("acme/api")+"/pulls/"+number)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "files of "+number, got, want)
	}
	r.hub.Fault(nil, -1, fake.Fault{Kind: fake.ServerError})
	if _, err := api.restFiles(t.Context(), repoPath("acme/api")+"/pulls/1"); connectors.ReasonOf(err) != connectors.ReasonServer {
		t.Errorf("a server that is broken: %v", err)
	}
}
