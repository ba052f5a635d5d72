// Package profile tells a team's scores side by side, each scaled to how bad it
// is, and, only where somebody asks for it, as one number with the reasons not to
// trust it.
//
// The definitions follow section 4.14 of the score specification. There is no
// function that ranks teams: a team is compared with its own past first, and
// with the organisation by funnel limits.
package profile

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// A Dimension is one score of the profile.
type Dimension struct {
	Name string
	// Badness is 0 to 1, from stat.BadnessOf with the declared good and bad
	// readings.
	Badness stat.Estimate
	// Weight is declared, at least 0; only proportions count.
	Weight float64
}

// The constants of the index.
const (
	// leastGood keeps one dimension at its worst from deciding alone.
	leastGood = 0.02
	// minWeight is the least share of the weight whose dimensions are known.
	minWeight = 0.7
	// swing is how far each weight is moved to see what weights decide.
	swing = 0.5
)

// An Index is score I1, the opt-in drift index.
type Index struct {
	// Estimate is 1 − Π max(0.02, 1 − bₖ)^wₖ over the known dimensions: 0 is
	// healthy, 0.98 the worst. Being geometric on goodness, it does not let one
	// dimension pay for another. The limits are the 90 % range of the replicates
	// where there are any. N is the number of known dimensions.
	stat.Estimate
	// Least and Most are the range of the index when every weight is half or one
	// and a half of what is declared, in all combinations. A verdict that
	// depends on where in this range one looks is an opinion.
	Least, Most float64
	// Arithmetic is the weighted mean of the badness and Worst the mean of the
	// two worst dimensions, or of the only one: what other indices would say.
	Arithmetic, Worst float64
	// Dominant is the dimension that adds most, the first of equal ones, and ""
	// when none adds anything.
	Dominant string
	// Coverage is the share of the weight whose dimensions are known, 0 to 1.
	Coverage float64
}

// A known is a dimension that counts: its share of the weight and the logarithm
// of its goodness.
type known struct {
	name            string
	badness, weight float64
}

// loss is how much a dimension takes from the logarithm of the goodness.
func loss(badness float64) float64 { return -math.Log(max(leastGood, 1-badness)) }

// IndexOf combines dimensions. Missing ones are left out and the weights of the
// others grow, as long as 70 % of the weight is known; below that the index is
// insufficient. It is undefined when no dimension has weight. Replicates are
// draws of the badness of all dimensions together (a bootstrap over
// person-weeks), parallel to the dimensions, NaN where one has no value; none
// are needed.
func IndexOf(dimensions []Dimension, replicates [][]float64) Index {
	var use []known
	total, present := 0.0, 0.0
	for _, d := range dimensions {
		if !(d.Weight > 0) || math.IsInf(d.Weight, 1) {
			continue
		}
		total += d.Weight
		if d.Badness.OK() {
			present += d.Weight
			use = append(use, known{d.Name, d.Badness.Value, d.Weight})
		}
	}
	if total <= 0 {
		return Index{Estimate: stat.NotDefined("no dimension has a weight")}
	}
	x := Index{Coverage: present / total}
	if x.Coverage < minWeight-1e-9 || len(use) == 0 {
		x.Estimate = stat.Insufficient(len(use), "%.0f %% of at least %.0f %% of the weight is known", 100*x.Coverage, 100*minWeight)
		return x
	}
	value := geometric(use)
	x.Estimate = stat.Known(value, len(use))
	x.describe(use, present)
	if low, high, ok := limits(dimensions, replicates); ok {
		x.Estimate = x.Within(low, high)
	}
	return x
}

func (x *Index) describe(use []known, present float64) {
	most := 0.0
	worst := make([]float64, 0, len(use))
	for _, k := range use {
		x.Arithmetic += k.weight / present * k.badness
		worst = append(worst, k.badness)
		if adds := k.weight * loss(k.badness); adds > most {
			x.Dominant, most = k.name, adds
		}
	}
	slices.Sort(worst)
	for _, b := range worst[max(0, len(worst)-2):] {
		x.Worst += b / float64(min(2, len(worst)))
	}
	x.Least, x.Most = swings(use)
	x.Least, x.Most = min(x.Least, x.Value), max(x.Most, x.Value)
}

// geometric is the index of dimensions that are all known.
func geometric(use []known) float64 {
	sum, weight := 0.0, 0.0
	for _, k := range use {
		sum, weight = sum+k.weight*loss(k.badness), weight+k.weight
	}
	return 1 - math.Exp(-sum/weight)
}

// swings returns the range of the index over all combinations of weights moved
// by half. A weighted mean is largest when, from some point on, all larger
// values weigh more and all smaller ones less, so n+1 combinations hold the
// largest of the 2ⁿ, and as many the smallest.
func swings(use []known) (least, most float64) {
	sorted := slices.Clone(use)
	slices.SortStableFunc(sorted, func(a, b known) int { return cmp.Compare(a.badness, b.badness) })
	least, most = math.Inf(1), math.Inf(-1)
	for cut := range len(sorted) + 1 {
		high, low := slices.Clone(sorted), slices.Clone(sorted)
		for i := range sorted {
			up, down := 1+swing, 1-swing
			if i < cut {
				up, down = down, up
			}
			high[i].weight *= up
			low[i].weight *= down
		}
		least, most = min(least, geometric(low)), max(most, geometric(high))
	}
	return least, most
}

// limits returns the 90 % range of the index over replicates; those in which too
// little is known are left out. It needs 20.
func limits(dimensions []Dimension, replicates [][]float64) (low, high float64, ok bool) {
	const least = 20
	var values []float64
	for _, r := range replicates {
		if len(r) != len(dimensions) {
			continue
		}
		drawn := slices.Clone(dimensions)
		for i := range drawn {
			drawn[i].Badness = stat.Known(min(max(r[i], 0), 1), 1)
		}
		if x := IndexOf(drawn, nil); x.OK() {
			values = append(values, x.Value)
		}
	}
	if len(values) < least {
		return 0, 0, false
	}
	slices.Sort(values)
	tail := len(values) * 5 / 100
	return values[tail], values[len(values)-1-tail], true
}
