package main

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// What words say is told as a guess, with as much as is known of how sure it is.
func TestExplanationTellsWhatWordsSay(t *testing.T) {
	a := explanation{Subject: "unknown", Window: "28d", Next: []string{"PAY-7", "PAY-9\x1b[2J"}, More: 3, Items: []explainedItem{
		{Key: "PAY-7", Bucket: "unknown", Method: "none", Suggested: []scoring.Suggested{
			{Objective: "sso", Confidence: .875, Score: scoring.Absent()}, {Confidence: scoring.Absent(), Score: scoring.Absent()}}},
		{Key: "PAY-8", Bucket: "unknown", Method: "none", Suggested: []scoring.Suggested{{Objective: "checkout", Confidence: scoring.Absent(), Score: 3.25}}},
		{Key: "PAY-9", Bucket: "unknown", Method: "none"},
	}}
	var b strings.Builder
	if err := a.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"perhaps sso (probability 0.88), else no objective\n", "perhaps checkout (score 3.2)\n", "… and 3 more", "teaches most: PAY-7, PAY-9 [2J.\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if n := strings.Count(b.String(), "by its words"); n != 2 {
		t.Errorf("%d works with suggestions", n)
	}
}
