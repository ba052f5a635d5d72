package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A testCase is one statement of the contract.
type testCase struct {
	name string
	run  func(h *harness)
}

func contract() []testCase {
	return slices.Concat(applyCases(), readCases(), keepCases(), deliveryCases(), peopleCases(), retentionCases())
}

// ticket returns an item of source "a".
func ticket(id string, updated time.Time) store.Item {
	return store.Item{
		Source: "a", ID: id, Kind: store.KindTicket, Keys: []string{"PAY-" + strings.TrimPrefix(id, "r/")},
		Title: "Title of " + id, URL: "https://tickets.example.org/browse/" + id, Status: store.StatusDoing,
		Attrs: map[string][]string{store.AttrRepo: {"acme/api"}, store.AttrLabel: {"incident", "p1"}},
		Links: []store.Link{
			{Kind: store.LinkParent, Key: "PAY-1", At: someDay},
			{Kind: store.LinkMentions, Key: "acme/api@" + someHash},
		},
		Terms:   []store.Term{{Word: "0a1b2c3d4e5f", Count: 1}, {Word: "fedcba987654", Count: 300}},
		Created: someDay, Updated: updated, Started: someDay.Add(time.Hour), Closed: someDay.Add(48 * time.Hour),
	}
}

func review(item, id string) store.Event {
	return store.Event{
		Source: "a", ID: id, Item: item, Kind: store.EventReview, Actor: "0123456789abcdef01234567",
		At: store.WithOffset(someDay, 19800), Attrs: map[string]string{"to": "done"},
	}
}

func batchOf(items ...store.Item) store.Batch { return store.Batch{Items: items} }

func applyCases() []testCase {
	return []testCase{
		{"a new store is empty", testEmpty},
		{"items and events come back as they were", testRoundTrip},
		{"an item replaces the stored one unless that was updated later", testReplace},
		{"old keys stay, newest first", testOldKeys},
		{"applying a batch again changes nothing", testRepeat},
		{"Applied leaves out repeats", testApplied},
		{"an event with a known ID replaces the stored one", testEventReplaced},
		{"an event before its item reserves a number", testEventFirst},
		{"a tombstone marks a stored item as gone", testTombstone},
		{"a tombstone of an unknown item is ignored", testTombstoneUnknown},
		{"a batch that brings and buries an item leaves it gone", testBringAndBury},
		{"applying a gone item again brings it back", testComesBack},
		{"positions of streams that are not named stay", testCursor},
		{"quarantine is released by an item with its ID", testQuarantine},
		{"a refused batch leaves nothing behind", testRefused},
		{"a cancelled context applies nothing", testCancelled},
		{"the store keeps no reference to what it was given", testNoAlias},
		{"everything survives closing", testReopen},
		{"methods may be called concurrently", testConcurrent},
	}
}

func testEmpty(h *harness) {
	if cur, err := h.s.Cursor(h.ctx, "never"); err != nil || len(cur) != 0 {
		h.Errorf("Cursor = %v, %v, want empty", cur, err)
	}
	if got := h.changes(0); len(got) != 0 {
		h.Errorf("Changes yields %v", got)
	}
	if got := collect(h, h.s.Items(h.ctx, "", "")); len(got) != 0 {
		h.Errorf("Items yields %v", got)
	}
	if got, err := h.s.Sources(h.ctx); err != nil || len(got) != 0 {
		h.Errorf("Sources = %v, %v, want none", got, err)
	}
	if _, found, err := h.s.Find(h.ctx, 1); err != nil || found {
		h.Errorf("Find(1) = %v, %v, want nothing", found, err)
	}
	if report, err := h.s.LastReport(h.ctx); err != nil || report != nil {
		h.Errorf("LastReport = %v, %v, want nil", report, err)
	}
}

func testRoundTrip(h *harness) {
	it := ticket("r/7", someDay.Add(72*time.Hour))
	it.Gone = store.GoneLostAccess
	bare := store.Item{Source: "a", ID: "bare", Kind: store.KindCommit}
	events := []store.Event{review("r/7", "commit/"+someHash), review("r/7", "review/1"), review("r/7", "review/2"), review("r/7", "review/3")}
	events[0].Bot, events[0].Actor, events[0].Attrs = true, "", nil
	events[1].At = someDay                       // the source does not tell the offset
	events[2].At = store.WithOffset(someDay, 0)  // the author was in London
	events[3].At = store.WithOffset(someDay, 17) // nowhere, still kept
	h.apply(store.Batch{Items: []store.Item{it, bare}, Events: events})
	got := h.changes(0)
	if len(got) != 2 {
		h.Fatalf("got %d changes, want 2", len(got))
	}
	if !equalItems(got[0].Item, it) {
		got[0], got[1] = got[1], got[0]
	}
	if !equalItems(got[0].Item, it) || !equalItems(got[1].Item, bare) {
		h.Errorf("items came back as\n%+v\n%+v", got[0].Item, got[1].Item)
	}
	if !slices.EqualFunc(got[0].Events, events, equalEvents) {
		h.Errorf("events came back as\n%+v\nwant\n%+v", got[0].Events, events)
	}
	if loc := got[0].Item.Created.Location(); loc != time.UTC {
		h.Errorf("times of items are in %v, want UTC", loc)
	}
}

