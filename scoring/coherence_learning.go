package scoring

import (
	"math"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of what deliveries bring: how long it takes until
// anybody can see, and whether what teams report is what comes of it.
const (
	LearningLatency  = "learning_latency"           // days
	LearningFollowUp = "learning_latency_follow_up" // days
	LateLearning     = "late_learning"
	LocalGlobalGap   = "local_global_gap"
)

// localTickets is from how many tickets of an objective on a team reports
// something with them.
const localTickets = 5

// learningFamilies lists them as they are published.
func learningFamilies() []latestFamily {
	const review = " A review is the first check-in with a reading of the outcome, or its first sample after its lag; it cannot see who merely looks."
	return []latestFamily{
		{score: LearningLatency, of: ofOrganisation, unit: "seconds", scale: secondsPerDay, limits: "95 % confidence limit (Brookmeyer-Crowley).",
			help: "Median time from the first ticket or change done for an objective to the first review of its outcome, Kaplan-Meier over the declared objectives. No reading is known; read it with workdrift_late_learning_ratio." + review},
		{score: LearningFollowUp, of: ofOrganisation, unit: "seconds", scale: secondsPerDay,
			help: "Lower bound of the median time from delivery to review while more than half of the objectives have none. No reading is known. Absent when the median is known." + review},
		{score: LateLearning, of: ofOrganisation, unit: "ratio", limits: "90 % Wilson interval.",
			help: "Share of the objectives with deliveries that were first reviewed after their due date, or are due and not reviewed yet, 0 to 1. Healthy near 0; no reading is known." + review},
		{score: LocalGlobalGap, of: ofOrganisation | ofObjectives, unit: "ratio",
			help: "Mean share of their tickets that teams report as done, less the share of the way from baseline to target that the outcome has made; of the organisation the mean of the objectives. Healthy near 0; well above 0 the teams are done and the outcome is not (no reading is known). Sees teams of privacy.k_people and 5 tickets; outcomes trail work by their lag."},
	}
}

// learning hands over when results were looked at, and what they are beside
// what teams report.
func (v *evaluation) learning() {
	delivered := v.firstDeliveries()
	cited := v.firstCitations(delivered)
	var lessons []coherence.Lesson
	for o := range v.declared.Set.Objectives {
		lessons = append(lessons, coherence.Lesson{Delivered: delivered[o], Reviewed: earlier(cited[o], v.firstSample(o, delivered[o])),
			Due: v.at(o).Due, Until: v.stoppedOn(o)})
	}
	l := coherence.LearningOf(lessons, v.day)
	v.organisation(scoreOf(LearningLatency, l.Latency))
	v.organisation(plainScore(LearningFollowUp, l.AtLeast, l.AtLeast > 0, "the median is known, or nothing was delivered"))
	v.organisation(scoreOf(LateLearning, l.Late))

	var reported []float64
	attainment := 0.0
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		attained, teams := v.attained(o), v.reportedDone(o)
		gap := coherence.LocalGlobalGap(teams, attained)
		v.objective(o, scoreOf(LocalGlobalGap, gap))
		if gap.OK() {
			reported = append(reported, gap.Value+attained.Value)
			attainment += attained.Value
		}
	}
	whole := stat.NotDefined("no objective has an attainment")
	if n := len(reported); n > 0 {
		whole = stat.Known(attainment/float64(n), n)
	}
	v.organisation(scoreOf(LocalGlobalGap, coherence.LocalGlobalGap(reported, whole)))
}

// firstDeliveries returns the days on which the first ticket or change was done
// for each objective since its start, NoDate before.
func (v *evaluation) firstDeliveries() []objective.Date {
	first := make([]objective.Date, len(v.declared.Set.Objectives))
	for o := range first {
		first[o] = objective.NoDate
	}
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.kind != kindTicket && f.kind != kindChange || f.is(markGone) || v.engine.items[no].work != uint32(no) {
			continue
		}
		shares := v.engine.graph.Of(uint64(no)).Shares
		if len(shares) == 0 {
			continue
		}
		for _, m := range v.engine.movesFor(uint32(no)) {
			day := m.at.day()
			if m.to != statusDone || day == objective.NoDate || day > v.day {
				continue
			}
			for _, s := range shares {
				if o := s.Objective; day >= v.declared.Set.Objectives[o].Start && (first[o] == objective.NoDate || day < first[o]) {
					first[o] = day
				}
			}
		}
	}
	return first
}

