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
	"github.com/workdrift/workdrift/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

const golden = "testdata/exposition.prom"

// exampleReport has two teams, of which one is published.
func exampleReport(t *testing.T) *scoring.Report {
	w := fortyDays()
	w.declared.Privacy.HumanDebt = true
	w.declared.Profile = scoring.Profile{Index: true, Dimensions: scoring.DefaultDimensions()}
	for i := range w.declared.Profile.Dimensions {
		d := &w.declared.Profile.Dimensions[i]
		if d.Weight = 0; d.Name == scoring.TopObjectivesEffort || d.Name == scoring.ShadowEffort {
			d.Weight = 1
		}
	}
	no := objective.NoDate
	team := scoring.Team{ID: "core"}
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: fmt.Sprint("p", i), From: no, Until: no, Share: 1})
	}
	w.declared.Teams = []scoring.Team{team, {ID: "empty"}}
	// Of the first objective everything is declared that can be.
	first, target, baseline := &w.declared.Set.Objectives[0], 55.0, 48.0
	first.Start, first.Versions[0].Due = calendarDay(noon(2025, 1, 6)), calendarDay(noon(2025, 6, 30))
	first.Teams = []string{"core", "empty"}
	first.Outcome = &objective.Outcome{Query: "q", Direction: "up", Baseline: &baseline, Target: &target}
	w.measure("o1", "q", "ok", 49)
	second := &w.declared.Set.Objectives[1]
	second.Outcome = &objective.Outcome{Query: "local", Direction: "up", StandsFor: "o1"}
	w.measure("o2", "local", "ok", 7)
	w.item(store.KindDiscussion, "C1/1", nil)
	w.checkIn("person-0", "C1/1", "o1", "0.8", noon(2025, 3, 28))
	return w.evaluate(t)
}

// complete gives a value to what the example is too small for, so that every
// metric is in the register: in the organisation, the first team and the first
// two objectives.
func complete(r *scoring.Report) {
	restated := r.Window("28d").Org.Score(scoring.RestatementScore)
	restated.Status, restated.Reason, restated.Value = scoring.OK, "", .05
	for _, list := range [][]scoring.Score{r.Scores, r.Teams[0].Scores, r.Objectives[0].Scores, r.Objectives[1].Scores} {
		for i := range list {
			if s := &list[i]; !s.Value.Known() {
				s.Value, s.Lower, s.Upper = .5, .25, .75
			} else if !s.Lower.Known() {
				s.Lower, s.Upper = s.Value, s.Value
			}
		}
	}
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
	r := exampleReport(t)
	complete(r)
	c.Set(r)
	got := gather(t, c)
	descs := make(chan *prometheus.Desc, 1000)
	c.Describe(descs)
	close(descs)
	for d := range descs {
		_, name, _ := strings.Cut(d.String(), "fqName: \"")
		name, _, _ = strings.Cut(name, "\"")
		// Weeks are frozen of the organisation only.
		if name != "workdrift_team_restatement_ratio" && !strings.Contains(got, "\n# TYPE "+name+" ") {
			t.Errorf("%s is not in the register", name)
		}
	}
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
