package structure

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// noisy makes weekly values around levels, each for a number of weeks.
func noisy(random *stat.Random, levels ...[2]float64) (w stat.Weekly) {
	for _, l := range levels {
		for range int(l[1]) {
			noise := 0.0
			for range 12 { // nearly normal, with a standard deviation of .02
				noise += 0.02 * (float64(random.IntN(1e6))/1e6 - 0.5)
			}
			w = append(w, stat.Point{Week: len(w), Value: l[0] + noise})
		}
	}
	return w
}

func TestOnlineLearnsAnew(t *testing.T) {
	var series stat.Weekly
	for week := range 100 {
		level := 0.6
		if week >= 40 && week < 80 {
			level = 0.5
		}
		series = append(series, stat.Point{Week: week, Value: level + []float64{0.02, -0.01, 0, 0.01, -0.02}[week%5]})
	}
	alarms, known := Ratios().Online(series, 99)
	if len(alarms) != 2 || !known {
		t.Fatalf("%+v, known %v", alarms, known)
	}
	down, up := alarms[0], alarms[1]
	if down.Up || down.Week < 40 || down.Week > 42 || down.Onset < 38 || down.Onset > down.Week || math.Abs(down.Centre-0.6) > 0.02 {
		t.Errorf("%+v", down)
	}
	if !up.Up || up.Week < 80 || up.Week > 82 || math.Abs(up.Centre-0.5) > 0.02 {
		t.Errorf("%+v", up)
	}
}

// What was told of a week stays, whatever comes later.
func TestOnlineDoesNotLookAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var series stat.Weekly
		at := 0
		for range rapid.IntRange(0, 70).Draw(t, "weeks") {
			at += rapid.SampledFrom([]int{1, 1, 1, 3}).Draw(t, "step")
			series = append(series, stat.Point{Week: at, Value: rapid.SampledFrom([]float64{0.4, 0.5, 0.5, 0.52, 0.9}).Draw(t, "value")})
		}
		all, _ := Ratios().Online(series, at)
		for _, p := range series {
			part, _ := Ratios().Online(series, p.Week)
			before := slices.DeleteFunc(slices.Clone(all), func(a Alarm) bool { return a.Week > p.Week })
			if !slices.Equal(part, before) {
				t.Fatalf("until week %d: %+v, later %+v", p.Week, part, before)
			}
		}
	})
}

func TestOnlineEdges(t *testing.T) {
	flat := make(stat.Weekly, 27)
	for i := range flat {
		flat[i] = stat.Point{Week: i, Value: 0.5}
	}
	if alarms, known := Ratios().Online(flat[:26], 26); alarms != nil || known {
		t.Errorf("26 weeks: %v %v", alarms, known)
	}
	if alarms, known := Ratios().Online(flat, 26); alarms != nil || !known {
		t.Errorf("27 weeks: %v %v", alarms, known)
	}
	// A MAD of 0 has the floor: 0.045 is 4.5 of it, and less 0.5 the limit.
	for value, want := range map[float64]int{0.5449: 0, 0.546: 1, 0.454: 1} {
		flat[26].Value = value
		if alarms, _ := Ratios().Online(flat, 26); len(alarms) != want || want == 1 && alarms[0].Up != (value > 0.5) {
			t.Errorf("%v: %+v", value, alarms)
		}
	}
	if alarms, known := Ratios().Online(nil, 3); alarms != nil || known {
		t.Errorf("nothing: %v %v", alarms, known)
	}
}

