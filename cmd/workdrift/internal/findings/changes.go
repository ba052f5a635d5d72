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
		at time.Time
		of string
	}
	kinds := make(map[key][]string)
	var keys []key
	for _, e := range h.Edits {
		at := key{e.Known.UTC(), e.Objective}
		if kinds[at] == nil {
			keys = append(keys, at)
		}
		kinds[at] = append(kinds[at], h.EditText(e))
	}
	for _, at := range keys {
		c := Change{Day: dayOf(at.at), Kind: "declared", Text: strings.Join(kinds[at], ", ") + " of the configuration"}
		if at.of != "" {
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
			list = append(list, shiftChange(s, shift, ScoreName(name), "/methods#structure_shift_"+name))
		}
	}
	for i := range report.Objectives {
		o := &report.Objectives[i]
		if at, shift := o.Score("structure_shift_timestamp_effort"), o.Score("structure_shift_effort"); at != nil && shift != nil && at.Value.Known() {
			list = append(list, shiftChange(at, shift, "effort on “"+o.Title+"”", ObjectivePath(o.ID)))
		}
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

func shiftChange(at, shift *scoring.Score, what, path string) Change {
	day := dayOf(time.Unix(int64(at.Value), 0))
	return Change{day, "shifted", fmt.Sprintf("%s has been %s since", what, Points(shift.Value)), path, Words(shift.Verdict)}
}

func dayOf(t time.Time) scoring.Day { return scoring.Day(objective.DateOf(t.UTC())) }
