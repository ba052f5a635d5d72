package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A measurement is one pass over the person-weeks: which tallies it feeds.
type measurement struct {
	org         []*tally       // per window
	weeks       []*tally       // per closed week, oldest first
	teams       [][]*tally     // per team, then per window
	rest        []*tally       // per window: effort that belongs to no team
	open        *tally         // the days that have not closed
	owned       [][]ownedTally // per team, then per window; nil when no team owns anything
	shared      [][]sharedSum  // by set of owners, then per window
	all         []effort.Micro // per window of the teams: effort of the person at hand
	restated    map[objective.Date]restatedWeek
	from, until objective.Date

	common []map[teamPair]shared // per window: whom two teams have in common
}

// week returns the tally of the closed week of a day, nil when there is none.
func (m *measurement) week(day objective.Date) *tally {
	if i := int(day - m.weeks[0].days.From); i >= 0 && i < 7*len(m.weeks) {
		return m.weeks[i/7]
	}
	return nil
}

// sum reads the person-weeks and returns how many works each of the
// organisation's windows holds.
func (e *Engine) sum(m *measurement) []int {
	works := make([]int, len(m.org))
	var counted []uint32
	defer func() {
		for _, no := range counted {
			e.items[no].seen = 0
		}
	}()
	var parts []placement
	for _, person := range e.people.ordered() {
		who := &e.people.list[person]
		for monday := e.kept.from(m.from.Monday()); monday <= m.until; monday += 7 {
			w := e.timeline(person).at(monday)
			if w == nil {
				continue
			}
			cells := e.cells(w)
			for i := range cells {
				c := &cells[i]
				day := monday + objective.Date(c.day)
				parts = e.place(c, day, parts[:0])
				e.addCell(m, who, day, parts)
				if m.owned != nil {
					e.addOwned(m, who, c.work, day, parts)
				}
				if e.items[c.work].seen == 0 {
					counted = append(counted, c.work)
				}
				e.items[c.work].count(m.org, day, works)
			}
			m.addBooked(who, w)
			m.each((*tally).endWeek)
		}
		account := e.contributor(person)
		m.each(func(t *tally) { t.endPerson(account) })
		m.endOwned(account)
		m.endShared(who, account)
		e.addCapacity(m, who)
	}
	counted = e.sumKept(m, works, counted)
	return works
}

// timeline returns the timeline of a person, an empty one for who never worked.
func (e *Engine) timeline(person uint32) *timeline {
	if int(person) < len(e.lines) {
		return &e.lines[person]
	}
	return &timeline{}
}

// addBooked counts what became of logged time beyond effort: overtime in the
// teams, where it is published, and in the organisation what could not be
// placed.
func (m *measurement) addBooked(who *person, w *personWeek) {
	if w.booked == nil {
		return
	}
	for d := range 7 {
		day := w.monday + objective.Date(d)
		for t := range m.organisation {
			if in(t.days, day) {
				t.person.unplaced += w.booked.unplaced[d]
			}
		}
		if w.booked.overtime[d] == 0 {
			continue
		}
		for k := range who.memberships {
			ms := &who.memberships[k]
			for _, t := range m.teams[ms.team] {
				if ms.from <= day && day <= ms.until && in(t.days, day) {
					t.person.overtime += w.booked.overtime[d] * ms.share / effort.PersonDay
				}
			}
		}
	}
}

// count adds the item to the works of every window that holds a day and does
// not hold the item yet.
func (it *itemState) count(windows []*tally, day objective.Date, works []int) {
	for t, w := range windows {
		if bit := uint16(1) << t; it.seen&bit == 0 && in(w.days, day) {
			it.seen |= bit
			works[t]++
		}
	}
}

func in(r DateRange, day objective.Date) bool { return r.From <= day && day <= r.Until }

