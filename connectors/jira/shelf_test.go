package jira

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A shelf keeps batches as a store does.
type shelf struct {
	cursor      store.Cursor
	items       map[string]store.Item
	events      map[string]store.Event // by item and id
	identities  map[string]store.Identity
	groups      map[string]store.Group
	quarantined map[string]string
	watermark   time.Time
}

func newShelf() *shelf {
	return &shelf{
		cursor: store.Cursor{}, items: map[string]store.Item{}, events: map[string]store.Event{},
		identities: map[string]store.Identity{}, groups: map[string]store.Group{}, quarantined: map[string]string{},
	}
}

func (s *shelf) apply(b store.Batch) {
	for _, it := range b.Items {
		old, ok := s.items[it.ID]
		if ok && old.Updated.After(it.Updated) {
			continue
		}
		for _, k := range old.Keys {
			if !slices.Contains(it.Keys, k) {
				it.Keys = append(slices.Clone(it.Keys), k)
			}
		}
		s.items[it.ID] = it
		delete(s.quarantined, it.ID)
	}
	brought := map[string]bool{}
	for _, e := range b.Events {
		s.events[e.Item+" "+e.ID] = e
		brought[e.Item+" "+e.ID] = true
	}
	for _, w := range b.Whole {
		for id := range s.events {
			if strings.HasPrefix(id, w.Item+" "+w.Prefix) && !brought[id] {
				delete(s.events, id)
			}
		}
	}
	for _, g := range b.Gone {
		if it, ok := s.items[g.ID]; ok {
			it.Gone = g.Why
			if g.MovedTo != "" && !slices.Contains(it.Keys, g.MovedTo) {
				it.Keys = append([]string{g.MovedTo}, it.Keys...)
			}
			s.items[g.ID] = it
		}
	}
	for _, i := range b.Identities {
		s.identities[i.Actor] = i
	}
	for _, g := range b.Groups {
		s.groups[g.Name] = g
	}
	for _, q := range b.Quarantined {
		s.quarantined[q.ID] = q.Reason
	}
	for k, v := range b.Next {
		if s.cursor[k] = v; v == "" {
			delete(s.cursor, k)
		}
	}
	if !b.Watermark.IsZero() {
		s.watermark = b.Watermark
	}
}

func (s *shelf) clone() *shelf {
	return &shelf{
		cursor: maps.Clone(s.cursor), items: maps.Clone(s.items), events: maps.Clone(s.events), identities: maps.Clone(s.identities),
		groups: maps.Clone(s.groups), quarantined: maps.Clone(s.quarantined), watermark: s.watermark,
	}
}

func (s *shelf) stored(_ context.Context, prefix string) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.items)) {
			if strings.HasPrefix(id, prefix) && !yield(s.items[id], nil) {
				return
			}
		}
	}
}

// facts describes everything that is kept, one line each, for comparison.
func (s *shelf) facts() []string {
	var out []string
	for _, it := range s.items {
		slices.Sort(it.Keys)
		out = append(out, fmt.Sprintf("item %+v", it))
	}
	for _, e := range s.events {
		out = append(out, fmt.Sprintf("event %s %s %s %s %v %s %v", e.Item, e.ID, e.Kind, e.Actor, e.Bot, e.At, e.Attrs))
	}
	for id, why := range s.quarantined {
		out = append(out, "quarantined "+id+" "+why)
	}
	slices.Sort(out)
	return out
}

func sameFacts(t testing.TB, what string, got, want *shelf) {
	t.Helper()
	g, w := got.facts(), want.facts()
	if slices.Equal(g, w) {
		return
	}
	t.Errorf("%s: %d facts, want %d", what, len(g), len(w))
	shown := 0
	for _, line := range w {
		if _, ok := slices.BinarySearch(g, line); !ok && shown < 5 {
			t.Logf("missing: %.400s", line)
			shown++
		}
	}
	for _, line := range g {
		if _, ok := slices.BinarySearch(w, line); !ok && shown < 10 {
			t.Logf("too much: %.400s", line)
			shown++
		}
	}
}
