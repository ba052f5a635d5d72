package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An Explanation says why an item is attributed as it is.
type Explanation struct {
	Attribution Attribution
	Work        uint64  // the item that stands for the work
	Strength    float64 // product of the weights along Path, 0 for unknown
	// Rule names what decided at the end of Path: the rule, the override, or
	// the key that stands for the objective. Empty for unknown.
	Rule string
	// Path leads from the item to the one that is attributed by itself, and
	// on to Key where that stands for an objective. Of several equally good
	// paths it is the shortest.
	Path []Step
}

// A Step of a path leads from one item to another, or to a key of an
// objective.
type Step struct {
	From, To uint64 // To is 0 where Key is set
	Key      string
	// Kind is empty for the step from an item to the work it is part of.
	Kind   store.LinkKind
	Weight float64
}

// Explain says why an item is attributed as it is, as of the last Resolve. It
// changes nothing, so others may read the graph meanwhile.
func (g *Graph) Explain(no uint64) Explanation {
	x := Explanation{Attribution: g.Of(no), Work: g.Work(no)}
	if no >= uint64(len(g.place)) || g.place[no] == 0 || g.work[no] == 0 {
		return x
	}
	if x.Work != no {
		x.Path = append(x.Path, Step{From: no, To: x.Work, Weight: 1})
	}
	w := g.work[no]
	x.Strength = float64(g.strength[w]) / full
	var end uint32
	x.Path, end = g.bestPath(w, x.Path)
	if end == 0 { // the last step names the key of an objective
		x.Rule = "key " + x.Path[len(x.Path)-1].Key
		return x
	}
	var key *Step
	if x.Rule, key = g.reason(end); key != nil {
		x.Path = append(x.Path, *key)
	}
	return x
}

// bestPath appends the steps from a work to the nearest one that is attributed
// by itself, along links that hand on the whole strength, and returns that
// work; 0 when the path ends at the key of an objective.
func (g *Graph) bestPath(w uint32, path []Step) ([]Step, uint32) {
	type visit struct {
		work uint32
		from int
		step Step
	}
	visits := []visit{{work: w, from: -1}}
	seen := map[uint32]bool{w: true}
	trace := func(i int) []Step {
		var steps []Step
		for ; visits[i].from >= 0; i = visits[i].from {
			steps = append(steps, visits[i].step)
		}
		slices.Reverse(steps)
		return append(path, steps...)
	}
	for i := 0; i < len(visits); i++ {
		at := visits[i].work
		if g.table.atts[g.outcome[at]].Method != Inherited {
			return trace(i), at
		}
		for _, e := range g.tight(at) {
			if e.work != 0 && seen[e.work] {
				continue
			}
			step := Step{From: uint64(at), To: uint64(e.work), Kind: g.kinds[e.kind], Weight: float64(e.weight) / full}
			if e.work == 0 {
				step.Key = g.spelled(e.key)
			}
			visits = append(visits, visit{e.work, i, step})
			if e.work == 0 {
				return trace(len(visits) - 1), 0
			}
			seen[e.work] = true
		}
	}
	return path, w
}

// tight returns the edges along which a work inherits, in an order that does
// not depend on item numbers.
func (g *Graph) tight(w uint32) []edge {
	ev, _ := g.evidenceIn(w, nil, nil, true)
	want := g.table.cell[g.outcome[w]]
	var out []edge
	for _, e := range ev.edges {
		if g.product(e) != uint32(g.strength[w]) {
			continue
		}
		if got, more := want.merge(g.handed(e)); !more && !got.empty() {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b edge) int {
		if a.work == 0 || b.work == 0 {
			return cmp.Or(cmp.Compare(min(a.work, 1), min(b.work, 1)), cmp.Compare(g.spelled(a.key), g.spelled(b.key)))
		}
		return cmp.Compare(g.record(a.work).order(), g.record(b.work).order())
	})
	return out
}

// reason says why a work is attributed by itself, and the step to the key of
// an objective if it is one.
func (g *Graph) reason(w uint32) (string, *Step) {
	all, heads := g.members(w, nil)
	switch g.table.atts[g.outcome[w]].Method {
	case Override:
		o, ok := g.overrideOf(all[:heads])
		if !ok {
			o, _ = g.overrideOf(all[heads:])
		}
		return "override by " + o.Role, nil
	case Explicit:
		for _, part := range [...][]uint32{all[:heads], all[heads:]} {
			if step, ok := g.explicitStep(w, part); ok {
				return "key " + step.Key, &step
			}
		}
	case Rule:
		return g.ruleName(all, heads), nil
	}
	return "", nil
}

func (g *Graph) explicitStep(w uint32, items []uint32) (Step, bool) {
	for _, n := range items {
		r := g.record(n)
		if r.presence() == gone {
			continue
		}
		for _, h := range r.keys() {
			if g.named[h] != nil {
				return Step{From: uint64(w), Key: g.spelled(h), Weight: 1}, true
			}
		}
		for _, l := range r.links() {
			if k := l & kindMask; (k == kindImplements || k == kindCloses) && g.named[l&^tagMask] != nil {
				return Step{From: uint64(w), Key: g.spelled(l &^ tagMask), Kind: g.kinds[k], Weight: 1}, true
			}
		}
	}
	return Step{}, false
}

// spelled returns the key of an objective that has a hash, as it was declared.
func (g *Graph) spelled(h uint64) string {
	for i := range g.rules.set.Objectives {
		for _, k := range g.rules.set.Objectives[i].Keys {
			if g.hash(fold(k)) == h {
				return k
			}
		}
	}
	for k := range g.rules.keys {
		if g.hash(k) == h {
			return k
		}
	}
	return ""
}

// ruleName names the rules that decided.
func (g *Graph) ruleName(all []uint32, heads int) string {
	for _, part := range [...][]uint32{all[:heads], all[heads:]} {
		var names []string
		for _, n := range part {
			r := g.record(n)
			if r.presence() == gone {
				continue
			}
			m := &g.verdicts.list[r.verdict()].match
			switch {
			case m.NonGoal != "":
				names = append(names, "non-goal "+m.NonGoal)
			case m.RunWork != "":
				names = append(names, "run work "+m.RunWork)
			case len(m.Objectives) > 0:
				names = append(names, g.objectiveRules("match of ", m.Objectives, matchRule)...)
			default:
				names = append(names, g.objectiveRules("excludes of ", m.ExcludedBy, excludesRule)...)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			return strings.Join(slices.Compact(names), ", ")
		}
	}
	return ""
}

func matchRule(o *objective.Objective) *objective.Rule    { return o.Match }
func excludesRule(o *objective.Objective) *objective.Rule { return o.Excludes }

func (g *Graph) objectiveRules(what string, list []int, rule func(*objective.Objective) *objective.Rule) []string {
	var names []string
	for _, i := range list {
		o := &g.rules.set.Objectives[i]
		name := what + o.ID
		if at := rule(o).At; at != "" {
			name = fmt.Sprintf("%s (%s)", name, at)
		}
		names = append(names, name)
	}
	return names
}
