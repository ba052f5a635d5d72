package scoring

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// The names of the scores, which are also the values of the label score.
const (
	TopObjectivesEffort        = "top_objectives_effort"
	TopDiscretionaryEffort     = "top_objectives_discretionary_effort"
	ShadowEffort               = "shadow_effort"
	ShadowRoadmap              = "shadow_roadmap"
	ShadowRoadmapBroad         = "shadow_roadmap_broad"
	ShadowOverHalf             = "shadow_over_half_probability"
	AllocationGapScore         = "allocation_gap"
	PriorityInversionScore     = "priority_inversion"
	PriorityWeightedAlignment  = "priority_weighted_alignment"
	PriorityFidelityScore      = "priority_fidelity_correlation"
	StarvedObjectives          = "starved_objectives"
	RunWorkEffort              = "run_work_effort"
	ToilOverrunScore           = "toil_overrun"
	EffortCoverage             = "effort_coverage"
	EffortModelSpread          = "effort_model_spread"
	RestatementScore           = "restatement"
	reasonStale                = "a source is not complete up to the day that should be closed"
	reasonNothing              = "no effort in this window"
	reasonFew                  = "would reveal the few people who are withheld"
	reasonNothingBesideRunWork = "no effort besides run work in this window"
)

// score turns a tally into the scores of a scope.
func (e *Engine) score(t *tally, stale bool) Scope {
	total := t.sum()
	s := Scope{Status: OK, Total: personDays(total), Overtime: Absent(), Unplaced: Absent(), Until: Day(t.days.Until)}
	for c := range Category(Categories) {
		s.Effort = append(s.Effort, CategoryEffort{c, personDays(t.category[c])})
	}
	for i := range t.objectives {
		o := ObjectiveEffort{Objective: e.declared.Set.Objectives[i].ID, Effort: personDays(t.objectives[i]), Share: Absent()}
		if total > 0 {
			o.Share = Number(t.objectives[i]) / Number(total)
		}
		s.Objectives = append(s.Objectives, o)
	}
	if total > 0 {
		for _, m := range methods() {
			s.Methods = append(s.Methods, MethodEffort{m.String(), Number(t.methods[m]) / Number(total)})
		}
	}
	s.Scores = e.scores(t)
	s.Coverage = s.value(EffortCoverage)
	if status, why := e.publishable(t); status != OK {
		s.withhold(status, why)
	} else if stale {
		s.markStale()
	}
	return s
}

// publishable applies the minimum samples and the privacy rules (score
// specification, sections 2.7 and 2.8).
func (e *Engine) publishable(t *tally) (Status, string) {
	p := e.declared.Privacy
	total := t.sum()
	if total == 0 {
		return InsufficientData, reasonNothing
	}
	if t.people.count() < p.KEffort {
		return SuppressedPrivacy, fmt.Sprintf("fewer than %d contributors (privacy.k_effort)", p.KEffort)
	}
	if t.people.dominated(p.Dominance) {
		return SuppressedPrivacy, fmt.Sprintf("one contributor supplies more than %.0f %% of the effort (privacy.dominance)", p.Dominance*100)
	}
	if total.PersonDays() < p.MinPersonDays {
		return InsufficientData, fmt.Sprintf("%.1f of at least %g person-days (privacy.min_person_days)", total.PersonDays(), p.MinPersonDays)
	}
	return OK, ""
}

// beyondEffort sums up logged time that is no effort: the overtime of a team, or
// what bulk logs of the organisation left over. Who logs it is about people:
// they must be enough, and none of them most of it.
func (e *Engine) beyondEffort(t *tally, parts contributors, status Status) Number {
	k := e.declared.Privacy.KPeople
	few := len(parts) > 0 && (parts.count() < k || parts.dominated(e.declared.Privacy.Dominance))
	if status != OK || t.past.any || t.people.count() < k || few {
		return Absent()
	}
	var sum effort.Micro
	for _, part := range parts {
		sum += part.sum
	}
	return personDays(sum)
}

// withhold takes back everything that tells about the effort of the scope.
func (s *Scope) withhold(status Status, why string) {
	s.Status, s.Reason = status, why
	s.Effort, s.Objectives, s.Methods = nil, nil, nil
	s.Overtime, s.Unplaced = Absent(), Absent()
	if status == SuppressedPrivacy {
		s.Total = Absent()
	}
	for i := range s.Scores {
		s.Scores[i] = unavailable(s.Scores[i].Name, status, why)
	}
}

// markStale keeps the values and says that a source is late.
func (s *Scope) markStale() {
	for i := range s.Scores {
		if s.Scores[i].Status == OK {
			s.Scores[i].Status = Stale
			s.Scores[i].Reason = reasonStale
		}
	}
}

func unavailable(name string, status Status, why string) Score {
	a := Absent()
	return Score{Name: name, Value: a, Lower: a, Upper: a, IntervalLower: a, IntervalUpper: a, SampleSize: a, Status: status, Reason: why}
}

// plainScore is a score without bounds.
func plainScore(name string, value float64, ok bool, why string) Score {
	if !ok {
		return unavailable(name, Undefined, why)
	}
	s := unavailable(name, OK, "")
	s.Value = Number(value)
	return s
}

