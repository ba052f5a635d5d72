package connectortest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// A state is everything that a store holds of the source.
type state struct {
	items  map[string]store.Item  // by ID
	events map[string]store.Event // by item ID, a space, and ID
}

func (h *harness) read(s Store) state {
	st := state{items: map[string]store.Item{}, events: map[string]store.Event{}}
	for c, err := range s.Changes(h.ctx, 0) {
		if err != nil {
			h.problem("read the store: %v", err)
			return st
		}
		if c.Item.Kind != "" {
			st.items[c.Item.ID] = c.Item
		}
		for _, e := range c.Events {
			st.events[e.Item+" "+e.ID] = e
		}
	}
	return st
}

// matches checks a state against the truth.
func (h *harness) matches(got state, want Truth) {
	byKey, ids := map[string]string{}, map[string]bool{}
	for id, it := range got.items {
		if it.Gone == "" {
			ids[id] = true
			for _, k := range it.Keys {
				byKey[k] = id
			}
		}
	}
	for _, key := range want.Items {
		id, ok := byKey[key]
		if !ok {
			h.problem("the item %s is missing", key)
		}
		delete(ids, id)
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		h.problem("the item %s %v is not in the truth", id, got.items[id].Keys)
	}
	if want.Events != nil {
		h.matchEvents(got, want)
	}
}

func (h *harness) matchEvents(got state, want Truth) {
	found := map[string]bool{} // spelled as in the truth, with each key
	left := map[string]bool{}
	for id, e := range got.events {
		it := got.items[e.Item]
		if it.Gone != "" {
			continue
		}
		left[id] = true
		for _, k := range it.Keys {
			found[k+" "+e.ID] = true
		}
	}
	for _, e := range want.Events {
		if !found[e] {
			h.problem("the event %s is missing", e)
		}
	}
	wanted := map[string]bool{}
	for _, e := range want.Events {
		wanted[e] = true
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		e := got.events[id]
		if !slices.ContainsFunc(got.items[e.Item].Keys, func(k string) bool { return wanted[k+" "+e.ID] }) {
			h.problem("the event %s is not in the truth", id)
		}
	}
}

// orphans checks that each event has its item.
func (h *harness) orphans(got state) {
	for _, id := range slices.Sorted(maps.Keys(got.events)) {
		if _, ok := got.items[got.events[id].Item]; !ok {
			h.problem("the event %s has no item", id)
		}
	}
}

// same checks that two states are equal.
func (h *harness) same(what string, got, want state) {
	diff(h, what+": item", got.items, want.items)
	diff(h, what+": event", got.events, want.events)
}

func diff[T any](h *harness, what string, got, want map[string]T) {
	for _, id := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[id]
		if !ok {
			h.problem("%s %s is missing", what, id)
			continue
		}
		if a, b := encode(g), encode(want[id]); a != b {
			h.problem("%s %s is\n%s\nwant\n%s", what, id, a, b)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[id]; !ok {
			h.problem("%s %s is too much", what, id)
		}
	}
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(raw)
}
