package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
)

// writeWords tells for each team which declared terms, and how many other words,
// make its words differ most from the declaration, and which works match what the
// objective excludes.
func writeWords(w io.Writer, list []scoring.VocabularyReport) {
	for i := range list {
		v := &list[i]
		fmt.Fprintf(w, "Words of %s\t%s\n", cmp.Or(v.Team, "everybody"), findings.GapText(v))
		if parts := findings.TermsText(v); len(parts) > 0 {
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
