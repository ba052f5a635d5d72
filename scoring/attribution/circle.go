package attribution

import "container/heap"

// A node is one work of a circle: works that reach each other along links.
type node struct {
	ev       evidence
	settled  bool
	own      bool // a source: anchored, by rule, or gone
	strength uint32
	cell     cell
	method   Method
	edges    int // how many of its edges count in this round
}

// settleCircle attributes works that reach each other. Whatever is attributed
// from outside of the circle goes first, by what the works themselves say and
// then also by what the commits they carry say. Where that does not reach, the
// works' own rules hold and spread to the rest.
func (r *resolver) settleCircle(circle []uint32) {
	c := &round{g: r.g, at: make(map[uint32]int, len(circle)), nodes: make([]node, len(circle))}
	for i, p := range circle {
		w := r.works[p]
		r.g.flags[w] |= flagCircle
		c.at[w] = i
		n := &c.nodes[i]
		n.ev = r.g.gather(w, nil)
		switch ev := &n.ev; {
		case ev.gone:
			n.settled, n.own = true, true
		case ev.anchored:
			n.settled, n.own = true, true
			n.cell, n.strength, n.method = ev.anchor, strengthOf(ev.anchor), ev.method
		}
	}
	c.spread(func(n *node) int { return n.ev.heads })
	c.spread(func(n *node) int { return len(n.ev.edges) })
	for i := range c.nodes {
		if n := &c.nodes[i]; !n.settled && !n.ev.rules.empty() {
			n.settled, n.own = true, true
			n.cell, n.strength, n.method = n.ev.rules, full, Rule
		}
	}
	c.spread(func(n *node) int { return len(n.ev.edges) })
	for i, p := range circle {
		n := &c.nodes[i]
		r.settle(p, n.cell, n.strength, n.method, &n.ev)
	}
}

// A round spreads what is settled to the works of a circle that are not.
type round struct {
	g     *Graph
	at    map[uint32]int // place of a work in nodes
	nodes []node
	back  [][]backEdge // by node: the edges of unsettled nodes that lead to it
	queue strongest
}

type backEdge struct {
	from   int32
	weight uint32
}

// spread settles every node that reaches a settled one, or a work outside, by
// a path above the threshold: first the strengths, strongest first, then what
// arrives along all of the equally best paths.
func (c *round) spread(count func(*node) int) {
	c.back = make([][]backEdge, len(c.nodes))
	var open []int32
	for i := range c.nodes {
		n := &c.nodes[i]
		if n.settled {
			continue
		}
		open = append(open, int32(i))
		n.edges = count(n)
		for _, e := range n.ev.edges[:n.edges] {
			if j, inside := c.at[e.work]; inside && !c.nodes[j].settled {
				c.back[j] = append(c.back[j], backEdge{int32(i), uint32(e.weight)})
			}
			n.strength = max(n.strength, c.settledProduct(e))
		}
		if n.strength > 0 {
			c.queue = append(c.queue, reached{int32(i), n.strength})
		}
	}
	heap.Init(&c.queue)
	for len(c.queue) > 0 {
		top := heap.Pop(&c.queue).(reached)
		if top.strength != c.nodes[top.node].strength {
			continue // reached more strongly since
		}
		for _, b := range c.back[top.node] {
			if s := c.g.times(b.weight, top.strength); s > c.nodes[b.from].strength {
				c.nodes[b.from].strength = s
				heap.Push(&c.queue, reached{b.from, s})
			}
		}
	}
	c.fill(open)
	for _, i := range open {
		if n := &c.nodes[i]; n.strength > 0 {
			n.settled, n.method = true, Inherited
		}
	}
}

// settledProduct returns what an edge hands on from a work that is settled, or
// lies outside of the circle.
func (c *round) settledProduct(e edge) uint32 {
	if j, inside := c.at[e.work]; inside {
		if !c.nodes[j].settled {
			return 0
		}
		return c.g.times(uint32(e.weight), c.nodes[j].strength)
	}
	return c.g.product(e)
}

// fill unites what arrives along best paths until nothing new arrives.
func (c *round) fill(open []int32) {
	var grown []int32
	for _, i := range open {
		n := &c.nodes[i]
		if n.strength == 0 {
			continue
		}
		for _, e := range n.ev.edges[:n.edges] {
			if c.settledProduct(e) == n.strength {
				n.cell, _ = n.cell.merge(c.cellOf(e))
			}
		}
		if !n.cell.empty() {
			grown = append(grown, i)
		}
	}
	for len(grown) > 0 {
		n := &c.nodes[grown[len(grown)-1]]
		back := c.back[grown[len(grown)-1]]
		grown = grown[:len(grown)-1]
		for _, b := range back {
			m := &c.nodes[b.from]
			if c.g.times(b.weight, n.strength) != m.strength {
				continue
			}
			var more bool
			if m.cell, more = m.cell.merge(n.cell); more {
				grown = append(grown, b.from)
			}
		}
	}
}

func (c *round) cellOf(e edge) cell {
	if j, inside := c.at[e.work]; inside {
		return c.nodes[j].cell
	}
	return c.g.handed(e)
}

// A reached node waits to hand on its strength.
type reached struct {
	node     int32
	strength uint32
}

type strongest []reached

func (q strongest) Len() int           { return len(q) }
func (q strongest) Less(i, j int) bool { return q[i].strength > q[j].strength }
func (q strongest) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *strongest) Push(x any)        { *q = append(*q, x.(reached)) }
func (q *strongest) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
