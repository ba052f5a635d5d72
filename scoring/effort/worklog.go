package effort

import (
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

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

// LocalDate returns the day on which something happened to the person who did
// it, and the minute counted from the start of that day. The zone is the first
// known of: the one configured for the person, the author's offset where the
// source told it (store.Offset), and the others in order (the team's, the
// organisation's); UTC when none is. Nil stands for an unknown zone.
//
// The minute is elapsed time, so a day on which the clocks change has no
// repeated minute: it has up to 1500 of them.
func LocalDate(t time.Time, person *time.Location, others ...*time.Location) (objective.Date, int) {
	t = inZone(t, person, others)
	y, m, d := t.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	return objective.DateOf(t), int((t.Unix() - start.Unix()) / 60)
}

func inZone(t time.Time, person *time.Location, others []*time.Location) time.Time {
	if person != nil {
		return t.In(person)
	}
	if _, known := store.Offset(t); known {
		return t
	}
	for _, zone := range others {
		if zone != nil {
			return t.In(zone)
		}
	}
	return t.UTC()
}
