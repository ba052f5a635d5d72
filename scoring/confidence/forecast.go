package confidence

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the forecast (score specification, sections 2.7 and 4.5).
const (
	BurnWeeks        = 12 // the last weeks that count
	minBurnWeeks     = 5  // to publish
	alertBurnWeeks   = 8
	bulkFactor       = 5 // times the median of completions makes a bulk closing
	minMilestones    = 5
	leastProbability = 0.02 // no forecast of this kind is surer than that
	mostProbability  = 0.98
	// farthest is how many weeks are looked ahead: ten years, so that a
	// mistyped due date costs no time.
	farthest = 520
)

// UseMilestones reports whether the milestones of an objective stand for its
// items: only where it has no items, and at least five milestones.
func UseMilestones(items, milestones int) bool { return items == 0 && milestones >= minMilestones }

// A Week is what became of an objective's scope in one closed ISO week.
type Week struct {
	Week      int // stat.WeekOf its Monday
	Completed int // items that were completed
	// Added counts items that joined the scope, those that were re-opened
	// included. Items that leave it unfinished count against it.
	Added int
}

// A Delivery is what the forecast of an objective starts from.
type Delivery struct {
	// Weeks are the closed weeks since the objective began, ascending and
	// without gaps: a week in which nothing happened is a week of 0. The last
	// BurnWeeks of them count; the others show that there was scope.
	Weeks []Week
	// Open is the number of open items in scope.
	Open int
	// Today is the last closed day; Due is NoDate when none is declared.
	Today, Due objective.Date
}

// An Observed is score C2, the observed confidence of delivery.
type Observed struct {
	// Estimate is the probability that the open scope reaches 0 by the due
	// date, clipped to [0.02, 0.98] unless nothing is open. Its limits are the
	// smallest and the largest of the forecasts that leave out one week.
	stat.Estimate
	// Raw, RawLower and RawUpper are the same before clipping.
	Raw, RawLower, RawUpper float64
	WeeksLeft               int
	// Bulk counts the weeks whose completions were cut because they looked
	// like bulk closing.
	Bulk int
	// NextInRange is the probability that the next week is within what the
	// counted weeks have shown.
	NextInRange float64
}

// ObservedOf forecasts the delivery of an objective from its weekly net burn,
// completed minus added, by the exact Forecast. Ignoring what is added is the
// usual lie of such forecasts.
//
// It is undefined without a due date, and when no item was ever in scope. It is insufficient with fewer than 5
// weeks, and with less than a week to the due date while scope is open.
// Nothing open any more is 1. A week that completed more than 5 times the median week
// is taken for bulk closing and counts as much as the second largest.
func ObservedOf(d Delivery) Observed {
	weeks := d.Weeks[max(0, len(d.Weeks)-BurnWeeks):]
	o := Observed{}
	switch {
	case d.Due == objective.NoDate:
		o.Estimate = stat.NotDefined("no due date is declared")
		return o
	case d.Open <= 0 && !hadScope(d.Weeks):
		o.Estimate = stat.NotDefined("no item is in scope")
		return o
	case d.Open <= 0:
		o.Estimate, o.Raw, o.RawLower, o.RawUpper = stat.Known(1, len(weeks)), 1, 1, 1
		return o
	}
	if d.Due >= d.Today {
		o.WeeksLeft = int(d.Due-d.Today) / 7
	}
	switch {
	case o.WeeksLeft == 0:
		o.Estimate = stat.Insufficient(len(weeks), "less than a week is left and %d items are open", d.Open)
		return o
	case len(weeks) < minBurnWeeks:
		o.Estimate = stat.Insufficient(len(weeks), "%d of at least %d weeks", len(weeks), minBurnWeeks)
		return o
	}
	net, bulk := burn(weeks)
	o.Bulk, o.NextInRange = bulk, stat.NextInRange(len(net))
	o.Raw = Forecast(net, d.Open, o.WeeksLeft)
	low, high := LeaveOneOut(net, d.Open, o.WeeksLeft)
	o.RawLower, o.RawUpper = min(low, o.Raw), max(high, o.Raw)
	o.Estimate = stat.Known(clip(o.Raw), len(net)).Within(clip(o.RawLower), clip(o.RawUpper)).AlertFrom(alertBurnWeeks)
	return o
}

func hadScope(weeks []Week) bool {
	return slices.ContainsFunc(weeks, func(w Week) bool { return w.Completed > 0 || w.Added > 0 })
}

func clip(p float64) float64 { return min(max(p, leastProbability), mostProbability) }

// burn returns the net burn of each week, with bulk closing cut down. Where the
// median week completes nothing, the median is taken of the weeks that do:
// otherwise every completion would be a bulk.
func burn(weeks []Week) (net []int, bulk int) {
	var all, some []float64
	for _, w := range weeks {
		all = append(all, float64(w.Completed))
		if w.Completed > 0 {
			some = append(some, float64(w.Completed))
		}
	}
	typical := stat.Median(all)
	if typical == 0 {
		typical = stat.Median(some)
	}
	slices.SortFunc(all, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, w := range weeks {
		done := w.Completed
		if len(all) > 1 && float64(done) > bulkFactor*typical && float64(done) > all[1] {
			done = int(all[1])
			bulk++
		}
		net = append(net, done-w.Added)
	}
	return net, bulk
}

// Forecast returns the probability that a number of remaining items reaches 0
// within a number of weeks, when each week burns one of the observed net
// amounts, all equally likely and independent, and reaching 0 is final. It is
// exact: dynamic programming over what remains, no random numbers. An amount
// below 0 is growth. Nothing remaining is 1; no weeks or no amounts is 0. More
// than ten years count as ten.
func Forecast(net []int, remaining, weeks int) float64 {
	switch {
	case remaining <= 0:
		return 1
	case len(net) == 0 || weeks <= 0:
		return 0
	}
	weeks = min(weeks, farthest)
	best := max(slices.Max(net), 0)
	each := 1 / float64(len(net))
	// at[r] is the probability that r items remain. More than the best weeks
	// to come can burn is lost, which bounds the table.
	most := weeks * best
	if remaining > most {
		return 0
	}
	at, next := make([]float64, most+1), make([]float64, most+1)
	at[remaining] = 1
	done := 0.0
	for left := weeks - 1; left >= 0; left-- {
		least := left * best
		for r, p := range at[:most+1] {
			if p == 0 {
				continue
			}
			for _, burned := range net {
				switch after := r - burned; {
				case after <= 0:
					done += p * each
				case after <= least:
					next[after] += p * each
				}
			}
		}
		clear(at[:most+1])
		at, next, most = next, at, least
	}
	return min(done, 1)
}

// LeaveOneOut returns the smallest and the largest forecast that leaves out one
// of the observed weeks: [0, 1] when there is only one.
func LeaveOneOut(net []int, remaining, weeks int) (low, high float64) {
	if len(net) < 2 {
		return 0, 1
	}
	low, high = 1, 0
	for i := range net {
		p := Forecast(slices.Delete(slices.Clone(net), i, i+1), remaining, weeks)
		low, high = min(low, p), max(high, p)
	}
	return low, high
}
