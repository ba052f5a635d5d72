// Package jira reads issues, their history, comments, worklogs and links from
// Jira Cloud and Jira Data Center.
//
// It uses go-jira for its client, its authentication and its models, and does
// itself what the library gets wrong or cannot do: a search is decoded issue by
// issue, so that an odd one does not hide the rest of its page; answers are
// judged on status, headers and body; histories and worklogs are completed
// where an answer holds a part of them.
//
// Each poll lists what was updated since shortly before the last one, by
// creation. Jira's index may tell late, so every few hours a sweep compares a
// longer time with what is stored, and every night a census counts what is
// there: an issue that is not any more was deleted, moved away or cannot be
// seen. An expired token looks like an empty Jira; nothing is concluded from
// that.
//
// Issues are stored under their numeric ids, which a move does not change, with
// all keys that lead to them: those they had, and those that their projects had
// before they were renamed (see names.go). Unseen says what is not noticed.
// Texts are read for references and words and not kept.
package jira

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A batch is handed over when it holds this many records, when it holds any
// after this many units of work, or after this long.
const (
	fullBatch = 2000
	maxUnits  = 10
	longFetch = 30 * time.Second
)

// longTurn is how long a sweep or a census may keep a source from being polled.
// What is left of a census follows after the next poll.
const longTurn = 10 * time.Minute

// progressEvery is how often the progress of a long round is logged.
const progressEvery = 30 * time.Second

// New makes a connector. The errors of its configuration begin with the key
// that they are about, which is how the reader of the configuration finds its
// position. Its configuration is in config.go.
func New(env connectors.Env, decode func(any) error) (connectors.Connector, error) {
	cfg := defaults()
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	a, err := newAPI(env, &cfg)
	if err != nil {
		return nil, err
	}
	secrets, err := cfg.HookSecrets.Load(env.Resolve)
	if err != nil {
		return nil, err
	}
	return &connector{
		env: env, cfg: cfg, api: a, secrets: secrets, scopes: cfg.scopes(), settings: cfg.settings(),
		scans: map[string]*scan{}, met: map[string]bool{}, asked: map[string]project{}, strange: map[string]int{},
		worklogs: map[string]string{}, filled: map[string]*issue{}, most: chunk,
	}, nil
}

type connector struct {
	env      connectors.Env
	cfg      config
	api      *api
	secrets  []connectors.Secret
	scopes   []scope
	settings string

	home atomic.Pointer[string] // host of what people browse, nil until probed

	mu     sync.Mutex // a server limits requests at once
	site   *site      // nil until probed
	round  *round
	handed store.Cursor // positions of the batch that was returned last
	scans  map[string]*scan
	most   int // whole issues that are asked for at once
	sweep  *sweep
	census *census
	listed int // accounts that the running list of all has told
	form   timeForm
	relist bool            // list projects again, whether due or not
	roster string          // position of the roster that was seen last
	met    map[string]bool // keys of parents that need not be asked for
	names  *directory
	asked  map[string]project // by name; without an ID it cannot be seen
	// strange counts the answers about projects that cannot be read.
	strange map[string]int
	// worklogs are the issues of worklogs that were read lately: the feed of
	// deleted ones tells ids only.
	worklogs map[string]string
	// filled are the complete issues of a page that is not complete.
	filled map[string]*issue
	// told are the parts that issues came with at least once. A server that
	// has switched one off never tells it, and need not be asked per issue.
	told   struct{ comments, worklogs bool }
	logged time.Time
}

// A round does each task once.
type round struct {
	tasks  []task
	failed bool
	err    error     // the failure that says most, returned when everything else is done
	calm   time.Time // when the first task began that needs calm
}

// A task is one part of a round. Its step does one unit of work.
type task struct {
	name string
	step func(context.Context, *fetch) (more bool, err error)
	need need
}

// A need is what must be so for a task to run.
type need int

const (
	always need = iota
	calm        // nothing failed before, and no limit is near
	clean       // everything was read
)

func (t task) skipped(r *round, nearLimit bool) bool {
	return t.need == calm && (r.failed || nearLimit) || t.need == clean && r.err != nil
}

