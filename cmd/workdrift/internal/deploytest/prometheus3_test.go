package deploytest

import (
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// The tools at hand may be of Prometheus 2. The queries of rules and dashboards are
// right in Prometheus 3 too, whose parser this is, with nothing experimental
// enabled. What the rules say in its engine is tested with workdrift backtest.
func TestPrometheus3TakesWhatIsShipped(t *testing.T) {
	queries := map[string]string{}
	for _, name := range []string{recording, alerting} {
		for _, r := range shipped(t, name).all() {
			queries[name+", "+r.Record+r.Alert] = r.Expr
		}
	}
	for _, d := range dashboards(t) {
		for what, expr := range d.queries(example) {
			queries[what] = expr
		}
	}
	for what, expr := range queries {
		if _, err := parser.ParseExpr(expr); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(queries) < 100 {
		t.Errorf("only %d queries were found", len(queries))
	}
}
