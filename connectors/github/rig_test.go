package github

import (
	"context"
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
	source = "code"
	token  = "ghp_SecretTokenThatMustNotLeak0123456789"
)

// A rig is a fake GitHub with a world, and what is needed to read it.
type rig struct {
	connectortest.Reader
	world  *fake.World
	hub    *fake.GitHub
	url    string
	server *connectortest.Clock
	local  *connectortest.Clock
	config string
	logs   *connectortest.Log
	quota  []string
	http   *http.Transport
}

// start is when worlds begin, present is when they are read.
var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	present = start.AddDate(0, 0, 90)
)

func day(d, minutes int) time.Time {
	return start.AddDate(0, 0, d).Add(time.Duration(minutes) * time.Minute)
}

func newRig(t testing.TB, w *fake.World, o fake.Options) *rig {
	t.Helper()
	return newRigBehind(t, w, o, func(hub http.Handler) http.Handler { return hub })
}

// newRigBehind puts something in front of the fake.
func newRigBehind(t testing.TB, w *fake.World, o fake.Options, front func(http.Handler) http.Handler) *rig {
	t.Helper()
	r := &rig{
		Reader: connectortest.Reader{T: t, Shelf: connectortest.NewShelf(), Secret: token}, world: w, server: connectortest.NewClock(present), local: connectortest.NewClock(present),
		config: "organizations: [acme]\n", logs: &connectortest.Log{}, http: &http.Transport{},
	}
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	o.Now = r.server.Now
	r.hub = fake.NewGitHub(w, o)
	s, err := fake.Listen(front(r.hub))
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
			t.Errorf("a change of the world failed: %v", err)
		}
		if strings.Contains(r.logs.String(), token) {
			t.Error("the log holds the token")
		}
	})
	return r
}

func (r *rig) Quota(resource string, limit, remaining int, _ time.Time) {
	r.quota = append(r.quota, fmt.Sprintf("%s %d/%d", resource, remaining, limit))
}

// connect makes a new connector, as after a restart.
func (r *rig) connect() connectors.Connector {
	r.T.Helper()
	text := "token_env: WORKDRIFT_TEST_TOKEN\n"
	if strings.Contains(r.config, "app:") || strings.Contains(r.config, "anonymous: true") {
		text = ""
	}
	text += strings.ReplaceAll(r.config, "anonymous: true\n", "")
	if !strings.Contains(text, "base_url") {
		text += "base_url: " + r.url + "/\n"
	}
	c, err := New(r.environment(), connectortest.Decoder(text))
	if err != nil {
		r.T.Fatal(err)
	}
	return c
}

func (r *rig) environment() connectors.Env {
	return connectors.Env{
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.local.Now, Transport: r.http, Observer: r,
		Stored: func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
			return r.Shelf.Stored(ctx, prefix)
		},
	}
}

// fresh reads the world as it is now into an empty shelf.
func (r *rig) fresh() *connectortest.Shelf {
	r.T.Helper()
	return r.Fresh(r.connect)
}

func (r *rig) item(key string) store.Item {
	r.T.Helper()
	for _, it := range r.Shelf.Items {
		if slices.Contains(it.Keys, key) {
			return it
		}
	}
	r.T.Errorf("no item has the key %s", key)
	return store.Item{}
}

func (r *rig) event(item, id string) store.Event {
	r.T.Helper()
	e, ok := r.Shelf.Events[item+" "+id]
	if !ok {
		r.T.Errorf("item %s has no event %s", item, id)
	}
	return e
}

// newWorld is an organisation of three people, a bot and two repositories.
func newWorld() *fake.World {
	w := fake.NewWorld("acme")
	for _, login := range []string{"ada", "ben", "Cem", "dependabot[bot]"} {
		w.AddUser(fake.UserSpec{Login: login})
	}
	w.AddRepo(fake.RepoSpec{Name: "acme/api", Created: start})
	w.AddRepo(fake.RepoSpec{Name: "acme/web", Created: start})
	w.PushCommits(day(0, 0), "acme/api", "main", fake.CommitSpec{Author: "ada", Message: "feat(core): begin", Files: []string{"README.md"}})
	return w
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
