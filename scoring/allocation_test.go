package scoring_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
)

// anyEfforts draws amounts of effort, often equal and often none.
func anyEfforts(t *rapid.T, label string, least, most int) []effort.Micro {
	amount := rapid.OneOf(
		rapid.SampledFrom([]effort.Micro{0, 0, 1, effort.PersonDay}),
		rapid.Map(rapid.Int64Range(0, 1e9), func(n int64) effort.Micro { return effort.Micro(n) }))
	return rapid.SliceOfN(amount, least, most).Draw(t, label)
}

func total(of []effort.Micro) (sum effort.Micro) {
	for _, e := range of {
		sum += e
	}
	return sum
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		part, whole effort.Micro
		want        float64
		ok          bool
	}{
		{1, 4, 0.25, true}, {0, 4, 0, true}, {3, 0, math.Inf(1), true}, {0, 0, 0, false},
	} {
		if got, ok := scoring.Ratio(c.part, c.whole); got != c.want || ok != c.ok {
			t.Errorf("%d / %d is %v %v", c.part, c.whole, got, ok)
		}
	}
}

// Property 4 of section 10 for the top objectives.
func TestTopShareIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEfforts(t, "top, unknown, other, run work", 4, 4)
		sum := total(e)
		b, ok := scoring.TopShare(e[0], e[1], sum)
		if ok != (sum > 0) {
			t.Fatalf("defined %v for %d", ok, sum)
		}
		if !(0 <= b.Low && b.Low <= b.Point && b.Point <= b.High && b.High <= 1) {
			t.Fatalf("bounds %+v", b)
		}
		free, ok := scoring.TopShare(e[0], e[1], scoring.Discretionary(sum, e[3]))
		if ok && (free.Point < b.Point || free.High > 1) {
			t.Fatalf("of the discretionary effort %+v, of all %+v", free, b)
		}
	})
}

func TestPriorityWeighted(t *testing.T) {
	for _, c := range []struct {
		byRank []effort.Micro
		total  effort.Micro
		want   float64
		ok     bool
	}{
		{nil, 5, 0, false},
		{[]effort.Micro{0, 0}, 0, 0, false},
		{[]effort.Micro{5, 0, 0}, 5, 1, true},
		{[]effort.Micro{0, 5}, 5, 1.0 / 3, true}, // weights ¾ and ¼
		{[]effort.Micro{0, 0}, 5, 0, true},
	} {
		got, ok := scoring.PriorityWeighted(c.byRank, c.total)
		if ok != c.ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v of %d: %v %v, want %v", c.byRank, c.total, got, ok, c.want)
		}
	}
}

func TestAllocationGap(t *testing.T) {
	const none = scoring.NoTarget
	for _, c := range []struct {
		name    string
		spent   []effort.Micro
		targets []float64
		gap     float64
		move    effort.Micro
		ok      bool
	}{
		{"no effort", pds(0, 0), []float64{0.5, 0.5}, 0, 0, false},
		{"nothing declared", pds(4, 6), []float64{none, none}, 0, 0, false},
		{"only zeros declared", pds(4, 6), []float64{none, 0}, 0, 0, false},
		{"as declared", pds(4, 6), []float64{0.4, 0.6}, 0, 0, true},
		{"all elsewhere", pds(0, 6), []float64{1, 0}, 1, pd(6), true},
		{"the rest is everybody's", pds(4, 1, 5), []float64{0.4, none, none}, 0, 0, true},
		{"the rest is not unknown work's", pds(4, 1, 5), []float64{0.4, none, 0}, 0.5, pd(5), true},
		{"a rest that nobody used", pds(4, 6), []float64{0.4, 0}, 0.6, pd(6), true},
		{"more declared than there is", pds(5, 5), []float64{0.9, 0.9}, 0.4, pd(4), true},
	} {
		gap, move, ok := scoring.AllocationGap(c.spent, c.targets)
		if ok != c.ok || math.Abs(gap-c.gap) > 1e-12 || move != c.move {
			t.Errorf("%s: %v, %d, %v, want %v, %d, %v", c.name, gap, move, ok, c.gap, c.move, c.ok)
		}
	}
}

// The gap is what must be taken from where there is too much.
func TestAllocationGapIsTheExcess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spent := anyEfforts(t, "spent", 2, 8)
		wanted := anyEfforts(t, "wanted", len(spent), len(spent))
		if total(spent) == 0 || total(wanted) == 0 {
			t.Skip("nothing to compare")
		}
		targets, excess := make([]float64, len(spent)), 0.0
		for i := range spent {
			targets[i] = float64(wanted[i]) / float64(total(wanted))
			excess += max(0, float64(spent[i])/float64(total(spent))-targets[i])
		}
		gap, _, ok := scoring.AllocationGap(spent, targets)
		if !ok || math.Abs(gap-excess) > 1e-9 || gap > 1 {
			t.Fatalf("gap %v %v, excess %v", gap, ok, excess)
		}
	})
}

func TestPriorityInversion(t *testing.T) {
	for _, c := range []struct {
		byRank []effort.Micro
		want   float64
		ok     bool
	}{
		{nil, 0, false},
		{pds(1), 0, false},
		{pds(2, 2, 2), 0, false},
		{pds(3, 2, 1), 0, true},
		{pds(1, 2, 3), 1, true},
		{pds(2, 2, 1), 0, true},
	} {
		if got, ok := scoring.PriorityInversion(c.byRank); got != c.want || ok != c.ok {
			t.Errorf("%v: %v %v, want %v %v", c.byRank, got, ok, c.want, c.ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		byRank := anyEfforts(t, "by rank", 0, 8)
		got, ok := scoring.PriorityInversion(byRank)
		reversed := make([]effort.Micro, len(byRank))
		for i, e := range byRank {
			reversed[len(byRank)-1-i] = e
		}
		back, okBack := scoring.PriorityInversion(reversed)
		if ok != okBack || ok && (got < 0 || got > 1 || math.Abs(got+back-1) > 1e-9) {
			t.Fatalf("%v forwards, %v backwards", got, back)
		}
	})
}

func TestPriorityFidelity(t *testing.T) {
	for _, c := range []struct {
		ranks []int
		spent []effort.Micro
		want  float64
		ok    bool
	}{
		{[]int{1}, pds(1), 0, false},
		{[]int{1, 2}, pds(3, 3), 0, false},
		{[]int{1, 2, 3}, pds(3, 2, 1), 1, true},
		{[]int{3, 2, 1}, pds(3, 2, 1), -1, true},
	} {
		if got, ok := scoring.PriorityFidelity(c.ranks, c.spent); got != c.want || ok != c.ok {
			t.Errorf("ranks %v, effort %v: %v %v, want %v %v", c.ranks, c.spent, got, ok, c.want, c.ok)
		}
	}
}

func TestStarved(t *testing.T) {
	if _, ok := scoring.Starved(pds(0), 0, scoring.StarvedShare); ok {
		t.Error("without effort nobody starves")
	}
	// Exactly 5 % is enough.
	if n, ok := scoring.Starved(pds(5, 4.999999, 0), pd(100), scoring.StarvedShare); n != 2 || !ok {
		t.Errorf("%d starve, %v", n, ok)
	}
}
