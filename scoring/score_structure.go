package scoring

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
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

// watchedEffort is the share of an objective in all effort.
const watchedEffort = "effort"

// A watched share is looked through for shifts. It is false in a week that has
// none.
type watched struct {
	name  string
	value func(v *evaluation, monday objective.Date, s *weekSums) (float64, bool)
}

// watchedShares lists the shares of the organisation's effort that are watched.
func watchedShares() []watched {
	return []watched{
		{TopObjectivesEffort, func(v *evaluation, monday objective.Date, s *weekSums) (float64, bool) {
			var top effort.Micro
			for place, o := range v.engine.calendar.at(monday + 6).ranking {
				if place < v.declared.Set.TopN {
					top += s.on[o]
				}
			}
			return Ratio(top, s.total)
		}},
		{ShadowEffort, func(_ *evaluation, _ objective.Date, s *weekSums) (float64, bool) {
			off := s.categories[Excluded] + s.categories[Stopped] + s.categories[Unknown]
			return Ratio(off, off+s.categories[OnObjective])
		}},
		{RunWorkEffort, func(_ *evaluation, _ objective.Date, s *weekSums) (float64, bool) {
			return Ratio(s.categories[RunWork], s.total)
		}},
	}
}

// alarmWeeks is how long an alarm of the chart is told of.
const alarmWeeks = 4

// structureScores is the group of section 4.13: when a share of the effort moved
// for good, and what was declared around then.
func structureScores() scoreGroup {
	const looks = " Looks at weeks with enough effort (privacy.min_person_days), 156 back."
	families := func(of level, name string) []latestFamily {
		return []latestFamily{
			{score: StructureShift + "_" + name, of: of, metric: StructureShift, view: name, unit: "ratio", work: true,
				help: "By how much the share in the label view stepped up or down at its newest shift of level, -1 to 1; 0 when there was none (optimal partitioning, Welch p below 0.001, at least 0.05). Neither sign is good or bad as such. A shift is seen at the earliest after 4 weeks." + looks},
			{score: ShiftWeek + "_" + name, of: of, metric: ShiftWeek, view: name, unit: "seconds", work: true,
				help: "Unix time of the Monday from which on the share in the label view has its present level. No reading is known: look at what was declared around then. Absent when it never shifted." + looks},
			{score: ShiftAlarm + "_" + name, of: of, metric: ShiftAlarm, view: name, work: true,
				help: "1 when the CUSUM chart of the share in the label view left its limits in the last 4 closed weeks, else 0 (k 0.5, h 4; one false alarm in 168 weeks by calculation, more when what is usual is learned from 26 weeks). Healthy at 0. Read it with the shift, which needs longer." + looks},
			{score: ShiftEvidence + "_" + name, of: of, metric: ShiftEvidence, view: name, unit: "ratio", work: true,
				help: "What it is worth as evidence that the newest shift coincides with an edit of what is declared, 0 to 1: 1 minus the chance that some edit falls into its 24 days anyway; 0 when it coincides with none. No reading is known; coinciding is not causing. Sees what is in the configuration only."},
			{score: ShiftMatches + "_" + name, of: of, metric: ShiftMatches, view: name, work: true,
				help: "How many shifts in a row would have to coincide with edits, at the pace at which edits are made, before chance explains it in fewer than 5 % of cases. Fewer is better evidence; no reading is known. Cannot see that edits come in bursts: takes them for spread evenly over 90 days."},
		}
	}
	var latest []latestFamily
	for _, w := range watchedShares() {
		latest = append(latest, families(ofOrganisation, w.name)...)
	}
	latest = append(latest, families(ofObjectives, watchedEffort)...)
	return scoreGroup{
		latest: append(latest,
			latestFamily{score: UnexplainedShifts, of: ofOrganisation, unit: "ratio", work: true,
				help: "Share of the shifts of all watched shares that coincide with no edit of what is declared and no change of a team, 0 to 1. No reading is known. Sees what is in the configuration: a reorganisation that nobody writes down is unexplained."},
			latestFamily{score: ObjectiveChurn, of: ofOrganisation,
				help: "Edits of objectives in the last 90 days; a target, due date or owner counts 1, a rank or text 0.5. No reading is known; some change is steering. Sees what was declared."},
			latestFamily{score: RankVolatility, of: ofOrganisation,
				help: "By how many places the ranked objectives moved on average in the last 90 days. Healthy near 0; no reading is known. Sees objectives ranked at both ends."}),
		score: (*evaluation).structure,
	}
}

