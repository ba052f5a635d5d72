package chart

import (
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// Missing weeks look missing: a line ends before them and begins behind them.
func TestChartLeavesGaps(t *testing.T) {
	weeks := make([]scoring.WeekReport, 5)
	for i, v := range []scoring.Number{.5, .25, scoring.Absent(), 1, scoring.Absent()} {
		weeks[i] = scoring.WeekReport{Top: v, TopLower: v - .1, TopUpper: v + .1, Shadow: scoring.Absent()}
	}
	c := Weeks("c", "C", weeks, 0, Top(), Shadow())
	want := []Line{{"top", "40.0,82.0 119.0,119.0"}, {"top", "277.0,8.0 277.0,8.0"}}
	if !slices.Equal(c.Lines, want) {
		t.Errorf("lines %q, want %q", c.Lines, want)
	}
	if band := []string{"40.0,67.2 119.0,104.2 119.0,133.8 40.0,96.8"}; !slices.Equal(c.Bands, band) {
		t.Errorf("bands %q, want %q", c.Bands, band)
	}
	if len(c.Dots) != 1 || c.Dots[0].Text != "100 %" {
		t.Errorf("dots %+v", c.Dots)
	}
}
