package structure

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// Kind is what was changed.
type Kind string

// The kinds of changes in the log.
const (
	Text       Kind = "text"
	Rank       Kind = "rank"
	Owner      Kind = "owner"
	Target     Kind = "target"
	Due        Kind = "due"
	Rules      Kind = "rules"
	Excludes   Kind = "excludes"
	State      Kind = "state"
	Membership Kind = "membership" // of a team: how many, never who
	Config     Kind = "config"     // of a connector or of the scores
	Repository Kind = "repository" // who owns one
	Workflow   Kind = "workflow"   // the statuses of a project
)

// A Change is one entry of the structure change log.
type Change struct {
	Kind Kind
	// Scope is what it belongs to: an objective's or a team's id, "" for the
	// whole organisation.
	Scope string
	// Effective is when it was to hold, Known when it was first seen.
	Effective, Known objective.Date
}

// Day is when people could act on the change: once it is both effective and
// known.
func (c Change) Day() objective.Date { return max(c.Effective, c.Known) }

// The window around a shift in which a change is a candidate, in days.
const (
	lookBack    = 21
	lookAhead   = 3
	windowDays  = lookBack + lookAhead
	rateDays    = 90 // over which the rate of changes is taken
	significant = 0.05
)

// A Coincidence is what a shift coincides with. Say so in these words: "caused
// by" would claim what nobody knows.
type Coincidence struct {
	// Candidates are the changes from 21 days before the shift to 3 days after
	// it, nearest first.
	Candidates []Change
	// Chance is the probability that some change falls into such a window
	// without any connection, 0 to 1; Weight is 1 − Chance, what the coincidence
	// is worth as evidence. Without candidates both are 0.
	Chance, Weight float64
}

// Align returns the shifts with the changes of the same scope that they coincide
// with: those that concern one of the scopes given, such as a team and its
// objectives, or the whole organisation. The rate of changes is that of the 90
// days up to the end of each window.
func Align(shifts []Shift, log []Change, scopes ...string) []Shift {
	aligned := slices.Clone(shifts)
	for i := range aligned {
		day := aligned[i].Day()
		var c Coincidence
		recent := 0
		for _, change := range log {
			if change.Scope != "" && !slices.Contains(scopes, change.Scope) {
				continue
			}
			at := change.Day()
			if at > day+lookAhead-rateDays && at <= day+lookAhead {
				recent++
			}
			if at >= day-lookBack && at <= day+lookAhead {
				c.Candidates = append(c.Candidates, change)
			}
		}
		slices.SortStableFunc(c.Candidates, func(a, b Change) int {
			return cmp.Or(cmp.Compare(distance(a.Day(), day), distance(b.Day(), day)), cmp.Compare(a.Day(), b.Day()))
		})
		if len(c.Candidates) > 0 {
			c.Chance = Chance(recent)
			c.Weight = 1 - c.Chance
		}
		aligned[i].Coincidence = c
	}
	return aligned
}

func distance(a, b objective.Date) objective.Date { return max(a-b, b-a) }

// Chance is the probability that at least one of the changes that come at random
// and so many in 90 days falls into a window of 24: 1 − e^(−24·n/90).
func Chance(per90Days int) float64 {
	return -math.Expm1(-windowDays * float64(max(per90Days, 0)) / rateDays)
}

// MatchesNeeded is how many shifts in a row must coincide with a change for that
// to have a probability below 0.05 by chance. It is 0 when chance is 0, and -1
// when no number would do.
func MatchesNeeded(chance float64) int {
	switch {
	case !(chance > 0):
		return 0
	case chance >= 1:
		return -1
	}
	n := 1
	for p := chance; p >= significant; p *= chance {
		n++
	}
	return n
}

// UnexplainedShifts is score Q1: the share of the shifts that coincide with no
// change. It is undefined without shifts.
func UnexplainedShifts(aligned []Shift) stat.Estimate {
	if len(aligned) == 0 {
		return stat.NotDefined("no score shifted")
	}
	n := 0
	for _, s := range aligned {
		if len(s.Candidates) == 0 {
			n++
		}
	}
	return stat.Known(float64(n)/float64(len(aligned)), len(aligned))
}
