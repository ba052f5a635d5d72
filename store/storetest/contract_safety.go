package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"sync"

	"github.com/workdrift/workdrift/store"
)

func testCursor(h *harness) {
	check := func(source string, want store.Cursor) {
		h.Helper()
		if got, err := h.s.Cursor(h.ctx, source); err != nil || !maps.Equal(got, want) {
			h.Errorf("Cursor(%q) = %v, %v, want %v", source, got, err, want)
		}
	}
	h.apply(store.Batch{Next: store.Cursor{"issues": "1", "pulls": "1", "pulls/2": "x"}})
	h.apply(store.Batch{Next: store.Cursor{"issues": "2"}})
	check("a", store.Cursor{"issues": "2", "pulls": "1", "pulls/2": "x"})
	h.apply(store.Batch{Next: store.Cursor{"pulls": ""}})
	check("a", store.Cursor{"issues": "2", "pulls/2": "x"})
	h.apply(store.Batch{Next: store.Cursor{"never": ""}})
	check("a", store.Cursor{"issues": "2", "pulls/2": "x"})
	check("b", store.Cursor{})

	got, err := h.s.Cursor(h.ctx, "a")
	must(h, err)
	got["issues"] = "changed by the caller"
	check("a", store.Cursor{"issues": "2", "pulls/2": "x"})
}

func testQuarantine(h *harness) {
	count := func(want int) {
		h.Helper()
		states, err := h.s.Sources(h.ctx)
		if err != nil || len(states) != 1 || states[0].Quarantined != want {
			h.Errorf("Sources = %+v, %v, want %d quarantined", states, err, want)
		}
	}
	h.apply(store.Batch{Quarantined: []store.Quarantined{{ID: "r/7", Reason: "no author"}, {ID: "r/8", Reason: "no date"}}})
	count(2)
	h.apply(store.Batch{Quarantined: []store.Quarantined{{ID: "r/7", Reason: "no title"}}})
	count(2)
	h.apply(store.Batch{Events: []store.Event{review("r/7", "review/1")}})
	count(2)
	h.apply(batchOf(ticket("r/7", someDay)))
	count(1)
	h.apply(store.Batch{Items: []store.Item{ticket("r/8", someDay)}, Quarantined: []store.Quarantined{{ID: "r/8", Reason: "again"}}})
	count(1) // the item came, and something about it could not be kept
	h.apply(batchOf(ticket("r/8", someDay)))
	count(0)
}

func testRefused(h *harness) {
	good := store.Batch{Items: []store.Item{ticket("r/7", someDay)}, Next: store.Cursor{"issues": "1"}, Watermark: someDay}
	for name, spoil := range map[string]func(*store.Batch){
		"item of another source":  func(b *store.Batch) { it := ticket("r/8", someDay); it.Source = "b"; b.Items = append(b.Items, it) },
		"item without an ID":      func(b *store.Batch) { b.Items = append(b.Items, ticket("", someDay)) },
		"item without a kind":     func(b *store.Batch) { it := ticket("r/8", someDay); it.Kind = ""; b.Items = append(b.Items, it) },
		"event of another source": func(b *store.Batch) { ev := review("r/7", "1"); ev.Source = "b"; b.Events = append(b.Events, ev) },
		"event without an ID":     func(b *store.Batch) { b.Events = append(b.Events, review("r/7", "")) },
		"event without an item":   func(b *store.Batch) { b.Events = append(b.Events, review("", "1")) },
		"group of another source": func(b *store.Batch) { b.Groups = []store.Group{{Source: "b", Name: "acme/core"}} },
		"group without a name":    func(b *store.Batch) { b.Groups = []store.Group{{Source: "a"}} },
		"all events of no item":   func(b *store.Batch) { b.Whole = []store.Whole{{Prefix: "review/"}} },
		"identity of nobody":      func(b *store.Batch) { b.Identities = []store.Identity{{Handle: "x"}} },
		"account of nobody":       func(b *store.Batch) { b.Accounts = []store.Account{{State: store.AccountActive, At: someDay}} },
		"account in no state":     func(b *store.Batch) { b.Accounts = []store.Account{{Actor: "x", At: someDay}} },
		"account seen never":      func(b *store.Batch) { b.Accounts = []store.Account{{Actor: "x", State: store.AccountActive}} },
	} {
		b := good
		spoil(&b)
		if _, err := h.s.Apply(h.ctx, "a", b); err == nil {
			h.Errorf("%s: Apply succeeded", name)
		}
	}
	testEmpty(h)
	if cur, err := h.s.Cursor(h.ctx, "a"); err != nil || len(cur) != 0 {
		h.Errorf("Cursor = %v, %v, want empty", cur, err)
	}
}

