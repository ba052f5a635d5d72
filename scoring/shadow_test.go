package scoring_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
)

// Property 4 of section 10 for the shadow roadmap.
func TestShadowIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEfforts(t, "on, run work, excluded, stopped, unknown", 5, 5)
		mix := scoring.Mix{On: e[0], RunWork: e[1], Excluded: e[2], Stopped: e[3], Unknown: e[4]}
		if mix.Total() != total(e) {
			t.Fatalf("total %d, want %d", mix.Total(), total(e))
		}
		s, ok := scoring.ShadowOf(mix)
		if ok != (mix.On+mix.Off() > 0) {
			t.Fatalf("defined %v for %+v", ok, mix)
		}
		if !ok {
			return
		}
		if !(0 <= s.Ratio.Low && s.Ratio.Low <= s.Ratio.Point && s.Ratio.Point <= s.Ratio.High) {
			t.Fatalf("ratio %+v", s.Ratio)
		}
		if !(0 <= s.Share.Low && s.Share.Low <= s.Share.Point && s.Share.Point <= s.Share.High && s.Share.High <= 1) {
			t.Fatalf("share %+v", s.Share)
		}
		if broad, ok := scoring.BroadShadow(mix); !ok || broad < s.Ratio.Point {
			t.Fatalf("broad ratio %v, narrow %v", broad, s.Ratio.Point)
		}
		want := scoring.FictionNo
		if mix.Off() > mix.On {
			want = scoring.FictionPossible
		}
		if mix.Excluded+mix.Stopped > mix.On+mix.Unknown {
			want = scoring.FictionConfirmed
		}
		if s.Fiction != want {
			t.Fatalf("verdict %q on %+v, want %q", s.Fiction, mix, want)
		}
	})
}

func TestShadowVerdictAtOneHalf(t *testing.T) {
	for _, c := range []struct {
		mix   scoring.Mix
		ratio float64
		low   float64
		want  scoring.Fiction
	}{
		{scoring.Mix{On: 5, Excluded: 5}, 1, 1, scoring.FictionNo},
		{scoring.Mix{On: 5, Excluded: 5, Stopped: 1}, 1.2, 1.2, scoring.FictionConfirmed},
		{scoring.Mix{On: 5, Unknown: 6}, 1.2, 0, scoring.FictionPossible},
		{scoring.Mix{On: 5, Excluded: 6, Unknown: 1}, 1.4, 1, scoring.FictionPossible},
		{scoring.Mix{Stopped: 1}, math.Inf(1), math.Inf(1), scoring.FictionConfirmed},
		{scoring.Mix{Unknown: 1}, math.Inf(1), 0, scoring.FictionPossible},
	} {
		got, ok := scoring.ShadowOf(c.mix)
		if !ok || got.Ratio.Point != c.ratio || got.Ratio.Low != c.low || got.Fiction != c.want {
			t.Errorf("%+v: %+v, want %v, %v, %s", c.mix, got, c.ratio, c.low, c.want)
		}
	}
}

func TestToilOverrun(t *testing.T) {
	for _, c := range []struct {
		run, total, budget float64
		ratio, over        float64
		ok                 bool
	}{
		{1, 10, 0.25, 0, 0, true},
		{5, 10, 0.25, 0.25, 2.5, true},
		{5, 10, 0, 0.5, 5, true},
		{5, 10, -1, 0, 0, false},
		{0, 0, 0.25, 0, 0, false},
	} {
		ratio, over, ok := scoring.ToilOverrun(pd(c.run), pd(c.total), c.budget)
		if ratio != c.ratio || over != pd(c.over) || ok != c.ok {
			t.Errorf("%+v: %v, %d, %v", c, ratio, over, ok)
		}
	}
}

func TestAdjustedCount(t *testing.T) {
	for _, c := range []struct {
		observed, tpr, fpr, want float64
		ok                       bool
	}{
		{0.5, 0.9, 0.61, 0, false}, // too close to chance
		{0.5, 0.4, 0.1, 1, true},   // exactly far enough
		{0.05, 0.9, 0.1, 0, true},  // clipped
		{0.95, 0.9, 0.1, 1, true},
		{0.5, math.NaN(), 0.1, 0, false},
	} {
		if got, ok := scoring.AdjustedCount(c.observed, c.tpr, c.fpr); got != c.want || ok != c.ok {
			t.Errorf("%+v: %v %v", c, got, ok)
		}
	}
	// What the correction undoes: a true share seen through the classifier.
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		fpr := rapid.Float64Range(0, 0.6).Draw(t, "fpr")
		tpr := rapid.Float64Range(fpr+0.31, 1).Draw(t, "tpr")
		got, ok := scoring.AdjustedCount(share*tpr+(1-share)*fpr, tpr, fpr)
		if !ok || math.Abs(got-share) > 1e-9 {
			t.Fatalf("%v %v, want %v", got, ok, share)
		}
	})
}

func TestProbShadowOverHalf(t *testing.T) {
	for _, c := range []struct{ share, n, want float64 }{{0, 9, 0}, {1, 9, 1}, {0.5, 9, 0.5}} {
		if got := scoring.ProbShadowOverHalf(c.share, c.n); got != c.want {
			t.Errorf("share %v: %v, want %v", c.share, got, c.want)
		}
	}
	less, more := scoring.ProbShadowOverHalf(0.6, 5), scoring.ProbShadowOverHalf(0.6, 50)
	if !(0.5 < less && less < more && more < 1) {
		t.Errorf("5 observations say %v, 50 say %v", less, more)
	}
}
