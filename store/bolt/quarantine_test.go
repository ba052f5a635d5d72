package bolt

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

// What is set aside keeps since when it is for its reason, however often it is
// read again, and in copies of the file.
func TestQuarantineSince(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	open := func(name string) *DB {
		return openTest(t, filepath.Join(dir, name), Options{Now: func() time.Time { return now }})
	}
	db := open("a.db")
	aside := func(list ...store.Quarantined) {
		t.Helper()
		now = now.Add(time.Hour)
		if _, err := db.Apply(t.Context(), "github", store.Batch{Quarantined: list}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(db *DB, want ...string) {
		t.Helper()
		var got []string
		for q, err := range db.Quarantine(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %s", q.ID, q.Reason, q.Since.UTC().Format("15:04")))
		}
		if !slices.Equal(got, want) {
			t.Errorf("quarantine is %q, want %q", got, want)
		}
		if err := db.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	aside(store.Quarantined{ID: "r/7", Reason: "no author"}, store.Quarantined{ID: "r/8", Reason: "no date"})
	aside(store.Quarantined{ID: "r/7", Reason: "no author"}, store.Quarantined{ID: "r/8", Reason: "no title"})
	check(db, "r/7 no author 10:00", "r/8 no title 11:00")
	item := testBatches(1)[0].Items[0]
	aside(store.Quarantined{ID: item.ID, Reason: "odd"})
	if _, err := db.Apply(t.Context(), "github", store.Batch{Items: []store.Item{item}}); err != nil {
		t.Fatal(err)
	}
	if n := db.state.records[bucketAside]; n != 2 {
		t.Errorf("%d times are kept of 2 records", n)
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "b.db")); err != nil {
		t.Fatal(err)
	}
	check(open("b.db"), "r/7 no author 10:00", "r/8 no title 11:00")
}