func testReplace(h *harness) {
	v := func(title string, hours int) store.Item {
		it := ticket("r/7", someDay.Add(time.Duration(hours)*time.Hour))
		it.Title = title
		return it
	}
	for _, step := range []struct {
		in   store.Item
		want string
	}{
		{v("first", 2), "first"}, {v("newer", 3), "newer"}, {v("older", 1), "newer"}, {v("tie", 3), "tie"},
	} {
		h.apply(batchOf(step.in))
		if got := h.one(0).Item.Title; got != step.want {
			h.Errorf("after %q the title is %q, want %q", step.in.Title, got, step.want)
		}
	}
	h.apply(batchOf(v("same batch, older", 4), v("same batch, newer", 6), v("same batch, between", 5)))
	if got := h.one(0).Item.Title; got != "same batch, newer" {
		h.Errorf("of three versions in one batch %q stayed", got)
	}
}

func testOldKeys(h *harness) {
	v := func(key string, hours int) store.Item {
		it := ticket("r/7", someDay.Add(time.Duration(hours)*time.Hour))
		it.Keys = []string{key}
		return it
	}
	h.apply(batchOf(v("OLD-1", 1)))
	h.apply(batchOf(v("NEW-1", 3)))
	if got := h.one(0).Item.Keys; !slices.Equal(got, []string{"NEW-1", "OLD-1"}) {
		h.Errorf("keys are %v, want NEW-1 OLD-1", got)
	}
	h.apply(batchOf(v("MID-1", 2))) // arrives late
	if got := h.one(0).Item.Keys; !slices.Equal(got, []string{"NEW-1", "OLD-1", "MID-1"}) {
		h.Errorf("keys are %v, want the late one at the end", got)
	}
	h.apply(batchOf(v("OLD-1", 4))) // moved back
	if got := h.one(0).Item.Keys; !slices.Equal(got, []string{"OLD-1", "NEW-1", "MID-1"}) {
		h.Errorf("keys are %v, want OLD-1 in front and none twice", got)
	}
}

func testRepeat(h *harness) {
	b := store.Batch{
		Items:       []store.Item{ticket("r/7", someDay), ticket("r/8", someDay), ticket("r/9", someDay)},
		Events:      []store.Event{review("r/7", "review/1"), review("unknown", "review/1")},
		Gone:        []store.Tombstone{{ID: "r/8", Why: store.GoneMoved, MovedTo: "NEW-8"}},
		Identities:  []store.Identity{{Actor: "0123456789abcdef01234567", Handle: "github:octocat", Zone: "Europe/Berlin"}},
		Groups:      []store.Group{{Source: "a", Name: "acme/core", Members: []string{"0123456789abcdef01234567"}, At: someDay}},
		Whole:       []store.Whole{{Item: "r/7", Prefix: "review/"}, {Item: "never"}},
		Quarantined: []store.Quarantined{{ID: "r/10", Reason: "no author"}},
		Next:        store.Cursor{"issues": "p1"}, Watermark: someDay,
	}
	first := h.apply(b)
	// Often enough for a store that learns what repeats.
	for range 10 {
		if got := h.apply(b); got.Items != 0 || got.Events != 0 || got.Seq != first.Seq {
			h.Fatalf("repeat = %+v, want nothing new after %+v", got, first)
		}
	}
	if got := h.changes(first.Seq); len(got) != 0 {
		h.Errorf("after repeats %v changed", got)
	}
}

func testApplied(h *harness) {
	it, ev := ticket("r/7", someDay), review("r/7", "review/1")
	if got := h.apply(store.Batch{Items: []store.Item{it, it}, Events: []store.Event{ev, ev}}); got.Items != 1 || got.Events != 1 {
		h.Errorf("Applied = %+v, want 1 item and 1 event of a batch that names each twice", got)
	}
	newer := ticket("r/7", someDay.Add(time.Hour))
	got := h.apply(store.Batch{
		Items:  []store.Item{newer, ticket("r/8", someDay)},
		Events: []store.Event{ev, review("r/7", "review/2"), review("r/8", "review/1")},
	})
	if got.Items != 2 || got.Events != 2 || got.Seq != h.changes(0)[1].Seq {
		h.Errorf("Applied = %+v, want 2 items, 2 events and the newest sequence number", got)
	}
	if got := h.apply(store.Batch{}); got.Items != 0 || got.Events != 0 || got.Seq != h.changes(0)[1].Seq {
		h.Errorf("Applied = %+v for an empty batch", got)
	}
}

