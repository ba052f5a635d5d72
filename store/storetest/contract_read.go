package storetest

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

func readCases() []testCase {
	return []testCase{
		{"changes come oldest first, each item once", testChangesOrder},
		{"events of a change are ordered by ID", testEventOrder},
		{"items that change while the caller iterates come again", testChangesAgain},
		{"numbers are dense and stay", testNumbers},
		{"long iterations neither miss nor repeat", testManyPages},
		{"items of a container are listed by prefix", testItems},
		{"the caller may write and stop while iterating", testWriteWhileIterating},
		{"sources tell how current they are", testSources},
	}
}

func keepCases() []testCase {
	return []testCase{
		{"a declaration is kept unless it held already", testDeclare},
		{"an override replaces and withdraws", testOverride},
		{"the last report is kept", testReport},
		{"a frozen week stays", testFreeze},
	}
}

func ids(changes []store.Change) (out []string) {
	for _, ch := range changes {
		out = append(out, ch.Item.ID)
	}
	return out
}

func testChangesOrder(h *harness) {
	h.apply(batchOf(ticket("r/1", someDay)))
	second := h.apply(batchOf(ticket("r/2", someDay))).Seq
	h.apply(batchOf(ticket("r/3", someDay)))
	h.apply(store.Batch{Events: []store.Event{review("r/1", "review/1")}})
	if got := ids(h.changes(0)); !slices.Equal(got, []string{"r/2", "r/3", "r/1"}) {
		h.Errorf("all changes are %v, want r/2 r/3 r/1", got)
	}
	if got := ids(h.changes(second)); !slices.Equal(got, []string{"r/3", "r/1"}) {
		h.Errorf("later changes are %v, want r/3 r/1", got)
	}
	if got := h.changes(h.apply(store.Batch{}).Seq); len(got) != 0 {
		h.Errorf("after the newest change come %v", got)
	}
	if got := h.changes(1 << 63); len(got) != 0 {
		h.Errorf("after a change of the far future come %v", got)
	}
}

func testEventOrder(h *harness) {
	b := batchOf(ticket("r/1", someDay), ticket("r/2", someDay))
	for _, id := range []string{"review/2", "open", "commit/x", "review/10", "review/1"} {
		b.Events = append(b.Events, review("r/1", id), review("r/2", id))
	}
	h.apply(b)
	want := []string{"commit/x", "open", "review/1", "review/10", "review/2"}
	for _, ch := range h.changes(0) {
		var got []string
		for _, ev := range ch.Events {
			got = append(got, ev.ID)
		}
		if !slices.Equal(got, want) {
			h.Errorf("events of %s are %v, want %v", ch.Item.ID, got, want)
		}
	}
}

func testChangesAgain(h *harness) {
	h.apply(batchOf(ticket("r/1", someDay), ticket("r/2", someDay), ticket("r/3", someDay)))
	var first string
	var got []string
	for ch, err := range h.s.Changes(h.ctx, 0) {
		must(h, err)
		got = append(got, ch.Item.ID)
		if first == "" {
			first = ch.Item.ID
			h.apply(store.Batch{Events: []store.Event{review(first, "review/1")}})
		} else if ch.Item.ID == first && len(ch.Events) != 1 {
			h.Errorf("the second time %s has %d events, want 1", first, len(ch.Events))
		}
	}
	if len(got) != 4 || got[3] != first {
		h.Errorf("got %v, want three items and the first again", got)
	}
}

func testNumbers(h *harness) {
	want := map[string]uint64{}
	for i := range 5 {
		id := fmt.Sprintf("r/%d", i)
		h.apply(store.Batch{Events: []store.Event{review(id, "review/1")}})
		h.apply(batchOf(ticket(id, someDay)))
		for _, ch := range h.changes(0) {
			if no, ok := want[ch.Item.ID]; ok && no != ch.No {
				h.Errorf("number of %s went from %d to %d", ch.Item.ID, no, ch.No)
			}
			want[ch.Item.ID] = ch.No
		}
		if want[id] != uint64(i+1) {
			h.Errorf("item %d got number %d", i+1, want[id])
		}
		it, found, err := h.s.Find(h.ctx, want[id])
		if err != nil || !found || it.ID != id {
			h.Errorf("Find(%d) = %v, %v, %v, want %s", want[id], it.ID, found, err, id)
		}
	}
}

