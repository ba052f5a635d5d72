package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// However many streams there are, a page shows the largest of each category and
// leads to the others, each of which is on one page, and no stream sends more
// than its name.
func TestShadowPageIsBounded(t *testing.T) {
	report := fullReport(t)
	streams := &findings.Streams{AsOf: report, Window: "28d"}
	for i := range 3*streamsOnPage + 5 {
		for _, category := range []string{"unknown", "excluded"} {
			x := findings.Stream{ID: fmt.Sprintf("%s%d", category, i), Category: category, By: "repo", Name: fmt.Sprintf("acme/%d", i), Share: .1, Status: scoring.OK, Works: 500, Trend: []scoring.Number{0, scoring.Absent(), .05, .1}}
			for k := range MaxDecided {
				x.Keys = append(x.Keys, fmt.Sprintf("%s-%d-%d", category, i, k))
				x.Items = append(x.Items, findings.StreamItem{Key: x.Keys[k], Title: "one"})
			}
			streams.List = append(streams.List, x)
		}
	}
	h := handler(t, report, func(o *Options) {
		o.Streams = func(context.Context) (*findings.Streams, error) { return streams, nil }
	})
	visit := func(path string) string { return ask(h, http.MethodGet, path).Body.String() }
	seen := make(map[string]int)
	for _, query := range []string{"", "?category=unknown&from=10", "?category=unknown&from=20", "?category=unknown&from=30", "?stream=excluded13", "?category=excluded&from=29", "?category=excluded&from=999"} {
		page := visit("/shadow" + query)
		for i := range streams.List {
			if id := streams.List[i].ID; strings.Contains(page, `id="`+id+`"`) {
				seen[id]++
			}
		}
		if n := strings.Count(page, `class="card stream"`); n > 2*streamsOnPage || n == 0 {
			t.Errorf("%s shows %d streams", query, n)
		}
		if strings.Contains(page, fmt.Sprintf("-%d<", itemsOfStream)) {
			t.Errorf("%s lists more items than it should", query)
		}
	}
	for i := range streams.List {
		if id := streams.List[i].ID; seen[id] != 1 {
			t.Errorf("%s is on %d pages", id, seen[id])
		}
	}
	first := visit("/shadow")
	for _, want := range []string{`<a href="/shadow?category=unknown&amp;from=10">The next of 25 further streams`, `d="M56.0 24v-11.0h23.8v11.0zM84.0 24v-22.0h23.8v22.0z"`, "0 %, –, 5 %, 10 %"} {
		if !strings.Contains(strings.ReplaceAll(first, "\u00a0", " "), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, odd := range []string{"?from=-5", "?category=nothing&from=40", "?from=x", "?stream=gone"} {
		if page := visit("/shadow" + odd); !strings.Contains(page, `id="unknown0"`) {
			t.Errorf("%s does not show the largest streams", odd)
		}
	}
}
