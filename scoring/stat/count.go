package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ClopperPearson returns the exact two-sided interval of a proportion (C. J.
// Clopper and E. S. Pearson, Biometrika 26, 1934) of which hits were seen in n
// trials, at a confidence between 0 and 1, exclusive. Without trials it is
// [0, 1]. For a one-sided bound at confidence c take the limit at 2c − 1.
func ClopperPearson(hits, n int, confidence float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	hits = min(max(hits, 0), n)
	tail, k, rest := (1-confidence)/2, float64(hits), float64(n-hits)
	low, high = 0, 1
	if hits > 0 {
		low = distuv.Beta{Alpha: k, Beta: rest + 1}.Quantile(tail)
	}
	if hits < n {
		high = distuv.Beta{Alpha: k + 1, Beta: rest}.Quantile(1 - tail)
	}
	return low, high
}

// Garwood returns the exact two-sided interval of the mean of a Poisson variable
// (F. Garwood, Biometrika 28, 1936) that was seen to be count, at a confidence
// between 0 and 1, exclusive: half of the χ² quantiles with 2·count and
// 2·count + 2 degrees of freedom. A negative count is 0.
func Garwood(count int, confidence float64) (low, high float64) {
	count = max(count, 0)
	tail := (1 - confidence) / 2
	if count > 0 {
		low = distuv.ChiSquared{K: float64(2 * count)}.Quantile(tail) / 2
	}
	return low, distuv.ChiSquared{K: float64(2*count + 2)}.Quantile(1-tail) / 2
}

// FunnelLimits returns the limits within which a proportion measured on n
// trials stays by chance, when the true one is mean and groups differ by more
// than chance with the variance between (D. J. Spiegelhalter, Statistics in
// Medicine 24, 2005, with additive over-dispersion):
//
//	mean ± z·√(mean(1 − mean)/n + between)
//
// clipped to [0, 1]. Without trials they are [0, 1].
func FunnelLimits(mean, n, between, confidence float64) (low, high float64) {
	if !(n > 0) || math.IsNaN(mean) {
		return 0, 1
	}
	mean = clip(mean)
	half := NormalQuantile(0.5+confidence/2) * math.Sqrt(mean*(1-mean)/n+max(between, 0))
	return clip(mean - half), clip(mean + half)
}

// A Pool is what several groups' proportions say together.
type Pool struct {
	Q       float64   // Cochran's heterogeneity
	Between float64   // variance between the groups beyond chance, τ²
	Mean    float64   // of the groups, by the precision that they have with Between
	Shrunk  []float64 // each group's proportion, drawn towards Mean
}

// leastTrial is the part of a trial below which there is none: a proportion so
// close to 0 or 1 would have a variance whose inverse is no number.
const leastTrial = 1e-9

// Shrink draws the proportions of groups, measured on n trials each, towards
// their common mean by empirical Bayes: the less a group's own trials say, the
// more. The variance between the groups is the moment estimate of R.
// DerSimonian and N. Laird (Controlled Clinical Trials 7, 1986) with the
// variance p(1−p)/n of each group; a group of only hits or only misses, which
// would have none, gets that of (hits + ½)/(n + 1). Groups without trials get
// the mean. It is undefined when no group has any. The slices are parallel; n
// may be effective sample sizes.
func Shrink(proportions, n []float64) (Pool, bool) {
	variances := make([]float64, len(n))
	var w, wp, ww float64
	groups := 0
	for i, p := range proportions {
		if !(n[i] > 0) {
			continue
		}
		p = clip(p)
		v := p
		if p*n[i] < leastTrial || (1-p)*n[i] < leastTrial {
			v = (p*n[i] + 0.5) / (n[i] + 1)
		}
		variances[i] = v * (1 - v) / n[i]
		weight := 1 / variances[i]
		w, wp, ww = w+weight, wp+weight*p, ww+weight*weight
		groups++
	}
	if groups == 0 {
		return Pool{}, false
	}
	pool := Pool{Shrunk: make([]float64, len(n))}
	fixed := wp / w
	var tw, twp float64
	for i, p := range proportions {
		if variances[i] > 0 {
			pool.Q += (clip(p) - fixed) * (clip(p) - fixed) / variances[i]
		}
	}
	if room := w - ww/w; groups > 1 && room > 0 {
		pool.Between = max(0, (pool.Q-float64(groups-1))/room)
	}
	for i, p := range proportions {
		if variances[i] > 0 {
			weight := 1 / (variances[i] + pool.Between)
			tw, twp = tw+weight, twp+weight*clip(p)
		}
	}
	pool.Mean = twp / tw
	for i, p := range proportions {
		pool.Shrunk[i] = pool.Mean
		if variances[i] > 0 {
			own := pool.Between / (pool.Between + variances[i])
			pool.Shrunk[i] = own*clip(p) + (1-own)*pool.Mean
		}
	}
	return pool, true
}
