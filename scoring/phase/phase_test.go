package phase

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/stat"
)

func known(v float64) Reading { return Reading{v, true} }

// week is a block with the readings of F, V and G; nil is a missing one.
func week(no int, readings ...any) Block {
	b := Block{Week: no}
	for i, r := range readings {
		if v, ok := r.(float64); ok {
			b.Readings[i] = known(v)
		}
	}
	return b
}

func drawBlocks(t *rapid.T) []Block {
	var blocks []Block
	at := rapid.IntRange(-3, 3).Draw(t, "first")
	for range rapid.IntRange(1, 25).Draw(t, "blocks") {
		b := Block{Week: at}
		for i := range b.Readings {
			if v := rapid.SampledFrom([]float64{-1, 0, 0.25, 0.3, 0.31, 0.49, 0.5, 0.5, 0.9}).Draw(t, "value"); v >= 0 {
				b.Readings[i] = known(v)
			}
		}
		if rapid.IntRange(0, 14).Draw(t, "overridden") == 0 {
			b.Override = rapid.SampledFrom([]Phase{Aligned, FocusCreep, VocabularyGap, TotalDecoupling, Unknown}).Draw(t, "override")
		}
		blocks = append(blocks, b)
		at += rapid.SampledFrom([]int{1, 1, 1, 1, 2, 6}).Draw(t, "step")
	}
	return blocks
}

// Replaying the blocks from the beginning gives what was told live, week by
// week, and what a week told does not depend on later ones.
func TestReplayEqualsLive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := drawBlocks(t)
		var live State
		for i, b := range blocks {
			live = live.Next(b)
			replayed := replay(blocks[:i+1])
			if replayed[len(replayed)-1] != live {
				t.Fatalf("after %d blocks: live %+v, replayed %+v", i+1, live, replayed[len(replayed)-1])
			}
			if live.Next(b) != live || live.Next(Block{Week: b.Week - 1}) != live {
				t.Fatal("an old block changes something")
			}
		}
		all := replay(blocks)
		if n := blocks[len(blocks)-1].Week - blocks[0].Week + 1; len(all) != n {
			t.Fatalf("%d states of %d weeks", len(all), n)
		}
	})
}

// A latch moves only on what it is documented to: an oracle over the last four
// blocks, gaps filled in.
func TestLatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := drawBlocks(t)
		for i := range blocks {
			blocks[i].Override = ""
		}
		byWeek := map[int]Block{}
		for _, b := range blocks {
			byWeek[b.Week] = b
		}
		var on [Indicators]bool
		for _, s := range replay(blocks) {
			for i := range Indicators {
				high, low := 0, 0
				for back := range 4 {
					r := byWeek[s.Week-back].Readings[i]
					if r.Known && r.Value >= 0.5 {
						high++
					}
					if r.Known && r.Value <= Low(i) {
						low++
					}
				}
				before := on[i]
				switch {
				case high >= 3:
					on[i] = true
				case low == 4:
					on[i] = false
				}
				if s.Latches[i].On != on[i] || before != on[i] && s.Latches[i].Since != s.Week {
					t.Fatalf("week %d, latch %d: %+v, want %v", s.Week, i, s.Latches[i], on[i])
				}
			}
		}
	})
}

// No single block changes a phase that was steady: one reading of any height is
// not enough.
func TestNoTransitionOnASingleEvaluation(t *testing.T) {
	for _, level := range []float64{0, 0.3, 0.4, 0.6, 1} {
		for _, odd := range []any{0.0, 0.5, 1.0, nil} {
			var s State
			for w := range 8 {
				s = s.Next(week(w, level, level, level))
			}
			before := s.Phase
			s = s.Next(week(8, odd, odd, odd))
			after := s.Phase
			for w := 9; w < 12; w++ {
				s = s.Next(week(w, level, level, level))
				if before != after || s.Phase != before {
					t.Errorf("from %v by one %v: %s, then %s, then %s", level, odd, before, after, s.Phase)
				}
			}
		}
	}
}

