package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// Objectives are the first of those that are declared, by rank.
type Objectives struct {
	List []Objective `json:"items"`
	More int         `json:"more"`
}

// An Objective is what it got against what was declared, and against its own
// past.
type Objective struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Rank     int             `json:"rank"`
	State    objective.State `json:"state"`
	Path     string          `json:"path"`
	Share    scoring.Number  `json:"effort_ratio"`
	Declared scoring.Number  `json:"declared_ratio"`
	// Delta compares the share with the four weeks before.
	Delta string `json:"change,omitempty"`
	// Reported and Observed say how likely it is reached, by report and by
	// evidence.
	Reported scoring.Number `json:"reported_confidence"`
	Observed scoring.Number `json:"observed_confidence"`
	Notes    []string       `json:"notes"`
}

// Streams are the largest of the shadow roadmap.
type Streams struct {
	List  []Stream `json:"items"`
	More  int      `json:"more"`
	Small int      `json:"small_works"` // works in none, and in those below the floor
}

// A Stream is work of one kind in one place.
type Stream struct {
	Name  string         `json:"name"`
	Text  string         `json:"text"`
	Share scoring.Number `json:"effort_ratio"`
	Path  string         `json:"path"`
}

// Changes are what was declared, decided and measured lately, the newest first.
// What stands together coincides; nothing says that one caused the other.
type Changes struct {
	List []Dated `json:"items"`
	More int     `json:"more"`
}

// A Dated text says what happened on a day.
type Dated struct {
	Day  scoring.Day `json:"day"`
	Kind string      `json:"kind"`
	Text string      `json:"text"`
	Path string      `json:"path,omitempty"`
}

// Teams are beside their own past, in declared order.
type Teams struct {
	List []Team `json:"items"`
	More int    `json:"more"`
}

// A Team is told with its share of effort on the top priorities, or why there is
// none.
type Team struct {
	Team  string         `json:"team"`
	Top   scoring.Number `json:"top_objectives_effort_ratio"`
	Delta string         `json:"change,omitempty"`
	// Reason is why there is no share.
	Reason string `json:"reason,omitempty"`
}

func (b *Brief) week(in Input, w *scoring.WindowReport) {
	if w == nil {
		return
	}
	if w.Org.Status == scoring.OK || w.Org.Status == scoring.Stale {
		b.figures(in.Report, w)
		b.points(findings.Of(in.Report, in.Streams))
	}
	b.objectives(in, w)
	b.streams(in.Streams)
	b.changes(in)
	b.teams(in.Report, w)
}

// figures fills in the numbers that the weekly brief leads with.
func (b *Brief) figures(r *scoring.Report, w *scoring.WindowReport) {
	top := b.figure(fmt.Sprintf("Top %d priorities", r.TopN), "/objectives", w.Org.Score(scoring.TopObjectivesEffort), findings.Percent)
	if top.Value.Known() {
		top.Delta = findings.Delta(b.Weeks, chart.Top().Value)
		top.Meaning = fmt.Sprintf("Of all effort. Between %s and %s, whatever the unknown work was for%s.",
			findings.Percent(top.Lower), findings.Percent(top.Upper), breached(r, scoring.TopObjectivesEffort, "below"))
	}
	shadow := b.figure("Shadow roadmap", "/shadow", w.Org.Score(scoring.ShadowRoadmap), times)
	if s := w.Org.Score(scoring.ShadowRoadmap); shadow.Value.Known() {
		if d := findings.Delta(b.Weeks, chart.Shadow().Value); d != "" {
			shadow.Delta = "its share: " + d
		}
		shadow.Meaning = fmt.Sprintf("Between %.2f and %.2f of the official one; %s.", float64(s.Lower), float64(s.Upper), findings.ShadowVerdict(s))
	}
	coverage := b.figure("Visible time", "/sources#coverage", w.Org.Score(scoring.EffortCoverage), findings.Percent)
	if coverage.Value.Known() {
		coverage.Delta = findings.Delta(b.Weeks, chart.Coverage().Value)
		coverage.Meaning = "Of the available time leaves a trace: enough to read the rest."
		if coverage.Value < findings.ReadableCoverage {
			coverage.Meaning = "Of the available time leaves a trace: too little to read the rest."
		}
	}
	b.Figures = append(b.Figures, top, shadow, phaseFigure(r), coverage)
}

