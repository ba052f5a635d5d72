// Package bolt keeps a store.Store in one local bbolt file.
//
// One process writes; a file lock keeps others out. Each batch is one
// transaction, synced to disk before Apply returns. Every record carries a
// checksum, because bbolt's pages have none; the structure of the file is
// verified whenever it is opened, and Check verifies the rest.
//
// Times are kept to the second: those of items in UTC, those of events with
// the author's offset; a time 34,000 years away is kept as none. Strings that
// repeat are written once (see words), so an event takes about a hundred bytes,
// its share of items and indexes included. Each word of an item takes 8 or 9
// more.
//
// Iterators read at most 2,000 records in one transaction (or one item, when
// it has more events), and no transaction is open while the caller works.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/workdrift/workdrift/store"
)

// ErrNewer is wrapped when a file was written by a version that this one
// cannot read. The file is left as it is.
var ErrNewer = errors.New("database was written by a newer version")

// Options are how a store is opened. The zero value is usable.
type Options struct {
	Log *slog.Logger     // nil discards
	Now func() time.Time // the store's clock; nil is time.Now
	// Registerer gets the metrics of the store, which leave it on Close. Nil
	// registers none.
	Registerer prometheus.Registerer
	// ReadOnly opens an existing file to be read, beside other readers.
	ReadOnly bool
	// LockTimeout is how long to wait for another process to let go of the
	// file; 0 means one second.
	LockTimeout time.Duration

	openFile func(name string, flag int, perm os.FileMode) (*os.File, error) // nil is os.OpenFile
}

// A DB is a store.Store in one file.
type DB struct {
	path     string
	log      *slog.Logger
	now      func() time.Time
	readOnly bool
	hasher   store.Hasher
	words    *words
	metrics  *metrics
	openFile func(string, int, os.FileMode) (*os.File, error)
	hash     func(eventID string) uint64
	pageSize int64
	schema   int          // version of the file: less than schemaVersion when an older one is only read
	buckets  int          // in the file, by its version
	reads    atomic.Int64 // records read by read transactions, for benchmarks

	// writing is held by the one writer. It guards state and failed.
	writing chan struct{}
	state   state
	failed  error // of the commit after which nothing may be written

	// mu is held to read by every transaction, and to write by whoever
	// replaces or closes the file.
	mu     sync.RWMutex
	bolt   *bbolt.DB
	closed bool
}

var _ store.Store = (*DB)(nil)

const (
	fileMode           = 0o600
	defaultLockTimeout = time.Second
	lockRetry          = 20 * time.Millisecond
	// growBytes is the step in which the file grows. Each step costs one more
	// sync; bbolt's own 16 MiB is much for a small store.
	growBytes = 4 << 20
)

// Open opens the file at path, and creates it when it is missing. The file is
// first looked at without changing it: errors that wrap ErrNewer,
// store.ErrCorrupt and store.ErrLocked leave it byte for byte as it was.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	db := &DB{
		path: path, log: opt.Log, now: opt.Now, readOnly: opt.ReadOnly, openFile: opt.openFile,
		words: newWords(), hash: hashEvent, writing: make(chan struct{}, 1),
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if db.now == nil {
		db.now = time.Now
	}
	wait := opt.LockTimeout
	if wait <= 0 {
		wait = defaultLockTimeout
	}
	if err := db.open(ctx, wait); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.metrics = newMetrics(db)
	db.observe()
	if err := db.metrics.register(opt.Registerer); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.bolt.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, wait time.Duration) error {
	switch info, err := os.Stat(db.path); {
	case errors.Is(err, fs.ErrNotExist) && !db.readOnly:
		if err := create(db.path, db.now()); err != nil {
			// Another process may have been faster, and have swept up.
			if _, missing := os.Stat(db.path); missing != nil {
				return err
			}
		}
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	}
	deadline := time.Now().Add(wait)
	b, err := db.look(ctx, deadline)
	if err != nil {
		return err
	}
	if !db.readOnly {
		if err := b.Close(); err != nil {
			return err
		}
		if b, err = openLocked(ctx, db.path, options(db.openFile), deadline); err != nil {
			return err
		}
	}
	db.bolt, db.pageSize = b, int64(b.Info().PageSize)
	err = db.load()
	if err == nil && !db.readOnly {
		err = db.migrate()
	}
	if err != nil {
		return errors.Join(err, guard(b.Close))
	}
	if !db.readOnly {
		removeLeftovers(db.path, newSuffix)
	}
	return nil
}

