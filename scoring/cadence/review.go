// Package cadence measures whether the organisation looks at its strategy and
// acts on what it sees: how old reviews are, whether check-ins change anything,
// whether something is ever stopped, and how fast an alarm leads to a
// correction.
//
// The definitions follow section 4.16 of the score specification, and 4.13 for
// the churn of objectives. Times are whole days. Most readings are trends: the
// specification gives them no minimum sample, so N is told with each.
package cadence

import (
	"math"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A Reviewed is when an objective was last looked at.
type Reviewed struct {
	// Declared is the day on which it was first declared.
	Declared objective.Date
	// Last is the day of the last check-in or edit, NoDate for never: then its
	// age counts from Declared.
	Last objective.Date
}

// ReviewAge is the age in days of the last check-in or edit of the active
// objectives, given in rank order, weighted by the rank-order centroid (see
// stat.RankOrderCentroid). It is undefined without objectives.
func ReviewAge(byRank []Reviewed, today objective.Date) stat.Estimate {
	if len(byRank) == 0 {
		return stat.NotDefined("no active objective")
	}
	age := 0.0
	for i, weight := range stat.RankOrderCentroid(len(byRank)) {
		last := max(byRank[i].Declared, byRank[i].Last)
		if last == objective.NoDate {
			return stat.NotDefined("an objective without a day of declaration was never reviewed")
		}
		age += weight * float64(max(0, today-last))
	}
	return stat.Known(age, len(byRank))
}

// Kind is how something was adjusted.
type Kind uint8

// The kinds of adjustments.
const (
	Stopped     Kind = iota // a stop decision
	Edited                  // the rank or the target was changed
	Reallocated             // effort moved, see Reallocation
)

// An Adjustment is one change of course.
type Adjustment struct {
	Day  objective.Date
	Kind Kind
	// Moved is the share of effort that moved, 0 to 1, where Kind is
	// Reallocated.
	Moved float64
}

// The shares of effort that must move to count: as an answer to a check-in, and
// as a correction of an alarm.
const (
	answers  = 0.10
	corrects = 0.20
)

// counts reports whether the adjustment is large enough. The slack keeps .3 − .2
// from falling below .1 by rounding.
func (a Adjustment) counts(least float64) bool {
	return a.Kind != Reallocated || a.Moved >= least-1e-9
}

// Reallocation returns the share of effort that moved between two mixes, such
// as those of two weeks: half of the sum of the differences between the shares.
// The slices are parallel. It is undefined when either holds no effort.
func Reallocation(before, after []effort.Micro) (float64, bool) {
	sum := func(mix []effort.Micro) (all effort.Micro) {
		for _, e := range mix {
			all += e
		}
		return all
	}
	earlier, later := sum(before), sum(after)
	if earlier <= 0 || later <= 0 {
		return 0, false
	}
	moved := 0.0
	for i := range before {
		moved += math.Abs(float64(after[i])/float64(later) - float64(before[i])/float64(earlier))
	}
	return min(moved/2, 1), true
}

// answerWithin is for how many days after a check-in an adjustment answers it.
const answerWithin = 7

// AdjustRatio is the share of the check-ins that an adjustment followed within 7
// days (the day of the check-in included): a stop, an edit of rank or target, or
// at least 10 percentage points of effort that moved. All belong to the same
// scope. Check-ins of the last 7 days are left out, because their answer may
// still come. It is undefined without any other. The limits are Wilson's.
func AdjustRatio(checkIns []objective.Date, adjustments []Adjustment, today objective.Date) stat.Estimate {
	asked, answered := 0, 0
	for _, day := range checkIns {
		if day+answerWithin > today {
			continue
		}
		asked++
		for _, a := range adjustments {
			if day <= a.Day && a.Day <= day+answerWithin && a.counts(answers) {
				answered++
				break
			}
		}
	}
	return stat.Proportion(answered, asked, 1, "check-ins that are a week old")
}

// KillSessionAge is the number of days since the last stop decision. When there
// never was one, it is the number of days since the declarations began to be
// recorded, which is a lower bound: its upper limit is +Inf. It is undefined
// before anything was recorded.
func KillSessionAge(stops []objective.Date, recorded, today objective.Date) stat.Estimate {
	last, n := objective.NoDate, 0
	for _, day := range stops {
		if day <= today {
			last, n = max(last, day), n+1
		}
	}
	switch {
	case n > 0:
		return stat.Known(float64(today-last), n)
	case recorded == objective.NoDate || recorded > today:
		return stat.NotDefined("no declaration is recorded")
	default:
		age := float64(today - recorded)
		return stat.Known(age, 0).Within(age, math.Inf(1))
	}
}

// Flow is how many workstreams began and ended in 90 days.
type Flow struct{ Started, Stopped, Finished int }

// FlowDays is the length of the window of a Flow, in days.
const FlowDays = 90

// StopsPerStart is how many workstreams were stopped for each that was started.
// It is +Inf when some were stopped and none was started, undefined when
// nothing was.
func (f Flow) StopsPerStart() stat.Estimate {
	if f.Started == 0 && f.Stopped == 0 {
		return stat.NotDefined("nothing was started or stopped")
	}
	return stat.Known(float64(f.Stopped)/float64(f.Started), f.Started+f.Stopped)
}

// NetGrowth is by how much the number of workstreams grew.
func (f Flow) NetGrowth() int { return f.Started - f.Stopped - f.Finished }

// NonGoalCoverage is the share of the active objectives that declare at least
// one exclude: what they will not do. It is undefined without active
// objectives.
func NonGoalCoverage(withExcludes, active int) stat.Estimate {
	if active <= 0 {
		return stat.NotDefined("no active objective")
	}
	return stat.Known(float64(withExcludes)/float64(active), active)
}

// CheckInResponse is the share of the persons asked who answered. It is a matter
// of persons: below k of them it is suppressed.
func CheckInResponse(answered, asked, k int) stat.Estimate {
	switch {
	case asked <= 0:
		return stat.NotDefined("nobody was asked")
	case asked < k:
		return stat.Estimate{Status: stat.Suppressed, Reason: "fewer persons were asked than privacy.k_people"}
	default:
		return stat.Known(float64(answered)/float64(asked), asked)
	}
}
