package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// keptWeeks are the weeks that were collapsed. They are all that counts of the
// weeks up to the newest of them: what the events of those weeks still tell, or
// tell again, is left alone.
type keptWeeks struct {
	weeks    []keptWeek // oldest first
	until    objective.Date
	found    int             // how many items there were when their works were looked for
	holding  map[uint32]bool // items whose attribution was read for their sums
	restated bool            // one of those now counts for something else
}

// A keptWeek is a collapsed week with the items that its works are here.
// Its rows stay encoded, a quarter of the room: sums of them are kept where they
// are asked for often.
type keptWeek struct {
	TeamWeek // without rows
	encoded  []byte
	works    []uint32 // by row: number of an item, 0 when it is not known
}

// SetCollapsed gives the engine the weeks that were collapsed before, in place
// of those it was given last.
func (e *Engine) SetCollapsed(weeks []TeamWeek) {
	e.revision++
	e.kept = keptWeeks{until: objective.NoDate, holding: make(map[uint32]bool)}
	clear(e.weekly)
	for _, w := range weeks {
		k := keptWeek{works: make([]uint32, len(w.Rows))}
		k.encoded, _ = w.MarshalBinary() // never fails
		k.TeamWeek, k.Rows = w, nil
		e.kept.weeks = append(e.kept.weeks, k)
		e.kept.until = max(e.kept.until, w.Monday+7)
	}
	slices.SortFunc(e.kept.weeks, func(a, b keptWeek) int { return int(a.Monday) - int(b.Monday) })
}

// CollapsedBefore returns the first day that is not collapsed, NoDate when none
// is.
func (e *Engine) CollapsedBefore() objective.Date { return e.kept.from(objective.NoDate) }

// rows decodes the rows, which SetCollapsed encoded.
func (w *keptWeek) rows() []TeamDay {
	var whole TeamWeek
	_ = whole.UnmarshalBinary(w.encoded)
	return whole.Rows
}

// Uncollapsed lists the Mondays of the weeks up to a last one that are to be
// collapsed, oldest first: the last one in any case, because it says how far
// the ledger is collapsed; those before it from the first on in which anybody
// worked, within ten years, and of earlier ones those with work.
func (e *Engine) Uncollapsed(last objective.Date) []objective.Date {
	e.settle()
	work := make(map[objective.Date]bool)
	first := last
	for i := range e.lines {
		for _, w := range e.lines[i].weeks {
			if w != nil && e.kept.from(w.monday) <= w.monday && w.monday <= last {
				work[w.monday] = true
				first = min(first, w.monday)
			}
		}
	}
	if len(e.kept.weeks) > 0 {
		first = e.kept.until
	}
	const tenYears = 522 * 7
	for monday := max(first, last-tenYears); monday <= last; monday += 7 {
		work[monday] = true
	}
	due := make([]objective.Date, 0, len(work))
	for monday := range work {
		due = append(due, monday)
	}
	slices.Sort(due)
	return due
}

// from returns the first of the days from a day on that is not collapsed.
func (k *keptWeeks) from(day objective.Date) objective.Date {
	if len(k.weeks) == 0 {
		return day
	}
	return max(day, k.until)
}

// first is the Monday of the first collapsed week with work, NoDate without
// any. The week that says how far the ledger is collapsed may hold none, and lie
// years before the data.
func (k *keptWeeks) first() objective.Date {
	for i := range k.weeks {
		if len(k.weeks[i].works) > 0 {
			return k.weeks[i].Monday
		}
	}
	return objective.NoDate
}

// holds reports whether any of a range of days is collapsed.
func (k *keptWeeks) holds(days DateRange) bool { return k.from(days.From) > days.From }

// in yields the collapsed weeks that overlap a range of days.
func (k *keptWeeks) in(days DateRange) []*keptWeek {
	var list []*keptWeek
	for i := range k.weeks {
		if w := &k.weeks[i]; w.Monday+6 >= days.From && w.Monday <= days.Until {
			list = append(list, w)
		}
	}
	return list
}

