package attribution

import (
	"hash/maphash"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// Options are the weights of links.
type Options struct {
	// Weights are from 0 to 1 by kind of link, to four decimals. Nil stands
	// for DefaultWeights. Whether a commit belongs to a change has no weight.
	Weights map[store.LinkKind]float64
	// Threshold is the least product of weights along a path that still
	// attributes. 0 stands for DefaultThreshold.
	Threshold float64
}

// DefaultThreshold is the threshold of section 4.15 of the score
// specification.
const DefaultThreshold = 0.5

// DefaultWeights returns the weights of section 4.15 of the score
// specification. A kind that is missing carries no attribution.
func DefaultWeights() map[store.LinkKind]float64 {
	return map[store.LinkKind]float64{
		store.LinkImplements: 1,
		store.LinkCloses:     1,
		store.LinkParent:     1,
		store.LinkPartOf:     1,
		store.LinkContains:   1,
		store.LinkDiscusses:  0.7,
		store.LinkRelates:    0.3,
		store.LinkMentions:   0.3,
	}
}

// full is the strength of what is attributed by itself. Strengths are integers
// so that equal products are equal.
const full = 10_000

// A Graph attributes items. It keeps hashes and numbers, no text, some 100
// bytes an item. It serves one goroutine.
//
// Set costs the size of the item and of its work. Resolve costs the works that
// were set and those that reach them along links, with their links; nothing
// else is visited.
type Graph struct {
	rules    *Rules
	matcher  *Matcher
	seed     maphash.Seed
	kinds    [kinds]store.LinkKind
	weights  [kinds]uint32 // of full; 0 carries nothing
	kept     [kinds]bool
	least    uint32             // threshold, of full
	named    map[uint64][]int32 // objectives by the hash of a key that stands for them
	verdicts *verdicts
	table    *table

	overrides map[uint64]store.Override // the valid ones, by hash of the key

	arena    arena
	place    []uint32 // record, 0 for none, else place in the arena plus one
	work     []uint32 // item that stands for the work, 0 before the first Resolve
	outcome  []uint32 // attribution, by number in the table
	strength []uint16 // of a work: product along its best path
	mark     []uint32 // scratch of Resolve, zero in between
	flags    []flag
	holders  *index // items by key
	linkers  *index // items by target of a link

	touched []uint32 // items whose work must be found again
	dirty   []uint32 // items whose work must be attributed again
	changed []uint32
	moved   []uint32 // works that changed themselves in the last Resolve,
	most    bool     // unless these were most of all
	scratch []uint64
	group   []uint32 // scratch of gather
}

type flag uint8

const (
	flagTouched flag = 1 << iota
	flagDirty
	flagChanged
	flagPlaced
	flagAlone  // has no copies, as of the last Resolve
	flagCircle // was attributed together with a circle of works
)

// NewGraph returns an empty graph. Overrides with a bad target are ignored,
// see Rules.BadOverrides.
func NewGraph(rules *Rules, overrides []store.Override, opt Options) *Graph {
	g := &Graph{
		rules:    rules,
		matcher:  rules.Matcher(),
		seed:     maphash.MakeSeed(),
		kinds:    linkKinds(),
		named:    make(map[uint64][]int32, len(rules.keys)),
		verdicts: newVerdicts(),
		table:    newTable(),
		least:    quantise(opt.Threshold),
	}
	if opt.Threshold == 0 {
		g.least = quantise(DefaultThreshold)
	}
	weights := opt.Weights
	if weights == nil {
		weights = DefaultWeights()
	}
	for i, k := range g.kinds {
		g.weights[i] = quantise(weights[k])
		g.kept[i] = g.weights[i] >= g.least && g.weights[i] > 0
		switch i {
		case kindImplements, kindCloses, kindContains, kindPartOf:
			g.kept[i] = true // they say more than their weight
		}
	}
	for key, objectives := range rules.keys {
		g.named[g.hash(key)] = slices.Sorted(slices.Values(objectives))
	}
	g.holders = newIndex(func(n uint32, h uint64) bool { return g.record(n).hasKey(h) })
	g.linkers = newIndex(func(n uint32, h uint64) bool { return g.record(n).linksTo(h, -1) })
	g.overrides = g.validOverrides(overrides)
	return g
}

func quantise(f float64) uint32 { return uint32(min(max(f, 0), 1)*full + 0.5) }

func (g *Graph) validOverrides(list []store.Override) map[uint64]store.Override {
	valid := make(map[uint64]store.Override, len(list))
	for _, o := range list {
		if _, ok := g.rules.target(o.To); !ok {
			continue
		}
		h := g.hash(fold(o.Key))
		if have, ok := valid[h]; !ok || betterOverride(&o, &have) {
			valid[h] = o
		}
	}
	return valid
}

// SetOverrides replaces all overrides. Those with a bad target are ignored.
func (g *Graph) SetOverrides(overrides []store.Override) {
	next := g.validOverrides(overrides)
	for h, o := range next {
		if have, ok := g.overrides[h]; !ok || have.To != o.To || !have.At.Equal(o.At) {
			g.dirtyHolders(h)
		}
	}
	for h := range g.overrides {
		if _, ok := next[h]; !ok {
			g.dirtyHolders(h)
		}
	}
	g.overrides = next
}

func (g *Graph) dirtyHolders(h uint64) {
	g.eachHolder(h, g.setDirty)
}

// Set gives item number no (from 1) its present state. An item that is gone,
// other than moved, attributes nothing any more; an item without a kind or
// keys is kept and attributed as far as it goes. The outcome shows after
// Resolve.
func (g *Graph) Set(no uint64, item *store.Item) {
	n := uint32(no)
	g.grow(n)
	next, old := g.encode(item), g.record(n)
	if old != nil && slices.Equal(old, next) {
		return
	}
	same := next.sameShape(old)
	if !same && old != nil {
		g.touchAround(n, old)
	}
	if old != nil {
		g.arena.drop(old)
	}
	g.place[n] = g.arena.put(next) + 1
	g.refile(n, old, next)
	if !same {
		g.touchAround(n, g.record(n))
	}
	g.setDirty(n)
	g.closeHoles()
}

func (g *Graph) grow(n uint32) {
	if size := int(n) + 1; size > len(g.place) {
		more := size - len(g.place)
		g.place = append(g.place, make([]uint32, more)...)
		g.work = append(g.work, make([]uint32, more)...)
		g.outcome = append(g.outcome, make([]uint32, more)...)
		g.strength = append(g.strength, make([]uint16, more)...)
		g.mark = append(g.mark, make([]uint32, more)...)
		g.flags = append(g.flags, make([]flag, more)...)
	}
}

// record returns the record of an item, nil when there is none.
func (g *Graph) record(n uint32) record {
	if int(n) >= len(g.place) || g.place[n] == 0 {
		return nil
	}
	return g.arena.get(g.place[n] - 1)
}

// refile brings the indexes from the old record of an item to the new one. A
// link to a key that went, or to an item that became something else, may lead
// elsewhere now.
func (g *Graph) refile(n uint32, old, next record) {
	for _, h := range old.keys() {
		kept := next.hasKey(h)
		if !kept {
			g.holders.remove(h, n)
		}
		if !kept || old.rank() != next.rank() {
			g.eachLinker(h, -1, g.setDirty)
		}
	}
	for _, h := range next.keys() {
		if !old.hasKey(h) {
			g.holders.add(h, n)
		}
	}
	eachTarget(old, func(h uint64) {
		if !next.linksTo(h, -1) {
			g.linkers.remove(h, n)
		}
	})
	eachTarget(next, func(h uint64) {
		if !old.linksTo(h, -1) {
			g.linkers.add(h, n)
		}
	})
}

// eachTarget calls f once for every key that a record links to.
func eachTarget(r record, f func(uint64)) {
	links := r.links()
	for i, l := range links {
		if i == 0 || links[i-1]&^tagMask != l&^tagMask {
			f(l &^ tagMask)
		}
	}
}

// closeHoles rewrites the arena when half of it is unused.
func (g *Graph) closeHoles() {
	if g.arena.holes < 1<<chunkBits || g.arena.holes < g.arena.used {
		return
	}
	var tight arena
	for n, p := range g.place {
		if p != 0 {
			g.place[n] = tight.put(g.arena.get(p-1)) + 1
		}
	}
	g.arena = tight
}

// eachHolder calls f for every item that has a key, some perhaps twice.
func (g *Graph) eachHolder(h uint64, f func(uint32)) {
	one, many := g.holders.get(h)
	if one != 0 {
		f(one)
	}
	for _, n := range many {
		if g.record(n).hasKey(h) {
			f(n)
		}
	}
}

// eachLinker calls f for every item with a link to a key, of one kind or, if
// kind is negative, of any; some perhaps twice.
func (g *Graph) eachLinker(h uint64, kind int, f func(uint32)) {
	one, many := g.linkers.get(h)
	if one != 0 && (kind < 0 || g.record(one).linksTo(h, kind)) {
		f(one)
	}
	for _, n := range many {
		if g.record(n).linksTo(h, kind) {
			f(n)
		}
	}
}

func (g *Graph) setDirty(n uint32) {
	if g.flags[n]&flagDirty == 0 {
		g.flags[n] |= flagDirty
		g.dirty = append(g.dirty, n)
	}
}

func (g *Graph) touch(n uint32) {
	if g.flags[n]&flagTouched == 0 {
		g.flags[n] |= flagTouched
		g.touched = append(g.touched, n)
	}
}

// Of returns the attribution of an item as of the last Resolve. It is that of
// its work. A number that was never set is unknown.
func (g *Graph) Of(no uint64) Attribution {
	if no >= uint64(len(g.outcome)) {
		return Attribution{}
	}
	return g.table.atts[g.outcome[no]]
}

// Work returns the number of the item that stands for the work an item is part
// of, as of the last Resolve: the change that carries a commit, one of several
// copies with a common key, otherwise the item itself.
func (g *Graph) Work(no uint64) uint64 {
	if no >= uint64(len(g.work)) || g.work[no] == 0 {
		return no
	}
	return uint64(g.work[no])
}

// Members returns the numbers of the items that are one work with an item,
// itself included, as of the last Resolve.
func (g *Graph) Members(no uint64) []uint64 {
	if no >= uint64(len(g.work)) || g.work[no] == 0 {
		return []uint64{no}
	}
	all, _ := g.members(g.work[no], nil)
	out := make([]uint64, len(all))
	for i, n := range all {
		out[i] = uint64(n)
	}
	return out
}
