package scoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// randomChanges draws items with events and links among them.
func randomChanges(t *rapid.T, labels []string) []store.Change {
	n := rapid.IntRange(1, 12).Draw(t, "items")
	kinds := []store.Kind{store.KindTicket, store.KindChange, store.KindCommit}
	links := []store.LinkKind{store.LinkCloses, store.LinkParent, store.LinkPartOf, store.LinkContains, store.LinkMentions}
	events := []store.EventKind{store.EventCommit, store.EventReview, store.EventComment, store.EventMerge, store.EventOpen}
	key := func(i int) string { return fmt.Sprintf("acme/api#%d", i) }
	var changes []store.Change
	for i := range n {
		ch := store.Change{Seq: uint64(i + 1), No: uint64(i + 1), Item: store.Item{
			Source: "gh", ID: key(i), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Keys: []string{key(i)},
			Gone: rapid.SampledFrom([]store.Gone{"", "", "", store.GoneDeleted, store.GoneMoved}).Draw(t, "gone"),
		}}
		if label := rapid.SampledFrom(labels).Draw(t, "label"); label != "" {
			ch.Item.Attrs = map[string][]string{store.AttrLabel: {label}}
		}
		for range rapid.IntRange(0, 2).Draw(t, "links") {
			ch.Item.Links = append(ch.Item.Links, store.Link{
				Kind: rapid.SampledFrom(links).Draw(t, "link"), Key: key(rapid.IntRange(0, n).Draw(t, "target"))})
		}
		for e := range rapid.IntRange(0, 8).Draw(t, "events") {
			minute := rapid.IntRange(-120*24*60, 0).Draw(t, "minute")
			ch.Events = append(ch.Events, store.Event{
				Source: "gh", ID: fmt.Sprint(e), Item: ch.Item.ID, Kind: rapid.SampledFrom(events).Draw(t, "event"),
				Actor: fmt.Sprint("person-", rapid.IntRange(0, 5).Draw(t, "actor")),
				At:    closed.Add(time.Duration(minute) * time.Minute),
			})
		}
		changes = append(changes, ch)
	}
	return changes
}

