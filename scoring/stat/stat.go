// Package stat holds the statistics that scores need and gonum lacks. Every
// function is pure and deterministic: the same arguments in the same order
// give the same bits. Functions that are undefined for some arguments return
// false there, never NaN.
package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// NormalCDF returns the probability that a standard normal variable is at most
// z.
func NormalCDF(z float64) float64 { return distuv.UnitNormal.CDF(z) }

// NormalQuantile returns the value that a standard normal variable stays below
// with probability p, 0 < p < 1.
func NormalQuantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }

// Wilson returns the two-sided score interval of a proportion (E. B. Wilson,
// JASA 22, 1927) that was observed in n trials, at a confidence between 0 and
// 1, exclusive:
//
//	(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
//
// The number of trials may be fractional, as an effective sample size is. The
// proportion is clipped to [0, 1] and so are the limits; they meet 0 and 1
// exactly when the proportion does. Without trials nothing is known: [0, 1].
func Wilson(p, n, confidence float64) (low, high float64) {
	if !(n > 0) || math.IsNaN(p) {
		return 0, 1
	}
	p = clip(p)
	z := NormalQuantile(0.5 + confidence/2)
	z2n := z * z / n
	middle := p + z2n/2
	half := z * math.Sqrt((p*(1-p)+z2n/4)/n)
	// Rounding must not put the proportion outside of its own interval.
	low = min(p, clip((middle-half)/(1+z2n)))
	high = max(p, clip((middle+half)/(1+z2n)))
	return low, high
}

func clip(p float64) float64 { return min(max(p, 0), 1) }

// DeleteOne returns the ratio part/whole of everything but one cluster, and
// false when nothing else is there.
func DeleteOne[T ~int64](partSum, wholeSum, part, whole T) (float64, bool) {
	if wholeSum == whole {
		return 0, false
	}
	return float64(partSum-part) / float64(wholeSum-whole), true
}

// JackknifeVariance returns the delete-one variance of the ratio
// Σpart / Σwhole over independent clusters (Quenouille and Tukey):
//
//	(g−1)/g · Σ (θ₍ᵢ₎ − mean θ₍·₎)²
//
// where θ₍ᵢ₎ is the ratio without cluster i and g the number of clusters with
// a whole above 0; the others say nothing and are left out. The slices are
// parallel, no whole is negative. Fewer than two clusters, and clusters that
// all have the same influence, give exactly 0. It takes two passes and no
// memory.
func JackknifeVariance[T ~int64](part, whole []T) float64 {
	var partSum, wholeSum T
	g := 0
	for i := range whole {
		if whole[i] > 0 {
			partSum += part[i]
			wholeSum += whole[i]
			g++
		}
	}
	if g < 2 {
		return 0
	}
	least, most, total := math.Inf(1), math.Inf(-1), 0.0
	for i := range whole {
		if whole[i] > 0 {
			theta, _ := DeleteOne(partSum, wholeSum, part[i], whole[i])
			least, most = min(least, theta), max(most, theta)
			total += theta
		}
	}
	if least == most {
		return 0
	}
	mean, squares := total/float64(g), 0.0
	for i := range whole {
		if whole[i] > 0 {
			theta, _ := DeleteOne(partSum, wholeSum, part[i], whole[i])
			squares += (theta - mean) * (theta - mean)
		}
	}
	return squares * float64(g-1) / float64(g)
}

// NEff returns how many independent trials a share with a given variance is
// worth: share·(1−share)/variance, at least 1 and at most size, the number of
// person-days behind the share. A variance of 0 says that the clusters do not
// differ, not that the share is certain: then it is the number of persons.
func NEff(share, variance, size float64, persons int) float64 {
	if !(variance > 0) {
		return float64(max(persons, 1))
	}
	return min(max(share*(1-share)/variance, 1), max(size, 1))
}
