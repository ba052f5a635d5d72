package connectortest

import (
	"context"
	"errors"
	"slices"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// refetch: what a change touched is read as a poll reads it, without moving
// the cursor, and polls go on as if nothing had been announced.
func refetch(h *harness) {
	told, polled := h.store(), h.store()
	if told == nil || polled == nil {
		return
	}
	teller, r := h.receiver(told, hookSecret)
	poller := h.connector(polled)
	if r == nil || poller == nil {
		return
	}
	h.finish(teller, told)
	h.finish(poller, polled)
	h.same("before a change", h.read(told), h.read(polled))
	for range 3 {
		objects := h.objects(r)
		if objects == nil {
			return
		}
		h.apply(told, h.reread(r, objects))
		h.finish(poller, polled)
		want := h.read(polled)
		h.same("announced", h.read(told), want)
		h.apply(told, h.reread(r, objects))
		h.same("announced twice", h.read(told), want)
		h.finish(teller, told)
		h.same("announced, then polled", h.read(told), want)
	}
	h.restarted(polled)
	h.outside(r)
	h.troubled(r)
}

// objects changes the source and returns what the deliveries about it name,
// nil after a problem.
func (h *harness) objects(r connectors.Receiver) []string {
	var objects []string
	for _, a := range h.announce() {
		d, err := r.Receive(h.signed(a, hookSecret), a.Body, h.now)
		if err != nil {
			h.problem("a good delivery: %v", err)
			return nil
		}
		for _, o := range d.Objects {
			if !isName(o) {
				h.problem("a delivery names the object %q", o)
			}
			if !slices.Contains(objects, o) {
				objects = append(objects, o)
			}
		}
	}
	if len(objects) == 0 {
		h.problem("the deliveries about a change name no object")
	}
	return objects
}

// reread calls Refetch and checks what holds for each of its batches.
func (h *harness) reread(r connectors.Receiver, objects []string) store.Batch {
	given := slices.Clone(objects)
	b, err := r.Refetch(h.ctx, objects)
	if err != nil {
		h.problem("read announced objects: %v", err)
		return store.Batch{}
	}
	if !slices.Equal(given, objects) {
		h.problem("Refetch changed the objects it was given")
	}
	if len(b.Next) > 0 || !b.Watermark.IsZero() || b.More {
		h.problem("reading announced objects moves the cursor to %v, the watermark to %s, and asks for more: %v", b.Next, b.Watermark, b.More)
	}
	h.wellFormed(b)
	h.quiet("a log record", h.logs.take())
	return b
}

func (h *harness) apply(s Store, b store.Batch) {
	if _, err := s.Apply(h.ctx, source, b); err != nil {
		h.problem("apply what was announced: %v", err)
	}
}

// restarted: a connector that has not polled yet reads what it can, and nothing
// that is wrong.
func (h *harness) restarted(s Store) {
	want := h.read(s)
	_, r := h.receiver(s, hookSecret)
	if r == nil {
		return
	}
	objects := h.objects(r)
	h.apply(s, h.reread(r, objects))
	poller := h.connector(s)
	if poller == nil {
		return
	}
	h.finish(poller, s)
	after := h.read(s)
	if len(after.items) < len(want.items) {
		h.problem("announced before the first poll: %d items became %d", len(want.items), len(after.items))
	}
	h.matches(after, h.subject.Truth())
}

// outside: objects that are not the connector's, or are none, bring nothing.
func (h *harness) outside(r connectors.Receiver) {
	strange := append([]string{"", "/", "x", "../..", "0", "-1", "%2e%2e", "99999999999999999999", "a b", "\x00"}, h.subject.Hook.Unknown...)
	if b := h.reread(r, strange); len(b.Items)+len(b.Events)+len(b.Gone)+len(b.Quarantined) > 0 {
		h.problem("objects that nobody reads bring %d items, %d events, %d tombstones and %d quarantined",
			len(b.Items), len(b.Events), len(b.Gone), len(b.Quarantined))
	}
	if b := h.reread(r, nil); len(b.Items)+len(b.Events)+len(b.Gone) > 0 {
		h.problem("no objects bring %d items", len(b.Items))
	}
}

// troubled: Refetch fails as Fetch does.
func (h *harness) troubled(r connectors.Receiver) {
	objects := h.objects(r)
	ended, end := context.WithCancel(h.ctx)
	end()
	if b, err := r.Refetch(ended, objects); !errors.Is(err, context.Canceled) {
		h.problem("a cancelled Refetch returns %v, which does not wrap context.Canceled", err)
	} else {
		h.failed(b, err)
	}
	for _, f := range h.subject.Faults {
		heal, err := f.Inject()
		if err != nil {
			h.problem("%s: inject: %v", f.Name, err)
			return
		}
		b, err := r.Refetch(h.ctx, objects)
		heal()
		if err == nil {
			continue // the fault is about other requests than these
		}
		h.failed(b, err)
		if e, ok := errors.AsType[*connectors.Error](err); !ok || !slices.Contains(connectors.Reasons(), e.Reason) {
			h.problem("%s: Refetch fails with %v", f.Name, err)
		} else {
			h.wait(e.RetryAt)
		}
	}
}
