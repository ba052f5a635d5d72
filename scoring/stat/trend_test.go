package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawWeekly(t *rapid.T, least, most int) Weekly {
	n := rapid.IntRange(least, most).Draw(t, "n")
	w, week := make(Weekly, n), rapid.IntRange(-5, 5).Draw(t, "first")
	for i := range w {
		week += rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "step")
		w[i] = Point{week, float64(rapid.IntRange(-6, 6).Draw(t, "value"))}
	}
	return w
}

func TestWeekOf(t *testing.T) {
	// 1970-01-01 was a Thursday.
	for day, want := range map[int]int{-10: -2, -4: -2, -3: -1, 0: -1, 3: -1, 4: 0, 10: 0, 11: 1, 20000: 2856} {
		if got := WeekOf(day); got != want {
			t.Errorf("day %d is in week %d, want %d", day, got, want)
		}
	}
}

func TestWeekly(t *testing.T) {
	w := Weekly{{1, 10}, {2, 12}, {4, math.NaN()}, {5, 11}, {6, math.Inf(1)}, {6, math.Inf(-1)}, {7, 9}, {8, 10}}
	if got := w.Last(7, 7); !slices.Equal(got, Weekly{{1, 10}, {2, 12}, {5, 11}, {7, 9}}) {
		t.Errorf("last 7 weeks are %v", got)
	}
	if got := w.Last(6, 7); len(got) != 3 || got[0].Week != 2 {
		t.Errorf("last 6 weeks are %v", got)
	}
	if got := w.Last(10, 10).Differences(); !slices.Equal(got, Weekly{{2, 2}, {8, 1}}) {
		t.Errorf("differences are %v", got)
	}
}

func TestTheilSenFindsALine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeekly(t, 2, 12)
		slope := float64(rapid.IntRange(-8, 8).Draw(t, "slope")) / 4
		for i := range w {
			w[i].Value = 3 + slope*float64(w[i].Week)
		}
		// An outlier among at least seven points moves nothing.
		if len(w) >= 7 {
			w[rapid.IntRange(0, len(w)-1).Draw(t, "outlier")].Value += 1000
		}
		l, ok := TheilSen(w, 0.9)
		if !ok || !near(l.Slope, slope, 1e-9) || !near(l.Intercept, 3, 1e-9) || !near(l.At(2.5), 3+2.5*slope, 1e-9) {
			t.Fatalf("%+v %v, want slope %v", l, ok, slope)
		}
	})
}

// The limits are those of scipy.stats.theilslopes with alpha = 0.9 for the
// output of vector TV-M1.
func TestTheilSenLimits(t *testing.T) {
	var w Weekly
	for i, v := range []float64{4, 5, 5, 6, 7, 6, 8, 8, 9, 9, 10, 11} {
		w = append(w, Point{i, v})
	}
	if l, _ := TheilSen(w, 0.9); !near(l.Slope, 0.6, 1e-12) || !near(l.Lower, 0.5, 1e-12) || !near(l.Upper, 2/3.0, 1e-12) {
		t.Errorf("%+v", l)
	}
}

func TestTheilSenTurnsWithItsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeekly(t, 2, 12)
		l, _ := TheilSen(w, 0.9)
		if !(l.Lower <= l.Slope && l.Slope <= l.Upper) {
			t.Fatalf("%+v", l)
		}
		wide, _ := TheilSen(w, 0.99)
		if wide.Lower > l.Lower || wide.Upper < l.Upper {
			t.Fatalf("99 %%: %+v, 90 %%: %+v", wide, l)
		}
		down, _ := TheilSen(w.Map(func(v float64) float64 { return -2 * v }), 0.9)
		if !near(down.Slope, -2*l.Slope, 1e-9) {
			t.Fatalf("%v turned is %v", l.Slope, down.Slope)
		}
		if rest := Median(w.Residuals(l)); !near(rest, 0, 1e-9) {
			t.Fatalf("the line lies %v off the middle", rest)
		}
	})
	if _, ok := TheilSen(Weekly{{3, 1}}, 0.9); ok {
		t.Error("one point makes a line")
	}
}

