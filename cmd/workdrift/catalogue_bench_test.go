package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

var worlds = flag.String("worlds", "", "folder in which the databases of the catalogue's benchmarks are kept from run to run")

// fillCatalogue writes items from until until in batches of a source.
func fillCatalogue(b *testing.B, db *bolt.DB, from, until int, recent bool) {
	b.Helper()
	ctx := context.Background()
	batches := make(map[string]*store.Batch)
	apply := func(source string) {
		if _, err := db.Apply(ctx, source, *batches[source]); err != nil {
			b.Fatal(err)
		}
		delete(batches, source)
	}
	for i := from; i < until; i++ {
		source, it, events := catalogueItem(i, db.Hasher(), recent)
		batch := batches[source]
		if batch == nil {
			batch = &store.Batch{Watermark: benchEnd.AddDate(0, 0, 1)}
			batches[source] = batch
		}
		if batch.Items, batch.Events = append(batch.Items, it), append(batch.Events, events...); len(batch.Events) >= 1000 {
			apply(source)
		}
	}
	for _, source := range []string{"gh", "jira", "chat"} {
		if batches[source] != nil {
			apply(source)
		}
	}
}

// catalogueWorld returns a database with as many events, closed and opened again.
func catalogueWorld(b *testing.B, events int) *bolt.DB {
	b.Helper()
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "world.db")
	kept := filepath.Join(*worlds, fmt.Sprintf("world-%d.db", events))
	if _, err := os.Stat(kept); *worlds != "" && err == nil {
		copyWorld(b, kept, path)
	} else {
		makeWorld(b, path, events)
		if *worlds != "" {
			copyWorld(b, path, kept)
		}
	}
	db, err := bolt.Open(ctx, path, bolt.Options{Log: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func makeWorld(b *testing.B, path string, events int) {
	b.Helper()
	db, err := bolt.Open(context.Background(), path, bolt.Options{Log: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	d := catalogueDeclared(db.Hasher())
	declareHistory(b, db, d)
	fillCatalogue(b, db, 0, events/eventsPerItem, false)
	tickets, outcomes := reports(d, db.Hasher())
	for source, batch := range map[string]store.Batch{"jira": tickets, "prom": outcomes} {
		batch.Watermark = benchEnd.AddDate(0, 0, 1)
		if _, err := db.Apply(context.Background(), source, batch); err != nil {
			b.Fatal(err)
		}
	}
}

func copyWorld(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}

// catalogueEvaluator is benchEvaluator with what the organisation declares.
func catalogueEvaluator(b *testing.B, db *bolt.DB) *evaluator {
	b.Helper()
	e := benchEvaluator(b, db)
	e.collector = scoring.NewCollector(20_000)
	if err := e.declare(context.Background(), catalogueDeclared(db.Hasher())); err != nil {
		b.Fatal(err)
	}
	return e
}

// cpuOf returns the processor time, in seconds, that f takes.
func cpuOf(b *testing.B, f func() error) float64 {
	b.Helper()
	before := processCPU()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return (processCPU() - before).Seconds()
}

// BenchmarkCatalogue evaluates all scores of an organisation that has something
// for each: from a reopened file, again with nothing new, after a thousand events
// of the last days, and after a thousand of any day of two years. On a machine
// that does other things too, processor time tells more than time.
func BenchmarkCatalogue(b *testing.B) {
	for _, events := range benchSizes() {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) { benchCatalogue(b, events) })
	}
}

func benchCatalogue(b *testing.B, events int) {
	spareMemory() // like the program
	db, ctx := catalogueWorld(b, events), context.Background()
	e := catalogueEvaluator(b, db)
	run := func(name string, before func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			if before != nil && e.made == nil {
				cpuOf(b, func() error { return e.evaluate(ctx) })
			}
			read, cpu := 0., 0.
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				if before == nil {
					e = catalogueEvaluator(b, db)
				} else {
					before()
				}
				known := counterValue(b, e.metrics.records)
				b.StartTimer()
				cpu += cpuOf(b, func() error { return e.evaluate(ctx) })
				read += counterValue(b, e.metrics.records) - known
			}
			b.ReportMetric(cpu/float64(b.N), "cpu-s/op")
			b.ReportMetric(read/float64(b.N), "records-read/op")
			b.ReportMetric(anonymousMiB(), "anon-MiB")
			b.ReportMetric(float64(db.Stats().FileBytes)/float64(events), "disk-B/event")
		})
	}
	next := events / eventsPerItem
	more := func(recent bool) func() {
		return func() {
			fillCatalogue(b, db, next, next+100, recent)
			next += 100
		}
	}
	run("rebuild", nil)
	run("nothing new", func() {})
	run("new of this week", more(true))
	run("new of any week", more(false))
	b.Run("scrape", func(b *testing.B) { benchScrape(b, e) })
	runtime.KeepAlive(e)
}

func benchScrape(b *testing.B, e *evaluator) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(e.collector)
	b.ReportAllocs()
	series, cpu := 0, 0.
	for range b.N {
		series = 0
		cpu += cpuOf(b, func() error {
			families, err := reg.Gather()
			for _, f := range families {
				series += len(f.Metric)
			}
			return err
		})
	}
	b.ReportMetric(float64(series), "series")
	b.ReportMetric(1000*cpu/float64(b.N), "cpu-ms/op")
}
