package coherence

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// FreshDays is for how many days a sample of an outcome is feedback.
const FreshDays = 14

// alertReviews is from how many objectives on a learning latency is an alarm.
const alertReviews = 10

// A Measured is the effort on an active objective, and when its outcome last
// returned a sample.
type Measured struct {
	Effort effort.Micro
	// Sample is the day of the newest sample, NoDate for none.
	Sample objective.Date
}

// Fresh reports whether a sample came within 14 days.
func (m Measured) Fresh(today objective.Date) bool {
	return m.Sample != objective.NoDate && m.Sample <= today && today-m.Sample <= FreshDays
}

// FeedbackCoverage is score L5: the share of the effort on active objectives
// whose outcome returned a sample within 14 days. It is undefined without effort
// on active objectives.
func FeedbackCoverage(active []Measured, today objective.Date) stat.Estimate {
	var fresh, total effort.Micro
	for _, m := range active {
		total += m.Effort
		if m.Fresh(today) {
			fresh += m.Effort
		}
	}
	return share(fresh, total)
}

// A Lesson is when something was delivered for an objective and when somebody
// looked at what it brought.
type Lesson struct {
	// Delivered is the day of the objective's first delivered output, NoDate
	// before.
	Delivered objective.Date
	// Reviewed is the day of the first review of the outcome from then on: a
	// check-in that cites the metric, or the first fresh sample after the lag.
	// NoDate for none.
	Reviewed objective.Date
	// Due is the due date, NoDate when none is declared.
	Due objective.Date
	// Until is the last day on which the objective was watched: when it was
	// stopped, NoDate while it is active.
	Until objective.Date
}

// A Learning is the rest of score L5.
type Learning struct {
	// Latency is the Kaplan–Meier median of the days from the first delivery to
	// the first review, with 95 % limits.
	Latency stat.Estimate
	// AtLeast bounds it from below where more than half were not reviewed; 0
	// where they were.
	AtLeast float64
	// Late is the share of the objectives with a due date, and either a review
	// or that date behind them, whose first review came after it or not yet,
	// with its Wilson interval.
	Late stat.Estimate
}

// LearningOf returns how long it takes until somebody looks at what deliveries
// brought. Objectives that were not reviewed yet are censored today, or when
// they were stopped. It is undefined before anything was delivered; to alert it
// needs 10 objectives.
func LearningOf(lessons []Lesson, today objective.Date) Learning {
	var observed []stat.Observed
	late, judged := 0, 0
	for _, l := range lessons {
		if l.Delivered == objective.NoDate || l.Delivered > today {
			continue
		}
		end, reviewed := today, false
		if l.Until != objective.NoDate {
			end = min(end, l.Until)
		}
		if l.Reviewed != objective.NoDate && l.Reviewed <= end {
			end, reviewed = l.Reviewed, true
		}
		observed = append(observed, stat.Observed{Time: float64(max(0, end-l.Delivered)), Ended: reviewed})
		if l.Due != objective.NoDate && (reviewed || end > l.Due) {
			judged++
			if end > l.Due {
				late++
			}
		}
	}
	curve := stat.KaplanMeier(observed)
	learning := Learning{Late: stat.Proportion(late, judged, 1, "objectives that were reviewed or due").AlertFrom(alertReviews)}
	median, reached := curve.Median()
	switch {
	case curve.N == 0:
		learning.Latency = stat.NotDefined("nothing was delivered")
	case !reached:
		learning.AtLeast = curve.Longest
		learning.Latency = stat.Insufficient(curve.N, "more than half were not reviewed after %.0f days", curve.Longest)
	default:
		learning.Latency = stat.Known(median, curve.N).Within(curve.MedianLimits(stat.SurvivalConfidence)).AlertFrom(alertReviews)
	}
	return learning
}

// A Sight is the effort of a window by how far it can be followed.
type Sight struct {
	// Live is on active objectives whose outcome has data: the chain from event
	// to outcome is unbroken. Blind is on the other active objectives.
	Live, Blind effort.Micro
	RunWork     effort.Micro
	Off         effort.Micro // everything else
}

// LineOfSight is score L6: the share of all effort, and of all but run work,
// that can be followed from the event to a live outcome. Each is undefined
// without effort.
func LineOfSight(s Sight) (total, discretionary stat.Estimate) {
	chosen := s.Live + s.Blind + s.Off
	of := func(whole effort.Micro) stat.Estimate {
		if whole <= 0 {
			return stat.NotDefined("no effort in this window")
		}
		return share(s.Live, whole)
	}
	return of(chosen + s.RunWork), of(chosen)
}

// An OER is what an active objective has of outcome, execution path and result
// tracking.
type OER struct {
	Clarity float64 // Endstate.Clarity
	// TeamWeeks is how many weeks there are for its participating teams
	// together, Linked in how many of them there is at least one linked item.
	TeamWeeks, Linked int
	Fresh             bool // Measured.Fresh
}

// Completeness is the other half of L6 of one objective: how many of three it
// has, over 3: an end-state of at least 0.6, a linked item in every week of
// every participating team, and fresh feedback. Without a team-week there is no
// path.
func (o OER) Completeness() float64 {
	n := 0
	for _, has := range []bool{o.Clarity >= Clear, o.TeamWeeks > 0 && o.Linked >= o.TeamWeeks, o.Fresh} {
		if has {
			n++
		}
	}
	return float64(n) / 3
}

// OERCompleteness is the mean completeness of active objectives. It is undefined
// without any.
func OERCompleteness(active []OER) stat.Estimate {
	if len(active) == 0 {
		return stat.NotDefined("no active objective")
	}
	sum := 0.0
	for _, o := range active {
		sum += o.Completeness()
	}
	return stat.Known(sum/float64(len(active)), len(active))
}
