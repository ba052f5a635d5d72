package connectors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/store"
)

// during runs a poller for a while in virtual time, and calls do beside it.
func during(t *testing.T, p *Poller, d time.Duration, do func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var run, beside sync.WaitGroup
	run.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	if do != nil {
		beside.Go(func() { do(ctx) })
	}
	time.Sleep(d)
	asked := time.Now()
	cancel()
	run.Wait()
	if took := time.Since(asked); took != 0 {
		t.Errorf("Run ended %v after it was asked to", took)
	}
	beside.Wait()
}

// starts is a connector that notes when it is called and answers with what f
// returns for the number of the call, from 0.
func starts(at *[]time.Time, f func(n int) error) fetchFunc {
	return func(context.Context, store.Cursor) (store.Batch, error) {
		*at = append(*at, time.Now())
		if f == nil {
			return store.Batch{}, nil
		}
		return store.Batch{}, f(len(*at) - 1)
	}
}

func gaps(at []time.Time) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(at); i++ {
		out = append(out, at[i].Sub(at[i-1]))
	}
	return out
}

func TestRunForAMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		begin := time.Now()
		during(t, NewPoller(testConfig(newMemory(), starts(&at, nil))), 30*24*time.Hour, nil)
		if at[0] != begin {
			t.Errorf("the first poll started after %v", at[0].Sub(begin))
		}
		// 8640 intervals of five minutes; their jitter averages out.
		if len(at) < 8500 || len(at) > 8780 {
			t.Errorf("%d polls in 30 days", len(at))
		}
		lo, hi := time.Hour, time.Duration(0)
		for _, g := range gaps(at) {
			lo, hi = min(lo, g), max(hi, g)
		}
		if lo < 270*time.Second || hi > 330*time.Second || hi-lo < 50*time.Second {
			t.Errorf("gaps from %v to %v, want a tenth around five minutes", lo, hi)
		}
	})
}

func TestRunBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		var logged bytes.Buffer
		cfg := testConfig(newMemory(), starts(&at, func(n int) error {
			if n < 10 || n > 10 && n < 13 {
				return errTest
			}
			return nil
		}))
		cfg.Log = slog.New(slog.NewTextHandler(&logged, nil))
		during(t, NewPoller(cfg), 80*time.Minute, nil)
		want := []time.Duration{10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 300, 10, 20, 300} // seconds
		for i, g := range gaps(at)[:len(want)] {
			w := want[i] * time.Second
			if g < w*9/10 || g > w*11/10+time.Second || g > maxBackoff+time.Second && w == maxBackoff {
				t.Errorf("wait %d was %v, want about %v", i+1, g, w)
			}
		}
		text := logged.String()
		if failed, back := strings.Count(text, "poll failed"), strings.Count(text, "msg=recovered"); failed != 12 || back != 2 || strings.Count(text, "\n") != 14 {
			t.Errorf("%d failures and %d recoveries in the log:\n%s", failed, back, text)
		}
		if !strings.Contains(text, "msg=recovered connector=src failures=10") {
			t.Errorf("the recovery does not say after how many failures:\n%s", text)
		}
	})
}

func TestRunRespectsRetryAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			in, min, max time.Duration
		}{
			"as told":          {17 * time.Minute, 17 * time.Minute, 17*time.Minute + time.Second},
			"to the fraction":  {1500 * time.Millisecond, 1500 * time.Millisecond, 3 * time.Second},
			"at once":          {time.Nanosecond, time.Second, 2 * time.Second},
			"past":             {-time.Hour, 9 * time.Second, 12 * time.Second},
			"absurd":           {400 * 24 * time.Hour, 2 * time.Hour, 2*time.Hour + time.Second},
			"a century ahead":  {100 * 365 * 24 * time.Hour, 2 * time.Hour, 2*time.Hour + time.Second},
			"just the longest": {2 * time.Hour, 2 * time.Hour, 2*time.Hour + time.Second},
		} {
			var at []time.Time
			m := NewMetrics(nil)
			cfg := testConfig(newMemory(), starts(&at, func(n int) error {
				if n == 0 {
					return &Error{Reason: ReasonRateLimited, RetryAt: time.Now().Add(tc.in), Err: errTest}
				}
				return nil
			}))
			cfg.Metrics = m
			p := NewPoller(cfg)
			during(t, p, tc.max, func(ctx context.Context) {
				for ctx.Err() == nil { // nudges do not matter now
					p.Nudge()
					time.Sleep(tc.max / 50)
				}
			})
			if g := gaps(at); len(g) < 1 || g[0] < tc.min || g[0] > tc.max {
				t.Errorf("%s: waited %v, want between %v and %v", name, g, tc.min, tc.max)
			}
			if w := testutil.ToFloat64(m.waited.WithLabelValues("src")); len(at) > 1 && w != at[1].Sub(at[0]).Seconds() {
				t.Errorf("%s: %v s were counted as waiting for quota", name, w)
			}
		}
	})
}

