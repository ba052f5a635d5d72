package scoring

import (
	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of execution debt (score specification, section 4.11).
const (
	UnverifiedDone        = "unverified_done"
	UnverifiedItems       = "unverified_done_items"
	PhantomProgress       = "phantom_progress"
	PhantomItems          = "phantom_progress_items"
	SilentWork            = "silent_work"
	ReportedActualGap     = "reported_actual_gap"
	ReopenedItems         = "reopen"
	ExecutionDebt         = "execution_debt" // person-days
	AgentChanges          = "agent_change"
	AgentUnverified       = "agent_unverified"
	ChangeAbsorption      = "change_absorption"
	ChangeAbsorptionTrend = "change_absorption_trend"
)

const (
	debtDays   = 28
	reopenDays = 91
	debtYear   = 52 // weeks over which the effort on a ticket, and what is linked to it, counts
)

// debtScores is the group of section 4.11: work that is reported and not there.
func debtScores() scoreGroup {
	const wilson = "90 % Wilson interval."
	of := func(name, unit, limits, help string) latestFamily {
		return latestFamily{score: name, of: ofOrganisation, unit: unit, limits: limits, help: help}
	}
	teams := func(f latestFamily) latestFamily { f.of |= ofTeams; return f }
	work := func(f latestFamily) latestFamily { f.work = true; return f }
	stock := work(teams(of(ExecutionDebt, "seconds", "", "Execution debt as person-time (1 person-day = 28800 s): for each ticket of workdrift_unverified_done_items what a ticket done in the last 28 days cost at the median, for each of workdrift_phantom_progress_items half of that. Read the trend, not the level: no reading is known. Cannot see work that leaves no effort.")))
	stock.scale = secondsPerPersonDay
	gap := of(ReportedActualGap, "ratio", "what the 90 % Wilson interval of the unverified share leaves.", "Share of the tickets of active objectives that is reported done and not backed by a change or commit, 0 to 1: the reported share times the unverified share of those done in the last 52 weeks. Healthy near 0; no reading is known. Lost links look like missing work, and tickets that need no change count as if they were as sound as the others.")
	gap.of |= ofObjectives
	return scoreGroup{
		latest: []latestFamily{
			teams(of(UnverifiedDone, "ratio", wilson, "Share of the tickets done in the last 28 days without a linked change that was merged, or commit, from 7 days before the start to 14 days after the end, 0 to 1. Healthy up to 0.10, alarming from 0.30 (defaults). Explicit links find about 64 % of the true ones (a study), so up to 0.35 may be lost links; spikes, decisions and support are left out.")),
			of(UnverifiedItems, "", "", "Tickets done in the last 28 days without a linked change or commit around that time. Healthy at 0; no reading is known beyond. Those that ended less than 14 days ago may still get one."),
			work(teams(of(PhantomProgress, "ratio", wilson, "Share of the tickets in progress that nobody worked on for 10 working days, in them or in what is linked to them, 0 to 1. Healthy up to 0.15, alarming from 0.30 (defaults, not benchmarks). Holidays are not known."))),
			work(of(PhantomItems, "", "", "Tickets in progress that nobody worked on for 10 working days. Healthy at 0; no reading is known beyond. Holidays are not known.")),
			work(teams(of(SilentWork, "ratio", "", "Share of the effort on code in the last 28 days that went to tickets still to do, or ended more than 7 days before, 0 to 1. Healthy near 0; no reading is known. Cannot see code that is linked to no ticket, and in trackers without a state in progress only what is ended."))),
			gap,
			teams(of(ReopenedItems, "ratio", wilson, "Share of the tickets done in the last 91 days that were opened again since, 0 to 1. No reading is known; lower is better. Cannot tell a mistake from a new wish.")),
			stock,
			of(AgentChanges, "ratio", wilson, "Share of the changes merged in the last 28 days that a machine wrote, 0 to 1. No reading is known. Cannot tell coding agents from other machines that open changes."),
			of(AgentUnverified, "ratio", wilson, "Share of the changes that a machine wrote and that were merged in the last 28 days without a review or a commit of a person, 0 to 1. Healthy at 0; no reading is known beyond. Cannot tell a look from a thorough review."),
			work(of(ChangeAbsorption, "", "", "Changes merged in the last 12 closed weeks per day on which a person reviewed. Read workdrift_change_absorption_trend_correlation: the level depends on how large changes are, and no reading is known. Cannot see reviews outside of the tools.")),
			work(of(ChangeAbsorptionTrend, "correlation", "", "Kendall's tau of the weekly changes merged per day of review against time over the last 12 closed weeks, -1 to 1. Healthy up to 0: a rise says that change comes faster than it is looked at (no literature number). Cannot tell larger reviews from fewer.")),
		},
		score: (*evaluation).debt,
	}
}

// owed is what is reported of the tickets of a scope, and what there is to show
// for it.
type owed struct {
	done   []debt.Done
	spent  []effort.Micro // on each of done
	doing  []debt.Doing
	closed []debt.Closing
}

func (o *owed) add(more *owed) {
	o.done, o.spent = append(o.done, more.done...), append(o.spent, more.spent...)
	o.doing, o.closed = append(o.doing, more.doing...), append(o.closed, more.closed...)
}

func (v *evaluation) debt() {
	b := v.below()
	var org owed
	teams := make([]owed, len(v.declared.Teams))
	weeks := make(map[objective.Date][]debt.Done) // by Monday
	for _, n := range b.tickets {
		if day := v.doneOn(n); day != objective.NoDate && day >= v.watchedFrom() {
			weeks[day.Monday()] = append(weeks[day.Monday()], v.done(n, b))
		}
		one := v.owedOn(n, b)
		org.add(&one)
		for _, t := range v.heldBy(n) {
			teams[t].add(&one)
		}
	}
	silent, ofTeams := v.silentWork(b)
	unverified, phantoms := v.tellOwed(&org, silent, v.organisation)
	v.organisation(plainScore(UnverifiedItems, float64(unverified), true, ""))
	v.organisation(v.ifSeen(plainScore(PhantomItems, float64(phantoms), true, "")))
	for t := range teams {
		v.tellOwed(&teams[t], ofTeams[t], func(s Score) {
			// Tickets of few people tell what these did.
			if t < len(v.hidden.teams) && v.hidden.teams[t].Status == SuppressedPrivacy {
				s = unavailable(s.Name, SuppressedPrivacy, v.hidden.teams[t].Reason)
			}
			v.team(t, s)
		})
	}
	v.watchWeeks(UnverifiedDone, func(monday objective.Date) stat.Estimate {
		if v.asOf.Before((monday + 7).Time().Add(debt.EvidenceAfter)) {
			return stat.Insufficient(0, "what was done may still get evidence")
		}
		return debt.UnverifiedOf(weeks[monday], v.asOf).Estimate
	})
	v.gaps(b)
	v.agents()
}

// tellOwed hands over what follows from the tickets of a scope, and returns how
// many are unverified and how many are phantoms.
func (v *evaluation) tellOwed(o *owed, silent Score, tell func(Score)) (unverified, phantoms int) {
	u := debt.UnverifiedOf(o.done, v.asOf)
	tell(scoreOf(UnverifiedDone, u.Estimate))
	share, phantoms := debt.PhantomOf(o.doing, v.day)
	tell(v.ifSeen(scoreOf(PhantomProgress, share)))
	tell(silent)
	tell(scoreOf(ReopenedItems, debt.ReopenRatio(o.closed)))
	tell(v.ifSeen(scoreOf(ExecutionDebt, debt.Stock(u.Count, phantoms, o.spent))))
	return u.Count, phantoms
}

// ifSeen returns a score that depends on when somebody last worked on a ticket,
// or why it is not told: collapsed weeks do not say.
func (v *evaluation) ifSeen(s Score) Score {
	if v.engine.kept.holds(DateRange{v.day - 2*7, v.day}) {
		return unavailable(s.Name, InsufficientData, "weeks of the last 10 working days are collapsed and do not say who worked on what")
	}
	return s
}

// owedOn says what is reported of a ticket in the windows of the scores.
func (v *evaluation) owedOn(n uint32, b *below) (o owed) {
	if day := v.doneOn(n); day != objective.NoDate && day > v.day-debtDays {
		o.done, o.spent = append(o.done, v.done(n, b)), append(o.spent, b.spent[n])
	}
	if v.inProgress(n) {
		o.doing = append(o.doing, debt.Doing{LastTouch: v.lastTouch(n, b.linked[n].works)})
	}
	o.closed = v.closings(nil, n)
	return o
}
