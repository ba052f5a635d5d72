package connectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/workdrift/workdrift/store"
)

// ownStream is the stream in which the poller keeps its hold. Connectors never
// see it and cannot write it.
const ownStream = "@poller"

// The wait after a failure doubles from minBackoff to maxBackoff. A provider
// that asks for more than maxRetry has lost its clock, or we have lost ours.
const (
	minBackoff = 10 * time.Second
	maxBackoff = 10 * time.Minute
	maxRetry   = 2 * time.Hour
	minRetry   = time.Second
)

// A hold keeps the poller from the source after a failure. It is stored, so
// that a daemon that is restarted over and over does not hammer a source that
// asked for quiet.
type hold struct {
	RetryAt  time.Time `json:"retry_at"`
	Reason   Reason    `json:"reason"`
	Failures int       `json:"failures"` // polls in a row
	Told     bool      `json:"told"`     // the provider named the time, not our backoff
}

// wait returns how long the hold still lasts. One that lasts longer than any
// we set was written by a clock that has been put right since.
func (h hold) wait(now time.Time) time.Duration {
	left := h.RetryAt.Sub(now)
	if h.RetryAt.IsZero() || left <= 0 || left > maxRetry+time.Minute {
		return 0
	}
	return left
}

// after returns the hold that follows one more failure.
func (h hold) after(e *Error, now time.Time) hold {
	n := hold{Reason: e.Reason, Failures: h.Failures + 1}
	wait := maxBackoff
	if shift := n.Failures - 1; shift < 6 { // 10 s · 2⁶ is past the limit
		wait = min(minBackoff<<shift, maxBackoff)
	}
	wait = min(time.Duration(float64(wait)*(0.9+0.2*rand.Float64())), maxBackoff)
	if told := e.RetryAt.Sub(now); !e.RetryAt.IsZero() && told > 0 {
		n.Told = true
		wait = min(max(told, minRetry), maxRetry)
	}
	// Wall time only: the hold is compared after a restart. Rounded up, since
	// it must not end early.
	n.RetryAt = now.Add(wait + time.Second - 1).Round(0).Truncate(time.Second).UTC()
	return n
}

// eased returns the hold that is left after a page. Only a poll that reaches
// its end clears it: otherwise a source with one stream that never works would
// be asked again as soon as after its first failure, for ever.
func (h hold) eased(more bool) hold {
	if !more {
		return hold{}
	}
	return hold{Reason: h.Reason, Failures: h.Failures}
}

// position returns what is stored of the hold, nothing of none.
func (h hold) position() (string, error) {
	if h == (hold{}) {
		return "", nil
	}
	raw, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("encode when to retry: %w", err)
	}
	return string(raw), nil
}

// failed takes note of a failed fetch and returns it as an *Error, or the
// error of the store when that failed too.
func (p *Poller) failed(ctx context.Context, err error) error {
	// A connector reads the store as well. What is wrong there no retry mends,
	// so it must not look like the source's failure, whatever it is wrapped in.
	for _, broken := range []error{store.ErrCommit, store.ErrCorrupt} {
		if errors.Is(err, broken) {
			return fmt.Errorf("%w: fetch %s: %s", broken, p.cfg.Source, safeText(err.Error()))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // we gave up, not the source
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Reason: ReasonOf(err), Err: err}
	}
	now := time.Now()
	p.hold = p.hold.after(e, now)
	p.meter.failed(e.Reason)
	if e.Reason != ReasonRateLimited {
		p.pace.interrupt()
	}
	backlog := p.Status().Backlog
	p.meter.behind(backlog, p.pace.left(now, now.Add(p.hold.wait(now)), backlog))
	p.update(func(s *Status) { s.LastError, s.Failures, s.RetryAt = e.Reason, p.hold.Failures, p.hold.RetryAt })

	own, err := p.hold.position()
	if err != nil {
		return err
	}
	b := store.Batch{Next: store.Cursor{ownStream: own}, Backlog: backlog}
	if _, err := p.cfg.Store.Apply(ctx, p.cfg.Source, b); err != nil {
		return fmt.Errorf("store when to retry %s: %w", p.cfg.Source, err)
	}
	return e
}

// load reads the cursor, without the poller's own stream, and the hold in it.
func (p *Poller) load(ctx context.Context) (store.Cursor, error) {
	stored, err := p.cfg.Store.Cursor(ctx, p.cfg.Source)
	if err != nil {
		return nil, fmt.Errorf("read the cursor of %s: %w", p.cfg.Source, err)
	}
	cursor := maps.Clone(stored)
	if cursor == nil {
		cursor = store.Cursor{}
	}
	own := cursor[ownStream]
	delete(cursor, ownStream)
	p.hold = hold{}
	if own != "" && json.Unmarshal([]byte(own), &p.hold) != nil {
		p.hold = hold{} // from another version: asking once too often is harmless
	}
	return cursor, p.readState(ctx)
}

// readState shows what the store knows of the source.
func (p *Poller) readState(ctx context.Context) error {
	states, err := p.cfg.Store.Sources(ctx)
	if err != nil {
		return fmt.Errorf("read the state of %s: %w", p.cfg.Source, err)
	}
	for _, st := range states {
		if st.Source == p.cfg.Source {
			p.meter.known(st.Watermark, st.Quarantined)
			p.update(func(s *Status) { s.Watermark, s.Quarantined = st.Watermark, st.Quarantined })
		}
	}
	return nil
}
