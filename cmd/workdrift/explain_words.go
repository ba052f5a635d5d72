package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
)

// comparedWords returns how the words of teams, and of everybody, compare with what an
// objective declares.
func comparedWords(report *scoring.Report, objective string) (list []scoring.VocabularyReport) {
	for _, v := range report.Vocabulary {
		if v.Objective == objective {
			list = append(list, v)
		}
	}
	return list
}

// writeWords tells for each team which declared terms, and how many other words,
// make its words differ most from the declaration, and which works match what the
// objective excludes.
func writeWords(w io.Writer, list []scoring.VocabularyReport) {
	for i := range list {
		v := &list[i]
		fmt.Fprintf(w, "Words of %s\t%s\n", cmp.Or(v.Team, "everybody"), gapText(v))
		if parts := termsText(v); len(parts) > 0 {
			fmt.Fprintf(w, "  differ most in\t%s\n", connectors.Printable(strings.Join(parts, ", ")))
		}
		for _, a := range v.Anchors {
			if a.Flagged {
				fmt.Fprintf(w, "  means another thing by\t%s (gap %.2f, p %.3f)\n", connectors.Printable(a.Term), float64(a.Gap.Value), float64(a.P))
			}
		}
		if len(v.Unused) > 0 {
			fmt.Fprintf(w, "  never uses\t%s\n", connectors.Printable(strings.Join(v.Unused, ", ")))
		}
		if len(v.Breaches) > 0 {
			fmt.Fprintf(w, "  matches what is excluded\t%s\n", connectors.Printable(strings.Join(v.Breaches, ", ")))
		}
	}
}

func gapText(v *scoring.VocabularyReport) string {
	if v.Gap.Status != scoring.OK {
		return cmp.Or(v.Gap.Reason, string(v.Gap.Status))
	}
	text := fmt.Sprintf("gap %.2f, p %.3f over %d works", float64(v.Gap.Value), float64(v.P), v.Items)
	if v.Flagged {
		text += ": flagged"
	}
	return text
}

// termsText lists the declared terms of a gap, and counts the words that have no
// name.
func termsText(v *scoring.VocabularyReport) (parts []string) {
	for _, u := range v.Terms {
		than := "less"
		if u.Work > u.Declaration {
			than = "more"
		}
		parts = append(parts, fmt.Sprintf("%s (%s than declared)", u.Term, than))
	}
	if v.Others > 0 {
		parts = append(parts, fmt.Sprintf("%d words that nobody declared", v.Others))
	}
	return parts
}
