package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	gonum "gonum.org/v1/gonum/stat"
)

// masses draws masses of which at least one is above 0.
func masses(t *rapid.T, n int, name string) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = float64(rapid.IntRange(0, 9).Draw(t, name))
	}
	list[rapid.IntRange(0, n-1).Draw(t, "at least")]++
	return list
}

func TestEntropy(t *testing.T) {
	for _, c := range []struct {
		masses  []float64
		entropy float64
		hhi     float64
		ok      bool
	}{
		{nil, 0, 0, false},
		{[]float64{0, -3, math.NaN(), math.Inf(1)}, 0, 0, false},
		{[]float64{7}, 0, 1, true},
		{[]float64{2, 0, 2, -1}, math.Ln2, 0.5, true},
		{[]float64{1, 1, 1, 1}, math.Log(4), 0.25, true},
		{[]float64{3, 1}, -0.75*math.Log(0.75) - 0.25*math.Log(0.25), 0.625, true},
	} {
		entropy, ok := Entropy(c.masses)
		hhi, also := Concentration(c.masses)
		if ok != c.ok || also != c.ok || !near(entropy, c.entropy, 1e-15) || !near(hhi, c.hhi, 1e-15) {
			t.Errorf("%v: %v %v %v", c.masses, entropy, hhi, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		m := masses(t, 6, "mass")
		shuffled := rapid.Permutation(m).Draw(t, "order")
		a, _ := Entropy(m)
		b, _ := Entropy(shuffled)
		c, _ := Concentration(m)
		if a != b || a < 0 || a > math.Log(6)+1e-12 || c < 1.0/6-1e-12 || c > 1 || math.Exp(a)*c < 1-1e-9 {
			t.Fatalf("%v: entropy %v and %v, concentration %v", m, a, b, c)
		}
	})
}

func TestUnbiasedConcentration(t *testing.T) {
	for _, c := range []struct {
		hhi, n, want float64
		ok           bool
	}{{0.5, 1, 0, false}, {math.NaN(), 9, 0, false}, {1, 9, 1, true}, {0.1, 9, 0, true}, {0.5, 3, 0.25, true}} {
		if got, ok := UnbiasedConcentration(c.hhi, c.n); ok != c.ok || !near(got, c.want, 1e-15) {
			t.Errorf("%v of %v: %v %v", c.hhi, c.n, got, ok)
		}
	}
}

func TestJensenShannonEdges(t *testing.T) {
	for _, c := range []struct {
		mixes   [][]float64
		weights []float64
		bits    float64
		most    float64
		ok      bool
	}{
		{nil, nil, 0, 0, false},
		{[][]float64{{0, 0}}, []float64{1}, 0, 0, false},
		{[][]float64{{1, 1}}, []float64{1}, 0, 0, true},
		{[][]float64{{1}, {0, 1}}, []float64{1, 1}, 1, 1, true},
		{[][]float64{{1}, {0, 1}}, []float64{1, 0}, 0, 0, true},
		{[][]float64{{1}, {0, 1}, {0, 0}}, []float64{1, 1, 5}, 1, 1, true},
		{[][]float64{{3, 1}, {6, 2}}, []float64{1, 9}, 0, 0.4689955935892812, true},
	} {
		bits, most, ok := JensenShannon(c.mixes, c.weights)
		if ok != c.ok || !near(bits, c.bits, 1e-12) || !near(most, c.most, 1e-12) {
			t.Errorf("%v: %v %v %v", c.mixes, bits, most, ok)
		}
	}
}

// It is symmetric, 0 for the same mixes only, at most H(π), and gonum's where
// gonum has it.
func TestJensenShannon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "places")
		p, q := masses(t, n, "p"), masses(t, n, "q")
		a, b := rapid.Float64Range(0.1, 9).Draw(t, "a"), rapid.Float64Range(0.1, 9).Draw(t, "b")
		bits, most, _ := JensenShannon([][]float64{p, q}, []float64{a, b})
		back, _, _ := JensenShannon([][]float64{q, p}, []float64{b, a})
		x, y := normal(p), normal(q)
		differ := 0.0
		for i := range x {
			differ = max(differ, math.Abs(x[i]-y[i]))
		}
		if !near(bits, back, 1e-12) || bits < 0 || bits > most || (bits > 1e-9) != (differ > 1e-6) {
			t.Fatalf("%v and %v: %v, %v, at most %v", p, q, bits, back, most)
		}
		equal, _, _ := JensenShannon([][]float64{p, q}, []float64{1, 1})
		if want := gonum.JensenShannon(x, y) / math.Ln2; !near(equal, want, 1e-12) {
			t.Fatalf("%v and %v: %v, gonum has %v", p, q, equal, want)
		}
	})
}

func normal(masses []float64) []float64 {
	sum := 0.0
	for _, m := range masses {
		sum += m
	}
	shares := slices.Clone(masses)
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

func TestMillerMadow(t *testing.T) {
	if got := MillerMadow(3, 2, 4, 0); got != 0 {
		t.Errorf("without units: %v", got)
	}
	if got := MillerMadow(3, 3, 3, 10); !near(got, 2/(20*math.Ln2), 1e-15) {
		t.Errorf("%v", got)
	}
}
