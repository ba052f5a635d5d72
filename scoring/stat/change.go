package stat

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Sigma is what a median absolute deviation is multiplied by to estimate the
// standard deviation of normal values.
const Sigma = 1.4826

// A Cusum is the two-sided cumulative sum chart of E. S. Page (Biometrika 41,
// 1954) around a centre: it adds up how far values lie above and below it,
// less an allowance, in standard deviations, and raises an alarm when a sum
// passes the limit. The zero Up and Down start it.
type Cusum struct {
	Centre, Sigma    float64 // of the values when nothing changes; Sigma is above 0
	Allowance, Limit float64 // k and h, in Sigma
	Up, Down         float64 // the sums, in Sigma
}

// Step adds a value. After an alarm both sums start again from 0, but the chart
// that is returned still shows what raised it; its next Step does not.
func (c Cusum) Step(value float64) (next Cusum, alarm bool) {
	if c.Up > c.Limit || c.Down > c.Limit {
		c.Up, c.Down = 0, 0
	}
	z := (value - c.Centre) / c.Sigma
	c.Up = max(0, c.Up+z-c.Allowance)
	c.Down = max(0, c.Down-z-c.Allowance)
	return c, c.Up > c.Limit || c.Down > c.Limit
}

// DifferenceSigma estimates the standard deviation of values around a level that
// jumps now and then: 1.4826·MAD of the differences between neighbours, over
// √2. It is 0 for fewer than two values.
func DifferenceSigma(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	differences := make([]float64, len(values)-1)
	for i := range differences {
		differences[i] = values[i+1] - values[i]
	}
	return Sigma * MAD(differences) / math.Sqrt2
}

// Partition cuts a series into segments of at least least values, so that the
// squared distances from the segments' means plus a penalty for each cut are as
// small as possible (optimal partitioning; B. Jackson et al., IEEE Signal
// Processing Letters 12, 2005). It returns the indices at which segments begin,
// without the first, and the smallest cost. Of equal costs the one with the
// earlier last cut is taken. It looks at every pair: n is meant to be small. A
// series shorter than least is one segment.
func Partition(values []float64, penalty float64, least int) (cuts []int, cost float64) {
	n := len(values)
	least = max(least, 1)
	centre := 0.0
	if n > 0 {
		centre = gonum.Mean(values, nil)
	}
	// Sums of the centred values keep the squares from cancelling.
	sum, square := make([]float64, n+1), make([]float64, n+1)
	for i, v := range values {
		v -= centre
		sum[i+1], square[i+1] = sum[i]+v, square[i]+v*v
	}
	spread := func(from, until int) float64 {
		s := sum[until] - sum[from]
		return max(0, square[until]-square[from]-s*s/float64(until-from))
	}
	best, last := make([]float64, n+1), make([]int, n+1)
	for until := 1; until <= n; until++ {
		best[until] = spread(0, until)
		for from := least; from <= until-least; from++ {
			if c := best[from] + spread(from, until) + penalty; c < best[until] {
				best[until], last[until] = c, from
			}
		}
	}
	for at := last[n]; at > 0; at = last[at] {
		cuts = append([]int{at}, cuts...)
	}
	return cuts, best[n]
}

// A Comparison is the outcome of a test whether two means differ.
type Comparison struct {
	Delta float64 // second mean minus first
	T, DF float64 // Student's t and its degrees of freedom
	P     float64 // two-sided
}

// Welch tests whether two samples have the same mean, whatever their variances
// (B. L. Welch, Biometrika 34, 1947). Samples that do not vary at all are
// certain: p is 0 when the means differ and 1 when they do not, and t is 0. It
// is undefined when either has fewer than two values.
func Welch(first, second []float64) (Comparison, bool) {
	if len(first) < 2 || len(second) < 2 {
		return Comparison{}, false
	}
	m1, v1 := gonum.MeanVariance(first, nil)
	m2, v2 := gonum.MeanVariance(second, nil)
	n1, n2 := float64(len(first)), float64(len(second))
	e1, e2 := v1/n1, v2/n2
	c := Comparison{Delta: m2 - m1, P: 1}
	if e1+e2 <= 0 {
		if c.Delta != 0 {
			c.P = 0
		}
		return c, true
	}
	c.T = c.Delta / math.Sqrt(e1+e2)
	c.DF = (e1 + e2) * (e1 + e2) / (e1*e1/(n1-1) + e2*e2/(n2-1))
	c.P = min(1, 2*distuv.StudentsT{Mu: 0, Sigma: 1, Nu: c.DF}.CDF(-math.Abs(c.T)))
	return c, true
}
