package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

// errClosed is returned by every method after Close.
var errClosed = errors.New("store is closed")

// errReadOnly is returned by every method that writes, of a store opened to
// be read.
var errReadOnly = errors.New("store was opened to be read only")

// A reader is one read transaction. Nothing that it returns refers to the
// file.
type reader struct {
	tx    *bbolt.Tx
	b     buckets
	words []string
	reads int64 // records read

	events []store.Event // of the item at hand
}

// get opens a record, or returns false when there is none.
func (r *reader) get(b bucket, key []byte) (decoder, bool, error) {
	if r.b[b] == nil {
		return decoder{}, false, nil
	}
	rec := r.b[b].Get(key)
	if rec == nil {
		return decoder{}, false, nil
	}
	r.reads++
	d, err := open(b, key, rec, r.words)
	return d, err == nil, err
}

// view runs fn in a read transaction. What the damaged file makes bbolt do,
// up to a memory fault, comes back as an error.
func (db *DB) view(ctx context.Context, what string, fn func(*reader) error) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closed {
		return fmt.Errorf("%s: %w", what, errClosed)
	}
	begun := time.Now()
	err = guard(func() error {
		return db.bolt.View(func(tx *bbolt.Tx) error {
			b, err := openBuckets(tx, db.buckets)
			if err != nil {
				return err
			}
			r := &reader{tx: tx, b: b, words: db.words.snapshot()}
			defer func() { db.reads.Add(r.reads) }()
			return fn(r)
		})
	})
	db.metrics.read.Observe(time.Since(begun).Seconds())
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// guard turns a panic of fn, memory faults included, into an error.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("database failed: %v: %w", p, store.ErrCorrupt)
		}
	}()
	return fn()
}

// A state is what the store knows about all its records. It is written with
// every transaction.
type state struct {
	seq    uint64 // newest change
	no     uint64 // newest item number
	source uint32 // newest source number
	backup time.Time
	// buckets is how many buckets the file had when the state was written.
	buckets int
	// records counts by bucket; bucket meta is left out.
	records [bucketCount]uint64
	// kinds counts the stored items.
	kinds map[store.Kind]uint64
}

func (e *encoder) state(s *state) {
	e.uvarint(s.seq)
	e.uvarint(s.no)
	e.uvarint(uint64(s.source))
	e.time(s.backup, epoch)
	e.uvarint(bucketCount)
	for _, n := range s.records {
		e.uvarint(n)
	}
	e.uvarint(uint64(len(s.kinds)))
	for _, k := range sortedKeys(s.kinds) {
		e.literal(string(k))
		e.uvarint(s.kinds[k])
	}
}

func (d *decoder) state() state {
	s := state{seq: d.uvarint(), no: d.uvarint(), source: d.uint32(), backup: d.time(epoch)}
	if s.buckets = d.count(); s.buckets > bucketCount || !slices.Contains(bucketsIn[1:], s.buckets) {
		d.fail("counts other buckets")
		return s
	}
	for i := range s.buckets {
		s.records[i] = d.uvarint()
	}
	n := d.count()
	s.kinds = make(map[store.Kind]uint64, n)
	for range n {
		k := store.Kind(d.literal())
		s.kinds[k] = d.uvarint()
	}
	return s
}

// A writer is the one write transaction.
type writer struct {
	reader
	encoder
	state state
	table *words
	added []string          // new words of this transaction
	ids   map[string]uint32 // their numbers
	hash  func(eventID string) uint64
}

// insert adds a record that was not there.
func (w *writer) insert(b bucket, key, rec []byte) error {
	w.state.records[b]++
	return w.replace(b, key, rec)
}

func (w *writer) replace(b bucket, key, rec []byte) error {
	if err := w.b[b].Put(key, rec); err != nil {
		return fmt.Errorf("write %s record: %w", b, err)
	}
	return nil
}

