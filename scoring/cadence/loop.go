package cadence

import (
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The samples of trends (score specification, section 2.7), and what makes loud
// talk an alarm.
const (
	loudWeeks  = 12
	minWeeks   = 8
	alertWeeks = 12
	loud       = 0.6
	rising     = 0.10
)

// A Loudness is whether more talk makes the work clearer.
type Loudness struct {
	// Estimate is τ⁺(coordination)·(1 − τ⁺(aligned)), 0 to 1.
	stat.Estimate
	Coordination, Aligned stat.Trend
	// Flag is set from 0.6 on when the share of coordination rises with p ≤
	// 0.10.
	Flag bool
}

// LouderOf compares the weekly share of coordination (effort on reviews, tickets
// and discussions) with the share of effort on active objectives, over the last
// 12 weeks. It needs 8 weeks of both and is undefined when one never changes.
func LouderOf(coordination, aligned stat.Weekly, until int) Loudness {
	coordination, aligned = coordination.Last(loudWeeks, until), aligned.Last(loudWeeks, until)
	n := min(len(coordination), len(aligned))
	if n < minWeeks {
		return Loudness{Estimate: stat.Insufficient(n, "%d of at least %d weeks", n, minWeeks)}
	}
	l := Loudness{Coordination: stat.MannKendall(coordination), Aligned: stat.MannKendall(aligned)}
	if !l.Coordination.HasTau || !l.Aligned.HasTau {
		l.Estimate = stat.NotDefined("one of the shares never changes")
		return l
	}
	l.Estimate = stat.Known(max(l.Coordination.Tau, 0)*(1-max(l.Aligned.Tau, 0)), n).AlertFrom(alertWeeks)
	l.Flag = l.Value >= loud && l.Coordination.Up <= rising
	return l
}

// alertAlarms is from how many alarms on a slow loop is one itself: as many as
// other latencies need.
const alertAlarms = 10

// A Loop is how alarms lead to corrections, in days.
type Loop struct {
	// Closure is the Kaplan–Meier median from alarm to correction, with 95 %
	// limits.
	Closure stat.Estimate
	// AtLeast bounds it from below where more than half were not corrected; 0
	// where they were.
	AtLeast float64
	// ActionRate is the share of alarms that were corrected at all, with its
	// Wilson interval.
	ActionRate stat.Estimate
}

// LoopOf returns how fast alarms (the latching of a phase, an alert) were
// answered by the first correction on the same day or later: a stop, an edit of
// rank or target, or at least 20 % of the effort that moved. Alarms without one
// are censored today. It is undefined without alarms.
func LoopOf(alarms []objective.Date, adjustments []Adjustment, today objective.Date) Loop {
	var observed []stat.Observed
	for _, alarm := range alarms {
		if alarm > today {
			continue
		}
		end, corrected := today, false
		for _, a := range adjustments {
			if alarm <= a.Day && a.Day <= end && a.counts(corrects) {
				end, corrected = a.Day, true
			}
		}
		observed = append(observed, stat.Observed{Time: float64(end - alarm), Ended: corrected})
	}
	curve := stat.KaplanMeier(observed)
	loop := Loop{ActionRate: stat.Proportion(curve.Ended, curve.N, 1, "alarms")}
	median, reached := curve.Median()
	switch {
	case curve.N == 0:
		loop.Closure = stat.NotDefined("no alarms")
	case !reached:
		loop.AtLeast = curve.Longest
		loop.Closure = stat.Insufficient(curve.N, "more than half were not corrected after %.0f days", curve.Longest)
	default:
		loop.Closure = stat.Known(median, curve.N).Within(curve.MedianLimits(stat.SurvivalConfidence)).AlertFrom(alertAlarms)
	}
	return loop
}
