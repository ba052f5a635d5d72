package effort

import "slices"

// Apportion splits total over weights by the method of largest remainders:
// each part gets the whole micro-person-days of its share, and those left over
// go one each to the largest remainders, ties to the lower index. The parts
// are written to into, which has the length of weights, and add up to total.
//
// Weights below 1 get nothing. When no weight is above 0, nothing is split and
// false is returned. The total is not negative, its product with the largest
// weight fits into an int64, the weights are fewer than 2^24 and add up to at
// most 2^39. Scratch is a buffer that is returned for reuse; it may be nil.
func Apportion(total Micro, weights []int64, into []Micro, scratch []uint64) ([]uint64, bool) {
	var sum int64
	for _, w := range weights {
		sum += max(w, 0)
	}
	if sum == 0 {
		clear(into)
		return scratch, false
	}
	left := int64(total)
	scratch = scratch[:0]
	for i, w := range weights {
		if w <= 0 {
			into[i] = 0
			continue
		}
		product := int64(total) * w
		part := product / sum
		into[i] = Micro(part)
		left -= part
		if rest := product - part*sum; rest > 0 {
			// The complement of the index makes the lower index larger, so
			// that it wins a tie.
			scratch = append(scratch, uint64(rest)<<indexBits|uint64(indexMask-i))
		}
	}
	if left == 0 {
		return scratch, true
	}
	slices.Sort(scratch)
	for i := range left {
		key := scratch[len(scratch)-1-int(i)]
		into[indexMask-int(key&indexMask)]++
	}
	return scratch, true
}

// A remainder is below the sum of the weights, and shares its word with the
// index. Budgets of a week, the largest weights of the package, add up to less
// than 2^34.
const (
	indexBits = 24
	indexMask = 1<<indexBits - 1
)
