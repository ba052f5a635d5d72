package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
)

// BenchmarkAPI asks for what costs the most: the report and the scores of all
// scopes, and explanations, once as the first who asks after a report, once for
// another subject, and once again.
func BenchmarkAPI(b *testing.B) {
	for _, events := range benchSizes() {
		db := storedEvents(b, events)
		e := benchEvaluator(b, db)
		if err := e.evaluate(context.Background()); err != nil {
			b.Fatal(err)
		}
		h, err := web.New(web.Options{
			Log: quietLogger(), Now: benchNow, Registry: prometheus.NewRegistry(), Access: web.Access{Anyone: web.Reader},
			Report: e.report.Load, Sources: func() []web.Source { return nil }, Explain: e.list,
			Declared: e.history.Load, Overrides: e.decisions,
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, bc := range []struct {
			name, path string
			before     func(n int) string // what is asked for instead
		}{
			{"report", "/api/v1/report", nil},
			{"scores", "/api/v1/scores?limit=500", nil},
			{"effort as CSV", "/api/v1/effort.csv", nil},
			{"explain first", "/api/v1/explain?subject=unknown&window=91d", func(int) string { return "" }},
			{"explain next", "", func(n int) string {
				return fmt.Sprintf("/api/v1/explain?subject=o%02d&window=91d", n%benchObjectives)
			}},
			{"explain again", "/api/v1/explain?subject=unknown&window=91d", nil},
		} {
			b.Run(fmt.Sprintf("%s/events=%d", bc.name, events), func(b *testing.B) {
				for n := range b.N {
					path := bc.path
					if bc.before != nil {
						b.StopTimer()
						if other := bc.before(n); other != "" {
							path = other
						}
						b.StartTimer()
					}
					r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Fatalf("%s: %d %s", path, w.Code, w.Body)
					}
				}
			})
		}
	}
}
