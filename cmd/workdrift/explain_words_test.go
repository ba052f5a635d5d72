package main

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// An explanation of an objective tells of each team what its words come to, and
// names no word that is kept as a hash.
func TestExplanationTellsWords(t *testing.T) {
	report := &scoring.Report{Vocabulary: []scoring.VocabularyReport{
		{Objective: "other", Team: "alpha", Unused: []string{"another's"}},
		{Objective: "latency", Items: 80, Gap: scoring.Score{Status: scoring.OK, Value: .02}, P: .4},
		{Objective: "latency", Team: "beta", Items: 42, Gap: scoring.Score{Status: scoring.OK, Value: .31}, P: .005, Flagged: true,
			Terms: []scoring.Usage{{Term: "latency", Work: .2, Declaration: .1}, {Term: "p95\x1b[2J", Work: .01, Declaration: .3}}, Others: 8,
			Anchors: []scoring.Anchor{{Term: "latency", Gap: scoring.Score{Status: scoring.OK, Value: .5}, P: .005, Flagged: true}, {Term: "p95"}},
			Unused:  []string{"page load"}, Breaches: []string{"PAY-7", "acme/api#3"}},
		{Objective: "latency", Team: "gamma", Gap: scoring.Score{Status: scoring.SuppressedPrivacy, Reason: "fewer contributors than privacy.k_effort"}},
	}}
	answer := &explanation{Subject: "latency", Window: "28d", Items: []explainedItem{{Key: "PAY-1", Bucket: "objective"}}, Words: findings.ComparedWords(report, "latency")}
	var b strings.Builder
	if err := answer.write(&b); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"Words of everybody gap 0.02, p 0.400 over 80 works Words",
		"Words of beta gap 0.31, p 0.005 over 42 works: flagged",
		"differ most in latency (more than declared), p95", "(less than declared), 8 words that nobody declared",
		"means another thing by latency (gap 0.50, p 0.005) never uses page load matches what is excluded PAY-7, acme/api#3",
		"Words of gamma fewer contributors",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(got, "another's") || strings.Contains(b.String(), "\x1b") {
		t.Errorf("%s", b.String())
	}
}
