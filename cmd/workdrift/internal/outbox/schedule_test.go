package outbox

import (
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
)

func TestSlotLast(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("the machine knows no zones: ", err)
	}
	weekly := Slot{Edition: brief.Weekly, Weekday: time.Monday, Time: 8*time.Hour + 30*time.Minute}
	session := Slot{Edition: brief.KillSession, Weekday: time.Tuesday, Time: 9 * time.Hour}
	night := Slot{Edition: brief.Weekly, Weekday: time.Sunday, Time: 2*time.Hour + 30*time.Minute}
	for _, c := range []struct {
		name, now string
		slot      Slot
		zone      *time.Location
		due, key  string
	}{
		{"just due", "2026-04-06T08:30:00Z", weekly, time.UTC, "2026-04-06T08:30:00Z", "weekly/2026-W14"},
		{"not yet", "2026-04-06T08:29:59Z", weekly, time.UTC, "2026-03-30T08:30:00Z", "weekly/2026-W13"},
		{"on Sunday", "2026-04-05T23:00:00Z", weekly, time.UTC, "2026-03-30T08:30:00Z", "weekly/2026-W13"},
		{"another zone", "2026-04-06T06:30:00Z", weekly, berlin, "2026-04-06T06:30:00Z", "weekly/2026-W14"},
		{"another day there", "2026-04-05T22:30:00Z", Slot{Edition: brief.Weekly, Weekday: time.Monday}, berlin, "2026-04-05T22:00:00Z", "weekly/2026-W14"},
		{"in the middle of a week", "2026-04-09T12:00:00Z", Slot{Edition: brief.Weekly, Weekday: time.Thursday}, time.UTC, "2026-04-09T00:00:00Z", "weekly/2026-W14"},
		{"over the new year", "2027-01-04T09:00:00Z", weekly, time.UTC, "2027-01-04T08:30:00Z", "weekly/2026-W53"},
		{"an hour that does not exist", "2026-03-29T12:00:00Z", night, berlin, "2026-03-29T01:30:00Z", "weekly/2026-W12"},
		{"first Tuesday", "2026-04-07T09:00:00Z", session, time.UTC, "2026-04-07T09:00:00Z", "kill-session/2026-03"},
		{"before it", "2026-04-07T08:59:00Z", session, time.UTC, "2026-03-03T09:00:00Z", "kill-session/2026-02"},
		{"second Tuesday", "2026-04-14T09:00:00Z", session, time.UTC, "2026-04-07T09:00:00Z", "kill-session/2026-03"},
		{"on the first", "2026-09-01T10:00:00Z", session, time.UTC, "2026-09-01T09:00:00Z", "kill-session/2026-08"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		due, p := c.slot.Last(now, c.zone)
		if got := due.UTC().Format(time.RFC3339); got != c.due || p.Key() != c.key {
			t.Errorf("%s: due %s about %s, want %s about %s", c.name, got, p.Key(), c.due, c.key)
		}
	}
}
