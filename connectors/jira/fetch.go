package jira

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A fetch collects what one call of Fetch returns. Its units of work each end
// with commit or with discard, so that a batch holds whole units only.
type fetch struct {
	c      *connector
	cursor store.Cursor
	batch  store.Batch // of the units that are done
	next   store.Cursor
	norm   *normaliser // of the running unit
	moves  store.Cursor
	items  map[string]int // where in the batch
	actors map[string]int
}

func newFetch(c *connector, cursor store.Cursor) *fetch {
	f := &fetch{c: c, cursor: cursor, next: store.Cursor{}, items: map[string]int{}, actors: map[string]int{}}
	f.begin()
	return f
}

// begin starts a unit.
func (f *fetch) begin() {
	f.norm = newNormaliser(f.c.env.Source, &f.c.cfg, f.c.site)
	f.norm.former = f.former
	f.moves = store.Cursor{}
}

// commit adds the running unit to the batch. An issue that is read twice within
// a batch counts as it was read last, with its events.
func (f *fetch) commit() {
	out := &f.norm.out
	again := map[string]bool{}
	for _, it := range out.Items {
		if i, ok := f.items[it.ID]; ok {
			f.batch.Items[i] = it
			again[it.ID] = true
			continue
		}
		f.items[it.ID] = len(f.batch.Items)
		f.batch.Items = append(f.batch.Items, it)
	}
	if len(again) > 0 {
		f.batch.Events = slices.DeleteFunc(f.batch.Events, func(e store.Event) bool { return again[e.Item] })
		f.batch.Whole = slices.DeleteFunc(f.batch.Whole, func(w store.Whole) bool { return again[w.Item] })
	}
	f.batch.Events = append(f.batch.Events, unique(out.Events)...)
	f.batch.Whole = append(f.batch.Whole, out.Whole...)
	for _, id := range out.Identities {
		if i, ok := f.actors[id.Actor]; ok {
			f.batch.Identities[i] = id
			continue
		}
		f.actors[id.Actor] = len(f.batch.Identities)
		f.batch.Identities = append(f.batch.Identities, id)
	}
	at := f.c.api.gov.serverNow().UTC().Truncate(time.Second)
	for _, actor := range slices.Sorted(maps.Keys(f.norm.accounts)) {
		a := f.norm.accounts[actor]
		a.At = at
		f.batch.Accounts = append(f.batch.Accounts, a)
	}
	f.batch.Groups = append(f.batch.Groups, out.Groups...)
	// What was set aside or taken for gone before in this batch and is read now
	// is neither.
	f.batch.Quarantined = slices.DeleteFunc(f.batch.Quarantined, func(q store.Quarantined) bool {
		return slices.ContainsFunc(out.Items, func(it store.Item) bool { return it.ID == q.ID })
	})
	f.batch.Gone = slices.DeleteFunc(f.batch.Gone, func(g store.Tombstone) bool {
		return slices.ContainsFunc(out.Items, func(it store.Item) bool { return it.ID == g.ID })
	})
	f.batch.Gone = append(f.batch.Gone, out.Gone...)
	f.batch.Quarantined = append(f.batch.Quarantined, out.Quarantined...)
	for k, v := range f.moves {
		f.next[k] = v
	}
	f.begin()
}

// unique keeps the last of events with the same item and ID.
func unique(events []store.Event) []store.Event {
	type key struct{ item, id string }
	at := make(map[key]int, len(events))
	out := events[:0]
	for _, e := range events {
		k := key{e.Item, e.ID}
		if i, ok := at[k]; ok {
			out[i] = e
			continue
		}
		at[k] = len(out)
		out = append(out, e)
	}
	return out
}

// discard forgets the running unit.
func (f *fetch) discard() { f.begin() }

// position returns where a stream is, the running unit included.
func (f *fetch) position(key string) string {
	for _, c := range []store.Cursor{f.moves, f.next, f.cursor} {
		if raw, ok := c[key]; ok {
			return raw
		}
	}
	return ""
}

// move sets a position.
func (f *fetch) move(key string, p any) error {
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		return err
	}
	if raw != f.position(key) {
		f.moves[key] = raw
	}
	return nil
}

// forget removes a position.
func (f *fetch) forget(key string) {
	if f.position(key) != "" {
		f.moves[key] = ""
	}
}

func (f *fetch) quarantine(id, why string) { f.norm.quarantine(id, why) }

func (f *fetch) gone(id string, why store.Gone, movedTo string) {
	f.norm.out.Gone = append(f.norm.out.Gone, store.Tombstone{
		ID: id, Why: why, MovedTo: movedTo, At: f.c.api.gov.serverNow().UTC().Truncate(time.Second),
	})
}

// records is how much the batch holds.
func (f *fetch) records() int {
	return len(f.batch.Items) + len(f.batch.Events) + len(f.batch.Gone)
}

func (f *fetch) isEmpty() bool {
	return f.records() == 0 && len(f.next) == 0 && len(f.batch.Quarantined) == 0 && len(f.batch.Accounts) == 0
}

// stored returns the stored item of an issue, the batch included.
func (f *fetch) stored(ctx context.Context, id string) (store.Item, bool, error) {
	want := itemID(id)
	if i, ok := f.items[want]; ok {
		return f.batch.Items[i], true, nil
	}
	if f.c.env.Stored == nil {
		return store.Item{}, false, nil
	}
	for it, err := range f.c.env.Stored(ctx, want) {
		if err != nil {
			return store.Item{}, false, fmt.Errorf("look for a stored item: %w", err)
		}
		if it.ID == want {
			return it, true, nil
		}
	}
	return store.Item{}, false, nil
}
