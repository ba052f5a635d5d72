package connectors

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

// A world is a source that grows, a connector that reads it by position, a
// store, and everything that can go wrong between them.
type world struct {
	t       *rapid.T
	records int // at the source
	st      *memory
	poller  *Poller
	counted int // events the poller said were new

	fault  string // what happens next
	after  int    // pages until it happens
	repeat bool   // the connector reads its last page again (an overlap)
}

func (w *world) Fetch(_ context.Context, c store.Cursor) (store.Batch, error) {
	pos, _ := strconv.Atoi(c["pos"])
	if len(c) > 1 {
		w.t.Fatalf("the connector sees %v", c)
	}
	if w.happens("fetch fails") {
		return store.Batch{Items: []store.Item{item("never")}, Next: store.Cursor{"pos": "999"}}, errTest
	}
	if w.happens("fetch panics") {
		panic("boom")
	}
	from, to := pos, min(pos+3, w.records)
	if w.repeat {
		from = max(0, pos-3)
	}
	b := store.Batch{Next: store.Cursor{"pos": strconv.Itoa(to)}, More: to < w.records}
	for i := from; i < to; i++ {
		id := fmt.Sprintf("t/%d", i)
		b.Items = append(b.Items, item(id))
		b.Events = append(b.Events, event(id, "1", "test:ada"))
	}
	return b, nil
}

func (w *world) happens(what string) bool {
	if w.fault != what {
		return false
	}
	if w.after--; w.after >= 0 {
		return false
	}
	w.fault = ""
	return true
}

// restart is a new process with the same store.
func (w *world) restart() {
	cfg := testConfig(w.st, w)
	cfg.OnApplied = func(a store.Applied) { w.counted += a.Events }
	w.poller = NewPoller(cfg)
}

func (w *world) check() {
	pos, _ := strconv.Atoi(w.st.cursor["pos"])
	for i := range pos {
		if _, ok := w.st.items[fmt.Sprintf("t/%d", i)]; !ok {
			w.t.Fatalf("the cursor is at %d, and record %d is not stored", pos, i)
		}
	}
	if len(w.st.items) != pos || len(w.st.events) != pos {
		w.t.Fatalf("%d items and %d events at position %d", len(w.st.items), len(w.st.events), pos)
	}
}

// thorough lets rapid try a thousand sequences of fifty steps, unless fewer or
// more are asked for.
func thorough(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"rapid.checks": "1000", "rapid.steps": "50"} {
		f := flag.Lookup(name)
		if before := f.Value.String(); before == f.DefValue && !testing.Short() {
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = flag.Set(name, before) }) // it was valid
		}
	}
}

// Whatever fails, and whenever the process dies, the cursor never runs ahead
// of what is stored, nothing is lost and nothing counts twice.
func TestPollerModel(t *testing.T) {
	thorough(t)
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, st: newMemory()}
		dead := errors.New("the process dies")
		w.st.fail = func(store.Batch) error {
			if w.happens("dies before the commit") {
				return dead
			}
			return nil
		}
		w.restart()
		poll := func(fault string) {
			w.fault, w.after = fault, rapid.IntRange(0, 3).Draw(t, "pages before")
			w.repeat = rapid.Bool().Draw(t, "overlap")
			missing := w.records
			_, err := w.poller.Poll(context.Background())
			happened := w.fault == ""
			if (err != nil) != (happened && fault != "") {
				t.Fatalf("%s (happened: %v): %v", fault, happened, err)
			}
			if err == nil && len(w.st.items) != missing {
				t.Fatalf("a poll without a fault stored %d of %d", len(w.st.items), missing)
			}
			if w.fault = ""; errors.Is(err, dead) {
				w.restart()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"":        func(*rapid.T) { w.check() },
			"grow":    func(t *rapid.T) { w.records += rapid.IntRange(0, 10).Draw(t, "records") },
			"poll":    func(*rapid.T) { poll("") },
			"fail":    func(*rapid.T) { poll("fetch fails") },
			"panic":   func(*rapid.T) { poll("fetch panics") },
			"die":     func(*rapid.T) { poll("dies before the commit") },
			"restart": func(*rapid.T) { w.restart() },
		})
		poll("")
		if w.counted != w.records {
			t.Fatalf("%d events counted as new, %d at the source", w.counted, w.records)
		}
	})
}
