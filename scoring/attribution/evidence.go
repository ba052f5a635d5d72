package attribution

import (
	"slices"

	"github.com/workdrift/workdrift/store"
)

// evidence is all that is known of one work by itself: what anchors it, where
// its links lead, and what the rules say. Edges of what the change says come
// first, then those of the commits it carries.
type evidence struct {
	gone     bool
	anchored bool   // by an override or explicitly
	anchor   cell   // when anchored
	method   Method // Override or Explicit, when anchored
	rules    cell   // outcome of the rules
	edges    []edge
	heads    int // edges of the heads among edges
	items    int // how many items the work has
}

// An edge leads to another work, or to an objective one of whose keys is named
// by a link and held by nothing that is stored.
type edge struct {
	key    uint64 // hash of the objective's key, when work is 0
	work   uint32
	weight uint16 // of full
	kind   uint8
}

// members appends the items of a work: its heads, that is the copies of the
// item that stands for it, and then the commits it carries with their copies.
func (g *Graph) members(w uint32, out []uint32) (all []uint32, heads int) {
	out = g.settledCopies(w, out[:0])
	heads = len(out)
	for i := range heads {
		r := g.record(out[i])
		if r.rank() != rankChange || r.presence() == gone {
			continue
		}
		g.eachCarried(r, func(n uint32) {
			if g.work[n] != w || slices.Contains(out[:heads], n) {
				return
			}
			out = append(out, n)
		})
	}
	out = g.withCopies(out, heads)
	return out, heads
}

// settledCopies is copies, without a look at the index for the many items that
// have none.
func (g *Graph) settledCopies(n uint32, out []uint32) []uint32 {
	if g.flags[n]&flagAlone != 0 {
		return append(out, n)
	}
	return g.copies(n, out)
}

// withCopies drops repeats from the carried commits and adds their copies.
func (g *Graph) withCopies(out []uint32, heads int) []uint32 {
	if len(out) == heads {
		return out
	}
	for i, n := heads, len(out); i < n; i++ {
		out = g.settledCopies(out[i], out)
	}
	slices.Sort(out[heads:])
	return out[:heads+len(slices.Compact(out[heads:]))]
}

// gather collects the evidence of a work. The edges use the memory of buf.
func (g *Graph) gather(w uint32, buf []edge) evidence { return g.evidenceOf(w, buf, true) }

// evidenceOf is gather, with overrides or without.
func (g *Graph) evidenceOf(w uint32, buf []edge, overrides bool) (e evidence) {
	e, g.group = g.evidenceIn(w, buf, g.group, overrides)
	return e
}

// evidenceIn is evidenceOf in the memory of a group, which it returns, so that it
// changes nothing of the graph.
func (g *Graph) evidenceIn(w uint32, buf []edge, group []uint32, overrides bool) (evidence, []uint32) {
	all, heads := g.members(w, group)
	e := evidence{edges: buf[:0], items: len(all)}
	best := gone
	for _, n := range all[:heads] {
		best = min(best, g.record(n).presence())
	}
	if best == gone {
		e.gone = true
		return e, all
	}
	if overrides && (g.anchorByOverride(&e, all[:heads]) || g.anchorByOverride(&e, all[heads:])) ||
		g.anchorByKey(&e, all[:heads], best) || g.anchorByKey(&e, all[heads:], moved) {
		return e, all
	}
	for _, n := range all[:heads] {
		if r := g.record(n); r.presence() == best {
			e.edges = g.appendEdges(e.edges, w, r)
		}
	}
	e.heads = len(e.edges)
	e.rules = g.rulesOf(all[:heads], best)
	var carried cell
	for _, n := range all[heads:] {
		if r := g.record(n); r.presence() != gone {
			e.edges = g.appendEdges(e.edges, w, r)
			carried, _ = carried.merge(g.verdicts.list[r.verdict()].cell)
		}
	}
	if e.rules.empty() {
		e.rules = carried
	}
	return e, all
}

