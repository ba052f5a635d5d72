package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

const (
	source = "code"
	token  = "ghp_SecretTokenThatMustNotLeak0123456789"
)

// A shelf keeps batches as a store does.
type shelf struct {
	cursor      store.Cursor
	items       map[string]store.Item
	events      map[string]store.Event // by item and id
	identities  map[string]store.Identity
	groups      map[string]store.Group
	quarantined map[string]string
	watermark   time.Time
}

func newShelf() *shelf {
	return &shelf{
		cursor: store.Cursor{}, items: map[string]store.Item{}, events: map[string]store.Event{},
		identities: map[string]store.Identity{}, groups: map[string]store.Group{}, quarantined: map[string]string{},
	}
}

func (s *shelf) apply(b store.Batch) {
	for _, it := range b.Items {
		old, ok := s.items[it.ID]
		if ok && old.Updated.After(it.Updated) {
			continue
		}
		for _, k := range old.Keys {
			if !slices.Contains(it.Keys, k) {
				it.Keys = append(slices.Clone(it.Keys), k)
			}
		}
		s.items[it.ID] = it
		delete(s.quarantined, it.ID)
	}
	for _, e := range b.Events {
		s.events[e.Item+" "+e.ID] = e
	}
	for _, g := range b.Gone {
		if it, ok := s.items[g.ID]; ok {
			it.Gone = g.Why
			if g.MovedTo != "" {
				it.Keys = append([]string{g.MovedTo}, it.Keys...)
			}
			s.items[g.ID] = it
		}
	}
	for _, i := range b.Identities {
		s.identities[i.Actor] = i
	}
	for _, g := range b.Groups {
		s.groups[g.Name] = g
	}
	for _, q := range b.Quarantined {
		s.quarantined[q.ID] = q.Reason
	}
	for k, v := range b.Next {
		if s.cursor[k] = v; v == "" {
			delete(s.cursor, k)
		}
	}
	if !b.Watermark.IsZero() {
		s.watermark = b.Watermark
	}
}

func (s *shelf) clone() *shelf {
	return &shelf{
		cursor: maps.Clone(s.cursor), items: maps.Clone(s.items), events: maps.Clone(s.events),
		identities: maps.Clone(s.identities), quarantined: maps.Clone(s.quarantined), watermark: s.watermark,
	}
}

func (s *shelf) stored(_ context.Context, prefix string) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.items)) {
			if strings.HasPrefix(id, prefix) && !yield(s.items[id], nil) {
				return
			}
		}
	}
}

// facts describes everything that is kept, one line each, for comparison.
func (s *shelf) facts() []string {
	var out []string
	for _, it := range s.items {
		out = append(out, fmt.Sprintf("item %+v", it))
	}
	for _, e := range s.events {
		_, offset := e.At.Zone()
		out = append(out, fmt.Sprintf("event %s %s %s %s %v %s %d %v", e.Item, e.ID, e.Kind, e.Actor, e.Bot, e.At.UTC(), offset, e.Attrs))
	}
	for id, why := range s.quarantined {
		out = append(out, "quarantined "+id+" "+why)
	}
	slices.Sort(out)
	return out
}

func sameFacts(t *testing.T, what string, got, want *shelf) {
	t.Helper()
	g, w := got.facts(), want.facts()
	if slices.Equal(g, w) {
		return
	}
	t.Errorf("%s: %d facts, want %d", what, len(g), len(w))
	shown := 0
	for _, line := range w {
		if _, ok := slices.BinarySearch(g, line); !ok && shown < 5 {
			t.Logf("missing: %.300s", line)
			shown++
		}
	}
	for _, line := range g {
		if _, ok := slices.BinarySearch(w, line); !ok && shown < 10 {
			t.Logf("too much: %.300s", line)
			shown++
		}
	}
}

// A clock is set by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// A rig is a fake GitHub with a world, and what is needed to read it.
type rig struct {
	t      testing.TB
	world  *fake.World
	hub    *fake.GitHub
	url    string
	server *clock
	local  *clock
	config string
	shelf  *shelf
	logs   *logBuffer
	quota  []string
	http   *http.Transport
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
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
		t: t, world: w, server: &clock{t: present}, local: &clock{t: present},
		config: "organizations: [acme]\n", shelf: newShelf(), logs: &logBuffer{}, http: &http.Transport{},
	}
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	o.Now = r.server.now
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
	r.t.Helper()
	text := "token_env: WORKDRIFT_TEST_TOKEN\n"
	if strings.Contains(r.config, "app:") || strings.Contains(r.config, "anonymous: true") {
		text = ""
	}
	text += strings.ReplaceAll(r.config, "anonymous: true\n", "")
	if !strings.Contains(text, "base_url") {
		text += "base_url: " + r.url + "/\n"
	}
	c, err := New(r.environment(), decoder(text))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) environment() connectors.Env {
	return connectors.Env{
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.local.now, Transport: r.http, Observer: r,
		Stored: func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
			return r.shelf.stored(ctx, prefix)
		},
	}
}

func decoder(text string) func(any) error {
	return func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(text))
		d.KnownFields(true)
		return d.Decode(into)
	}
}

// maxFetches bounds a poll in tests: more is a connector that runs in a circle.
const maxFetches = 5000

// poll fetches until there is no more, or an error.
func (r *rig) poll(c connectors.Connector) error {
	r.t.Helper()
	for range maxFetches {
		b, err := c.Fetch(r.t.Context(), r.shelf.cursor)
		if err != nil {
			if strings.Contains(err.Error(), token) {
				r.t.Error("the error holds the token")
			}
			if len(b.Items)+len(b.Events)+len(b.Next) > 0 {
				r.t.Error("an error came with a batch")
			}
			return err
		}
		r.shelf.apply(b)
		if !b.More {
			return nil
		}
	}
	return errors.New("no end of it")
}

func (r *rig) mustPoll(c connectors.Connector) {
	r.t.Helper()
	if err := r.poll(c); err != nil {
		r.t.Fatal(err)
	}
}

// fresh reads the world as it is now into an empty shelf.
func (r *rig) fresh() *shelf {
	r.t.Helper()
	old := r.shelf
	defer func() { r.shelf = old }()
	r.shelf = newShelf()
	r.mustPoll(r.connect())
	return r.shelf
}

func (r *rig) item(key string) store.Item {
	r.t.Helper()
	for _, it := range r.shelf.items {
		if slices.Contains(it.Keys, key) {
			return it
		}
	}
	r.t.Errorf("no item has the key %s", key)
	return store.Item{}
}

func (r *rig) event(item, id string) store.Event {
	r.t.Helper()
	e, ok := r.shelf.events[item+" "+id]
	if !ok {
		r.t.Errorf("item %s has no event %s", item, id)
	}
	return e
}

func keys(it store.Item, kind store.LinkKind) []string {
	var out []string
	for _, l := range it.Links {
		if l.Kind == kind {
			out = append(out, l.Key)
		}
	}
	return out
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
