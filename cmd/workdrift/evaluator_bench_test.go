package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
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

// The organisation of the benchmarks: 500 people in 60 teams, 50 objectives,
// two years, ten events an item.
const (
	benchPeople     = 500
	benchTeams      = 60
	benchObjectives = 50
	benchDays       = 730
	eventsPerItem   = 10
)

var benchEnd = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func benchDeclared(hash store.Hasher) *scoring.Declared {
	no := objective.NoDate
	d := &scoring.Declared{
		Sources: []string{"gh"}, Effort: effort.DefaultConfig(), Zone: time.UTC, Threshold: .5,
		Set:     objective.Set{TopN: 3, Grace: 7, RunWorkBudget: .15},
		Privacy: scoring.Privacy{KPeople: 5, KEffort: 3, Dominance: .7, MinPersonDays: 20},
		Windows: scoring.Windows{Labels: []string{"7d", "28d", "91d", "quarter"}, CloseGrace: 6 * time.Hour},
		Alerts:  map[string]float64{"shadow_effort": .5, "top_objectives_effort": .5, "allocation_gap": .35},
		People:  scoring.People{Actor: hash.Actor},
	}
	for i := range benchObjectives {
		o := objective.Objective{ID: fmt.Sprintf("o%02d", i), Text: "Objective", Start: no,
			Versions: []objective.Version{{From: no, Rank: i + 1, State: objective.Active, TargetShare: .01}}}
		rule := objective.Rule{}
		for k := range 10 {
			rule.Any = append(rule.Any, objective.Rule{Attr: store.AttrLabel, Like: []objective.Pattern{
				{Op: objective.Exact, Text: fmt.Sprintf("label-%d-%d", i, k)}}})
		}
		o.Match = &rule
		d.Set.Objectives = append(d.Set.Objectives, o)
	}
	for t := range benchTeams {
		d.Teams = append(d.Teams, scoring.Team{ID: fmt.Sprintf("team-%02d", t)})
	}
	for p := range benchPeople {
		id := fmt.Sprint("p", p)
		d.People.Persons = append(d.People.Persons, scoring.Person{ID: id, FTE: 1, Identities: []string{benchActor(p)}})
		team := &d.Teams[p%benchTeams]
		team.Members = append(team.Members, scoring.Member{Person: id, From: no, Until: no, Share: 1})
	}
	return d
}

func benchActor(p int) string { return fmt.Sprintf("github:person-%d", p) }

// benchItem returns item i with its events. Work comes in bursts: the events of
// an item lie within ten days, by few people.
func benchItem(i int, hash store.Hasher) (store.Item, []store.Event) {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	repo := fmt.Sprintf("acme/service-%02d", r.IntN(40))
	start := benchEnd.AddDate(0, 0, -1-r.IntN(benchDays)).Truncate(time.Second)
	it := store.Item{
		Source: "gh", ID: fmt.Sprintf("R%d/%d", r.IntN(40), i), Kind: store.KindChange,
		Keys:  []string{fmt.Sprintf("%s#%d", repo, i)},
		Title: fmt.Sprintf("Make the %d-th part of the service do what was agreed upon", i),
		URL:   fmt.Sprintf("https://github.com/%s/pull/%d", repo, i),
		Attrs: map[string][]string{
			store.AttrRepo: {repo}, store.AttrBase: {"main"},
			store.AttrPath: {fmt.Sprintf("svc/part-%d/main.go", r.IntN(500)), fmt.Sprintf("svc/part-%d/main_test.go", r.IntN(500))},
		},
		Status: store.StatusDone, Created: start, Updated: start.AddDate(0, 0, 10), Started: start, Closed: start.AddDate(0, 0, 10),
	}
	if r.IntN(3) > 0 {
		it.Attrs[store.AttrLabel] = []string{fmt.Sprintf("label-%d-%d", r.IntN(benchObjectives), r.IntN(10))}
	}
	if i > 10 {
		it.Links = []store.Link{
			{Kind: store.LinkCloses, Key: fmt.Sprintf("acme/service-%02d#%d", r.IntN(40), r.IntN(i))},
			{Kind: store.LinkMentions, Key: fmt.Sprintf("PAY-%d", r.IntN(5000))},
		}
	}
	kinds := []store.EventKind{store.EventCommit, store.EventCommit, store.EventReview, store.EventComment}
	var events []store.Event
	author := r.IntN(benchPeople)
	for e := range eventsPerItem {
		who := author
		if e%3 == 2 {
			who = r.IntN(benchPeople)
		}
		events = append(events, store.Event{
			Source: "gh", Item: it.ID, ID: fmt.Sprintf("%s/%d", kinds[e%4], 1_000_000_000+i*eventsPerItem+e), Kind: kinds[e%4],
			Actor: hash.Actor(benchActor(who)), At: start.Add(time.Duration(r.IntN(10*24*60)) * time.Minute),
		})
	}
	return it, events
}

