package main

import (
	"context"
	"fmt"
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

// What sources tell about accounts and groups reaches the scores through the
// store, also when it comes after what the accounts did.
func TestEvaluatorFollowsProfilesAndGroups(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(ctx, filepath.Join(t.TempDir(), "w.db"), bolt.Options{Log: quietLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 3, 10, 19, 0, 0, 0, time.UTC)
	e := &evaluator{
		store: db, log: quietLogger(), now: func() time.Time { return now }, reportAt: func() time.Time { return now },
		collector: scoring.NewCollector(2000), metrics: newEvaluatorMetrics(prometheus.NewRegistry()),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}
	d := &scoring.Declared{
		Set: objective.Set{TopN: 3, RunWorkBudget: -1}, Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"},
		Privacy: scoring.Privacy{KPeople: 1, KEffort: 1, Dominance: 1},
		Windows: scoring.Windows{Labels: []string{"7d"}, CloseGrace: 6 * time.Hour},
		Teams:   []scoring.Team{{ID: "core", Groups: []string{"gh:acme/core"}, Repositories: []string{"acme/*"}}},
		People:  scoring.People{Actor: db.Hasher().Actor, Merge: scoring.Merge{VerifiedEmail: true}},
	}
	if err := e.declare(ctx, d); err != nil {
		t.Fatal(err)
	}
	actor := db.Hasher().Actor
	item := store.Item{Source: "gh", ID: "R1/1", Kind: store.KindChange, Keys: []string{"acme/api#1"}, Title: "Pay",
		Attrs: map[string][]string{store.AttrRepo: {"acme/api"}}, Status: store.StatusDoing, Created: now, Updated: now}
	apply := func(b store.Batch) {
		t.Helper()
		b.Watermark = now
		if _, err := db.Apply(ctx, "gh", b); err != nil {
			t.Fatal(err)
		}
		if err := e.evaluate(ctx); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, org, team float64, unmatched int) {
		t.Helper()
		r := e.report.Load()
		w := r.Window("7d")
		got := fmt.Sprint(w.Org.Total, w.Teams[0].Total, r.Stats.Strange)
		if want := fmt.Sprint(scoring.Number(org), scoring.Number(team), unmatched); got != want {
			t.Errorf("%s: organisation, team and unmatched are %s, want %s", what, got, want)
		}
	}
	at := now.AddDate(0, 0, -3)
	apply(store.Batch{Items: []store.Item{item}, Events: []store.Event{
		{Source: "gh", ID: "commit/1", Item: item.ID, Kind: store.EventCommit, Actor: actor("email:ana@example.org"), At: at},
		{Source: "gh", ID: "review/1", Item: item.ID, Kind: store.EventReview, Actor: actor("github:ana"), At: at},
	}})
	check("two identities", 2, 0, 2)
	ana := store.Identity{Actor: actor("github:ana"), Handle: "github:ana",
		Same: []store.Same{{Actor: actor("email:ana@example.org"), By: store.SameByEmail}}}
	apply(store.Batch{Identities: []store.Identity{ana}})
	check("one person", 1, 0, 0)
	apply(store.Batch{Groups: []store.Group{{Source: "gh", Name: "acme/core", Members: []string{actor("github:ana")}, At: now.AddDate(0, 0, -9)}}})
	check("in a team", 1, 1, 0)
	answer, err := e.explain(ctx, "core", "7d")
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Items) != 1 || answer.Owned == nil || answer.Owned.Total != 1 || answer.Owned.Own != 1 ||
		len(answer.Items[0].Owners) != 1 {
		t.Errorf("what core owns is explained as %+v, %+v", answer, answer.Owned)
	}
	out := newOutput()
	if err := answer.write(out); err != nil {
		t.Fatal(err)
	}
	out.await(t, `What core owns +1\.00 person-days +100 % by its own people`)
	out.await(t, `owned by +core`)

	apply(store.Batch{Groups: []store.Group{{Source: "gh", Name: "acme/core", Members: nil, At: now.AddDate(0, 0, -4)}}})
	check("no more", 1, 0, 0)
}

func TestExplainTellsThatChatIsNoEffort(t *testing.T) {
	const note = "chat is no effort"
	chat := explainedItem{Kind: store.KindDiscussion, Method: "none", Bucket: "unknown"}
	if got := because(chat); !strings.Contains(got, note) {
		t.Errorf("of a thread that is about nothing it tells %q", got)
	}
	for _, other := range []explainedItem{
		{Kind: store.KindTicket, Method: "none"},
		{Kind: store.KindDiscussion, Method: "inherited"},
		{Kind: store.KindDiscussion, Method: "none", PartOf: "PAY-1"},
	} {
		if got := because(other); strings.Contains(got, note) {
			t.Errorf("of %+v it tells %q", other, got)
		}
	}
}
