package findings

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// Every score has a name of its own in plain words: nobody who looks at a page
// has to know what a metric is called.
func TestScoreNames(t *testing.T) {
	names, used := make(map[string]string), make(map[string]bool)
	for _, d := range scoring.Definitions() {
		text := ScoreName(d.Name)
		if other, taken := names[text]; taken && other != d.Name {
			t.Errorf("%s and %s are both called %q", d.Name, other, text)
		}
		names[text] = d.Name
		rest := d.Name
		for _, of := range scoreParts {
			if cut, ok := strings.CutPrefix(rest, of.prefix); ok {
				rest = cut
				break
			}
		}
		used[rest] = true
		if _, ok := scoreNames[rest]; !ok || strings.Contains(text, "_") || len(text) > 90 {
			t.Errorf("%s is called %q", d.Name, text)
		}
	}
	for name := range scoreNames {
		if !used[name] {
			t.Errorf("%s is no score", name)
		}
	}
	if got := ScoreName("new_score"); got != "new score" {
		t.Errorf("a score without a name is called %q", got)
	}
}
