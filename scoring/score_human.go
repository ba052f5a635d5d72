package scoring

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of human debt (score specification, section 4.11).
const (
	ContextSwitches    = "context_switches"
	ScatteredDays      = "context_switches_many"
	AfterHoursShift    = "after_hours_shift"
	AfterHoursSpread   = "after_hours_widespread"
	CoordinationEffort = "coordination_effort"
	ReactiveEffort     = "reactive_effort"
)

// humanScores is the group of what the work costs a team. It is of teams only,
// and computes nothing unless privacy.human_debt turns it on.
func humanScores() scoreGroup {
	const bare = " Told of teams of at least 5 where privacy.human_debt is on; never compare teams by it."
	of := func(name, metric, unit, help string) latestFamily {
		return latestFamily{score: name, of: ofTeams, metric: metric, unit: unit, work: true, help: help + bare}
	}
	scattered := of(ScatteredDays, "", "ratio",
		"Share of the person-days of the last 28 days on which somebody moved between workstreams 3 times or more, 0 to 1. No reading is known; a study found few projects a day to go with more output. Cannot see interruptions that leave no trace.")
	scattered.limits = "90 % Wilson interval."
	return scoreGroup{
		latest: []latestFamily{
			of(ContextSwitches, "", "",
				"Moves from one workstream to another on a person's day, on average over the last 28 days. No reading is known; a study found few projects a day to go with more output. Cannot see interruptions that leave no trace."),
			scattered,
			of(AfterHoursShift, "late_work_shift", "ratio",
				"By how much the share of touches before 8:00, from 19:00 on and at weekends rose in the last 28 days against a person's own 26 weeks before, -1 to 1: the median of the persons. Healthy near 0; no reading is known beyond. Hides what happens to few, on purpose, and sees no work that leaves no trace."),
			of(AfterHoursSpread, "late_work_widespread", "",
				"1 when that share rose by more than 5 percentage points for at least a quarter of the persons, else 0. Alarming at 1 (default, not a benchmark). Told from 8 persons on, and cannot tell a wish from a need."),
			of(CoordinationEffort, "", "ratio",
				"Share of the effort of the last 28 days on reviews, tickets and discussions, 0 to 1. No reading is known; a trend. Meetings are invisible."),
			of(ReactiveEffort, "", "ratio",
				"Share of the effort of the last 28 days that is on no active objective and on items that the team took up within a working day after somebody else made them, 0 to 1. No reading is known; a trend. Cannot tell an emergency from a quick answer."),
		},
		score: (*evaluation).human,
	}
}

func (v *evaluation) human() {
	if !v.declared.Privacy.HumanDebt {
		return
	}
	l := v.loadsOf()
	hidden := v.engine.overlapping(l.efforts(), v.kHuman())
	for t := range l.teams {
		for _, s := range v.humanScoresOf(l, &l.teams[t]) {
			if hidden[t] && s.Status == OK {
				s = unavailable(s.Name, SuppressedPrivacy, reasonFew)
			}
			v.team(t, s)
		}
	}
}

// kHuman is the smallest group of people that human debt is told of.
func (v *evaluation) kHuman() int { return max(v.declared.Privacy.KPeople, debt.MinPeople) }

// accountsForHuman returns how many accounts there must be for as many people to
// be certain.
func (v *evaluation) accountsForHuman(c contributors) int {
	h := c.headcount()
	return v.kHuman() + h.accounts - h.people()
}

// humanScoresOf returns the scores of one team. Whatever rule withholds its
// effort withholds them all.
func (v *evaluation) humanScoresOf(l *loads, t *load) []Score {
	people, present, steady := t.contributors(v.engine), t.present(v.engine), t.steady(v.engine)
	k := v.accountsForHuman(people)
	mean, scattered := debt.Switches(t.days, v.accountsForHuman(present))
	if present.dominated(v.declared.Privacy.Dominance) {
		mean = dominatedEstimate(v.declared.Privacy.Dominance)
		scattered = mean
	}
	shift := debt.AfterHoursShift(t.hoursOf(), v.accountsForHuman(steady))
	if n := steady.count(); shift.Spread.OK() && n < debt.AlertPeople {
		shift.Spread = stat.Insufficient(n, "%d of at least %d persons", n, debt.AlertPeople)
	}
	if l.cut {
		shift.Median = stat.Insufficient(0, "the weeks that a person is compared with are kept without persons (privacy.ledger_retention_days)")
		shift.Spread = shift.Median
	}
	list := []Score{
		scoreOf(ContextSwitches, mean), scoreOf(ScatteredDays, scattered),
		scoreOf(AfterHoursShift, shift.Median), scoreOf(AfterHoursSpread, shift.Spread),
		scoreOf(CoordinationEffort, debt.CoordinationShare(t.coordination, t.total(), len(people), k)),
		scoreOf(ReactiveEffort, debt.ReactiveEffort(t.responses, len(people), k)),
	}
	if status, why := v.engine.enough(people); status != OK {
		for i := range list {
			list[i] = unavailable(list[i].Name, status, why)
		}
	}
	return list
}

func dominatedEstimate(limit float64) stat.Estimate {
	return stat.Estimate{Status: stat.Suppressed, Reason: fmt.Sprintf("one person has more than %.0f %% of the days (privacy.dominance)", limit*100)}
}