// fill writes items from to until in batches of about a thousand records.
func fill(b *testing.B, db *bolt.DB, from, until int) {
	b.Helper()
	ctx := context.Background()
	for from < until {
		batch := store.Batch{Watermark: benchEnd.AddDate(0, 0, 1)}
		for ; from < until && len(batch.Events) < 1000; from++ {
			it, events := benchItem(from, db.Hasher())
			batch.Items, batch.Events = append(batch.Items, it), append(batch.Events, events...)
		}
		if _, err := db.Apply(ctx, "gh", batch); err != nil {
			b.Fatal(err)
		}
	}
}

// storedEvents returns a database with as many events, filled, closed and
// opened again. It is kept between benchmarks of one run.
func storedEvents(b *testing.B, events int) *bolt.DB {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	ctx := context.Background()
	db, err := bolt.Open(ctx, path, bolt.Options{Log: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, db, 0, events/eventsPerItem)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if db, err = bolt.Open(ctx, path, bolt.Options{Log: quietLogger()}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func benchNow() time.Time { return benchEnd.AddDate(0, 0, 1) }

func benchEvaluator(b *testing.B, db *bolt.DB) *evaluator {
	b.Helper()
	e := &evaluator{
		store: db, log: quietLogger(), now: benchNow, reportAt: benchNow, urgent: make(chan struct{}, 1),
		collector: scoring.NewCollector(2000), metrics: newEvaluatorMetrics(prometheus.NewRegistry()), wake: make(chan struct{}, 1),
	}
	if err := e.declare(context.Background(), benchDeclared(db.Hasher())); err != nil {
		b.Fatal(err)
	}
	return e
}

var large = flag.Bool("large", false, "benchmarks with ten million events too (10 minutes, 2 GB of disk)")

func benchSizes() []int {
	sizes := []int{100_000, 1_000_000}
	if *large {
		sizes = append(sizes, 10_000_000)
	}
	return sizes
}

// BenchmarkRebuild reads everything from a reopened file into a first report.
func BenchmarkRebuild(b *testing.B) {
	for _, events := range benchSizes() {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			db := storedEvents(b, events)
			var e *evaluator
			b.ResetTimer()
			for range b.N {
				e = benchEvaluator(b, db)
				if err := e.evaluate(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
			b.ReportMetric(anonymousMiB(), "anon-MiB")
			b.ReportMetric(float64(db.Stats().FileBytes)/float64(events), "disk-B/event")
			runtime.KeepAlive(e)
		})
	}
}

// BenchmarkIncremental applies a batch of a thousand new events and evaluates.
// What it reads must not grow with what is stored.
func BenchmarkIncremental(b *testing.B) {
	for _, events := range benchSizes() {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			db := storedEvents(b, events)
			e := benchEvaluator(b, db)
			if err := e.evaluate(context.Background()); err != nil {
				b.Fatal(err)
			}
			next := events / eventsPerItem
			before := counterValue(b, e.metrics.records)
			var evaluating time.Duration
			b.ResetTimer()
			for range b.N {
				fill(b, db, next, next+100)
				next += 100
				began := time.Now()
				if err := e.evaluate(context.Background()); err != nil {
					b.Fatal(err)
				}
				evaluating += time.Since(began)
			}
			b.StopTimer()
			b.ReportMetric((counterValue(b, e.metrics.records)-before)/float64(b.N), "records-read/op")
			b.ReportMetric(float64(evaluating.Milliseconds())/float64(b.N), "evaluate-ms/op")
		})
	}
}

// BenchmarkMerge evaluates after a source told that two identities are one
// person, which has the weeks of both built again.
func BenchmarkMerge(b *testing.B) {
	for _, events := range benchSizes() {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			db := storedEvents(b, events)
			d := benchDeclared(db.Hasher())
			d.People.Persons, d.People.Merge.Profiles = nil, true
			e := benchEvaluator(b, db)
			if err := e.declare(context.Background(), d); err != nil {
				b.Fatal(err)
			}
			if err := e.evaluate(context.Background()); err != nil {
				b.Fatal(err)
			}
			actor := func(p int) string { return db.Hasher().Actor(benchActor(p % benchPeople)) }
			n := 0
			for b.Loop() {
				// Merged with one, and then with another in its place.
				id := store.Identity{Actor: actor(n / 2), Same: []store.Same{{Actor: actor(n/2 + 1 + n%2), By: store.SameByProfile}}}
				n++
				if _, err := db.Apply(context.Background(), "gh", store.Batch{Identities: []store.Identity{id}}); err != nil {
					b.Fatal(err)
				}
				if err := e.evaluate(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func counterValue(b *testing.B, c prometheus.Counter) float64 {
	b.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		b.Fatal(err)
	}
	return families[0].Metric[0].Counter.GetValue()
}

// anonymousMiB is the anonymous part of the resident set, after a collection:
// without the mapped database. 0 where the system does not tell.
func anonymousMiB() float64 {
	runtime.GC()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kib); n == 1 {
			return kib / 1024
		}
	}
	return 0
}
