package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// splitter turns the touches and logs of person-weeks into cells. It holds
// buffers for one week at a time.
type splitter struct {
	config effort.Config
	table  []workTouch
	week   effort.Week
	works  [7][]uint32
	minute []int16
	into   effort.Split

	// Of splits of one amount over objectives or teams.
	weights []int64
	teams   []int // noTeam for what is left
	parts   [effort.NumModels][]effort.Micro
	scratch []uint64
}

// overShares splits an amount under each model over the shares of an
// attribution, ties to the objective declared first. What it returns is valid
// until the next split.
func (s *splitter) overShares(shares []attribution.Share, micros *[effort.NumModels]effort.Micro) *[effort.NumModels][]effort.Micro {
	s.weights = s.weights[:0]
	for i := range shares {
		s.weights = append(s.weights, shares[i].Micro)
	}
	return s.over(micros)
}

// overTeams splits an amount under each model over the memberships of a person
// on a day, ties to the one that comes first; what is left belongs to noTeam and
// comes last. The shares of a day add up to one at most. What it returns is
// valid until the next split.
func (s *splitter) overTeams(who *person, day objective.Date, micros *[effort.NumModels]effort.Micro) ([]int, *[effort.NumModels][]effort.Micro) {
	s.weights, s.teams = s.weights[:0], s.teams[:0]
	rest := effort.PersonDay
	for k := range who.memberships {
		if ms := &who.memberships[k]; ms.from <= day && day <= ms.until {
			s.weights, s.teams = append(s.weights, int64(ms.share)), append(s.teams, ms.team)
			rest -= ms.share
		}
	}
	if rest > 0 {
		s.weights, s.teams = append(s.weights, int64(rest)), append(s.teams, noTeam)
	}
	return s.teams, s.over(micros)
}

// over splits an amount under each model over the weights that are set.
func (s *splitter) over(micros *[effort.NumModels]effort.Micro) *[effort.NumModels][]effort.Micro {
	for m := range s.parts {
		if len(s.weights) == 1 { // most of them
			s.parts[m] = append(s.parts[m][:0], micros[m])
			continue
		}
		s.parts[m] = slices.Grow(s.parts[m][:0], len(s.weights))[:len(s.weights)]
		s.scratch, _ = effort.Apportion(micros[m], s.weights, s.parts[m], s.scratch)
	}
	return &s.parts
}

// workTouch is a touch of the week, or time logged in it, put to the work that
// carries it.
type workTouch struct {
	day      int32 // objective.Date
	minute   int16 // from the person's local midnight
	presence effort.Presence
	logged   effort.Micro // above 0 in a log, which has no minute
	work     uint32
	order    uint64
	moment   int32 // in UTC, of code whose author's offset is not told
	untold   bool
}

// splitWeek computes the cells of one person-week anew.
func (e *Engine) splitWeek(w *personWeek) {
	s := &e.split
	e.gather(w)
	if w.booked != nil {
		for _, l := range w.booked.logs {
			work := e.items[l.item].work
			s.table = append(s.table, workTouch{
				day: int32(w.monday) + int32(l.day), logged: l.micros, work: work, order: e.items[work].order,
			})
		}
	}
	slices.SortFunc(s.table, func(a, b workTouch) int {
		switch {
		case a.day != b.day:
			return int(a.day - b.day)
		case a.order != b.order:
			return cmp.Compare(a.order, b.order)
		case a.work != b.work:
			return cmp.Compare(a.work, b.work)
		}
		return int(a.minute) - int(b.minute)
	})
	s.fill(w.monday)
	who := &e.people.list[w.person]
	s.week.FTE = who.fte
	s.week.LeaveDays = who.leaveDays(w.monday, s.config.WorkingDays)
	w.cells = slices.Clip(s.cells(w.cells[:0]))
	if w.booked != nil {
		w.booked.overtime = s.into.Overtime
	}
}

// gather fills the table with the touches of a person-week that are work.
func (e *Engine) gather(w *personWeek) {
	e.split.table = e.split.table[:0]
	for _, no := range w.items {
		if it := &e.items[no]; !e.idle(it.work) {
			e.present(w, it)
		}
	}
	e.dropCopies(w)
}

// present appends the touches of a person at an item in a week.
func (e *Engine) present(w *personWeek, it *itemState) {
	order := e.items[it.work].order
	for _, a := range e.lines[w.person].actors {
		if e.actors[a].machine {
			continue
		}
		touches := touchesIn(it.touches, a, w.monday)
		for i := range touches {
			t := &touches[i]
			day, minute := e.people.localDate(w.person, t.at())
			if t.machine || day < w.monday || day >= w.monday+7 {
				continue
			}
			e.split.table = append(e.split.table, workTouch{
				day: int32(day), minute: int16(minute), presence: t.presence, work: it.work, order: order,
				moment: t.minute, untold: t.presence&effort.Code != 0 && t.offset == effort.NoOffset,
			})
		}
	}
}

// fill builds the days of the week from the sorted table.
func (s *splitter) fill(monday objective.Date) {
	for d := range s.week.Days {
		s.week.Days[d].Touches = s.week.Days[d].Touches[:0]
		s.week.Days[d].Logged = s.week.Days[d].Logged[:0]
		s.works[d] = s.works[d][:0]
	}
	// Minutes of all days share one buffer, grown beforehand so that the
	// slices into it stay valid.
	s.minute = slices.Grow(s.minute[:0], len(s.table))
	for i := 0; i < len(s.table); {
		first := s.table[i]
		start := len(s.minute)
		var presence effort.Presence
		var logged effort.Micro
		for ; i < len(s.table) && s.table[i].day == first.day && s.table[i].work == first.work; i++ {
			presence |= s.table[i].presence
			if s.table[i].logged > 0 {
				logged += s.table[i].logged
				continue
			}
			if m := s.table[i].minute; len(s.minute) == start || s.minute[len(s.minute)-1] != m {
				s.minute = append(s.minute, m)
			}
		}
		d := objective.Date(first.day) - monday
		day := &s.week.Days[d]
		day.Touches = append(day.Touches, effort.Touch{
			Presence: presence, Minutes: s.minute[start:len(s.minute):len(s.minute)],
		})
		day.Logged = append(day.Logged, logged)
		s.works[d] = append(s.works[d], first.work)
	}
}

// cells splits the week under each model and appends what it gives.
func (s *splitter) cells(cells []cell) []cell {
	base := len(cells)
	for d, works := range s.works {
		for t, work := range works {
			cells = append(cells, cell{work: work, day: uint8(d), presence: s.week.Days[d].Touches[t].Presence})
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
