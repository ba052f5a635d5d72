package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
)

// Check verifies the structure of the file, the checksum of every record, and
// that items, their numbers, events and changes agree. It returns the first
// thing that is wrong, in an error that wraps store.ErrCorrupt.
//
// The pages are read in one read transaction, at the speed of the disk; the
// file grows by what is written meanwhile.
func (db *DB) Check(ctx context.Context) error {
	const what = "check"
	err := db.view(ctx, what, func(*reader) error { return checkPages(ctx, db.path, true) })
	if err != nil {
		return err
	}
	if err := db.checkItems(ctx); err != nil {
		return err
	}
	if err := db.checkEvents(ctx); err != nil {
		return err
	}
	return db.checkRest(ctx)
}

// checkItems follows every item to its number and its change. The counts,
// which checkPages compared, rule out entries that lead nowhere.
func (db *DB) checkItems(ctx context.Context) error {
	items := list(ctx, db, "check items", bucketItem, nil, func(r *reader, key []byte, d *decoder) (none struct{}, ok bool, err error) {
		h := d.head()
		d.item(h)
		if d.bad != "" {
			return none, false, d.end(bucketItem, key)
		}
		no := binary.BigEndian.Uint64(key)
		src, err := r.findSource(h.source)
		if err != nil {
			return none, false, err
		}
		if src == nil {
			return none, false, damaged(bucketItem, key, "has an unknown source")
		}
		if err := r.leadsTo(bucketNumber, sourceKey(src.no, h.id), no); err != nil {
			return none, false, err
		}
		return none, false, r.leadsTo(bucketChange, key8(h.seq), no)
	})
	for _, err := range items {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) leadsTo(b bucket, key []byte, no uint64) error {
	d, ok, err := r.get(b, key)
	if err != nil {
		return err
	}
	if !ok || d.uvarint() != no {
		return damaged(b, key, fmt.Sprintf("does not lead to item %d", no))
	}
	return d.end(b, key)
}

// checkEvents reads every event and the item that it belongs to.
func (db *DB) checkEvents(ctx context.Context) error {
	var last []byte // the item that was there last
	events := list(ctx, db, "check events", bucketEvent, nil, func(r *reader, key []byte, d *decoder) (none struct{}, ok bool, err error) {
		d.event("", "")
		if len(key) != 16 {
			return none, false, damaged(bucketEvent, key, "has a key of the wrong length")
		}
		if !bytes.Equal(key[:8], last) {
			if _, ok, err := r.get(bucketItem, key[:8]); err != nil {
				return none, false, err
			} else if !ok {
				return none, false, damaged(bucketEvent, key, "has no item")
			}
			last = append(last[:0], key[:8]...)
		}
		return none, false, nil
	})
	for _, err := range events {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRest reads the terms and the items that they belong to, profiles, groups
// and deliveries.
func (db *DB) checkRest(ctx context.Context) error {
	terms := list(ctx, db, "check terms", bucketTerm, nil, func(r *reader, key []byte, d *decoder) (none struct{}, ok bool, err error) {
		if len(key) != 8 {
			return none, false, damaged(bucketTerm, key, "has a key of the wrong length")
		}
		if len(d.terms()) == 0 && d.bad == "" {
			return none, false, damaged(bucketTerm, key, "is empty")
		}
		_, stored, err := r.find(binary.BigEndian.Uint64(key))
		if err == nil && !stored {
			err = damaged(bucketTerm, key, "has no item")
		}
		return none, false, err
	})
	for _, err := range terms {
		if err != nil {
			return err
		}
	}
	for _, err := range db.Profiles(ctx) {
		if err != nil {
			return err
		}
	}
	for _, err := range db.Groups(ctx) {
		if err != nil {
			return err
		}
	}
	for _, err := range db.Deliveries(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}
