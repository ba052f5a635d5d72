package objective

import (
	"testing"
	"time"
)

func day(t *testing.T, s string) Date {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return DateOf(d)
}

func TestDateOfIsTheDayInTheZoneOfTheTime(t *testing.T) {
	east := time.FixedZone("east", 14*3600)
	west := time.FixedZone("west", -12*3600)
	noon := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{noon, "2026-03-01"},
		{noon.In(east), "2026-03-02"},
		{noon.In(west), "2026-02-28"},
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), "1969-12-31"},
		{time.Date(1969, 12, 31, 0, 0, 0, 0, east), "1969-12-31"},
		{time.Date(2024, 2, 29, 23, 59, 59, 0, west), "2024-02-29"},
	} {
		if got := DateOf(tt.at).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestNoDate(t *testing.T) {
	if NoDate.String() != "" {
		t.Errorf("%q", NoDate.String())
	}
	if !(NoDate < day(t, "0001-01-01")) {
		t.Error("NoDate does not sort first")
	}
}

func TestWeekdayAndMonday(t *testing.T) {
	for d := day(t, "1960-01-01"); d < day(t, "2030-01-01"); d++ {
		if got, want := d.Weekday(), d.Time().Weekday(); got != want {
			t.Fatalf("%s: %s, want %s", d, got, want)
		}
		monday := d.Monday()
		if monday.Weekday() != time.Monday || monday > d || d-monday > 6 {
			t.Fatalf("%s: Monday %s", d, monday)
		}
		y1, w1 := d.Time().ISOWeek()
		if y2, w2 := monday.Time().ISOWeek(); y1 != y2 || w1 != w2 {
			t.Fatalf("%s: Monday %s is in another ISO week", d, monday)
		}
	}
}

func TestVersionOfADay(t *testing.T) {
	o := Objective{Versions: []Version{
		{From: day(t, "2026-02-01"), Rank: 3},
		{From: day(t, "2026-03-01"), Rank: 1},
		{From: day(t, "2026-04-01"), Rank: 2, State: Paused},
	}}
	for _, tt := range []struct {
		day  string
		want int
	}{
		{"2025-01-01", 3}, // the first holds from the beginning
		{"2026-02-28", 3},
		{"2026-03-01", 1},
		{"2026-03-31", 1},
		{"2026-04-01", 2},
		{"2030-01-01", 2},
	} {
		if got := o.At(day(t, tt.day)).Rank; got != tt.want {
			t.Errorf("%s: rank %d, want %d", tt.day, got, tt.want)
		}
	}
}
