package scoring

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// WorkSums are the effort behind a report by work, place, person and day, read
// once for everything that is told of works. They hold until the engine is fed
// again or makes another report.
type WorkSums struct {
	engine *Engine
	report *Report
	slots  []workSlot
	rows   []workRow // by slot, and within one by person
	room   loadRoom  // of the loads that nobody needs any more
	off    map[DateRange]offStrategy
}

// A workSlot is a work in one place: where its effort went, and by which method.
type workSlot struct {
	no        uint32
	next      int32 // further slot of the work plus one, 0 for none
	until     int32 // end of its rows
	objective int16 // -1 when none
	category  Category
	method    attribution.Method
}

// A workRow is the effort of one person in a slot on one day.
type workRow struct {
	slot   uint32
	person uint32
	day    int32
	sum    int32 // effort.Micro of at most a day
}

// WorkSums reads the works of a report's windows, and of as many blocks as long
// as one of the windows that end with it.
func (e *Engine) WorkSums(r *Report, window string, blocks int) *WorkSums {
	s := &WorkSums{engine: e, report: r, off: make(map[DateRange]offStrategy)}
	var days DateRange
	for i, w := range r.Windows {
		if of := (DateRange{objective.Date(w.From), objective.Date(w.Until)}); i == 0 {
			days = of
		} else {
			days = DateRange{min(days.From, of.From), max(days.Until, of.Until)}
		}
	}
	if of, ok := s.block(window, blocks-1); ok {
		days.From = min(days.From, of.From)
	}
	if len(r.Windows) > 0 {
		s.read(days)
	}
	return s
}

// block returns the days of a window, or of the block as many lengths of the
// window before it.
func (s *WorkSums) block(label string, back int) (DateRange, bool) {
	w := s.report.Window(label)
	if w == nil {
		return DateRange{}, false
	}
	before := objective.Date(back) * objective.Date(w.Until-w.From+1)
	return DateRange{objective.Date(w.From) - before, objective.Date(w.Until) - before}, true
}

// read fills in the rows of a range of days. Weeks that were collapsed name no
// persons and are left out.
func (s *WorkSums) read(days DateRange) {
	e := s.engine
	first := make([]int32, len(e.items)) // by work: its first slot, plus one
	var parts []placement
	s.rows = make([]workRow, 0, e.cellsIn(days))
	for person := range e.lines {
		for monday := e.kept.from(days.From.Monday()); monday <= days.Until; monday += 7 {
			week := e.lines[person].at(monday)
			if week == nil {
				continue
			}
			cells := e.cells(week)
			for i := range cells {
				day := monday + objective.Date(cells[i].day)
				if !in(days, day) {
					continue
				}
				parts = e.place(&cells[i], day, parts[:0])
				for k := range parts {
					p := &parts[k]
					slot := s.slot(first, cells[i].work, p)
					s.slots[slot].until++
					s.rows = append(s.rows, workRow{slot, uint32(person), int32(day), int32(p.micros[e.declared.Effort.Model])})
				}
			}
		}
	}
	s.order()
}

// slot returns the number of the slot of a part of a work's effort.
func (s *WorkSums) slot(first []int32, work uint32, p *placement) uint32 {
	head := first[work]
	for i := head; i > 0; i = s.slots[i-1].next {
		if at := &s.slots[i-1]; at.category == p.category && int(at.objective) == p.objective && at.method == p.method {
			return uint32(i - 1)
		}
	}
	s.slots = append(s.slots, workSlot{no: work, next: head, objective: int16(p.objective), category: p.category, method: p.method})
	first[work] = int32(len(s.slots))
	return uint32(len(s.slots) - 1)
}

// order puts the rows of a slot together, those of a person within it staying
// together. Before, until counts the rows of each slot.
func (s *WorkSums) order() {
	at := int32(0)
	for i := range s.slots {
		n := s.slots[i].until
		s.slots[i].until = at
		at += n
	}
	sorted := make([]workRow, len(s.rows))
	for _, row := range s.rows {
		until := &s.slots[row.slot].until
		sorted[*until] = row
		*until++
	}
	s.rows = sorted
}

// A workLoad is the effort of a range of days on one work in one place, by whom.
type workLoad struct {
	no        uint64
	category  Category
	objective int
	method    attribution.Method
	sum       effort.Micro
	parts     []loadPart
	share     Number
}

type loadPart struct {
	person uint32
	sum    effort.Micro
}

// A loadRoom is where loads and their parts are kept.
type loadRoom struct {
	loads []workLoad
	parts []loadPart
}

