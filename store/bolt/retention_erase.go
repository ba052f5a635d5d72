package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"github.com/workdrift/workdrift/store"
)

// erasePage is how many events one step of Erase looks at, and so the most that
// one transaction of it rewrites besides the rest of its last item.
const erasePage = 5000

// eraseEvents takes persons out of events from before a moment.
func (db *DB) eraseEvents(ctx context.Context, before time.Time) (taken int, err error) {
	for after, more := []byte(nil), true; more; {
		var items []uint64
		err := db.view(ctx, "look for persons", func(r *reader) (err error) {
			items, after, more, err = r.naming(before, after)
			return err
		})
		if err != nil {
			return taken, err
		}
		if len(items) == 0 {
			continue
		}
		page := 0
		err = db.update(ctx, "take persons out of events", func(w *writer) error {
			for _, no := range items {
				n, err := w.eraseItem(no, before)
				if err != nil {
					return err
				}
				page += n
			}
			return w.noteBytes(page)
		})
		if err != nil {
			return taken, err
		}
		taken += page
	}
	return taken, nil
}

// naming looks at the next events and returns the numbers of the items that
// have one from before a moment that tells who did it, and the key to go on
// after.
func (r *reader) naming(before time.Time, after []byte) (items []uint64, last []byte, more bool, err error) {
	seen := 0
	err = r.scan(bucketEvent, nil, after, func(key []byte, d *decoder) (bool, error) {
		ev := d.event("", "")
		no := binary.BigEndian.Uint64(key)
		if n := len(items); dated(&ev).Before(before) && tells(&ev) && (n == 0 || items[n-1] != no) {
			items = append(items, no)
		}
		if seen++; seen == erasePage {
			last, more = bytes.Clone(key), true
		}
		return !more, nil
	})
	return items, last, more, err
}

