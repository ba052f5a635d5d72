package scoring

import (
	"slices"
	"sort"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// splitter turns the touches of person-weeks into cells. It holds buffers for
// one week at a time.
type splitter struct {
	config effort.Config
	table  []workTouch
	week   effort.Week
	works  [7][]uint32
	minute []int16
	into   effort.Split
}

// workTouch is a touch of the week, put to the work that carries it.
type workTouch struct {
	touch
	work  uint32
	order uint64
}

// splitWeek computes the cells of one person-week anew.
func (e *Engine) splitWeek(w *personWeek) {
	s := &e.split
	s.table = s.table[:0]
	for _, no := range w.items {
		it := &e.items[no]
		order := e.items[it.work].order
		for _, t := range touchesIn(it.touches, w.person, w.monday) {
			s.table = append(s.table, workTouch{t, it.work, order})
		}
	}
	slices.SortFunc(s.table, func(a, b workTouch) int {
		switch {
		case a.day != b.day:
			return int(a.day - b.day)
		case a.order != b.order:
			return cmpUint(a.order, b.order)
		case a.work != b.work:
			return cmpUint(uint64(a.work), uint64(b.work))
		}
		return int(a.minute) - int(b.minute)
	})
	s.fill(w.monday)
	who := &e.people.list[w.person]
	s.week.FTE = who.fte
	s.week.LeaveDays = who.leaveDays(w.monday, s.config.WorkingDays)
	w.cells = slices.Clip(s.cells(w.cells[:0]))
}

// touchesIn returns the touches of a person in a week.
func touchesIn(touches []touch, person uint32, monday objective.Date) []touch {
	from := sort.Search(len(touches), func(i int) bool {
		t := &touches[i]
		return t.person > person || t.person == person && t.day >= int32(monday)
	})
	until := from
	for until < len(touches) && touches[until].person == person && touches[until].day < int32(monday)+7 {
		until++
	}
	return touches[from:until]
}

// fill builds the days of the week from the sorted table.
func (s *splitter) fill(monday objective.Date) {
	for d := range s.week.Days {
		s.week.Days[d].Touches = s.week.Days[d].Touches[:0]
		s.works[d] = s.works[d][:0]
	}
	// Minutes of all days share one buffer, grown beforehand so that the
	// slices into it stay valid.
	s.minute = slices.Grow(s.minute[:0], len(s.table))
	for i := 0; i < len(s.table); {
		first := s.table[i]
		start := len(s.minute)
		var presence effort.Presence
		for ; i < len(s.table) && s.table[i].day == first.day && s.table[i].work == first.work; i++ {
			presence |= s.table[i].presence
			if m := s.table[i].minute; len(s.minute) == start || s.minute[len(s.minute)-1] != m {
				s.minute = append(s.minute, m)
			}
		}
		d := objective.Date(first.day) - monday
		s.week.Days[d].Touches = append(s.week.Days[d].Touches, effort.Touch{
			Presence: presence, Minutes: s.minute[start:len(s.minute):len(s.minute)],
		})
		s.works[d] = append(s.works[d], first.work)
	}
}

// cells splits the week under each model and appends what it gives.
func (s *splitter) cells(cells []cell) []cell {
	base := len(cells)
	for d, works := range s.works {
		for _, work := range works {
			cells = append(cells, cell{work: work, day: uint8(d)})
		}
	}
	for m := range effort.Model(effort.NumModels) {
		s.config.Split(&s.week, m, &s.into)
		i := base
		for d := range s.works {
			for t := range s.works[d] {
				cells[i].micros[m] = int32(s.into.Effort[d][t])
				i++
			}
		}
	}
	return cells
}
