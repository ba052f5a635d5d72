package scoring

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"testing"
)

// The help of every score says what it is, how it reads with how good the
// evidence for that is, and what it cannot see.
func TestHelpHasThreeParts(t *testing.T) {
	parts := []struct {
		name string
		says *regexp.Regexp
	}{
		{"a reading", regexp.MustCompile(`(?i)healthy|alarming|on track|no (other )?reading is known|neither (end|sign|place) `)},
		{"evidence", regexp.MustCompile(`(?i)\bdefaults?\b|no (other )?reading is known|no (benchmark|literature)|article|book|stud(y|ies)|simulation|calculation|vendor|as such|by itself`)},
		{"a limit", regexp.MustCompile(`(?i)cannot|\bsees?\b|invisible|out of sight|not (removed|known)|depends on|looks? at|\bonly\b|left out|leaves? it|do(es)? not count|count(s|ing)? (too|as|until)|on counting|needs|have none|are not stopped|may still|as good as|low means`)},
	}
	check := func(name, help string) {
		for _, p := range parts {
			if !p.says.MatchString(help) {
				t.Errorf("%s does not say %s: %s", name, p.name, help)
			}
		}
		if n := len(regexp.MustCompile(`[.)] `).FindAllString(help+" ", -1)); n < 2 {
			t.Errorf("%s has %d sentences: %s", name, n, help)
		}
	}
	for _, f := range catalogue() {
		switch f.name {
		case "workdrift_score_breached_blocks", "workdrift_identities_unmatched", "workdrift_attribution_effort_ratio":
			check(f.name, f.help)
		}
	}
	for _, f := range scoreFamilies() {
		check(f.score, f.help)
	}
	var told []string
	for _, f := range latestFamilies() {
		if !slices.Contains(told, f.help) {
			told = append(told, f.help)
			check(f.score, f.help)
		}
	}
}

// The package's page says what every score is.
func TestPackagePageNamesEveryScore(t *testing.T) {
	page, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, word := range regexp.MustCompile(`[a-z]+(_[a-z]+)*`).FindAllString(string(page), -1) {
		named[word] = true
	}
	for _, f := range scoreFamilies() {
		if !named[f.score] {
			t.Errorf("%s is not on the page", f.score)
		}
	}
	for _, f := range latestFamilies() {
		if name := cmp.Or(f.metric, f.score); !named[name] {
			t.Errorf("%s is not on the page", name)
		}
	}
}
