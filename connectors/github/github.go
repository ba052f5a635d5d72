// Package github reads issues, pull requests, comments, reviews and the
// commits of default branches from GitHub and GitHub Enterprise Server.
//
// It uses go-github for its client, its requests and its App tokens, and does
// itself what the library gets wrong or cannot do: lists are paged by the raw
// links and by update time, answers are judged on status, headers and body,
// requests are conditional, and a page counts as read only when all of it was
// understood.
//
// Each repository has its own streams with their own positions in the cursor
// (see position.go), which is all that is needed to go on: what is kept in
// memory besides only saves requests. A Fetch does some units of work, mostly
// one page each, and takes turns between the repositories.
//
// A pull request is listed among the issues; its detail, commits, reviews and
// files are read twenty at a time by GraphQL, or one by one by REST where
// GraphQL cannot be used. GraphQL alone tells the zone of commit dates.
package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A batch is handed over when it holds this many records, when it holds any
// after this many units of work, or after this long.
const (
	fullBatch = 1000
	maxUnits  = 25
	longFetch = 30 * time.Second
)

// outage is how many units in a row must fail before the rest of the round is
// left for later.
const outage = 5

// roundKey is where the cursor counts the fetches of a long idle round.
const roundKey = "round"

// progressEvery is how often the progress of a long round is logged.
const progressEvery = 30 * time.Second

// New makes a connector. The errors of its configuration begin with the key
// that they are about, which is how the reader of the configuration finds its
// position. Its configuration is in config.go; a GitHub that is
// not configured otherwise is api.github.com.
func New(env connectors.Env, decode func(any) error) (connectors.Connector, error) {
	cfg := defaults()
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	api, err := newAPI(env, &cfg)
	if err != nil {
		return nil, err
	}
	secrets, err := cfg.HookSecrets.Load(env.Resolve)
	if err != nil {
		return nil, err
	}
	return &connector{
		env: env, cfg: cfg, api: api, scopes: cfg.scopes(), secrets: secrets,
		authors: authors{}, walks: map[int64]*walk{}, censuses: map[int64]*census{},
		batch: changeBatch,
	}, nil
}

type connector struct {
	env    connectors.Env
	cfg    config
	api    *api
	scopes []scope

	secrets    []connectors.Secret // of deliveries
	rosterHint atomic.Bool         // a delivery was about repositories or teams as such

	mu       sync.Mutex // Fetch is serial: GitHub wants requests one by one
	round    *round
	relist   bool // list repositories again, whether due or not
	authors  authors
	walks    map[int64]*walk
	censuses map[int64]*census
	batch    int       // changes to ask GraphQL for at once
	noGraph  time.Time // when the server refused a query
	warned   bool      // of a quota that looks anonymous
	logged   time.Time
	seen     store.Cursor // what the last Fetch knew, for Refetch
}

// Sites implements connectors.Linker. Where the API has a name of its own,
// people look at what is next to it.
func (c *connector) Sites() []string {
	rest, _, err := c.cfg.endpoints()
	if err != nil {
		return nil // New has refused it
	}
	return []string{strings.TrimPrefix(rest.Host, "api.")}
}

// Fetch implements connectors.Connector. A round that met errors returns them
// when everything else was read, so that one broken repository does not stop
// the others.
func (c *connector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Batch{}, fmt.Errorf("github: %w", err)
	}
	if c.round == nil || !c.round.kept(cursor) {
		c.round, c.censuses = newRound(), map[int64]*census{}
		clear(c.api.told)
	}
	f := newFetch(c, cursor)
	if err := c.plan(ctx, f); err != nil {
		c.round = nil
		return store.Batch{}, err
	}
	started := c.env.Now()
	for units := 1; len(c.round.tasks) > 0; units++ {
		if err := c.step(ctx, f); err != nil {
			c.round = nil
			return store.Batch{}, err
		}
		if f.records() >= fullBatch || units >= maxUnits && !f.isEmpty() || c.env.Now().Sub(started) >= longFetch {
			break
		}
	}
	c.warnAnonymous()
	c.remember(f)
	return c.finish(f)
}

// step does one unit of work of the repository whose turn it is. An error ends
// the round.
func (c *connector) step(ctx context.Context, f *fetch) error {
	t := c.round.tasks[0]
	c.round.tasks = c.round.tasks[1:]
	more, err := t.step(ctx, f)
	if ctx.Err() != nil {
		return fmt.Errorf("github: %w", ctx.Err())
	}
	if more {
		c.round.tasks = append(c.round.tasks, t)
	}
	if err == nil {
		c.round.inARow = 0
		f.commit()
		return nil
	}
	f.discard()
	c.fail(err)
	if c.round.inARow++; errors.Is(err, errRefused) || c.round.inARow >= outage && connectors.ReasonOf(err) != connectors.ReasonRateLimited {
		c.round.tasks = nil
	}
	return nil
}

func (c *connector) fail(err error) {
	if connectors.ReasonOf(err) != connectors.ReasonRateLimited {
		c.env.Log.Warn("cannot read, going on with the rest", "source", c.env.Source, "error", err)
	}
	c.round.fail(err)
}

