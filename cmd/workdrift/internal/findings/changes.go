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

// A Change is something that was declared, decided or measured. That two stand
// in one week does not mean that one caused the other.
type Change struct {
	Day              scoring.Day
	Kind, Text, Path string
	More             string // what goes with it
}

// Changes puts what was declared, decided and measured up to a report's day on
// one time line, by day, kind and text. The history may be nil.
func Changes(report *scoring.Report, h *History, overrides []store.Override) []Change {
	list := measured(report)
	if h != nil {
		list = append(list, declared(report, h)...)
		for _, m := range h.Members {
			list = append(list, Change{Day: scoring.Day(m.Day), Kind: "team", Text: "members of " + m.Team + " changed"})
		}
	}
	for at, same := range Moments(overrides) {
		list = append(list, Change{Day: dayOf(at.When), Kind: "decided", Path: "/decisions",
			Text: fmt.Sprintf("%s decided to count for %s", Plural(len(same), "item"), Words(at.To))})
	}
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
	})
	return list
}

// declared are the edits of what is declared, one for each objective and
// moment.
func declared(report *scoring.Report, h *History) (list []Change) {
	type key struct {
		at    time.Time
		of    string // objective
		about string // connector or team
	}
	kinds := make(map[key][]string)
	var keys []key
	for _, e := range h.Edits {
		at := key{e.Known.UTC(), e.Objective, e.About}
		if kinds[at] == nil {
			keys = append(keys, at)
		}
		kinds[at] = append(kinds[at], h.EditText(e))
	}
	for _, at := range keys {
		c := Change{Day: dayOf(at.at), Kind: "declared", Text: strings.Join(kinds[at], ", ")}
		switch {
		case at.about == "" && at.of == "":
			c.Text += " of the configuration"
		case at.of != "":
			name := at.of
			if o := report.Objective(at.of); o != nil && o.Title != "" {
				name = o.Title
			}
			c.Text, c.Path = fmt.Sprintf("“%s”: %s", name, strings.Join(kinds[at], ", ")), ObjectivePath(at.of)
		}
		list = append(list, c)
	}
	return list
}

// measured are the shifts of scores and the changes of the phase.
func measured(report *scoring.Report) (list []Change) {
	for i := range report.Scores {
		s := &report.Scores[i]
		name, ok := strings.CutPrefix(s.Name, "structure_shift_timestamp_")
		if shift := report.Score("structure_shift_" + name); ok && s.Value.Known() && shift != nil {
			list = append(list, shiftChange(name, s, shift, ScoreName(name), "/methods#structure_shift_"+name))
		}
	}
	for i := range report.Objectives {
		o := &report.Objectives[i]
		list = append(list, shiftsOf(o.Scores, func(name string) string {
			if name == "effort" {
				return "effort on “" + o.Title + "”"
			}
			return ScoreName(name) + ", “" + o.Title + "”,"
		}, ObjectivePath(o.ID))...)
	}
	for i := range report.Teams {
		t := &report.Teams[i]
		list = append(list, shiftsOf(t.Scores, func(name string) string { return ScoreName(name) + " of " + t.Team }, "/methods#structure_shift_top_objectives_effort")...)
	}
	if report.Phase != nil {
		for _, c := range report.Phase.Changes {
			if c.From != "" {
				list = append(list, Change{c.Week, "phase", fmt.Sprintf("from %s to %s: %s", Words(c.From), Words(c.To), PhaseMeaning(c.To)), "/methods#drift_phase", Words(c.Why)})
			}
		}
	}
	return list
}

// shiftsOf are the newest shifts of an objective or a team.
func shiftsOf(scores []scoring.Score, what func(name string) string, path string) (list []Change) {
	for i := range scores {
		name, ok := strings.CutPrefix(scores[i].Name, "structure_shift_timestamp_")
		if !ok || !scores[i].Value.Known() {
			continue
		}
		for k := range scores {
			if scores[k].Name == "structure_shift_"+name {
				list = append(list, shiftChange(name, &scores[i], &scores[k], what(name), path))
			}
		}
	}
	return list
}

func shiftChange(name string, at, shift *scoring.Score, what, path string) Change {
	day := dayOf(time.Unix(int64(at.Value), 0))
	return Change{day, "shifted", fmt.Sprintf("%s has been %s since", what, Step(name, shift.Value)), path, Words(shift.Verdict)}
}

// Step is by how much a watched score shifted, in words: "19 points lower" of a
// share, "3.5 hours higher" of a time, and a number of anything else.
func Step(score string, by scoring.Number) string {
	unit, _ := scoring.ShiftUnit(score)
	if unit == "ratio" && score != scoring.ShadowRoadmapBroad {
		return Points(by)
	}
	way, of := "higher", ""
	if by < 0 {
		way, by = "lower", -by
	}
	if unit == "seconds" {
		of = "hours "
	}
	return fmt.Sprintf("%.2g %s%s", float64(by), of, way)
}

func dayOf(t time.Time) scoring.Day { return scoring.Day(objective.DateOf(t.UTC())) }