// A daemon that is restarted over and over must not call more often than one
// that keeps running.
func TestRunRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		st := newMemory()
		told := time.Now().Add(30 * time.Minute)
		c := starts(&at, func(n int) error {
			if n == 0 {
				return &Error{Reason: ReasonRateLimited, RetryAt: told, Err: errTest}
			}
			return errTest
		})
		for range 29 {
			p := NewPoller(testConfig(st, c))
			during(t, p, time.Minute, nil)
			if s := p.Status(); s.LastError != ReasonRateLimited || !s.RetryAt.Equal(told) || s.Failures != 1 {
				t.Errorf("status after a restart: %+v", s)
			}
			_, err := p.Poll(t.Context())
			if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonRateLimited || !e.RetryAt.Equal(told) {
				t.Errorf("a single poll during the hold: %v", err)
			}
		}
		if len(at) != 1 {
			t.Fatalf("%d fetches before the time was up", len(at))
		}
		for range 120 { // an hour of our own backoff, restarted every 30 s
			during(t, NewPoller(testConfig(st, c)), 30*time.Second, nil)
		}
		if len(at) < 8 || len(at) > 13 || at[1].Before(told) {
			t.Errorf("%d fetches in an hour of failures: %v", len(at)-1, gaps(at))
		}
		// Who asks for a single poll gets one: that is our wait, not the source's.
		before := len(at)
		if _, err := NewPoller(testConfig(st, c)).Poll(t.Context()); !errors.Is(err, errTest) || len(at) != before+1 {
			t.Errorf("a single poll during our own backoff: %v", err)
		}
	})
}

func TestHoldAndTheClock(t *testing.T) {
	now := time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC)
	h := hold{}.after(&Error{Reason: ReasonRateLimited, RetryAt: now.Add(90 * time.Minute), Err: errTest}, now)
	for step, want := range map[time.Duration]time.Duration{
		0:                          90 * time.Minute,
		time.Hour:                  30 * time.Minute,
		90 * time.Minute:           0,
		24 * time.Hour:             0,
		-20 * time.Minute:          110 * time.Minute,
		-time.Hour:                 0, // longer than any wait we set: the clock was wrong
		-24 * time.Hour:            0,
		-12 * 365 * 24 * time.Hour: 0,
	} {
		if got := h.wait(now.Add(step)); got != want {
			t.Errorf("after a step of %v: %v left, want %v", step, got, want)
		}
	}
	if (hold{}).wait(now) != 0 {
		t.Error("no hold holds")
	}
	for n := range 200 { // the backoff neither overflows nor ends
		h = h.after(&Error{Reason: ReasonServer, Err: errTest}, now)
		if left := h.wait(now); left < minBackoff*9/10 || left > maxBackoff+time.Second {
			t.Fatalf("after %d failures: %v", n+2, left)
		}
	}
	st := newMemory()
	st.cursor[ownStream] = "of another version"
	if _, err := NewPoller(testConfig(st, fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) { return store.Batch{}, nil }))).Poll(t.Context()); err != nil {
		t.Errorf("a hold that cannot be read: %v", err)
	}
}

