package scoring

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// A teamPair is two teams with somebody in common, the first in declared order
// first.
type teamPair struct{ a, b int }

// A shared counts the contributors whom two teams have in common, by how many
// times as much of their effort is the first team's, in thousandths.
type shared map[int64]headcount

// endShared closes a person who belongs to several teams. The tallies of the
// teams are closed already.
func (m *measurement) endShared(who *person, account contributor) {
	if len(who.memberships) < 2 {
		return
	}
	var teams []int
	for k := range who.memberships {
		teams = append(teams, who.memberships[k].team)
	}
	slices.Sort(teams)
	teams = slices.Compact(teams)
	for i, a := range teams {
		for _, b := range teams[i+1:] {
			for w := range m.rest {
				m.share(w, teamPair{a, b}, &account)
			}
		}
	}
}

// share counts the person at hand for two teams in a window.
func (m *measurement) share(window int, p teamPair, who *contributor) {
	a, b := m.teams[p.a][window].last.all, m.teams[p.b][window].last.all
	if a <= 0 || b <= 0 {
		return
	}
	for len(m.common) <= window {
		m.common = append(m.common, make(map[teamPair]shared))
	}
	if m.common[window][p] == nil {
		m.common[window][p] = make(shared)
	}
	ratio := int64(math.Round(1000 * float64(a) / float64(b)))
	alike := m.common[window][p][ratio]
	alike.add(who)
	m.common[window][p][ratio] = alike
}

// hideOverlaps hides the smaller of two teams, ties to the lower index, where
// the people whom they have in common can be taken out by subtraction and
// fewer than k others are left: with six people in one team, five of whom
// belong in equal parts to another, the difference is the sixth.
func (m *measurement) hideOverlaps(hidden []bool, sizes []int, counts []headcount, window, k int) {
	if window >= len(m.common) {
		return
	}
	pairs := slices.SortedFunc(maps.Keys(m.common[window]), func(x, y teamPair) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	for _, p := range pairs {
		if hidden[p.a] || hidden[p.b] || !m.common[window][p].leaveFew(counts[p.a].plus(&counts[p.b], 1), k) {
			continue
		}
		if sizes[p.b] < sizes[p.a] {
			hidden[p.b] = true
		} else {
			hidden[p.a] = true
		}
	}
}

// leaveFew reports whether somebody, and fewer than k people, are left of two
// teams without those whom they have in common in equal parts.
func (s shared) leaveFew(both headcount, k int) bool {
	for _, alike := range s {
		both = both.plus(&alike, -1)
	}
	for _, alike := range s {
		if left := both.plus(&alike, -1); left.accounts > 0 && left.people() < k {
			return true
		}
	}
	return false
}
