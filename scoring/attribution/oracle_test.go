package attribution

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An oracle follows the words of the specification, one item after the other,
// for items whose links only lead to earlier ones.
type oracle struct {
	set      *objective.Set
	items    []store.Item
	resolved []oracleResult
}

type oracleResult struct {
	what     string // as show writes it, without the method
	ids      []string
	strength float64
	method   string
}

func (o *oracle) keyObjectives(key string) (ids []string) {
	for _, objective := range o.set.Objectives {
		if slices.ContainsFunc(objective.Keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			ids = append(ids, objective.ID)
		}
	}
	return ids
}

func (o *oracle) resolve(item *store.Item) oracleResult {
	var explicit []string
	for _, k := range item.Keys {
		explicit = append(explicit, o.keyObjectives(k)...)
	}
	weights := map[store.LinkKind]float64{"implements": 1, "closes": 1, "parent": 1, "discusses": .7}
	best, ids, bucket := 0.0, []string(nil), ""
	for _, l := range item.Links {
		if l.Kind == store.LinkImplements || l.Kind == store.LinkCloses {
			explicit = append(explicit, o.keyObjectives(l.Key)...)
		}
		for _, r := range o.targets(l.Key) {
			product := weights[l.Kind] * r.strength
			if product < .5 || product < best-1e-9 {
				continue
			}
			if product > best+1e-9 {
				best, ids, bucket = product, nil, ""
			}
			ids = append(ids, r.ids...)
			if r.ids == nil && bucket != "run_work" {
				bucket = r.what
			}
		}
	}
	switch {
	case explicit != nil:
		return result(explicit, "", 1, "explicit")
	case best > 0:
		return result(ids, bucket, best, "inherited")
	}
	return o.rule(item)
}

// targets returns what a key leads to: stored items, else an objective.
func (o *oracle) targets(key string) (list []oracleResult) {
	for i := range o.resolved {
		if slices.ContainsFunc(o.items[i].Keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			list = append(list, o.resolved[i])
		}
	}
	if ids := o.keyObjectives(key); list == nil && ids != nil {
		list = append(list, oracleResult{ids: ids, strength: 1})
	}
	return list
}

func (o *oracle) rule(item *store.Item) oracleResult {
	for _, r := range o.set.NonGoals {
		if naive(&r.Rule, item) {
			return result(nil, "excluded", 1, "rule")
		}
	}
	for _, r := range o.set.RunWork {
		if naive(&r.Rule, item) {
			return result(nil, "run_work", 1, "rule")
		}
	}
	var ids []string
	excluded := false
	for _, objective := range o.set.Objectives {
		out := objective.Excludes != nil && naive(objective.Excludes, item)
		excluded = excluded || out
		if !out && naive(objective.Match, item) {
			ids = append(ids, objective.ID)
		}
	}
	switch {
	case ids != nil:
		return result(ids, "", 1, "rule")
	case excluded:
		return result(nil, "excluded", 1, "rule")
	}
	return result(nil, "unknown", 0, "none")
}

func result(ids []string, bucket string, strength float64, method string) oracleResult {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if ids != nil {
		bucket = strings.Join(ids, "+")
	}
	return oracleResult{bucket, ids, strength, method}
}

func TestGraphEqualsOracle(t *testing.T) {
	rules := world(t)
	labels := rapid.SampledFrom([]string{"a", "b", "x", "run", "no", "other", "other", "other"})
	rapid.Check(t, func(t *rapid.T) {
		o := &oracle{set: rules.Set()}
		g := NewGraph(rules, nil, Options{})
		n := rapid.IntRange(1, 15).Draw(t, "items")
		epics, taken := []string{"EPIC-1", "EPIC-2", "EPIC-3"}, make(map[string]bool)
		for i := range n {
			item := store.Item{ID: fmt.Sprint(i), Kind: store.KindTicket, Keys: []string{fmt.Sprintf("PAY-%d", i)}}
			if epic := rapid.IntRange(0, 20).Draw(t, "epic"); epic < len(epics) && !taken[epics[epic]] {
				// No two items hold one key: they would be one work. And none
				// holds a key that an earlier one linked to.
				item.Keys = append(item.Keys, epics[epic])
				taken[epics[epic]] = true
			}
			item.Attrs = map[string][]string{"label": rapid.SliceOfN(labels, 0, 2).Draw(t, "labels")}
			for range rapid.IntRange(0, 3).Draw(t, "links") {
				key := rapid.SampledFrom([]string{"EPIC-1", "epic-2", "EPIC-3", "UTF-8"}).Draw(t, "objective")
				taken[strings.ToUpper(key)] = true
				if i > 0 && rapid.IntRange(0, 5).Draw(t, "stored") > 0 {
					key = fmt.Sprintf("pay-%d", rapid.IntRange(0, i-1).Draw(t, "to"))
				}
				kind := rapid.SampledFrom([]store.LinkKind{store.LinkImplements, store.LinkCloses, store.LinkParent,
					store.LinkDiscusses, store.LinkDiscusses, store.LinkRelates, store.LinkMentions, store.LinkBlocks})
				item.Links = append(item.Links, store.Link{Kind: kind.Draw(t, "kind"), Key: key})
			}
			o.items = append(o.items, item)
			o.resolved = append(o.resolved, o.resolve(&item))
		}
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}).Draw(t, "order") {
			if i < n {
				g.Set(uint64(i+1), &o.items[i])
				if rapid.Bool().Draw(t, "resolve") {
					g.Resolve()
				}
			}
		}
		g.Resolve()
		for i, want := range o.resolved {
			x := g.Explain(uint64(i + 1))
			if got := show(x.Attribution, rules.Set()); got != want.what+" "+want.method {
				t.Fatalf("item %d: %s, want %s %s", i, got, want.what, want.method)
			}
			if math.Abs(x.Strength-want.strength) > 1e-9 {
				t.Fatalf("item %d: strength %v, want %v", i, x.Strength, want.strength)
			}
			checkPath(t, x, uint64(i+1))
		}
	})
}

// A path is unbroken, its weights multiply to the strength, and it names what
// decided.
func checkPath(t *rapid.T, x Explanation, from uint64) {
	product := 1.0
	for _, s := range x.Path {
		if s.From != from {
			t.Fatalf("path %+v breaks at %d", x.Path, from)
		}
		from, product = s.To, product*s.Weight
	}
	if x.Strength > 0 && math.Abs(product-x.Strength) > 1e-9 {
		t.Fatalf("path %+v does not multiply to %v", x.Path, x.Strength)
	}
	if (x.Rule == "") != (x.Attribution.Method == None) {
		t.Fatalf("%+v names %q", x.Attribution, x.Rule)
	}
	if n := len(x.Path); x.Attribution.Method == Inherited && n == 0 {
		t.Fatal("inherited without a path")
	}
}
