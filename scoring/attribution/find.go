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