// Fetch implements connectors.Connector.
func (c *connector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.prepare(ctx); err != nil {
		return store.Batch{}, err
	}
	if !c.kept(cursor) {
		c.restart()
	}
	f := newFetch(c, cursor)
	c.plan(f)
	started := c.env.Now()
	for units := 1; len(c.round.tasks) > 0; units++ {
		if err := c.step(ctx, f); err != nil {
			c.restart()
			return store.Batch{}, err
		}
		if f.records() >= fullBatch || units >= maxUnits && !f.isEmpty() || c.env.Now().Sub(started) >= longFetch {
			break
		}
	}
	return c.finish(f)
}

// prepare learns about the server when that was not done yet.
func (c *connector) prepare(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("jira: %w", err)
	}
	if c.site != nil {
		return nil
	}
	s, err := c.probe(ctx)
	if err != nil {
		return connectors.Describe("look at the server", err)
	}
	c.site = s
	if u, err := url.Parse(s.home); err == nil {
		c.home.Store(&u.Host)
	}
	return nil
}

// Sites implements connectors.Linker. People browse where the server says,
// which need not be where its API is.
func (c *connector) Sites() []string {
	var sites []string
	if root, err := c.cfg.root(); err == nil {
		sites = append(sites, root.Host)
	}
	if home := c.home.Load(); home != nil && *home != "" {
		sites = append(sites, *home)
	}
	return sites
}

// restart forgets what is known of a running round and census. What they had
// handed over is in the cursor or was lost.
func (c *connector) restart() { c.round, c.sweep, c.census, c.handed, c.listed = nil, nil, nil, nil, 0 }

// kept reports whether the batch that was returned last was stored. When it
// was not, what the round takes for done is not.
func (c *connector) kept(cursor store.Cursor) bool {
	for key, position := range c.handed {
		if cursor[key] != position {
			return false
		}
	}
	return true
}

// plan makes the tasks of a round.
func (c *connector) plan(f *fetch) {
	if c.round != nil {
		return
	}
	c.round, c.scans, c.met = &round{}, map[string]*scan{}, map[string]bool{}
	add := func(name string, n need, step func(context.Context, *fetch) (bool, error)) {
		c.round.tasks = append(c.round.tasks, task{name: name, step: step, need: n})
	}
	if c.rosterDue(f) {
		add("list projects", always, c.readRoster)
	}
	for _, s := range c.scopes {
		add("read issues", always, func(ctx context.Context, f *fetch) (bool, error) { return c.scan(ctx, f, s) })
	}
	add("read parents", always, c.readAncestors)
	add("catch up", clean, c.caughtUp)
	if len(c.cfg.Groups) > 0 && due(f, streamGroups, c.cfg.CensusInterval) {
		add("read groups", always, c.readGroups)
	}
	if due(f, streamSweep, c.cfg.SweepInterval) && f.position(streamSweep) != "" {
		add("sweep", calm, c.sweepStep)
		add("read parents", calm, c.readAncestors)
	}
	if due(f, streamCensus, c.cfg.CensusInterval) && f.position(streamCensus) != "" {
		add("census", calm, c.censusStep)
		add("read parents", calm, c.readAncestors)
	}
	if due(f, streamAccounts, c.cfg.CensusInterval) && f.position(streamAccounts) != "" {
		add("read accounts", calm, c.accountsStep)
	}
}

// due reports whether an interval has passed since the time of a stream.
func due(f *fetch, stream string, interval connectors.Span) bool {
	p, _ := connectors.DecodePosition[duePos](f.position(stream))
	age := f.c.api.gov.serverNow().Sub(time.Unix(p.At, 0))
	return age >= time.Duration(interval) || age < 0
}

