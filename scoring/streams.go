package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/focus"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// roots remembers the workstreams of works (focus.RootOf) under names that are
// the same in every engine.
type roots struct {
	byWork map[uint32]uint64
	named  map[uint64]uint32 // work by its order
}

// rootOf returns the workstream of a work.
func (v *evaluation) rootOf(work uint32) uint64 {
	if v.roots.byWork == nil {
		v.roots = roots{make(map[uint32]uint64), make(map[uint64]uint32)}
	}
	root, ok := v.roots.byWork[work]
	if !ok {
		root = focus.RootOf(v.node(work), func(name uint64) (focus.Node, bool) {
			above, known := v.roots.named[name]
			if !known {
				return focus.Node{}, false
			}
			return v.node(above), true
		})
		v.roots.byWork[work] = root
	}
	return root
}

// node is what focus.RootOf asks of a work. Items are named by their order.
func (v *evaluation) node(work uint32) focus.Node {
	f := &v.engine.facts[work]
	n := focus.Node{No: v.engine.items[work].order, Epic: f.is(markEpic), Ticket: f.kind == kindTicket, Group: v.engine.rare.orderOf(f.place)}
	v.roots.named[n.No] = work
	if above := uint32(v.engine.graph.Above(uint64(work))); above != 0 && v.engine.items[above].known {
		n.Above = v.engine.items[above].order
		v.roots.named[n.Above] = above
	}
	return n
}

// A streamRow is the effort of one person on one work on one day under one
// heading. It may be 0 where somebody was present and the day was full.
type streamRow struct {
	person    uint32 // private
	work      uint32
	root      uint64
	day       objective.Date
	objective int // -1 when none
	category  Category
	effort    effort.Micro
}

// streams are the rows of the organisation, or of one team, in a window.
type streams struct {
	days   DateRange
	rows   []streamRow
	people contributors
	status Status // why shares of the effort are not told, OK where they are
	reason string
}

// focusDays is over how many days focus is told.
const focusDays = 28

// streamsOf returns the rows of the organisation and of each team, and all rows
// of the weeks that these are in. The days of teams may end earlier, see
// Engine.teamDay. Weeks that were collapsed name no persons and are left out.
func (v *evaluation) streamsOf() (all, org streams, teams []streams) {
	if v.streams == nil {
		all, org, teams = v.readStreams()
		v.streams = append([]streams{all, org}, teams...)
	}
	return v.streams[0], v.streams[1], v.streams[2:]
}

func (v *evaluation) readStreams() (all, org streams, teams []streams) {
	e := v.engine
	all.days = DateRange{(v.day - focusDays + 1 - 6).Monday(), v.day}
	window := func(end objective.Date) DateRange { return DateRange{end - focusDays + 1, end} }
	org.days = window(v.day)
	teams = make([]streams, len(v.declared.Teams))
	for t := range teams {
		teams[t].days = window(e.teamDay(v.day))
	}
	var parts []placement
	for _, no := range e.people.ordered() {
		who := &e.people.list[no]
		for monday := e.kept.from(all.days.From); monday <= v.day; monday += 7 {
			w := e.timeline(no).at(monday)
			if w == nil {
				continue
			}
			cells := e.cells(w)
			for i := range cells {
				c := &cells[i]
				day := monday + objective.Date(c.day)
				parts = e.place(c, day, parts[:0])
				for p := range parts {
					row := streamRow{no, c.work, v.rootOf(c.work), day, parts[p].objective, parts[p].category, parts[p].micros[e.declared.Effort.Model]}
					all.add(row, effort.PersonDay)
					org.add(row, effort.PersonDay)
					for k := range who.memberships {
						if ms := &who.memberships[k]; ms.from <= day && day <= ms.until && ms.share > 0 {
							teams[ms.team].add(row, ms.share)
						}
					}
				}
			}
		}
	}
	org.judge(e)
	for t := range teams {
		teams[t].judge(e)
	}
	return all, org, teams
}

// add counts a share of a row, in millionths.
func (s *streams) add(row streamRow, share effort.Micro) {
	if in(s.days, row.day) {
		row.effort = row.effort * share / effort.PersonDay
		s.rows = append(s.rows, row)
	}
}

// judge says whether shares of the effort may be told. The rows of a person
// follow one another.
func (s *streams) judge(e *Engine) {
	for i := 0; i < len(s.rows); {
		first, sum := i, effort.Micro(0)
		for ; i < len(s.rows) && s.rows[i].person == s.rows[first].person; i++ {
			sum += s.rows[i].effort
		}
		if sum > 0 {
			s.people = s.people.with(e.contributor(s.rows[first].person), sum)
		}
	}
	s.status, s.reason = e.enough(s.people)
}

// enough applies the rules for shares of effort to what each contributor did.
func (e *Engine) enough(people contributors) (Status, string) {
	t := newTally(e.declared.Effort.Model, DateRange{}, 0)
	t.people = people
	for i := range people {
		t.total[t.model] += people[i].sum
	}
	return e.publishable(t)
}

// A block is one closed ISO week of the organisation, or of a team, by itself.
type block struct {
	week int // stat.WeekOf
	phase.Creep
}

// blockWeeks is how far back blocks are made, and how far back a workstream
// must have rested to begin anew.
const blockWeeks = 156

// warmUp is how long the data must go back before what is new can be told from
// what is only seen for the first time.
const warmUp = 28

func tooEarly() stat.Estimate {
	return stat.Insufficient(0, "the data begins less than %d days before: what is new cannot be told", warmUp)
}

