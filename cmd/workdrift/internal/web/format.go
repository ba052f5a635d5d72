package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// functions are what the templates call.
func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"percent": func(n scoring.Number) string { return together(percent(n)) },
		"keep":    together,
		"ratio":   ratio,
		"days":    days,
		"ago":     func(t time.Time) string { return ago(now(), t) },
		// Pollers live by the real clock, also where the report's is another.
		"pollAgo": func(t time.Time) string { return ago(time.Now(), t) },
		"words":   anyWords,
		"when":    when,
		"part":    part,
		"decisions": func(list []store.Override, mayDecide bool, back string) any {
			return struct {
				List      []store.Override
				MayDecide bool
				Back      string
			}{list, mayDecide, back}
		},
		"table": func(t *itemTable, mayDecide bool) any {
			return struct {
				Table     *itemTable
				MayDecide bool
			}{t, mayDecide}
		},
		"span":       span,
		"navigation": navigation,
		"shortDate":  shortDate,
		"isoWeek":    isoWeek,
	}
}

func percent(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100)
}

func ratio(n scoring.Number) string {
	switch {
	case !n.Known():
		return "–"
	case math.IsInf(float64(n), 1):
		return "∞"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

func days(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(n))
}

func ago(now, t time.Time) string {
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

// anyWords makes a name of any type readable.
func anyWords(name any) string { return words(fmt.Sprint(name)) }

// part is the share of one work, which is told in steps.
func part(n scoring.Number) string {
	if n < scoring.ShareStep {
		return "below 5 %"
	}
	return "about " + percent(n)
}

// together keeps numbers and their unit on one line.
func together(text string) string { return strings.ReplaceAll(text, " %", "\u00a0%") }