// testManyPages uses more records than any store should read at once, one item
// with many events, and writes in the middle.
func testManyPages(h *harness) {
	const n, many = 6000, 5000
	var b store.Batch
	for i := range n {
		b.Items = append(b.Items, ticket(fmt.Sprintf("r/%05d", i), someDay))
	}
	for i := range many {
		b.Events = append(b.Events, review("r/00003", fmt.Sprintf("review/%d", i)))
	}
	h.apply(b)
	seen := map[string]int{}
	events := 0
	for ch, err := range h.s.Changes(h.ctx, 0) {
		must(h, err)
		if seen[ch.Item.ID]++; len(seen) == n/2 {
			h.apply(store.Batch{Items: []store.Item{ticket("r/05999", someDay.Add(time.Hour))}})
		}
		events += len(ch.Events)
	}
	if len(seen) != n || seen["r/00000"] != 1 || events != many {
		h.Errorf("got %d items and %d events, want %d and %d", len(seen), events, n, many)
	}
	last := ""
	count := 0
	for it, err := range h.s.Items(h.ctx, "a", "r/0") {
		must(h, err)
		if it.ID <= last {
			h.Fatalf("%s comes after %s", it.ID, last)
		}
		last = it.ID
		count++
	}
	if count != n {
		h.Errorf("Items yields %d items, want %d", count, n)
	}
}

func testItems(h *harness) {
	h.apply(batchOf(ticket("s/1", someDay), ticket("r/2", someDay), ticket("r/10", someDay), ticket("rr/1", someDay)))
	other := ticket("r/1", someDay)
	other.Source = "b"
	_, err := h.s.Apply(h.ctx, "b", batchOf(other))
	must(h, err)
	for _, c := range []struct {
		source, prefix string
		want           []string
	}{
		{"a", "r/", []string{"a r/10", "a r/2"}},
		{"a", "r/2", []string{"a r/2"}},
		{"a", "", []string{"a r/10", "a r/2", "a rr/1", "a s/1"}},
		{"b", "", []string{"b r/1"}},
		{"", "r/", []string{"a r/10", "a r/2", "b r/1"}},
		{"", "t", nil}, {"c", "", nil},
	} {
		var got []string
		for _, it := range collect(h, h.s.Items(h.ctx, c.source, c.prefix)) {
			got = append(got, it.Source+" "+it.ID)
		}
		if !slices.Equal(got, c.want) {
			h.Errorf("Items(%q, %q) = %v, want %v", c.source, c.prefix, got, c.want)
		}
	}
}

func testWriteWhileIterating(h *harness) {
	h.apply(batchOf(ticket("r/1", someDay), ticket("r/2", someDay)))
	for it, err := range h.s.Items(h.ctx, "", "") {
		must(h, err)
		h.apply(store.Batch{Gone: []store.Tombstone{{ID: it.ID, Why: store.GoneDeleted}}})
	}
	must(h, h.s.Override(h.ctx, store.Override{Key: "K-1", To: "o1"}))
	for o, err := range h.s.Overrides(h.ctx) {
		must(h, err)
		must(h, h.s.Override(h.ctx, store.Override{Key: o.Key}))
	}
	_, err := h.s.Declare(h.ctx, store.Declaration{Body: []byte("1")})
	must(h, err)
	for _, err := range h.s.Declarations(h.ctx) {
		must(h, err)
		must(h, h.s.SaveReport(h.ctx, []byte("x")))
	}
	for ch, err := range h.s.Changes(h.ctx, 0) {
		must(h, err)
		if ch.Item.Gone != store.GoneDeleted {
			h.Errorf("%s is not gone", ch.Item.ID)
		}
		break // nothing stays open
	}
	h.reopen()
}

func testSources(h *harness) {
	state := func() store.SourceState {
		h.Helper()
		states, err := h.s.Sources(h.ctx)
		if err != nil || len(states) != 1 || states[0].Source != "a" {
			h.Fatalf("Sources = %+v, %v, want a", states, err)
		}
		return states[0]
	}
	h.apply(store.Batch{})
	if st := state(); !st.Watermark.IsZero() || st.LastApply.IsZero() {
		h.Errorf("state is %+v, want no watermark and a time of applying", st)
	}
	h.apply(store.Batch{Watermark: someDay})
	h.apply(store.Batch{})
	if st := state(); !st.Watermark.Equal(someDay) {
		h.Errorf("watermark is %v, want %v", st.Watermark, someDay)
	}
	h.apply(store.Batch{Watermark: someDay.Add(time.Hour)})
	if st := state(); !st.Watermark.Equal(someDay.Add(time.Hour)) {
		h.Errorf("watermark is %v, want an hour later", st.Watermark)
	}
}

