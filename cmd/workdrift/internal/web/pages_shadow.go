package web

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A shadowPage shows what the work that nobody declared is made of: of each
// category the largest streams, or of one category those that come next.
type shadowPage struct {
	Category string // "" for all
	Back     string // the page that a decision returns to
	Window   *scoring.WindowReport
	Score    *scoring.Score
	Verdict  string
	Chart    chart.Chart
	Groups   []streamGroup
	Streams  *findings.Streams
	Targets  template.HTML
	Decided  []decisionGroup // the newest
	More     int             // further decisions
}

// A streamGroup is the streams of one category.
type streamGroup struct {
	Category, Name, About string
	Share                 scoring.Number
	Effort                scoring.Number
	List                  []streamCard
	Rest                  int    // streams that come after
	Next                  string // page that shows them
}

type streamCard struct {
	findings.Stream
	Newest []findings.StreamItem
	Bars   string // path of the trend's bars, "" where there is none
	Blocks string // the trend in words
	Begun  string // since when it is seen
	Since  string // what the trend says
}

const (
	// streamsOnPage is how many streams of a category a page shows.
	streamsOnPage = 10
	// itemsOfStream is how many items are shown of each.
	itemsOfStream = 10

	sparkWidth, sparkHeight = 112, 24 // of a trend
)

// newestDecisions is how many decisions a page lists that is about something else.
const newestDecisions = 10

func shadow(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &shadowPage{Window: findings.Headline(report), Targets: targetsOf(report), Back: r.URL.RequestURI()}
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
	var from int
	p.Category, from = askedStreams(r.URL.Query(), p.Streams)
	p.group(from)
	if s.Overrides != nil && p.Category == "" {
		p.Decided = decisionGroups(s.Overrides(), report)
		p.More = max(0, len(p.Decided)-newestDecisions)
		p.Decided = p.Decided[:min(len(p.Decided), newestDecisions)]
	}
	return p, "", nil
}

// askedStreams says which streams a page is asked for: of a category those from a
// place on, "" for the largest of all. One may be named instead.
func askedStreams(q url.Values, streams *findings.Streams) (category string, from int) {
	category = q.Get("category")
	from, _ = strconv.Atoi(q.Get("from"))
	of := func(category string) (list []string) {
		for i := range streams.List {
			if streams.List[i].Category == category {
				list = append(list, streams.List[i].ID)
			}
		}
		return list
	}
	if i := slices.IndexFunc(streams.List, func(x findings.Stream) bool { return x.ID == q.Get("stream") }); i >= 0 {
		category = streams.List[i].Category
		from = slices.Index(of(category), streams.List[i].ID)
	}
	from = max(0, min(from, len(of(category))-1)) / streamsOnPage * streamsOnPage
	if from == 0 {
		return "", 0
	}
	return category, from
}

// group puts the streams under what they are, from a place in the category on
// that is asked for.
func (p *shadowPage) group(from int) {
	for _, g := range []streamGroup{
		{Category: scoring.Unknown.String(), Name: "Belongs to nothing that is declared", About: "No link, no key and no rule leads from this work to an objective. It may be valuable: then it deserves a place in what is declared."},
		{Category: scoring.Excluded.String(), Name: "Declared off strategy", About: "Somebody said, in the configuration or here, that this is not to be done."},
		{Category: scoring.Stopped.String(), Name: "For objectives that were stopped", About: "The objective ended, its grace is over, and the work goes on."},
	} {
		if p.Category != "" && p.Category != g.Category {
			continue
		}
		if p.Window != nil {
			for _, part := range effortParts(&p.Window.Org) {
				if part.Class == g.Category {
					g.Share, g.Effort = part.Share, part.Effort
				}
			}
		}
		at := 0
		for _, stream := range p.Streams.List {
			if stream.Category != g.Category {
				continue
			}
			if at++; at <= from {
				continue
			}
			if len(g.List) == streamsOnPage {
				g.Rest++
				continue
			}
			card := cardOf(stream)
			card.Begun = p.Streams.Since(&stream)
			g.List = append(g.List, card)
		}
		if g.Rest > 0 {
			g.Next = "/shadow?" + url.Values{"category": {g.Category}, "from": {strconv.Itoa(from + streamsOnPage)}}.Encode()
		}
		p.Groups = append(p.Groups, g)
	}
}

func cardOf(stream findings.Stream) streamCard {
	card := streamCard{Stream: stream, Newest: stream.Items[:min(len(stream.Items), itemsOfStream)]}
	largest := scoring.Number(.05)
	for _, v := range stream.Trend {
		if v.Known() {
			largest = max(largest, v)
		}
	}
	step := sparkWidth / float64(max(1, len(stream.Trend)))
	var bars []byte
	var blocks []string
	for i, v := range stream.Trend {
		if blocks = append(blocks, together(findings.Percent(v))); v.Known() && v > 0 {
			h := float64(v/largest) * (sparkHeight - 2)
			bars = fmt.Appendf(bars, "M%.1f %dv-%.1fh%.1fv%.1fz", float64(i)*step, sparkHeight, h, step*.85, h)
		}
	}
	card.Bars, card.Blocks = string(bars), strings.Join(blocks, ", ")
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
