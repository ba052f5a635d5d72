package scoring

import "github.com/workdrift/workdrift/scoring/effort"

// Suppress says which of several sibling groups must not be published: those
// with fewer than k people, and what Complement adds when the total of all is
// published. The result is parallel to sizes.
func Suppress(sizes []int, k int, totalPublished bool) []bool {
	hidden := make([]bool, len(sizes))
	for i, n := range sizes {
		hidden[i] = n < k
	}
	if totalPublished {
		Complement(hidden, sizes)
	}
	return hidden
}

// Complement hides one more group where exactly one is hidden: with the total
// and all its siblings published, it could be computed by subtraction. The one
// more is the smallest that is left, ties to the lower index. Groups without
// people hide nobody and are no help.
func Complement(hidden []bool, sizes []int) {
	count, next := 0, -1
	for i, n := range sizes {
		switch {
		case n <= 0:
		case hidden[i]:
			count++
		case next < 0 || n < sizes[next]:
			next = i
		}
	}
	if count == 1 && next >= 0 {
		hidden[next] = true
	}
}

// WeeklyOnly reports whether a change of membership by so many people allows
// only weekly steps: the difference between two daily values would tell about
// fewer than k.
func WeeklyOnly(changed, k int) bool { return changed > 0 && changed < k }

// Dominated returns the share of the largest contributor, and whether it is
// above the limit, so that the sum tells mostly about one person. Without
// effort nobody dominates.
func Dominated(contributions []effort.Micro, limit float64) (largest float64, dominated bool) {
	var most, total effort.Micro
	for _, e := range contributions {
		most = max(most, e)
		total += e
	}
	if total <= 0 {
		return 0, false
	}
	largest = float64(most) / float64(total)
	return largest, largest > limit
}
