package focus

import (
	"github.com/workdrift/workdrift/scoring/stat"
)

// suppressed is what is told of too few people.
func suppressed() stat.Estimate {
	return stat.Estimate{Status: stat.Suppressed, Reason: "fewer persons than privacy.k_people"}
}

// A Touched is a workstream that a person touched in the last 7 days while it
// was in progress.
type Touched struct {
	Person     int
	Workstream uint64
}

// WIP is score F5: the median over the members of a team of how many workstreams
// in progress each touched in 7 days. Members are numbered by the caller; those
// who touched nothing count with 0, unless they are not in the list (on leave).
// Below k members it is suppressed, without any undefined.
func WIP(members []int, touched []Touched, k int) stat.Estimate {
	held := map[int]map[uint64]bool{}
	for _, m := range members {
		held[m] = map[uint64]bool{}
	}
	for _, t := range touched {
		if own, ok := held[t.Person]; ok {
			own[t.Workstream] = true
		}
	}
	switch {
	case len(held) == 0:
		return stat.NotDefined("no member was at work")
	case len(held) < k:
		return suppressed()
	}
	counts := make([]float64, 0, len(held))
	for _, own := range held {
		counts = append(counts, float64(len(own)))
	}
	return stat.Known(stat.Median(counts), len(counts)).AlertFrom(alertPeople)
}

// A PersonDay is how many items one person touched on one day.
type PersonDay struct{ Person, Items int }

// manyItems is from how many items on a day is split.
const manyItems = 4

// ItemsPerDay returns the mean number of items that a person touches on a day
// of work, and the share of those days with 4 or more. Days without an item are
// no days of work. Below k persons both are suppressed, without days undefined.
// N is person-days.
func ItemsPerDay(days []PersonDay, k int) (mean, split stat.Estimate) {
	people := map[int]bool{}
	n, items, many := 0, 0, 0
	for _, d := range days {
		if d.Items <= 0 {
			continue
		}
		people[d.Person] = true
		n, items = n+1, items+d.Items
		if d.Items >= manyItems {
			many++
		}
	}
	switch {
	case n == 0:
		none := stat.NotDefined("no day of work in this window")
		return none, none
	case len(people) < k:
		return suppressed(), suppressed()
	}
	mean, split = stat.Known(float64(items)/float64(n), n), stat.Proportion(many, n, 1, "days of work")
	mean.Alertable, split.Alertable = len(people) >= alertPeople, len(people) >= alertPeople
	return mean, split
}
