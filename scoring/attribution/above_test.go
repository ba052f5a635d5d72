package attribution

import (
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
)

// What a work is part of follows the nearest kind of link, through copies and
// commits, and never leads to itself or to what is gone.
func TestAbove(t *testing.T) {
	rules, err := Compile(&objective.Set{})
	if err != nil {
		t.Fatal(err)
	}
	g := NewGraph(rules, nil, Options{})
	no := story(t, g, `
		Tepic =PAY-1
		Tstory =PAY-2 parent>PAY-1
		Tother =PAY-3
		Tgone =PAY-4 !deleted
		Tlost =PAY-5 parent>PAY-4
		Tnowhere =PAY-6 parent>PAY-99
		Tself =PAY-7 parent>PAY-7
		Pone =a/b#1 implements>PAY-2 closes>PAY-3
		Ptwo =a/b#2 closes>PAY-3
		Pthree =a/b#3
		Ccarried =a/b@1 part_of>a/b#3 implements>PAY-2
		Calone =a/b@2 implements>PAY-3
		Dthread =C1/1 discusses>a/b#1
		Dmention =C1/2 mentions>PAY-1
	`)
	for name, want := range map[string]string{
		"Tepic": "", "Tstory": "Tepic", "Tlost": "", "Tnowhere": "", "Tself": "", "Pone": "Tstory", "Ptwo": "Tother",
		"Pthree": "Tstory", "Ccarried": "Tstory", "Calone": "Tother", "Dthread": "Pone", "Dmention": "",
	} {
		if got := g.Above(no[name]); got != no[want] {
			t.Errorf("above %s is item %d, want %q (%d)", name, got, want, no[want])
		}
	}
	if g.Above(0) != 0 || g.Above(999) != 0 {
		t.Error("something is above what is not known")
	}
}
