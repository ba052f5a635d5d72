package profile

import "github.com/workdrift/workdrift/scoring/stat"

// Draws is how often person-weeks are drawn for the range of the index.
const Draws = 199

// Bootstrap draws as many of n clusters as there are, with replacement, Draws
// times, and lists what each draw makes of the badness of the dimensions: the
// replicates of IndexOf. What badness gets is overwritten by the next draw. The
// clusters must be in an order that does not change from one evaluation to the
// next. There is nothing to draw from fewer than two.
func Bootstrap(n int, seed uint64, badness func(drawn []int) []float64) [][]float64 {
	if n < 2 {
		return nil
	}
	random := stat.Random(seed)
	drawn := make([]int, n)
	replicates := make([][]float64, Draws)
	for r := range replicates {
		for i := range drawn {
			drawn[i] = random.IntN(n)
		}
		replicates[r] = badness(drawn)
	}
	return replicates
}
