package text

import (
	"cmp"
	"math"
	"slices"
)

// A Trial is one guess whose truth is known, from items that the classifier was
// not trained on.
type Trial struct {
	P       float64 // what the guess said, 0 to 1
	Correct bool
}

// A Calibration turns what a classifier says into a probability. The zero value
// says ½ to everything.
type Calibration struct {
	curve curve
	steps steps // used where there are any
}

// P returns the probability that a guess with that score is correct. It is
// between 0 and 1 and does not fall as the score rises.
func (c Calibration) P(score float64) float64 {
	if len(c.steps.from) > 0 {
		return c.steps.at(score)
	}
	return c.curve.at(score)
}

// MinIsotonic is from how many trials on a calibration may take any shape.
const MinIsotonic = 1000

// Calibrate learns a calibration from trials: Platt's below 1,000 of them, an
// isotonic one from there on, where it no longer fits noise. It is false below
// MinLabels trials.
func Calibrate(trials []Trial) (c Calibration, ok bool) {
	switch {
	case len(trials) < MinLabels:
		return Calibration{}, false
	case len(trials) < MinIsotonic:
		return Calibration{curve: platt(trials)}, true
	default:
		return Calibration{steps: isotonic(trials)}, true
	}
}

// A curve is a logistic calibration, 1/(1 + e^(−(slope·logit(p) + shift))). On the
// scale of the logit it contains the temperature (shift = 0) and the identity.
type curve struct{ slope, shift float64 }

func (c curve) at(score float64) float64 { return logistic(c.slope*logit(score) + c.shift) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// logit is log(p/(1−p)) of a probability that is kept away from 0 and 1.
func logit(p float64) float64 {
	const edge = 1e-6
	p = min(max(p, edge), 1-edge)
	return math.Log(p / (1 - p))
}

// platt fits the logistic curve by J. Platt's method (1999), with his targets
// (hits + 1)/(hits + 2) and 1/(misses + 2) instead of 1 and 0, by Newton's
// method with halved steps (H.-T. Lin, C.-J. Lin and R. Weng, Machine Learning
// 68, 2007). A curve that would fall is replaced by the best flat one: a score
// that says the opposite of the truth says nothing.
func platt(trials []Trial) curve {
	hits := 0
	for _, t := range trials {
		if t.Correct {
			hits++
		}
	}
	high := (float64(hits) + 1) / (float64(hits) + 2)
	low := 1 / (float64(len(trials)-hits) + 2)
	x, y := make([]float64, len(trials)), make([]float64, len(trials))
	mean := 0.0
	for i, t := range trials {
		x[i], y[i] = logit(t.P), low
		if t.Correct {
			y[i] = high
		}
		mean += y[i] / float64(len(trials))
	}
	flat := curve{0, logit(mean)}
	fitted := newton(x, y, flat)
	if fitted.slope < 0 {
		return flat
	}
	return fitted
}

func newton(x, y []float64, c curve) curve {
	loss := func(c curve) (sum float64) {
		for i := range x {
			z := c.slope*x[i] + c.shift
			sum += math.Max(z, 0) - z*y[i] + math.Log1p(math.Exp(-math.Abs(z)))
		}
		return sum
	}
	const rounds, ridge, enough = 100, 1e-10, 1e-9
	now := loss(c)
	for range rounds {
		var ga, gb, haa, hab, hbb float64
		for i := range x {
			p := logistic(c.slope*x[i] + c.shift)
			d, w := p-y[i], p*(1-p)
			ga, gb = ga+d*x[i], gb+d
			haa, hab, hbb = haa+w*x[i]*x[i], hab+w*x[i], hbb+w
		}
		if math.Abs(ga) < enough && math.Abs(gb) < enough {
			break
		}
		haa, hbb = haa+ridge, hbb+ridge
		det := haa*hbb - hab*hab
		if !(det > 0) {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step, better := 1.0, false
		for ; step > enough; step /= 2 {
			next := curve{c.slope - step*da, c.shift - step*db}
			if l := loss(next); l < now {
				c, now, better = next, l, true
				break
			}
		}
		if !better {
			break
		}
	}
	return c
}

// steps are a calibration that may take any shape but never falls.
type steps struct {
	from, p []float64 // ascending: from[i] is the lowest score of step i
}

// at returns the step's probability, between two steps that of the lower one.
func (c steps) at(score float64) float64 {
	i, found := slices.BinarySearch(c.from, score)
	if !found {
		i = max(i-1, 0)
	}
	return c.p[i]
}

// isotonic fits the steps with the least squared distance from the trials, by
// pooling neighbours that fall (M. Ayer et al., Annals of Mathematical
// Statistics 26, 1955).
func isotonic(trials []Trial) steps {
	sorted := slices.Clone(trials)
	slices.SortFunc(sorted, func(a, b Trial) int { return cmp.Compare(a.P, b.P) })
	type pool struct{ from, hits, n float64 }
	var pools []pool
	for i := 0; i < len(sorted); {
		next := pool{from: sorted[i].P}
		for ; i < len(sorted) && sorted[i].P == next.from; i++ {
			next.n++
			if sorted[i].Correct {
				next.hits++
			}
		}
		for n := len(pools); n > 0 && pools[n-1].hits*next.n >= next.hits*pools[n-1].n; n = len(pools) {
			last := pools[n-1]
			next = pool{last.from, last.hits + next.hits, last.n + next.n}
			pools = pools[:n-1]
		}
		pools = append(pools, next)
	}
	c := steps{}
	for _, p := range pools {
		c.from, c.p = append(c.from, p.from), append(c.p, p.hits/p.n)
	}
	return c
}
