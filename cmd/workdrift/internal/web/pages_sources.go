package web

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A sourcesPage says how far the numbers can be trusted.
type sourcesPage struct {
	Sources  []sourceLine
	Aside    []asideLine
	Further  string // the page with further ones
	Briefs   []deliveryLine
	UpTo     string
	Seen     []seen
	Chart    chart.Chart
	Coverage *scoring.Score
	Spread   *scoring.Score
	Methods  []methodShare
	Scores   scoreGroupLines
	Doubts   []findings.Doubt
	Unread   []string // groups of teams
	Unseen   []unseenLine
}

// A sourceLine is the health of a connector in words.
type sourceLine struct {
	Name, Provider, Last, Complete, Lag, State, Retry string
	Quotas                                            []string
	Backlog, Quarantined                              int
	Well                                              bool
}

// An unseenLine is what the polls of a source do not notice.
type unseenLine struct {
	Source string
	What   []string
}

// A seen is a count of what was read, with what it means.
type seen struct {
	What  string
	Count int
	Means string
}

// A methodShare is the part of the effort that a way of attribution decided.
type methodShare struct {
	Name, About string
	Share       scoring.Number
}

func sourcesPageOf(s *server, r *http.Request) (any, string, error) {
	p := &sourcesPage{Briefs: s.deliveryLines(), Scores: scoreGroupLines{Name: "Quality of the data"}}
	aside, next, err := s.asideLines(r.URL.Query().Get("aside"))
	if err != nil {
		return nil, "", err
	}
	if p.Aside = aside; next != "" {
		p.Further = "/sources?" + url.Values{"aside": {next}}.Encode() + "#aside"
	}
	for _, c := range s.Sources() {
		p.Sources = append(p.Sources, s.sourceLine(c))
		if len(c.Unseen) > 0 {
			p.Unseen = append(p.Unseen, unseenLine{c.Name, c.Unseen})
		}
	}
	report := s.Report()
	if report == nil {
		return p, "", nil
	}
	p.UpTo = report.DataUpTo.UTC().Format("2 Jan 2006 15:04 MST")
	if report.DataUpTo.IsZero() {
		p.UpTo = "not known yet"
	}
	p.Doubts = findings.Doubts(report)
	n := &report.Stats
	p.Unread = n.UnreadGroups
	p.Seen = []seen{
		{"items", n.Items, "tickets, changes, commits and threads"},
		{"moments of work", n.Touches, "when somebody was at an item; how many there are does not count"},
		{"time logs", n.Logs, "what people wrote down themselves; it comes before the estimate"},
		{"moments of machines", n.Machine, "they earn no effort"},
		{"events without an author", n.Ghosts, "nobody can be given effort for them"},
		{"accounts that nothing joins to another", n.Strange, "each counts as a person of its own, so coverage and group sizes may be off: list them under identities"},
		{"accounts claimed twice", n.Conflicts, "two people claim one account: see workdrift identities"},
	}
	if w := findings.Headline(report); w != nil {
		p.Coverage, p.Spread = w.Org.Score(scoring.EffortCoverage), w.Org.Score(scoring.EffortModelSpread)
		for _, m := range w.Org.Methods {
			p.Methods = append(p.Methods, methodShare{findings.Words(m.Method), methodMeaning(m.Method), m.Share})
		}
		p.Scores.Lines = lines(s.definitions, w.Org.Score, scoring.EffortCoverage, scoring.EffortModelSpread)
	}
	p.Scores.Lines = append(p.Scores.Lines, lines(s.definitions, report.Score, "reported_actual_gap", "silent_work", "checkin_response", "objectives_effort_adjusted", "decision_traceability")...)
	p.Chart = chart.Weeks("chart-coverage", "Visible part of the available time, by week", report.Weeks, findings.ReadableCoverage, chart.Coverage())
	return p, "", nil
}

func (s *server) sourceLine(c Source) sourceLine {
	l := sourceLine{
		Name: c.Name, Provider: c.Provider, Backlog: c.Backlog, Quarantined: c.Quarantined,
		Last: findings.Ago(s.clock(), c.LastSuccess), Complete: findings.Ago(s.Now(), c.Watermark), State: "good", Well: true,
	}
	for _, q := range c.Quotas {
		text := fmt.Sprintf("%s: %d of %d left", findings.Words(q.Resource), q.Remaining, q.Limit)
		if q.Reset != nil && q.Reset.After(s.clock()) {
			text += fmt.Sprintf(", renewed in %.0f min", q.Reset.Sub(s.clock()).Minutes()+.5)
		}
		l.Quotas = append(l.Quotas, text)
	}
	switch {
	case c.Failure != "":
		l.State, l.Well = "failing: "+findings.Words(c.Failure), false
	case c.LastSuccess.IsZero():
		l.State, l.Well = "starting", false
	case s.clock().Sub(c.LastSuccess) > silence:
		l.State, l.Well = "silent", false
	}
	if wait := c.RetryAt.Sub(s.clock()); !c.RetryAt.IsZero() && wait > 0 {
		l.Retry = fmt.Sprintf("again in %s", wait.Round(time.Second))
	}
	return l
}

// methodMeaning says in a few words how a method decides.
func methodMeaning(name string) string {
	switch name {
	case "override":
		return "somebody decided it here"
	case "explicit":
		return "the work names the objective's key"
	case "inherited":
		return "links lead from the work to the objective"
	case "rule":
		return "a rule of the configuration matches it"
	case "text":
		return "its words are those of the objective"
	case "llm":
		return "a language model proposed it"
	case "none":
		return "nothing says what it is for"
	}
	return ""
}
