package connectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/store"
)

func TestHintIsReadSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		w.change("t/1")
		cfg := testConfig(st, w)
		applied := 0
		cfg.OnApplied = func(store.Applied) { applied++ }
		p := NewPoller(cfg)
		during(t, p, time.Minute, func(context.Context) {
			time.Sleep(20 * time.Second)
			before := maps.Clone(st.cursor)
			success := p.Status().LastSuccess
			w.change("t/1")
			p.Hint([]string{"t/1", "t/1", "t/unknown"})
			p.Hint([]string{"t/1"})
			time.Sleep(hintDelay)
			synctest.Wait()
			if got := st.titles()["t/1"]; got != "version 2" || applied != 2 {
				t.Errorf("after the hint: %s, %d batches", got, applied)
			}
			if !maps.Equal(st.cursor, before) || st.state.Watermark.Year() != 2026 {
				t.Errorf("a hint moved the cursor to %v, %v", st.cursor, st.state.Watermark)
			}
			if s := p.Status(); !s.LastSuccess.Equal(success) || s.Backlog != 0 {
				t.Errorf("a hint counts as a poll: %+v", s)
			}
		})
		if len(w.fetches) != 1 || !slices.Equal(w.batches, []int{2}) {
			t.Errorf("%d polls, batches %v", len(w.fetches), w.batches)
		}
		for _, e := range st.events {
			if e.Actor == "test:ada" {
				t.Error("an identity of a hint was stored")
			}
		}
	})
}

// The storm of S18: for an hour about 10,000 hints a second, on many objects
// and on few.
func TestHintStorm(t *testing.T) {
	for _, objects := range []int{1, 90, maxHints} {
		synctest.Test(t, func(t *testing.T) {
			w, st := newAnnouncer(), newMemory()
			p := NewPoller(testConfig(st, w))
			const lasts = time.Hour
			during(t, p, lasts, func(context.Context) {
				r := rand.New(rand.NewPCG(1, 2))
				for range 60 { // in the first minute of the storm the worst
					for range 10_000 {
						p.Hint([]string{fmt.Sprintf("t/%d", r.IntN(objects))})
					}
					time.Sleep(time.Second)
				}
				for range 3500 {
					p.Hint([]string{fmt.Sprintf("t/%d", r.IntN(objects))})
					time.Sleep(time.Second)
				}
			})
			total := 0
			for o, at := range w.reads {
				total += len(at)
				for _, g := range gaps(at) {
					if g < hintGap {
						t.Fatalf("%s was read twice within %v", o, g)
					}
				}
			}
			if limit := min(objects*int(lasts/hintGap), hintBurst+int(lasts/hintEvery)); total == 0 || total > limit {
				t.Errorf("%d objects were read %d times, want 1 to %d", objects, total, limit)
			}
			// Of many objects all are read as long as they are remembered.
			if objects == 1 && total < 350 || objects == 90 && total < 990 {
				t.Errorf("%d objects were read only %d times in an hour of hints", objects, total)
			}
			if n := slices.Max(w.batches); n > hintBatch {
				t.Errorf("a batch of %d", n)
			}
			if n := len(w.fetches); n > 15 {
				t.Errorf("%d polls in an hour", n)
			}
		})
	}
}

// More objects than are worth remembering cause one poll, and so do many of
// them.
func TestHintOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		p := NewPoller(testConfig(st, w))
		during(t, p, 4*time.Minute, func(context.Context) {
			time.Sleep(time.Second)
			for i := range 100 * (maxHints + 1) {
				p.Hint([]string{fmt.Sprintf("t/%d", i)})
			}
			p.hints.mu.Lock()
			if n := len(p.hints.dirty); n > maxHints {
				t.Errorf("%d objects are remembered", n)
			}
			p.hints.mu.Unlock()
		})
		if len(w.fetches) != 2 || w.fetches[1].Sub(w.fetches[0]) != nudgeGap {
			t.Errorf("polls at %v", gaps(w.fetches))
		}
		if len(w.reads) > maxHints {
			t.Errorf("%d objects were read", len(w.reads))
		}
	})
}