func encode(t *rapid.T, r *scoring.Report) []byte {
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Properties 1, 2 and 4 of the score specification, and goal R26: whatever the
// order in which changes come in, how often each comes, with which earlier
// states in between and how many reports on the way, the report is that of the
// newest states, bit for bit.
func TestEngineFollowsAsIfItReadAnew(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	rapid.Check(t, func(t *rapid.T) {
		declared := newWorld(fourObjectives()).declared
		declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1}
		labels := []string{"", "o1", "o2", "o4", "incident", "plg"}
		before, after := randomChanges(t, labels), randomChanges(t, labels)
		want, err := scoring.Evaluate(scoring.Input{Declared: declared, Changes: after, Sources: sources}, closed)
		if err != nil {
			t.Fatal(err)
		}
		e, err := scoring.NewEngine(declared, nil)
		if err != nil {
			t.Fatal(err)
		}
		// Old states of the same items first: the new ones replace them.
		for _, ch := range before[:min(len(before), len(after))] {
			e.Apply(ch)
			if rapid.Bool().Draw(t, "report") {
				e.Report(closed, sources)
			}
		}
		for _, i := range rapid.Permutation(indices(len(after))).Draw(t, "order") {
			for range rapid.IntRange(1, 2).Draw(t, "times") {
				e.Apply(after[i])
			}
			if rapid.Bool().Draw(t, "report") {
				e.Report(closed, sources)
			}
		}
		got := e.Report(closed, sources)
		if a, b := encode(t, got), encode(t, want); !bytes.Equal(a, b) {
			t.Fatalf("followed: %s\nread anew: %s", a, b)
		}
		checkReport(t, got)
	})
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// checkReport asserts what holds for every report.
func checkReport(t *rapid.T, r *scoring.Report) {
	const slack = 1e-9
	for _, w := range r.Windows {
		var sum scoring.Number
		for _, e := range w.Org.Effort {
			if e.Effort < 0 {
				t.Fatalf("%s: negative effort %v", w.Label, e)
			}
			sum += e.Effort
		}
		if w.Org.Status == scoring.OK && (sum-w.Org.Total > slack || w.Org.Total-sum > slack) {
			t.Fatalf("%s: categories add up to %v, not to %v", w.Label, sum, w.Org.Total)
		}
		for _, s := range w.Org.Scores {
			if s.Value.Known() && s.Lower.Known() && (s.Lower > s.Value+slack && s.Name != scoring.EffortModelSpread || s.Lower > s.Upper+slack) {
				t.Fatalf("%s: %s has bounds %v to %v around %v", w.Label, s.Name, s.Lower, s.Upper, s.Value)
			}
			if (s.Status == scoring.OK || s.Status == scoring.Stale) != s.Value.Known() {
				t.Fatalf("%s: %s is %s and %v", w.Label, s.Name, s.Status, s.Value)
			}
		}
	}
}

// Property 5: a relabelling that is taken back restores every bit.
func TestEngineRelabelAndBack(t *testing.T) {
	w := fortyDays()
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	before, _ := json.Marshal(e.Report(closed, sources))
	relabelled := w.changes[5]
	relabelled.Item.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
	e.Apply(relabelled)
	between, _ := json.Marshal(e.Report(closed, sources))
	e.Apply(w.changes[5])
	after, _ := json.Marshal(e.Report(closed, sources))
	if bytes.Equal(before, between) {
		t.Error("relabelling changed nothing")
	}
	if !bytes.Equal(before, after) {
		t.Errorf("before: %s\nafter:  %s", before, after)
	}
}

// A report that is asked for again while nothing is fed is one made anew, whatever
// became of the time and the sources; as long as these say the same, it is not.
func TestEngineReportsAgain(t *testing.T) {
	w := fortyDays()
	w.declared.Sources = []string{"gh", "clone"}
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	read := func(gh, clone time.Time) []store.SourceState {
		return []store.SourceState{{Source: "gh", Watermark: gh}, {Source: "clone", Watermark: clone}}
	}
	var last *scoring.Report
	for _, c := range []struct {
		name    string
		now     time.Time
		sources []store.SourceState
		same    bool
	}{
		{"nothing is read", closed, read(time.Time{}, time.Time{}), false},
		{"one is read", closed, read(closed, time.Time{}), false},
		{"both are read", closed, read(closed, closed), false},
		{"a minute later", closed.Add(time.Minute), read(closed.Add(time.Minute), closed), true},
		{"another day began", closed.Add(6 * time.Hour), read(closed.Add(6*time.Hour), closed), false},
		{"a day was closed", closed.AddDate(0, 0, 1), read(closed.AddDate(0, 0, 1), closed.AddDate(0, 0, 1)), false},
		{"one is late", closed.AddDate(0, 0, 2), read(closed.AddDate(0, 0, 2), closed.AddDate(0, 0, 1)), false},
	} {
		in := scoring.Input{Declared: w.declared, Changes: w.changes, Sources: c.sources}
		anew, err := scoring.Evaluate(in, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got := e.Report(c.now, c.sources)
		a, _ := json.Marshal(got)
		if b, _ := json.Marshal(anew); !bytes.Equal(a, b) {
			t.Errorf("%s: %s\nmade anew: %s", c.name, a, b)
		}
		if same := last != nil && &got.Windows[0] == &last.Windows[0]; same != c.same {
			t.Errorf("%s: the same %t, want %t", c.name, same, c.same)
		}
		last = got
	}
}

// Property 3: more of the same on the same day changes nothing.
func TestEngineCountsPresenceOnce(t *testing.T) {
	w := fortyDays()
	before := w.evaluate(t)
	for i := range w.changes {
		for _, ev := range w.changes[i].Events {
			for range 3 {
				w.do(ev.Actor, ev.Kind, w.changes[i].Item.Keys[0], ev.At)
			}
		}
	}
	after := w.evaluate(t)
	a, _ := json.Marshal(before.Windows)
	b, _ := json.Marshal(after.Windows)
	if !bytes.Equal(a, b) {
		t.Errorf("before: %s\nafter:  %s", a, b)
	}
}
