package connectortest

import (
	"context"
	"errors"
	"iter"

	"github.com/workdrift/workdrift/store"
)

// A memory is the smallest Store.
type memory struct{ shelf *Shelf }

func newMemory() memory { return memory{NewShelf()} }

func (m memory) Cursor(ctx context.Context, _ string) (store.Cursor, error) {
	return clone(m.shelf.Cursor), ctx.Err()
}

func (m memory) Apply(ctx context.Context, name string, b store.Batch) (store.Applied, error) {
	if err := ctx.Err(); err != nil {
		return store.Applied{}, err
	}
	if name != source {
		return store.Applied{}, errors.New("a batch of another source")
	}
	m.shelf.Apply(b)
	return store.Applied{}, nil
}

func (m memory) Changes(_ context.Context, _ uint64) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		changes := map[string]store.Change{}
		for id, it := range m.shelf.Items {
			changes[id] = store.Change{Item: it}
		}
		for _, e := range m.shelf.Events {
			c := changes[e.Item]
			c.Events = append(c.Events, e)
			changes[e.Item] = c
		}
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}
