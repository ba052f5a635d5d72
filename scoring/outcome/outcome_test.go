package outcome

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

func series(values ...float64) stat.Weekly {
	w := make(stat.Weekly, len(values))
	for i, v := range values {
		w[i] = stat.Point{Week: i, Value: v}
	}
	return w
}

func measured(w stat.Weekly) []Measured {
	list := make([]Measured, len(w))
	for i, p := range w {
		list[i] = Measured{Point: p}
	}
	return list
}

func rise(n int, from, step float64) stat.Weekly {
	w := make(stat.Weekly, n)
	for i := range w {
		w[i] = stat.Point{Week: i, Value: from + step*float64(i)}
	}
	return w
}

func constant(n int, value float64) stat.Weekly { return rise(n, value, 0) }

func TestResultSeries(t *testing.T) {
	weeks := measured(rise(5, 1, 1))
	weeks[0].Query, weeks[1].Query, weeks[2].Query = 7, 9, 7
	weeks[3].Query, weeks[4].Query = 7, 7
	if got := (Result{Weeks: weeks}).Series(); len(got) != 3 || got[0].Week != 2 || got[0].Value != 3 {
		t.Errorf("after the last change of the query: %v", got)
	}
	if got := (Result{Weeks: weeks, Down: true}).Series(); len(got) != 3 || got[2].Value != -5 {
		t.Errorf("less is better: %v", got)
	}
	if got := (Result{}).Series(); got != nil {
		t.Errorf("nothing measured: %v", got)
	}
}

func TestRequiredSlope(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Result
		want float64
		ok   bool
	}{
		{"no target", Result{Now: 3, WeeksLeft: 4}, 0, false},
		{"up", Result{HasTarget: true, Target: 10, Now: 2, WeeksLeft: 4}, 2, true},
		{"down", Result{HasTarget: true, Target: 2, Now: 10, WeeksLeft: 4, Down: true}, -2, true},
		{"met", Result{HasTarget: true, Target: 10, Now: 12, WeeksLeft: 4}, 0, true},
		{"met going down", Result{HasTarget: true, Target: 10, Now: 8, WeeksLeft: 4, Down: true}, 0, true},
		{"just met going down", Result{HasTarget: true, Target: 10, Now: 10, WeeksLeft: 4, Down: true}, 0, true},
		{"hours left", Result{HasTarget: true, Target: 10, Now: 9, WeeksLeft: 0.5}, 2, true},
		{"none left", Result{HasTarget: true, Target: 10, Now: 9}, 0, false},
		{"met after the due date", Result{HasTarget: true, Target: 10, Now: 10}, 0, true},
		{"missed", Result{HasTarget: true, Target: 10, Now: 9, WeeksLeft: -1}, 0, false},
	} {
		if got, ok := c.r.RequiredSlope(); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v", c.name, got, ok)
		}
	}
}

