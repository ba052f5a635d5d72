package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of cadence (score specification, section 4.16).
const (
	ReviewTime      = "review_timestamp" // Unix seconds
	AdjustRatio     = "checkin_adjustment"
	KillSession     = "kill_session_timestamp" // Unix seconds
	NonGoalCoverage = "non_goal_coverage"
	StopsPerStart   = "stops_per_start"
	NetGrowth       = "workstream_net_growth"
	ScopeChurn      = "scope_churn"
	ScopeEdits      = "scope_edits"
	LoopClosure     = "loop_closure" // days
	LoopFollowUp    = "loop_closure_follow_up"
	LoopAction      = "loop_action"
	InputQuality    = "input_quality"
	InputTrend      = "input_quality_trend_correlation"
	Louder          = "louder_not_clearer"
	LouderFlag      = "louder_not_clearer_flag"
	CheckInResponse = "checkin_response"
)

const (
	checkInDays = 91 // over which check-ins are looked at
	alarmYear   = 52 // weeks over which alarms are
)

// cadenceScores is the group of section 4.16: whether anybody looks, and whether
// anything follows.
func cadenceScores() scoreGroup {
	of := func(score, unit, limits, help string) latestFamily {
		return latestFamily{score: score, of: ofOrganisation, unit: unit, limits: limits, help: help}
	}
	flow := func(score, unit, help string) latestFamily {
		return latestFamily{score: score, of: ofOrganisation, unit: unit, work: true, help: help}
	}
	adjust := of(AdjustRatio, "ratio", "90 % Wilson interval.",
		"Share of the check-ins of the last quarter that were followed within 7 days by a stop, an edit of rank or target, or 10 percentage points of effort that moved, 0 to 1. Alarming at 0 for a quarter (default, not a benchmark). Sees what was declared and recorded, no talks.")
	adjust.of |= ofObjectives
	closure := of(LoopClosure, "seconds", "95 % confidence limit (Brookmeyer-Crowley).",
		"Median time from an alert on the effort (3 of 4 weeks beyond its threshold), or the latching of a drift phase, to a stop, an edit of rank or target, or a fifth of the effort that moved, Kaplan-Meier over the last year. Alarming above 28 days (default, not a benchmark). Cannot see whether the one answers the other.")
	followUp := of(LoopFollowUp, "seconds", "",
		"Lower bound of the median time from an alert to a correction while more than half of the alerts have none. Alarming above 28 days (default, not a benchmark). Cannot see whether a correction answers an alert; absent when the median is known.")
	closure.scale, followUp.scale = secondsPerDay, secondsPerDay
	louder := flow(LouderFlag, "",
		"1 when workdrift_louder_not_clearer_ratio is 0.60 or more and the rise has p up to 0.10, beyond chance among all trends looked at, else 0. Alarming at 1 (default, not a benchmark). Meetings are invisible.")
	louder.metric = Louder
	return scoreGroup{
		latest: []latestFamily{
			of(ReviewTime, "seconds", "",
				"Unix time of the last check-in or edit of the active objectives, averaged with the weights of their ranks (rank-order centroid). Healthy within 7 days, alarming after 14 (an article asks for a weekly cadence). Meetings that leave no trace are invisible."),
			adjust,
			of(KillSession, "seconds", "",
				"Unix time of the last decision to stop something, or where there never was one, of the first declaration. Healthy within 31 days, alarming after 62 (an article asks for kill sessions monthly). Sees the decisions that were declared."),
			of(NonGoalCoverage, "ratio", "",
				"Share of the active objectives that declare what they exclude, 0 to 1. Alarming below 0.50 (default, not a benchmark). Cannot tell a good exclude from a token one."),
			flow(StopsPerStart, "ratio",
				"Workstreams stopped over those started in the last 13 closed weeks. Alarming below 0.30 (default, not a benchmark); +Inf when only some were stopped. Those that are merely left alone are not stopped."),
			flow(NetGrowth, "",
				"Workstreams started less those stopped or finished in the last 13 closed weeks. Healthy up to 0 (default, not a benchmark). Those that are merely left alone go on counting."),
			{score: ScopeChurn, of: ofObjectives, unit: "ratio",
				help: "Tickets that came to the objective after its start over those that were open at its start. Alarming above 0.50 (default, not a benchmark). Needs a declared start; +Inf when everything came later."},
			{score: ScopeEdits, of: ofObjectives,
				help: "Edits of the text of the objective's tickets after work on them began, on average. A trend; no reading is known. Sees edits that the source tells of."},
			closure,
			followUp,
			of(LoopAction, "ratio", "90 % Wilson interval.",
				"Share of the alerts of the last year that were followed by a correction at all, 0 to 1. No reading is known; read it with the time that it took. Cannot see whether the one answers the other."),
			of(InputQuality, "ratio", "",
				"Mean share of what the tickets begun in the last 28 days had at their start of: a description of 20 words, acceptance criteria, somebody assigned, an objective; 0 to 1. A falling trend alarms; no reading is known. Jira's history tells of the start, GitHub only what there is now, and objectives count as work is attributed now; epics, and tickets read by earlier versions, are left out."),
			of(InputTrend, "", "",
				"Kendall's tau of the weekly workdrift_input_quality_ratio against time over the last 12 closed weeks, -1 to 1. Healthy from 0; well below, work is begun with less and less (no reading is known). Needs 8 weeks in which tickets were begun, and cannot see what is said aloud."),
			flow(Louder, "ratio",
				"How far the share of effort on reviews, tickets and discussions rises while that on active objectives does not, over 12 weeks, 0 to 1: Kendall's tau of the one times 1 minus that of the other. Alarming from 0.60 when the rise is significant, p up to 0.10 (default, not a benchmark). Meetings are invisible."),
			louder,
			responseFamily(),
		},
		score: (*evaluation).cadence,
	}
}

