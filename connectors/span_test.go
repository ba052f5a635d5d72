package connectors

import (
	"math"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	const bad = Span(math.MinInt64)
	for text, want := range map[string]Span{
		"36h": Span(36 * time.Hour), "180d": Span(180 * 24 * time.Hour), "2w": Span(14 * 24 * time.Hour), " 90s ": Span(90 * time.Second),
		"0d": 0, "-1h": Span(-time.Hour), "0": 0, "1h30m": Span(90 * time.Minute), "106751d": Span(106751 * 24 * time.Hour),
		"": bad, "d": bad, "1.5d": bad, "-1d": bad, "7": bad, "7 d": bad, "106752d": bad, "99999999999999999999w": bad, "1y": bad, "1d12h": bad,
	} {
		got := bad
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want != bad) || got != want {
			t.Errorf("%q is %s, %v", text, time.Duration(got), err)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 29, 12, 30, 15, 999, time.FixedZone("", 2*3600))
	for text, want := range map[string]time.Time{
		"2026-01-31": time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), " 1066-10-14 ": time.Date(1066, 10, 14, 0, 0, 0, 0, time.UTC),
		"2d": time.Date(2026, 3, 27, 10, 30, 15, 0, time.UTC), "90m": time.Date(2026, 3, 29, 9, 0, 15, 0, time.UTC),
		"": {}, "0d": {}, "-3h": {}, "ever": {}, "2026-02-30": {}, "31.1.2026": {}, "2026-01-31T00:00:00Z": {},
	} {
		since := Since{Age: time.Minute}
		err := since.UnmarshalText([]byte(text))
		if want.IsZero() {
			if err == nil || since != (Since{Age: time.Minute}) {
				t.Errorf("%q is taken as %+v, %v", text, since, err)
			}
			continue
		}
		if got := since.From(now); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q begins at %s, %v, want %s", text, got, err, want)
		}
	}
}

// The first day there is looks like no date at all.
func TestSinceTheBeginning(t *testing.T) {
	since, err := ParseSince("0001-01-01")
	if got := since.From(time.Now()); err != nil || !got.IsZero() {
		t.Errorf("begins at %s, %v", got, err)
	}
}

func FuzzSince(f *testing.F) {
	for _, seed := range []string{"180d", "2w", "36h", "2026-01-31", "", "99999999999999999999d", "-1d", "1e3h"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		since, err := ParseSince(text)
		if err == nil && since.Age != 0 && (since.Age < 0 || !since.From(now).Before(now.Add(time.Second))) {
			t.Errorf("%q is %+v", text, since)
		}
	})
}
