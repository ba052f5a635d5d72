package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/focus"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A block is one closed ISO week of the organisation, or of a team, by itself.
type block struct {
	week int // stat.WeekOf
	phase.Creep
	wide   *wide      // of the organisation, where there is enough effort
	shares *teamShare // of a team, in weeks in which it may be told
}

// blockWeeks is how far back blocks are made, and how far back a workstream
// must have rested to begin anew.
const blockWeeks = 156

// warmUp is how long the data must go back before what is new can be told from
// what is only seen for the first time.
const warmUp = 28

// alertDays is from how many person-days on a share may raise an alarm.
const alertDays = 40

func tooEarly() stat.Estimate {
	return stat.Insufficient(0, "the data begins less than %d days before: what is new cannot be told", warmUp)
}

// A blockBook holds the blocks of the closed weeks. A week counts on what those
// before it hold, so when one changes they are made again from there on.
type blockBook struct {
	from, start objective.Date // the first week of the data, and of the book
	people      *people
	who         []contributor // by person
	weeks       []*weekSums
	collapsed   int       // weeks at the start, which have no block
	org         []block   // of the others
	teams       [][]block // by team
	// first says in which week, counted from 1, a workstream was first worked
	// on: by item, and by place. 0 is never.
	first  []uint16
	places map[root]uint16
}

// weekBlocks returns the closed weeks that are not collapsed, oldest first, up to
// three years: of the organisation, and of each team. They must not be changed.
func (v *evaluation) weekBlocks() (org []block, teams [][]block) {
	b := v.book()
	return b.org, b.teams
}

// book brings the blocks up to date, once in an evaluation.
func (v *evaluation) book() *blockBook {
	b := &v.engine.blocks
	if v.booked {
		return b
	}
	v.booked = true
	from := v.dataFrom()
	if from == objective.NoDate {
		*b = blockBook{people: b.people, who: b.who, teams: make([][]block, len(v.declared.Teams))}
		return b
	}
	start := max(from, v.lastMonday()-7*(blockWeeks-1))
	who := make([]contributor, len(v.engine.people.list))
	for no := range who {
		who[no] = v.engine.contributor(uint32(no))
	}
	others := b.people != v.engine.people || len(b.who) > len(who) || !slices.Equal(b.who, who[:len(b.who)])
	if others {
		v.engine.recall() // what is enough may be another
	}
	if b.from != from || b.start != start || others {
		*b = blockBook{from: from, start: start, people: v.engine.people, places: make(map[root]uint16), teams: make([][]block, len(v.declared.Teams))}
	}
	b.who = who
	hold := 0
	for hold < len(b.weeks) && start+objective.Date(7*hold) <= v.lastMonday() && v.week(start+objective.Date(7*hold)) == b.weeks[hold] {
		hold++
	}
	b.cut(hold)
	for monday := start + objective.Date(7*hold); monday <= v.lastMonday(); monday += 7 {
		v.addBlocks(b, monday)
	}
	return b
}

// cut takes all weeks out but the first n.
func (b *blockBook) cut(n int) {
	if n == len(b.weeks) {
		return
	}
	b.weeks = b.weeks[:n]
	b.collapsed = min(b.collapsed, n)
	b.org = b.org[:n-b.collapsed]
	for t := range b.teams {
		b.teams[t] = b.teams[t][:n-b.collapsed]
	}
	for no, week := range b.first {
		if int(week) > n {
			b.first[no] = 0
		}
	}
	for place, week := range b.places {
		if int(week) > n {
			delete(b.places, place)
		}
	}
}

// seen returns in which week, counted from 1, a workstream was first worked on,
// 0 when it never was.
func (b *blockBook) seen(r root) uint16 {
	no, item := r.item()
	switch {
	case !item:
		return b.places[r]
	case int(no) < len(b.first):
		return b.first[no]
	}
	return 0
}

// see notes that a workstream was first worked on in a week, counted from 1.
func (b *blockBook) see(r root, week uint16, items int) {
	no, item := r.item()
	if !item {
		b.places[r] = week
		return
	}
	if int(no) >= len(b.first) {
		b.first = append(b.first, make([]uint16, items-len(b.first))...)
	}
	b.first[no] = week
}

// before reports whether a workstream was worked on in the years before a Monday.
func (b *blockBook) before(r root, monday objective.Date) bool {
	week := b.seen(r)
	return week > 0 && b.start+objective.Date(7*(week-1)) < monday
}

