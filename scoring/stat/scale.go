package stat

import "math"

// Badness scales a value linearly from 0 at good, and on the side of good away
// from bad, to 1 at bad and beyond. Good may be above or below bad; where they
// are the same it is a step. It is between 0 and 1; a value that is not a number
// is undefined.
func Badness(value, good, bad float64) (float64, bool) {
	switch {
	case math.IsNaN(value) || math.IsNaN(good) || math.IsNaN(bad):
		return 0, false
	case good == bad && value > bad:
		return 1, true
	case good == bad:
		return 0, true
	case math.IsInf(value, 0):
		if (value > 0) == (bad > good) {
			return 1, true
		}
		return 0, true
	default:
		return clip((value - good) / (bad - good)), true
	}
}

// BadnessOf is Badness of an estimate and of its limits. It is as insufficient
// or undefined as the estimate.
func BadnessOf(e Estimate, good, bad float64) Estimate {
	if !e.OK() {
		return e
	}
	value, ok := Badness(e.Value, good, bad)
	if !ok {
		return NotDefined("no good and bad reading is declared")
	}
	scaled := Known(value, e.N)
	scaled.Alertable = e.Alertable
	if !e.Bounded {
		return scaled
	}
	a, _ := Badness(e.Lower, good, bad)
	b, _ := Badness(e.Upper, good, bad)
	return scaled.Within(min(a, b), max(a, b))
}
