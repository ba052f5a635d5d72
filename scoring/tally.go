package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A placement is a part of an effort with where it went.
type placement struct {
	category  Category
	objective int // -1 when none
	top       bool
	method    attribution.Method
	micros    [effort.NumModels]effort.Micro
}

// place splits a cell over where its work went on its day. The parts add up to
// the whole.
func (e *Engine) place(c *cell, day objective.Date, into []placement) []placement {
	var micros [effort.NumModels]effort.Micro
	for m := range micros {
		micros[m] = effort.Micro(c.micros[m])
	}
	return e.placeMicros(c.work, micros, day, into)
}

// placeMicros splits an effort on a work over where the work went on a day.
func (e *Engine) placeMicros(work uint32, micros [effort.NumModels]effort.Micro, day objective.Date, into []placement) []placement {
	a := e.graph.Of(uint64(work))
	part := placement{category: Unknown, objective: -1, method: a.Method, micros: micros}
	switch a.Bucket {
	case attribution.RunWork:
		part.category = RunWork
	case attribution.Excluded:
		part.category = Excluded
	case attribution.Objective:
		return e.placeShares(a.Shares, part, day, into)
	case attribution.Gone:
		return into // deleted or out of sight: it counts nowhere
	case attribution.Unknown:
		part = e.placeGuess(work, part, day)
	}
	return append(into, part)
}

// placeShares splits a cell over several objectives. The time guard of section
// 4.15 is here: what is attributed to an objective counts for it only while it
// is active. Afterwards it is stopped work however it was attributed, because
// that somebody goes on is what the decision to stop has to show.
func (e *Engine) placeShares(shares []attribution.Share, whole placement, day objective.Date, into []placement) []placement {
	span := e.calendar.at(day)
	split := e.split.overShares(shares, &whole.micros)
	for i, s := range shares {
		part := placement{category: e.calendar.place(s.Objective, day), objective: s.Objective, method: whole.method}
		for m := range part.micros {
			part.micros[m] = split[m][i]
		}
		switch part.category {
		case OnObjective:
			part.top = span.top(s.Objective, e.declared.Set.TopN)
		case Unknown: // before the objective began, nothing else can claim it
			part.objective, part.method = -1, attribution.None
		}
		into = append(into, part)
	}
	return into
}

// A tally sums up the effort of one scope over one window.
type tally struct {
	model      effort.Model
	days       DateRange
	category   [Categories]effort.Micro
	objectives []effort.Micro // while active or within grace
	methods    map[attribution.Method]effort.Micro
	top        [effort.NumModels]effort.Micro
	total      [effort.NumModels]effort.Micro
	people     contributors // effort of each
	available  effort.Micro // what the members could have worked
	observed   effort.Micro // effort of members
	overtime   contributors // of each contributor who logged more than a day is worth; teams only
	unplaced   contributors // logged time that fitted nowhere, of each who logged it; organisation only

	// Clusters are person-weeks, the unit that hangs together.
	topClusters, allClusters []effort.Micro // A1
	offClusters, netClusters []effort.Micro // S2: off, off + on
	person, week             clusterSum
	last                     clusterSum // the contributor who was closed last
	past                     past       // what collapsed weeks add
}

// clusterSum is the effort of a person, or of a person-week, so far.
type clusterSum struct{ top, all, off, net, member, overtime, unplaced effort.Micro }

func newTally(model effort.Model, days DateRange, objectives int) *tally {
	return &tally{
		model: model, days: days,
		objectives: make([]effort.Micro, objectives),
		methods:    make(map[attribution.Method]effort.Micro),
	}
}

// add counts one placement.
func (t *tally) add(p *placement, micros *[effort.NumModels]effort.Micro) {
	amount := micros[t.model]
	t.category[p.category] += amount
	t.methods[p.method] += amount
	if p.category == OnObjective {
		t.objectives[p.objective] += amount
	}
	for m, v := range micros {
		t.total[m] += v
		if p.top {
			t.top[m] += v
		}
	}
	t.week.all += amount
	if p.top {
		t.week.top += amount
	}
	if p.category.OffStrategy() {
		t.week.off += amount
	}
	if p.category != RunWork {
		t.week.net += amount
	}
}

// endWeek closes a person-week.
func (t *tally) endWeek() {
	if t.week.all > 0 {
		t.topClusters = append(t.topClusters, t.week.top)
		t.allClusters = append(t.allClusters, t.week.all)
		t.offClusters = append(t.offClusters, t.week.off)
		t.netClusters = append(t.netClusters, t.week.net)
		t.person.all += t.week.all
	}
	t.week = clusterSum{}
}

// endPerson closes a contributor.
func (t *tally) endPerson(who contributor) {
	t.people = t.people.with(who, t.person.all)
	t.overtime = t.overtime.with(who, t.person.overtime)
	t.unplaced = t.unplaced.with(who, t.person.unplaced)
	t.last = t.person
	t.person = clusterSum{}
}

func (t *tally) mix() Mix {
	return Mix{
		On: t.category[OnObjective], RunWork: t.category[RunWork], Excluded: t.category[Excluded],
		Stopped: t.category[Stopped], Unknown: t.category[Unknown],
	}
}

// sum adds up all effort under the headline model.
func (t *tally) sum() effort.Micro { return t.total[t.model] }

// sampling returns the interval of a share. Clusters are put into an order of
// their own, because persons have none that is the same in every store and the
// last bit of a sum of floats depends on it.
func (t *tally) sampling(part, whole []effort.Micro) (Sampled, bool) {
	order := make([]int, len(part))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(whole[a], whole[b]), cmp.Compare(part[a], part[b]))
	})
	sortedPart, sortedWhole := make([]effort.Micro, len(part)), make([]effort.Micro, len(part))
	for i, from := range order {
		sortedPart[i], sortedWhole[i] = part[from], whole[from]
	}
	return SamplingInterval(sortedPart, sortedWhole, len(t.people), Confidence)
}
