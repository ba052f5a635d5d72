package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// weekSums is the effort of one ISO week of the organisation under the headline
// model, as it is attributed now. It must not be changed.
type weekSums struct {
	total      effort.Micro
	categories [Categories]effort.Micro
	on         []effort.Micro // per objective, while it is active or within its grace
	stopped    []effort.Micro // per objective, afterwards
	works      []workSum      // in an order that is the same in every store
	carried    []carriedSum   // of weeks that are not collapsed; let go once the week has its block
	shares     []carrierShare // of carried, by person
	settled    bool           // carried is let go
	carriers   []uint32       // by person of carried: one of their actors, whose person may become another
	teams      []*weekSums    // once they were asked for, see Engine.weekTeams

	coordination *effort.Micro // once it was asked for, see Engine.coordination
	code         *weekCode     // likewise, see Engine.codeIn
	alpha        *weekAlpha    // likewise, see evaluation.alpha
}

// A carriedSum is the effort of one person on one work on one day. Persons are
// numbered within the week: the numbers tell equal from different.
type carriedSum struct {
	person, work uint32
	micros       int32
	day          uint8 // 0 is Monday
}

func (c *carriedSum) effort() effort.Micro { return effort.Micro(c.micros) }

// A carrierShare is the effort of one person in the week.
type carrierShare struct {
	effort effort.Micro
	person uint32
}

// addUp fills in the shares. The rows of a person follow one another.
func (s *weekSums) addUp() {
	for i := range s.carried {
		c := &s.carried[i]
		if n := len(s.shares); n == 0 || s.shares[n-1].person != c.person {
			s.shares = append(s.shares, carrierShare{person: c.person})
		}
		s.shares[len(s.shares)-1].effort += c.effort()
	}
	s.shares = slices.Clip(s.shares)
}

// letGo forgets who carried what: it takes most of the room of a week.
func (s *weekSums) letGo() {
	s.settled, s.carried = true, nil
	for _, team := range s.teams {
		team.carried = nil
	}
}

// recall forgets the weeks that would have to tell again who carried what.
func (e *Engine) recall() {
	for monday, s := range e.weekly {
		if s.settled {
			delete(e.weekly, monday)
		}
	}
}

// A workSum is the effort on one work under one heading. It may be 0 where
// somebody was present and the week was full.
type workSum struct {
	effort    effort.Micro
	work      uint32
	objective int16 // -1 when none
	category  Category
}

// weekSums returns the sums of the week that starts on a Monday. They are kept
// until something of the week changes. Cells of weeks before keep are given
// back: no window reads them.
func (e *Engine) weekSums(monday, keep objective.Date) *weekSums {
	e.restateKept()
	if s, ok := e.weekly[monday]; ok {
		return s
	}
	s, sums := e.newWeekSums(), make(slots)
	var parts []placement
	e.keptParts(DateRange{monday, monday + 6}, func(work uint32, p *placement) bool {
		v := p.micros[e.declared.Effort.Model]
		if work == 0 { // of an item that is not known
			s.total, s.categories[p.category] = s.total+v, s.categories[p.category]+v
			return true
		}
		sums[slotOf(work, p)] += v
		return true
	})
	for i := range e.lines {
		w := e.lines[i].at(monday)
		if w == nil || e.kept.from(monday) > monday {
			continue
		}
		s.carriers = append(s.carriers, e.lines[i].actors[0])
		fresh := w.dirty
		cells := e.cells(w)
		for k := range cells {
			c := &cells[k]
			parts = e.place(c, monday+objective.Date(c.day), parts[:0])
			if sum := c.micros[e.declared.Effort.Model]; len(parts) > 0 && sum > 0 {
				s.carried = append(s.carried, carriedSum{uint32(len(s.carriers) - 1), c.work, sum, c.day})
			}
			for p := range parts {
				sums[slotOf(c.work, &parts[p])] += parts[p].micros[e.declared.Effort.Model]
			}
		}
		if fresh && monday < keep {
			w.cells, w.dirty = nil, true
		}
	}
	s.close(e, sums)
	e.weekly[monday] = s
	return s
}

func (e *Engine) newWeekSums() *weekSums {
	n := len(e.declared.Set.Objectives)
	return &weekSums{on: make([]effort.Micro, n), stopped: make([]effort.Micro, n)}
}

// slots add up effort by work and heading.
type slots map[slot]effort.Micro

type slot struct {
	work      uint32
	objective int16
	category  Category
}

func slotOf(work uint32, p *placement) slot { return slot{work, int16(p.objective), p.category} }

// close fills in what follows from the sums.
func (s *weekSums) close(e *Engine, sums slots) {
	s.addUp()
	s.works = make([]workSum, 0, len(sums))
	for at, sum := range sums {
		s.works = append(s.works, workSum{sum, at.work, at.objective, at.category})
		s.total += sum
		s.categories[at.category] += sum
		switch {
		case at.objective < 0:
		case at.category == OnObjective:
			s.on[at.objective] += sum
		case at.category == Stopped:
			s.stopped[at.objective] += sum
		}
	}
	slices.SortFunc(s.works, func(a, b workSum) int {
		return cmp.Or(cmp.Compare(e.items[a.work].order, e.items[b.work].order), cmp.Compare(a.objective, b.objective),
			cmp.Compare(a.category, b.category), cmp.Compare(a.effort, b.effort))
	})
}

// stain marks a person-week that must be split again, and forgets the sums of
// its week.
func (e *Engine) stain(w *personWeek) {
	w.dirty, w.hours = true, nil
	delete(e.weekly, w.monday)
}

// restate forgets the sums of the weeks in which an item was worked on, because
// it now counts for something else.
func (e *Engine) restate(no uint32) {
	e.kept.restated = e.kept.restated || e.kept.holding[no]
	if len(e.weekly) == 0 {
		return
	}
	for _, monday := range e.weeksOf(e.items[no].touches) {
		delete(e.weekly, monday)
	}
	for _, l := range e.logs[no] {
		// A bulk log may count weeks before its own day.
		day := minute(l.at.Minute).day()
		for monday := (day - 1 - e.bulkReach()).Monday(); monday <= day+1; monday += 7 {
			delete(e.weekly, monday)
		}
	}
}
