package connectortest

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

// A Shelf keeps batches by the rules of store.Store, where a test can look.
type Shelf struct {
	Cursor      store.Cursor
	Items       map[string]store.Item     // by ID
	Events      map[string]store.Event    // by item ID, a space, and ID
	Identities  map[string]store.Identity // by actor
	Accounts    map[string]store.Account  // by actor: of identities, as they were told last
	Groups      map[string]store.Group    // by name
	Quarantined map[string]string         // reasons by ID
	Watermark   time.Time
}

// NewShelf returns an empty one.
func NewShelf() *Shelf {
	return &Shelf{
		Cursor: store.Cursor{}, Items: map[string]store.Item{}, Events: map[string]store.Event{},
		Identities: map[string]store.Identity{}, Accounts: map[string]store.Account{}, Groups: map[string]store.Group{},
		Quarantined: map[string]string{},
	}
}

// Apply keeps a batch.
func (s *Shelf) Apply(b store.Batch) {
	for _, it := range b.Items {
		old, known := s.Items[it.ID]
		if known && old.Updated.After(it.Updated) {
			continue
		}
		for _, k := range old.Keys { // old names stay
			if !slices.Contains(it.Keys, k) {
				it.Keys = append(slices.Clip(it.Keys), k)
			}
		}
		s.Items[it.ID] = it
		delete(s.Quarantined, it.ID)
	}
	s.applyEvents(b)
	for _, g := range b.Gone {
		if it, ok := s.Items[g.ID]; ok {
			it.Gone = g.Why
			if g.MovedTo != "" && !slices.Contains(it.Keys, g.MovedTo) {
				it.Keys = append([]string{g.MovedTo}, it.Keys...)
			}
			s.Items[g.ID] = it
		}
	}
	for _, i := range b.Identities {
		s.Identities[i.Actor] = i
	}
	for _, a := range b.Accounts {
		if _, known := s.Identities[a.Actor]; known {
			s.Accounts[a.Actor] = a
		}
	}
	for _, g := range b.Groups {
		s.Groups[g.Name] = g
	}
	for _, q := range b.Quarantined {
		s.Quarantined[q.ID] = q.Reason
	}
	for stream, position := range b.Next {
		if s.Cursor[stream] = position; position == "" {
			delete(s.Cursor, stream)
		}
	}
	if !b.Watermark.IsZero() {
		s.Watermark = b.Watermark
	}
}

// applyEvents keeps the events of a batch and removes those that it says are
// gone.
func (s *Shelf) applyEvents(b store.Batch) {
	brought := map[string]bool{}
	for _, e := range b.Events {
		id := e.Item + " " + e.ID
		s.Events[id], brought[id] = e, true
	}
	whole := map[string][]string{} // prefixes by item
	for _, w := range b.Whole {
		whole[w.Item] = append(whole[w.Item], w.Prefix)
	}
	if len(whole) == 0 {
		return
	}
	maps.DeleteFunc(s.Events, func(id string, e store.Event) bool {
		return !brought[id] && slices.ContainsFunc(whole[e.Item], func(prefix string) bool { return strings.HasPrefix(e.ID, prefix) })
	})
}

// Clone returns one that further batches leave as it is.
func (s *Shelf) Clone() *Shelf {
	return &Shelf{
		Cursor: maps.Clone(s.Cursor), Items: maps.Clone(s.Items), Events: maps.Clone(s.Events), Identities: maps.Clone(s.Identities),
		Accounts: maps.Clone(s.Accounts), Groups: maps.Clone(s.Groups), Quarantined: maps.Clone(s.Quarantined), Watermark: s.Watermark,
	}
}

// Stored lists items in the order of their IDs, as connectors.Env wants it.
func (s *Shelf) Stored(_ context.Context, prefix string) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.Items)) {
			if strings.HasPrefix(id, prefix) && !yield(s.Items[id], nil) {
				return
			}
		}
	}
}

// Facts describes everything that is kept, one line each, for comparison. Of an
// item's keys the first is its name; the others come in the order of reading.
func (s *Shelf) Facts() []string {
	var out []string
	for _, it := range s.Items {
		it.Keys = slices.Clone(it.Keys)
		if len(it.Keys) > 0 {
			slices.Sort(it.Keys[1:])
		}
		out = append(out, fmt.Sprintf("item %+v", it))
	}
	for _, e := range s.Events {
		_, offset := e.At.Zone()
		e.At = e.At.In(time.FixedZone("", offset))
		out = append(out, fmt.Sprintf("event %+v", e))
	}
	for id, why := range s.Quarantined {
		out = append(out, "quarantined "+id+" "+why)
	}
	slices.Sort(out)
	return out
}

// SameFacts compares the items, events and quarantines of two, and shows some of
// what differs.
func SameFacts(t testing.TB, what string, got, want *Shelf) {
	t.Helper()
	g, w := got.Facts(), want.Facts()
	if slices.Equal(g, w) {
		return
	}
	t.Errorf("%s: %d facts, want %d", what, len(g), len(w))
	show := func(how string, lines, others []string) {
		shown := 0
		for _, line := range lines {
			if _, ok := slices.BinarySearch(others, line); !ok && shown < 5 {
				t.Logf("%s: %.400s", how, line)
				shown++
			}
		}
	}
	show("missing", w, g)
	show("too much", g, w)
}
