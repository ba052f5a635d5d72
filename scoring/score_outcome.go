package scoring

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of output and outcome (score specification, section
// 4.7).
const (
	OutcomeQuery          = "outcome_query"
	OutcomeSample         = "outcome_sample_timestamp" // Unix seconds
	OutcomeDivergence     = "output_outcome_divergence"
	OutcomeDiverged       = "output_without_outcome"
	OutcomeStalled        = "outcome_stalled"
	OutcomePredictability = "outcome_predictability"
	OutputYield           = "output_yield"
	OutcomeYield          = "outcome_yield"
	SlowDegradation       = "slow_degradation"
	ProxyDecoupling       = "proxy_decoupling"
	ProxyDecoupled        = "proxy_decoupled"
	NoiseOutput           = "noise_output"
)

// outcomeUnread is the state of a query that was never asked.
const outcomeUnread = "unread"

// outcomeStates are what the query of an outcome can answer: store.AttrResult.
func outcomeStates() []string {
	return []string{"ok", "empty", "several_series", "refused", outcomeUnread}
}

// noiseDays is over how many days noise output is told.
const noiseDays = 28

// outcomeScores is the group of section 4.7: what is done for objectives beside
// what their outcomes do.
func outcomeScores() scoreGroup {
	return scoreGroup{
		latest: []latestFamily{
			{score: OutcomeQuery, of: ofObjectives, label: "result", states: outcomeStates(),
				help: "1 for what the query of the objective's outcome last answered, 0 for the others. Healthy while ok (by definition, no reading is known beyond); anything else leaves the scores of outcomes to old samples or to none. Cannot see whether the query measures what the objective is for."},
			{score: OutcomeSample, of: ofObjectives, unit: "seconds",
				help: "Unix time of the newest sample of the objective's outcome. Healthy within 2 days (default). Cannot see why there are none; absent without any sample, and a new query starts anew."},
			{score: OutcomeDivergence, of: ofObjectives, unit: "ratio",
				help: "How far the output (verified items done) of the last 12 weeks rises while the outcome does not, 0 to 1: Kendall's tau of the one times 1 minus that of the other. Healthy below 0.40, alarming from 0.60 together with workdrift_objective_output_without_outcome (defaults, no literature number). Alone it describes and proves nothing. Cannot see yearly seasons of the outcome."},
			{score: OutcomeDiverged, of: ofObjectives, work: true,
				help: "1 when output or effort is shown to rise and the outcome shown to stay behind the pace that its target needs, else 0. Alarming at 1 (default, not a benchmark). Yearly seasons of the outcome are not removed."},
			{score: OutcomeStalled, of: ofObjectives, work: true,
				help: "1 when at least 10 person-days went into the objective in 12 weeks and the outcome is shown to make less than half of the pace it needs, else 0. Alarming at 1 (default, not a benchmark). Yearly seasons of the outcome are not removed."},
			{score: OutcomePredictability, of: ofObjectives, unit: "ratio",
				help: "How far the outcome strays from its trend in the last 12 weeks over the 12 before. Below 1 it became more predictable; no reading is known. Cannot tell a calm outcome from one that is measured coarsely."},
			{score: OutputYield, of: ofObjectives, work: true,
				help: "Verified items done per 10 person-days in the last 12 weeks: tickets with a linked change or commit around that time, or of a kind that needs none. A trend that compares with its own past only; no reading is known. Depends on how work is cut into items, and misses links; what ended within 14 days counts until then."},
			{score: OutcomeYield, of: ofObjectives, unit: "ratio", work: true,
				help: "Share of the way from baseline to target that 10 person-days brought in the last 12 weeks, below 0 when the outcome went back. A trend; no reading is known. Sees outcomes with a baseline and a target."},
			{score: SlowDegradation, of: ofObjectives, work: true,
				help: "1 when over 12 weeks the effort does not fall and the verified items done per person-day do, with p up to 0.05 and beyond chance among all trends looked at, else 0. Alarming at 1 (default, not a benchmark). Depends on how work is cut into items."},
			{score: ProxyDecoupling, of: ofObjectives, unit: "correlation", limits: "differences between the 90 % limits of the two correlations.",
				help: "By how much the outcome that stands for another has come apart from it: Spearman's correlation of their weekly changes 26 to 52 weeks ago minus that of the last 26 weeks, -2 to 2. No reading is known beyond workdrift_objective_proxy_decoupled. Correlation cannot show a cause."},
			{score: ProxyDecoupled, of: ofObjectives,
				help: "1 when an outcome no longer moves with the one it stands for, as it used to, and still rises, else 0: it may be optimised for its own sake. Alarming at 1 (default, not a benchmark). Cannot tell optimising from a changed market."},
			{score: NoiseOutput, of: ofOrganisation, unit: "ratio", limits: "90 % Wilson interval.",
				help: "Share of the tickets done in the last 28 days that count for no active objective, 0 to 1. No reading is known; production without alignment is noise. Sees tickets only, and run work counts as noise here."},
		},
		score: (*evaluation).outcomes,
	}
}

func (v *evaluation) outcomes() {
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		v.yields(o)
		if trends, ok := v.trends(o); ok {
			v.queried(o)
			v.outcome(o, trends)
			v.report.Objectives[o].Progress = v.progress(o, trends)
		}
	}
	v.noiseOutput()
}

