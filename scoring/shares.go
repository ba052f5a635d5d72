package scoring

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// ShareStep is how finely the share of a single work is told. Works are few
// people's: the difference between two days' exact values would tell what one
// of them did in between.
const ShareStep = .05

// A Shared is a work that carries effort of a window, with what may be told
// about it to everybody who reads.
type Shared struct {
	No        uint64 // number of the item, see store.Change
	Category  Category
	Objective string // id, "" outside of objectives
	Method    attribution.Method
	// Share is the part of all effort of its category (within its objective)
	// in steps of ShareStep, absent where it tells of few people.
	Share Number
}

// Shares lists the works that carry the effort of a window of the organisation,
// largest first: the order of those without a share must not be shown.
//
// The rules for shares of effort hold for every work. What is published for the
// place as a whole less what is told of its works tells of the others together,
// so these must be several and of enough people as well: further works, those
// of the fewest people first, are withheld until they are.
func (e *Engine) Shares(r *Report, label string) []Shared {
	w := r.Window(label)
	if w == nil {
		return nil
	}
	days := DateRange{objective.Date(w.From), objective.Date(w.Until)}
	list := e.loads(days)
	slices.SortFunc(list, func(a, b *workLoad) int {
		return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(e.items[a.no].order, e.items[b.no].order),
			cmp.Compare(a.category, b.category), cmp.Compare(a.objective, b.objective), cmp.Compare(a.method, b.method))
	})
	type place struct {
		category  Category
		objective int
	}
	places := make(map[place][]*workLoad)
	for _, l := range list {
		at := place{l.category, l.objective}
		places[at] = append(places[at], l)
	}
	withheld := w.Org.Status != OK || e.kept.holds(days)
	for _, works := range places {
		e.withholdWorks(works, withheld)
	}
	out := make([]Shared, 0, len(list))
	for _, l := range list {
		s := Shared{No: l.no, Category: l.category, Method: l.method, Share: l.share}
		if l.objective >= 0 {
			s.Objective = e.declared.Set.Objectives[l.objective].ID
		}
		out = append(out, s)
	}
	return out
}

// A workLoad is the effort of a window on one work in one place, by whom.
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

// loads sums up the effort of a range of days by work, place and person.
func (e *Engine) loads(days DateRange) []*workLoad {
	type slot struct {
		no        uint64
		category  Category
		objective int
		method    attribution.Method
	}
	slots := make(map[slot]*workLoad)
	var list []*workLoad
	var parts []placement
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
					at := slot{uint64(cells[i].work), p.category, p.objective, p.method}
					l := slots[at]
					if l == nil {
						l = &workLoad{no: at.no, category: at.category, objective: at.objective, method: at.method, share: Absent()}
						slots[at] = l
						list = append(list, l)
					}
					l.add(uint32(person), p.micros[e.declared.Effort.Model])
				}
			}
		}
	}
	return slices.DeleteFunc(list, func(l *workLoad) bool { return l.sum <= 0 })
}

// add counts effort of a person. Those of one person follow one another.
func (l *workLoad) add(person uint32, sum effort.Micro) {
	l.sum += sum
	if n := len(l.parts); n > 0 && l.parts[n-1].person == person {
		l.parts[n-1].sum += sum
		return
	}
	l.parts = append(l.parts, loadPart{person, sum})
}

// contributorsOf turns parts into contributors.
func (e *Engine) contributorsOf(parts []loadPart) (people contributors) {
	for _, p := range parts {
		people = people.with(e.contributor(p.person), p.sum)
	}
	return people
}

// withholdWorks gives those works of a place a share that may have one.
func (e *Engine) withholdWorks(works []*workLoad, all bool) {
	if all {
		return
	}
	var total effort.Micro
	hidden, sizes := make([]bool, len(works)), make([]int, len(works))
	rest := make(map[uint32]effort.Micro) // of those that are withheld, by person
	groups := 0
	hide := func(i int) {
		hidden[i] = true
		groups++
		for _, p := range works[i].parts {
			rest[p.person] += p.sum
		}
	}
	for i, l := range works {
		people := e.contributorsOf(l.parts)
		sizes[i] = people.count()
		total += l.sum
		if e.tellsOfFew(people) {
			hide(i)
		}
	}
	for groups > 0 {
		var parts []loadPart
		for person, sum := range rest {
			parts = append(parts, loadPart{person, sum})
		}
		if groups > 1 && !e.tellsOfFew(e.contributorsOf(parts)) {
			break
		}
		next := -1
		for i := range works { // the smallest of the fewest people
			if !hidden[i] && (next < 0 || sizes[i] <= sizes[next]) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hide(next)
	}
	for i, l := range works {
		if !hidden[i] {
			l.share = Number(math.Round(float64(l.sum)/float64(total)/ShareStep) / math.Round(1/ShareStep))
		}
	}
}
