package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// A ledgerRig is a store with its evaluator and retention.
type ledgerRig struct {
	path string
	db   *bolt.DB
	e    *evaluator
	r    *retention
}

// retentionDays is the limit in these tests.
const retentionDays = 130

func newLedgerRig(t *testing.T, path string) *ledgerRig {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{Log: quietLogger()})
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	g := &ledgerRig{path: path, db: db, e: &evaluator{
		store: db, log: quietLogger(), now: time.Now, reportAt: time.Now,
		collector: scoring.NewCollector(2000), metrics: newEvaluatorMetrics(reg),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}}
	g.r = &retention{
		evaluator: g.e, days: func() int { return retentionDays }, now: time.Now,
		log: slog.New(slog.NewTextHandler(io.Discard, nil)), metrics: newRetentionMetrics(reg),
	}
	is := func(label string) *objective.Rule {
		return &objective.Rule{Attr: store.AttrLabel, Like: []objective.Pattern{{Op: objective.Exact, Text: label}}}
	}
	always := []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1}}
	err = g.e.declare(t.Context(), &scoring.Declared{
		Set: objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{
			{ID: "o1", Start: objective.NoDate, Match: is("o1"), Versions: always}}},
		Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"},
		Privacy: scoring.Privacy{KPeople: 1, KEffort: 1, Dominance: 1},
		Windows: scoring.Windows{Labels: []string{"7d", "28d", "91d", "300d"}, CloseGrace: 6 * time.Hour},
		Teams:   []scoring.Team{{ID: "core", Groups: []string{"gh:acme/core"}}},
		People:  scoring.People{Actor: db.Hasher().Actor},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A pastDay makes what happens on one day of the test, the same for each rig:
// people who come and stay for three months, and work on what is a month old.
type pastDay struct {
	items  []store.Item
	events map[string][]store.Event // by item, with actors as the source spells them
	random *rand.Rand
}

func (p *pastDay) batch(day int, now time.Time) store.Batch {
	id := fmt.Sprintf("R1/%d", day/10)
	if day%10 == 0 {
		it := store.Item{Source: "gh", ID: id, Kind: store.KindTicket, Keys: []string{fmt.Sprint("PAY-", day/10)}, Title: id, Created: now, Updated: now}
		if day%20 == 0 {
			it.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
		}
		p.items = append(p.items, it)
	}
	b := store.Batch{Items: p.items[len(p.items)-1:], Watermark: now}
	var here []string
	for who := max(0, day/30-3); who <= day/30; who++ {
		here = append(here, fmt.Sprintf("gh:somebody-%02d", who))
	}
	for n, who := range here {
		if p.random.IntN(3) == 0 {
			continue
		}
		at := now.Add(-time.Duration(1+p.random.IntN(23*60)) * time.Minute)
		p.events[id] = append(p.events[id], store.Event{Source: "gh", Item: id, ID: fmt.Sprintf("commit/%d/%d", day, n),
			Kind: store.EventCommit, Actor: who, At: store.WithOffset(at, (n-2)*5*3600)})
	}
	b.Events = append(b.Events, p.events[id]...)
	if old := p.items[p.random.IntN(len(p.items))]; day%7 == 0 {
		b.Items, b.Events = append(b.Items, old), append(b.Events, p.events[old.ID]...)
	}
	if day%30 == 0 {
		b.Groups = []store.Group{{Source: "gh", Name: "acme/core", Members: here[len(here)/2:], At: now}}
	}
	return b
}

// hashed returns a batch as the poller hands it over.
func hashed(b store.Batch, key func(string) string) store.Batch {
	known := map[string]bool{}
	events := make([]store.Event, len(b.Events))
	for i, ev := range b.Events {
		if !known[ev.Actor] {
			known[ev.Actor] = true
			b.Identities = append(b.Identities, store.Identity{Actor: key(ev.Actor), Handle: ev.Actor})
		}
		ev.Actor = key(ev.Actor)
		events[i] = ev
	}
	b.Events = events
	for i, g := range b.Groups {
		var members []string
		for _, m := range g.Members {
			members = append(members, key(m))
			b.Identities = append(b.Identities, store.Identity{Actor: key(m), Handle: m})
		}
		b.Groups = []store.Group{g}
		b.Groups[i].Members = members
	}
	return b
}

func (g *ledgerRig) live(t *testing.T, b store.Batch) {
	t.Helper()
	if _, err := g.db.Apply(t.Context(), "gh", hashed(b, g.db.Hasher().Actor)); err != nil {
		t.Fatal(err)
	}
	if err := g.e.evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// told is what retention must leave as it is.
func (g *ledgerRig) told(t *testing.T) string {
	t.Helper()
	r := g.e.report.Load()
	far := r.Window("300d")
	raw, err := json.Marshal([]any{
		r.Weeks, r.Window("7d"), r.Window("28d"), r.Window("91d"),
		far.Org.Total, far.Org.Effort, far.Org.Objectives, far.Org.Works, far.Teams[0].Total, far.Teams[0].Effort,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Over five hundred days nothing older than the limit and an hour names anybody,
// also when old items are read again; what is told stays what it is in a store
// that forgets nothing; and a daemon that starts anew tells the same.
func TestRetention(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		keeps, forgets := newLedgerRig(t, filepath.Join(dir, "keeps.db")), newLedgerRig(t, filepath.Join(dir, "forgets.db"))
		defer keeps.db.Close()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- forgets.r.run(ctx) }()
		past := &pastDay{events: map[string][]store.Event{}, random: rand.New(rand.NewPCG(1, 2))}
		for day := range 500 {
			time.Sleep(24 * time.Hour)
			b := past.batch(day, time.Now())
			keeps.live(t, b)
			forgets.live(t, b)
			if a, b := keeps.told(t), forgets.told(t); a != b {
				t.Fatalf("day %d: kept %s\nforgot %s", day, a, b)
			}
			// The next check after something becomes too old is within an hour.
			time.Sleep(time.Hour)
			forgets.checkNames(t, time.Now().AddDate(0, 0, -retentionDays).Add(-time.Hour))
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		forgets.checkFile(t, past)
		if n := testutil.ToFloat64(forgets.r.metrics.records); n < 500 {
			t.Errorf("%v records were taken", n)
		}
		if at := testutil.ToFloat64(forgets.r.metrics.lastRun); time.Since(time.Unix(int64(at), 0)) > 2*time.Hour {
			t.Errorf("the last success was %v ago", time.Since(time.Unix(int64(at), 0)))
		}
		if n := testutil.ToFloat64(forgets.r.metrics.failed); n != 0 {
			t.Errorf("%v checks failed", n)
		}
		if err := forgets.db.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := forgets.e.evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(forgets.e.report.Load())
		if err := forgets.db.Close(); err != nil {
			t.Fatal(err)
		}
		again := newLedgerRig(t, forgets.path)
		defer again.db.Close()
		if err := again.e.evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(again.e.report.Load()); !bytes.Equal(got, want) {
			t.Errorf("started anew: %s\nbefore: %s", got, want)
		}
	})
}

// checkNames requires that no event from before a moment names anybody.
func (g *ledgerRig) checkNames(t *testing.T, before time.Time) {
	t.Helper()
	for ch, err := range g.db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range ch.Events {
			if _, offset := store.Offset(ev.At); ev.At.Before(before) && (ev.Actor != "" || offset) {
				t.Fatalf("at %s an event of %s tells who did it", time.Now(), ev.At)
			}
		}
	}
}

// checkFile greps the file for everybody whom nothing may name any more, in each
// way in which the store writes names.
func (g *ledgerRig) checkFile(t *testing.T, past *pastDay) {
	t.Helper()
	file, err := os.ReadFile(g.path)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, ev := range past.all() {
		named[ev.Actor] = named[ev.Actor] || !ev.At.Before(time.Now().AddDate(0, 0, -retentionDays).Add(-time.Hour))
	}
	gone, here := 0, 0
	for who, stays := range named {
		key := g.db.Hasher().Actor(who)
		raw, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		hits := bytes.Count(file, []byte(key)) + bytes.Count(file, raw) + bytes.Count(file, []byte(who))
		switch {
		case stays && hits > 0:
			here++
		case stays:
			t.Errorf("%s worked lately and is not in the file", who)
		case hits > 0:
			t.Errorf("%s is in the file %d times", who, hits)
		default:
			gone++
		}
	}
	if gone < 5 || here < 3 {
		t.Errorf("%d are gone and %d here: the test shows nothing", gone, here)
	}
}

func (p *pastDay) all() (list []store.Event) {
	for _, events := range p.events {
		list = append(list, events...)
	}
	return list
}
