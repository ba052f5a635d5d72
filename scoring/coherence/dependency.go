// Package coherence measures whether teams pull together: dependencies found
// late, mixes that diverge, objectives without an owner, an end-state or a
// result that anybody looks at.
//
// The definitions follow section 4.12 of the score specification, the minimum
// samples section 2.7. How much effort a group needs for its shares to be told
// at all is the caller's to check, once for the whole window.
package coherence

import (
	"cmp"
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the definitions.
const (
	lateAfter   = 24 * time.Hour // after the blocked item started
	bulkLinks   = 20             // more of one actor within bulkWithin are an import
	bulkWithin  = 10 * time.Minute
	minLinks    = 10
	minWaits    = 10
	minDecided  = 10
	alertEffort = 40 // person-days
)

// A Dependency is a directed link that says that one item needs another. Links
// that were removed later stay: they were found, too.
type Dependency struct {
	BlockerTeam, BlockedTeam string
	// Actor made the link; private, "" when the source does not tell.
	Actor string
	// Made is when the link was made. A source that does not tell leaves it
	// zero; then nobody knows whether it was late, and it does not count.
	Made time.Time
	// Started is when the blocked item started, zero when it has not.
	Started time.Time
}

// Late reports whether the link was made more than 24 hours after the blocked
// item started, and by how much.
func (d Dependency) Late() (by time.Duration, late bool) {
	if d.Started.IsZero() {
		return 0, false
	}
	by = d.Made.Sub(d.Started)
	return by, by > lateAfter
}

// A Lateness is score L1.
type Lateness struct {
	// Estimate is the share of the links between teams that were made late,
	// with its Wilson interval.
	stat.Estimate
	// MedianDays is how long after the start the late ones were made, 0 without
	// any.
	MedianDays float64
	// Imported is how many links were left out because one actor made more than
	// 20 within 10 minutes.
	Imported int
}

// LateDependencies returns how many dependencies between different teams were
// found late. It needs 10.
func LateDependencies(links []Dependency) Lateness {
	links = slices.DeleteFunc(slices.Clone(links), func(d Dependency) bool { return d.Made.IsZero() })
	imported := imports(links)
	l := Lateness{}
	var days []float64
	n := 0
	for i, d := range links {
		if d.BlockerTeam == d.BlockedTeam || d.BlockerTeam == "" || d.BlockedTeam == "" {
			continue
		}
		if imported[i] {
			l.Imported++
			continue
		}
		n++
		if by, late := d.Late(); late {
			days = append(days, by.Hours()/24)
		}
	}
	l.Estimate = stat.Proportion(len(days), n, minLinks, "dependencies between teams")
	l.MedianDays = stat.Median(days)
	return l
}

// imports marks the links of bursts: more than 20 by one actor within 10
// minutes, within or between teams. Links without an actor are no burst.
func imports(links []Dependency) []bool {
	marked := make([]bool, len(links))
	order := make([]int, len(links))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(links[a].Actor, links[b].Actor), links[a].Made.Compare(links[b].Made))
	})
	first := 0
	for last := range order {
		for links[order[first]].Actor != links[order[last]].Actor ||
			links[order[last]].Made.Sub(links[order[first]].Made) > bulkWithin {
			first++
		}
		if last-first+1 > bulkLinks && links[order[last]].Actor != "" {
			for _, i := range order[first : last+1] {
				marked[i] = true
			}
		}
	}
	return marked
}

// Friction is part of score L7: the median wait, for a review or while blocked,
// across teams over that within the team, both in hours. It needs 10 waits on
// either side. It is +Inf where there is no wait within, undefined where there
// is none at all. N is the smaller side.
func Friction(across, within []float64) stat.Estimate {
	n := min(len(across), len(within))
	if n < minWaits {
		return stat.Insufficient(n, "%d of at least %d waits on either side", n, minWaits)
	}
	a, w := stat.Median(across), stat.Median(within)
	if a == 0 && w == 0 {
		return stat.NotDefined("nobody waits")
	}
	return stat.Known(a/w, n)
}

// Decisions are the decisions seen in a window, in chat or elsewhere.
type Decisions struct {
	All int
	// Durable have a record that lasts: a ticket, an ADR, an RFC, a change.
	Durable int
	// Linked are durable and linked to an objective.
	Linked int
}

// Visibility is score L8: the share of the decisions that have a durable record,
// with its Wilson interval. Decisions in private channels are not seen, so All
// is a lower bound and the share an upper one: say so where it is shown. It
// needs 10 decisions.
func (d Decisions) Visibility() stat.Estimate {
	return stat.Proportion(min(d.Durable, d.All), d.All, minDecided, "decisions")
}

// Traceability is the other half of L8: the share of the decisions that have a
// durable record linked to an objective. The same holds for it.
func (d Decisions) Traceability() stat.Estimate {
	return stat.Proportion(min(d.Linked, d.All), d.All, minDecided, "decisions")
}
