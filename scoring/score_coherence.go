package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// The names of the scores of coherence (score specification, section 4.12).
const (
	LateDependencies       = "late_dependency"
	LateDependencyDelay    = "late_dependency_delay" // days
	MixDivergence          = "mix_divergence"
	SiloShare              = "silo_share"
	OwnershipGap           = "ownership_gap"
	OwnershipGapByNumber   = "ownership_gap_objectives"
	EndstateClarity        = "endstate_clarity"
	UnclearObjectives      = "unclear_objectives"
	ActivityPhrased        = "activity_phrased"
	FeedbackCoverage       = "feedback_coverage"
	LineOfSight            = "line_of_sight" // with _discretionary
	OERCompleteness        = "oer_completeness"
	PriorityTranslation    = "priority_translation"
	PriorityTranslationGap = "priority_translation_range"
)

// coherenceWeeks is over how many closed weeks the effort on objectives is
// taken.
const coherenceWeeks = 13

// coherenceScores is the group of section 4.12: whether teams pull together, and
// whether anybody would see it if they did not.
func coherenceScores() scoreGroup {
	of := func(name, unit, help string) latestFamily {
		return latestFamily{score: name, of: ofOrganisation, unit: unit, work: true, help: help}
	}
	late := of(LateDependencies, "ratio", "Share of the dependencies between teams that were linked in the last 91 days and more than 24 hours after the blocked item was started, 0 to 1. Healthy up to 0.25, alarming from 0.50 (defaults; a study found problems solved a third sooner where coordination follows dependencies). Links without a time do not count, nor does a burst of more than 20 by one account within 10 minutes.")
	late.limits, late.work = "90 % Wilson interval.", false
	delay := of(LateDependencyDelay, "seconds", "Median time from the start of the blocked item to the link, of the dependencies that were linked late. No reading is known; read it with workdrift_late_dependency_ratio. Links without a time do not count.")
	delay.scale, delay.work = secondsPerDay, false
	mix := of(MixDivergence, "ratio", "How differently the teams spread their effort of 28 days over the active objectives, 0 to 1 (generalised Jensen-Shannon divergence over its maximum): 0 when all spend alike. Neither end is good by itself: high may be specialisation, read it with workdrift_objective_silo_share_ratio. Sees teams that may be told.")
	mix.limits = "90 % range of a bootstrap over person-weeks."
	clarity := of(EndstateClarity, "ratio", "How much of an end-state is declared, 0 to 1: a query with data, a target, a due date, a baseline, and a text that names no activity; of the organisation weighted by the effort of 13 weeks. Healthy from 0.8, alarming below 0.6 (defaults). Texts are judged in English only.")
	clarity.of |= ofObjectives
	clarity.work = false // of an objective it is declared; of all it is weighted with what windows tell
	oer := of(OERCompleteness, "ratio", "How much an objective has of a clear end-state, work of every participating team in each of 4 weeks, and an outcome sampled within 14 days, 0 to 1; of the organisation the mean. No reading is known; 1 is complete. Cannot see whether the work is the right one.")
	oer.of |= ofObjectives
	silo := of(SiloShare, "ratio", "Share of the teams' effort of 28 days on the objective that its largest team has, 0 to 1, of objectives in which several teams are declared to take part. No reading is known; near 1 the others do not take part. Sees the effort of members of teams.")
	silo.of = ofObjectives
	declared := func(f latestFamily) latestFamily { f.work = false; return f }
	return scoreGroup{
		latest: slices.Concat([]latestFamily{
			late, delay, mix, silo,
			of(OwnershipGap, "ratio", "Share of the effort of 13 weeks on active objectives that is on those without a person who owns them, or without a sign of one for 28 days: a check-in, an edit of what is declared, a comment on a ticket that stands for it; an owner whose accounts are deactivated is none. Healthy up to 0.05, alarming from 0.20 (defaults). Cannot tell who gave the sign, nor who has left where neither Jira nor Slack tells it of an account: git and GitHub never do."),
			declared(of(OwnershipGapByNumber, "ratio", "Share of the active objectives without a person with an active account who owns them, or without a sign of one for 28 days, 0 to 1. Healthy up to 0.05, alarming from 0.20 (defaults). Cannot tell who gave the sign, nor who has left where neither Jira nor Slack tells that the account was deactivated: git and GitHub never do.")),
			clarity,
			declared(of(UnclearObjectives, "", "Active objectives with an end-state clarity below 0.6. Healthy at 0 (default, not a benchmark). Texts are judged in English only.")),
			declared(of(ActivityPhrased, "ratio", "Share of the active objectives whose text begins with an activity (ship, build, migrate and so on) and that have no target, 0 to 1. Healthy at 0; no reading is known beyond. Only English is known.")),
			of(FeedbackCoverage, "ratio", "Share of the effort of 13 weeks on active objectives whose outcome was sampled within 14 days, 0 to 1. Healthy from 0.8, alarming below 0.5 (defaults, not benchmarks). Cannot see whether anybody looks at it."),
			withView(of(LineOfSight, "ratio", lineOfSightHelp), LineOfSight, "all"),
			withView(of(LineOfSight+"_discretionary", "ratio", lineOfSightHelp), LineOfSight, "discretionary"),
			oer,
			of(PriorityTranslation, "correlation", "Median over the teams of the rank correlation between declared priority and effort of 28 days, -1 to 1. Healthy near 1; no reading is known. Sees teams that may be told and work on several objectives."),
			of(PriorityTranslationGap, "correlation", "Largest minus smallest of the teams' rank correlations between declared priority and effort of 28 days, 0 to 2. Healthy near 0; no reading is known. One team that was meant to do something else is enough to raise it; sees teams that may be told."),
		}, seamFamilies(), learningFamilies()),
		score: (*evaluation).coherence,
	}
}

