package effort

import "slices"

// A Touch is one person's presence on one item on one day.
type Touch struct {
	// Presence is 0 for an item with nothing but logged time.
	Presence Presence
	// Minutes are those in which the person touched the item, counted from the
	// local midnight, ascending and without repeats. They may lie outside 0 to
	// 1439: a day in which the clocks go back has 1500, and somebody who
	// travels has events in several zones.
	Minutes []int16
}

// A Day is what one person did on one local date.
type Day struct {
	// Touches are ordered by item, so that ties do not depend on the order in
	// which events came in.
	Touches []Touch
	// Logged is the time logged on each touched item, or nil when nothing was
	// logged on the day.
	Logged []Micro
}

// A Week is what one person did in one ISO week.
type Week struct {
	// FTE is the effort of one working day: PersonDay for full time.
	FTE Micro
	// LeaveDays is how many working days of the week the person was away.
	LeaveDays int
	Days      [7]Day // Monday first
}

// A Split is the effort of one person-week. It holds its own buffers: use one
// for many weeks.
type Split struct {
	// Effort is parallel to the touches of each day. It is valid until the
	// Split is used again.
	Effort [7][]Micro
	// Budget is what each day is worth; the effort of a day adds up to it.
	Budget [7]Micro
	// Overtime is the logged time beyond the budget of each day. It is about
	// one person: publish only sums over a team.
	Overtime [7]Micro
	// BeyondCap is what the days were worth beyond the capacity of the week.
	// When it is above 0 and all budgets are 0, somebody worked on leave.
	BeyondCap Micro

	effort  []Micro
	weight  []int64
	moments []int32
	scratch []uint64
}

// Split computes the effort of a week under a model:
//
//  1. The weight of an item is the sum of the weights of the ways present.
//  2. A day is worth FTE · min(1, sum of its weights / FullWeight), at least
//     the time logged (FTE at most), and only that when every item of the day
//     has logged time.
//  3. A week is worth at most FTE · (WorkingDays − LeaveDays); beyond, the
//     days shrink in proportion.
//  4. Logged time is the effort of its item; logged time beyond the day's
//     worth shrinks in proportion, and the excess is overtime.
//  5. The rest of the day is split over the items without logged time by the
//     model.
//
// Steps 1 to 4 are the same for each model. Kinds of presence with a weight of
// 0 are not seen by any.
func (c Config) Split(w *Week, m Model, into *Split) {
	table := c.weights()
	into.reset(w)
	into.Overtime, into.BeyondCap = [7]Micro{}, 0
	for d := range w.Days {
		into.Budget[d] = c.worth(&w.Days[d], w.FTE, &table)
	}
	into.capWeek(max(0, w.FTE) * Micro(max(0, c.WorkingDays-w.LeaveDays)))
	for d := range w.Days {
		if into.Budget[d] == 0 {
			into.Overtime[d] = w.Days[d].logged()
			continue
		}
		into.splitDay(&w.Days[d], d, m, &table)
	}
}

// reset makes room for the touches of a week, all without effort.
func (s *Split) reset(w *Week) {
	n := 0
	for d := range w.Days {
		n += len(w.Days[d].Touches)
	}
	s.effort = slices.Grow(s.effort[:0], n)[:n]
	clear(s.effort)
	n = 0
	for d := range w.Days {
		end := n + len(w.Days[d].Touches)
		s.Effort[d] = s.effort[n:end:end]
		n = end
	}
}

// worth is step 2.
func (c Config) worth(day *Day, fte Micro, table *[presences]int64) Micro {
	if fte <= 0 {
		return 0
	}
	var weight int64
	var logged Micro
	open := false // an item could take what the logged time leaves
	for i := range day.Touches {
		w := table[day.Touches[i].Presence%presences]
		weight += w
		if l := day.loggedOn(i); l > 0 {
			logged += l
		} else if w > 0 {
			open = true
		}
	}
	logged = min(logged, fte)
	if !open {
		return logged
	}
	full := int64(max(1, c.FullWeight))
	return max(logged, Micro((int64(fte)*min(weight, full)*2+full)/(2*full)))
}

func (day *Day) loggedOn(i int) Micro {
	if i >= len(day.Logged) {
		return 0
	}
	return max(0, day.Logged[i])
}

func (day *Day) logged() Micro {
	return sum(day.Logged[:min(len(day.Logged), len(day.Touches))])
}

// capWeek is step 3.
func (s *Split) capWeek(capacity Micro) {
	total := sum(s.Budget[:])
	if total <= capacity {
		return
	}
	s.BeyondCap = total - capacity
	var weights [7]int64
	for d, b := range s.Budget {
		weights[d] = int64(b)
	}
	s.scratch, _ = Apportion(capacity, weights[:], s.Budget[:], s.scratch)
}

// splitDay is steps 4 and 5 for a day that is worth something.
func (s *Split) splitDay(day *Day, d int, m Model, table *[presences]int64) {
	effort, rest := s.Effort[d], s.Budget[d]
	s.weight = slices.Grow(s.weight[:0], len(effort))[:len(effort)]
	if logged := day.logged(); logged > 0 {
		if logged >= rest {
			for i := range s.weight {
				s.weight[i] = int64(day.loggedOn(i))
			}
			s.Overtime[d] = logged - rest
			s.scratch, _ = Apportion(rest, s.weight, effort, s.scratch)
			return
		}
		rest -= logged
	}
	s.weigh(day, m, table)
	s.scratch, _ = Apportion(rest, s.weight, effort, s.scratch)
	for i := range effort {
		if l := day.loggedOn(i); l > 0 {
			effort[i] = l
		}
	}
}

// weigh sets the weight of each item without logged time under a model.
func (s *Split) weigh(day *Day, m Model, table *[presences]int64) {
	if m == InterEvent && s.weighGaps(day, table) {
		return
	}
	for i := range day.Touches {
		w := table[day.Touches[i].Presence%presences]
		if w > 0 && m != ByPresence {
			w = 1
		}
		if day.loggedOn(i) > 0 {
			w = 0
		}
		s.weight[i] = w
	}
}

// weighGaps credits the time since the previous event of the day to the item
// of each event; the first event of the day credits nothing. It reports
// whether any item without logged time got a credit.
func (s *Split) weighGaps(day *Day, table *[presences]int64) bool {
	const byIndex = 16
	s.moments = s.moments[:0]
	for i := range day.Touches {
		t := &day.Touches[i]
		s.weight[i] = 0
		if table[t.Presence%presences] == 0 || i >= 1<<byIndex {
			continue
		}
		for _, minute := range t.Minutes {
			s.moments = append(s.moments, int32(minute)<<byIndex|int32(i))
		}
	}
	slices.Sort(s.moments)
	credited := false
	for n := 1; n < len(s.moments); n++ {
		i := int(s.moments[n] & (1<<byIndex - 1))
		gap := int64(s.moments[n]>>byIndex) - int64(s.moments[n-1]>>byIndex)
		if gap > 0 && day.loggedOn(i) == 0 {
			s.weight[i] += gap
			credited = true
		}
	}
	return credited
}

func sum(of []Micro) (total Micro) {
	for _, m := range of {
		total += max(0, m)
	}
	return total
}
