package scoring

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// weekTeams returns the sums of each team in the week that starts on a Monday, by
// the memberships of each day. They are kept with those of the week, and are
// without collapsed weeks.
func (e *Engine) weekTeams(monday, keep objective.Date) []*weekSums {
	s := e.weekSums(monday, keep)
	if s.teams != nil || len(e.declared.Teams) == 0 {
		return s.teams
	}
	sums := make([]slots, len(e.declared.Teams))
	for t := range sums {
		s.teams, sums[t] = append(s.teams, e.newWeekSums()), make(slots)
		s.teams[t].carriers = s.carriers
	}
	model := e.declared.Effort.Model
	var parts []placement
	for i := range s.carried {
		c := &s.carried[i]
		who, day := &e.people.list[e.actors[s.carriers[c.person]].person], monday+objective.Date(c.day)
		var micros [effort.NumModels]effort.Micro
		micros[model] = c.effort()
		parts = e.placeMicros(c.work, micros, day, parts[:0])
		for p := range parts {
			teams, split := e.split.overTeams(who, day, &parts[p].micros)
			for k, t := range teams {
				if t != noTeam && split[model][k] > 0 {
					sums[t][slotOf(c.work, &parts[p])] += split[model][k]
					s.teams[t].carried = append(s.teams[t].carried, carriedSum{c.person, c.work, int32(split[model][k]), c.day})
				}
			}
		}
	}
	for t := range sums {
		s.teams[t].close(e, sums[t])
	}
	return s.teams
}
