package connectors

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Span is a duration in a configuration. Beside Go's units it may be written
// in whole days or weeks: "36h", "180d", "2w".
type Span time.Duration

// UnmarshalText reads a span. It may be zero or negative where Go's form says
// so; whether that makes sense is for the owner of the setting to say.
func (s *Span) UnmarshalText(text []byte) error {
	raw := strings.TrimSpace(string(text))
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		digits, ok := strings.CutSuffix(raw, suffix)
		n, err := strconv.ParseInt(digits, 10, 64)
		if ok && err == nil {
			if n < 0 || n > math.MaxInt64/int64(unit) {
				return fmt.Errorf("%q is out of range", raw)
			}
			*s = Span(time.Duration(n) * unit)
			return nil
		}
	}
	d, err := time.ParseDuration(raw)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 36h or 180d", raw)
	}
	*s = Span(d)
	return nil
}

// A Since is how far back a first backfill goes: to a date, or to an age. The
// zero Since goes back to the beginning of time.
type Since struct {
	Date time.Time     // midnight UTC, of no meaning beside an Age
	Age  time.Duration // before the time of the backfill, zero for a date
}

// ParseSince reads a date such as "2026-01-31", which begins in UTC, or an age
// such as "180d" (see Span).
func ParseSince(text string) (Since, error) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return Since{Date: t}, nil
	}
	var age Span
	if err := age.UnmarshalText([]byte(text)); err != nil || age <= 0 {
		return Since{}, fmt.Errorf("%q is neither an age such as 180d nor a date such as 2026-01-31", text)
	}
	return Since{Age: time.Duration(age)}, nil
}

// UnmarshalText is ParseSince for configurations.
func (s *Since) UnmarshalText(text []byte) error {
	parsed, err := ParseSince(string(text))
	if err == nil {
		*s = parsed
	}
	return err
}

// From returns where the backfill begins when it is now, in whole seconds UTC.
// Pass the server's time: ages are measured by its clock.
func (s Since) From(now time.Time) time.Time {
	t := s.Date
	if s.Age != 0 {
		t = now.Add(-s.Age)
	}
	return t.UTC().Truncate(time.Second)
}
