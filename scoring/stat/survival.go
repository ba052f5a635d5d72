package stat

import (
	"cmp"
	"math"
	"slices"
)

// An Observed is how long something was watched, in any unit of time, and
// whether it ended then. If not it is censored: it lasted at least as long.
type Observed struct {
	Time  float64 // not negative
	Ended bool
}

// A Step is a time at which something ended.
type Step struct {
	Time     float64
	AtRisk   int     // watched until then or longer
	Ended    int     // that ended then
	Survival float64 // estimated share that lasts longer
	hazard   float64 // Greenwood's sum up to here; +Inf once nothing survives
}

// A Survival is the product-limit estimate of how long things last.
type Survival struct {
	Steps    []Step  // ascending in time
	N, Ended int     // observations, and how many of them ended
	Longest  float64 // longest time observed, ended or not
}

// halfSlack keeps a survival of one half, made of fractions, from missing one
// half by rounding.
const halfSlack = 1e-9

// KaplanMeier returns the product-limit estimate S(t) = Π (1 − d/n) over the
// times ≤ t at which d of the n still watched ended (E. L. Kaplan and P. Meier,
// JASA 53, 1958). What is censored at a time is still at risk then.
// Observations whose time is negative or not a number are left out.
func KaplanMeier(observed []Observed) Survival {
	sorted := slices.DeleteFunc(slices.Clone(observed), func(o Observed) bool { return !(o.Time >= 0) })
	slices.SortFunc(sorted, func(a, b Observed) int { return cmp.Compare(a.Time, b.Time) })
	s := Survival{N: len(sorted)}
	survival, hazard := 1.0, 0.0
	for i := 0; i < len(sorted); {
		t, atRisk, ended := sorted[i].Time, len(sorted)-i, 0
		for ; i < len(sorted) && sorted[i].Time == t; i++ {
			if sorted[i].Ended {
				ended++
			}
		}
		s.Longest = t
		if ended == 0 {
			continue
		}
		s.Ended += ended
		survival *= 1 - float64(ended)/float64(atRisk)
		hazard += float64(ended) / (float64(atRisk) * float64(atRisk-ended)) // +Inf at the end
		s.Steps = append(s.Steps, Step{t, atRisk, ended, survival, hazard})
	}
	return s
}

// At returns S(t), the share that lasts longer than t.
func (s Survival) At(t float64) float64 {
	at := 1.0
	for _, step := range s.Steps {
		if step.Time > t {
			break
		}
		at = step.Survival
	}
	return at
}

// Median returns the first time at which S ≤ ½. It is undefined when S stays
// above; then Longest is a lower bound. (R's survival takes the middle of the
// two times where S is exactly ½.)
func (s Survival) Median() (float64, bool) {
	for _, step := range s.Steps {
		if step.Survival <= 0.5+halfSlack {
			return step.Time, true
		}
	}
	return 0, false
}

// MedianLimits returns the confidence limits of the median (R. Brookmeyer and
// J. Crowley, Biometrics 38, 1982): the times at which the lower and the upper
// limit of S first come down to ½. The limits of S are taken on the scale of
// log(−log S), which keeps them within 0 and 1:
//
//	S^exp(±z·√(Σ d/(n(n−d))) / log S)
//
// A limit that is never reached is +Inf. Where nothing survives, S has a lower
// limit of 0 and no upper one.
func (s Survival) MedianLimits(confidence float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(1)
	z := NormalQuantile(0.5 + confidence/2)
	for _, step := range s.Steps {
		below, above := 0.0, 1.0
		if step.Survival > 0 {
			stretch := math.Exp(z * math.Sqrt(step.hazard) / -math.Log(step.Survival))
			below, above = math.Pow(step.Survival, stretch), math.Pow(step.Survival, 1/stretch)
		}
		if below <= 0.5+halfSlack {
			low = min(low, step.Time)
		}
		if above <= 0.5+halfSlack {
			high = min(high, step.Time)
		}
	}
	return low, high
}

// Restricted returns the restricted mean ∫₀ᵘ S(t) dt: the mean time until the
// end or until, whichever comes first. It never extrapolates: it is undefined
// when something still survives at the longest time and that is before until.
func (s Survival) Restricted(until float64) (float64, bool) {
	if s.N == 0 || !(until >= 0) || s.Longest < until && s.At(s.Longest) > 0 {
		return 0, false
	}
	area, from, at := 0.0, 0.0, 1.0
	for _, step := range s.Steps {
		if step.Time >= until {
			break
		}
		area += at * (step.Time - from)
		from, at = step.Time, step.Survival
	}
	return area + at*(until-from), true
}
