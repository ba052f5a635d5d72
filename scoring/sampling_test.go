package scoring_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
)

// Property 4 of section 10 for the sampling interval.
func TestSamplingInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := anyEfforts(t, "part", 0, 10)
		rest := anyEfforts(t, "rest", len(part), len(part))
		whole := make([]effort.Micro, len(part))
		for i := range part {
			whole[i] = part[i] + rest[i]
		}
		persons := rapid.IntRange(1, 10).Draw(t, "persons")
		s, ok := scoring.SamplingInterval(part, whole, persons, scoring.Confidence)
		if ok != (total(whole) > 0) {
			t.Fatalf("defined %v for %d", ok, total(whole))
		}
		if !ok {
			return
		}
		if !(0 <= s.Low && s.Low <= s.Share && s.Share <= s.High && s.High <= 1) {
			t.Fatalf("interval %+v", s)
		}
		most := max(1, total(whole).PersonDays())
		if s.Variance == 0 {
			most = float64(persons)
		}
		if !(1 <= s.NEff && s.NEff <= most) {
			t.Fatalf("effective sample size %v, at most %v", s.NEff, most)
		}
	})
}

// One person's year says less than the same effort of many.
func TestSamplingIntervalNarrowsWithClusters(t *testing.T) {
	few, _ := scoring.SamplingInterval(pds(40, 0), pds(50, 50), 2, scoring.Confidence)
	var part, whole []effort.Micro
	for range 10 {
		part, whole = append(part, pds(4, 0)...), append(whole, pds(5, 5)...)
	}
	many, _ := scoring.SamplingInterval(part, whole, 20, scoring.Confidence)
	if few.Share != many.Share || !(few.High-few.Low > many.High-many.Low) {
		t.Errorf("few clusters give %+v, many %+v", few, many)
	}
}

func TestModelSpread(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		point   float64
		models  []float64
		want    scoring.Bounded
		spreads float64
	}{
		{0.5, nil, scoring.Bounded{Point: 0.5, Low: 0.5, High: 0.5}, 0},
		{0.5, []float64{0.5, 0.25, 0.75}, scoring.Bounded{Point: 0.5, Low: 0.25, High: 0.75}, 0.5},
		{0.5, []float64{0.75}, scoring.Bounded{Point: 0.5, Low: 0.5, High: 0.75}, 0.25},
		{inf, []float64{inf, inf}, scoring.Bounded{Point: inf, Low: inf, High: inf}, 0},
		{inf, []float64{2, inf}, scoring.Bounded{Point: inf, Low: 2, High: inf}, inf},
	} {
		if got, spread := scoring.ModelSpread(c.point, c.models...); got != c.want || spread != c.spreads {
			t.Errorf("%v and %v: %+v, %v", c.point, c.models, got, spread)
		}
	}
}
