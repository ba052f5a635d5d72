package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// A soaked is a firm with its servers, and the directories of two databases
// that spell people alike.
type soaked struct {
	firm       *firm
	hub        *fake.GitHub
	jira       *fake.Jira
	slack      *fake.Slack
	cfg        *config.Config
	dir, fresh string
	expired    bool
	starts     int
}

func newSoak(t *testing.T, f *firm, seed uint64) *soaked {
	t.Helper()
	s := &soaked{firm: f, dir: t.TempDir(), fresh: t.TempDir()}
	s.hub = fake.NewGitHub(f.world, fake.Options{Tokens: []string{"xoxb-oracle"}, Private: true})
	s.jira = fake.NewJira(f.site, fake.JiraOptions{Credentials: []fake.JiraCredential{{Token: "xoxb-oracle"}}})
	s.slack = fake.NewSlack(f.space, fake.SlackOptions{Tokens: []string{"xoxb-oracle"}})
	s.cfg = f.config(t, s.dir, "https://hub.test", "https://jira.test", "https://slack.test")
	// Both begin as copies of one empty database, whose keys of people are
	// those of one secret.
	db, err := bolt.Open(t.Context(), filepath.Join(s.dir, databaseFile), bolt.Options{})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(filepath.Join(s.dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.fresh, databaseFile), string(empty))
	common := []fake.Fault{
		{Kind: fake.ServerError}, {Kind: fake.SecondaryLimit, Status: 429, Wait: 20 * time.Second}, {Kind: fake.TruncatedBody},
		{Kind: fake.ResetBody}, {Kind: fake.Latency}, {Kind: fake.HTMLBody},
	}
	s.hub.Chaos(3*seed+1, .05, common...)
	s.slack.Chaos(3*seed+2, .05, common...)
	common[1] = fake.Fault{Kind: fake.JiraBurst, Wait: 20 * time.Second}
	s.jira.Chaos(3*seed+3, .05, common...)
	return s
}

// expire makes every token expire for some hours of the second week.
func (s *soaked) expire(now time.Time) {
	from := s.firm.start.AddDate(0, 0, 10)
	expired := now.After(from) && now.Before(from.Add(5*time.Hour))
	if expired == s.expired {
		return
	}
	s.expired = expired
	s.jira.Expire(expired)
	if s.hub.SetTokens("xoxb-oracle"); expired {
		s.hub.SetTokens("another")
		s.slack.Fault(nil, 20, fake.Fault{Kind: fake.BadCredentials})
	}
}

// calm ends everything that goes wrong.
func (s *soaked) calm() {
	s.hub.ClearFaults()
	s.jira.ClearFaults()
	s.slack.ClearFaults()
}

func (s *soaked) requests() int { return len(s.hub.Log()) + len(s.jira.Log()) + len(s.slack.Log()) }

// failed counts the requests that were answered with an error.
func (s *soaked) failed() map[string]int {
	out := map[string]int{}
	for tool, log := range map[string][]fake.Served{"github": s.hub.Log(), "jira": s.jira.Log(), "slack": s.slack.Log()} {
		for _, one := range log {
			if one.Status >= 400 {
				out[tool]++
			}
		}
	}
	return out
}

// A lifetime is a daemon between two restarts: its store and its pollers.
type lifetime struct {
	db      *bolt.DB
	pollers map[string]*connectors.Poller
	end     context.CancelFunc
	wait    sync.WaitGroup
	failed  chan error
}

// open opens a store and makes pollers for it, as the daemon does, but with the
// servers in the same process.
func (s *soaked) open(t *testing.T, dir string) *lifetime {
	t.Helper()
	db, err := bolt.Open(t.Context(), filepath.Join(dir, databaseFile), bolt.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	l := &lifetime{db: db, pollers: map[string]*connectors.Poller{}, failed: make(chan error, 3)}
	servers := map[string]http.Handler{"hub.test": s.hub, "jira.test": s.jira, "slack.test": s.slack}
	types := map[string]func(config.Connector) error{}
	for name, factory := range factories() {
		types[name] = func(section config.Connector) error {
			c, err := factory(connectors.Env{
				Source: section.Name, Log: quietLogger(), Now: time.Now, Transport: inProcess(servers), Observer: connectors.NewMetrics(nil).For(section.Name),
				Resolve: section.Resolve,
				Stored: func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
					return db.Items(ctx, section.Name, prefix)
				},
			}, section.Decode)
			if err == nil {
				l.pollers[section.Name] = connectors.NewPoller(connectors.PollerConfig{
					Source: section.Name, Provider: section.Type, Connector: c, Store: db, Hash: db.Hasher(), Interval: 6 * time.Hour,
				})
			}
			return err
		}
	}
	if err := s.cfg.Connect(types); err != nil {
		t.Fatal(err)
	}
	return l
}

func (s *soaked) start(t *testing.T, dir string) *lifetime {
	t.Helper()
	l := s.open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	l.end = cancel
	s.starts++
	for _, p := range l.pollers {
		l.wait.Go(func() {
			if err := p.Run(ctx); err != nil {
				l.failed <- err
			}
		})
	}
	return l
}

func (l *lifetime) stop(t *testing.T) {
	t.Helper()
	l.end()
	l.wait.Wait()
	close(l.failed)
	for err := range l.failed {
		t.Error(err)
	}
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
}

// hint announces what people just did, as webhooks would: some are lost, some
// come twice.
func (s *soaked) hint(l *lifetime, deeds []*deed, rng *rand.Rand) (told int) {
	for _, d := range deeds {
		id := d.on.id
		switch {
		case id == "" || rng.IntN(10) < 8:
			continue
		case d.on.source == "jira":
			id = strings.TrimPrefix(id, "issue/")
		case d.on.source == "slack":
			_, id, _ = strings.Cut(id, "/")
		}
		for range 1 + rng.IntN(5)/4 {
			l.pollers[d.on.source].Hint([]string{id})
			told++
		}
	}
	return told
}

// pollAll reads every source to its end, as soon as its limits allow.
func (l *lifetime) pollAll(t *testing.T) {
	t.Helper()
	for name, p := range l.pollers {
		for {
			_, err := p.Poll(t.Context())
			if e, ok := errors.AsType[*connectors.Error](err); ok && !e.RetryAt.IsZero() {
				time.Sleep(time.Until(e.RetryAt)) // a limit of the server
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			break
		}
	}
}

// inProcess hands requests to handlers by host, without a network.
type inProcess map[string]http.Handler

func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	r := req.Clone(req.Context())
	r.RequestURI, r.TLS, r.RemoteAddr, r.Host = req.URL.RequestURI(), &tls.ConnectionState{}, "127.0.0.1:1", req.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	w := httptest.NewRecorder()
	p[req.URL.Host].ServeHTTP(w, r)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	res := w.Result()
	res.Request = req
	if n, err := strconv.Atoi(res.Header.Get("Content-Length")); err == nil && w.Body.Len() < n && req.Method != http.MethodHead {
		// The connection broke.
		res.Body = io.NopCloser(io.MultiReader(w.Body, broken{}))
	}
	return res, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
