package stat

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"gonum.org/v1/gonum/stat/distuv"
)

// At either limit the tail of the binomial distribution is what is left of the
// confidence.
func TestClopperPearsonSolvesItsEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		hits := rapid.IntRange(0, n).Draw(t, "hits")
		low, high := ClopperPearson(hits, n, 0.9)
		above := 1 - distuv.Binomial{N: float64(n), P: low}.CDF(float64(hits-1))
		below := distuv.Binomial{N: float64(n), P: high}.CDF(float64(hits))
		if hits > 0 && !near(above, 0.05, 1e-9) || hits == 0 && low != 0 {
			t.Fatalf("%d of %d: the lower limit %v leaves %v", hits, n, low, above)
		}
		if hits < n && !near(below, 0.05, 1e-9) || hits == n && high != 1 {
			t.Fatalf("%d of %d: the upper limit %v leaves %v", hits, n, high, below)
		}
	})
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{0, 0, 0, 1}, {3, -1, 0, 1}, {-2, 1, 0, 0.95}, {9, 1, 0.05, 1}} {
		if low, high := ClopperPearson(c.hits, c.n, 0.9); !near(low, c.low, 1e-12) || !near(high, c.high, 1e-12) {
			t.Errorf("%d of %d: [%v, %v]", c.hits, c.n, low, high)
		}
	}
}

func TestGarwoodSolvesItsEquations(t *testing.T) {
	for count := range 200 {
		low, high := Garwood(count, 0.9)
		if count == 0 {
			if low != 0 || !near(high, -math.Log(0.05), 1e-9) {
				t.Errorf("none: [%v, %v]", low, high)
			}
			continue
		}
		above := 1 - distuv.Poisson{Lambda: low}.CDF(float64(count-1))
		below := distuv.Poisson{Lambda: high}.CDF(float64(count))
		if !near(above, 0.05, 1e-9) || !near(below, 0.05, 1e-9) {
			t.Errorf("%d: [%v, %v] leave %v and %v", count, low, high, above, below)
		}
	}
	if low, high := Garwood(-1, 0.9); low != 0 || high <= 0 {
		t.Errorf("[%v, %v]", low, high)
	}
}

func TestFunnelLimits(t *testing.T) {
	for _, c := range []struct {
		mean, n, between, low, high float64
	}{
		{0.5, 0, 0, 0, 1}, {math.NaN(), 9, 0, 0, 1},
		{0, 9, 0, 0, 0},
		{0.5, 25, 0, 0.5 - 0.1*1.959963984540054, 0.5 + 0.1*1.959963984540054},
		{0.5, 25, 0.03, 0.5 - 0.2*1.959963984540054, 0.5 + 0.2*1.959963984540054},
		{0.5, 25, -1, 0.5 - 0.1*1.959963984540054, 0.5 + 0.1*1.959963984540054},
		{0.9, 1, 0, 0.9 - 0.3*1.959963984540054, 1},
	} {
		if low, high := FunnelLimits(c.mean, c.n, c.between, 0.95); !near(low, c.low, 1e-9) || !near(high, c.high, 1e-9) {
			t.Errorf("%+v: [%v, %v]", c, low, high)
		}
	}
}

func TestShrink(t *testing.T) {
	if _, ok := Shrink(nil, nil); ok {
		t.Error("no groups")
	}
	if _, ok := Shrink([]float64{0.4}, []float64{0}); ok {
		t.Error("no trials")
	}
	one, _ := Shrink([]float64{0.4}, []float64{9})
	if one.Between != 0 || !near(one.Mean, 0.4, 1e-12) || !near(one.Shrunk[0], 0.4, 1e-12) {
		t.Errorf("one group: %+v", one)
	}
	// Groups that differ less than by chance are all the mean.
	alike, _ := Shrink([]float64{0.5, 0.51, 0.49, 0.9}, []float64{20, 20, 20, 0})
	for i, s := range alike.Shrunk {
		if alike.Between != 0 || s != alike.Mean {
			t.Errorf("group %d of %+v", i, alike)
		}
	}
	certain, _ := Shrink([]float64{0, 1, 0.5}, []float64{10, 10, 10})
	if !(certain.Shrunk[0] > 0) || !(certain.Shrunk[1] < 1) || !(certain.Between > 0) {
		t.Errorf("only hits and only misses: %+v", certain)
	}
	if tiny, ok := Shrink([]float64{1, 1, 1, 7e-310}, []float64{1, 1, 1, 1}); !ok || math.IsNaN(tiny.Mean) {
		t.Errorf("a proportion next to nothing: %+v", tiny)
	}
	rapid.Check(t, func(t *rapid.T) {
		var p, n []float64
		for range rapid.IntRange(1, 6).Draw(t, "groups") {
			p = append(p, rapid.Float64Range(0, 1).Draw(t, "p"))
			n = append(n, rapid.Float64Range(0, 50).Draw(t, "n"))
		}
		pool, ok := Shrink(p, n)
		for i, s := range pool.Shrunk {
			if !ok || math.IsNaN(s) || n[i] > 0 && (s < min(p[i], pool.Mean)-1e-12 || s > max(p[i], pool.Mean)+1e-12) {
				t.Fatalf("group %d of %v with %v: %+v", i, p, n, pool)
			}
		}
	})
}