// eraseItem takes persons out of the events of an item, which then changed, and
// returns out of how many.
func (w *writer) eraseItem(no uint64, before time.Time) (int, error) {
	var keys [][]byte
	var bare []*store.Event
	err := w.scan(bucketEvent, key8(no), nil, func(key []byte, d *decoder) (bool, error) {
		if ev := d.event("", ""); dated(&ev).Before(before) && tells(&ev) {
			keys, bare = append(keys, bytes.Clone(key)), append(bare, withoutPerson(&ev))
		}
		return true, nil
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	for i, key := range keys {
		w.begin()
		w.event(bare[i])
		if err := w.replace(bucketEvent, key, w.seal(bucketEvent, key)); err != nil {
			return 0, err
		}
	}
	return len(keys), w.renumber(no)
}

// renumber gives an item whose events changed the newest sequence number.
func (w *writer) renumber(no uint64) error {
	key := key8(no)
	d, ok, err := w.get(bucketItem, key)
	if err != nil {
		return err
	}
	if !ok {
		return damaged(bucketItem, key, "is missing")
	}
	old := d.uvarint()
	w.state.seq++
	w.begin()
	w.uvarint(w.state.seq)
	w.raw(d.b)
	if err := w.replace(bucketItem, key, w.seal(bucketItem, key)); err != nil {
		return err
	}
	if _, err := w.remove(bucketChange, key8(old)); err != nil {
		return err
	}
	key = key8(w.state.seq)
	w.begin()
	w.uvarint(no)
	return w.insert(bucketChange, key, w.seal(bucketChange, key))
}

// noteBytes remembers in the same transaction that something was taken, whose
// bytes are in the file until it is compacted.
func (w *writer) noteBytes(taken int) error {
	e, err := w.erasure()
	if err != nil || taken == 0 || e.bytes {
		return err
	}
	e.bytes = true
	return w.setErasure(e)
}

// eraseMembers takes the members out of versions of groups that ended by a
// moment. The versions stay: the next one would otherwise hold from the
// beginning.
func (db *DB) eraseMembers(ctx context.Context, before time.Time) (taken int, err error) {
	err = db.update(ctx, "take members out of groups", func(w *writer) error {
		var ended [][]byte
		var last []byte // key of the version before, nil when it has no members
		err := w.scan(bucketGroup, nil, nil, func(key []byte, d *decoder) (bool, error) {
			members := d.members()
			_, at, ok := splitGroup(key[min(4, len(key)):])
			if !ok {
				return false, damaged(bucketGroup, key, "has a key of another form")
			}
			if last != nil && bytes.Equal(last[:len(last)-8], key[:len(key)-8]) && !at.After(before) {
				ended = append(ended, last)
			}
			if last = nil; len(members) > 0 {
				last = bytes.Clone(key)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		for _, key := range ended {
			w.begin()
			w.members(nil)
			if err := w.replace(bucketGroup, key, w.seal(bucketGroup, key)); err != nil {
				return err
			}
		}
		taken = len(ended)
		return w.noteBytes(taken)
	})
	return taken, err
}

// eraseAccounts removes the handles and profiles of accounts that nothing names
// any more. Accounts that a source holds to be one person stay or go together:
// a profile may be all that joins two others.
func (db *DB) eraseAccounts(ctx context.Context, _ time.Time) (taken int, err error) {
	named := map[string]bool{}
	// What is applied while events are read is looked at in the end.
	var seen uint64
	err = db.view(ctx, "look for accounts", func(r *reader) error {
		st, err := r.state()
		seen = st.seq
		return err
	})
	if err != nil {
		return 0, err
	}
	events := list(ctx, db, "look for accounts", bucketEvent, nil, func(_ *reader, _ []byte, d *decoder) (none struct{}, ok bool, err error) {
		if ev := d.event("", ""); ev.Actor != "" {
			named[ev.Actor] = true
		}
		return none, false, nil
	})
	for _, err := range events {
		if err != nil {
			return 0, err
		}
	}
	err = db.update(ctx, "remove accounts", func(w *writer) error {
		if err := w.nameNewer(seen, named); err != nil {
			return err
		}
		taken, err = w.eraseUnnamed(named)
		if err != nil {
			return err
		}
		return w.noteBytes(taken)
	})
	return taken, err
}

// nameNewer adds the actors that events of items changed after seq name, and
// the members of groups.
func (w *writer) nameNewer(seq uint64, named map[string]bool) error {
	err := w.scan(bucketChange, nil, key8(seq), func(_ []byte, d *decoder) (bool, error) {
		return true, w.scan(bucketEvent, key8(d.uvarint()), nil, func(_ []byte, d *decoder) (bool, error) {
			if ev := d.event("", ""); ev.Actor != "" {
				named[ev.Actor] = true
			}
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	return w.scan(bucketGroup, nil, nil, func(_ []byte, d *decoder) (bool, error) {
		for _, m := range d.members() {
			named[m] = true
		}
		return true, nil
	})
}

// eraseUnnamed removes the accounts that are not named, nor linked to one that
// is, and returns how many.
func (w *writer) eraseUnnamed(named map[string]bool) (int, error) {
	links := map[string][]string{}
	err := w.scan(bucketProfile, nil, nil, func(key []byte, d *decoder) (bool, error) {
		actor := string(key[4:])
		for _, s := range d.profile().same {
			links[actor], links[s.Actor] = append(links[actor], s.Actor), append(links[s.Actor], actor)
		}
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	var reach []string
	for actor := range named {
		reach = append(reach, actor)
	}
	for len(reach) > 0 {
		actor := reach[len(reach)-1]
		reach = reach[:len(reach)-1]
		for _, next := range links[actor] {
			if !named[next] {
				named[next] = true
				reach = append(reach, next)
			}
		}
	}
	gone := map[string]bool{}
	for _, b := range []bucket{bucketIdentity, bucketProfile} {
		if err := w.removeUnnamed(b, named, gone); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

func (w *writer) removeUnnamed(b bucket, named, gone map[string]bool) error {
	var keys [][]byte
	err := w.b[b].ForEach(func(key, _ []byte) error {
		if !named[string(key[min(4, len(key)):])] {
			keys = append(keys, bytes.Clone(key))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if _, err := w.remove(b, key); err != nil {
			return err
		}
		gone[string(key)] = true
	}
	return nil
}
