package scoring

import (
	"cmp"
	"iter"
	"slices"
	"sort"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// touch is the presence of one identity at one item in one minute.
type touch struct {
	actor    uint32
	minute   int32 // with offset an effort.Moment, spread out to save room
	offset   int16
	presence effort.Presence
	machine  bool // the source says that a machine did it
}

func (t *touch) at() effort.Moment { return effort.Moment{Minute: t.minute, Offset: t.offset} }

// personWeek is one person's ISO week.
type personWeek struct {
	person uint32
	dirty  bool // its cells are out of date
	monday objective.Date
	items  []uint32    // numbers of the items touched, ascending
	cells  []cell      // effort, by day and work; see Engine.cells
	booked *bookedWeek // logged time, nil when there is none
	hours  *weekHours  // nil until it is asked for, see Engine.hoursOf
}

// cell is the effort of one person on one work on one day, under each model.
type cell struct {
	work     uint32
	micros   [effort.NumModels]int32
	day      uint8           // 0 is Monday
	presence effort.Presence // the ways in which the person was there, none where time was only logged
}

// A timeline holds the weeks of one person, those without work as nil.
type timeline struct {
	first  objective.Date // Monday of weeks[0]
	weeks  []*personWeek
	actors []uint32 // identities that were seen
	logged []uint32 // numbers of the items with logged time, ascending
}

// at returns the week that starts on a Monday, nil when there is none.
func (l *timeline) at(monday objective.Date) *personWeek {
	if i := int(monday-l.first) / 7; monday >= l.first && i < len(l.weeks) {
		return l.weeks[i]
	}
	return nil
}

// slot returns the place of the week that starts on a Monday.
func (l *timeline) slot(monday objective.Date) **personWeek {
	if len(l.weeks) == 0 {
		l.first = monday
	}
	if gap := int(l.first-monday) / 7; gap > 0 {
		// Histories are often read backwards: leave room for more.
		room := max(gap, len(l.weeks))
		l.weeks = slices.Insert(l.weeks, 0, make([]*personWeek, room)...)
		l.first -= objective.Date(7 * room)
	}
	i := int(monday-l.first) / 7
	for len(l.weeks) <= i {
		l.weeks = append(l.weeks, nil)
	}
	return &l.weeks[i]
}

// line returns the timeline of a person.
func (e *Engine) line(person uint32) *timeline {
	for len(e.lines) <= int(person) {
		e.lines = append(e.lines, timeline{})
	}
	return &e.lines[person]
}

// week returns a person-week, which is made when there is none.
func (e *Engine) week(person uint32, monday objective.Date) *personWeek {
	slot := e.line(person).slot(monday)
	if *slot == nil {
		*slot = &personWeek{person: person, monday: monday}
		e.stats.Weeks++
	}
	return *slot
}

// tidy removes a person-week that holds nothing any more.
func (e *Engine) tidy(w *personWeek) {
	e.stain(w)
	if len(w.items) == 0 && w.booked == nil {
		*e.lines[w.person].slot(w.monday) = nil
		e.stats.Weeks--
	}
}

// cells returns the effort of a person-week, split anew when it changed. The
// engine is settled.
func (e *Engine) cells(w *personWeek) []cell {
	if w.dirty {
		w.dirty = false
		e.splitWeek(w)
	}
	return w.cells
}

// mergeTouches sorts touches and joins those of the same actor and moment.
func mergeTouches(touches []touch) []touch {
	slices.SortFunc(touches, compareTouches)
	merged := touches[:0]
	for _, t := range touches {
		if n := len(merged); n > 0 && compareTouches(merged[n-1], t) == 0 {
			merged[n-1].presence |= t.presence
			continue
		}
		merged = append(merged, t)
	}
	return slices.Clip(merged)
}

func compareTouches(a, b touch) int {
	if c := cmp.Compare(a.actor, b.actor); c != 0 {
		return c
	}
	if c := a.at().Compare(b.at()); c != 0 {
		return c
	}
	switch {
	case a.machine == b.machine:
		return 0
	case a.machine:
		return 1
	}
	return -1
}

// replaceTouches swaps the touches of an item and marks the person-weeks of
// the old and the new ones.
func (e *Engine) replaceTouches(no uint32, touches []touch) {
	it := &e.items[no]
	if slices.Equal(it.touches, touches) {
		return
	}
	e.countTouches(no, -1)
	for person, monday := range e.weeksOf(it.touches) {
		w := e.lines[person].at(monday)
		if w == nil {
			continue // two identities of the person were in it
		}
		if i, ok := slices.BinarySearch(w.items, no); ok {
			w.items = slices.Delete(w.items, i, i+1)
		}
		e.tidy(w)
	}
	e.stainCopies(it.touches)
	it.touches = touches
	e.countTouches(no, 1)
	e.file(no, it.touches)
}

// file enters an item into the person-weeks of its touches.
func (e *Engine) file(no uint32, touches []touch) {
	for person, monday := range e.weeksOf(touches) {
		w := e.week(person, monday)
		if i, ok := slices.BinarySearch(w.items, no); !ok {
			w.items = slices.Insert(w.items, i, no)
		}
		e.stain(w)
	}
	e.stainCopies(touches)
}

// countTouches counts touches of an item in, or with a sign of -1 out.
func (e *Engine) countTouches(no uint32, sign int) {
	touches := e.items[no].touches
	for i := range touches {
		e.count(no, touches[i].actor, touches[i].machine, &e.stats.Touches, sign)
		if touches[i].told() {
			e.actors[touches[i].actor].told += sign
		}
	}
}

// count counts one touch or log of an item.
func (e *Engine) count(item, no uint32, machine bool, into *int, sign int) {
	a := &e.actors[no]
	if machine || a.machine {
		into = &e.stats.Machine
	} else {
		a.hold(e.origins[item], sign)
	}
	*into += sign
}

// weeksOf yields the person-weeks of sorted touches, some perhaps twice.
func (e *Engine) weeksOf(touches []touch) iter.Seq2[uint32, objective.Date] {
	return func(yield func(uint32, objective.Date) bool) {
		var last struct {
			actor  uint32
			monday objective.Date
			any    bool
		}
		for i := range touches {
			t := &touches[i]
			a := &e.actors[t.actor]
			if t.machine || a.machine {
				continue
			}
			day, _ := e.people.localDate(a.person, t.at())
			if last.any && last.actor == t.actor && last.monday <= day && day < last.monday+7 {
				continue
			}
			last.any, last.actor, last.monday = true, t.actor, day.Monday()
			if !yield(a.person, last.monday) {
				return
			}
		}
	}
}

// around is how far from midnight UTC a local day may reach, in minutes: no
// zone is two days from another.
const around = 48 * 60

// touchesIn returns the touches of an identity that may be in a week.
func touchesIn(touches []touch, actor uint32, monday objective.Date) []touch {
	first := int64(monday)*24*60 - around
	last := first + 7*24*60 + 2*around
	from := sort.Search(len(touches), func(i int) bool {
		t := &touches[i]
		return t.actor > actor || t.actor == actor && int64(t.minute) >= first
	})
	until := from
	for until < len(touches) && touches[until].actor == actor && int64(touches[until].minute) <= last {
		until++
	}
	return touches[from:until]
}

// markItem marks every person-week that an item is in.
func (e *Engine) markItem(no uint32) {
	for person, monday := range e.weeksOf(e.items[no].touches) {
		e.stain(e.lines[person].at(monday))
	}
	e.stainCopies(e.items[no].touches)
	for _, l := range e.logs[no] {
		if a := &e.actors[l.actor]; !l.machine && !a.machine {
			e.markBooked(a.person, l)
		}
	}
}