// queried hands over what the query of an objective answered, and when.
func (v *evaluation) queried(o int) {
	s := plainScore(OutcomeQuery, 0, true, "")
	s.Verdict = outcomeUnread
	if m := v.measured(o); m != nil {
		s.Verdict = m.result
		for i := len(m.samples) - 1; i >= 0; i-- {
			if at := m.samples[i].at; at.day() <= v.day {
				v.objective(o, plainScore(OutcomeSample, float64(at.time().Unix()), true, ""))
				break
			}
		}
	}
	if s.Verdict == outcomeStates()[0] {
		s.Value = 1
	}
	v.objective(o, s)
}

// outcome hands over what the outcome of an objective does. Why it cannot be
// told comes from the query where that is at fault.
func (v *evaluation) outcome(o int, in outcome.Input) {
	tell := func(name string, e stat.Estimate) {
		s := scoreOf(name, e)
		if s.Status != OK && in.Output == nil && name != OutcomeStalled && name != OutcomePredictability && name != OutcomeYield {
			s.Reason = reasonUnverified
		}
		if m := v.measured(o); s.Status != OK && (m == nil || m.result != outcomeStates()[0]) {
			answer := outcomeUnread
			if m != nil {
				answer = m.result
			}
			s.Reason += "; the outcome's query: " + answer
		}
		v.objective(o, s)
	}
	d := outcome.DivergenceOf(in)
	tell(OutcomeDivergence, d.Estimate)
	tell(OutcomeDiverged, d.Flag)
	if d.Flag.OK() {
		v.claims(o, OutcomeDiverged, d.Rise)
	}
	tell(OutcomeStalled, outcome.Stalled(in))
	tell(OutcomePredictability, outcome.Predictability(
		outcome.ResidualSpread(in.Result, in.Until), outcome.ResidualSpread(in.Result, in.Until-outcome.Weeks)))
	tell(OutcomeYield, v.outcomeYield(o, in))
	if other := v.number(v.declared.Set.Objectives[o].Outcome.StandsFor); other >= 0 {
		if northStar, ok := v.result(other); ok {
			p := outcome.ProxyOf(in.Result.Series(), northStar.Series(), in.Until)
			tell(ProxyDecoupling, p.Estimate)
			flag := p.Estimate
			if flag.OK() {
				flag = stat.Known(0, p.N)
				if p.Decoupled {
					flag.Value = 1
				}
			}
			tell(ProxyDecoupled, flag)
		}
	}
}

// progress tells of an objective what its trends are taken from.
func (v *evaluation) progress(o int, in outcome.Input) *ProgressReport {
	declared := v.declared.Set.Objectives[o].Outcome
	p := &ProgressReport{Down: in.Result.Down, Baseline: Absent(), Target: Absent()}
	if declared.Baseline != nil {
		p.Baseline = Number(*declared.Baseline)
	}
	if declared.Target != nil {
		p.Target = Number(*declared.Target)
	}
	at := func(list stat.Weekly, week int) Number {
		for _, point := range list {
			if point.Week == week {
				return Number(point.Value)
			}
		}
		return Absent()
	}
	measured := in.Result.Series()
	if p.Down { // where less is better, series are turned over
		measured = measured.Map(func(value float64) float64 { return -value })
	}
	for monday := v.lastMonday() - 7*(ProgressWeeks-1); monday <= v.lastMonday(); monday += 7 {
		week := stat.WeekOf(int(monday))
		p.Weeks = append(p.Weeks, ProgressWeek{Day(monday), at(in.Output, week), at(measured, week)})
	}
	return p
}

