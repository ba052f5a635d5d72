package debt

import "github.com/workdrift/workdrift/scoring/stat"

// A Change is a change that was merged in the window.
type Change struct {
	Agent bool // a coding agent is the author
	// Reviewed is set where a human other than the author reviewed it,
	// Committed where a human committed to it.
	Reviewed, Committed bool
}

// AgentChanges is score X7: the share of the merged changes that an agent wrote,
// with its Wilson interval. It needs 10 changes.
func AgentChanges(merged []Change) stat.Estimate {
	agents := 0
	for _, c := range merged {
		if c.Agent {
			agents++
		}
	}
	return stat.Proportion(agents, len(merged), minItems, "merged changes")
}

// AgentUnverified is part of score X7: the share of the agents' merged changes
// that no human reviewed or committed to, with its Wilson interval. It needs 10
// changes of agents.
func AgentUnverified(merged []Change) stat.Estimate {
	agents, unseen := 0, 0
	for _, c := range merged {
		if !c.Agent {
			continue
		}
		agents++
		if !c.Reviewed && !c.Committed {
			unseen++
		}
	}
	return stat.Proportion(unseen, agents, minItems, "merged changes of agents")
}

// An Absorption is part of score X7.
type Absorption struct {
	// Estimate is the number of merged changes per reviewer-day over the weeks.
	stat.Estimate
	Trend stat.Trend // of the weekly values; N tells how many there are
}

// An absorption is taken over so many weeks; its trend needs so many values.
const (
	AbsorptionWeeks    = 12
	AbsorptionMinWeeks = 8
)

// AbsorptionOf returns how many merged changes come to a day on which a person
// reviewed, over 12 weeks, and its trend, which is what counts: a rise says that
// change comes faster than it can be looked at. Both series have a value, if
// only 0, for each week that was measured. It needs 8 weeks and is undefined
// without a reviewer-day.
func AbsorptionOf(merged, reviewerDays stat.Weekly, until int) Absorption {
	days := map[int]float64{}
	for _, p := range reviewerDays.Last(AbsorptionWeeks, until) {
		days[p.Week] = p.Value
	}
	var weekly stat.Weekly
	changes, reviewed, n := 0.0, 0.0, 0
	for _, p := range merged.Last(AbsorptionWeeks, until) {
		d, ok := days[p.Week]
		if !ok {
			continue
		}
		n++
		changes, reviewed = changes+p.Value, reviewed+d
		if d > 0 {
			weekly = append(weekly, stat.Point{Week: p.Week, Value: p.Value / d})
		}
	}
	a := Absorption{Trend: stat.MannKendall(weekly)}
	switch {
	case n < AbsorptionMinWeeks:
		a.Estimate = stat.Insufficient(n, "%d of at least %d weeks", n, AbsorptionMinWeeks)
	case reviewed <= 0:
		a.Estimate = stat.NotDefined("nobody reviewed anything")
	default:
		a.Estimate = stat.Known(changes/reviewed, n).AlertFrom(AbsorptionWeeks)
	}
	return a
}
