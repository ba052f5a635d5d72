package connectortest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/store"
)

// A memory is the smallest Store that follows the rules of store.Store.
type memory struct {
	items  map[string]store.Item
	events map[string]map[string]store.Event
	cursor store.Cursor
}

func newMemory() *memory {
	return &memory{items: map[string]store.Item{}, events: map[string]map[string]store.Event{}, cursor: store.Cursor{}}
}

func (m *memory) Cursor(ctx context.Context, _ string) (store.Cursor, error) {
	return clone(m.cursor), ctx.Err()
}

func (m *memory) Apply(ctx context.Context, name string, b store.Batch) (store.Applied, error) {
	if err := ctx.Err(); err != nil {
		return store.Applied{}, err
	}
	if name != source {
		return store.Applied{}, errors.New("a batch of another source")
	}
	for _, it := range b.Items {
		old, known := m.items[it.ID]
		if known && old.Updated.After(it.Updated) {
			continue
		}
		for _, k := range old.Keys { // old names stay
			if !slices.Contains(it.Keys, k) {
				it.Keys = append(slices.Clip(it.Keys), k)
			}
		}
		m.items[it.ID] = it
	}
	for _, e := range b.Events {
		if m.events[e.Item] == nil {
			m.events[e.Item] = map[string]store.Event{}
		}
		m.events[e.Item][e.ID] = e
	}
	m.takeBack(b)
	for _, g := range b.Gone {
		if it, ok := m.items[g.ID]; ok {
			it.Gone = g.Why
			if g.MovedTo != "" && !slices.Contains(it.Keys, g.MovedTo) {
				it.Keys = append([]string{g.MovedTo}, it.Keys...)
			}
			m.items[g.ID] = it
		}
	}
	for stream, position := range b.Next {
		if position == "" {
			delete(m.cursor, stream)
		} else {
			m.cursor[stream] = position
		}
	}
	return store.Applied{}, nil
}

// takeBack removes the events that a batch says are gone.
func (m *memory) takeBack(b store.Batch) {
	for _, w := range b.Whole {
		held := map[string]bool{}
		for _, e := range b.Events {
			held[e.ID] = held[e.ID] || e.Item == w.Item
		}
		maps.DeleteFunc(m.events[w.Item], func(id string, _ store.Event) bool {
			return strings.HasPrefix(id, w.Prefix) && !held[id]
		})
	}
}

func (m *memory) Changes(_ context.Context, _ uint64) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		ids := map[string]bool{}
		for id := range m.items {
			ids[id] = true
		}
		for id := range m.events {
			ids[id] = true
		}
		for id := range ids {
			c := store.Change{Item: m.items[id]}
			for _, e := range m.events[id] {
				c.Events = append(c.Events, e)
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}
