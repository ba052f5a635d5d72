package web

import (
	"html/template"
	"net/http"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A shadowPage shows what the work that nobody declared is made of.
type shadowPage struct {
	Window  *scoring.WindowReport
	Score   *scoring.Score
	Verdict string
	Chart   chart.Chart
	Groups  []streamGroup
	Streams *findings.Streams
	Targets template.HTML
	Decided []decisionGroup // the newest
	More    int             // further decisions
}

// A streamGroup is the streams of one category.
type streamGroup struct {
	Category, Name, About string
	Share                 scoring.Number
	Effort                scoring.Number
	List                  []streamCard
}

type streamCard struct {
	findings.Stream
	Bars  []bar
	Begun string // since when it is seen
	Since string // what the trend says
}

// A bar is one block of a trend.
type bar struct{ X, Y, Width, Height float64 }

// sparkWidth is the width of a trend.
const sparkWidth = 112

// newestDecisions is how many decisions a page lists that is about something else.
const newestDecisions = 10

func shadow(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &shadowPage{Window: findings.Headline(report), Targets: targetsOf(report)}
	if w := p.Window; w != nil && w.Org.Status == scoring.OK {
		p.Score = w.Org.Score(scoring.ShadowRoadmap)
		if p.Score != nil {
			p.Verdict = findings.ShadowVerdict(p.Score)
		}
		p.Chart = chart.Weeks("chart-shadow", "Shadow roadmap as a share of the work besides run work, by week", report.Weeks, report.Thresholds[scoring.ShadowEffort], chart.Shadow())
	}
	if p.Streams, err = s.Streams(r.Context()); err != nil {
		return nil, "", err
	}
	p.group()
	if s.Overrides != nil {
		p.Decided = decisionGroups(s.Overrides(), report)
		p.More = max(0, len(p.Decided)-newestDecisions)
		p.Decided = p.Decided[:min(len(p.Decided), newestDecisions)]
	}
	return p, "", nil
}

// group puts the streams under what they are.
func (p *shadowPage) group() {
	for _, g := range []streamGroup{
		{Category: scoring.Unknown.String(), Name: "Belongs to nothing that is declared", About: "No link, no key and no rule leads from this work to an objective. It may be valuable: then it deserves a place in what is declared."},
		{Category: scoring.Excluded.String(), Name: "Declared off strategy", About: "Somebody said, in the configuration or here, that this is not to be done."},
		{Category: scoring.Stopped.String(), Name: "For objectives that were stopped", About: "The objective ended, its grace is over, and the work goes on."},
	} {
		if p.Window != nil {
			for _, part := range effortParts(&p.Window.Org) {
				if part.Class == g.Category {
					g.Share, g.Effort = part.Share, part.Effort
				}
			}
		}
		for _, stream := range p.Streams.List {
			if stream.Category == g.Category {
				card := cardOf(stream)
				card.Begun = p.Streams.Since(&stream)
				g.List = append(g.List, card)
			}
		}
		p.Groups = append(p.Groups, g)
	}
}

func cardOf(stream findings.Stream) streamCard {
	card := streamCard{Stream: stream}
	largest := scoring.Number(.05)
	for _, v := range stream.Trend {
		if v.Known() {
			largest = max(largest, v)
		}
	}
	step := sparkWidth / float64(max(1, len(stream.Trend)))
	for i, v := range stream.Trend {
		if v.Known() && v > 0 {
			h := float64(v/largest) * 22
			card.Bars = append(card.Bars, bar{float64(i) * step, 24 - h, step * .85, h})
		}
	}
	if n := len(stream.Trend); n > 1 && stream.Share.Known() {
		before := stream.Trend[n-2]
		switch {
		case !before.Known():
		case before == 0:
			card.Since = "new, or too small before to be told"
		default:
			card.Since = findings.Points(stream.Share-before) + " than the 4 weeks before"
		}
	}
	return card
}
