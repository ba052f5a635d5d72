package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/scoring"
)

var soakSeeds = flag.Uint64("soak-seeds", 1, "how many firms TestSoak reads")

// soakDays is how long the firm works, calmDays how long nothing more happens
// and nothing more goes wrong before the stores are compared.
const (
	soakDays = 30
	calmDays = 3
)

// soakOneIn is how many of the firm take part: one in three, or all, or few.
func soakOneIn() int {
	switch {
	case *large:
		return 1
	case testing.Short():
		return 8
	}
	return 3
}

// TestSoak reads a firm that works for thirty days, while one
// request in twenty fails in some way, tokens expire, webhooks come late, twice
// or not at all, and the daemon is restarted every few days. At the end the
// store holds what one undisturbed look at the final world finds, bit for bit,
// and the report is the same.
func TestSoak(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for i := range *soakSeeds {
		t.Run(fmt.Sprint("seed ", 7+i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { soak(t, 7+i) })
		})
	}
}

func soak(t *testing.T, seed uint64) {
	f := newFirm(seed, soakDays, soakOneIn(), false)
	f.calm = true
	time.Sleep(time.Until(f.start.Add(12 * time.Hour)))
	s := newSoak(t, f, seed)
	rng := rand.New(rand.NewPCG(seed, 7))
	end, hints := f.start.AddDate(0, 0, soakDays), 0
	restart := time.Now()
	var life *lifetime
	for now := time.Now(); now.Before(end); now = time.Now() {
		if !now.Before(restart) {
			if life != nil {
				life.stop(t)
			}
			life, restart = s.start(t, s.dir), now.Add(time.Duration(20+rng.IntN(100))*time.Hour)
		}
		s.expire(now)
		seen := len(f.truth.deeds)
		f.run(now)
		hints += s.hint(life, f.truth.deeds[seen:], rng)
		time.Sleep(time.Hour + time.Duration(rng.IntN(900))*time.Second)
	}
	f.run(end)
	s.calm()
	time.Sleep(calmDays * 24 * time.Hour)
	life.stop(t)
	if err := f.err(); err != nil {
		t.Fatal(err)
	}

	disturbed := s.look(t, s.dir)
	fresh := s.look(t, s.fresh)
	if disturbed.hash != fresh.hash {
		t.Errorf("the stores differ: %s", strings.Join(disturbed.differences(fresh), "\n\t"))
	}
	if !bytes.Equal(disturbed.report, fresh.report) {
		t.Error("the reports differ")
	}
	for _, tool := range []string{"github", "jira", "slack"} {
		if s.failed()[tool] == 0 {
			t.Errorf("no request to %s failed", tool)
		}
	}
	t.Logf("%d days, %d starts, %d requests of which failed %v, %d hints, %d items, %d events",
		soakDays, s.starts, s.requests(), s.failed(), hints, disturbed.items, disturbed.events)
}

// A look is what a store holds and what it comes to.
type look struct {
	hash          [32]byte
	report        []byte
	items, events int
	records       map[string]string
}

// look polls once more and evaluates.
func (s *soaked) look(t *testing.T, dir string) look {
	t.Helper()
	l := s.open(t, dir)
	defer func() {
		if err := l.db.Close(); err != nil {
			t.Error(err)
		}
	}()
	l.pollAll(t)
	e := &evaluator{
		store: l.db, log: quietLogger(), now: time.Now, reportAt: func() time.Time { return s.firm.start.AddDate(0, 0, soakDays+1).Add(20 * time.Hour) },
		collector: scoring.NewCollector(2000), metrics: newEvaluatorMetrics(prometheus.NewRegistry()),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}
	err := e.declare(t.Context(), s.cfg.Declared(l.db.Hasher().Actor, l.db.Hasher().Term))
	if err == nil {
		err = e.evaluate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	out := look{records: map[string]string{}}
	if out.hash, err = l.db.StateHash(t.Context()); err != nil {
		t.Fatal(err)
	}
	report := *e.report.Load()
	if report.Partial || len(report.Late) > 0 {
		t.Errorf("the report is partial: %v, late: %v", report.Partial, report.Late)
	}
	report.DataUpTo = time.Time{} // when each was last read
	if out.report, err = json.Marshal(report); err != nil {
		t.Fatal(err)
	}
	for c, err := range l.db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		out.items++
		out.events += len(c.Events)
		c.Seq, c.No = 0, 0
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out.records[c.Item.Source+" "+c.Item.ID] = string(raw)
	}
	return out
}

// differences shows where some items of two stores differ first.
func (l look) differences(want look) (out []string) {
	for id := range union(l.records, want.records) {
		has, wants := l.records[id], want.records[id]
		if has == wants || len(out) == 10 {
			continue
		}
		at := 0
		for at < min(len(has), len(wants)) && has[at] == wants[at] {
			at++
		}
		from := max(0, at-60)
		out = append(out, fmt.Sprintf("%s: has …%.120s, want …%.120s", id, has[min(from, len(has)):], wants[min(from, len(wants)):]))
	}
	return out
}