// step does one unit of work of the task whose turn it is. Only an error that
// ends the round is returned.
func (c *connector) step(ctx context.Context, f *fetch) error {
	t := c.round.tasks[0]
	if t.need == calm && c.round.overdue(c.env.Now()) {
		c.round.tasks = nil
		return nil
	}
	if t.skipped(c.round, c.api.gov.nearLimit()) {
		c.round.tasks = c.round.tasks[1:]
		return nil
	}
	more, err := t.step(ctx, f)
	if ctx.Err() != nil {
		return fmt.Errorf("jira: %w", ctx.Err())
	}
	if err == nil {
		if !more {
			c.round.tasks = c.round.tasks[1:]
		}
		f.commit()
		return nil
	}
	f.discard()
	c.round.tasks = c.round.tasks[1:]
	// A project that is lost is for the census to find.
	c.round.failed = c.round.failed || !errors.Is(err, errNotVisible)
	err = connectors.Describe(t.name, err)
	if r := c.round; r.err == nil || rank(err) > rank(r.err) {
		r.err = err
	}
	if reason := connectors.ReasonOf(err); errors.Is(err, errRefused) || reason == connectors.ReasonTimeout || reason == connectors.ReasonNetwork {
		c.round.tasks = nil
	}
	return nil
}

// overdue reports whether tasks that need calm had their turn.
func (r *round) overdue(now time.Time) bool {
	if r.calm.IsZero() || now.Before(r.calm) {
		r.calm = now
	}
	return now.Sub(r.calm) >= longTurn
}

// rank says which of several failures tells most about when to come back.
func rank(err error) int {
	switch connectors.ReasonOf(err) {
	case connectors.ReasonAuth:
		return 2
	case connectors.ReasonRateLimited:
		return 1
	}
	return 0
}

// caughtUp runs when every scope and its parents are read: up to the oldest
// start of a scan everything is known. Clocks start here that run from the
// first backfill.
func (c *connector) caughtUp(_ context.Context, f *fetch) (bool, error) {
	oldest := int64(0)
	for _, s := range c.scopes {
		p, _ := connectors.DecodePosition[scanPos](f.position(s.key()))
		if oldest == 0 || p.Since < oldest {
			oldest = p.Since
		}
	}
	if oldest > 0 {
		f.batch.Watermark = time.UnixMilli(oldest).Add(-time.Duration(c.cfg.Overlap)).UTC().Truncate(time.Second)
	}
	now := c.api.gov.serverNow()
	if f.position(streamSweep) == "" {
		p := sweepPos{At: now.Unix(), Updated: now.UnixMilli(), Deleted: now.UnixMilli()}
		if err := f.move(streamSweep, p); err != nil {
			return false, err
		}
	}
	for _, stream := range []string{streamCensus, streamAccounts} {
		if f.position(stream) == "" {
			if err := f.move(stream, duePos{At: now.Unix()}); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// finish makes the batch, and ends the round when nothing is left of it.
func (c *connector) finish(f *fetch) (store.Batch, error) {
	r := c.round
	b := f.batch
	left := len(r.tasks) > 0
	if !left && r.err != nil && f.isEmpty() {
		c.round = nil
		return store.Batch{}, r.err
	}
	b.More = left || r.err != nil // an error comes with the next call, after this is kept
	switch count, _ := strconv.Atoi(f.position(streamRound)); {
	case len(f.next) == 0 && (b.More || !f.isEmpty()):
		// It must be seen whether the batch was kept, and that the round moves.
		f.next[streamRound] = strconv.Itoa(count + 1)
	case !b.More && count > 0:
		f.next[streamRound] = ""
	}
	if len(f.next) > 0 {
		b.Next = f.next
	}
	c.handed = f.next
	if left {
		b.Backlog = c.backlog()
		c.progress(b.Backlog)
	}
	if !b.More {
		c.round = nil
	}
	return b, nil
}

// backlog estimates the pages that are left.
func (c *connector) backlog() int {
	left := len(c.round.tasks)
	for _, s := range c.scans {
		if !s.search.done && s.estimate > s.search.pages {
			left += s.estimate - s.search.pages
		}
	}
	return left
}

func (c *connector) progress(backlog int) {
	now := c.env.Now()
	if c.logged.IsZero() || now.Before(c.logged) {
		c.logged = now
	}
	if now.Sub(c.logged) < progressEvery {
		return
	}
	c.logged = now
	c.env.Log.Info("reading", "source", c.env.Source, "pages_left", backlog)
}
