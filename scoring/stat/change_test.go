package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCusum(t *testing.T) {
	chart := Cusum{Centre: 10, Sigma: 2, Allowance: 0.5, Limit: 4}
	for i, c := range []struct {
		value, up, down float64
		alarm           bool
	}{
		{10, 0, 0, false}, {14, 1.5, 0, false}, {10, 1, 0, false}, {16, 3.5, 0, false},
		{12, 4, 0, false}, // at the limit
		{12, 4.5, 0, true}, {10, 0, 0, false}, {4, 0, 2.5, false}, {0, 0, 7, true}, {14, 1.5, 0, false},
	} {
		next, alarm := chart.Step(c.value)
		if next.Up != c.up || next.Down != c.down || alarm != c.alarm {
			t.Errorf("step %d: %+v, alarm %v", i, next, alarm)
		}
		chart = next
	}
}

func TestDifferenceSigma(t *testing.T) {
	if DifferenceSigma(nil) != 0 || DifferenceSigma([]float64{3}) != 0 {
		t.Error("fewer than two values differ")
	}
	// One jump does not count.
	if got := DifferenceSigma([]float64{1, 1, 1, 9, 9, 9}); got != 0 {
		t.Errorf("%v", got)
	}
	// Differences 1, −1, 3, −3, 1: median 1, deviations 0 2 2 4 0.
	if got := DifferenceSigma([]float64{0, 1, 0, 3, 0, 1}); !near(got, Sigma*2/math.Sqrt2, 1e-12) {
		t.Errorf("%v", got)
	}
}

// costOf is what Partition minimises.
func costOf(values []float64, cuts []int, penalty float64) float64 {
	cost, from := penalty*float64(len(cuts)), 0
	for _, until := range append(slices.Clone(cuts), len(values)) {
		mean := 0.0
		for _, v := range values[from:until] {
			mean += v / float64(until-from)
		}
		for _, v := range values[from:until] {
			cost += (v - mean) * (v - mean)
		}
		from = until
	}
	return cost
}

// Partition finds the best of all sets of cuts.
func TestPartitionIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var values []float64
		for range rapid.IntRange(0, 11).Draw(t, "n") {
			values = append(values, float64(rapid.IntRange(-3, 3).Draw(t, "value")))
		}
		least := rapid.IntRange(0, 4).Draw(t, "least")
		penalty := rapid.Float64Range(0.1, 8).Draw(t, "penalty")
		cuts, cost := Partition(values, penalty, least)
		best := costOf(values, nil, penalty)
		for set := range uint(1) << max(0, len(values)-1) {
			var tried []int
			last, fits := 0, true
			for i := 1; i < len(values); i++ {
				if set>>(i-1)&1 == 1 {
					fits = fits && i-last >= least
					tried, last = append(tried, i), i
				}
			}
			if len(tried) > 0 && fits && len(values)-last >= least {
				best = min(best, costOf(values, tried, penalty))
			}
		}
		last := 0
		for _, cut := range append(slices.Clone(cuts), len(values)) {
			if len(cuts) > 0 && cut-last < max(least, 1) {
				t.Fatalf("%v cuts %d values too short", cuts, len(values))
			}
			last = cut
		}
		if len(values) > 0 && (!near(cost, best, 1e-9) || !near(cost, costOf(values, cuts, penalty), 1e-9)) {
			t.Fatalf("cuts %v cost %v, the best %v", cuts, cost, best)
		}
	})
	if cuts, cost := Partition(nil, 1, 4); cuts != nil || cost != 0 {
		t.Errorf("nothing: %v %v", cuts, cost)
	}
}

func TestWelch(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want Comparison
		ok   bool
	}{
		{[]float64{1}, []float64{1, 2}, Comparison{}, false},
		{[]float64{1, 2}, nil, Comparison{}, false},
		{[]float64{2, 2}, []float64{2, 2}, Comparison{P: 1}, true},
		{[]float64{2, 2}, []float64{3, 3}, Comparison{Delta: 1}, true},
		// Equal variances of 1, so that it is Student's: t = 3/√(2/3), 4 degrees.
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, Comparison{3, 3.6742346141747673, 4, 0.0213116411287567}, true},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, Comparison{-3, -3.6742346141747673, 4, 0.0213116411287567}, true},
		{[]float64{1, 3}, []float64{1, 3}, Comparison{0, 0, 2, 1}, true},
	} {
		got, ok := Welch(c.a, c.b)
		if ok != c.ok || !near(got.Delta, c.want.Delta, 1e-12) || !near(got.T, c.want.T, 1e-12) ||
			!near(got.DF, c.want.DF, 1e-9) || !near(got.P, c.want.P, 1e-9) {
			t.Errorf("%v and %v: %+v %v", c.a, c.b, got, ok)
		}
	}
}

func TestBadness(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		value, good, bad, want float64
		ok                     bool
	}{
		{1, 2, 3, 0, true}, {2.5, 2, 3, 0.5, true}, {4, 2, 3, 1, true},
		{0.6, 0.6, 0.4, 0, true}, {0.45, 0.6, 0.4, 0.75, true}, {0.1, 0.6, 0.4, 1, true},
		{inf, 0, 1, 1, true}, {-inf, 0, 1, 0, true}, {inf, 1, 0, 0, true}, {-inf, 1, 0, 1, true},
		{5, 5, 5, 0, true}, {6, 5, 5, 1, true}, {nan, 0, 1, 0, false}, {1, nan, 1, 0, false}, {1, 0, nan, 0, false},
	} {
		if got, ok := Badness(c.value, c.good, c.bad); ok != c.ok || !near(got, c.want, 1e-12) {
			t.Errorf("%+v: %v %v", c, got, ok)
		}
	}
	for _, c := range []struct {
		name     string
		e        Estimate
		good     float64
		bad      float64
		status   Status
		low, val float64
		high     float64
	}{
		{"limits", Known(0.5, 9).Within(0.25, 0.75), 0, 1, OK, 0.25, 0.5, 0.75},
		{"turned limits", Known(0.5, 9).Within(0.25, 1), 1, 0, OK, 0, 0.5, 0.75},
		{"no limits", Known(0.5, 9), 0, 1, OK, 0.5, 0.5, 0.5},
		{"missing", Insufficient(3, "few"), 0, 1, InsufficientData, 0, 0, 0},
		{"no anchors", Known(0.5, 9), nan, nan, Undefined, 0, 0, 0},
	} {
		got := BadnessOf(c.e, c.good, c.bad)
		if got.Status != c.status || got.Lower != c.low || got.Value != c.val || got.Upper != c.high || got.OK() && got.N != c.e.N {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := BadnessOf(Known(0.5, 3).AlertFrom(4), 0, 1); got.Alertable {
		t.Errorf("too few to alert: %+v", got)
	}
}
