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
// told to wait, then after each interval or when nudged.
func (p *Poller) Run(ctx context.Context) error {
	next, err := p.resume(ctx)
	for err == nil {
		if err = p.wait(ctx, next); err == nil {
			next, err = p.turn(ctx)
		}
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
	before := p.hold.Failures
	sum, err := p.scan(ctx, cursor)
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

// wait returns when the pause is over, or the context's error.
func (p *Poller) wait(ctx context.Context, pa pause) error {
	if pa.reason == ReasonRateLimited {
		started := time.Now()
		defer func() { p.meter.waitedFor(time.Since(started)) }()
	}
	timer := time.NewTimer(pa.length)
	defer timer.Stop()
	nudge := p.nudge
	if !pa.nudgeable {
		nudge = nil
	}
	ends := time.Now().Add(pa.length)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case <-nudge:
			nudge = nil
			timer.Reset(min(time.Until(pa.notBefore), time.Until(ends)))
		}
	}
}
