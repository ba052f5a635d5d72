package scoring

import (
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/confidence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/focus"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/outcome"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/structure"
	"github.com/workdrift/workdrift/scoring/velocity"
)

// The values of one week of the organisation, or of a team, from its sums. They
// are false in a week that has none.

func (v *evaluation) topIn(monday objective.Date, s *weekSums) (float64, bool) {
	return Ratio(v.topOf(monday, s), s.total)
}

// topOf is the effort on what was ranked highest at the end of a week.
func (v *evaluation) topOf(monday objective.Date, s *weekSums) (top effort.Micro) {
	for place, o := range v.engine.calendar.at(monday + 6).ranking {
		if place < v.declared.Set.TopN {
			top += s.on[o]
		}
	}
	return top
}

func (v *evaluation) shadowIn(_ objective.Date, s *weekSums) (float64, bool) {
	off := s.mix().Off()
	return Ratio(off, off+s.categories[OnObjective])
}

func (v *evaluation) runWorkIn(_ objective.Date, s *weekSums) (float64, bool) {
	return RunWorkShare(s.mix())
}

func (v *evaluation) unknownIn(_ objective.Date, s *weekSums) (float64, bool) {
	return Ratio(s.categories[Unknown], s.total)
}

func (v *evaluation) stoppedIn(_ objective.Date, s *weekSums) (float64, bool) {
	e := velocity.ZombieEffort(s.categories[Stopped], s.total)
	return e.Value, e.OK()
}

func (v *evaluation) topDiscretionaryIn(monday objective.Date, s *weekSums) (float64, bool) {
	return Ratio(v.topOf(monday, s), Discretionary(s.total, s.categories[RunWork]))
}

func (v *evaluation) broadShadowIn(_ objective.Date, s *weekSums) (float64, bool) {
	return BroadShadow(s.mix()) // infinite weeks are left out of a series
}

func (v *evaluation) gapIn(monday objective.Date, s *weekSums) (float64, bool) {
	gap, _, ok := AllocationGap(v.engine.targetsOf(monday+6, s.on, &s.categories))
	return gap, ok
}

func (v *evaluation) inversionIn(monday objective.Date, s *weekSums) (float64, bool) {
	_, byRank := v.byRank(monday, s)
	return PriorityInversion(byRank)
}

func (v *evaluation) weightedIn(monday objective.Date, s *weekSums) (float64, bool) {
	_, byRank := v.byRank(monday, s)
	return PriorityWeighted(byRank, s.total)
}

func (v *evaluation) fidelityIn(monday objective.Date, s *weekSums) (float64, bool) {
	return PriorityFidelity(v.byRank(monday, s))
}

func (v *evaluation) starvedIn(monday objective.Date, s *weekSums) (float64, bool) {
	_, byRank := v.byRank(monday, s)
	n, ok := Starved(byRank[:min(v.declared.Set.TopN, len(byRank))], s.total, StarvedShare)
	return float64(n), ok
}

// byRank returns the effort on the objectives that were ranked at the end of a
// week, in their order.
func (v *evaluation) byRank(monday objective.Date, s *weekSums) (ranks []int, spent []effort.Micro) {
	for place, o := range v.engine.calendar.at(monday + 6).ranking {
		ranks, spent = append(ranks, place+1), append(spent, s.on[o])
	}
	return ranks, spent
}

func (v *evaluation) paretoIn(monday objective.Date, s *weekSums) (float64, bool) {
	var active []effort.Micro
	for o := range v.declared.Set.Objectives {
		if declared := &v.declared.Set.Objectives[o]; declared.At(monday+6).State == objective.Active && declared.Start <= monday+6 {
			active = append(active, s.on[o])
		}
	}
	e := focus.ParetoShare(active)
	return e.Value, e.OK()
}

func (s *weekSums) mix() Mix {
	return Mix{
		On: s.categories[OnObjective], RunWork: s.categories[RunWork], Excluded: s.categories[Excluded],
		Stopped: s.categories[Stopped], Unknown: s.categories[Unknown],
	}
}

// A wide is what the organisation's block of a week holds besides.
type wide struct {
	carried            focus.Diversity
	focused, unplanned stat.Estimate
	touched, scattered stat.Estimate
	apart, translated  stat.Estimate // between the teams that may be told
}

