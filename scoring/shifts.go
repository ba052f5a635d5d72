package scoring

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/structure"
)

// A shifting is one watched series, with what the detectors find in it.
type shifting struct {
	weekOf
	scale scale
	found
	scopes []string          // whose changes it may coincide with
	kept   []structure.Shift // those that are told
}

// found is what the detectors find in a series. It follows from the series alone.
type found struct {
	series stat.Weekly
	until  int

	shifts   []structure.Shift
	known    bool // there are enough weeks for shifts
	tests    []float64
	alarms   []structure.Alarm
	watching bool // there are enough weeks for alarms
}

// findShifts is what the group of structure does once all others have handed
// over their weeks: it looks through everything that is watched, drops the shifts
// that so many looks find by chance, and tells of the others.
func (v *evaluation) findShifts() {
	log := v.structureLog()
	list := v.shiftings(log)
	beyond := v.beyondChance(list)
	var all []structure.Shift
	for i := range list {
		s := &list[i]
		var dropped *structure.Shift
		s.kept, dropped = s.keep(beyond)
		s.kept = structure.Align(s.kept, log, s.scopes...)
		all = append(all, s.kept...)
		for _, score := range s.tell(v, dropped, len(list)) {
			switch s.level {
			case ofOrganisation:
				v.organisation(score)
			case ofTeams:
				v.team(s.no, score)
			case ofObjectives:
				v.objective(s.no, score)
			}
		}
	}
	unexplained := structure.UnexplainedShifts(all)
	if v.forgotten() {
		unexplained = stat.Insufficient(len(all), "weeks of the last year are collapsed: not all that is watched can be")
	}
	v.organisation(scoreOf(UnexplainedShifts, unexplained))
	v.engine.shifted = make(map[weekOf]found, len(list))
	for i := range list {
		v.engine.shifted[list[i].weekOf] = list[i].found
	}
}

// shiftings lists what is watched: of the organisation, of the objectives that
// are active, and of the teams.
func (v *evaluation) shiftings(log []structure.Change) (list []shifting) {
	add := func(of weekOf, w *watching, series stat.Weekly, scopes ...string) {
		list = append(list, shifting{weekOf: of, scale: w.scale, scopes: scopes, found: v.find(of, w.scale.Detector, series)})
	}
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
	slices.Sort(everything)
	everything = slices.Compact(everything)
	for _, w := range watchedOf(ofOrganisation) {
		add(weekOf{ofOrganisation, 0, w.score}, &w, v.weeksOf(&w), everything...)
	}
	for _, w := range watchedOf(ofObjectives) {
		for o := range v.declared.Set.Objectives {
			if v.active(o) {
				add(weekOf{ofObjectives, o, w.score}, &w, v.objectiveWeeks(&w, o), v.declared.Set.Objectives[o].ID, v.at(o).OwnerTeam)
			}
		}
	}
	for share, w := range watchedOf(ofTeams) {
		for t := range v.declared.Teams {
			add(weekOf{ofTeams, t, w.score}, &w, v.teamWeeksOf(t, share), v.scopesOf(t)...)
		}
	}
	return list
}

// scopesOf lists a team, and the objectives that it owns or takes part in.
func (v *evaluation) scopesOf(t int) []string {
	team := v.declared.Teams[t].ID
	scopes := []string{team}
	for o := range v.declared.Set.Objectives {
		if declared := &v.declared.Set.Objectives[o]; v.at(o).OwnerTeam == team || slices.Contains(declared.Teams, team) {
			scopes = append(scopes, declared.ID)
		}
	}
	return scopes
}

// find runs the detectors over a series, unless it is the one of the evaluation
// before.
func (v *evaluation) find(of weekOf, d structure.Detector, series stat.Weekly) found {
	until := stat.WeekOf(int(v.lastMonday()))
	if f, ok := v.engine.shifted[of]; ok && f.until == until && slices.Equal(f.series, series) {
		return f
	}
	f := found{series: series, until: until}
	f.shifts, f.known = d.Offline(series, until)
	f.alarms, f.watching = d.Online(series, until)
	n := len(series.Last(structure.Weeks, until))
	for _, s := range f.shifts {
		f.tests = append(f.tests, s.Searched(n))
	}
	return f
}

// beyondChance returns the largest p-value that is still beyond chance among all
// series: each has the p-values of its shifts, or one of 1 where it has none.
func (v *evaluation) beyondChance(list []shifting) float64 {
	var p []float64
	for i := range list {
		switch s := &list[i]; {
		case !s.known:
		case len(s.tests) == 0:
			p = append(p, 1)
		default:
			p = append(p, s.tests...)
		}
	}
	limit := -1.
	for i, found := range stat.Discoveries(p, falseDiscoveries) {
		if found {
			limit = max(limit, p[i])
		}
	}
	return limit
}

// keep returns the shifts that are beyond chance, and the newest one where that
// is not.
func (s *shifting) keep(beyond float64) (kept []structure.Shift, dropped *structure.Shift) {
	for i, p := range s.tests {
		dropped = nil
		if p <= beyond {
			kept = append(kept, s.shifts[i])
		} else {
			dropped = &s.shifts[i]
		}
	}
	return kept, dropped
}

// alarmWeeks is how long an alarm of the chart is told of.
const alarmWeeks = 4

// tell returns what is told of a series. Many says among how many it is.
func (s *shifting) tell(v *evaluation, dropped *structure.Shift, many int) []Score {
	until, n := stat.WeekOf(int(v.lastMonday())), len(s.found.series)
	step := stat.Insufficient(n, "%d of at least 8 weeks with a value of their own", n)
	week, evidence := step, step
	verdict := ""
	if s.known {
		step, week, evidence = stat.Known(0, n), stat.NotDefined("it never shifted"), stat.NotDefined("it never shifted")
	}
	if dropped != nil {
		verdict = fmt.Sprintf("a step of %+.3g with p %.2g, which is not beyond chance among %d series that are watched", dropped.After-dropped.Before, dropped.Test.P, many)
	}
	if n := len(s.kept); n > 0 {
		last := s.kept[n-1]
		step.Value, verdict = last.After-last.Before, coincides(last)
		week, evidence = stat.Known(float64(last.Day().Time().Unix()), len(s.found.series)), stat.Known(last.Weight, len(last.Candidates))
	}
	needed := matchesNeeded(s.kept, evidence)
	alarm := stat.Insufficient(n, "not watched: %d weeks with a value of their own; 26 are needed before, 12 after an alarm", n)
	switch a := s.alarms; {
	case len(a) > 0 && a[len(a)-1].Week > until-alarmWeeks:
		alarm = stat.Known(1, n) // what is usual is being learned anew
	case s.watching:
		alarm = stat.Known(0, n)
	}
	scores := []Score{scoreOf(StructureShift+"_"+s.score, step), scoreOf(ShiftWeek+"_"+s.score, week),
		scoreOf(ShiftAlarm+"_"+s.score, alarm), scoreOf(ShiftEvidence+"_"+s.score, evidence), scoreOf(ShiftMatches+"_"+s.score, needed)}
	scores[0].Verdict = verdict
	return scores
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
