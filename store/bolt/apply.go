package bolt

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

// Apply implements store.Store. The items of the batch come first, then its
// events, then what it takes back, then its tombstones; an item that the batch
// leaves as it was did not change. An item older than the stored one still adds its keys, so that what
// is stored does not depend on the order in which versions arrive. A batch
// that holds records of another source, or without an ID or kind, is refused.
func (db *DB) Apply(ctx context.Context, source string, b store.Batch) (store.Applied, error) {
	var done store.Applied
	what := "apply batch of " + source
	if err := checkBatch(source, &b); err != nil {
		return done, fmt.Errorf("%s: %w", what, err)
	}
	err := db.update(ctx, what, func(w *writer) error {
		src, err := w.source(source)
		if err != nil {
			return err
		}
		a := &applier{w: w, src: src, name: source, now: db.now(), byID: make(map[string]*touched, len(b.Items))}
		if done, err = a.batch(&b); err != nil {
			return err
		}
		src.lastApply = second(a.now)
		if !b.Watermark.IsZero() {
			src.watermark = second(b.Watermark)
		}
		return w.saveSource(source, src)
	})
	if err != nil {
		return store.Applied{}, err
	}
	return done, nil
}

func checkBatch(source string, b *store.Batch) error {
	if err := checkID(source); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	for i := range b.Items {
		it := &b.Items[i]
		if it.Source != source || it.Kind == "" {
			return fmt.Errorf("item %q has source %q and kind %q", it.ID, it.Source, it.Kind)
		}
		if err := checkID(it.ID); err != nil {
			return fmt.Errorf("item: %w", err)
		}
	}
	for i := range b.Events {
		ev := &b.Events[i]
		if ev.Source != source || ev.ID == "" {
			return fmt.Errorf("event %q of item %q has source %q", ev.ID, ev.Item, ev.Source)
		}
		if err := checkID(ev.Item); err != nil {
			return fmt.Errorf("event %q: item: %w", ev.ID, err)
		}
	}
	for _, q := range b.Quarantined {
		if err := checkID(q.ID); err != nil {
			return fmt.Errorf("quarantined: %w", err)
		}
	}
	for _, w := range b.Whole {
		if err := checkID(w.Item); err != nil {
			return fmt.Errorf("item taken from: %w", err)
		}
	}
	for stream := range b.Next {
		if err := checkID(stream); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
	}
	return checkPeople(source, b)
}

// touched is one item that a batch touches.
type touched struct {
	no       uint64
	old, now store.Item // old has no kind when only events, or nothing, is stored
	seq      uint64     // of the stored record, 0 when there is none
	body     []byte     // of the stored record, after its sequence number
	events   []*store.Event
	whole    []string // prefixes of the events that the batch has all of
}

// An applier applies one batch.
type applier struct {
	w      *writer
	src    *sourceRecord
	name   string
	now    time.Time
	byID   map[string]*touched
	order  []*touched
	placed []placed        // scratch space of writeEvents
	before time.Time       // up to which events name nobody
	past   map[string]bool // actors whom events from before that named
	done   store.Applied
}

func (a *applier) batch(b *store.Batch) (store.Applied, error) {
	steps := []func(*store.Batch) error{a.items, a.events, a.whole, a.tombstones, a.write, a.quarantine, a.identities, a.accounts, a.groups, a.cursor}
	for _, step := range steps {
		if err := step(b); err != nil {
			return store.Applied{}, err
		}
	}
	a.done.Seq = a.w.state.seq
	return a.done, nil
}

// touch finds an item, and makes room for it when it is not stored. Without
// reserve it returns nil for an item that is not stored.
func (a *applier) touch(id string, reserve bool) (*touched, error) {
	if t := a.byID[id]; t != nil {
		return t, nil
	}
	key := sourceKey(a.src.no, id)
	d, ok, err := a.w.get(bucketNumber, key)
	if err != nil {
		return nil, err
	}
	t := &touched{old: store.Item{Source: a.name, ID: id}}
	switch {
	case ok:
		t.no = d.uvarint()
		if err := d.end(bucketNumber, key); err != nil {
			return nil, err
		}
		if err := a.load(t); err != nil {
			return nil, err
		}
	case !reserve:
		return nil, nil
	default:
		a.w.state.no++
		t.no = a.w.state.no
		a.w.begin()
		a.w.uvarint(t.no)
		if err := a.w.insert(bucketNumber, key, a.w.seal(bucketNumber, key)); err != nil {
			return nil, err
		}
	}
	t.now = t.old
	a.byID[id] = t
	a.order = append(a.order, t)
	return t, nil
}

func (a *applier) load(t *touched) error {
	key := key8(t.no)
	d, ok, err := a.w.get(bucketItem, key)
	if err != nil {
		return err
	}
	if !ok {
		return damaged(bucketItem, key, "is missing")
	}
	t.seq = d.uvarint()
	t.body = d.b
	h := itemHead{seq: t.seq, source: d.text(), id: d.text()}
	if h.source != t.old.Source || h.id != t.old.ID {
		return damaged(bucketItem, key, "belongs to another item")
	}
	t.old = d.item(h)
	if err := d.end(bucketItem, key); err != nil {
		return err
	}
	t.old.Terms, err = a.w.reader.terms(t.no)
	return err
}

