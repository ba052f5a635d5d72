package stat

import (
	"fmt"
	"math"
)

// Status says whether an estimate may be published. The values are those of
// the label reason (score specification, section 2.6).
type Status string

// The statuses of an estimate.
const (
	OK               Status = "ok"
	InsufficientData Status = "insufficient_data"
	Suppressed       Status = "suppressed_privacy"
	Undefined        Status = "undefined" // 0/0, or something it needs is not declared
)

// Confidence is the confidence of every interval but those of survival times,
// which have SurvivalConfidence.
const (
	Confidence         = 0.90
	SurvivalConfidence = 0.95
)

// An Estimate is one number with what is needed to judge it. Where Status is
// not OK it holds no number. No field is ever NaN; limits may be infinite.
type Estimate struct {
	Value float64
	// Lower ≤ Value ≤ Upper where Bounded is set, else all three are equal.
	// What they bound is told where the estimate is made.
	Lower, Upper float64
	Bounded      bool
	// N is the number of observations.
	N int
	// Alertable is set when there are enough of them to alert on the value,
	// not only to show it (score specification, section 2.7).
	Alertable bool
	Status    Status
	Reason    string // in words, when Status is not OK
}

// Known is an estimate without limits from n observations, which are enough to
// alert. A value that is not a number is undefined.
func Known(value float64, n int) Estimate {
	if math.IsNaN(value) {
		return NotDefined("the value is not a number")
	}
	return Estimate{Value: value, Lower: value, Upper: value, N: n, Alertable: true, Status: OK}
}

// Within returns the estimate with limits, widened where they would exclude
// the value.
func (e Estimate) Within(lower, upper float64) Estimate {
	if e.Status != OK || math.IsNaN(lower) || math.IsNaN(upper) {
		return e
	}
	e.Lower, e.Upper, e.Bounded = min(lower, e.Value), max(upper, e.Value), true
	return e
}

// AlertFrom returns the estimate, alertable only from least observations on.
func (e Estimate) AlertFrom(least int) Estimate {
	e.Alertable = e.Status == OK && e.N >= least
	return e
}

// OK reports whether there is a value.
func (e Estimate) OK() bool { return e.Status == OK }

// Insufficient is the estimate that n observations are too few for. The reason
// is formatted as by fmt.Sprintf.
func Insufficient(n int, reason string, args ...any) Estimate {
	return Estimate{N: n, Status: InsufficientData, Reason: fmt.Sprintf(reason, args...)}
}

// NotDefined is the estimate that does not exist, whatever the number of
// observations.
func NotDefined(reason string) Estimate { return Estimate{Status: Undefined, Reason: reason} }

// Proportion is part/whole with its Wilson interval. It is undefined for a
// whole of 0, and needs a whole of at least least.
func Proportion(part, whole, least int, of string) Estimate {
	switch {
	case whole <= 0:
		return NotDefined("no " + of)
	case whole < least:
		return Insufficient(whole, "%d of at least %d %s", whole, least, of)
	}
	p := float64(part) / float64(whole)
	return Known(p, whole).Within(Wilson(p, float64(whole), Confidence))
}
