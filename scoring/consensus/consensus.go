package consensus

import (
	"time"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The cut-offs of a trapped decision, at least two of which it reaches.
const (
	ManyPeople = 8
	ManyRounds = 4
	// Slow is the least time that counts as long; SlowFactor times the team's
	// median does where that is more.
	Slow       = 72 * time.Hour
	SlowFactor = 2
	// Trailing is over which time the team's median is taken.
	Trailing = 26 * 7 * 24 * time.Hour
)

// The minimum samples (score specification, section 2.7), and the age from
// which an open decision is old.
const (
	minDecisions = 10
	minTaken     = 5
	old          = 30 * 24 * time.Hour
)

// Trapped reports whether a decision is in the consensus trap as of a time,
// given the team's median time to decide (0 when it has none): at least two of
// 8 people, 4 rounds, and longer than both 72 hours and twice the median. An
// open decision is judged by what it has taken so far.
func Trapped(d Decision, median time.Duration, now time.Time) bool {
	took, _ := d.Took(now)
	reached := 0
	for _, cut := range []bool{
		d.Participants >= ManyPeople,
		d.Rounds >= ManyRounds,
		took > max(Slow, SlowFactor*median),
	} {
		if cut {
			reached++
		}
	}
	return reached >= 2
}

// TrailingMedian returns the median time of the decisions taken in the 26 weeks
// before a time, 0 when there were none.
func TrailingMedian(history []Decision, before time.Time) time.Duration {
	hours := make([]float64, 0, len(history))
	for _, d := range history {
		if took, taken := d.Took(before); taken && d.Closed.Before(before) && !d.Closed.Before(before.Add(-Trailing)) {
			hours = append(hours, took.Hours())
		}
	}
	return time.Duration(stat.Median(hours) * float64(time.Hour))
}

// A Judged is a decision with the median that it was held against.
type Judged struct {
	Decision
	Median  time.Duration
	Trapped bool
}

// Judge judges the decisions of a team that were open at some time from a time
// until now, by the median that trailed the UTC day on which each was taken, or
// trails today. So a decision once judged stays as it was judged. Decisions
// opened after now are not known yet.
func Judge(history []Decision, from, now time.Time) []Judged {
	var judged []Judged
	medians := map[time.Time]time.Duration{}
	for _, d := range history {
		_, taken := d.Took(now)
		if d.Opened.After(now) || taken && d.Closed.Before(from) {
			continue
		}
		end := now
		if taken {
			end = d.Closed
		}
		day := end.UTC().Truncate(24 * time.Hour)
		median, known := medians[day]
		if !known {
			median = TrailingMedian(history, day)
			medians[day] = median
		}
		judged = append(judged, Judged{d, median, Trapped(d, median, now)})
	}
	return judged
}

// TrapRatio is score K1: the share of decisions that are trapped, with its
// Wilson interval. It needs 10 decisions and is undefined without any.
func TrapRatio(judged []Judged) stat.Estimate {
	trapped := 0
	for _, j := range judged {
		if j.Trapped {
			trapped++
		}
	}
	return stat.Proportion(trapped, len(judged), minDecisions, "decisions")
}

// A Typical is the decision in the middle, each number by itself.
type Typical struct{ Participants, Rounds, Hours float64 }

// TypicalOf returns the medians of decisions as of a time, open ones with what
// they have taken so far. It is false without decisions.
func TypicalOf(judged []Judged, now time.Time) (Typical, bool) {
	var people, rounds, hours []float64
	for _, j := range judged {
		took, _ := j.Took(now)
		people, rounds = append(people, float64(j.Participants)), append(rounds, float64(j.Rounds))
		hours = append(hours, took.Hours())
	}
	return Typical{stat.Median(people), stat.Median(rounds), stat.Median(hours)}, len(judged) > 0
}

// A Latency is score K2, the time to a decision, in hours.
type Latency struct {
	// Median is the Kaplan–Meier median with 95 % limits.
	Median stat.Estimate
	// AtLeast bounds the median from below where more than half of the
	// decisions are open longer; 0 where they are not.
	AtLeast float64
}

// LatencyOf returns the time to decide as of a time. Open decisions count as
// censored: leaving them out makes slow teams look fast. It needs 10 decisions,
// 5 of them taken. Decisions should be chosen by when they were opened, because
// those that were open long ago and still are would be missing otherwise.
func LatencyOf(decisions []Decision, now time.Time) Latency {
	var observed []stat.Observed
	for _, d := range decisions {
		if d.Opened.After(now) {
			continue
		}
		took, taken := d.Took(now)
		observed = append(observed, stat.Observed{Time: took.Hours(), Ended: taken})
	}
	curve := stat.KaplanMeier(observed)
	l := Latency{}
	median, reached := curve.Median()
	if !reached {
		l.AtLeast = curve.Longest
	}
	switch n := len(observed); {
	case n == 0:
		l.Median = stat.NotDefined("no decisions")
	case n < minDecisions:
		l.Median = stat.Insufficient(n, "%d of at least %d decisions", n, minDecisions)
	case curve.Ended < minTaken:
		l.Median = stat.Insufficient(n, "%d of at least %d decisions taken", curve.Ended, minTaken)
	case !reached:
		l.Median = stat.Insufficient(n, "more than half are open after %.0f hours", l.AtLeast)
	default:
		l.Median = stat.Known(median, n).Within(curve.MedianLimits(stat.SurvivalConfidence))
	}
	return l
}

// A Debt is score K3: what is waiting to be decided.
type Debt struct {
	Open    int     // decisions not taken
	Seconds float64 // ages of all of them together
	Old     int     // open for more than 30 days
}

// DebtOf returns the decision debt as of a time. Without open decisions it is 0.
func DebtOf(decisions []Decision, now time.Time) Debt {
	var debt Debt
	for _, d := range decisions {
		age, taken := d.Took(now)
		if taken || d.Opened.After(now) {
			continue
		}
		debt.Open++
		debt.Seconds += age.Seconds()
		if age > old {
			debt.Old++
		}
	}
	return debt
}
