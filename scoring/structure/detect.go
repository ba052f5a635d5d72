// Package structure finds when a score moved for good, and which change of
// structure that coincides with: an objective that was edited, a team that
// changed, a connector that was reconfigured. It never says that one caused the
// other.
//
// The definitions follow section 4.13 of the score specification. Everything
// runs on ISO weeks that do not overlap: on rolling values the alarms would come
// seven times as often. Page–Hinkley and Bayesian change points are left out,
// for the reasons given there. How often objectives are edited is told by
// package cadence.
package structure

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the detectors.
const (
	// Weeks is how many weeks are looked back on.
	Weeks = 156

	baseline   = 26 // weeks that say what is usual
	rebaseline = 12 // weeks of it that will do after an alarm
	allowance  = 0.5
	limit      = 4

	penalty    = 3 // times σ²·ln n for each cut
	minSegment = 4 // weeks
	certain    = 0.001
)

// A Detector is how the values of a score are judged.
type Detector struct {
	// Floor is the least standard deviation that is believed: values that hardly
	// ever move have a MAD of 0. It must be above 0.
	Floor float64
	// MinShift is the least difference between two levels that matters.
	MinShift float64
}

// Ratios is the detector of scores between 0 and 1.
func Ratios() Detector { return Detector{Floor: 0.01, MinShift: 0.05} }

// Usual returns the median of values and 1.4826 times their MAD, at least the
// detector's floor.
func (d Detector) Usual(values []float64) (centre, sigma float64) {
	return stat.Median(values), max(d.Floor, stat.Sigma*stat.MAD(values))
}

// Chart returns the chart around what is usual, before its first value: k = 0.5
// and h = 4. Were the centre and the standard deviation known, that would give a
// false alarm every 168 weeks on average and find a shift by one standard
// deviation after 8. Learned from 26 weeks they are inexact, and half of the
// series that never change have a false alarm within about 44 weeks (35 when
// learned from 12), by simulation: read an alarm together with Offline.
func (d Detector) Chart(values []float64) stat.Cusum {
	centre, sigma := d.Usual(values)
	return stat.Cusum{Centre: centre, Sigma: sigma, Allowance: allowance, Limit: limit}
}

// An Alarm is a week in which a chart left its limits.
type Alarm struct {
	Week  int  // stat.WeekOf
	Onset int  // week in which the sum that raised it left 0
	Up    bool // the values rose
	// Centre and Sigma are what was usual before.
	Centre, Sigma float64
}

// Online is the detector that looks at each week once: a two-sided CUSUM chart
// around the median and the MAD of 26 weeks. After an alarm what is usual is
// learned anew from the onset of the shift on; it is watched again as soon as
// there are 12 weeks of it, and learned until there are 26. Nothing is watched
// before there are 26 weeks at first. Known says whether the newest value was
// watched. The answer to a week does not depend on later ones.
func (d Detector) Online(series stat.Weekly, until int) (alarms []Alarm, known bool) {
	series = series.Last(math.MaxInt32, until)
	values := series.Values()
	from, need := 0, baseline
	var chart, fresh stat.Cusum
	var onset [2]int // of up and down
	learned := 0     // weeks from from on that fresh has learned from
	for i, v := range values {
		if known = i-from >= need; !known {
			continue
		}
		if end := min(i, from+baseline) - from; end != learned {
			fresh, learned = d.Chart(values[from:from+end]), end
		}
		fresh.Up, fresh.Down = chart.Up, chart.Down
		for j, sum := range []float64{fresh.Up, fresh.Down} {
			if sum == 0 {
				onset[j] = i
			}
		}
		next, alarm := fresh.Step(v)
		if chart = next; !alarm {
			continue
		}
		a := Alarm{Week: series[i].Week, Up: next.Up > limit, Centre: next.Centre, Sigma: next.Sigma}
		from = onset[1]
		if a.Up {
			from = onset[0]
		}
		a.Onset = series[from].Week
		alarms = append(alarms, a)
		chart, need, learned = stat.Cusum{}, rebaseline, 0
	}
	return alarms, known
}

// A Shift is a week from which on a score has another level.
type Shift struct {
	Week          int     // the first of the new level
	Before, After float64 // the levels
	// Ends is how many ends of the two levels were looked for, 1 to 3: those that
	// are not the series' own.
	Ends int
	Test stat.Comparison
	Coincidence
}

// Day returns the Monday of the shift's week.
func (s Shift) Day() objective.Date { return objective.Date(stat.MondayOf(s.Week)) }

// Segments cuts the values of weeks into levels by optimal partitioning
// (stat.Partition) with a penalty of 3σ²·ln n, σ from the differences between
// neighbours but at least the floor, and at least 4 weeks each. It returns the
// indices at which levels begin, without the first, and the cost.
func (d Detector) Segments(values []float64) (cuts []int, cost float64) {
	if len(values) == 0 {
		return nil, 0
	}
	sigma := max(d.Floor, stat.DifferenceSigma(values))
	return stat.Partition(values, penalty*sigma*sigma*math.Log(float64(len(values))), minSegment)
}

// Offline is the detector that looks back on 156 weeks at once: the cuts of
// Segments between whose levels Welch's test finds p < 0.001 and which lie at
// least MinShift apart. A week's answer can change with later ones. It is false
// for fewer than 8 weeks.
func (d Detector) Offline(series stat.Weekly, until int) ([]Shift, bool) {
	series = series.Last(Weeks, until)
	values := series.Values()
	if len(values) < 2*minSegment {
		return nil, false
	}
	cuts, _ := d.Segments(values)
	var shifts []Shift
	for i, cut := range cuts {
		from, end, ends := 0, len(values), 1
		if i > 0 {
			from, ends = cuts[i-1], ends+1
		}
		if i+1 < len(cuts) {
			end, ends = cuts[i+1], ends+1
		}
		before, after := values[from:cut], values[cut:end]
		test, ok := stat.Welch(before, after)
		// Rounding must not take a difference of .05 for less.
		if !ok || test.P >= certain || math.Abs(test.Delta) < d.MinShift-1e-12 {
			continue
		}
		shifts = append(shifts, Shift{
			Week: series[cut].Week, Before: gonum.Mean(before, nil), After: gonum.Mean(after, nil), Test: test, Ends: ends,
		})
	}
	return shifts, true
}

// Searched returns the p-value of the shift with regard to how it was found, in a
// series of so many weeks: the ends of its levels were chosen, so that Welch's
// p-value is that of the best of as many tests as there are places for them. It is
// Bonferroni's correction for those, at most 1, and fit for stat.Discoveries.
func (s *Shift) Searched(weeks int) float64 {
	places := float64(max(1, weeks-2*minSegment+1))
	return min(1, s.Test.P*math.Pow(places, float64(s.Ends)))
}
