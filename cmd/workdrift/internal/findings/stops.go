package findings

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// StopsOf returns the clocks of a report in the order in which to ask about them:
// what is worked on though it was stopped, the longest first, then what else runs,
// then what ended, the newest first.
func StopsOf(report *scoring.Report) []scoring.StopClock {
	rank := func(c *scoring.StopClock) int {
		switch {
		case c.State == scoring.ClockRuns && c.Live:
			return 0
		case c.State == scoring.ClockRuns:
			return 1
		}
		return 2
	}
	list := slices.Clone(report.Stops)
	slices.SortStableFunc(list, func(a, b scoring.StopClock) int {
		order := cmp.Compare(a.Start, b.Start)
		if rank(&a) == 2 {
			order = -order
		}
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), order)
	})
	return list
}

// ClockText says how a clock stands.
func ClockText(c *scoring.StopClock) string {
	days := Plural(int(c.Days), "day")
	switch c.State {
	case scoring.ClockQuiet:
		if !c.Days.Known() {
			return "quiet; when is withheld, it would tell of few people"
		}
		return fmt.Sprintf("quiet after %s, from %s on", days, Date(objective.Date(*c.QuietFrom).Time()))
	case scoring.ClockTakenBack:
		return "taken back after " + days
	case scoring.ClockNone:
		return "not counted: " + c.Reason
	}
	if c.Live {
		return days + ", and still worked on"
	}
	return days + ", not quiet for long enough yet"
}
