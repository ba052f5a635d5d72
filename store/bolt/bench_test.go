package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

// benchRows is the size of a batch: rows are items and events.
const benchRows = 1000

// world makes batches that look like those of a code host: one item for ten
// events, of which some come in the batches after it.
type world struct {
	items, events int
	words         int // of each item
	at            time.Time
}

func hashOf(v any) string {
	sum := sha256.Sum256(fmt.Append(nil, v))
	return hex.EncodeToString(sum[:20])
}

func (w *world) item() store.Item {
	n := w.items
	w.items++
	w.at = w.at.Add(7 * time.Minute)
	repo := fmt.Sprintf("acme/repo-%d", n%40)
	it := store.Item{
		Source: "github", Status: store.StatusDone, Created: w.at, Updated: w.at.Add(50 * time.Hour), Started: w.at.Add(time.Hour), Closed: w.at.Add(49 * time.Hour),
		Title: fmt.Sprintf("PAY-%d: make the settlement of invoices retry after %d", n%5000, n),
	}
	if n%2 == 0 {
		sha := hashOf(n)
		it.Kind, it.ID, it.Keys = store.KindCommit, repo+"/commit/"+sha, []string{repo + "@" + sha}
		it.URL = "https://github.com/" + repo + "/commit/" + sha
	} else {
		it.Kind, it.ID, it.Keys = store.KindChange, fmt.Sprintf("%s/pull/%d", repo, n), []string{fmt.Sprintf("%s#%d", repo, n)}
		it.URL = fmt.Sprintf("https://github.com/%s/pull/%d", repo, n)
	}
	it.Attrs = map[string][]string{
		store.AttrRepo: {repo}, store.AttrLabel: {fmt.Sprintf("label-%d", n%30)}, store.AttrAuthor: {"human"},
		store.AttrPath: {fmt.Sprintf("services/part-%d/file-%d.go", n%300, n%7000), fmt.Sprintf("services/part-%d/file-%d_test.go", n%300, n%7000)},
	}
	it.Links = []store.Link{
		{Kind: store.LinkImplements, Key: fmt.Sprintf("PAY-%d", n%5000)},
		{Kind: store.LinkMentions, Key: fmt.Sprintf("%s#%d", repo, n/2), At: w.at},
	}
	for i := range w.words {
		it.Terms = append(it.Terms, store.Term{Word: hashOf([2]int{i, n % 97})[:termDigits], Count: 1 + (n+i)%3})
	}
	slices.SortFunc(it.Terms, func(a, b store.Term) int { return strings.Compare(a.Word, b.Word) })
	return it
}

func (w *world) event(it *store.Item) store.Event {
	n := w.events
	w.events++
	ev := store.Event{
		Source: "github", Item: it.ID, Kind: store.EventReview, ID: fmt.Sprintf("review/%d", 1_700_000_000+n),
		Actor: hashOf(n % 500)[:24], At: store.WithOffset(it.Created.Add(time.Duration(n%3000)*time.Minute), n%10*3600),
	}
	switch n % 4 {
	case 0:
		ev.Kind, ev.ID = store.EventCommit, "commit/"+hashOf(n)
	case 1:
		ev.Kind, ev.Attrs = store.EventTransition, map[string]string{"to": string(store.StatusDone)}
	}
	return ev
}

