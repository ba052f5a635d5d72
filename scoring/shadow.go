package scoring

import (
	"math"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A Mix is effort by what it was for. The five parts exclude each other and
// hold all effort.
type Mix struct {
	On       effort.Micro // active declared objectives
	RunWork  effort.Micro // by rule: incidents, on call, upgrades, support
	Excluded effort.Micro // explicit non-goals
	Stopped  effort.Micro // objectives stopped by then, after grace
	Unknown  effort.Micro // nothing matched
}

// Total returns all effort.
func (m Mix) Total() effort.Micro { return m.On + m.RunWork + m.Off() }

// Off returns the effort that serves no declared purpose as far as is known.
func (m Mix) Off() effort.Micro { return m.Excluded + m.Stopped + m.Unknown }

// Fiction is the verdict on whether the declared roadmap is the smaller one.
type Fiction string

// The verdicts.
const (
	FictionNo        Fiction = "no"
	FictionPossible  Fiction = "possible"  // only if the unknown work is not on the roadmap
	FictionConfirmed Fiction = "confirmed" // even if all unknown work is on the roadmap
)

// A Shadow is how large the undeclared roadmap is beside the declared one. Run
// work is in neither.
type Shadow struct {
	Ratio   Bounded // off / on; +Inf when nothing is on
	Share   Bounded // off / (off + on), 0 to 1
	Fiction Fiction
}

// ShadowOf is scores S1 and S2. The point counts unknown work as off the
// roadmap, and so does the upper bound; the lower bound counts it as on. The
// verdict is taken from the bounds. It is undefined when all effort is run
// work.
func ShadowOf(m Mix) (Shadow, bool) {
	certain := m.Excluded + m.Stopped
	point, ok := Ratio(m.Off(), m.On)
	if !ok {
		return Shadow{}, false
	}
	low, _ := Ratio(certain, m.On+m.Unknown)
	share := float64(m.Off()) / float64(m.Off()+m.On)
	s := Shadow{
		Ratio: Bounded{Point: point, Low: low, High: point},
		Share: Bounded{
			Point: share,
			Low:   float64(certain) / float64(m.Off()+m.On),
			High:  share,
		},
		Fiction: FictionNo,
	}
	// Whole numbers decide, so that a share of exactly one half is no fiction.
	switch {
	case certain > m.On+m.Unknown:
		s.Fiction = FictionConfirmed
	case m.Off() > m.On:
		s.Fiction = FictionPossible
	}
	return s, true
}

// BroadShadow is the variant of S1 that counts run work as off the roadmap. It
// is +Inf when nothing is on it, undefined without effort.
func BroadShadow(m Mix) (float64, bool) { return Ratio(m.Off()+m.RunWork, m.On) }

// RunWorkShare is score S3: the share of run work in all effort, undefined
// without effort.
func RunWorkShare(m Mix) (float64, bool) { return Ratio(m.RunWork, m.Total()) }

// ToilOverrun is the run work beyond its declared budget (a share of all
// effort), as a share and as effort; 0 within the budget. It is undefined
// without effort, and without a budget (negative).
func ToilOverrun(runWork, total effort.Micro, budget float64) (ratio float64, over effort.Micro, ok bool) {
	if total <= 0 || budget < 0 {
		return 0, 0, false
	}
	ratio = max(0, float64(runWork)/float64(total)-budget)
	return ratio, effort.Micro(math.Round(ratio * float64(total))), true
}

// minSeparation is how much better than chance a classifier must be for its
// counts to be corrected: below, the correction is mostly noise.
const minSeparation = 0.3

// AdjustedCount is score S6: the true share behind a share that a classifier
// observed, from the rates at which it calls positives and negatives positive
// on labelled items ("adjusted classify and count"):
//
//	(observed − fpr) / (tpr − fpr), clipped to [0, 1]
//
// It is undefined when the two rates differ by less than 0.3.
func AdjustedCount(observed, tpr, fpr float64) (float64, bool) {
	// The slack keeps .4 − .1 from falling below .3 by rounding.
	if !(tpr-fpr >= minSeparation-1e-12) {
		return 0, false
	}
	return min(max((observed-fpr)/(tpr-fpr), 0), 1), true
}

// ProbShadowOverHalf is score S7: the probability that more than half of the
// effort is off the roadmap, given the shadow share and its effective sample
// size, in the normal approximation
//
//	Φ((share − ½) / √(share·(1−share)/nEff)).
//
// A share of 0 or 1 leaves no doubt.
func ProbShadowOverHalf(share, nEff float64) float64 {
	switch {
	case share <= 0:
		return 0
	case share >= 1:
		return 1
	}
	return stat.NormalCDF((share - 0.5) / math.Sqrt(share*(1-share)/max(nEff, 1)))
}
