package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

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