func (a *applier) items(b *store.Batch) error {
	for i := range b.Items {
		t, err := a.touch(b.Items[i].ID, true)
		if err != nil {
			return err
		}
		t.now = merge(t.now, normalise(b.Items[i]))
	}
	return nil
}

// merge returns what is to be stored when in arrives while old is stored.
func merge(old, in store.Item) store.Item {
	if old.Kind != "" && old.Updated.After(in.Updated) {
		old.Keys = union(old.Keys, in.Keys)
		return old
	}
	in.Keys = union(in.Keys, old.Keys)
	return in
}

func (a *applier) events(b *store.Batch) error {
	var err error
	if a.before, err = a.w.namelessBefore(); err != nil {
		return err
	}
	for i := range b.Events {
		t, err := a.touch(b.Events[i].Item, true)
		if err != nil {
			return err
		}
		t.events = append(t.events, a.nameless(&b.Events[i]))
	}
	return nil
}

func (a *applier) whole(b *store.Batch) error {
	for _, wh := range b.Whole {
		t, err := a.touch(wh.Item, false)
		if err != nil {
			return err
		}
		if t != nil {
			t.whole = append(t.whole, wh.Prefix)
		}
	}
	return nil
}

func (a *applier) tombstones(b *store.Batch) error {
	for _, g := range b.Gone {
		t, err := a.touch(g.ID, false)
		if err != nil {
			return err
		}
		if t == nil || t.now.Kind == "" {
			continue
		}
		t.now.Gone = g.Why
		if g.MovedTo != "" {
			t.now.Keys = union([]string{g.MovedTo}, t.now.Keys)
		}
	}
	return nil
}

// write stores what the batch changed, items and events in the order of their
// keys, which is what makes a backfill fast.
func (a *applier) write(*store.Batch) error {
	slices.SortFunc(a.order, func(x, y *touched) int { return cmp.Compare(x.no, y.no) })
	for _, t := range a.order {
		events, err := a.writeEvents(t)
		if err != nil {
			return err
		}
		removed, err := a.takeBack(t)
		if err != nil {
			return err
		}
		events += removed
		changed := !sameItem(&t.old, &t.now)
		if !changed && events == 0 {
			continue
		}
		a.done.Events += events
		if changed {
			a.done.Items++
			a.count(t)
			if err := a.writeTerms(t); err != nil {
				return err
			}
		}
		if err := a.writeItem(t, changed); err != nil {
			return err
		}
	}
	return nil
}

// count keeps the number of items by kind.
func (a *applier) count(t *touched) {
	kinds := a.w.state.kinds
	if t.old.Kind != "" {
		kinds[t.old.Kind]--
	}
	kinds[t.now.Kind]++
}

// writeItem stores an item at a new sequence number, and only the number when
// nothing else changed.
func (a *applier) writeItem(t *touched, changed bool) error {
	w := a.w
	w.state.seq++
	key := key8(t.no)
	w.begin()
	if changed || t.seq == 0 {
		w.head(itemHead{seq: w.state.seq, source: a.name, id: t.now.ID})
		if t.now.Kind != "" {
			w.item(&t.now)
		}
	} else {
		w.uvarint(w.state.seq)
		w.raw(t.body)
	}
	rec := w.seal(bucketItem, key)
	if t.seq == 0 {
		if err := w.insert(bucketItem, key, rec); err != nil {
			return err
		}
	} else {
		if err := w.replace(bucketItem, key, rec); err != nil {
			return err
		}
		if _, err := w.remove(bucketChange, key8(t.seq)); err != nil {
			return err
		}
	}
	key = key8(w.state.seq)
	w.begin()
	w.uvarint(t.no)
	return w.insert(bucketChange, key, w.seal(bucketChange, key))
}

// quarantine releases what arrived whole this time before it adds what did
// not: an event of an item in this batch may have been rejected.
func (a *applier) quarantine(b *store.Batch) error {
	w := a.w
	for i := 0; i < len(b.Items) && a.src.quarantined > 0; i++ {
		key := sourceKey(a.src.no, b.Items[i].ID)
		released, err := w.remove(bucketQuarantine, key)
		if err != nil {
			return err
		}
		if !released {
			continue
		}
		a.src.quarantined--
		if _, err := w.remove(bucketAside, key); err != nil {
			return err
		}
	}
	now := second(a.now)
	for _, q := range b.Quarantined {
		key := sourceKey(a.src.no, q.ID)
		before := w.state.records[bucketQuarantine]
		w.begin()
		w.literal(q.Reason)
		changed, err := w.put(bucketQuarantine, key, w.seal(bucketQuarantine, key))
		if err != nil {
			return err
		}
		a.src.quarantined += w.state.records[bucketQuarantine] - before
		if !changed {
			continue
		}
		w.begin()
		w.time(now, epoch)
		if _, err := w.put(bucketAside, key, w.seal(bucketAside, key)); err != nil {
			return err
		}
	}
	return nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (a *applier) cursor(b *store.Batch) error {
	for _, stream := range sortedKeys(b.Next) {
		key := sourceKey(a.src.no, stream)
		var err error
		if pos := b.Next[stream]; pos == "" {
			_, err = a.w.remove(bucketCursor, key)
		} else {
			a.w.begin()
			a.w.literal(pos)
			_, err = a.w.put(bucketCursor, key, a.w.seal(bucketCursor, key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
