package attribution

// Unjudged returns what an item would be attributed to if nobody had overridden
// it, as of the last Resolve. It is false where nobody has, and where the answer
// would come from the override itself, by way of other works that inherit it.
func (g *Graph) Unjudged(no uint64) (Attribution, bool) {
	w := uint32(g.Work(no))
	if g.record(w) == nil || g.Of(no).Method != Override {
		return Attribution{}, false
	}
	ev := g.evidenceOf(w, nil, false)
	for _, e := range ev.edges {
		if e.work == 0 || g.table.atts[g.outcome[e.work]].Method != Inherited {
			continue
		}
		if _, end := g.bestPath(e.work, nil); end == w {
			return Attribution{}, false
		}
	}
	c, _, method := g.alone(&ev)
	return c.attribution(method), !ev.gone
}
