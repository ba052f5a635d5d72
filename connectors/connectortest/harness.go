package connectortest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// source is the name of the instance under test.
const source = "under-test"

// Limits that keep a broken connector from running for ever.
const (
	maxPages    = 20_000
	maxProblems = 20
	maxFailures = 200
)

// A harness is the state of one check.
type harness struct {
	ctx      context.Context
	subject  Subject
	problems []string
	logf     func(string, ...any)
	logs     *Log
	now      time.Time
	people   map[string]bool // handles and addresses, as they must not be attributes
	private  map[string]bool // texts that must not occur in errors and logs
}

func newHarness(ctx context.Context, s Subject) *harness {
	h := &harness{ctx: ctx, subject: s, logs: &Log{}, now: s.Now, people: map[string]bool{}, private: map[string]bool{}, logf: func(string, ...any) {}}
	if h.now.IsZero() {
		h.now = time.Now()
	}
	for _, p := range s.People {
		h.people[p], h.private[p] = true, true
	}
	return h
}

func (h *harness) problem(format string, args ...any) {
	if len(h.problems) < maxProblems {
		h.problems = append(h.problems, fmt.Sprintf(format, args...))
	}
}

// store returns an empty store, nil after a problem.
func (h *harness) store() Store {
	if h.subject.Store == nil {
		return newMemory()
	}
	s, err := h.subject.Store()
	if err != nil {
		h.problem("make a store: %v", err)
		return nil
	}
	return s
}

// connector makes a connector that knows what is in s, nil after a problem.
func (h *harness) connector(s Store) connectors.Connector {
	c, err := h.subject.New(h.env(s))
	if err != nil {
		h.problem("make the connector: %v", err)
		return nil
	}
	return c
}

// env is what a connector gets from its surroundings.
func (h *harness) env(s Store) connectors.Env {
	return connectors.Env{
		Source:   source,
		Log:      slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:      func() time.Time { return h.now },
		Observer: blind{},
		Stored:   stored(s),
	}
}

type blind struct{}

func (blind) Quota(string, int, int, time.Time) {}

// stored lists the items of a store for a census.
func stored(s Store) func(context.Context, string) iter.Seq2[store.Item, error] {
	return func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
		return func(yield func(store.Item, error) bool) {
			for c, err := range s.Changes(ctx, 0) {
				if err != nil {
					yield(store.Item{}, err)
					return
				}
				if c.Item.Kind != "" && strings.HasPrefix(c.Item.ID, prefix) && !yield(c.Item, nil) {
					return
				}
			}
		}
	}
}

// A step is one page of a run, for checks that look at it.
type step struct {
	before store.Cursor
	batch  store.Batch
}

// fetch asks for one page and checks what holds for each.
func (h *harness) fetch(ctx context.Context, c connectors.Connector, cursor store.Cursor) (store.Batch, error) {
	given := clone(cursor)
	b, err := c.Fetch(ctx, cursor)
	if !equal(given, cursor) {
		h.problem("Fetch changed the cursor it was given")
	}
	if err != nil {
		h.failed(b, err)
		return store.Batch{}, err
	}
	h.wellFormed(b)
	h.quiet("a log record", h.logs.take())
	return b, nil
}

// failed checks a failed fetch.
func (h *harness) failed(b store.Batch, err error) {
	if len(b.Items)+len(b.Events)+len(b.Gone)+len(b.Next) > 0 || !b.Watermark.IsZero() {
		h.problem("a failed fetch returned a batch that is not empty")
	}
	h.quiet("an error", err.Error())
	h.quiet("an error printed with %+v", fmt.Sprintf("%+v", err))
	h.quiet("a log record", h.logs.take())
}

// quiet checks that text holds nothing that must not get out.
func (h *harness) quiet(what, text string) {
	for _, s := range h.subject.Secrets {
		if s != "" && strings.Contains(text, s) {
			h.problem("%s holds a secret", what)
		}
	}
	for p := range h.private {
		if p != "" && strings.Contains(text, p) {
			h.problem("%s names a person: %s", what, text)
		}
	}
}

// run polls until there is no more, applying to s. A failed fetch ends it.
func (h *harness) run(c connectors.Connector, s Store, each func(step) error) error {
	still := 0
	for range maxPages {
		cursor, err := s.Cursor(h.ctx, source)
		if err != nil {
			return fmt.Errorf("read the cursor: %w", err)
		}
		b, err := h.fetch(h.ctx, c, cursor)
		if err != nil {
			return err
		}
		if _, err := s.Apply(h.ctx, source, b); err != nil {
			return fmt.Errorf("apply a page: %w", err)
		}
		if each != nil {
			if err := each(step{before: cursor, batch: b}); err != nil {
				return err
			}
		}
		if !b.More {
			return nil
		}
		if after, err := s.Cursor(h.ctx, source); err != nil || !equal(cursor, after) {
			still = 0
		} else if still++; still > 10 {
			return errors.New("asked for more 10 times without moving the cursor")
		}
	}
	return errors.New("the run does not end")
}

// finish runs to the end through failures, as the poller would.
func (h *harness) finish(c connectors.Connector, s Store) {
	for range maxFailures {
		err := h.run(c, s, nil)
		if err == nil {
			return
		}
		if e, ok := errors.AsType[*connectors.Error](err); ok {
			h.wait(e.RetryAt)
			continue
		}
		h.problem("run: %v", err)
		return
	}
	h.problem("the run still fails after %d fetches", maxFailures)
}

// wait moves the clock on, a minute when nobody says how far.
func (h *harness) wait(until time.Time) {
	if until.IsZero() {
		until = h.now.Add(time.Minute)
	}
	if until.After(h.now.Add(30 * 24 * time.Hour)) {
		h.problem("a failed fetch asks to be repeated at %s, more than 30 days from now", until)
	}
	if until.After(h.now) {
		h.now = until
		if h.subject.Advance != nil {
			h.subject.Advance(until)
		}
	}
}

func clone(c store.Cursor) store.Cursor {
	out := store.Cursor{}
	for k, v := range c {
		out[k] = v
	}
	return out
}

func equal(a, b store.Cursor) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}
