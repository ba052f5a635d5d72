package jira

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	source = "tickets"
	token  = "ATATT-SecretTokenThatMustNotLeak0123456789"
)

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

// start is when sites begin, present is when they are read.
var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	present = start.AddDate(0, 0, 90)
)

func day(d, minutes int) time.Time {
	return start.AddDate(0, 0, d).Add(time.Duration(minutes) * time.Minute)
}

// A rig is a fake Jira with a site, and what is needed to read it.
type rig struct {
	t      testing.TB
	site   *fake.JiraSite
	jira   *fake.Jira
	url    string
	clock  *clock
	config string
	shelf  *shelf
	logs   *logBuffer
	quota  []string
	http   *http.Transport
}

func newRig(t testing.TB, s *fake.JiraSite, o fake.JiraOptions) *rig {
	t.Helper()
	r := &rig{
		t: t, site: s, clock: &clock{t: present}, config: "projects: [PAY, OPS]\n", shelf: newShelf(), logs: &logBuffer{}, http: &http.Transport{},
	}
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	if o.Now == nil {
		o.Now = r.clock.now
	}
	r.jira = fake.NewJira(s, o)
	srv, err := fake.Listen(r.jira)
	if err != nil {
		t.Fatal(err)
	}
	r.url = srv.URL
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := s.Err(); err != nil {
			t.Errorf("a change of the site failed: %v", err)
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
	text := r.config
	if !strings.Contains(text, "token_env") {
		text += "token_env: WORKDRIFT_TEST_TOKEN\n"
	}
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
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.clock.now, Transport: r.http, Observer: r,
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

// later lets time pass and polls.
func (r *rig) later(c connectors.Connector, d time.Duration) {
	r.t.Helper()
	r.clock.advance(d)
	r.mustPoll(c)
}

// fresh reads the site as it is now into an empty shelf.
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
		if slices.Contains(it.Keys, key) && it.Kind == store.KindTicket {
			return it
		}
	}
	r.t.Errorf("no item has the key %s", key)
	return store.Item{}
}

func (r *rig) event(key, id string) store.Event {
	r.t.Helper()
	e, ok := r.shelf.events[r.item(key).ID+" "+id]
	if !ok {
		r.t.Errorf("%s has no event %s", key, id)
	}
	return e
}

// events returns the IDs of an issue's events of a kind, ordered.
func (r *rig) events(key string, kind store.EventKind) []string {
	r.t.Helper()
	var out []string
	for _, e := range r.shelf.events {
		if e.Item == r.item(key).ID && e.Kind == kind {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out
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

// served counts the requests since the log was reset, by resource.
func (r *rig) served() map[string]int {
	out := map[string]int{}
	for _, s := range r.jira.Log() {
		out[s.Resource]++
	}
	return out
}

// newSite is a Jira of three people, a machine, and two projects.
func newSite() *fake.JiraSite {
	s := fake.NewJiraSite()
	s.AddUser(fake.JiraUserSpec{ID: "ada", Display: "Ada Lovelace", Email: "Ada@example.org", TimeZone: "Asia/Shanghai"})
	s.AddUser(fake.JiraUserSpec{ID: "ben", Display: "Ben", TimeZone: "America/Los_Angeles"})
	s.AddUser(fake.JiraUserSpec{ID: "robot", Display: "Automation", App: true})
	s.AddProject(fake.JiraProjectSpec{Key: "PAY", Name: "Payments", Lead: "ada"})
	s.AddProject(fake.JiraProjectSpec{Key: "OPS", Name: "Operations", Lead: "ben"})
	s.AddProject(fake.JiraProjectSpec{Key: "STRAT", Name: "Strategy", Lead: "ada"})
	return s
}

// fill opens n tasks in a project and gives some of them a history.
func fill(s *fake.JiraSite, project string, n int) []string {
	var keys []string
	for i := range n {
		at := day(i%60, i)
		key := s.Open(at, project, fake.JiraIssueSpec{Summary: fmt.Sprintf("Task %d of %s", i, project), Reporter: "ada", Labels: []string{"bulk"}})
		keys = append(keys, key)
		if i%3 == 0 {
			s.Transition(at.Add(time.Hour), key, "ben", "In Progress")
			s.Comment(at.Add(2*time.Hour), key, "ada", "see OPS-1")
		}
		if i%6 == 0 {
			s.LogWork(at.Add(3*time.Hour), key, fake.JiraWorkSpec{By: "ben", Started: at, Spent: time.Hour})
			s.Transition(at.Add(4*time.Hour), key, "ben", "Done")
		}
	}
	return keys
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// products runs a test against both products.
func products(t *testing.T, f func(t *testing.T, o fake.JiraOptions)) {
	for name, o := range map[string]fake.JiraOptions{
		"Cloud": {LegacyEpics: true}, "Data Center": {DataCenter: true}, "old Data Center": {DataCenter: true, OldSprints: true},
	} {
		t.Run(name, func(t *testing.T) { f(t, o) })
	}
}

// bareConnector is a connector to test functions of.
func bareConnector(t testing.TB, text string) *connector {
	t.Helper()
	c, err := New(connectors.Env{Source: source, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return present }, Transport: http.DefaultTransport},
		decoder("base_url: https://jira.example.org/\nprojects: [PAY]\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c.(*connector)
}
