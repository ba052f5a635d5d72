package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	gonum "gonum.org/v1/gonum/stat"
)

func TestMedianAndMAD(t *testing.T) {
	for _, c := range []struct {
		values      []float64
		median, mad float64
	}{
		{nil, 0, 0}, {[]float64{3}, 3, 0}, {[]float64{4, 1}, 2.5, 1.5},
		{[]float64{9, 1, 2}, 2, 1}, {[]float64{1, 1, 2, 2, 4, 6, 9}, 2, 1},
	} {
		before := slices.Clone(c.values)
		if m, d := Median(c.values), MAD(c.values); m != c.median || d != c.mad {
			t.Errorf("%v: median %v, MAD %v", c.values, m, d)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("%v was changed to %v", before, c.values)
		}
	}
}

func TestWeightedMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		values, weights, equal := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range values {
			values[i] = float64(rapid.IntRange(0, 10).Draw(t, "value"))
			weights[i] = rapid.Float64Range(0.01, 1).Draw(t, "weight")
			equal[i] = 0.1
		}
		got, ok := WeightedMedian(values, weights)
		sorted, w := slices.Clone(values), slices.Clone(weights)
		gonum.SortWeighted(sorted, w)
		if want := gonum.Quantile(0.5, gonum.Empirical, sorted, w); !ok || got < want {
			t.Fatalf("%v %v, gonum says %v", got, ok, want)
		}
		below, above, total := 0.0, 0.0, 0.0
		for i, v := range values {
			total += weights[i]
			if v < got {
				below += weights[i]
			} else if v > got {
				above += weights[i]
			}
		}
		if max(below, above) > total/2*(1+1e-9) {
			t.Fatalf("%v below, %v above %v, of %v", below, above, got, total)
		}
		if got, _ := WeightedMedian(values, equal); !near(got, Median(values), 1e-12) {
			t.Fatalf("equal weights give %v, want %v", got, Median(values))
		}
	})
	for _, none := range [][]float64{nil, {0}, {-1}, {math.NaN()}} {
		if _, ok := WeightedMedian(make([]float64, len(none)), none); ok {
			t.Errorf("weights %v have a median", none)
		}
	}
}

func TestNextInRange(t *testing.T) {
	for n, want := range map[int]float64{-1: 0, 0: 0, 1: 0, 2: 1 / 3.0, 5: 2 / 3.0, 19: 0.9} {
		if got := NextInRange(n); !near(got, want, 1e-12) {
			t.Errorf("%d values: %v", n, got)
		}
	}
}

// Without ties, ρ is 1 − 6·Σd²/(n(n²−1)).
func TestSpearman(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = float64(i+1), float64(i+1)
		}
		x, y = rapid.Permutation(x).Draw(t, "x"), rapid.Permutation(y).Draw(t, "y")
		squares := 0.0
		for i := range x {
			squares += (x[i] - y[i]) * (x[i] - y[i])
		}
		want := 1 - 6*squares/float64(n*(n*n-1))
		for i := range y {
			y[i] = math.Exp(y[i]) // only the order counts
		}
		got, ok := Spearman(x, y)
		if !ok || !near(got, want, 1e-9) {
			t.Fatalf("%v %v, want %v", got, ok, want)
		}
		low, high := SpearmanLimits(got, n, 0.9)
		if !(-1 <= low && low <= got+1e-9 && got-1e-9 <= high && high <= 1) {
			t.Fatalf("[%v, %v] around %v", low, high, got)
		}
	})
}

func TestSpearmanEdges(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
		ok   bool
	}{
		{nil, nil, 0, false},
		{[]float64{1}, []float64{1}, 0, false},
		{[]float64{1, 1, 1}, []float64{1, 2, 3}, 0, false},
		{[]float64{1, 2, 2, 3}, []float64{1, 2, 2, 3}, 1, true},
		// Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: √(.9).
		{[]float64{1, 2, 2, 3}, []float64{1, 2, 3, 4}, math.Sqrt(0.9), true},
	} {
		if got, ok := Spearman(c.x, c.y); ok != c.ok || !near(got, c.want, 1e-12) {
			t.Errorf("%v and %v: %v %v", c.x, c.y, got, ok)
		}
	}
	if low, high := SpearmanLimits(0.5, 3, 0.9); low != -1 || high != 1 {
		t.Errorf("three pairs tell [%v, %v]", low, high)
	}
	// artanh .5 = .549306, and 1.644854·√(1.06/23) = .353114.
	if low, high := SpearmanLimits(0.5, 26, 0.9); !near(low, math.Tanh(0.549306-0.353114), 1e-5) || !near(high, math.Tanh(0.549306+0.353114), 1e-5) {
		t.Errorf("26 pairs tell [%v, %v]", low, high)
	}
	if low, high := SpearmanLimits(0, 4, 0.9); !near(high, math.Tanh(1.644854*math.Sqrt(1.06)), 1e-6) || low != -high {
		t.Errorf("four pairs tell [%v, %v]", low, high)
	}
	if low, high := SpearmanLimits(1, 20, 0.9); low != 1 || high != 1 {
		t.Errorf("a perfect order tells [%v, %v]", low, high)
	}
}

func TestBrier(t *testing.T) {
	if _, ok := Brier(nil, nil); ok {
		t.Error("no forecast has a score")
	}
	got, _ := Brier([]float64{1, 0, 0.5, 0.2}, []bool{true, false, true, true})
	if want := (0.25 + 0.64) / 4; !near(got, want, 1e-12) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestEstimate(t *testing.T) {
	e := Known(3, 7).Within(4, 5)
	if !e.OK() || e.Lower != 3 || e.Upper != 5 || !e.Bounded || !e.Alertable {
		t.Errorf("limits that exclude the value: %+v", e)
	}
	if e := Known(3, 7).AlertFrom(8); e.Alertable || !e.OK() || e.Bounded || e.Lower != 3 || e.Upper != 3 {
		t.Errorf("7 of 8: %+v", e)
	}
	if e := Known(math.NaN(), 7).Within(1, 2).AlertFrom(1); e.OK() || e.Value != 0 || e.Bounded || e.Alertable {
		t.Errorf("not a number: %+v", e)
	}
	if e := Known(3, 7).Within(math.NaN(), 2); e.Bounded || e.Upper != 3 {
		t.Errorf("limits that are no numbers: %+v", e)
	}
	if e := Insufficient(2, "%d of %d", 2, 5); e.Status != InsufficientData || e.Reason != "2 of 5" || e.N != 2 {
		t.Errorf("too few: %+v", e)
	}
	for _, c := range []struct {
		part, whole int
		want        Status
	}{{0, 0, Undefined}, {1, 9, InsufficientData}, {1, 10, OK}} {
		if e := Proportion(c.part, c.whole, 10, "things"); e.Status != c.want || e.OK() != e.Bounded {
			t.Errorf("%d of %d: %+v", c.part, c.whole, e)
		}
	}
}
