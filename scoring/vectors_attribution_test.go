package scoring_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func attributionVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-T6": vectorPropagation,
	}
}

// An edge of the vector leads from one item to another with a weight.
type edge struct {
	From, To string
	Weight   float64
}

func (e *edge) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.From, &e.To, &e.Weight})
}

// linkOf returns the kind of link that has a weight by default.
func linkOf(t *testing.T, weight float64) store.LinkKind {
	t.Helper()
	for _, kind := range []store.LinkKind{store.LinkParent, store.LinkDiscusses, store.LinkRelates} {
		if attribution.DefaultWeights()[kind] == weight {
			return kind
		}
	}
	t.Fatalf("no link weighs %v", weight)
	return ""
}

func vectorPropagation(t *testing.T, v vector) {
	in := decode[struct {
		Edges     []edge
		Threshold float64
	}](t, v.Input)
	want := decode[struct {
		PR9     float64 `json:"PR9"`
		THREAD1 float64 `json:"THREAD1"`
		T8      float64 `json:"T8"`
		Mapped  bool    `json:"T8_mapped"`
	}](t, v.Expected)
	if in.Threshold != attribution.DefaultThreshold {
		t.Errorf("the threshold is %v, want %v", attribution.DefaultThreshold, in.Threshold)
	}
	const target = "O2" // an edge to it makes its start stand for the objective
	set := objective.Set{Objectives: []objective.Objective{{ID: "o2"}}}
	items := map[string]*store.Item{}
	for _, e := range in.Edges {
		item := &store.Item{Source: "s", ID: e.From, Kind: store.KindTicket, Keys: []string{e.From}}
		if e.To == target {
			set.Objectives[0].Keys = []string{e.From}
		} else {
			item.Links = []store.Link{{Kind: linkOf(t, e.Weight), Key: e.To}}
		}
		items[e.From] = item
	}
	explain := func(threshold float64) map[string]attribution.Explanation {
		rules, err := attribution.Compile(&set)
		if err != nil {
			t.Fatal(err)
		}
		g := attribution.NewGraph(rules, nil, attribution.Options{Threshold: threshold})
		names := slices.Sorted(maps.Keys(items))
		for i, name := range names {
			g.Set(uint64(i+1), items[name])
		}
		g.Resolve()
		found := map[string]attribution.Explanation{}
		for i, name := range names {
			found[name] = g.Explain(uint64(i + 1))
		}
		return found
	}
	mapped := func(x attribution.Explanation) bool { return x.Attribution.Bucket == attribution.Objective }

	// Paths below the threshold have no strength, so it is lowered to see it.
	low, shipped := explain(0.1), explain(in.Threshold)
	same(t, "PR9", low["PR9"].Strength, want.PR9)
	same(t, "THREAD1", low["THREAD1"].Strength, want.THREAD1)
	same(t, "T8", low["T8"].Strength, want.T8)
	if mapped(shipped["T8"]) != want.Mapped || !mapped(shipped["PR9"]) || !mapped(shipped["THREAD1"]) {
		t.Errorf("mapped: T8 %v, PR9 %v, THREAD1 %v", mapped(shipped["T8"]), mapped(shipped["PR9"]), mapped(shipped["THREAD1"]))
	}
}
