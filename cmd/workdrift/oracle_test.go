package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

// An oracleRun is one way to read a firm: when somebody looked.
type oracleRun struct {
	name  string
	seed  uint64
	dc    bool
	looks []int // days after the start; the last is the end
}

// TestOracle compares what Workdrift says of a generated firm with what is
// true, to the micro-person-day, for every objective, bucket, team and window.
func TestOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	runs := []oracleRun{
		{name: "read at the end", seed: 1, looks: []int{98}},
		{name: "read as it happens", seed: 1, looks: []int{20, 47, 66, 71, 98}},
		{name: "Data Center", seed: 2, dc: true, looks: []int{60, 91}},
	}
	if *large {
		for seed := range uint64(10) {
			runs = append(runs,
				oracleRun{name: fmt.Sprint("end, seed ", seed), seed: 10 + seed, dc: seed%2 > 0, looks: []int{98}},
				oracleRun{name: fmt.Sprint("steps, seed ", seed), seed: 10 + seed, dc: seed%2 > 0, looks: []int{9, 33, 47, 55, 62, 66, 69, 71, 80, 90, 97, 98}})
		}
	}
	for _, run := range runs {
		t.Run(run.name, func(t *testing.T) { run.compare(t) })
	}
}

func (run oracleRun) compare(t *testing.T) {
	f := newFirm(run.seed, run.looks[len(run.looks)-1], 1, run.dc)
	dir := t.TempDir()
	cfg := f.serve(t, dir)
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: newLogger(t.Output(), cfg.Log), Now: func() time.Time { return f.clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	var report *scoring.Report
	for _, day := range run.looks {
		f.run(f.start.AddDate(0, 0, day).Add(20 * time.Hour))
		f.looked()
		report = pollAndScore(t, d)
	}
	if err := f.err(); err != nil {
		t.Fatalf("the firm could not do what it planned: %v", err)
	}
	if report.Partial || len(report.Late) > 0 {
		t.Fatalf("the report is partial: %v, late: %v", report.Partial, report.Late)
	}
	f.seat()
	compared := f.check(t, report)
	if t.Failed() {
		f.differences(t, d, report)
	}
	events := 0
	for c, err := range d.store.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		events += len(c.Events)
	}
	if events < 20_000 || len(f.people) < 60 || report.Stats.Strange == 0 {
		t.Errorf("%d events of %d people, %d strangers: the firm is too small", events, len(f.people), report.Stats.Strange)
	}
	for _, kind := range []string{"force-push", "move", "deletion", "worklog", "once project", "once repository", "once channel", "once crew", "once hub"} {
		if f.counts[kind] == 0 {
			t.Errorf("no %s happened", kind)
		}
	}
	t.Logf("%d events, %d items, %d works, %d figures compared, %v", events, report.Stats.Items, report.Window("91d").Org.Works, compared, f.counts)
}

// A comparison counts the figures that it compares.
type comparison struct {
	t       *testing.T
	figures int
}

// same compares an amount in person-days with one in millionths of them.
func (c *comparison) same(what string, got scoring.Number, micros int64) {
	c.t.Helper()
	c.figures++
	if got != scoring.Number(micros)/1e6 {
		c.t.Errorf("%s: %.6f person-days, want %.6f (off by %.0f millionths)", what, got, float64(micros)/1e6, math.Round(float64(got)*1e6)-float64(micros))
	}
}

// scope compares everything that is told of a group in a window.
func (c *comparison) scope(what string, s scoring.Scope, want sum) {
	c.t.Helper()
	if s.Status != scoring.OK {
		c.t.Errorf("%s is not published: %s", what, s.Reason)
		return
	}
	c.same(what+", total", s.Total, want.total)
	for _, o := range s.Objectives {
		c.same(what+", "+o.Objective, o.Effort, want.objective[o.Objective])
	}
	for _, e := range s.Effort {
		c.same(what+", "+e.Category.String(), e.Effort, want.bucket[e.Category.String()])
	}
	c.figures++
	top := s.Score(scoring.TopObjectivesEffort).Value
	if want := scoring.Number(want.top) / scoring.Number(want.total); top != want {
		c.t.Errorf("%s, top: %v, want %v", what, top, want)
	}
}

