package scoring

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// What human debt is told over, and against.
const (
	loadDays  = 28
	loadWeeks = 26
)

// loads are what the people of each team carry. They live as long as one
// evaluation, and nothing of them leaves it but what debt makes of a team.
type loads struct {
	days  DateRange // see Engine.teamDay
	cut   bool      // the weeks before are collapsed, at least in part
	teams []load
	first map[teamWork]objective.Date
}

// A load is that of one team. Persons are their numbers.
type load struct {
	days         []debt.Day
	hours        map[uint32]debt.Hours
	effort       map[uint32]effort.Micro
	coordination effort.Micro
	responses    []debt.Response
}

type teamWork struct {
	team int
	work uint32
}

// weekHours counts what a person touched on each day of a week, and after hours.
type weekHours [7]struct{ all, after uint32 }

// loadsOf reads the touches of the members of teams: those of the window by
// day, and of the weeks before only how many there were. These are remembered
// with the person-weeks.
func (v *evaluation) loadsOf() *loads {
	e := v.engine
	end := e.teamDay(v.day)
	l := &loads{days: DateRange{end - loadDays + 1, end}, teams: make([]load, len(v.declared.Teams)), first: make(map[teamWork]objective.Date)}
	before := DateRange{l.days.From - 7*loadWeeks, l.days.From - 1}
	l.cut = e.kept.holds(before)
	for t := range l.teams {
		l.teams[t] = load{hours: make(map[uint32]debt.Hours), effort: make(map[uint32]effort.Micro)}
	}
	for _, no := range e.people.ordered() {
		if len(e.people.list[no].memberships) == 0 {
			continue
		}
		for monday := e.kept.from(l.days.From.Monday()); monday <= l.days.Until; monday += 7 {
			if w := e.timeline(no).at(monday); w != nil {
				v.carryTouches(l, w)
				v.carryEffort(l, w)
			}
		}
		for t := range l.teams {
			if h, worked := l.teams[t].hours[no]; worked {
				h.BaselineAll, h.BaselineAfter = e.hoursIn(no, before)
				l.teams[t].hours[no] = h
			}
		}
	}
	return l
}

// teamsOn yields the teams of a person on a day, each once, with the person's
// share in millionths.
func (w *person) teamsOn(day objective.Date) iter.Seq2[int, effort.Micro] {
	return func(yield func(int, effort.Micro) bool) {
		for k := range w.memberships {
			team, share, again := w.memberships[k].team, effort.Micro(0), false
			for i := range w.memberships {
				if m := &w.memberships[i]; m.team == team && m.from <= day && day <= m.until {
					again = again || i < k
					share += m.share
				}
			}
			if m := &w.memberships[k]; m.from <= day && day <= m.until && share > 0 && !again && !yield(team, share) {
				return
			}
		}
	}
}

// carryTouches adds the order of the workstreams on each day of a person-week,
// and the hours.
func (v *evaluation) carryTouches(l *loads, w *personWeek) {
	e := v.engine
	who := &e.people.list[w.person]
	hours := e.hoursOf(w)
	order := v.dayOrders(w)
	for d := range hours {
		day := w.monday + objective.Date(d)
		if hours[d].all == 0 || !in(l.days, day) {
			continue
		}
		for team := range who.teamsOn(day) {
			t := &l.teams[team]
			t.days = append(t.days, debt.Day{Person: int(w.person), Workstreams: order[d]})
			h := t.hours[w.person]
			h.All, h.After = h.All+int(hours[d].all), h.After+int(hours[d].after)
			t.hours[w.person] = h
		}
	}
}

// dayOrders lists the workstreams of the touches on each day of a person-week.
// Of those in one minute the one at hand comes first: no move is counted that
// the clock does not show.
func (v *evaluation) dayOrders(w *personWeek) (order [7][]uint64) {
	type at struct {
		day    int32
		minute int16
		root   uint64 // by name, which is the same in every engine
	}
	v.engine.gather(w)
	touches := make([]at, 0, len(v.engine.split.table))
	for _, t := range v.engine.split.table {
		touches = append(touches, at{t.day, t.minute, v.engine.rootName(v.engine.rootOf(t.work))})
	}
	slices.SortFunc(touches, func(a, b at) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.minute, b.minute), cmp.Compare(a.root, b.root))
	})
	for i := 0; i < len(touches); {
		from := i
		for ; i < len(touches) && touches[i].day == touches[from].day && touches[i].minute == touches[from].minute; i++ {
		}
		together := touches[from:i]
		day := &order[objective.Date(together[0].day)-w.monday]
		if n := len(*day); n > 0 {
			last := (*day)[n-1]
			slices.SortStableFunc(together, func(a, b at) int {
				switch {
				case a.root == last && b.root != last:
					return -1
				case b.root == last && a.root != last:
					return 1
				}
				return 0
			})
		}
		for _, t := range together {
			*day = append(*day, t.root)
		}
	}
	return order
}

// hoursOf counts the touches of a person-week, one for each minute at a work. It
// is remembered until the week changes.
func (e *Engine) hoursOf(w *personWeek) *weekHours {
	if w.hours != nil {
		return w.hours
	}
	e.gather(w)
	slices.SortFunc(e.split.table, func(a, b workTouch) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.minute, b.minute), cmp.Compare(a.work, b.work))
	})
	w.hours = new(weekHours)
	for i, t := range e.split.table {
		if i > 0 && e.split.table[i-1].day == t.day && e.split.table[i-1].minute == t.minute && e.split.table[i-1].work == t.work {
			continue
		}
		day := objective.Date(t.day)
		count := &w.hours[day-w.monday]
		count.all++
		if debt.AfterHours(day, int(t.minute)) {
			count.after++
		}
	}
	return w.hours
}

