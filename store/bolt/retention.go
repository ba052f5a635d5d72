package bolt

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

// How persons leave the file. Collapse keeps a week in one transaction, and
// with that record the file names nobody before the week's end: the newest
// record alone says so, hence what is applied from the next transaction on
// loses its actor on the way in. That is done here and not by whoever fetches,
// because only here it is one transaction with the decision, and holds for
// every caller. Erase then goes through what was stored before. Killed between
// any two of its transactions it leaves a file whose collapsed weeks hold the
// effort already, and in which the next Erase finds what is left to do.
//
// Events stay, nameless: that something was done to an item is no fact about a
// person. Two people who shared an event keep two of them, since their IDs
// count and name nobody, and one that was removed would come back with the
// next fetch of its item.

// collapsedKey sorts weeks before 1970 first.
func collapsedKey(monday time.Time) []byte { return key8(uint64(monday.Unix()) ^ 1<<63) }

func collapsedMonday(key []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(key)^1<<63), 0).UTC()
}

// namelessBefore returns the moment before which events name nobody, zero when
// no week is collapsed.
func (r *reader) namelessBefore() (time.Time, error) {
	if r.b[bucketCollapsed] == nil {
		return time.Time{}, nil
	}
	key, rec := r.b[bucketCollapsed].Cursor().Last()
	if key == nil {
		return time.Time{}, nil
	}
	if _, err := open(bucketCollapsed, key, rec, nil); err != nil {
		return time.Time{}, err
	}
	if len(key) != 8 {
		return time.Time{}, damaged(bucketCollapsed, key, "has a key of the wrong length")
	}
	return store.NamelessBefore(collapsedMonday(key)), nil
}

// dated returns when an event was, as it is read back.
func dated(ev *store.Event) time.Time { return second(ev.At) }

// tells reports whether an event tells who did it, by actor or by offset.
func tells(ev *store.Event) bool {
	_, offset := store.Offset(ev.At)
	return ev.Actor != "" || offset && storable(ev.At)
}

// nameless returns an event as it is to be stored.
func (a *applier) nameless(ev *store.Event) *store.Event {
	if a.before.IsZero() || !dated(ev).Before(a.before) || !tells(ev) {
		return ev
	}
	if ev.Actor != "" {
		if a.past == nil {
			a.past = map[string]bool{}
		}
		a.past[ev.Actor] = true
	}
	return withoutPerson(ev)
}

func withoutPerson(ev *store.Event) *store.Event {
	bare := *ev
	bare.Actor, bare.At = "", ev.At.UTC()
	return &bare
}

// mentions reports whether a batch names an actor in what is not nameless.
func (a *applier) mentions(b *store.Batch, actor string) bool {
	return slices.ContainsFunc(b.Events, func(ev store.Event) bool {
		return ev.Actor == actor && !dated(&ev).Before(a.before)
	}) || slices.ContainsFunc(b.Groups, func(g store.Group) bool { return slices.Contains(g.Members, actor) })
}

// Collapse implements store.Store.
func (db *DB) Collapse(ctx context.Context, c store.Collapsed) (kept bool, err error) {
	err = db.update(ctx, "collapse week", func(w *writer) error {
		key, before := collapsedKey(c.Monday), store.NamelessBefore(c.Monday)
		if w.b[bucketCollapsed].Get(key) != nil {
			kept = true
			return nil
		}
		late, err := w.namedSince(c.Seq, before)
		if err != nil || late {
			return err
		}
		kept = true
		w.begin()
		w.bytes(c.Body)
		return w.insert(bucketCollapsed, key, w.seal(bucketCollapsed, key))
	})
	return kept && err == nil, err
}

// namedSince reports whether an item that changed after seq has an event from
// before a moment that tells who did it.
func (w *writer) namedSince(seq uint64, before time.Time) (found bool, err error) {
	err = w.scan(bucketChange, nil, key8(seq), func(_ []byte, d *decoder) (bool, error) {
		err := w.scan(bucketEvent, key8(d.uvarint()), nil, func(_ []byte, d *decoder) (bool, error) {
			ev := d.event("", "")
			found = found || ev.Actor != "" && dated(&ev).Before(before)
			return !found, nil
		})
		return !found, err
	})
	return found, err
}

// Collapsed implements store.Store.
func (db *DB) Collapsed(ctx context.Context) iter.Seq2[store.Collapsed, error] {
	return list(ctx, db, "read collapsed weeks", bucketCollapsed, nil,
		func(_ *reader, key []byte, d *decoder) (store.Collapsed, bool, error) {
			if len(key) != 8 {
				return store.Collapsed{}, false, damaged(bucketCollapsed, key, "has a key of the wrong length")
			}
			return store.Collapsed{Monday: collapsedMonday(key), Body: d.bytes()}, true, nil
		})
}

// An erasure says how far persons were taken out.
type erasure struct {
	done time.Time // before this nobody is named
	// bytes is set while the file may hold bytes of what was taken since it
	// was last compacted.
	bytes bool
}

func (r *reader) erasure() (e erasure, err error) {
	key := []byte(metaErased)
	d, ok, err := r.get(bucketMeta, key)
	if err != nil || !ok {
		return e, err
	}
	e.done, e.bytes = d.time(epoch), d.byte() != 0
	return e, d.end(bucketMeta, key)
}

func (w *writer) setErasure(e erasure) error {
	key := []byte(metaErased)
	w.begin()
	w.time(e.done, epoch)
	w.byte(bit(e.bytes))
	return w.replace(bucketMeta, key, w.seal(bucketMeta, key))
}

// Erase implements store.Store. It reads every event twice, which takes about
// two seconds for each million besides what it rewrites, and compacts the file at its end when it took
// anything.
func (db *DB) Erase(ctx context.Context) (taken int, err error) {
	const what = "erase persons"
	var before time.Time
	var last erasure
	err = db.view(ctx, what, func(r *reader) (err error) {
		if before, err = r.namelessBefore(); err == nil {
			last, err = r.erasure()
		}
		return err
	})
	if err != nil || before.IsZero() || last.done.Equal(before) {
		return 0, err
	}
	for _, step := range []func(context.Context, time.Time) (int, error){db.eraseEvents, db.eraseMembers, db.eraseAccounts} {
		n, err := step(ctx, before)
		taken += n
		if err != nil {
			return taken, fmt.Errorf("%s: %w", what, err)
		}
	}
	if taken > 0 || last.bytes {
		if err := db.Compact(ctx); err != nil {
			return taken, fmt.Errorf("%s: their bytes may be left in the file: %w", what, err)
		}
	}
	return taken, db.update(ctx, what, func(w *writer) error { return w.setErasure(erasure{done: before}) })
}