// loads sums up the effort of a range of days that was read. They stay until the
// room is used again.
func (s *WorkSums) loads(days DateRange, room *loadRoom) []*workLoad {
	rows := 0
	for i := range s.rows {
		if in(days, objective.Date(s.rows[i].day)) {
			rows++
		}
	}
	// Nothing may move while it is pointed to.
	loads := slices.Grow(room.loads[:0], min(rows, len(s.slots)))
	parts := slices.Grow(room.parts[:0], rows)
	from := int32(0)
	for i := range s.slots {
		slot := &s.slots[i]
		begin, sum := len(parts), effort.Micro(0)
		for _, row := range s.rows[from:slot.until] {
			if !in(days, objective.Date(row.day)) {
				continue
			}
			sum += effort.Micro(row.sum)
			if n := len(parts); n > begin && parts[n-1].person == row.person {
				parts[n-1].sum += effort.Micro(row.sum)
			} else {
				parts = append(parts, loadPart{row.person, effort.Micro(row.sum)})
			}
		}
		if from = slot.until; sum <= 0 {
			parts = parts[:begin]
			continue
		}
		loads = append(loads, workLoad{
			no: uint64(slot.no), category: slot.category, objective: int(slot.objective), method: slot.method,
			sum: sum, parts: slices.Clip(parts[begin:]), share: Absent(),
		})
	}
	room.loads, room.parts = loads, parts
	list := make([]*workLoad, len(loads))
	for i := range loads {
		list[i] = &loads[i]
	}
	return list
}

// offStrategy are the loads of off-strategy work, largest first, and the effort
// of all work.
type offStrategy struct {
	loads []*workLoad
	total effort.Micro
}

// offStrategy returns those of a range of days, which is often asked for again.
func (s *WorkSums) offStrategy(days DateRange) offStrategy {
	if off, ok := s.off[days]; ok {
		return off
	}
	var off offStrategy
	for _, l := range s.loads(days, new(loadRoom)) {
		if off.total += l.sum; l.category.OffStrategy() {
			off.loads = append(off.loads, l)
		}
	}
	s.engine.largestFirst(off.loads)
	s.off[days] = off
	return off
}

// largestFirst orders loads the same way in every engine.
func (e *Engine) largestFirst(list []*workLoad) {
	type sized struct {
		sum   effort.Micro
		order uint64
		load  *workLoad
	}
	sizes := make([]sized, len(list)) // beside each other: following pointers takes most of the time
	for i, l := range list {
		sizes[i] = sized{l.sum, e.items[l.no].order, l}
	}
	slices.SortFunc(sizes, func(x, y sized) int {
		if x.sum != y.sum {
			return cmp.Compare(y.sum, x.sum)
		}
		a, b := x.load, y.load
		return cmp.Or(cmp.Compare(x.order, y.order), cmp.Compare(a.category, b.category), cmp.Compare(a.objective, b.objective), cmp.Compare(a.method, b.method))
	})
	for i := range sizes {
		list[i] = sizes[i].load
	}
}

// Shares are what may be told of the works of a window. They do not change, and
// serve many at a time. An entry takes 12 bytes.
type Shares struct {
	rows       []shareRow
	objectives []string
	owners     [][]string // by number of the set of teams
}

type shareRow struct {
	no        uint32
	objective int16
	owners    uint16
	category  Category
	method    attribution.Method
	steps     uint8 // of ShareStep, noShare for none
}

const noShare = math.MaxUint8

// All yields the works, largest first.
func (s *Shares) All() iter.Seq[Shared] {
	return func(yield func(Shared) bool) {
		for i := range s.rows {
			row := &s.rows[i]
			out := Shared{No: uint64(row.no), Category: row.category, Method: row.method, Owners: s.owners[row.owners], Share: Absent()}
			if row.objective >= 0 {
				out.Objective = s.objectives[row.objective]
			}
			if row.steps != noShare {
				out.Share = Number(float64(row.steps) / stepsOfWhole)
			}
			if !yield(out) {
				return
			}
		}
	}
}

// Shares lists the works that carry the effort of a window of the organisation,
// nil where there is no such window.
//
// The rules for shares of effort hold for every work. What is published for the
// place as a whole less what is told of its works tells of the others together,
// so these must be several and of enough people as well: further works, those
// of the fewest people first, are withheld until they are.
func (s *WorkSums) Shares(label string) *Shares {
	e := s.engine
	days, ok := s.block(label, 0)
	if !ok {
		return nil
	}
	list := s.loads(days, &s.room)
	e.largestFirst(list)
	type place struct {
		category  Category
		objective int
	}
	places := make(map[place][]*workLoad)
	for _, l := range list {
		at := place{l.category, l.objective}
		places[at] = append(places[at], l)
	}
	withheld := s.withheld(label, days)
	for _, works := range places {
		e.withholdWorks(works, withheld)
	}
	out := &Shares{rows: make([]shareRow, 0, len(list)), owners: e.ownerNames()}
	for i := range e.declared.Set.Objectives {
		out.objectives = append(out.objectives, e.declared.Set.Objectives[i].ID)
	}
	for _, l := range list {
		row := shareRow{no: uint32(l.no), objective: int16(l.objective), owners: uint16(e.owners.setOf(l.no)), category: l.category, method: l.method, steps: noShare}
		if l.share.Known() {
			row.steps = uint8(math.Round(float64(l.share) * stepsOfWhole))
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// withheld reports whether nothing of a window's works may be told.
func (s *WorkSums) withheld(label string, days DateRange) bool {
	return s.report.Window(label).Org.Status != OK || s.engine.kept.holds(days)
}
