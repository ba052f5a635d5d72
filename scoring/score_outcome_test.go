package scoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// firstWeek is the Monday of the first of the 12 weeks that are closed by then.
var firstWeek = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)

// outcomeWorld has an objective with an outcome on its way from 48 to 55, due
// in 13 weeks. One person works on it on three days of each of the 12 weeks.
func outcomeWorld() *world {
	baseline, target := 48.0, 55.0
	due := objective.DateOf(closed) - 1 + 91
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{
		ID: "o1", Text: "o1", Start: objective.NoDate, Match: attr(store.AttrLabel, "o1"),
		Outcome:  &objective.Outcome{Query: "q", Direction: "up", Baseline: &baseline, Target: &target},
		Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1, Due: due}},
	}}}).alone()
	w.item(store.KindChange, "acme/api#1", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
	})
	return w
}

// work lets one person work on o1 on so many days of each week.
func (w *world) work(days ...int) {
	for week, n := range days {
		for d := range n {
			w.do("ana", store.EventCommit, "acme/api#1", firstWeek.AddDate(0, 0, 7*week+d).Add(12*time.Hour))
		}
	}
}

// done adds tickets that were done at a time.
func (w *world) done(n int, label string, at time.Time) {
	for range n {
		w.item(store.KindTicket, fmt.Sprintf("PAY-%d", len(w.changes)), func(it *store.Item) {
			it.Status, it.Closed = store.StatusDone, at
			it.Attrs = map[string][]string{store.AttrLabel: {label}}
		})
	}
}

// proven adds tickets that were done at a time, each with a commit for it.
func (w *world) proven(n int, label string, at time.Time) {
	for range n {
		w.done(1, label, at)
		key := w.changes[len(w.changes)-1].Item.Keys[0]
		w.item(store.KindCommit, "commit of "+key, func(it *store.Item) {
			it.Created, it.Links = at, []store.Link{{Kind: store.LinkImplements, Key: key}}
		})
	}
}

// measure adds the outcome of an objective with samples, one week after the
// other up to the last closed one. On most days of a week the value is that of
// the week.
func (w *world) measure(id, query, result string, weeks ...float64) {
	key := "outcome:" + id + query
	w.item(store.KindOutcome, key, func(it *store.Item) {
		it.Source, it.ID = "prom", store.OutcomeID(id, query)
		it.Attrs = map[string][]string{store.AttrObjective: {id}, store.AttrResult: {result}}
	})
	from := firstWeek.AddDate(0, 0, 7*(12-len(weeks)))
	for i, v := range weeks {
		for d, off := range []float64{0, 0, 0, 30, 0, -1, 0} {
			w.sample(key, from.AddDate(0, 0, 7*i+d), v+off)
		}
	}
}

func (w *world) sample(key string, at time.Time, value float64) {
	w.do("", store.EventSample, key, at)
	events := w.changes[w.byID[key]].Events
	events[len(events)-1].Attrs = map[string]string{"value": fmt.Sprint(value)}
}

// The series of the vectors M1 and M2.
var (
	risingOutput = []int{4, 5, 5, 6, 7, 6, 8, 8, 9, 9, 10, 11}
	flatOutcome  = []float64{50.1, 49.8, 50.3, 50.0, 49.9, 50.2, 50.1, 49.7, 50.0, 50.2, 49.9, 50.1}
	risenOutcome = []float64{50, 50.4, 50.9, 51.1, 51.9, 52.2, 52.4, 53.1, 53.3, 53.9, 54.2, 54.8}
)

