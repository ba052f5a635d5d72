package bolt

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

// oldFile makes a file as version 1 wrote it, and returns the batches in it.
// That version differs by the buckets that it has not: what is in them could
// not be stored.
func oldFile(t *testing.T) (path string, batches []store.Batch) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "old.db")
	batches = testBatches(5)
	for i := range batches {
		batches[i].Groups = nil
		for j := range batches[i].Items {
			batches[i].Items[j].Terms = nil
		}
	}
	batches[1].Identities = []store.Identity{{Actor: "fedcba9876543210fedcba98", Handle: "github:robot", Bot: true}}
	db := openTest(t, path, Options{})
	applyAll(t, db, batches)
	st := db.state
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(path, 0o600, options(nil))
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"term", "profile", "group", "collapsed", "delivery", "aside"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		var e encoder
		e.begin()
		e.uvarint(1)
		e.uvarint(1)
		meta := tx.Bucket([]byte("meta"))
		if err := meta.Put([]byte(metaSchema), e.seal(bucketMeta, []byte(metaSchema))); err != nil {
			return err
		}
		e.begin()
		e.uvarint(st.seq)
		e.uvarint(st.no)
		e.uvarint(uint64(st.source))
		e.time(st.backup, epoch)
		e.uvarint(14)
		for _, n := range st.records[:14] {
			e.uvarint(n)
		}
		e.uvarint(uint64(len(st.kinds)))
		for _, k := range sortedKeys(st.kinds) {
			e.literal(string(k))
			e.uvarint(st.kinds[k])
		}
		return meta.Put([]byte(metaState), e.seal(bucketMeta, []byte(metaState)))
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	return path, batches
}

// TestMigrate opens a file of version 1: everything in it is there, and it
// takes what it could not.
func TestMigrate(t *testing.T) {
	path, batches := oldFile(t)
	db := openTest(t, path, Options{})
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := openTest(t, filepath.Join(t.TempDir(), "new.db"), Options{})
	applyAll(t, fresh, batches)
	if stateHash(t, db) != stateHash(t, fresh) {
		t.Error("the file does not hold what a new one would")
	}
	var bots []string
	for p, err := range db.Profiles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Bot {
			bots = append(bots, p.Actor)
		}
	}
	if want := []string{"fedcba9876543210fedcba98"}; !slices.Equal(bots, want) {
		t.Errorf("bots are %v, want %v", bots, want)
	}
	more := testBatches(5) // the same with words and groups
	applyAll(t, db, more)
	applyAll(t, fresh, more)
	want := stateHash(t, fresh)
	if stateHash(t, db) != want {
		t.Error("the file does not take what a new one does")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, path, Options{})
	if stateHash(t, again) != want || again.buckets != bucketCount {
		t.Error("the newer version did not last")
	}
	if err := again.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMigrateFromFive opens a file whose profiles end before the state of their
// accounts: it is unknown, and taken from then on.
func TestMigrateFromFive(t *testing.T) {
	const ada = "0123456789abcdef01234567"
	path := filepath.Join(t.TempDir(), "old.db")
	db := openTest(t, path, Options{})
	same := []store.Same{{Actor: "fedcba9876543210fedcba98", By: store.SameByEmail}}
	_, err := db.Apply(t.Context(), "s", store.Batch{Identities: []store.Identity{{Actor: ada, Handle: "test:ada", Zone: "UTC", Same: same}}})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	// As long as no state is known, that version wrote the same but for its number.
	b, err := bbolt.Open(path, 0o600, options(nil))
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		var e encoder
		e.begin()
		e.uvarint(5)
		e.uvarint(5)
		return tx.Bucket([]byte("meta")).Put([]byte(metaSchema), e.seal(bucketMeta, []byte(metaSchema)))
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	want := store.Profile{Source: "s", Actor: ada, Zone: "UTC", Same: same}
	expect := func(what string, db *DB, schema int) {
		t.Helper()
		n := 0
		for p, err := range db.Profiles(t.Context()) {
			if n++; err != nil || !reflect.DeepEqual(p, want) {
				t.Errorf("%s: profile %+v, %v, want %+v", what, p, err, want)
			}
		}
		if err := db.Check(t.Context()); err != nil || n != 1 || db.schema != schema {
			t.Errorf("%s: %d profiles, version %d, %v", what, n, db.schema, err)
		}
	}
	before := readFile(t, path)
	db = openTest(t, path, Options{ReadOnly: true})
	expect("only read", db, 5)
	if err := db.Close(); err != nil || !bytes.Equal(readFile(t, path), before) {
		t.Errorf("the file was changed, %v", err)
	}
	db = openTest(t, path, Options{})
	expect("opened", db, schemaVersion)
	want.Account, want.Since = store.AccountInactive, testDay
	if _, err := db.Apply(t.Context(), "s", store.Batch{Accounts: []store.Account{{Actor: ada, State: want.Account, At: testDay}}}); err != nil {
		t.Fatal(err)
	}
	expect("told", db, schemaVersion)
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := errors.Join(db.Backup(t.Context(), copied), db.Close()); err != nil {
		t.Fatal(err)
	}
	expect("opened again", openTest(t, path, Options{}), schemaVersion)
	expect("copied", openTest(t, copied, Options{}), schemaVersion)
}

