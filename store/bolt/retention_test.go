package bolt

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

var (
	pastMonday = testDay.UTC().Truncate(24*time.Hour).AddDate(0, 0, -400)
	pastDay    = pastMonday.AddDate(0, 0, 2)
)

// pastBatch has items with events of long ago and of today, by people of whom
// some left.
func pastBatch(items, events int) store.Batch {
	var b store.Batch
	for i := range items {
		id := fmt.Sprint("r/", i)
		b.Items = append(b.Items, store.Item{Source: "s", ID: id, Kind: store.KindTicket, Title: id, Updated: testDay})
		for n := range events {
			who, at := fmt.Sprint("left-", n%5), store.WithOffset(pastDay, 3600)
			if n%10 == 0 {
				who, at = fmt.Sprint("here-", n%3), testDay
			}
			b.Events = append(b.Events, store.Event{Source: "s", Item: id, ID: fmt.Sprint("e/", n), Kind: store.EventComment,
				Actor: hashOf(who)[:24], At: at})
		}
	}
	for i := range 5 {
		for _, who := range []string{fmt.Sprint("left-", i), fmt.Sprint("here-", i%3)} {
			b.Identities = append(b.Identities, store.Identity{Actor: hashOf(who)[:24], Handle: "test:" + who})
		}
	}
	b.Groups = []store.Group{
		{Source: "s", Name: "all", Members: []string{hashOf("left-0")[:24]}, At: pastDay},
		{Source: "s", Name: "all", Members: []string{hashOf("here-0")[:24]}, At: pastDay.Add(time.Hour)},
	}
	return b
}

// collapsePast makes everything of long ago due.
func collapsePast(t *testing.T, db *DB) {
	t.Helper()
	kept, err := db.Collapse(t.Context(), store.Collapsed{Monday: pastMonday, Body: []byte("what it was worth"), Seq: db.state.seq})
	if err != nil || !kept {
		t.Fatalf("Collapse = %v, %v", kept, err)
	}
}

// A stepContext ends at the nth time that anybody asks.
type stepContext struct {
	context.Context
	left atomic.Int64
}