// firstCitations returns the days of the first check-ins that cite the outcome of
// each objective from the day on which something was delivered for it, NoDate
// before.
func (v *evaluation) firstCitations(delivered []objective.Date) []objective.Date {
	first := make([]objective.Date, len(delivered))
	for o := range first {
		first[o] = objective.NoDate
	}
	v.eachCheckIn(func(o int, c checkIn) {
		day := objective.DateOf(c.at.UTC())
		if c.cites && delivered[o] != objective.NoDate && day >= delivered[o] {
			first[o] = earlier(first[o], day)
		}
	})
	return first
}

// earlier returns the first of two days, of which each may be NoDate for never.
func earlier(a, b objective.Date) objective.Date {
	if a == objective.NoDate || b != objective.NoDate && b < a {
		return b
	}
	return a
}

// firstSample returns the day of the first sample of an outcome that can show
// what was delivered on a day, NoDate before.
func (v *evaluation) firstSample(o int, delivered objective.Date) objective.Date {
	m := v.measured(o)
	if m == nil || delivered == objective.NoDate {
		return objective.NoDate
	}
	shows := delivered + objective.Date(math.Ceil(v.declared.Set.Objectives[o].Outcome.Lag.Hours()/24))
	for i := range m.samples {
		if day := m.samples[i].at.day(); day >= shows && day <= v.day {
			return day
		}
	}
	return objective.NoDate
}

// stoppedOn returns the day since which an objective is not active, NoDate while
// it is.
func (v *evaluation) stoppedOn(o int) objective.Date {
	for _, r := range v.engine.calendar.stopped[o] {
		if r.from <= v.day && v.day <= r.until {
			return r.from
		}
	}
	return objective.NoDate
}

// attained returns the share of the way from baseline to target that an outcome
// has made by the last closed week.
func (v *evaluation) attained(o int) stat.Estimate {
	declared := v.declared.Set.Objectives[o].Outcome
	if declared == nil || declared.Baseline == nil || declared.Target == nil || *declared.Baseline == *declared.Target {
		return stat.NotDefined("no outcome with a baseline and a target is declared")
	}
	sample := coherence.Measured{Sample: v.lastSample(o)}
	result, _ := v.result(o)
	if !sample.Fresh(v.day) || len(result.Weeks) == 0 {
		return stat.Insufficient(0, "the outcome was not sampled for %d days", coherence.FreshDays)
	}
	return stat.Known((result.Now-*declared.Baseline)/(*declared.Target-*declared.Baseline), 1)
}

// reportedDone returns for each team with enough tickets of an objective what
// share of them is done. A ticket is of the team of whoever opened it.
func (v *evaluation) reportedDone(o int) []float64 {
	type count struct{ done, all int }
	teams := make([]count, len(v.declared.Teams))
	for _, no := range v.scopeOf(o) {
		f := &v.engine.facts[no]
		if f.created == noMinute || f.created.day() > v.day || v.droppedOn(no) {
			continue
		}
		if t := v.teamOf(no, f.created.day()); t < len(teams) {
			teams[t].all++
			if v.doneOn(no) != objective.NoDate {
				teams[t].done++
			}
		}
	}
	var shares []float64
	for t, c := range teams {
		if c.all >= localTickets && v.membersOf(t) >= v.declared.Privacy.KPeople {
			shares = append(shares, float64(c.done)/float64(c.all))
		}
	}
	return shares
}

// droppedOn reports whether an item is given up as of the day.
func (v *evaluation) droppedOn(no uint32) bool {
	dropped := false
	for _, m := range v.engine.movesFor(no) {
		if m.at.day() <= v.day {
			dropped = m.to == statusDropped
		}
	}
	return dropped
}
