package stat

import (
	"math"
)

// JensenShannon returns the generalised Jensen–Shannon divergence in bits (J.
// Lin, IEEE Trans. Inf. Theory 37, 1991) of mixes over the same places,
//
//	H(Σ πᵢPᵢ) − Σ πᵢ·H(Pᵢ)
//
// and its largest possible value H(π), which mixes have that share no place. π
// are the weights and Pᵢ the mixes, both before they are divided by their sums.
// It is 0 when all mixes are the same. A mix without mass or weight does not
// count; it is undefined when none counts. Sums go in the order of the
// arguments.
//
// (Gonum's JensenShannon knows two mixes of equal weight only.)
func JensenShannon(mixes [][]float64, weights []float64) (divergence, most float64, ok bool) {
	places := 0
	for _, mix := range mixes {
		places = max(places, len(mix))
	}
	return jensenShannon(mixes, weights, make([]float64, len(mixes)), make([]float64, places))
}

// jensenShannon is JensenShannon with room for a sum of each mix and for the
// middle of each place.
func jensenShannon(mixes [][]float64, weights, sums, middle []float64) (divergence, most float64, ok bool) {
	total := 0.0
	clear(sums)
	clear(middle)
	for i, mix := range mixes {
		for _, mass := range mix {
			if mass > 0 {
				sums[i] += mass
			}
		}
		if sums[i] > 0 && weights[i] > 0 {
			total += weights[i]
		} else {
			sums[i] = 0
		}
	}
	if !(total > 0) || math.IsInf(total, 1) {
		return 0, 0, false
	}
	for i, mix := range mixes {
		if sums[i] == 0 {
			continue
		}
		pi := weights[i] / total
		most -= pi * math.Log2(pi)
		for place, mass := range mix {
			if mass > 0 {
				middle[place] += pi * mass / sums[i]
			}
		}
	}
	for i, mix := range mixes {
		if sums[i] == 0 {
			continue
		}
		for place, mass := range mix {
			if mass > 0 {
				p := mass / sums[i]
				divergence += weights[i] / total * p * math.Log2(p/middle[place])
			}
		}
	}
	most = max(0, most)
	return min(max(0, divergence), most), most, true
}

// MillerMadow returns by how many bits a Jensen–Shannon divergence between two
// samples of n units together is too high on average, to first order (G. A.
// Miller and W. G. Madow, 1954): (first + second − union − 1)/(2n·ln 2), where
// the first three are the numbers of places that occur in either sample and in
// both together. It is 0 without units. The rest of the bias is larger for the
// vocabularies of people (score specification, section 4.9).
func MillerMadow(first, second, union, n int) float64 {
	if n <= 0 {
		return 0
	}
	return float64(first+second-union-1) / (2 * float64(n) * math.Ln2)
}
