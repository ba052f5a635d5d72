package scoring

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// Confidence is that of every published sampling interval.
const Confidence = 0.90

// A Sampled is a share with the range in which week-to-week noise can move it.
type Sampled struct {
	Share     float64
	Variance  float64 // by the delete-one jackknife
	NEff      float64 // effective sample size
	Low, High float64 // Wilson interval at NEff
}

// SamplingInterval returns the share Σpart / Σwhole with its interval at a
// confidence. The slices are parallel, one entry for each cluster of effort
// that hangs together (a person-week), in an order that does not change from
// one evaluation to the next: the last bit of the variance depends on it. A
// part is at most its whole. Persons is how many people there are; it is the
// sample size when the clusters do not differ.
//
// It is undefined without effort.
func SamplingInterval(part, whole []effort.Micro, persons int, confidence float64) (Sampled, bool) {
	var partSum, wholeSum effort.Micro
	for i := range whole {
		partSum += part[i]
		wholeSum += whole[i]
	}
	if wholeSum <= 0 {
		return Sampled{}, false
	}
	s := Sampled{
		Share:    float64(partSum) / float64(wholeSum),
		Variance: stat.JackknifeVariance(part, whole),
	}
	s.NEff = stat.NEff(s.Share, s.Variance, wholeSum.PersonDays(), persons)
	s.Low, s.High = stat.Wilson(s.Share, s.NEff, confidence)
	return s, true
}

// ModelSpread is score E3: how far the effort models disagree about a score.
// The range holds the point, which is the value under the configured model.
// The spread is its width.
func ModelSpread(point float64, byModel ...float64) (b Bounded, spread float64) {
	b = Bounded{Point: point, Low: point, High: point}
	for _, v := range byModel {
		b.Low, b.High = min(b.Low, v), max(b.High, v)
	}
	if b.Low == b.High {
		return b, 0 // also when all are +Inf
	}
	return b, b.High - b.Low
}