func (c *stepContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestEraseKilled stops Erase at every step and goes on with the file as a kill
// leaves it: the collapsed week is there, nothing is damaged, and repeating ends
// where it would have ended undisturbed.
func TestEraseKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	dir := t.TempDir()
	base := filepath.Join(dir, "base.db")
	db := openTest(t, base, Options{})
	if _, err := db.Apply(t.Context(), "s", pastBatch(30, erasePage/10)); err != nil {
		t.Fatal(err)
	}
	collapsePast(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	image := readFile(t, base)
	fresh := func(name string, image []byte) *DB {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
		return openTest(t, path, Options{})
	}
	calm := fresh("calm.db", image)
	counter := &stepContext{Context: t.Context()}
	const many = 1 << 40
	counter.left.Store(many)
	total, err := calm.Erase(counter)
	if err != nil {
		t.Fatal(err)
	}
	steps, want := many-counter.left.Load(), stateHash(t, calm)
	if least := int64(30*erasePage/10/erasePage + 4); steps < least || total < 30*erasePage/10*8/10 {
		t.Fatalf("Erase took %d in %d steps, want at least %d steps", total, steps, least)
	}
	stride := max(1, steps/60)
	for n := int64(0); n < steps; n += stride {
		cut := fresh(fmt.Sprintf("cut-%d.db", n), image)
		ctx := &stepContext{Context: t.Context()}
		ctx.left.Store(n)
		if _, err := cut.Erase(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("step %d: error %v, want context.Canceled", n, err)
		}
		after := fresh(fmt.Sprintf("after-%d.db", n), readFile(t, cut.path))
		if err := after.Check(t.Context()); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		for w, err := range after.Collapsed(t.Context()) {
			if err != nil || string(w.Body) != "what it was worth" {
				t.Fatalf("step %d: the week is %v, %v", n, w, err)
			}
		}
		if _, err := after.Erase(t.Context()); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if stateHash(t, after) != want {
			t.Fatalf("step %d: repeating it does not end as undisturbed", n)
		}
		checkErased(t, after)
		for _, db := range []*DB{cut, after} {
			if err := errors.Join(db.Close(), os.Remove(db.path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkErased(t, calm)
}

// checkErased greps the file for who left, and for who is here.
func checkErased(t *testing.T, db *DB) {
	t.Helper()
	file := readFile(t, db.path)
	hits := func(who string) int {
		key := hashOf(who)[:24]
		raw, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(file, []byte(key)) + bytes.Count(file, raw) + bytes.Count(file, []byte("test:"+who))
	}
	for i := range 5 {
		if n := hits(fmt.Sprint("left-", i)); n > 0 {
			t.Errorf("who left is in the file %d times", n)
		}
	}
	for i := range 3 {
		if hits(fmt.Sprint("here-", i)) == 0 {
			t.Error("who is here is not in the file")
		}
	}
}

// TestCompactForgetsWords: words that nothing refers to leave the file and the
// memory, everything else reads back the same, and they may come back.
func TestCompactForgetsWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{})
	applyAll(t, db, testBatches(6))
	batch := pastBatch(3, 40)
	if _, err := db.Apply(t.Context(), "s", batch); err != nil {
		t.Fatal(err)
	}
	words := len(db.words.ids)
	before := stateHash(t, db)
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stateHash(t, db) != before {
		t.Fatal("compacting changed what is stored")
	}
	collapsePast(t, db)
	if _, err := db.Erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(db.words.ids); n >= words {
		t.Errorf("there are %d words, of %d", n, words)
	}
	checkErased(t, db)
	want := stateHash(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openTest(t, path, Options{})
	if stateHash(t, db) != want {
		t.Error("reopened, the store holds something else")
	}
	for i := range batch.Events { // they are back
		batch.Events[i].At = testDay
	}
	if _, err := db.Apply(t.Context(), "s", batch); err != nil {
		t.Fatal(err)
	}
	for ch, err := range db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range ch.Events {
			if strings.HasPrefix(ch.Item.ID, "r/") && ch.Item.Source == "s" && ev.Actor == "" {
				t.Fatal("who came back is not named")
			}
		}
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestUnusedWordIsDamage: a record that refers to a word that was emptied is
// damaged, and not silently something else.
func TestUnusedWordIsDamage(t *testing.T) {
	var e encoder
	e.begin()
	e.uvarint(0<<2 | textWord)
	rec := e.seal(bucketEvent, nil)
	d, err := open(bucketEvent, nil, rec, []string{""})
	if err != nil {
		t.Fatal(err)
	}
	d.text()
	if err := d.end(bucketEvent, nil); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("error %v, want ErrCorrupt", err)
	}
}

// TestMigrateFromTwo opens a file without collapsed weeks: its profiles stay.
func TestMigrateFromTwo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db := openTest(t, path, Options{})
	b := pastBatch(2, 40)
	b.Identities[0].Zone = "Europe/Berlin"
	if _, err := db.Apply(t.Context(), "s", b); err != nil {
		t.Fatal(err)
	}
	want, st := stateHash(t, db), db.state
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := bbolt.Open(path, 0o600, options(nil))
	if err != nil {
		t.Fatal(err)
	}
	err = old.Update(func(tx *bbolt.Tx) error {
		for _, name := range bucketNames[bucketsIn[2]:] {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte("meta"))
		var e encoder
		e.begin()
		e.uvarint(2)
		e.uvarint(2)
		if err := meta.Put([]byte(metaSchema), e.seal(bucketMeta, []byte(metaSchema))); err != nil {
			return err
		}
		e.begin()
		e.uvarint(st.seq)
		e.uvarint(st.no)
		e.uvarint(uint64(st.source))
		e.time(st.backup, epoch)
		e.uvarint(uint64(bucketsIn[2]))
		for _, n := range st.records[:bucketsIn[2]] {
			e.uvarint(n)
		}
		e.uvarint(uint64(len(st.kinds)))
		for _, k := range sortedKeys(st.kinds) {
			e.literal(string(k))
			e.uvarint(st.kinds[k])
		}
		return meta.Put([]byte(metaState), e.seal(bucketMeta, []byte(metaState)))
	})
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	db = openTest(t, path, Options{})
	if stateHash(t, db) != want {
		t.Error("the file does not hold what it held")
	}
	collapsePast(t, db)
	if _, err := db.Erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkErased(t, db)
}
