package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
)

// A commit may be read twice: with the change that carries it, where the source
// tells the author's offset, and again on a branch, where it tells none. Where
// nothing else tells the author's zone the two would fall on two days. What the
// offset says wins (score specification, section 2.3): code without an offset is
// dropped where the same person has code with one at the same moment on the
// same work.

// copyOf says of which code another is a copy, within a person.
type copyOf struct {
	work   uint32
	minute int32
}

// dropCopies takes code out of the table of a week that is there a second time,
// in this week or a neighbouring one.
func (e *Engine) dropCopies(w *personWeek) {
	s := &e.split
	tells := slices.ContainsFunc(e.lines[w.person].actors, func(a uint32) bool { return e.actors[a].told > 0 })
	if !tells || e.people.list[w.person].zone != nil || !slices.ContainsFunc(s.table, func(t workTouch) bool { return t.untold }) {
		return
	}
	told := make(map[copyOf]bool)
	for monday := w.monday - 7; monday <= w.monday+7; monday += 7 {
		if near := e.lines[w.person].at(monday); near != nil {
			e.toldIn(near, w, told)
		}
	}
	s.table = slices.DeleteFunc(s.table, func(t workTouch) bool {
		return t.untold && t.presence == effort.Code && told[copyOf{t.work, t.moment}]
	})
	for i := range s.table {
		if t := &s.table[i]; t.untold && told[copyOf{t.work, t.moment}] {
			t.presence &^= effort.Code // it was something else as well
		}
	}
}

// toldIn collects the code with an offset at the items of one week of a person
// that may have a copy in another.
func (e *Engine) toldIn(near, w *personWeek, told map[copyOf]bool) {
	for _, no := range near.items {
		it := &e.items[no]
		for _, a := range e.lines[w.person].actors {
			if e.actors[a].machine {
				continue
			}
			touches := touchesIn(it.touches, a, w.monday)
			for i := range touches {
				if t := &touches[i]; t.told() {
					told[copyOf{it.work, t.minute}] = true
				}
			}
		}
	}
}

// told reports whether a touch is code of a human whose offset is told.
func (t *touch) told() bool {
	return t.presence&effort.Code != 0 && t.offset != effort.NoOffset && !t.machine
}

// stainCopies marks the weeks in which copies of touches would be, where these
// are not those of the touches.
func (e *Engine) stainCopies(touches []touch) {
	for i := range touches {
		t := &touches[i]
		a := &e.actors[t.actor]
		if !t.told() || a.machine || e.people.list[a.person].zone != nil {
			continue
		}
		here, _ := e.people.localDate(a.person, t.at())
		there, _ := e.people.localDate(a.person, effort.Moment{Minute: t.minute, Offset: effort.NoOffset})
		if here.Monday() == there.Monday() {
			continue
		}
		if w := e.lines[a.person].at(there.Monday()); w != nil {
			e.stain(w)
		}
	}
}
