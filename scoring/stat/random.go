package stat

import (
	"hash/fnv"
	"io"
	"math/bits"
	"strings"
)

// Seed returns the FNV-64 hash (FNV-1) of parts joined by "|": the seed of what
// is drawn for one score of one scope and window, so that a restart draws the
// same (score specification, section 2.5).
func Seed(parts ...string) uint64 {
	h := fnv.New64()
	_, _ = io.WriteString(h, strings.Join(parts, "|")) // a hash never fails
	return h.Sum64()
}

// A Random draws with SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, OOPSLA
// 2014). Its value is the seed. It is small, the same everywhere, and not for
// secrets.
type Random uint64

// Uint64 returns the next 64 random bits.
func (r *Random) Uint64() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// IntN returns a number from 0 to n−1, each with the same chance (D. Lemire,
// ACM TOMACS 29, 2019). It returns 0 for n < 1.
func (r *Random) IntN(n int) int {
	if n < 1 {
		return 0
	}
	bound := uint64(n)
	high, low := bits.Mul64(r.Uint64(), bound)
	for low < -bound%bound {
		high, low = bits.Mul64(r.Uint64(), bound)
	}
	return int(high)
}

// Choose moves k numbers, drawn without replacement, to the front: each choice
// has the same chance. What is behind them is the rest.
func (r *Random) Choose(numbers []int, k int) {
	for i := range min(k, len(numbers)-1) {
		j := i + r.IntN(len(numbers)-i)
		numbers[i], numbers[j] = numbers[j], numbers[i]
	}
}
