package slack

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
	source = "talk"
	token  = "xoxb-SecretTokenThatMustNotLeak-0123456789"
)

// A shelf keeps batches as a store does.
type shelf struct {
	cursor      store.Cursor
	items       map[string]store.Item
	events      map[string]store.Event // by item and id
	identities  map[string]store.Identity
	quarantined map[string]string
	watermark   time.Time
}

func newShelf() *shelf {
	return &shelf{
		cursor: store.Cursor{}, items: map[string]store.Item{}, events: map[string]store.Event{},
		identities: map[string]store.Identity{}, quarantined: map[string]string{},
	}
}

func (s *shelf) apply(b store.Batch) {
	repeated := map[string]bool{}
	for _, it := range b.Items {
		delete(s.quarantined, it.ID)
		if old, ok := s.items[it.ID]; !ok || !old.Updated.After(it.Updated) {
			s.items[it.ID] = it
		}
	}
	for _, e := range b.Events {
		s.events[e.Item+" "+e.ID] = e
		repeated[e.Item+" "+e.ID] = true
	}
	whole := map[string]string{}
	for _, w := range b.Whole {
		whole[w.Item] = w.Prefix
	}
	if len(whole) > 0 {
		maps.DeleteFunc(s.events, func(id string, e store.Event) bool {
			prefix, ok := whole[e.Item]
			return ok && strings.HasPrefix(e.ID, prefix) && !repeated[id]
		})
	}
	for _, g := range b.Gone {
		if it, ok := s.items[g.ID]; ok {
			it.Gone = g.Why
			s.items[g.ID] = it
		}
	}
	for _, i := range b.Identities {
		s.identities[i.Actor] = i
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

// facts describes everything that is kept, one line each, for comparison.
func (s *shelf) facts() []string {
	var out []string
	for _, it := range s.items {
		out = append(out, fmt.Sprintf("item %+v", it))
	}
	for _, e := range s.events {
		out = append(out, fmt.Sprintf("event %+v", e))
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
			t.Logf("missing: %.400s", line)
			shown++
		}
	}
	for _, line := range g {
		if _, ok := slices.BinarySearch(w, line); !ok && shown < 10 {
			t.Logf("too much: %.400s", line)
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
	t     testing.TB
	space *fake.Workspace
	slack *fake.Slack
	url   string
	// One clock for both ends: Slack's and ours.
	clock  *clock
	config string
	shelf  *shelf
	logs   *logBuffer
	http   *http.Transport
}

func newRig(t testing.TB, w *fake.Workspace, o fake.SlackOptions) *rig {
	t.Helper()
	r := &rig{t: t, space: w, clock: &clock{t: present}, shelf: newShelf(), logs: &logBuffer{}, http: &http.Transport{}}
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	if o.Scopes == nil {
		o.Scopes = manifestScopes
	}
	o.Now, o.Forward = r.clock.now, true // the harder of the two ways to page
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
	r.t.Helper()
	c, err := New(r.environment(), decoder(r.settings()))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) settings() string {
	return keptReactions + "token_env: WORKDRIFT_TEST_TOKEN\nbase_url: " + r.url + "/api/\n" + r.config
}

func (r *rig) environment() connectors.Env {
	return connectors.Env{
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.clock.now, Transport: r.http,
		Stored: func(_ context.Context, prefix string) iter.Seq2[store.Item, error] {
			return func(yield func(store.Item, error) bool) {
				for _, id := range slices.Sorted(maps.Keys(r.shelf.items)) {
					if strings.HasPrefix(id, prefix) && !yield(r.shelf.items[id], nil) {
						return
					}
				}
			}
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

// fetch gets one batch and applies it.
func (r *rig) fetch(c connectors.Connector) (store.Batch, error) {
	r.t.Helper()
	b, err := c.Fetch(r.t.Context(), r.shelf.cursor)
	if err != nil {
		if strings.Contains(err.Error(), token) {
			r.t.Error("the error holds the token")
		}
		if len(b.Items)+len(b.Events)+len(b.Next) > 0 {
			r.t.Error("an error came with a batch")
		}
		return b, err
	}
	r.shelf.apply(b)
	return b, nil
}

// poll fetches until there is no more, or an error.
func (r *rig) poll(c connectors.Connector) error {
	r.t.Helper()
	for range maxFetches {
		b, err := r.fetch(c)
		if err != nil || !b.More {
			return err
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

// patient polls through limits, as the poller would, and returns how long the
// server made it wait.
func (r *rig) patient(c connectors.Connector) time.Duration {
	r.t.Helper()
	began := r.clock.now()
	for range maxFetches {
		err := r.poll(c)
		if err == nil {
			return r.clock.now().Sub(began)
		}
		e, ok := errors.AsType[*connectors.Error](err)
		if !ok {
			r.t.Fatal(err)
		}
		if wait := e.RetryAt.Sub(r.clock.now()); wait > 0 {
			r.clock.advance(wait)
		} else {
			r.clock.advance(10 * time.Second)
		}
	}
	r.t.Fatal("no end of it")
	return 0
}

// fresh reads the workspace as it is now into an empty shelf.
func (r *rig) fresh() *shelf {
	r.t.Helper()
	old := r.shelf
	defer func() { r.shelf = old }()
	r.shelf = newShelf()
	r.mustPoll(r.connect())
	return r.shelf
}

// later lets time pass until old messages are looked at again.
func (r *rig) later() { r.clock.advance(61 * time.Minute) }

func (r *rig) id(channel, ts string) string { return r.space.Team() + "/" + channel + "/" + ts }

func (r *rig) item(channel, ts string) store.Item {
	r.t.Helper()
	it, ok := r.shelf.items[r.id(channel, ts)]
	if !ok {
		r.t.Errorf("no item %s", r.id(channel, ts))
	}
	return it
}

// eventIDs lists the events of a thread.
func (r *rig) eventIDs(channel, ts string) []string {
	var out []string
	for _, e := range r.shelf.events {
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

func keys(it store.Item, kind store.LinkKind) []string {
	var out []string
	for _, l := range it.Links {
		if l.Kind == kind {
			out = append(out, l.Key)
		}
	}
	return out
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
