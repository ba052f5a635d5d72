package scoring

import (
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A commit of Sunday evening that is read a second time, as of Monday, counts
// on Sunday only, whichever is read first and also when either goes.
func TestCopiesCountOnce(t *testing.T) {
	sunday := time.Date(2025, 3, 17, 1, 30, 0, 0, time.UTC)
	told := store.WithOffset(sunday, -6*3600)
	item := func(no uint64, key string, at time.Time, links ...store.Link) store.Change {
		return store.Change{No: no, Item: store.Item{Source: "gh", ID: key, Kind: store.KindChange, Keys: []string{key}, Links: links},
			Events: []store.Event{{Source: "gh", Item: key, ID: key, Kind: store.EventCommit, Actor: "gh:ana", At: at}}}
	}
	change := item(1, "acme/api#1", told)
	commit := item(2, "acme/api@1", sunday, store.Link{Kind: store.LinkPartOf, Key: "acme/api#1"})
	alone := item(2, "acme/api@1", sunday)
	commit.Item.Kind, alone.Item.Kind = store.KindCommit, store.KindCommit
	without := change
	without.Events = nil
	tokyo := []store.Profile{{Source: "slack", Actor: "gh:ana", Zone: "Asia/Tokyo"}}
	for _, tc := range []struct {
		name     string
		profiles []store.Profile
		changes  []store.Change
		sunday   effort.Micro
		monday   effort.Micro
	}{
		{"the commit first", nil, []store.Change{commit, change}, 1_000_000, 0},
		{"the change first", nil, []store.Change{change, commit}, 1_000_000, 0},
		{"another work", nil, []store.Change{change, alone}, 1_000_000, 1_000_000},
		{"another work at first", nil, []store.Change{change, alone, commit}, 1_000_000, 0},
		{"another work at last", nil, []store.Change{change, commit, alone}, 1_000_000, 1_000_000},
		{"the change loses it", nil, []store.Change{commit, change, without}, 0, 1_000_000},
		{"the zone is known", tokyo, []store.Change{commit, change}, 0, 1_000_000},
	} {
		e, err := NewEngine(&Declared{Effort: effort.DefaultConfig(), Zone: time.UTC}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.SetPeople(tc.profiles, nil)
		at := objective.DateOf(sunday).Monday()
		on := func(day objective.Date) (sum effort.Micro) {
			for _, p := range e.placements(DateRange{day, day}) {
				sum += p.micros[0]
			}
			return sum
		}
		for _, ch := range tc.changes {
			e.Apply(ch)
			e.settle()
			on(at)
			on(at - 1)
		}
		if before, after := on(at-1), on(at); before != tc.sunday || after != tc.monday {
			t.Errorf("%s: Sunday has %d and Monday %d, want %d and %d", tc.name, before, after, tc.sunday, tc.monday)
		}
	}
}
