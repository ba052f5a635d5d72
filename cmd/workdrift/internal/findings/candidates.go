package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Candidates are what could be stopped, and what goes on although it was.
type Candidates struct {
	Ended      []Candidate // objectives that ended, while work goes on or did
	Objectives []Candidate // that could end
	Streams    []Candidate
	Small      int // works in streams below the floor
	// Shared says how much effort goes on for several objectives that ended: for
	// which of them is not known. It is "" where there is none, and where one ended.
	Shared string
}

// A Candidate is something that could be stopped.
type Candidate struct {
	Name, Path, ID string
	By             string // what puts the works of a stream together
	Kind           string
	Effort         string
	Since          string   // its age, or since when it has ended
	Week           string   // of the last decision, "" where there was none
	Alive          []string // what keeps it alive
	Decision       string   // the last about it
	Keys           []string
	Works          int
}

// CandidatesOf returns what a report and its streams hold. Streams and history
// may be nil.
func CandidatesOf(report *scoring.Report, streams *Streams, h *History, overrides []store.Override) *Candidates {
	c := &Candidates{}
	if w := Headline(report); w != nil {
		c.objectives(report, w, h, streams)
	}
	if streams != nil {
		c.Small = streams.Small
		c.streams(streams, overrides)
	}
	return c
}

// objectives fills in those that ended, and those that little speaks for.
func (p *Candidates) objectives(report *scoring.Report, w *scoring.WindowReport, h *History, streams *Streams) {
	ended := 0
	for i := range report.Objectives {
		if report.Objectives[i].State != objective.Active {
			ended++
		}
	}
	stopped := CategoryShare(&w.Org, scoring.Stopped)
	if ended > 1 && stopped > 0 {
		p.Shared = Percent(stopped) + " of all effort"
	}
	for i := range report.Objectives {
		o := &report.Objectives[i]
		c := Candidate{Name: o.Title, Path: ObjectivePath(o.ID), ID: o.ID}
		c.Decision, c.Week = lastDecision(h, o.ID)

		if effort := EffortOn(w, o.ID); effort.Share.Known() {
			c.Effort = Percent(effort.Share) + " of all effort"
		}
		if o.State != objective.Active {
			c.Since = endedSince(h, o, report)
			if p.Shared != "" {
				c.Effort = "not known"
			}
			if ended == 1 {
				c.goesOn(stopped, streams)
			}
			p.Ended = append(p.Ended, c)
			continue
		}
		c.Since = declaredSince(h, o.ID, report)
		for _, f := range FlagsOf(report, w, o) {
			switch f.Score {
			case scoring.WatermelonScore, "outcome_stalled", "output_without_outcome":
				c.Alive = append(c.Alive, f.Text)
			}
		}
		if len(c.Alive) > 0 {
			p.Objectives = append(p.Objectives, c)
		}
	}
}

// goesOn fills in the streams of stopped work, which are all for the one objective
// that ended.
func (c *Candidate) goesOn(stopped scoring.Number, streams *Streams) {
	if streams == nil {
		return
	}
	for _, stream := range streams.List {
		if stream.Category == scoring.Stopped.String() {
			c.Effort = Percent(stopped) + " of all effort goes on"
			c.Alive = append(c.Alive, stream.Label())
		}
	}
}

// endedSince says since when an objective is in the state that it ended in.
func endedSince(h *History, o *scoring.ObjectiveReport, report *scoring.Report) string {
	if h != nil {
		for _, e := range slices.Backward(h.Edits) {
			if e.Objective == o.ID && e.Kind == objective.EditState && e.State == o.State {
				return fmt.Sprintf("%s since %s, %s", o.State, Date(e.Start().Time()), Plural(int(report.Day)-int(e.Start()), "day"))
			}
		}
	}
	return string(o.State)
}

// declaredSince says since when an objective is declared, as far as that is known.
func declaredSince(h *History, id string, report *scoring.Report) string {
	o := h.Objective(id)
	if o == nil {
		return "unknown"
	}
	if o.Start != objective.NoDate {
		return fmt.Sprintf("begun %s, %s ago", Date(o.Start.Time()), Plural(int(report.Day)-int(o.Start), "day"))
	}
	for i := range h.Declared {
		if objectiveIn(&h.Declared[i].Set, id) != nil {
			return "declared since " + Date(h.Declared[i].Known) + " or longer"
		}
	}
	return "unknown"
}

// lastDecision is the last edit of an objective's state, rank or share, and its
// week.
func lastDecision(h *History, id string) (text, week string) {
	if h == nil {
		return "", ""
	}
	var texts []string
	var last time.Time
	for _, e := range h.Edits {
		switch e.Kind {
		case objective.EditState, objective.EditRank, objective.EditTarget, objective.EditAdded:
		default:
			continue
		}
		if e.Objective != id {
			continue
		}
		if !e.Known.Equal(last) {
			texts, last = nil, e.Known
		}
		texts = append(texts, h.EditText(e))
	}
	if texts == nil {
		return "none since the history begins", ""
	}
	return strings.Join(texts, ", ") + " on " + Date(last), ISOWeek(scoring.Day(objective.DateOf(last.UTC()).Monday()))
}

// streams fills in those that nobody declared, or that go on though excluded.
func (p *Candidates) streams(streams *Streams, overrides []store.Override) {
	decided := make(map[string]string)
	for _, o := range overrides {
		decided[o.Key] = Words(o.To) + " on " + Date(o.At) + ": " + o.Why
	}
	for _, stream := range streams.List {
		c := Candidate{
			Name: stream.Label(), Path: "/shadow?stream=" + stream.ID + "#" + stream.ID, ID: stream.ID, Since: cmp.Or(streams.Since(&stream), age(stream.Oldest, streams.AsOf)),
			Keys: stream.Keys, Works: stream.Works, By: stream.By, Effort: "withheld", Decision: "none",
		}
		if stream.Share.Known() {
			c.Effort = "about " + Percent(stream.Share) + " of all effort"
		}
		c.Kind = CategoryName(stream.Category)
		for _, x := range stream.Items {
			for _, owner := range x.OwnedBy {
				if owned := "in what " + owner + " owns"; !slices.Contains(c.Alive, owned) {
					c.Alive = append(c.Alive, owned)
				}
			}
		}
		if stream.Open > 0 {
			c.Alive = append(c.Alive, Plural(stream.Open, "open item"))
		}
		for _, key := range stream.Keys {
			if text, ok := decided[key]; ok {
				c.Decision = text
				break
			}
		}
		p.Streams = append(p.Streams, c)
	}
}

// age says since when there is work, as far as the report looks back.
func age(oldest time.Time, report *scoring.Report) string {
	if oldest.IsZero() || report == nil {
		return "unknown"
	}
	return Ago(report.At, oldest)
}
