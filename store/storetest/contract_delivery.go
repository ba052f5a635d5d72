package storetest

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

func deliveryCases() []testCase {
	return []testCase{{"a delivery replaces that of its outbox and edition", testDelivery}}
}

func testDelivery(h *harness) {
	first := store.Delivery{
		Outbox: "slack/C1", Edition: "weekly/2026-W14", State: store.DeliverySending, Due: someDay,
		Attempts: 2, Tried: someDay, Body: bytes.Repeat([]byte("brief "), 20_000),
	}
	settled := first
	settled.State, settled.Receipt, settled.Body = store.DeliveryDelivered, "1777539600.000119", nil
	later := store.Delivery{Outbox: "slack/C1", Edition: "weekly/2026-W15", State: store.DeliveryGivenUp, Due: someDay, Why: "channel_not_found"}
	elsewhere := first
	elsewhere.Outbox = "directory"
	for _, d := range []store.Delivery{later, first, elsewhere, settled, settled} {
		must(h, h.s.SaveDelivery(h.ctx, d))
	}
	h.reopen()
	got, want := collect(h, h.s.Deliveries(h.ctx)), []store.Delivery{elsewhere, settled, later}
	if !slices.EqualFunc(got, want, equalDeliveries) {
		h.Errorf("Deliveries = %+v, want %+v", got, want)
	}
	for _, d := range []store.Delivery{{Outbox: "slack/C1"}, {Edition: "weekly/2026-W14"}} {
		if err := h.s.SaveDelivery(h.ctx, d); err == nil {
			h.Errorf("a delivery without outbox or edition was kept: %+v", d)
		}
	}
}

// A mailing names a delivery.
type mailing struct{ outbox, edition string }

// deliver keeps a random state of a random delivery.
func (c *machine) deliver(t *rapid.T) {
	d := store.Delivery{
		Outbox:   rapid.SampledFrom([]string{"slack/C1", "slack/C12", "directory"}).Draw(t, "outbox"),
		Edition:  rapid.SampledFrom([]string{"weekly/2026-W14", "kill-session/2026-04", "2"}).Draw(t, "edition"),
		State:    rapid.SampledFrom([]store.DeliveryState{store.DeliveryDue, store.DeliverySending, store.DeliveryDelivered}).Draw(t, "state"),
		Due:      drawTime(t, "due"),
		Attempts: rapid.IntRange(0, 300).Draw(t, "attempts"), Tried: drawTime(t, "tried"),
		Receipt: drawText(t, "receipt"), Why: drawText(t, "why"), Body: []byte(drawText(t, "body")),
	}
	c.m.deliveries[mailing{d.Outbox, d.Edition}] = d
	if err := c.s.SaveDelivery(c.ctx, d); err != nil {
		t.Fatalf("SaveDelivery: %v", err)
	}
}

// checkDeliveries compares all deliveries and their order.
func (c *machine) checkDeliveries(t *rapid.T) {
	got := gather(t, c.s.Deliveries(c.ctx))
	want := slices.SortedFunc(maps.Values(c.m.deliveries), func(a, b store.Delivery) int {
		if c := strings.Compare(a.Outbox, b.Outbox); c != 0 {
			return c
		}
		return strings.Compare(a.Edition, b.Edition)
	})
	if !slices.EqualFunc(got, want, equalDeliveries) {
		t.Fatalf("Deliveries = %s, want %s", show(got), show(want))
	}
}

func equalDeliveries(a, b store.Delivery) bool {
	return a.Outbox == b.Outbox && a.Edition == b.Edition && a.State == b.State && equalTimes(a.Due, b.Due) &&
		a.Attempts == b.Attempts && equalTimes(a.Tried, b.Tried) && a.Receipt == b.Receipt && a.Why == b.Why && bytes.Equal(a.Body, b.Body)
}
