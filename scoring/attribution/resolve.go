package attribution

import "slices"

// Resolve settles everything that changed since the last call and returns the
// numbers of the items whose attribution or work changed, ascending. An item
// that is new has changed.
func (g *Graph) Resolve() []uint64 {
	g.settleWork()
	r := resolver{g: g}
	r.close()
	r.order()
	for _, w := range r.works {
		g.mark[w] = 0
	}
	changed := make([]uint64, len(g.changed))
	for i, n := range g.changed {
		g.flags[n] &^= flagChanged
		changed[i] = uint64(n)
	}
	slices.Sort(changed)
	g.changed, g.touched, g.dirty = shrink(g.changed), shrink(g.touched), shrink(g.dirty)
	return changed
}

// shrink empties a list and gives back its memory after a large batch.
func shrink(list []uint32) []uint32 {
	const keep = 1 << 12
	if cap(list) > keep {
		return nil
	}
	return list[:0]
}

func (g *Graph) setChanged(n uint32) {
	if g.flags[n]&flagChanged == 0 {
		g.flags[n] |= flagChanged
		g.changed = append(g.changed, n)
	}
}

// A resolver attributes the works that may have changed: those that did, and
// every work that reaches one of them along links. All others keep what they
// have, because nothing that they depend on has changed.
type resolver struct {
	g      *Graph
	works  []uint32 // to be attributed; mark of each is its place here plus one
	direct int      // the first of them changed themselves
	state  []uint8  // by place

	// Tarjan's algorithm, without recursion.
	number  []uint32 // by place: order of discovery from 1
	low     []uint32
	stack   []uint32 // places
	frames  []frame
	counter uint32
	buffers [][]edge // unused
}

type frame struct {
	place uint32
	next  int // edge to follow
	ev    evidence
}

const (
	stateMoved   uint8 = 1 << iota // its outcome or strength changed
	stateOnStack                   // not yet in a finished circle
)

// close collects the works to attribute.
func (r *resolver) close() {
	g := r.g
	for _, n := range g.dirty {
		g.flags[n] &^= flagDirty
		r.add(g.work[n])
	}
	g.dirty = g.dirty[:0]
	r.direct = len(r.works)
	g.moved, g.most = shrink(g.moved), 2*r.direct > len(g.work)
	if g.most {
		// Nearly everything: looking for what is not would cost more.
		for n, w := range g.work {
			if w == uint32(n) {
				r.add(w)
			}
		}
	} else {
		g.moved = append(g.moved, r.works...)
		r.expand()
	}
	n := len(r.works)
	r.state, r.number, r.low = make([]uint8, n), make([]uint32, n), make([]uint32, n)
}

// expand adds what reaches the works along links.
func (r *resolver) expand() {
	g := r.g
	var group []uint32
	add := func(n uint32) {
		w := g.work[n]
		// What is anchored does not depend on its links.
		if m := g.table.atts[g.outcome[w]].Method; m != Override && m != Explicit {
			r.add(w)
		}
	}
	for i := 0; i < len(r.works); i++ { // grows
		group, _ = g.members(r.works[i], group)
		for _, n := range group {
			for _, h := range g.record(n).keys() {
				g.eachLinker(h, -1, add)
			}
		}
	}
}

func (r *resolver) add(w uint32) {
	if w != 0 && r.g.mark[w] == 0 {
		r.works = append(r.works, w)
		r.g.mark[w] = uint32(len(r.works))
	}
}

// order visits the works so that each comes after those it links to; works
// that reach each other come together.
func (r *resolver) order() {
	for p := range r.works {
		if r.number[p] != 0 {
			continue
		}
		r.enter(uint32(p))
		for len(r.frames) > 0 {
			r.step()
		}
	}
}

func (r *resolver) enter(p uint32) {
	r.counter++
	r.number[p], r.low[p] = r.counter, r.counter
	r.state[p] |= stateOnStack
	r.stack = append(r.stack, p)
	var buf []edge
	if n := len(r.buffers); n > 0 {
		buf, r.buffers = r.buffers[n-1], r.buffers[:n-1]
	}
	r.frames = append(r.frames, frame{place: p, ev: r.g.gather(r.works[p], buf)})
}

