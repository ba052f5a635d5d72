package scoring_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

var update = flag.Bool("update", false, "rewrite golden files")

const golden = "testdata/exposition.prom"

// exampleReport has two teams, of which one is published.
func exampleReport(t *testing.T) *scoring.Report {
	w := fortyDays()
	no := objective.NoDate
	team := scoring.Team{ID: "core"}
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: fmt.Sprint("p", i), From: no, Until: no, Share: 1})
	}
	w.declared.Teams = []scoring.Team{team, {ID: "empty"}}
	return w.evaluate(t)
}

func gather(t *testing.T, c *scoring.Collector) string {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// The golden file is the register of the report's metrics: names, types, help,
// labels and units.
func TestCollectorGolden(t *testing.T) {
	c := scoring.NewCollector(2000)
	c.Set(exampleReport(t))
	got := gather(t, c)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the exposition differs from %s (rewrite it with -update)\ngot:\n%s", golden, got)
	}
	problems, err := testutil.GatherAndLint(prometheusRegistry(c))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func prometheusRegistry(c prometheus.Collector) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	return reg
}

// Before the first report there is nothing, and what is no longer declared
// vanishes with the next.
func TestCollectorStaleSeriesVanish(t *testing.T) {
	c := scoring.NewCollector(2000)
	if got := gather(t, c); strings.Contains(got, "workdrift_top_objectives") {
		t.Errorf("a report before the first:\n%s", got)
	}
	w := fortyDays()
	c.Set(w.evaluate(t))
	if got := gather(t, c); !strings.Contains(got, `workdrift_objective_rank{objective="o4"} 4`) {
		t.Error("the fourth objective is missing")
	}
	w.declared.Set.Objectives = w.declared.Set.Objectives[:3]
	c.Set(w.evaluate(t))
	if got := gather(t, c); strings.Contains(got, `"o4"`) {
		t.Error("the fourth objective is still there")
	}
}

// Whatever upstream writes, the number of series depends on the configuration
// alone; above the limit whole families go and are counted.
func TestCollectorSeriesLimit(t *testing.T) {
	w := fortyDays()
	c := scoring.NewCollector(2000)
	c.Set(w.evaluate(t))
	before := testutil.CollectAndCount(c)
	for i := range 5000 {
		w.item("ticket", fmt.Sprintf("acme/api#%d", 1000+i), nil)
	}
	c.Set(w.evaluate(t))
	if after := testutil.CollectAndCount(c); after != before {
		t.Errorf("%d series before, %d after 5,000 more items", before, after)
	}
	small := scoring.NewCollector(40)
	small.Set(w.evaluate(t))
	got := gather(t, small)
	if n := testutil.CollectAndCount(small); n > 41 {
		t.Errorf("%d series above a limit of 40", n)
	}
	if !strings.Contains(got, "workdrift_report_timestamp_seconds") {
		t.Error("the report's time went first, it must go last")
	}
	if strings.Contains(got, "workdrift_series_dropped_total 0\n") {
		t.Error("dropped series are not counted")
	}
}

// Many scrapes may read while reports are swapped.
func TestCollectorConcurrentScrapes(t *testing.T) {
	c := scoring.NewCollector(2000)
	r := exampleReport(t)
	c.Set(r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			c.Set(r)
		}
	}()
	for range 50 {
		testutil.CollectAndCount(c)
	}
	<-done
}

// BenchmarkScrape gathers and writes a report of about 2,000 series, and one
// with 60 teams.
func BenchmarkScrape(b *testing.B) {
	for _, teams := range []int{4, 60} {
		b.Run(fmt.Sprintf("teams=%d", teams), func(b *testing.B) {
			w := fortyDays()
			for i := range teams {
				w.declared.Teams = append(w.declared.Teams, scoring.Team{ID: fmt.Sprintf("team-%d", i)})
			}
			for i := range 4 {
				id := fmt.Sprint("p", i)
				w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
				for t := range w.declared.Teams {
					w.declared.Teams[t].Members = append(w.declared.Teams[t].Members,
						scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1 / float64(teams)})
				}
			}
			w.declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1}
			r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes}, closed)
			if err != nil {
				b.Fatal(err)
			}
			c := scoring.NewCollector(2000)
			c.Set(r)
			reg := prometheusRegistry(c)
			for b.Loop() {
				families, err := reg.Gather()
				if err != nil {
					b.Fatal(err)
				}
				for _, f := range families {
					if _, err := expfmt.MetricFamilyToText(discard{}, f); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(testutil.CollectAndCount(c)), "series")
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
