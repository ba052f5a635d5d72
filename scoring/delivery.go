package scoring

import (
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/store"
)

// delivery is what became of the scope of one objective: its tickets, or its
// epics where it has no other tickets and enough of them.
type delivery struct {
	weeks []confidence.Week // closed weeks since it began, ascending, without gaps
	open  int
	// milestones is set where the scope are epics.
	milestones bool
}

// scopeYears is how far back the scope of an objective without a start is
// followed.
const scopeYears = 2

// delivery returns what became of the scope of an objective. The first call
// looks at every ticket once, for all objectives.
func (v *evaluation) delivery(o int) delivery {
	if v.scope == nil {
		v.scope = v.deliveries()
	}
	return v.scope[o]
}

// scoped is the scope of one objective while it is being counted.
type scoped struct {
	moves       []confidence.Move
	items, open int
}

func (v *evaluation) deliveries() []delivery {
	n := len(v.declared.Set.Objectives)
	tickets, epics := make([]scoped, n), make([]scoped, n)
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		// A copy of a ticket that another source saw is the same work.
		if f.kind != kindTicket || f.is(markGone) || v.engine.items[no].work != uint32(no) || f.created != noMinute && f.created.day() > v.day {
			continue
		}
		list := tickets
		if f.is(markEpic) {
			list = epics
		}
		for _, s := range v.engine.graph.Of(uint64(no)).Shares {
			v.count(&list[s.Objective], uint32(no))
		}
	}
	all := make([]delivery, n)
	for o := range all {
		from := v.declared.Set.Objectives[o].Start
		if earliest := v.day - 365*scopeYears; from < earliest {
			from = earliest
		}
		s, milestones := tickets[o], confidence.UseMilestones(tickets[o].items, epics[o].items)
		if milestones {
			s = epics[o]
		}
		if v.declared.Set.Objectives[o].Start == objective.NoDate {
			from = max(from, s.begins(v.day))
		}
		all[o] = delivery{confidence.Burn(s.moves, from, v.day), s.open, milestones}
	}
	return all
}

// begins is the day of the first move of a scope, at most until.
func (s *scoped) begins(until objective.Date) objective.Date {
	first := until
	for _, m := range s.moves {
		first = min(first, m.Day)
	}
	return first
}

// count adds the moves of an item to a scope, as far as they lie behind.
func (v *evaluation) count(s *scoped, no uint32) {
	f := &v.engine.facts[no]
	s.items++
	if f.created != noMinute {
		s.moves = append(s.moves, confidence.Move{Day: f.created.day(), Kind: confidence.Joined})
	}
	open := true
	for _, m := range v.engine.movesFor(no) {
		day := m.at.day()
		if day > v.day {
			break
		}
		kind := confidence.Joined
		switch m.to {
		case statusDone:
			kind = confidence.Completed
		case statusDropped:
			kind = confidence.Left
		}
		open = kind == confidence.Joined
		s.moves = append(s.moves, confidence.Move{Day: day, Kind: kind})
	}
	if open {
		s.open++
	}
}

// result returns what is measured of the outcome of an objective: the weekly
// medians of the samples of the query that is declared now, up to the last
// closed week. It is false when none is declared.
func (v *evaluation) result(o int) (outcome.Result, bool) {
	declared := v.declared.Set.Objectives[o].Outcome
	if declared == nil {
		return outcome.Result{}, false
	}
	r := outcome.Result{Down: declared.Direction == "down", Ratio: declared.Ratio, Lag: int(math.Round(declared.Lag.Hours() / (7 * 24)))}
	if declared.Target != nil {
		r.HasTarget, r.Target = true, *declared.Target
	}
	if due := v.at(o).Due; due != objective.NoDate && due > v.day {
		r.WeeksLeft = float64(due-v.day) / 7
	}
	m := v.measured(o)
	if m == nil {
		return r, true
	}
	byWeek := make(map[int][]float64)
	first, last := stat.WeekOf(int(v.lastMonday())), stat.WeekOf(int(v.lastMonday()))
	for _, s := range m.samples {
		if week := stat.WeekOf(int(s.at.day())); week <= last {
			byWeek[week] = append(byWeek[week], s.value)
			first = min(first, week)
		}
	}
	for week := first; week <= last; week++ {
		if values := byWeek[week]; len(values) > 0 {
			p := stat.Point{Week: week, Value: stat.Median(values)}
			r.Weeks = append(r.Weeks, outcome.Measured{Point: p, Query: m.query})
			r.Now = p.Value
		}
	}
	return r, true
}

// measured returns what the query that is declared now has measured of an
// objective, nil when it was never asked. Where several sources ask the same,
// the one with the newest sample counts.
func (v *evaluation) measured(o int) *measuredOutcome {
	declared := &v.declared.Set.Objectives[o]
	if declared.Outcome == nil {
		return nil
	}
	query := queryOf(store.OutcomeID(declared.ID, declared.Outcome.Query))
	var best *measuredOutcome
	var bestOrder uint64
	for no, m := range v.engine.rare.outcomes {
		order := v.engine.items[no].order
		if m.query == query && (best == nil || m.newest() > best.newest() || m.newest() == best.newest() && order < bestOrder) {
			best, bestOrder = m, order
		}
	}
	return best
}

// newest is the time of the last sample.
func (m *measuredOutcome) newest() minute {
	if len(m.samples) == 0 {
		return noMinute
	}
	return m.samples[len(m.samples)-1].at
}

// trends returns what the trends of an objective are taken from. It is false
// when no outcome is declared.
func (v *evaluation) trends(o int) (outcome.Input, bool) {
	r, ok := v.result(o)
	if !ok {
		return outcome.Input{}, false
	}
	return outcome.Input{
		Until: stat.WeekOf(int(v.lastMonday())), Output: v.output(o), Effort: v.seenEffort(o, outcome.Weeks+r.Lag), Result: r,
	}, true
}

// seenEffort is effortOf without the weeks before the data begins: nothing is
// known of them.
func (v *evaluation) seenEffort(o, weeks int) stat.Weekly {
	from := v.dataFrom()
	if from == objective.NoDate {
		return nil
	}
	return slices.DeleteFunc(v.effortOf(o, weeks), func(p stat.Point) bool { return p.Week < stat.WeekOf(int(from)) })
}