func testCancelled(h *harness) {
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	check := func(what string, err error) {
		h.Helper()
		if !errors.Is(err, context.Canceled) {
			h.Errorf("%s: error %v, want context.Canceled", what, err)
		}
	}
	_, err := h.s.Apply(ctx, "a", batchOf(ticket("r/7", someDay)))
	check("Apply", err)
	_, err = h.s.Cursor(ctx, "a")
	check("Cursor", err)
	_, _, err = h.s.Find(ctx, 1)
	check("Find", err)
	_, err = h.s.Sources(ctx)
	check("Sources", err)
	_, err = h.s.Declare(ctx, store.Declaration{Body: []byte("x")})
	check("Declare", err)
	check("Override", h.s.Override(ctx, store.Override{Key: "PAY-1", To: "o1"}))
	_, err = h.s.Collapse(ctx, store.Collapsed{Monday: someDay})
	check("Collapse", err)
	_, err = h.s.Erase(ctx)
	check("Erase", err)
	check("Freeze", h.s.Freeze(ctx, store.Frozen{Monday: someDay, Body: []byte("x")}))
	for _, err := range h.s.Frozen(ctx) {
		check("Frozen", err)
	}
	check("SaveReport", h.s.SaveReport(ctx, []byte("x")))
	_, err = h.s.LastReport(ctx)
	check("LastReport", err)
	check("Changes", firstError(h.s.Changes(ctx, 0)))
	check("Items", firstError(h.s.Items(ctx, "", "")))
	check("Declarations", firstError(h.s.Declarations(ctx)))
	check("Overrides", firstError(h.s.Overrides(ctx)))
	check("Profiles", firstError(h.s.Profiles(ctx)))
	check("Groups", firstError(h.s.Groups(ctx)))
	testEmpty(h)
}

func firstError[T any](seq iter.Seq2[T, error]) error {
	for _, err := range seq {
		return err
	}
	return nil
}

func testNoAlias(h *harness) {
	it, ev := ticket("r/7", someDay), review("r/7", "review/1")
	b := store.Batch{Items: []store.Item{it}, Events: []store.Event{ev}, Next: store.Cursor{"issues": "1"}}
	h.apply(b)
	want := ticket("r/7", someDay)
	spoil := func(it *store.Item, ev *store.Event) {
		it.Keys[0], it.Links[0].Key, it.Attrs[store.AttrLabel][0] = "X-1", "X-2", "x"
		it.Attrs["x"], ev.Attrs["to"] = []string{"x"}, "x"
		it.Terms[0].Count = 99
	}
	spoil(&b.Items[0], &b.Events[0])
	ch := h.one(0)
	if !equalItems(ch.Item, want) || ch.Events[0].Attrs["to"] != "done" {
		h.Fatalf("changing the batch afterwards changed the store: %+v", ch)
	}
	spoil(&ch.Item, &ch.Events[0])
	if ch := h.one(0); !equalItems(ch.Item, want) || ch.Events[0].Attrs["to"] != "done" {
		h.Errorf("changing what was yielded changed the store: %+v", ch)
	}
}

func testReopen(h *harness) {
	it := ticket("r/7", someDay)
	done := h.apply(store.Batch{
		Items: []store.Item{it}, Events: []store.Event{review("r/7", "review/1")}, Next: store.Cursor{"issues": "1"}, Watermark: someDay,
		Quarantined: []store.Quarantined{{ID: "r/8", Reason: "no date"}},
	})
	no := h.one(0).No
	h.reopen()
	ch := h.one(0)
	if ch.No != no || ch.Seq != done.Seq || !equalItems(ch.Item, it) || len(ch.Events) != 1 {
		h.Errorf("change is %+v, want number %d, sequence %d", ch, no, done.Seq)
	}
	if cur, err := h.s.Cursor(h.ctx, "a"); err != nil || cur["issues"] != "1" {
		h.Errorf("Cursor = %v, %v", cur, err)
	}
	states, err := h.s.Sources(h.ctx)
	if err != nil || len(states) != 1 || states[0].Quarantined != 1 || !states[0].Watermark.Equal(someDay) {
		h.Errorf("Sources = %+v, %v", states, err)
	}
	if next := h.apply(batchOf(ticket("r/8", someDay))); next.Seq <= done.Seq {
		h.Errorf("sequence numbers start again: %d after %d", next.Seq, done.Seq)
	}
	if got := h.one(done.Seq); got.No == no {
		h.Errorf("number %d was given out twice", no)
	}
}

func testConcurrent(h *harness) {
	const writers, batches = 4, 20
	var wg sync.WaitGroup
	for i := range writers {
		source := fmt.Sprintf("s%d", i)
		wg.Go(func() {
			for n := range batches {
				it := ticket(fmt.Sprintf("r/%d", n), someDay)
				it.Source = source
				b := store.Batch{Items: []store.Item{it}, Next: store.Cursor{"issues": it.ID}}
				if _, err := h.s.Apply(h.ctx, source, b); err != nil {
					h.Errorf("Apply: %v", err)
				}
				// The cursor and the items of a batch become visible together.
				cur, err := h.s.Cursor(h.ctx, source)
				if err != nil || cur["issues"] != it.ID {
					h.Errorf("Cursor = %v, %v, want %s", cur, err, it.ID)
				}
			}
		})
		wg.Go(func() {
			for range batches {
				seq := uint64(0)
				for ch, err := range h.s.Changes(h.ctx, 0) {
					if err != nil || ch.Seq <= seq {
						h.Errorf("Changes: %d after %d, %v", ch.Seq, seq, err)
					}
					seq = ch.Seq
				}
			}
		})
	}
	wg.Wait()
	if got := len(h.changes(0)); got != writers*batches {
		h.Errorf("%d items are stored, want %d", got, writers*batches)
	}
}
