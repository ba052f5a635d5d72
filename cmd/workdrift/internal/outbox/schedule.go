package outbox

import (
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Slot says when an edition is due: each week on a weekday, and that of a kill
// session on the first such weekday of the month.
type Slot struct {
	Edition brief.Edition
	Weekday time.Weekday
	// Time is how long after midnight, as the clocks on the wall show it.
	Time time.Duration
}

// Last returns when the edition was last due in a zone, at now or before, and
// the period that it is about: the one before the day on which it was due.
func (s Slot) Last(now time.Time, zone *time.Location) (due time.Time, p brief.Period) {
	today := now.In(zone)
	for back := 0; ; back++ {
		day := today.AddDate(0, 0, -back)
		due := time.Date(day.Year(), day.Month(), day.Day(), 0, int(s.Time/time.Minute), 0, 0, zone)
		if day.Weekday() != s.Weekday || s.Edition == brief.KillSession && day.Day() > 7 || due.After(now) {
			continue
		}
		date := objective.DateOf(time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC))
		return due, brief.LastClosed(s.Edition, scoring.Day(date-1))
	}
}
