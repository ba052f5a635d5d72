package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/internal/durable"
	"github.com/workdrift/workdrift/store"
)

// backupSuffix is in the name of backups that are not complete yet.
const backupSuffix = ".part-"

// Backup copies the store as it is now to a file at path, which gets its name
// only once it is complete, synced, read back equal, and verified record by
// record. A file of that name is replaced. Reading and writing go on
// meanwhile. An interrupted backup leaves nothing behind; what a killed one
// left is removed by the next backup to the same path, so of two at the same
// time the earlier fails.
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.backup(ctx, path); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	if db.readOnly {
		return nil
	}
	return db.update(ctx, "note backup", func(w *writer) error {
		w.state.backup = second(db.now())
		return nil
	})
}

func (db *DB) backup(ctx context.Context, path string) (err error) {
	dir, base := filepath.Dir(path), filepath.Base(path)
	if same(path, db.path) {
		return errors.New("that is the database itself")
	}
	removeLeftovers(path, backupSuffix)
	f, err := os.CreateTemp(dir, base+backupSuffix+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	sum := sha256.New()
	err = db.view(ctx, "copy", func(r *reader) error {
		_, err := r.tx.WriteTo(io.MultiWriter(&ctxWriter{ctx, f}, sum))
		return err
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := verifyCopy(ctx, f.Name(), sum.Sum(nil)); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return durable.Dir(dir)
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// verifyCopy compares a file with the sum of what was written to it, opens it
// as a store and verifies everything.
func verifyCopy(ctx context.Context, path string, sum []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	read := sha256.New()
	_, err = io.Copy(&ctxWriter{ctx, read}, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if !bytes.Equal(read.Sum(nil), sum) {
		return fmt.Errorf("file reads back different: %w", store.ErrCorrupt)
	}
	db, err := Open(ctx, path, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(db.Check(ctx), db.Close())
}

// A ctxWriter stops a long copy.
type ctxWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w *ctxWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// compactBytes is how much Compact writes in one transaction.
const compactBytes = 4 << 20

// Compact rewrites the file without its free pages, and with them without the
// bytes of what was erased, and without the words that no record refers to any
// more. Everybody waits meanwhile, about three seconds for a million events. When it fails the store goes on with the old file, unless the
// error wraps store.ErrCommit.
func (db *DB) Compact(ctx context.Context) error {
	if err := db.compact(ctx); err != nil {
		return fmt.Errorf("compact %s: %w", db.path, err)
	}
	return nil
}

func (db *DB) compact(ctx context.Context) error {
	select {
	case db.writing <- struct{}{}:
		defer func() { <-db.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case db.closed:
		return errClosed
	case db.readOnly:
		return errReadOnly
	case db.failed != nil:
		return db.failed
	}
	dir, base := filepath.Dir(db.path), filepath.Base(db.path)
	f, err := os.CreateTemp(dir, base+newSuffix+"*")
	if err != nil {
		return err
	}
	temp := f.Name()
	defer os.Remove(temp) // fails once it is renamed
	if err := f.Close(); err != nil {
		return err
	}
	// The new file is locked before it gets the name, so that no other
	// process can come in between.
	dst, err := openLocked(ctx, temp, options(db.openFile), time.Now().Add(defaultLockTimeout))
	if err != nil {
		return err
	}
	var used []bool
	err = guard(func() (err error) {
		used, err = copyBuckets(ctx, dst, db.bolt, db.words.snapshot())
		return err
	})
	if err == nil {
		err = checkPages(ctx, temp, true)
	}
	if err == nil {
		err = os.Rename(temp, db.path)
	}
	if err != nil {
		return errors.Join(err, guard(dst.Close))
	}
	old := db.bolt
	db.bolt = dst
	db.words.keep(used)
	db.observe()
	if err := errors.Join(durable.Dir(dir), guard(old.Close)); err != nil {
		// Which file has the name after a power cut is unknown.
		db.failed = fmt.Errorf("%w: %w", store.ErrCommit, err)
		return db.failed
	}
	return nil
}

// copyBuckets copies every record, verifying its checksum. Words come last:
// those that nothing refers to are copied as empty strings, because their
// numbers have no gaps. It returns which words are left.
func copyBuckets(ctx context.Context, dst, src *bbolt.DB, words []string) (used []bool, err error) {
	used = make([]bool, len(words))
	err = src.View(func(from *bbolt.Tx) error {
		b, err := openBuckets(from, bucketCount)
		if err != nil {
			return err
		}
		c := &copier{dst: dst, words: words, used: used}
		for i := range bucketNames {
			if bucket(i) == bucketWord {
				continue
			}
			if err := c.bucket(ctx, b[i], bucket(i)); err != nil {
				return err
			}
		}
		return c.bucket(ctx, b[bucketWord], bucketWord)
	})
	return used, err
}

// A copier copies buckets and takes note of the words that records refer to.
type copier struct {
	dst   *bbolt.DB
	words []string
	used  []bool
}

func (c *copier) bucket(ctx context.Context, from *bbolt.Bucket, b bucket) error {
	cur := from.Cursor()
	k, v := cur.First()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := c.dst.Update(func(tx *bbolt.Tx) error {
			to, err := tx.CreateBucketIfNotExists([]byte(b.String()))
			if err != nil {
				return err
			}
			to.FillPercent = 0.9 // leaves room for what changes later
			for size := 0; k != nil && size < compactBytes; k, v = cur.Next() {
				rec, err := c.record(b, k, v)
				if err != nil {
					return err
				}
				if err := to.Put(k, rec); err != nil {
					return err
				}
				size += len(k) + len(v)
			}
			return nil
		})
		if err != nil || k == nil {
			return err
		}
	}
}

// record verifies a record and returns it, an unused word as an empty one.
func (c *copier) record(b bucket, key, rec []byte) ([]byte, error) {
	d, err := open(b, key, rec, c.words)
	if err != nil {
		return nil, err
	}
	d.used = c.used
	switch b {
	case bucketItem:
		d.item(d.head())
	case bucketEvent:
		d.event("", "")
	case bucketProfile:
		d.profile()
	case bucketGroup:
		d.members()
	case bucketWord:
		id := int(binary.BigEndian.Uint32(key))
		if id < len(c.used) && c.used[id] {
			return rec, nil
		}
		var e encoder
		e.begin()
		e.literal("")
		return e.seal(b, key), nil
	default:
		return rec, nil // refers to no words
	}
	return rec, d.end(b, key)
}
