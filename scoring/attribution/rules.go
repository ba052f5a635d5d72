package attribution

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Rules are the compiled rules of a set of objectives. They never change and
// may be shared between goroutines.
type Rules struct {
	set      *objective.Set
	attrs    []attribute // attributes that some rule reads
	atoms    int
	clauses  []clause
	byAtom   [][]int32 // clauses to look at when an atom holds
	always   []int32   // clauses that may hold when no atom does
	ids      map[string]int32
	keys     map[string][]int32 // objectives by folded key
	projects map[string]bool    // folded; known whatever is stored
}

// An attribute is all patterns of the rules on one attribute.
type attribute struct {
	name  string
	exact map[string][]int32 // atoms by folded value
	scan  *scanner           // nil without globs and regular expressions
	// unique attributes have a value of their own for every item, which is
	// not worth remembering.
	unique bool
}

// A clause is one alternative of a rule.
type clause struct {
	role  role
	index int32
	cond  cond
}

// A cond is a condition over atoms: a leaf, or a connective over others.
type cond struct {
	op    condOp
	atoms []int32 // of a leaf: at least one holds
	kids  []cond
}

type condOp uint8

const (
	condLeaf condOp = iota
	condAll
	condAny
	condNot
)

// Compile compiles all rules of a set. The set must not change afterwards.
// The error is that of Validate.
func Compile(set *objective.Set) (*Rules, error) {
	if err := Validate(set); err != nil {
		return nil, err
	}
	r := &Rules{
		set:      set,
		ids:      make(map[string]int32),
		keys:     make(map[string][]int32),
		projects: make(map[string]bool),
	}
	for _, p := range set.Projects {
		r.projects[fold(p)] = true
	}
	for i := range set.Objectives {
		o := &set.Objectives[i]
		r.ids[o.ID] = int32(i)
		r.addKey(objectiveScheme+o.ID, int32(i))
		for _, k := range o.Keys {
			r.addKey(k, int32(i))
			if p, ok := ticketProject(fold(k)); ok {
				r.projects[p] = true
			}
		}
	}
	c := compiler{ids: make(map[patternKey]int32), patterns: make(map[string][]patternKey)}
	for _, d := range declaredRules(set) {
		for _, alternative := range c.alternatives(d.rule) {
			r.clauses = append(r.clauses, clause{d.role, int32(d.index), alternative})
		}
	}
	r.atoms = len(c.ids)
	if err := r.compileAttributes(&c); err != nil {
		return nil, err
	}
	r.index()
	return r, nil
}

// Set returns the set that was compiled.
func (r *Rules) Set() *objective.Set { return r.set }

// objectiveScheme starts the keys by which a link names an objective itself.
const objectiveScheme = "objective:"

func (r *Rules) addKey(key string, o int32) {
	key = fold(key)
	if list := r.keys[key]; !slices.Contains(list, o) {
		r.keys[key] = append(list, o)
	}
}

type patternKey struct {
	attr string
	op   objective.Op
	text string
}

// A compiler gives each distinct pattern its atom.
type compiler struct {
	ids      map[patternKey]int32
	patterns map[string][]patternKey // by attribute
}

// alternatives splits a rule at its outermost or.
func (c *compiler) alternatives(r *objective.Rule) []cond {
	if r.Any == nil {
		return []cond{c.cond(r)}
	}
	var list []cond
	for i := range r.Any {
		list = append(list, c.alternatives(&r.Any[i])...)
	}
	return list
}

func (c *compiler) cond(r *objective.Rule) cond {
	switch {
	case r.All != nil:
		return cond{op: condAll, kids: c.conds(r.All)}
	case r.Any != nil:
		return cond{op: condAny, kids: c.conds(r.Any)}
	case r.Not != nil:
		return cond{op: condNot, kids: []cond{c.cond(r.Not)}}
	}
	leaf := cond{op: condLeaf}
	for _, p := range r.Like {
		k := patternKey{r.Attr, p.Op, p.Text}
		if p.Op != objective.Regexp {
			k.text = fold(k.text)
		}
		id, known := c.ids[k]
		if !known {
			id = int32(len(c.ids))
			c.ids[k] = id
			c.patterns[r.Attr] = append(c.patterns[r.Attr], k)
		}
		leaf.atoms = append(leaf.atoms, id)
	}
	return leaf
}

