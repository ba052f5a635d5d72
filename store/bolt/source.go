package bolt

import (
	"context"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A sourceRecord is what is kept about a source. Its number is part of keys.
type sourceRecord struct {
	no                   uint32
	quarantined          uint64
	watermark, lastApply time.Time
}

func (e *encoder) sourceRecord(s *sourceRecord) {
	e.uvarint(uint64(s.no))
	e.uvarint(s.quarantined)
	e.time(s.watermark, epoch)
	e.time(s.lastApply, epoch)
}

func (d *decoder) sourceRecord() sourceRecord {
	return sourceRecord{no: d.uint32(), quarantined: d.uvarint(), watermark: d.time(epoch), lastApply: d.time(epoch)}
}

// findSource returns the record of a source, nil when it was never applied.
func (r *reader) findSource(name string) (*sourceRecord, error) {
	key := []byte(name)
	d, ok, err := r.get(bucketSource, key)
	if err != nil || !ok {
		return nil, err
	}
	s := d.sourceRecord()
	return &s, d.end(bucketSource, key)
}

// source returns the record of a source and numbers a new one.
func (w *writer) source(name string) (*sourceRecord, error) {
	s, err := w.findSource(name)
	if err != nil || s != nil {
		return s, err
	}
	w.state.source++
	return &sourceRecord{no: w.state.source}, nil
}

func (w *writer) saveSource(name string, s *sourceRecord) error {
	key := []byte(name)
	w.begin()
	w.sourceRecord(s)
	_, err := w.put(bucketSource, key, w.seal(bucketSource, key))
	return err
}

// A namedSource is a source with its name.
type namedSource struct {
	name string
	sourceRecord
}

// sources returns all sources by name. There are few.
func (r *reader) sources() ([]namedSource, error) {
	var list []namedSource
	err := r.b[bucketSource].ForEach(func(key, rec []byte) error {
		d, err := open(bucketSource, key, rec, nil)
		if err != nil {
			return err
		}
		list = append(list, namedSource{name: string(key), sourceRecord: d.sourceRecord()})
		return d.end(bucketSource, key)
	})
	return list, err
}

// Sources implements store.Store. The list is ordered by name.
func (db *DB) Sources(ctx context.Context) ([]store.SourceState, error) {
	var out []store.SourceState
	err := db.view(ctx, "read sources", func(r *reader) error {
		list, err := r.sources()
		for _, s := range list {
			out = append(out, store.SourceState{
				Source: s.name, Watermark: s.watermark, LastApply: s.lastApply, Quarantined: int(s.quarantined),
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Cursor implements store.Store.
func (db *DB) Cursor(ctx context.Context, source string) (store.Cursor, error) {
	cur := store.Cursor{}
	err := db.view(ctx, "read cursor of "+source, func(r *reader) error {
		s, err := r.findSource(source)
		if err != nil || s == nil {
			return err
		}
		return r.scan(bucketCursor, key4(s.no), nil, func(key []byte, d *decoder) (bool, error) {
			cur[string(key[4:])] = d.literal()
			return true, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return cur, nil
}
