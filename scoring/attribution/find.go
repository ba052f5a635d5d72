package attribution

import "slices"

// Find returns the numbers of the items that may have a key, ascending. The
// caller compares the keys of the items: the graph holds hashes only.
func (g *Graph) Find(key string) []uint64 {
	var found []uint64
	g.eachHolder(g.hash(fold(key)), func(n uint32) { found = append(found, uint64(n)) })
	slices.Sort(found)
	return slices.Compact(found)
}

// ExcludedBy returns the objectives whose rule of what they exclude matches an
// item, ascending, whatever the item counts for. They must not be changed.
func (g *Graph) ExcludedBy(no uint64) []int {
	r := g.record(uint32(no))
	if r == nil {
		return nil
	}
	return g.verdicts.list[r.verdict()].match.ExcludedBy
}

// RuledOut reports whether the rules exclude an item by itself, whatever it
// counts for.
func (g *Graph) RuledOut(no uint64) bool {
	r := g.record(uint32(no))
	if r == nil || r.presence() == gone {
		return false
	}
	return g.verdicts.list[r.verdict()].cell.excluded
}

// Excludes reports whether rules that say this of an item exclude it.
func (m *Match) Excludes() bool { return m.cell().excluded }