func (b *Brief) figure(name, path string, s *scoring.Score, text func(scoring.Number) string) Figure {
	f := Figure{Name: name, Path: path, Value: scoring.Absent(), Lower: scoring.Absent(), Upper: scoring.Absent(), Text: "unknown", Meaning: "Not measured."}
	if s == nil {
		return f
	}
	f.Score, f.Value, f.Lower, f.Upper = s.Name, s.Value, s.Lower, s.Upper
	if s.Value.Known() {
		f.Text = text(s.Value)
	} else if s.Reason != "" {
		f.Meaning = "Too little to tell: " + s.Reason + "."
	}
	return f
}

func phaseFigure(r *scoring.Report) Figure {
	f := Figure{Name: "Drift phase", Score: scoring.DriftPhase, Path: "/changes", Value: scoring.Absent(), Lower: scoring.Absent(), Upper: scoring.Absent(),
		Text: "unknown", Meaning: "Too little is measured to tell."}
	if r.Phase == nil || r.Phase.Phase == "unknown" {
		return f
	}
	f.Text = findings.Words(r.Phase.Phase)
	f.Meaning = fmt.Sprintf("Since the week to %s: %s.", longDate(r.Phase.Since), findings.PhaseMeaning(r.Phase.Phase))
	if s := r.Score(scoring.DriftPhase); s != nil {
		f.Value = s.Value
	}
	return f
}

// breached says for how long a score has been beyond its alert threshold.
func breached(r *scoring.Report, score, side string) string {
	n, limit := r.Breached[score], r.Thresholds[score]
	switch {
	case n == 0 || limit == 0:
		return ""
	case n >= 4:
		return fmt.Sprintf("; %s the alert line of %.0f %% in each of the last 4 weeks", side, 100*limit)
	}
	return fmt.Sprintf("; %s the alert line of %.0f %% in %d of the last 4 weeks", side, 100*limit, n)
}

func times(n scoring.Number) string {
	if n > 99 {
		return "more than 99 times"
	}
	return fmt.Sprintf("%.2f times", float64(n))
}

// points turns findings into facts with a question each.
func (b *Brief) points(list []findings.Finding) {
	for _, f := range list[:min(len(list), maxPoints-len(b.Points))] {
		b.Points = append(b.Points, Point{f.Text, question(&f), f.Path})
	}
}

// question is what the meeting may ask about a finding. It asks for what to do,
// not for who did it.
func question(f *findings.Finding) string {
	switch {
	case f.Score == scoring.ShadowEffort:
		return "Is this a priority that nobody declared, work that keeps things running, or something to stop?"
	case f.Score == scoring.WatermelonScore:
		return "What would have to be seen in the next four weeks for the report to hold?"
	case f.Score == scoring.AllocationGapScore:
		return "Which work makes room for it, or does its declared share go down?"
	case f.Score == scoring.ZombieEffort:
		return "What is left to finish there, and by which day has it ended?"
	case f.Score == scoring.DriftPhase:
		return "Which one change would turn the next four weeks?"
	case f.Score == scoring.RestatementScore:
		return "Which links or rules changed, and do the old numbers still serve in any decision?"
	case strings.HasPrefix(f.Score, scoring.StructureShift):
		return "Was that meant, and is it to stay?"
	}
	return "Is the line right, or is it to be acted on?"
}

func (b *Brief) objectives(in Input, w *scoring.WindowReport) {
	var before *scoring.WindowReport
	if in.Before != nil {
		before = in.Before.Window(w.Label)
	}
	ranked := slices.Clone(in.Report.Objectives)
	slices.SortStableFunc(ranked, func(a, b scoring.ObjectiveReport) int { return cmp.Compare(a.Rank, b.Rank) })
	for i := range ranked {
		o := &ranked[i]
		line := Objective{
			ID: o.ID, Title: o.Title, Rank: o.Rank, State: o.State, Path: findings.ObjectivePath(o.ID), Declared: o.Declared,
			Share: findings.EffortOn(w, o.ID).Share, Reported: valueOf(o, scoring.ReportedConfidence), Observed: valueOf(o, scoring.ObservedConfidence),
			Notes: []string{},
		}
		if was := findings.EffortOn(before, o.ID).Share; was.Known() && line.Share.Known() {
			line.Delta = findings.Points(line.Share - was)
		}
		if o.State != objective.Active {
			line.Notes = append(line.Notes, string(o.State))
		}
		for _, f := range findings.FlagsOf(in.Report, w, o) {
			line.Notes = append(line.Notes, f.Text)
		}
		if o.State != objective.Active && len(line.Notes) == 1 && !(line.Share > 0) {
			continue // ended, and at rest
		}
		if len(b.Objectives.List) == maxObjectives {
			b.Objectives.More++
			continue
		}
		b.Objectives.List = append(b.Objectives.List, line)
	}
}