func TestStalled(t *testing.T) {
	busyWeeks := constant(12, 10/12.0)
	for _, c := range []struct {
		name   string
		in     Input
		status stat.Status
		value  float64
	}{
		{"seven weeks", Input{Until: 6, Effort: busyWeeks, Result: Result{Weeks: measured(constant(7, 5))}}, stat.InsufficientData, 0},
		{"nothing measured", Input{Until: 11, Effort: busyWeeks}, stat.InsufficientData, 0},
		{"flat", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(constant(12, 5))}}, stat.OK, 1},
		{"flat at 0", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(constant(12, 0))}}, stat.OK, 1},
		{"eight weeks", Input{Until: 7, Effort: constant(8, 10/8.0), Result: Result{Weeks: measured(constant(8, 5))}}, stat.OK, 1},
		{"rises through 0", Input{Until: 10, Effort: busyWeeks, Result: Result{Weeks: measured(rise(11, -5, 1))}}, stat.OK, 0},
		{"nobody works on it", Input{Until: 11, Effort: constant(12, 9.9/12), Result: Result{Weeks: measured(constant(12, 5))}}, stat.OK, 0},
		{"rises by 2 % of its median in a quarter", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(rise(12, 99.9, 2.02/13))}}, stat.OK, 0},
		{"rises by less", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(rise(12, 99.9, 1.98/13))}}, stat.OK, 1},
		{"falls by more, and less is better", Input{Until: 11, Effort: busyWeeks, Result: Result{Down: true, Weeks: measured(rise(12, 99.9, -2.02/13))}}, stat.OK, 0},
		{"more than half of the pace", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(rise(12, 50, 0.26)), HasTarget: true, Now: 53, Target: 58, WeeksLeft: 10}}, stat.OK, 0},
		{"less than half of the pace", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(rise(12, 50, 0.24)), HasTarget: true, Now: 53, Target: 58, WeeksLeft: 10}}, stat.OK, 1},
		{"less than half of the pace down", Input{Until: 11, Effort: busyWeeks, Result: Result{Down: true, Weeks: measured(rise(12, 50, -0.24)), HasTarget: true, Now: 47, Target: 42, WeeksLeft: 10}}, stat.OK, 1},
		{"the wrong way", Input{Until: 11, Effort: busyWeeks, Result: Result{Down: true, Weeks: measured(rise(12, 50, 1)), HasTarget: true, Now: 61, Target: 42, WeeksLeft: 10}}, stat.OK, 1},
		{"flat at its target", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(constant(12, 5)), HasTarget: true, Now: 5, Target: 5}}, stat.OK, 0},
		{"flat below a missed target", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(constant(12, 5)), HasTarget: true, Now: 5, Target: 9}}, stat.OK, 1},
		{"a ratio near its target", Input{Until: 11, Effort: busyWeeks, Result: Result{Ratio: true, Weeks: measured(rise(12, 0.95, 0.0025)), HasTarget: true, Now: 0.9775, Target: 0.978, WeeksLeft: 3}}, stat.OK, 0},
		// Three weeks at half of the pace would do on the plain scale, but the
		// last points before 1 are the hardest.
		{"a ratio near 1", Input{Until: 11, Effort: busyWeeks, Result: Result{Weeks: measured(rise(12, 0.95, 0.0025)), HasTarget: true, Now: 0.9775, Target: 0.99, WeeksLeft: 3}}, stat.OK, 0},
		{"the same as a ratio", Input{Until: 11, Effort: busyWeeks, Result: Result{Ratio: true, Weeks: measured(rise(12, 0.95, 0.0025)), HasTarget: true, Now: 0.9775, Target: 0.99, WeeksLeft: 3}}, stat.OK, 1},
		{"and its complement", Input{Until: 11, Effort: busyWeeks, Result: Result{Ratio: true, Down: true, Weeks: measured(rise(12, 0.05, -0.0025)), HasTarget: true, Now: 0.0225, Target: 0.01, WeeksLeft: 3}}, stat.OK, 1},
	} {
		got := Stalled(c.in)
		if got.Status != c.status || got.Value != c.value {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestDivergence(t *testing.T) {
	output := rise(12, 4, 1)
	for _, c := range []struct {
		name        string
		in          Input
		status      stat.Status
		value, flag float64
	}{
		{"output only", Input{Until: 11, Output: output, Result: Result{Weeks: measured(series(5, 5, 6, 5, 5, 4, 5, 6, 5, 5, 4, 5))}}, stat.OK, 1, 1},
		{"both", Input{Until: 11, Output: output, Result: Result{Weeks: measured(rise(12, 50, 1))}}, stat.OK, 0, 0},
		{"neither", Input{Until: 11, Output: rise(12, 20, -1), Result: Result{Weeks: measured(rise(12, 50, -1))}}, stat.OK, 0, 0},
		{"effort instead of output", Input{Until: 11, Output: rise(12, 20, -1), Effort: rise(12, 1, 1), Result: Result{Weeks: measured(rise(12, 50, -1))}}, stat.OK, 0, 1},
		{"constant outcome", Input{Until: 11, Output: output, Result: Result{Weeks: measured(constant(12, 50))}}, stat.Undefined, 0, 1},
		{"noise is no evidence", Input{Until: 11, Output: output, Result: Result{Weeks: measured(series(50, 90, 20, 70, 40, 95, 30, 80, 60, 10, 85, 55))}}, stat.OK, 1, 0},
	} {
		got := DivergenceOf(c.in)
		if got.Status != c.status || !got.Flag.OK() || got.Flag.Value != c.flag {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.name != "output only" && c.name != "noise is no evidence" && math.Abs(got.Value-c.value) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got.Value, c.value)
		}
	}
}

// The outcome trails the output by the lag: weeks 0 to 11 of the output are held
// against weeks 4 to 15 of the outcome.
func TestDivergenceWaitsForTheLag(t *testing.T) {
	output, result := rise(16, 4, 1), constant(16, 50)
	for i := 12; i < 16; i++ {
		output[i].Value = -99 // too new to show in the outcome
	}
	for i := range result {
		result[i].Value += float64(i % 3)
	}
	in := Input{Until: 15, Output: output, Result: Result{Weeks: measured(result), Lag: DefaultLag}}
	if got := DivergenceOf(in); got.Output.Tau != 1 || got.Outcome.N != 12 {
		t.Errorf("%+v", got)
	}
	in.Result.Lag = 0
	if got := DivergenceOf(in); got.Output.Tau > 0.5 {
		t.Errorf("without a lag the newest weeks count: %+v", got.Output)
	}
	in.Result.Lag = 8
	if got := DivergenceOf(in); !got.OK() || !got.Flag.OK() || got.N != 8 || got.Alertable || got.Flag.Alertable {
		t.Errorf("eight weeks are left: %+v", got)
	}
	in.Result.Lag = 9
	if got := DivergenceOf(in); got.Status != stat.InsufficientData || got.Flag.Status != stat.InsufficientData || got.N != 7 {
		t.Errorf("seven weeks are left: %+v", got)
	}
}

func TestDivergenceBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (w stat.Weekly) {
			for i := range 14 {
				if rapid.IntRange(0, 4).Draw(t, "there") > 0 {
					w = append(w, stat.Point{Week: i, Value: float64(rapid.IntRange(-5, 5).Draw(t, name))})
				}
			}
			return w
		}
		in := Input{Until: 13, Output: draw("output"), Effort: draw("effort"), Result: Result{Weeks: measured(draw("outcome")), Lag: 1}}
		got, stall := DivergenceOf(in), Stalled(in)
		for _, e := range []stat.Estimate{got.Estimate, got.Flag, stall} {
			if math.IsNaN(e.Value) || e.Value < 0 || e.Value > 1 || (e.Reason == "") != e.OK() {
				t.Fatalf("%+v", e)
			}
		}
		if got.Flag.OK() && got.Flag.N < 8 || stall.OK() && stall.N < 8 || got.Alertable && got.N < 12 {
			t.Fatalf("%+v, %+v", got, stall)
		}
		// The flag's outcome half is the stall's.
		if got.Flag.Value == 1 && stall.Value == 0 && sum(in.Effort.Last(Weeks, 13)) >= busy {
			t.Fatalf("flagged, not stalled: %+v", got)
		}
	})
}

