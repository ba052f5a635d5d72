package connectortest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// complete: a run from nothing finds the truth and says up to when.
func complete(h *harness) {
	s := h.store()
	c := h.connector(s)
	if s == nil || c == nil {
		return
	}
	pages, watermark := 0, false
	err := h.run(c, s, func(st step) error {
		pages++
		if pages == 1 && len(st.before) > 0 {
			return errors.New("the cursor of an empty store is not empty")
		}
		watermark = !st.batch.Watermark.IsZero()
		return nil
	})
	if err != nil {
		h.problem("run: %v", err)
		return
	}
	if !watermark {
		h.problem("the last page has no watermark")
	}
	got := h.read(s)
	h.matches(got, h.subject.Truth())
	h.orphans(got)
	h.logf("%d pages, %d items, %d events", pages, len(got.items), len(got.events))
}

// unchanged: polls of an unchanged source bring nothing, from the connector
// that read it and from a fresh one, and are cheap.
func unchanged(h *harness) {
	s := h.store()
	c := h.connector(s)
	if s == nil || c == nil {
		return
	}
	h.finish(c, s)
	for _, who := range []string{"the same connector", "the same connector again", "a fresh connector"} {
		if who == "a fresh connector" {
			if c = h.connector(s); c == nil {
				return
			}
		}
		requests := 0
		if h.subject.Requests != nil {
			requests = h.subject.Requests()
		}
		err := h.run(c, s, func(st step) error {
			if b := st.batch; len(b.Items)+len(b.Events)+len(b.Gone)+len(b.Quarantined) > 0 {
				h.problem("%s: a poll of an unchanged source brings %d items, %d events, %d tombstones and %d quarantined",
					who, len(b.Items), len(b.Events), len(b.Gone), len(b.Quarantined))
			}
			return nil
		})
		if err != nil {
			h.problem("%s: poll of an unchanged source: %v", who, err)
			return
		}
		if h.subject.Requests != nil {
			n := h.subject.Requests() - requests
			h.logf("%s: an idle poll makes %d requests", who, n)
			if n > h.subject.MaxIdle && who != "a fresh connector" {
				h.problem("%s: an idle poll makes %d requests, at most %d are allowed", who, n, h.subject.MaxIdle)
			}
		}
	}
}

// twice: a run that loses each page once after fetching it, and applies it
// twice when it has it again, ends where a single run does.
func twice(h *harness) {
	want, ok := h.once()
	s := h.store()
	if !ok || s == nil {
		return
	}
	c := h.connector(s)
	if c == nil {
		return
	}
	err := h.run(forgetful{c}, s, func(st step) error {
		_, err := s.Apply(h.ctx, source, st.batch)
		return err
	})
	if err != nil {
		h.problem("run: %v", err)
		return
	}
	h.same("every page twice", h.read(s), want)
}

// forgetful throws the first answer of each fetch away.
type forgetful struct{ connectors.Connector }

func (f forgetful) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	if _, err := f.Connector.Fetch(ctx, cursor); err != nil {
		return store.Batch{}, err
	}
	return f.Connector.Fetch(ctx, cursor)
}

// maxResumes bounds how many cursors are tried; they are spread evenly. With
// -short fewerResumes does.
const (
	maxResumes   = 24
	fewerResumes = 4
)

// resume: from each cursor that a run returned, a connector that remembers
// nothing ends where the run did.
func resume(h *harness) {
	s := h.store()
	c := h.connector(s)
	if s == nil || c == nil {
		return
	}
	var batches []store.Batch
	if err := h.run(c, s, func(st step) error {
		batches = append(batches, st.batch)
		return nil
	}); err != nil {
		h.problem("run: %v", err)
		return
	}
	want := h.read(s)
	most := maxResumes
	if testing.Short() {
		most = fewerResumes
	}
	stride := max(1, len(batches)/most)
	for after := 0; after < len(batches); after += stride {
		s := h.store()
		if s == nil {
			return
		}
		for _, b := range batches[:after] {
			if _, err := s.Apply(h.ctx, source, b); err != nil {
				h.problem("apply a page: %v", err)
				return
			}
		}
		if c = h.connector(s); c == nil {
			return
		}
		if err := h.run(c, s, nil); err != nil {
			h.problem("resume after page %d: %v", after, err)
			return
		}
		h.same("resumed after a page", h.read(s), want)
	}
}

// once returns what a single run finds.
func (h *harness) once() (state, bool) {
	s := h.store()
	if s == nil {
		return state{}, false
	}
	c := h.connector(s)
	if c == nil {
		return state{}, false
	}
	if err := h.run(c, s, nil); err != nil {
		h.problem("run: %v", err)
		return state{}, false
	}
	return h.read(s), true
}