// The variance is that of S over all orders of the values, which can be
// written out for a few of them.
func TestKendallVarianceIsThatOfAllOrders(t *testing.T) {
	for _, values := range [][]float64{{1, 2}, {1, 2, 3, 4, 5}, {1, 1, 2, 3, 3}, {2, 2, 2, 2}, {1, 1, 1, 2, 2, 3}} {
		sum, squares, n := 0.0, 0.0, 0.0
		permute(values, func(order []float64) {
			w := make(Weekly, len(order))
			for i, v := range order {
				w[i] = Point{i, v}
			}
			s := float64(MannKendall(w).S)
			sum, squares, n = sum+s, squares+s*s, n+1
		})
		if want := squares/n - sum*sum/n/n; !near(kendallVariance(values), want, 1e-9) {
			t.Errorf("%v: %v, want %v", values, kendallVariance(values), want)
		}
	}
}

func permute(values []float64, visit func([]float64)) {
	var step func([]float64, []float64)
	step = func(done, left []float64) {
		if len(left) == 0 {
			visit(done)
			return
		}
		for i := range left {
			rest := slices.Delete(slices.Clone(left), i, i+1)
			step(append(slices.Clone(done), left[i]), rest)
		}
	}
	step(nil, values)
}

func TestMannKendall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeekly(t, 2, 14)
		up := MannKendall(w)
		down := MannKendall(w.Map(func(v float64) float64 { return -v }))
		if up.S != -down.S || !near(up.Up, down.Down, 1e-12) || !near(up.Up+up.Down, 1, 1e-12) {
			t.Fatalf("up %+v, down %+v", up, down)
		}
		if up.Rho < 0.3 || up.Rho > 0.8 || up.VIF <= 1 || math.Abs(up.Corrected) > math.Abs(up.Z) {
			t.Fatalf("the correction makes it surer: %+v", up)
		}
		stretched := MannKendall(w.Map(func(v float64) float64 { return v * v * v }))
		if stretched.S != up.S || stretched.Tau != up.Tau {
			t.Fatalf("only the order counts: %+v, %+v", up, stretched)
		}
	})
}

// The figures are those of vector TV-M1, from another implementation.
func TestMannKendallFigures(t *testing.T) {
	var w Weekly
	for i, v := range []float64{4, 5, 5, 6, 7, 6, 8, 8, 9, 9, 10, 11} {
		w = append(w, Point{i, v})
	}
	got := MannKendall(w)
	for name, pair := range map[string][2]float64{
		"S": {float64(got.S), 60}, "Var": {got.Var, 208.666667}, "Z": {got.Z, 4.084374}, "Tau": {got.Tau, 0.937958},
		"Rho": {got.Rho, 0.3}, "VIF": {got.VIF, 1.755102}, "Corrected": {got.Corrected, 3.083005}, "Up": {got.Up, 0.001025},
	} {
		if !near(pair[0], pair[1], 1e-6) {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestNeighbours(t *testing.T) {
	// The mean is 7/3, the deviations are −4/3, −1/3 and 5/3.
	for _, c := range []struct {
		weeks [3]int
		want  float64
	}{{[3]int{1, 2, 3}, -1 / 42.0}, {[3]int{1, 2, 4}, 4 / 42.0}, {[3]int{1, 3, 4}, -5 / 42.0}, {[3]int{1, 3, 5}, 0}} {
		w := Weekly{{c.weeks[0], 1}, {c.weeks[1], 2}, {c.weeks[2], 4}}
		if got := neighbours(w, w.Values()); !near(got, c.want, 1e-12) {
			t.Errorf("weeks %v: %v, want %v", c.weeks, got, c.want)
		}
	}
	if got := neighbours(Weekly{{1, 3}, {2, 3}}, []float64{3, 3}); got != 0 {
		t.Errorf("nothing varies: %v", got)
	}
}

func TestMannKendallEdges(t *testing.T) {
	if got := MannKendall(nil); got.S != 0 || got.Up != 0.5 || got.HasTau {
		t.Errorf("no weeks: %+v", got)
	}
	constant := Weekly{{1, 4}, {2, 4}, {3, 4}}
	if got := MannKendall(constant); got.Z != 0 || got.Up != 0.5 || got.HasTau {
		t.Errorf("constant: %+v", got)
	}
	// Long waves show their autocorrelation, up to the limit.
	var waves Weekly
	for i := range 40 {
		waves = append(waves, Point{i, math.Sin(float64(i) / 6)})
	}
	if got := MannKendall(waves); got.Rho != 0.8 {
		t.Errorf("waves have an autocorrelation of %v", got.Rho)
	}
	// The same waves with a gap after each week have no neighbours.
	for i := range waves {
		waves[i].Week *= 2
	}
	if got := MannKendall(waves); got.Rho != 0.3 {
		t.Errorf("weeks apart have an autocorrelation of %v", got.Rho)
	}
}
