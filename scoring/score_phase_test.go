package scoring_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/store"
)

// lastWeek is the Monday of the last closed week.
var lastWeek = noon(2025, 3, 24)

// phaseWorld has four persons and three objectives, and a ticket for each. In
// the weeks up to the last closed one, the persons work as the letters say:
//
//	c  calm: five days on o1
//	h  half: two days on o1, two on an epic that is new
//	m  mild: three days on o1, one on an epic that is new
//	d  drifting: one day on o1, one on each of three epics that are new
//	-  nothing
func phaseWorld(weeks string) *world {
	set := objective.Set{TopN: 3, RunWorkBudget: -1}
	for i := range 3 {
		id := fmt.Sprint("o", i+1)
		set.Objectives = append(set.Objectives, objective.Objective{ID: id, Start: objective.NoDate,
			Match: attr(store.AttrLabel, id), Versions: always(i+1, -1)})
	}
	w := newWorld(set)
	w.declared.Privacy = scoring.Privacy{KPeople: 4, KEffort: 3, Dominance: .7, MinPersonDays: 10}
	for i := range 3 {
		w.labelled(fmt.Sprint("PAY-", i+1), fmt.Sprint("o", i+1))
	}
	for i, letter := range weeks {
		monday := lastWeek.AddDate(0, 0, 7*(i+1-len(weeks)))
		var plan []string
		epic := func(n int) string {
			key := fmt.Sprintf("EPIC-%d%d", i, n)
			w.item(store.KindTicket, key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLevel: {"epic"}} })
			return key
		}
		switch letter {
		case 'c':
			plan = []string{"PAY-1", "PAY-1", "PAY-1", "PAY-1", "PAY-1"}
		case 'h':
			one := epic(1)
			plan = []string{"PAY-1", "PAY-1", one, one}
		case 'm':
			plan = []string{"PAY-1", "PAY-1", "PAY-1", epic(1)}
		case 'd':
			plan = []string{"PAY-1", epic(1), epic(2), epic(3)}
		}
		for d, key := range plan {
			for p := range 4 {
				w.do(fmt.Sprint("p", p), store.EventCommit, key, monday.AddDate(0, 0, d))
			}
		}
	}
	return w
}

// The indicator of a half week is ((2−2)/1 + (1−.5)/1.5 + (.6−.5)/.2 + 1)/4: two
// workstreams a person, one that is new, half of the effort on top and half off.
func TestFocusIndicator(t *testing.T) {
	for weeks, want := range map[string]float64{
		"cccccccch": (0 + 1./3 + .5 + 1) / 4, "ccccccccd": 1, "cccccccdc": 0, "cccccccc-": math.NaN(),
		"ccccccccm": (0 + 1./3 + 0 + .05/.3) / 4, "ccch": math.NaN(), // nobody knows what is new
	} {
		s := phaseWorld(weeks).evaluate(t).Score("drift_indicator_focus_creep")
		near(t, weeks, s.Value, want)
	}
	w := phaseWorld("ccccccccd")
	w.declared.Privacy.KPeople = 5
	if s := w.evaluate(t).Score("drift_indicator_focus_creep"); s.Status != scoring.SuppressedPrivacy {
		t.Errorf("too few people: %+v", s)
	}
}

// Three weeks of four that drift latch the phase, four calm ones in a row release
// it, and four without data make it unknown.
func TestDriftPhase(t *testing.T) {
	end := func(weeksAgo int) float64 { return float64(lastWeek.AddDate(0, 0, 7-7*weeksAgo).Unix() - 12*3600) }
	for _, c := range []struct {
		weeks, want string
		since       float64
	}{
		{"ccccccccdd", "aligned", end(5)},
		{"ccccccccddd", "focus_creep", end(0)},
		{"ccccccccdcdd", "focus_creep", end(0)},
		{"ccccccccdddccc", "focus_creep", end(3)},
		{"ccccccccdddcccc", "aligned", end(0)},
		{"ccccccccdddmmm", "focus_creep", end(3)},
		{"ccccccccdddmmmm", "aligned", end(0)},
		{"ccccccccdddhhhh", "focus_creep", end(4)},
		{"ccccccccddd---", "focus_creep", end(3)},
		{"ccccccccddd----", "unknown", end(0)},
		{"cc", "unknown", end(1)},
	} {
		r := phaseWorld(c.weeks).evaluate(t)
		if s := org(t, r, scoring.DriftPhase); s.Verdict != c.want || s.Value != 1 {
			t.Errorf("%s: %s (%v), want %s", c.weeks, s.Verdict, s.Value, c.want)
		}
		near(t, c.weeks+" since", org(t, r, scoring.DriftPhaseStart).Value, c.since)
		if c.want != "unknown" {
			on := 0.0
			if c.want == "focus_creep" {
				on = 1
			}
			near(t, c.weeks+" latch", org(t, r, "drift_latch_focus_creep").Value, on)
		}
	}
}

