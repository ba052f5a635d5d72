// Package debt measures execution debt, work that is reported and not there,
// and human debt, what the work costs a team.
//
// The definitions follow section 4.11 of the score specification, the minimum
// samples section 2.7. The functions about people (human.go) tell of teams
// only, refuse groups below k, and never show a person's own value. They are off
// unless the configuration turns them on, which is the caller's to check.
package debt

import (
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the definitions.
const (
	// EvidenceBefore and EvidenceAfter are how long before its start and after
	// its end evidence of an item counts.
	EvidenceBefore = 7 * 24 * time.Hour
	EvidenceAfter  = 14 * 24 * time.Hour
	// ReopenWithin is how long after its end an item can be reopened.
	ReopenWithin = 90 * 24 * time.Hour
	// PhantomAfter is from how many working days without a touch on an item in
	// progress is a phantom, PhantomPart what of the effort of an item it owes.
	PhantomAfter = 10
	PhantomPart  = 0.5

	minItems    = 10
	alertEffort = 40 // person-days
	doneFor     = 7  // days after which work on a done item is silent
)

// A Done is an item that was reported done in the window.
type Done struct {
	Started, Ended time.Time // a zero Started stands for Ended
	// Expects is set where its type is expected to leave evidence: not for
	// spikes, decisions and support.
	Expects bool
	// Evidence are the times of linked merged changes, commits on the default
	// branch, deployments and changed documents.
	Evidence []time.Time
}

// Verified reports whether there is evidence between 7 days before the start and
// 14 days after the end, both included.
func (d Done) Verified() bool {
	start := d.Started
	if start.IsZero() || start.After(d.Ended) {
		start = d.Ended
	}
	from, until := start.Add(-EvidenceBefore), d.Ended.Add(EvidenceAfter)
	return slices.ContainsFunc(d.Evidence, func(t time.Time) bool { return !t.Before(from) && !t.After(until) })
}

// An Unverified is score X1.
type Unverified struct {
	// Estimate is the share of the items done that are expected to leave
	// evidence and left none, with its Wilson interval.
	stat.Estimate
	// Count is how many those are, Pending how many of them may still get
	// evidence, because they ended less than 14 days ago.
	Count, Pending int
}

// UnverifiedOf returns the unverified share of the items done, as of now. It
// needs 10 items that expect evidence.
//
// Links by key find only about 64 % of the true ones, so up to 0.35 may be loss
// of links where text recovery is off.
func UnverifiedOf(done []Done, now time.Time) Unverified {
	u, expecting := Unverified{}, 0
	for _, d := range done {
		if !d.Expects {
			continue
		}
		expecting++
		if d.Verified() {
			continue
		}
		u.Count++
		if now.Before(d.Ended.Add(EvidenceAfter)) {
			u.Pending++
		}
	}
	u.Estimate = stat.Proportion(u.Count, expecting, minItems, "items done that should leave evidence")
	return u
}

// WorkingDays returns the number of days from Monday to Friday after one day, up
// to and including another. Holidays are not known.
func WorkingDays(after, until objective.Date) int {
	if until <= after {
		return 0
	}
	n := int(until-after) / 7 * 5
	for d := until - (until-after)%7 + 1; d <= until; d++ {
		if day := d.Weekday(); day != time.Saturday && day != time.Sunday {
			n++
		}
	}
	return n
}

// A Doing is an item in progress.
type Doing struct {
	// LastTouch is the day on which a person last worked on it, or else on
	// which it was started.
	LastTouch objective.Date
}

// PhantomOf is score X2: the share of the items in progress that nobody touched
// for 10 working days, with its Wilson interval, and their number. It needs 10
// items.
func PhantomOf(doing []Doing, today objective.Date) (share stat.Estimate, count int) {
	for _, d := range doing {
		if WorkingDays(d.LastTouch, today) >= PhantomAfter {
			count++
		}
	}
	return stat.Proportion(count, len(doing), minItems, "items in progress"), count
}

// A Code is effort on the code of one item on one day.
type Code struct {
	Effort effort.Micro
	Day    objective.Date
	// Todo is set where the item was still to do on that day. Ended is when it
	// had been done before that day, NoDate where it was not.
	Todo  bool
	Ended objective.Date
}

// SilentWork is score X3: the share of the effort on code that went to items
// that were still to do, or done more than 7 days ago. It is undefined without
// effort on code.
func SilentWork(code []Code) stat.Estimate {
	var silent, total effort.Micro
	for _, c := range code {
		total += c.Effort
		if c.Todo || c.Ended != objective.NoDate && c.Day-c.Ended > doneFor {
			silent += c.Effort
		}
	}
	return share(silent, total, "no effort on code")
}

func share(part, whole effort.Micro, none string) stat.Estimate {
	if whole <= 0 {
		return stat.NotDefined(none)
	}
	return stat.Known(float64(part)/float64(whole), int(whole/effort.PersonDay)).AlertFrom(alertEffort)
}

// ReportedActualGap is score X4: the share of the scope that is reported done
// minus the share that is verified, where the items without expected evidence
// are taken to be as real as the others. It is 0 to 1, with the limits of the
// unverified share, and as insufficient as it is. It is undefined without
// scope.
func ReportedActualGap(done, scope int, unverified stat.Estimate) stat.Estimate {
	if scope <= 0 {
		return stat.NotDefined("no scope")
	}
	if !unverified.OK() {
		return unverified
	}
	reported := min(float64(max(done, 0))/float64(scope), 1)
	gap := stat.Known(reported*unverified.Value, unverified.N)
	gap.Alertable = unverified.Alertable
	return gap.Within(reported*unverified.Lower, reported*unverified.Upper)
}

// A Closing is an item that was closed in the window.
type Closing struct {
	Closed time.Time
	// Reopened is when it was first reopened after that, zero for never.
	Reopened time.Time
}

// ReopenRatio is the share of the items closed that were reopened within 90
// days, with its Wilson interval. It needs 10 items.
func ReopenRatio(closed []Closing) stat.Estimate {
	reopened := 0
	for _, c := range closed {
		if !c.Reopened.IsZero() && !c.Reopened.Before(c.Closed) && !c.Reopened.After(c.Closed.Add(ReopenWithin)) {
			reopened++
		}
	}
	return stat.Proportion(reopened, len(closed), minItems, "items closed")
}

// Stock is score X5, the execution debt in person-days: each unverified item owes
// the median effort of an item done, each phantom half of it. Its trend says
// more than its level. N is the number of items that owe. Without them it is 0;
// it is undefined where some owe and no item done has effort.
func Stock(unverified, phantoms int, perDone []effort.Micro) stat.Estimate {
	owing := max(unverified, 0) + max(phantoms, 0)
	if owing == 0 {
		return stat.Known(0, 0)
	}
	var days []float64
	for _, e := range perDone {
		if e > 0 {
			days = append(days, e.PersonDays())
		}
	}
	if len(days) == 0 {
		return stat.NotDefined("no item done has effort")
	}
	items := float64(max(unverified, 0)) + PhantomPart*float64(max(phantoms, 0))
	return stat.Known(items*stat.Median(days), owing)
}
