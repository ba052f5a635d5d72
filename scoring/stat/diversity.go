package stat

import (
	"math"
	"slices"

	gonum "gonum.org/v1/gonum/stat"
)

// Entropy returns Shannon's entropy of shares in nats, 0 when everything is in
// one place and log n when n places share alike. Masses are the shares before
// they are divided by their sum, in any order: the result does not depend on it
// to the last bit. Masses that are not above 0 do not count. It is undefined
// without any.
func Entropy(masses []float64) (float64, bool) {
	shares, ok := sharesOf(masses)
	if !ok {
		return 0, false
	}
	return max(0, gonum.Entropy(shares)), true
}

// Concentration returns Σs², the chance that two random units are in the same
// place (E. H. Simpson, 1949; O. C. Herfindahl and A. O. Hirschman): 1/n when n
// places share alike, 1 when everything is in one. Masses are as for Entropy.
func Concentration(masses []float64) (float64, bool) {
	shares, ok := sharesOf(masses)
	if !ok {
		return 0, false
	}
	sum := 0.0
	for _, s := range shares {
		sum += s * s
	}
	return min(sum, 1), true
}

// UnbiasedConcentration corrects a concentration that was measured on n units
// for the chance of a unit to meet itself: (n·Σs² − 1)/(n − 1), at least 0. It
// is undefined for n ≤ 1, where no two units meet.
func UnbiasedConcentration(concentration, n float64) (float64, bool) {
	if !(n > 1) || math.IsNaN(concentration) {
		return 0, false
	}
	return clip((n*concentration - 1) / (n - 1)), true
}

// sharesOf returns the masses above 0, ascending, divided by their sum.
func sharesOf(masses []float64) ([]float64, bool) {
	shares := slices.DeleteFunc(slices.Clone(masses), func(m float64) bool { return !(m > 0) || math.IsInf(m, 1) })
	slices.Sort(shares)
	total := 0.0
	for _, m := range shares {
		total += m
	}
	for i := range shares {
		shares[i] /= total
	}
	return shares, len(shares) > 0
}