func TestOffline(t *testing.T) {
	random := stat.Random(4)
	for _, c := range []struct {
		name   string
		series stat.Weekly
		weeks  []int
	}{
		{"one shift", noisy(&random, [2]float64{0.6, 30}, [2]float64{0.5, 30}), []int{30}},
		{"two", noisy(&random, [2]float64{0.6, 30}, [2]float64{0.5, 30}, [2]float64{0.7, 30}), []int{30, 60}},
		{"too small to matter", noisy(&random, [2]float64{0.6, 60}, [2]float64{0.56, 60}), nil},
		{"none", noisy(&random, [2]float64{0.6, 60}), nil},
		{"three weeks only", noisy(&random, [2]float64{0.6, 60}, [2]float64{0.2, 3}), nil},
		{"longer ago than three years", noisy(&random, [2]float64{0.6, 30}, [2]float64{0.5, 160}), nil},
	} {
		shifts, ok := Ratios().Offline(c.series, len(c.series)-1)
		var weeks []int
		for _, s := range shifts {
			weeks = append(weeks, s.Week)
			if s.Test.P >= 0.001 || math.Abs(s.After-s.Before-s.Test.Delta) > 1e-12 {
				t.Errorf("%s: %+v", c.name, s)
			}
		}
		if !ok || !slices.Equal(weeks, c.weeks) {
			t.Errorf("%s: shifts in %v", c.name, weeks)
		}
	}
	if _, ok := Ratios().Offline(noisy(&random, [2]float64{0.6, 7}), 6); ok {
		t.Error("seven weeks are enough")
	}
	if cuts, cost := Ratios().Segments(nil); cuts != nil || cost != 0 {
		t.Errorf("nothing: %v %v", cuts, cost)
	}
	if shifts, ok := Ratios().Offline(noisy(&random, [2]float64{0.6, 8}), 7); !ok || shifts != nil {
		t.Errorf("eight weeks: %v %v", shifts, ok)
	}
}

func TestAlign(t *testing.T) {
	shift := Shift{Week: 2870}
	monday := shift.Day()
	if monday.Weekday() != 1 || stat.WeekOf(int(monday)) != 2870 {
		t.Fatalf("week 2870 begins on %s", monday)
	}
	known := func(kind Kind, scope string, day int) Change {
		return Change{kind, scope, monday - 1000, monday + objective.Date(day)}
	}
	log := []Change{
		known(Rank, "o1", -22), known(Target, "o1", -21), known(Text, "o1", 3), known(Due, "o1", 4),
		known(Membership, "core", -1), known(Membership, "web", -1), known(Config, "", 2),
		{State, "o1", monday, monday - 60}, // known long before it was effective
	}
	got := Align([]Shift{shift}, log, "core", "o1")[0]
	var kinds []Kind
	for _, c := range got.Candidates {
		kinds = append(kinds, c.Kind)
	}
	if want := []Kind{State, Membership, Config, Text, Target}; !slices.Equal(kinds, want) {
		t.Errorf("candidates are %v, want %v", kinds, want)
	}
	if want := Chance(6); got.Chance != want || got.Weight != 1-want { // all but what came later and other teams'
		t.Errorf("chance %v of %v", got.Chance, want)
	}
	alone := Align([]Shift{shift, shift}, log[3:4], "o1")
	if c := alone[0]; c.Candidates != nil || c.Chance != 0 || c.Weight != 0 {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		shifts []Shift
		status stat.Status
		want   float64
	}{{nil, stat.Undefined, 0}, {alone, stat.OK, 1}, {[]Shift{alone[0], got}, stat.OK, 0.5}} {
		if e := UnexplainedShifts(c.shifts); e.Status != c.status || e.Value != c.want {
			t.Errorf("%+v", e)
		}
	}
}

func TestChance(t *testing.T) {
	last := -1.0
	for n := range 40 {
		c := Chance(n)
		if c <= last || c >= 1 {
			t.Errorf("chance of %d is %v after %v", n, c, last)
		}
		last = c
	}
	if Chance(0) != 0 || Chance(-3) != 0 {
		t.Error("without changes there is no chance")
	}
	for chance, want := range map[float64]int{0: 0, 0.049: 1, 0.05: 2, 0.2: 2, 0.9: 29, 1: -1} {
		if got := MatchesNeeded(chance); got != want {
			t.Errorf("%v: %d matches", chance, got)
		}
	}
}
