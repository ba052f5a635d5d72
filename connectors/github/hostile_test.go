package github

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// hostile connects to a server of our own that answers every request so.
func hostile(t *testing.T, answer http.HandlerFunc) *connector {
	t.Helper()
	srv, err := fake.Listen(answer)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(connectors.Env{Source: "code", Now: time.Now, Transport: transport},
		connectortest.Decoder("repositories: [acme/api]\nbase_url: "+srv.URL+"/\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c.(*connector)
}

// TestListGoesRound proves that a list whose pages lead to each other comes to
// an end, with an error: what it still holds was not read.
func TestListGoesRound(t *testing.T) {
	for _, length := range []int{1, 2, 3} {
		served := 0
		c := hostile(t, func(w http.ResponseWriter, q *http.Request) {
			if served++; served > 1000 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/list?page=%d>; rel="next"`, q.Host, served%length))
			fmt.Fprint(w, `[]`)
		})
		_, err := listAll(t.Context(), c.api, "list?page=0", (*wireCommit).valid)
		if connectors.ReasonOf(err) != connectors.ReasonDecode || served > 100 {
			t.Errorf("a circle of %d: %d requests, then %v", length, served, err)
		}
	}
}

// TestUnasked304 proves that "not modified" counts for nothing where no entity
// tag was sent: it would pass for having read what was not read.
func TestUnasked304(t *testing.T) {
	c := hostile(t, func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if rep, err := c.api.get(t.Context(), "repos/acme/api", validator{}); connectors.ReasonOf(err) != connectors.ReasonServer || err == nil {
		t.Errorf("it is taken for an answer: %v, %v", rep, err)
	}
}

// TestAbsurdDate proves that a server whose clock was wrong at first, or once,
// is read in full when it is right again.
func TestAbsurdDate(t *testing.T) {
	for _, skew := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		r := newRig(t, busyWorld(20), fake.Options{})
		r.hub.Fault(nil, -1, fake.Fault{Kind: fake.ClockSkew, Wait: skew})
		c := r.connect()
		_ = r.Poll(c)
		r.hub.ClearFaults()
		for range 2 {
			r.local.Advance(2 * time.Hour)
			r.server.Advance(2 * time.Hour)
			r.MustPoll(c)
		}
		checkTruth(t, r)
	}
}
