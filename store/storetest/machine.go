package storetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

// A machine is one random history.
type machine struct {
	t     *testing.T
	ctx   context.Context
	open  Opener
	dir   string
	s     store.Store
	m     *model
	last  uint64           // Applied.Seq of the last batch
	nos   map[place]uint64 // numbers that were given out
	batch map[string]store.Batch
}

// runMachine compares the store with the model over random histories. The
// flags of package rapid say how many, and how long.
func runMachine(t *testing.T, open Opener) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, remove := tempDir(t)
		defer remove()
		c := &machine{t: t, ctx: t.Context(), open: open, dir: dir, m: newModel(), nos: map[place]uint64{}, batch: map[string]store.Batch{}}
		c.s = open(t, dir)
		defer func() { must(t, c.s.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"apply":    c.apply,
			"repeat":   c.repeat,
			"reopen":   c.reopen,
			"override": c.override,
			"declare":  c.declare,
			"report":   c.report,
			"deliver":  c.deliver,
			"iterate":  c.iterate,
			"collapse": c.collapse,
			"erase":    c.erase,
			"look":     c.look,
			"":         c.check,
		})
	})
}

// The actions.

func (c *machine) apply(t *rapid.T) {
	source := rapid.SampledFrom(someSources).Draw(t, "source")
	c.applyBatch(t, source, drawBatch(t, source))
}

func (c *machine) applyBatch(t *rapid.T, source string, b store.Batch) {
	items, events := c.m.apply(source, b)
	got, err := c.s.Apply(c.ctx, source, b)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	if got.Items != items || got.Events != events {
		t.Fatalf("Applied %d items and %d events, want %d and %d", got.Items, got.Events, items, events)
	}
	if grew := items+events > 0; grew != (got.Seq > c.last) || got.Seq < c.last {
		t.Fatalf("Applied.Seq went from %d to %d with %d changes", c.last, got.Seq, items+events)
	}
	c.last = got.Seq
	c.m.seqs[c.last] = c.m.batch
	c.batch[source] = b
}

// repeat applies the last batch of a source again, as after a crash.
func (c *machine) repeat(t *rapid.T) {
	source := rapid.SampledFrom(someSources).Draw(t, "source")
	b, ok := c.batch[source]
	if !ok {
		t.Skip("nothing was applied")
	}
	c.applyBatch(t, source, b)
	before := c.last
	c.applyBatch(t, source, b)
	if c.last != before {
		t.Fatalf("a batch that was applied twice in a row moved Seq from %d to %d", before, c.last)
	}
}

func (c *machine) reopen(t *rapid.T) {
	if err := c.s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	c.s = c.open(c.t, c.dir)
}

func (c *machine) override(t *rapid.T) {
	o := store.Override{
		Key: rapid.SampledFrom(someKeys).Draw(t, "key"), To: rapid.SampledFrom([]string{"", "o1", "run_work"}).Draw(t, "to"),
		Role: drawText(t, "role"), Why: drawText(t, "why"), At: drawTime(t, "at"),
	}
	c.m.override(o)
	if err := c.s.Override(c.ctx, o); err != nil {
		t.Fatalf("Override: %v", err)
	}
}

func (c *machine) declare(t *rapid.T) {
	d := store.Declaration{KnownFrom: drawTime(t, "known"), Body: []byte(drawText(t, "body"))}
	want := c.m.declare(d)
	if got, err := c.s.Declare(c.ctx, d); err != nil || got != want {
		t.Fatalf("Declare = %v, %v, want %v", got, err, want)
	}
}

func (c *machine) report(t *rapid.T) {
	c.m.report = []byte(drawText(t, "report"))
	if err := c.s.SaveReport(c.ctx, c.m.report); err != nil {
		t.Fatalf("SaveReport: %v", err)
	}
}

// iterate changes items while it iterates over the changes, and expects to
// end with the present state of each.
func (c *machine) iterate(t *rapid.T) {
	after := rapid.SampledFrom(slices.Sorted(maps.Keys(c.m.seqs))).Draw(t, "after")
	want := c.m.changedAfter(after)
	writes := rapid.IntRange(0, 3).Draw(t, "writes")
	seen := map[place]store.Change{}
	seq := after
	for ch, err := range c.s.Changes(c.ctx, after) {
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		if ch.Seq <= seq {
			t.Fatalf("change %d came after %d", ch.Seq, seq)
		}
		seq = ch.Seq
		seen[place{ch.Item.Source, ch.Item.ID}] = ch
		if writes > 0 {
			writes--
			b := c.m.batch
			c.applyBatch(t, ch.Item.Source, drawBatch(t, ch.Item.Source))
			for p, at := range c.m.changed {
				if at > b {
					want[p] = true
				}
			}
		}
	}
	c.compare(t, want, seen)
}

// look compares everything that is not checked after each action.
func (c *machine) look(t *rapid.T) {
	after := rapid.SampledFrom(slices.Sorted(maps.Keys(c.m.seqs))).Draw(t, "after")
	c.checkChanges(t, after)
	source := rapid.SampledFrom(append([]string{"", "never"}, someSources...)).Draw(t, "source")
	prefix := rapid.SampledFrom([]string{"", "r/", "r/1", "s/", "commit/", "z"}).Draw(t, "prefix")
	got := gather(t, c.s.Items(c.ctx, source, prefix))
	if want := c.m.list(source, prefix); !slices.EqualFunc(got, want, equalItems) {
		t.Fatalf("Items(%q, %q) = %s, want %s", source, prefix, show(got), show(want))
	}
}

