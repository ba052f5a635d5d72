package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/workdrift/workdrift/store"
)

// How hints are read. They are gathered for a moment, because one action of a
// person makes a source send several deliveries at once, and because what a
// source announces its API may show a little later.
const (
	hintDelay    = time.Second
	hintGap      = 10 * time.Second // least time between two fetches of one object
	hintBatch    = 50               // objects read at once
	maxHints     = 1000             // dirty objects; above, a poll is cheaper
	maxHintTries = 5                // failed reads after which an object is left to the polls
	// The budget of a connector: at most 1,000 objects in any hour. GitHub, the
	// dearest, wants some four requests for one and gives 5,000 an hour, which
	// polls need too.
	hintEvery = 4 * time.Second
	hintBurst = 100
)

// A hint is an object that is to be read again.
type hint struct {
	object string
	due    time.Time
	tries  int // failed reads
}

// hints are the dirty objects of a source. They live in memory only: what is
// lost with the process the next poll finds.
type hints struct {
	mu      sync.Mutex
	dirty   map[string]hint
	fetched map[string]time.Time // within the last hintGap
	budget  *rate.Limiter        // of objects
	wake    chan struct{}        // holds a token when there is something new
}

func newHints() *hints {
	return &hints{
		dirty: map[string]hint{}, fetched: map[string]time.Time{},
		budget: rate.NewLimiter(rate.Every(hintEvery), hintBurst), wake: make(chan struct{}, 1),
	}
}

// add marks objects as dirty. It returns false when they are too many, or not
// fit to be remembered: then none is dirty any more and a poll is needed.
func (h *hints) add(now time.Time, objects []string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range objects {
		if _, ok := h.dirty[o]; ok {
			continue
		}
		if !isName(o) || len(h.dirty) == maxHints {
			clear(h.dirty)
			return false
		}
		h.dirty[o] = hint{object: o, due: h.earliest(o, now)}
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return true
}

// earliest is when an object that is dirty now may be read.
func (h *hints) earliest(object string, now time.Time) time.Time {
	due := now.Add(hintDelay)
	if last, ok := h.fetched[object]; ok && last.Add(hintGap).After(due) {
		due = last.Add(hintGap)
	}
	return due
}

// next returns when the first dirty object may be read, and whether there is
// any.
func (h *hints) next(now time.Time) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var first time.Time
	for _, d := range h.dirty {
		if first.IsZero() || d.due.Before(first) {
			first = d.due
		}
	}
	if missing := 1 - h.budget.TokensAt(now); missing > 0 {
		paid := now.Add(time.Duration(missing*float64(hintEvery)) + time.Millisecond)
		if paid.After(first) {
			first = paid
		}
	}
	return first, len(h.dirty) > 0
}

// take returns the objects that are to be read now, those first that have
// waited longest. An object that failed before is taken alone, so that it does
// not take others down with it.
func (h *hints) take(now time.Time) []hint {
	h.mu.Lock()
	defer h.mu.Unlock()
	var due []hint
	for _, d := range h.dirty {
		if !d.due.After(now) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b hint) int {
		return cmp.Or(cmp.Compare(min(a.tries, 1), min(b.tries, 1)), a.due.Compare(b.due), cmp.Compare(a.object, b.object))
	})
	n, limit := 0, min(len(due), hintBatch, int(h.budget.TokensAt(now)))
	for n < limit && (n == 0 || due[n].tries == 0) {
		n++
	}
	h.budget.AllowN(now, n)
	for o, at := range h.fetched {
		if !at.Add(hintGap).After(now) {
			delete(h.fetched, o)
		}
	}
	for _, d := range due[:n] {
		delete(h.dirty, d.object)
		h.fetched[d.object] = now
	}
	return due[:n]
}

// putBack marks objects as dirty again whose reading failed. When that counts
// against them, those that failed too often are left out, and their number is
// returned.
func (h *hints) putBack(now time.Time, failed []hint, counts bool) (dropped int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range failed {
		if counts {
			d.tries++
		}
		if d.tries >= maxHintTries || len(h.dirty) == maxHints {
			dropped++
			continue
		}
		d.due = h.earliest(d.object, now)
		h.dirty[d.object] = d
	}
	return dropped
}

// Hint says that objects changed at the source, as a delivery named them. They
// are read again soon, each once in ten seconds at most and all together within
// a budget, between two polls: a running poll is on its way to the same state, and a first backfill needs the
// quota, so hints wait for its end. Nothing is read while the source asked for
// quiet or after a failure.
//
// Without objects, with more of them than are worth remembering, and when the
// connector cannot read single objects, Hint is a Nudge. It never blocks.
func (p *Poller) Hint(objects []string) {
	if p.receiver == nil || len(objects) == 0 || !p.hints.add(time.Now(), objects) {
		p.Nudge()
	}
}

// refetch reads dirty objects that are due, one batch. It returns the pause
// that a failure asks for, nil when there was none. The caller holds polling.
func (p *Poller) refetch(ctx context.Context) (*pause, error) {
	taken := p.hints.take(time.Now())
	if len(taken) == 0 {
		return nil, nil
	}
	objects := make([]string, len(taken))
	for i, d := range taken {
		objects[i] = d.object
	}
	b, err := p.call(ctx, func(ctx context.Context) (store.Batch, error) { return p.receiver.Refetch(ctx, objects) })
	if err == nil {
		return nil, p.applyHints(ctx, b)
	}
	err = p.failed(ctx, err)
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return nil, err
	}
	dropped := p.hints.putBack(time.Now(), taken, e.Reason != ReasonRateLimited)
	level := slog.LevelWarn
	if e.Reason == ReasonRateLimited {
		level = slog.LevelInfo
	}
	p.log.Log(ctx, level, "cannot read what a webhook announced", "reason", e.Reason, "err", e.Error(),
		"objects", len(taken), "left_to_polls", dropped, "retry_at", p.hold.RetryAt)
	return &pause{length: p.hold.wait(time.Now()), reason: e.Reason}, nil
}

// applyHints stores what hints brought. Where the source is read from and how
// current it is stays as the polls left it: a few objects say nothing about
// the others. For the same reason the count of failed polls is kept.
func (p *Poller) applyHints(ctx context.Context, b store.Batch) error {
	b = clean(p.cfg.Source, p.cfg.Hash, time.Now(), b)
	b.Next, b.Watermark, b.More, b.Backlog = nil, time.Time{}, false, p.Status().Backlog
	left := p.hold.eased(true)
	if left != p.hold {
		own, err := left.position()
		if err != nil {
			return err
		}
		b.Next = store.Cursor{ownStream: own}
	}
	applied, err := p.cfg.Store.Apply(ctx, p.cfg.Source, b)
	if err != nil {
		return fmt.Errorf("apply what a webhook announced of %s: %w", p.cfg.Source, err)
	}
	p.hold = left
	p.meter.refetched(applied.Items, applied.Events)
	p.update(func(s *Status) { s.Failures, s.LastError, s.RetryAt = left.Failures, "", time.Time{} })
	if p.cfg.OnApplied != nil {
		p.cfg.OnApplied(applied)
	}
	return nil
}
