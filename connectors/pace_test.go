package connectors

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/store"
)

// aMinute answers once a minute with a page of c, and refuses in between.
func aMinute(c fetchFunc) fetchFunc {
	var next time.Time
	return func(ctx context.Context, cur store.Cursor) (store.Batch, error) {
		if now := time.Now(); now.Before(next) {
			return store.Batch{}, &Error{Reason: ReasonRateLimited, RetryAt: next, Err: errors.New("too early")}
		}
		next = time.Now().Add(time.Minute)
		return c(ctx, cur)
	}
}

func catchUp(p *Poller) time.Duration {
	return time.Duration(testutil.ToFloat64(p.meter.m.catchUp.WithLabelValues("src")) * float64(time.Second))
}

// TestCatchUp holds the estimate against the time that it really takes with a
// page a minute, where the waits are all of it.
func TestCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pages = 200
		calls := 0
		p := NewPoller(testConfig(newMemory(), aMinute(paged(pages, &calls))))
		during(t, p, pages*time.Minute, func(context.Context) {
			started := time.Now()
			for _, c := range []struct {
				after time.Duration
				off   float64
			}{{30 * time.Second, .6}, {4 * time.Minute, .35}, {20 * time.Minute, .1}, {100 * time.Minute, .02}} {
				time.Sleep(c.after + 10*time.Second - time.Since(started))
				left := pages*time.Minute - c.after
				if got := catchUp(p); (got - left).Abs().Seconds() > c.off*left.Seconds() {
					t.Errorf("after %v: %v are said to be left, it takes %v", c.after, got, left)
				}
			}
		})
		if got := catchUp(p); got != 0 || calls != pages {
			t.Errorf("%v are said to be left in the end, %d pages", got, calls)
		}
	})
}

// TestCatchUpCounts: neither the time between polls nor that of an outage says
// how long a page takes, and a batch may hold many.
func TestCatchUpCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const left = 50
		p := NewPoller(testConfig(newMemory(), nil))
		answer := func(b store.Batch, err error) {
			t.Helper()
			p.cfg.Connector = fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) {
				time.Sleep(time.Second)
				if b.More { // the rest is refused
					p.cfg.Connector = fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) {
						return store.Batch{}, errTest
					})
				}
				return b, err
			})
			if _, got := p.Poll(t.Context()); (got == nil) != (err == nil && !b.More) {
				t.Fatal(got)
			}
		}
		page := store.Batch{More: true, Backlog: left, Next: store.Cursor{"page": "1"}}
		answer(page, nil)
		held := func() time.Duration { return time.Until(p.Status().RetryAt) }
		for name, wait := range map[string]func(){
			"a pause":   func() { answer(store.Batch{}, nil); time.Sleep(time.Hour) },
			"an outage": func() { answer(store.Batch{}, errTest); time.Sleep(time.Hour) },
		} {
			wait()
			answer(page, nil)
			if got := catchUp(p) - held(); (got - left*time.Second).Abs() > 2*time.Second {
				t.Errorf("after %s: %v are said to be left of %d pages that take a second", name, got, left)
			}
		}
		many := page
		many.Pages = 10
		for range 40 {
			answer(many, nil)
		}
		if got := catchUp(p) - held(); got > 8*time.Second || got < 3*time.Second {
			t.Errorf("%v are said to be left of %d pages, of which a second brings ten", got, left)
		}
	})
}
