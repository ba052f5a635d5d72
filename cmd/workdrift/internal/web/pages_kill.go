package web

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A killPage is what a kill session needs: what could be stopped, and what goes
// on although it was.
type killPage struct {
	Window *scoring.WindowReport
	Scores scoreGroupLines
	*findings.Candidates
	Stopped []decisionGroup // here, the newest first
	Clocks  []clockLine
	Others  int // further clocks
	Targets template.HTML
}

// A clockLine is the clock of one stop decision.
type clockLine struct {
	Name, Path   string
	Key          string // beside a name that several may have
	Start, Since string // the day in words, and its week
	Announced    string // where the decision names another day
	Text         string
	Live         bool
	Bars         []chart.Bar
	Weeks        string // the bars in words
}

// shownClocks is how many clocks the page shows.
const shownClocks = 25

// clock fills in the clocks of what was stopped.
func (p *killPage) clock(report *scoring.Report) {
	list := findings.StopsOf(report)
	p.Others = max(0, len(list)-shownClocks)
	for i := range list[:min(len(list), shownClocks)] {
		c := &list[i]
		line := clockLine{
			Name: cmp.Or(c.Title, c.Objective, c.Key, "an item that is stored no more"), Start: findings.Date(objective.Date(c.Start).Time()),
			Since: findings.ISOWeek(scoring.Day(objective.Date(c.Start).Monday())), Text: findings.ClockText(c), Live: c.Live,
		}
		switch {
		case c.Objective != "":
			line.Path = findings.ObjectivePath(c.Objective)
		case c.Key != "":
			if line.Name != c.Key {
				line.Key = c.Key
			}
			line.Path = "/explain?" + url.Values{"subject": {c.Key}}.Encode()
		}
		if c.Effective != nil && *c.Effective != c.Start {
			line.Announced = findings.Date(objective.Date(*c.Effective).Time())
		}
		line.Bars, line.Weeks = clockBars(c)
		p.Clocks = append(p.Clocks, line)
	}
}

// clockBars draws what went on in each week. A week that is withheld is a gap.
func clockBars(c *scoring.StopClock) (bars []chart.Bar, text string) {
	largest := scoring.Number(1)
	var parts []string
	for _, w := range c.Weeks {
		parts = append(parts, findings.Percent(w.Ratio))
		if w.Ratio.Known() {
			largest = max(largest, w.Ratio)
		}
	}
	step := sparkWidth / float64(max(8, len(c.Weeks)))
	for i, w := range c.Weeks {
		if w.Ratio.Known() && w.Ratio > 0 {
			h := float64(w.Ratio/largest) * 22
			bars = append(bars, chart.Bar{X: float64(i) * step, Y: 24 - h, Width: step * .85, Height: h})
		}
	}
	return bars, strings.Join(parts, ", ")
}

func killList(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &killPage{Window: findings.Headline(report), Targets: targetsOf(report)}
	defs := s.definitions
	p.Scores.Name = "How stopping goes"
	p.Scores.Lines = lines(defs, report.Score, "kill_session_timestamp", "live_zombie_workstreams", "stop_resurrections", "stop_latency_median", "stop_latency_restricted_mean", "stops_per_start", "workstream_net_growth")
	var streams *findings.Streams
	if s.Streams != nil {
		if streams, err = s.Streams(r.Context()); err != nil {
			return nil, "", err
		}
	}
	p.clock(report)
	p.Candidates = findings.CandidatesOf(report, streams, s.declared(), s.decided())
	for _, g := range decisionGroups(s.decided(), report) {
		if g.Stops {
			p.Stopped = append(p.Stopped, g)
		}
	}
	return p, "", nil
}
