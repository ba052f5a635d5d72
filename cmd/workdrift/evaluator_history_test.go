package main

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// What was declared before is read back from the store, as of when it was known,
// and a version that cannot be read costs nothing but itself.
func TestEvaluatorRemembersWhatWasDeclared(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(ctx, filepath.Join(t.TempDir(), "w.db"), bolt.Options{Log: quietLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var log bytes.Buffer
	now := time.Date(2026, 1, 5, 19, 0, 0, 0, time.UTC)
	start := func() *evaluator {
		return &evaluator{
			store: db, log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }, reportAt: func() time.Time { return now },
			collector: scoring.NewCollector(2000), metrics: newEvaluatorMetrics(prometheus.NewRegistry()),
			wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		}
	}
	declared := func(state objective.State) *scoring.Declared {
		return &scoring.Declared{
			Set: objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{ID: "o1", Start: objective.NoDate,
				Match:    &objective.Rule{Attr: store.AttrRepo, Like: []objective.Pattern{{Op: objective.Exact, Text: "acme/api"}}, At: now.String()},
				Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: state, TargetShare: -1, Due: objective.NoDate}}}}},
			Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"},
			Privacy: scoring.Privacy{KPeople: 1, KEffort: 1, Dominance: 1},
			Windows: scoring.Windows{Labels: []string{"91d"}, CloseGrace: 6 * time.Hour},
		}
	}
	load := func(state objective.State) *evaluator {
		t.Helper()
		e := start()
		if err := e.declare(ctx, declared(state)); err != nil {
			t.Fatal(err)
		}
		return e
	}
	load(objective.Active)
	now = now.AddDate(0, 0, 1)
	load(objective.Active) // the same, from another line
	if _, err := db.Declare(ctx, store.Declaration{KnownFrom: now, Body: []byte("{")}); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 6)
	load(objective.Retired)
	item := store.Item{Source: "gh", ID: "R1/1", Kind: store.KindChange, Keys: []string{"acme/api#1"}, Title: "Pay",
		Attrs: map[string][]string{store.AttrRepo: {"acme/api"}}, Status: store.StatusDoing, Created: now, Updated: now}
	batch := store.Batch{Items: []store.Item{item}, Watermark: now.AddDate(0, 3, 0)}
	for i, day := range []int{-3, 5, 12, 24, 36} {
		batch.Events = append(batch.Events, store.Event{Source: "gh", ID: string(rune('a' + i)), Item: item.ID, Kind: store.EventCommit,
			Actor: db.Hasher().Actor("github:ana"), At: now.AddDate(0, 0, day)})
	}
	if _, err := db.Apply(ctx, "gh", batch); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 41)
	e := load(objective.Retired)
	if err := e.evaluate(ctx); err != nil {
		t.Fatal(err)
	}
	// The decision was known 40 days before the last closed day, and the work
	// goes on.
	s := e.report.Load().Score(scoring.ZombieWorkstreams)
	if s == nil || s.Value != 1 {
		t.Errorf("zombies: %+v, want 1", s)
	}
	if got := e.report.Load().Score(scoring.StopLatencyRestrictedMean).Verdict; got != "stop decisions: 1" {
		t.Errorf("verdict %q, want one decision", got)
	}
	if !strings.Contains(log.String(), "a stored declaration is left out") {
		t.Error("the version that cannot be read is not logged")
	}
	n := 0
	for _, err := range db.Declarations(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d versions are stored, want the active, the damaged and the retired one", n)
	}
}