// next makes a batch.
func (w *world) next() store.Batch {
	if w.at.IsZero() {
		w.at = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	b := store.Batch{Next: store.Cursor{"events": fmt.Sprint(w.events)}, Watermark: w.at}
	for len(b.Items)+len(b.Events)+11 <= benchRows {
		b.Items = append(b.Items, w.item())
		for range 10 {
			b.Events = append(b.Events, w.event(&b.Items[len(b.Items)-1]))
		}
	}
	return b
}

func openBench(b *testing.B) *DB {
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// fill applies batches until the store has the given number of events, and
// returns the time that Apply took. Batches are made one at a time, as they
// come from a connector.
func fill(b *testing.B, db *DB, w *world, events int) (took cost) {
	b.Helper()
	for w.events < events {
		batch := w.next()
		begun := now()
		if _, err := db.Apply(b.Context(), "github", batch); err != nil {
			b.Fatal(err)
		}
		took.since(begun)
	}
	return took
}

// A cost is time by the clock and of the processors. The second one compares
// better on a machine that has other things to do.
type cost struct{ wall, cpu time.Duration }

func now() cost {
	return cost{wall: time.Since(processStart), cpu: cpuTime()}
}

var processStart = time.Now()

func (c *cost) since(begun cost) {
	end := now()
	c.wall += end.wall - begun.wall
	c.cpu += end.cpu - begun.cpu
}

func (c *cost) add(d cost) {
	c.wall += d.wall
	c.cpu += d.cpu
}

var benchSizes = []int{100_000, 1_000_000}

// BenchmarkApply writes a backfill in batches of 1,000 rows, synced.
func BenchmarkApply(b *testing.B) {
	for _, events := range benchSizes {
		b.Run(fmt.Sprint(events), func(b *testing.B) { benchApply(b, events, 0) })
	}
	// A title has about 8 words, with its message or body an item has 40.
	for _, words := range []int{8, 40} {
		b.Run(fmt.Sprintf("%d-with-%d-words", benchSizes[0], words), func(b *testing.B) { benchApply(b, benchSizes[0], words) })
	}
}

func benchApply(b *testing.B, events, words int) {
	var took cost
	n := 0
	for b.Loop() {
		db, w := openBench(b), &world{words: words}
		took.add(fill(b, db, w, events))
		n += w.events
		reportSize(b, db, w.events)
		db.Close()
	}
	report(b, took, n)
}

// report replaces the time that the benchmark took by that of what it is about.
func report(b *testing.B, took cost, events int) {
	b.ReportMetric(float64(took.wall.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(took.wall.Nanoseconds())/float64(events), "ns/event")
	b.ReportMetric(float64(took.cpu.Nanoseconds())/float64(events), "cpu-ns/event")
}

func reportSize(b *testing.B, db *DB, events int) {
	s := db.Stats()
	var used int64
	err := db.bolt.View(func(tx *bbolt.Tx) error {
		used = tx.Size() - s.FreeBytes
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(used)/float64(events), "B/event")
	b.ReportMetric(float64(s.FileBytes)/float64(events), "file-B/event")
}

// BenchmarkFloor writes the items and events of the same backfill with bare
// bbolt, ready-made and in the order of their keys, synced every 1,000 rows:
// what the disk and bbolt ask for.
func BenchmarkFloor(b *testing.B) {
	for _, events := range benchSizes {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			src, w := openBench(b), new(world)
			fill(b, src, w, events)
			defer src.Close()
			var took cost
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "floor.db")
				dst, err := bbolt.Open(path, 0o600, options(nil))
				if err != nil {
					b.Fatal(err)
				}
				for _, name := range []bucket{bucketItem, bucketEvent} {
					took.add(copyRows(b, dst, src.bolt, name.String()))
				}
				info, err := os.Stat(path)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/float64(w.events), "file-B/event")
				dst.Close()
			}
			report(b, took, b.N*w.events)
		})
	}
}

// copyRows copies a bucket, benchRows at a time, and returns the time that
// writing took.
func copyRows(b *testing.B, dst, src *bbolt.DB, name string) (took cost) {
	b.Helper()
	type row struct{ k, v []byte }
	err := src.View(func(from *bbolt.Tx) error {
		c := from.Bucket([]byte(name)).Cursor()
		k, v := c.First()
		for k != nil {
			var rows []row
			for ; k != nil && len(rows) < benchRows; k, v = c.Next() {
				rows = append(rows, row{bytes.Clone(k), bytes.Clone(v)})
			}
			begun := now()
			err := dst.Update(func(tx *bbolt.Tx) error {
				to, err := tx.CreateBucketIfNotExists([]byte(name))
				if err != nil {
					return err
				}
				to.FillPercent = 0.95
				for _, r := range rows {
					if err := to.Put(r.k, r.v); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			took.since(begun)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return took
}

// BenchmarkChanges reads everything, and what little has changed, of stores
// of two sizes.
func BenchmarkChanges(b *testing.B) {
	const changed = 1000
	for _, size := range []struct{ events, words int }{{benchSizes[0], 0}, {benchSizes[0], 40}, {benchSizes[1], 0}} {
		events := size.events
		db, w := openBench(b), &world{words: size.words}
		fill(b, db, w, events)
		before := db.state.seq
		var again store.Batch
		for ch, err := range db.Changes(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			if ch.No%uint64(max(1, w.items/changed)) == 0 && len(again.Items) < changed {
				ch.Item.Title += "!"
				again.Items = append(again.Items, ch.Item)
			}
		}
		if _, err := db.Apply(b.Context(), "github", again); err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			after uint64
		}{{"all", 0}, {"1000", before}} {
			b.Run(fmt.Sprintf("%s-of-%d-with-%d-words", c.name, events, size.words), func(b *testing.B) { benchChanges(b, db, c.after) })
		}
		db.Close()
	}
}

func benchChanges(b *testing.B, db *DB, after uint64) {
	db.reads.Store(0)
	n := 0
	for b.Loop() {
		n = 0
		for ch, err := range db.Changes(b.Context(), after) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(ch.Events)
		}
	}
	b.ReportMetric(float64(db.reads.Load())/float64(b.N), "records/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
}

// BenchmarkWhole measures what reads the whole file, at a million events.
func BenchmarkWhole(b *testing.B) {
	const events = 1_000_000
	path := filepath.Join(b.TempDir(), "whole.db")
	db, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, db, new(world), events)
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"StateHash", func() error { _, err := db.StateHash(b.Context()); return err }},
		{"Check", func() error { return db.Check(b.Context()) }},
		{"Backup", func() error { return db.Backup(b.Context(), path+".backup") }},
		{"Compact", func() error { return db.Compact(b.Context()) }},
		{"Open", func() error {
			if err := db.Close(); err != nil {
				return err
			}
			db, err = Open(b.Context(), path, Options{})
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	db.Close()
}
