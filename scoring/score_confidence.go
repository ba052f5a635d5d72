package scoring

import (
	"fmt"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of confidence (score specification, section 4.5).
const (
	ReportedConfidence  = "reported_confidence"
	ObservedConfidence  = "observed_confidence"
	ForecastRange       = "forecast_range"
	OutcomeConfidence   = "outcome_confidence"
	ConfidenceGap       = "confidence_gap"
	ConfidenceSpread    = "confidence_spread"
	CheckIn             = "checkin_timestamp" // Unix seconds
	WatermelonScore     = "watermelon"
	WatermelonRatio     = "watermelon_ratio"
	DueSlip             = "due_slip"
	Replans             = "replans"
	ConfidenceBrier     = "confidence_brier"
	ConfidenceSkill     = "confidence_brier_skill"
	ConfidenceBias      = "confidence_bias"
	confidenceViews     = "confidence"
	confidenceViewsHelp = "Confidence that the objective is reached, 0 to 1, as reported by people or as observed from delivery. From 0.7 on track, below 0.4 off track (bands of a vendor's documentation). Observed is the exact forecast from tickets; it sees no scope that nobody wrote down."
)

// confidenceScores is the group of section 4.5: what people say of objectives
// beside what delivery and outcome show.
func confidenceScores() scoreGroup {
	const byObjective = ofObjectives
	return scoreGroup{
		latest: []latestFamily{
			{score: ReportedConfidence, of: byObjective, metric: confidenceViews, view: "reported", unit: "ratio", help: confidenceViewsHelp},
			{score: ObservedConfidence, of: byObjective, metric: confidenceViews, view: "observed", unit: "ratio", help: confidenceViewsHelp,
				limits: "smallest and largest forecast that leaves out one week."},
			{score: ForecastRange, of: byObjective, unit: "ratio",
				help: "Probability that the next week of the objective stays within what its forecast has seen of past weeks, 0 to 1. No reading is known; 5 weeks give 0.67, 11 give 0.83 (derived). Cannot know weeks of another kind, such as holidays."},
			{score: ConfidenceGap, of: byObjective, unit: "ratio", limits: "what the limits of the observed confidence give.",
				help: "Reported minus observed confidence, -1 to 1: above 0 people are surer than the delivery. Healthy within 0.15, alarming from 0.35 (defaults, not benchmarks; a study found reports biased upwards twice as often as downwards). Cannot see what those who report know and no ticket tells."},
			{score: WatermelonScore, of: byObjective,
				help: "1 when the objective is reported green and even the kindest forecast is below 0.5, or its outcome has stalled, else 0. Alarming at 1 (default, not a benchmark). Absent while neither can be told, or it is not green. Cannot see progress outside of tickets."},
			{score: OutcomeConfidence, of: byObjective, unit: "ratio", limits: "what the 90 % limits of the trend give.",
				help: "Observed confidence that the outcome meets its target on the due date if its trend goes on, 0 to 1. No reading is known. Cannot see effects that lag beyond the due date."},
			{score: CheckIn, of: byObjective, unit: "seconds",
				help: "Unix time of the newest check-in on the objective. Healthy within 7 days (an article asks for a weekly cadence). Sees what was recorded only; absent when there never was anything."},
			{score: ConfidenceSpread, of: byObjective, unit: "ratio",
				help: "Interquartile range of what people report of the objective, 0 to 1. No reading is known. Needs 5 reporters, and cannot see who is silent."},
			{score: DueSlip, of: byObjective, unit: "ratio",
				help: "How far the due date has moved over the length of the plan. Healthy up to 0.10, alarming from 0.50 (defaults, not benchmarks). Sees the dates that were declared."},
			{score: Replans, of: byObjective,
				help: "How often the due date was changed since the plan was made. No reading is known; read it with the slip. Sees the dates that were declared."},
			{score: WatermelonRatio, of: ofOrganisation, metric: WatermelonScore, unit: "ratio", limits: "90 % Wilson interval.",
				help: "Share of the objectives reported green that are red inside, 0 to 1. Healthy up to 0.10, alarming from 0.25 (defaults, not benchmarks). Sees objectives with check-ins, and a due date or an outcome."},
			{score: ConfidenceBrier, of: ofOrganisation | ofTeams,
				help: "Mean squared error of the confidence reported 28 days before the due date, 0 to 1: 0 is perfect, always saying one half gives 0.25. No reading is known beyond these. Needs 20 closed objectives, 10 for a team. Objectives that were stopped before are left out."},
			{score: ConfidenceSkill, of: ofOrganisation | ofTeams,
				help: "1 minus the Brier score over that of always saying the base rate: 1 is perfect, below 0 the base rate would have been the better report. No reading is known beyond these. Needs as many objectives as the Brier score."},
			{score: ConfidenceBias, of: ofOrganisation | ofTeams, unit: "ratio",
				help: "Mean confidence reported 28 days before the due date minus the share achieved, -1 to 1: above 0 is optimism. Healthy up to 0.15 (default, not a benchmark; a study of status reports found twice as much optimism as pessimism). Needs as many objectives as the Brier score."},
		},
		score: (*evaluation).confidence,
	}
}

func (v *evaluation) confidence() {
	reports := v.reports()
	var stands []confidence.Watermelon
	for o := range v.declared.Set.Objectives {
		v.dueSlip(o)
		if !v.active(o) {
			continue
		}
		stand := v.stand(o, reports[o])
		v.tellSpread(&stand.Reported, reports[o])
		v.watchReports(o, reports[o])
		gap := confidence.Gap(stand.Reported, stand.Observed)
		w := confidence.WatermelonOf(stand)
		stands = append(stands, w)
		v.objective(o, scoreOf(ReportedConfidence, stand.Reported.Estimate))
		v.objective(o, scoreOf(ObservedConfidence, stand.Observed.Estimate))
		v.objective(o, forecastRange(stand.Observed))
		v.objective(o, scoreOf(ConfidenceGap, gap))
		v.objective(o, scoreOf(ConfidenceSpread, stand.Reported.Spread))
		v.objective(o, watermelonScore(w))
		v.outcomeConfidence(o)
		if last := stand.Reported.Last; !last.IsZero() {
			v.objective(o, plainScore(CheckIn, float64(last.Unix()), true, ""))
		}
	}
	ratio, judged := confidence.WatermelonRatio(stands)
	s := scoreOf(WatermelonRatio, ratio)
	s.Verdict = fmt.Sprintf("%d green objectives could be judged", judged)
	v.organisation(s)
	v.calibration(reports)
}

// reports lists what was reported of each objective, oldest first, and notes who
// the reporters are.
func (v *evaluation) reports() [][]confidence.Report {
	all := make([][]confidence.Report, len(v.declared.Set.Objectives))
	v.reporters = make(map[string]contributor)
	v.eachCheckIn(func(o int, c checkIn) {
		r := confidence.Report{Value: c.value, At: c.at}
		if c.actor != "" {
			r.Person = v.personKey(c.actor)
			v.reporters[r.Person] = v.engine.reporter(c.actor, c.item, v.reporters[r.Person].known)
		}
		all[o] = append(all[o], r)
	})
	for _, list := range all {
		sortReports(list)
	}
	return all
}

// tellSpread withholds how far apart the reporters are where it is not certain
// that they are enough people.
func (v *evaluation) tellSpread(r *confidence.Reported, reports []confidence.Report) {
	if !r.Spread.OK() {
		return
	}
	var n headcount
	seen := make(map[string]bool)
	for _, report := range reports {
		if v.asOf.Sub(report.At) > confidence.MaxAge || seen[report.Person] && report.Person != "" {
			continue
		}
		seen[report.Person] = true
		who := v.reporters[report.Person]
		n.add(&who)
	}
	if count := n.people(); count < confidence.MinReporters {
		r.Spread = stat.Insufficient(count, "%d of at least %d reporters", count, confidence.MinReporters)
	}
}

// stand puts together what is said and seen of an objective.
func (v *evaluation) stand(o int, reports []confidence.Report) confidence.Stand {
	d := v.delivery(o)
	s := confidence.Stand{
		Reported: confidence.ReportedOf(reports, v.asOf),
		Observed: confidence.ObservedOf(confidence.Delivery{Weeks: d.weeks, Open: d.open, Today: v.day, Due: v.at(o).Due}),
	}
	if trends, ok := v.trends(o); ok {
		stalled := outcome.Stalled(trends)
		s.Stalled, s.KnowsOutcome = stalled.Value == 1, stalled.OK()
	}
	return s
}

func watermelonScore(w confidence.Watermelon) Score {
	switch {
	case !w.Green:
		return unavailable(WatermelonScore, Undefined, "it is not reported green")
	case !w.Judged:
		return unavailable(WatermelonScore, InsufficientData, "neither delivery nor outcome can be forecast")
	}
	s := plainScore(WatermelonScore, 0, true, "")
	if w.Flagged() {
		s.Value = 1
	}
	switch {
	case w.Delivery && w.Outcome:
		s.Verdict = "delivery and outcome"
	case w.Delivery:
		s.Verdict = "delivery"
	case w.Outcome:
		s.Verdict = "outcome"
	}
	return s
}

// outcomeConfidence hands over the forecast of the outcome, where a target is
// declared.
func (v *evaluation) outcomeConfidence(o int) {
	r, ok := v.result(o)
	if !ok || !r.HasTarget {
		return
	}
	weeks := make(stat.Weekly, 0, len(r.Weeks))
	for _, w := range r.Weeks {
		if w.Query == r.Weeks[len(r.Weeks)-1].Query {
			weeks = append(weeks, w.Point)
		}
	}
	v.objective(o, scoreOf(OutcomeConfidence, confidence.OutcomeOf(confidence.Result{
		Weeks: weeks, Target: r.Target, Down: r.Down, Today: v.day, Due: v.at(o).Due,
	})))
}

// dueSlip hands over how far the due date of an objective moved, where one was
// ever declared.
func (v *evaluation) dueSlip(o int) {
	dates := v.dueDates(o)
	if len(dates) == 0 {
		return
	}
	slip := confidence.SlipOf(v.declared.Set.Objectives[o].Start, dates)
	v.objective(o, scoreOf(DueSlip, slip.Estimate))
	v.objective(o, plainScore(Replans, float64(slip.Replans), true, ""))
}

// dueDates lists the due dates of an objective in the order in which they were
// declared, with the days from which they held.
func (v *evaluation) dueDates(o int) []confidence.DueDate {
	id, planned := v.declared.Set.Objectives[o].ID, v.declared.Set.Objectives[o].PlannedDue
	var dates []confidence.DueDate
	for i := range v.history {
		known := knownDay(v.history[i].Known)
		next := v.day
		if i+1 < len(v.history) {
			next = knownDay(v.history[i+1].Known) - 1
		}
		for k := range v.history[i].Set.Objectives {
			declared := &v.history[i].Set.Objectives[k]
			if declared.ID != id {
				continue
			}
			for n, version := range declared.Versions {
				// Of what is behind when it is declared, the first declaration
				// tells all and later ones the state of things.
				ended := n+1 < len(declared.Versions) && declared.Versions[n+1].From <= known
				if version.From > next || ended && i > 0 {
					continue
				}
				if last := len(dates) - 1; last < 0 && version.Due != objective.NoDate || last >= 0 && dates[last].Due != version.Due {
					dates = append(dates, confidence.DueDate{Known: max(known, version.From), Due: version.Due,
						Baseline: planned != nil && version.Due == *planned})
				}
			}
		}
	}
	return dates
}

// calibration hands over how far reports can be believed, of the organisation
// and of the teams that own enough objectives. What was stopped before its due
// date tells nothing about the reports.
func (v *evaluation) calibration(reports [][]confidence.Report) {
	var all []confidence.Closed
	byTeam := make([][]confidence.Closed, len(v.declared.Teams))
	for o := range v.declared.Set.Objectives {
		closed, ok := v.closed(o, reports[o])
		if !ok {
			continue
		}
		all = append(all, closed)
		if t := v.teamNumber(v.at(o).OwnerTeam); t >= 0 {
			byTeam[t] = append(byTeam[t], closed)
		}
	}
	for _, s := range calibrationScores(all, confidence.MinClosedOrganisation) {
		v.organisation(s)
	}
	for t := range byTeam {
		for _, s := range calibrationScores(byTeam[t], confidence.MinClosedTeam) {
			v.team(t, s)
		}
	}
}

func calibrationScores(closed []confidence.Closed, least int) []Score {
	c := confidence.CalibrationOf(closed, least)
	return []Score{scoreOf(ConfidenceBrier, c.Brier), scoreOf(ConfidenceSkill, c.Skill), scoreOf(ConfidenceBias, c.Bias)}
}

// closed says how an objective ended that was due by now, and what was reported
// of it before. It is false while it has not ended, when it was stopped before,
// and when nobody had reported.
func (v *evaluation) closed(o int, reports []confidence.Report) (confidence.Closed, bool) {
	declared := &v.declared.Set.Objectives[o]
	now := v.at(o)
	if now.Due == objective.NoDate || now.Due > v.day {
		return confidence.Closed{}, false
	}
	atDue := declared.At(now.Due)
	switch atDue.State {
	case objective.Achieved, objective.Active:
	default:
		return confidence.Closed{}, false
	}
	reported := confidence.ReportedOf(reports, (now.Due - confidence.CalibrationLead + 1).Time())
	if !reported.OK() {
		return confidence.Closed{}, false
	}
	return confidence.Closed{Reported: math.Min(reported.Value, 1), Achieved: atDue.State == objective.Achieved}, true
}

// sortReports puts reports into an order that does not depend on where they
// were found.
func sortReports(list []confidence.Report) {
	slices.SortFunc(list, compareReports)
}

func compareReports(a, b confidence.Report) int {
	switch {
	case !a.At.Equal(b.At):
		return a.At.Compare(b.At)
	case a.Person != b.Person:
		if a.Person < b.Person {
			return -1
		}
		return 1
	case a.Value < b.Value:
		return -1
	case a.Value > b.Value:
		return 1
	}
	return 0
}

// forecastRange says how much of what may come the forecast has seen.
func forecastRange(o confidence.Observed) Score {
	if o.NextInRange <= 0 {
		return unavailable(ForecastRange, Status(o.Status), o.Reason)
	}
	return plainScore(ForecastRange, o.NextInRange, true, "")
}