// widen reads what was carried in a week with enough effort.
func (v *evaluation) widen(monday objective.Date, s *weekSums) *wide {
	w := &wide{carried: s.alpha.Diversity, touched: s.alpha.touched, scattered: s.alpha.scattered}
	mix := make(map[root]effort.Micro)
	pieces := make([]focus.Piece, 0, len(s.works))
	for i := range s.works {
		w := &s.works[i]
		mix[v.engine.rootOf(w.work)] += w.effort
		pieces = append(pieces, focus.Piece{Effort: w.effort, Created: v.engine.facts[w.work].created.day(),
			Objective: w.category == OnObjective, RunWork: w.category == RunWork})
	}
	byRoot := make([]effort.Micro, 0, len(mix))
	for _, sum := range mix {
		byRoot = append(byRoot, sum)
	}
	w.focused = focus.FocusOf(byRoot).Concentration
	w.unplanned = focus.UnplannedEffort(pieces, monday)
	return w
}

// itemsPerDay is about everybody who worked in the week, which must not have let
// go of who carried what.
func (s *weekSums) itemsPerDay(accounts int) (mean, scattered stat.Estimate) {
	type personDay struct {
		person uint32
		day    uint8
	}
	items := make(map[personDay]int)
	for i := range s.carried {
		items[personDay{s.carried[i].person, s.carried[i].day}]++
	}
	days := make([]focus.PersonDay, 0, len(items))
	for at, n := range items {
		days = append(days, focus.PersonDay{Person: int(at.person), Items: n})
	}
	return focus.ItemsPerDay(days, accounts)
}

// tellApart reads how the teams of a week differ, of those that may be told.
func (v *evaluation) tellApart(w *wide, monday objective.Date, teams []*weekSums, hidden []bool) {
	var mixes []coherence.TeamMix
	var fidelity []float64
	for t, team := range teams {
		if hidden[t] || team.total == 0 {
			continue
		}
		mix := make(coherence.Mix, len(team.on))
		for o := range mix {
			if declared := &v.declared.Set.Objectives[o]; declared.At(monday+6).State == objective.Active && declared.Start <= monday+6 {
				mix[o] = team.on[o]
			}
		}
		mixes = append(mixes, coherence.TeamMix{Weeks: []coherence.Mix{mix}})
		if tau, ok := PriorityFidelity(v.byRank(monday, team)); ok {
			fidelity = append(fidelity, tau)
		}
	}
	w.apart = coherence.MixDivergence(mixes, 0).Estimate // one week each: nothing is drawn
	w.translated, _ = coherence.PriorityTranslation(fidelity)
}

// A weekOf is whose weekly values they are, and of which score.
type weekOf struct {
	level level
	no    int // of the team or the objective
	score string
}

// watch hands over the weekly values of a score of a group, by the numbers of
// their weeks (stat.WeekOf). Weeks that have not closed are left out.
func (v *evaluation) watch(of weekOf, series stat.Weekly) {
	if v.given == nil {
		v.given = make(map[weekOf]stat.Weekly)
	}
	v.given[of] = series.Last(structure.Weeks, stat.WeekOf(int(v.lastMonday())))
}

// watchWeeks hands over the weeks of a score of the organisation, from what each
// week holds.
func (v *evaluation) watchWeeks(score string, weeks func(monday objective.Date) stat.Estimate) {
	var series stat.Weekly
	for monday := v.watchedFrom(); monday <= v.lastMonday(); monday += 7 {
		if e := weeks(monday); e.OK() {
			series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: e.Value})
		}
	}
	v.watch(weekOf{level: ofOrganisation, score: score}, series)
}

// watchedYear is how many weeks are watched of what is counted item by item, or
// needs to know who carried what: such weeks are collapsed after some more.
const watchedYear = 52

// watchedFrom is the Monday of the first of those weeks: what is counted goes back
// that far, so that the week is whole on every day.
func (v *evaluation) watchedFrom() objective.Date { return v.lastMonday() - 7*(watchedYear-1) }

// watchedItems is how many items a week needs for a value of its own, where the
// score itself asks for fewer (score specification, section 2.7).
const watchedItems = 10

// weeksOf returns the weekly values of a watched score of the organisation.
func (v *evaluation) weeksOf(w *watching) stat.Weekly {
	from := v.dataFrom()
	if from == objective.NoDate {
		return nil
	}
	var series stat.Weekly
	add := func(monday objective.Date, value float64) {
		series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: value})
	}
	switch {
	case w.sums != nil:
		for monday := max(from, v.lastMonday()-7*(structure.Weeks-1)); monday <= v.lastMonday(); monday += 7 {
			s := v.week(monday)
			if value, ok := w.sums(v, monday, s); ok && !math.IsInf(value, 0) && v.watchable(monday, s) {
				add(monday, value)
			}
		}
	case w.block != nil:
		org, _ := v.yearOfBlocks()
		for i := range org {
			if org[i].wide == nil {
				continue
			}
			if e := w.block(&org[i]); e.OK() {
				series = append(series, stat.Point{Week: org[i].week, Value: e.Value})
			}
		}
	case w.trend:
		for i := range v.trend {
			if s := v.trend[i].Score(w.score); s != nil && s.Value.Known() {
				add(objective.Date(v.report.Weeks[i].Monday), float64(s.Value))
			}
		}
	default:
		series = v.given[weekOf{level: ofOrganisation, score: w.score}]
	}
	return series
}

