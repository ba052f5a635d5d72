package main

import (
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// A report that is told again shares its clocks with the published one, which
// pages read meanwhile: naming them writes to no memory that is not its own.
func TestNamingStopsLeavesPublishedOnes(t *testing.T) {
	published := scoring.Report{Objectives: []scoring.ObjectiveReport{{ID: "o1", Title: "Pay less"}}, Stops: []scoring.StopClock{{Objective: "o1"}}}
	again := published
	if err := new(evaluator).nameStops(t.Context(), &again); err != nil {
		t.Fatal(err)
	}
	if got := again.Stops[0].Title; got != "Pay less" {
		t.Errorf("the clock is about %q", got)
	}
	if got := published.Stops[0].Title; got != "" {
		t.Errorf("the clock of the published report is now about %q", got)
	}
}
