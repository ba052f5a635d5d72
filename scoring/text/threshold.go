package text

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// DefaultPrecision is the precision that guesses must have to count as work on
// an objective.
const DefaultPrecision = 0.90

// bound is the confidence of the one-sided bound of precision.
const bound = 0.95

// A Threshold is from which probability on guesses are taken.
type Threshold struct {
	// Tau is the least probability that is taken. It is defined where OK is
	// set: otherwise no threshold holds the precision and every guess is
	// refused.
	Tau      float64
	OK       bool
	Accepted int // trials at or above Tau
	// Precision is the share of them that is correct, Lower its one-sided 95 %
	// Clopper–Pearson bound, Coverage their share of all trials.
	Precision, Lower, Coverage float64
	Reason                     string // in words, where OK is unset
}

// ChooseTau returns the threshold with the largest coverage whose bound of
// precision is at least the target, from calibrated trials that the classifier
// was not trained on. Trials with the same probability are taken or refused
// together. 28 correct of 28 are not enough for 0.90; 29 are.
func ChooseTau(trials []Trial, target float64) Threshold {
	sorted := descending(trials)
	best := Threshold{Reason: "no threshold holds the precision"}
	correct := 0
	for i, t := range sorted {
		if t.Correct {
			correct++
		}
		if i+1 < len(sorted) && sorted[i+1].P == t.P {
			continue
		}
		if lower := PrecisionBound(correct, i+1); lower >= target {
			best = Threshold{
				Tau: t.P, OK: true, Accepted: i + 1, Lower: lower,
				Precision: float64(correct) / float64(i+1),
				Coverage:  float64(i+1) / float64(len(sorted)),
			}
		}
	}
	return best
}

// PrecisionBound returns the one-sided 95 % Clopper–Pearson lower bound of a
// precision.
func PrecisionBound(correct, accepted int) float64 {
	low, _ := stat.ClopperPearson(correct, accepted, 2*bound-1)
	return low
}

// Raise returns what becomes of a threshold when guesses that were taken have
// been checked since. Earlier and latest are all such checks as they were known a
// week ago and are now. Where the bound of their precision was below the target
// both times, the threshold is the one that the latest checks support, which is
// higher, or none. Fewer than MinLabels checks say nothing, because the bound of
// few is low even when all are correct.
func Raise(now Threshold, earlier, latest []Trial, target float64) Threshold {
	if !now.OK || !fails(earlier, target) || !fails(latest, target) {
		return now
	}
	taken := slices.DeleteFunc(slices.Clone(latest), func(t Trial) bool { return t.P < now.Tau })
	if next := ChooseTau(taken, target); !next.OK || next.Tau > now.Tau {
		return next
	}
	return now
}

func fails(trials []Trial, target float64) bool {
	correct := 0
	for _, t := range trials {
		correct += number(t.Correct)
	}
	return len(trials) >= MinLabels && PrecisionBound(correct, len(trials)) < target
}

// descending orders trials by probability; equal ones keep no order of their
// own: the wrong ones come first, so that none is flattered.
func descending(trials []Trial) []Trial {
	sorted := slices.Clone(trials)
	slices.SortFunc(sorted, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(number(a.Correct), number(b.Correct)))
	})
	return sorted
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

// CalibrationError is the expected calibration error (M. P. Naeini, G. F. Cooper
// and M. Hauskrecht, AAAI 2015): how far the mean probability of a bin lies from
// the share that is correct, on average over bins of equal width weighted by
// their trials. A probability on the edge between two bins belongs to the
// lower one, 0 to the first. It is undefined without trials and bins.
func CalibrationError(trials []Trial, bins int) stat.Estimate {
	if len(trials) == 0 || bins < 1 {
		return stat.NotDefined("no trials")
	}
	said, came := make([]float64, bins), make([]float64, bins)
	for _, t := range trials {
		bin := min(max(int(math.Ceil(t.P*float64(bins)))-1, 0), bins-1)
		said[bin] += t.P
		came[bin] += float64(number(t.Correct))
	}
	sum := 0.0
	for bin := range said {
		sum += math.Abs(said[bin] - came[bin])
	}
	return stat.Known(sum/float64(len(trials)), len(trials)).AlertFrom(MinLabels)
}

// A Risk is the share of wrong guesses among the most probable ones.
type Risk struct{ Coverage, Risk float64 }

// RiskCurve returns the risk at each coverage, ascending, and its mean over
// them, the area under the curve (R. El-Yaniv and Y. Wiener, JMLR 11, 2010):
// lower is better, and whoever ranks wrong guesses last has least. Among equally
// probable guesses the wrong ones are taken first. The area is undefined without
// trials.
func RiskCurve(trials []Trial) ([]Risk, stat.Estimate) {
	var curve []Risk
	wrong, sum := 0, 0.0
	for i, t := range descending(trials) {
		if !t.Correct {
			wrong++
		}
		risk := float64(wrong) / float64(i+1)
		curve = append(curve, Risk{float64(i+1) / float64(len(trials)), risk})
		sum += risk
	}
	if len(curve) == 0 {
		return nil, stat.NotDefined("no trials")
	}
	return curve, stat.Known(sum/float64(len(curve)), len(curve)).AlertFrom(MinLabels)
}

// A Doubt is an item that the classifier is not sure of.
type Doubt struct {
	Key    string  // the item
	Effort float64 // person-days on it
	P      float64 // of its best guess
}

// randomPart is one in how many questions is drawn at random: only those judge
// the classifier without bias.
const randomPart = 5

// An Ask is an item to ask a human about.
type Ask struct {
	Doubt
	// Random is set for those that were drawn: use only them to evaluate.
	Random bool
}

// Questions chooses n items to ask about: four in five by the most effort times
// uncertainty, 1 − P, ties by key, and one in five, rounded up, at random from
// the rest. The order of the items does not matter.
func Questions(doubts []Doubt, n int, seed uint64) []Ask {
	sorted := slices.Clone(doubts)
	slices.SortFunc(sorted, func(a, b Doubt) int {
		return cmp.Or(cmp.Compare(b.Effort*(1-b.P), a.Effort*(1-a.P)), cmp.Compare(a.Key, b.Key))
	})
	n = min(max(n, 0), len(sorted))
	drawn := (n + randomPart - 1) / randomPart
	var asks []Ask
	for _, d := range sorted[:n-drawn] {
		asks = append(asks, Ask{Doubt: d})
	}
	rest := sorted[n-drawn:]
	numbers := make([]int, len(rest))
	for i := range numbers {
		numbers[i] = i
	}
	random := stat.Random(seed)
	random.Choose(numbers, drawn)
	for _, i := range numbers[:drawn] {
		asks = append(asks, Ask{rest[i], true})
	}
	return asks
}