const lineOfSightHelp = "Share of the effort of 13 weeks that can be followed to an active objective whose outcome was sampled within 14 days, 0 to 1: view all of all effort, view discretionary without run work. No reading is known; higher is better. Work that nobody linked is out of sight."

// withView makes a family one of several that share a metric.
func withView(f latestFamily, metric, view string) latestFamily {
	f.metric, f.view = metric, view
	return f
}

func (v *evaluation) coherence() {
	v.lateDependencies()
	_, _, teams := v.streamsOf()
	v.mixes(teams)
	v.seams()
	v.learning()
	var spent []effort.Micro // by objective
	sight := v.sight(&spent)
	var owners []coherence.Ownership
	var ends []coherence.Endstate
	var phrased []bool
	var fed []coherence.Measured
	var oers []coherence.OER
	signs := v.signs()
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		sample := v.lastSample(o)
		owner := v.ownership(o, spent[o], signs[o])
		v.report.Objectives[o].OwnerGap = owner.Gap(v.day)
		end := v.endstate(o, sample)
		end.Effort = spent[o]
		fresh := coherence.Measured{Effort: spent[o], Sample: sample}
		owners, ends, fed = append(owners, owner), append(ends, end), append(fed, fresh)
		phrased = append(phrased, !end.Outcome)
		if fresh.Fresh(v.day) {
			sight.Live += spent[o]
		} else {
			sight.Blind += spent[o]
		}
		oer := v.oer(o, end, teams)
		oer.Fresh = fresh.Fresh(v.day)
		oers = append(oers, oer)
		v.objective(o, plainScore(EndstateClarity, end.Clarity(), true, ""))
		v.objective(o, plainScore(OERCompleteness, oer.Completeness(), true, ""))
		v.silo(o, teams)
	}
	// What is left of the effort on objectives is on those that end.
	for o, e := range spent {
		if !v.active(o) {
			sight.Off += e
		}
	}
	byEffort, byNumber := coherence.OwnershipGap(owners, v.day)
	v.organisation(scoreOf(OwnershipGap, byEffort))
	v.organisation(scoreOf(OwnershipGapByNumber, byNumber))
	clear, unclear := coherence.ClarityOf(ends)
	v.organisation(scoreOf(EndstateClarity, clear))
	v.organisation(scoreOf(UnclearObjectives, unclear))
	v.organisation(scoreOf(ActivityPhrased, coherence.ActivityPhrasedRatio(phrased)))
	v.organisation(scoreOf(FeedbackCoverage, coherence.FeedbackCoverage(fed, v.day)))
	all, discretionary := coherence.LineOfSight(sight)
	v.organisation(scoreOf(LineOfSight, all))
	v.organisation(scoreOf(LineOfSight+"_discretionary", discretionary))
	v.organisation(scoreOf(OERCompleteness, coherence.OERCompleteness(oers)))
}

