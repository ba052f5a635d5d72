package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/vocabulary"
)

const (
	// wordWeeks is the window in which words are compared: 91 days.
	wordWeeks = 13
	// wordBlocks is at the ends of how many closed weeks they are.
	wordBlocks = 8
	// wordSpan is how many weeks that takes.
	wordSpan = wordWeeks + wordBlocks - 1
)

// everybody stands for no single team.
const everybody = -1

// A workedRow is the effort of one person on one work for one objective in a
// week, as a member of a team or, once more, as one of everybody.
type workedRow struct {
	objective, team int16
	work, person    uint32 // the person is private
	effort          effort.Micro
}

// A workedWeek is the rows of a week, for as long as they hold.
type workedWeek struct {
	sums   *weekSums
	people *people
	rows   []workedRow
}

// worked returns the rows of a closed week. They are kept until something of the
// week, or who is in which team, changes.
func (v *evaluation) worked(monday objective.Date) *workedWeek {
	e := v.engine
	sums := v.week(monday)
	if have := e.compared.weeks[monday]; have != nil && have.sums == sums && have.people == e.people {
		return have
	}
	week := &workedWeek{sums: sums, people: e.people}
	var parts []placement
	for i := range e.lines {
		w := e.lines[i].at(monday)
		if w == nil || e.kept.from(monday) > monday {
			continue
		}
		fresh := w.dirty
		cells := e.cells(w)
		first := len(week.rows)
		for k := range cells {
			day := monday + objective.Date(cells[k].day)
			parts = e.place(&cells[k], day, parts[:0])
			for p := range parts {
				// Works that were found by their words would confirm themselves.
				if parts[p].category == OnObjective && parts[p].method != attribution.Text {
					v.addWorked(week, uint32(i), day, cells[k].work, &parts[p])
				}
			}
		}
		week.merge(first)
		if fresh && monday < v.keep {
			w.cells, w.dirty = nil, true
		}
	}
	e.compared.weeks[monday] = week
	return week
}

// addWorked adds the rows of one placement on a day.
func (v *evaluation) addWorked(week *workedWeek, person uint32, day objective.Date, work uint32, p *placement) {
	row := workedRow{int16(p.objective), everybody, work, person, p.micros[v.declared.Effort.Model]}
	week.rows = append(week.rows, row)
	who := &v.engine.people.list[person]
	for k := range who.memberships {
		if ms := &who.memberships[k]; ms.from <= day && day <= ms.until && ms.share > 0 {
			part := row
			part.team, part.effort = int16(ms.team), row.effort*ms.share/effort.PersonDay
			week.rows = append(week.rows, part)
		}
	}
}

// merge adds up the rows of one person from a place on: days do not matter.
func (w *workedWeek) merge(first int) {
	rows := w.rows[first:]
	slices.SortFunc(rows, func(a, b workedRow) int {
		return cmp.Or(cmp.Compare(a.objective, b.objective), cmp.Compare(a.team, b.team), cmp.Compare(a.work, b.work))
	})
	n := 0
	for _, r := range rows {
		if last := n - 1; n > 0 && rows[last].objective == r.objective && rows[last].team == r.team && rows[last].work == r.work {
			rows[last].effort += r.effort
			continue
		}
		rows[n] = r
		n++
	}
	w.rows = w.rows[:first+n]
}

// A use is what a team, or everybody, worked on for one objective.
type use struct {
	team  int
	works []usedWork // in an order that is the same in every store
	parts []usePart
}

// A usedWork says in which weeks a work was worked on: a bit each, the newest
// first.
type usedWork struct{ work, weeks uint32 }

// A usePart is the effort of a person in a week, 0 the newest.
type usePart struct {
	person uint32 // private
	week   int
	effort effort.Micro
}

// weeksOfBlock are the bits of the weeks of a window, 0 the newest.
func weeksOfBlock(block int) uint32 { return (1<<wordWeeks - 1) << block }

// in lists the works of a window.
func (u *use) in(block int) (works []uint32) {
	for _, w := range u.works {
		if w.weeks&weeksOfBlock(block) != 0 {
			works = append(works, w.work)
		}
	}
	return works
}

// spent is the effort of a window, by contributor and as a whole.
func (u *use) spent(e *Engine, block int) (people contributors, total effort.Micro) {
	sums := make(map[uint32]effort.Micro)
	for _, p := range u.parts {
		if weeksOfBlock(block)>>p.week&1 == 1 {
			sums[p.person] += p.effort
			total += p.effort
		}
	}
	for person, sum := range sums {
		people = people.with(e.contributor(person), sum)
	}
	return people, total
}

