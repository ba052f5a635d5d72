package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A TeamWeek is one ISO week of the ledger without persons: what each work
// earned on each day, in the organisation and in each team, by the memberships
// as they were known when the week was collapsed (score specification, section
// 2.8, rule 4). Works stay apart, so that relabelling goes on as before: sums
// by work, day and team are those of the person-weeks to the µpd, and so are
// those by category and objective where a work serves one objective; the parts
// of a work that serves several are rounded once for the day and not once for
// each person.
//
// Of those who did it only two figures are left for each day and the week, how
// many they were and how much the one with the most did: what the rules on
// small and dominated groups need. They cannot be linked from week to week, so
// a window over several collapsed weeks counts the most contributors of any one
// of them, and adds up the largest shares: it may be withheld where it was not
// before, never the other way round. A collapsed week is one cluster of the
// sampling interval. What is about people beside their effort (overtime, logs
// that fitted nowhere, the work view) is not told of windows that reach into
// collapsed weeks.
type TeamWeek struct {
	Monday objective.Date
	// Units are the organisation, those in no team, and then each team, in
	// declared order.
	Units []TeamUnit
	Rows  []TeamDay // by day and work
}

// The units that every TeamWeek has.
const (
	unitOrg = iota
	unitRest
	unitTeams // the first team
)

// A TeamUnit is what a week tells of one group of people.
type TeamUnit struct {
	Team string // id, empty for the first two units
	Week Few
	Days [7]DayFacts
}

// Few says of the contributors to an effort how many people they were at least,
// and what one of them can have contributed at most under the headline model.
type Few struct {
	People int
	Most   effort.Micro
}

func fewOf(c contributors) Few { return Few{c.count(), c.most()} }

// DayFacts is what is known of a group on a day beside its effort.
type DayFacts struct {
	Few
	Available effort.Micro // what its members could have worked
	Observed  effort.Micro // of the organisation: effort of members of a team
}

// A TeamDay is the effort on one work on one day.
type TeamDay struct {
	Day   int        // 0 is Monday
	Work  uint64     // stable across stores, not the item's number
	Parts []TeamPart // the organisation's first, then those of units that have any
}

// A TeamPart is the effort of one unit, under each model.
type TeamPart struct {
	Unit   int
	Effort [effort.NumModels]effort.Micro
}

// teamWeek builds a TeamWeek.
type teamWeek struct {
	TeamWeek
	rows map[dayWork][][effort.NumModels]effort.Micro // by unit
	sums [][7]effort.Micro                            // of the person at hand, by unit
	did  [][8]contributors                            // by unit: on each day, and in the week
}

type dayWork struct {
	day  int
	work uint64
}

// TeamDays collapses the week that starts on a Monday.
func (e *Engine) TeamDays(monday objective.Date) TeamWeek {
	e.settle()
	b := &teamWeek{TeamWeek: TeamWeek{Monday: monday}, rows: make(map[dayWork][][effort.NumModels]effort.Micro)}
	b.Units = make([]TeamUnit, unitTeams+len(e.declared.Teams))
	b.did = make([][8]contributors, len(b.Units))
	for t := range e.declared.Teams {
		b.Units[unitTeams+t].Team = e.declared.Teams[t].ID
	}
	var parts []placement
	for _, no := range e.people.ordered() {
		who := &e.people.list[no]
		b.sums = make([][7]effort.Micro, len(b.Units))
		if w := e.timeline(no).at(monday); w != nil {
			cells := e.cells(w)
			for i := range cells {
				day := monday + objective.Date(cells[i].day)
				parts = e.place(&cells[i], day, parts[:0])
				b.cell(e, who, &cells[i], parts)
			}
		}
		b.endPerson(e, who, e.contributor(no))
	}
	b.finish()
	return b.TeamWeek
}

// cell adds a cell of a person, whose parts are where it went: what went
// nowhere makes nobody a contributor.
func (b *teamWeek) cell(e *Engine, who *person, c *cell, parts []placement) {
	d := int(c.day)
	day, model := b.Monday+objective.Date(d), e.declared.Effort.Model
	row := dayWork{d, e.items[c.work].order}
	if b.rows[row] == nil {
		b.rows[row] = make([][effort.NumModels]effort.Micro, len(b.Units))
	}
	var whole [effort.NumModels]effort.Micro
	for m := range whole {
		whole[m] = effort.Micro(c.micros[m])
		b.rows[row][unitOrg][m] += whole[m]
	}
	teams, split := e.split.overTeams(who, day, &whole)
	for i, team := range teams {
		for m := range split {
			b.rows[row][unitOf(team)][m] += split[m][i]
		}
	}
	share := min(who.share(day), effort.PersonDay)
	for i := range parts {
		b.Units[unitOrg].Days[d].Observed += parts[i].micros[model] * share / effort.PersonDay
		b.sums[unitOrg][d] += parts[i].micros[model]
		teams, split := e.split.overTeams(who, day, &parts[i].micros)
		for k, team := range teams {
			b.sums[unitOf(team)][d] += split[model][k]
		}
	}
}

// unitOf returns the unit of a team, or of noTeam.
func unitOf(team int) int {
	if team == noTeam {
		return unitRest
	}
	return unitTeams + team
}

// endPerson counts a person as a contributor, and what they could have worked.
func (b *teamWeek) endPerson(e *Engine, who *person, account contributor) {
	for u := range b.Units {
		unit := &b.Units[u]
		var week effort.Micro
		for d, sum := range b.sums[u] {
			b.did[u][d] = b.did[u][d].with(account, sum)
			week += sum
		}
		b.did[u][7] = b.did[u][7].with(account, week)
		team := u - unitTeams
		switch {
		case u == unitRest, u == unitOrg && len(e.declared.Teams) == 0 && week == 0:
			continue
		case u == unitOrg && len(e.declared.Teams) == 0:
			team = noTeam
		case u == unitOrg:
			team = anyTeam
		}
		for d := range unit.Days {
			day := b.Monday + objective.Date(d)
			unit.Days[d].Available += e.capacity(who, DateRange{day, day}, team)
		}
	}
}

func (b *teamWeek) finish() {
	for u := range b.Units {
		unit := &b.Units[u]
		for d := range unit.Days {
			unit.Days[d].Few = fewOf(b.did[u][d])
		}
		unit.Week = fewOf(b.did[u][7])
	}
	for at, units := range b.rows {
		row := TeamDay{Day: at.day, Work: at.work}
		for u, micros := range units {
			if u == unitOrg || micros != [effort.NumModels]effort.Micro{} {
				row.Parts = append(row.Parts, TeamPart{u, micros})
			}
		}
		b.Rows = append(b.Rows, row)
	}
	slices.SortFunc(b.Rows, func(x, y TeamDay) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Work, y.Work))
	})
}