func TestHintWithoutObjects(t *testing.T) {
	for name, hint := range map[string]func(*Poller){
		"none":       func(p *Poller) { p.Hint(nil) },
		"no name":    func(p *Poller) { p.Hint([]string{""}) },
		"too long":   func(p *Poller) { p.Hint([]string{strings.Repeat("x", maxName+1)}) },
		"not a text": func(p *Poller) { p.Hint([]string{"a\xff"}) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newAnnouncer()
			p := NewPoller(testConfig(newMemory(), w))
			during(t, p, time.Minute, func(context.Context) { time.Sleep(time.Second); hint(p) })
			if len(w.fetches) != 2 || len(w.batches) != 0 {
				t.Errorf("%s: %d polls, %d reads", name, len(w.fetches), len(w.batches))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // a connector that takes no deliveries
		var at []time.Time
		p := NewPoller(testConfig(newMemory(), starts(&at, nil)))
		during(t, p, time.Minute, func(context.Context) { time.Sleep(time.Second); p.Hint([]string{"t/1"}) })
		if len(at) != 2 {
			t.Errorf("%d polls", len(at))
		}
	})
}

// Hints wait for the end of a running poll.
func TestHintDuringPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		for i := range 50 {
			w.change(fmt.Sprintf("t/%d", i))
		}
		w.pageSize, w.slow = 1, 20*time.Second
		begin := time.Now()
		p := NewPoller(testConfig(st, w))
		during(t, p, 20*time.Minute, func(context.Context) {
			time.Sleep(time.Minute)
			p.Hint([]string{"t/49"})
		})
		end := begin.Add(50 * 20 * time.Second)
		if at := w.read("t/49"); len(at) != 1 || !at[0].Equal(end) {
			t.Errorf("read at %v, the poll ended at %v", at, end)
		}
	})
}

// While the source asked for quiet, nothing is read, whatever is announced.
func TestHintRespectsRetryAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		m := NewMetrics(nil)
		cfg := testConfig(st, w)
		cfg.Metrics = m
		var logged bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&logged, nil))
		p := NewPoller(cfg)
		w.change("t/1")
		var told time.Time
		w.refetch = func(n int, _ []string) error {
			if n == 0 {
				told = time.Now().Add(20 * time.Minute)
				return &Error{Reason: ReasonRateLimited, RetryAt: told, Err: errTest}
			}
			return nil
		}
		during(t, p, 25*time.Minute, func(ctx context.Context) {
			time.Sleep(time.Minute)
			for ctx.Err() == nil {
				p.Hint([]string{"t/1"})
				time.Sleep(time.Second)
			}
		})
		reads := w.read("t/1")
		if len(reads) < 2 || reads[1].Before(told) {
			t.Errorf("read after %v, told to wait for 20m", gaps(reads))
		}
		if len(w.fetches) < 2 || w.fetches[1].Before(told) {
			t.Errorf("polled after %v", gaps(w.fetches))
		}
		if n := testutil.ToFloat64(m.failures.WithLabelValues("src", string(ReasonRateLimited))); n != 1 {
			t.Errorf("%v failures were counted", n)
		}
		if waited := testutil.ToFloat64(m.waited.WithLabelValues("src")); waited < 1199 || waited > 1201 {
			t.Errorf("%v s of waiting were counted", waited)
		}
		if strings.Count(logged.String(), "cannot read what a webhook announced") != 1 || strings.Contains(logged.String(), "t/1") {
			t.Errorf("logged:\n%s", &logged)
		}
	})
}