// Output that rises beside an outcome that does not, with and without the lag
// that the objective declares, and beside one that does: M1 and M2 from events.
func TestOutputAndOutcome(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome []float64
		lag     int // weeks
		down    bool
		want    map[string]float64
	}{
		{"flat", flatOutcome, 0, false, map[string]float64{
			scoring.OutcomeDivergence: .937958, scoring.OutcomeDiverged: 1, scoring.OutcomeStalled: 1,
			// 88 tickets and 36 person-days.
			scoring.OutputYield: 10 * 88 / 36.0, scoring.OutcomeYield: 0, scoring.WatermelonScore: 1, scoring.SlowDegradation: 0,
		}},
		{"flat after a lag", flatOutcome, 4, false, map[string]float64{
			scoring.OutcomeDivergence: .937958, scoring.OutcomeDiverged: 1, scoring.OutcomeStalled: 1,
			// The first four weeks were done before the 12 weeks began.
			scoring.OutputYield: 10 * 68 / 36.0, scoring.WatermelonScore: 1,
		}},
		{"rising", risenOutcome, 0, false, map[string]float64{
			scoring.OutcomeDivergence: 0, scoring.OutcomeDiverged: 0, scoring.OutcomeStalled: 0,
			// 4.8 of the 7 from baseline to target.
			scoring.OutcomeYield: 4.8 / 7 * 10 / 36, scoring.WatermelonScore: 0,
		}},
		{"falling, and less is better", risenOutcome, 0, true, map[string]float64{
			scoring.OutcomeDivergence: 0, scoring.OutcomeDiverged: 0, scoring.OutcomeStalled: 0,
			scoring.OutcomeYield: 4.8 / 7 * 10 / 36, scoring.WatermelonScore: 0,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := outcomeWorld()
			o := w.declared.Set.Objectives[0].Outcome
			o.Lag = time.Duration(c.lag) * 7 * 24 * time.Hour
			values := append([]float64(nil), c.outcome...)
			if c.down {
				baseline, target := 52.0, 45.0
				o.Direction, o.Baseline, o.Target = "down", &baseline, &target
				for i := range values {
					values[i] = 100 - values[i]
				}
			}
			w.work(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)
			for i, n := range risingOutput {
				w.proven(n, "o1", firstWeek.AddDate(0, 0, 7*(i-c.lag)+2))
			}
			w.measure("o1", "q", "ok", values...)
			w.sample("outcome:o1q", time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC), 999) // of a week that goes on
			w.sample("outcome:o1q", time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), 999)  // of a day that has not closed
			w.measure("o1", "another query", "ok", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
			w.item(store.KindDiscussion, "C1/1", nil)
			w.checkIn("ana", "C1/1", "o1", "0.9", noon(2025, 3, 30))
			r := w.evaluate(t)
			for name, want := range c.want {
				near(t, name, at(t, r, "o1", name).Value, want)
			}
			near(t, "newest sample", at(t, r, "o1", scoring.OutcomeSample).Value, float64(time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC).Unix()))
			if s := at(t, r, "o1", scoring.WatermelonScore); c.want[scoring.WatermelonScore] == 1 && s.Verdict != "outcome" {
				t.Errorf("a watermelon because of %q", s.Verdict)
			}
		})
	}
}

// What the query answered is told of each objective, and it is never a 0.
func TestOutcomeQueryStates(t *testing.T) {
	for _, state := range []string{"ok", "empty", "several_series", "refused", "unread"} {
		w := outcomeWorld()
		w.work(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)
		switch state {
		case "ok":
			w.measure("o1", "q", state, 50, 51, 52)
		case "unread": // the query has changed since
			w.measure("o1", "old query", "ok", flatOutcome...)
		default:
			w.measure("o1", "q", state)
		}
		r := w.evaluate(t)
		c := scoring.NewCollector(2000)
		c.Set(r)
		text := gather(t, c)
		for _, other := range []string{"ok", "empty", "several_series", "refused", "unread"} {
			is := 0
			if other == state {
				is = 1
			}
			if line := fmt.Sprintf("workdrift_objective_outcome_query{objective=\"o1\",result=%q} %d\n", other, is); !strings.Contains(text, line) {
				t.Errorf("%s: there is no %s", state, line)
			}
		}
		s := at(t, r, "o1", scoring.OutcomeDivergence)
		if s.Status != scoring.InsufficientData || s.Value.Known() || strings.Contains(s.Reason, "query: "+state) == (state == "ok") {
			t.Errorf("%s: %+v", state, s)
		}
	}
}