func testDeclare(h *harness) {
	declare := func(body string, at time.Time, want bool) {
		h.Helper()
		if got, err := h.s.Declare(h.ctx, store.Declaration{KnownFrom: at, Body: []byte(body)}); err != nil || got != want {
			h.Errorf("Declare(%q) = %v, %v, want %v", body, got, err, want)
		}
	}
	declare("one", someDay, true)
	declare("one", someDay.Add(time.Hour), false)
	declare("two", someDay.Add(2*time.Hour), true)
	declare("one", someDay.Add(3*time.Hour), true) // back to the first is a new version
	h.reopen()
	declare("one", someDay.Add(4*time.Hour), false)
	declare("one", someDay.Add(time.Hour/2), false)
	declare("one", someDay.Add(-time.Hour), true) // known earlier than anything
	declare("two", someDay.Add(5*time.Hour), true)
	declare("two", someDay.Add(time.Hour), true)
	var got []string
	for _, d := range collect(h, h.s.Declarations(h.ctx)) {
		got = append(got, fmt.Sprintf("%s %d", d.Body, d.KnownFrom.Sub(someDay)/time.Hour))
	}
	if want := []string{"one 0", "two 2", "one 3", "one -1", "two 5", "two 1"}; !slices.Equal(got, want) {
		h.Errorf("Declarations = %v, want %v", got, want)
	}
}

func testOverride(h *harness) {
	over := func(key, to string) {
		h.Helper()
		must(h, h.s.Override(h.ctx, store.Override{Key: key, To: to, Role: "planning", Why: "agreed", At: someDay}))
	}
	check := func(want ...string) {
		h.Helper()
		var got []string
		for _, o := range collect(h, h.s.Overrides(h.ctx)) {
			got = append(got, o.Key+"="+o.To)
			if o.Role != "planning" || o.Why != "agreed" || !o.At.Equal(someDay) {
				h.Errorf("override came back as %+v", o)
			}
		}
		if !slices.Equal(got, want) {
			h.Errorf("Overrides = %v, want %v", got, want)
		}
	}
	over("PAY-2", "o1")
	over("PAY-1", "o1")
	over("PAY-10", "run_work")
	check("PAY-1=o1", "PAY-10=run_work", "PAY-2=o1")
	over("PAY-2", "o2")
	over("PAY-1", "")
	over("PAY-3", "")
	check("PAY-10=run_work", "PAY-2=o2")
	h.reopen()
	check("PAY-10=run_work", "PAY-2=o2")
	if err := h.s.Override(h.ctx, store.Override{Key: "PAY-4", To: "o1"}, store.Override{To: "o1"}); err == nil {
		h.Errorf("an override without a key was kept")
	}
	check("PAY-10=run_work", "PAY-2=o2") // nothing of what was refused
	must(h, h.s.Override(h.ctx, store.Override{Key: "PAY-2"}, store.Override{Key: "PAY-5", To: "o1", Role: "planning", Why: "agreed", At: someDay},
		store.Override{Key: "PAY-10"}))
	check("PAY-5=o1")
}

func testReport(h *harness) {
	large := bytes.Repeat([]byte("report "), 200_000)
	for _, want := range [][]byte{[]byte("one"), large, {}, []byte("two")} {
		must(h, h.s.SaveReport(h.ctx, want))
		got, err := h.s.LastReport(h.ctx)
		if err != nil || got == nil || !bytes.Equal(got, want) {
			h.Errorf("LastReport has %d bytes, %v, want %d", len(got), err, len(want))
		}
	}
	h.reopen()
	if got, err := h.s.LastReport(h.ctx); err != nil || string(got) != "two" {
		h.Errorf("LastReport = %q, %v, want two", got, err)
	}
}

func testFreeze(h *harness) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	later := store.Frozen{Monday: monday.AddDate(0, 0, 7), Body: []byte("second")}
	first := store.Frozen{Monday: monday, Body: []byte("first")}
	for _, f := range []store.Frozen{later, first, {Monday: monday, Body: []byte("edited")}} {
		must(h, h.s.Freeze(h.ctx, f))
	}
	h.reopen()
	got := collect(h, h.s.Frozen(h.ctx))
	if want := []store.Frozen{first, later}; !reflect.DeepEqual(got, want) {
		h.Errorf("Frozen = %v, want %v", got, want)
	}
}
