package chart

import (
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// The outcome has its own scale, which takes in the target, and a week that was
// not measured is a gap; what was done stands below on the same weeks.
func TestProgressPanels(t *testing.T) {
	no := scoring.Absent()
	report := &scoring.ProgressReport{Down: true, Baseline: no, Target: -100}
	for i, values := range [][2]scoring.Number{{0, 300}, {4, no}, {2, 100}, {no, 100}} {
		report.Weeks = append(report.Weeks, scoring.ProgressWeek{Monday: scoring.Day(20_000 + 7*i), Done: values[0], Outcome: values[1]})
	}
	p := Progress("p", "P", report)
	if want := []Line{{"cover", "75.5,22.0 75.5,22.0"}, {"cover", "201.5,57.0 264.5,57.0"}}; !slices.Equal(p.Outcome.Lines, want) {
		t.Errorf("lines %q, want %q", p.Outcome.Lines, want)
	}
	if o := p.Outcome; o.Highest != "300" || o.Lowest != "\u2212100" || o.Target == nil || o.Target.At != outcomeBottom || o.Dots[0].Text != "100" {
		t.Errorf("the outcome is %+v", o)
	}
	if d := p.Done; len(d.Bars) != 2 || d.Bars[0].Height != doneBottom-doneTop || d.Bars[1].Height != (doneBottom-doneTop)/2 || d.Highest != "4" {
		t.Errorf("what was done is %+v", d)
	}
	if want := "The outcome went from 300 to 100 over 3 weeks, its target is \u2212100. 6 items were done and verified."; p.Desc != want || len(p.Rows) != 4 || p.Rows[1][1] != "–" {
		t.Errorf("described as %q, rows %q", p.Desc, p.Rows)
	}
	for i := range report.Weeks {
		report.Weeks[i].Done, report.Weeks[i].Outcome = no, no
	}
	if p := Progress("p", "P", report); p.Outcome.Lines != nil || p.Done.Bars != nil || !strings.Contains(p.Desc, "not measured") {
		t.Errorf("nothing measured: %+v", p)
	}
}
