package scoring

import (
	"math"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A Bounded is a ratio with what it could be if all effort of unknown purpose
// were on one side, and on the other. Low ≤ Point ≤ High.
type Bounded struct{ Point, Low, High float64 }

// Ratio returns part/whole. Nothing of nothing has no ratio (false); something
// of nothing is +Inf.
func Ratio(part, whole effort.Micro) (float64, bool) {
	switch {
	case whole > 0:
		return float64(part) / float64(whole), true
	case part > 0:
		return math.Inf(1), true
	default:
		return 0, false
	}
}

// TopShare is score A1: the share of the effort that went to the top
// objectives, ranked as of each day, with bounds [top, top + unknown] / whole.
// The whole is all effort, or what Discretionary leaves of it. It is undefined
// without effort.
func TopShare(top, unknown, whole effort.Micro) (Bounded, bool) {
	if whole <= 0 {
		return Bounded{}, false
	}
	share := float64(top) / float64(whole)
	return Bounded{Point: share, Low: share, High: float64(top+unknown) / float64(whole)}, true
}

// Discretionary returns the effort that could have gone elsewhere: all but run
// work.
func Discretionary(total, runWork effort.Micro) effort.Micro { return max(0, total-runWork) }

// PriorityWeighted is score A2: the shares of the objectives in rank order,
// weighted by the rank-order centroid and divided by the first weight. 1 means
// that all effort is on the first objective. It is undefined without effort or
// objectives.
func PriorityWeighted(byRank []effort.Micro, total effort.Micro) (float64, bool) {
	if total <= 0 || len(byRank) == 0 {
		return 0, false
	}
	weights := stat.RankOrderCentroid(len(byRank))
	sum := 0.0
	for r, e := range byRank {
		sum += weights[r] * float64(e)
	}
	return sum / float64(total) / weights[0], true
}

// NoTarget stands for the target share of an objective or a bucket that
// declares none.
const NoTarget = -1.0

// AllocationGap is score A3: the share of all effort that would have to move
// for every objective and every bucket to have its declared share (the total
// variation ½·Σ|share − target|), and the same in effort.
//
// The slices are parallel and hold all effort. Targets are shares of all
// effort. What the targets leave is everybody's: the effort without a target
// (NoTarget) counts as one cell with that as its target. Unknown, excluded and
// stopped work has the target 0. It is undefined without effort, or without any
// target above 0.
func AllocationGap(spent []effort.Micro, targets []float64) (gap float64, move effort.Micro, ok bool) {
	var total, free effort.Micro
	declared := 0.0
	for i, e := range spent {
		total += e
		if targets[i] >= 0 {
			declared += targets[i]
		} else {
			free += e
		}
	}
	if total <= 0 || declared <= 0 {
		return 0, 0, false
	}
	distance := math.Abs(float64(free)/float64(total) - max(0, 1-declared))
	for i, e := range spent {
		if targets[i] >= 0 {
			distance += math.Abs(float64(e)/float64(total) - targets[i])
		}
	}
	gap = min(1, distance/2)
	return gap, effort.Micro(math.Round(gap * float64(total))), true
}

// PriorityInversion is score A4: how much of the difference in effort between
// objectives runs against their order, from the effort by rank:
//
//	Σ_{i<j} (s_j − s_i)⁺ / Σ_{i<j} |s_i − s_j|
//
// 0 is the declared order, ½ is random, 1 is reversed. It is undefined when
// all objectives have the same effort.
func PriorityInversion(byRank []effort.Micro) (float64, bool) {
	var against, all effort.Micro
	for i, higher := range byRank {
		for _, lower := range byRank[i+1:] {
			if lower > higher {
				against += lower - higher
				all += lower - higher
			} else {
				all += higher - lower
			}
		}
	}
	if all == 0 {
		return 0, false
	}
	return float64(against) / float64(all), true
}

// PriorityFidelity is score A5: the rank correlation τ-b between the declared
// priority (1 is the highest) and the effort, from −1 to 1. It is undefined for
// fewer than two objectives, and when all ranks or all efforts are equal.
func PriorityFidelity(ranks []int, spent []effort.Micro) (float64, bool) {
	priority, amount := make([]float64, len(ranks)), make([]float64, len(spent))
	for i, r := range ranks {
		priority[i] = -float64(r)
	}
	for i, e := range spent {
		amount[i] = float64(e)
	}
	return stat.KendallTauB(priority, amount)
}

// StarvedShare is the share of all effort below which a top objective counts
// as starved.
const StarvedShare = 0.05

// Starved is score A6: how many of the top objectives got less than a share of
// all effort. It is undefined without effort.
func Starved(top []effort.Micro, total effort.Micro, share float64) (int, bool) {
	if total <= 0 {
		return 0, false
	}
	n := 0
	for _, e := range top {
		if float64(e)/float64(total) < share {
			n++
		}
	}
	return n, true
}
