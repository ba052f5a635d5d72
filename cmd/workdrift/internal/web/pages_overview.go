package web

import (
	"fmt"
	"net/http"

	"github.com/workdrift/workdrift/scoring"
)

// An overviewPage is what a leader reads first.
type overviewPage struct {
	Window   *scoring.WindowReport
	TopN     int
	Top      headlineCard
	Shadow   headlineCard
	Coverage headlineCard
	Phase    *phaseCard
	Findings []Finding
	More     int // further findings
	Teams    []teamCard
	Effort   []effortPart
	Open     *scoring.WeekReport // the days that have not closed
}

// A headlineCard is one of the numbers that the page leads with.
type headlineCard struct {
	Score   *scoring.Score
	Delta   string // against the four weeks before
	Verdict string
	Chart   chart
}

type phaseCard struct {
	Name, Meaning, Why string
	Since              scoring.Day
	Latches            []scoring.LatchReport
}

// A teamCard is a team beside its own past.
type teamCard struct {
	Team, Reason string
	Owns         bool // there is a page about what it owns
	Top, Shadow  scoring.Number
	Delta        string
	Phase        string
	Chart        chart
}

// An effortPart is one part of all effort.
type effortPart struct {
	Name, Class, Path string
	Share             scoring.Number
	Effort            scoring.Number
	X, Width          float64 // in the bar
}

// firstFindings is how many findings the page leads with.
const firstFindings = 3

func overview(s *server, _ *http.Request) (any, string, error) {
	r := s.Report()
	if r == nil {
		return nil, "", nil
	}
	p := &overviewPage{Window: headline(r), TopN: r.TopN}
	if p.Window == nil {
		return p, "", nil
	}
	if s.Findings != nil {
		p.Findings = s.Findings(r)
	}
	if len(p.Findings) > firstFindings {
		p.More = len(p.Findings) - firstFindings
		p.Findings = p.Findings[:firstFindings]
	}
	if p.Window.Org.Status == scoring.OK || p.Window.Org.Status == scoring.Stale {
		p.lead(r)
	}
	p.teams(r)
	if r.Provisional.Status == scoring.OK {
		p.Open = &r.Provisional
	}
	return p, "", nil
}

// lead fills in the headline.
func (p *overviewPage) lead(r *scoring.Report) {
	org := &p.Window.Org
	p.Top = headlineCard{
		Score: org.Score(scoring.TopObjectivesEffort), Delta: delta(r.Weeks, topSeries().value),
		Chart: weekChart("chart-top", "Effort on the top priorities, by week", r.Weeks, r.Thresholds[scoring.TopObjectivesEffort], topSeries()),
	}
	p.Shadow = headlineCard{
		Score: org.Score(scoring.ShadowRoadmap), Delta: delta(r.Weeks, shadowSeries().value),
		Chart: weekChart("chart-shadow", "Shadow roadmap as a share of the work besides run work, by week", r.Weeks, r.Thresholds[scoring.ShadowEffort], shadowSeries()),
	}
	if p.Shadow.Score != nil {
		p.Shadow.Verdict = shadowVerdict(p.Shadow.Score)
	}
	p.Coverage = headlineCard{
		Score: org.Score(scoring.EffortCoverage), Delta: delta(r.Weeks, coverageSeries().value),
		Chart: weekChart("chart-coverage", "Visible part of the available time, by week", r.Weeks, readableCoverage, coverageSeries()),
	}
	if r.Phase != nil {
		p.Phase = &phaseCard{Name: words(r.Phase.Phase), Meaning: phaseMeaning(r.Phase.Phase), Since: r.Phase.Since, Latches: r.Phase.Latches}
		if n := len(r.Phase.Changes); n > 0 {
			last := r.Phase.Changes[n-1]
			p.Phase.Why = words(last.Why)
			p.Top.Chart.mark(r.Weeks, last.Week, words(last.To))
			p.Shadow.Chart.mark(r.Weeks, last.Week, words(last.To))
		}
	}
	p.Effort = effortParts(org)
}

// shadowVerdict says whether more than half of the work is off strategy.
func shadowVerdict(s *scoring.Score) string {
	switch s.Verdict {
	case "yes":
		return "larger than the official roadmap, whatever the unknown work was for"
	case "possible":
		return "possibly larger than the official roadmap: that depends on what the unknown work was for"
	case "no":
		return "smaller than the official roadmap, whatever the unknown work was for"
	}
	return words(s.Verdict)
}

// effortParts lays out all effort in one bar.
func effortParts(org *scoring.Scope) []effortPart {
	if org.Total <= 0 {
		return nil
	}
	var list []effortPart
	x := 0.0
	for _, c := range org.Effort {
		part := effortPart{Name: categoryName(c.Category.String()), Class: c.Category.String(), Path: "/explain?subject=" + c.Category.String(), Effort: c.Effort, Share: c.Effort / org.Total}
		if c.Category == scoring.OnObjective {
			part.Path = "/objectives"
		}
		part.X, part.Width = x, float64(part.Share)*1000
		x += part.Width
		list = append(list, part)
	}
	return list
}

// categoryName is what a category is called on pages.
func categoryName(c string) string {
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
	return words(c)
}

// teams puts each team beside its own past, in declared order.
func (p *overviewPage) teams(r *scoring.Report) {
	for i := range p.Window.Teams {
		scope := &p.Window.Teams[i]
		card := teamCard{Team: scope.Team, Owns: p.Window.OwnedBy(scope.Team) != nil, Top: scoring.Absent(), Shadow: scoring.Absent()}
		if scope.Status != scoring.OK && scope.Status != scoring.Stale {
			card.Reason = scope.Reason
		} else {
			card.Top, card.Shadow = valueOf(scope, scoring.TopObjectivesEffort), valueOf(scope, scoring.ShadowEffort)
		}
		if t := r.Team(scope.Team); t != nil {
			card.Chart = miniChart(fmt.Sprintf("team-%d", i), "Team "+scope.Team+", by week", t.Weeks, topSeries().withoutBand(), shadowSeries().withoutBand())
			card.Delta = delta(t.Weeks, topSeries().value)
			if t.Phase != nil {
				card.Phase = words(t.Phase.Phase)
			}
		}
		p.Teams = append(p.Teams, card)
	}
}

func valueOf(s *scoring.Scope, name string) scoring.Number {
	if score := s.Score(name); score != nil {
		return score.Value
	}
	return scoring.Absent()
}

// deltaWeeks is how many weeks are compared with as many before them.
const deltaWeeks = 4

// delta compares the last weeks with as many before them, "" where either has
// none with a value.
func delta(weeks []scoring.WeekReport, value func(*scoring.WeekReport) scoring.Number) string {
	if len(weeks) < 2*deltaWeeks {
		return ""
	}
	mean := func(list []scoring.WeekReport) scoring.Number {
		sum, n := scoring.Number(0), scoring.Number(0)
		for i := range list {
			if v := value(&list[i]); v.Known() {
				sum, n = sum+v, n+1
			}
		}
		if n < deltaWeeks/2 {
			return scoring.Absent()
		}
		return sum / n
	}
	n := len(weeks)
	d := mean(weeks[n-deltaWeeks:]) - mean(weeks[n-2*deltaWeeks:n-deltaWeeks])
	if !d.Known() {
		return ""
	}
	return points(d)
}
