package confidence

import (
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// MoveKind is how an item moved in or out of an objective's open scope.
type MoveKind uint8

// The kinds of moves.
const (
	Joined    MoveKind = iota // was created in it, linked to it, or re-opened
	Completed                 // was done
	Left                      // was dropped, or linked to something else
)

// A Move is one item that moved in or out of an objective's open scope.
type Move struct {
	Day  objective.Date
	Kind MoveKind
}

// Burn counts the moves of each whole ISO week between two days, both included,
// without gaps: a week in which nothing moved is a week of 0. So what an
// objective starts with, in the week of its start, is not growth.
func Burn(moves []Move, from, until objective.Date) []Week {
	first, last := stat.WeekOf(int(from)), stat.WeekOf(int(until))
	if from != from.Monday() {
		first++
	}
	if until-until.Monday() < 6 {
		last--
	}
	if last < first {
		return nil
	}
	weeks := make([]Week, last-first+1)
	for i := range weeks {
		weeks[i].Week = first + i
	}
	for _, m := range moves {
		i := stat.WeekOf(int(m.Day)) - first
		if i < 0 || i >= len(weeks) {
			continue
		}
		switch m.Kind {
		case Completed:
			weeks[i].Completed++
		case Joined:
			weeks[i].Added++
		case Left:
			weeks[i].Added--
		}
	}
	return weeks
}
