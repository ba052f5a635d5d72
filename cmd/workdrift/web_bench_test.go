package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/outbox"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store/bolt"
)

// BenchmarkPages asks for everything that can be read, as somebody who may
// triage, whose pages are the largest: as the first after a report, while the
// next report is made, and again. With -v it tells the times of each address.
//
//	go test -run '^$' -bench Pages -benchtime 20x -v ./cmd/workdrift
func BenchmarkPages(b *testing.B) {
	for _, events := range benchSizes() {
		db, ctx := catalogueWorld(b, events), context.Background()
		e := catalogueEvaluator(b, db)
		if err := e.evaluate(ctx); err != nil {
			b.Fatal(err)
		}
		pages, addresses := benchPages(b, e, db)
		next := events / eventsPerItem
		more := func() {
			fillCatalogue(b, db, next, next+100, true)
			next += 100
		}
		for _, when := range []string{"first", "meanwhile", "again"} {
			b.Run(fmt.Sprintf("%s/events=%d", when, events), func(b *testing.B) {
				took, worked := make(map[string][]time.Duration), make(map[string][]time.Duration)
				all := func() {
					for _, address := range addresses {
						before := processCPU()
						took[address] = append(took[address], askPage(b, pages, address))
						worked[address] = append(worked[address], processCPU()-before)
					}
				}
				for range b.N {
					switch when {
					case "first":
						more()
						if err := e.evaluate(ctx); err != nil {
							b.Fatal(err)
						}
						all()
					case "meanwhile":
						more()
						meanwhile(b, e, all)
					case "again":
						all()
					}
				}
				tellTimes(b, took, worked)
			})
		}
	}
}

// meanwhile calls f again and again while an evaluation runs, at least once.
func meanwhile(b *testing.B, e *evaluator, f func()) {
	b.Helper()
	ended := make(chan error, 1)
	go func() { ended <- e.evaluate(context.Background()) }()
	for {
		f()
		select {
		case err := <-ended:
			if err != nil {
				b.Fatal(err)
			}
			return
		default:
		}
	}
}

// benchPages returns the pages of an evaluator and what can be asked for.
func benchPages(b *testing.B, e *evaluator, db *bolt.DB) (http.Handler, []string) {
	b.Helper()
	d := &daemon{log: quietLogger(), now: benchNow, registry: prometheus.NewRegistry(), store: db, evaluator: e, config: new(config.Config), courier: new(outbox.Courier)}
	d.registry.MustRegister(e.collector)
	pages, err := d.pages(context.Background(), config.Web{Local: true})
	if err != nil {
		b.Fatal(err)
	}
	streams, err := e.streams(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	addresses := asked(b, "o01", scoring.Unknown.String(), "o02", "team-03", streams.List[0].Keys[0])
	e.rebrief(context.Background()) // takes reports about the past; one that was made serves for minutes
	return pages, addresses
}

func askPage(b *testing.B, pages http.Handler, address string) time.Duration {
	b.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1"+address, nil)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	began := time.Now()
	pages.ServeHTTP(w, r)
	took := time.Since(began)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", address, w.Code, w.Body)
	}
	return took
}

// tellTimes logs the times of each address, slowest first, and reports the worst.
// On a machine that does other things too, processor time tells more than time;
// meanwhile it is that of the evaluation too.
func tellTimes(b *testing.B, took, worked map[string][]time.Duration) {
	b.Helper()
	at := func(list []time.Duration, part float64) time.Duration {
		slices.Sort(list)
		return list[int(part*float64(len(list)-1)+.5)].Round(10 * time.Microsecond)
	}
	names := slices.SortedFunc(maps.Keys(took), func(x, y string) int { return cmp.Compare(at(worked[y], .99), at(worked[x], .99)) })
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, name := range names {
		fmt.Fprintf(t, "time p50 %v\tp99 %v\tprocessor p50 %v\tp99 %v\tn %d\t%s\n",
			at(took[name], .5), at(took[name], .99), at(worked[name], .5), at(worked[name], .99), len(took[name]), name)
	}
	t.Flush()
	b.Logf("\n%s", text.String())
	for what, lists := range map[string]map[string][]time.Duration{"ms": took, "cpu-ms": worked} {
		worst := time.Duration(0)
		for _, list := range lists {
			worst = max(worst, at(list, .99))
		}
		b.ReportMetric(float64(worst.Microseconds())/1000, "worst-p99-"+what)
	}
}
