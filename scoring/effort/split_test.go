package effort

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// touch is a presence at some minutes of the day.
func touch(p Presence, minutes ...int16) Touch { return Touch{Presence: p, Minutes: minutes} }

func TestSplitOfADay(t *testing.T) {
	const h = PersonDay / 8
	for _, c := range []struct {
		name     string
		day      Day
		model    Model
		fte      Micro
		want     []Micro
		overtime Micro
	}{
		{name: "nothing", want: []Micro{}},
		{name: "half a day for a lone comment", day: Day{Touches: []Touch{touch(Ticket)}}, want: []Micro{500000}},
		{name: "ties go to the lower index",
			day:  Day{Touches: []Touch{touch(Code), touch(Code), touch(Code)}},
			want: []Micro{333334, 333333, 333333}},
		{name: "part time", fte: 600000, day: Day{Touches: []Touch{touch(Code)}}, want: []Micro{600000}},
		{name: "part time, half a day", fte: 333333, day: Day{Touches: []Touch{touch(Ticket)}}, want: []Micro{166667}},
		{name: "equal ignores weights", model: Equal,
			day:  Day{Touches: []Touch{touch(Code | Review), touch(Ticket)}},
			want: []Micro{500000, 500000}},
		{name: "gaps go to the later event", model: InterEvent,
			day:  Day{Touches: []Touch{touch(Code, 540, 600), touch(Review, 570)}},
			want: []Micro{500000, 500000}},
		{name: "the first event of the day credits nothing", model: InterEvent,
			day:  Day{Touches: []Touch{touch(Code, 540), touch(Review, 570)}},
			want: []Micro{0, 1000000}},
		{name: "a single event splits like equal", model: InterEvent,
			day: Day{Touches: []Touch{touch(Ticket, 540)}}, want: []Micro{500000}},
		{name: "no gaps at all split like equal", model: InterEvent,
			day:  Day{Touches: []Touch{touch(Code, 540), touch(Ticket, 540)}},
			want: []Micro{500000, 500000}},
		{name: "a gap before two events of one minute goes to the lower index", model: InterEvent,
			day:  Day{Touches: []Touch{touch(Code, 540), touch(Code, 600), touch(Code, 600)}},
			want: []Micro{0, 1000000, 0}},
		{name: "minutes outside of the day", model: InterEvent,
			day:  Day{Touches: []Touch{touch(Code, -60, 1500), touch(Code, 0)}},
			want: []Micro{961538, 38462}},
		{name: "logged time wins, the rest is split",
			day:  Day{Touches: []Touch{touch(Code), touch(Code)}, Logged: []Micro{3 * h, 0}},
			want: []Micro{375000, 625000}},
		{name: "a day of nothing but logged time is worth that",
			day:  Day{Touches: []Touch{touch(Code), {}}, Logged: []Micro{3 * h, h}},
			want: []Micro{375000, 125000}},
		{name: "logged time lifts half a day",
			day:  Day{Touches: []Touch{touch(Ticket), {}}, Logged: []Micro{0, 6 * h}},
			want: []Micro{0, 750000}},
		{name: "logged time leaves a rest of half a day",
			day:  Day{Touches: []Touch{touch(Ticket), {}}, Logged: []Micro{0, 3 * h}},
			want: []Micro{125000, 375000}},
		{name: "too much logged time is overtime",
			day:  Day{Touches: []Touch{touch(Code), {}, {}}, Logged: []Micro{0, 9 * h, 3 * h}},
			want: []Micro{0, 750000, 250000}, overtime: 500000},
		{name: "gaps of logged items count for nobody", model: InterEvent,
			day: Day{Touches: []Touch{touch(Code, 540, 600), touch(Code, 660), touch(Code, 690)},
				Logged: []Micro{4 * h, 0, 0}},
			want: []Micro{500000, 333333, 166667}},
		{name: "negative logs are none",
			day:  Day{Touches: []Touch{touch(Code), touch(Code)}, Logged: []Micro{-h, 0}},
			want: []Micro{500000, 500000}},
	} {
		week := Week{FTE: PersonDay}
		if c.fte != 0 {
			week.FTE = c.fte
		}
		week.Days[2] = c.day
		var into Split
		DefaultConfig().Split(&week, c.model, &into)
		if !slices.Equal(into.Effort[2], c.want) || sum(into.Overtime[:]) != c.overtime {
			t.Errorf("%s: effort %v overtime %d, want %v overtime %d",
				c.name, into.Effort[2], sum(into.Overtime[:]), c.want, c.overtime)
		}
	}
}

