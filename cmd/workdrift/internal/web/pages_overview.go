package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// An overviewPage is what a leader reads first.
type overviewPage struct {
	Window   *scoring.WindowReport
	Answers  []answer // to what a leader asks first
	TopN     int
	Top      headlineCard
	Shadow   headlineCard
	Coverage headlineCard
	Phase    *phaseCard
	Findings []findings.Finding
	More     int // further findings
	Teams    []teamCard
	Effort   []effortPart
	Open     *scoring.WeekReport // the days that have not closed
}

// An answer is what a leader asks first, in a line.
type answer struct{ Question, Figure, Text, Path string }

// answer fills in the answers that the report has.
func (p *overviewPage) answer(r *scoring.Report, streams *findings.Streams) {
	org := &p.Window.Org
	since := func(delta string) string {
		if delta == "" {
			return ""
		}
		return ", " + delta + " than the 4 weeks before"
	}
	if s := p.Top.Score; s != nil && s.Value.Known() {
		p.Answers = append(p.Answers, answer{"On the priorities?", findings.Percent(s.Value), fmt.Sprintf("of all effort is on the top %d%s%s.", p.TopN, declaredTop(r), since(p.Top.Delta)), "/objectives"})
	}
	if s := p.Shadow.Score; s != nil && s.Value.Known() {
		text := "as large as the official roadmap."
		if largest := streams.Largest(scoring.Unknown.String()); largest != nil {
			text = fmt.Sprintf("the official roadmap. Its largest part is %s: about %s of all effort.", largest.Label(), findings.Percent(largest.Share))
		}
		p.Answers = append(p.Answers, answer{"Shadow roadmap?", ratio(s.Value) + " ×", text, "/shadow"})
	}
	stopped := findings.CategoryShare(org, scoring.Stopped)
	live := 0
	for i := range r.Stops {
		if r.Stops[i].Live {
			live++
		}
	}
	if stopped.Known() {
		text := "of all effort goes on for what was stopped"
		if live > 0 {
			text += ": " + findings.Plural(live, "stop") + " still worked on"
		}
		p.Answers = append(p.Answers, answer{"What should end?", findings.Percent(stopped), text + ". Candidates are on the kill list.", "/kill-list"})
	}
	if p.Phase != nil {
		p.Answers = append(p.Answers, answer{"What changed?", p.Phase.Name, fmt.Sprintf("since %s: %s.", findings.ShortDate(p.Phase.Since), p.Phase.Meaning), "/changes"})
	}
}

// declaredTop says what the top priorities were to get, where each has a share.
func declaredTop(r *scoring.Report) string {
	sum := scoring.Number(0)
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.State == objective.Active && o.Rank <= r.TopN {
			sum += o.Declared // absent where one has none
		}
	}
	if !sum.Known() || sum == 0 {
		return ""
	}
	return ", which were to get " + findings.Percent(sum)
}

// A headlineCard is one of the numbers that the page leads with.
type headlineCard struct {
	Score   *scoring.Score
	Delta   string // against the four weeks before
	Verdict string
	Chart   chart.Chart
}

type phaseCard struct {
	Name, Meaning, Why string
	Since              scoring.Day
	Before             []pastPhase // the newest first
	Latches            []scoring.LatchReport
}

// A pastPhase is a phase that has ended, and the week in which it began.
type pastPhase struct {
	Name   string
	Monday scoring.Day
	Week   string
}

// A teamCard is a team beside its own past.
type teamCard struct {
	Team, Reason string
	Owns         bool // there is a page about what it owns
	Top, Shadow  scoring.Number
	Delta        string
	Phase        string
	Chart        chart.Chart
}

// An effortPart is one part of all effort.
type effortPart struct {
	Name, Class, Path string
	Share             scoring.Number
	Effort            scoring.Number
	X, Width          float64 // in the bar
}

