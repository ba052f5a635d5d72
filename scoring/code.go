package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// weekCode is what people did to code in one week. It must not be changed.
type weekCode struct {
	rows    []codeRow
	reviews []reviewDays
}

// A codeRow is the effort of one person on the code of one work on one day.
// Persons are told by one of their actors, whose person may become another.
type codeRow struct {
	actor, work uint32
	day         uint8 // 0 is Monday
	effort      effort.Micro
}

// A reviewDays says on how many days of a week a person reviewed.
type reviewDays struct {
	actor uint32
	days  int
}

// codeIn returns what people did to code in a week that is not collapsed. It is
// remembered with the sums of the week.
func (e *Engine) codeIn(monday objective.Date, s *weekSums) *weekCode {
	if s.code != nil {
		return s.code
	}
	c := &weekCode{}
	for person := range e.lines {
		w := e.lines[person].at(monday)
		if w == nil {
			continue
		}
		who := e.lines[person].actors[0]
		var reviewed [7]bool
		cells := e.cells(w)
		for i := range cells {
			at := &cells[i]
			reviewed[at.day] = reviewed[at.day] || at.presence&effort.Review != 0
			talk, all := weigh(&e.declared.Effort.Weights, at.presence)
			if all == talk || e.graph.Of(uint64(at.work)).Bucket == attribution.Gone {
				continue
			}
			if sum := effort.Micro(at.micros[e.declared.Effort.Model]) * effort.Micro(all-talk) / effort.Micro(all); sum > 0 {
				c.rows = append(c.rows, codeRow{who, at.work, at.day, sum})
			}
		}
		r := reviewDays{actor: who}
		for _, is := range reviewed {
			if is {
				r.days++
			}
		}
		if r.days > 0 {
			c.reviews = append(c.reviews, r)
		}
	}
	s.code = c
	return c
}

// silentWork returns the share of the effort on code that went to tickets whose
// state does not tell, of the organisation and of each team.
func (v *evaluation) silentWork(b *below) (org Score, teams []Score) {
	e := v.engine
	window := func(end objective.Date) DateRange { return DateRange{end - debtDays + 1, end} }
	all := streams{days: window(v.day)}
	of := make([]streams, len(v.declared.Teams))
	first := all.days.From
	for t := range of {
		of[t].days = window(e.teamDay(v.day))
		first = min(first, of[t].days.From)
	}
	for _, row := range v.codeRows(first) {
		all.add(row, effort.PersonDay)
		for _, m := range e.people.list[row.person].memberships {
			if m.from <= row.day && row.day <= m.until && m.share > 0 {
				of[m.team].add(row, m.share)
			}
		}
	}
	for t := range of {
		teams = append(teams, v.silentIn(&of[t], b))
	}
	return v.silentIn(&all, b), teams
}

// codeRows lists the effort on code from the week of a day on, person by person.
func (v *evaluation) codeRows(from objective.Date) (rows []streamRow) {
	for monday := v.engine.kept.from(from.Monday()); monday <= v.day; monday += 7 {
		for _, r := range v.engine.codeIn(monday, v.week(monday)).rows {
			rows = append(rows, streamRow{person: v.engine.actors[r.actor].person, work: r.work, day: monday + objective.Date(r.day), effort: r.effort})
		}
	}
	slices.SortStableFunc(rows, func(a, b streamRow) int { return cmp.Compare(a.person, b.person) })
	return rows
}

// silentIn reads the effort on code of a scope.
func (v *evaluation) silentIn(s *streams, b *below) Score {
	if v.engine.kept.holds(s.days) {
		return unavailable(SilentWork, InsufficientData, "weeks of the window are collapsed and do not tell work on code from other work")
	}
	if s.judge(v.engine); s.status != OK {
		return unavailable(SilentWork, s.status, s.reason)
	}
	list := make([]debt.Code, 0, len(s.rows))
	for i := range s.rows {
		r := &s.rows[i]
		c := debt.Code{Effort: r.effort, Day: r.day, Ended: objective.NoDate}
		if ticket := v.ticketOf(r.work); ticket != 0 {
			f := &v.engine.facts[ticket]
			c.Ended, _ = v.endOf(ticket, r.day)
			begun := f.started != noMinute && f.started.day() <= r.day
			c.Todo = c.Ended == objective.NoDate && !begun && b.begins[f.place]
		}
		list = append(list, c)
	}
	return scoreOf(SilentWork, debt.SilentWork(list))
}

// ticketOf returns the ticket that a work is, or that it implements, 0 for none.
func (v *evaluation) ticketOf(work uint32) uint32 {
	if v.engine.facts[work].kind == kindTicket {
		return work
	}
	if above := v.engine.above(work); above != 0 && v.engine.facts[above].kind == kindTicket {
		return above
	}
	return 0
}
