package bolt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// pageRecords is how many records one read transaction of an iterator reads.
const pageRecords = 2000

// scan calls fn for the records of a bucket whose keys start with prefix, from
// the one after the key after on, until fn returns false.
func (r *reader) scan(b bucket, prefix, after []byte, fn func(key []byte, d *decoder) (bool, error)) error {
	if r.b[b] == nil {
		return nil
	}
	c := r.b[b].Cursor()
	seek := prefix
	if after != nil {
		seek = after
	}
	k, v := c.Seek(seek)
	if after != nil && bytes.Equal(k, after) {
		k, v = c.Next()
	}
	var d decoder // one for all records: fn takes it to the heap
	for ; k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		r.reads++
		var err error
		if d, err = open(b, k, v, r.words); err != nil {
			return err
		}
		more, err := fn(k, &d)
		if err != nil {
			return err
		}
		if err := d.end(b, k); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return nil
}

// list yields what decode makes of the records of a bucket whose keys start
// with prefix, in key order, a page at a time.
func list[T any](ctx context.Context, db *DB, what string, b bucket, prefix []byte,
	decode func(r *reader, key []byte, d *decoder) (v T, ok bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var after []byte
		for {
			var page []T
			read := 0
			err := db.view(ctx, what, func(r *reader) error {
				return r.scan(b, prefix, after, func(key []byte, d *decoder) (bool, error) {
					v, ok, err := decode(r, key, d)
					if err != nil {
						return false, err
					}
					if ok {
						page = append(page, v)
					}
					if read++; read == pageRecords {
						after = bytes.Clone(key)
					}
					return read < pageRecords, nil
				})
			})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if read < pageRecords {
				return
			}
		}
	}
}

// Changes implements store.Store.
func (db *DB) Changes(ctx context.Context, after uint64) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		var page []store.Change
		for {
			var err error
			if page, err = db.changes(ctx, after, page[:0]); err != nil {
				yield(store.Change{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
			}
			after = page[len(page)-1].Seq
		}
	}
}

// changes appends the next changes to a page, with no more than pageRecords
// records unless the first change alone has more.
func (db *DB) changes(ctx context.Context, after uint64, page []store.Change) ([]store.Change, error) {
	err := db.view(ctx, "read changes", func(r *reader) error {
		read := 0
		return r.scan(bucketChange, nil, key8(after), func(key []byte, d *decoder) (bool, error) {
			c, err := r.change(binary.BigEndian.Uint64(key), d.uvarint())
			if err != nil {
				return false, err
			}
			page = append(page, c)
			read += 2 + len(c.Events)
			return read < pageRecords, nil
		})
	})
	return page, err
}

// change reads the item with a number and all its events.
func (r *reader) change(seq, no uint64) (store.Change, error) {
	c := store.Change{Seq: seq, No: no}
	key := key8(no)
	d, ok, err := r.get(bucketItem, key)
	if err != nil {
		return c, err
	}
	if !ok {
		return c, damaged(bucketItem, key, "is missing")
	}
	h := d.head()
	c.Item = d.item(h)
	if err := d.end(bucketItem, key); err != nil {
		return c, err
	}
	if c.Item.Terms, err = r.terms(no); err != nil {
		return c, err
	}
	if h.seq != seq {
		return c, damaged(bucketItem, key, "has another sequence number than its change")
	}
	r.events = r.events[:0]
	err = r.scan(bucketEvent, key, nil, func(_ []byte, d *decoder) (bool, error) {
		r.events = append(r.events, d.event(h.source, h.id))
		return true, nil
	})
	c.Events = append(c.Events, r.events...) // of the right size
	slices.SortFunc(c.Events, func(a, b store.Event) int { return cmp.Compare(a.ID, b.ID) })
	return c, err
}

// Find implements store.Store.
func (db *DB) Find(ctx context.Context, no uint64) (it store.Item, found bool, err error) {
	err = db.view(ctx, "find item", func(r *reader) (err error) {
		it, found, err = r.find(no)
		return err
	})
	if err != nil {
		return store.Item{}, false, err
	}
	return it, found, nil
}

// find returns a stored item; one of which only events have been seen is not
// stored.
func (r *reader) find(no uint64) (store.Item, bool, error) {
	key := key8(no)
	d, ok, err := r.get(bucketItem, key)
	if err != nil || !ok {
		return store.Item{}, false, err
	}
	it := d.item(d.head())
	if it.Kind == "" {
		return store.Item{}, false, d.end(bucketItem, key)
	}
	if err := d.end(bucketItem, key); err != nil {
		return store.Item{}, false, err
	}
	it.Terms, err = r.terms(no)
	return it, true, err
}

// Items implements store.Store. Items of all sources come ordered by source
// and then by ID.
func (db *DB) Items(ctx context.Context, source, prefix string) iter.Seq2[store.Item, error] {
	const what = "read items"
	return func(yield func(store.Item, error) bool) {
		var sources []namedSource
		err := db.view(ctx, what, func(r *reader) (err error) {
			sources, err = r.sources()
			return err
		})
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		for _, s := range sources {
			if source != "" && s.name != source {
				continue
			}
			for it, err := range list(ctx, db, what, bucketNumber, sourceKey(s.no, prefix), (*reader).numbered) {
				if !yield(it, err) {
					return
				}
			}
		}
	}
}

// numbered returns the item that an entry of bucket number leads to.
func (r *reader) numbered(key []byte, d *decoder) (store.Item, bool, error) {
	no := d.uvarint()
	it, ok, err := r.find(no)
	if ok && it.ID != string(key[4:]) {
		err = damaged(bucketNumber, key, "leads to another item")
	}
	return it, ok, err
}
