package profile

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/stat"
)

func dimension(name string, badness, weight float64) Dimension {
	return Dimension{name, stat.Known(badness, 10), weight}
}

func TestIndexEdges(t *testing.T) {
	missing := Dimension{"m", stat.Insufficient(1, "few"), 3}
	for _, c := range []struct {
		name     string
		of       []Dimension
		status   stat.Status
		value    float64
		dominant string
	}{
		{"nothing", nil, stat.Undefined, 0, ""},
		{"no weight", []Dimension{dimension("a", 0.5, 0), dimension("b", 1, -1), dimension("c", 1, math.NaN()), dimension("d", 1, math.Inf(1))}, stat.Undefined, 0, ""},
		{"one", []Dimension{dimension("a", 0.5, 9)}, stat.OK, 0.5, "a"},
		{"all healthy", []Dimension{dimension("a", 0, 1), dimension("b", 0, 1)}, stat.OK, 0, ""},
		{"all at their worst", []Dimension{dimension("a", 1, 1), dimension("b", 1, 1)}, stat.OK, 0.98, "a"},
		{"70 % known", []Dimension{dimension("a", 0.5, 7), missing}, stat.OK, 0.5, "a"},
		{"less known", []Dimension{dimension("a", 0.5, 6.9), missing}, stat.InsufficientData, 0, ""},
		{"all missing", []Dimension{missing}, stat.InsufficientData, 0, ""},
		{"the larger weight dominates", []Dimension{dimension("a", 0.5, 1), dimension("b", 0.5, 2)}, stat.OK, 0.5, "b"},
	} {
		got := IndexOf(c.of, nil)
		if got.Status != c.status || math.Abs(got.Value-c.value) > 1e-12 || got.Dominant != c.dominant || got.Bounded {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestWorstAndDominant(t *testing.T) {
	if got := IndexOf([]Dimension{dimension("a", 0.4, 1)}, nil); math.Abs(got.Worst-0.4) > 1e-12 || math.Abs(got.Arithmetic-0.4) > 1e-12 {
		t.Errorf("one: %+v", got)
	}
	got := IndexOf([]Dimension{dimension("a", 0.9, 1), dimension("b", 0.1, 3), dimension("c", 0.5, 1)}, nil)
	if got.Dominant != "a" || math.Abs(got.Worst-0.7) > 1e-12 || math.Abs(got.Arithmetic-0.34) > 1e-12 {
		t.Errorf("three: %+v", got)
	}
}

// The range of the weights is that of all combinations, and holds the index. A
// dimension that gets worse never makes the index better.
func TestIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var of []Dimension
		for i := range rapid.IntRange(1, 6).Draw(t, "dimensions") {
			of = append(of, dimension(fmt.Sprint(i), rapid.Float64Range(0, 1).Draw(t, "badness"), rapid.Float64Range(0.01, 1).Draw(t, "weight")))
		}
		got := IndexOf(of, nil)
		least, most := got.Value, got.Value
		for corner := range uint(1) << len(of) {
			moved := slices.Clone(of)
			for i := range moved {
				moved[i].Weight *= 0.5 + float64(corner>>i&1)
			}
			v := IndexOf(moved, nil).Value
			least, most = min(least, v), max(most, v)
		}
		if math.Abs(got.Least-least) > 1e-9 || math.Abs(got.Most-most) > 1e-9 {
			t.Fatalf("%v to %v, all corners give %v to %v", got.Least, got.Most, least, most)
		}
		if got.Value < 0 || got.Value > 0.98+1e-12 || got.Arithmetic > got.Value+0.02+1e-12 {
			t.Fatalf("%+v", got)
		}
		i := rapid.IntRange(0, len(of)-1).Draw(t, "which")
		of[i].Badness.Value = rapid.Float64Range(of[i].Badness.Value, 1).Draw(t, "worse")
		if worse := IndexOf(of, nil); worse.Value < got.Value-1e-12 {
			t.Fatalf("%v after %v", worse.Value, got.Value)
		}
	})
}

func TestReplicates(t *testing.T) {
	of := []Dimension{dimension("a", 0.5, 1), dimension("b", 0.5, 1)}
	var replicates [][]float64
	for i := range 101 {
		v := float64(i) / 100
		replicates = append(replicates, []float64{v, v})
	}
	replicates = append(replicates, []float64{math.NaN(), math.NaN()}, []float64{1}, nil)
	got := IndexOf(of, replicates)
	if !got.Bounded || math.Abs(got.Lower-0.05) > 1e-9 || math.Abs(got.Upper-0.95) > 1e-9 {
		t.Errorf("%+v", got)
	}
	if got := IndexOf(of, replicates[:19]); got.Bounded {
		t.Errorf("nineteen draws: %+v", got)
	}
}

func TestPlace(t *testing.T) {
	team := func(value, n float64) Share { return Share{value, n, true} }
	placed, pool := Place([]Share{team(0.5, 9), team(0.6, 9), {Value: 0.1, NEff: 9}, team(0.3, 0)})
	for i, p := range placed {
		if p.Status != stat.InsufficientData || pool.Shrunk != nil {
			t.Errorf("team %d of two with a value: %+v", i, p)
		}
	}
	if three, _ := Place([]Share{team(0.5, 9), team(0.6, 9), team(0.7, 9)}); !three[0].OK() || three[0].N != 9 {
		t.Errorf("three teams: %+v", three)
	}
	placed, pool = Place([]Share{team(0.62, 400), team(0.6, 400), team(0.61, 400), {}, team(0.05, 30)})
	if placed[3].Status != stat.Undefined || !placed[4].OK() || len(placed) != 5 {
		t.Errorf("%+v", placed)
	}
	if odd := placed[4]; !(odd.Value > 0.05 && odd.Value < pool.Mean) || odd.Lower > odd.Value {
		t.Errorf("%+v, mean %v", odd, pool.Mean)
	}
	if p := Funnel(0.05, 30, 0.61, 0); !p.Odd || !p.Extreme {
		t.Errorf("%+v", p)
	}
	if p := Funnel(0.05, 30, 0.61, 0.5); p.Odd {
		t.Errorf("teams differ anyway: %+v", p)
	}
	if p := Funnel(0.99, 30, 0.61, 0); !p.Odd || !p.Extreme {
		t.Errorf("%+v", p)
	}
}
