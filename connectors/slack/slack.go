// Package slack reads threads, check-ins and accounts from one Slack
// workspace, as an internal app whose manifest is in deploy/slack.
//
// It uses slack-go for its client, its requests and their signing, and judges
// and decodes the answers itself, message by message: one malformed message is
// set aside and the rest of its page is kept.
//
// Only channels that the bot was invited to and that the configuration selects
// are read, private ones only when they are named, and direct messages never:
// they are not even asked for.
//
// A channel is read in windows, from the newest message down (see position.go),
// which is what Slack offers; a window counts when it is complete. Replies,
// edits, deletions and reactions change old messages without a trace in what is
// new, so every hour the last days are read again, and a thread costs a request
// only when its first message shows that it moved. Edits of replies do not show
// there: a thread is therefore read once more a day after its last reply, and a
// webhook delivers them at once. Of older threads only new replies are looked
// for, once a day (see late.go), and Unseen says what is not noticed.
//
// No text of a message leaves the package: links, counts of words and check-ins
// are taken out of it, and the rest is forgotten.
package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
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

// progressEvery is how often the progress of a long round is logged.
const progressEvery = 30 * time.Second

// New makes a connector. The errors of its configuration begin with the key
// that they are about. Its configuration is in config.go.
func New(env connectors.Env, decode func(any) error) (connectors.Connector, error) {
	cfg := defaults()
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	secrets, err := cfg.Load(env.Resolve)
	if err != nil {
		return nil, err
	}
	api, err := newAPI(env, &cfg)
	if err != nil {
		return nil, err
	}
	c := &connector{
		env: env, cfg: cfg, api: api, secrets: secrets,
		turn: make(chan struct{}, 1), partial: map[string]*partial{}, hinted: map[string]stamp{}, read: map[string]time.Time{}, people: newPeople(),
	}
	c.norm = normaliser{
		source: env.Source, hosts: cfg.GitHubHosts, prompt: cfg.CheckinPrompt,
		ratios: reactionRatios(cfg.CheckinReactions), emoji: cfg.Reactions,
		checksIn: func(id, name string) bool { return matchAny(cfg.CheckinChannels, id, name) },
		met:      c.people.meet,
	}
	c.norm.settings = fmt.Sprint(cfg.CheckinPrompt, c.norm.ratios, cfg.GitHubHosts, cfg.Reactions)
	c.turn <- struct{}{}
	return c, nil
}

type connector struct {
	env     connectors.Env
	cfg     config
	api     *api
	secrets []connectors.Secret
	relist  atomic.Bool                           // list channels again, whether due or not
	heard   atomic.Pointer[map[string]channelPos] // scope, for deliveries

	// What follows belongs to whoever holds the token in turn: requests are
	// sent one by one.
	turn    chan struct{}
	round   *round
	handed  store.Cursor // positions of the batch that was returned last
	norm    normaliser
	scope   map[string]channelPos // channels that are read, nil before they were listed
	partial map[string]*partial   // threads that take more than one page, by item
	hinted  map[string]stamp      // threads that deliveries had read again, by item, until a poll comes by
	read    map[string]time.Time  // when a channel was last read, by our clock
	people  *people
	logged  time.Time
}

// Sites implements connectors.Linker. Each workspace has a name of its own.
func (c *connector) Sites() []string {
	root, err := url.Parse(c.cfg.BaseURL)
	if err != nil {
		return nil // New has refused it
	}
	return []string{root.Host, "*." + root.Host}
}

// acquire waits for the connector's turn.
func (c *connector) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	select {
	case <-c.turn:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("slack: %w", ctx.Err())
	}
}

func (c *connector) release() { c.turn <- struct{}{} }

// Fetch implements connectors.Connector. A round that met errors returns them
// when everything else was read, so that one broken channel does not stop the
// others. A round that the limits interrupt goes on where it was.
func (c *connector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	if err := c.acquire(ctx); err != nil {
		return store.Batch{}, err
	}
	defer c.release()
	if !c.kept(cursor) {
		// What was taken for done is not, and who was told about may not be kept.
		c.round, c.partial = nil, map[string]*partial{}
		c.people.retell()
	}
	if c.round == nil {
		c.round = newRound()
	}
	f := newFetch(c, cursor)
	if err := c.plan(ctx, f); err != nil {
		c.round = nil
		return store.Batch{}, err
	}
	started := c.env.Now()
	for units := 1; c.hasWork(f); units++ {
		if err := c.step(ctx, f); err != nil {
			c.round = nil
			return store.Batch{}, err
		}
		if f.records() >= fullBatch || units >= maxUnits && f.records() > 0 || c.env.Now().Sub(started) >= longFetch {
			break
		}
	}
	if c.api.gov.notice() {
		c.env.Log.Warn("Slack limits this app to one request a minute with 15 messages, as apps that are distributed commercially; an internal app is not limited so",
			"source", c.env.Source)
	}
	return c.finish(f)
}

// kept reports whether the batch that was returned last was stored.
func (c *connector) kept(cursor store.Cursor) bool {
	for key, position := range c.handed {
		if cursor[key] != position {
			return false
		}
	}
	return true
}

// plan learns whose token it is, lists channels where that is due and makes the
// round's tasks.
func (c *connector) plan(ctx context.Context, f *fetch) error {
	if c.round.planned {
		return nil
	}
	if err := f.readTeam(ctx); err != nil {
		return err
	}
	if f.rosterDue() || c.relist.Swap(false) {
		if err := f.readRoster(ctx); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("slack: %w", ctx.Err())
			}
			c.relist.Store(true)
			if f.position(rosterKey) == "" || errors.Is(err, errRefused) {
				return err
			}
			c.fail(err)
		}
	}
	c.round.planned = true
	c.planTasks(f)
	return nil
}