func valueOf(o *scoring.ObjectiveReport, name string) scoring.Number {
	if s := o.Score(name); s != nil && s.Status == scoring.OK {
		return s.Value
	}
	return scoring.Absent()
}

func (b *Brief) streams(s *findings.Streams) {
	if s == nil {
		return
	}
	b.Streams.Small = s.Small
	for i := range s.List {
		stream := &s.List[i]
		if len(b.Streams.List) == maxStreams {
			b.Streams.More = len(s.List) - maxStreams
			break
		}
		b.Streams.List = append(b.Streams.List, Stream{Name: place(stream.By, stream.Label()), Share: stream.Share, Path: "/shadow#" + stream.ID, Text: streamText(stream)})
	}
}

// streamText says how large a stream is, and how large it was.
func streamText(s *findings.Stream) string {
	if !s.Share.Known() {
		return fmt.Sprintf("%s %s; how much of the effort is withheld", pieces(s.Works), findings.CategoryName(s.Category))
	}
	text := fmt.Sprintf("about %s of all effort, %s %s", findings.Percent(s.Share), pieces(s.Works), findings.CategoryName(s.Category))
	if n := len(s.Trend); n > 1 && s.Trend[n-2].Known() {
		switch was := s.Trend[n-2]; {
		case was == 0:
			text += "; none that could be told in the 4 weeks before"
		case was == s.Share:
			text += "; as much as in the 4 weeks before"
		default:
			text += fmt.Sprintf("; about %s in the 4 weeks before", findings.Percent(was))
		}
	}
	return text
}

// changes lists what happened in the last four weeks, and the shifts that were
// found in them, of which many began before.
func (b *Brief) changes(in Input) {
	known := make(map[string]bool)
	if in.Before != nil {
		for _, c := range findings.Changes(in.Before, nil, nil) {
			known[fmt.Sprint(c.Path, c.Day)] = true
		}
	}
	list := findings.Changes(in.Report, in.History, in.Overrides)
	slices.SortStableFunc(list, func(a, c findings.Change) int { return cmp.Compare(c.Day, a.Day) })
	for _, c := range list {
		found := c.Kind == "shifted" && in.Before != nil && !known[fmt.Sprint(c.Path, c.Day)]
		if c.Day <= b.Day-Back && !found {
			continue
		}
		if len(b.Changes.List) == maxChanges {
			b.Changes.More++
			continue
		}
		text := c.Text
		if c.Kind == "shifted" {
			text += " then"
			if c.More != "" {
				text += "; that " + findings.FirstOf(c.More)
			}
		}
		b.Changes.List = append(b.Changes.List, Dated{c.Day, c.Kind, cut(text, maxChange), c.Path})
	}
}

func (b *Brief) teams(r *scoring.Report, w *scoring.WindowReport) {
	for i := range w.Teams {
		if i == maxTeams {
			b.Teams.More = len(w.Teams) - maxTeams
			break
		}
		scope := &w.Teams[i]
		line := Team{Team: scope.Team, Top: scoring.Absent()}
		if scope.Status != scoring.OK && scope.Status != scoring.Stale {
			line.Reason = scope.Reason
		} else if s := scope.Score(scoring.TopObjectivesEffort); s != nil {
			line.Top = s.Value
		}
		if t := r.Team(scope.Team); t != nil && line.Reason == "" {
			line.Delta = findings.Delta(t.Weeks, chart.Top().Value)
		}
		b.Teams.List = append(b.Teams.List, line)
	}
}
