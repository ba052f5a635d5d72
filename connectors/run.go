package connectors

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/workdrift/workdrift/store"
)

// nudgeGap is the least time between the starts of two polls that nudges ask
// for, however many there are.
const nudgeGap = 10 * time.Second

// Run polls until the context ends, which returns nil, or until the store
// fails, which returns its error: the process should then end, because it no
// longer knows what is stored. It polls at once, unless an earlier run was
// told to wait, then after each interval or when nudged. In between it reads
// what hints are about.
func (p *Poller) Run(ctx context.Context) error {
	next, err := p.resume(ctx)
	for err == nil {
		var longer *pause
		if longer, err = p.wait(ctx, next); err != nil {
			break
		}
		if longer != nil {
			next = *longer
			continue
		}
		next, err = p.turn(ctx)
	}
	// A canceled context explains every error but a commit gone wrong.
	if ctx.Err() != nil && !errors.Is(err, store.ErrCommit) {
		return nil
	}
	return err
}

// resume returns what an earlier run left to wait for.
func (p *Poller) resume(ctx context.Context) (pause, error) {
	if err := p.acquire(ctx); err != nil {
		return pause{}, err
	}
	defer p.release()
	if _, err := p.load(ctx); err != nil {
		return pause{}, err
	}
	left := p.hold.wait(time.Now())
	if left > 0 {
		p.log.Info("waiting as an earlier run was told", "reason", p.hold.Reason, "retry_at", p.hold.RetryAt)
		p.update(func(s *Status) { s.RetryAt, s.LastError, s.Failures = p.hold.RetryAt, p.hold.Reason, p.hold.Failures })
	}
	return pause{length: left, reason: p.hold.Reason}, nil
}

// turn polls once and says how long to wait. Its errors end the run.
//
// After a failed poll hints come first, and after that a poll again: a source
// whose quota is always used up by one of the two would never do the other.
func (p *Poller) turn(ctx context.Context) (pause, error) {
	if err := p.acquire(ctx); err != nil {
		return pause{}, err
	}
	defer p.release()
	select { // what asked for a poll up to now is answered by this one
	case <-p.nudge:
	default:
	}
	started := time.Now()
	cursor, err := p.load(ctx)
	if err != nil {
		return pause{}, err
	}
	if p.hintsFirst {
		p.hintsFirst = false
		if longer, err := p.refetch(ctx); err != nil {
			return pause{}, err
		} else if longer != nil {
			return *longer, nil
		}
	}
	before := p.hold.Failures
	sum, err := p.scan(ctx, cursor)
	p.hintsFirst = err != nil
	if e, ok := errors.AsType[*Error](err); ok {
		level := slog.LevelWarn
		if e.Reason == ReasonRateLimited {
			level = slog.LevelInfo // part of every large backfill
		}
		p.log.Log(ctx, level, "poll failed", "reason", e.Reason, "err", e.Error(),
			"failures", p.hold.Failures, "retry_at", p.hold.RetryAt, "pages", sum.Pages)
		return pause{length: p.hold.wait(time.Now()), reason: e.Reason}, nil
	}
	if err != nil {
		return pause{}, err
	}
	if before > 0 {
		p.log.Info("recovered", "failures", before, "pages", sum.Pages)
	}
	// Between nine and eleven tenths of the interval, so that connectors that
	// started together do not stay together.
	jittered := time.Duration(float64(p.cfg.Interval) * (0.9 + 0.2*rand.Float64()))
	return pause{length: jittered, nudgeable: true, notBefore: started.Add(min(nudgeGap, p.cfg.Interval))}, nil
}

// A pause is the time between two polls.
type pause struct {
	length    time.Duration
	reason    Reason // why, after a failure
	nudgeable bool
	notBefore time.Time // how early a nudge can end it
}

// wait returns when the pause is over, or the context's error. In a pause that
// does not follow a failure hints are read; when that fails, wait returns the
// pause to go on with.
func (p *Poller) wait(ctx context.Context, pa pause) (*pause, error) {
	if pa.reason == ReasonRateLimited {
		started := time.Now()
		defer func() { p.meter.waitedFor(time.Since(started)) }()
	}
	timer := time.NewTimer(pa.length)
	defer timer.Stop()
	ends := time.Now().Add(pa.length)
	nudge, wake := p.nudge, p.hints.wake
	hinted := time.NewTimer(pa.length)
	defer hinted.Stop()
	if !pa.nudgeable {
		nudge, wake = nil, nil
		hinted.Stop()
	} else {
		p.awaitHints(hinted)
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, nil
		case <-nudge:
			nudge = nil
			timer.Reset(min(time.Until(pa.notBefore), time.Until(ends)))
		case <-wake:
			p.awaitHints(hinted)
		case <-hinted.C:
			if longer, err := p.readHints(ctx); err != nil || longer != nil {
				return longer, err
			}
			p.awaitHints(hinted)
		}
	}
}

// awaitHints sets a timer to when the first dirty object is due.
func (p *Poller) awaitHints(timer *time.Timer) {
	timer.Stop()
	if due, ok := p.hints.next(time.Now()); ok {
		timer.Reset(time.Until(due))
	}
}

// readHints reads one batch of dirty objects.
func (p *Poller) readHints(ctx context.Context) (*pause, error) {
	if err := p.acquire(ctx); err != nil {
		return nil, err
	}
	defer p.release()
	// Somebody else's Poll may have failed since the pause began.
	if left := p.hold.wait(time.Now()); left > 0 {
		return &pause{length: left, reason: p.hold.Reason}, nil
	}
	return p.refetch(ctx)
}
