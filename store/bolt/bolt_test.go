package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

var testDay = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openTest(t testing.TB, path string, opt Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// testBatch returns a batch of the made-up organisation.
func testBatches(n int) []store.Batch {
	w := &world{words: 5}
	var out []store.Batch
	for range n {
		b := w.next()
		b.Items, b.Events = b.Items[:10], b.Events[:100]
		out = append(out, b)
	}
	out[0].Identities = []store.Identity{{Actor: "0123456789abcdef01234567", Handle: "github:octocat"}}
	for i := range out {
		out[i].Groups = []store.Group{{
			Source: "github", Name: fmt.Sprintf("acme/team-%d", i), Members: []string{"0123456789abcdef01234567"}, At: testDay,
		}}
	}
	out[0].Quarantined = []store.Quarantined{{ID: "acme/repo-0/pull/1x", Reason: "no author"}}
	return out
}

func applyAll(t testing.TB, db *DB, batches []store.Batch) {
	t.Helper()
	for _, b := range batches {
		if _, err := db.Apply(t.Context(), "github", b); err != nil {
			t.Fatal(err)
		}
	}
}

func stateHash(t testing.TB, db *DB) [32]byte {
	t.Helper()
	sum, err := db.StateHash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestStateHashIgnoresHistory(t *testing.T) {
	batches := testBatches(6)
	// An older version of an item of the first batch, which arrives at
	// different times.
	late := batches[0].Items[0]
	late.Updated = late.Updated.Add(-time.Hour)
	late.Title, late.Keys = "old title", []string{"OLD-1", "OLD-2"}
	later := late
	later.Updated, later.Keys = late.Updated.Add(-time.Hour), []string{"OLD-0"}
	batches = append(batches, store.Batch{Items: []store.Item{late}}, store.Batch{Items: []store.Item{later}})
	// An event that is seen and then taken back, or never seen.
	batches[2].Events = append(batches[2].Events, store.Event{Source: "github", Item: "ghost/1", ID: "message/1", At: testDay})
	for _, i := range []int{0, 5} {
		batches[i].Whole = []store.Whole{{Item: "ghost/1", Prefix: "message/"}}
	}

	forward := openTest(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	applyAll(t, forward, batches)
	want := stateHash(t, forward)

	backward := openTest(t, filepath.Join(t.TempDir(), "b.db"), Options{})
	slices.Reverse(batches)
	applyAll(t, backward, batches)
	applyAll(t, backward, batches[2:5])
	// What was taken back came again with the repeat.
	applyAll(t, backward, []store.Batch{{Whole: []store.Whole{{Item: "ghost/1", Prefix: "message/"}}}})
	if got := stateHash(t, backward); got != want {
		t.Errorf("state hash depends on the order of batches and on repeats")
	}
	for _, db := range []*DB{forward, backward} {
		if err := db.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}

	// Whatever is learnt must change it.
	ev := batches[3].Events[7]
	ev.At = store.WithOffset(ev.At, -3600)
	it := batches[3].Items[2]
	it.Updated = it.Updated.Add(time.Second)
	words := batches[3].Items[3]
	words.Terms = words.Terms[1:]
	apply := func(b store.Batch) func() error {
		return func() error { _, err := forward.Apply(t.Context(), "github", b); return err }
	}
	ctx := t.Context()
	for name, change := range map[string]func() error{
		"zone of an event":  apply(store.Batch{Events: []store.Event{ev}}),
		"event taken back":  apply(store.Batch{Whole: []store.Whole{{Item: ev.Item}}}),
		"time of an item":   apply(store.Batch{Items: []store.Item{it}}),
		"words of an item":  apply(store.Batch{Items: []store.Item{words}}),
		"quarantine":        apply(store.Batch{Quarantined: []store.Quarantined{{ID: "x", Reason: "y"}}}),
		"zone of a profile": apply(store.Batch{Identities: []store.Identity{{Actor: "0123456789abcdef01234567", Handle: "github:octocat", Zone: "UTC"}}}),
		"members of a group": apply(store.Batch{Groups: []store.Group{
			{Source: "github", Name: "acme/team-0", At: testDay.Add(time.Hour)},
		}}),
		"override":    func() error { return forward.Override(ctx, store.Override{Key: "PAY-1", To: "o1"}) },
		"declaration": func() error { _, err := forward.Declare(ctx, store.Declaration{Body: []byte("x")}); return err },
		"identities":  func() error { return forward.ForgetIdentities(ctx) },
	} {
		before := stateHash(t, forward)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if stateHash(t, forward) == before {
			t.Errorf("%s does not change the state hash", name)
		}
	}
}

func TestEventHashCollisions(t *testing.T) {
	for name, hash := range map[string]func(string) uint64{
		"all equal":      func(string) uint64 { return 7 },
		"all at the end": func(string) uint64 { return 1<<64 - 1 },
		"close":          func(id string) uint64 { return uint64(len(id)) },
	} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
			db.hash = hash
			var events []store.Event
			for _, id := range []string{"b", "a", "cc", "ddd", "ee", "b"} {
				events = append(events, store.Event{Source: "s", Item: "i", ID: id, Kind: store.EventComment, At: testDay})
			}
			events[5].Kind = store.EventReview // the last one of an ID stays
			check := func(events []store.Event, want int) {
				t.Helper()
				got, err := db.Apply(t.Context(), "s", store.Batch{Events: events})
				if err != nil || got.Events != want {
					t.Fatalf("Apply = %+v, %v, want %d events", got, err, want)
				}
				if err := db.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			check(events, 5)
			check(events, 0)
			events[0].Bot, events[5].Bot = true, true
			check(events[4:], 1)
			check([]store.Event{{Source: "s", Item: "i", ID: "ff", At: testDay}}, 1)
			// What is taken back lies between the others: they must be found
			// all the same, and stay findable when it comes again.
			if got, err := db.Apply(t.Context(), "s", store.Batch{Whole: []store.Whole{{Item: "i", Prefix: "a"}, {Item: "i", Prefix: "d"}}}); err != nil || got.Events != 2 {
				t.Fatalf("Apply = %+v, %v, want two events taken back", got, err)
			}
			if n := db.Stats().Events; n != 4 {
				t.Errorf("%d events are counted, want 4", n)
			}
			check([]store.Event{events[2], events[4], events[5]}, 0)
			check([]store.Event{events[1], events[3]}, 2)
			check([]store.Event{events[1], events[2], events[3], events[4], events[5]}, 0)
			for ch, err := range db.Changes(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, ev := range ch.Events {
					got = append(got, ev.ID+" "+string(ev.Kind))
				}
				want := []string{"a comment", "b review", "cc comment", "ddd comment", "ee comment", "ff "}
				if !slices.Equal(got, want) {
					t.Errorf("events are %q, want %q", got, want)
				}
			}
		})
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	openTest(t, path, Options{})
	for _, readOnly := range []bool{false, true} {
		_, err := Open(t.Context(), path, Options{LockTimeout: time.Millisecond, ReadOnly: readOnly})
		if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), path) {
			t.Errorf("read only %v: error %v, want ErrLocked with the path", readOnly, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, path, Options{LockTimeout: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if _, err := Open(t.Context(), path, Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want a missing file", err)
	}
	db := openTest(t, path, Options{})
	applyAll(t, db, testBatches(2))
	want := stateHash(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := readFile(t, path)
	one, two := openTest(t, path, Options{ReadOnly: true}), openTest(t, path, Options{ReadOnly: true})
	if stateHash(t, one) != want || stateHash(t, two) != want {
		t.Error("readers see something else")
	}
	if _, err := one.Apply(t.Context(), "github", store.Batch{}); !errors.Is(err, errReadOnly) {
		t.Errorf("Apply: error %v, want errReadOnly", err)
	}
	if err := one.Compact(t.Context()); !errors.Is(err, errReadOnly) {
		t.Errorf("Compact: error %v, want errReadOnly", err)
	}
	if !bytes.Equal(readFile(t, path), before) {
		t.Error("reading changed the file")
	}
}

func TestNewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if err := openTest(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(path, 0o600, options(nil))
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		var e encoder
		e.begin()
		e.uvarint(schemaVersion + 2)
		e.uvarint(schemaVersion + 1)
		e.raw([]byte("what a later version adds"))
		if _, err := tx.CreateBucket([]byte("later")); err != nil {
			return err
		}
		return tx.Bucket([]byte("meta")).Put([]byte(metaSchema), e.seal(bucketMeta, []byte(metaSchema)))
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	before := readFile(t, path)
	_, err = Open(t.Context(), path, Options{})
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), fmt.Sprint("schema ", schemaVersion+2)) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want ErrNewer with the schema and the path", err)
	}
	if !bytes.Equal(readFile(t, path), before) {
		t.Error("the file was changed")
	}
}

func TestForgetIdentities(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{})
	batches := testBatches(30)
	applyAll(t, db, batches)
	n := 0
	for id, err := range db.Identities(t.Context()) {
		if err != nil || id.Source != "github" || id.Handle != "github:octocat" {
			t.Errorf("identity %+v, %v", id, err)
		}
		n++
	}
	if n != 1 || !bytes.Contains(readFile(t, path), []byte("octocat")) {
		t.Fatalf("%d identities are stored, want 1, in plain", n)
	}
	quarantined := 0
	for q, err := range db.Quarantine(t.Context()) {
		if err != nil || q.Source != "github" || q.ID != "acme/repo-0/pull/1x" || q.Reason != "no author" {
			t.Errorf("quarantined %+v, %v", q, err)
		}
		quarantined++
	}
	if quarantined != 1 {
		t.Errorf("%d are quarantined, want 1", quarantined)
	}
	if err := db.ForgetIdentities(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id := range db.Identities(t.Context()) {
		t.Errorf("%+v is still there", id)
	}
	want, free := stateHash(t, db), db.Stats().FreeBytes
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(readFile(t, path), []byte("octocat")) {
		t.Error("a handle is still in the file after Compact")
	}
	if stateHash(t, db) != want || db.Stats().FreeBytes >= free {
		t.Errorf("Compact changed the state, or left %d of %d free bytes", db.Stats().FreeBytes, free)
	}
	// The store goes on under its lock.
	if _, err := Open(t.Context(), path, Options{LockTimeout: time.Millisecond}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	it := batches[0].Items[0]
	it.Updated = it.Updated.Add(time.Hour)
	if _, err := db.Apply(t.Context(), "github", store.Batch{Items: []store.Item{it}}); err != nil {
		t.Fatal(err)
	}
	want = stateHash(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, path, Options{})
	if stateHash(t, again) != want {
		t.Error("what was written after Compact is lost")
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("files are left behind: %v", left)
	}
}

func TestHasher(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{})
	key := db.Hasher().Actor("github:octocat")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := openTest(t, path, Options{}).Hasher().Actor("github:octocat"); got != key {
		t.Errorf("after opening again the key is %s, was %s", got, key)
	}
	other := openTest(t, filepath.Join(t.TempDir(), "other.db"), Options{})
	if other.Hasher().Actor("github:octocat") == key {
		t.Error("two stores have the same secret")
	}
}

func TestClosed(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Apply(t.Context(), "a", store.Batch{}); !errors.Is(err, errClosed) {
		t.Errorf("Apply: error %v, want errClosed", err)
	}
	if _, err := db.Sources(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Sources: error %v, want errClosed", err)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
