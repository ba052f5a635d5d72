package slack

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
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

const (
	source = "talk"
	token  = "xoxb-SecretTokenThatMustNotLeak-0123456789"
)

// start is when workspaces begin, present is when they are read.
var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	present = start.AddDate(0, 0, 60)
)

// ago is a time before the present.
func ago(days, minutes int) time.Time {
	return present.AddDate(0, 0, -days).Add(time.Duration(minutes) * time.Minute)
}

// keptReactions are what tests react with.
const keptReactions = "reactions: [decision, eyes, thumbsup, tada, '+1']\n"

// The scopes of the manifest and of profile_fields, and with all those for
// what is private. TestManifest holds them against the manifest.
var (
	manifestScopes = []string{"channels:history", "channels:read", "reactions:read", "users:read", "users:read.email", "users.profile:read"}
	privateScopes  = append([]string{"groups:history", "groups:read", "im:history", "im:read", "mpim:history", "mpim:read"}, manifestScopes...)
)

// A rig is a fake Slack with a workspace, and what is needed to read it.
type rig struct {
	connectortest.Reader
	space *fake.Workspace
	slack *fake.Slack
	url   string
	// One clock for both ends: Slack's and ours.
	clock  *connectortest.Clock
	config string
	logs   *connectortest.Log
	http   *http.Transport
}

func newRig(t testing.TB, w *fake.Workspace, o fake.SlackOptions) *rig {
	t.Helper()
	r := &rig{Reader: connectortest.Reader{T: t, Shelf: connectortest.NewShelf(), Secret: token}, space: w, clock: connectortest.NewClock(present), logs: &connectortest.Log{}, http: &http.Transport{}}
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	if o.Scopes == nil {
		o.Scopes = manifestScopes
	}
	o.Now, o.Forward = r.clock.Now, true // the harder of the two ways to page
	r.slack = fake.NewSlack(w, o)
	s, err := fake.Listen(r.slack)
	if err != nil {
		t.Fatal(err)
	}
	r.url = s.URL
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := w.Err(); err != nil {
			t.Errorf("a change of the workspace failed: %v", err)
		}
		if strings.Contains(r.logs.String(), token) {
			t.Error("the log holds the token")
		}
		if trespasses := r.slack.Trespasses(); len(trespasses) > 0 {
			t.Errorf("read what is off limits: %v", trespasses)
		}
	})
	return r
}

// connect makes a new connector, as after a restart.
func (r *rig) connect() connectors.Connector {
	r.T.Helper()
	c, err := New(r.environment(), connectortest.Decoder(r.settings()))
	if err != nil {
		r.T.Fatal(err)
	}
	return c
}

func (r *rig) settings() string {
	return keptReactions + "token_env: WORKDRIFT_TEST_TOKEN\nbase_url: " + r.url + "/api/\n" + r.config
}

func (r *rig) environment() connectors.Env {
	return connectors.Env{
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.clock.Now, Transport: r.http,
		Stored: func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
			return r.Shelf.Stored(ctx, prefix)
		},
	}
}

// patient polls through limits, as the poller would, and returns how long the
// server made it wait.
func (r *rig) patient(c connectors.Connector) time.Duration {
	r.T.Helper()
	began := r.clock.Now()
	for range connectortest.MaxFetches {
		err := r.Poll(c)
		if err == nil {
			return r.clock.Now().Sub(began)
		}
		e, ok := errors.AsType[*connectors.Error](err)
		if !ok {
			r.T.Fatal(err)
		}
		if wait := e.RetryAt.Sub(r.clock.Now()); wait > 0 {
			r.clock.Advance(wait)
		} else {
			r.clock.Advance(10 * time.Second)
		}
	}
	r.T.Fatal("no end of it")
	return 0
}

// fresh reads the workspace as it is now into an empty shelf.
func (r *rig) fresh() *connectortest.Shelf {
	r.T.Helper()
	return r.Fresh(r.connect)
}

// later lets time pass until old messages are looked at again.
func (r *rig) later() { r.clock.Advance(61 * time.Minute) }

func (r *rig) id(channel, ts string) string { return r.space.Team() + "/" + channel + "/" + ts }

func (r *rig) item(channel, ts string) store.Item {
	r.T.Helper()
	it, ok := r.Shelf.Items[r.id(channel, ts)]
	if !ok {
		r.T.Errorf("no item %s", r.id(channel, ts))
	}
	return it
}

// eventIDs lists the events of a thread.
func (r *rig) eventIDs(channel, ts string) []string {
	var out []string
	for _, e := range r.Shelf.Events {
		if e.Item == r.id(channel, ts) {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out
}

func (r *rig) requests(method string) int {
	n := 0
	for _, s := range r.slack.Log() {
		if method == "" || s.Resource == method {
			n++
		}
	}
	return n
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
