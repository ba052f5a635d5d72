package scoring

import (
	"fmt"
	"hash/fnv"
	"iter"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An Engine holds what a report is made of, in memory: for each item its
// touches, for each person-week its split into person-days, and the graph of
// attributions. It is fed with changes, in any order and as often as they
// come; its reports depend on the newest state of each item only. So an engine
// that followed the store for a year and one that has just read it all give
// the same report, bit for bit.
//
// Feeding a change costs what the change touches: its own events and the
// person-weeks they fall in, never what is stored besides. A report reads the
// person-weeks of its windows, and splits those of them that changed; older
// ones are never split.
//
// An Engine is not safe for concurrent use. A changed configuration needs a
// new one.
type Engine struct {
	declared *Declared
	graph    *attribution.Graph
	calendar *calendar
	people   *people

	items  []itemState // by item number
	lines  []timeline  // by person
	seq    uint64
	frozen map[objective.Date]Frozen // by Monday
	unpaid map[uint64]unpaid         // by item number, those without left out
	stats  EngineStats
	split  splitter
}

// EngineStats counts what an engine holds.
type EngineStats struct {
	Items   int // items, those that are gone included
	Touches int // presences of a person at an item in a minute
	Weeks   int // person-weeks
	Ghosts  int // events without an actor, which earn no effort
	Strange int // identities that the configuration does not name
	Machine int // events by machines, which earn no effort
}

// itemState is what the engine keeps of one item.
type itemState struct {
	touches []touch // by person, then day, then minute
	order   uint64  // stable order among works, for rounding
	work    uint32  // number of the work that carries the effort
	seen    uint16  // scratch of one report: a bit for each window that counted the item
	known   bool
}

// unpaid counts the events of an item that earn no effort.
type unpaid struct{ ghosts, machine int }

// touch is the presence of one person at one item in one minute.
type touch struct {
	person   uint32
	day      int32 // objective.Date
	minute   int16 // from the person's local midnight
	presence effort.Presence
}

// personWeek is one person's ISO week.
type personWeek struct {
	person uint32
	dirty  bool // its cells are out of date
	monday objective.Date
	items  []uint32 // numbers of the items touched, ascending
	cells  []cell   // effort, by day and work; see Engine.cells
}

// A timeline holds the weeks of one person, those without work as nil.
type timeline struct {
	first objective.Date // Monday of weeks[0]
	weeks []*personWeek
	held  int // weeks that are not nil
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

// cell is the effort of one person on one work on one day, under each model.
type cell struct {
	work   uint32
	micros [effort.NumModels]int32
	day    uint8 // 0 is Monday
}

// NewEngine returns an empty engine for what was declared. It fails when a
// rule cannot be compiled.
func NewEngine(d *Declared, overrides []store.Override) (*Engine, error) {
	rules, err := attribution.Compile(&d.Set)
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	return &Engine{
		declared: d,
		graph:    attribution.NewGraph(rules, overrides, attribution.Options{Threshold: d.Threshold}),
		calendar: newCalendar(&d.Set),
		people:   newPeople(d),
		unpaid:   make(map[uint64]unpaid),
		split:    splitter{config: d.Effort},
	}, nil
}

// Seq is the newest change the engine has been fed.
func (e *Engine) Seq() uint64 { return e.seq }

// Stats counts what the engine holds.
func (e *Engine) Stats() EngineStats {
	s := e.stats
	for _, l := range e.lines[min(e.people.named, len(e.lines)):] {
		if l.held > 0 {
			s.Strange++
		}
	}
	return s
}

// Apply replaces what the engine knows about one item.
func (e *Engine) Apply(ch store.Change) {
	e.seq = max(e.seq, ch.Seq)
	for uint64(len(e.items)) <= ch.No {
		e.items = append(e.items, itemState{})
	}
	it := &e.items[ch.No]
	if !it.known {
		it.known = true
		it.work = uint32(ch.No)
		it.order = stableOrder(ch.Item.Source, ch.Item.ID)
		e.stats.Items++
	}
	e.graph.Set(ch.No, &ch.Item)
	e.replaceTouches(ch.No, it, e.touchesOf(&ch))
}

// touchesOf turns the events of an item into touches. An item that is gone
// keeps its events in the store and has no touches here.
func (e *Engine) touchesOf(ch *store.Change) []touch {
	before := e.unpaid[ch.No]
	e.stats.Ghosts -= before.ghosts
	e.stats.Machine -= before.machine
	delete(e.unpaid, ch.No)
	if ch.Item.Gone != "" && ch.Item.Gone != store.GoneMoved {
		return nil
	}
	var touches []touch
	var now unpaid
	for i := range ch.Events {
		ev := &ch.Events[i]
		switch {
		case effort.PresenceOf(ev.Kind, ch.Item.Kind) == 0:
			continue
		case ev.Actor == "":
			now.ghosts++
			continue
		}
		presence := effort.Credit(ev, ch.Item.Kind, e.people.machines)
		if presence == 0 {
			now.machine++
			continue
		}
		p := e.people.of(ev.Actor)
		day, minute := e.people.localDate(p, ev.At)
		touches = append(touches, touch{person: p, day: int32(day), minute: int16(minute), presence: presence})
	}
	if now != (unpaid{}) {
		e.unpaid[ch.No] = now
		e.stats.Ghosts += now.ghosts
		e.stats.Machine += now.machine
	}
	return mergeTouches(touches)
}

// mergeTouches sorts touches and joins those of the same person and minute.
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
	switch {
	case a.person != b.person:
		return cmpUint(uint64(a.person), uint64(b.person))
	case a.day != b.day:
		return int(a.day - b.day)
	}
	return int(a.minute) - int(b.minute)
}

func cmpUint(a, b uint64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// replaceTouches swaps the touches of an item and marks the person-weeks of
// the old and the new ones.
func (e *Engine) replaceTouches(no uint64, it *itemState, touches []touch) {
	if slices.Equal(it.touches, touches) {
		return
	}
	for person, monday := range weeksOf(it.touches) {
		e.leave(e.lines[person].at(monday), uint32(no))
	}
	for person, monday := range weeksOf(touches) {
		w := e.week(person, monday)
		if i, ok := slices.BinarySearch(w.items, uint32(no)); !ok {
			w.items = slices.Insert(w.items, i, uint32(no))
		}
		w.dirty = true
	}
	e.stats.Touches += len(touches) - len(it.touches)
	it.touches = touches
}

// week returns a person-week, which is made when there is none.
func (e *Engine) week(person uint32, monday objective.Date) *personWeek {
	for len(e.lines) <= int(person) {
		e.lines = append(e.lines, timeline{})
	}
	slot := e.lines[person].slot(monday)
	if *slot == nil {
		*slot = &personWeek{person: person, monday: monday}
		e.lines[person].held++
		e.stats.Weeks++
	}
	return *slot
}

// leave takes an item out of a person-week, which goes with its last item.
func (e *Engine) leave(w *personWeek, no uint32) {
	if i, ok := slices.BinarySearch(w.items, no); ok {
		w.items = slices.Delete(w.items, i, i+1)
	}
	w.dirty = true
	if len(w.items) == 0 {
		*e.lines[w.person].slot(w.monday) = nil
		e.lines[w.person].held--
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

// weeksOf yields the person-weeks of sorted touches, each once.
func weeksOf(touches []touch) iter.Seq2[uint32, objective.Date] {
	return func(yield func(uint32, objective.Date) bool) {
		var person uint32
		var monday objective.Date
		for i, t := range touches {
			if i > 0 && t.person == person && t.day < int32(monday)+7 {
				continue
			}
			person, monday = t.person, objective.Date(t.day).Monday()
			if !yield(person, monday) {
				return
			}
		}
	}
}

// settle brings attributions up to date, and marks the person-weeks whose items
// are now parts of another work.
func (e *Engine) settle() {
	for _, no := range e.graph.Resolve() {
		if no >= uint64(len(e.items)) {
			continue
		}
		it := &e.items[no]
		if work := uint32(e.graph.Work(no)); work != it.work {
			it.work = work
			for person, monday := range weeksOf(it.touches) {
				e.lines[person].at(monday).dirty = true
			}
		}
	}
}

// stableOrder orders works the same way in every store, however items were
// numbered there.
func stableOrder(source, id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(source))
	h.Write([]byte{0})
	h.Write([]byte(id))
	return h.Sum64()
}
