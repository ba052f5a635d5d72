package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A killPage is what a kill session needs: what could be stopped, and what goes
// on although it was.
type killPage struct {
	Window     *scoring.WindowReport
	Last       string // when a session was last held
	Scores     scoreGroupLines
	Ended      []killCandidate // objectives that ended, while work goes on or did
	Objectives []killCandidate // that could end
	Streams    []killCandidate
	Targets    []target
	Done       string
	Small      int
}

// A killCandidate is something that could be stopped.
type killCandidate struct {
	Name, Path, ID string
	Kind           string
	Effort         string
	Since          string   // its age, or when it ended
	Alive          []string // what keeps it alive
	Decision       string   // the last about it
	Keys           []string
	Works          int
}

func killList(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &killPage{Window: findings.Headline(report), Targets: targetsOf(report), Done: done(r)}
	defs := s.definitions
	p.Scores.Name = "How stopping goes"
	p.Scores.Lines = lines(defs, report.Score, "kill_session_timestamp", "live_zombie_workstreams", "stop_resurrections", "stop_latency_median", "stop_latency_restricted_mean", "stops_per_start", "workstream_net_growth")
	var streams *findings.Streams
	if s.Streams != nil {
		if streams, err = s.Streams(r.Context()); err != nil {
			return nil, "", err
		}
		p.Small = streams.Small
	}
	var history *findings.History
	if s.Declared != nil {
		history = s.Declared()
	}
	p.objectives(report, history, streams)
	p.streams(s, streams)
	return p, "", nil
}

// objectives fills in those that ended, and those that little speaks for.
func (p *killPage) objectives(report *scoring.Report, h *findings.History, streams *findings.Streams) {
	for i := range report.Objectives {
		o := &report.Objectives[i]
		sum := summaryOf(report, p.Window, o)
		c := killCandidate{Name: o.Title, Path: sum.Path, ID: o.ID, Decision: lastDecision(h, o.ID)}
		if sum.Effort.Share.Known() {
			c.Effort = findings.Percent(sum.Effort.Share) + " of all effort"
		}
		if o.State != objective.Active {
			c.Since = string(o.State)
			for _, stream := range stoppedFor(streams, o.ID, report) {
				c.Effort = findings.Percent(p.stopped()) + " of all effort goes on"
				c.Alive = append(c.Alive, stream.Label())
			}
			p.Ended = append(p.Ended, c)
			continue
		}
		for _, f := range sum.Flags {
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

// stopped is the part of all effort on what was stopped.
func (p *killPage) stopped() scoring.Number {
	for _, part := range effortParts(&p.Window.Org) {
		if part.Class == scoring.Stopped.String() {
			return part.Share
		}
	}
	return scoring.Absent()
}

// stoppedFor lists the streams of stopped work, where one objective has ended:
// otherwise it is not known whose they are.
func stoppedFor(streams *findings.Streams, id string, report *scoring.Report) (list []findings.Stream) {
	if streams == nil {
		return nil
	}
	ended := 0
	for i := range report.Objectives {
		if report.Objectives[i].State != objective.Active {
			ended++
		}
	}
	for _, stream := range streams.List {
		if stream.Category == scoring.Stopped.String() && (stream.Objective == id || stream.Objective == "" && ended == 1) {
			list = append(list, stream)
		}
	}
	return list
}

// lastDecision is the last edit of an objective's state, rank or share.
func lastDecision(h *findings.History, id string) string {
	if h == nil {
		return ""
	}
	for i := len(h.Edits) - 1; i >= 0; i-- {
		e := &h.Edits[i]
		if e.Objective != id {
			continue
		}
		text := findings.Words(string(e.Kind))
		if e.State != "" {
			text += " " + string(e.State)
		}
		return text + " on " + findings.Date(e.Known)
	}
	return "none since the history begins"
}

// streams fills in those that nobody declared, or that go on though excluded.
func (p *killPage) streams(s *server, streams *findings.Streams) {
	if streams == nil {
		return
	}
	decided := make(map[string]string)
	if s.Overrides != nil {
		for _, o := range s.Overrides() {
			decided[o.Key] = findings.Words(o.To) + " on " + findings.Date(o.At) + ": " + o.Why
		}
	}
	for _, stream := range streams.List {
		c := killCandidate{
			Name: stream.Label(), Path: "/shadow#" + stream.ID, ID: stream.ID, Since: age(stream.Oldest, streams.AsOf),
			Keys: stream.Keys, Works: stream.Works, Effort: "withheld", Decision: "none",
		}
		if stream.Share.Known() {
			c.Effort = "about " + findings.Percent(stream.Share) + " of all effort"
		}
		c.Kind = findings.CategoryName(stream.Category)
		for _, x := range stream.Items {
			for _, owner := range x.OwnedBy {
				if owned := "in what " + owner + " owns"; !slices.Contains(c.Alive, owned) {
					c.Alive = append(c.Alive, owned)
				}
			}
		}
		if stream.Open > 0 {
			c.Alive = append(c.Alive, findings.Plural(stream.Open, "open item"))
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
	return findings.Ago(report.At, oldest)
}
