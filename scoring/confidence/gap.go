package confidence

import (
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// Doubt is the observed confidence below which a green objective is a
// watermelon: green outside, red inside.
const Doubt = 0.5

// A Stand is what is said and seen of one objective.
type Stand struct {
	Reported Reported
	Observed Observed
	// Stalled says whether the outcome has stalled (score M2, package
	// outcome); KnowsOutcome whether that could be told.
	Stalled, KnowsOutcome bool
}

// A Watermelon is whether a green objective is red inside, and how that shows.
type Watermelon struct {
	Green    bool
	Delivery bool // even the kindest forecast is below Doubt
	Outcome  bool // the outcome has stalled
	// Judged is set where the forecast or the outcome could be told at all.
	Judged bool
}

// Flagged reports whether the objective is a watermelon.
func (w Watermelon) Flagged() bool { return w.Delivery || w.Outcome }

// WatermelonOf judges an objective. Without a fresh report it is not green. The
// forecast must rest on at least 5 weeks, and its upper limit before clipping
// must be below Doubt: a point below is no evidence.
func WatermelonOf(s Stand) Watermelon {
	w := Watermelon{Green: s.Reported.OK() && BandOf(s.Reported.Value) == Green}
	if !w.Green {
		return w
	}
	w.Judged = s.Observed.OK() || s.KnowsOutcome
	w.Delivery = s.Observed.OK() && s.Observed.RawUpper < Doubt
	w.Outcome = s.KnowsOutcome && s.Stalled
	return w
}

// Gap is score C3: reported minus observed confidence, −1 to 1, with the limits
// that those of the forecast give. Above 0 people are surer than the delivery.
// It is as undefined or insufficient as what it is made of.
func Gap(r Reported, o Observed) stat.Estimate {
	if !r.OK() {
		return r.Estimate
	}
	if !o.OK() {
		return o.Estimate
	}
	gap := stat.Known(r.Value-o.Value, o.N)
	gap.Alertable = o.Alertable
	return gap.Within(r.Value-o.Upper, r.Value-o.Lower)
}

// WatermelonRatio is score C4: the share of the green objectives that are
// watermelons, with its Wilson interval, and how many of the green ones could
// be judged. It is undefined when nothing is green, and insufficient when
// nothing green could be judged: that is not the same as none.
func WatermelonRatio(all []Watermelon) (ratio stat.Estimate, judged int) {
	green, flagged := 0, 0
	for _, w := range all {
		if !w.Green {
			continue
		}
		green++
		if w.Judged {
			judged++
		}
		if w.Flagged() {
			flagged++
		}
	}
	if green > 0 && judged == 0 {
		return stat.Insufficient(green, "none of %d green objectives has a forecast or an outcome", green), 0
	}
	return stat.Proportion(flagged, green, 1, "green objectives"), judged
}

// A DueDate is a due date and the day from which it was declared.
type DueDate struct {
	Known, Due objective.Date
	// Baseline is set where the configuration says that this date is the new
	// plan, not a slip of the old one.
	Baseline bool
}

// A Slip is score C5: how far the due date has moved.
type Slip struct {
	// Estimate is the slip over the length of the plan: negative when the date
	// came nearer.
	stat.Estimate
	Days     int // from the baseline to the date that holds now
	PlanDays int // from the start to the baseline
	Replans  int // changes of the date since the baseline
}

// SlipOf returns the due slip from the history of due dates, in the order in
// which they were declared:
//
//	(due now − due baseline) / (due baseline − start)
//
// The baseline is the first date ever declared, unless a later one is marked.
// It is undefined without a start, without a date (or when the date was
// withdrawn), and when the baseline is not after the start.
func SlipOf(start objective.Date, dates []DueDate) Slip {
	s := Slip{}
	baseline, now := objective.NoDate, objective.NoDate
	for _, d := range dates {
		if baseline != objective.NoDate && d.Due != now {
			s.Replans++
		}
		if now = d.Due; d.Due != objective.NoDate && (baseline == objective.NoDate || d.Baseline) {
			baseline, s.Replans = d.Due, 0
		}
	}
	switch {
	case start == objective.NoDate:
		s.Estimate = stat.NotDefined("no start is declared")
	case now == objective.NoDate:
		s.Estimate = stat.NotDefined("no due date is declared")
	case baseline <= start:
		s.Estimate = stat.NotDefined("the due date is not after the start")
	default:
		s.Days, s.PlanDays = int(now-baseline), int(baseline-start)
		s.Estimate = stat.Known(float64(s.Days)/float64(s.PlanDays), s.Replans)
	}
	return s
}
