package attribution

import (
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// In a circle a work's own rule holds before what its links would bring. When
// the circle breaks, the links hold again, though nothing they lead to moved.
func TestResolveAfterACircleBroke(t *testing.T) {
	set := &objective.Set{Objectives: []objective.Objective{
		{ID: "o1", Match: like("label", "a")}, {ID: "o2", Match: like("label", "b")}}}
	rules, err := Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	item := func(key, label, closes string) *store.Item {
		it := &store.Item{Source: "hub", ID: key, Kind: store.KindTicket, Keys: []string{key},
			Attrs: map[string][]string{"label": {label}}}
		if closes != "" {
			it.Links = []store.Link{{Kind: store.LinkCloses, Key: closes}}
		}
		return it
	}
	g := NewGraph(rules, nil, Options{})
	g.Set(1, item("PAY-1", "a", "PAY-2"))
	g.Set(2, item("PAY-2", "b", "PAY-3"))
	g.Set(3, item("PAY-3", "", "PAY-1"))
	g.Resolve()
	if a := g.Of(1); a.Method != Rule || a.Shares[0].Objective != 0 {
		t.Fatalf("in the circle PAY-1 is %+v, want its own rule", a)
	}
	g.Set(3, item("PAY-3", "", ""))
	g.Resolve()
	if a := g.Of(1); a.Method != Inherited || a.Shares[0].Objective != 1 {
		t.Errorf("after the circle PAY-1 is %+v, want what PAY-2 has", a)
	}
}

func TestMembersOfAWork(t *testing.T) {
	rules, err := Compile(&objective.Set{})
	if err != nil {
		t.Fatal(err)
	}
	g := NewGraph(rules, nil, Options{})
	g.Set(1, &store.Item{Source: "hub", ID: "c", Kind: store.KindCommit, Keys: []string{"a/b@1"}})
	g.Set(2, &store.Item{Source: "hub", ID: "p", Kind: store.KindChange, Keys: []string{"a/b#1"},
		Links: []store.Link{{Kind: store.LinkContains, Key: "a/b@1"}}})
	g.Resolve()
	for _, no := range []uint64{1, 2} {
		if m := g.Members(no); len(m) != 2 || m[0] != 2 || m[1] != 1 {
			t.Errorf("members of %d are %v", no, m)
		}
	}
	if m := g.Members(9); len(m) != 1 || m[0] != 9 {
		t.Errorf("members of an unknown item are %v", m)
	}
}
