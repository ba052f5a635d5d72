package storetest

import (
	"reflect"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

func retentionCases() []testCase {
	return []testCase{
		{"a collapsed week stays", testCollapse},
		{"a week does not collapse before what it was worth is known", testCollapseLate},
		{"what is old loses its persons as it is applied", testNamelessApplied},
		{"Erase takes persons out of what is old", testErase},
		{"Erase keeps accounts that something names", testEraseAccounts},
		{"Erase takes members out of versions of groups that ended", testEraseGroups},
	}
}

// oldWeek is a week, and endOfOld the moment before which nobody is named once
// it is collapsed.
var (
	oldWeek  = time.Date(2026, 2, 16, 0, 0, 0, 0, time.UTC)
	endOfOld = time.Date(2026, 2, 22, 10, 0, 0, 0, time.UTC)
)

const (
	ana = "0123456789abcdef01234567"
	ben = "fedcba9876543210fedcba98"
)

func (h *harness) collapse(monday time.Time, body string) bool {
	h.Helper()
	all := h.changes(0)
	c := store.Collapsed{Monday: monday, Body: []byte(body)}
	if n := len(all); n > 0 {
		c.Seq = all[n-1].Seq
	}
	kept, err := h.s.Collapse(h.ctx, c)
	must(h, err)
	return kept
}

func (h *harness) erase() int {
	h.Helper()
	n, err := h.s.Erase(h.ctx)
	must(h, err)
	return n
}

func did(who, id string, at time.Time) store.Event {
	return store.Event{Source: "a", Item: "r/7", ID: id, Kind: store.EventCommit, Actor: who, At: at}
}

func bare(ev store.Event) store.Event {
	ev.Actor, ev.At = "", ev.At.UTC()
	return ev
}

func testCollapse(h *harness) {
	later := oldWeek.AddDate(0, 0, 7)
	first := time.Date(1969, 12, 22, 0, 0, 0, 0, time.UTC)
	for _, w := range []struct {
		monday time.Time
		body   string
	}{{oldWeek, "second"}, {later, "third"}, {first, "first"}, {oldWeek, "edited"}} {
		if !h.collapse(w.monday, w.body) {
			h.Errorf("the week of %s was not kept", w.monday)
		}
	}
	h.reopen()
	got := collect(h, h.s.Collapsed(h.ctx))
	want := []store.Collapsed{{Monday: first, Body: []byte("first")}, {Monday: oldWeek, Body: []byte("second")}, {Monday: later, Body: []byte("third")}}
	if !reflect.DeepEqual(got, want) {
		h.Errorf("Collapsed = %v, want %v", got, want)
	}
}

func testCollapseLate(h *harness) {
	seq := h.apply(store.Batch{Events: []store.Event{did(ana, "1", endOfOld.Add(-time.Hour))}}).Seq
	try := func(what string, seq uint64, want bool) {
		h.Helper()
		if kept, err := h.s.Collapse(h.ctx, store.Collapsed{Monday: oldWeek, Seq: seq}); err != nil || kept != want {
			h.Errorf("%s: Collapse = %v, %v, want %v", what, kept, err, want)
		}
	}
	try("an event is not known", seq-1, false)
	if got := collect(h, h.s.Collapsed(h.ctx)); len(got) != 0 {
		h.Errorf("a refused week was kept: %v", got)
	}
	h.apply(store.Batch{Events: []store.Event{{Source: "a", Item: "r/8", ID: "1", Kind: store.EventCommit, Actor: ana, At: endOfOld}}})
	try("a later event is not known", seq, true)
	try("it is kept already", 0, true)
}

func testNamelessApplied(h *harness) {
	before := did(ana, "1", store.WithOffset(endOfOld.Add(-time.Second), 7200))
	after := did(ana, "2", store.WithOffset(endOfOld, 7200))
	h.collapse(oldWeek, "")
	batch := store.Batch{
		Events:     []store.Event{before, after, did(ben, "3", oldWeek)},
		Identities: []store.Identity{{Actor: ana, Handle: "a:ana"}, {Actor: ben, Handle: "a:ben"}},
	}
	done := h.apply(batch)
	if want := []store.Event{bare(before), after, bare(did(ben, "3", oldWeek))}; !slices.EqualFunc(h.one(0).Events, want, equalEvents) {
		h.Errorf("events are %+v, want %+v", h.one(0).Events, want)
	}
	if again := h.apply(batch); again.Events != 0 || again.Seq != done.Seq {
		h.Errorf("reading them again changed %+v", again)
	}
	profiles := collect(h, h.s.Profiles(h.ctx))
	if len(profiles) != 1 || profiles[0].Actor != ana {
		h.Errorf("profiles are %+v, want that of who is named only", profiles)
	}
}

func testErase(h *harness) {
	before := did(ana, "1", store.WithOffset(endOfOld.Add(-time.Second), 7200))
	offset := did("", "0", store.WithOffset(oldWeek, 3600))
	after := did(ana, "2", endOfOld)
	h.apply(store.Batch{Items: []store.Item{ticket("r/7", someDay)}, Events: []store.Event{before, offset, after}})
	seq := h.apply(store.Batch{Items: []store.Item{ticket("r/8", someDay)}}).Seq
	if n := h.erase(); n != 0 || len(h.changes(seq)) != 0 {
		h.Errorf("without a collapsed week Erase took %d", n)
	}
	h.collapse(oldWeek, "")
	if n := h.erase(); n != 2 {
		h.Errorf("Erase took %d, want 2", n)
	}
	ch := h.one(seq)
	if want := []store.Event{bare(offset), bare(before), after}; !slices.EqualFunc(ch.Events, want, equalEvents) {
		h.Errorf("events are %+v, want %+v", ch.Events, want)
	}
	if want := ticket("r/7", someDay); !equalItems(ch.Item, want) || ch.Seq <= seq {
		h.Errorf("change %d is of %+v, want one after %d of %+v", ch.Seq, ch.Item, seq, want)
	}
	h.reopen()
	if n := h.erase(); n != 0 || len(h.changes(ch.Seq)) != 0 {
		h.Errorf("a second Erase took %d", n)
	}
	// A week later it is due again.
	h.collapse(oldWeek.AddDate(0, 0, 7), "")
	if n := h.erase(); n != 1 {
		h.Errorf("a week later Erase took %d, want 1", n)
	}
}

func testEraseAccounts(h *harness) {
	const cleo, dora, mail = "00000000000000000000000c", "00000000000000000000000d", "00000000000000000000000e"
	h.apply(store.Batch{
		Events: []store.Event{did(ana, "1", oldWeek), did(ben, "2", someDay), did(mail, "3", someDay)},
		Groups: []store.Group{{Source: "a", Name: "g", Members: []string{dora}, At: oldWeek}},
		Identities: []store.Identity{
			{Actor: ana, Handle: "a:ana"}, {Actor: ben, Handle: "a:ben"}, {Actor: dora, Handle: "a:dora"},
			{Actor: cleo, Handle: "a:cleo", Same: []store.Same{{Actor: mail, By: store.SameByEmail}}},
		},
	})
	h.collapse(oldWeek, "")
	h.erase()
	var left []string
	for _, p := range collect(h, h.s.Profiles(h.ctx)) {
		left = append(left, p.Actor)
	}
	if want := []string{cleo, dora, ben}; !slices.Equal(left, want) {
		h.Errorf("accounts are %v, want %v", left, want)
	}
}

func testEraseGroups(h *harness) {
	v := func(name string, at time.Time, members ...string) store.Group {
		return store.Group{Source: "a", Name: name, Members: members, At: at}
	}
	h.apply(store.Batch{Groups: []store.Group{
		v("g", oldWeek, ana), v("g", endOfOld, ana, ben), v("g", someDay, ben),
		v("g2", oldWeek, ana),
	}})
	h.collapse(oldWeek, "")
	h.erase()
	want := []store.Group{v("g", oldWeek), v("g", endOfOld, ana, ben), v("g", someDay, ben), v("g2", oldWeek, ana)}
	if got := collect(h, h.s.Groups(h.ctx)); !slices.EqualFunc(got, want, equalGroups) {
		h.Errorf("Groups = %+v, want %+v", got, want)
	}
}
