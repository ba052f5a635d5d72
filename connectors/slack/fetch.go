package slack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A fetch collects what one call of Fetch returns. A unit of work changes its
// desk and the batch only after its request has succeeded and was understood,
// so that a batch holds whole units only.
type fetch struct {
	c      *connector
	cursor store.Cursor
	batch  store.Batch
	next   store.Cursor
	desks  map[string]*desk
	held   map[string]bool // items in the batch
}

func newFetch(c *connector, cursor store.Cursor) *fetch {
	return &fetch{c: c, cursor: cursor, next: store.Cursor{}, desks: map[string]*desk{}, held: map[string]bool{}}
}

// position returns where a stream is, without what desks changed.
func (f *fetch) position(key string) string {
	if raw, ok := f.next[key]; ok {
		return raw
	}
	return f.cursor[key]
}

// move sets a position.
func (f *fetch) move(key string, p any) error {
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		return err
	}
	if raw != f.position(key) {
		f.next[key] = raw
	}
	return nil
}

// desk returns a channel with its positions.
func (f *fetch) desk(id string) *desk {
	d, ok := f.desks[id]
	if !ok {
		d = openDesk(f.c.norm.team.ID, id, f.position)
		f.desks[id] = d
	}
	return d
}

// channels lists every channel that has positions, in order.
func (f *fetch) channels() []string {
	ids := map[string]bool{}
	for key := range f.cursor {
		if id, ok := channelOf(key, f.c.norm.team.ID, streamChannel); ok {
			ids[id] = true
		}
	}
	for id, d := range f.desks {
		if ids[id] = d.channelPos != (channelPos{}); !ids[id] {
			delete(ids, id)
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// encode moves the positions that desks changed.
func (f *fetch) encode() error {
	for _, d := range f.desks {
		positions, err := d.positions()
		if err != nil {
			return err
		}
		for key, raw := range positions {
			if raw != f.position(key) {
				f.next[key] = raw
			}
		}
	}
	return nil
}

// records is how much the batch holds.
func (f *fetch) records() int {
	b := &f.batch
	return len(b.Items) + len(b.Events) + len(b.Gone) + len(b.Identities) + len(b.Accounts) + len(b.Quarantined)
}

// put adds a discussion. One that the batch holds already is replaced, because
// within a batch no event could be taken back.
func (f *fetch) put(t *discussion) {
	id := t.channel.prefix + t.root().at.String()
	if f.held[id] {
		f.batch.Items = slices.DeleteFunc(f.batch.Items, func(it store.Item) bool { return it.ID == id })
		f.batch.Events = slices.DeleteFunc(f.batch.Events, func(e store.Event) bool { return e.Item == id })
		f.batch.Whole = slices.DeleteFunc(f.batch.Whole, func(w store.Whole) bool { return w.Item == id })
	}
	f.held[id] = true
	f.c.norm.thread(t, &f.batch)
	if t.bad > 0 {
		f.quarantine(id, fmt.Sprintf("%d messages of the thread cannot be read", t.bad))
	}
}

func (f *fetch) quarantine(id, why string) {
	f.batch.Quarantined = append(f.batch.Quarantined, store.Quarantined{ID: id, Reason: why})
}

func (f *fetch) gone(id string, why store.Gone) {
	f.batch.Gone = append(f.batch.Gone, store.Tombstone{ID: id, Why: why, At: f.c.api.gov.serverNow().UTC().Truncate(time.Second)})
}

// stored returns when a stored discussion was updated, and whether it is
// stored. A thread loses its newest message without a later time of its own,
// and the store keeps what was updated later.
func (f *fetch) stored(ctx context.Context, id string) (time.Time, bool, error) {
	if f.c.env.Stored == nil {
		return time.Time{}, false, nil
	}
	for it, err := range f.c.env.Stored(ctx, id) {
		if err != nil {
			return time.Time{}, false, fmt.Errorf("read a stored item: %w", err)
		}
		if it.ID == id {
			return it.Updated, true, nil
		}
	}
	return time.Time{}, false, nil
}

// dateOf is the server's time of an answer.
func (f *fetch) dateOf(r *reply) time.Time {
	if r.date.IsZero() {
		return f.c.api.gov.serverNow()
	}
	return r.date
}

// days names the days that a channel has positions for.
func (f *fetch) days(d *desk) []string {
	names := map[string]bool{}
	for key := range f.cursor {
		if name, ok := strings.CutPrefix(key, d.prefix+streamDay); ok {
			names[name] = true
		}
	}
	for name := range d.days {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