func (v *evaluation) cadence() {
	checkIns := make([][]objective.Date, len(v.declared.Set.Objectives))
	v.eachCheckIn(func(o int, c checkIn) {
		checkIns[o] = append(checkIns[o], objective.DateOf(c.at.UTC()))
	})
	for o := range checkIns {
		slices.Sort(checkIns[o])
		checkIns[o] = slices.Compact(checkIns[o]) // one day is one review, whoever takes part
	}
	review := cadence.ReviewAge(v.reviewed(checkIns), v.day)
	v.organisation(v.moment(ReviewTime, review))
	v.adjustRatios(checkIns)
	kill := cadence.KillSessionAge(v.stopDays(-1), knownDay(v.history[0].Known), v.day)
	s := v.moment(KillSession, kill)
	if kill.OK() && kill.N == 0 {
		s.Verdict = "nothing was stopped since the first declaration"
	}
	v.organisation(s)
	v.nonGoals()
	flow := v.flow()
	v.organisation(scoreOf(StopsPerStart, flow.StopsPerStart()))
	v.organisation(plainScore(NetGrowth, float64(flow.NetGrowth()), flow != cadence.Flow{}, "nothing was started or ended"))
	for o := range v.declared.Set.Objectives {
		if v.active(o) {
			v.scopeChurn(o)
		}
	}
	loop := cadence.LoopOf(v.alarms(), v.adjustments(-1), v.day)
	v.organisation(scoreOf(LoopClosure, loop.Closure))
	v.organisation(plainScore(LoopFollowUp, loop.AtLeast, loop.AtLeast > 0, "the median is known, or there are no alerts"))
	v.organisation(scoreOf(LoopAction, loop.ActionRate))
	v.inputQuality()
	v.louder()
	v.checkInResponse()
}

// moment turns an age in days into the Unix time that lies so far back.
func (v *evaluation) moment(name string, age stat.Estimate) Score {
	s := scoreOf(name, age)
	if age.OK() {
		s.Value = Number((float64(v.day) - age.Value) * secondsPerDay)
		s.Lower, s.Upper = Absent(), Absent()
	}
	return s
}

