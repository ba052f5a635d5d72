package attribution

import "cmp"

// Above returns the item that stands for the work that an item's work is part
// of, or does, or is about, 0 when there is none, as of the last Resolve: its
// parent, else the change that carries it, the ticket that it implements or
// closes, or what it discusses. Of several of a kind the first in an order that
// is the same in every graph counts. What the change says comes before what its
// commits say, and what is gone is above nothing.
func (g *Graph) Above(no uint64) uint64 {
	w := uint32(g.Work(no))
	if g.record(w) == nil {
		return 0
	}
	all, heads := g.members(w, g.group)
	g.group = all
	if above := g.above(w, all[:heads]); above != 0 {
		return above
	}
	return g.above(w, all[heads:])
}

func (g *Graph) above(w uint32, items []uint32) uint64 {
	var edges []edge
	for _, n := range items {
		if r := g.record(n); r.presence() != gone {
			edges = g.appendEdges(edges, w, r)
		}
	}
	nearness := [kinds]int{kindParent: 5, kindPartOf: 4, kindImplements: 3, kindCloses: 2, kindDiscusses: 1}
	var best edge
	for _, e := range edges {
		if e.work == 0 || nearness[e.kind] == 0 || g.record(e.work).presence() == gone {
			continue
		}
		if best.work == 0 || cmp.Or(cmp.Compare(nearness[best.kind], nearness[e.kind]),
			cmp.Compare(g.record(e.work).order(), g.record(best.work).order())) < 0 {
			best = e
		}
	}
	return uint64(best.work)
}
