// Package demo is the built-in made-up organisation: its history, the local
// server that speaks GitHub's protocol for it, the clock by which it lives, and
// the configuration under which Workdrift reads it.
package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// weeks is how much history there is when the demo begins.
const weeks = 26

// An Organisation lives by a clock of its own: it stands still until Start, and
// runs fast from then on.
type Organisation struct {
	github *fake.GitHub
	server *fake.Server

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
	server, err := fake.Listen(o.github)
	if err != nil {
		return nil, fmt.Errorf("start the demo's GitHub: %w", err)
	}
	o.server = server
	return o, nil
}

// Token is what the demo's server accepts. It opens nothing else.
const Token = "demo-token"

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

// URL is where the organisation's GitHub answers.
func (o *Organisation) URL() string { return o.server.URL }

// Served is the log of what the server answered: the oracle of tests.
func (o *Organisation) Served() []fake.Served { return o.github.Log() }

// Truth returns the person-days that the organisation spent between two days
// by what they were meant for.
func (o *Organisation) Truth(from, to time.Time) map[fake.Focus]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.story.Days(from, to)
}

// Close stops the server.
func (o *Organisation) Close() error { return o.server.Close() }
