// Package findings says in plain sentences what a report holds: what is worth
// pointing out, the streams of the shadow roadmap, what was changed over time,
// and the words for shares, weeks and phases. Pages and briefs say the same,
// because they take it from here.
//
// It is pure: what it is told is all that it knows.
package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Finding is something in a report that is worth pointing out, in a plain
// sentence. It names no person.
type Finding struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Path is the page that shows what is behind it.
	Path      string `json:"path,omitempty"`
	Score     string `json:"score,omitempty"`
	Window    string `json:"window,omitempty"`
	Team      string `json:"team,omitempty"`
	Objective string `json:"objective,omitempty"`

	kind   string
	weight float64 // how much of the work it is about, 0 to 1
}

// Lead is how many findings are led with.
const Lead = 3

// Of returns what a report and the streams of its shadow roadmap are
// worth pointing out, the most useful first: what is about the most work, and
// the first of each kind before the second of any. Streams may be nil.
//
// The sentences say what is, not what it means and not who did it.
func Of(r *scoring.Report, streams *Streams) []Finding {
	w := Headline(r)
	if w == nil {
		return nil
	}
	var list []Finding
	for _, found := range [][]Finding{
		shadowFinding(w, streams), watermelonFindings(r, w), starvedFindings(r, w), zombieFinding(r, w),
		phaseFinding(r), shiftFinding(r), restatedFinding(w), breachFinding(r),
	} {
		list = append(list, found...)
	}
	return inOrder(list)
}

// inOrder puts the heaviest of each kind first, then the next of each.
func inOrder(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.weight, a.weight) })
	round := make(map[string]int)
	turn := make(map[string]int, len(list))
	for i := range list {
		turn[list[i].ID] = round[list[i].kind]
		round[list[i].kind]++
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(turn[a.ID], turn[b.ID]) })
	return list
}

func shadowFinding(w *scoring.WindowReport, streams *Streams) []Finding {
	for _, c := range w.Org.Effort {
		if c.Category != scoring.Unknown || w.Org.Total <= 0 || c.Effort <= 0 {
			continue
		}
		share := c.Effort / w.Org.Total
		f := Finding{
			ID: "unknown-work", kind: "shadow", weight: float64(share), Path: "/shadow", Score: scoring.ShadowEffort, Window: w.Label,
			Text: fmt.Sprintf("%s of the effort of the last %s, %.0f person-days, is on work that belongs to nothing that is declared.", Percent(share), Span(w.Label), float64(c.Effort)),
		}
		if s := streams.Largest(scoring.Unknown.String()); s != nil {
			f.ID, f.Path = "largest-stream", "/shadow#"+s.ID
			f.Text = fmt.Sprintf("The largest undeclared stream is %s %s: about %s of all effort, in %d pieces of work", s.By, s.Label(), Percent(s.Share), s.Works)
			if since := streams.Since(s); since != "" {
				f.Text += ", " + since
			}
			f.Text += "."
		}
		return []Finding{f}
	}
	return nil
}

func watermelonFindings(r *scoring.Report, w *scoring.WindowReport) (list []Finding) {
	for i := range r.Objectives {
		o := &r.Objectives[i]
		flag := o.Score(scoring.WatermelonScore)
		if flag == nil || flag.Value != 1 {
			continue
		}
		text := fmt.Sprintf("“%s” is reported green", o.Title)
		if reported := o.Score(scoring.ReportedConfidence); reported != nil && reported.Value.Known() {
			text += fmt.Sprintf(" at %s", Percent(reported.Value))
		}
		if observed := o.Score(scoring.ObservedConfidence); observed != nil && observed.Value.Known() {
			text += fmt.Sprintf("; the evidence says %s", Percent(observed.Value))
		}
		if flag.Verdict != "" {
			text += fmt.Sprintf(" (not supported by %s)", flag.Verdict)
		}
		list = append(list, Finding{
			ID: "watermelon-" + o.ID, kind: "watermelon", weight: .05 + share(w, o.ID), Path: ObjectivePath(o.ID),
			Score: scoring.WatermelonScore, Objective: o.ID, Text: text + ".",
		})
	}
	return list
}

// farBelow is how far below its declared share the effort on a priority must be
// to be pointed out.
const farBelow = .10

func starvedFindings(r *scoring.Report, w *scoring.WindowReport) (list []Finding) {
	if w.Org.Status != scoring.OK {
		return nil
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		got := share(w, o.ID)
		if o.State != objective.Active || o.Rank > r.TopN || !o.Declared.Known() || float64(o.Declared)-got < farBelow {
			continue
		}
		list = append(list, Finding{
			ID: "starved-" + o.ID, kind: "starved", weight: float64(o.Declared) - got, Path: ObjectivePath(o.ID),
			Score: scoring.AllocationGapScore, Window: w.Label, Objective: o.ID,
			Text: fmt.Sprintf("“%s”, priority %d, was to get %s of the effort and got %s in the last %s.", o.Title, o.Rank, Percent(o.Declared), Percent(scoring.Number(got)), Span(w.Label)),
		})
	}
	return list
}