// Output is what is verified: with evidence around the time of the work, of a
// kind that leaves none, or so new that it may still come.
func TestOutputIsVerified(t *testing.T) {
	in := func(week int) time.Time { return firstWeek.AddDate(0, 0, 7*week+2) }
	w := outcomeWorld()
	w.work(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)
	w.proven(4, "o1", in(3))
	w.done(7, "o1", in(3)) // with nothing
	w.done(2, "o1", in(3)) // decided or explored
	for i := range 2 {
		w.changes[len(w.changes)-1-i].Item.Attrs[store.AttrType] = []string{"Spike"}
	}
	w.done(3, "o1", in(11)) // lately
	w.proven(1, "o1", in(4))
	w.changes[len(w.changes)-1].Item.Created = in(4).AddDate(0, 0, 15) // too late
	w.proven(1, "o1", in(4))
	w.changes[len(w.changes)-1].Item.Created = in(4).AddDate(0, 0, 14)
	w.done(1, "o1", in(5))
	merged, open := w.changes[len(w.changes)-1].Item.Keys[0], 0
	for _, status := range []store.Status{store.StatusDone, store.StatusDropped} {
		w.item(store.KindChange, fmt.Sprint("acme/api#10", open), func(it *store.Item) {
			it.Status, it.Closed, it.Links = status, in(5), []store.Link{{Kind: store.LinkImplements, Key: merged}}
		})
		open++
		w.done(1, "o1", in(5))
		merged = w.changes[len(w.changes)-1].Item.Keys[0]
	}
	near(t, "yield", at(t, w.evaluate(t), "o1", scoring.OutputYield).Value, 10*(4+2+3+1+1)/36.)

	// Where nothing is read that could verify, nothing is told.
	w = newWorld(w.declared.Set).alone()
	w.labelled("PAY-1", "o1")
	for day := range 60 {
		w.do("ana", store.EventComment, "PAY-1", in(0).AddDate(0, 0, day))
	}
	w.done(30, "o1", in(6))
	w.measure("o1", "q", "ok", flatOutcome...)
	r := w.evaluate(t)
	for _, name := range []string{scoring.OutputYield, scoring.SlowDegradation, scoring.OutcomeDivergence, scoring.OutcomeDiverged} {
		if s := at(t, r, "o1", name); s.Status != scoring.InsufficientData || s.Value.Known() || !strings.Contains(s.Reason, "no commit is read") {
			t.Errorf("%s: %+v", name, s)
		}
	}
	near(t, "stalled", at(t, r, "o1", scoring.OutcomeStalled).Value, 1)
}

// The yield falls from week to week while the effort stays; where the effort
// falls too, less is done because less is put in.
func TestSlowDegradation(t *testing.T) {
	for _, c := range []struct {
		days []int
		want float64
	}{
		{[]int{3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, 1},
		{[]int{5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4}, 0},
	} {
		w := outcomeWorld()
		w.work(c.days...)
		for i := range 12 {
			w.proven(12-i, "o1", firstWeek.AddDate(0, 0, 7*i+2))
		}
		near(t, fmt.Sprint(c.days), at(t, w.evaluate(t), "o1", scoring.SlowDegradation).Value, c.want)
	}
}

// One doubtful fall is a finding by itself, and none where ten were looked for;
// a clear one is either way.
func TestFlagsAmongMany(t *testing.T) {
	doubtful := []int{5, 5, 6, 5, 5, 4, 5, 4, 5, 4, 4, 3}
	clear := []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	for _, c := range []struct {
		others int
		yields []int
		want   float64
	}{{0, doubtful, 1}, {9, doubtful, 0}, {9, clear, 1}} {
		w := outcomeWorld()
		w.work(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)
		for i, n := range c.yields {
			w.proven(n, "o1", firstWeek.AddDate(0, 0, 7*i+2))
		}
		for k := range c.others {
			id, who := fmt.Sprint("o", k+2), fmt.Sprint("person-", k)
			w.declared.Set.Objectives = append(w.declared.Set.Objectives, objective.Objective{
				ID: id, Text: id, Start: objective.NoDate, Match: attr(store.AttrLabel, id), Versions: always(k+2, -1)})
			key := "acme/api#" + id
			w.item(store.KindChange, key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLabel: {id}} })
			for i := range 12 {
				for d := range 3 {
					w.do(who, store.EventCommit, key, firstWeek.AddDate(0, 0, 7*i+d).Add(12*time.Hour))
				}
				w.proven(2+(i+k)%2, id, firstWeek.AddDate(0, 0, 7*i+2))
			}
		}
		s := at(t, w.evaluate(t), "o1", scoring.SlowDegradation)
		near(t, fmt.Sprint(c.yields, " among ", c.others), s.Value, c.want)
		if told := s.Verdict != ""; told != (c.others > 0 && c.want == 0) {
			t.Errorf("%v among %d: verdict %q", c.yields, c.others, s.Verdict)
		}
	}
}