// put adds or replaces a record unless it is there already, and returns
// whether that changed anything.
func (w *writer) put(b bucket, key, rec []byte) (bool, error) {
	switch old := w.b[b].Get(key); {
	case old == nil:
		return true, w.insert(b, key, rec)
	case string(old) == string(rec):
		w.drop()
		return false, nil
	}
	return true, w.replace(b, key, rec)
}

// remove deletes a record and returns whether it was there.
func (w *writer) remove(b bucket, key []byte) (bool, error) {
	if w.b[b].Get(key) == nil {
		return false, nil
	}
	if err := w.b[b].Delete(key); err != nil {
		return false, fmt.Errorf("delete %s record: %w", b, err)
	}
	w.state.records[b]--
	return true, nil
}

// intern implements interner.
func (w *writer) intern(s string) (uint32, bool) {
	if id, ok := w.table.ids[s]; ok {
		return id, true
	}
	if id, ok := w.ids[s]; ok {
		return id, true
	}
	id := uint32(len(w.table.snapshot()) + len(w.added))
	if id >= maxWords || !w.table.worth(s) {
		return 0, false
	}
	w.ids[s] = id
	w.added = append(w.added, s)
	// This may write behind the end of the snapshots of readers, who never
	// look there.
	w.words = append(w.words, s)
	return id, true
}

// finish writes what the transaction added to the tables of the store.
func (w *writer) finish() error {
	first := len(w.table.snapshot())
	for i, s := range w.added {
		key := key4(uint32(first + i))
		w.begin()
		w.literal(s)
		if err := w.insert(bucketWord, key, w.seal(bucketWord, key)); err != nil {
			return err
		}
	}
	w.begin()
	w.encoder.state(&w.state)
	if err := w.replace(bucketMeta, []byte(metaState), w.seal(bucketMeta, []byte(metaState))); err != nil {
		return err
	}
	w.table.publish(w.added)
	return nil
}

// update runs fn in the write transaction and commits it. After a failed
// commit nothing can be written any more: what the file holds is unknown.
func (db *DB) update(ctx context.Context, what string, fn func(*writer) error) (err error) {
	select {
	case db.writing <- struct{}{}:
		defer func() { <-db.writing }()
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	switch {
	case db.closed:
		return fmt.Errorf("%s: %w", what, errClosed)
	case db.readOnly:
		return fmt.Errorf("%s: %w", what, errReadOnly)
	case db.failed != nil:
		return fmt.Errorf("%s: an earlier commit failed: %w", what, db.failed)
	}
	begun := time.Now()
	if err := db.commit(fn); err != nil {
		db.metrics.writeFailures.Inc()
		return fmt.Errorf("%s: %w", what, err)
	}
	db.metrics.write.Observe(time.Since(begun).Seconds())
	return nil
}

// commit is the part of update that touches the file.
func (db *DB) commit(fn func(*writer) error) error {
	var tx *bbolt.Tx
	var next state
	err := guard(func() (err error) {
		if tx, err = db.bolt.Begin(true); err != nil {
			return err
		}
		w := &writer{state: db.state.clone(), table: db.words, ids: map[string]uint32{}, hash: db.hash}
		w.dict = w
		if w.b, err = openBuckets(tx, bucketCount); err != nil {
			return err
		}
		w.b.setFill()
		w.tx, w.words = tx, db.words.snapshot()
		if err := fn(w); err != nil {
			return err
		}
		if err := w.finish(); err != nil {
			return err
		}
		next = w.state
		return nil
	})
	if err != nil {
		if tx != nil {
			return errors.Join(err, guard(tx.Rollback))
		}
		return err
	}
	if err := guard(tx.Commit); err != nil {
		// After a panic bbolt may still hold its lock, which Close needs.
		_ = guard(tx.Rollback)
		db.failed = fmt.Errorf("%w: %w", store.ErrCommit, err)
		return db.failed
	}
	db.state = next
	db.observe()
	return nil
}

func (s state) clone() state {
	kinds := make(map[store.Kind]uint64, len(s.kinds)+1)
	for k, n := range s.kinds {
		kinds[k] = n
	}
	s.kinds = kinds
	return s
}
