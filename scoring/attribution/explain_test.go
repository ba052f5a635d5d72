package attribution

import (
	"reflect"
	"testing"

	"github.com/workdrift/workdrift/store"
)

func TestOverrideAndItsWithdrawal(t *testing.T) {
	rules := world(t)
	g := NewGraph(rules, nil, Options{})
	numbers := story(t, g, `
		T1 =PAY-1 parent>EPIC-1
		P1 =a/b#1 implements>PAY-1
		P2 =a/b#2 #a
		D1 =chan/1 discusses>a/b#1`)
	before := states(g, numbers)
	g.SetOverrides([]store.Override{{Key: "pay-1", To: "o2", Role: "lead"}})
	changed := g.Resolve()
	want := []uint64{numbers["T1"], numbers["P1"], numbers["D1"]}
	if !reflect.DeepEqual(changed, want) {
		t.Errorf("the override changed %v, want %v", changed, want)
	}
	for name, expected := range map[string]string{"T1": "o2 override", "P1": "o2 inherited", "D1": "o2 inherited",
		"P2": "o1+o3 rule"} {
		if got := show(g.Of(numbers[name]), rules.Set()); got != expected {
			t.Errorf("%s: %s, want %s", name, got, expected)
		}
	}
	g.SetOverrides(nil)
	if again := g.Resolve(); !reflect.DeepEqual(again, want) {
		t.Errorf("its withdrawal changed %v, want %v", again, want)
	}
	if after := states(g, numbers); !reflect.DeepEqual(after, before) {
		t.Errorf("after its withdrawal %v, before it %v", after, before)
	}
}

func TestBadOverrides(t *testing.T) {
	list := []store.Override{{Key: "A-1", To: "o1"}, {Key: "A-2", To: "stopped"}, {Key: "A-3", To: "excluded"},
		{Key: "A-4", To: "o9"}}
	if got := world(t).BadOverrides(list); !reflect.DeepEqual(got, []store.Override{list[1], list[3]}) {
		t.Errorf("%v", got)
	}
}

func TestExplain(t *testing.T) {
	rules := world(t)
	g := NewGraph(rules, []store.Override{{Key: "OVER-1", To: "o3", Role: "portfolio"}}, Options{})
	n := story(t, g, `
		T1 =PAY-1 parent>EPIC-1
		T2 =EPIC-1
		P1 =a/b#1 implements>PAY-1 contains>a/b@1
		C1 =a/b@1
		D1 =chan/1 discusses>a/b#1
		P2 =a/b#2 #a #run
		P3 =a/b#3 parent>EPIC-2
		T3 =OVER-1
		P4 =a/b#4 closes>OVER-1
		P5 =a/b#5`)
	for _, tt := range []struct {
		name     string
		rule     string
		strength float64
		path     []Step
	}{
		{"C1", "key EPIC-1", 1, []Step{{From: n["C1"], To: n["P1"], Weight: 1},
			{From: n["P1"], To: n["T1"], Kind: "implements", Weight: 1}, {From: n["T1"], To: n["T2"], Kind: "parent", Weight: 1},
			{From: n["T2"], Key: "EPIC-1", Weight: 1}}},
		{"D1", "key EPIC-1", .7, []Step{{From: n["D1"], To: n["P1"], Kind: "discusses", Weight: .7},
			{From: n["P1"], To: n["T1"], Kind: "implements", Weight: 1}, {From: n["T1"], To: n["T2"], Kind: "parent", Weight: 1},
			{From: n["T2"], Key: "EPIC-1", Weight: 1}}},
		{"P2", "run work on call", 1, nil},
		{"P3", "key EPIC-2", 1, []Step{{From: n["P3"], Key: "EPIC-2", Kind: "parent", Weight: 1}}},
		{"P4", "override by portfolio", 1, []Step{{From: n["P4"], To: n["T3"], Kind: "closes", Weight: 1}}},
		{"P5", "", 0, nil},
	} {
		got := g.Explain(n[tt.name])
		if got.Rule != tt.rule || got.Strength != tt.strength || !reflect.DeepEqual(got.Path, tt.path) {
			t.Errorf("%s: %+v\nwant %q %v %+v", tt.name, got, tt.rule, tt.strength, tt.path)
		}
		if !reflect.DeepEqual(got.Attribution, g.Of(n[tt.name])) || got.Work != g.Work(n[tt.name]) {
			t.Errorf("%s: explained %+v, is %+v", tt.name, got.Attribution, g.Of(n[tt.name]))
		}
	}
	if got := g.Explain(99); !reflect.DeepEqual(got, Explanation{Work: 99}) {
		t.Errorf("a number that was never set: %+v", got)
	}
}