// check compares a report with the truth and returns how many figures it
// compared.
func (f *firm) check(t *testing.T, r *scoring.Report) int {
	t.Helper()
	c := &comparison{t: t}
	entries, unplaced := f.truth.entries()
	day := date(r.Day)
	end := f.truth.teamDay(day)
	for _, w := range r.Windows {
		from, until := window(w.Label, day)
		if date(w.From) != from || date(w.Until) != until {
			t.Errorf("%s is from %s until %s, want %s until %s", w.Label, w.From, w.Until, from, until)
		}
		c.scope(w.Label, w.Org, f.truth.sum(entries, everybody, from, until))
		lost := int64(0)
		for d, micros := range unplaced {
			if from <= d && d <= until {
				lost += micros
			}
		}
		if w.Org.Unplaced.Known() { // it is withheld when it is of few
			c.same(w.Label+", unplaced", w.Org.Unplaced, lost)
		}
		first, last := window(w.Label, end)
		if w.Label == "quarter" {
			first = from
		}
		for i, team := range w.Teams {
			if date(team.Until) != end {
				t.Errorf("the windows of teams end on %s, want %s", team.Until, end)
			}
			c.scope(fmt.Sprintf("%s, team %s until %s", w.Label, team.Team, last), team, f.truth.sum(entries, i, first, last))
		}
	}
	if want := f.strangers(); r.Stats.Strange != want {
		t.Errorf("%d identities are nobody's, want %d", r.Stats.Strange, want)
	}
	return c.figures + 1
}

// window returns the days of a window that ends with a day.
func window(label string, end date) (from, until date) {
	switch label {
	case "quarter":
		y, m, _ := time.Unix(end.midnight(), 0).UTC().Date()
		return dateOf(time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)), end
	case "7d":
		return end - 6, end
	case "28d":
		return end - 27, end
	}
	return end - 90, end
}

// teamDay is the last day of the windows of teams: where fewer than three came
// or went on any day, only whole weeks are told.
func (l *ledger) teamDay(day date) date {
	type move struct {
		team int
		day  date
	}
	moves, seen := map[move]int{}, map[*soul]bool{}
	for s := range maps.Values(l.souls) {
		if seen[s] {
			continue
		}
		seen[s] = true
		for _, st := range s.stays {
			for _, edge := range []date{st.from, st.until} {
				if day-92 <= edge && edge <= day {
					moves[move{st.team, edge}]++
				}
			}
		}
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(moves)), func(n int) bool { return n < 3 }) {
		return (day + 1).monday() - 1
	}
	return day
}

// differences logs the pieces of work of which the report and the truth differ.
func (f *firm) differences(t *testing.T, d *daemon, r *scoring.Report) {
	t.Helper()
	type slot struct{ piece, bucket, objective string }
	diff := map[slot]int64{}
	for _, c := range d.evaluator.engine.Carriers(r, "91d", func(scoring.Category, string) bool { return true }) {
		it, _, err := d.store.Find(t.Context(), c.No)
		if err != nil {
			t.Fatal(err)
		}
		diff[slot{it.Source + " " + it.ID, c.Category.String(), c.Objective}] += int64(math.Round(float64(c.Effort) * 1e6))
	}
	entries, _ := f.truth.entries()
	from, until := window("91d", date(r.Day))
	for _, e := range entries {
		if from <= e.day && e.day <= until {
			diff[slot{e.on.source + " " + e.on.id, e.bucket, e.purpose}] -= e.micros
		}
	}
	maps.DeleteFunc(diff, func(_ slot, n int64) bool { return n == 0 })
	slots := slices.SortedFunc(maps.Keys(diff), func(a, b slot) int { return cmp.Compare(math.Abs(float64(diff[b])), math.Abs(float64(diff[a]))) })
	t.Logf("%d pieces of work differ", len(slots))
	for _, s := range slots[:min(len(slots), 25)] {
		t.Logf("%+d for %s as %s %s", diff[s], s.piece, s.bucket, s.objective)
	}
}
