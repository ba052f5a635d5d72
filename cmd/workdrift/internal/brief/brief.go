// Package brief writes the one page for the weekly meeting, and the one for the
// monthly session that decides what ends, as Markdown, as one HTML file and as
// blocks for Slack.
//
// Make picks what a brief says; the files named after a format write it. A brief
// tells facts, how they were in the four weeks before, and questions to put to
// the meeting. It names no person, ranks no team and holds nothing that the
// pages withhold.
//
// It is pure: a brief follows from the report as of the end of its period and
// what was declared and decided until then. The same input makes the same bytes.
package brief

import (
	"fmt"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// Input is what a brief is made from.
type Input struct {
	Period Period
	// Report is as of the end of the period, or of the last closed day where the
	// period has not closed.
	Report *scoring.Report
	// Before is the report as of Back days before Report's day, nil where nothing
	// had happened then.
	Before *scoring.Report
	// Streams are those of Report's shadow roadmap, nil where they are not known.
	Streams *findings.Streams
	// History is what was declared, nil where that is not known.
	History *findings.History
	// Overrides are the decisions in force.
	Overrides []store.Override
	// Model is how a day is split over the works of that day.
	Model string
	// BaseURL begins the addresses of pages, without a slash at its end; "" where
	// nobody knows under which name they are reached.
	BaseURL string
}

// Back is how many days before the end of a period the report ends that it is
// held against: the four weeks before those that are told.
const Back = 28

// A Brief is what one edition says of one period. It does not change. Paths are
// those of pages; texts are plain, and hold titles as they are.
type Brief struct {
	Period
	// Day is the last day that is told.
	Day scoring.Day `json:"day"`
	// Provisional is set while the period has not closed.
	Provisional bool `json:"provisional"`
	// Partial is set where a source had not been read completely yet.
	Partial bool   `json:"partial"`
	Title   string `json:"title"`
	// Quality says what makes the numbers less than they seem.
	Quality    []Line               `json:"data_quality"`
	Figures    []Figure             `json:"figures"`
	Weeks      []scoring.WeekReport `json:"weeks"` // closed ones, oldest first
	Points     []Point              `json:"points"`
	Objectives Objectives           `json:"objectives"`
	Streams    Streams              `json:"streams"`
	Changes    Changes              `json:"changes"`
	Teams      Teams                `json:"teams"`
	Candidates Candidates           `json:"candidates"` // of a kill session
	Decisions  []Decision           `json:"decisions"`  // likewise
	Provenance []string             `json:"provenance"`

	base  string
	topN  int
	marks []mark // on the chart
	// alert is the share of the top priorities below which an alert is due.
	alert float64
}

// A Line is a sentence and the page that shows what is behind it.
type Line struct {
	Text string `json:"text"`
	Path string `json:"path,omitempty"`
}

// A Figure is one of the numbers that a brief leads with.
type Figure struct {
	Name  string         `json:"name"`
	Score string         `json:"score"`
	Value scoring.Number `json:"value"`
	Lower scoring.Number `json:"lower"`
	Upper scoring.Number `json:"upper"`
	Text  string         `json:"text"`             // the value as it is told, "unknown" without one
	Delta string         `json:"change,omitempty"` // against the four weeks before
	// Meaning is what it says to who leads.
	Meaning string `json:"meaning"`
	Path    string `json:"path"`
}

// A Point is a fact worth talking about, and a question about it.
type Point struct {
	Text     string `json:"text"`
	Question string `json:"question"`
	Path     string `json:"path,omitempty"`
}

// How much fits on a page, with the longest titles too. What is left out is counted.
const (
	maxPoints     = 4
	maxObjectives = 6
	maxStreams    = 3
	maxChanges    = 3
	maxTeams      = 6
	maxCandidates = 6
	maxDecisions  = 4
	maxWeeks      = 26
)

// Make picks what a brief says.
func Make(in Input) *Brief {
	in = tidy(in)
	r := in.Report
	weeks := r.Weeks[max(0, len(r.Weeks)-maxWeeks):]
	for len(weeks) > 0 && !weeks[0].Top.Known() && !weeks[0].Shadow.Known() {
		weeks = weeks[1:] // before the data begins
	}
	b := &Brief{
		Period: in.Period, Day: r.Day, Provisional: !in.Period.Closed(r.Day), Partial: r.Partial, Title: titleOf(in.Period),
		Weeks: weeks, Figures: []Figure{}, Points: []Point{}, Decisions: []Decision{},
		Objectives: Objectives{List: []Objective{}}, Streams: Streams{List: []Stream{}}, Changes: Changes{List: []Dated{}},
		Teams: Teams{List: []Team{}}, Candidates: Candidates{List: []Candidate{}},
		base: in.BaseURL, topN: r.TopN, alert: r.Thresholds[scoring.TopObjectivesEffort],
	}
	b.Quality = b.quality(r)
	b.marks = marksOf(in)
	w := findings.Headline(r)
	if len(r.Late) > 0 || r.Partial || w != nil && !readable(w) {
		b.Points = append(b.Points, Point{"The numbers of this brief rest on too little.", "What has to be repaired or connected before they decide anything?", "/sources"})
	}
	if in.Period.Edition == KillSession {
		b.kill(in, w)
	} else {
		b.week(in, w)
	}
	b.Provenance = provenance(in, w)
	return b
}

// At returns the brief with links to pages below base, "" for none.
func (b *Brief) At(base string) *Brief {
	out := *b
	out.base = base
	return &out
}

// Key identifies the brief: "weekly/2026-W14", "kill-session/2026-11".
func (b *Brief) Key() string { return b.Period.Key() }

func titleOf(p Period) string {
	first, last := p.From, p.Until
	if p.Edition == KillSession {
		return "Kill session for " + dateOf(first).Format("January 2006")
	}
	from, until := dateOf(first).Format("2 January"), dateOf(last).Format("2 January 2006")
	if dateOf(first).Month() == dateOf(last).Month() {
		from = dateOf(first).Format("2")
	}
	return fmt.Sprintf("Week %s, %s to %s", p.Name, from, until)
}

// quality says what makes the numbers less than they seem, the worst first.
func (b *Brief) quality(r *scoring.Report) []Line {
	list := []Line{}
	add := func(path, format string, args ...any) {
		list = append(list, Line{fmt.Sprintf(format, args...), path})
	}
	if b.Provisional {
		add("/sources", "Provisional: %s has not closed. The numbers are as of %s, and late work still changes them.", b.Name, longDate(r.Day))
	}
	if r.Partial {
		add("/sources", "Partial: still being read for the first time: %s. The numbers hold what is known so far.", findings.FirstRead(r))
	}
	if late := findings.Behind(r); len(late) > 0 {
		add("/sources", "Blind: %s not complete up to %s. What happened there since is not seen.", isAre(late), longDate(r.Expected))
	}
	w := findings.Headline(r)
	switch {
	case w == nil:
		add("/sources", "Nothing has been measured yet.")
	case w.Org.Status != scoring.OK && w.Org.Status != scoring.Stale:
		add("/methods#privacy", "Effort is not told: %s. Seen: %s.", w.Org.Reason, pieces(w.Org.Works))
	default:
		if c := w.Org.Score(scoring.EffortCoverage); c != nil && c.Value < findings.ReadableCoverage {
			add("/methods#effort_coverage", "Only %s of the available time is visible. Below %.0f %% the shares of effort should not be read.",
				findings.Percent(c.Value), 100*findings.ReadableCoverage)
		}
		if u := findings.CategoryShare(&w.Org, scoring.Unknown); u > readableUnknown {
			add("/shadow", "%s of the effort is on work whose purpose is unknown: the bounds tell more than the values.", findings.Percent(u))
		}
	}
	return list
}

// readable reports whether enough is told of a window to decide by it.
func readable(w *scoring.WindowReport) bool {
	c := w.Org.Score(scoring.EffortCoverage)
	return c != nil && c.Value >= findings.ReadableCoverage
}

// readableUnknown is the share of unknown effort above which bounds matter more
// than values.
const readableUnknown = .4

// provenance says how the numbers came to be.
func provenance(in Input, w *scoring.WindowReport) []string {
	r := in.Report
	list := []string{}
	if w != nil {
		text := fmt.Sprintf("Effort of the %s from %s to %s", findings.Span(w.Label), longDate(w.From), longDate(w.Until))
		if in.Model != "" {
			text += fmt.Sprintf(", in person-days split by the model “%s”", in.Model)
		}
		if c := w.Org.Score(scoring.EffortCoverage); c != nil && c.Value.Known() {
			text += fmt.Sprintf("; %s of the available time is visible", findings.Percent(c.Value))
		}
		list = append(list, text+".")
	}
	return append(list,
		fmt.Sprintf("As of %s, the last day told, by the links, rules and decisions of now.", longDate(r.Day)),
		"Bounds say what a number could be, whatever the unknown work was for. Alert lines are defaults, not benchmarks.",
		"What would tell of few people is withheld. Nothing here is about a person, and teams stand in declared order.")
}
