package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDiscoveries(t *testing.T) {
	for _, c := range []struct {
		p    []float64
		want []bool
	}{
		{nil, []bool{}},
		{[]float64{.1}, []bool{true}},
		{[]float64{.1001}, []bool{false}},
		// The limits are .025, .05, .075 and .1: the third carries the second.
		{[]float64{.5, .07, .06, .01}, []bool{false, true, true, true}},
		{[]float64{.03, .6, .7, .8}, []bool{false, false, false, false}},
		{[]float64{.04, math.NaN(), .9}, []bool{true, false, false}},
	} {
		if got := Discoveries(c.p, .1); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.p, got, c.want)
		}
	}
}

// The oracle counts: p is found when for some limit at or above it, so many
// values lie at or below that limit that the rate bears it.
func TestDiscoveriesByCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 40), func(n int) float64 { return float64(n) / 128 }), 1, 12).Draw(t, "p")
		got := Discoveries(p, .125)
		for i := range p {
			want := false
			for _, limit := range p {
				n := 0
				for _, v := range p {
					if v <= limit {
						n++
					}
				}
				want = want || limit >= p[i] && limit*float64(len(p)) <= .125*float64(n)
			}
			if got[i] != want {
				t.Fatalf("%v: number %d is %v, want %v", p, i, got[i], want)
			}
		}
	})
}