// look opens the file to be read, and verifies that it can be.
func (db *DB) look(ctx context.Context, deadline time.Time) (*bbolt.DB, error) {
	if err := checkFile(db.path); err != nil {
		return nil, err
	}
	b, err := openLocked(ctx, db.path, &bbolt.Options{ReadOnly: true, FreelistType: bbolt.FreelistMapType}, deadline)
	if err != nil {
		return nil, err
	}
	if err := checkPages(ctx, db.path, false); err != nil {
		return nil, errors.Join(err, guard(b.Close))
	}
	return b, nil
}

// options are how a file is opened to be written: the free list is synced,
// without which a damaged file can kill the process, and kept in a map,
// without which a large one is slow.
func options(openFile func(string, int, os.FileMode) (*os.File, error)) *bbolt.Options {
	o := &bbolt.Options{FreelistType: bbolt.FreelistMapType, OpenFile: openFile}
	if strconv.IntSize == 64 && runtime.GOOS != "windows" {
		// Address space only: readers then seldom block a growing writer.
		o.InitialMmapSize = 1 << 30
	}
	return o
}

// openLocked opens a file and waits for its lock until the deadline.
func openLocked(ctx context.Context, path string, o *bbolt.Options, deadline time.Time) (*bbolt.DB, error) {
	o.Timeout = time.Nanosecond // one try; bbolt itself does not know the context
	for {
		var b *bbolt.DB
		err := guard(func() (err error) {
			b, err = bbolt.Open(path, fileMode, o)
			return err
		})
		switch {
		case err == nil:
			b.AllocSize = growBytes
			return b, nil
		case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
			return nil, fmt.Errorf("%w: %w", err, store.ErrCorrupt)
		case !errors.Is(err, berrors.ErrTimeout):
			return nil, err
		case time.Now().After(deadline):
			return nil, fmt.Errorf("%s: %w", path, store.ErrLocked)
		}
		select {
		case <-time.After(lockRetry):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// load reads what the store keeps in memory.
func (db *DB) load() error {
	return guard(func() error {
		return db.bolt.View(func(tx *bbolt.Tx) error {
			meta := tx.Bucket([]byte(bucketMeta.String()))
			if meta == nil {
				return fmt.Errorf("bucket %s is missing: %w", bucketMeta, store.ErrCorrupt)
			}
			var err error
			if db.schema, err = checkSchema(meta.Get([]byte(metaSchema))); err != nil {
				return err
			}
			db.buckets = bucketsIn[db.schema]
			b, err := openBuckets(tx, db.buckets)
			if err != nil {
				return err
			}
			r := &reader{tx: tx, b: b}
			if err := db.words.load(r); err != nil {
				return err
			}
			if db.state, err = r.state(); err != nil {
				return err
			}
			secret, err := r.meta(metaSecret)
			if err != nil {
				return err
			}
			db.hasher = store.NewHasher(secret)
			return nil
		})
	})
}

// meta returns the bytes kept under a name of bucket meta.
func (r *reader) meta(name string) ([]byte, error) {
	key := []byte(name)
	d, ok, err := r.get(bucketMeta, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, damaged(bucketMeta, key, "is missing")
	}
	v := d.bytes()
	return v, d.end(bucketMeta, key)
}

func (r *reader) state() (state, error) {
	key := []byte(metaState)
	d, ok, err := r.get(bucketMeta, key)
	if err != nil {
		return state{}, err
	}
	if !ok {
		return state{}, damaged(bucketMeta, key, "is missing")
	}
	s := d.state()
	return s, d.end(bucketMeta, key)
}

// load reads all words; their numbers have no gaps.
func (w *words) load(r *reader) error {
	var list []string
	err := r.b[bucketWord].ForEach(func(key, rec []byte) error {
		d, err := open(bucketWord, key, rec, nil)
		if err != nil {
			return err
		}
		if string(key) != string(key4(uint32(len(list)))) {
			return damaged(bucketWord, key, "is out of order")
		}
		list = append(list, d.literal())
		return d.end(bucketWord, key)
	})
	w.publish(list)
	return err
}

// Hasher returns the hasher with this store's secret, which was made with the
// file and lives only there.
func (db *DB) Hasher() store.Hasher { return db.hasher }

// Close waits for running transactions and closes the file. Every later call
// of another method fails.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	db.metrics.unregister()
	if err := guard(db.bolt.Close); err != nil {
		return fmt.Errorf("close %s: %w", db.path, err)
	}
	return nil
}
