package scoring

import (
	"slices"
	"sort"

	"github.com/workdrift/workdrift/scoring/objective"
)

// Category is where effort went. The categories are exclusive and add up to
// all effort.
type Category uint8

// The categories of effort.
const (
	OnObjective Category = iota // on an objective that is active, or within its grace
	RunWork                     // keeps the lights on, by a declared rule
	Excluded                    // on an explicit non-goal
	Stopped                     // on an objective that was stopped, after the grace
	Unknown                     // nothing matched
	Categories  = iota
)

// String is the value of the label category.
func (c Category) String() string {
	return [Categories]string{"objective", "run_work", "excluded", "stopped", "unknown"}[c]
}

// OffStrategy reports whether the category counts as shadow roadmap.
func (c Category) OffStrategy() bool { return c == Excluded || c == Stopped || c == Unknown }

// A calendar says for each day which objectives were active, and in which
// order.
type calendar struct {
	set     *objective.Set
	changes []objective.Date // days on which any version begins, ascending
	spans   []calendarSpan   // spans[0] is before changes[0], spans[i+1] from changes[i] on
	stopped [][]stoppedFrom  // per objective: when it stopped and until when
}

// calendarSpan is a range of days in which nothing that was declared changes.
type calendarSpan struct {
	position []int // per objective: place in the ranking, 1 first; 0 when it is not ranked
	ranking  []int // ranked objectives, in order
}

// stoppedFrom is a range of days on which an objective was not active.
type stoppedFrom struct{ from, until objective.Date }

func newCalendar(set *objective.Set) *calendar {
	c := &calendar{set: set, stopped: make([][]stoppedFrom, len(set.Objectives))}
	for i := range set.Objectives {
		o := &set.Objectives[i]
		if o.Start != objective.NoDate {
			c.changes = append(c.changes, o.Start)
		}
		for _, v := range o.Versions {
			if v.From != objective.NoDate {
				c.changes = append(c.changes, v.From)
			}
		}
		c.stopped[i] = stoppedRanges(o)
	}
	slices.Sort(c.changes)
	c.changes = slices.Compact(c.changes)
	c.spans = append(c.spans, c.span(objective.NoDate))
	for _, day := range c.changes {
		c.spans = append(c.spans, c.span(day))
	}
	return c
}

// stoppedRanges lists when an objective was not active, joining versions that
// follow each other.
func stoppedRanges(o *objective.Objective) []stoppedFrom {
	var ranges []stoppedFrom
	for i, v := range o.Versions {
		until := objective.Date(1<<31 - 1)
		if i+1 < len(o.Versions) {
			until = o.Versions[i+1].From - 1
		}
		switch n := len(ranges); {
		case v.State == objective.Active:
		case n > 0 && ranges[n-1].until == v.From-1:
			ranges[n-1].until = until
		default:
			ranges = append(ranges, stoppedFrom{v.From, until})
		}
	}
	return ranges
}

// span ranks the objectives that are active on a day.
func (c *calendar) span(day objective.Date) calendarSpan {
	s := calendarSpan{position: make([]int, len(c.set.Objectives))}
	for i := range c.set.Objectives {
		o := &c.set.Objectives[i]
		if o.At(day).State == objective.Active && o.Start <= day {
			s.ranking = append(s.ranking, i)
		}
	}
	slices.SortStableFunc(s.ranking, func(a, b int) int {
		return c.set.Objectives[a].At(day).Rank - c.set.Objectives[b].At(day).Rank
	})
	for place, i := range s.ranking {
		s.position[i] = place + 1
	}
	return s
}

// at returns what holds on a day.
func (c *calendar) at(day objective.Date) *calendarSpan {
	i := sort.Search(len(c.changes), func(i int) bool { return c.changes[i] > day })
	return &c.spans[i]
}

// place says how effort on an objective counts on a day. Before its start
// nothing can belong to an objective.
func (c *calendar) place(o int, day objective.Date) Category {
	if c.set.Objectives[o].Start > day {
		return Unknown
	}
	for _, r := range c.stopped[o] {
		if r.from <= day && day <= r.until {
			if day < r.from+objective.Date(c.set.Grace) {
				return OnObjective
			}
			return Stopped
		}
	}
	return OnObjective
}

// top reports whether an objective is one of the top priorities on a day.
func (s *calendarSpan) top(o, n int) bool {
	return s.position[o] > 0 && s.position[o] <= n
}