// uses lists by objective what everybody and each team worked on, everybody
// first, teams in declared order. It is kept while no week changes.
func (v *evaluation) uses() [][]use {
	c := v.engine.compared
	var weeks [wordSpan]*workedWeek
	for k := range weeks {
		weeks[k] = v.worked(v.lastMonday() - objective.Date(7*k))
	}
	for monday := range c.weeks {
		if monday <= v.lastMonday()-7*wordSpan {
			delete(c.weeks, monday)
		}
	}
	if c.used != weeks {
		c.uses, c.used = v.readUses(&weeks), weeks
	}
	return c.uses
}

func (v *evaluation) readUses(weeks *[wordSpan]*workedWeek) [][]use {
	type slot struct {
		objective, team int16
	}
	type worksOf struct {
		weeks map[uint32]uint32
		parts []usePart
	}
	found := make(map[slot]*worksOf)
	for k, week := range weeks {
		for _, r := range week.rows {
			at := slot{r.objective, r.team}
			u := found[at]
			if u == nil {
				u = &worksOf{weeks: make(map[uint32]uint32)}
				found[at] = u
			}
			u.weeks[r.work] |= 1 << k
			if n := len(u.parts); n > 0 && u.parts[n-1].person == r.person && u.parts[n-1].week == k {
				u.parts[n-1].effort += r.effort
			} else {
				u.parts = append(u.parts, usePart{r.person, k, r.effort})
			}
		}
	}
	uses := make([][]use, len(v.declared.Set.Objectives))
	for at, u := range found {
		list := make([]usedWork, 0, len(u.weeks))
		for work, weeks := range u.weeks {
			list = append(list, usedWork{work, weeks})
		}
		slices.SortFunc(list, func(a, b usedWork) int { return v.byOrder(a.work, b.work) })
		uses[at.objective] = append(uses[at.objective], use{int(at.team), list, u.parts})
	}
	for o := range uses {
		slices.SortFunc(uses[o], func(a, b use) int { return cmp.Compare(a.team, b.team) })
	}
	return uses
}

// byOrder compares items the same way in every store.
func (v *evaluation) byOrder(a, b uint32) int {
	return cmp.Compare(v.engine.items[a].order, v.engine.items[b].order)
}

// corpora lists by objective the items that declare it: the tickets that its
// keys name, changes of nothing but its linked documents, and tickets for it
// that a member of its owning team wrote.
func (v *evaluation) corpora() [][]uint32 {
	e := v.engine
	corpora := make([][]uint32, len(v.declared.Set.Objectives))
	add := func(o int, no uint32) {
		if _, ok := e.words.texts[no]; ok && e.facts[no].created < minuteOf(v.asOf) {
			corpora[o] = append(corpora[o], uint32(e.graph.Work(uint64(no))))
		}
	}
	for o := range corpora {
		for _, key := range v.declared.Set.Objectives[o].Keys {
			for _, no := range e.graph.Find(key) {
				add(o, uint32(no))
			}
		}
	}
	for no, about := range e.words.lasting {
		for _, o := range about {
			add(o, no)
		}
	}
	owners := make([]int, len(corpora))
	for o := range owners {
		owners[o] = v.teamNumber(v.at(o).OwnerTeam)
	}
	for no := range e.words.texts {
		f := &e.facts[no]
		if f.kind != kindTicket || f.creator == 0 || f.is(markMachine) {
			continue
		}
		for _, s := range e.graph.Of(uint64(no)).Shares {
			if v.wrote(owners[s.Objective], f) {
				add(s.Objective, no)
			}
		}
	}
	for o := range corpora {
		slices.SortFunc(corpora[o], v.byOrder)
		corpora[o] = slices.Compact(corpora[o])
	}
	return corpora
}

// wrote reports whether whoever wrote an item was then a member of a team.
func (v *evaluation) wrote(team int, f *facts) bool {
	if team < 0 {
		return false
	}
	day := f.created.day()
	who := &v.engine.people.list[v.engine.actors[f.creator-1].person]
	return slices.ContainsFunc(who.memberships, func(m membership) bool {
		return m.team == team && m.from <= day && day <= m.until && m.share > 0
	})
}

// terms returns what is declared as words, those without a word left out.
func (d *Declared) terms(declared []string) (terms []vocabulary.Term) {
	for _, name := range declared {
		t := vocabulary.Term{Name: name, Keys: d.wordKeys(name)}
		if len(t.Keys) > 0 {
			terms = append(terms, t)
		}
	}
	return terms
}
