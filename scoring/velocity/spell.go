// Package velocity measures how long an organisation takes to stop what it
// decided to stop: from the day on which a decision was known until the work
// went quiet, with what goes on regardless and what came back.
//
// The definitions follow section 4.4 of the score specification, the minimum
// samples section 2.7. All times are whole days. A workstream that is renamed or
// moved is no stop: the caller follows the item to its new name and passes all
// its touches together.
package velocity

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// The constants of the definition.
const (
	// DefaultQuietDays is how many days in a row without a touch make a stop.
	DefaultQuietDays = 14
	// LookBack is for how many days before a decision work must be found for
	// there to be something to stop.
	LookBack = 28
	// History is how far back decisions count, in days.
	History = 365
	// ZombieAfter is how long after a decision an open spell becomes a zombie,
	// in days.
	ZombieAfter = 28
	// RecentDays and RecentEffort say when a zombie is worked on: more effort
	// than this within so many days.
	RecentDays   = 14
	RecentEffort = effort.PersonDay
)

// A Stop is one decision to stop one workstream, with what happened to it: an
// objective that was retired, deprioritised or paused, an item or epic that was
// flagged as off strategy, or an exclude rule that matches running work.
type Stop struct {
	// Effective is the day the decision itself names, Known the day on which
	// it could first be read. NoDate stands for not told.
	Effective, Known objective.Date
	// Touches are the days on which somebody worked on the workstream (see
	// Touch), in any order. Days before the decision are allowed.
	Touches []objective.Date
	// Before is the effort on the workstream in the LookBack days before
	// Start.
	Before effort.Micro
	// Recent is the effort on it in the RecentDays days up to Judging.Now.
	Recent effort.Micro
	// Reactivated is the day on which the decision was taken back, NoDate when
	// it holds.
	Reactivated objective.Date
}

// Touch reports whether a person's presence on an item keeps its workstream
// alive: code and tickets do, reviews and talk do not. Machines have no
// presence. Work on an item with a wind_down: label is the stopping itself and
// exempt.
func Touch(p effort.Presence, windDown bool) bool {
	return p&(effort.Code|effort.Ticket) != 0 && !windDown
}

// Start returns the day on which the clock starts: nobody can act on a decision
// before it is known, and nobody has to before it is effective. NoDate when
// neither is told.
func (s Stop) Start() objective.Date { return max(s.Effective, s.Known) }

// Lag returns the announcement lag: for how many days the decision was in
// effect before it was known. 0 when it was announced beforehand, or when
// either day is not told.
func (s Stop) Lag() int {
	if s.Effective == objective.NoDate || s.Known == objective.NoDate {
		return 0
	}
	return max(0, int(s.Known-s.Effective))
}

// Why says why a Stop is no spell.
type Why string

// The reasons to leave a decision out.
const (
	Counted     Why = ""
	TooRecent   Why = "decided within the days that a stop needs to be confirmed"
	BeforeData  Why = "decided before the data begins"
	TooOld      Why = "decided too long ago"
	NothingToDo Why = "no effort before the decision: nothing to stop"
	TakenBack   Why = "taken back before it started"
	NoStart     Why = "neither the day it takes effect nor the day it was known is told"
)

// A Spell is how long a workstream outlived the decision to stop it.
type Spell struct {
	Start objective.Date
	Lag   int // announcement lag, in days
	// Days runs from Start to the last touch before the first quiet run when
	// Stopped (0 if it was never touched), and to the end of what can be
	// judged when it is censored.
	Days    int
	Stopped bool
	// Confirmed is the day on which the stop was certain, NoDate while it is
	// not.
	Confirmed objective.Date
	// Followed is for how many days the spell was watched, stopped or not.
	Followed int
	// Age is how many days ago an open spell started, 0 for others: those that
	// stopped and those that were taken back.
	Age int
	// Resurrections counts the quiet runs that new work ended.
	Resurrections int
	// Live is set while more than RecentEffort goes into an open spell.
	Live bool
}

// Judging says as of when spells are judged.
type Judging struct {
	Now       objective.Date // the last closed day
	DataFrom  objective.Date // the first day of the data, NoDate for always
	QuietDays int            // DefaultQuietDays when 0
}

// quiet returns the days that confirm a stop.
func (j Judging) quiet() objective.Date {
	if j.QuietDays <= 0 {
		return DefaultQuietDays
	}
	return objective.Date(j.QuietDays)
}

// Judge turns a decision into a spell, or says why it is none.
//
// A stop is the first run of QuietDays days without a touch and is certain only
// once they have passed. So every spell is judged as of the cut-off, QuietDays
// before Now, with touches up to Now: a quiet run that begins by then is a
// stop at its last touch, and everything else is censored at the cut-off, or on
// the day the decision was taken back. (To censor at the last touch instead
// would be informative: just there sit the stops not yet confirmed.) Decisions
// after the cut-off, before the data, and of nothing are no spells.
func (j Judging) Judge(s Stop) (Spell, Why) {
	start, cutoff := s.Start(), j.Now-j.quiet()
	if why := j.exclude(s, start, cutoff); why != Counted {
		return Spell{}, why
	}
	// The last day that is watched: the day before the decision was taken back.
	last, censored := j.Now, cutoff
	back := s.Reactivated != objective.NoDate && s.Reactivated <= j.Now
	if back {
		last, censored = s.Reactivated-1, min(cutoff, s.Reactivated)
	}
	p := Spell{Start: start, Lag: s.Lag(), Confirmed: objective.NoDate, Followed: int(censored - start)}
	at := start // the day after which it may be quiet
	for _, touch := range after(s.Touches, start, last) {
		if touch-at > j.quiet() { // as many days without a touch lie between
			p.Resurrections++
			p.stop(at, j.quiet())
		}
		at = touch
	}
	if last-at >= j.quiet() {
		p.stop(at, j.quiet())
	}
	if !p.Stopped {
		p.Days = int(censored - start)
		if !back {
			p.Age, p.Live = int(j.Now-start), s.Recent > RecentEffort
		}
	}
	return p, Counted
}

// stop notes the first quiet run, after the touch on a day.
func (p *Spell) stop(at, quiet objective.Date) {
	if !p.Stopped {
		p.Stopped, p.Days, p.Confirmed = true, int(at-p.Start), at+quiet
	}
}

func (j Judging) exclude(s Stop, start, cutoff objective.Date) Why {
	switch {
	case start == objective.NoDate:
		return NoStart
	case start > cutoff:
		return TooRecent
	case j.DataFrom != objective.NoDate && start < j.DataFrom:
		return BeforeData
	case start < j.Now-History:
		return TooOld
	case s.Reactivated != objective.NoDate && s.Reactivated <= start:
		return TakenBack
	case s.Before <= 0:
		return NothingToDo
	default:
		return Counted
	}
}

// after returns the touches from a day to another, ascending.
func after(touches []objective.Date, from, until objective.Date) []objective.Date {
	kept := slices.DeleteFunc(slices.Clone(touches), func(d objective.Date) bool { return d < from || d > until })
	slices.Sort(kept)
	return kept
}

// Spells judges every decision and counts why the others are left out.
func (j Judging) Spells(stops []Stop) (spells []Spell, left map[Why]int) {
	left = map[Why]int{}
	for _, s := range stops {
		if p, why := j.Judge(s); why == Counted {
			spells = append(spells, p)
		} else {
			left[why]++
		}
	}
	return spells, left
}
