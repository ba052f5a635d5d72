package scoring

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// millionths turns a ratio, or an FTE, into micro-person-days a day.
func millionths(f float64) effort.Micro {
	return effort.Micro(math.Round(f * float64(effort.PersonDay)))
}

// joinDeclared gives persons the memberships that are configured.
func (p *people) joinDeclared(d *Declared, byID map[string]uint32) {
	for t, team := range d.Teams {
		for _, m := range team.Members {
			no, ok := byID[m.Person]
			if !ok {
				continue
			}
			until := m.Until
			if until == objective.NoDate {
				until = lastDate
			}
			p.join(no, d, membership{team: t, from: m.From, until: until, share: millionths(m.Share)})
		}
	}
}

// join adds a membership. Teams come in declared order, and the first with a
// zone is the one that counts.
func (p *people) join(no uint32, d *Declared, m membership) {
	who := &p.list[no]
	who.memberships = append(who.memberships, m)
	if who.teamZone == nil {
		who.teamZone = d.Teams[m.team].Zone
	}
}

// joinGroups gives persons the memberships that groups at the sources tell.
// Somebody whose membership in any team is configured has that one and no
// other. Who is in several teams on a day belongs to each in equal parts.
func (p *people) joinGroups(d *Declared, at *providers, groups []store.Group) {
	versions := make(map[string][]store.Group)
	for _, g := range groups {
		name := g.Source + ":" + g.Name
		versions[name] = append(versions[name], g)
	}
	spans := make(map[uint32][]membership)
	for t, team := range d.Teams {
		for _, name := range team.Groups {
			list := versions[name]
			slices.SortStableFunc(list, func(a, b store.Group) int { return a.At.Compare(b.At) })
			p.eachVersion(d, t, list, func(m membership, actor string) {
				if p.machines[actor] {
					return
				}
				p.known[actor] |= providerOf(at.of(list[0].Source))
				no := p.of(actor)
				if len(p.list[no].memberships) == 0 {
					spans[no] = append(spans[no], m)
				}
			})
		}
	}
	for no, list := range spans {
		for _, m := range evenShares(list) {
			p.join(no, d, m)
		}
		p.list[no].teamZone = p.firstZone(d, list)
	}
}

