package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A streamRow is the effort of one person on one work on one day under one
// heading. It may be 0 where somebody was present and the day was full.
type streamRow struct {
	person    uint32 // private
	work      uint32
	root      root
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
	room := e.cellsIn(all.days)
	all.rows, org.rows = make([]streamRow, 0, room), make([]streamRow, 0, room)
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
					row := streamRow{no, c.work, e.rootOf(c.work), day, parts[p].objective, parts[p].category, parts[p].micros[e.declared.Effort.Model]}
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

// cellsIn counts the pieces of effort in the weeks of a range of days: nearly all
// of them are in one place, so as many placements need room.
func (e *Engine) cellsIn(days DateRange) (n int) {
	for person := range e.lines {
		for monday := e.kept.from(days.From.Monday()); monday <= days.Until; monday += 7 {
			if w := e.lines[person].at(monday); w != nil {
				n += len(e.cells(w))
			}
		}
	}
	return n
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
