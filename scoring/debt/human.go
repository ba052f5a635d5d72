package debt

import (
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// MinPeople is the smallest group that human debt is told of, whatever the
// configuration says. AlertPeople is the smallest to alert on.
const (
	MinPeople   = 5
	AlertPeople = 8
)

// refuse returns what is told instead of a group of people that is too small.
func refuse(people, k int) (stat.Estimate, bool) {
	switch {
	case people == 0:
		return stat.NotDefined("nobody worked in this window"), true
	case people < max(k, MinPeople):
		return stat.Estimate{Status: stat.Suppressed, Reason: "fewer persons than privacy.k_people"}, true
	}
	return stat.Estimate{}, false
}

// told marks an estimate as alertable from 8 people on.
func told(e stat.Estimate, people int) stat.Estimate {
	e.Alertable = e.OK() && people >= AlertPeople
	return e
}

// A Day is the workstreams that one person touched on one local day, in the
// order of the touches. Persons are numbered by the caller.
type Day struct {
	Person      int
	Workstreams []uint64
}

// manySwitches is from how many switches on a day is scattered.
const manySwitches = 3

// Switches is score X6: the mean number of switches between workstreams on a
// person's day of work, and the share of those days with 3 or more, with its
// Wilson interval. N is person-days. Days without a touch are no days of work.
// Both are suppressed below k persons, and below 5 in any case.
func Switches(days []Day, k int) (mean, scattered stat.Estimate) {
	people := map[int]bool{}
	n, switches, many := 0, 0, 0
	for _, d := range days {
		if len(d.Workstreams) == 0 {
			continue
		}
		own := 0
		for i, w := range d.Workstreams[1:] {
			if w != d.Workstreams[i] {
				own++
			}
		}
		people[d.Person] = true
		n, switches = n+1, switches+own
		if own >= manySwitches {
			many++
		}
	}
	if e, refused := refuse(len(people), k); refused {
		return e, e
	}
	mean = stat.Known(float64(switches)/float64(n), n)
	return told(mean, len(people)), told(stat.Proportion(many, n, 1, "days of work"), len(people))
}

// The local hours that are not after hours, in minutes since midnight.
const (
	morning = 8 * 60
	evening = 19 * 60
)

// AfterHours reports whether a touch is outside of 08:00 to 19:00 local time, or
// on a weekend.
func AfterHours(day objective.Date, minute int) bool {
	weekday := day.Weekday()
	return weekday == time.Saturday || weekday == time.Sunday || minute < morning || minute >= evening
}

// Hours are the touches of one person, all and those after hours: in the window,
// and in the 26 weeks before it.
type Hours struct {
	All, After                 int
	BaselineAll, BaselineAfter int
}

// A Shift is how a team's hours moved.
type Shift struct {
	// Median is the median over the persons of how much the share of touches
	// after hours rose against their own baseline, −1 to 1. It hides single
	// persons on purpose.
	Median stat.Estimate
	// Spread is 1 where at least a quarter of the persons rose by more than 5
	// percentage points, else 0. It needs 8 persons.
	Spread stat.Estimate
}

// What makes a rise of hours widespread.
const (
	clearRise  = 0.05
	widespread = 0.25
)

// AfterHoursShift is part of score X6. Persons without a touch in the window or
// in the baseline do not count. Both are suppressed below k persons, and below 5
// in any case: a share of hours only means something against a person's own.
func AfterHoursShift(persons []Hours, k int) Shift {
	var rises []float64
	up := 0
	for _, p := range persons {
		if p.All <= 0 || p.BaselineAll <= 0 {
			continue
		}
		rise := float64(p.After)/float64(p.All) - float64(p.BaselineAfter)/float64(p.BaselineAll)
		rises = append(rises, rise)
		// .15 − .10 is not more than .05, whatever rounding says.
		if rise > clearRise+1e-9 {
			up++
		}
	}
	n := len(rises)
	if e, refused := refuse(n, k); refused {
		return Shift{e, e}
	}
	s := Shift{Median: told(stat.Known(stat.Median(rises), n), n)}
	if n < AlertPeople {
		s.Spread = stat.Insufficient(n, "%d of at least %d persons", n, AlertPeople)
		return s
	}
	value := 0.0
	if float64(up) >= widespread*float64(n) {
		value = 1
	}
	s.Spread = stat.Known(value, n)
	return s
}

// CoordinationShare is part of score X6: the share of all effort that went to
// reviews, tickets and discussions. It is suppressed below k persons, and below
// 5 in any case; undefined without effort.
func CoordinationShare(coordination, total effort.Micro, persons, k int) stat.Estimate {
	if e, refused := refuse(persons, k); refused {
		return e
	}
	return told(share(coordination, total, "no effort in this window"), persons)
}

// A Response is the effort on one item in the window.
type Response struct {
	Effort    effort.Micro
	Objective bool // on an active objective
	// Created is the day on which someone else than who works on it created the
	// item, NoDate when it was themselves. Touched is the day of the first touch
	// by the team.
	Created, Touched objective.Date
}

// ReactiveEffort is part of score X6: the share of all effort that is on no
// objective and on items that were first touched at most one working day after
// somebody else created them. It is suppressed below k persons, and below 5 in
// any case; undefined without effort.
func ReactiveEffort(responses []Response, persons, k int) stat.Estimate {
	if e, refused := refuse(persons, k); refused {
		return e
	}
	var reactive, total effort.Micro
	for _, r := range responses {
		total += r.Effort
		if !r.Objective && r.Created != objective.NoDate && r.Touched >= r.Created && WorkingDays(r.Created, r.Touched) <= 1 {
			reactive += r.Effort
		}
	}
	return told(share(reactive, total, "no effort in this window"), persons)
}
