package attribution

import (
	"cmp"
	"slices"
)

// touchAround marks every item whose work may depend on a record of item n:
// its copies, and the commits that it carries.
func (g *Graph) touchAround(n uint32, r record) {
	g.touch(n)
	for _, h := range r.keys() {
		g.eachHolder(h, g.touch)
	}
	if r.rank() == rankChange {
		g.eachCarried(r, g.touch)
	}
}

// eachCarried calls f for every item that the record of a change claims to
// carry, or that claims to be carried by it, some perhaps twice.
func (g *Graph) eachCarried(r record, f func(uint32)) {
	for _, l := range r.links() {
		if l&kindMask == kindContains {
			g.eachHolder(l&^tagMask, f)
		}
	}
	for _, h := range r.keys() {
		g.eachLinker(h, kindPartOf, f)
	}
}

// copies appends the items that share keys with item n, directly or through
// others, beginning with n.
func (g *Graph) copies(n uint32, out []uint32) []uint32 {
	start := len(out)
	out = append(out, n)
	var seen map[uint32]bool // once a list is too long to search
	has := func(m uint32) bool {
		if seen == nil && len(out)-start > 32 {
			seen = make(map[uint32]bool)
			for _, k := range out[start:] {
				seen[k] = true
			}
		}
		if seen != nil {
			return seen[m]
		}
		return slices.Contains(out[start:], m)
	}
	for i := start; i < len(out); i++ {
		for _, h := range g.record(out[i]).keys() {
			one, many := g.holders.get(h)
			if one == out[i] {
				continue
			}
			if one != 0 {
				many = []uint32{one}
			}
			for _, m := range many {
				if has(m) || !g.record(m).hasKey(h) {
					continue
				}
				out = append(out, m)
				if seen != nil {
					seen[m] = true
				}
			}
		}
	}
	return out
}

// settleWork finds the work of every touched item. Groups of copies that hold
// more than commits come first, because commits are carried by them.
func (g *Graph) settleWork() {
	var commits, group []uint32
	for i := 0; i < len(g.touched); i++ { // grows
		n := g.touched[i]
		if g.flags[n]&flagPlaced != 0 || g.place[n] == 0 {
			continue
		}
		group = g.copies(n, group[:0])
		if g.onlyCommits(group) {
			commits = append(commits, n)
			continue
		}
		g.placeAll(group, g.head(group))
	}
	for _, n := range commits {
		if g.flags[n]&flagPlaced != 0 {
			continue
		}
		group = g.copies(n, group[:0])
		if c := g.carrier(group); c != 0 {
			g.placeAll(group, g.work[c])
		} else {
			g.placeAll(group, g.head(group))
		}
	}
	for _, n := range g.touched {
		g.flags[n] &^= flagTouched | flagPlaced
	}
	g.touched = g.touched[:0]
}

func (g *Graph) onlyCommits(group []uint32) bool {
	for _, n := range group {
		if g.record(n).rank() != rankCommit {
			return false
		}
	}
	return true
}

// placeAll makes the items of a group part of a work. The commits of a change
// whose work is another one now follow it.
func (g *Graph) placeAll(group []uint32, work uint32) {
	for _, n := range group {
		if g.flags[n]&flagPlaced == 0 {
			g.flags[n] |= flagPlaced
			g.touch(n) // so that the flag is taken off
		}
		g.flags[n] &^= flagAlone
		if len(group) == 1 {
			g.flags[n] |= flagAlone
		}
		old := g.work[n]
		if old == work {
			continue
		}
		if old != 0 {
			g.setDirty(old)
		}
		g.work[n] = work
		g.setChanged(n)
		g.setDirty(work)
		if r := g.record(n); r.rank() == rankChange {
			g.eachCarried(r, g.touch)
		}
	}
}

// head returns the item that stands for a group of copies: what is still there
// before what is not, a change before a ticket before a thread before a
// commit, and then by source and ID.
func (g *Graph) head(group []uint32) uint32 {
	return slices.MinFunc(group, func(a, b uint32) int {
		r, s := g.record(a), g.record(b)
		return cmp.Or(cmp.Compare(r.presence(), s.presence()), cmp.Compare(r.rank(), s.rank()),
			cmp.Compare(r.order(), s.order()), cmp.Compare(a, b))
	})
}

// carrier returns the change that carries a group of commits, 0 for none. The
// commit's own word comes before that of the change; then the change that was
// made first, since later ones (a release, a backport) carry its commits again.
func (g *Graph) carrier(group []uint32) uint32 {
	var best uint32
	bestOwn := false
	consider := func(n uint32, own bool) {
		r := g.record(n)
		if r.rank() != rankChange || r.presence() == gone || n == best && own == bestOwn {
			return
		}
		if best != 0 {
			s := g.record(best)
			c := cmp.Or(before(own, bestOwn), cmp.Compare(r.created(), s.created()),
				cmp.Compare(r.order(), s.order()), cmp.Compare(n, best))
			if c >= 0 {
				return
			}
		}
		best, bestOwn = n, own
	}
	for _, n := range group {
		r := g.record(n)
		if r.presence() != gone {
			for _, l := range r.links() {
				if l&kindMask == kindPartOf {
					g.eachHolder(l&^tagMask, func(m uint32) { consider(m, true) })
				}
			}
		}
		for _, h := range r.keys() {
			g.eachLinker(h, kindContains, func(m uint32) { consider(m, false) })
		}
	}
	return best
}

// before orders true first.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
