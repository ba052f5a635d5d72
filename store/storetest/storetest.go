// Package storetest holds the tests that every store.Store passes: each
// sentence of the contract by itself, and a state machine that compares a
// store with a simple model over random histories.
package storetest

import (
	"context"
	"os"
	"testing"

	"github.com/workdrift/workdrift/store"
)

// An Opener opens the store that lives in dir, and makes it when dir is
// empty. It is called again with the same dir after Close, and then must find
// everything. It ends the test when it fails.
type Opener func(t testing.TB, dir string) store.Store

// Run runs all tests against the stores that open makes.
func Run(t *testing.T, open Opener) {
	t.Run("Contract", func(t *testing.T) {
		for _, c := range contract() {
			t.Run(c.name, func(t *testing.T) {
				h := &harness{TB: t, open: open, dir: t.TempDir(), ctx: t.Context()}
				h.s = open(t, h.dir)
				t.Cleanup(func() { h.close() })
				c.run(h)
			})
		}
	})
	t.Run("Machine", func(t *testing.T) { runMachine(t, open) })
}

// A harness is one test of the contract with its own store.
type harness struct {
	testing.TB
	open Opener
	dir  string
	ctx  context.Context
	s    store.Store
}

func (h *harness) close() {
	h.Helper()
	if err := h.s.Close(); err != nil {
		h.Errorf("Close: %v", err)
	}
}

func (h *harness) reopen() {
	h.Helper()
	h.close()
	h.s = h.open(h.TB, h.dir)
}

// apply applies a batch of source "a" that must succeed.
func (h *harness) apply(b store.Batch) store.Applied {
	h.Helper()
	done, err := h.s.Apply(h.ctx, "a", b)
	if err != nil {
		h.Fatalf("Apply: %v", err)
	}
	return done
}

// changes collects the changes after seq.
func (h *harness) changes(after uint64) []store.Change {
	h.Helper()
	return collect(h, h.s.Changes(h.ctx, after))
}

// one returns the only change after seq.
func (h *harness) one(after uint64) store.Change {
	h.Helper()
	all := h.changes(after)
	if len(all) != 1 {
		h.Fatalf("got %d changes after %d, want 1: %+v", len(all), after, all)
	}
	return all[0]
}

func collect[T any](h *harness, seq func(func(T, error) bool)) []T {
	h.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			h.Fatalf("iterate: %v", err)
		}
		out = append(out, v)
	}
	return out
}

// must ends a test whose setup failed.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tempDir makes a directory for one history of the state machine, which is
// more than t.TempDir can clean up in time.
func tempDir(t testing.TB) (dir string, remove func()) {
	dir, err := os.MkdirTemp(t.TempDir(), "history")
	must(t, err)
	return dir, func() { must(t, os.RemoveAll(dir)) }
}
