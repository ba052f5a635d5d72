package bolt

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

// damagedFile returns the bytes of a store with free pages, deep trees and
// every kind of record, with the hash of its state.
func damagedFile(t testing.TB) ([]byte, [32]byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "whole.db")
	db := openTest(t, path, Options{})
	batches := testBatches(8)
	applyAll(t, db, batches)
	for i := range batches {
		for j := range batches[i].Items {
			it := &batches[i].Items[j]
			it.Updated = it.Updated.AddDate(0, 0, 1)
		}
	}
	applyAll(t, db, batches[2:5])
	ctx := t.Context()
	_, err := db.Declare(ctx, store.Declaration{KnownFrom: testDay, Body: []byte("objectives: []")})
	err = errors.Join(err, db.Override(ctx, store.Override{Key: "PAY-1", To: "o1"}), db.SaveReport(ctx, make([]byte, 10_000)))
	if err != nil {
		t.Fatal(err)
	}
	// A backup has no unused end, in which damage would go unnoticed.
	if err := db.Backup(ctx, path+".backup"); err != nil {
		t.Fatal(err)
	}
	return readFile(t, path+".backup"), stateHash(t, db)
}

// use opens a file and reads everything in it, by every way there is.
func use(ctx context.Context, path string) (sum [32]byte, err error) {
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, err := range db.Changes(ctx, 0) {
		if err != nil {
			return sum, err
		}
	}
	if sum, err = db.StateHash(ctx); err != nil {
		return sum, err
	}
	var again store.Batch
	for it, err := range db.Items(ctx, "", "") {
		if err != nil {
			return sum, err
		}
		again.Items = append(again.Items, it)
	}
	// Writing to a damaged file may fail, and must not do worse.
	for _, item := range []string{again.Items[0].ID, "new"} {
		again.Events = []store.Event{{Source: "github", Item: item, ID: "forth"}}
		again.Whole = []store.Whole{{Item: item}}
		again.Groups = []store.Group{{Source: "github", Name: "acme/team-0"}}
		if _, err := db.Apply(ctx, "github", again); err != nil {
			return sum, err
		}
	}
	if _, err := db.Cursor(ctx, "github"); err != nil {
		return sum, err
	}
	if _, err := db.LastReport(ctx); err != nil {
		return sum, err
	}
	for _, err := range db.Profiles(ctx) {
		if err != nil {
			return sum, err
		}
	}
	for _, err := range db.Groups(ctx) {
		if err != nil {
			return sum, err
		}
	}
	return sum, db.Check(ctx)
}

// TestBitFlips flips single bits all over the file: each is noticed, or
// changes nothing.
func TestBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	flips := 300
	if *long {
		flips = 10_000
	}
	image, want := damagedFile(t)
	path := filepath.Join(t.TempDir(), "flipped.db")
	random := rand.New(rand.NewPCG(1, 2))
	errorsSeen := 0
	for i := range flips {
		bit := random.IntN(len(image) * 8)
		if i%3 == 0 { // the headers of pages, where most can go wrong
			bit = random.IntN(len(image)/minPageSize)*minPageSize*8 + random.IntN(8*pageHeader*4)
		}
		damaged := bytes.Clone(image)
		damaged[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		switch sum, err := use(t.Context(), path); {
		case err != nil:
			if errorsSeen++; !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("bit %d of byte %d: error %v does not say that the file is damaged", bit%8, bit/8, err)
			}
		case sum != want:
			t.Errorf("bit %d of byte %d changed the state silently", bit%8, bit/8)
		}
	}
	t.Logf("%d of %d flips were noticed, the others hit free space", errorsSeen, flips)
	if errorsSeen == 0 {
		t.Error("no flip was noticed: the test shows nothing")
	}
}