func TestSplitOfAWeek(t *testing.T) {
	worked := Day{Touches: []Touch{touch(Code)}}
	logged := Day{Touches: []Touch{{}}, Logged: []Micro{PersonDay}}
	c := DefaultConfig()
	for _, tc := range []struct {
		name             string
		leave            int
		days             [7]Day
		want             [7]Micro
		beyond, overtime Micro
	}{
		{name: "five days", days: [7]Day{worked, worked, worked, worked, worked},
			want: [7]Micro{1e6, 1e6, 1e6, 1e6, 1e6}},
		{name: "a weekend takes from the week", days: [7]Day{worked, worked, worked, worked, worked, worked, worked},
			want:   [7]Micro{714286, 714286, 714286, 714286, 714286, 714285, 714285},
			beyond: 2e6},
		{name: "work on leave is worth nothing", leave: 5, days: [7]Day{worked, 3: worked}, beyond: 2e6},
		{name: "more leave than days", leave: 7, days: [7]Day{worked}, beyond: 1e6},
		{name: "time logged on leave is overtime", leave: 5, days: [7]Day{logged}, beyond: 1e6, overtime: 1e6},
		{name: "logs shrink with their day", leave: 4, days: [7]Day{logged, logged},
			want: [7]Micro{500000, 500000}, beyond: 1e6, overtime: 1e6},
	} {
		var into Split
		c.Split(&Week{FTE: PersonDay, LeaveDays: tc.leave, Days: tc.days}, ByPresence, &into)
		if into.Budget != tc.want || into.BeyondCap != tc.beyond || sum(into.Overtime[:]) != tc.overtime {
			t.Errorf("%s: budgets %v beyond %d overtime %d, want %v, %d, %d", tc.name,
				into.Budget, into.BeyondCap, sum(into.Overtime[:]), tc.want, tc.beyond, tc.overtime)
		}
	}
}

// A kind of presence that is switched off leaves no trace under any model.
func TestSplitIgnoresKindsWithoutWeight(t *testing.T) {
	c := DefaultConfig()
	c.Weights.Discussion = 0
	week := Week{FTE: PersonDay}
	week.Days[0].Touches = []Touch{touch(Discussion, 0), touch(Code, 60), touch(Code, 90), touch(Discussion, 100)}
	week.Days[1].Touches = []Touch{touch(Discussion, 500, 600)}
	want := [NumModels][]Micro{
		ByPresence: {0, 500000, 500000, 0},
		Equal:      {0, 500000, 500000, 0},
		InterEvent: {0, 0, 1000000, 0},
	}
	var into Split
	for m := Model(0); m < NumModels; m++ {
		c.Split(&week, m, &into)
		if !slices.Equal(into.Effort[0], want[m]) || into.Budget[1] != 0 {
			t.Errorf("%s: %v and a budget of %d, want %v and 0", m, into.Effort[0], into.Budget[1], want[m])
		}
	}
}

// anyWeek draws a person-week with everything that can happen in one.
func anyWeek(t *rapid.T) *Week {
	w := &Week{
		FTE:       Micro(rapid.SampledFrom([]int{0, 1, 333333, 500000, 1e6, 999983}).Draw(t, "fte")),
		LeaveDays: rapid.IntRange(0, 6).Draw(t, "leave"),
	}
	for d := range w.Days {
		n := rapid.IntRange(0, 6).Draw(t, "touches")
		for range n {
			at := rapid.SliceOfNDistinct(rapid.Int16Range(-100, 1600), 0, 4, rapid.ID).Draw(t, "minutes")
			slices.Sort(at)
			presence := Presence(rapid.IntRange(0, presences-1).Draw(t, "presence"))
			w.Days[d].Touches = append(w.Days[d].Touches, touch(presence, at...))
		}
		if rapid.IntRange(0, 3).Draw(t, "logs") == 0 {
			for range n {
				log := rapid.SampledFrom([]Micro{0, 0, 125000, 999999, 2e6}).Draw(t, "log")
				w.Days[d].Logged = append(w.Days[d].Logged, log)
			}
		}
	}
	return w
}

