package attribution

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// world is a small set of rules over which random items collide all the time.
func world(t testing.TB) *Rules {
	t.Helper()
	set := &objective.Set{
		Objectives: []objective.Objective{
			{ID: "o1", Keys: []string{"EPIC-1"}, Match: like("label", "a")},
			{ID: "o2", Keys: []string{"EPIC-2", "EPIC-3"}, Match: like("label", "b"), Excludes: like("label", "x")},
			{ID: "o3", Keys: []string{"EPIC-3"}, Match: like("label", "a")},
		},
		RunWork:  []objective.NamedRule{{Name: "on call", Rule: *like("label", "run")}},
		NonGoals: []objective.NamedRule{{Name: "no crypto", Rule: *like("label", "no")}},
	}
	rules, err := Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func like(attr string, values ...string) *objective.Rule {
	r := &objective.Rule{Attr: attr}
	for _, v := range values {
		r.Like = append(r.Like, objective.Pattern{Op: objective.Exact, Text: v})
	}
	return r
}

func anyItem(no int) *rapid.Generator[store.Item] {
	pool := []string{"PAY-1", "PAY-2", "EPIC-1", "EPIC-2", "EPIC-3", "acme/api#1", "Acme/API#1", "acme/api#2",
		"acme/api#3", "acme/api@c1", "acme/api@c2", "acme/api@c3", "old/api#1", "objective:o1", "chan/1", "chan/2"}
	key := rapid.SampledFrom(pool)
	link := rapid.Custom(func(t *rapid.T) store.Link {
		kind := rapid.SampledFrom([]store.LinkKind{store.LinkImplements, store.LinkImplements, store.LinkCloses,
			store.LinkParent, store.LinkParent, store.LinkPartOf, store.LinkContains, store.LinkContains,
			store.LinkDiscusses, store.LinkRelates, store.LinkMentions, store.LinkBlocks}).Draw(t, "kind")
		return store.Link{Kind: kind, Key: key.Draw(t, "to")}
	})
	return rapid.Custom(func(t *rapid.T) store.Item {
		item := store.Item{
			Source: rapid.SampledFrom([]string{"git", "hub"}).Draw(t, "source"),
			ID:     fmt.Sprint("item/", no),
			Kind: rapid.SampledFrom([]store.Kind{store.KindChange, store.KindChange, store.KindCommit, store.KindCommit,
				store.KindTicket, store.KindTicket, store.KindDiscussion, ""}).Draw(t, "kind"),
			Keys:  rapid.SliceOfN(key, 0, 2).Draw(t, "keys"),
			Links: rapid.SliceOfN(link, 0, 4).Draw(t, "links"),
			Gone: rapid.SampledFrom([]store.Gone{"", "", "", "", "", store.GoneMoved, store.GoneDeleted}).
				Draw(t, "gone"),
			Created: time.Unix(int64(rapid.IntRange(0, 2).Draw(t, "created")), 0),
		}
		item.Attrs = map[string][]string{"label": rapid.SliceOfN(
			rapid.SampledFrom([]string{"a", "b", "x", "run", "no", "other", "other", "other"}), 0, 2).Draw(t, "labels")}
		return item
	})
}

func anyOverrides(t *rapid.T) []store.Override {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) store.Override {
		return store.Override{
			Key: rapid.SampledFrom([]string{"PAY-1", "EPIC-1", "ACME/api#1", "acme/api@c1"}).Draw(t, "key"),
			To:  rapid.SampledFrom([]string{"o1", "o2", "run_work", "excluded", "unknown", "nonsense"}).Draw(t, "to"),
			At:  time.Unix(int64(rapid.IntRange(0, 2).Draw(t, "at")), 0),
		}
	}), 0, 2).Draw(t, "overrides")
}

type state struct {
	Att  Attribution
	Work string
}

// states describes a graph by the items' own names, not by their numbers.
func states(g *Graph, numbers map[string]uint64) map[string]state {
	names := make(map[uint64]string)
	for name, no := range numbers {
		names[no] = name
	}
	out := make(map[string]state)
	for name, no := range numbers {
		out[name] = state{g.Of(no), names[g.Work(no)]}
	}
	return out
}

// Whatever the order of arrival and the moments of Resolve, the outcome is
// that of a graph that is built at once from the final items, with other
// numbers; and Resolve names exactly the items whose outcome changed.
func TestOutcomeDependsOnContentOnly(t *testing.T) {
	rules := world(t)
	rapid.Check(t, func(t *rapid.T) {
		options := Options{}
		if rapid.Bool().Draw(t, "weak") {
			options.Threshold = 0.25
		}
		overrides := anyOverrides(t)
		g := NewGraph(rules, overrides, options)
		items := make(map[uint64]store.Item)
		seen := make(map[uint64]state)
		numbers := make(map[string]uint64)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			no := uint64(rapid.IntRange(1, 10).Draw(t, "no"))
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				overrides = anyOverrides(t)
				g.SetOverrides(overrides)
			case 1, 2:
				checkChanged(t, g, g.Resolve(), items, seen)
			default:
				item := anyItem(int(no)).Draw(t, "item")
				if had, ok := items[no]; ok {
					item.Source = had.Source
				}
				items[no] = item
				numbers[item.Source+item.ID] = no
				g.Set(no, &item)
			}
		}
		checkChanged(t, g, g.Resolve(), items, seen)

		fresh := NewGraph(rules, overrides, options)
		renumbered := make(map[string]uint64)
		order := rapid.Permutation([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}).Draw(t, "order")
		for i, was := range order {
			if item, ok := items[uint64(was)]; ok {
				fresh.Set(uint64(i+1), &item)
				renumbered[item.Source+item.ID] = uint64(i + 1)
			}
		}
		fresh.Resolve()
		got, want := states(g, numbers), states(fresh, renumbered)
		for name := range want {
			if !reflect.DeepEqual(got[name], want[name]) {
				t.Fatalf("%s: incrementally %+v, at once %+v", name, got[name], want[name])
			}
		}
		for _, m := range g.mark {
			if m != 0 {
				t.Fatal("Resolve left a mark")
			}
		}
	})
}

func checkChanged(t *rapid.T, g *Graph, changed []uint64, items map[uint64]store.Item, seen map[uint64]state) {
	var want []uint64
	for no := range items {
		now := state{g.Of(no), fmt.Sprint(g.Work(no))}
		if was, ok := seen[no]; !ok || !reflect.DeepEqual(was, now) {
			want = append(want, no)
		}
		seen[no] = now
	}
	slices.Sort(want)
	if !slices.Equal(changed, want) {
		t.Fatalf("Resolve returned %v, changed %v", changed, want)
	}
}