// step follows the next edge of the innermost frame, or leaves it.
func (r *resolver) step() {
	f := &r.frames[len(r.frames)-1]
	for f.next < len(f.ev.edges) {
		e := f.ev.edges[f.next]
		f.next++
		if e.work == 0 || r.g.mark[e.work] == 0 {
			continue
		}
		q := r.g.mark[e.work] - 1
		if r.number[q] == 0 {
			r.enter(q)
			return
		}
		if r.state[q]&stateOnStack != 0 {
			r.low[f.place] = min(r.low[f.place], r.number[q])
		}
	}
	p, low := f.place, r.low[f.place]
	if low == r.number[p] {
		r.finish(p, &f.ev)
	}
	r.buffers = append(r.buffers, f.ev.edges)
	r.frames = r.frames[:len(r.frames)-1]
	if n := len(r.frames); n > 0 {
		parent := r.frames[n-1].place
		r.low[parent] = min(r.low[parent], low)
	}
}

// finish attributes the circle of works that was discovered from place p on.
func (r *resolver) finish(p uint32, ev *evidence) {
	at := len(r.stack) - 1
	for r.stack[at] != p {
		at--
	}
	circle := r.stack[at:]
	r.stack = r.stack[:at]
	for _, q := range circle {
		r.state[q] &^= stateOnStack
	}
	if len(circle) == 1 {
		// In a circle works are attributed by other rules, so what left one is
		// attributed again even if nothing that it links to has moved.
		w := r.works[p]
		left := r.g.flags[w]&flagCircle != 0
		r.g.flags[w] &^= flagCircle
		if left || r.stale(p, ev) {
			c, s, m := r.g.alone(ev)
			r.settle(p, c, s, m, ev)
		}
		return
	}
	r.settleCircle(circle)
}

// stale reports whether a work must be attributed: it changed itself, or
// something that it links to did. A target that changed itself counts even
// when its outcome is what it was: the link may not have led there before.
func (r *resolver) stale(p uint32, ev *evidence) bool {
	if int(p) < r.direct {
		return true
	}
	for _, e := range ev.edges {
		if e.work == 0 {
			continue
		}
		m := r.g.mark[e.work]
		if m != 0 && (int(m) <= r.direct || r.state[m-1]&stateMoved != 0) {
			return true
		}
	}
	return false
}

// settle gives a work its outcome, and with it all its items.
func (r *resolver) settle(p uint32, c cell, strength uint32, method Method, ev *evidence) {
	g, w := r.g, r.works[p]
	id := g.table.id(c, method)
	if ev.gone {
		id = g.table.gone()
	}
	if g.outcome[w] != id || g.strength[w] != uint16(strength) {
		r.state[p] |= stateMoved
		g.strength[w] = uint16(strength)
	}
	if ev.items == 1 {
		g.setOutcome(w, id)
		return
	}
	g.group, _ = g.members(w, g.group)
	for _, n := range g.group {
		g.setOutcome(n, id)
	}
}

func (g *Graph) setOutcome(n, id uint32) {
	if g.outcome[n] != id {
		g.outcome[n] = id
		g.setChanged(n)
	}
}

// alone attributes a work whose links all lead to works that are settled.
func (g *Graph) alone(ev *evidence) (cell, uint32, Method) {
	switch {
	case ev.gone:
		return cell{}, 0, None
	case ev.anchored:
		return ev.anchor, strengthOf(ev.anchor), ev.method
	}
	for _, edges := range [...][]edge{ev.edges[:ev.heads], ev.edges[ev.heads:]} {
		if c, s := g.inherit(edges); s > 0 {
			return c, s, Inherited
		}
	}
	if !ev.rules.empty() {
		return ev.rules, full, Rule
	}
	return cell{}, 0, None
}

// strengthOf is how strongly a work hands on what it has by itself.
func strengthOf(c cell) uint32 {
	if c.empty() {
		return 0
	}
	return full
}

// inherit returns what comes along the best of some edges, and its strength; 0
// when none reaches the threshold.
func (g *Graph) inherit(edges []edge) (cell, uint32) {
	var best uint32
	for _, e := range edges {
		best = max(best, g.product(e))
	}
	var c cell
	if best == 0 {
		return c, 0
	}
	for _, e := range edges {
		if g.product(e) == best {
			c, _ = c.merge(g.handed(e))
		}
	}
	return c, best
}

// product is the strength that an edge hands on, 0 below the threshold.
func (g *Graph) product(e edge) uint32 {
	s := uint32(full)
	if e.work != 0 {
		s = uint32(g.strength[e.work])
	}
	return g.times(uint32(e.weight), s)
}

func (g *Graph) times(weight, strength uint32) uint32 {
	p := weight * strength / full
	if p < g.least {
		return 0
	}
	return p
}

func (g *Graph) handed(e edge) cell {
	if e.work == 0 {
		return cell{objectives: g.named[e.key]}
	}
	return g.table.cell[g.outcome[e.work]]
}
