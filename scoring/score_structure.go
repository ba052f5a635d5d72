package scoring

import (
	"cmp"
	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/structure"
)

// The names of the scores of structure (score specification, section 4.13).
// Those of one watched share end in its name.
const (
	StructureShift    = "structure_shift"           // the step to the newest level
	ShiftWeek         = "structure_shift_timestamp" // Unix seconds
	ShiftAlarm        = "structure_alarm"
	ShiftEvidence     = "structure_shift_evidence"
	ShiftMatches      = "structure_shift_matches_needed"
	UnexplainedShifts = "unexplained_shift"
	ObjectiveChurn    = "objective_churn"
	RankVolatility    = "rank_volatility"
)

// What is watched besides scores: the share of an objective in all effort, and
// of the organisation the share that nothing attributes.
const (
	watchedEffort  = "effort"
	watchedUnknown = "unattributed_effort"
)

// structureScores is the group of section 4.13: when the weeks of a score moved
// for good, and what was declared around then. What it finds is handed over by
// shiftScores.
func structureScores() scoreGroup {
	var latest []latestFamily
	for _, w := range watchings() {
		if w.of != 0 {
			latest = append(latest, w.families()...)
		}
	}
	return scoreGroup{
		latest: append(latest,
			latestFamily{score: UnexplainedShifts, of: ofOrganisation, unit: "ratio", work: true,
				help: "Share of the shifts of all watched scores that coincide with no edit of what is declared and no change of a team, 0 to 1. No reading is known. Sees what is in the configuration: a reorganisation that nobody writes down is unexplained."},
			latestFamily{score: ObjectiveChurn, of: ofOrganisation,
				help: "Edits of objectives in the last 90 days; a target, due date or owner counts 1, a rank or text 0.5. No reading is known; some change is steering. Sees what was declared."},
			latestFamily{score: RankVolatility, of: ofOrganisation,
				help: "By how many places the ranked objectives moved on average in the last 90 days. Healthy near 0; no reading is known. Sees objectives ranked at both ends."}),
		score: (*evaluation).structure,
	}
}

// shiftScores finds the shifts of what all groups before it have handed over.
func shiftScores() scoreGroup { return scoreGroup{score: (*evaluation).findShifts} }

// families lists what is told of a watched score. As metrics there are the step
// and the alarm, and the rest where the score is a headline; of teams and
// objectives only what is not 0.
func (w *watching) families() []latestFamily {
	const looks = " Looks at closed weeks that have a value of their own, up to 156 back, 52 where persons or single items matter."
	const org, teams, objectives = ofOrganisation, ofTeams, ofObjectives
	many := teams | objectives // whose series would be many
	if w.headline {
		many = teams
	}
	family := func(metric, unit, help string) latestFamily {
		return latestFamily{score: metric + "_" + w.score, of: w.of, metric: metric, view: w.score, unit: unit, work: w.spent(), help: help}
	}
	step := family(StructureShift, w.scale.unit, "By how much the score in the label view stepped up or down at its newest shift of level, in the score's own unit; 0 when there was none (optimal partitioning, Welch p below 0.001, at least 0.05 of a ratio, and beyond chance among all that is watched: Benjamini-Hochberg at 10 %). Neither sign is good or bad as such. A shift is seen at the earliest after 4 weeks."+looks)
	week := family(ShiftWeek, "seconds", "Unix time of the Monday from which on the score in the label view has its present level. No reading is known: look at what was declared around then. Absent when it never shifted."+looks)
	alarm := family(ShiftAlarm, "", "1 when the CUSUM chart of the score in the label view left its limits in the last 4 closed weeks, else 0 (k 0.5, h 4; one false alarm in 168 weeks by calculation, more when what is usual is learned from 26 weeks: of 30 views that never change, two or so stand at 1). Healthy at 0. Read it with the shift, which needs longer."+looks)
	evidence := family(ShiftEvidence, "ratio", "What it is worth as evidence that the newest shift coincides with an edit of what is declared, 0 to 1: 1 minus the chance that some edit falls into its 24 days anyway; absent when it coincides with none. No reading is known; coinciding is not causing. Sees what is in the configuration only.")
	matches := family(ShiftMatches, "", "How many shifts in a row would have to coincide with edits, at the pace at which edits are made, before chance explains it in fewer than 5 % of cases. Fewer is better evidence; no reading is known. Cannot see that edits come in bursts: takes them for spread evenly over 90 days.")
	step.scale = w.scale.factor
	step.sparse, alarm.sparse = many, many
	week.sparse, evidence.sparse, matches.sparse = w.of, w.of, w.of
	week.untold, evidence.untold, matches.untold = many, many, many
	if !w.headline {
		evidence.untold, matches.untold = org|many, org|many
	}
	return []latestFamily{step, week, alarm, evidence, matches}
}

