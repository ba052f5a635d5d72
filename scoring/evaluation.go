package scoring

import (
	"strings"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// lastMonday is the Monday of the last closed week.
func (v *evaluation) lastMonday() objective.Date { return (v.day + 1).Monday() - 7 }

// week returns the sums of a closed week by its Monday.
func (v *evaluation) week(monday objective.Date) *weekSums {
	return v.engine.weekSums(monday, v.keep)
}

// weekly returns a series over the last n closed weeks.
func (v *evaluation) weekly(n int, value func(*weekSums) float64) stat.Weekly {
	series := make(stat.Weekly, 0, n)
	for monday := v.lastMonday() - objective.Date(7*(n-1)); monday <= v.lastMonday(); monday += 7 {
		series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: value(v.week(monday))})
	}
	return series
}

// effortOf returns the weekly person-days on an objective.
func (v *evaluation) effortOf(o, weeks int) stat.Weekly {
	return v.weekly(weeks, func(s *weekSums) float64 { return s.on[o].PersonDays() })
}

// at returns what holds about an objective on the day.
func (v *evaluation) at(o int) objective.Version { return v.declared.Set.Objectives[o].At(v.day) }

// active reports whether an objective is active on the day.
func (v *evaluation) active(o int) bool {
	return v.at(o).State == objective.Active && v.declared.Set.Objectives[o].Start <= v.day
}

// number returns the number of an objective by its id, -1 when there is none.
func (v *evaluation) number(id string) int { return v.engine.objectiveNumber(id) }

// teamNumber returns the number of a team by its id, -1 when there is none.
func (v *evaluation) teamNumber(id string) int {
	for i := range v.declared.Teams {
		if v.declared.Teams[i].ID == id {
			return i
		}
	}
	return -1
}

// objectivesOf returns what an item counts for, none where that is no objective.
func (v *evaluation) objectivesOf(no uint32) []int {
	var list []int
	for _, s := range v.engine.graph.Of(uint64(no)).Shares {
		list = append(list, s.Objective)
	}
	return list
}

// A presenceDay is a day on which a person was present at an item.
type presenceDay struct {
	person   uint32 // private; the number means nothing outside
	day      objective.Date
	minute   int // from the person's local midnight
	presence effort.Presence
}

// present calls f for every presence of a person at an item up to the day, in
// the person's own time. Machines have none. The order means nothing.
func (v *evaluation) present(no uint32, f func(presenceDay)) {
	e := v.engine
	touches := e.items[no].touches
	for i := range touches {
		t := &touches[i]
		a := &e.actors[t.actor]
		if t.machine || a.machine {
			continue
		}
		if day, minute := e.people.localDate(a.person, t.at()); day <= v.day {
			f(presenceDay{a.person, day, minute, t.presence})
		}
	}
}

// members lists the items of a work.
func (v *evaluation) members(work uint32) []uint64 { return v.engine.graph.Members(uint64(work)) }

// spent adds up the effort on works in a range of days.
func (v *evaluation) spent(works map[uint32]bool, days DateRange) (sum effort.Micro) {
	v.eachSpent(works, days, func(_ uint32, _ objective.Date, part effort.Micro) { sum += part })
	v.engine.keptParts(days, func(work uint32, p *placement) bool {
		if works[work] {
			sum += p.micros[v.engine.declared.Effort.Model]
		}
		return true
	})
	return sum
}

// eachSpent calls f for what persons spent on works on the days of a range, those
// of collapsed weeks apart. The order means nothing.
func (v *evaluation) eachSpent(works map[uint32]bool, days DateRange, f func(person uint32, day objective.Date, part effort.Micro)) {
	e := v.engine
	type personMonday struct {
		person uint32
		monday objective.Date
	}
	seen := make(map[personMonday]bool)
	look := func(person uint32, monday objective.Date) {
		at := personMonday{person, monday}
		if monday+6 < days.From || monday > days.Until || e.kept.from(monday) > monday || seen[at] {
			return
		}
		seen[at] = true
		w := e.lines[person].at(monday)
		if w == nil {
			return
		}
		for _, c := range e.cells(w) {
			if day := monday + objective.Date(c.day); works[c.work] && in(days, day) {
				f(person, day, effort.Micro(c.micros[e.declared.Effort.Model]))
			}
		}
	}
	for work := range works {
		for _, no := range v.members(work) {
			for person, monday := range e.weeksOf(e.items[no].touches) {
				look(person, monday)
			}
			for _, l := range e.logs[uint32(no)] {
				if a := &e.actors[l.actor]; !l.machine && !a.machine {
					for monday := days.From.Monday(); monday <= days.Until; monday += 7 {
						look(a.person, monday)
					}
				}
			}
		}
	}
}

// dataFrom is the Monday of the first week with work, NoDate without any. What
// is still told of collapsed weeks does not count.
func (v *evaluation) dataFrom() objective.Date {
	e := v.engine
	first := e.kept.first()
	for i := range e.lines {
		for _, w := range e.lines[i].weeks {
			if w == nil || e.kept.from(w.monday) > w.monday {
				continue
			}
			if first != objective.NoDate && first <= w.monday {
				break
			}
			if len(e.cells(w)) > 0 {
				first = w.monday
				break
			}
		}
	}
	return first
}

// personKey names the person behind an identity the same way in every engine.
// It is private.
func (v *evaluation) personKey(actor string) string {
	p := v.engine.people
	if no, ok := p.byActor[actor]; ok {
		return p.list[no].key
	}
	return "actor:" + actor
}

// meant returns the objective that a check-in names: by its id, or by a key of
// work that counts for exactly one. -1 when it names none. The name is a hash,
// or a word where the item of the check-in shows it or an earlier version of the
// program kept it.
func (v *evaluation) meant(name string) int {
	if v.named == nil {
		v.nameObjectives()
	}
	if o, ok := v.named[name]; ok {
		return o
	}
	found := -1
	for _, no := range v.engine.graph.Find(name) {
		a := v.engine.graph.Of(no)
		if len(a.Shares) != 1 || found >= 0 && found != a.Shares[0].Objective {
			return -1
		}
		found = a.Shares[0].Objective
	}
	if o, ok := v.keyed[name]; ok && found < 0 {
		found = o
	}
	return found
}

// nameObjectives lists how check-ins may name objectives: by an id, and by a key
// that an objective declares as its own, whether anything stored has it or not.
// Of several objectives with a key the first has it.
func (v *evaluation) nameObjectives() {
	v.named, v.keyed = make(map[string]int), make(map[string]int)
	name := func(names map[string]int, word string, o int) {
		word = strings.ToLower(word)
		for _, n := range []string{word, v.declared.term(word)} {
			if _, taken := names[n]; !taken {
				names[n] = o
			}
		}
	}
	for i := range v.declared.Set.Objectives {
		o := &v.declared.Set.Objectives[i]
		name(v.named, o.ID, i)
		for _, key := range o.Keys {
			name(v.keyed, key, i)
		}
	}
}

// eachCheckIn calls f for every check-in of a person up to the day, with the
// objective it names. The order means nothing.
func (v *evaluation) eachCheckIn(f func(o int, c checkIn)) {
	for _, list := range v.engine.rare.checkIns {
		for _, c := range list {
			if c.machine || v.engine.people.machines[c.actor] || !c.at.Before(v.asOf) {
				continue
			}
			if o := v.meant(c.objective); o >= 0 {
				f(o, c)
			}
		}
	}
}
