package attribution

// Below returns the works from which the way up (see Above) may be another since
// the Resolve before the last: those that changed, those of the items in also,
// and every work that leads to one of them along links. All is set instead where
// most of what there is changed.
func (g *Graph) Below(also []uint64) (works []uint64, all bool) {
	if g.most {
		return nil, true
	}
	seen := make(map[uint32]bool)
	var list, group []uint32
	add := func(n uint32) {
		if w := g.work[n]; w != 0 && !seen[w] {
			seen[w] = true
			list = append(list, w)
		}
	}
	for _, n := range g.moved {
		add(n)
	}
	for _, n := range also {
		add(uint32(n))
	}
	for i := 0; i < len(list); i++ { // grows
		group, _ = g.members(list[i], group)
		for _, n := range group {
			for _, h := range g.record(n).keys() {
				g.eachLinker(h, -1, add)
			}
		}
		if 2*len(list) > len(g.work) {
			return nil, true
		}
	}
	works = make([]uint64, len(list))
	for i, w := range list {
		works[i] = uint64(w)
	}
	return works, false
}