// organisation yields the tallies of the organisation.
func (m *measurement) organisation(yield func(*tally) bool) {
	for _, list := range [][]*tally{m.org, m.weeks, {m.open}} {
		for _, t := range list {
			if !yield(t) {
				return
			}
		}
	}
}

func (m *measurement) each(f func(*tally)) {
	for t := range m.organisation {
		f(t)
	}
	for _, team := range m.teams {
		for _, t := range team {
			f(t)
		}
	}
	for _, t := range m.rest {
		f(t)
	}
}

// addCell puts the parts of a cell into every tally whose days it falls in.
func (e *Engine) addCell(m *measurement, who *person, day objective.Date, parts []placement) {
	share := min(who.share(day), effort.PersonDay)
	for i := range parts {
		p := &parts[i]
		for _, t := range m.org {
			t.addOrg(p, share, day)
		}
		if t := m.week(day); t != nil {
			t.addOrg(p, share, day)
		}
		m.open.addOrg(p, share, day)
	}
	if len(m.teams) == 0 {
		return
	}
	for i := range parts {
		e.addTeams(m, who, day, &parts[i])
	}
}

// addTeams splits a placement over the teams to which a person belongs on a
// day; what is left belongs to none.
func (e *Engine) addTeams(m *measurement, who *person, day objective.Date, p *placement) {
	teams, split := e.split.overTeams(who, day, &p.micros)
	for i, team := range teams {
		var part [effort.NumModels]effort.Micro
		for model := range part {
			part[model] = split[model][i]
		}
		tallies := m.rest
		if team != noTeam {
			tallies = m.teams[team]
		}
		for _, t := range tallies {
			if in(t.days, day) {
				t.add(p, &part)
			}
		}
	}
}

// addOrg puts a placement into a tally of the organisation; share is how much
// of the person belongs to a team.
func (t *tally) addOrg(p *placement, share effort.Micro, day objective.Date) {
	if in(t.days, day) {
		t.add(p, &p.micros)
		t.person.member += p.micros[t.model] * share / effort.PersonDay
	}
}

// addCapacity counts what a person could have worked. Where no team is
// declared, everybody seen in a window counts as a member of the organisation.
func (e *Engine) addCapacity(m *measurement, who *person) {
	for t := range m.organisation {
		if len(e.declared.Teams) == 0 {
			if t.last.all > 0 {
				t.available += e.capacity(who, t.days, noTeam)
				t.observed += t.last.all
			}
			continue
		}
		t.available += e.capacity(who, t.days, anyTeam)
		t.observed += t.last.member
	}
	for k := range who.memberships {
		team := who.memberships[k].team
		if slices.ContainsFunc(who.memberships[:k], func(m membership) bool { return m.team == team }) {
			continue // a second interval in the same team
		}
		for _, t := range m.teams[team] {
			t.available += e.capacity(who, t.days, team)
			t.observed += t.last.all
		}
	}
}

// noTeam stands for what belongs to no team, and asks for all the capacity of a
// person; anyTeam asks for what is for teams.
const (
	noTeam  = -1
	anyTeam = -2
)

// capacity is the person-time that a person has for a team in a range of days;
// for noTeam the person need not be a member of any. Collapsed days have kept
// theirs.
func (e *Engine) capacity(who *person, days DateRange, team int) effort.Micro {
	if team != noTeam && len(who.memberships) == 0 {
		return 0
	}
	var sum effort.Micro
	for day := e.kept.from(days.From); day <= days.Until; day++ {
		if int(day-day.Monday()) >= e.declared.Effort.WorkingDays || who.onLeave(day) {
			continue
		}
		if team == noTeam {
			sum += who.fte
			continue
		}
		var share effort.Micro
		for k := range who.memberships {
			ms := &who.memberships[k]
			if (team == anyTeam || ms.team == team) && ms.from <= day && day <= ms.until {
				share += ms.share
			}
		}
		sum += who.fte * min(share, effort.PersonDay) / effort.PersonDay
	}
	return sum
}