// rulesOf returns what the rules say about copies of one item, as far as they
// are as present as asked.
func (g *Graph) rulesOf(items []uint32, least presence) cell {
	if len(items) == 1 {
		return g.verdicts.list[g.record(items[0]).verdict()].cell
	}
	var r ruling
	for _, n := range items {
		if rec := g.record(n); rec.presence() == least {
			r.add(&g.verdicts.list[rec.verdict()].match)
		}
	}
	return r.cell()
}

// A ruling collects what the rules say about the copies of one item.
type ruling struct {
	nonGoal, runWork     bool
	objectives, excluded []int
}

func (r *ruling) add(m *Match) {
	r.nonGoal = r.nonGoal || m.NonGoal != ""
	r.runWork = r.runWork || m.RunWork != ""
	// Verdicts are shared: never append to their slices in place.
	r.objectives = append(slices.Clip(r.objectives), m.Objectives...)
	r.excluded = append(slices.Clip(r.excluded), m.ExcludedBy...)
}

// cell returns the outcome in the order of the rules. What one copy shows to
// be excluded is excluded, whatever another shows.
func (r *ruling) cell() cell {
	switch {
	case r.nonGoal:
		return cell{excluded: true}
	case r.runWork:
		return cell{runWork: true}
	}
	var c cell
	for _, o := range r.objectives {
		if !slices.Contains(r.excluded, o) {
			c.objectives = append(c.objectives, int32(o))
		}
	}
	slices.Sort(c.objectives)
	c.objectives = slices.Compact(c.objectives)
	c.excluded = len(c.objectives) == 0 && len(r.excluded) > 0
	return c
}

func (g *Graph) anchorByOverride(e *evidence, items []uint32) bool {
	o, ok := g.overrideOf(items)
	if !ok {
		return false
	}
	e.anchor, _ = g.rules.target(o.To)
	e.anchored, e.method = true, Override
	return true
}

// overrideOf returns the decision that holds among those on any key of items.
func (g *Graph) overrideOf(items []uint32) (best store.Override, ok bool) {
	if len(g.overrides) == 0 {
		return best, false
	}
	for _, n := range items {
		r := g.record(n)
		if r.presence() == gone {
			continue
		}
		for _, h := range r.keys() {
			if o, found := g.overrides[h]; found && (!ok || betterOverride(&o, &best)) {
				best, ok = o, true
			}
		}
	}
	return best, ok
}

// anchorByKey looks for keys of objectives among the keys of items, and among
// the links of those that are at least as present as asked.
func (g *Graph) anchorByKey(e *evidence, items []uint32, least presence) bool {
	var c cell
	for _, n := range items {
		r := g.record(n)
		if r.presence() == gone {
			continue
		}
		for _, h := range r.keys() {
			if o := g.named[h]; o != nil {
				c, _ = c.merge(cell{objectives: o})
			}
		}
		if r.presence() > least {
			continue
		}
		for _, l := range r.links() {
			if k := l & kindMask; k != kindImplements && k != kindCloses {
				continue
			}
			if o := g.named[l&^tagMask]; o != nil {
				c, _ = c.merge(cell{objectives: o})
			}
		}
	}
	if c.empty() {
		return false
	}
	e.anchored, e.anchor, e.method = true, c, Explicit
	return true
}

// appendEdges appends where the links of one member of work w lead. A key that
// is shaped like a ticket's leads only to tickets: a stored ticket is what
// makes its project known.
func (g *Graph) appendEdges(out []edge, w uint32, r record) []edge {
	for _, l := range r.links() {
		kind := l & kindMask
		weight := g.weights[kind]
		if kind == kindContains || weight < g.least || weight == 0 {
			continue
		}
		h, stored := l&^tagMask, false
		g.eachHolder(h, func(n uint32) {
			target := g.record(n)
			if l&tagTicket != 0 && target.rank() != rankTicket {
				return
			}
			stored = stored || target.presence() != gone
			if t := g.work[n]; t != w {
				out = append(out, edge{work: t, weight: uint16(weight), kind: uint8(kind)})
			}
		})
		if stored {
			continue
		}
		if g.named[h] != nil {
			out = append(out, edge{key: h, weight: uint16(weight), kind: uint8(kind)})
		}
	}
	return out
}