// TestOldFileReadOnly reads a file of version 1 without changing it.
func TestOldFileReadOnly(t *testing.T) {
	path, _ := oldFile(t)
	before := readFile(t, path)
	db := openTest(t, path, Options{ReadOnly: true})
	n := 0
	for ch, err := range db.Changes(t.Context(), 0) {
		if err != nil || ch.Item.Terms != nil {
			t.Fatalf("change %+v, %v", ch, err)
		}
		n++
	}
	if n == 0 {
		t.Error("no item is read")
	}
	for p, err := range db.Profiles(t.Context()) {
		t.Errorf("profile %+v, %v", p, err)
	}
	for g, err := range db.Groups(t.Context()) {
		t.Errorf("group %+v, %v", g, err)
	}
	stateHash(t, db)
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(t.Context(), copied); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(readFile(t, path), before) {
		t.Error("the file was changed")
	}
	if err := openTest(t, copied, Options{}).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMissingBucket tells an old file from a damaged one.
func TestMissingBucket(t *testing.T) {
	for _, name := range []string{"term", "event"} {
		path := filepath.Join(t.TempDir(), name+".db")
		if err := openTest(t, path, Options{}).Close(); err != nil {
			t.Fatal(err)
		}
		b, err := bbolt.Open(path, 0o600, options(nil))
		if err != nil {
			t.Fatal(err)
		}
		err = b.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(name)) })
		if err := errors.Join(err, b.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("without bucket %s: error %v, want ErrCorrupt", name, err)
		}
	}
}

// TestTermsWithoutItem: words belong to an item that is stored.
func TestTermsWithoutItem(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	applyAll(t, db, testBatches(1))
	err := db.update(t.Context(), "test", func(w *writer) error {
		key := key8(w.state.no + 1)
		w.begin()
		w.encoder.terms([]store.Term{{Word: "0a1b2c3d4e5f", Count: 1}})
		return w.insert(bucketTerm, key, w.seal(bucketTerm, key))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Check: error %v, want ErrCorrupt", err)
	}
}

// TestForgetKeepsProfiles erases handles and keeps what scores need.
func TestForgetKeepsProfiles(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	b := store.Batch{Identities: []store.Identity{{
		Actor: "0123456789abcdef01234567", Handle: "github:octocat", Bot: true, Zone: "Europe/Berlin",
		Same: []store.Same{{Actor: "fedcba9876543210fedcba98", By: store.SameByEmail}},
	}}}
	applyAll(t, db, []store.Batch{b})
	if err := errors.Join(db.ForgetIdentities(t.Context()), db.Compact(t.Context())); err != nil {
		t.Fatal(err)
	}
	n := 0
	for p, err := range db.Profiles(t.Context()) {
		if err != nil || !p.Bot || p.Zone != "Europe/Berlin" || !slices.Equal(p.Same, b.Identities[0].Same) {
			t.Errorf("profile %+v, %v", p, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d profiles are left, want 1", n)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