// Properties 1 and 11 of section 10: nothing is lost or invented, and nobody
// works more than their week.
func TestSplitIsExact(t *testing.T) {
	c := DefaultConfig()
	var reused Split
	rapid.Check(t, func(t *rapid.T) {
		w := anyWeek(t)
		var budgets [NumModels][7]Micro
		for m := Model(0); m < NumModels; m++ {
			c.Split(w, m, &reused)
			var fresh Split
			c.Split(w, m, &fresh)
			budgets[m] = reused.Budget
			var week, logged, placed Micro
			for d := range w.Days {
				if !slices.Equal(reused.Effort[d], fresh.Effort[d]) {
					t.Fatalf("a reused split gives %v, a fresh one %v", reused.Effort[d], fresh.Effort[d])
				}
				var day Micro
				for i, e := range reused.Effort[d] {
					touch, log := w.Days[d].Touches[i], w.Days[d].loggedOn(i)
					if e < 0 || (e > 0 && touch.Presence == 0 && log == 0) {
						t.Fatalf("%s: effort %d on %+v with a log of %d", m, e, touch, log)
					}
					if log > 0 {
						logged += log
						placed += e
					}
					day += e
				}
				if day != reused.Budget[d] || day > w.FTE {
					t.Fatalf("%s: day %d adds up to %d, budget %d, FTE %d", m, d, day, reused.Budget[d], w.FTE)
				}
				week += day
			}
			if most := w.FTE * Micro(max(0, 5-w.LeaveDays)); week > most {
				t.Fatalf("%s: week of %d, capacity %d", m, week, most)
			}
			if logged != placed+sum(reused.Overtime[:]) {
				t.Fatalf("%s: %d logged, %d placed, %d overtime", m, logged, placed, reused.Overtime)
			}
		}
		if budgets[ByPresence] != budgets[Equal] || budgets[Equal] != budgets[InterEvent] {
			t.Fatalf("budgets depend on the model: %v", budgets)
		}
	})
}

// Property 3 of section 10: how often something happened on a day matters to
// no model but the one that is about time.
func TestSplitIgnoresCounts(t *testing.T) {
	c := DefaultConfig()
	rapid.Check(t, func(t *rapid.T) {
		w := anyWeek(t)
		for _, m := range []Model{ByPresence, Equal} {
			var before, after Split
			c.Split(w, m, &before)
			more := *w
			for d := range more.Days {
				more.Days[d].Touches = slices.Clone(w.Days[d].Touches)
				for i := range more.Days[d].Touches {
					at := &more.Days[d].Touches[i].Minutes
					*at = append(slices.Clone(*at), 1700, 1701)
				}
			}
			c.Split(&more, m, &after)
			if !slices.Equal(before.effort, after.effort) {
				t.Fatalf("%s: effort %v became %v", m, before.effort, after.effort)
			}
		}
	})
}

// The oracle follows the definition of largest remainders with big integers
// and a full sort.
func TestApportion(t *testing.T) {
	oracle := func(total int64, weights []int64) []Micro {
		sum := new(big.Int)
		for _, w := range weights {
			sum.Add(sum, big.NewInt(w))
		}
		parts, rest := make([]Micro, len(weights)), make([]*big.Int, len(weights))
		left, order := total, make([]int, len(weights))
		for i, w := range weights {
			product := new(big.Int).Mul(big.NewInt(total), big.NewInt(w))
			part, r := new(big.Int).DivMod(product, sum, new(big.Int))
			parts[i], rest[i], order[i] = Micro(part.Int64()), r, i
			left -= part.Int64()
		}
		slices.SortStableFunc(order, func(a, b int) int { return rest[b].Cmp(rest[a]) })
		for _, i := range order[:left] {
			parts[i]++
		}
		return parts
	}
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 7e6).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 8), rapid.Int64Range(0, 7e6)), 1, 40).Draw(t, "weights")
		parts := make([]Micro, len(weights))
		parts[0] = -1 // must be overwritten
		_, ok := Apportion(Micro(total), weights, parts, nil)
		if slices.Max(weights) == 0 {
			if ok || slices.Max(parts) != 0 || slices.Min(parts) != 0 {
				t.Fatalf("no weights: %v %v", parts, ok)
			}
			return
		}
		if want := oracle(total, weights); !ok || !slices.Equal(parts, want) {
			t.Fatalf("%v %v, want %v", parts, ok, want)
		}
	})
}

func TestSplitAllocatesNothingOnceGrown(t *testing.T) {
	week := Week{FTE: PersonDay}
	for d := range week.Days {
		week.Days[d].Touches = []Touch{touch(Code, 1, 2, 3), touch(Review, 4), touch(Ticket, 9)}
	}
	c := DefaultConfig()
	var into Split
	for m := Model(0); m < NumModels; m++ {
		c.Split(&week, m, &into)
		if n := testing.AllocsPerRun(10, func() { c.Split(&week, m, &into) }); n != 0 {
			t.Errorf("%s: %v allocations", m, n)
		}
	}
}