func TestNudge(t *testing.T) {
	t.Run("one storm is one poll", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			p := NewPoller(testConfig(newMemory(), starts(&at, nil)))
			during(t, p, 4*time.Minute, func(context.Context) {
				time.Sleep(time.Minute)
				for range 10_000 {
					p.Nudge()
				}
			})
			// Nudges that come while the poll has begun may ask for another.
			if g := gaps(at); len(g) == 0 || len(g) > 2 || g[0] != time.Minute || len(g) == 2 && g[1] != nudgeGap {
				t.Errorf("polls after %v, want one after a minute", g)
			}
		})
	})
	t.Run("a storm that lasts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			p := NewPoller(testConfig(newMemory(), starts(&at, nil)))
			during(t, p, time.Hour, func(ctx context.Context) {
				for range 10_000 {
					p.Nudge()
					time.Sleep(time.Hour / 10_000)
				}
			})
			for _, g := range gaps(at) {
				if g < nudgeGap {
					t.Errorf("two polls within %v", g)
				}
			}
			if len(at) < 350 || len(at) > 361 {
				t.Errorf("%d polls in an hour, want one per ten seconds", len(at))
			}
		})
	})
	t.Run("before a poll", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			p := NewPoller(testConfig(newMemory(), starts(&at, nil)))
			p.Nudge()
			during(t, p, 4*time.Minute, nil)
			if len(at) != 1 {
				t.Errorf("%d polls, the first had answered the nudge", len(at))
			}
		})
	})
	t.Run("during a poll", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			var p *Poller
			p = NewPoller(testConfig(newMemory(), starts(&at, func(n int) error {
				time.Sleep(3 * time.Second)
				if n == 0 { // a page that was read before may have missed the change
					p.Nudge()
				}
				return nil
			})))
			during(t, p, 4*time.Minute, nil)
			if g := gaps(at); len(g) != 1 || g[0] != nudgeGap {
				t.Errorf("polls after %v, want one after %v", g, nudgeGap)
			}
		})
	})
	t.Run("with a short interval", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			cfg := testConfig(newMemory(), starts(&at, nil))
			cfg.Interval = 2 * time.Second
			during(t, NewPoller(cfg), time.Minute, nil)
			if len(at) < 27 || len(at) > 34 {
				t.Errorf("%d polls in a minute", len(at))
			}
		})
	})
}

func TestRunProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		calls := 0
		slow := paged(100, &calls)
		cfg := testConfig(newMemory(), fetchFunc(func(ctx context.Context, c store.Cursor) (store.Batch, error) {
			time.Sleep(time.Second)
			return slow(ctx, c)
		}))
		cfg.Log = slog.New(slog.NewTextHandler(&logged, nil))
		p := NewPoller(cfg)
		during(t, p, 2*time.Minute, func(context.Context) {
			time.Sleep(30*time.Second + time.Millisecond)
			s := p.Status()
			if s.Scan.Pages != 30 || s.Backlog != 70 || time.Since(s.Scanning) < 30*time.Second || s.LastSuccess.IsZero() {
				t.Errorf("status in the middle: %+v", s)
			}
			if eta := testutil.ToFloat64(p.meter.m.catchUp.WithLabelValues("src")); eta != 70 {
				t.Errorf("%v s to go at a page per second and 70 pages", eta)
			}
		})
		if n := strings.Count(logged.String(), "msg=reading"); n != 9 {
			t.Errorf("%d lines of progress in 100 s:\n%s", n, logged.String())
		}
	})
}

// S17: whatever a source puts into an error is one line, valid JSON, and
// changes nothing on the terminal that shows it.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records = 10_000
		random := rand.New(rand.NewPCG(1, 2))
		var logged bytes.Buffer
		cfg := testConfig(newMemory(), nil)
		cfg.Connector = fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) {
			return store.Batch{}, &Error{Reason: ReasonServer, Err: errors.New(hostile(random))}
		})
		cfg.Log = slog.New(slog.NewJSONHandler(&logged, nil))
		p := NewPoller(cfg)
		for range records {
			if _, err := p.turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.Split(strings.TrimSuffix(logged.String(), "\n"), "\n")
		if len(lines) != records {
			t.Fatalf("%d lines for %d records", len(lines), records)
		}
		for _, line := range lines {
			var got struct{ Err string }
			if err := json.Unmarshal([]byte(line), &got); err != nil || got.Err == "" {
				t.Fatalf("%q: %v", line, err)
			}
			if Printable(line) != line || Printable(got.Err) != got.Err {
				t.Fatalf("not printable: %q", line)
			}
		}
	})
}

// hostile returns a string of control characters, direction marks, broken
// encodings and things that look like a line of the log.
func hostile(random *rand.Rand) string {
	parts := []string{"\n", "\r\n", "\x00", "\x1b[2J", "\x07", "\u0085", "\u009b", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f", "\xff\xfe",
		"\xed\xa0\x80", "\"}\n{\"level\":\"INFO\"", "\\n", "\x7f", "\ufeff", "é", "𝄞", "https://u:p@h/?k=\n"}
	var b strings.Builder
	for range 1 + random.IntN(12) {
		if random.IntN(4) == 0 {
			b.WriteRune(rune(random.IntN(0x3000)))
		} else {
			io.WriteString(&b, parts[random.IntN(len(parts))])
		}
	}
	return b.String()
}
