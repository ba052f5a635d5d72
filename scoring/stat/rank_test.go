package stat

import (
	"testing"

	"pgregory.net/rapid"

	gonum "gonum.org/v1/gonum/stat"
)

func TestRankOrderCentroid(t *testing.T) {
	for n, want := range map[int][]float64{
		-1: {}, 0: {}, 1: {1}, 2: {0.75, 0.25}, 3: {11.0 / 18, 5.0 / 18, 2.0 / 18},
	} {
		got := RankOrderCentroid(n)
		if len(got) != len(want) {
			t.Fatalf("%d ranks have %d weights", n, len(got))
		}
		for r := range want {
			if !near(got[r], want[r], 1e-15) {
				t.Errorf("weight %d of %d is %v, want %v", r+1, n, got[r], want[r])
			}
		}
	}
	sum, last := 0.0, 2.0
	for r, w := range RankOrderCentroid(500) {
		if w >= last {
			t.Errorf("weight %d is %v after %v", r+1, w, last)
		}
		sum, last = sum+w, w
	}
	if !near(sum, 1, 1e-12) {
		t.Errorf("500 weights add up to %v", sum)
	}
}

func TestKendallTauB(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
		ok   bool
	}{
		{nil, nil, 0, false},
		{[]float64{1}, []float64{1}, 0, false},
		{[]float64{1, 2, 3}, []float64{7, 7, 7}, 0, false},
		{[]float64{7, 7, 7}, []float64{1, 2, 3}, 0, false},
		{[]float64{1, 2, 3}, []float64{2, 4, 8}, 1, true},
		{[]float64{1, 2, 3}, []float64{8, 4, 2}, -1, true},
		// 4 concordant, 1 discordant, 1 tie in y, of 6: 3/√(6·5).
		{[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 3}, 0.5477225575051661, true},
		// Ties in both: 2/√(2·2).
		{[]float64{1, 1, 2}, []float64{5, 5, 6}, 1, true},
	} {
		got, ok := KendallTauB(c.x, c.y)
		if ok != c.ok || !near(got, c.want, 1e-15) {
			t.Errorf("τ of %v and %v is %v %v, want %v %v", c.x, c.y, got, ok, c.want, c.ok)
		}
	}
}

// Without ties τ-b is τ-a, which gonum has.
func TestKendallTauBAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distinct := func(name string, n int) []float64 {
			return rapid.SliceOfNDistinct(rapid.Float64Range(-1e6, 1e6), n, n, rapid.ID).Draw(t, name)
		}
		n := rapid.IntRange(2, 30).Draw(t, "n")
		x, y := distinct("x", n), distinct("y", n)
		got, ok := KendallTauB(x, y)
		if want := gonum.Kendall(x, y, nil); !ok || !near(got, want, 1e-12) {
			t.Fatalf("%v %v, gonum has %v", got, ok, want)
		}
	})
}
