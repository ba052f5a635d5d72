package focus

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

const day = effort.PersonDay

func TestDiversityEdges(t *testing.T) {
	five := func(e effort.Micro) (rows []Carry) {
		for p := range 5 {
			rows = append(rows, Carry{p, 1, e})
		}
		return rows
	}
	for _, c := range []struct {
		name        string
		rows        []Carry
		gamma, beta stat.Status
		value       float64
		alertable   bool
	}{
		{"nothing", nil, stat.Undefined, stat.Undefined, 0, false},
		{"no effort", []Carry{{1, 1, 0}, {2, 1, -5}}, stat.Undefined, stat.Undefined, 0, false},
		{"four persons", five(10 * day)[1:], stat.OK, stat.Suppressed, 1, true},
		{"a fifth without effort", append(five(10 * day)[1:], Carry{9, 2, 0}), stat.OK, stat.Suppressed, 1, true},
		{"five persons", five(10 * day), stat.OK, stat.OK, 1, true},
		{"39 person-days", five(8*day - 1), stat.OK, stat.OK, 1, false},
	} {
		got := DiversityOf(c.rows, 5)
		if got.Gamma.Status != c.gamma || got.Alpha.Status != c.beta || got.Beta.Status != c.beta ||
			got.Gamma.Value != c.value || got.Gamma.Alertable != c.alertable {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// α ≤ γ = α·β, neither depends on the order of rows, on the numbers or on how
// the rows are cut, and one person's mix is that person's.
func TestDiversity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows, cut []Carry
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			r := Carry{rapid.IntRange(0, 3).Draw(t, "person"), uint64(rapid.IntRange(0, 4).Draw(t, "workstream")), effort.Micro(rapid.IntRange(1, 9).Draw(t, "effort"))}
			rows = append(rows, r)
			cut = append(cut, Carry{-r.Person, r.Workstream + 7, r.Effort / 2}, Carry{-r.Person, r.Workstream + 7, r.Effort - r.Effort/2})
		}
		got, again := DiversityOf(rows, 1), DiversityOf(rapid.Permutation(cut).Draw(t, "order"), 1)
		if got != again {
			t.Fatalf("%+v, in another order %+v", got, again)
		}
		a, b, g := got.Alpha.Value, got.Beta.Value, got.Gamma.Value
		if a < 1-1e-12 || b < 1 || g < a-1e-9 || math.Abs(a*b-g) > 1e-9 {
			t.Fatalf("α %v, β %v, γ %v", a, b, g)
		}
		for i := range rows {
			rows[i].Person = 0
		}
		if one := DiversityOf(rows, 1); math.Abs(one.Alpha.Value-one.Gamma.Value) > 1e-9 {
			t.Fatalf("one person: %+v", one)
		}
	})
}