func TestPhases(t *testing.T) {
	high := func(f, v, g any, n int) (blocks []Block) {
		for range n {
			blocks = append(blocks, week(0, f, v, g))
		}
		return blocks
	}
	for _, c := range []struct {
		name   string
		blocks [][]Block
		want   Phase
		since  int
	}{
		{"never measured", [][]Block{high(nil, nil, nil, 1)}, Unknown, 0},
		{"only focus is measured", [][]Block{high(0.1, nil, nil, 1)}, Aligned, 0},
		{"only the others are", [][]Block{high(nil, 0.1, 0.1, 9)}, Unknown, 0},
		{"and one of them is on", [][]Block{high(nil, 0.1, 0.9, 3)}, TotalDecoupling, 2},
		{"the highest wins", [][]Block{high(0.9, 0.9, 0.9, 3)}, TotalDecoupling, 2},
		{"without the others", [][]Block{high(0.9, 0.9, 0.1, 3)}, VocabularyGap, 2},
		{"three missing", [][]Block{high(0.9, 0.1, 0.1, 4), high(nil, nil, nil, 3)}, FocusCreep, 2},
		{"four missing", [][]Block{high(0.9, 0.1, 0.1, 4), high(nil, nil, nil, 4)}, Unknown, 7},
		{"four of the latched one missing", [][]Block{high(0.1, 0.1, 0.9, 4), high(0.1, 0.1, nil, 4)}, Unknown, 7},
		{"four of an idle one missing", [][]Block{high(0.9, 0.1, 0.1, 4), high(0.9, 0.1, nil, 4)}, FocusCreep, 2},
		{"missing ones do not count as low", [][]Block{high(0.9, 0.1, 0.1, 4), high(0.1, 0.1, 0.1, 3), high(nil, nil, nil, 1), high(0.1, 0.1, 0.1, 3)}, FocusCreep, 2},
		{"four low in a row do", [][]Block{high(0.9, 0.1, 0.1, 4), high(nil, nil, nil, 1), high(0.1, 0.1, 0.1, 4)}, Aligned, 8},
		{"low enough for focus, not for decoupling", [][]Block{high(0.9, 0.1, 0.9, 4), high(0.3, 0.1, 0.3, 4)}, TotalDecoupling, 2},
		{"declared aligned", [][]Block{high(0.9, 0.1, 0.1, 4), {{Readings: [3]Reading{known(0.9)}, Override: Aligned}}}, Aligned, 4},
		{"and not believed", [][]Block{high(0.9, 0.1, 0.1, 4), {{Readings: [3]Reading{known(0.9)}, Override: Aligned}}, high(0.9, 0.1, 0.1, 3)}, FocusCreep, 7},
		{"declared decoupled", [][]Block{high(0.1, 0.1, 0.1, 4), {{Override: TotalDecoupling}}}, TotalDecoupling, 4},
		{"declared creep ends what is above", [][]Block{high(0.1, 0.1, 0.9, 4), {{Override: FocusCreep}}}, FocusCreep, 4},
		{"nobody can declare not to know", [][]Block{high(0.9, 0.1, 0.1, 4), {{Override: Unknown}}}, FocusCreep, 2},
	} {
		blocks := slices.Concat(c.blocks...)
		for i := range blocks {
			blocks[i].Week = i
		}
		states := replay(blocks)
		if got := states[len(states)-1]; got.Phase != c.want || got.Since != c.since {
			t.Errorf("%s: %s since %d, want %s since %d", c.name, got.Phase, got.Since, c.want, c.since)
		}
	}
	// Weeks without a block are missing ones.
	s := State{}.Next(week(1, 0.9)).Next(week(2, 0.9)).Next(week(3, 0.9)).Next(week(8, nil))
	if s.Phase != Unknown || s.Since != 7 {
		t.Errorf("after a gap: %+v", s)
	}
	if replay(nil) != nil {
		t.Error("states of nothing")
	}
}

func TestIndicators(t *testing.T) {
	part := stat.Known(0.5, 40).Within(0.4, 0.6)
	whole := Creep{Alpha: stat.Known(2.5, 40), Unplanned: stat.Known(1.25, 7), Top: part, Shadow: stat.Known(0.35, 40).AlertFrom(41)}
	if got := CreepOf(whole); got.Value != 0.5 || got.N != 7 || got.Lower != 0.375 || got.Upper != 0.625 || got.Alertable {
		t.Errorf("%+v", got)
	}
	small := stat.Estimate{Status: stat.Suppressed, Reason: "few"}
	for i, set := range []func(*Creep){
		func(c *Creep) { c.Alpha = small }, func(c *Creep) { c.Unplanned = small },
		func(c *Creep) { c.Top = small }, func(c *Creep) { c.Shadow = small },
	} {
		c := whole
		set(&c)
		if got := CreepOf(c); got.Status != stat.Suppressed || ReadingOf(got).Known {
			t.Errorf("without part %d: %+v", i, got)
		}
	}
	if got := VocabularyOf([]Pair{{Eligible: true, Flagged: true}}); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
	if got := VocabularyOf([]Pair{{1, true, true}, {3, true, false}, {9, false, true}}); got.Value != 0.25 || got.N != 2 {
		t.Errorf("%+v", got)
	}
	green := Stand{Weight: 1, Green: true, Live: true}
	stalled := green
	stalled.Stalled = true
	for _, c := range []struct {
		name   string
		stands []Stand
		org    bool
		status stat.Status
		value  float64
	}{
		{"none", nil, true, stat.InsufficientData, 0},
		{"without weight", []Stand{{Green: true, Live: true}}, true, stat.InsufficientData, 0},
		{"two", []Stand{green, stalled}, false, stat.InsufficientData, 0},
		{"two and the organisation", []Stand{green, stalled}, true, stat.OK, 0.5},
		{"three", []Stand{green, stalled, stalled, {Weight: 9, Live: true, Stalled: true}, {Weight: 9, Green: true, Stalled: true}}, false, stat.OK, 2.0 / 3},
	} {
		if got := DecouplingOf(c.stands, c.org); got.Status != c.status || got.Value != c.value {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// replay returns the states after each of the blocks, which ascend by week, and
// after each week that is missing between them. Replaying history from the
// beginning gives the states that were told live, because a state depends on
// nothing but the blocks before it.
func replay(blocks []Block) []State {
	var states []State
	var s State
	for _, b := range blocks {
		if s.Started && b.Week <= s.Week {
			continue
		}
		for s.Started && s.Week+1 < b.Week {
			s = s.Next(Block{Week: s.Week + 1})
			states = append(states, s)
		}
		s = s.Next(b)
		states = append(states, s)
	}
	return states
}
