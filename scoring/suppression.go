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
		Complement(hidden, sizes, k)
	}
	return hidden
}

// Complement hides more groups where too little is hidden: with the total and
// all other siblings published, what the hidden ones hold together can be
// computed by subtraction, so they must be at least two and hold at least k
// people. The next to go is the smallest that is left, ties to the lower index.
// Groups without people hide nobody and are no help.
func Complement(hidden []bool, sizes []int, k int) {
	complement(hidden, sizes, k, func() (people int) {
		for i, n := range sizes {
			if hidden[i] {
				people += max(n, 0)
			}
		}
		return people
	})
}

// complement is Complement with another count of the people in the hidden
// groups together: accounts in two groups may be one person's.
func complement(hidden []bool, sizes []int, k int, together func() int) {
	for {
		groups, next := 0, -1
		for i, n := range sizes {
			switch {
			case n <= 0:
			case hidden[i]:
				groups++
			case next < 0 || n < sizes[next]:
				next = i
			}
		}
		if groups == 0 || next < 0 || groups > 1 && together() >= k {
			return
		}
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
