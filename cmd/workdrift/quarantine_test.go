package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// Of IDs only those are shown that connectors make of numbers, hashes and what is
// configured: what came from outside may be somebody's name.
func TestShownID(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	for id, want := range map[string]bool{
		"issue/10042": true, "issue/unknown": true, "R77/12": true, "R77/pulls/12": true, "R77/commit-" + sha: true, "R77/unreadable-0a1b2c": true, "repository-9": true,
		"T0HARBOUR/C0SHIPPING/1790000000.000100": true, "T0HARBOUR/C0SHIPPING/channel": true, "acme/core/" + sha: true,
		"": false, "(no id)": false, "ada.lovelace": false, "ada@example.com": false, "T0HARBOUR/U0LOVELACE/1790000000.000100": false, "T0HARBOUR/D0LOVELACE/1790000000.000100": false,
		"U0LOVELACE": false, "issue/ada": false, "issue/1\n<script>": false, "R77/ada": false, "712020:ada": false, "ada/notes": false,
	} {
		if shown := shownID(id) != ""; shown != want {
			t.Errorf("%q is shown: %t", id, shown)
		}
	}
}

// The list follows the store and holds the newest only.
func TestQuarantineFollowsTheStore(t *testing.T) {
	now := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	db, err := bolt.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"), bolt.Options{Log: quietLogger(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	e := &evaluator{store: db, unread: func(ctx context.Context) ([]web.SetAside, error) { return setAsideOf(ctx, db) }}
	apply := func(b store.Batch) []web.SetAside {
		t.Helper()
		now = now.Add(time.Minute)
		if _, err := db.Apply(t.Context(), "jira", b); err != nil {
			t.Fatal(err)
		}
		sources, err := db.Sources(t.Context())
		if err == nil {
			err = e.readQuarantine(t.Context(), sources)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e.setAside()
	}
	many := store.Batch{}
	for i := range maxSetAside {
		many.Quarantined = append(many.Quarantined, store.Quarantined{ID: fmt.Sprintf("issue/%d", i), Reason: "no title"})
	}
	if n := len(apply(many)); n != maxSetAside {
		t.Errorf("%d are listed", n)
	}
	list := apply(store.Batch{Quarantined: []store.Quarantined{{ID: "ada.lovelace", Reason: "the item has no usable id"}}})
	if len(list) != maxSetAside || list[0] != (web.SetAside{Source: "jira", Reason: "the item has no usable id", Since: now}) {
		t.Errorf("%d are listed, the first is %+v", len(list), list[0])
	}
}