// A failing read keeps its objects dirty, and one bad object does not take the
// others down. It is left to the polls in the end.
func TestHintFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		p := NewPoller(testConfig(st, w))
		w.refetch = func(_ int, objects []string) error {
			if slices.Contains(objects, "t/bad") {
				return errTest
			}
			return nil
		}
		for _, o := range []string{"t/1", "t/2", "t/bad"} {
			w.change(o)
		}
		during(t, p, 30*time.Minute, func(context.Context) {
			time.Sleep(time.Second)
			w.change("t/1")
			w.change("t/2")
			p.Hint([]string{"t/1", "t/bad", "t/2"})
			time.Sleep(2 * time.Second)
			if s := p.Status(); s.LastError != ReasonNetwork || s.Failures != 1 || s.RetryAt.IsZero() {
				t.Errorf("after the failure: %+v", s)
			}
		})
		for o, want := range map[string]int{"t/1": 2, "t/2": 2, "t/bad": maxHintTries} {
			if got := len(w.read(o)); got != want {
				t.Errorf("%s was read %d times, want %d", o, got, want)
			}
		}
		for _, g := range gaps(w.read("t/bad")) {
			if g < hintGap {
				t.Errorf("a failed object was read again after %v", g)
			}
		}
		if got := st.titles(); got["t/1"] != "version 2" || got["t/2"] != "version 2" || len(p.hints.dirty) != 0 {
			t.Errorf("stored %v, dirty %v", got, p.hints.dirty)
		}
		if s := p.Status(); s.LastError != "" || s.Failures != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

// Where the quota never suffices, neither polls nor hints starve.
func TestHintsAndPollsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		limited := func() error {
			return &Error{Reason: ReasonRateLimited, RetryAt: time.Now().Add(time.Minute), Err: errTest}
		}
		w.refetch = func(int, []string) error { return limited() }
		polls := 0
		c := struct {
			fetchFunc
			Receiver
		}{func(context.Context, store.Cursor) (store.Batch, error) { polls++; return store.Batch{}, limited() }, w}
		p := NewPoller(testConfig(st, c))
		during(t, p, time.Hour, func(ctx context.Context) {
			for ctx.Err() == nil {
				p.Hint([]string{"t/1"})
				time.Sleep(time.Second)
			}
		})
		if n := len(w.batches); polls < 25 || n < 25 || polls+n > 61 {
			t.Errorf("%d polls and %d reads in an hour of 60 requests", polls, n)
		}
	})
}

// The store ends the run, the context ends it in peace, a panic is a failure.
func TestHintErrorsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		w.refetch = func(int, []string) error { panic("!") }
		p := NewPoller(testConfig(st, w))
		during(t, p, 5*time.Second, func(context.Context) { time.Sleep(time.Second); p.Hint([]string{"t/1"}) })
		if s := p.Status(); s.LastError != ReasonDecode {
			t.Errorf("a panic: %+v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w, st := newAnnouncer(), newMemory()
		p := NewPoller(testConfig(st, w))
		ended := make(chan error, 1)
		go func() { ended <- p.Run(t.Context()) }()
		time.Sleep(time.Second)
		st.mu.Lock()
		st.fail = func(store.Batch) error { return fmt.Errorf("disk: %w", store.ErrCommit) }
		st.mu.Unlock()
		p.Hint([]string{"t/1"})
		if err := <-ended; !errors.Is(err, store.ErrCommit) {
			t.Errorf("a broken store: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newAnnouncer()
		blocked := fetchlike{w, make(chan struct{})}
		p := NewPoller(testConfig(newMemory(), blocked))
		during(t, p, 10*time.Second, func(context.Context) { time.Sleep(time.Second); p.Hint([]string{"t/1"}) })
		if len(p.hints.dirty) != 0 || p.Status().Failures != 0 {
			t.Error("a canceled read counts as a failure")
		}
	})
}

// A fetchlike blocks in Refetch until its context ends.
type fetchlike struct {
	*announcer
	never chan struct{}
}

func (f fetchlike) Refetch(ctx context.Context, _ []string) (store.Batch, error) {
	select {
	case <-f.never:
	case <-ctx.Done():
	}
	return store.Batch{}, ctx.Err()
}
