package outcome

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// per is how many person-days a yield is of.
const per = 10

// minDone is the fewest items that a share of them can be told of.
const minDone = 10

// alertEffort is the fewest person-days to alert on a yield.
const alertEffort = 40

// OutputYield is score M5: items done per 10 person-days. It is undefined
// without effort. The minimum samples of effort are the caller's.
func OutputYield(done float64, spent effort.Micro) stat.Estimate {
	if spent <= 0 {
		return stat.NotDefined("no effort in this window")
	}
	return stat.Known(per*done/spent.PersonDays(), int(spent/effort.PersonDay)).AlertFrom(alertEffort)
}

// A Path is how far an outcome came in a window, on its way from the baseline
// to the target.
type Path struct{ From, To, Baseline, Target float64 }

// Progress returns the share of the way from the baseline to the target that
// was made in the window, below 0 when it went back. The direction does not
// matter. It is undefined when target and baseline are the same.
func (p Path) Progress() (float64, bool) {
	if p.Target == p.Baseline {
		return 0, false
	}
	return (p.To - p.From) / (p.Target - p.Baseline), true
}

// OutcomeYield is the other half of M5: the share of the way that 10
// person-days brought. It is undefined without effort and without a way.
func OutcomeYield(p Path, spent effort.Micro) stat.Estimate {
	progress, ok := p.Progress()
	switch {
	case !ok:
		return stat.NotDefined("the target is the baseline")
	case spent <= 0:
		return stat.NotDefined("no effort in this window")
	default:
		return stat.Known(per*progress/spent.PersonDays(), int(spent/effort.PersonDay)).AlertFrom(alertEffort)
	}
}

// NoiseOutput is score M4: the share of the items done that are on no active
// objective, with its Wilson interval. It needs 10 items.
func NoiseOutput(offObjective, done int) stat.Estimate {
	return stat.Proportion(offObjective, done, minDone, "items done")
}

// WeeklyYield returns the items done per 10 person-days of each week that has
// an output and effort above 0.
func WeeklyYield(output, spent stat.Weekly) stat.Weekly {
	byWeek := map[int]float64{}
	for _, p := range spent {
		byWeek[p.Week] = p.Value
	}
	var yield stat.Weekly
	for _, p := range output {
		if e := byWeek[p.Week]; e > 0 {
			yield = append(yield, stat.Point{Week: p.Week, Value: per * p.Value / e})
		}
	}
	return yield
}

// slow is the significance with which a yield must fall.
const slow = 0.05

// A Degradation is score M6.
type Degradation struct {
	// Estimate is 1 when the yield falls while the effort does not, else 0.
	stat.Estimate
	Effort, Yield stat.Trend
}

// DegradationOf tells slow degradation that activity hides, over the last 12
// weeks: the effort does not fall (S ≥ 0, so effort that never changes is
// included), and the yield (see WeeklyYield) falls with p ≤ 0.05. It needs 8
// weeks of both.
func DegradationOf(spent, yield stat.Weekly, until int) Degradation {
	spent, yield = spent.Last(Weeks, until), yield.Last(Weeks, until)
	if n := min(len(spent), len(yield)); n < minWeeks {
		return Degradation{Estimate: stat.Insufficient(n, "%d of at least %d weeks", n, minWeeks)}
	}
	d := Degradation{Effort: stat.MannKendall(spent), Yield: stat.MannKendall(yield)}
	d.Estimate = truth(d.Effort.S >= 0 && d.Yield.Down <= slow, min(d.Effort.N, d.Yield.N))
	return d
}

// ResidualSpread returns how far an outcome strays from its own Theil–Sen line
// over 12 weeks: the median absolute deviation of the residuals, in the
// outcome's unit. It needs 8 weekly values.
func ResidualSpread(r Result, until int) stat.Estimate {
	weeks := r.Series().Last(Weeks, until)
	if len(weeks) < minWeeks {
		return stat.Insufficient(len(weeks), "%d of at least %d weeks with an outcome", len(weeks), minWeeks)
	}
	line, _ := stat.TheilSen(weeks, stat.Confidence)
	return stat.Known(stat.MAD(weeks.Residuals(line)), len(weeks)).AlertFrom(alertWeeks)
}

// Predictability is score M7: the ResidualSpread of the last 12 weeks over that
// of the 12 weeks before. Below 1 the outcome became more predictable. It is
// +Inf when the outcome strayed only in the last weeks, undefined when it did
// in neither.
func Predictability(last, before stat.Estimate) stat.Estimate {
	switch {
	case !last.OK():
		return last
	case !before.OK():
		return before
	case last.Value == 0 && before.Value == 0:
		return stat.NotDefined("the outcome never strayed from its line")
	}
	e := stat.Known(last.Value/before.Value, min(last.N, before.N))
	e.Alertable = last.Alertable && before.Alertable
	return e
}
