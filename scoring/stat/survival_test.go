package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawObserved(t *rapid.T, least, most int) []Observed {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Observed {
		return Observed{Time: float64(rapid.IntRange(0, 40).Draw(t, "time")), Ended: rapid.Bool().Draw(t, "ended")}
	}), least, most).Draw(t, "observed")
}

// The oracle is Efron's: whoever is censored leaves their share to those who
// are still watched, so S(t) is the mass beyond t. It fits where the last one
// ends, and up to the last time otherwise.
func TestKaplanMeierRedistributesToTheRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawObserved(t, 1, 15)
		sorted := slices.Clone(all)
		slices.SortFunc(sorted, func(a, b Observed) int {
			if a.Time == b.Time && a.Ended != b.Ended {
				if a.Ended {
					return -1
				}
				return 1
			}
			return int(a.Time - b.Time)
		})
		mass := make([]float64, len(sorted))
		for i := range mass {
			mass[i] = 1 / float64(len(mass))
		}
		for i, o := range sorted {
			if rest := len(sorted) - i - 1; !o.Ended && rest > 0 {
				for j := i + 1; j < len(sorted); j++ {
					mass[j] += mass[i] / float64(rest)
				}
				mass[i] = 0
			}
		}
		s := KaplanMeier(all)
		for day := 0.0; day <= 41; day++ {
			ended := 0.0
			for i, o := range sorted {
				if o.Ended && o.Time <= day {
					ended += mass[i]
				}
			}
			if got := s.At(day); !near(got, 1-ended, 1e-9) {
				t.Fatalf("S(%v) = %v, want %v", day, got, 1-ended)
			}
		}
	})
}

// Section 10, property 6, first half.
func TestKaplanMeierWithoutCensoringIsTheEmpiricalSurvival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawObserved(t, 1, 20)
		for i := range all {
			all[i].Ended = true
		}
		s := KaplanMeier(all)
		mean := 0.0
		for day := 0.0; day <= 41; day++ {
			beyond := 0
			for _, o := range all {
				if o.Time > day {
					beyond++
				}
			}
			share := float64(beyond) / float64(len(all))
			if !near(s.At(day), share, 1e-12) {
				t.Fatalf("S(%v) = %v, want %v", day, s.At(day), share)
			}
			mean += share
		}
		// All times are whole and below 41, so the sum over days is the mean.
		if got, ok := s.Restricted(1000); !ok || !near(got, mean, 1e-9) {
			t.Fatalf("mean %v %v, want %v", got, ok, mean)
		}
	})
}

// Section 10, property 6, second half.
func TestCensoringNeverShortensTheRestrictedMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawObserved(t, 0, 15)
		at := float64(rapid.IntRange(0, 40).Draw(t, "at"))
		until := float64(rapid.IntRange(0, 45).Draw(t, "until"))
		censored, ok := KaplanMeier(append(slices.Clone(all), Observed{at, false})).Restricted(until)
		ended, ok2 := KaplanMeier(append(slices.Clone(all), Observed{at, true})).Restricted(until)
		if ok && !ok2 {
			t.Fatal("defined only when censored")
		}
		if ok && ended > censored+1e-9 {
			t.Fatalf("%v when it ended, %v when censored", ended, censored)
		}
		if ok && !(0 <= censored && censored <= until) {
			t.Fatalf("%v of %v", censored, until)
		}
	})
}

func TestMedianLiesWithinItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := KaplanMeier(drawObserved(t, 0, 20))
		low, high := s.MedianLimits(0.95)
		wideLow, wideHigh := s.MedianLimits(0.99)
		if wideLow > low || wideHigh < high {
			t.Fatalf("99 %% limits [%v, %v] within 95 %% limits [%v, %v]", wideLow, wideHigh, low, high)
		}
		median, ok := s.Median()
		if ok && !(low <= median && median <= high) {
			t.Fatalf("median %v outside [%v, %v]", median, low, high)
		}
		if !ok && !math.IsInf(high, 1) {
			t.Fatalf("no median, yet at most %v", high)
		}
	})
}

// Worked by hand at z = 1.959964. Of eight that end one by one on days 1 to 8,
// S(4) = ½ with Greenwood's sum 1/(8·7) + 1/(7·6) + 1/(6·5) + 1/(5·4) = ⅛, so
// the limits of S(4) are ½^exp(±z·√⅛/ln 2) = ½^2.717 and ½^0.368: the lower one
// is below ½ long before, the upper one not yet.
func TestMedianLimitsByHand(t *testing.T) {
	var observed []Observed
	for day := 1; day <= 8; day++ {
		observed = append(observed, Observed{float64(day), true})
	}
	s := KaplanMeier(observed)
	if h := s.Steps[3].hazard; !near(h, 0.125, 1e-12) {
		t.Errorf("Greenwood's sum is %v", h)
	}
	// S(1) = ⅞: exp(z·√(1/56)/0.133531) = 7.11, ⅞^7.11 = 0.387.
	// S(7) = ⅛: Greenwood's sum is ⅞, exp(−z·√⅞/2.079442) = 0.414, ⅛^0.414 = 0.423;
	// S(6) = ¼: it is ⅜, exp(−z·√⅜/1.386294) = 0.421, ¼^0.421 = 0.558.
	if low, high := s.MedianLimits(0.95); low != 1 || high != 7 {
		t.Errorf("limits are [%v, %v]", low, high)
	}
	// Nothing survives day 3, which has no upper limit: S(2) = ⅓ reaches up to
	// ⅓^exp(−z·√⅔/1.098612) = 0.774.
	if low, high := KaplanMeier(observed[:3]).MedianLimits(0.95); low != 1 || !math.IsInf(high, 1) {
		t.Errorf("limits of three are [%v, %v]", low, high)
	}
}

func TestSurvivalEdges(t *testing.T) {
	none := KaplanMeier(nil)
	if _, ok := none.Restricted(28); ok || none.At(3) != 1 {
		t.Errorf("nothing observed: %+v", none)
	}
	if s := KaplanMeier([]Observed{{-1, true}, {math.NaN(), true}, {2, true}}); s.N != 1 || s.At(2) != 0 {
		t.Errorf("invalid times count: %+v", s)
	}
	for _, c := range []struct {
		name  string
		in    []Observed
		until float64
		want  float64
		ok    bool
	}{
		{"followed just long enough", []Observed{{28, false}}, 28, 28, true},
		{"not followed long enough", []Observed{{27, false}}, 28, 0, false},
		{"nothing left to follow", []Observed{{3, true}, {5, true}}, 28, 4, true},
		{"ends at the limit", []Observed{{28, true}}, 28, 28, true},
		{"a tie: censored is at risk", []Observed{{10, true}, {10, false}, {40, false}}, 28, 10 + 18*2/3.0, true},
		{"no time at all", []Observed{{10, true}}, 0, 0, true},
		{"negative limit", []Observed{{10, true}}, -1, 0, false},
	} {
		if got, ok := KaplanMeier(c.in).Restricted(c.until); ok != c.ok || !near(got, c.want, 1e-9) {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
	// One half exactly, by fractions that rounding keeps from it.
	var tenths []Observed
	for i := range 10 {
		tenths = append(tenths, Observed{float64(i + 1), true})
	}
	if m, ok := KaplanMeier(tenths).Median(); !ok || m != 5 {
		t.Errorf("median of 1 to 10 is %v %v, want the first at one half", m, ok)
	}
}
