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