func (v *evaluation) structure() {
	log := v.structureLog()
	var everything []string
	for i := range v.declared.Set.Objectives {
		everything = append(everything, v.declared.Set.Objectives[i].ID)
	}
	for i := range v.declared.Teams {
		everything = append(everything, v.declared.Teams[i].ID)
	}
	for _, c := range log {
		everything = append(everything, c.Scope) // what is declared no more
	}
	var all []structure.Shift
	for _, w := range watchedShares() {
		series := v.watch(w)
		shifts, scores := v.shifts(w.name, series, log, everything...)
		all = append(all, shifts...)
		for _, s := range scores {
			v.organisation(s)
		}
	}
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		series := v.watch(watched{watchedEffort, func(_ *evaluation, _ objective.Date, s *weekSums) (float64, bool) { return Ratio(s.on[o], s.total) }})
		shifts, scores := v.shifts(watchedEffort, series, log, v.declared.Set.Objectives[o].ID, v.at(o).OwnerTeam)
		all = append(all, shifts...)
		for _, s := range scores {
			v.objective(o, s)
		}
	}
	v.organisation(scoreOf(UnexplainedShifts, structure.UnexplainedShifts(all)))
	v.organisation(scoreOf(ObjectiveChurn, cadence.ObjectiveChurn(v.recentEdits())))
	before, after := v.ranks()
	v.organisation(scoreOf(RankVolatility, cadence.RankVolatility(before, after)))
}

// watch returns the weekly values of a share. Weeks with too little effort for a
// ratio have none.
func (v *evaluation) watch(w watched) stat.Weekly {
	from := v.dataFrom()
	if from == objective.NoDate {
		return nil
	}
	var series stat.Weekly
	for monday := max(from, v.lastMonday()-7*(structure.Weeks-1)); monday <= v.lastMonday(); monday += 7 {
		s := v.week(monday)
		if value, ok := w.value(v, monday, s); ok && s.total.PersonDays() >= v.declared.Privacy.MinPersonDays {
			series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: value})
		}
	}
	return series
}

// shifts finds the shifts of one share, with the changes of some scopes that
// they coincide with, and what is told of them.
func (v *evaluation) shifts(name string, series stat.Weekly, log []structure.Change, scopes ...string) ([]structure.Shift, []Score) {
	until := stat.WeekOf(int(v.lastMonday()))
	shifts, known := structure.Ratios().Offline(series, until)
	shifts = structure.Align(shifts, log, scopes...)
	step := stat.Insufficient(len(series), "%d of at least 8 weeks with enough effort", len(series))
	week, evidence := step, step
	verdict := ""
	if known {
		step, week, evidence = stat.Known(0, len(series)), stat.NotDefined("it never shifted"), stat.NotDefined("it never shifted")
	}
	if n := len(shifts); n > 0 {
		last := shifts[n-1]
		step.Value, verdict = last.After-last.Before, coincides(last)
		week, evidence = stat.Known(float64(last.Day().Time().Unix()), len(series)), stat.Known(last.Weight, len(last.Candidates))
	}
	needed := matchesNeeded(shifts, evidence)
	alarm := stat.Insufficient(len(series), "not watched: %d weeks with enough effort; 26 are needed, 12 after an alarm", len(series))
	alarms, watched := structure.Ratios().Online(series, until)
	switch n := len(alarms); {
	case n > 0 && alarms[n-1].Week > until-alarmWeeks:
		alarm = stat.Known(1, len(series)) // what is usual is being learned anew
	case watched:
		alarm = stat.Known(0, len(series))
	}
	scores := []Score{scoreOf(StructureShift+"_"+name, step), scoreOf(ShiftWeek+"_"+name, week),
		scoreOf(ShiftAlarm+"_"+name, alarm), scoreOf(ShiftEvidence+"_"+name, evidence), scoreOf(ShiftMatches+"_"+name, needed)}
	scores[0].Verdict = verdict
	return shifts, scores
}

// matchesNeeded is about the newest shift, where that coincides with an edit.
func matchesNeeded(shifts []structure.Shift, evidence stat.Estimate) stat.Estimate {
	switch n := len(shifts); {
	case !evidence.OK():
		return evidence
	case len(shifts[n-1].Candidates) == 0:
		return stat.NotDefined("the newest shift coincides with nothing")
	default:
		needed := structure.MatchesNeeded(shifts[n-1].Chance)
		if needed < 0 {
			return stat.NotDefined("edits are so frequent that no number would do")
		}
		return stat.Known(float64(needed), len(shifts[n-1].Candidates))
	}
}

// coincides says what a shift coincides with.
func coincides(s structure.Shift) string {
	if len(s.Candidates) == 0 {
		return "coincides with no declared change"
	}
	parts := make([]string, len(s.Candidates))
	for i, c := range s.Candidates {
		parts[i] = fmt.Sprintf("%s of %s on %s", c.Kind, cmp.Or(c.Scope, "everything"), c.Day())
	}
	return "coincides with " + strings.Join(parts, ", ")
}

// editKinds says what edits are in the log of changes.
func editKinds() map[objective.EditKind]structure.Kind {
	return map[objective.EditKind]structure.Kind{
		objective.EditAdded: structure.State, objective.EditRemoved: structure.State, objective.EditState: structure.State,
		objective.EditRank: structure.Rank, objective.EditTarget: structure.Target, objective.EditOutcome: structure.Target,
		objective.EditDue: structure.Due, objective.EditOwner: structure.Owner, objective.EditText: structure.Text,
		objective.EditRules: structure.Rules, objective.EditRunWork: structure.Rules,
		objective.EditExcludes: structure.Excludes, objective.EditNonGoals: structure.Excludes,
		objective.EditOther: structure.Config, objective.EditSettings: structure.Config,
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
		log = append(log, structure.Change{Kind: kinds[e.Kind], Scope: e.Objective, Effective: day, Known: day})
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
