package bolt

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

// StateHash returns the SHA-256 of everything that was learnt from sources and
// people: items, events, quarantine, identities, profiles, groups,
// declarations, overrides, frozen and collapsed weeks.
// Two stores that were fed the same batches have the same hash, whatever
// numbers they gave out, however often batches were repeated, and in whatever
// order batches came that do not contradict each other. Left out is what only
// tells how it was learnt or can be computed again: cursors, watermarks, times
// of applying, declaring and seeing a group or account, the last report, deliveries.
//
// It reads the whole store in one read transaction, about a microsecond for
// each event.
func (db *DB) StateHash(ctx context.Context) ([sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	err := db.view(ctx, "hash state", func(r *reader) error {
		h := &stateHasher{ctx: ctx, r: r, sum: sha256.New()}
		if err := h.all(); err != nil {
			return err
		}
		h.sum.Sum(sum[:0])
		return nil
	})
	return sum, err
}

// A stateHasher writes records in a form without numbers and words, each
// string with its length, in an order made of names alone.
type stateHasher struct {
	ctx context.Context
	r   *reader
	sum hash.Hash
	buf []byte
	// read counts records by bucket, since a damaged page can hide some.
	read [bucketCount]uint64
}

func (h *stateHasher) all() error {
	st, err := h.r.state()
	if err != nil {
		return err
	}
	sources, err := h.r.sources()
	if err != nil {
		return err
	}
	for _, s := range sources {
		if err := h.source(s); err != nil {
			return err
		}
	}
	rest := []struct {
		b  bucket
		fn func(key []byte, d *decoder)
	}{
		{bucketDeclaration, func(_ []byte, d *decoder) {
			h.string(string(d.declaration().Body))
		}},
		{bucketFrozen, func(key []byte, d *decoder) {
			h.strings(string(key), string(d.bytes()))
		}},
		{bucketCollapsed, func(key []byte, d *decoder) {
			h.strings(string(key), string(d.bytes()))
		}},
		{bucketOverride, func(key []byte, d *decoder) {
			o := d.override(key)
			h.strings(o.Key, o.To, o.Role, o.Why)
			h.time(o.At)
		}},
	}
	for _, p := range rest {
		if err := h.bucket(p.b, nil, p.fn); err != nil {
			return err
		}
	}
	for _, b := range []bucket{bucketNumber, bucketEvent, bucketQuarantine, bucketIdentity, bucketDeclaration, bucketOverride, bucketFrozen,
		bucketTerm, bucketProfile, bucketGroup, bucketCollapsed} {
		if h.read[b] != st.records[b] {
			return fmt.Errorf("bucket %s has %d records, not %d: %w", b, h.read[b], st.records[b], store.ErrCorrupt)
		}
	}
	return nil
}

// bucket hashes the records of one bucket below a prefix.
func (h *stateHasher) bucket(b bucket, prefix []byte, fn func(key []byte, d *decoder)) error {
	return h.r.scan(b, prefix, nil, func(key []byte, d *decoder) (bool, error) {
		h.begin(b)
		fn(key, d)
		return true, h.end()
	})
}

func (h *stateHasher) source(s namedSource) error {
	prefix := key4(s.no)
	err := h.r.scan(bucketNumber, prefix, nil, func(_ []byte, d *decoder) (bool, error) {
		return true, h.item(d.uvarint())
	})
	if err != nil {
		return err
	}
	err = h.bucket(bucketQuarantine, prefix, func(key []byte, d *decoder) {
		h.strings(s.name, string(key[4:]), d.literal())
	})
	if err != nil {
		return err
	}
	err = h.bucket(bucketIdentity, prefix, func(key []byte, d *decoder) {
		h.strings(s.name, string(key[4:]), d.literal())
		h.uint(uint64(d.byte()))
	})
	if err != nil {
		return err
	}
	err = h.bucket(bucketProfile, prefix, func(key []byte, d *decoder) {
		p := d.profile()
		h.strings(s.name, string(key[4:]), p.zone)
		h.uint(uint64(bit(p.bot)))
		h.uint(uint64(len(p.same)))
		for _, same := range p.same {
			h.strings(same.Actor, string(same.By))
		}
		h.strings(string(p.account))
	})
	if err != nil {
		return err
	}
	return h.bucket(bucketGroup, prefix, func(key []byte, d *decoder) {
		name, _, ok := splitGroup(key[4:])
		if !ok {
			d.fail("has a key of another form")
		}
		h.strings(s.name, name)
		h.list(d.members())
	})
}

// item hashes an item and its events.
func (h *stateHasher) item(no uint64) error {
	key := key8(no)
	d, ok, err := h.r.get(bucketItem, key)
	if err != nil {
		return err
	}
	if !ok {
		return damaged(bucketItem, key, "is missing")
	}
	c, err := h.r.change(d.uvarint(), no)
	if err != nil {
		return err
	}
	it := &c.Item
	if it.Kind == "" && len(c.Events) == 0 {
		// All that was ever seen of it was taken back: who came later has
		// not seen it.
		h.read[bucketNumber]++
		return nil
	}
	h.begin(bucketNumber)
	h.strings(it.Source, it.ID, string(it.Kind), it.Title, it.URL, string(it.Status), string(it.Gone))
	slices.Sort(it.Keys) // old names arrive in any order
	h.list(it.Keys)
	h.uint(uint64(len(it.Attrs)))
	for _, name := range sortedKeys(it.Attrs) {
		h.string(name)
		h.list(it.Attrs[name])
	}
	h.uint(uint64(len(it.Links)))
	for _, l := range it.Links {
		h.strings(string(l.Kind), l.Key)
		h.time(l.At)
	}
	for _, t := range []time.Time{it.Created, it.Updated, it.Started, it.Closed} {
		h.time(t)
	}
	h.uint(uint64(len(it.Terms)))
	for _, t := range it.Terms {
		h.string(t.Word)
		h.uint(uint64(t.Count))
	}
	if len(it.Terms) > 0 {
		h.read[bucketTerm]++
	}
	if err := h.end(); err != nil {
		return err
	}
	for i := range c.Events {
		if err := h.event(&c.Events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (h *stateHasher) event(ev *store.Event) error {
	h.begin(bucketEvent)
	h.strings(ev.ID, string(ev.Kind), ev.Actor)
	h.uint(uint64(bit(ev.Bot)))
	h.time(ev.At)
	offset, known := store.Offset(ev.At)
	h.uint(uint64(bit(known)))
	h.uint(uint64(int64(offset)))
	h.uint(uint64(len(ev.Attrs)))
	for _, name := range sortedKeys(ev.Attrs) {
		h.strings(name, ev.Attrs[name])
	}
	return h.end()
}

func (h *stateHasher) begin(b bucket) {
	h.read[b]++
	h.buf = append(h.buf[:0], byte(b))
}

func (h *stateHasher) end() error {
	h.sum.Write(h.buf)
	if h.read[bucketEvent]%1024 == 0 {
		return h.ctx.Err()
	}
	return nil
}

func (h *stateHasher) uint(v uint64) { h.buf = binary.BigEndian.AppendUint64(h.buf, v) }

func (h *stateHasher) string(s string) {
	h.uint(uint64(len(s)))
	h.buf = append(h.buf, s...)
}

func (h *stateHasher) strings(list ...string) {
	for _, s := range list {
		h.string(s)
	}
}

func (h *stateHasher) list(list []string) {
	h.uint(uint64(len(list)))
	h.strings(list...)
}

func (h *stateHasher) time(t time.Time) {
	h.uint(uint64(bit(t.IsZero())))
	h.uint(uint64(t.Unix()))
}
