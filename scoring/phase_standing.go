package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// standings are what tells how objectives stood in past weeks.
type standings struct {
	v       *evaluation
	reports [][]confidence.Report
	effort  []stat.Weekly // by objective, nil where it has no outcome
	results []outcome.Result
}

// standing gathers what was reported and measured of the objectives for a number
// of weeks.
func (v *evaluation) standing(weeks int) *standings {
	n := len(v.declared.Set.Objectives)
	s := &standings{v: v, reports: v.reports(), effort: make([]stat.Weekly, n), results: make([]outcome.Result, n)}
	for o := range n {
		if r, ok := v.result(o); ok && len(s.reports[o]) > 0 {
			s.results[o] = r
			s.effort[o] = v.seenEffort(o, min(weeks+outcome.Weeks, blockWeeks))
		}
	}
	return s
}

// A stand is how an objective stood in a week.
type stand struct {
	phase.Stand
	objective int
}

// at returns how the ranked objectives stood at the end of a week, by what was
// known then.
func (s *standings) at(week int) []stand {
	next := dayOfWeek(week + 1)
	ranking := s.v.engine.calendar.at(next - 1).ranking
	weights := stat.RankOrderCentroid(len(ranking))
	var stands []stand
	for place, o := range ranking {
		if s.effort[o] == nil {
			continue
		}
		reported := confidence.ReportedOf(s.reports[o], next.Time())
		one := phase.Stand{Weight: weights[place], Green: reported.OK() && confidence.BandOf(reported.Value) == confidence.Green}
		if one.Green {
			stalled := outcome.Stalled(s.upTo(o, week))
			one.Live = stalled.OK() && s.fresh(o, week)
			one.Stalled = stalled.Value == 1
		}
		stands = append(stands, stand{one, o})
	}
	return stands
}

// decouplingOf is indicator G over the objectives that count, all where that is
// nil.
func decouplingOf(all []stand, counts func(o int) bool) stat.Estimate {
	var stands []phase.Stand
	for _, s := range all {
		if counts == nil || counts(s.objective) {
			stands = append(stands, s.Stand)
		}
	}
	return phase.DecouplingOf(stands, false)
}

// takesPart says of which objectives a team is the owner or declared to take
// part.
func (v *evaluation) takesPart(t int) func(o int) bool {
	id := v.declared.Teams[t].ID
	return func(o int) bool {
		return v.at(o).OwnerTeam == id || slices.Contains(v.declared.Set.Objectives[o].Teams, id)
	}
}

// upTo is what the test of an outcome sees at the end of a week.
func (s *standings) upTo(o, week int) outcome.Input {
	r := s.results[o]
	r.Now, r.WeeksLeft = 0, 0
	n := 0
	for n < len(r.Weeks) && r.Weeks[n].Week <= week {
		r.Now = r.Weeks[n].Value
		n++
	}
	r.Weeks = r.Weeks[:n]
	sunday := dayOfWeek(week+1) - 1
	if due := s.v.declared.Set.Objectives[o].At(sunday).Due; due != objective.NoDate && due > sunday {
		r.WeeksLeft = float64(due-sunday) / 7
	}
	return outcome.Input{Until: week, Effort: s.effort[o], Result: r}
}

// fresh reports whether the outcome was measured within two weeks.
func (s *standings) fresh(o, week int) bool {
	for _, w := range s.results[o].Weeks {
		if w.Week <= week && week-w.Week < coherence.FreshDays/7 {
			return true
		}
	}
	return false
}
