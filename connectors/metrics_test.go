package connectors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/store"
)

// The names, labels and help texts are an interface: rules, dashboards and
// other people's alerts use them.
func TestMetricsGolden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewPedanticRegistry()
		m := NewMetrics(reg)
		calls := 0
		good := paged(3, &calls)
		cfg := testConfig(newMemory(), fetchFunc(func(ctx context.Context, c store.Cursor) (store.Batch, error) {
			time.Sleep(2 * time.Second)
			b, err := good(ctx, c)
			switch calls {
			case 2:
				b.Items = append(b.Items, store.Item{ID: "t/bad"})
			case 3:
				return b, &Error{Reason: ReasonRateLimited, RetryAt: time.Now().Add(time.Minute), Err: errors.New("quota")}
			}
			return b, err
		}))
		cfg.Metrics = m
		during(t, NewPoller(cfg), 70*time.Second, nil)
		NewPoller(PollerConfig{Source: "jira", Provider: "jira", Metrics: m, Interval: time.Hour}) // never ran
		o := m.For("src")
		o.Quota("core", 5000, 4321, time.Unix(1_800_000_000, 0))
		o.Quota("search", 30, 30, time.Time{})
		o.Quota("search", 30, 29, time.Time{})
		if got, want := m.Quotas("src"), []Quota{{"core", 5000, 4321, time.Unix(1_800_000_000, 0)}, {"search", 30, 29, time.Time{}}}; !slices.Equal(got, want) {
			t.Errorf("quotas %v, want %v", got, want)
		}
		if got := m.Quotas("jira"); got != nil {
			t.Errorf("quotas of a source that told none: %v", got)
		}
		meter{m, "src"}.answered(200)
		meter{m, "src"}.answered(0)
		meter{m, "src"}.receiving()
		for _, o := range []HookOutcome{HookAccepted, HookAccepted, HookDuplicate, HookIgnored, HookUnsigned, "made up"} {
			m.Delivered("src", o)
		}

		golden, err := os.Open(filepath.Join("testdata", "metrics.prom"))
		if err != nil {
			t.Fatal(err)
		}
		defer golden.Close()
		if err := testutil.GatherAndCompare(reg, golden); err != nil {
			t.Error(err)
		}
		problems, err := testutil.GatherAndLint(reg)
		if err != nil || len(problems) > 0 {
			t.Errorf("lint: %v %v", problems, err)
		}
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if h := f.GetMetric()[0].GetHistogram(); h != nil && h.Schema == nil {
				t.Errorf("%s is not a native histogram", f.GetName())
			}
		}
	})
}

func TestMetricsForget(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := NewMetrics(reg)
	for _, source := range []string{"a", "b"} {
		NewPoller(PollerConfig{Source: source, Provider: "p", Metrics: m})
		m.For(source).Quota("core", 1, 1, time.Unix(1, 0))
		meter{m, source}.answered(200)
		meter{m, source}.known(time.Unix(1, 0), 1)
		meter{m, source}.scanned(time.Second)
		meter{m, source}.receiving()
	}
	before, err := testutil.GatherAndCount(reg)
	if err != nil {
		t.Fatal(err)
	}
	m.Forget("a")
	after, err := testutil.GatherAndCount(reg)
	if err != nil || after*2 != before {
		t.Errorf("%d series became %d, want half: %v", before, after, err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			for _, l := range s.GetLabel() {
				if l.GetName() == "connector" && l.GetValue() != "b" {
					t.Errorf("%s%v is left", f.GetName(), s.GetLabel())
				}
			}
		}
	}
}

// A provider, or somebody between it and us, cannot make series.
func TestMetricsAreBounded(t *testing.T) {
	m := NewMetrics(nil)
	o := m.For("src")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 1000 {
				o.Quota(fmt.Sprintf("r%d", i*1000+j), 1, 1, time.Time{})
				o.Quota(strings.Repeat("x", j), 1, 1, time.Time{})
				o.Quota("Évil\n\"}", 1, 1, time.Time{})
				meter{m, "src"}.answered(i*1000 + j)
				meter{m, "src"}.failed(Reason(fmt.Sprint(j)))
			}
		})
	}
	wg.Wait()
	if n := testutil.CollectAndCount(m.limit); n > maxResources+1 {
		t.Errorf("%d series of resources", n)
	}
	if n := testutil.CollectAndCount(m.requests); n > 501 {
		t.Errorf("%d series of codes", n)
	}
	if n := testutil.CollectAndCount(m.failures); n > len(Reasons()) {
		t.Errorf("%d series of reasons", n)
	}
}
