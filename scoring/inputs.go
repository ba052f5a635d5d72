package scoring

import (
	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/stat"
)

// inputDays is over how many days the inputs of what began are told.
const inputDays = 28

// inputQuality hands over what the tickets that were begun had to begin with. A
// ticket that does not say when it was started was with the first change or
// commit that is linked to it.
func (v *evaluation) inputQuality() {
	b := v.below()
	var begun []cadence.Begun
	unread := 0
	for no := range v.engine.facts {
		f, n := &v.engine.facts[no], uint32(no)
		if !v.head(n, kindTicket) || f.is(markEpic) {
			continue
		}
		at, known := f.started, f.started != noMinute
		if !known {
			at, known = b.first[n]
		}
		switch day := at.day(); {
		case !known || day > v.day || day <= v.day-inputDays:
		case !f.is(markInputs):
			unread++
		default:
			begun = append(begun, cadence.Begun{Words: int(f.described), Acceptance: f.is(markCriteria), Owner: f.is(markAssigned), Objective: len(v.objectivesOf(n)) > 0})
		}
	}
	quality := cadence.InputQuality(begun)
	if len(begun) == 0 && unread > 0 {
		quality = stat.Insufficient(0, "of %d tickets that were begun none tells what it had then", unread)
	}
	v.organisation(scoreOf(InputQuality, quality))
}
