package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A changesPage puts what was declared, decided and measured on one time line.
type changesPage struct {
	Findings    []findings.Finding
	Chart       chart.Chart
	Weeks       []changeWeek // the newest first
	Phase       *scoring.PhaseReport
	Restatement scoreGroupLines
}

// A changeWeek is an ISO week in which something changed.
type changeWeek struct {
	Week        string
	Monday      scoring.Day
	Changes     []change
	Top, Shadow scoring.Number
	Moved       string // the headline against the week before
}

// A change is something that happened in a week. That two stand in one week does
// not mean that one caused the other.
type change struct {
	Kind, Text, Path string
	More             string // what goes with it
}

func changes(s *server, _ *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &changesPage{Phase: report.Phase, Restatement: scoreGroupLines{Name: "How stable the ground is"}}
	if s.Findings != nil {
		p.Findings = s.Findings(report)
	}
	p.Chart = chart.Weeks("chart-all", "Top priorities and shadow roadmap, by week", report.Weeks, 0, chart.Top().WithoutBand(), chart.Shadow().WithoutBand())
	byWeek := make(map[scoring.Day][]change)
	add := func(day scoring.Day, c change) {
		monday := scoring.Day(objective.Date(day).Monday())
		byWeek[monday] = append(byWeek[monday], c)
	}
	if s.Declared != nil {
		for _, e := range declaredChanges(report, s.Declared()) {
			add(e.day, e.change)
		}
		for _, m := range s.Declared().Members {
			add(scoring.Day(m.Day), change{Kind: "team", Text: "members of " + m.Team + " changed"})
		}
	}
	if s.Overrides != nil {
		for at, list := range findings.Moments(s.Overrides()) {
			add(dayOf(at.When), change{Kind: "decided", Text: fmt.Sprintf("%s decided to count for %s", findings.Plural(len(list), "item"), findings.Words(at.To)), Path: "/decisions"})
		}
	}
	for _, c := range measuredChanges(report) {
		add(c.day, c.change)
	}
	for monday, list := range byWeek {
		slices.SortFunc(list, func(a, b change) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text)) })
		p.Weeks = append(p.Weeks, weekOf(report, monday, list))
	}
	slices.SortFunc(p.Weeks, func(a, b changeWeek) int { return cmp.Compare(b.Monday, a.Monday) })
	if report.Phase != nil {
		for _, c := range report.Phase.Changes {
			if c.From != "" {
				p.Chart.Mark(report.Weeks, c.Week, findings.Words(c.To))
			}
		}
	}
	if w := findings.Headline(report); w != nil {
		p.Restatement.Lines = lines(s.definitions, w.Org.Score, scoring.RestatementScore)
	}
	p.Restatement.Lines = append(p.Restatement.Lines, lines(s.definitions, report.Score, "unexplained_shift", "objective_churn", "rank_volatility", "review_timestamp")...)
	return p, "", nil
}

type dated struct {
	day    scoring.Day
	change change
}

// declaredChanges are the edits of what is declared, one for each objective and
// moment.
func declaredChanges(report *scoring.Report, h *findings.History) (list []dated) {
	type key struct {
		at time.Time
		of string
	}
	kinds := make(map[key][]string)
	var keys []key
	for _, e := range h.Edits {
		at := key{e.Known.UTC(), e.Objective}
		if kinds[at] == nil {
			keys = append(keys, at)
		}
		text := findings.Words(string(e.Kind))
		if e.State != "" {
			text += " " + string(e.State)
		}
		kinds[at] = append(kinds[at], text)
	}
	for _, at := range keys {
		c := change{Kind: "declared", Text: strings.Join(kinds[at], ", ") + " of the configuration"}
		if at.of != "" {
			name := at.of
			if o := report.Objective(at.of); o != nil && o.Title != "" {
				name = o.Title
			}
			c.Text, c.Path = fmt.Sprintf("%s of “%s”", strings.Join(kinds[at], ", "), name), findings.ObjectivePath(at.of)
		}
		list = append(list, dated{dayOf(at.at), c})
	}
	return list
}

// measuredChanges are the shifts of scores and the changes of the phase.
func measuredChanges(report *scoring.Report) (list []dated) {
	for i := range report.Scores {
		s := &report.Scores[i]
		name, ok := strings.CutPrefix(s.Name, "structure_shift_timestamp_")
		if shift := report.Score("structure_shift_" + name); ok && s.Value.Known() && shift != nil {
			list = append(list, dated{dayOf(time.Unix(int64(s.Value), 0)), shiftOf(findings.ScoreName(name), shift, "/methods#structure_shift_"+name)})
		}
	}
	for i := range report.Objectives {
		o := &report.Objectives[i]
		if at, shift := o.Score("structure_shift_timestamp_effort"), o.Score("structure_shift_effort"); at != nil && shift != nil && at.Value.Known() {
			list = append(list, dated{dayOf(time.Unix(int64(at.Value), 0)), shiftOf("effort on “"+o.Title+"”", shift, findings.ObjectivePath(o.ID))})
		}
	}
	if report.Phase != nil {
		for _, c := range report.Phase.Changes {
			if c.From != "" {
				list = append(list, dated{c.Week, change{"phase", fmt.Sprintf("from %s to %s: %s", findings.Words(c.From), findings.Words(c.To), findings.PhaseMeaning(c.To)), "/methods#drift_phase", findings.Words(c.Why)}})
			}
		}
	}
	return list
}

func shiftOf(what string, s *scoring.Score, path string) change {
	return change{"shifted", fmt.Sprintf("%s has been %s since", what, findings.Points(s.Value)), path, findings.Words(s.Verdict)}
}

// weekOf puts the headline of a week beside its changes.
func weekOf(report *scoring.Report, monday scoring.Day, list []change) changeWeek {
	w := changeWeek{Week: findings.ISOWeek(monday), Monday: monday, Changes: list, Top: scoring.Absent(), Shadow: scoring.Absent()}
	for i := range report.Weeks {
		if report.Weeks[i].Monday == monday {
			w.Top, w.Shadow = report.Weeks[i].Top, report.Weeks[i].Shadow
			if i > 0 && w.Top.Known() && report.Weeks[i-1].Top.Known() {
				w.Moved = findings.Points(w.Top-report.Weeks[i-1].Top) + " than the week before"
			}
		}
	}
	return w
}

func dayOf(t time.Time) scoring.Day { return scoring.Day(objective.DateOf(t.UTC())) }