// plan lists repositories where that is due and makes the round's tasks.
func (c *connector) plan(ctx context.Context, f *fetch) error {
	if c.round.planned {
		return nil
	}
	c.round.planned = true
	hinted := c.rosterHint.Swap(false)
	c.relist = hinted || c.relist
	listed, failed := false, false
	for _, s := range c.scopes {
		if !f.due(s) {
			continue
		}
		err := f.readRoster(ctx, s)
		if ctx.Err() != nil {
			return fmt.Errorf("github: %w", ctx.Err())
		}
		if err != nil {
			f.discard()
			failed = true
			c.fail(connectors.Describe("list repositories", err))
			continue
		}
		listed = true
		f.commit()
	}
	if !failed {
		c.relist = false
	}
	if listed && !failed {
		if err := f.vanish(ctx); err != nil {
			f.discard()
			c.fail(err)
		}
		f.commit()
	}
	c.planTasks(f)
	return c.planTeams(ctx, f, hinted)
}

// planTasks makes a task of every repository that is listed and selected.
func (c *connector) planTasks(f *fetch) {
	listed := f.listed()
	for _, r := range f.repositories() {
		if listed[r.id] && !r.Skip {
			c.round.tasks = append(c.round.tasks, newTask(r.id))
		}
	}
}

// listed are the repositories that a scope lists, selected or not.
func (f *fetch) listed() map[int64]bool {
	listed := map[int64]bool{}
	for _, s := range f.c.scopes {
		p, _ := connectors.DecodePosition[rosterPos](f.position(s.key))
		for _, id := range p.ids() {
			listed[id] = true
		}
	}
	return listed
}

// finish makes the batch, and ends the round when nothing is left of it.
func (c *connector) finish(f *fetch) (store.Batch, error) {
	r := c.round
	r.fetches++
	b := f.batch
	b.More = len(r.tasks) > 0
	if b.More && f.isEmpty() {
		// Nothing changed so far, but a round over many repositories must be
		// seen to move on.
		f.next[roundKey] = strconv.Itoa(r.fetches)
	} else if !b.More && f.position(roundKey) != "" {
		f.next[roundKey] = ""
	}
	if len(f.next) > 0 {
		b.Next = f.next
	}
	r.handed = f.next
	b.Backlog = c.backlog(f)
	if b.More {
		c.progress(b.Backlog, len(r.tasks))
		return b, nil
	}
	switch {
	case r.err != nil && !f.isEmpty():
		b.More = true // the error comes with the next call, after this is kept
		return b, nil
	case r.err != nil:
		c.round = nil
		return store.Batch{}, r.err
	}
	if !r.began.IsZero() {
		b.Watermark = r.began.Add(-time.Duration(c.cfg.Overlap)).UTC().Truncate(time.Second)
	}
	c.round = nil
	return b, nil
}

// backlog estimates the pages that are left: from how much of its time a list
// has covered with how many pages, and one for every stream not begun.
func (c *connector) backlog(f *fetch) int {
	now := c.api.gov.serverNow().Unix()
	total := 0
	for _, t := range c.round.tasks {
		for _, s := range turns {
			if !t.done[s] {
				total += 1 + t.count(f, s, func(raw string) int { return pagesLeft(raw, now) })
			}
		}
		total += (t.waiting(f) + changeBatch - 1) / changeBatch
	}
	return total
}

func pagesLeft(raw string, now int64) int {
	p, ok := connectors.DecodePosition[listPos](raw)
	covered := p.Since - p.From
	if !ok || p.Done || covered <= 0 || now <= p.Since {
		return 0
	}
	return int(float64(p.Pages) * float64(now-p.Since) / float64(covered))
}

func (c *connector) progress(backlog, repositories int) {
	now := c.env.Now()
	if c.logged.IsZero() || now.Before(c.logged) {
		c.logged = now
	}
	if now.Sub(c.logged) < progressEvery {
		return
	}
	c.logged = now
	c.env.Log.Info("reading", "source", c.env.Source, "repositories", repositories, "pages_left", backlog)
}

// warnAnonymous tells once that a credential is there but does not count.
func (c *connector) warnAnonymous() {
	if !c.warned && c.api.signed() && c.api.gov.limit(resourceCore) == 60 {
		c.warned = true
		c.env.Log.Warn("the quota is that of requests without a credential: the token may be wrong", "source", c.env.Source)
	}
}

// graphQL reports whether changes are read by GraphQL, which wants a credential.
func (c *connector) graphQL() bool {
	if !c.api.signed() {
		return false
	}
	age := c.env.Now().Sub(c.noGraph)
	return age < 0 || age >= graphPause
}

func (c *connector) giveUpGraphQL(err error) {
	c.noGraph = c.env.Now()
	c.env.Log.Warn("reading pull requests by REST for a while", "source", c.env.Source, "for", graphPause, "error", err)
}

func (c *connector) batchSize() int { return c.batch }

func (c *connector) halveBatch(size int) { c.batch = max(1, size/2) }

func (c *connector) growBatch() { c.batch = min(changeBatch, c.batch+1) }

// listsOwner reports whether everything of an owner is configured.
func (c *connector) listsOwner(name string) bool {
	return slices.ContainsFunc(slices.Concat(c.cfg.Organizations, c.cfg.Users), func(o string) bool { return strings.EqualFold(o, name) })
}