// scores computes every score of a tally.
func (e *Engine) scores(t *tally) []Score {
	total := t.sum()
	mix := t.mix()
	list := []Score{e.topScore(t)}
	list = append(list, shadowScores(t)...)
	free := Discretionary(total, mix.RunWork)
	discretionary, ok := TopShare(t.top[t.model], mix.Unknown, free)
	list = append(list, plainScore(TopDiscretionaryEffort, discretionary.Point, ok, reasonNothingBesideRunWork))
	list = append(list, e.allocationScores(t)...)
	run, ok := RunWorkShare(mix)
	list = append(list, plainScore(RunWorkEffort, run, ok, reasonNothing))
	_, over, ok := ToilOverrun(mix.RunWork, total, e.declared.Set.RunWorkBudget)
	list = append(list, plainScore(ToilOverrunScore, over.PersonDays(), ok, "no budget for run work is declared"))
	coverage, ok := Ratio(t.observed, t.available)
	list = append(list, plainScore(EffortCoverage, min(coverage, 1), ok && t.available > 0, "nobody was available in this window"))
	list = append(list, spreadScore(t))
	for _, g := range e.scored {
		if g.window != nil {
			list = append(list, g.window(t)...)
		}
	}
	return list
}

// topScore is A1 with its bounds and sampling interval.
func (e *Engine) topScore(t *tally) Score {
	b, ok := TopShare(t.top[t.model], t.category[Unknown], t.sum())
	s := plainScore(TopObjectivesEffort, b.Point, ok, reasonNothing)
	if ok {
		s.Lower, s.Upper = Number(b.Low), Number(b.High)
		s.setInterval(t.sampling(t.topClusters, t.allClusters))
	}
	return s
}

// shadowScores are S1 and S2 with their bounds and sampling interval.
func shadowScores(t *tally) []Score {
	shadow, ok := ShadowOf(t.mix())
	share := plainScore(ShadowEffort, shadow.Share.Point, ok, reasonNothingBesideRunWork)
	ratio := plainScore(ShadowRoadmap, shadow.Ratio.Point, ok, reasonNothingBesideRunWork)
	if ok {
		share.Lower, share.Upper = Number(shadow.Share.Low), Number(shadow.Share.High)
		share.setInterval(t.sampling(t.offClusters, t.netClusters))
		ratio.Lower, ratio.Upper = Number(shadow.Ratio.Low), Number(shadow.Ratio.High)
		ratio.Verdict = string(shadow.Fiction)
	}
	over := unavailable(ShadowOverHalf, share.Status, share.Reason)
	if share.SampleSize.Known() {
		over.Value = Number(ProbShadowOverHalf(shadow.Share.Point, float64(share.SampleSize)))
	}
	broad, okBroad := BroadShadow(t.mix())
	return []Score{share, ratio, over, plainScore(ShadowRoadmapBroad, broad, okBroad, reasonNothing)}
}

func (s *Score) setInterval(sampled Sampled, ok bool) {
	if ok {
		s.IntervalLower, s.IntervalUpper = Number(sampled.Low), Number(sampled.High)
		s.SampleSize = Number(sampled.NEff)
	}
}

// allocationScores are A2 to A6, by the ranking on the window's last day.
func (e *Engine) allocationScores(t *tally) []Score {
	set := &e.declared.Set
	total := t.sum()
	span := e.calendar.at(t.days.Until)
	byRank := make([]effort.Micro, len(span.ranking))
	ranks := make([]int, len(span.ranking))
	for place, o := range span.ranking {
		byRank[place], ranks[place] = t.objectives[o], place+1
	}
	weighted, okWeighted := PriorityWeighted(byRank, total)
	gap, _, okGap := AllocationGap(e.targetsOf(t.days.Until, t.objectives, &t.category))
	inversion, okInversion := PriorityInversion(byRank)
	fidelity, okFidelity := PriorityFidelity(ranks, byRank)
	starved, okStarved := Starved(byRank[:min(set.TopN, len(byRank))], total, StarvedShare)
	return []Score{
		plainScore(AllocationGapScore, gap, okGap, "no objective declares a target share"),
		plainScore(PriorityInversionScore, inversion, okInversion, "all objectives have the same effort"),
		plainScore(PriorityWeightedAlignment, weighted, okWeighted, reasonNothing),
		plainScore(PriorityFidelityScore, fidelity, okFidelity, "fewer than two objectives, or all have the same effort"),
		plainScore(StarvedObjectives, float64(starved), okStarved, reasonNothing),
	}
}

// targetsOf lists all effort, by objective and by category, beside the share
// declared for it on a day.
func (e *Engine) targetsOf(day objective.Date, objectives []effort.Micro, categories *[Categories]effort.Micro) (spent []effort.Micro, targets []float64) {
	set := &e.declared.Set
	for i := range set.Objectives {
		target := NoTarget
		if v := set.Objectives[i].At(day); v.TargetShare >= 0 && v.State == objective.Active {
			target = v.TargetShare
		}
		spent, targets = append(spent, objectives[i]), append(targets, target)
	}
	budget := set.RunWorkBudget
	if budget < 0 {
		budget = NoTarget
	}
	spent = append(spent, categories[RunWork], categories[Excluded], categories[Stopped], categories[Unknown])
	return spent, append(targets, budget, 0, 0, 0)
}

// spreadScore is E3.
func spreadScore(t *tally) Score {
	var byModel []float64
	for m, total := range t.total {
		if b, ok := TopShare(t.top[m], 0, total); ok {
			byModel = append(byModel, b.Point)
		}
	}
	if len(byModel) < effort.NumModels {
		return unavailable(EffortModelSpread, Undefined, reasonNothing)
	}
	bounds, spread := ModelSpread(byModel[t.model], byModel...)
	s := plainScore(EffortModelSpread, spread, true, "")
	s.Lower, s.Upper = Number(bounds.Low), Number(bounds.High)
	return s
}
