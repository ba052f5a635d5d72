package jira

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

	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	source = "tickets"
	token  = "ATATT-SecretTokenThatMustNotLeak0123456789"
)

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
	connectortest.Reader
	site   *fake.JiraSite
	jira   *fake.Jira
	url    string
	clock  *connectortest.Clock
	config string
	logs   *connectortest.Log
	quota  []string
	http   *http.Transport
}

// bareRig has no fake, but some server at an address.
func bareRig(t testing.TB, url string) *rig {
	return &rig{
		Reader: connectortest.Reader{T: t, Shelf: connectortest.NewShelf(), Secret: token},
		clock:  connectortest.NewClock(present), logs: &connectortest.Log{}, http: &http.Transport{}, url: url,
	}
}

func newRig(t testing.TB, s *fake.JiraSite, o fake.JiraOptions) *rig {
	t.Helper()
	r := bareRig(t, "")
	r.site, r.config = s, "projects: [PAY, OPS]\n"
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	if o.Now == nil {
		o.Now = r.clock.Now
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
	r.T.Helper()
	text := r.config
	if !strings.Contains(text, "token_env") {
		text += "token_env: WORKDRIFT_TEST_TOKEN\n"
	}
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
		Source: source, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Now: r.clock.Now, Transport: r.http, Observer: r,
		Stored: func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
			return r.Shelf.Stored(ctx, prefix)
		},
	}
}

// later lets time pass and polls.
func (r *rig) later(c connectors.Connector, d time.Duration) {
	r.T.Helper()
	r.clock.Advance(d)
	r.MustPoll(c)
}

// fresh reads the site as it is now into an empty shelf.
func (r *rig) fresh() *connectortest.Shelf {
	r.T.Helper()
	return r.Fresh(r.connect)
}

func (r *rig) item(key string) store.Item {
	r.T.Helper()
	for _, it := range r.Shelf.Items {
		if slices.Contains(it.Keys, key) && it.Kind == store.KindTicket {
			return it
		}
	}
	r.T.Errorf("no item has the key %s", key)
	return store.Item{}
}

func (r *rig) event(key, id string) store.Event {
	r.T.Helper()
	e, ok := r.Shelf.Events[r.item(key).ID+" "+id]
	if !ok {
		r.T.Errorf("%s has no event %s", key, id)
	}
	return e
}

// events returns the IDs of an issue's events of a kind, ordered.
func (r *rig) events(key string, kind store.EventKind) []string {
	r.T.Helper()
	var out []string
	for _, e := range r.Shelf.Events {
		if e.Item == r.item(key).ID && e.Kind == kind {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
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
		connectortest.Decoder("base_url: https://jira.example.org/\nprojects: [PAY]\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c.(*connector)
}