func TestFocusEdges(t *testing.T) {
	for _, c := range []struct {
		name   string
		effort []effort.Micro
		want   stat.Status
		value  float64
	}{
		{"nothing", []effort.Micro{0, -1}, stat.Undefined, 0},
		{"one person-day", []effort.Micro{day}, stat.InsufficientData, 0},
		{"two person-days", []effort.Micro{2 * day}, stat.OK, 1},
		{"one workstream", []effort.Micro{9 * day}, stat.OK, 1},
		{"each day another", slices.Repeat([]effort.Micro{day}, 9), stat.OK, 0},
	} {
		got := FocusOf(c.effort)
		if got.Concentration.Status != c.want || math.Abs(got.Concentration.Value-c.value) > 1e-12 {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.name == "each day another" && !(got.Unbiased > 1e9) || c.name == "one workstream" && got.Evenness != 1 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestPareto(t *testing.T) {
	for _, c := range []struct {
		name string
		of   []effort.Micro
		ok   bool
		want float64
	}{
		{"none", nil, false, 0},
		{"no effort", []effort.Micro{0, 0}, false, 0},
		{"one", []effort.Micro{day}, true, 1},
		{"five", []effort.Micro{1, 1, 6, 1, 1}, true, 0.6},
		{"six have two at the top", []effort.Micro{1, 1, 3, 1, 3, 1}, true, 0.6},
		{"idle ones count", []effort.Micro{2, 1, 1, 0, 0, 0}, true, 0.75},
	} {
		if got := ParetoShare(c.of); got.OK() != c.ok || math.Abs(got.Value-c.want) > 1e-12 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := ActiveObjectives([]bool{true, false, true}); got.Value != 2 || got.N != 3 {
		t.Errorf("%+v", got)
	}
}

func TestRisen(t *testing.T) {
	series := func(values ...float64) (w stat.Weekly) {
		for i, v := range values {
			w = append(w, stat.Point{Week: i, Value: v})
		}
		return w
	}
	eight := slices.Repeat([]float64{2}, 8)
	for _, c := range []struct {
		name         string
		w            stat.Weekly
		until        int
		risen, known bool
	}{
		{"by a quarter", series(append(eight, 2.5)...), 8, true, true},
		{"by less", series(append(eight, 2.49)...), 8, false, true},
		{"seven weeks", series(append(eight[1:], 9)...), 7, false, false},
		{"not measured now", series(append(eight, 2.5)...), 9, false, false},
		{"too long ago", series(append(eight, 2.5)...), 35, false, false},
	} {
		if risen, known := Risen(c.w, c.until); risen != c.risen || known != c.known {
			t.Errorf("%s: %v %v", c.name, risen, known)
		}
	}
}

func TestRootOf(t *testing.T) {
	nodes := map[uint64]Node{}
	for _, n := range []Node{
		{No: 1, Epic: true, Ticket: true, Above: 2},                      // an epic within
		{No: 2, Ticket: true},                                            // an initiative
		{No: 3, Ticket: true, Above: 1}, {No: 4, Ticket: true, Above: 3}, // a story and its task
		{No: 5, Above: 4, Group: 900},                                             // a change for the task
		{No: 6, Ticket: true}, {No: 7, Ticket: true, Above: 6}, {No: 8, Above: 7}, // without an epic
		{No: 9, Group: 901}, {No: 10, Above: 9, Group: 902}, // a change and its commit
		{No: 11, Above: 99, Group: 903},                                      // leads to nobody
		{No: 12, Ticket: true, Above: 13}, {No: 13, Ticket: true, Above: 12}, // a circle
		{No: 14, Above: 13, Group: 904},                                  // that leads into it
		{No: 15, Above: 16, Group: 906}, {No: 16, Above: 15, Group: 905}, // a circle of changes
		{No: 17, Ticket: true, Above: 17}, {No: 18, Above: 6, Ticket: false, Group: 907},
	} {
		nodes[n.No] = n
	}
	find := func(no uint64) (Node, bool) { n, ok := nodes[no]; return n, ok }
	for no, want := range map[uint64]uint64{
		1: 1, 2: 2, 3: 1, 4: 1, 5: 1, 6: 6, 7: 6, 8: 6, 9: 901, 10: 901, 11: 903,
		12: 12, 13: 12, 14: 12, 15: 906, 16: 906, 17: 17, 18: 6,
	} {
		if got := RootOf(nodes[no], find); got != want {
			t.Errorf("the root of %d is %d, want %d", no, got, want)
		}
	}
}

func TestUnplanned(t *testing.T) {
	good := Workstream{First: 100, Early: 2 * day, Members: 1}
	with := func(change func(*Workstream)) Workstream { w := good; change(&w); return w }
	for _, c := range []struct {
		name string
		w    Workstream
		want bool
	}{
		{"new", good, true},
		{"on the last day", with(func(w *Workstream) { w.First = 107 }), true},
		{"after the window", with(func(w *Workstream) { w.First = 108 }), false},
		{"before it", with(func(w *Workstream) { w.First = 99 }), false},
		{"never worked on", with(func(w *Workstream) { w.First = objective.NoDate }), false},
		{"planned", with(func(w *Workstream) { w.Planned = true }), false},
		{"too little", with(func(w *Workstream) { w.Early-- }), false},
		{"by others", with(func(w *Workstream) { w.Members = 0 }), false},
	} {
		if got := c.w.Unplanned(100, 107); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if got := UnplannedRate(nil, 100, 99); got.Status != stat.Undefined {
		t.Errorf("no day: %+v", got)
	}
	if got := UnplannedRate(nil, objective.NoDate, 99); got.Status != stat.Undefined {
		t.Errorf("no window: %+v", got)
	}
	if got := UnplannedRate([]Workstream{good}, 100, 106); got.Value != 1 || !(got.Lower < 1 && got.Upper > 1) {
		t.Errorf("one in a week: %+v", got)
	}
	if got := UnplannedEffort(nil, 0); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
	if got := UnplannedEffort([]Piece{{Effort: 39 * day, Created: objective.NoDate}}, 0); got.Value != 0 || got.Alertable {
		t.Errorf("created nobody knows when: %+v", got)
	}
}

func TestPeopleAreSuppressed(t *testing.T) {
	members := []int{1, 2, 3, 4, 5}
	touched := []Touched{{1, 7}, {1, 7}, {1, 8}, {2, 7}, {99, 1}}
	if got := WIP(members, touched, 5); got.Value != 0 || got.N != 5 || got.Alertable {
		t.Errorf("most touch nothing: %+v", got)
	}
	if got := WIP([]int{1, 1, 2}, touched, 2); got.Value != 1.5 {
		t.Errorf("two members: %+v", got)
	}
	if got := WIP(append(members, 5, 5), touched, 6); got.Status != stat.Suppressed {
		t.Errorf("a member named twice is one: %+v", got)
	}
	if got := WIP(nil, touched, 5); got.Status != stat.Undefined {
		t.Errorf("nobody: %+v", got)
	}
	var days []PersonDay
	for p := range 8 {
		days = append(days, PersonDay{p, 4}, PersonDay{p, 0})
	}
	mean, split := ItemsPerDay(days, 5)
	if mean.Value != 4 || split.Value != 1 || mean.N != 8 || !mean.Alertable || !split.Alertable {
		t.Errorf("%+v %+v", mean, split)
	}
	if mean, _ := ItemsPerDay(days[8:], 5); mean.Status != stat.Suppressed {
		t.Errorf("four persons: %+v", mean)
	}
	if mean, _ := ItemsPerDay([]PersonDay{{1, 0}}, 5); mean.Status != stat.Undefined {
		t.Errorf("no day of work: %+v", mean)
	}
}