func (c *compiler) conds(rules []objective.Rule) []cond {
	kids := make([]cond, len(rules))
	for i := range rules {
		kids[i] = c.cond(&rules[i])
	}
	return kids
}

func (r *Rules) compileAttributes(c *compiler) error {
	for name, patterns := range c.patterns {
		a := attribute{
			name:   name,
			exact:  make(map[string][]int32),
			unique: name == objective.AttrTitle || name == objective.AttrKey,
		}
		var rest []scanned
		for _, k := range patterns {
			id := c.ids[k]
			switch k.op {
			case objective.Exact:
				a.exact[k.text] = append(a.exact[k.text], id)
			case objective.Glob:
				s := scanned{id: id, atom: &atom{glob: k.text}}
				if l := globLiteral(k.text); l != "" {
					s.literals = []string{l}
				}
				rest = append(rest, s)
			case objective.Regexp:
				re, err := regexp.Compile(k.text)
				if err != nil {
					return fmt.Errorf("compile pattern of attribute %q: %w", name, err)
				}
				rest = append(rest, scanned{id, &atom{re: re}, regexpLiterals(k.text)})
			}
		}
		if len(rest) > 0 {
			a.scan = newScanner(rest)
		}
		r.attrs = append(r.attrs, a)
	}
	slices.SortFunc(r.attrs, func(a, b attribute) int { return strings.Compare(a.name, b.name) })
	return nil
}

// index files each clause under atoms of which one must hold. Of several
// choices it takes the atoms that the fewest rules use: they hold for the
// fewest items.
func (r *Rules) index() {
	uses := make([]int, r.atoms)
	for i := range r.clauses {
		countUses(&r.clauses[i].cond, uses)
	}
	r.byAtom = make([][]int32, r.atoms)
	for i := range r.clauses {
		guard, ok := guardOf(&r.clauses[i].cond, uses)
		if !ok {
			r.always = append(r.always, int32(i))
			continue
		}
		for _, a := range guard {
			if list := r.byAtom[a]; len(list) == 0 || list[len(list)-1] != int32(i) {
				r.byAtom[a] = append(list, int32(i))
			}
		}
	}
}

func countUses(c *cond, uses []int) {
	for _, a := range c.atoms {
		uses[a]++
	}
	for i := range c.kids {
		countUses(&c.kids[i], uses)
	}
}

// guardOf returns atoms of which at least one holds whenever the condition
// does, and whether there are such.
func guardOf(c *cond, uses []int) ([]int32, bool) {
	switch c.op {
	case condLeaf:
		return c.atoms, true
	case condAny:
		var all []int32
		for i := range c.kids {
			g, ok := guardOf(&c.kids[i], uses)
			if !ok {
				return nil, false
			}
			all = append(all, g...)
		}
		return all, true
	case condAll:
		var best []int32
		found, cost := false, 0
		for i := range c.kids {
			g, ok := guardOf(&c.kids[i], uses)
			if !ok {
				continue
			}
			sum := 0
			for _, a := range g {
				sum += uses[a]
			}
			if !found || sum < cost {
				best, cost, found = g, sum, true
			}
		}
		return best, found
	}
	return nil, false
}

// ticketProject returns the project of a folded key that is shaped like
// "pay-7".
func ticketProject(key string) (string, bool) {
	dash := strings.LastIndexByte(key, '-')
	if dash < 1 || dash == len(key)-1 || key[0] < 'a' || key[0] > 'z' {
		return "", false
	}
	for i := 1; i < dash; i++ {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return "", false
		}
	}
	for i := dash + 1; i < len(key); i++ {
		if key[i] < '0' || key[i] > '9' {
			return "", false
		}
	}
	return key[:dash], true
}

// Known reports whether a key is that of a ticket whose project exists
// whatever is stored: one of Set.Projects, or of a key that an objective
// names.
func (r *Rules) Known(key string) bool {
	p, ok := ticketProject(fold(key))
	return ok && r.projects[p]
}

// BadOverrides returns the overrides whose target is neither an objective nor
// a bucket. They have no effect.
func (r *Rules) BadOverrides(overrides []store.Override) []store.Override {
	var bad []store.Override
	for _, o := range overrides {
		if _, ok := r.target(o.To); !ok {
			bad = append(bad, o)
		}
	}
	return bad
}
