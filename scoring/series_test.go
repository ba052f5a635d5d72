package scoring

import (
	"fmt"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/workdrift/workdrift/scoring/objective"
)

// largeReport has 60 teams and 50 objectives, and as many series as there can
// be: every score is late, so that both its last value and the reason are told.
func largeReport(t testing.TB) *Report {
	t.Helper()
	d := latestDeclared()
	d.Set.Objectives, d.Teams = nil, nil
	for o := range 50 {
		d.Set.Objectives = append(d.Set.Objectives, objective.Objective{ID: fmt.Sprintf("objective-%02d", o), Start: objective.DateOf(closedAt) - 90,
			Versions: []objective.Version{{From: objective.NoDate, Rank: o + 1, State: objective.Active, TargetShare: .01}}})
	}
	for n := range 60 {
		d.Teams = append(d.Teams, Team{ID: fmt.Sprintf("team-%02d", n)})
	}
	d.Windows.Labels = []string{"7d", "28d", "91d", Quarter}
	r, err := Evaluate(Input{Declared: d}, closedAt)
	if err != nil {
		t.Fatal(err)
	}
	late := func(of level) (list []Score) {
		for _, f := range latestFamilies() {
			if f.of&of != 0 {
				list = append(list, Score{Name: f.score, Value: .125, Lower: .0625, Upper: .25, Status: Stale})
			}
		}
		return list
	}
	r.Scores = late(ofOrganisation)
	for i := range r.Teams {
		r.Teams[i].Scores = late(ofTeams)
	}
	for i := range r.Objectives {
		r.Objectives[i].Scores, r.Objectives[i].Declared = late(ofObjectives), .01
	}
	for w := range r.Windows {
		window := &r.Windows[w]
		for _, s := range append([]*Scope{&window.Org}, pointers(window.Teams)...) {
			s.Effort, s.Objectives, s.Methods = nil, nil, nil
			for c := range Category(Categories) {
				s.Effort = append(s.Effort, CategoryEffort{c, 1})
			}
			for i := range d.Set.Objectives {
				s.Objectives = append(s.Objectives, ObjectiveEffort{Objective: d.Set.Objectives[i].ID, Effort: 1, Share: .02})
			}
			for _, m := range methods() {
				s.Methods = append(s.Methods, MethodEffort{m.String(), .1})
			}
			for i := range s.Scores {
				v := Number(.125)
				s.Scores[i] = Score{Name: s.Scores[i].Name, Value: v, Lower: v, Upper: v, IntervalLower: v, IntervalUpper: v, Status: Stale}
			}
		}
	}
	return r
}

func pointers(scopes []Scope) (list []*Scope) {
	for i := range scopes {
		list = append(list, &scopes[i])
	}
	return list
}

// seriesByFamily counts what a collector exposes.
func seriesByFamily(t testing.TB, c prometheus.Collector) (count map[string]int, bytes int) {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	count = make(map[string]int)
	var size counted
	for _, f := range families {
		count[f.GetName()] = len(f.GetMetric())
		if _, err := expfmt.MetricFamilyToText(&size, f); err != nil {
			t.Fatal(err)
		}
	}
	delete(count, "workdrift_series_dropped_total")
	return count, int(size)
}

type counted int

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }

// What teams need is within the limit however many there are. Objectives are
// not: above it families go as a whole, from the end of the catalogue, the same
// ones each time, and each of their series is counted.
func TestSeriesOfManyTeamsAndObjectives(t *testing.T) {
	r := largeReport(t)
	everything := NewCollector(1 << 20)
	everything.Set(r)
	all, _ := seriesByFamily(t, everything)
	total := 0
	for _, n := range all {
		total += n
	}
	for _, limit := range []int{2000, 1000, 300 - teamBudget(r), total - teamBudget(r), total - teamBudget(r) - 1} {
		c := NewCollector(limit)
		c.Set(r)
		got, _ := seriesByFamily(t, c)
		kept, gone := 0, false
		for _, f := range catalogue() {
			if all[f.name] == 0 {
				continue
			}
			kept += got[f.name]
			switch got[f.name] {
			case 0:
				gone = true
			case all[f.name]:
				if gone {
					t.Errorf("limit %d: %s is there, and a family before it is not", limit, f.name)
				}
			default:
				t.Errorf("limit %d: %d of %d series of %s", limit, got[f.name], all[f.name], f.name)
			}
		}
		if kept > limit+teamBudget(r) || (kept == total) != (limit >= total-teamBudget(r)) {
			t.Errorf("limit %d: %d of %d series with %d for teams", limit, kept, total, teamBudget(r))
		}
		if dropped := testutil.ToFloat64(c.dropped); int(dropped) != total-kept {
			t.Errorf("limit %d: %v series are counted as left out, %d are", limit, dropped, total-kept)
		}
		c.Set(r)
		if again, _ := seriesByFamily(t, c); !slices.Equal(names(again), names(got)) {
			t.Errorf("limit %d: other families go the next time", limit)
		}
		if dropped := testutil.ToFloat64(c.dropped); int(dropped) != 2*(total-kept) {
			t.Errorf("limit %d: %v series are counted as left out of two reports, %d are", limit, dropped, 2*(total-kept))
		}
	}
	// Whatever goes, the teams stay.
	c := NewCollector(2000)
	c.Set(r)
	got, _ := seriesByFamily(t, c)
	for _, s := range latestScopes() {
		for _, f := range s.families() {
			if s.of == ofTeams && got[f.name] != all[f.name] {
				t.Errorf("%d of %d series of %s", got[f.name], all[f.name], f.name)
			}
		}
	}
}

func names(count map[string]int) []string {
	var list []string
	for name := range count {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// BenchmarkScrapeLarge scrapes the most that 60 teams and 50 objectives can have.
func BenchmarkScrapeLarge(b *testing.B) {
	r := largeReport(b)
	for _, limit := range []int{2000, 1 << 20} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			c := NewCollector(limit)
			c.Set(r)
			series, size := 0, 0
			for b.Loop() {
				var count map[string]int
				count, size = seriesByFamily(b, c)
				series = 0
				for _, n := range count {
					series += n
				}
			}
			b.ReportMetric(float64(series), "series")
			b.ReportMetric(float64(size), "bytes")
			b.ReportMetric(testutil.ToFloat64(c.dropped), "dropped")
		})
	}
}
