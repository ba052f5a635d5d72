package effort

import (
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A Moment is when something happened, to the minute, with the author's offset
// from UTC where the source told it. It is a small time.Time.
type Moment struct {
	Minute int32 // since 1970-01-01 00:00 UTC
	Offset int16 // in minutes, or NoOffset
}

// NoOffset says that the source did not tell the author's offset.
const NoOffset = -1 << 15

// MomentOf returns the moment of a time, whose offset counts as store.Offset
// says.
func MomentOf(t time.Time) Moment {
	m := Moment{Minute: int32(floorDiv(t.Unix(), 60)), Offset: NoOffset}
	if seconds, known := store.Offset(t); known {
		m.Offset = int16(seconds / 60)
	}
	return m
}

// Compare orders moments by time, and those of the same minute by offset.
func (m Moment) Compare(n Moment) int {
	if m.Minute != n.Minute {
		if m.Minute < n.Minute {
			return -1
		}
		return 1
	}
	return int(m.Offset) - int(n.Offset)
}

// LocalDate returns the day on which something happened to the person who did
// it, and the minute counted from the start of that day. The zone is the first
// known of: the one known of the person (configured, or else of a profile), the
// author's offset where the source told it (store.Offset), and the others in
// order (the team's, the organisation's); UTC when none is. Nil stands for an
// unknown zone.
//
// The minute is elapsed time, so a day on which the clocks change has no
// repeated minute: it has up to 1500 of them.
func LocalDate(t time.Time, person *time.Location, others ...*time.Location) (objective.Date, int) {
	return MomentOf(t).LocalDate(person, others...)
}

// LocalDate is the function of that name for a moment.
func (m Moment) LocalDate(person *time.Location, others ...*time.Location) (objective.Date, int) {
	zone := person
	if zone == nil && m.Offset != NoOffset {
		return dateAt(int64(m.Minute) + int64(m.Offset))
	}
	for i := 0; zone == nil && i < len(others); i++ {
		zone = others[i]
	}
	if zone == nil || zone == time.UTC {
		return dateAt(int64(m.Minute))
	}
	return dateIn(int64(m.Minute), zone)
}

// dateAt returns the day and minute of a number of local minutes since 1970.
func dateAt(minutes int64) (objective.Date, int) {
	day := floorDiv(minutes, minutesPerDay)
	return objective.Date(day), int(minutes - day*minutesPerDay)
}

const minutesPerDay = 24 * 60

// dateIn returns the day and minute in a zone.
func dateIn(minute int64, zone *time.Location) (objective.Date, int) {
	t := time.Unix(minute*60, 0).In(zone)
	_, seconds := t.Zone()
	day, since := dateAt(floorDiv(t.Unix()+int64(seconds), 60))
	// Unless the clocks changed since midnight, that is all.
	if from, _ := t.ZoneBounds(); from.IsZero() || from.Unix() <= t.Unix()-int64(since)*60 {
		return day, since
	}
	y, m, d := t.Date()
	return day, int((t.Unix() - time.Date(y, m, d, 0, 0, 0, 0, zone).Unix()) / 60)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