// sight returns the effort of the weeks beside that on objectives, which it puts
// into spent.
func (v *evaluation) sight(spent *[]effort.Micro) (s coherence.Sight) {
	*spent = make([]effort.Micro, len(v.declared.Set.Objectives))
	for monday := v.lastMonday() - 7*(coherenceWeeks-1); monday <= v.lastMonday(); monday += 7 {
		w := v.week(monday)
		s.RunWork += w.categories[RunWork]
		s.Off += w.categories[Excluded] + w.categories[Stopped] + w.categories[Unknown]
		for o, e := range w.on {
			(*spent)[o] += e
		}
	}
	return s
}

// lateDependencies hands over what is known of links between teams.
func (v *evaluation) lateDependencies() {
	var links []coherence.Dependency
	for no, blocks := range v.engine.rare.blocks {
		for _, b := range blocks {
			day := b.at.day()
			blocked, ok := v.itemOf(b.key)
			if day == objective.NoDate || day > v.day || day <= v.day-7*coherenceWeeks || !ok {
				continue
			}
			links = append(links, coherence.Dependency{
				BlockerTeam: v.teamID(no, day), BlockedTeam: v.teamID(blocked, day),
				Actor: b.by, Made: b.at.time(), Started: v.engine.facts[blocked].started.time(),
			})
		}
	}
	l := coherence.LateDependencies(links)
	v.organisation(scoreOf(LateDependencies, l.Estimate))
	v.organisation(plainScore(LateDependencyDelay, l.MedianDays, l.OK() && l.MedianDays > 0, "no dependency was linked late, or there are too few"))
}

// itemOf returns the item that has a key, the same in every engine.
func (v *evaluation) itemOf(key string) (uint32, bool) {
	found := v.engine.graph.Find(key)
	found = slices.DeleteFunc(found, func(no uint64) bool { return v.engine.facts[no].is(markGone) })
	if len(found) == 0 {
		return 0, false
	}
	return uint32(slices.MinFunc(found, func(a, b uint64) int {
		if v.engine.items[a].order < v.engine.items[b].order {
			return -1
		}
		return 1
	})), true
}

// teamID names the team of an item on a day, "" for none.
func (v *evaluation) teamID(no uint32, day objective.Date) string {
	if t := v.teamOf(no, day); t < len(v.declared.Teams) {
		return v.declared.Teams[t].ID
	}
	return ""
}

// mixes hands over how the teams' efforts differ, of teams that may be told.
func (v *evaluation) mixes(teams []streams) {
	var list []coherence.TeamMix
	var fidelity []float64
	for t := range teams {
		s := &teams[t]
		if s.status != OK {
			continue
		}
		list = append(list, coherence.TeamMix{Weeks: v.personWeeks(s)})
		ranking := v.engine.calendar.at(s.days.Until).ranking
		ranks, byRank := make([]int, len(ranking)), make([]effort.Micro, len(ranking))
		for place, o := range ranking {
			ranks[place] = place + 1
			for i := range s.rows {
				if r := &s.rows[i]; r.category == OnObjective && r.objective == o {
					byRank[place] += r.effort
				}
			}
		}
		if tau, ok := PriorityFidelity(ranks, byRank); ok {
			fidelity = append(fidelity, tau)
		}
	}
	v.organisation(scoreOf(MixDivergence, coherence.MixDivergence(list, uint64(v.day)).Estimate))
	median, spread := coherence.PriorityTranslation(fidelity)
	v.organisation(scoreOf(PriorityTranslation, median))
	v.organisation(scoreOf(PriorityTranslationGap, spread))
}

