package findings

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

// Percent is a share in whole hundredths, a dash where there is none.
func Percent(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100)
}

// Minus gives a number its minus sign where it is set for people. What programs
// may read keeps the hyphen.
func Minus(number string) string { return strings.ReplaceAll(number, "-", "\u2212") }

// Points is a difference of shares in words.
func Points(d scoring.Number) string {
	switch p := math.Round(float64(d) * 100); {
	case p == 1:
		return "1 point higher"
	case p == -1:
		return "1 point lower"
	case p > 0:
		return fmt.Sprintf("%.0f points higher", p)
	case p < 0:
		return fmt.Sprintf("%.0f points lower", -p)
	}
	return "no higher or lower"
}

// Span is a window in words: 28d is "28 days".
func Span(label string) string {
	if n, ok := strings.CutSuffix(label, "d"); ok {
		return n + " days"
	}
	return label
}

// Words makes a name readable: total_decoupling is "total decoupling".
func Words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// Plural counts things.
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// ShortDate is a day as people write it.
func ShortDate(d scoring.Day) string {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return d.String()
	}
	return t.Format("2 Jan")
}

// Date is the day of a time as people write it.
func Date(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// ISOWeek names the ISO week of a Monday: "2026-W14".
func ISOWeek(monday scoring.Day) string {
	t, err := time.Parse(time.DateOnly, monday.String())
	if err != nil {
		return ""
	}
	year, week := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// Ago says how long before now a time is.
func Ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	case d < 72*time.Hour:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
	return fmt.Sprintf("%.0f days ago", d.Hours()/24)
}

// PhaseMeaning says in a few words what a phase is.
func PhaseMeaning(name string) string {
	switch name {
	case "aligned":
		return "the work follows what is declared"
	case "focus_creep":
		return "the work spreads over more than what is declared"
	case "vocabulary_gap":
		return "the words of the work are not those of what is declared"
	case "total_decoupling":
		return "objectives are reported green while their outcomes do not move"
	}
	return "too little is measured to tell"
}

// CategoryName is what a category is called on pages.
func CategoryName(c string) string {
	switch c {
	case scoring.OnObjective.String():
		return "on objectives"
	case scoring.Excluded.String():
		return "declared off strategy"
	case scoring.Stopped.String():
		return "for what was stopped"
	case scoring.Unknown.String():
		return "for nothing that is declared"
	}
	return Words(c)
}

// ShadowVerdict says whether more than half of the work is off strategy.
func ShadowVerdict(s *scoring.Score) string {
	switch s.Verdict {
	case "yes":
		return "larger than the official roadmap, whatever the unknown work was for"
	case "possible":
		return "possibly larger than the official roadmap: that depends on what the unknown work was for"
	case "no":
		return "smaller than the official roadmap, whatever the unknown work was for"
	}
	return Words(s.Verdict)
}

// ObjectivePath is the page of an objective.
func ObjectivePath(id string) string { return "/objectives/" + url.PathEscape(id) }
