// Package confidence compares how sure people say they are of an objective with
// what its delivery and its outcome show.
//
// The definitions follow section 4.5 of the score specification, the minimum
// samples section 2.7. Confidences are ratios from 0 to 1.
package confidence

import (
	"math"
	"slices"
	"time"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the reported confidence.
const (
	HalfLife     = 14 * 24 * time.Hour // after which a report weighs half
	MaxAge       = 28 * 24 * time.Hour // after which it is dropped
	MinReporters = 5                   // for the spread
)

// A Report is what one person said of an objective.
type Report struct {
	// Person tells the reporters of an objective apart and is private. An
	// empty one is a report of its own.
	Person string
	Value  float64 // 0 to 1; others are left out
	At     time.Time
}

// A Reported is score C1, the reported confidence.
type Reported struct {
	// Estimate is the weighted median of what each reporter said last. N is
	// the number of reporters.
	stat.Estimate
	// Spread is the interquartile range between reporters.
	Spread stat.Estimate
	// Last is the time of the newest report, however old; zero without any.
	Last time.Time
}

// ReportedOf returns the reported confidence as of a time. Of each person the
// last report counts; it weighs ½^(age/14 d) and is dropped after 28 days.
// Reports after now are not known yet. It is insufficient without a fresh
// report, undefined when nobody ever reported. The spread needs 5 reporters.
func ReportedOf(reports []Report, now time.Time) Reported {
	r := Reported{}
	last := lastReports(reports, now)
	var values, weights []float64
	for _, report := range last {
		if report.At.After(r.Last) {
			r.Last = report.At
		}
		if age := now.Sub(report.At); age <= MaxAge {
			values = append(values, report.Value)
			weights = append(weights, math.Exp2(-age.Hours()/HalfLife.Hours()))
		}
	}
	r.Spread = stat.Insufficient(len(values), "%d of at least %d reporters", len(values), MinReporters)
	median, ok := stat.WeightedMedian(values, weights)
	switch {
	case len(last) == 0:
		r.Estimate = stat.NotDefined("nobody ever reported")
	case !ok:
		r.Estimate = stat.Insufficient(0, "the last report is more than %d days old", int(MaxAge.Hours()/24))
	default:
		r.Estimate = stat.Known(median, len(values))
	}
	if len(values) >= MinReporters {
		slices.Sort(values)
		quartile := func(p float64) float64 { return gonum.Quantile(p, gonum.LinInterp, values, nil) }
		r.Spread = stat.Known(quartile(0.75)-quartile(0.25), len(values))
	}
	return r
}

// lastReports returns the newest report of each person. Of two at the same time
// the lower counts, so that their order does not matter.
func lastReports(reports []Report, now time.Time) []Report {
	var last []Report
	index := map[string]int{}
	for _, r := range reports {
		if !(r.Value >= 0 && r.Value <= 1) || r.At.After(now) {
			continue
		}
		i, known := index[r.Person]
		switch {
		case r.Person == "" || !known:
			index[r.Person] = len(last)
			last = append(last, r)
		case r.At.After(last[i].At), r.At.Equal(last[i].At) && r.Value < last[i].Value:
			last[i] = r
		}
	}
	return last
}

// Age returns how long ago the last report was, however old it is. It is
// false when nobody ever reported.
func (r Reported) Age(now time.Time) (time.Duration, bool) {
	return now.Sub(r.Last), !r.Last.IsZero()
}

// Band is how a confidence reads.
type Band string

// The bands. Green is what watermelons are looked for among.
const (
	Green  Band = "on_track"  // from 0.7
	Yellow Band = "at_risk"   // from 0.4
	Red    Band = "off_track" // below
)

// slack keeps a confidence that is the mean of two from missing its band by
// rounding.
const slack = 1e-9

// BandOf returns the band of a confidence. The published bands leave gaps
// (0–.3, .4–.6, .7–1); here each reaches up to the next.
func BandOf(confidence float64) Band {
	switch {
	case confidence >= 0.7-slack:
		return Green
	case confidence >= 0.4-slack:
		return Yellow
	default:
		return Red
	}
}
