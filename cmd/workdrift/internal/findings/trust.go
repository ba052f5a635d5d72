package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring"
)

// A Doubt says which numbers are less than they seem today, and why.
type Doubt struct {
	What, Why string
	Path      string // where to look or what to do about it
}

// From where on something makes numbers doubtful: the healthy lines of the
// metrics' help, and a tenth of what is told for limits.
const (
	fullCoverage = .80
	wideBounds   = .10
	wideSpread   = .05
	restated     = .03
)

// Doubts returns what of a report is to be read with care, then what it does not
// tell.
func Doubts(r *scoring.Report) []Doubt {
	list := lateDoubts(r)
	if w := Headline(r); w != nil {
		list = append(list, headlineDoubts(w)...)
	}
	list = append(list, peopleDoubts(&r.Stats)...)
	return append(list, untold(r)...)
}

func lateDoubts(r *scoring.Report) (list []Doubt) {
	if r.Partial {
		list = append(list, Doubt{"everything", "Still being read for the first time: " + FirstRead(r) + ".", "#health"})
	}
	if late := Behind(r); len(late) > 0 {
		list = append(list, Doubt{"everything after " + r.Day.String(),
			fmt.Sprintf("Not complete up to %s: %s. The values are those of %s.", r.Expected, strings.Join(late, ", "), r.Day), "#health"})
	}
	return list
}

// FirstRead names the sources that are still being read for the first time.
func FirstRead(r *scoring.Report) string {
	if len(r.Unread) == 0 {
		return "a source" // a report that an older version saved
	}
	return strings.Join(r.Unread, ", ")
}

// Behind are the sources that were read before and hold the report back.
func Behind(r *scoring.Report) []string {
	return slices.DeleteFunc(slices.Clone(r.Late), func(name string) bool { return slices.Contains(r.Unread, name) })
}

func headlineDoubts(w *scoring.WindowReport) (list []Doubt) {
	if w.Org.Status != scoring.OK {
		return []Doubt{{"all effort of the last " + Span(w.Label), told(w.Org.Status, w.Org.Reason), "/methods#privacy"}}
	}
	add := func(on bool, what, why, path string) {
		if on {
			list = append(list, Doubt{what, why, path})
		}
	}
	if top := w.Org.Score(scoring.TopObjectivesEffort); top != nil {
		add(top.Upper-top.Lower >= wideBounds, ScoreName(top.Name)+" and the shadow roadmap",
			fmt.Sprintf("%s of the effort belongs to nothing that is declared, so the share of the top priorities lies anywhere between %s and %s. Filing that work narrows it.",
				Percent(CategoryShare(&w.Org, scoring.Unknown)), Percent(top.Lower), Percent(top.Upper)), "/shadow")
	}
	if c := w.Org.Score(scoring.EffortCoverage); c != nil {
		add(c.Value < fullCoverage, "all shares of effort", fmt.Sprintf("Only %s of the available time leaves a trace.", Percent(c.Value)), "#coverage")
	}
	if m := w.Org.Score(scoring.EffortModelSpread); m != nil {
		add(m.Value >= wideSpread, "all shares of effort", fmt.Sprintf("Other ways to measure effort differ by up to %s.", Percent(m.Value)), "/methods#"+m.Name)
	}
	if s := w.Org.Score(scoring.RestatementScore); s != nil {
		add(s.Value > restated, "past weeks", fmt.Sprintf("%s of their effort counts for something else now than it did when they were closed.", Percent(s.Value)), "/changes#stable")
	}
	for i := range w.Teams {
		team := &w.Teams[i]
		add(team.Status != scoring.OK, "team "+team.Team, told(team.Status, team.Reason), "/methods#privacy")
	}
	return list
}

func peopleDoubts(n *scoring.EngineStats) (list []Doubt) {
	if n.Strange > 0 {
		list = append(list, Doubt{"visible time, and what is withheld for few people",
			Plural(n.Strange, "account") + " at work that nothing joins to another: each counts as a person of its own.", "#seen"})
	}
	if n.Conflicts > 0 {
		list = append(list, Doubt{"visible time, and what is withheld for few people", Plural(n.Conflicts, "account") + " claimed twice.", "#seen"})
	}
	if len(n.UnreadGroups) > 0 {
		list = append(list, Doubt{"what teams work on", "No members are known of " + strings.Join(n.UnreadGroups, ", ") +
			": the group cannot be read, does not exist, or nobody is in it.", "#health"})
	}
	return list
}

// named is how many scores are named that are not told for one reason.
const named = 8

// untold lists the scores that have no value, by why.
func untold(r *scoring.Report) (list []Doubt) {
	names := make(map[string][]string) // by why
	var order []string
	note := func(s *scoring.Score) {
		// Undefined is what does not apply, and a profile only repeats its scores.
		if s.Status == scoring.OK || s.Status == scoring.Undefined || strings.HasPrefix(s.Name, "drift_profile_") {
			return
		}
		why := told(s.Status, s.Reason)
		if names[why] == nil {
			order = append(order, why)
		}
		if name := ScoreName(s.Name); !slices.Contains(names[why], name) {
			names[why] = append(names[why], name)
		}
	}
	if w := Headline(r); w != nil && w.Org.Status == scoring.OK {
		for i := range w.Org.Scores {
			note(&w.Org.Scores[i])
		}
	}
	for i := range r.Scores {
		note(&r.Scores[i])
	}
	for _, why := range order {
		what := names[why]
		text := strings.Join(what[:min(len(what), named)], "; ")
		if more := len(what) - named; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		list = append(list, Doubt{text, why, "/methods"})
	}
	return list
}

// told says why something is not told.
func told(status scoring.Status, reason string) string {
	text := Words(string(status))
	switch status {
	case scoring.SuppressedPrivacy:
		text = "withheld, it would tell of few people"
	case scoring.InsufficientData:
		text = "too little data"
	}
	if reason != "" {
		text += ": " + reason
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
