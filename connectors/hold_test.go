package connectors

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/workdrift/workdrift/store"
)

// TestPollStoreErrorsInAConnector: a connector that compares with what is
// stored meets the store's errors first. They are not the source's.
func TestPollStoreErrorsInAConnector(t *testing.T) {
	for _, broken := range []error{store.ErrCommit, store.ErrCorrupt} {
		for name, wrap := range map[string]func(error) error{
			"plain":    func(err error) error { return fmt.Errorf("list stored items: %w", err) },
			"as Error": func(err error) error { return &Error{Reason: ReasonDecode, Err: fmt.Errorf("list: %w", err)} },
		} {
			synctest.Test(t, func(t *testing.T) {
				st := newMemory()
				p := NewPoller(testConfig(st, fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) {
					return store.Batch{}, wrap(broken)
				})))
				_, err := p.Poll(t.Context())
				if _, failed := errors.AsType[*Error](err); !errors.Is(err, broken) || failed {
					t.Errorf("Poll, %s: %v", name, err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := p.Run(ctx); !errors.Is(err, broken) {
					t.Errorf("Run, %s: %v, want %v", name, err, broken)
				}
				if s := p.Status(); s.Failures != 0 || st.applies != 0 {
					t.Errorf("%s: counts as a failure of the source: %+v", name, s)
				}
			})
		}
	}
}

// TestRunOneBrokenStream: pages of other streams do not shorten the wait for
// one that never works, neither in one process nor in many.
func TestRunOneBrokenStream(t *testing.T) {
	for name, life := range map[string]time.Duration{"one process": 2 * time.Hour, "restarted": 15 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			var failed []time.Time
			works := false
			good := true // the stream that works comes first in each poll
			c := fetchFunc(func(_ context.Context, c store.Cursor) (store.Batch, error) {
				if good = !good; !good {
					return store.Batch{Next: store.Cursor{"good": c["good"] + "x"}, More: true}, nil
				}
				if works {
					return store.Batch{}, nil
				}
				failed = append(failed, time.Now())
				return store.Batch{}, errTest
			})
			st := newMemory()
			var p *Poller
			for spent := time.Duration(0); spent < 2*time.Hour; spent += life {
				p = NewPoller(testConfig(st, c))
				during(t, p, life, nil)
			}
			want := []time.Duration{10, 20, 40, 80, 160, 320, 600, 600, 600} // seconds
			g := gaps(failed)
			if len(g) > 20 || len(g) < len(want) {
				t.Fatalf("%s: %d failed polls in two hours", name, len(failed))
			}
			for i, w := range want {
				if w *= time.Second; g[i] < w*9/10 || g[i] > w*11/10+time.Second {
					t.Errorf("%s: wait %d was %v, want about %v", name, i+1, g[i], w)
				}
			}
			if s := p.Status(); s.Failures != len(failed) {
				t.Errorf("%s: status counts %d failures of %d", name, s.Failures, len(failed))
			}
			works = true
			during(t, p, 11*time.Minute, nil)
			if s := p.Status(); s.Failures != 0 || st.cursor[ownStream] != "" {
				t.Errorf("%s: after a whole poll: %+v, cursor %v", name, s, st.cursor)
			}
		})
	}
}