// watchable reports whether a week has enough effort, and enough people behind it,
// for values of its own: a level of weeks of few would be told by the step from it.
func (v *evaluation) watchable(monday objective.Date, s *weekSums) bool {
	enough, known := v.enoughIn[monday]
	if known {
		return enough
	}
	p := v.declared.Privacy
	enough = s.total.PersonDays() >= p.MinPersonDays
	if !v.collapsed(monday) {
		status, _ := v.engine.enough(v.behindWeek(s))
		enough = status == OK
	} else {
		for _, w := range v.engine.kept.in(DateRange{monday, monday + 6}) {
			few := w.Units[unitOrg].Week
			enough = enough && few.People >= p.KEffort && float64(few.Most) <= p.Dominance*float64(s.total)
		}
	}
	if v.enoughIn == nil {
		v.enoughIn = make(map[objective.Date]bool)
	}
	v.enoughIn[monday] = enough
	return enough
}

// objectiveWeeks returns the weekly values of a watched score of an objective.
func (v *evaluation) objectiveWeeks(w *watching, o int) stat.Weekly {
	if w.score != watchedEffort {
		return v.given[weekOf{ofObjectives, o, w.score}]
	}
	return v.weeksOf(&watching{sums: func(_ *evaluation, _ objective.Date, s *weekSums) (float64, bool) { return Ratio(s.on[o], s.total) }})
}

// yearOfBlocks returns the blocks of the weeks that are watched, nil where weeks
// of them are collapsed: that a level never changed cannot be said of a part.
func (v *evaluation) yearOfBlocks() (org []block, teams [][]block) {
	if v.forgotten() {
		return nil, nil
	}
	org, all := v.weekBlocks()
	skip := max(0, len(org)-watchedYear)
	for _, team := range all {
		teams = append(teams, team[skip:])
	}
	return org[skip:], teams
}

// forgotten reports whether weeks with work of the watched year are collapsed.
func (v *evaluation) forgotten() bool {
	from := v.dataFrom()
	return from != objective.NoDate && v.engine.kept.holds(DateRange{max(from, v.watchedFrom()), v.lastMonday() + 6})
}

// teamWeeksOf returns the weekly values of a watched share of a team, of the weeks
// in which the team may be told (see evaluation.teamWeeks). The share is the one
// of that place in teamShare.
func (v *evaluation) teamWeeksOf(t, share int) stat.Weekly {
	var series stat.Weekly
	_, teams := v.yearOfBlocks()
	if teams == nil {
		return nil
	}
	for i := range teams[t] {
		if b := &teams[t][i]; b.shares != nil && b.shares[share].Known() {
			series = append(series, stat.Point{Week: b.week, Value: float64(b.shares[share])})
		}
	}
	return series
}

// watchReports hands over how sure people said that they were in each week. The
// reports are sorted by time.
func (v *evaluation) watchReports(o int, reports []confidence.Report) {
	var series stat.Weekly
	for i := 0; i < len(reports); {
		first, monday := i, objective.DateOf(reports[i].At.UTC()).Monday()
		for ; i < len(reports) && objective.DateOf(reports[i].At.UTC()) < monday+7; i++ {
		}
		if r := confidence.ReportedOf(reports[first:i], (monday + 7).Time()); r.OK() {
			series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: r.Value})
		}
	}
	v.watch(weekOf{ofObjectives, o, ReportedConfidence}, series)
}

// watchYield hands over the verified items per 10 person-days of the watchable
// weeks with a person-day or more.
func (v *evaluation) watchYield(o int) {
	spent := slices.DeleteFunc(v.seenEffort(o, structure.Weeks), func(p stat.Point) bool {
		monday := objective.Date(stat.MondayOf(p.Week))
		return p.Value < 1 || !v.watchable(monday, v.week(monday))
	})
	v.watch(weekOf{ofObjectives, o, OutputYield}, outcome.WeeklyYield(v.output(o), spent))
}
