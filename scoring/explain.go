package scoring

import (
	"cmp"
	"iter"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Carried is the effort that one work carries in a window.
type Carried struct {
	No        uint64 // number of the item, see store.Change
	Category  Category
	Objective string // id, "" outside of objectives
	Method    attribution.Method
	Effort    Number // person-days
}

// Carriers lists the works that carry the effort of a window of the
// organisation, those for which keep returns true, largest first. It returns
// no effort of a scope that the report withholds; the works are listed then
// without it.
func (e *Engine) Carriers(r *Report, label string, keep func(Category, string) bool) []Carried {
	w := r.Window(label)
	if w == nil {
		return nil
	}
	type slot struct {
		no        uint64
		category  Category
		objective int
		method    attribution.Method
	}
	sums := make(map[slot]effort.Micro)
	days := DateRange{objective.Date(w.From), objective.Date(w.Until)}
	for work, p := range e.placements(days) {
		sums[slot{work, p.category, p.objective, p.method}] += p.micros[e.declared.Effort.Model]
	}
	var list []Carried
	for s, sum := range sums {
		c := Carried{No: s.no, Category: s.category, Method: s.method, Effort: personDays(sum)}
		if s.objective >= 0 {
			c.Objective = e.declared.Set.Objectives[s.objective].ID
		}
		if sum > 0 && keep(c.Category, c.Objective) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Carried) int {
		return cmp.Or(cmp.Compare(b.Effort, a.Effort), cmp.Compare(e.items[a.No].order, e.items[b.No].order))
	})
	if w.Org.Status != OK {
		for i := range list {
			list[i].Effort = Absent()
		}
	}
	return list
}

// placements yields every part of the effort of a range of days with the number
// of the work it is on. A part is only valid during the step.
func (e *Engine) placements(days DateRange) iter.Seq2[uint64, *placement] {
	return func(yield func(uint64, *placement) bool) {
		var parts []placement
		if !e.keptParts(days, func(work uint32, p *placement) bool { return work == 0 || yield(uint64(work), p) }) {
			return
		}
		for week := range e.weeksIn(days) {
			cells := e.cells(week)
			for i := range cells {
				c := &cells[i]
				day := week.monday + objective.Date(c.day)
				if !in(days, day) {
					continue
				}
				parts = e.place(c, day, parts[:0])
				for k := range parts {
					if !yield(uint64(c.work), &parts[k]) {
						return
					}
				}
			}
		}
	}
}

// weeksIn yields the person-weeks that overlap a range of days.
func (e *Engine) weeksIn(days DateRange) iter.Seq[*personWeek] {
	return func(yield func(*personWeek) bool) {
		for i := range e.lines {
			for monday := e.kept.from(days.From.Monday()); monday <= days.Until; monday += 7 {
				if w := e.lines[i].at(monday); w != nil && !yield(w) {
					return
				}
			}
		}
	}
}

// Explain says how an item is attributed, and why.
func (e *Engine) Explain(no uint64) attribution.Explanation {
	return e.explainGuess(e.graph.Explain(no))
}

// Work returns the number of the work that carries the effort of an item.
func (e *Engine) Work(no uint64) uint64 { return e.graph.Work(no) }

// Find returns the numbers of the items that may have a key. The caller
// compares the keys: the engine holds only hashes.
func (e *Engine) Find(key string) []uint64 { return e.graph.Find(key) }