func sum(w stat.Weekly) (all float64) {
	for _, p := range w {
		all += p.Value
	}
	return all
}

func TestDegradation(t *testing.T) {
	falling := rise(12, 20, -1)
	for _, c := range []struct {
		name  string
		spent stat.Weekly
		yield stat.Weekly
		want  stat.Estimate
	}{
		{"steady effort", constant(12, 40), falling, stat.Known(1, 12)},
		{"more effort", rise(12, 40, 1), falling, stat.Known(1, 12)},
		{"less effort", rise(12, 40, -1), falling, stat.Known(0, 12)},
		{"steady yield", rise(12, 40, 1), constant(12, 3), stat.Known(0, 12)},
		{"eleven weeks", constant(12, 40), falling[1:], stat.Known(1, 11).AlertFrom(12)},
	} {
		if got := DegradationOf(c.spent, c.yield, 11); got.Estimate != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := DegradationOf(constant(12, 40), falling[5:], 11); got.Status != stat.InsufficientData || got.N != 7 {
		t.Errorf("seven weeks: %+v", got)
	}
	if got := DegradationOf(constant(12, 40), falling[4:], 11); !got.OK() || got.N != 8 {
		t.Errorf("eight weeks: %+v", got)
	}
	yield := WeeklyYield(series(4, 0, 6, 9), stat.Weekly{{Week: 0, Value: 0.5}, {Week: 1, Value: 5}, {Week: 2, Value: 0}})
	if len(yield) != 2 || yield[0].Value != 80 || yield[1].Value != 0 || yield[1].Week != 1 {
		t.Errorf("yield %v", yield)
	}
}

func TestFunnel(t *testing.T) {
	if got := OutputYield(3, 0); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
	if got := OutputYield(3, 39*effort.PersonDay); got.Alertable || !got.OK() {
		t.Errorf("39 person-days: %+v", got)
	}
	if _, ok := (Path{1, 2, 3, 3}).Progress(); ok || OutcomeYield(Path{1, 2, 3, 3}, effort.PersonDay).Status != stat.Undefined {
		t.Error("there is no way to go")
	}
	if got := OutcomeYield(Path{From: 8, To: 6, Baseline: 10, Target: 5}, 10*effort.PersonDay); math.Abs(got.Value-0.4) > 1e-12 {
		t.Errorf("less is better: %+v", got)
	}
	if got := OutcomeYield(Path{From: 8, To: 6, Baseline: 10, Target: 5}, 0); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
	for done, want := range map[int]stat.Status{0: stat.Undefined, 9: stat.InsufficientData, 10: stat.OK} {
		if got := NoiseOutput(0, done); got.Status != want {
			t.Errorf("%d done: %+v", done, got)
		}
	}
}

func TestPredictability(t *testing.T) {
	// Strays by 2 around a rising line in the first 12 weeks, by 1 in the next.
	w := rise(24, 0, 3)
	for i := range w {
		off := 2.0
		if i >= 12 {
			off = 1
		}
		w[i].Value += off * []float64{1, -1, -1, 1}[i%4]
	}
	r := Result{Weeks: measured(w)}
	before, last := ResidualSpread(r, 11), ResidualSpread(r, 23)
	if got := Predictability(last, before); !got.OK() || math.Abs(got.Value-0.5) > 0.1 || got.N != 12 || !got.Alertable {
		t.Errorf("%+v over %+v is %+v", last, before, got)
	}
	zero := stat.Known(0, 12)
	if got := Predictability(zero, zero); got.Status != stat.Undefined {
		t.Errorf("0/0: %+v", got)
	}
	if got := Predictability(stat.Known(1, 12), zero); !math.IsInf(got.Value, 1) || !got.OK() {
		t.Errorf("1/0: %+v", got)
	}
	if got := ResidualSpread(r, 7); !got.OK() || got.Alertable {
		t.Errorf("eight weeks: %+v", got)
	}
	few := ResidualSpread(r, 6)
	if few.Status != stat.InsufficientData || Predictability(last, few).Status != stat.InsufficientData || Predictability(few, last).Status != stat.InsufficientData {
		t.Errorf("seven weeks: %+v", few)
	}
	if got := Predictability(stat.Known(1, 9).AlertFrom(12), stat.Known(2, 12)); got.Alertable || got.N != 9 {
		t.Errorf("nine weeks: %+v", got)
	}
}

func TestProxy(t *testing.T) {
	// The local metric rises all the time, by steps that the north star follows
	// until week 27 and opposes from then on.
	steps := []float64{3, 1, 4, 1.5, 5, 9, 2, 6, 5.3, 3.5, 8, 9.7, 7, 9.3, 2.3, 8.4}
	var local, north stat.Weekly
	a, b := 0.0, 0.0
	for week := range 53 {
		step := steps[week%len(steps)] + float64(week)/100
		a += step
		if week <= 26 {
			b += step
		} else {
			b -= step
		}
		local, north = append(local, stat.Point{Week: week, Value: a}), append(north, stat.Point{Week: week, Value: b})
	}
	got := ProxyOf(local, north, 52)
	if !got.OK() || !got.Decoupled || math.Abs(got.Value-2) > 1e-9 || got.Earlier.Pairs != 26 || got.Later.Pairs != 26 {
		t.Errorf("%+v", got)
	}
	if got := ProxyOf(local, local, 52); got.Decoupled || math.Abs(got.Value) > 1e-9 {
		t.Errorf("with itself: %+v", got)
	}
	if got := ProxyOf(north, local, 52); got.Decoupled {
		t.Errorf("a falling metric deceives nobody: %+v", got)
	}
	if got := ProxyOf(local, constant(53, 1), 52); got.Status != stat.Undefined {
		t.Errorf("a constant north star: %+v", got)
	}
	for i := range north {
		if i >= 27 {
			north[i].Value = north[26].Value
		}
	}
	if got := ProxyOf(local, north, 52); got.Status != stat.Undefined {
		t.Errorf("a north star that stands still: %+v", got)
	}
	if got := ProxyOf(local[7:], north, 52); got.Status != stat.InsufficientData || got.N != 19 {
		t.Errorf("19 changes: %+v", got)
	}
	if got := ProxyOf(local[6:], local, 52); !got.OK() || got.N != 20 {
		t.Errorf("20 changes: %+v", got)
	}
	if got := ProxyOf(nil, nil, 52); got.Status != stat.InsufficientData {
		t.Errorf("nothing: %+v", got)
	}
}