// outcomeYield is the way that the outcome made from the first to the last of
// the 12 weeks that have a value.
func (v *evaluation) outcomeYield(o int, in outcome.Input) stat.Estimate {
	declared := v.declared.Set.Objectives[o].Outcome
	if declared.Baseline == nil || declared.Target == nil {
		return stat.NotDefined("no baseline and target are declared")
	}
	weeks := in.Result.Series().Last(outcome.Weeks, in.Until)
	if len(weeks) < 2 {
		return stat.Insufficient(len(weeks), "%d of at least 2 weeks with an outcome", len(weeks))
	}
	path := outcome.Path{From: weeks[0].Value, To: weeks[len(weeks)-1].Value, Baseline: *declared.Baseline, Target: *declared.Target}
	if in.Result.Down {
		path.From, path.To = -path.From, -path.To
	}
	spent, few := v.enoughEffort(o)
	if !few.OK() {
		return few
	}
	return outcome.OutcomeYield(path, spent)
}

// enoughEffort returns the effort on an objective in the 12 weeks, and why a
// yield cannot be told where that is too little.
func (v *evaluation) enoughEffort(o int) (effort.Micro, stat.Estimate) {
	var spent effort.Micro
	for monday := v.lastMonday() - 7*(outcome.Weeks-1); monday <= v.lastMonday(); monday += 7 {
		spent += v.week(monday).on[o]
	}
	if least := v.declared.Privacy.MinPersonDays; spent.PersonDays() < least {
		return spent, stat.Insufficient(int(spent.PersonDays()), "%.1f of at least %g person-days (privacy.min_person_days)", spent.PersonDays(), least)
	}
	return spent, stat.Known(0, 0)
}

// yields hands over how much is done for the effort, which needs no outcome.
func (v *evaluation) yields(o int) {
	until := stat.WeekOf(int(v.lastMonday()))
	output, spent := v.output(o), v.seenEffort(o, outcome.Weeks)
	all, yield := v.enoughEffort(o)
	if yield.OK() && output == nil {
		yield = stat.Insufficient(0, reasonUnverified)
	}
	if yield.OK() {
		done := 0.0
		for _, p := range output.Last(outcome.Weeks, until) {
			done += p.Value
		}
		yield = outcome.OutputYield(done, all)
	}
	v.objective(o, scoreOf(OutputYield, yield))
	v.watchYield(o)
	falls := outcome.DegradationOf(spent, outcome.WeeklyYield(output, spent), until)
	slow := falls.Estimate
	if output == nil {
		slow = stat.Insufficient(0, reasonUnverified)
	}
	v.objective(o, scoreOf(SlowDegradation, slow))
	if slow.OK() {
		v.claims(o, SlowDegradation, falls.Yield.Down)
	}
}

// noiseOutput hands over how many of the tickets done are on no active
// objective, by what was active when they were done.
func (v *evaluation) noiseOutput() {
	type count struct{ done, off int }
	var recent count
	weeks := make(map[objective.Date]count) // by Monday
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.kind != kindTicket || f.is(markGone) || f.is(markEpic) || v.engine.items[no].work != uint32(no) {
			continue
		}
		day := v.doneOn(uint32(no))
		if day == objective.NoDate || day < v.watchedFrom() || day > v.day {
			continue
		}
		one := count{done: 1}
		if !v.countedOn(uint32(no), day) {
			one.off = 1
		}
		week := weeks[day.Monday()]
		weeks[day.Monday()] = count{week.done + one.done, week.off + one.off}
		if day > v.day-noiseDays {
			recent = count{recent.done + one.done, recent.off + one.off}
		}
	}
	v.organisation(scoreOf(NoiseOutput, outcome.NoiseOutput(recent.off, recent.done)))
	v.watchWeeks(NoiseOutput, func(monday objective.Date) stat.Estimate {
		return outcome.NoiseOutput(weeks[monday].off, weeks[monday].done)
	})
}

// doneOn returns the day on which an item was done that is done now, NoDate for
// others.
func (v *evaluation) doneOn(no uint32) objective.Date {
	day := objective.NoDate
	for _, m := range v.engine.movesFor(no) {
		switch at := m.at.day(); {
		case at > v.day:
			return day
		case m.to == statusDone:
			day = at
		default:
			day = objective.NoDate
		}
	}
	return day
}

// countedOn reports whether an item counted for an active objective on a day.
func (v *evaluation) countedOn(no uint32, day objective.Date) bool {
	for _, o := range v.objectivesOf(no) {
		if declared := &v.declared.Set.Objectives[o]; declared.At(day).State == objective.Active && declared.Start <= day {
			return true
		}
	}
	return false
}