// personWeeks returns the mixes of the person-weeks of a team, in the order of
// the persons, which is the same in every engine.
func (v *evaluation) personWeeks(s *streams) (weeks []coherence.Mix) {
	type at struct {
		person uint32
		monday objective.Date
	}
	place := make(map[at]int)
	for i := range s.rows {
		r := &s.rows[i]
		if r.category != OnObjective || !v.active(r.objective) {
			continue
		}
		key := at{r.person, r.day.Monday()}
		n, known := place[key]
		if !known {
			n = len(weeks)
			place[key] = n
			weeks = append(weeks, make(coherence.Mix, len(v.declared.Set.Objectives)))
		}
		weeks[n][r.objective] += r.effort
	}
	return weeks
}

// silo hands over how much of an objective one team carries, where several are
// to take part and all of them may be told.
func (v *evaluation) silo(o int, teams []streams) {
	if len(v.declared.Set.Objectives[o].Teams) < 2 {
		return
	}
	byTeam := make([]effort.Micro, len(teams))
	for t := range teams {
		for i := range teams[t].rows {
			if r := &teams[t].rows[i]; r.category == OnObjective && r.objective == o {
				byTeam[t] += r.effort
			}
		}
		if s := &teams[t]; byTeam[t] > 0 && s.status != OK {
			v.objective(o, unavailable(SiloShare, s.status, "of team "+v.declared.Teams[t].ID+": "+s.reason))
			return
		}
	}
	v.objective(o, scoreOf(SiloShare, coherence.SiloShare(byTeam).Estimate))
}

// lastSample is the day of the newest sample of an objective's outcome, NoDate
// without any.
func (v *evaluation) lastSample(o int) objective.Date {
	if m := v.measured(o); m != nil {
		for i := len(m.samples) - 1; i >= 0; i-- {
			if day := m.samples[i].at.day(); day <= v.day {
				return day
			}
		}
	}
	return objective.NoDate
}

func (v *evaluation) endstate(o int, sample objective.Date) coherence.Endstate {
	declared := &v.declared.Set.Objectives[o]
	e := coherence.Endstate{Metric: sample != objective.NoDate, Due: v.at(o).Due != objective.NoDate}
	if declared.Outcome != nil {
		e.Target, e.Baseline = declared.Outcome.Target != nil, declared.Outcome.Baseline != nil
	}
	e.Outcome = !coherence.ActivityPhrased(declared.Text, e.Target)
	return e
}

// oerWeeks is over how many weeks a path of work is looked for.
const oerWeeks = focusDays / 7

// oer looks for work on an objective in each week of each team that is to take
// part.
func (v *evaluation) oer(o int, end coherence.Endstate, teams []streams) coherence.OER {
	oer := coherence.OER{Clarity: end.Clarity()}
	for t := range teams {
		if !slices.Contains(v.declared.Set.Objectives[o].Teams, v.declared.Teams[t].ID) {
			continue
		}
		oer.TeamWeeks += oerWeeks
		var linked [oerWeeks]bool
		for i := range teams[t].rows {
			if r := &teams[t].rows[i]; r.category == OnObjective && r.objective == o {
				linked[(r.day-teams[t].days.From)/7] = true
			}
		}
		for _, is := range linked {
			if is {
				oer.Linked++
			}
		}
	}
	return oer
}

// signs returns when anybody last answered for each objective.
func (v *evaluation) signs() []objective.Date {
	last := make([]objective.Date, len(v.declared.Set.Objectives))
	for o := range last {
		last[o] = objective.NoDate
		for _, key := range v.declared.Set.Objectives[o].Keys {
			if no, ok := v.itemOf(key); ok {
				v.present(no, func(p presenceDay) {
					if p.presence&effort.Ticket != 0 {
						last[o] = max(last[o], p.day)
					}
				})
			}
		}
	}
	v.eachCheckIn(func(o int, c checkIn) { last[o] = max(last[o], objective.DateOf(c.at.UTC())) })
	for _, edit := range v.edits {
		if o := v.number(edit.Objective); o >= 0 {
			last[o] = max(last[o], knownDay(edit.Known))
		}
	}
	return last
}