// cancellation: a fetch whose context ends returns the context's error and
// leaves no goroutine behind, wherever it was.
func cancellation(h *harness) {
	before := goleak.IgnoreCurrent()
	s := h.store()
	if s == nil {
		return
	}
	ended := false
	for n := int64(0); !ended && n < 1<<20; n = max(n+1, n*3/2) {
		c := h.connector(s)
		if c == nil {
			return
		}
		ctx, cancel := context.WithCancel(h.ctx)
		counting := &countdown{Context: ctx, cancel: cancel}
		counting.left.Store(n)
		if n == 0 {
			cancel()
		}
		_, err := h.fetch(counting, c, store.Cursor{})
		switch {
		case err == nil && ctx.Err() == nil:
			ended = true // not asked often enough to be cancelled
		case err == nil && n == 0:
			h.problem("a fetch with a cancelled context succeeds")
		case err != nil && !errors.Is(err, context.Canceled):
			h.problem("a cancelled fetch returns %v, which does not wrap context.Canceled", err)
		}
		cancel()
	}
	if h.subject.Settle != nil {
		h.subject.Settle()
	}
	if err := goleak.Find(before); err != nil {
		h.problem("a cancelled fetch leaves goroutines: %v", err)
	}
}

// A countdown is a context that is cancelled when it was asked for its state
// a number of times: a way to interrupt anywhere without a clock.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func (c *countdown) tick() {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
}

func (c *countdown) Done() <-chan struct{} { c.tick(); return c.Context.Done() }
func (c *countdown) Err() error            { c.tick(); return c.Context.Err() }

// faults: whatever goes wrong at whatever page, the cursor stays, and once the
// source is well again a run ends where an undisturbed one does.
func faults(h *harness) {
	want, ok := h.once()
	if !ok {
		return
	}
	moments := []int{0, 1, 3} // how many pages there were before
	if testing.Short() {
		moments = moments[:1]
	}
	for _, f := range h.subject.Faults {
		for _, after := range moments {
			if !h.fault(f, after, want) {
				break // the run has no more pages
			}
		}
	}
}

// fault injects a fault after some pages and reports whether the run got
// there.
func (h *harness) fault(f Fault, after int, want state) bool {
	s := h.store()
	if s == nil {
		return false
	}
	c := h.connector(s)
	if c == nil {
		return false
	}
	stop, pages := errors.New("far enough"), 0
	if after > 0 {
		err := h.run(c, s, func(st step) error {
			if pages++; pages == after && st.batch.More {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) {
			return false
		}
	}
	heal, err := f.Inject()
	if err != nil {
		h.problem("%s: inject: %v", f.Name, err)
		return false
	}
	h.suffer(f, c, s)
	heal()
	h.finish(c, s)
	h.same(f.Name, h.read(s), want)
	return true
}

// suffer polls while a fault lasts.
func (h *harness) suffer(f Fault, c connectors.Connector, s Store) {
	before, err := s.Cursor(h.ctx, source)
	if err != nil {
		h.problem("%s: read the cursor: %v", f.Name, err)
		return
	}
	before = clone(before)
	err = h.run(c, s, func(st step) error {
		before = clone(before)
		for k, v := range st.batch.Next {
			before[k] = v
		}
		return nil
	})
	switch e, typed := errors.AsType[*connectors.Error](err); {
	case err == nil && !f.Harmless:
		h.problem("%s: no fetch fails", f.Name)
	case err != nil && !typed:
		h.problem("%s: %v is no *connectors.Error", f.Name, err)
	case err != nil && f.Reason != "" && e.Reason != f.Reason:
		h.problem("%s: the reason is %q, want %q: %v", f.Name, e.Reason, f.Reason, err)
	case err != nil && !slices.Contains(connectors.Reasons(), e.Reason):
		h.problem("%s: the reason %q is none of the closed set", f.Name, e.Reason)
	case err != nil:
		h.wait(e.RetryAt)
	}
}

// rotated: new credentials bring nothing new.
func rotated(h *harness) {
	s := h.store()
	c := h.connector(s)
	if s == nil || c == nil {
		return
	}
	h.finish(c, s)
	want := h.read(s)
	if err := h.subject.Rotate(); err != nil {
		h.problem("rotate: %v", err)
		return
	}
	h.finish(c, s)
	h.same("after a rotation", h.read(s), want)
	if c = h.connector(s); c == nil {
		return
	}
	h.finish(c, s)
	h.same("after a rotation, by a fresh connector", h.read(s), want)
}

// changed: after a change the next poll finds the new truth, whether the
// connector is the one that read the old one or not, and even in the middle
// of a run.
func changed(h *harness) {
	s := h.store()
	c := h.connector(s)
	if s == nil || c == nil {
		return
	}
	for _, who := range []string{"the same connector", "a fresh connector"} {
		h.finish(c, s)
		if err := h.subject.Change(); err != nil {
			h.problem("change: %v", err)
			return
		}
		if who == "a fresh connector" {
			if c = h.connector(s); c == nil {
				return
			}
		}
		h.finish(c, s)
		h.logf("%s, after a change", who)
		h.matches(h.read(s), h.subject.Truth())
	}
	s = h.store()
	if c = h.connector(s); s == nil || c == nil {
		return
	}
	stop := errors.New("after the first page")
	if err := h.run(c, s, func(step) error { return stop }); !errors.Is(err, stop) {
		h.problem("run: %v", err)
		return
	}
	if err := h.subject.Change(); err != nil {
		h.problem("change: %v", err)
		return
	}
	h.finish(c, s)
	h.finish(c, s)
	h.matches(h.read(s), h.subject.Truth())
}