// TestHiddenRecords makes each leaf claim that it has one record less. That
// breaks no checksum and no rule of bbolt; Open must notice all the same.
func TestHiddenRecords(t *testing.T) {
	image, _ := damagedFile(t)
	path := filepath.Join(t.TempDir(), "hidden.db")
	whole := countKeys(t, path, image)
	hidden := 0
	for at := 2 * minPageSize; at < len(image); at += minPageSize {
		p := image[at:]
		if native.Uint64(p) != uint64(at/minPageSize) || native.Uint16(p[8:]) != flagLeaf || native.Uint16(p[10:]) < 2 {
			continue
		}
		damaged := bytes.Clone(image)
		native.PutUint16(damaged[at+10:], native.Uint16(p[10:])-1)
		if countKeys(t, path, damaged) == whole {
			continue // the page is free
		}
		hidden++
		if db, err := Open(t.Context(), path, Options{}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("page %d: error %v, want ErrCorrupt", at/minPageSize, err)
			_ = db.Close()
		}
	}
	if hidden < 10 {
		t.Errorf("only %d pages could hide a record: the test shows little", hidden)
	}
}

// countKeys writes a file and counts what bbolt sees in it.
func countKeys(t *testing.T, path string, image []byte) (n int) {
	t.Helper()
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err = b.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			n++
			return b.ForEach(func(_, _ []byte) error { n++; return nil })
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestZeroedPages loses whole pages, as a failing disk does.
func TestZeroedPages(t *testing.T) {
	image, want := damagedFile(t)
	path := filepath.Join(t.TempDir(), "zeroed.db")
	for page := 0; page < len(image); page += minPageSize {
		damaged := bytes.Clone(image)
		clear(damaged[page : page+minPageSize])
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := use(t.Context(), path)
		if err != nil && !errors.Is(err, store.ErrCorrupt) || err == nil && sum != want {
			t.Errorf("page %d: error %v, or another state", page/minPageSize, err)
		}
	}
}

func TestTruncated(t *testing.T) {
	image, want := damagedFile(t)
	path := filepath.Join(t.TempDir(), "short.db")
	for i := range 100 {
		size := len(image) * i / 100
		if err := os.WriteFile(path, image[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := use(t.Context(), path)
		if err != nil && !errors.Is(err, store.ErrCorrupt) || err == nil && sum != want {
			t.Errorf("%d bytes: error %v, or another state", size, err)
		}
	}
}

// TestTruncatedWhileOpen cuts the file under a running store: reading faults
// in the memory map, which must come back as an error.
func TestTruncatedWhileOpen(t *testing.T) {
	image, _ := damagedFile(t)
	path := filepath.Join(t.TempDir(), "cut.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := os.Truncate(path, 4*minPageSize); err != nil {
		t.Fatal(err)
	}
	if _, err := db.StateHash(t.Context()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("StateHash: error %v, want ErrCorrupt", err)
	}
	if err := db.Check(t.Context()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Check: error %v, want ErrCorrupt", err)
	}
	if err := db.Compact(t.Context()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Compact: error %v, want ErrCorrupt", err)
	}
	if _, err := db.Apply(t.Context(), "github", testBatches(1)[0]); err == nil {
		t.Error("Apply succeeded")
	}
}

// TestPageCheckAgrees compares the check of pages with bbolt's own on files
// that are whole: neither finds anything.
func TestPageCheckAgrees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "whole.db")
	image, _ := damagedFile(t)
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkPages(t.Context(), path, true); err != nil {
		t.Errorf("checkPages: %v", err)
	}
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err = b.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNotADatabase(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "", "text": "hello", "long text": string(make([]byte, 1<<16))} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: error %v, want ErrCorrupt", name, err)
		}
		if string(readFile(t, path)) != content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := Open(t.Context(), dir, Options{}); err == nil {
		t.Error("a directory was opened")
	}
	foreign := filepath.Join(dir, "foreign.db")
	b, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), foreign, Options{}); err == nil {
		t.Error("a bbolt file of somebody else was opened")
	}
}
