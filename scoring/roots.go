package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/focus"
)

// A root is the workstream of a work (focus.RootOf) in four bytes: the number of
// the item that it is, or with ofPlace the number of the repository, project or
// channel whose unlinked work it gathers. 0 is none. The numbers differ from
// engine to engine; see Engine.rootName.
type root uint32

const ofPlace root = 1 << 31

// item returns the item that a workstream is, false for a place.
func (r root) item() (uint32, bool) { return uint32(r), r&ofPlace == 0 }

// A wayUp is what was asked of the way up from a work.
type wayUp struct {
	root  root   // 0 where it was not asked for
	above uint32 // the item above the work plus one, likewise
}

// wayOf returns what is remembered of the way up from a work, until that changes.
func (e *Engine) wayOf(work uint32) *wayUp {
	if int(work) >= len(e.ways) {
		e.ways = append(e.ways, make([]wayUp, len(e.items)-len(e.ways))...)
	}
	return &e.ways[work]
}

// rootOf returns the workstream of a work.
func (e *Engine) rootOf(work uint32) root {
	way := e.wayOf(work)
	if way.root == 0 {
		way.root = e.findRoot(work)
	}
	return way.root
}

// above returns the item that a work is part of, or does, or is about, 0 when
// there is none.
func (e *Engine) above(work uint32) uint32 {
	way := e.wayOf(work)
	if way.above == 0 {
		way.above = uint32(e.graph.Above(uint64(work))) + 1
	}
	return way.above - 1
}

// rootName returns the name of a workstream, which is the same in every engine.
func (e *Engine) rootName(r root) uint64 {
	if no, item := r.item(); item {
		return e.items[no].order
	}
	return e.rare.orderOf(uint32(r &^ ofPlace))
}

func (e *Engine) findRoot(work uint32) root {
	var way []uint32
	above := uint32(0)
	// Items are named by their order.
	node := func(no uint32) focus.Node {
		way = append(way, no)
		f := &e.facts[no]
		n := focus.Node{No: e.items[no].order, Epic: f.is(markEpic), Ticket: f.kind == kindTicket, Group: e.rare.orderOf(f.place)}
		if above = uint32(e.graph.Above(uint64(no))); above != 0 && e.items[above].known {
			n.Above = e.items[above].order
		}
		return n
	}
	name := focus.RootOf(node(work), func(uint64) (focus.Node, bool) { return node(above), true })
	if i := slices.IndexFunc(way, func(no uint32) bool { return e.items[no].order == name }); i >= 0 {
		return root(way[i])
	}
	// The group of a circle is that of any of its items.
	i := slices.IndexFunc(way, func(no uint32) bool { return e.rare.orderOf(e.facts[no].place) == name })
	return ofPlace | root(e.facts[way[i]].place)
}

// hung is what the way up to a workstream depends on besides links.
type hung struct {
	kind   kind
	epic   bool
	place  uint32
	linked minute // see rareFacts.upward
}

func (e *Engine) hungOf(no uint32) hung {
	f := &e.facts[no]
	return hung{f.kind, f.is(markEpic), f.place, e.rare.upward[no]}
}

// uproot forgets the workstreams of works whose way up changed since the last
// report, and what weeks hold of those that are in another workstream now. Links
// that are dated may make another plan of the same way.
func (e *Engine) uproot() {
	if len(e.ways) == 0 {
		e.rehung = nil
		return
	}
	works, all := e.graph.Below(e.rehung)
	e.rehung = nil
	if all {
		clear(e.ways)
		clear(e.weekly)
		return
	}
	was := make([]root, len(works))
	for i, w := range works {
		if w < uint64(len(e.ways)) {
			was[i], e.ways[w] = e.ways[w].root, wayUp{}
		}
	}
	for i, w := range works {
		if was[i] == 0 || len(e.rare.upward) == 0 && e.rootOf(uint32(w)) == was[i] {
			continue
		}
		for _, no := range e.graph.Members(w) {
			e.restate(uint32(no))
		}
	}
}
