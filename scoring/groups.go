package scoring

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
)

// A WorkGroup is the works of a category that a caller puts together, with what
// may be told about them to everybody who reads.
type WorkGroup struct {
	Group    string
	Category Category
	// Share is the part of all effort, that of the category in steps of
	// ShareStep, absent where it tells of few people.
	Share Number
	// Enough is set where the group has at least the effort of the floor.
	Enough bool
	Works  []uint64 // numbers of the items, in an order that tells nothing
}

// Groups puts the off-strategy works of a window together by the name that
// group gives them; back is how many lengths of the window before it. Largest
// groups come first, those whose share is withheld last. The rules of Shares
// hold for groups as they do for works: what is told of the others of a category
// must not tell of few.
//
// group is asked about the largest works first, and about a work once for each
// place. floor is the effort in person-days below which a group is not Enough.
func (s *WorkSums) Groups(label string, back int, floor float64, group func(no uint64, c Category) string) []WorkGroup {
	e := s.engine
	days, ok := s.block(label, back)
	if !ok {
		return nil
	}
	type key struct {
		name     string
		category Category
	}
	groups := make(map[key]*workLoad)
	members := make(map[key][]uint64)
	sums := make(map[Category]effort.Micro)
	off := s.offStrategy(days)
	for _, l := range off.loads {
		at := key{group(l.no, l.category), l.category}
		g := groups[at]
		if g == nil {
			g = &workLoad{category: l.category, share: Absent()}
			groups[at] = g
		}
		sums[l.category] += l.sum
		g.sum += l.sum
		g.parts = append(g.parts, l.parts...)
		members[at] = append(members[at], l.no)
	}
	places := make(map[Category][]*workLoad)
	for _, g := range groups {
		g.parts = mergedParts(g.parts)
	}
	keys := make([]key, 0, len(groups))
	for at := range groups {
		keys = append(keys, at)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(groups[b].sum, groups[a].sum), cmp.Compare(a.name, b.name), cmp.Compare(a.category, b.category))
	})
	for _, at := range keys {
		places[at.category] = append(places[at.category], groups[at])
	}
	for _, works := range places {
		e.withholdWorks(works, s.withheld(label, days))
	}
	out := make([]WorkGroup, 0, len(keys))
	for _, at := range keys {
		g := groups[at]
		w := WorkGroup{Group: at.name, Category: at.category, Share: g.share, Enough: g.sum.PersonDays() >= floor, Works: e.listed(members[at])}
		if w.Share.Known() {
			w.Share *= Number(math.Round(100*float64(sums[at.category])/float64(off.total)) / 100)
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, largestTold)
	return out
}

// listed puts works into an order that tells nothing, each once.
func (e *Engine) listed(works []uint64) []uint64 {
	slices.SortFunc(works, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(e.items[a].order, e.items[b].order), cmp.Compare(a, b))
	})
	return slices.Compact(works)
}

// largestTold orders groups by what is told of them.
func largestTold(a, b WorkGroup) int {
	switch {
	case a.Share.Known() != b.Share.Known():
		if a.Share.Known() {
			return -1
		}
		return 1
	case a.Share.Known():
		return cmp.Compare(b.Share, a.Share)
	}
	return cmp.Compare(a.Group, b.Group)
}

// mergedParts adds up the parts of each person, in the order of the first of each.
func mergedParts(parts []loadPart) []loadPart {
	place := make(map[uint32]int, len(parts))
	var out []loadPart
	for _, p := range parts {
		if i, ok := place[p.person]; ok {
			out[i].sum += p.sum
			continue
		}
		place[p.person] = len(out)
		out = append(out, p)
	}
	return out
}

// Above returns the item that a work is part of, 0 when it is part of none.
func (e *Engine) Above(no uint64) uint64 { return e.graph.Above(no) }
