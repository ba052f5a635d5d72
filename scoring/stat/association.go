package stat

import (
	"math"
	"slices"

	gonum "gonum.org/v1/gonum/stat"
)

// Spearman returns the rank correlation of C. Spearman (1904), between −1 and
// 1: Pearson's correlation of the ranks, where equal values share the mean of
// their ranks. The slices are parallel. It is undefined for fewer than two
// pairs and when all values of one side are equal.
func Spearman(x, y []float64) (float64, bool) {
	n := min(len(x), len(y))
	if n < 2 {
		return 0, false
	}
	rho := gonum.Correlation(midranks(x[:n]), midranks(y[:n]), nil)
	if math.IsNaN(rho) {
		return 0, false
	}
	return min(max(rho, -1), 1), true
}

// midranks returns the rank of each value, 1 for the smallest.
func midranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	ranks := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last < len(sorted) && sorted[last] == v {
			last++
		}
		ranks[i] = float64(first+1+last) / 2
	}
	return ranks
}

// SpearmanLimits returns the confidence limits of a rank correlation of n pairs
// by R. A. Fisher's transformation: tanh(artanh ρ ± z·√(1.06/(n−3))). The 1.06
// is what ranks cost (E. C. Fieller, H. O. Hartley and E. S. Pearson, Biometrika
// 44, 1957). Fewer than four pairs say nothing: [−1, 1].
func SpearmanLimits(rho float64, n int, confidence float64) (low, high float64) {
	if n < 4 || math.IsNaN(rho) {
		return -1, 1
	}
	rho = min(max(rho, -1), 1)
	half := NormalQuantile(0.5+confidence/2) * math.Sqrt(1.06/float64(n-3))
	return math.Tanh(math.Atanh(rho) - half), math.Tanh(math.Atanh(rho) + half)
}

// Brier returns the mean squared distance between forecast probabilities and
// what came (G. W. Brier, 1950): 0 is perfect, and whoever always says ½ has
// ¼. The slices are parallel. It is undefined without forecasts.
func Brier(forecast []float64, came []bool) (float64, bool) {
	if len(forecast) == 0 {
		return 0, false
	}
	sum := 0.0
	for i, p := range forecast {
		y := 0.0
		if came[i] {
			y = 1
		}
		sum += (p - y) * (p - y)
	}
	return sum / float64(len(forecast)), true
}
