package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// maxClimb bounds the way up from a work: links may go round in circles.
const maxClimb = 32

// upwardLink reports whether a link leads to what an item is part of.
func upwardLink(k store.LinkKind) bool {
	return slices.Contains([]store.LinkKind{store.LinkParent, store.LinkImplements, store.LinkCloses}, k)
}

// hooked keeps when an item was linked upward, where the source dates its links
// and that was on a later day than the item was made.
func (r *rareFacts) hooked(no uint32, it *store.Item, f *facts) {
	delete(r.upward, no)
	for i := range it.Links {
		l := &it.Links[i]
		if f.is(markGone) || !upwardLink(l.Kind) || l.At.IsZero() || f.created == noMinute {
			continue
		}
		if at := minuteOf(l.At); at.day() > f.created.day() {
			if before, known := r.upward[no]; !known || at > before {
				r.upward[no] = at
			}
		}
	}
}

// linkedOn reports whether the links by which a work counts for an objective
// were there on a day: those that are known to be made later make no plan of
// what was begun before.
func (v *evaluation) linkedOn(work uint32, day objective.Date) bool {
	upward := v.engine.rare.upward
	if len(upward) == 0 {
		return true
	}
	late, at := false, uint64(work)
	for range maxClimb {
		if made, known := upward[uint32(at)]; known && made.day() > day {
			late = true
			break
		}
		if at = v.engine.graph.Above(at); at == 0 {
			break
		}
	}
	if !late {
		return true
	}
	// Only the links that it counts by matter.
	for _, step := range v.engine.graph.Explain(uint64(work)).Path {
		if made, known := upward[uint32(step.From)]; known && upwardLink(step.Kind) && made.day() > day {
			return false
		}
	}
	return true
}
