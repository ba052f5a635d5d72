package attribution

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Test vector T6 of the score specification, through the graph.
func TestVectorT6(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors map[string]json.RawMessage
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	var v struct {
		Input struct {
			Edges     [][3]any
			Threshold float64
		}
		Expected map[string]any
	}
	if err := json.Unmarshal(vectors["TV-T6_link_propagation"], &v); err != nil {
		t.Fatal(err)
	}
	kindOf := map[float64]store.LinkKind{1: store.LinkImplements, .7: store.LinkDiscusses, .3: store.LinkRelates}
	items := make(map[string]*store.Item)
	for _, e := range v.Input.Edges {
		from, to := e[0].(string), e[1].(string)
		if items[from] == nil {
			items[from] = &store.Item{Kind: store.KindTicket, ID: from, Keys: []string{from}}
		}
		items[from].Links = append(items[from].Links, store.Link{Kind: kindOf[e[2].(float64)], Key: to})
	}
	rules := compile(t, objective.Set{Objectives: []objective.Objective{{ID: "O2", Keys: []string{"O2"}}}})
	for _, threshold := range []float64{v.Input.Threshold, 0.25} {
		g := NewGraph(rules, nil, Options{Threshold: threshold})
		numbers := make(map[string]uint64)
		for name, item := range items {
			numbers[name] = uint64(len(numbers) + 1)
			g.Set(numbers[name], item)
		}
		g.Resolve()
		for name, want := range v.Expected {
			product, isProduct := want.(float64)
			if !isProduct {
				continue
			}
			mapped := product >= threshold
			if got := g.Of(numbers[name]).Bucket == Objective; got != mapped {
				t.Errorf("threshold %v: %s is mapped: %v, want %v", threshold, name, got, mapped)
			}
			if got := g.Explain(numbers[name]).Strength; mapped && got != product {
				t.Errorf("threshold %v: %s has %v, want %v", threshold, name, got, product)
			}
		}
		if got := g.Of(numbers["T8"]).Bucket == Objective; threshold == v.Input.Threshold && got != v.Expected["T8_mapped"] {
			t.Errorf("T8 is mapped: %v, want %v", got, v.Expected["T8_mapped"])
		}
	}
}
