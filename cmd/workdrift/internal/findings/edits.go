package findings

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// EditText says in words what an edit changed: from what to what where both
// were declared.
func (h *History) EditText(e objective.Edit) string {
	name := Words(string(e.Kind))
	switch e.Kind {
	case objective.EditTarget:
		name = "target"
	case objective.EditState:
		return "state " + string(e.State)
	case objective.EditConnector:
		return "settings of the connector " + e.About
	case objective.EditWorkflow:
		return "what " + e.About + " takes states of tickets for"
	case objective.EditOwned:
		return "what the team " + e.About + " owns"
	case objective.EditMembers:
		return "how many belong to " + e.About
	}
	was, is, ok := h.around(e)
	if !ok {
		if e.State != "" {
			name += " " + string(e.State)
		}
		return name
	}
	from, to := "", ""
	switch e.Kind {
	case objective.EditRank:
		from, to = fmt.Sprint(was.Rank), fmt.Sprint(is.Rank)
	case objective.EditTarget:
		name, from, to = "declared share", declaredShare(was), declaredShare(is)
	case objective.EditDue:
		from, to = dueText(was), dueText(is)
	case objective.EditOwner:
		from, to = cmp.Or(was.OwnerTeam, "none"), cmp.Or(is.OwnerTeam, "none")
	}
	if from == to {
		return Words(string(e.Kind)) // of the outcome, or of a person
	}
	return name + " from " + from + " to " + to
}

func declaredShare(v objective.Version) string {
	if v.TargetShare < 0 {
		return "none"
	}
	return Percent(scoring.Number(v.TargetShare))
}

func dueText(v objective.Version) string {
	if v.Due == objective.NoDate {
		return "none"
	}
	return Date(v.Due.Time())
}

// around returns what was declared of an objective before an edit of it and
// after. An edit that the first declaration dates itself follows its own
// version before.
func (h *History) around(e objective.Edit) (was, is objective.Version, ok bool) {
	for i := range h.Declared {
		if !h.Declared[i].Known.Equal(e.Known) {
			continue
		}
		now := objectiveIn(&h.Declared[i].Set, e.Objective)
		if now == nil {
			return was, is, false
		}
		day := e.Start()
		if e.Effective != objective.NoDate {
			day = e.Effective
		}
		is = now.At(day)
		if i > 0 {
			old := objectiveIn(&h.Declared[i-1].Set, e.Objective)
			if old == nil {
				return was, is, false
			}
			return old.At(day), is, true
		}
		return now.At(day - 1), is, true
	}
	return was, is, false
}

func objectiveIn(set *objective.Set, id string) *objective.Objective {
	for i := range set.Objectives {
		if set.Objectives[i].ID == id {
			return &set.Objectives[i]
		}
	}
	return nil
}

// Around compares the headline of the weeks before a Monday with that of those
// from it on, as many, "" where there is nothing to compare. That it differs
// does not tell why.
func Around(report *scoring.Report, monday scoring.Day) string {
	var before, after []scoring.WeekReport
	for _, w := range report.Weeks {
		switch weeks := int(w.Monday-monday) / 7; {
		case w.Monday < monday && weeks >= -deltaWeeks:
			before = append(before, w)
		case w.Monday >= monday && weeks < deltaWeeks:
			after = append(after, w)
		}
	}
	top := func(w *scoring.WeekReport) scoring.Number { return w.Top }
	shadow := func(w *scoring.WeekReport) scoring.Number { return w.Shadow }
	if !mean(before, top).Known() || !mean(after, top).Known() {
		if len(after) < deltaWeeks/2 && len(before) > 0 {
			return fmt.Sprintf("Too early to compare: %s closed since.", strings.Replace(Plural(len(after), "week")+" has", "s has", "s have", 1))
		}
		return ""
	}
	text := fmt.Sprintf("On the top priorities %s in the %s before, %s in the %s from here on",
		Percent(mean(before, top)), Plural(len(before), "week"), Percent(mean(after, top)), Plural(len(after), "week"))
	if was, is := mean(before, shadow), mean(after, shadow); was.Known() && is.Known() {
		text += fmt.Sprintf("; shadow roadmap %s, then %s", Percent(was), Percent(is))
	}
	return text + "."
}
