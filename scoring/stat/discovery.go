package stat

import "slices"

// Discoveries reports which of several tests found something, where at most a
// share of what is found, on average, may be nothing: the procedure of Benjamini
// and Hochberg (1995) over the p-values of the tests, each 0 to 1. It holds for
// tests that are independent or go the same way. Equal p-values are judged
// alike, so that the order of the tests says nothing. Values that are no number
// find nothing.
func Discoveries(p []float64, rate float64) []bool {
	sorted := slices.DeleteFunc(slices.Clone(p), func(v float64) bool { return v != v })
	slices.Sort(sorted)
	limit := -1.0
	for i, v := range sorted {
		if v <= rate*float64(i+1)/float64(len(sorted)) {
			limit = v
		}
	}
	found := make([]bool, len(p))
	for i, v := range p {
		found[i] = v <= limit
	}
	return found
}
