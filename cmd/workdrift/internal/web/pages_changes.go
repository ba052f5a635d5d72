package web

import (
	"cmp"
	"net/http"
	"slices"

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

// A changeWeek is an ISO week with what changed in it.
type changeWeek struct {
	Week        string
	Monday      scoring.Day
	Changes     []findings.Change
	Top, Shadow scoring.Number
	Moved       string // the headline against the week before
	Around      string // the headline before and since, where something was declared or decided
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
	byWeek := make(map[scoring.Day][]findings.Change)
	for _, c := range findings.Changes(report, s.declared(), s.decided()) {
		monday := scoring.Day(objective.Date(c.Day).Monday())
		byWeek[monday] = append(byWeek[monday], c)
	}
	for i := range report.Weeks { // also those in which nothing changed
		byWeek[report.Weeks[i].Monday] = append(byWeek[report.Weeks[i].Monday], []findings.Change(nil)...)
	}
	for monday, list := range byWeek {
		slices.SortFunc(list, func(a, b findings.Change) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
		})
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

// weekOf puts the headline of a week beside its changes.
func weekOf(report *scoring.Report, monday scoring.Day, list []findings.Change) changeWeek {
	w := changeWeek{Week: findings.ISOWeek(monday), Monday: monday, Changes: list, Top: scoring.Absent(), Shadow: scoring.Absent()}
	if slices.ContainsFunc(list, func(c findings.Change) bool { return c.Kind == "declared" || c.Kind == "decided" }) {
		w.Around = findings.Around(report, monday)
	}
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