// reviewed lists when the active objectives were last looked at, in rank order.
func (v *evaluation) reviewed(checkIns [][]objective.Date) []cadence.Reviewed {
	var list []cadence.Reviewed
	for _, o := range v.engine.calendar.at(v.day).ranking {
		id := v.declared.Set.Objectives[o].ID
		r := cadence.Reviewed{Declared: v.declaredOn(id), Last: objective.NoDate}
		if n := len(checkIns[o]); n > 0 {
			r.Last = checkIns[o][n-1]
		}
		for _, e := range v.edits {
			if day := v.changed(e); e.Objective == id && e.Kind != objective.EditAdded && day <= v.day {
				r.Last = max(r.Last, day)
			}
		}
		list = append(list, r)
	}
	return list
}

// declaredOn is the day on which an objective was first declared, NoDate where
// nobody knows.
func (v *evaluation) declaredOn(id string) objective.Date {
	for i := range v.history {
		if slices.ContainsFunc(v.history[i].Set.Objectives, func(o objective.Objective) bool { return o.ID == id }) {
			return knownDay(v.history[i].Known)
		}
	}
	return objective.NoDate
}

// adjustRatios hands over what followed check-ins: of each objective that had
// any, and of all of them together.
func (v *evaluation) adjustRatios(checkIns [][]objective.Date) {
	answered, asked := 0, 0
	for o, days := range checkIns {
		recent := days[:0:0]
		for _, day := range days {
			if day > v.day-checkInDays {
				recent = append(recent, day)
			}
		}
		ratio := cadence.AdjustRatio(recent, v.adjustments(o), v.day)
		if ratio.OK() {
			asked += ratio.N
			answered += int(ratio.Value*float64(ratio.N) + .5)
		}
		if v.active(o) {
			v.objective(o, scoreOf(AdjustRatio, ratio))
		}
	}
	v.organisation(scoreOf(AdjustRatio, stat.Proportion(answered, asked, 1, "check-ins that are a week old")))
}

// stopDays lists the days of the decisions to stop an objective, or of all
// decisions to stop something where it is -1.
func (v *evaluation) stopDays(o int) []objective.Date {
	var days []objective.Date
	for i := range v.declared.Set.Objectives {
		if o >= 0 && o != i {
			continue
		}
		for _, d := range v.stopsOf(i) {
			days = append(days, max(d.effective, d.known))
		}
	}
	if o < 0 {
		days = append(days, v.exclusionDays()...)
	}
	slices.Sort(days)
	return days
}

// adjustments lists the changes of course of an objective, or of everything
// where it is -1, up to the day.
func (v *evaluation) adjustments(o int) []cadence.Adjustment {
	var list []cadence.Adjustment
	for _, day := range v.stopDays(o) {
		list = append(list, cadence.Adjustment{Day: day, Kind: cadence.Stopped})
	}
	for _, e := range v.edits {
		if (e.Kind == objective.EditRank || e.Kind == objective.EditTarget) && (o < 0 || e.Objective == v.declared.Set.Objectives[o].ID) {
			list = append(list, cadence.Adjustment{Day: v.changed(e), Kind: cadence.Edited})
		}
	}
	list = append(list, v.reallocations(o)...)
	return slices.DeleteFunc(list, func(a cadence.Adjustment) bool { return a.Day > v.day })
}

// reallocations lists how much effort moved from week to week of the last year,
// as of the Monday of the later week: to or from an objective, or in the whole
// mix.
func (v *evaluation) reallocations(o int) []cadence.Adjustment {
	from := v.dataFrom()
	if from == objective.NoDate {
		return nil
	}
	mix := func(s *weekSums) []effort.Micro {
		if o >= 0 {
			return []effort.Micro{s.on[o], s.total - s.on[o]}
		}
		return append(slices.Clone(s.on), s.categories[RunWork], s.categories[Excluded], s.categories[Stopped], s.categories[Unknown])
	}
	var list []cadence.Adjustment
	for monday := max(from, v.lastMonday()-7*(alarmYear-1)) + 7; monday <= v.lastMonday(); monday += 7 {
		before, after := v.week(monday-7), v.week(monday)
		if least := v.declared.Privacy.MinPersonDays; before.total.PersonDays() < least || after.total.PersonDays() < least {
			continue
		}
		if moved, ok := cadence.Reallocation(mix(before), mix(after)); ok {
			list = append(list, cadence.Adjustment{Day: monday, Kind: cadence.Reallocated, Moved: moved})
		}
	}
	return list
}