func overview(s *server, req *http.Request) (any, string, error) {
	r := s.Report()
	if r == nil {
		return nil, "", nil
	}
	p := &overviewPage{Window: findings.Headline(r), TopN: r.TopN}
	if p.Window == nil {
		return p, "", nil
	}
	if s.Findings != nil {
		p.Findings = s.Findings(r)
	}
	if len(p.Findings) > findings.Lead {
		p.More = len(p.Findings) - findings.Lead
		p.Findings = p.Findings[:findings.Lead]
	}
	if p.Window.Org.Status == scoring.OK || p.Window.Org.Status == scoring.Stale {
		p.lead(r)
		var streams *findings.Streams
		if s.Streams != nil {
			// Without them the page says less, and the shadow roadmap's why.
			streams, _ = s.Streams(req.Context())
		}
		p.answer(r, streams)
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
		Score: org.Score(scoring.TopObjectivesEffort), Delta: findings.Delta(r.Weeks, chart.Top().Value),
		Chart: chart.Weeks("chart-top", "Effort on the top priorities, by week", r.Weeks, r.Thresholds[scoring.TopObjectivesEffort], chart.Top()),
	}
	p.Shadow = headlineCard{
		Score: org.Score(scoring.ShadowRoadmap), Delta: findings.Delta(r.Weeks, chart.Shadow().Value),
		Chart: chart.Weeks("chart-shadow", "Shadow roadmap as a share of the work besides run work, by week", r.Weeks, r.Thresholds[scoring.ShadowEffort], chart.Shadow()),
	}
	if p.Shadow.Score != nil {
		p.Shadow.Verdict = findings.ShadowVerdict(p.Shadow.Score)
	}
	p.Coverage = headlineCard{
		Score: org.Score(scoring.EffortCoverage), Delta: findings.Delta(r.Weeks, chart.Coverage().Value),
		Chart: chart.Weeks("chart-coverage", "Visible part of the available time, by week", r.Weeks, findings.ReadableCoverage, chart.Coverage()),
	}
	if r.Phase != nil {
		p.Phase = &phaseCard{Name: findings.Words(r.Phase.Phase), Meaning: findings.PhaseMeaning(r.Phase.Phase), Since: r.Phase.Since, Latches: r.Phase.Latches}
		if n := len(r.Phase.Changes); n > 0 {
			last := r.Phase.Changes[n-1]
			p.Phase.Why = findings.Words(last.Why)
			for _, c := range slices.Backward(r.Phase.Changes[:n-1]) {
				p.Phase.Before = append(p.Phase.Before, pastPhase{findings.Words(c.To), c.Week, findings.ISOWeek(c.Week)})
			}
			p.Top.Chart.Mark(r.Weeks, last.Week, findings.Words(last.To))
			p.Shadow.Chart.Mark(r.Weeks, last.Week, findings.Words(last.To))
		}
	}
	p.Effort = effortParts(org)
}

// effortParts lays out all effort in one bar.
func effortParts(org *scoring.Scope) []effortPart {
	if org.Total <= 0 {
		return nil
	}
	var list []effortPart
	x := 0.0
	for _, c := range org.Effort {
		part := effortPart{Name: findings.CategoryName(c.Category.String()), Class: c.Category.String(), Path: "/explain?subject=" + c.Category.String(), Effort: c.Effort, Share: c.Effort / org.Total}
		if c.Category == scoring.OnObjective {
			part.Path = "/objectives"
		}
		part.X, part.Width = x, float64(part.Share)*1000
		x += part.Width
		list = append(list, part)
	}
	return list
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
			card.Chart = chart.Mini(fmt.Sprintf("team-%d", i), "Team "+scope.Team+", by week", t.Weeks, chart.Top().WithoutBand(), chart.Shadow().WithoutBand())
			card.Delta = findings.Delta(t.Weeks, chart.Top().Value)
			if t.Phase != nil {
				card.Phase = findings.Words(t.Phase.Phase)
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