// check holds after every action.
func (c *machine) check(t *rapid.T) {
	c.checkChanges(t, 0)
	for _, source := range someSources {
		got, err := c.s.Cursor(c.ctx, source)
		if err != nil || !maps.Equal(got, c.m.cursors[source]) {
			t.Fatalf("Cursor(%q) = %v, %v, want %v", source, got, err, c.m.cursors[source])
		}
	}
	states, err := c.s.Sources(c.ctx)
	if err != nil || len(states) != len(c.m.sources) {
		t.Fatalf("Sources = %v, %v, want %v", states, err, c.m.sources)
	}
	for _, got := range states {
		want, ok := c.m.sources[got.Source]
		if !ok || !equalTimes(got.Watermark, want.Watermark) || got.Quarantined != want.Quarantined || got.LastApply.IsZero() {
			t.Fatalf("source %+v, want %+v and a time of applying", got, want)
		}
	}
	declared := gather(t, c.s.Declarations(c.ctx))
	if !slices.EqualFunc(declared, c.m.declared, func(a, b store.Declaration) bool {
		return equalTimes(a.KnownFrom, b.KnownFrom) && bytes.Equal(a.Body, b.Body)
	}) {
		t.Fatalf("Declarations = %s, want %s", show(declared), show(c.m.declared))
	}
	overrides := gather(t, c.s.Overrides(c.ctx))
	var want []store.Override
	for _, k := range slices.Sorted(maps.Keys(c.m.overrides)) {
		want = append(want, c.m.overrides[k])
	}
	if !slices.EqualFunc(overrides, want, func(a, b store.Override) bool {
		at := equalTimes(a.At, b.At)
		a.At, b.At = time.Time{}, time.Time{}
		return at && a == b
	}) {
		t.Fatalf("Overrides = %s, want %s", show(overrides), show(want))
	}
	c.checkPeople(t)
	c.checkDeliveries(t)
	report, err := c.s.LastReport(c.ctx)
	if err != nil || !bytes.Equal(report, c.m.report) || (report == nil) != (c.m.report == nil) {
		t.Fatalf("LastReport = %q, %v, want %q", report, err, c.m.report)
	}
}

func (c *machine) checkPeople(t *rapid.T) {
	profiles, groups := c.m.people()
	if got := gather(t, c.s.Profiles(c.ctx)); !slices.EqualFunc(got, profiles, equalProfiles) {
		t.Fatalf("Profiles = %s, want %s", show(got), show(profiles))
	}
	if got := gather(t, c.s.Groups(c.ctx)); !slices.EqualFunc(got, groups, equalGroups) {
		t.Fatalf("Groups = %s, want %s", show(got), show(groups))
	}
}

// checkChanges compares what changed after a batch, and its order.
func (c *machine) checkChanges(t *rapid.T, after uint64) {
	seen := map[place]store.Change{}
	seq, batch := after, 0
	for ch, err := range c.s.Changes(c.ctx, after) {
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		p := place{ch.Item.Source, ch.Item.ID}
		if _, twice := seen[p]; twice || ch.Seq <= seq || ch.Seq > c.last || c.m.changed[p] < batch {
			t.Fatalf("change %d of %v is out of order or repeated", ch.Seq, p)
		}
		seen[p], seq, batch = ch, ch.Seq, c.m.changed[p]
	}
	if after == 0 && seq != c.last {
		t.Fatalf("newest change is %d, Applied.Seq said %d", seq, c.last)
	}
	c.compare(t, c.m.changedAfter(after), seen)
	if after == 0 {
		c.checkNumbers(t, seen)
	}
}

// compare requires exactly the wanted items, each in its present state.
func (c *machine) compare(t *rapid.T, want map[place]bool, seen map[place]store.Change) {
	for p := range want {
		if _, ok := seen[p]; !ok {
			t.Fatalf("item %v changed and was not yielded", p)
		}
	}
	for p, ch := range seen {
		it, events := c.m.change(p)
		if !want[p] || !equalItems(ch.Item, it) || !slices.EqualFunc(ch.Events, events, equalEvents) {
			t.Fatalf("change of %v (changed: %v) is\n%s\nwant\n%s\n%s", p, want[p], show(ch), show(it), show(events))
		}
	}
}

// checkNumbers requires numbers that are dense and never change.
func (c *machine) checkNumbers(t *rapid.T, seen map[place]store.Change) {
	for p, ch := range seen {
		if old, ok := c.nos[p]; ok && old != ch.No || ch.No < 1 || ch.No > uint64(len(seen)) {
			t.Fatalf("item %v has number %d of %d, was %d", p, ch.No, len(seen), c.nos[p])
		}
		c.nos[p] = ch.No
		got, found, err := c.s.Find(c.ctx, ch.No)
		want, stored := c.m.items[p]
		if err != nil || found != stored || stored && !equalItems(got, want) {
			t.Fatalf("Find(%d) = %s, %v, %v, want %s, %v", ch.No, show(got), found, err, show(want), stored)
		}
	}
	if used := slices.Compact(slices.Sorted(maps.Values(c.nos))); len(used) != len(seen) {
		t.Fatalf("%d items share %d numbers", len(seen), len(used))
	}
}

func gather[T any](t *rapid.T, seq func(func(T, error) bool)) []T {
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatalf("iterate: %v", err)
		}
		out = append(out, v)
	}
	return out
}

func show(v any) string { return fmt.Sprintf("%+v", v) }
