package attribution

import (
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A Match is what the rules say about one item by itself.
type Match struct {
	NonGoal string // name of the first non-goal that holds, "" for none
	RunWork string // name of the first rule of run work that holds, "" for none
	// Objectives are the indices into Set.Objectives of those whose Match
	// holds and whose Excludes does not, ascending.
	Objectives []int
	// ExcludedBy are the indices of those whose Excludes holds, ascending.
	ExcludedBy []int
}

// memoLimit bounds how many values of one attribute are remembered.
const memoLimit = 1 << 15

// A memory keeps the atoms that hold for values of one attribute. It gives up
// on an attribute whose values hardly repeat.
type memory struct {
	atoms map[string][]int32 // nil when given up
	hits  int                // since it was last emptied
}

// A Matcher applies rules to items. It remembers what it found out about
// attribute values, a bounded number of them, and serves one goroutine.
type Matcher struct {
	rules *Rules
	memo  []memory // by attribute
	buf   []int32

	stamp      uint32   // marks what belongs to the item at hand
	atoms      []uint32 // by atom: stamp when it holds
	clauses    []uint32 // by clause: stamp when it was evaluated
	holds      []int32  // atoms that hold
	valueStamp uint32   // marks what belongs to the value at hand
	tried      []uint32 // by atom

	nonGoal, runWork  int32
	matched, excluded []int
	values            [1]string
	projects          []string
}

// Matcher returns a new matcher.
func (r *Rules) Matcher() *Matcher {
	m := &Matcher{
		rules:   r,
		memo:    make([]memory, len(r.attrs)),
		atoms:   make([]uint32, r.atoms),
		tried:   make([]uint32, r.atoms),
		clauses: make([]uint32, len(r.clauses)),
	}
	for i := range m.memo {
		if !r.attrs[i].unique {
			m.memo[i].atoms = make(map[string][]int32)
		}
	}
	return m
}

// Match applies the rules to an item. The slices of the result are valid until
// the next call.
func (m *Matcher) Match(item *store.Item) Match {
	m.begin()
	for i := range m.rules.attrs {
		for _, v := range m.valuesOf(m.rules.attrs[i].name, item) {
			for _, id := range m.lookup(i, v) {
				if m.atoms[id] != m.stamp {
					m.atoms[id] = m.stamp
					m.holds = append(m.holds, id)
				}
			}
		}
	}
	for _, c := range m.rules.always {
		m.evaluate(c)
	}
	for _, a := range m.holds {
		for _, c := range m.rules.byAtom[a] {
			m.evaluate(c)
		}
	}
	return m.result()
}

func (m *Matcher) begin() {
	if m.stamp++; m.stamp == 0 {
		clear(m.atoms)
		clear(m.clauses)
		m.stamp = 1
	}
	m.holds = m.holds[:0]
	m.matched, m.excluded = m.matched[:0], m.excluded[:0]
	m.nonGoal, m.runWork = -1, -1
}

// valuesOf returns the values of an attribute of the item, as it spells them.
func (m *Matcher) valuesOf(name string, item *store.Item) []string {
	switch name {
	case objective.AttrKind:
		m.values[0] = string(item.Kind)
	case objective.AttrSource:
		m.values[0] = item.Source
	case objective.AttrTitle:
		m.values[0] = item.Title
	case objective.AttrStatus:
		m.values[0] = string(item.Status)
	case objective.AttrKey:
		return item.Keys
	case store.AttrProject:
		if set := item.Attrs[store.AttrProject]; len(set) > 0 {
			return set
		}
		return m.projectsOf(item)
	default:
		return item.Attrs[name]
	}
	return m.values[:]
}

// projectsOf derives the projects of an item from its own ticket keys and from
// those of known projects whose work it does.
func (m *Matcher) projectsOf(item *store.Item) []string {
	m.projects = m.projects[:0]
	for _, k := range item.Keys {
		if p, ok := ticketProject(fold(k)); ok {
			m.projects = append(m.projects, p)
		}
	}
	for _, l := range item.Links {
		if l.Kind != store.LinkImplements && l.Kind != store.LinkCloses {
			continue
		}
		if p, ok := ticketProject(fold(l.Key)); ok && m.rules.projects[p] {
			m.projects = append(m.projects, p)
		}
	}
	return m.projects
}

// lookup returns the atoms of an attribute that a value makes true.
func (m *Matcher) lookup(attr int, value string) []int32 {
	a := &m.rules.attrs[attr]
	memo := &m.memo[attr]
	if ids, ok := memo.atoms[value]; ok {
		memo.hits++
		return ids
	}
	m.buf = m.scan(m.buf[:0], a, value)
	if memo.atoms == nil {
		return m.buf
	}
	if len(memo.atoms) >= memoLimit {
		if memo.hits < memoLimit {
			memo.atoms = nil
			return m.buf
		}
		clear(memo.atoms)
		memo.hits = 0
	}
	ids := slices.Clone(m.buf)
	memo.atoms[strings.Clone(value)] = ids // the value may be a piece of a whole record
	return ids
}

func (m *Matcher) scan(out []int32, a *attribute, value string) []int32 {
	folded := fold(value)
	out = append(out, a.exact[folded]...)
	if a.scan != nil {
		if m.valueStamp++; m.valueStamp == 0 {
			clear(m.tried)
			m.valueStamp = 1
		}
		out = a.scan.scan(out, value, folded, m.tried, m.valueStamp)
	}
	return out
}

func (m *Matcher) evaluate(c int32) {
	if m.clauses[c] == m.stamp {
		return
	}
	m.clauses[c] = m.stamp
	cl := &m.rules.clauses[c]
	if !m.cond(&cl.cond) {
		return
	}
	switch cl.role {
	case roleNonGoal:
		m.nonGoal = first(m.nonGoal, cl.index)
	case roleRunWork:
		m.runWork = first(m.runWork, cl.index)
	case roleMatch:
		m.matched = append(m.matched, int(cl.index))
	case roleExclude:
		m.excluded = append(m.excluded, int(cl.index))
	}
}

func first(have, found int32) int32 {
	if have < 0 {
		return found
	}
	return min(have, found)
}

func (m *Matcher) cond(c *cond) bool {
	switch c.op {
	case condLeaf:
		for _, a := range c.atoms {
			if m.atoms[a] == m.stamp {
				return true
			}
		}
		return false
	case condAll:
		for i := range c.kids {
			if !m.cond(&c.kids[i]) {
				return false
			}
		}
		return true
	case condAny:
		for i := range c.kids {
			if m.cond(&c.kids[i]) {
				return true
			}
		}
		return false
	}
	return !m.cond(&c.kids[0])
}

func (m *Matcher) result() Match {
	// Several alternatives of one rule can hold.
	slices.Sort(m.matched)
	slices.Sort(m.excluded)
	m.matched, m.excluded = slices.Compact(m.matched), slices.Compact(m.excluded)
	result := Match{ExcludedBy: m.excluded}
	if len(m.excluded) > 0 {
		m.matched = slices.DeleteFunc(m.matched, func(o int) bool {
			_, out := slices.BinarySearch(m.excluded, o)
			return out
		})
	}
	result.Objectives = m.matched
	if m.nonGoal >= 0 {
		result.NonGoal = m.rules.set.NonGoals[m.nonGoal].Name
	}
	if m.runWork >= 0 {
		result.RunWork = m.rules.set.RunWork[m.runWork].Name
	}
	return result
}