// An outcome that strayed by 0.3 and now does by 0.21 is more predictable.
func TestOutcomePredictability(t *testing.T) {
	w := outcomeWorld()
	var weeks []float64
	for i := range 24 {
		off := .3
		if i >= 12 {
			off = .21
		}
		if i%2 == 1 {
			off = -off
		}
		weeks = append(weeks, 50+off)
	}
	w.measure("o1", "q", "ok", weeks...)
	near(t, "predictability", at(t, w.evaluate(t), "o1", scoring.OutcomePredictability).Value, .7)
}

// A metric that moved with the outcome it stands for, and then against it while
// it went on rising.
func TestProxyDecoupling(t *testing.T) {
	w := outcomeWorld()
	w.declared.Set.Objectives = append(w.declared.Set.Objectives, objective.Objective{
		ID: "o2", Text: "o2", Start: objective.NoDate, Versions: always(2, -1),
		Outcome: &objective.Outcome{Query: "local", Direction: "up", StandsFor: "o1"},
	})
	var star, local []float64
	a, b := 50.0, 50.0
	for i := range 52 {
		step := float64((7*i)%11) - 5
		a += step
		if b += step; i >= 26 {
			b += 6 - 2*step
		}
		star, local = append(star, a), append(local, b)
	}
	w.measure("o1", "q", "ok", star...)
	w.measure("o2", "local", "ok", local...)
	r := w.evaluate(t)
	near(t, "decoupling", at(t, r, "o2", scoring.ProxyDecoupling).Value, 2)
	near(t, "decoupled", at(t, r, "o2", scoring.ProxyDecoupled).Value, 1)
	if s := r.Objective("o1").Score(scoring.ProxyDecoupling); s != nil {
		t.Errorf("o1 stands for itself: %+v", s)
	}
}

// Thirteen of the 52 tickets done in 28 days were for nothing that is active.
func TestNoiseOutput(t *testing.T) {
	w := outcomeWorld()
	late := noon(2025, 3, 20)
	w.done(39, "o1", late)
	w.done(13, "nothing", late)
	w.done(1, "nothing", noon(2025, 3, 3)) // 28 days ago
	w.done(1, "nothing", noon(2025, 4, 1)) // today
	w.item(store.KindTicket, "PAY-1000", func(it *store.Item) { it.Status, it.Closed = store.StatusDropped, late })
	w.item(store.KindTicket, "PAY-1001", func(it *store.Item) {
		it.Status, it.Closed = store.StatusDone, late
		it.Attrs = map[string][]string{store.AttrLevel: {"epic"}}
	})
	w.item(store.KindTicket, "PAY-1002", func(it *store.Item) { it.Updated = late.AddDate(0, 0, 1) }) // done once, and opened again
	w.do("ana", store.EventTransition, "PAY-1002", late)
	w.changes[w.byID["PAY-1002"]].Events[0].Attrs = map[string]string{"to": "done"}
	s := w.evaluate(t).Score(scoring.NoiseOutput)
	near(t, "noise", s.Value, .25)
	near(t, "tickets", s.SampleSize, 52)
	w.declared.Set.Objectives[0].Versions = []objective.Version{
		{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1},
		{From: objective.DateOf(late), Rank: 1, State: objective.Paused, TargetShare: -1},
	}
	near(t, "noise once o1 is paused", w.evaluate(t).Score(scoring.NoiseOutput).Value, 1)
}

// The yield of weeks with too few people behind them is watched no more than
// their shares are: the level of these weeks would be told.
func TestYieldOfFewIsNotWatched(t *testing.T) {
	const weeks, few = 12, 8
	w := outcomeWorld()
	w.declared.Privacy = scoring.Privacy{KEffort: 3, Dominance: 1, MinPersonDays: 1}
	w.work(slices.Repeat([]int{3}, weeks)...)
	for week := few; week < weeks; week++ {
		w.proven(2, "o1", firstWeek.AddDate(0, 0, 7*week+2))
		for d := range 3 {
			for _, who := range []string{"ben", "cleo", "dan"} {
				w.do(who, store.EventCommit, "acme/api#1", firstWeek.AddDate(0, 0, 7*week+d).Add(12*time.Hour))
			}
		}
	}
	if s := at(t, w.evaluate(t), "o1", scoring.StructureShift+"_"+scoring.OutputYield); int(s.SampleSize) != weeks-few {
		t.Errorf("watched in %v weeks, want %d: %+v", s.SampleSize, weeks-few, s)
	}
}
