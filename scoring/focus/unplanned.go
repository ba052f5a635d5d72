package focus

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// What makes a new workstream count: this much effort within so many days of
// its first.
const (
	worthEffort = 2 * effort.PersonDay
	worthDays   = 14
)

// A Workstream is what the rate of unplanned ones needs of one.
type Workstream struct {
	// First is the day of its first effort ever, NoDate when it has none.
	First objective.Date
	// Planned is set when it was on an active objective on that day. Linking it
	// later does not make it planned.
	Planned bool
	// Early is the team's effort from First on, for 14 days.
	Early effort.Micro
	// Members is how many members of the team worked on it in that time.
	Members int
}

// EarlyDays is for how many days from a workstream's first effort on Early is
// added up, the first included.
const EarlyDays = worthDays

// Unplanned reports whether the workstream began in a window without a plan: its
// first effort lies in it, was on no active objective, and at least one member
// of the team spent at least 2 person-days in the 14 days from then on. So a
// workstream that began in the last 14 days may still become one.
func (w Workstream) Unplanned(from, until objective.Date) bool {
	return w.First != objective.NoDate && from <= w.First && w.First <= until &&
		!w.Planned && w.Early >= worthEffort && w.Members >= 1
}

// UnplannedRate is score F3: how many unplanned workstreams begin a week, with
// Garwood's 90 % interval, in a window with both ends included. N is their
// number. It is undefined for a window without a day.
func UnplannedRate(workstreams []Workstream, from, until objective.Date) stat.Estimate {
	if from > until || from == objective.NoDate {
		return stat.NotDefined("the window has no day")
	}
	weeks := float64(until-from+1) / 7
	n := 0
	for _, w := range workstreams {
		if w.Unplanned(from, until) {
			n++
		}
	}
	low, high := stat.Garwood(n, stat.Confidence)
	return stat.Known(float64(n)/weeks, n).Within(low/weeks, high/weeks)
}

// A Piece is the effort on one item in the window.
type Piece struct {
	Effort  effort.Micro
	Created objective.Date // of the item, NoDate when the source does not tell
	// Objective is set when the effort is on an active objective, RunWork when
	// it is run work.
	Objective, RunWork bool
}

// UnplannedEffort is score F4: the share of effort on items that were created
// after the first day of the period and are on no objective. Run work is never
// unplanned, but it is part of the whole. It is undefined without effort.
func UnplannedEffort(pieces []Piece, start objective.Date) stat.Estimate {
	var unplanned, total effort.Micro
	for _, p := range pieces {
		total += p.Effort
		if p.Created > start && !p.Objective && !p.RunWork {
			unplanned += p.Effort
		}
	}
	if total <= 0 {
		return stat.NotDefined("no effort in this period")
	}
	return stat.Known(float64(unplanned)/float64(total), int(total/effort.PersonDay)).AlertFrom(alertEffort)
}
