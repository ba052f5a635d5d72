package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
)

const (
	// maxOrdered is how many briefs may wait to be made.
	maxOrdered = 8
	// briefRetry is after how long a page looks again for a brief.
	briefRetry = time.Second
)

// A refusedBrief is why there is none of a period, and since when that is known by
// the real clock.
type refusedBrief struct {
	err error
	at  time.Time
}

// order has a brief made, once however many ask for it, and returns what is to be
// told to who asks: that it is being made, or why there is none.
func (b *briefs) order(p brief.Period) error {
	b.init()
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, known := b.refused[p]; known && time.Since(r.at) < briefPause {
		return r.err
	}
	if !slices.Contains(b.ordered, p) {
		if len(b.ordered) >= maxOrdered {
			return &web.Refusal{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf("%d briefs are being made; ask again when they are done.", len(b.ordered)), After: maxOrdered * briefRetry}
		}
		b.ordered = append(b.ordered, p)
	}
	b.wake()
	return &web.Refusal{Status: http.StatusAccepted, Detail: fmt.Sprintf("The brief of %s is being made, which takes a few seconds. It is shown here once it is there.", p.Name), After: briefRetry}
}

// wake says that something is ordered. It never blocks.
func (b *briefs) wake() {
	select {
	case b.wanted <- struct{}{}:
	default:
	}
}

// orders receives while something is ordered.
func (b *briefs) orders() <-chan struct{} {
	b.init()
	return b.wanted
}

// next returns the brief that has been ordered the longest.
func (b *briefs) next() (brief.Period, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ordered) == 0 {
		return brief.Period{}, false
	}
	return b.ordered[0], true
}

// done takes the first order off the list. Not nil is why there is no brief.
func (b *briefs) done(refused error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.ordered[0]; refused == nil {
		delete(b.refused, p)
	} else {
		if len(b.refused) >= maxBriefs || b.refused == nil {
			b.refused = make(map[brief.Period]refusedBrief)
		}
		b.refused[p] = refusedBrief{refused, time.Now()}
	}
	if b.ordered = b.ordered[1:]; len(b.ordered) > 0 {
		b.wake()
	}
}

// makeOrdered makes the brief that has been ordered the longest: one at a time, so
// that reports come in between.
func (e *evaluator) makeOrdered(ctx context.Context) {
	p, ok := e.briefs.next()
	if !ok {
		return
	}
	_, err := e.briefOf(ctx, p, "")
	if ctx.Err() != nil {
		return
	}
	refusal, known := errors.AsType[*web.Refusal](err)
	switch {
	case err == nil:
		e.briefs.done(nil)
	case known && refusal.Status == http.StatusNotFound:
		e.briefs.done(err)
	case known: // who asks again has it tried again
		e.briefs.done(nil)
	default:
		e.log.Warn("a brief could not be made", "brief", p.Key(), "err", err)
		e.briefs.done(&web.Refusal{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf("The brief of %s could not be made; the log says why.", p.Name), After: briefPause})
	}
}
