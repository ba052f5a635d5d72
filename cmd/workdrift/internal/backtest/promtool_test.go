package backtest

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// comparedRules have everything in them that shipped rules count on: what is
// recorded, alerts that wait, go on, read themselves back, and watch for what
// is not there.
const comparedRules = `
groups:
  - name: recorded
    rules:
      - record: job:level:last18m
        expr: max without (instance) (last_over_time(level[18m]))
      - record: job:double
        expr: 2 * job:level:last18m
        labels: {of: level}
  - name: alerts
    rules:
      - {alert: AtOnce, expr: level > 0.5, labels: {severity: info}}
      - {alert: Waits, expr: job:level:last18m > 0.5, for: 15m}
      - {alert: GoesOn, expr: level > 0.5, keep_firing_for: 20m}
      - {alert: WaitsAndGoesOn, expr: 'job:double{of="level"} > 1', for: 10m, keep_firing_for: 15m}
      - {alert: Absent, expr: absent(level), for: 10m, labels: {job: j}}
      - {alert: Rises, expr: 'job:level:last18m > min_over_time(job:level:last18m[32m])', for: 5m}
      - alert: Sticks
        for: 10m
        keep_firing_for: 10m
        expr: job:level:last18m > 0.6 or job:level:last18m > 0.3 and on (job) last_over_time(ALERTS{alertname="Sticks",alertstate="firing"}[12m])
`

// gap stands for a step at which a series has no value.
const gap = -1

// TestRunIsWhatPrometheusDoes compares when alerts fire with promtool, at every
// step of random tables.
func TestRunIsWhatPrometheusDoes(t *testing.T) {
	promtool := tooltest.Need(t, "promtool")
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			const step = 5 * time.Minute
			table, steps := randomTable(rand.New(rand.NewPCG(seed, 1))), 120
			dir := t.TempDir()
			rules := filepath.Join(dir, "rules.yaml")
			write(t, rules, comparedRules)
			got := run(t, rules, tableFrames(table, steps, step), Options{
				Step: step, Until: start.Add(time.Duration(steps) * step), Known: []string{"level"}, Attach: map[string]string{"job": "j"},
			})
			if len(got.Episodes) < 5 {
				t.Fatalf("the table says too little: %+v", got)
			}
			test := filepath.Join(dir, "test.yaml")
			write(t, test, promtoolTest(table, steps, got))
			if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", test).CombinedOutput(); err != nil {
				t.Errorf("promtool: %v\n%s", err, out)
			}
		})
	}
}

// start is midnight, as for promtool, which begins at 0.
var start = time.Unix(0, 0)

// randomTable is a value of two instances at each step, in stretches: steady,
// at the edge, or away.
func randomTable(r *rand.Rand) map[string][]float64 {
	table := make(map[string][]float64)
	for _, instance := range []string{"a", "b"} {
		var values []float64
		for len(values) < 120 {
			kind, n := r.IntN(4), 1+r.IntN(9)
			level := float64(r.IntN(10)) / 10
			for range n {
				switch kind {
				case 0:
					values = append(values, gap)
				case 1:
					values = append(values, .5+float64(r.IntN(3)-1)/10)
				default:
					values = append(values, level)
				}
			}
		}
		table[instance] = values[:120]
	}
	return table
}

func tableFrames(table map[string][]float64, steps int, step time.Duration) []Frame {
	var frames []Frame
	for i := range steps {
		f := Frame{From: start.Add(time.Duration(i) * step)}
		for instance, values := range table {
			if values[i] != gap {
				f.Samples = append(f.Samples, Sample{"level", map[string]string{"instance": instance}, Value(values[i])})
			}
		}
		frames = append(frames, f)
	}
	return frames
}

// promtoolTest is a test of rules that holds if and only if alerts fire when the
// result says so.
func promtoolTest(table map[string][]float64, steps int, want *Result) string {
	var b strings.Builder
	b.WriteString("rule_files: [rules.yaml]\nevaluation_interval: 5m\ngroup_eval_order: [recorded, alerts]\ntests:\n  - interval: 5m\n    input_series:\n")
	for _, instance := range slices.Sorted(maps.Keys(table)) {
		var values []string
		for i, v := range table[instance] {
			switch {
			case v != gap:
				values = append(values, fmt.Sprint(v))
			case i > 0 && table[instance][i-1] != gap:
				values = append(values, "stale")
			default:
				values = append(values, "_")
			}
		}
		fmt.Fprintf(&b, "      - {series: 'level{job=\"j\",instance=\"%s\"}', values: '%s'}\n", instance, strings.Join(values, " "))
	}
	b.WriteString("    promql_expr_test:\n")
	for i := range steps {
		at := start.Add(time.Duration(i) * 5 * time.Minute)
		fmt.Fprintf(&b, "      - eval_time: %dm\n        expr: ALERTS{alertstate=\"firing\"}\n        exp_samples:\n", i*5)
		none := true
		for _, e := range want.Episodes {
			if at.Before(e.From) || !e.Until.IsZero() && !at.Before(e.Until) {
				continue
			}
			none = false
			fmt.Fprintf(&b, "          - {value: 1, labels: 'ALERTS{alertname=\"%s\",alertstate=\"firing\"", e.Alert)
			for _, name := range slices.Sorted(maps.Keys(e.Labels)) {
				fmt.Fprintf(&b, ",%s=%q", name, e.Labels[name])
			}
			b.WriteString("}'}\n")
		}
		if none {
			b.WriteString("          []\n")
		}
	}
	return b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, rules string, frames []Frame, o Options) *Result {
	t.Helper()
	loaded, err := Load(rules)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), loaded, frames, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestScraped(t *testing.T) {
	samples, err := Scraped(bytes.NewBufferString("# TYPE a gauge\na{b=\"c\"} +Inf\n# TYPE d counter\nd 2\n# TYPE h histogram\nh_sum 1\nh_count 1\nh_bucket{le=\"+Inf\"} 1\n"))
	if err != nil || len(samples) != 2 {
		t.Fatalf("%v, %v", samples, err)
	}
	slices.SortFunc(samples, func(a, b Sample) int { return strings.Compare(a.Metric, b.Metric) })
	if text, _ := samples[0].Value.MarshalText(); string(text) != "+Inf" || samples[0].Labels["b"] != "c" || samples[1].Value != 2 {
		t.Errorf("%+v", samples)
	}
	if _, err := Scraped(bytes.NewBufferString("{{{")); err == nil {
		t.Error("nonsense is read")
	}
}
