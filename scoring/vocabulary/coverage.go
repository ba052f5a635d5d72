package vocabulary

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// minItems is the fewest items that a share of them can be told of.
const minItems = 10

// Coverage is score G3: the share of the declared terms of an objective that
// occur at least once in the team's items for it. It works from the first item
// on. N is the number of items; it is undefined without declared terms and
// without items.
func Coverage(declared []Term, items []Document) stat.Estimate {
	items = byKey(items)
	terms, seen := 0, 0
	for _, t := range declared {
		if len(t.Keys) == 0 {
			continue
		}
		terms++
		for i := range items {
			if t.In(&items[i]) > 0 {
				seen++
				break
			}
		}
	}
	switch {
	case terms == 0:
		return stat.NotDefined("no terms are declared")
	case len(items) == 0:
		return stat.NotDefined("no items of the objective in this window")
	}
	e := stat.Known(float64(seen)/float64(terms), len(items))
	return e.AlertFrom(minItems)
}

// Breach is the other half of G3: the share of the items of an objective that
// match what it excludes, by a term or by its rule, with its Wilson interval. It
// needs 10 items and is undefined where nothing is excluded; ruled says that the
// objective excludes anything by a rule.
func Breach(excluded []Term, ruled bool, items []Document) stat.Estimate {
	if len(excluded) == 0 && !ruled {
		return stat.NotDefined("nothing is excluded")
	}
	items = byKey(items)
	breaches := 0
	for i := range items {
		if Breaches(excluded, &items[i]) {
			breaches++
		}
	}
	return stat.Proportion(breaches, len(items), minItems, "items of the objective")
}

// Breaches reports whether an item matches what its objective excludes, by a
// term or by its rule.
func Breaches(excluded []Term, item *Document) bool {
	return item.Excluded || slices.ContainsFunc(excluded, func(t Term) bool { return t.In(item) > 0 })
}
