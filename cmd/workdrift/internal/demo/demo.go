// Package demo is the built-in made-up organisation: its history, the local
// servers that speak the protocols of GitHub, Jira, Slack and Prometheus for
// it, the clock by which it lives, and the configuration under which Workdrift
// reads it.
package demo

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// weeks is how much history there is when the demo begins.
const weeks = 26

// An Organisation lives by a clock of its own: it stands still until Start, and
// runs fast from then on.
type Organisation struct {
	github    *fake.GitHub
	jira      *fake.Jira
	slack     *fake.Slack
	servers   []*fake.Server // in this order
	portfolio string         // the channel that gets the brief

	mu    sync.Mutex // guards story
	story *fake.Story

	begin time.Time    // time of the demo at since
	clock sync.RWMutex // guards begin, since and speed
	since time.Time    // real time of the last Start, zero before
	speed float64      // seconds of the demo in a second

	down sync.Map // names of servers that answer nothing but errors
}

// New builds the history of the 26 weeks before now and serves it on a free
// port of 127.0.0.1. Close must be called. The same seed and Monday give the
// same history.
func New(now time.Time, seed uint64) (*Organisation, error) { return lived(now, 0, seed) }

// NewWatched is New as of four weeks earlier, when Workdrift came to the
// organisation. PassTo brings it to now.
func NewWatched(now time.Time, seed uint64) (*Organisation, error) {
	return lived(now, 4*7*24*time.Hour, seed)
}

// lived builds the organisation as of some time before its 26 weeks are over.
func lived(now time.Time, before time.Duration, seed uint64) (*Organisation, error) {
	now = now.UTC().Truncate(time.Second)
	begin := now.Add(-before)
	o := &Organisation{story: fake.NewStory(seed, now.AddDate(0, 0, -7*weeks), 0), begin: begin}
	o.story.Next(begin)
	o.github = fake.NewGitHub(o.story.World(), fake.Options{Now: o.Now, Private: true, Tokens: []string{Token}})
	o.jira = fake.NewJira(o.story.Site(), fake.JiraOptions{Now: o.Now, Credentials: []fake.JiraCredential{{User: account, Token: Token}}})
	// Slack's limits would make the first minutes a lesson in patience.
	o.slack = fake.NewSlack(o.story.Workspace(), fake.SlackOptions{
		Now: o.Now, Tokens: []string{Token}, NoLimit: true,
		// Those of deploy/slack/manifest.yaml, with the one for profile_fields and
		// those for the brief.
		Scopes: []string{"channels:history", "channels:read", "reactions:read", "users:read", "users:read.email", "users.profile:read",
			"chat:write", "metadata.message:read"},
	})
	o.portfolio = o.story.Workspace().AddChannel(now, fake.ChannelSpec{Name: "portfolio", Bot: true})
	results := fake.NewPrometheus(Token)
	for _, objective := range o.story.Objectives() {
		if objective.Outcome != nil {
			results.Set(objective.Outcome.Query, o.story.Curve(objective.Outcome.Query))
		}
	}
	for i, h := range []http.Handler{o.github, o.jira, o.slack, results} {
		server, err := fake.Listen(o.breakable(serverNames[i], h))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start the demo's servers: %w", err), o.Close())
		}
		o.servers = append(o.servers, server)
	}
	return o, nil
}

// serverNames are the names of the organisation's servers, in their order; also
// those of the connectors in its configuration.
var serverNames = [...]string{"github", "jira", "slack", "results"}

// breakable serves what a handler does unless the server is down.
func (o *Organisation) breakable(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, down := o.down.Load(name); down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Break lets one of the servers github, jira, slack and results answer nothing
// but errors, or mends it.
func (o *Organisation) Break(name string, down bool) error {
	if !slices.Contains(serverNames[:], name) {
		return fmt.Errorf("the organisation has no server %q, only %q", name, serverNames)
	}
	if down {
		o.down.Store(name, true)
	} else {
		o.down.Delete(name)
	}
	return nil
}

// Token is what the demo's servers accept. It opens nothing else.
const Token = "xoxb-demo-token"

// account is the Jira account that the token belongs to.
const account = "workdrift@harbourline.example"

// Now is the time in the organisation.
func (o *Organisation) Now() time.Time {
	o.clock.RLock()
	defer o.clock.RUnlock()
	return o.now()
}

func (o *Organisation) now() time.Time {
	if o.since.IsZero() {
		return o.begin
	}
	return o.begin.Add(time.Duration(float64(time.Since(o.since)) * o.speed)).Truncate(time.Second)
}

// Start lets the clock run, so many seconds in a second. It may be called again
// with another speed.
func (o *Organisation) Start(speed float64) {
	o.clock.Lock()
	defer o.clock.Unlock()
	o.begin, o.since, o.speed = o.now(), time.Now(), speed
}

// PassTo sets the clock, which stands still, to a later time and lets everything
// happen until then.
func (o *Organisation) PassTo(now time.Time) {
	o.clock.Lock()
	o.begin = now.UTC().Truncate(time.Second)
	o.clock.Unlock()
	o.Advance()
}

// Advance lets everything happen that is due, and returns how many events that
// were.
func (o *Organisation) Advance() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.story.Next(o.Now())
}

// CourseCorrected tells the organisation to go back to its strategy, or to
// drift again.
func (o *Organisation) CourseCorrected(corrected bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.story.CourseCorrected(corrected)
}

// GitHub, Jira, Slack and Prometheus are where the organisation's servers
// answer.
func (o *Organisation) GitHub() string     { return o.servers[0].URL }
func (o *Organisation) Jira() string       { return o.servers[1].URL }
func (o *Organisation) Slack() string      { return o.servers[2].URL }
func (o *Organisation) Prometheus() string { return o.servers[3].URL }

// Served is the log of what each server answered, by "github", "jira" and
// "slack": the oracle of tests.
func (o *Organisation) Served() map[string][]fake.Served {
	return map[string][]fake.Served{"github": o.github.Log(), "jira": o.jira.Log(), "slack": o.slack.Log()}
}

// Trespasses lists what was read on Slack that nobody allowed.
func (o *Organisation) Trespasses() []string { return o.slack.Trespasses() }

// Truth returns the person-days that the organisation spent between two days
// by what they were meant for.
func (o *Organisation) Truth(from, to time.Time) map[fake.Focus]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.story.Days(from, to)
}

// Close stops the servers.
func (o *Organisation) Close() error {
	var errs []error
	for _, s := range o.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
