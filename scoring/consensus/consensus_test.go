package consensus

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/stat"
)

const day = 24 * time.Hour

func at(hours float64) time.Time {
	return time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
}

func TestTalk(t *testing.T) {
	act := func(hours float64, actor string, kind ActKind) Act {
		return Act{Actor: actor, Kind: kind, At: at(hours)}
	}
	machine := func(a Act) Act { a.Automatic = true; return a }
	for _, c := range []struct {
		name string
		acts []Act
		want Talk
	}{
		{"nothing", nil, Talk{}},
		{"only messages", []Act{act(1, "a", Message), act(2, "b", Message), act(3, "a", Message)}, Talk{2, 0, 3}},
		{"one run, answered by the end", []Act{act(1, "a", Review), act(2, "b", Review)}, Talk{2, 1, 2}},
		{"messages do not break a run", []Act{act(1, "a", Review), act(2, "b", Message), act(3, "a", Review)}, Talk{2, 1, 3}},
		{"pushes do", []Act{act(1, "a", Review), act(2, "b", Push), act(3, "a", Review)}, Talk{2, 2, 2}},
		{"in any order", []Act{act(3, "a", Review), act(1, "a", Review), act(2, "b", Push)}, Talk{2, 2, 2}},
		{"machines do not review", []Act{machine(act(1, "x", Review)), machine(act(2, "x", Message))}, Talk{}},
		{"but their pushes answer", []Act{act(1, "a", Review), machine(act(2, "x", Push)), act(3, "a", Review)}, Talk{1, 2, 2}},
		{"nobody is no participant", []Act{act(1, "", Message), act(2, "", Review)}, Talk{0, 1, 2}},
	} {
		if got := TalkOf(c.acts); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Rounds are the reviews right after a push or the beginning, once messages and
// machines' reviews are left out.
func TestRounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var acts []Act
		want, fresh := 0, true
		for i, kind := range rapid.SliceOfN(rapid.SampledFrom([]ActKind{Message, Review, Push}), 0, 20).Draw(t, "kinds") {
			automatic := rapid.Bool().Draw(t, "automatic")
			acts = append(acts, Act{Actor: "a", Kind: kind, At: at(float64(i)), Automatic: automatic})
			if kind == Review && !automatic && fresh {
				want, fresh = want+1, false
			} else if kind == Push {
				fresh = true
			}
		}
		if got := TalkOf(rapid.Permutation(acts).Draw(t, "acts")).Rounds; got != want {
			t.Fatalf("%d rounds, want %d", got, want)
		}
	})
}

