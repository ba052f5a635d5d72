package scoring_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

func phaseVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-P1":  vectorPhases,
		"TV-P1b": vectorPhases,
		"TV-P2":  vectorPhases,
		"TV-P3":  vectorCreep,
		"TV-P4":  vectorDecoupling,
	}
}

func vectorPhases(t *testing.T, v vector) {
	in := decode[struct {
		F, V, G []*float64
		Rule    prose
		Hi, Lo  map[string]float64
	}](t, v.Input)
	want := decode[struct{ Phase []phase.Phase }](t, v.Expected)
	for i, name := range []string{"F", "V", "G"} {
		if in.Hi != nil && (phase.High(i) != in.Hi[name] || phase.Low(i) != in.Lo[name]) {
			t.Errorf("%s has thresholds %v and %v", name, phase.High(i), phase.Low(i))
		}
	}
	const first = 2870
	var blocks []phase.Block
	for i := range in.F {
		b := phase.Block{Week: first + i}
		for indicator, values := range [][]*float64{in.F, in.V, in.G} {
			if i < len(values) && values[i] != nil {
				b.Readings[indicator] = phase.Reading{Value: *values[i], Known: true}
			}
		}
		blocks = append(blocks, b)
	}
	var states []phase.State
	var s phase.State
	for _, b := range blocks {
		s = s.Next(b)
		states = append(states, s)
	}
	if len(states) != len(want.Phase) {
		t.Fatalf("%d states, want %d", len(states), len(want.Phase))
	}
	for i, s := range states {
		if s.Phase != want.Phase[i] || s.Week != first+i {
			t.Errorf("block %d is %s in week %d, want %s", i, s.Phase, s.Week, want.Phase[i])
		}
	}
}

func vectorCreep(t *testing.T, v vector) {
	in := decode[struct {
		Alpha     []json.RawMessage `json:"alpha_N1"`
		Unplanned [3]float64        `json:"new_ws_per_week"`
		Top       [3]float64        `json:"top3"`
		Shadow    [3]float64        `json:"shadow_share"`
	}](t, v.Input)
	want := decode[struct {
		Parts []float64
		F     float64
	}](t, v.Expected)
	// Good and bad of α are in words: "good 2.0".
	alpha := decode[float64](t, in.Alpha[0])
	ends := [3]float64{alpha}
	for i, name := range []string{"good ", "bad "} {
		number, ok := strings.CutPrefix(decode[string](t, in.Alpha[i+1]), name)
		defined(t, ok)
		ends[i+1] = decode[float64](t, json.RawMessage(strings.TrimSuffix(number, ".0")))
	}
	creep := phase.Creep{
		Alpha: stat.Known(ends[0], 40), Unplanned: stat.Known(in.Unplanned[0], 6),
		Top: stat.Known(in.Top[0], 40), Shadow: stat.Known(in.Shadow[0], 40),
	}
	known(t, "F", phase.CreepOf(creep), want.F)
	for i, part := range creep.Parts() {
		known(t, "part", part, want.Parts[i])
	}
	// The scales that the vector names are those of the indicator.
	for at, value := range map[int]float64{1: 0, 2: 1} {
		creep := phase.Creep{
			Alpha: stat.Known(ends[at], 40), Unplanned: stat.Known(in.Unplanned[at], 6),
			Top: stat.Known(in.Top[at], 40), Shadow: stat.Known(in.Shadow[at], 40),
		}
		for _, part := range creep.Parts() {
			known(t, "end of a scale", part, value)
		}
	}
}

func vectorDecoupling(t *testing.T, v vector) {
	in := decode[struct {
		Weights map[string]float64 `json:"green_rank_weights"`
		Green   []string
		Live    []string `json:"with_outcome"`
		Stalled []string
	}](t, v.Input)
	want := decode[struct {
		G      float64
		N      int `json:"n_green_with_outcome"`
		Status string
	}](t, v.Expected)
	byID := map[string]*phase.Stand{}
	for id, weight := range in.Weights {
		byID[id] = &phase.Stand{Weight: weight}
	}
	for _, id := range in.Green {
		byID[id].Green = true
	}
	for _, id := range in.Live {
		byID[id].Live = true
	}
	for _, id := range in.Stalled {
		byID[id].Stalled = true
	}
	var stands []phase.Stand
	for _, id := range []string{"O1", "O2", "O3", "O4"} {
		stands = append(stands, *byID[id])
	}
	got := phase.DecouplingOf(stands, false)
	if !strings.HasPrefix(want.Status, string(got.Status)) || got.OK() || got.N != want.N {
		t.Errorf("%+v, want %s", got, want.Status)
	}
	// With an outcome of the whole organisation the same share is published.
	known(t, "G", phase.DecouplingOf(stands, true), want.G)
}
