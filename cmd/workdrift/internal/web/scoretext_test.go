package web

import (
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// Values are told as people say them: flags as yes or no, what is one of several
// by its name.
func TestScoresInWords(t *testing.T) {
	defs := definitionsOf(scoring.Definitions())
	score := func(name string, v scoring.Number, verdict string) *scoring.Score {
		return &scoring.Score{Name: name, Value: v, Verdict: verdict, Lower: scoring.Absent(), Upper: scoring.Absent(), Status: scoring.OK}
	}
	missing := score("observed_confidence", scoring.Absent(), "")
	missing.Status, missing.Reason = scoring.InsufficientData, "3 of 5 weeks"
	for _, tc := range []struct {
		score       *scoring.Score
		value, note string
	}{
		{score("watermelon", 1, "delivery and outcome"), "yes", "delivery and outcome"},
		{score("outcome_stalled", 0, ""), "no", ""},
		{score("outcome_query", 1, "ok"), "ok", ""},
		{score("stop_latency_median", 12, ""), "12 days", ""},
		{score("top_objectives_effort", .42, ""), "42 %", ""},
		{score("replans", 2, ""), "2", ""},
		{missing, "–", "insufficient data: 3 of 5 weeks"},
	} {
		if l := line(defs, tc.score); l.Value != tc.value || l.Note != tc.note {
			t.Errorf("%s is %q, %q", tc.score.Name, l.Value, l.Note)
		}
	}
}