// hoursIn adds up the touches of a person in a range of days.
func (e *Engine) hoursIn(no uint32, days DateRange) (all, after int) {
	for monday := e.kept.from(days.From.Monday()); monday <= days.Until; monday += 7 {
		w := e.timeline(no).at(monday)
		if w == nil {
			continue
		}
		hours := e.hoursOf(w)
		for d := range hours {
			if in(days, monday+objective.Date(d)) {
				all, after = all+int(hours[d].all), after+int(hours[d].after)
			}
		}
	}
	return all, after
}

// carryEffort adds what the effort of a person-week was.
func (v *evaluation) carryEffort(l *loads, w *personWeek) {
	e := v.engine
	who := &e.people.list[w.person]
	var parts []placement
	e.talkOf(w, func(c *cell, talk, all effort.Micro) {
		day := w.monday + objective.Date(c.day)
		if !in(l.days, day) {
			return
		}
		parts = e.place(c, day, parts[:0])
		for team, share := range who.teamsOn(day) {
			t := &l.teams[team]
			made := v.madeByOther(w.person, c.work)
			for p := range parts {
				sum := parts[p].micros[e.declared.Effort.Model] * share / effort.PersonDay
				t.effort[w.person] += sum
				if all > 0 {
					t.coordination += sum * talk / all
				}
				r := debt.Response{Effort: sum, Objective: parts[p].category == OnObjective, Created: objective.NoDate}
				if !r.Objective && made != objective.NoDate {
					r.Created, r.Touched = made, v.taken(l, team, c.work)
				}
				t.responses = append(t.responses, r)
			}
		}
	})
}

// madeByOther returns the day, where a person is, on which somebody else made a
// work: NoDate where it was themselves, or nobody knows.
func (v *evaluation) madeByOther(no, work uint32) objective.Date {
	f := &v.engine.facts[work]
	if f.creator == 0 || f.created == noMinute || v.engine.actors[f.creator-1].person == no {
		return objective.NoDate
	}
	day, _ := v.engine.people.localDate(no, effort.Moment{Minute: int32(f.created), Offset: effort.NoOffset})
	if v.engine.kept.from(day) > day {
		return objective.NoDate
	}
	return day
}

// taken returns the first day on which a member of a team, and not who made it,
// was present at a work.
func (v *evaluation) taken(l *loads, team int, work uint32) objective.Date {
	at := teamWork{team, work}
	if day, known := l.first[at]; known {
		return day
	}
	e := v.engine
	first := objective.NoDate
	maker := e.actors[e.facts[work].creator-1].person
	for _, no := range v.members(work) {
		v.present(uint32(no), func(p presenceDay) {
			if p.person == maker || e.kept.from(p.day) > p.day || first != objective.NoDate && first <= p.day {
				return
			}
			for t := range e.people.list[p.person].teamsOn(p.day) {
				if t == team {
					first = p.day
				}
			}
		})
	}
	l.first[at] = first
	return first
}

func (t *load) total() (sum effort.Micro) {
	for _, part := range t.effort {
		sum += part
	}
	return sum
}

// contributors are the persons by effort.
func (t *load) contributors(e *Engine) (list contributors) {
	for no, sum := range t.effort {
		list = list.with(e.contributor(no), sum)
	}
	return list
}

// present are the persons by the days that have an order.
func (t *load) present(e *Engine) (list contributors) {
	days := make(map[int]effort.Micro)
	for i := range t.days {
		days[t.days[i].Person] += effort.PersonDay
	}
	for no, sum := range days {
		list = list.with(e.contributor(uint32(no)), sum)
	}
	return list
}

// steady are the persons who can be compared with themselves. They weigh alike.
func (t *load) steady(e *Engine) (list contributors) {
	for no, h := range t.hours {
		if h.All > 0 && h.BaselineAll > 0 {
			list = list.with(e.contributor(no), effort.PersonDay)
		}
	}
	return list
}

func (t *load) hoursOf() []debt.Hours { return slices.Collect(maps.Values(t.hours)) }

// overlapping says which teams must not be told because the few in whom they
// differ from another could be found by subtraction; see
// measurement.hideOverlaps. Those are hidden anyway who are fewer than k. Each
// team is its people with how much they count.
func (e *Engine) overlapping(teams []map[uint32]effort.Micro, k int) []bool {
	m := &measurement{common: []map[teamPair]shared{{}}}
	hidden, sizes, counts := make([]bool, len(teams)), make([]int, len(teams)), make([]headcount, len(teams))
	for t := range teams {
		for no, sum := range teams[t] {
			if who := e.contributor(no); sum > 0 {
				counts[t].add(&who)
			}
		}
		sizes[t] = counts[t].people()
		hidden[t] = sizes[t] < k
	}
	for a := range teams {
		for b := a + 1; b < len(teams); b++ {
			for no, first := range teams[a] {
				second := teams[b][no]
				if first <= 0 || second <= 0 {
					continue
				}
				p := teamPair{a, b}
				if m.common[0][p] == nil {
					m.common[0][p] = make(shared)
				}
				ratio := int64(math.Round(1000 * float64(first) / float64(second)))
				who := e.contributor(no)
				alike := m.common[0][p][ratio]
				alike.add(&who)
				m.common[0][p][ratio] = alike
			}
		}
	}
	m.hideOverlaps(hidden, sizes, counts, 0, k)
	return hidden
}

// efforts are the people of each team by effort.
func (l *loads) efforts() []map[uint32]effort.Micro {
	list := make([]map[uint32]effort.Micro, len(l.teams))
	for t := range l.teams {
		list[t] = l.teams[t].effort
	}
	return list
}
