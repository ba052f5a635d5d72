package effort

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func date(t testing.TB, s string) objective.Date {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return objective.DateOf(at)
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLogged(t *testing.T) {
	c := DefaultConfig()
	half := c
	half.HoursPerDay = 7.5
	for _, tc := range []struct {
		c       Config
		seconds int64
		want    Micro
	}{
		{c, 3 * 3600, 375000},
		{c, 1, 35}, // 34.7
		{c, 0, 0},
		{c, -3600, 0},
		{half, 27000, PersonDay},
		{half, 3600, 133333},
		{Config{}, 3600, 0},
		{c, 1<<63 - 1, 3660 * 3 * PersonDay},
	} {
		if got := tc.c.Logged(tc.seconds); got != tc.want {
			t.Errorf("%v h a day: Logged(%d) = %d, want %d", tc.c.HoursPerDay, tc.seconds, got, tc.want)
		}
	}
	if c.IsBulkLog(1_500_000) || !c.IsBulkLog(1_500_001) {
		t.Error("a bulk log is one of more than 1.5 days")
	}
}

func TestSpreadBulkLogSkipsWeekendsAndEnds(t *testing.T) {
	c := DefaultConfig()
	var places []string
	unplaced := c.SpreadBulkLog(11*PersonDay, date(t, "2025-03-08"), // a Saturday
		func(objective.Date) Micro { return PersonDay },
		func(day objective.Date, part Micro) {
			if part != PersonDay {
				t.Errorf("%s got %d", day, part)
			}
			places = append(places, day.String())
		})
	if unplaced != PersonDay || len(places) != 10 {
		t.Fatalf("unplaced %d, on %v", unplaced, places)
	}
	if places[0] != "2025-03-07" || places[5] != "2025-02-28" || places[9] != "2025-02-24" {
		t.Errorf("placed on %v", places)
	}
}

func TestSpreadBulkLogLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.WorkingDays = rapid.IntRange(1, 7).Draw(t, "working days")
		c.BulkDays = rapid.IntRange(0, 12).Draw(t, "look-back")
		entered := objective.Date(rapid.IntRange(-400, 20000).Draw(t, "entered"))
		log := Micro(rapid.Int64Range(0, 12e6).Draw(t, "log"))
		free := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Micro {
			return Micro(rapid.Int64Range(-1e5, 1e6).Draw(t, "free"))
		}), 100, 100).Draw(t, "frees")
		placed, last := Micro(0), entered+1
		unplaced := c.SpreadBulkLog(log, entered,
			func(day objective.Date) Micro { return free[entered-day] },
			func(day objective.Date, part Micro) {
				if part <= 0 || part > free[entered-day] || day >= last || int(day-day.Monday()) >= c.WorkingDays {
					t.Fatalf("%s got %d of %d free, after %s", day, part, free[entered-day], last)
				}
				placed, last = placed+part, day
			})
		if placed+unplaced != log {
			t.Fatalf("%d placed and %d not, of %d", placed, unplaced, log)
		}
	})
}

func TestLocalDatePrecedence(t *testing.T) {
	tokyo, la, kolkata := zone(t, "Asia/Tokyo"), zone(t, "America/Los_Angeles"), zone(t, "Asia/Kolkata")
	at := time.Date(2025, 3, 3, 2, 30, 0, 0, time.UTC)
	offset := store.WithOffset(at, -10*3600)
	for _, c := range []struct {
		name   string
		at     time.Time
		person *time.Location
		others []*time.Location
		day    string
		minute int
	}{
		{"the person's zone before the author's offset", offset, tokyo, nil, "2025-03-03", 11*60 + 30},
		{"the author's offset before the team's zone", offset, nil, []*time.Location{tokyo}, "2025-03-02", 16*60 + 30},
		{"the team's zone before the organisation's", at, nil, []*time.Location{la, tokyo}, "2025-03-02", 18*60 + 30},
		{"the organisation's zone", at, nil, []*time.Location{nil, kolkata}, "2025-03-03", 8 * 60},
		{"no zone at all", at, nil, nil, "2025-03-03", 2*60 + 30},
	} {
		day, minute := LocalDate(c.at, c.person, c.others...)
		if day != date(t, c.day) || minute != c.minute {
			t.Errorf("%s: %s minute %d, want %s minute %d", c.name, day, minute, c.day, c.minute)
		}
	}
}

// Minutes are elapsed time, so that no hour is lost or counted twice on the
// days when the clocks change.
func TestLocalDateAcrossClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		first     string // UTC of the day's first minute
		minutes   int    // how long the day is
	}{
		{"America/Los_Angeles", "2025-03-09", "2025-03-09T08:00:00Z", 23 * 60},
		{"America/Los_Angeles", "2025-11-02", "2025-11-02T07:00:00Z", 25 * 60},
		{"Europe/Berlin", "2025-03-30", "2025-03-29T23:00:00Z", 23 * 60},
		{"Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00:00Z", 24*60 + 30},
		{"Asia/Kolkata", "2025-03-09", "2025-03-08T18:30:00Z", 24 * 60},
	} {
		first, err := time.Parse(time.RFC3339, c.first)
		if err != nil {
			t.Fatal(err)
		}
		l := zone(t, c.zone)
		for _, m := range []int{0, 1, 59, 60, 119, 120, 121, 179, 180, 240, c.minutes - 1} {
			day, minute := LocalDate(first.Add(time.Duration(m)*time.Minute+59*time.Second), l)
			if day != date(t, c.day) || minute != m {
				t.Errorf("%s, %d minutes after %s: %s minute %d", c.zone, m, c.first, day, minute)
			}
		}
		for _, m := range []int{-1, c.minutes} {
			if day, _ := LocalDate(first.Add(time.Duration(m)*time.Minute), l); day == date(t, c.day) {
				t.Errorf("%s: minute %d is still %s", c.zone, m, day)
			}
		}
	}
}

// Samoa skipped the whole of 2011-12-30 when it crossed the date line.
func TestLocalDateAcrossTheDateLine(t *testing.T) {
	apia := zone(t, "Pacific/Apia")
	before, _ := LocalDate(time.Date(2011, 12, 30, 9, 59, 0, 0, time.UTC), apia)
	after, minute := LocalDate(time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), apia)
	if before != date(t, "2011-12-29") || after != date(t, "2011-12-31") || minute != 0 {
		t.Errorf("%s, then %s minute %d", before, after, minute)
	}
}
