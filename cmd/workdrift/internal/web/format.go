package web

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// functions are what the templates call.
func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"percent": func(n scoring.Number) string { return together(findings.Minus(findings.Percent(n))) },
		"keep":    together,
		"ratio":   ratio,
		"days":    days,
		"ago":     func(t time.Time) string { return findings.Ago(now(), t) },
		// Pollers live by the real clock, also where the report's is another.
		"pollAgo": func(t time.Time) string { return findings.Ago(time.Now(), t) },
		"words":   anyWords,
		"item":    itemName,
		"talk":    discussion,
		"score":   findings.ScoreName,
		"when":    findings.Date,
		"part":    part,
		"decisions": func(list []decisionGroup, mayDecide bool, back string) any {
			return struct {
				List      []decisionGroup
				MayDecide bool
				Back      string
			}{list, mayDecide, back}
		},
		"choice": func(targets template.HTML, about string) any {
			return struct {
				Targets template.HTML
				About   string
			}{targets, about}
		},
		"table": func(t *itemTable, mayDecide bool) any {
			return struct {
				Table     *itemTable
				MayDecide bool
			}{t, mayDecide}
		},
		"span":       findings.Span,
		"navigation": navigation,
		"shortDate":  findings.ShortDate,
		"isoWeek":    findings.ISOWeek,
	}
}

func ratio(n scoring.Number) string {
	switch {
	case !n.Known():
		return "–"
	case math.IsInf(float64(n), 1):
		return "∞"
	}
	return findings.Minus(fmt.Sprintf("%.2f", float64(n)))
}

func days(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return findings.Minus(fmt.Sprintf("%.1f", float64(n)))
}

// anyWords makes a name of any type readable.
func anyWords(name any) string { return findings.Words(fmt.Sprint(name)) }

// threadKey is the key of a thread, with the seconds of its first message.
var threadKey = regexp.MustCompile(`^archives/[A-Z0-9]+/p([0-9]{10})[0-9]{6}$`)

// itemName is what an item is called by its key: those of discussions say nothing
// to people.
func itemName(key string) string {
	m := threadKey.FindStringSubmatch(key)
	if m == nil {
		return key
	}
	seconds, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return key
	}
	return "discussion of " + findings.Date(time.Unix(seconds, 0))
}

// discussion is what a discussion is called that shows its channel in its title,
// "" for other items.
func discussion(key, title string) string {
	channel, _, ok := strings.Cut(title, " thread of ")
	if name := itemName(key); ok && name != key {
		return strings.Replace(name, " of ", " in "+channel+" on ", 1)
	}
	return ""
}

// part is the share of one work, which is told in steps.
func part(n scoring.Number) string {
	if n < scoring.ShareStep {
		return "below 5 %"
	}
	return "about " + findings.Percent(n)
}

// together keeps numbers and their unit on one line.
func together(text string) string { return strings.ReplaceAll(text, " %", "\u00a0%") }
