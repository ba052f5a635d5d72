package stat

import "math"

// RankOrderCentroid returns the weights of n ranked items when nothing but
// their order is known (Barron and Barrett, 1996): the mean of all weights
// that respect the order,
//
//	w_r = (1/n) · Σ_{k≥r} 1/k
//
// for r = 1 … n. They fall and add up to 1. It returns nil for n < 1.
func RankOrderCentroid(n int) []float64 {
	if n < 1 {
		return nil
	}
	weights := make([]float64, n)
	tail := 0.0
	for r := n; r >= 1; r-- {
		tail += 1 / float64(r)
		weights[r-1] = tail / float64(n)
	}
	return weights
}

// KendallTauB returns Kendall's rank correlation with the correction for ties
// (M. G. Kendall, Biometrika 33, 1945), between −1 and 1:
//
//	(concordant − discordant) / √((pairs − ties in x)·(pairs − ties in y))
//
// The slices are parallel. It is undefined for fewer than two pairs of values
// and when all values of one side are equal. It compares every pair: n is
// meant to be small.
func KendallTauB(x, y []float64) (float64, bool) {
	n := min(len(x), len(y))
	balance, tiedX, tiedY := 0, 0, 0
	for i := range n {
		for j := i + 1; j < n; j++ {
			dx, dy := order(x[i], x[j]), order(y[i], y[j])
			balance += dx * dy
			if dx == 0 {
				tiedX++
			}
			if dy == 0 {
				tiedY++
			}
		}
	}
	pairs := n * (n - 1) / 2
	if tiedX == pairs || tiedY == pairs {
		return 0, false
	}
	return float64(balance) / math.Sqrt(float64(pairs-tiedX)*float64(pairs-tiedY)), true
}

func order(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