// find fills in which items the works of the collapsed weeks are, those that
// were not found before.
func (e *Engine) find() {
	k := &e.kept
	if k.found == e.stats.Items {
		return
	}
	k.found = e.stats.Items
	wanted := make(map[uint64]uint32)
	for i := range k.weeks {
		w := &k.weeks[i]
		if !slices.Contains(w.works, 0) {
			continue
		}
		for r, row := range w.rows() {
			if w.works[r] == 0 {
				wanted[row.Work] = 0
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	for no := range e.items {
		if it := &e.items[no]; it.known {
			if _, ok := wanted[it.order]; ok {
				wanted[it.order] = uint32(no)
			}
		}
	}
	for i := range k.weeks {
		w := &k.weeks[i]
		if !slices.Contains(w.works, 0) {
			continue
		}
		for r, row := range w.rows() {
			if no := wanted[row.Work]; w.works[r] == 0 && no != 0 {
				w.works[r], k.restated = no, true
			}
		}
	}
}

// keptParts calls f for every part of the organisation's effort in the
// collapsed weeks of a range of days. The work is 0 when its item is not known.
// It returns false as soon as f does.
func (e *Engine) keptParts(days DateRange, f func(work uint32, p *placement) bool) bool {
	var parts []placement
	for _, w := range e.kept.in(days) {
		e.find()
		for i, row := range w.rows() {
			day := w.Monday + objective.Date(row.Day)
			if !in(days, day) {
				continue
			}
			var work uint32
			work, parts = e.placeKept(w.works[i], day, &row.Parts[0], parts[:0])
			for k := range parts {
				if !f(work, &parts[k]) {
					return false
				}
			}
		}
	}
	return true
}

// restateKept forgets the sums of collapsed weeks when an item that they hold
// now counts for something else.
func (e *Engine) restateKept() {
	if !e.kept.restated {
		return
	}
	e.kept.restated = false
	for i := range e.kept.weeks {
		delete(e.weekly, e.kept.weeks[i].Monday)
	}
}

// placeKept splits a part of a row over where its work, by an item of it, now
// goes. The work is 0 when the item is not known.
func (e *Engine) placeKept(no uint32, day objective.Date, part *TeamPart, into []placement) (work uint32, parts []placement) {
	if no == 0 {
		return 0, append(into, placement{category: Unknown, objective: -1, micros: part.Effort})
	}
	work = e.items[no].work
	e.kept.holding[no], e.kept.holding[work] = true, true
	return work, e.placeMicros(work, part.Effort, day, into)
}

// past is what a tally knows of the contributors to collapsed weeks.
type past struct {
	Few      // people of the fullest week, and largest contributions added up
	any bool // some of its days are collapsed
}

// sumKept adds the collapsed weeks to a measurement, and returns the works that
// were counted besides.
func (e *Engine) sumKept(m *measurement, works []int, counted []uint32) []uint32 {
	var parts []placement
	for _, w := range e.kept.in(DateRange{m.from, m.until}) {
		e.find()
		units := e.unitTallies(m, w)
		for i, row := range w.rows() {
			day := w.Monday + objective.Date(row.Day)
			for p := range row.Parts {
				var work uint32
				work, parts = e.placeKept(w.works[i], day, &row.Parts[p], parts[:0])
				for _, t := range units[row.Parts[p].Unit] {
					if !in(t.days, day) {
						continue
					}
					for k := range parts {
						t.add(&parts[k], &parts[k].micros)
					}
				}
				if work != 0 && p == 0 {
					if e.items[work].seen == 0 {
						counted = append(counted, work)
					}
					e.items[work].count(m.org, day, works)
				}
			}
		}
		e.closeKept(w, units)
	}
	m.each((*tally).mergePast)
	return counted
}

// unitTallies says which tallies each unit of a week feeds. A team that is not
// declared any more is no team.
func (e *Engine) unitTallies(m *measurement, w *keptWeek) [][]*tally {
	units := make([][]*tally, len(w.Units))
	units[unitOrg] = slices.Collect(m.organisation)
	if len(m.teams) == 0 {
		return units
	}
	units[unitRest] = m.rest
	for u := unitTeams; u < len(w.Units); u++ {
		units[u] = m.rest
		for t := range e.declared.Teams {
			if e.declared.Teams[t].ID == w.Units[u].Team {
				units[u] = m.teams[t]
			}
		}
	}
	return units
}

// closeKept closes the week as one cluster of each tally, and adds what it knows
// besides.
func (e *Engine) closeKept(w *keptWeek, units [][]*tally) {
	for u, tallies := range units {
		unit := &w.Units[u]
		for _, t := range tallies {
			var few Few
			for d := range unit.Days {
				f := &unit.Days[d]
				if day := w.Monday + objective.Date(d); !in(t.days, day) {
					continue
				}
				t.past.any = true
				few.People, few.Most = max(few.People, f.People), few.Most+f.Most
				t.available += f.Available
				if u == unitOrg && len(e.declared.Teams) > 0 {
					t.observed += f.Observed
				}
			}
			if in(t.days, w.Monday) && in(t.days, w.Monday+6) {
				few = unit.Week
			}
			t.past.People, t.past.Most = max(t.past.People, few.People), t.past.Most+few.Most
			if u != unitOrg || len(e.declared.Teams) == 0 {
				t.observed += t.week.all
			}
			t.endWeek()
			t.person = clusterSum{}
		}
	}
}

// mergePast makes one list of contributors of those who are known and of what is
// known of the others: as many people as there were at least, the first of whom
// did at most what one of them can have done.
func (t *tally) mergePast() {
	if t.past.People == 0 {
		return
	}
	n, most, left := max(t.people.count(), t.past.People), t.past.Most+t.people.most(), t.sum()
	if n == 1 {
		most = left
	}
	most = min(most, left)
	t.people, left = append(t.people[:0], contributor{sum: most, named: true}), left-most
	for others := n - 1; others > 0; others-- {
		part := left / effort.Micro(others)
		t.people, left = append(t.people, contributor{sum: part, named: true}), left-part
	}
}
