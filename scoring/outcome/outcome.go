// Package outcome compares what is delivered for an objective with what its
// measured outcome does: output without outcome is activity.
//
// The definitions follow section 4.7 of the score specification, the minimum
// samples section 2.7. Everything runs on ISO weeks that do not overlap. A week
// without a value is left out of its series, never 0: an outcome that could not
// be queried is not an outcome of 0. Yearly seasons are not removed.
package outcome

import (
	"math"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the definitions.
const (
	// Weeks is how many weeks trends are taken over.
	Weeks = 12
	// DefaultLag is by how many weeks an outcome is taken to trail the output,
	// where the objective declares no lag.
	DefaultLag = 4

	minWeeks   = 8 // with a value, to publish
	alertWeeks = 12
	rising     = 0.10 // the significance that makes output rise
	enough     = 0.5  // of the required slope: less is not enough progress
	flat       = 0.02 // of the median in a quarter: less is no progress
	quarter    = 13   // weeks
	busy       = 10   // person-days in the window: less cannot stall
)

// A Result is the measured outcome of an objective.
type Result struct {
	// Weeks are the weekly medians of the outcome's query, as measured.
	Weeks []Measured
	// Down is set where less is better. Everything below is as measured, too.
	Down bool
	// Lag is by how many weeks the outcome trails the output.
	Lag int
	// HasTarget says whether Target is declared; Now is the newest weekly
	// value, WeeksLeft the time to the due date. Without a due date, or after
	// it, there is no required pace: WeeksLeft is 0.
	HasTarget   bool
	Target, Now float64
	WeeksLeft   float64
	// Ratio is set where the outcome is a share of something. Near 0 and 1 its
	// slopes are then taken on the scale of log(p/(1−p)), because a share
	// cannot go on rising at its pace there.
	Ratio bool
}

// Measured is the value of one week.
type Measured struct {
	stat.Point
	// Query identifies the text of the query that gave the value. Values of
	// another query than the newest are another series.
	Query uint64
}

// Series returns the values that belong to the newest query, with the sign that
// makes more better.
func (r Result) Series() stat.Weekly {
	if len(r.Weeks) == 0 {
		return nil
	}
	query := r.Weeks[len(r.Weeks)-1].Query
	var same stat.Weekly
	for _, m := range r.Weeks {
		switch {
		case m.Query != query:
			same = nil
		case r.Down:
			same = append(same, stat.Point{Week: m.Week, Value: -m.Value})
		default:
			same = append(same, m.Point)
		}
	}
	return same
}

// An Input is what the trends of one objective are taken from, with Until the
// last closed week.
type Input struct {
	Until int // stat.WeekOf
	// Output is how many verified items, or points, were done. A week in which
	// nothing was done has a value of 0.
	Output stat.Weekly
	// Effort is the person-days of each week.
	Effort stat.Weekly
	Result Result
}

// outputs returns the output of the weeks whose outcome should show by now.
func (in Input) outputs() stat.Weekly { return in.Output.Last(Weeks, in.Until-in.Result.Lag) }

// results returns the outcome of the last weeks.
func (in Input) results() stat.Weekly { return in.Result.Series().Last(Weeks, in.Until) }

// A Divergence is score M1 with the evidence for it.
type Divergence struct {
	// Estimate is τ⁺(output)·(1 − τ⁺(outcome)), 0 to 1: 1 when the output rises
	// every week and the outcome never. It describes and proves nothing.
	stat.Estimate
	Output, Outcome stat.Trend
	// Line is the Theil–Sen line of the outcome, more being better.
	Line stat.Line
	// Rise is the probability of an output, or an effort, that rises as clearly
	// as the clearer of them when neither does.
	Rise float64
	// Flag is 1 when the output, or the effort, is shown to rise and the
	// outcome shown not to follow, else 0.
	Flag stat.Estimate
}

// DivergenceOf compares the trend of the output with that of the outcome after
// the outcome's lag, over 12 weeks each. It needs 8 values on both sides and is
// undefined when one of them never changes. The flag needs no τ: the outcome
// must pass the test of Stalled, and the output or the effort must rise with p
// ≤ 0.10 (stat.MannKendall). So an outcome whose trend is merely not
// significant never flags.
func DivergenceOf(in Input) Divergence {
	outputs, results := in.outputs(), in.results()
	n := min(len(outputs), len(results))
	if n < minWeeks {
		few := stat.Insufficient(n, "%d of at least %d weeks with output and outcome", n, minWeeks)
		return Divergence{Estimate: few, Flag: few}
	}
	d := Divergence{Output: stat.MannKendall(outputs), Outcome: stat.MannKendall(results)}
	d.Line, _ = stat.TheilSen(results, stat.Confidence)
	if d.Output.HasTau && d.Outcome.HasTau {
		d.Estimate = stat.Known(max(d.Output.Tau, 0)*(1-max(d.Outcome.Tau, 0)), n).AlertFrom(alertWeeks)
	} else {
		d.Estimate = stat.NotDefined("the output or the outcome never changes")
	}
	up := d.Output.Up <= rising
	d.Rise = d.Output.Up
	if effort := in.Effort.Last(Weeks, in.Until-in.Result.Lag); len(effort) >= minWeeks {
		p := stat.MannKendall(effort).Up
		up = up || p <= rising
		d.Rise = min(1, 2*min(d.Rise, p)) // of two looks the better one
	}
	d.Flag = truth(up && in.Result.short(results), n)
	return d
}

func truth(is bool, n int) stat.Estimate {
	value := 0.0
	if is {
		value = 1
	}
	return stat.Known(value, n).AlertFrom(alertWeeks)
}

// RequiredSlope returns the pace per week, in what is measured, that would
// reach the target by the due date. It is negative where less is better and
// 0 where the target is met. It is undefined without a target, and while it is
// not met after the due date.
func (r Result) RequiredSlope() (float64, bool) {
	switch {
	case !r.HasTarget:
		return 0, false
	case r.Down && r.Now <= r.Target, !r.Down && r.Now >= r.Target:
		return 0, true
	case !(r.WeeksLeft > 0):
		return 0, false
	default:
		return (r.Target - r.Now) / r.WeeksLeft, true
	}
}

// short reports whether the outcome is shown not to progress enough: the upper
// 90 % limit of its Theil–Sen slope is below half of the required slope. Where
// no pace is required, it is below 2 % of the median in a quarter. An outcome
// that has met its target is never short.
func (r Result) short(results stat.Weekly) bool {
	required, paced := r.RequiredSlope()
	switch {
	case paced && required == 0:
		return false
	case paced:
		if r.Ratio && nearBounds(results.Values()) {
			required = (logit(r.Target) - logit(r.Now)) / r.WeeksLeft
			results = results.Map(r.logit)
		}
		if r.Down {
			required = -required
		}
		line, _ := stat.TheilSen(results, stat.Confidence)
		return line.Upper < enough*required
	default:
		line, _ := stat.TheilSen(results, stat.Confidence)
		median := math.Abs(stat.Median(results.Values()))
		return line.Upper*quarter < flat*median || median == 0 && line.Upper <= 0
	}
}

// nearBounds reports whether any share is closer than a tenth to 0 or 1.
func nearBounds(values []float64) bool {
	const near = 0.1
	for _, v := range values {
		if p := math.Abs(v); p < near || p > 1-near {
			return true
		}
	}
	return false
}

// logit is log(p/(1−p)), of a share that is at least 0.001 away from 0 and 1.
func logit(p float64) float64 {
	const least = 0.001
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

// logit transforms a value of series, which has the sign of Down.
func (r Result) logit(v float64) float64 {
	if r.Down {
		return -logit(-v)
	}
	return logit(v)
}

// Stalled is score M2: 1 when much was done and the outcome is shown not to
// progress enough, else 0. It needs 8 weeks of outcome, and 10 person-days in
// those 12 weeks: with less there is nothing that could stall.
func Stalled(in Input) stat.Estimate {
	results := in.results()
	if len(results) < minWeeks {
		return stat.Insufficient(len(results), "%d of at least %d weeks with an outcome", len(results), minWeeks)
	}
	spent := 0.0
	for _, p := range in.Effort.Last(Weeks, in.Until) {
		spent += p.Value
	}
	return truth(spent >= busy && in.Result.short(results), len(results))
}
