package attribution

import "slices"

// An index lists the items under each hash of a key. Nearly every key has one
// item, so a single item is kept in the map itself; lists hold the others.
// Removal from a list leaves the entry until the list is tidied, so the reader
// checks each entry it gets. Both operations take constant time on average,
// however popular the key is.
type index struct {
	single map[uint64]uint32 // an item, or listBit and a place in lists
	lists  []itemList
	free   []uint32
	holds  func(item uint32, hash uint64) bool
}

type itemList struct {
	items []uint32
	stale int // entries that may no longer hold
}

const listBit = 1 << 31

func newIndex(holds func(uint32, uint64) bool) *index {
	return &index{single: make(map[uint64]uint32), holds: holds}
}

// add files an item. It must not be filed under the hash already.
func (x *index) add(hash uint64, item uint32) {
	at, ok := x.single[hash]
	switch {
	case !ok:
		x.single[hash] = item
		return
	case at&listBit == 0:
		var place uint32
		if n := len(x.free); n > 0 {
			place, x.free = x.free[n-1], x.free[:n-1]
		} else {
			place = uint32(len(x.lists))
			x.lists = append(x.lists, itemList{})
		}
		x.lists[place] = itemList{items: []uint32{at, item}}
		x.single[hash] = place | listBit
		return
	}
	l := &x.lists[at&^listBit]
	if len(l.items) == cap(l.items) && l.stale > 0 {
		x.tidy(l, hash)
	}
	l.items = append(l.items, item)
}

// remove takes an item out; it must no longer hold the hash.
func (x *index) remove(hash uint64, item uint32) {
	at, ok := x.single[hash]
	if !ok {
		return
	}
	if at&listBit == 0 {
		if at == item {
			delete(x.single, hash)
		}
		return
	}
	l := &x.lists[at&^listBit]
	if l.stale++; 2*l.stale < len(l.items) {
		return
	}
	x.tidy(l, hash)
	if len(l.items) > 1 {
		return
	}
	if len(l.items) == 1 {
		x.single[hash] = l.items[0]
	} else {
		delete(x.single, hash)
	}
	*l = itemList{}
	x.free = append(x.free, at&^listBit)
}

func (x *index) tidy(l *itemList, hash uint64) {
	slices.Sort(l.items)
	l.items = slices.Compact(l.items)
	l.items = slices.DeleteFunc(l.items, func(n uint32) bool { return !x.holds(n, hash) })
	if cap(l.items) > 4*len(l.items) {
		l.items = slices.Clone(l.items)
	}
	l.stale = 0
}

// get returns the item under a hash, or several, of which some may no longer
// hold it and some may be named twice.
func (x *index) get(hash uint64) (one uint32, many []uint32) {
	at, ok := x.single[hash]
	if !ok {
		return 0, nil
	}
	if at&listBit == 0 {
		return at, nil
	}
	return 0, x.lists[at&^listBit].items
}
