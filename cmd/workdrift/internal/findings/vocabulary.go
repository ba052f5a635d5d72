package findings

import (
	"cmp"
	"fmt"

	"github.com/workdrift/workdrift/scoring"
)

// ComparedWords returns how the words of teams, and of everybody, compare with
// what an objective declares.
func ComparedWords(report *scoring.Report, objective string) (list []scoring.VocabularyReport) {
	for _, v := range report.Vocabulary {
		if v.Objective == objective {
			list = append(list, v)
		}
	}
	return list
}

// GapText says how far the words of work are from those of a declaration, or why
// that is not told.
func GapText(v *scoring.VocabularyReport) string {
	if v.Gap.Status != scoring.OK {
		return cmp.Or(v.Gap.Reason, string(v.Gap.Status))
	}
	text := fmt.Sprintf("gap %.2f, p %.3f over %d works", float64(v.Gap.Value), float64(v.P), v.Items)
	if v.Flagged {
		text += ": flagged"
	}
	return text
}

// TermsText lists the declared terms of a gap, and counts the words that have no
// name.
func TermsText(v *scoring.VocabularyReport) (parts []string) {
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