func zombieFinding(r *scoring.Report, w *scoring.WindowReport) []Finding {
	for _, c := range w.Org.Effort {
		if c.Category != scoring.Stopped || w.Org.Total <= 0 || c.Effort <= 0 {
			continue
		}
		var ended []string
		for i := range r.Objectives {
			if o := &r.Objectives[i]; o.State != objective.Active {
				ended = append(ended, "“"+o.Title+"”")
			}
		}
		of := "objectives that are not active any more"
		if len(ended) == 1 {
			of = ended[0] + ", which is not active any more"
		}
		part := c.Effort / w.Org.Total
		return []Finding{{
			ID: "stopped-work", kind: "zombie", weight: .1 + float64(part), Path: "/kill-list", Score: scoring.ZombieEffort, Window: w.Label,
			Text: fmt.Sprintf("%s of the effort of the last %s, %.0f person-days, went on for %s.", Percent(part), Span(w.Label), float64(c.Effort), of),
		}}
	}
	return nil
}

// recent is how long a change is worth pointing out, in days.
const recent = 35

func phaseFinding(r *scoring.Report) []Finding {
	if r.Phase == nil || len(r.Phase.Changes) < 2 || r.Day-r.Phase.Since > recent {
		return nil
	}
	last := r.Phase.Changes[len(r.Phase.Changes)-1]
	if last.From == "" || last.From == "unknown" {
		return nil
	}
	return []Finding{{
		ID: "phase", kind: "phase", weight: .32, Path: "/changes#" + ISOWeek(last.Week), Score: scoring.DriftPhase,
		Text: fmt.Sprintf("The phase went from %s to %s in the week of %s: %s.", Words(last.From), Words(last.To), ShortDate(last.Week), PhaseMeaning(last.To)),
	}}
}

func shiftFinding(r *scoring.Report) []Finding {
	const name = "structure_shift_top_objectives_effort"
	shift, at := r.Score(name), r.Score("structure_shift_timestamp_top_objectives_effort")
	if shift == nil || at == nil || !shift.Value.Known() || !at.Value.Known() || shift.Value == 0 {
		return nil
	}
	day := scoring.Day(objective.DateOf(time.Unix(int64(at.Value), 0).UTC()))
	if r.Day-day > 182 {
		return nil
	}
	text := fmt.Sprintf("The share of the top priorities has been %s since the week of %s", Points(shift.Value), ShortDate(day))
	if shift.Verdict != "" {
		text += "; that " + FirstOf(Words(shift.Verdict))
	}
	return []Finding{{ID: "shift", kind: "shift", weight: max(float64(shift.Value), -float64(shift.Value)) / 2, Path: "/changes#" + ISOWeek(day), Score: name, Text: text + "."}}
}

// FirstOf is a list in words, cut after its first entry.
func FirstOf(list string) string {
	first, rest, more := strings.Cut(list, ", ")
	if !more {
		return list
	}
	return first + ", and " + Plural(1+strings.Count(rest, ", "), "other change")
}

// edited is the restatement from which the past counts as edited.
const edited = .10

func restatedFinding(w *scoring.WindowReport) []Finding {
	s := w.Org.Score(scoring.RestatementScore)
	if s == nil || !(s.Value > edited) {
		return nil
	}
	return []Finding{{
		ID: "restatement", kind: "restatement", weight: float64(s.Value), Path: "/changes", Score: s.Name, Window: w.Label,
		Text: fmt.Sprintf("%s of the effort of weeks that were closed counts for something else now than it did then.", Percent(s.Value)),
	}}
}

func breachFinding(r *scoring.Report) []Finding {
	var names []string
	for name, n := range r.Breached {
		if n >= 4 && name != scoring.TopObjectivesEffort && name != scoring.ShadowEffort {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Finding{{
		ID: "breach", kind: "breach", weight: .05, Path: "/methods#" + names[0], Score: names[0],
		Text: fmt.Sprintf("Beyond its alert threshold in each of the last 4 weeks: %s.", ScoreName(names[0])),
	}}
}

// share is the part of the effort of a window on an objective, 0 where that is
// not told.
func share(w *scoring.WindowReport, id string) float64 {
	for _, o := range w.Org.Objectives {
		if o.Objective == id && o.Share.Known() {
			return float64(o.Share)
		}
	}
	return 0
}
