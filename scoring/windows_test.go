package scoring_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func TestWindowRange(t *testing.T) {
	for _, c := range []struct {
		label  string
		end    string
		fiscal time.Month
		from   string
	}{
		{"1d", "2025-03-31", 1, "2025-03-31"},
		{"91d", "2025-03-31", 1, "2024-12-31"},
		{"28d", "2024-03-01", 1, "2024-02-03"},
		{"quarter", "2025-03-31", 1, "2025-01-01"},
		{"quarter", "2025-04-01", 1, "2025-04-01"},
		{"quarter", "2025-01-31", 2, "2024-11-01"},
		{"quarter", "2025-02-01", 2, "2025-02-01"},
		{"quarter", "2025-02-28", 12, "2024-12-01"},
		{"quarter", "2025-12-31", 3, "2025-12-01"},
		{"quarter", "2025-05-15", 0, "2025-04-01"},
		{"quarter", "2025-05-15", 13, "2025-04-01"},
	} {
		got, err := scoring.WindowRange(c.label, day(t, c.end), c.fiscal)
		if err != nil || got.From.String() != c.from || got.Until.String() != c.end {
			t.Errorf("%s to %s, year from %d: %s to %s, %v", c.label, c.end, c.fiscal, got.From, got.Until, err)
		}
	}
	for _, label := range []string{"", "d", "0d", "-7d", "+7d", "007d", "7", "7D", " 7d", "7d ", "3661d", "99999999999999999999d", "Quarter", "7.5d"} {
		if got, err := scoring.WindowRange(label, 0, 1); err == nil {
			t.Errorf("%q is %s to %s", label, got.From, got.Until)
		} else if !strings.Contains(err.Error(), `"28d"`) {
			t.Errorf("%q: %v does not say what is right", label, err)
		}
	}
}

func FuzzWindowRange(f *testing.F) {
	for _, label := range []string{"7d", "28d", "quarter", "0d", "1e3d", "٧d"} {
		f.Add(label, int32(20000), 1)
	}
	f.Fuzz(func(t *testing.T, label string, end int32, fiscal int) {
		// Dates beyond the year 9999 have no text, and no score.
		end %= 2_900_000
		got, err := scoring.WindowRange(label, objective.Date(end), time.Month(fiscal))
		if err != nil {
			return
		}
		if got.Until != objective.Date(end) || got.From > got.Until || got.Until-got.From >= 3660 {
			t.Errorf("%q ends %d: %d to %d", label, end, got.From, got.Until)
		}
		if label != scoring.Quarter && !strings.HasSuffix(label, "d") {
			t.Errorf("%q is a window", label)
		}
	})
}

func TestLastCompleteQuarter(t *testing.T) {
	for _, c := range []struct {
		end         string
		fiscal      time.Month
		from, until string
	}{
		{"2025-03-31", 1, "2025-01-01", "2025-03-31"},
		{"2025-03-30", 1, "2024-10-01", "2024-12-31"},
		{"2025-04-01", 1, "2025-01-01", "2025-03-31"},
		{"2025-04-30", 2, "2025-02-01", "2025-04-30"},
		{"2024-02-29", 3, "2023-12-01", "2024-02-29"},
	} {
		got := scoring.LastCompleteQuarter(day(t, c.end), c.fiscal)
		if got.From.String() != c.from || got.Until.String() != c.until {
			t.Errorf("by %s, year from %d: %s to %s", c.end, c.fiscal, got.From, got.Until)
		}
	}
	// Quarters follow each other without gap or overlap.
	rapid.Check(t, func(t *rapid.T) {
		end := objective.Date(rapid.IntRange(-20000, 60000).Draw(t, "end"))
		fiscal := time.Month(rapid.IntRange(1, 12).Draw(t, "fiscal"))
		last := scoring.LastCompleteQuarter(end, fiscal)
		length := last.Until - last.From + 1
		if last.Until > end || end-last.Until > 91 || length < 89 || length > 92 {
			t.Fatalf("by %s: %s to %s", end, last.From, last.Until)
		}
		now, err := scoring.WindowRange(scoring.Quarter, end, fiscal)
		if err != nil || (last.Until < end && now.From != last.Until+1) || (last.Until == end && now.From != last.From) {
			t.Fatalf("by %s: last until %s, this from %s", end, last.Until, now.From)
		}
	})
}

func TestClosedDay(t *testing.T) {
	const grace = 6 * time.Hour
	at := func(s string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	current := at("2025-04-02 00:00")
	for _, c := range []struct {
		name          string
		now           string
		marks         map[string]time.Time
		day, expected string
		late          []string
	}{
		{"no sources", "2025-03-31 18:00", nil, "2025-03-30", "2025-03-30", nil},
		{"a minute too early", "2025-03-31 17:59", nil, "2025-03-29", "2025-03-29", nil},
		{"all current", "2025-03-31 18:00", map[string]time.Time{"a": current, "b": current}, "2025-03-30", "2025-03-30", nil},
		{"just far enough", "2025-03-31 18:00", map[string]time.Time{"a": at("2025-03-31 12:00")}, "2025-03-30", "2025-03-30", nil},
		{"the last minute in UTC−12 is missing", "2025-03-31 18:00",
			map[string]time.Time{"a": at("2025-03-31 11:59")}, "2025-03-29", "2025-03-30", []string{"a"}},
		{"the latest source decides", "2025-03-31 18:00",
			map[string]time.Time{"c": at("2025-03-30 13:00"), "b": current, "a": at("2025-03-28 00:00")},
			"2025-03-26", "2025-03-30", []string{"a", "c"}},
		{"never read", "2025-03-31 18:00", map[string]time.Time{"a": current, "b": {}}, "", "2025-03-30", []string{"b"}},
	} {
		day, expected, late := scoring.ClosedDay(at(c.now), grace, c.marks)
		if day.String() != c.day || expected.String() != c.expected || !slices.Equal(late, c.late) {
			t.Errorf("%s: %q, %q, %v, want %q, %q, %v", c.name, day, expected, late, c.day, c.expected, c.late)
		}
	}
}

// The zone of the clock and of the watermarks does not matter.
func TestClosedDayIgnoresZones(t *testing.T) {
	now := time.Date(2025, 3, 31, 18, 0, 0, 0, time.UTC)
	mark := time.Date(2025, 3, 31, 12, 0, 0, 0, time.UTC)
	for _, hours := range []int{-12, 14} {
		zone := time.FixedZone("", hours*3600)
		day, expected, late := scoring.ClosedDay(now.In(zone), 6*time.Hour, map[string]time.Time{"a": mark.In(zone)})
		if day.String() != "2025-03-30" || expected != day || late != nil {
			t.Errorf("UTC%+d: %s, %s, %v", hours, day, expected, late)
		}
	}
}

func TestRestatement(t *testing.T) {
	if _, _, ok := scoring.Restatement(0, 0, 0, 0); ok {
		t.Error("nothing was restated, yet it has a ratio")
	}
	// Swapped labels leave the share as it was and still rewrite the past.
	delta, ratio, ok := scoring.Restatement(pd(5), pd(5), pd(4), pd(10))
	if delta != 0 || ratio != 0.4 || !ok {
		t.Errorf("%v, %v, %v", delta, ratio, ok)
	}
}
