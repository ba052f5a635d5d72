package scoring

import (
	"math"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// teamWeeks tells of each team what the closed weeks of the trend were, so that
// a team can be compared with its own past.
//
// A team's week is told on the terms of its windows: of enough people, in a week
// in which the teams that are not told, and who is in no team, hold enough people
// together. What is left is a difference of values in steps of ShareStep, which
// tells of nobody.
func (v *evaluation) teamWeeks() {
	if v.hidden.organisation == nil || v.hidden.organisation.Status != OK {
		return
	}
	for i := range v.report.Weeks {
		monday := objective.Date(v.report.Weeks[i].Monday)
		teams := v.engine.weekTeams(monday, v.keep)
		hidden := v.hiddenIn(v.week(monday), teams)
		for t := range v.report.Teams {
			w := WeekReport{
				Monday: Day(monday), Status: SuppressedPrivacy, Top: Absent(), Shadow: Absent(), Coverage: Absent(),
				TopLower: Absent(), TopUpper: Absent(), ShadowLower: Absent(), ShadowUpper: Absent(),
			}
			switch {
			case t >= len(teams) || teams[t].total == 0:
				w.Status = InsufficientData
			case hidden[t] || v.hidden.teams[t].Status == SuppressedPrivacy || v.report.Weeks[i].Status == SuppressedPrivacy:
			default:
				w.Status, w.Top, w.Shadow = OK, stepped(v.topIn(monday, teams[t])), stepped(v.shadowIn(monday, teams[t]))
			}
			v.report.Teams[t].Weeks = append(v.report.Teams[t].Weeks, w)
		}
	}
}

// stepped returns a share in steps of ShareStep.
func stepped(share float64, ok bool) Number {
	if !ok {
		return Absent()
	}
	return Number(math.Round(share/ShareStep) * ShareStep)
}

// A teamShare holds the shares of a team's week that are watched, in steps of
// ShareStep, in the order of watchedOf(ofTeams).
type teamShare [3]Number

func (v *evaluation) teamShares(monday objective.Date, s *weekSums) *teamShare {
	return &teamShare{stepped(v.topIn(monday, s)), stepped(v.shadowIn(monday, s)), stepped(v.runWorkIn(monday, s))}
}

// hiddenIn says of which teams a week must not be told. The last of the groups
// that it goes through is who was in no team.
func (v *evaluation) hiddenIn(all *weekSums, teams []*weekSums) []bool {
	rest := make([]effort.Micro, len(all.carriers))
	for _, share := range all.shares {
		rest[share.person] += share.effort
	}
	hidden, sizes, counts := make([]bool, len(teams)+1), make([]int, len(teams)+1), make([]headcount, len(teams)+1)
	judge := func(g int, sums []effort.Micro) {
		var people contributors
		for n, sum := range sums {
			if sum <= 0 {
				continue
			}
			people = people.with(v.engine.contributor(v.engine.actors[all.carriers[n]].person), sum)
		}
		status, _ := v.engine.enough(people)
		counts[g] = people.headcount()
		hidden[g], sizes[g] = status != OK, counts[g].people()
	}
	for t, team := range teams {
		sums := make([]effort.Micro, len(all.carriers))
		for _, share := range team.shares {
			sums[share.person] += share.effort
			rest[share.person] -= share.effort
		}
		judge(t, sums)
	}
	judge(len(teams), rest)
	complement(hidden, sizes, v.declared.Privacy.KEffort, func() int {
		var together headcount
		for g, h := range hidden {
			if h {
				together = together.plus(&counts[g], 1)
			}
		}
		return together.people()
	})
	return hidden
}
