package scoring

import (
	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of the phases (score specification, section 4.10).
// Those of an indicator and of its latch end in its phase.
const (
	DriftPhase      = "drift_phase"
	DriftPhaseStart = "drift_phase_start_timestamp" // Unix seconds
	DriftIndicator  = "drift_indicator"
	DriftLatch      = "drift_latch"
)

// indicators are the phases of the indicators, by their numbers.
func indicators() [phase.Indicators]phase.Phase {
	return [phase.Indicators]phase.Phase{phase.F: phase.FocusCreep, phase.V: phase.VocabularyGap, phase.G: phase.TotalDecoupling}
}

// phaseScores is the group of section 4.10: how far apart work and strategy
// are, told with a memory that no single week moves.
func phaseScores() scoreGroup {
	group := scoreGroup{
		latest: []latestFamily{
			{score: DriftPhase, of: ofOrganisation, label: "phase", work: true,
				states: []string{string(phase.Aligned), string(phase.FocusCreep), string(phase.VocabularyGap), string(phase.TotalDecoupling), string(phase.Unknown)},
				help:   "1 for the current drift phase, 0 for the others. Healthy while aligned; the thresholds are defaults, chosen by simulation to latch falsely in 2 % of years. Replayed from the closed ISO weeks of 3 years; unknown once what decides was not measured for 4 weeks."},
			{score: DriftPhaseStart, of: ofOrganisation, unit: "seconds", work: true,
				help: "Unix time at which the current drift phase began: the end of the ISO week that decided it. Long phases are no worse than short ones by themselves. Cannot see before the first week with persons."},
		},
		score: (*evaluation).phases,
	}
	for i, p := range indicators() {
		group.latest = append(group.latest,
			latestFamily{score: DriftIndicator + "_" + string(p), of: ofOrganisation, metric: DriftIndicator, view: string(p), unit: "ratio", work: i == phase.F,
				limits: "what the limits of its parts give.",
				help:   "Indicator of the phase in the label view in the last closed ISO week, 0 to 1. Counts for the phase from 0.5, against it up to 0.3, of total decoupling 0.25 (defaults). Absent where the week has too little to measure it."})
	}
	for i, p := range indicators() {
		group.latest = append(group.latest,
			latestFamily{score: DriftLatch + "_" + string(p), of: ofOrganisation, metric: DriftLatch, view: string(p), work: i == phase.F,
				help: "1 while the phase in the label view is latched, whatever phase is told, else 0: from 3 of 4 weeks at its threshold until 4 of 4 are low. Healthy at 0 (default). Holds what it knows while nothing is measured."})
	}
	return group
}

func (v *evaluation) phases() {
	var state phase.State
	var last [phase.Indicators]stat.Estimate
	stands := v.standing()
	for _, b := range v.weekBlocks() {
		last[phase.F] = phase.CreepOf(b.Creep)
		last[phase.V] = stat.Insufficient(0, "vocabulary is not compared yet")
		last[phase.G] = stands.decoupling(b.week)
		next := phase.Block{Week: b.week}
		for i := range last {
			next.Readings[i] = phase.ReadingOf(last[i])
		}
		state = state.Next(next)
	}
	now := plainScore(DriftPhase, 1, true, "")
	now.Verdict = string(phase.Unknown)
	start := unavailable(DriftPhaseStart, InsufficientData, "no ISO week has closed since the data begins")
	if state.Started {
		now.Verdict = string(state.Phase)
		start = plainScore(DriftPhaseStart, float64(dayOfWeek(state.Since+1).Time().Unix()), true, "")
	}
	v.organisation(now)
	v.organisation(start)
	for i, p := range indicators() {
		indicator, latch := stat.Insufficient(0, "no ISO week has closed since the data begins"), plainScore(DriftLatch+"_"+string(p), 0, true, "")
		if state.Started {
			indicator = last[i]
		}
		if state.Latches[i].On {
			latch.Value = 1
		}
		if !state.Latches[i].Seen {
			latch = unavailable(latch.Name, InsufficientData, "its indicator was never measured")
		}
		v.organisation(scoreOf(DriftIndicator+"_"+string(p), indicator))
		v.organisation(latch)
	}
}

// dayOfWeek returns the Monday of a week that is numbered as stat.WeekOf does.
func dayOfWeek(week int) objective.Date {
	monday := objective.Date(0).Monday()
	return monday + objective.Date(7*(week-stat.WeekOf(int(monday))))
}

// standings are what tells how objectives stood in past weeks.
type standings struct {
	v       *evaluation
	reports [][]confidence.Report
	effort  []stat.Weekly // by objective, nil where it has no outcome
	results []outcome.Result
}

// standing gathers what was reported and measured of the objectives.
func (v *evaluation) standing() *standings {
	n := len(v.declared.Set.Objectives)
	s := &standings{v: v, reports: v.reports(), effort: make([]stat.Weekly, n), results: make([]outcome.Result, n)}
	weeks := len(v.weekBlocks()) + outcome.Weeks
	for o := range n {
		if r, ok := v.result(o); ok && len(s.reports[o]) > 0 {
			s.results[o] = r
			s.effort[o] = v.seenEffort(o, min(weeks, blockWeeks))
		}
	}
	return s
}

// decoupling is indicator G of one week, by what was known at its end.
func (s *standings) decoupling(week int) stat.Estimate {
	next := dayOfWeek(week + 1)
	ranking := s.v.engine.calendar.at(next - 1).ranking
	weights := stat.RankOrderCentroid(len(ranking))
	var stands []phase.Stand
	for place, o := range ranking {
		if s.effort[o] == nil {
			continue
		}
		reported := confidence.ReportedOf(s.reports[o], next.Time())
		stand := phase.Stand{Weight: weights[place], Green: reported.OK() && confidence.BandOf(reported.Value) == confidence.Green}
		if stand.Green {
			stalled := outcome.Stalled(s.upTo(o, week))
			stand.Live = stalled.OK() && s.fresh(o, week)
			stand.Stalled = stalled.Value == 1
		}
		stands = append(stands, stand)
	}
	return phase.DecouplingOf(stands, false)
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
