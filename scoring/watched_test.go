package scoring

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/structure"
)

// Every score of the catalogue is watched week by week, at each level that has
// it, or says why it is not; and nothing is said of scores that are none.
func TestEveryScoreIsWatchedOrNot(t *testing.T) {
	levels := make(map[string]level)
	work := make(map[string]bool)
	for _, f := range scoreFamilies() {
		levels[f.score], work[f.score] = ofOrganisation|ofTeams, true
	}
	for _, f := range latestFamilies() {
		levels[f.score], work[f.score] = levels[f.score]|f.of, f.work
	}
	levels[watchedEffort], work[watchedEffort] = ofObjectives, true
	levels[watchedUnknown], work[watchedUnknown] = ofOrganisation, true
	list := watchings()
	for score, of := range levels {
		n := 0
		for i := range list {
			if list[i].named(score) {
				n++
			}
		}
		w := watchingOf(score)
		switch {
		case n != 1:
			t.Errorf("%s has %d places in the table, want 1", score, n)
		case w.of&^of != 0:
			t.Errorf("%s is watched where there is no such score", score)
		case w.of != of && w.why == "":
			t.Errorf("%s is not watched everywhere, and nothing says why", score)
		case w.of == of && w.why != "":
			t.Errorf("%s is watched everywhere, and something says why not: %s", score, w.why)
		case w.of != 0 && (w.scale.Floor <= 0 || w.scale.MinShift < 4*w.scale.Floor):
			t.Errorf("%s: a floor of %v and steps from %v on", score, w.scale.Floor, w.scale.MinShift)
		case w.of != 0 && w.spent() && !work[score]:
			t.Errorf("%s is not withheld with the effort, and its shifts are", score)
		case w.of != 0 && !w.spent() && work[score]:
			t.Errorf("%s is withheld with the effort, and its shifts are not", score)
		}
	}
	for i := range list {
		known := false
		for score := range levels {
			known = known || list[i].named(score)
		}
		if !known {
			t.Errorf("%s is no score", list[i].score)
		}
	}
	for place, w := range watchedOf(ofTeams) {
		if want := []string{TopObjectivesEffort, ShadowEffort, RunWorkEffort}[place]; w.score != want || len(watchedOf(ofTeams)) != len(teamShare{}) {
			t.Errorf("share %d of a team is %s, want %s", place, w.score, want)
		}
	}
}

// The more series are watched, the better evidence each shift needs: among two
// hundred that never change, some have a shift by themselves, and hardly any is
// told. One that moved by three standard deviations still is.
func TestShiftsBeyondChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	v := &evaluation{engine: &Engine{}}
	series := func(step float64) (w stat.Weekly) {
		for week := range 52 {
			value := .5 + .03*random.NormFloat64()
			if week >= 30 {
				value += step
			}
			w = append(w, stat.Point{Week: week, Value: value})
		}
		return w
	}
	alone, told, moved := 0, 0, 0
	for range 20 {
		var list []shifting
		for n := range 201 {
			step := 0.
			if n == 0 {
				step = .09
			}
			f := found{}
			w := series(step)
			f.shifts, f.known = structure.Detector{Floor: .01, MinShift: .01}.Offline(w, 51)
			for _, s := range f.shifts {
				f.tests = append(f.tests, s.Searched(len(w)))
			}
			list = append(list, shifting{found: f})
		}
		beyond := v.beyondChance(list)
		for n := range list {
			kept, _ := list[n].keep(beyond)
			switch {
			case n == 0:
				moved += min(1, len(kept))
			default:
				alone, told = alone+min(1, len(list[n].shifts)), told+min(1, len(kept))
			}
		}
	}
	t.Logf("of %d series that never change, %d have a shift by themselves, %d are told; %d of 20 that moved are", 20*200, alone, told, moved)
	if alone < 20 || told*10 > alone || moved < 19 {
		t.Error("the guard against many looks does not hold, or hides what is there")
	}
}

// Equal p-values are judged alike, and series without enough weeks do not count
// as looked at.
func TestBeyondChanceCountsWhatWasLookedAt(t *testing.T) {
	v := &evaluation{}
	one := shifting{found: found{known: true, tests: []float64{.01}}}
	none := shifting{found: found{known: true}}
	unknown := shifting{}
	for _, c := range []struct {
		list []shifting
		want float64
	}{
		{[]shifting{one}, .01},
		{append(slices.Repeat([]shifting{none}, 9), one), .01},
		{append(slices.Repeat([]shifting{none}, 10), one), -1},
		{append(slices.Repeat([]shifting{unknown}, 10), one), .01},
		{append(slices.Repeat([]shifting{none}, 10), one, one), .01},
		{nil, -1},
	} {
		if got := v.beyondChance(c.list); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d series: %v, want %v", len(c.list), got, c.want)
		}
	}
}

// A report tells of every watched score of the organisation, of each team and of
// each active objective, and of nothing else.
func TestWhatIsWatchedIsTold(t *testing.T) {
	r := reportOf(t, latestDeclared(), closedAt, closedAt)
	count := func(list []Score) (n int) {
		for i := range list {
			if strings.HasPrefix(list[i].Name, StructureShift+"_") && watchingOf(strings.TrimPrefix(list[i].Name, StructureShift+"_")) != nil {
				n++
			}
		}
		return n
	}
	if got, want := count(r.Scores), len(watchedOf(ofOrganisation)); got != want {
		t.Errorf("%d scores of the organisation, want %d", got, want)
	}
	if got, want := count(r.Teams[0].Scores), len(watchedOf(ofTeams)); got != want {
		t.Errorf("%d scores of a team, want %d", got, want)
	}
	if got, want := count(r.Objectives[0].Scores), len(watchedOf(ofObjectives)); got != want {
		t.Errorf("%d scores of an objective, want %d", got, want)
	}
}