// hasWork reports whether a task is left, and adds the one that comes last.
func (c *connector) hasWork(f *fetch) bool {
	r := c.round
	if len(r.tasks) == 0 && len(r.waiting) == 0 && !r.people {
		r.people = true
		if f.peopleDue() {
			r.tasks = append(r.tasks, peopleTask)
		}
	}
	return len(r.tasks) > 0
}

// step does one unit of work of the channel whose turn it is. An error ends the
// round.
func (c *connector) step(ctx context.Context, f *fetch) error {
	r := c.round
	t := r.tasks[0]
	r.tasks = r.tasks[1:]
	more, err := f.work(ctx, t)
	if ctx.Err() != nil {
		return fmt.Errorf("slack: %w", ctx.Err())
	}
	if err == nil {
		r.inARow = 0
		f.batch.Pages++
		if more {
			r.tasks = append(r.tasks, t)
		}
		return nil
	}
	if connectors.ReasonOf(err) == connectors.ReasonRateLimited {
		if t != peopleTask { // for accounts the next round does, and no message waits
			r.wait(t, err)
		}
		return nil
	}
	if errors.Is(err, errLost) {
		c.relist.Store(true)
	}
	c.fail(err)
	if more {
		r.tasks = append(r.tasks, t)
	}
	if r.inARow++; errors.Is(err, errRefused) || r.inARow >= outage {
		r.tasks, r.people = nil, true
	}
	return nil
}

func (c *connector) fail(err error) {
	c.env.Log.Warn("cannot read, going on with the rest", "source", c.env.Source, "error", err)
	c.round.fail(err)
}

// finish makes the batch, and ends the round when nothing is left of it.
func (c *connector) finish(f *fetch) (store.Batch, error) {
	r := c.round
	if err := f.encode(); err != nil {
		return store.Batch{}, err
	}
	f.introduce()
	r.fetches++
	idle := f.records() == 0 && len(f.next) == 0
	b := f.batch
	b.More = c.hasWork(f)
	switch {
	case b.More:
	case len(r.waiting) > 0 && !idle, r.err != nil && !idle:
		b.More = true // the error comes with the next call, after this is kept
	case len(r.waiting) > 0:
		return store.Batch{}, r.resume()
	case r.err != nil:
		c.round = nil
		return store.Batch{}, r.err
	}
	if b.More && len(f.next) == 0 {
		f.next[roundKey] = strconv.Itoa(r.fetches)
	} else if !b.More && f.position(roundKey) != "" {
		f.next[roundKey] = ""
	}
	if len(f.next) > 0 {
		b.Next = f.next
	}
	c.handed = f.next
	b.Backlog = c.backlog(f)
	if c.api.gov.isCommercial() {
		b.Pages = 1 // the one of each method that a minute allows
	}
	if b.More {
		c.progress(b.Backlog)
		return b, nil
	}
	b.Watermark = c.watermark(f)
	c.round = nil
	return b, nil
}

// watermark is when the channel that was looked back on longest ago was. New
// messages are read more often, but a reply to an old one may be missing since.
func (c *connector) watermark(f *fetch) time.Time {
	at := c.api.gov.serverNow().Unix()
	for id := range c.scope {
		if h := f.desk(id).history; !h.Final {
			at = min(at, h.Swept)
		}
	}
	return time.Unix(at, 0).UTC().Add(-time.Duration(c.cfg.Overlap))
}

// backlog estimates the requests that are left: for each window from how much
// of its time was covered with how many pages, and the pages of each thread. At
// one request a minute both go on side by side, since the limit is each
// method's own.
func (c *connector) backlog(f *fetch) int {
	pages, threads, size := 0, 0, c.api.gov.limit(c.cfg.PageSize)
	for _, list := range [][]string{c.round.tasks, c.round.waiting} {
		for _, id := range list {
			if id == peopleTask {
				pages++
				continue
			}
			d := f.desk(id)
			for _, t := range d.threads.Todo {
				threads += 1 + max(t.Replies, 0)/size
			}
			pages += d.history.pagesLeft(stamp(d.Created)*1e6, c.round.done[id])
		}
	}
	if c.api.gov.isCommercial() {
		return max(pages, threads)
	}
	return pages + threads
}

// pagesLeft takes it that people talked as much before as in what was read,
// since the channel was created.
func (h historyPos) pagesLeft(created stamp, done bool) int {
	w := h.Window
	switch {
	case w == nil && done:
		return 0
	case w == nil || w.Before == 0:
		return 1
	}
	covered, left := w.Newest-w.Before, w.Before-max(w.Low, created)
	if covered <= 0 {
		return 1
	}
	return max(1, int(float64(w.Pages)*float64(left)/float64(covered)))
}

// progress tells how long it will take where the limits decide that.
func (c *connector) progress(backlog int) {
	now := c.env.Now()
	if c.logged.IsZero() || now.Before(c.logged) {
		c.logged = now
	}
	if now.Sub(c.logged) < progressEvery {
		return
	}
	c.logged = now
	attrs := []any{"source", c.env.Source, "channels", len(c.round.tasks) + len(c.round.waiting), "pages_left", backlog}
	if c.api.gov.isCommercial() {
		attrs = append(attrs, "about", time.Duration(backlog)*commercialGap)
	}
	c.env.Log.Info("reading", attrs...)
}