func (v *evaluation) addBlocks(b *blockBook, monday objective.Date) {
	s := v.week(monday)
	b.weeks = append(b.weeks, s)
	fresh := v.fresh(b, monday, s)
	if v.engine.kept.from(monday) > monday {
		b.collapsed++
		return // without persons
	}
	of := func(s *weekSums) (block, bool) {
		one, enough := v.blockOf(monday, s, fresh)
		if one.Unplanned.OK() && monday < b.from+warmUp {
			one.Unplanned = tooEarly()
		}
		return one, enough
	}
	org, enough := of(s)
	teams := v.engine.weekTeams(monday, v.keep)
	hidden := v.hiddenIn(s, teams)
	if enough {
		org.wide = v.widen(monday, s)
		v.tellApart(org.wide, monday, teams, hidden)
	}
	for t, team := range teams {
		one, ofTeam := of(team)
		if enough && ofTeam && !hidden[t] {
			one.shares = v.teamShares(monday, team)
		}
		b.teams[t] = append(b.teams[t], one)
	}
	b.org = append(b.org, org)
	s.letGo()
}

// fresh returns the workstreams of a week that were not seen before, with
// whether anything of them was planned, and marks them as seen.
func (v *evaluation) fresh(b *blockBook, monday objective.Date, s *weekSums) map[root]bool {
	planned, week := make(map[root]bool), uint16(len(b.weeks))
	for i := range s.works {
		w := &s.works[i]
		if w.effort <= 0 {
			continue
		}
		r := v.engine.rootOf(w.work)
		switch b.seen(r) {
		case 0:
			b.see(r, week, len(v.engine.items))
		case week:
		default:
			continue
		}
		planned[r] = planned[r] || w.category == OnObjective && v.linkedOn(w.work, monday+6)
	}
	return planned
}

// began returns what a week holds of the workstreams that began in it.
func (v *evaluation) began(monday objective.Date, s *weekSums, fresh map[root]bool) []focus.Workstream {
	var list []focus.Workstream
	place := make(map[root]int)
	for i := range s.works {
		w := &s.works[i]
		if w.effort <= 0 {
			continue
		}
		r := v.engine.rootOf(w.work)
		planned, begins := fresh[r]
		if !begins {
			continue
		}
		at, known := place[r]
		if !known {
			at = len(list)
			place[r] = at
			list = append(list, focus.Workstream{First: monday, Members: 1, Planned: planned})
		}
		list[at].Early += w.effort
	}
	return list
}

// blockOf reads one week of the organisation or of a team. It is false where that
// is too little effort, or of too few people.
func (v *evaluation) blockOf(monday objective.Date, s *weekSums, fresh map[root]bool) (b block, enough bool) {
	b = block{week: stat.WeekOf(int(monday))}
	people := v.behindWeek(s)
	if status, why := v.engine.enough(people); status != OK {
		none := stat.Estimate{Status: stat.Status(status), Reason: why}
		b.Creep = phase.Creep{Alpha: none, Unplanned: none, Top: none, Shadow: none}
		return b, false
	}
	b.Alpha = v.alpha(s, v.engine.accountsFor(people.headcount()))
	b.Unplanned = focus.UnplannedRate(v.began(monday, s, fresh), monday, monday+6)
	days := int(s.total / effort.PersonDay)
	share := func(of func(*evaluation, objective.Date, *weekSums) (float64, bool)) stat.Estimate {
		if value, ok := of(v, monday, s); ok {
			return stat.Known(value, days).AlertFrom(alertDays)
		}
		return stat.NotDefined("no effort that counts in this week")
	}
	b.Top, b.Shadow = share((*evaluation).topIn), share((*evaluation).shadowIn)
	return b, true
}

// behindWeek lists who worked in a week that is not collapsed.
func (v *evaluation) behindWeek(s *weekSums) (people contributors) {
	for _, share := range s.shares {
		people = people.with(v.engine.contributor(v.engine.actors[s.carriers[share.person]].person), share.effort)
	}
	return people
}

// A weekAlpha is how many workstreams are carried in a week, and how many items
// touched in a day, where so many accounts are asked for.
type weekAlpha struct {
	focus.Diversity
	touched, scattered stat.Estimate
	accounts           int
}

// alpha returns how many workstreams the average person of a week carries. It is
// remembered with the sums of the week.
func (v *evaluation) alpha(s *weekSums, accounts int) stat.Estimate {
	if s.alpha == nil || s.alpha.accounts != accounts {
		carried := make([]focus.Carry, len(s.carried))
		for i := range s.carried {
			c := &s.carried[i]
			carried[i] = focus.Carry{Person: int(c.person), Workstream: uint64(v.engine.rootOf(c.work)), Effort: c.effort()}
		}
		s.alpha = &weekAlpha{Diversity: focus.DiversityOf(carried, accounts), accounts: accounts}
		s.alpha.touched, s.alpha.scattered = s.itemsPerDay(accounts)
	}
	return s.alpha.Alpha
}
