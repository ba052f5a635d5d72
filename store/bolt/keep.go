package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"github.com/workdrift/workdrift/store"
)

// Declare implements store.Store.
func (db *DB) Declare(ctx context.Context, d store.Declaration) (added bool, err error) {
	err = db.update(ctx, "keep declaration", func(w *writer) error {
		next := uint64(1)
		var held *store.Declaration // when d became known
		c := w.b[bucketDeclaration].Cursor()
		for key, rec := c.First(); key != nil; key, rec = c.Next() {
			kept, err := w.declaration(key, rec)
			if err != nil {
				return err
			}
			if !kept.KnownFrom.After(d.KnownFrom) && (held == nil || !kept.KnownFrom.Before(held.KnownFrom)) {
				held = &kept
			}
			next = binary.BigEndian.Uint64(key) + 1
		}
		if held != nil && bytes.Equal(held.Body, d.Body) {
			return nil
		}
		added = true
		key := key8(next)
		w.begin()
		w.time(d.KnownFrom, epoch)
		w.bytes(d.Body)
		return w.insert(bucketDeclaration, key, w.seal(bucketDeclaration, key))
	})
	return added && err == nil, err
}

func (r *reader) declaration(key, rec []byte) (store.Declaration, error) {
	d, err := open(bucketDeclaration, key, rec, nil)
	if err != nil {
		return store.Declaration{}, err
	}
	v := d.declaration()
	return v, d.end(bucketDeclaration, key)
}

func (d *decoder) declaration() store.Declaration {
	return store.Declaration{KnownFrom: d.time(epoch), Body: d.bytes()}
}

// Declarations implements store.Store.
func (db *DB) Declarations(ctx context.Context) iter.Seq2[store.Declaration, error] {
	return list(ctx, db, "read declarations", bucketDeclaration, nil,
		func(_ *reader, _ []byte, d *decoder) (store.Declaration, bool, error) {
			return d.declaration(), true, nil
		})
}

// Override implements store.Store.
func (db *DB) Override(ctx context.Context, list ...store.Override) error {
	const what = "keep override"
	for _, o := range list {
		if err := checkID(o.Key); err != nil {
			return fmt.Errorf("%s: key: %w", what, err)
		}
	}
	return db.update(ctx, what, func(w *writer) error {
		for i := range list {
			if err := w.override(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) override(o *store.Override) error {
	key := []byte(o.Key)
	if o.To == "" {
		_, err := w.remove(bucketOverride, key)
		return err
	}
	w.begin()
	w.literal(o.To)
	w.literal(o.Role)
	w.literal(o.Why)
	w.time(o.At, epoch)
	_, err := w.put(bucketOverride, key, w.seal(bucketOverride, key))
	return err
}

func (d *decoder) override(key []byte) store.Override {
	return store.Override{Key: string(key), To: d.literal(), Role: d.literal(), Why: d.literal(), At: d.time(epoch)}
}

// Overrides implements store.Store.
func (db *DB) Overrides(ctx context.Context) iter.Seq2[store.Override, error] {
	return list(ctx, db, "read overrides", bucketOverride, nil,
		func(_ *reader, key []byte, d *decoder) (store.Override, bool, error) {
			return d.override(key), true, nil
		})
}

// Freeze implements store.Store.
func (db *DB) Freeze(ctx context.Context, f store.Frozen) error {
	return db.update(ctx, "freeze week", func(w *writer) error {
		key := key8(uint64(f.Monday.Unix()))
		if w.b[bucketFrozen].Get(key) != nil {
			return nil
		}
		w.begin()
		w.bytes(f.Body)
		_, err := w.put(bucketFrozen, key, w.seal(bucketFrozen, key))
		return err
	})
}

// Frozen implements store.Store.
func (db *DB) Frozen(ctx context.Context) iter.Seq2[store.Frozen, error] {
	return list(ctx, db, "read frozen weeks", bucketFrozen, nil,
		func(_ *reader, key []byte, d *decoder) (store.Frozen, bool, error) {
			monday := time.Unix(int64(binary.BigEndian.Uint64(key)), 0).UTC()
			return store.Frozen{Monday: monday, Body: d.bytes()}, true, nil
		})
}

// SaveReport implements store.Store.
func (db *DB) SaveReport(ctx context.Context, report []byte) error {
	return db.update(ctx, "save report", func(w *writer) error {
		key := []byte(reportKey)
		w.begin()
		w.bytes(report)
		_, err := w.put(bucketReport, key, w.seal(bucketReport, key))
		return err
	})
}

// LastReport implements store.Store.
func (db *DB) LastReport(ctx context.Context) (report []byte, err error) {
	err = db.view(ctx, "read report", func(r *reader) error {
		key := []byte(reportKey)
		d, ok, err := r.get(bucketReport, key)
		if err != nil || !ok {
			return err
		}
		report = d.bytes()
		return d.end(bucketReport, key)
	})
	if err != nil {
		return nil, err
	}
	return report, nil
}

// A SourcedIdentity is an identity with the source at which it was seen.
type SourcedIdentity struct {
	Source string
	store.Identity
}

// Identities yields every handle that was seen, by source and actor.
func (db *DB) Identities(ctx context.Context) iter.Seq2[SourcedIdentity, error] {
	return bySource(ctx, db, "read identities", bucketIdentity, func(_ *reader, source string, key []byte, d *decoder) SourcedIdentity {
		return SourcedIdentity{source, store.Identity{Actor: string(key[4:]), Handle: d.literal(), Bot: d.byte() != 0}}
	})
}

// ForgetIdentities erases every handle; profiles stay. The bytes of handles
// stay in free pages until Compact, and in backups.
func (db *DB) ForgetIdentities(ctx context.Context) error {
	return db.update(ctx, "forget identities", func(w *writer) (err error) {
		name := []byte(bucketIdentity.String())
		if err := w.tx.DeleteBucket(name); err != nil {
			return err
		}
		w.state.records[bucketIdentity] = 0
		w.b[bucketIdentity], err = w.tx.CreateBucket(name)
		return err
	})
}

// A SourcedQuarantined is something quarantined with its source.
type SourcedQuarantined struct {
	Source string
	store.Quarantined
	// Since is when it was set aside for this reason, zero where an earlier
	// version of the program did, which did not keep it.
	Since time.Time
}

// Quarantine yields what could not be read, by source and ID.
func (db *DB) Quarantine(ctx context.Context) iter.Seq2[SourcedQuarantined, error] {
	return bySource(ctx, db, "read quarantine", bucketQuarantine, func(r *reader, source string, key []byte, d *decoder) SourcedQuarantined {
		q := SourcedQuarantined{Source: source, Quarantined: store.Quarantined{ID: string(key[4:]), Reason: d.literal()}}
		if since, ok, err := r.get(bucketAside, key); err != nil {
			d.fail("has a time that cannot be read")
		} else if ok {
			q.Since = since.time(epoch)
		}
		return q
	})
}

// bySource yields the records of a bucket whose keys begin with a source.
func bySource[T any](ctx context.Context, db *DB, what string, b bucket,
	decode func(r *reader, source string, key []byte, d *decoder) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var sources []namedSource
		err := db.view(ctx, what, func(r *reader) (err error) {
			sources, err = r.sources()
			return err
		})
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, s := range sources {
			records := list(ctx, db, what, b, key4(s.no), func(r *reader, key []byte, d *decoder) (T, bool, error) {
				return decode(r, s.name, key, d), true, nil
			})
			for v, err := range records {
				if !yield(v, err) {
					return
				}
			}
		}
	}
}