func TestJoin(t *testing.T) {
	span := func(from, until float64) Span {
		s := Span{Opened: at(24 * from)}
		if until > 0 {
			s.Closed = at(24 * until)
		}
		return s
	}
	for _, c := range []struct {
		name     string
		in, want []Span
	}{
		{"none", nil, nil},
		{"one", []Span{span(1, 2)}, []Span{span(1, 2)}},
		{"fourteen days later", []Span{span(1, 2), span(16, 17)}, []Span{span(1, 17)}},
		{"later", []Span{span(1, 2), span(16.1, 17)}, []Span{span(1, 2), span(16.1, 17)}},
		{"open again", []Span{span(1, 2), span(3, 0)}, []Span{span(1, 0)}},
		{"twice", []Span{span(1, 2), span(3, 4), span(5, 6)}, []Span{span(1, 6)}},
		{"one within another", []Span{span(1, 9), span(2, 3)}, []Span{span(1, 9)}},
	} {
		if got := Join(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func decision(people, rounds int, opened, closed float64) Decision {
	d := Decision{Span: Span{Opened: at(opened)}, Talk: Talk{Participants: people, Rounds: rounds}}
	if closed >= 0 {
		d.Closed = at(closed)
	}
	return d
}

func TestTrapped(t *testing.T) {
	for _, c := range []struct {
		name   string
		d      Decision
		median time.Duration
		want   bool
	}{
		{"people and rounds", decision(8, 4, 0, 1), 0, true},
		{"people alone", decision(99, 3, 0, 72), 0, false},
		{"rounds alone", decision(7, 99, 0, 72), 0, false},
		{"time alone", decision(7, 3, 0, 999), 0, false},
		{"people and time", decision(8, 0, 0, 72.1), 0, true},
		{"exactly three days", decision(8, 0, 0, 72), 0, false},
		{"twice a slow median", decision(8, 0, 0, 100), 50 * time.Hour, false},
		{"more than twice a slow median", decision(8, 0, 0, 100.1), 50 * time.Hour, true},
		{"open", decision(8, 0, 0, -1), 0, true},
		{"open, not for long", decision(8, 0, 930, -1), 0, false},
		{"taken later than now", decision(8, 0, 930, 2000), 0, false},
	} {
		if got := Trapped(c.d, c.median, at(1000)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTrailingMedian(t *testing.T) {
	half := 26 * 7 * 24.0
	history := []Decision{
		decision(1, 1, 0, 10), decision(1, 1, 0, 20), decision(1, 1, 0, 90), decision(1, 1, 5, -1),
	}
	for _, c := range []struct{ before, want float64 }{
		{10, 0}, {11, 10}, {21, 15}, {91, 20}, {half + 10, 20}, {half + 11, 55}, {half + 91, 0},
	} {
		if got := TrailingMedian(history, at(c.before)).Hours(); got != c.want {
			t.Errorf("before hour %v it is %v, want %v", c.before, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	// A fast team: one hour each, until one takes 80 hours with 8 people, and
	// then a slow one for which that is usual.
	var history []Decision
	for i := range 30 {
		history = append(history, decision(2, 1, float64(24*i), float64(24*i+1)))
	}
	crowd := decision(8, 1, 640, 730)
	history = append(history, crowd)
	for i := range 100 {
		history = append(history, decision(2, 1, float64(800+i), float64(900+i)))
	}
	late := decision(8, 1, 1000, 1090)
	open := decision(8, 1, 1000, -1)
	history = append(history, late, open, decision(9, 9, 5000, -1))
	find := func(judged []Judged, d Decision) *Judged {
		for i := range judged {
			if judged[i].Decision == d {
				return &judged[i]
			}
		}
		return nil
	}
	var before *Judged
	for _, now := range []float64{740, 1100, 1300} {
		judged := Judge(history, at(0), at(now))
		j := find(judged, crowd)
		if j == nil || !j.Trapped || j.Median != time.Hour {
			t.Fatalf("hour %v: %+v", now, j)
		}
		if before != nil && *before != *j {
			t.Errorf("hour %v: %+v was %+v", now, j, before)
		}
		before = j
		for _, other := range judged {
			if other.Opened.After(at(now)) {
				t.Errorf("hour %v: %+v is not known yet", now, other)
			}
		}
	}
	judged := Judge(history, at(731), at(1100))
	if find(judged, crowd) != nil {
		t.Error("a decision taken before the window is in it")
	}
	if j := find(judged, late); j == nil || j.Trapped || j.Median != 100*time.Hour {
		t.Errorf("usual for a slow team: %+v", j)
	}
	if j := find(judged, open); j == nil || j.Trapped {
		t.Errorf("open for 100 hours: %+v", j)
	}
	if j := find(Judge(history, at(731), at(1201)), open); j == nil || !j.Trapped {
		t.Errorf("open for 201 hours: %+v", j)
	}
}

func TestTrapRatio(t *testing.T) {
	judged := slices.Repeat([]Judged{{}}, 9)
	if got := TrapRatio(judged); got.Status != stat.InsufficientData {
		t.Errorf("nine decisions: %+v", got)
	}
	if got := TrapRatio(append(judged, Judged{Trapped: true})); got.Value != 0.1 || got.N != 10 || !got.Bounded {
		t.Errorf("ten decisions: %+v", got)
	}
	if got := TrapRatio(nil); got.Status != stat.Undefined {
		t.Errorf("no decisions: %+v", got)
	}
	if _, ok := TypicalOf(nil, at(0)); ok {
		t.Error("no decisions have a middle one")
	}
}

func TestLatency(t *testing.T) {
	taken := func(n int) (list []Decision) {
		for i := range n {
			list = append(list, decision(1, 1, 0, float64(i+1)))
		}
		return list
	}
	openFor := func(n int) []Decision { return slices.Repeat([]Decision{decision(1, 1, 0, -1)}, n) }
	for _, c := range []struct {
		name    string
		all     []Decision
		status  stat.Status
		atLeast float64
	}{
		{"none", nil, stat.Undefined, 0},
		{"nine", taken(9), stat.InsufficientData, 0},
		{"ten", taken(10), stat.OK, 0},
		{"four taken", append(taken(4), openFor(3)...), stat.InsufficientData, 0},
		{"five of eleven taken, late", append(taken(5), slices.Repeat([]Decision{decision(1, 1, 499, -1)}, 6)...), stat.OK, 0},
		{"four of ten taken", append(taken(4), openFor(6)...), stat.InsufficientData, 500},
		{"half of them open", append(taken(5), openFor(6)...), stat.InsufficientData, 500},
		{"not opened yet", append(taken(9), decision(1, 1, 600, -1)), stat.InsufficientData, 0},
		{"taken later", append(taken(9), decision(1, 1, 0, 600)), stat.OK, 0},
	} {
		got := LatencyOf(c.all, at(500))
		if got.Median.Status != c.status || got.AtLeast != c.atLeast {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		// An open decision more never makes the team look faster.
		all := taken(rapid.IntRange(10, 20).Draw(t, "taken"))
		opened := float64(rapid.IntRange(0, 499).Draw(t, "opened"))
		with, without := LatencyOf(append(slices.Clone(all), decision(1, 1, opened, -1)), at(500)), LatencyOf(all, at(500))
		if !with.Median.OK() || with.Median.Value < without.Median.Value {
			t.Fatalf("%+v with an open one, %+v without", with, without)
		}
	})
}

func TestDebt(t *testing.T) {
	all := []Decision{decision(1, 1, 0, 5), decision(1, 1, 0, -1), decision(1, 1, 10, -1), decision(1, 1, 5000, -1), decision(1, 1, 700, 800)}
	got := DebtOf(all, at(730))
	if got.Open != 3 || got.Old != 1 || math.Abs(got.Seconds-3600*(730+720+30)) > 1e-6 {
		t.Errorf("%+v", got)
	}
	// Many old decisions are more than a time.Duration holds.
	if got := DebtOf(slices.Repeat([]Decision{decision(1, 1, 0, -1)}, 1000), at(0).Add(1000*day)); math.Abs(got.Seconds-1e6*86400) > 1 || got.Old != 1000 {
		t.Errorf("%+v", got)
	}
	if got := DebtOf(nil, at(0)); got != (Debt{}) {
		t.Errorf("%+v", got)
	}
}

func TestTookIsNeverNegative(t *testing.T) {
	if took, taken := decision(1, 1, 10, 5).Took(at(20)); took != 0 || !taken {
		t.Errorf("closed before it was opened: %v %v", took, taken)
	}
	if took, taken := decision(1, 1, 10, -1).Took(at(5)); took != 0 || taken {
		t.Errorf("not opened yet: %v %v", took, taken)
	}
}