// Of three objectives that are reported green the first has an outcome that is
// stalled: by rank it weighs 11/18. The outcomes of the others rise.
func TestTotalDecoupling(t *testing.T) {
	for _, c := range []struct {
		name   string
		green  int
		rising int // from the end
		want   float64
		phase  string
	}{
		{"the first is stalled", 3, 2, 11. / 18, "total_decoupling"},
		{"all are", 3, 0, 1, "total_decoupling"},
		{"none is", 3, 3, 0, "aligned"},
		{"two are green", 2, 0, math.NaN(), "aligned"},
	} {
		w := phaseWorld("cccccccccccc")
		w.item(store.KindDiscussion, "C1/1", nil)
		for o := range 3 {
			id := fmt.Sprint("o", o+1)
			target := 55.0
			declared := &w.declared.Set.Objectives[o]
			declared.Outcome = &objective.Outcome{Query: "q", Direction: "up", Target: &target}
			declared.Versions[0].Due = calendarDay(lastWeek) + 91
			values := flatOutcome
			if o >= 3-c.rising {
				values = risenOutcome
			}
			w.measure(id, "q", "ok", values...)
			for d := range 12 {
				w.do("p0", store.EventCommit, fmt.Sprint("PAY-", o+1), lastWeek.AddDate(0, 0, -7*d))
				w.do("p1", store.EventCommit, fmt.Sprint("PAY-", o+1), lastWeek.AddDate(0, 0, -7*d))
				w.do("p2", store.EventCommit, fmt.Sprint("PAY-", o+1), lastWeek.AddDate(0, 0, -7*d))
			}
			if o < c.green {
				w.checkIn("p0", "C1/1", id, "0.9", lastWeek.AddDate(0, 0, -14))
			}
		}
		r := w.evaluate(t)
		near(t, c.name, org(t, r, "drift_indicator_total_decoupling").Value, c.want)
		if s := org(t, r, scoring.DriftPhase); s.Verdict != c.phase {
			t.Errorf("%s: %s, want %s", c.name, s.Verdict, c.phase)
		}
	}
}

// Replaying the indicators that were told week by week gives the phases that were
// told.
func TestPhaseIsReplayed(t *testing.T) {
	w := phaseWorld("ccccccccdddhmmmmcd")
	var blocks []phase.Block
	var told []string
	for ago := 9; ago >= 0; ago-- {
		r := w.evaluateAt(t, closed.AddDate(0, 0, -7*ago))
		b := phase.Block{Week: stat.WeekOf(int(calendarDay(lastWeek))) - ago}
		if s := org(t, r, "drift_indicator_focus_creep"); s.Status == scoring.OK {
			b.Readings[phase.F] = phase.Reading{Value: float64(s.Value), Known: true}
		}
		blocks, told = append(blocks, b), append(told, org(t, r, scoring.DriftPhase).Verdict)
	}
	var states []phase.State
	var state phase.State
	for _, b := range blocks {
		state = state.Next(b)
		states = append(states, state)
	}
	if len(states) != len(told) || told[0] == told[4] || told[4] == told[9] {
		t.Fatalf("%d states of weeks that told %v", len(states), told)
	}
	for i, s := range states {
		if string(s.Phase) != told[i] {
			t.Errorf("week %d: replayed %s, told %s", i, s.Phase, told[i])
		}
	}
}
