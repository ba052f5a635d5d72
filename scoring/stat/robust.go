package stat

import (
	"cmp"
	"math"
	"slices"
)

// Median returns the middle of the values, or the mean of the two in the
// middle, and 0 for none.
func Median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return middle(sorted)
}

// middle is Median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	default:
		return sorted[n/2-1] + (sorted[n/2]-sorted[n/2-1])/2
	}
}

// MAD returns the median absolute deviation from the median (F. R. Hampel, JASA
// 69, 1974), not scaled to a standard deviation, and 0 for no values.
func MAD(values []float64) float64 {
	m := Median(values)
	deviations := make([]float64, len(values))
	for i, v := range values {
		deviations[i] = math.Abs(v - m)
	}
	return Median(deviations)
}

// WeightedMedian returns the value below and above which there is at most half
// of the weight. Where exactly half is on either side of a gap it is the middle
// of the gap, so that equal weights give Median. The slices are parallel;
// weights that are not above 0 do not count. It is undefined without weight.
func WeightedMedian(values, weights []float64) (float64, bool) {
	type weighed struct{ value, weight float64 }
	var all []weighed
	total := 0.0
	for i, v := range values {
		if weights[i] > 0 {
			all = append(all, weighed{v, weights[i]})
		}
	}
	slices.SortFunc(all, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight))
	})
	for _, w := range all {
		total += w.weight
	}
	// Sums of weights are inexact, so half is met within a relative 1e-12.
	const slack = 1e-12
	sum := 0.0
	for i, w := range all {
		sum += w.weight
		switch {
		case sum < total/2*(1-slack):
		case sum <= total/2*(1+slack) && i+1 < len(all):
			return w.value + (all[i+1].value-w.value)/2, true
		default:
			return w.value, true
		}
	}
	return 0, false
}

// NextInRange returns the probability that the next of exchangeable continuous
// values lies between the smallest and the largest of the n seen so far:
// (n−1)/(n+1). It is 0 for fewer than two.
func NextInRange(n int) float64 {
	if n < 2 {
		return 0
	}
	return float64(n-1) / float64(n+1)
}
