package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/store"
)

// writeEvents stores the events of one item that are new or different, and
// returns how many.
func (a *applier) writeEvents(t *touched) (int, error) {
	list := a.placed[:0]
	for _, ev := range t.events {
		list = append(list, placed{hash: a.w.hash(ev.ID), ev: ev})
	}
	a.placed = list
	// Stable, so that of several events with one ID the last one stays.
	slices.SortStableFunc(list, func(x, y placed) int { return cmp.Compare(x.hash, y.hash) })
	n := 0
	for i, p := range list {
		if i+1 < len(list) && list[i+1].hash == p.hash && lastOf(list[i:]) != p.ev {
			continue
		}
		// Nothing is in the way of an item's first events, unless they are
		// in the way of each other.
		if t.seq == 0 && (i == 0 || p.hash-list[i-1].hash > uint64(i)) {
			if err := a.w.insertEvent(t.no, p.hash, p.ev); err != nil {
				return 0, err
			}
			n++
			continue
		}
		changed, err := a.w.putEvent(t.no, p.hash, p.ev)
		if err != nil {
			return 0, err
		}
		if changed {
			n++
		}
	}
	return n, nil
}

// A placed event knows where it belongs among those of its item.
type placed struct {
	hash uint64
	ev   *store.Event
}

// lastOf returns the last event with the hash and the ID of the first one.
func lastOf(list []placed) *store.Event {
	last := list[0].ev
	for _, p := range list[1:] {
		if p.hash != list[0].hash {
			break
		}
		if p.ev.ID == last.ID {
			last = p.ev
		}
	}
	return last
}

func (w *writer) insertEvent(no, hash uint64, ev *store.Event) error {
	key := eventKey(no, hash)
	w.begin()
	w.event(ev)
	return w.insert(bucketEvent, key[:], w.seal(bucketEvent, key[:]))
}

// putEvent stores an event and returns whether that changed anything.
func (w *writer) putEvent(no, hash uint64, ev *store.Event) (bool, error) {
	for ; ; hash++ {
		k := eventKey(no, hash)
		key := k[:]
		old := w.b[bucketEvent].Get(key)
		if old == nil {
			return true, w.insertEvent(no, hash, ev)
		}
		d, err := open(bucketEvent, key, old, w.words)
		if err != nil {
			return false, err
		}
		stored := d.event(ev.Source, ev.Item)
		if err := d.end(bucketEvent, key); err != nil {
			return false, err
		}
		if stored.ID != ev.ID {
			continue // another event with the same hash
		}
		if sameEvent(&stored, ev) {
			return false, nil
		}
		w.begin()
		w.event(ev)
		return true, w.replace(bucketEvent, key, w.seal(bucketEvent, key))
	}
}

// takeBack removes the stored events of an item that the source no longer has,
// and returns how many.
func (a *applier) takeBack(t *touched) (int, error) {
	if len(t.whole) == 0 {
		return 0, nil
	}
	brought := make(map[string]bool, len(t.events))
	for _, ev := range t.events {
		brought[ev.ID] = true
	}
	var gone [][]byte
	var pushed []placed // kept events that do not lie where their ID belongs
	var from [][]byte   // where they lie
	err := a.w.scan(bucketEvent, key8(t.no), nil, func(key []byte, d *decoder) (bool, error) {
		ev := d.event(a.name, t.now.ID)
		switch hash := a.w.hash(ev.ID); {
		case !brought[ev.ID] && slices.ContainsFunc(t.whole, func(p string) bool { return strings.HasPrefix(ev.ID, p) }):
			gone = append(gone, bytes.Clone(key))
		case binary.BigEndian.Uint64(key[8:]) != hash:
			pushed, from = append(pushed, placed{hash, &ev}), append(from, bytes.Clone(key))
		}
		return true, nil
	})
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	// A lookup stops at the first free key, so what was pushed aside by a
	// removed event has to move up.
	for _, key := range slices.Concat(gone, from) {
		if _, err := a.w.remove(bucketEvent, key); err != nil {
			return 0, err
		}
	}
	for _, p := range pushed {
		if _, err := a.w.putEvent(t.no, p.hash, p.ev); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}
