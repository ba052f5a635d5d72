package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An OwnedReport is the work view of one team (score specification, section
// 2.1): who works on what the team owns, whoever it is. It is told of the
// window as a whole, without objectives and without naming the others.
type OwnedReport struct {
	Team   string `json:"team"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Total is the effort on work in the team's repositories and projects, in
	// person-days.
	Total Number `json:"person_days"`
	// Own is the part of it that comes from the team's people, 0 to 1.
	Own   Number `json:"own_people_ratio"`
	Until Day    `json:"until"` // as of the team's Scope
}

// owners says which teams own an item.
type owners struct {
	matcher *attribution.Matcher
	teams   []string
	sets    [][]int        // distinct sets of teams, the first empty
	ids     map[string]int // number of a set
	of      []uint16       // by item number: number of its set
}

// maxOwners bounds the distinct sets of owners. What is beyond has none.
const maxOwners = 1<<16 - 1

// newOwners returns nil when no team owns anything.
func newOwners(teams []Team) (*owners, error) {
	o := &owners{sets: [][]int{nil}, ids: map[string]int{"": 0}}
	var set objective.Set
	any := false
	for _, t := range teams {
		o.teams = append(o.teams, t.ID)
		owned := objective.Objective{ID: t.ID}
		var rules []objective.Rule
		for attr, patterns := range map[string][]string{store.AttrRepo: t.Repositories, store.AttrProject: t.Projects} {
			if len(patterns) > 0 {
				rules = append(rules, objective.Rule{Attr: attr, Like: globs(patterns)})
			}
		}
		if len(rules) > 0 {
			owned.Match, any = &objective.Rule{Any: rules}, true
		}
		set.Objectives = append(set.Objectives, owned)
	}
	if !any {
		return nil, nil
	}
	rules, err := attribution.Compile(&set)
	if err != nil {
		return nil, err
	}
	o.matcher = rules.Matcher()
	return o, nil
}

func globs(patterns []string) []objective.Pattern {
	list := make([]objective.Pattern, len(patterns))
	for i, p := range patterns {
		list[i] = objective.Pattern{Op: objective.Glob, Text: p}
	}
	return list
}

// set remembers who owns an item.
func (o *owners) set(no uint64, item *store.Item) {
	if o == nil {
		return
	}
	teams := o.matcher.Match(item).Objectives
	key := make([]byte, 0, 8)
	for _, t := range teams {
		key = append(key, byte(t), byte(t>>8))
	}
	id, ok := o.ids[string(key)]
	if !ok && len(o.sets) <= maxOwners {
		id = len(o.sets)
		o.ids[string(key)] = id
		o.sets = append(o.sets, slices.Clone(teams))
	}
	for uint64(len(o.of)) <= no {
		o.of = append(o.of, 0)
	}
	o.of[no] = uint16(id)
}

// setOf returns the number of the set of teams that own an item, 0 for none.
func (o *owners) setOf(no uint64) int {
	if o == nil || no >= uint64(len(o.of)) {
		return 0
	}
	return int(o.of[no])
}

// teamsOf returns the numbers of the teams that own an item.
func (o *owners) teamsOf(no uint64) []int {
	if o == nil {
		return nil
	}
	return o.sets[o.setOf(no)]
}

// Owners names the teams that own the work an item is part of, in declared
// order.
func (e *Engine) Owners(no uint64) []string {
	var names []string
	for _, t := range e.owners.teamsOf(e.graph.Work(no)) {
		names = append(names, e.owners.teams[t])
	}
	return names
}

// ownerNames names the teams of each set of owners.
func (e *Engine) ownerNames() [][]string {
	if e.owners == nil {
		return [][]string{nil}
	}
	names := make([][]string, len(e.owners.sets))
	for i, set := range e.owners.sets {
		for _, t := range set {
			names[i] = append(names[i], e.owners.teams[t])
		}
	}
	return names
}

// The parts into which the effort of the organisation falls for one team: by
// its people or by others, on what it owns or elsewhere.
const (
	ownOwned = iota
	othersOwned
	ownElsewhere
	othersElsewhere
	ownedParts
)

// ownedTally sums up the work view of one team over one window.
type ownedTally struct {
	sum    [ownedParts]effort.Micro
	now    [ownedParts]effort.Micro // of the person at hand
	people [ownedParts]contributors
}

// A sharedSum is the effort on what the same teams own, over one window.
// Where teams own parts of what others own, these are the differences.
type sharedSum struct {
	now    effort.Micro // of the person at hand
	people contributors
}

func newSharedSums(sets, windows int) [][]sharedSum {
	list := make([][]sharedSum, sets)
	for i := range list {
		list[i] = make([]sharedSum, windows)
	}
	return list
}

// addOwned counts a cell for the teams that own its work.
func (e *Engine) addOwned(m *measurement, who *person, work uint32, day objective.Date, parts []placement) {
	for w, t := range m.rest {
		if !in(t.days, day) {
			continue
		}
		for i := range parts {
			m.all[w] += parts[i].micros[t.model]
		}
		set := e.owners.setOf(uint64(work))
		for i := range parts {
			m.shared[set][w].now += parts[i].micros[t.model]
		}
		for _, team := range e.owners.sets[set] {
			now := &m.owned[team][w].now
			for i := range parts {
				own := e.inTeam(who, team, day, &parts[i])[t.model]
				now[ownOwned] += own
				now[othersOwned] += parts[i].micros[t.model] - own
			}
		}
	}
}

// inTeam is the part of a placement that belongs to a team of a person.
func (e *Engine) inTeam(who *person, team int, day objective.Date, p *placement) (part [effort.NumModels]effort.Micro) {
	if !slices.ContainsFunc(who.memberships, func(m membership) bool { return m.team == team }) {
		return part
	}
	teams, split := e.split.overTeams(who, day, &p.micros)
	for i := range teams {
		if teams[i] == team {
			for m := range part {
				part[m] += split[m][i]
			}
		}
	}
	return part
}

// endOwned closes a person. The tallies of the teams are closed already.
func (m *measurement) endOwned(who contributor) {
	for team := range m.owned {
		for w := range m.owned[team] {
			t := &m.owned[team][w]
			t.now[ownElsewhere] = m.teams[team][w].last.all - t.now[ownOwned]
			t.now[othersElsewhere] = m.all[w] - t.now[ownOwned] - t.now[othersOwned] - t.now[ownElsewhere]
			for part, sum := range t.now {
				if sum > 0 {
					t.sum[part] += sum
				}
				t.people[part] = t.people[part].with(who, sum)
			}
			t.now = [ownedParts]effort.Micro{}
		}
	}
	for set := range m.shared {
		for w := range m.shared[set] {
			t := &m.shared[set][w]
			t.people, t.now = t.people.with(who, t.now), 0
		}
	}
	clear(m.all)
}

// ownedReport tells the work view of a team, unless it would tell of few: the
// organisation and the team's people are told too, so that each of the four
// parts can be computed from the others. The work views of other teams are told
// as well, so the same holds for what the team shares with them.
func (e *Engine) ownedReport(team int, m *measurement, window int) OwnedReport {
	t := &m.owned[team][window]
	r := OwnedReport{
		Team: e.declared.Teams[team].ID, Status: OK, Total: Absent(), Own: Absent(), Until: Day(m.rest[window].days.Until),
	}
	total := t.sum[ownOwned] + t.sum[othersOwned]
	few := e.sharesWithFew(team, m, window)
	for _, people := range t.people {
		few = few || e.tellsOfFew(people)
	}
	switch {
	case e.kept.holds(m.rest[window].days):
		r.Status, r.Reason = InsufficientData, "reaches into weeks that are kept without persons (privacy.ledger_retention_days)"
	case few:
		r.withhold("would tell of too few people, on what the team owns or elsewhere")
	case total == 0:
		r.Status, r.Reason = InsufficientData, reasonNothing
	case total.PersonDays() < e.declared.Privacy.MinPersonDays:
		r.Status, r.Reason = InsufficientData, "too little effort (privacy.min_person_days)"
	default:
		r.Total, r.Own = personDays(total), Number(t.sum[ownOwned])/Number(total)
	}
	return r
}

// tellsOfFew reports whether a sum of contributions must not be told.
func (e *Engine) tellsOfFew(people contributors) bool {
	p := e.declared.Privacy
	return len(people) > 0 && (people.count() < p.KEffort || people.dominated(p.Dominance))
}

// sharesWithFew reports whether a team shares what it owns with others, and
// only few work on a part that can be computed from their work views.
func (e *Engine) sharesWithFew(team int, m *measurement, window int) bool {
	shares, few := false, false
	for set, teams := range e.owners.sets {
		people := m.shared[set][window].people
		if len(people) == 0 || !slices.Contains(teams, team) {
			continue
		}
		shares = shares || len(teams) > 1
		few = few || e.tellsOfFew(people)
	}
	return shares && few
}

// withhold takes back what the report tells.
func (r *OwnedReport) withhold(why string) {
	r.Status, r.Reason, r.Total, r.Own = SuppressedPrivacy, why, Absent(), Absent()
}
