package effort

import (
	"math"
	"strconv"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// LoggedSeconds returns the time that an event logs, 0 for other events and for
// logs that make no sense.
func LoggedSeconds(e *store.Event) int32 {
	if e.Kind != store.EventWorklog {
		return 0
	}
	n, err := strconv.ParseInt(e.Attrs["seconds"], 10, 64)
	if err != nil {
		return 0
	}
	return int32(min(max(n, 0), math.MaxInt32))
}

// IsBulkLog reports whether one log stands for several days.
func (c Config) IsBulkLog(logged Micro) bool { return c.BulkLog > 0 && logged > c.BulkLog }

// SpreadBulkLog spreads one log backwards from the day on which it was
// entered, over at most BulkDays working days, into what each day has free
// (the person's FTE less what is logged on it already). It calls place once
// for each day that takes a part, latest first, and returns what did not fit
// anywhere: that is dropped, and the caller counts it.
func (c Config) SpreadBulkLog(log Micro, entered objective.Date,
	free func(objective.Date) Micro, place func(objective.Date, Micro)) (unplaced Micro) {
	working := min(max(1, c.WorkingDays), 7)
	for day, left := entered, c.BulkDays; left > 0 && log > 0; day-- {
		if int(day-day.Monday()) >= working {
			continue
		}
		left--
		if part := min(log, free(day)); part > 0 {
			place(day, part)
			log -= part
		}
	}
	return max(0, log)
}
