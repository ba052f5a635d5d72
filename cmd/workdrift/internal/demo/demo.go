// Package demo is the built-in made-up organisation: its history, the local
// servers that speak the protocols of GitHub, Jira, Slack and Prometheus for
// it, the clock by which it lives, and the configuration under which Workdrift
// reads it.
package demo

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// weeks is how much history there is when the demo begins.
const weeks = 26

// An Organisation lives by a clock of its own: it stands still until Start, and
// runs fast from then on.
type Organisation struct {
	github  *fake.GitHub
	jira    *fake.Jira
	slack   *fake.Slack
	servers []*fake.Server // in this order

	mu    sync.Mutex // guards story
	story *fake.Story

	begin time.Time
	clock sync.RWMutex // guards started and speed
	since time.Time    // real time of Start, zero before
	speed float64      // seconds of the demo in a second
}

// New builds the history of the 26 weeks before now and serves it on a free
// port of 127.0.0.1. Close must be called. The same seed and Monday give the
// same history.
func New(now time.Time, seed uint64) (*Organisation, error) {
	now = now.UTC().Truncate(time.Second)
	o := &Organisation{story: fake.NewStory(seed, now.AddDate(0, 0, -7*weeks), weeks), begin: now}
	o.story.Next(now)
	o.github = fake.NewGitHub(o.story.World(), fake.Options{Now: o.Now, Private: true, Tokens: []string{Token}})
	o.jira = fake.NewJira(o.story.Site(), fake.JiraOptions{Now: o.Now, Credentials: []fake.JiraCredential{{User: account, Token: Token}}})
	// Slack's limits would make the first minutes a lesson in patience.
	o.slack = fake.NewSlack(o.story.Workspace(), fake.SlackOptions{
		Now: o.Now, Tokens: []string{Token}, NoLimit: true,
		// Those of deploy/slack/manifest.yaml, with the one for profile_fields.
		Scopes: []string{"channels:history", "channels:read", "reactions:read", "users:read", "users:read.email", "users.profile:read"},
	})
	results := fake.NewPrometheus(Token)
	for _, objective := range o.story.Objectives() {
		if objective.Outcome != nil {
			results.Set(objective.Outcome.Query, o.story.Curve(objective.Outcome.Query))
		}
	}
	for _, h := range []http.Handler{o.github, o.jira, o.slack, results} {
		server, err := fake.Listen(h)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start the demo's servers: %w", err), o.Close())
		}
		o.servers = append(o.servers, server)
	}
	return o, nil
}

// Token is what the demo's servers accept. It opens nothing else.
const Token = "xoxb-demo-token"

// account is the Jira account that the token belongs to.
const account = "workdrift@harbourline.example"

// Now is the time in the organisation.
func (o *Organisation) Now() time.Time {
	o.clock.RLock()
	defer o.clock.RUnlock()
	if o.since.IsZero() {
		return o.begin
	}
	return o.begin.Add(time.Duration(float64(time.Since(o.since)) * o.speed)).Truncate(time.Second)
}

// Start lets the clock run, so many seconds in a second.
func (o *Organisation) Start(speed float64) {
	o.clock.Lock()
	defer o.clock.Unlock()
	o.since, o.speed = time.Now(), speed
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
