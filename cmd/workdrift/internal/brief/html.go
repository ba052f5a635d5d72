package brief

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

//go:embed brief.html
var page string

// HTML writes the brief as one file that needs no other, holds no script, and
// prints on one sheet of A4.
func (b *Brief) HTML() ([]byte, error) {
	t, err := template.New("brief").Funcs(template.FuncMap{
		"told": told, "percent": findings.Percent, "sure": sure, "team": teamText, "short": findings.ShortDate,
		"join":    func(list []string) string { return strings.Join(list, "; ") },
		"keep":    func(text string) string { return strings.ReplaceAll(text, " %", "\u00a0%") },
		"link":    b.link,
		"against": func() string { return against },
		"nothing": func() string { return nothingChanged },
	}).Parse(page)
	if err == nil {
		t, err = t.Parse(chart.Drawing)
	}
	if err != nil {
		return nil, fmt.Errorf("read the template of the brief: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, b); err != nil {
		return nil, fmt.Errorf("write the brief: %w", err)
	}
	return out.Bytes(), nil
}

// link is the address of a page, "" where pages cannot be reached.
func (b *Brief) link(path string) string {
	if b.base == "" || path == "" {
		return ""
	}
	return b.base + path
}

// Chart draws the weeks, nil where none has a value.
func (b *Brief) Chart() *chart.Chart {
	if !b.drawn() {
		return nil
	}
	c := chart.Wide("chart", fmt.Sprintf("Effort on the top %d priorities, and the shadow roadmap as a share, by week", b.topN), b.Weeks, b.alert, chart.Top(), chart.Shadow())
	for _, m := range b.marks {
		c.Mark(b.Weeks, m.day, m.text)
	}
	return &c
}

// TopN is how many priorities count as the top.
func (b *Brief) TopN() int { return b.topN }

// A mark says on the chart what happened in a week: what stands together
// coincides.
type mark struct {
	day  scoring.Day
	text string
}

// maxMarks is how many have room on the chart.
const maxMarks = 3

// marksOf are the last changes of the phase and of the declared order.
func marksOf(in Input) []mark {
	byWeek := make(map[scoring.Day]mark)
	if h := in.History; h != nil {
		for _, e := range h.Edits {
			if e.Kind == objective.EditRank {
				byWeek[scoring.Day(e.Start().Monday())] = mark{scoring.Day(e.Start()), "ranks changed"}
			}
		}
	}
	if p := in.Report.Phase; p != nil {
		for _, c := range p.Changes {
			if c.From != "" && c.From != "unknown" {
				byWeek[scoring.Day(objective.Date(c.Week).Monday())] = mark{c.Week, findings.Words(c.To)}
			}
		}
	}
	list := slices.SortedFunc(maps.Values(byWeek), func(a, b mark) int { return cmp.Compare(a.day, b.day) })
	return list[max(0, len(list)-maxMarks):]
}