// weekBlocks returns the closed weeks that are not collapsed, oldest first, up to
// three years: of the organisation, and of each team.
func (v *evaluation) weekBlocks() (org []block, teams [][]block) {
	if v.blocks == nil {
		v.blocks = make([][]block, 1+len(v.declared.Teams))
		if from := v.dataFrom(); from != objective.NoDate {
			v.readBlocks(from)
		}
	}
	return v.blocks[0], v.blocks[1:]
}

func (v *evaluation) readBlocks(from objective.Date) {
	seen := make(map[uint64]bool)
	for monday := max(from, v.lastMonday()-7*(blockWeeks-1)); monday <= v.lastMonday(); monday += 7 {
		s := v.week(monday)
		fresh := v.fresh(monday, s, seen)
		if v.engine.kept.from(monday) > monday {
			continue // without persons
		}
		of := func(s *weekSums) block {
			b := v.blockOf(monday, s, fresh)
			if b.Unplanned.OK() && monday < from+warmUp {
				b.Unplanned = tooEarly()
			}
			return b
		}
		v.blocks[0] = append(v.blocks[0], of(s))
		for t, team := range v.engine.weekTeams(monday, v.keep) {
			v.blocks[1+t] = append(v.blocks[1+t], of(team))
		}
	}
}

// fresh returns the workstreams of a week that were not seen before, with
// whether anything of them was planned, and marks them as seen.
func (v *evaluation) fresh(monday objective.Date, s *weekSums, seen map[uint64]bool) map[uint64]bool {
	planned := make(map[uint64]bool)
	for i := range s.works {
		w := &s.works[i]
		if w.effort <= 0 {
			continue
		}
		root := v.rootOf(w.work)
		before, begins := planned[root]
		if seen[root] && !begins {
			continue
		}
		seen[root], planned[root] = true, before || w.category == OnObjective && v.linkedOn(w.work, monday+6)
	}
	return planned
}

// began returns what a week holds of the workstreams that began in it.
func (v *evaluation) began(monday objective.Date, s *weekSums, fresh map[uint64]bool) []focus.Workstream {
	var list []focus.Workstream
	place := make(map[uint64]int)
	for i := range s.works {
		w := &s.works[i]
		root := v.rootOf(w.work)
		planned, begins := fresh[root]
		if !begins || w.effort <= 0 {
			continue
		}
		at, known := place[root]
		if !known {
			at = len(list)
			place[root] = at
			list = append(list, focus.Workstream{First: monday, Members: 1, Planned: planned})
		}
		list[at].Early += w.effort
	}
	return list
}

// blockOf reads one week of the organisation or of a team.
func (v *evaluation) blockOf(monday objective.Date, s *weekSums, fresh map[uint64]bool) block {
	b := block{week: stat.WeekOf(int(monday))}
	var carried []focus.Carry
	sums := make([]effort.Micro, len(s.carriers))
	for i := range s.carried {
		c := &s.carried[i]
		sums[c.person] += c.effort()
		carried = append(carried, focus.Carry{Person: int(c.person), Workstream: v.rootOf(c.work), Effort: c.effort()})
	}
	var people contributors
	for n, actor := range s.carriers {
		if sums[n] > 0 {
			people = people.with(v.engine.contributor(v.engine.actors[actor].person), sums[n])
		}
	}
	if status, why := v.engine.enough(people); status != OK {
		none := stat.Estimate{Status: stat.Status(status), Reason: why}
		b.Creep = phase.Creep{Alpha: none, Unplanned: none, Top: none, Shadow: none}
		return b
	}
	b.Alpha = focus.DiversityOf(carried, v.engine.accountsFor(people.headcount())).Alpha
	b.Unplanned = focus.UnplannedRate(v.began(monday, s, fresh), monday, monday+6)
	days := int(s.total / effort.PersonDay)
	share := func(name string) stat.Estimate {
		for _, w := range watchedShares() {
			if value, ok := w.value(v, monday, s); w.name == name && ok {
				return stat.Known(value, days).AlertFrom(alertDays)
			}
		}
		return stat.NotDefined("no effort that counts in this week")
	}
	b.Top, b.Shadow = share(TopObjectivesEffort), share(ShadowEffort)
	return b
}

// alertDays is from how many person-days on a share may raise an alarm.
const alertDays = 40

// workedBefore returns the workstreams that were worked on in the years before a
// Monday.
func (v *evaluation) workedBefore(monday objective.Date) map[uint64]bool {
	seen := make(map[uint64]bool)
	from := v.dataFrom()
	if from == objective.NoDate {
		return seen
	}
	for m := max(from, v.lastMonday()-7*(blockWeeks-1)); m < monday; m += 7 {
		works := v.week(m).works
		for i := range works {
			if works[i].effort > 0 {
				seen[v.rootOf(works[i].work)] = true
			}
		}
	}
	return seen
}

// wholeTeam lists the members of a team who are not on leave on all of a range
// of days, everybody who worked where the team is none and no team is declared.
func (v *evaluation) wholeTeam(team int, days DateRange, s *streams) (members []int) {
	e := v.engine
	for _, no := range e.people.ordered() {
		who := &e.people.list[no]
		belongs := slices.ContainsFunc(who.memberships, func(m membership) bool {
			return (team < 0 || m.team == team) && m.from <= days.Until && days.Until <= m.until && m.share > 0
		})
		if team < 0 && len(v.declared.Teams) == 0 {
			belongs = slices.ContainsFunc(s.rows, func(r streamRow) bool { return r.person == no })
		}
		away := true
		for day := days.From; day <= days.Until; day++ {
			away = away && who.onLeave(day)
		}
		if belongs && !away {
			members = append(members, int(no))
		}
	}
	return members
}
