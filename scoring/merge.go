package scoring

import (
	"cmp"
	"maps"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/store"
)

// samePerson is two identities that a source holds to be one person, the
// smaller first.
type samePerson struct {
	a, b string
	by   store.SameBy
}

// merge joins identities into persons. Pairs are taken in an order of their
// own, verified addresses before what people filled in, so that the outcome
// does not depend on the order in which the sources told them. A pair that
// would join two configured persons is left out and counted.
func (p *people) merge(m Merge, profiles []store.Profile) {
	sets := newDisjoint()
	for actor, no := range p.byActor {
		sets.named[sets.of(actor)] = int(no)
	}
	// One configured person may have several identities, which are one set.
	first := make(map[uint32]int)
	for actor, no := range p.byActor {
		if n, ok := first[no]; ok {
			sets.join(n, sets.of(actor))
		} else {
			first[no] = sets.of(actor)
		}
	}
	for _, s := range p.pairs(m, profiles) {
		if !sets.join(sets.of(s.a), sets.of(s.b)) {
			p.conflicts++
		}
	}
	p.settle(sets)
}

// pairs lists the pairs that are believed, ordered, each once.
func (p *people) pairs(m Merge, profiles []store.Profile) []samePerson {
	believed := map[store.SameBy]bool{store.SameByEmail: m.VerifiedEmail, store.SameByProfile: m.Profiles}
	var pairs []samePerson
	for i := range profiles {
		q := &profiles[i]
		for _, s := range q.Same {
			if !believed[s.By] || s.Actor == "" || s.Actor == q.Actor || p.machines[s.Actor] || p.machines[q.Actor] {
				continue
			}
			pairs = append(pairs, samePerson{min(q.Actor, s.Actor), max(q.Actor, s.Actor), s.By})
		}
	}
	rank := map[store.SameBy]int{store.SameByEmail: 0, store.SameByProfile: 1}
	slices.SortFunc(pairs, func(x, y samePerson) int {
		return cmp.Or(cmp.Compare(rank[x.by], rank[y.by]), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return slices.Compact(pairs)
}

// settle makes each set a person. Those that the configuration does not name
// go by their smallest actor.
func (p *people) settle(sets *disjoint) {
	members := make(map[int][]string)
	for actor, n := range sets.number {
		root := sets.root(n)
		members[root] = append(members[root], actor)
	}
	unnamed := make(map[string]int)
	for root, actors := range members {
		slices.Sort(actors)
		if no := sets.named[root]; no >= 0 {
			for _, a := range actors {
				p.byActor[a] = uint32(no)
			}
			continue
		}
		unnamed[actors[0]] = root
	}
	for _, key := range slices.Sorted(maps.Keys(unnamed)) {
		no := p.add(person{key: "actor:" + key, fte: effort.PersonDay})
		for _, a := range members[unnamed[key]] {
			p.byActor[a] = no
		}
	}
}

// disjoint is a union-find over actors.
type disjoint struct {
	number map[string]int
	parent []int
	named  []int // of a root: the configured person of its set, or -1
}

func newDisjoint() *disjoint { return &disjoint{number: make(map[string]int)} }

// of returns the number of an actor, which is new when it has none.
func (d *disjoint) of(actor string) int {
	n, ok := d.number[actor]
	if !ok {
		n = len(d.parent)
		d.number[actor] = n
		d.parent = append(d.parent, n)
		d.named = append(d.named, -1)
	}
	return n
}

func (d *disjoint) root(n int) int {
	for d.parent[n] != n {
		d.parent[n] = d.parent[d.parent[n]]
		n = d.parent[n]
	}
	return n
}

// join makes two sets one, unless they belong to two configured persons.
func (d *disjoint) join(a, b int) bool {
	a, b = d.root(a), d.root(b)
	switch {
	case a == b:
		return true
	case d.named[a] >= 0 && d.named[b] >= 0 && d.named[a] != d.named[b]:
		return false
	case d.named[a] < 0:
		d.named[a] = d.named[b]
	}
	d.parent[b] = a
	return true
}