func testEventReplaced(h *harness) {
	ev := review("r/7", "review/1")
	h.apply(store.Batch{Items: []store.Item{ticket("r/7", someDay), ticket("r/8", someDay)}, Events: []store.Event{ev, review("r/8", ev.ID)}})
	before := h.apply(store.Batch{}).Seq
	ev.Kind, ev.Attrs = store.EventComment, nil
	if got := h.apply(store.Batch{Events: []store.Event{ev}}); got.Events != 1 || got.Items != 0 {
		h.Errorf("Applied = %+v, want 1 event", got)
	}
	ch := h.one(before) // the other item has an event with the same ID and did not change
	if ch.Item.ID != "r/7" || len(ch.Events) != 1 || !equalEvents(ch.Events[0], ev) {
		h.Errorf("change is %+v, want r/7 with %+v", ch, ev)
	}
}

func testEventFirst(h *harness) {
	ev := review("r/7", "review/1")
	seq := h.apply(store.Batch{Events: []store.Event{ev}}).Seq
	ch := h.one(0)
	if ch.Item.Kind != "" || ch.Item.Source != "a" || ch.Item.ID != "r/7" || !slices.EqualFunc(ch.Events, []store.Event{ev}, equalEvents) {
		h.Errorf("change is %+v, want an item without a kind and its event", ch)
	}
	if _, found, err := h.s.Find(h.ctx, ch.No); err != nil || found {
		h.Errorf("Find(%d) = %v, %v, want nothing", ch.No, found, err)
	}
	if got := collect(h, h.s.Items(h.ctx, "a", "")); len(got) != 0 {
		h.Errorf("Items yields %v", got)
	}
	it := ticket("r/7", someDay)
	h.apply(batchOf(it))
	after := h.one(seq)
	if after.No != ch.No || !equalItems(after.Item, it) || len(after.Events) != 1 {
		h.Errorf("change is %+v, want the item under number %d with its event", after, ch.No)
	}
}

func testTombstone(h *harness) {
	it := ticket("r/7", someDay)
	seq := h.apply(batchOf(it, ticket("r/8", someDay))).Seq
	got := h.apply(store.Batch{Gone: []store.Tombstone{{ID: "r/7", Why: store.GoneMoved, MovedTo: "NEW-1", At: someDay}}})
	if got.Items != 1 || got.Seq <= seq {
		h.Errorf("Applied = %+v, want one item after %d", got, seq)
	}
	it.Gone, it.Keys = store.GoneMoved, append([]string{"NEW-1"}, it.Keys...)
	if ch := h.one(seq); !equalItems(ch.Item, it) {
		h.Errorf("item is %+v, want %+v", ch.Item, it)
	}
	if n := len(collect(h, h.s.Items(h.ctx, "a", ""))); n != 2 {
		h.Errorf("Items yields %d items, want the gone one too", n)
	}
}

func testTombstoneUnknown(h *harness) {
	h.apply(store.Batch{Events: []store.Event{review("r/9", "review/1")}})
	got := h.apply(store.Batch{Gone: []store.Tombstone{{ID: "r/7", Why: store.GoneDeleted}, {ID: "r/9", Why: store.GoneDeleted}}})
	if got.Items != 0 {
		h.Errorf("Applied = %+v, want nothing", got)
	}
	if ch := h.one(0); ch.Item.ID != "r/9" || ch.Item.Gone != "" {
		h.Errorf("change is %+v", ch)
	}
}

func testBringAndBury(h *harness) {
	b := batchOf(ticket("r/7", someDay))
	b.Gone = []store.Tombstone{{ID: "r/7", Why: store.GoneDeleted}}
	h.apply(b)
	if got := h.one(0).Item.Gone; got != store.GoneDeleted {
		h.Errorf("Gone = %q, want deleted", got)
	}
}

func testComesBack(h *harness) {
	it := ticket("r/7", someDay)
	h.apply(batchOf(it))
	seq := h.apply(store.Batch{Gone: []store.Tombstone{{ID: "r/7", Why: store.GoneLostAccess, MovedTo: "NEW-1"}}}).Seq
	h.apply(batchOf(it))
	it.Keys = append(it.Keys, "NEW-1")
	if ch := h.one(seq); !equalItems(ch.Item, it) {
		h.Errorf("item is %+v, want %+v", ch.Item, it)
	}
}
