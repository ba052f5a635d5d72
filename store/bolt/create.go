package bolt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/internal/durable"
	"github.com/workdrift/workdrift/store"
)

// newSuffix is in the name of files that are not complete yet. Leftovers of a
// crash are never opened, and removed by the next process that has the lock.
const newSuffix = ".new-"

// create makes an empty store at path. It is complete before it has its name,
// since a file that was cut while bbolt wrote its first pages cannot be opened
// again. When another process was faster, its file stays.
func create(path string, now time.Time) error {
	dir, base := filepath.Dir(path), filepath.Base(path)
	f, err := os.CreateTemp(dir, base+newSuffix+"*")
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	temp := f.Name()
	defer os.Remove(temp)
	if err := f.Close(); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	b, err := bbolt.Open(temp, fileMode, options(nil))
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := errors.Join(b.Update(func(tx *bbolt.Tx) error { return initialise(tx, now) }), b.Close()); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := syncFile(temp); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := publish(temp, path); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	return nil
}

// initialise fills a new file.
func initialise(tx *bbolt.Tx, now time.Time) error {
	w := &writer{state: state{}}
	for i, name := range bucketNames {
		b, err := tx.CreateBucket([]byte(name))
		if err != nil {
			return err
		}
		w.b[i] = b
	}
	random := make([]byte, 48) // never fails, see crypto/rand
	rand.Read(random)
	secret, id := random[:32], random[32:]

	metas := []struct {
		name string
		fill func()
	}{
		{metaSchema, func() { w.uvarint(schemaVersion); w.uvarint(minReader) }},
		{metaSecret, func() { w.bytes(secret) }},
		{metaCreated, func() { w.time(now, epoch); w.raw(id) }},
		{metaState, func() { w.encoder.state(&w.state) }},
	}
	for _, m := range metas {
		w.begin()
		m.fill()
		if err := w.replace(bucketMeta, []byte(m.name), w.seal(bucketMeta, []byte(m.name))); err != nil {
			return err
		}
	}
	return nil
}

// checkSchema refuses a file that this version cannot read. The form of this
// one record never changes, except that later versions may add to its end.
//
// It returns the version of the file.
func checkSchema(rec []byte) (int, error) {
	key := []byte(metaSchema)
	d, err := open(bucketMeta, key, rec, nil)
	if err != nil {
		return 0, err
	}
	schema, reader := d.uvarint(), d.uvarint()
	switch {
	case d.bad != "":
		return 0, damaged(bucketMeta, key, d.bad)
	case schema == 0:
		return 0, damaged(bucketMeta, key, "has no version")
	case schema > schemaVersion:
		return 0, fmt.Errorf("%w: it has schema %d and needs a program that knows %d, this one knows %d",
			ErrNewer, schema, reader, schemaVersion)
	}
	return int(schema), nil
}

// publish gives a complete file its name, without replacing one that exists,
// and makes the name durable.
func publish(temp, path string) error {
	switch err := os.Link(temp, path); {
	case err == nil:
	case errors.Is(err, fs.ErrExist):
		return nil
	default:
		// Some file systems have no links. Their users lose the protection
		// against two first starts at the same moment.
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		if err := os.Rename(temp, path); err != nil {
			return err
		}
	}
	return durable.Dir(filepath.Dir(path))
}

// removeLeftovers removes the files that were to become path, with suffix in
// their names, when the process that made them was killed.
func removeLeftovers(path, suffix string) {
	dir, base := filepath.Dir(path), filepath.Base(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // it worked without, and whoever opens next tries again
	}
	for _, e := range entries {
		// os.CreateTemp appends digits; anything else is somebody's own file.
		random, ok := strings.CutPrefix(e.Name(), base+suffix)
		if ok && random != "" && strings.Trim(random, "0123456789") == "" {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// checkFile refuses a file that is too short for bbolt to look at.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < 2*minPageSize {
		return fmt.Errorf("file has only %d bytes: %w", info.Size(), store.ErrCorrupt)
	}
	return nil
}
