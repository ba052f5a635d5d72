package stat

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	gonum "gonum.org/v1/gonum/stat"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestNormal(t *testing.T) {
	if got := NormalQuantile(0.95); !near(got, 1.6448536269514722, 1e-12) {
		t.Errorf("95th percentile is %v", got)
	}
	if got := NormalCDF(1.959963984540054); !near(got, 0.975, 1e-12) {
		t.Errorf("CDF of it is %v", got)
	}
}

func TestWilsonEdges(t *testing.T) {
	z2 := 1.6448536269514722 * 1.6448536269514722
	for _, c := range []struct{ p, n, low, high float64 }{
		{0.5, 0, 0, 1},
		{0.5, -1, 0, 1},
		{0.5, math.NaN(), 0, 1},
		{math.NaN(), 5, 0, 1},
		{0, 5, 0, z2 / (5 + z2)},
		{1, 5, 5 / (5 + z2), 1},
		{-0.1, 5, 0, z2 / (5 + z2)},
		{1.1, 5, 5 / (5 + z2), 1},
		{0.5, math.Inf(1), 0.5, 0.5},
	} {
		low, high := Wilson(c.p, c.n, 0.9)
		if !near(low, c.low, 1e-12) || !near(high, c.high, 1e-12) {
			t.Errorf("Wilson(%v, %v) = [%v, %v], want [%v, %v]", c.p, c.n, low, high, c.low, c.high)
		}
	}
}

// Wilson's limits are the proportions q whose own test just accepts p:
// |p − q| = z·√(q(1−q)/n).
func TestWilsonSolvesItsEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		n := rapid.Float64Range(0.01, 1e5).Draw(t, "n")
		confidence := rapid.SampledFrom([]float64{0.5, 0.9, 0.95, 0.998}).Draw(t, "confidence")
		low, high := Wilson(p, n, confidence)
		if !(0 <= low && low <= p && p <= high && high <= 1) {
			t.Fatalf("[%v, %v] around %v", low, high, p)
		}
		z := NormalQuantile(0.5 + confidence/2)
		for _, q := range []float64{low, high} {
			// Squared, because the root is steep near 0 and 1.
			if l, r := (p-q)*(p-q), z*z*q*(1-q)/n; !near(l, r, 1e-9*max(1, z*z/n)) {
				t.Fatalf("limit %v of p = %v, n = %v: %v ≠ %v", q, p, n, l, r)
			}
		}
	})
}

func TestJackknifeVariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		part, whole := make([]int64, n), make([]int64, n)
		for i := range whole {
			whole[i] = rapid.Int64Range(0, 5e6).Draw(t, "whole")
			part[i] = rapid.Int64Range(0, whole[i]).Draw(t, "part")
		}
		// The oracle writes the definition out, without a shortcut.
		var thetas []float64
		for i := range whole {
			if whole[i] == 0 {
				continue
			}
			var p, w int64
			for j := range whole {
				if j != i {
					p, w = p+part[j], w+whole[j]
				}
			}
			if w == 0 {
				thetas = nil
				break
			}
			thetas = append(thetas, float64(p)/float64(w))
		}
		want := 0.0
		if g := float64(len(thetas)); g > 1 {
			want = gonum.PopVariance(thetas, nil) * (g - 1)
		}
		if got := JackknifeVariance(part, whole); !near(got, want, 1e-12) {
			t.Fatalf("variance %v, want %v", got, want)
		}
	})
}

func TestJackknifeVarianceIsExactlyZeroWithoutDifferences(t *testing.T) {
	for _, c := range []struct{ part, whole []int64 }{
		{nil, nil},
		{[]int64{3}, []int64{5}},
		{[]int64{3, 0}, []int64{5, 0}},
		{[]int64{0, 0, 0}, []int64{5, 7, 9}},
		{[]int64{1, 3, 7}, []int64{3, 9, 21}},   // thirds are not exact in binary
		{[]int64{1, 3, 7}, []int64{10, 30, 70}}, // three tenths over three are not a tenth
	} {
		if got := JackknifeVariance(c.part, c.whole); got != 0 {
			t.Errorf("%v of %v: %v", c.part, c.whole, got)
		}
	}
	if _, ok := DeleteOne[int64](3, 5, 3, 5); ok {
		t.Error("nothing is left, yet it has a ratio")
	}
}

func TestNEff(t *testing.T) {
	for _, c := range []struct {
		share, variance, size float64
		persons               int
		want                  float64
	}{
		{0.5, 0.01, 100, 3, 25},
		{0.5, 0.01, 20, 3, 20},    // no more than person-days
		{0.01, 0.5, 20, 3, 1},     // no less than one
		{0.5, 0.01, 0.25, 3, 1},   // even if there is less than one
		{0, 0, 20, 3, 3},          // nobody differs
		{0, 0, 20, 0, 1},          // nobody known
		{0, math.NaN(), 20, 3, 3}, // nothing known
	} {
		if got := NEff(c.share, c.variance, c.size, c.persons); !near(got, c.want, 1e-12) {
			t.Errorf("NEff%v = %v", c, got)
		}
	}
}
