package confidence

import (
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The samples of the outcome's forecast: the weeks that count, and how many of
// them must have a value (score specification, section 4.7).
const (
	outcomeWeeks      = 12
	minOutcomeWeeks   = 8
	alertOutcomeWeeks = 12
)

// A Result is what the outcome's forecast starts from.
type Result struct {
	Weeks  stat.Weekly // the outcome as measured
	Target float64
	// Down is set where less is better.
	Down       bool
	Today, Due objective.Date // the last closed day; NoDate when none is declared
}

// OutcomeOf is the observed confidence of the outcome: the probability that it
// is at its target on the due date. The Theil–Sen line through the last 12
// weeks is continued to that day, and the probability is the share of the
// residuals with which the target is met there, clipped to [0.02, 0.98]. The
// limits are what the 90 % limits of the slope give.
//
// It is undefined without a due date, and insufficient after it and with fewer
// than 8 weekly values.
func OutcomeOf(r Result) stat.Estimate {
	weeks := r.Weeks.Last(outcomeWeeks, stat.WeekOf(int(r.Today)))
	switch {
	case r.Due == objective.NoDate:
		return stat.NotDefined("no due date is declared")
	case r.Due < r.Today:
		return stat.Insufficient(len(weeks), "the due date is past")
	case len(weeks) < minOutcomeWeeks:
		return stat.Insufficient(len(weeks), "%d of at least %d weekly values", len(weeks), minOutcomeWeeks)
	}
	target := r.Target
	if r.Down {
		target, weeks = -target, weeks.Map(func(v float64) float64 { return -v })
	}
	line, _ := stat.TheilSen(weeks, stat.Confidence)
	residuals := weeks.Residuals(line)
	// A weekly value stands for the middle of its week.
	due := float64(stat.WeekOf(int(r.Due))) + (float64(r.Due-r.Due.Monday())-3)/7
	centre := float64(weeks[0].Week+weeks[len(weeks)-1].Week) / 2
	met := func(slope float64) float64 {
		at, n := line.At(centre)+slope*(due-centre), 0
		for _, rest := range residuals {
			if at+rest >= target {
				n++
			}
		}
		return clip(float64(n) / float64(len(residuals)))
	}
	return stat.Known(met(line.Slope), len(weeks)).
		Within(met(line.Lower), met(line.Upper)).AlertFrom(alertOutcomeWeeks)
}