// unreadGroups lists the groups of teams of whose newest version no member is
// known, in declared order.
func (e *Engine) unreadGroups() (list []string) {
	newest := make(map[string]store.Group)
	for _, g := range e.groups {
		if name := g.Source + ":" + g.Name; !newest[name].At.After(g.At) {
			newest[name] = g
		}
	}
	for _, team := range e.declared.Teams {
		for _, name := range team.Groups {
			if len(newest[name].Members) == 0 && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// eachVersion calls f for each member of each version of a group. The members
// of a version hold from the local day on which the source was seen to have
// them until the day before the next. Those of the first hold from the
// beginning: nobody knows better.
func (p *people) eachVersion(d *Declared, team int, list []store.Group, f func(membership, string)) {
	dayOf := func(g *store.Group) objective.Date {
		day, _ := effort.LocalDate(g.At.UTC(), d.Teams[team].Zone, d.Zone)
		return day
	}
	for v := range list {
		m := membership{team: team, from: objective.NoDate, until: lastDate}
		if v > 0 {
			m.from = dayOf(&list[v])
		}
		if v+1 < len(list) {
			m.until = dayOf(&list[v+1]) - 1
		}
		if m.from > m.until {
			continue // replaced on the same day
		}
		for _, actor := range list[v].Members {
			f(m, actor)
		}
	}
}

// firstZone returns the zone of the first team in declared order that has one.
func (p *people) firstZone(d *Declared, list []membership) (zone *time.Location) {
	first := len(d.Teams)
	for _, m := range list {
		if z := d.Teams[m.team].Zone; z != nil && m.team < first {
			first, zone = m.team, z
		}
	}
	return zone
}

// evenShares cuts spans of membership at the days on which any begins or ends,
// and splits the person over the teams of each part. What does not divide
// evenly goes to the first teams, so that nothing is left over.
func evenShares(spans []membership) []membership {
	var edges []objective.Date // days on which something begins
	for _, s := range spans {
		edges = append(edges, s.from)
		if s.until != lastDate {
			edges = append(edges, s.until+1)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out, before []membership
	for i, from := range edges {
		until := lastDate
		if i+1 < len(edges) {
			until = edges[i+1] - 1
		}
		now := sharesOn(spans, from, until)
		if sameTeams(before, now) {
			// Nothing changed: the part before goes on.
			for k := range before {
				out[len(out)-len(before)+k].until = until
			}
			continue
		}
		out, before = append(out, now...), now
	}
	return out
}

// sharesOn returns the memberships of a part in which nothing begins or ends.
func sharesOn(spans []membership, from, until objective.Date) []membership {
	var teams []int
	for _, s := range spans {
		if s.from <= from && from <= s.until {
			teams = append(teams, s.team)
		}
	}
	slices.Sort(teams)
	teams = slices.Compact(teams)
	out := make([]membership, len(teams))
	n := effort.Micro(len(teams))
	for k, t := range teams {
		out[k] = membership{team: t, from: from, until: until, share: effort.PersonDay / n}
		if effort.Micro(k) < effort.PersonDay%n {
			out[k].share++
		}
	}
	return out
}

func sameTeams(a, b []membership) bool {
	return slices.EqualFunc(a, b, func(x, y membership) bool { return x.team == y.team })
}

// A memberChange counts the persons who came to a team or left it on a day.
type memberChange struct {
	team int
	day  objective.Date
}

// changes counts changes of membership on the days of a range.
func (p *people) changes(days DateRange) map[memberChange]*headcount {
	n := make(map[memberChange]*headcount)
	for i := range p.list {
		who := contributor{named: i < p.named, known: p.list[i].known}
		for _, m := range p.list[i].memberships {
			for _, edge := range [...]objective.Date{m.from, m.until} {
				if in(days, edge) {
					at := memberChange{m.team, edge}
					if n[at] == nil {
						n[at] = &headcount{}
					}
					n[at].add(&who)
				}
			}
		}
	}
	return n
}

// A MemberChange says that a team has other members from a day on than before.
// Who came or left, and how many, it does not say: of a team of few that would
// be a person. Of one day there is one, however much changed.
type MemberChange struct {
	Team string // id
	Day  objective.Date
}

// MemberChanges lists the changes of members up to a day, oldest first, those of
// a day in the order in which teams are declared. It follows from what is
// declared now, with its days, and from what groups at the sources held when.
// Whoever is a member with another share than before came to nothing and left
// nothing. Where versions of a group have lost their members with age, all that is
// known is that they differed.
func (e *Engine) MemberChanges(until objective.Date) []MemberChange {
	seen := make(map[memberChange]bool)
	for i := range e.people.list {
		who := &e.people.list[i]
		for _, m := range who.memberships {
			for _, edge := range [...]objective.Date{m.from, m.after()} {
				if edge != objective.NoDate && edge <= until && who.belongs(m.team, edge) != who.belongs(m.team, edge-1) {
					seen[memberChange{m.team, edge}] = true
				}
			}
		}
	}
	e.forgottenChanges(func(c memberChange) {
		if c.day <= until {
			seen[c] = true
		}
	})
	out := make([]MemberChange, 0, len(seen))
	for _, c := range slices.SortedFunc(maps.Keys(seen), func(a, b memberChange) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.team, b.team))
	}) {
		out = append(out, MemberChange{e.declared.Teams[c.team].ID, c.day})
	}
	return out
}

// forgottenChanges calls f for versions of groups without members that follow on
// one another: a store keeps versions that differ, so their members are forgotten
// (see store.Store.Erase).
func (e *Engine) forgottenChanges(f func(memberChange)) {
	groups := slices.SortedStableFunc(slices.Values(e.groups), func(a, b store.Group) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name), a.At.Compare(b.At))
	})
	for i := 1; i < len(groups); i++ {
		g, before := &groups[i], &groups[i-1]
		if g.Source != before.Source || g.Name != before.Name || len(g.Members)+len(before.Members) > 0 {
			continue
		}
		for t, team := range e.declared.Teams {
			if slices.Contains(team.Groups, g.Source+":"+g.Name) {
				day, _ := effort.LocalDate(g.At.UTC(), team.Zone, e.declared.Zone)
				f(memberChange{t, day})
			}
		}
	}
}

// after is the first day on which a membership holds no more, NoDate for never.
func (m *membership) after() objective.Date {
	if m.until == lastDate {
		return objective.NoDate
	}
	return m.until + 1
}

// belongs reports whether the person is a member of a team on a day.
func (w *person) belongs(team int, day objective.Date) bool {
	return slices.ContainsFunc(w.memberships, func(m membership) bool {
		return m.team == team && m.from <= day && day <= m.until
	})
}