func (v *evaluation) structure() {
	v.organisation(scoreOf(ObjectiveChurn, cadence.ObjectiveChurn(v.recentEdits())))
	before, after := v.ranks()
	v.organisation(scoreOf(RankVolatility, cadence.RankVolatility(before, after)))
}

// editKinds says what edits are in the log of changes.
func editKinds() map[objective.EditKind]structure.Kind {
	return map[objective.EditKind]structure.Kind{
		objective.EditAdded: structure.State, objective.EditRemoved: structure.State, objective.EditState: structure.State,
		objective.EditRank: structure.Rank, objective.EditTarget: structure.Target, objective.EditOutcome: structure.Target,
		objective.EditDue: structure.Due, objective.EditOwner: structure.Owner, objective.EditText: structure.Text,
		objective.EditRules: structure.Rules, objective.EditRunWork: structure.Rules,
		objective.EditExcludes: structure.Excludes, objective.EditNonGoals: structure.Excludes,
		objective.EditOther: structure.Config, objective.EditSettings: structure.Config, objective.EditConnector: structure.Config,
		objective.EditWorkflow: structure.Workflow, objective.EditOwned: structure.Repository, objective.EditMembers: structure.Membership,
	}
}

// changed is the day on which an edit took place: when it could be acted on,
// and for what lay behind when anything was first declared, when it was to hold.
func (v *evaluation) changed(e objective.Edit) objective.Date {
	if e.Known.Equal(v.history[0].Known) && e.Effective != objective.NoDate {
		return e.Effective
	}
	return e.Start()
}

// structureLog lists what was changed of objectives and teams, in an order that
// is always the same.
func (v *evaluation) structureLog() []structure.Change {
	var log []structure.Change
	kinds := editKinds()
	for _, e := range v.edits {
		if e.Kind == objective.EditPhase {
			continue // it tells of drift, and explains none
		}
		day := v.changed(e)
		log = append(log, structure.Change{Kind: kinds[e.Kind], Scope: cmp.Or(e.Objective, e.Team()), Effective: day, Known: day})
	}
	for _, c := range v.engine.MemberChanges(v.day) {
		if c.Day >= v.day-7*structure.Weeks {
			log = append(log, structure.Change{Kind: structure.Membership, Scope: c.Team, Effective: c.Day, Known: c.Day})
		}
	}
	return log
}

// churnDays is over how many days edits and ranks are compared.
const churnDays = 90

func (v *evaluation) recentEdits() cadence.Edits {
	var n cadence.Edits
	for _, e := range v.edits {
		if day := v.changed(e); day <= v.day-churnDays || day > v.day {
			continue
		}
		switch e.Kind {
		case objective.EditTarget:
			n.Target++
		case objective.EditDue:
			n.Due++
		case objective.EditOwner:
			n.Owner++
		case objective.EditRank:
			n.Rank++
		case objective.EditText:
			n.Text++
		}
	}
	return n
}

// ranks returns the places of the objectives that were ranked 90 days ago, by
// what was known then, and are now.
func (v *evaluation) ranks() (before, after []int) {
	then := v.day - churnDays
	known := &v.history[0].Set
	for i := range v.history {
		if v.history[i].Known.Before((then + 1).Time()) {
			known = &v.history[i].Set
		}
	}
	places := make(map[string]int)
	for place, o := range newCalendar(known).at(then).ranking {
		places[known.Objectives[o].ID] = place + 1
	}
	for place, o := range v.engine.calendar.at(v.day).ranking {
		if was := places[v.declared.Set.Objectives[o].ID]; was > 0 {
			before, after = append(before, was), append(after, place+1)
		}
	}
	return before, after
}
