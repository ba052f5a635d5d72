package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

// TestBackup takes backups while batches are written. Each must open, be
// whole, and hold exactly the batches up to its cursor.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	db := openTest(t, filepath.Join(dir, "test.db"), Options{})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	started := make(chan struct{})
	wg.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			if _, err := db.Apply(ctx, "s", crashBatch(n)); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Apply: %v", err)
				return
			}
			if n == 3 {
				close(started)
			}
		}
	})
	<-started
	path := filepath.Join(dir, "backup.db")
	last := 0
	for range 5 {
		if err := db.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		n := checkAfterCrash(t, path, last)
		if n < 3 {
			t.Errorf("backup stands at batch %d, want at least 3", n)
		}
		last = n
		// What was copied is what the same batches make.
		same := openTest(t, filepath.Join(t.TempDir(), "same.db"), Options{})
		for i := 1; i <= n; i++ {
			if _, err := same.Apply(t.Context(), "s", crashBatch(i)); err != nil {
				t.Fatal(err)
			}
		}
		restored := openTest(t, path, Options{ReadOnly: true})
		if stateHash(t, restored) != stateHash(t, same) {
			t.Errorf("backup at batch %d has another state", n)
		}
		if restored.Hasher().Actor("x") != db.Hasher().Actor("x") {
			t.Error("backup has another secret")
		}
	}
	stop()
	wg.Wait()
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("files are left behind: %v", left)
	}
}

func TestBackupRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	db := openTest(t, path, Options{})
	applyAll(t, db, testBatches(1))
	if err := db.Backup(t.Context(), path); err == nil {
		t.Error("the database was replaced by its backup")
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "missing", "backup.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want a missing directory", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(ctx, filepath.Join(dir, "backup.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("files are left behind: %v", entries)
	}
	if !db.Stats().LastBackup.IsZero() {
		t.Error("a backup was noted that failed")
	}
}

// TestVerifyCopy must notice what a disk does to a backup.
func TestVerifyCopy(t *testing.T) {
	image, _ := damagedFile(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := verifyCopy(t.Context(), path, []byte("another sum")); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("error %v, want ErrCorrupt", err)
	}
}

// TestLeftovers: what a killed process left of a file, with everything that
// was stored, goes when its place is used again. Files of others stay.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "test.db"), filepath.Join(dir, "backup.db")
	if err := openTest(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	leave := func(names ...string) {
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("identities"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	present := func(what string, want ...string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: there is %v, want %v", what, got, want)
		}
	}
	leave("test.db.new-12", "test.db.new-old", "test.db.new-", "test.db.part-7", "other.db.new-1", "backup.db.part-3", "backup.db.part-x", "other.db.part-1")

	reader := openTest(t, path, Options{ReadOnly: true})
	present("opened to be read", "backup.db.part-3", "backup.db.part-x", "other.db.new-1", "other.db.part-1",
		"test.db", "test.db.new-", "test.db.new-12", "test.db.new-old", "test.db.part-7")
	if err := reader.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	present("backed up", "backup.db", "backup.db.part-x", "other.db.new-1", "other.db.part-1",
		"test.db", "test.db.new-", "test.db.new-12", "test.db.new-old", "test.db.part-7")

	db := openTest(t, path, Options{})
	present("opened", "backup.db", "backup.db.part-x", "other.db.new-1", "other.db.part-1", "test.db", "test.db.new-", "test.db.new-old", "test.db.part-7")

	// Who does not get the lock removes nothing: it may be Compact's.
	leave("test.db.new-13")
	if _, err := Open(t.Context(), path, Options{LockTimeout: time.Nanosecond}); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("error %v, want ErrLocked", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "test.db.new-13")); err != nil {
		t.Errorf("a file of the process that has the lock is gone: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