func (v *evaluation) nonGoals() {
	active, with := 0, 0
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		active++
		if declared := &v.declared.Set.Objectives[o]; declared.Excludes != nil || len(declared.ExcludedTerms) > 0 {
			with++
		}
	}
	v.organisation(scoreOf(NonGoalCoverage, cadence.NonGoalCoverage(with, active)))
}

// scopeChurn hands over what became of the scope of an objective since its
// start.
func (v *evaluation) scopeChurn(o int) {
	start := v.declared.Set.Objectives[o].Start
	var scope cadence.Scope
	for _, no := range v.scopeOf(o) {
		f := &v.engine.facts[no]
		switch created := f.created.day(); {
		case f.created != noMinute && created > v.day:
			continue
		case created > start:
			scope.Added++
		case v.openOn(no, start):
			scope.AtStart++
		}
		if f.started != noMinute && f.started.day() <= v.day {
			scope.Edits = append(scope.Edits, int(f.edits))
		}
	}
	churn := scope.Churn()
	if start == objective.NoDate {
		churn = stat.NotDefined("the objective declares no start")
	}
	v.objective(o, scoreOf(ScopeChurn, churn))
	v.objective(o, scoreOf(ScopeEdits, scope.MeanEdits()))
}

// scopeOf lists the tickets of an objective that are no epics. The first call
// looks at every ticket once, for all objectives.
func (v *evaluation) scopeOf(o int) []uint32 {
	if v.tickets == nil {
		v.tickets = make([][]uint32, len(v.declared.Set.Objectives))
		for no := range v.engine.facts {
			f := &v.engine.facts[no]
			if f.kind != kindTicket || f.is(markGone) || f.is(markEpic) || v.engine.items[no].work != uint32(no) {
				continue
			}
			for _, s := range v.engine.graph.Of(uint64(no)).Shares {
				v.tickets[s.Objective] = append(v.tickets[s.Objective], uint32(no))
			}
		}
	}
	return v.tickets[o]
}

// openOn reports whether an item had not ended before a day.
func (v *evaluation) openOn(no uint32, day objective.Date) bool {
	open := true
	for _, m := range v.engine.movesFor(no) {
		if m.at.day() < day {
			open = m.to == statusDoing
		}
	}
	return open
}

// alarms lists the days on which an alert on a share of the effort began, the
// first after a week with which 3 of 4 weekly blocks were beyond the threshold;
// and those after a week that latched a phase of drift.
func (v *evaluation) alarms() []objective.Date {
	var days []objective.Date
	whole, _ := v.replay()
	for _, week := range whole.latched {
		if week > stat.WeekOf(int(v.lastMonday()))-alarmYear {
			days = append(days, dayOfWeek(week+1))
		}
	}
	for _, w := range watchedOf(ofOrganisation) {
		limit, ok := v.declared.Alerts[w.score]
		if !ok || !w.headline {
			continue
		}
		beyondIn := make(map[int]bool)
		for _, p := range v.weeksOf(&w) {
			monday := objective.Date(7*p.Week) + firstMonday
			enough := v.week(monday).total.PersonDays() >= 2*v.declared.Privacy.MinPersonDays
			beyondIn[p.Week] = enough && beyond(w.score, Number(p.Value), Number(limit))
		}
		raised := false
		last := stat.WeekOf(int(v.lastMonday()))
		for week := last - alarmYear - blocks; week <= last; week++ {
			n := 0
			for back := range blocks {
				if beyondIn[week-back] {
					n++
				}
			}
			if alert := n >= alertBlocks; alert && !raised && week > last-alarmYear {
				days = append(days, objective.Date(7*(week+1))+firstMonday)
			}
			raised = n >= alertBlocks
		}
	}
	return days
}

const (
	// alertBlocks is how many of the last weekly blocks make an alert.
	alertBlocks = 3
	// firstMonday is the day of week 0, see stat.WeekOf.
	firstMonday objective.Date = 4
)
