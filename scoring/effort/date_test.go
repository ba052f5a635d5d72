package effort

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The oracle asks the standard library for everything.
func TestLocalDateEqualsTheCalendar(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata",
		"Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "unix"), 0).UTC()
		person := rapid.SampledFrom(append(zones, nil, nil)).Draw(t, "person")
		team := rapid.SampledFrom(append(zones, nil)).Draw(t, "team")
		local := at
		if quarters := rapid.IntRange(-60, 60).Draw(t, "offset"); quarters < 50 {
			at = store.WithOffset(at, quarters*900)
			local = at
		} else if team != nil {
			local = at.In(team)
		}
		if person != nil {
			local = at.In(person)
		}
		y, m, d := local.Date()
		start := time.Date(y, m, d, 0, 0, 0, 0, local.Location())
		day, minute := LocalDate(at, person, team)
		if day != objective.DateOf(local) || minute != int(local.Unix()-start.Unix())/60 {
			t.Fatalf("%s of %v, %v is %s minute %d, want %s after %s", at, person, team, day, minute, local, start)
		}
	})
}

func TestMomentsBefore1970(t *testing.T) {
	at := time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)
	if day, minute := LocalDate(at, nil); day != -1 || minute != 24*60-1 {
		t.Errorf("%s is day %d, minute %d", at, day, minute)
	}
	early, late := MomentOf(at), MomentOf(at.Add(time.Minute))
	if early.Compare(late) >= 0 || late.Compare(early) <= 0 || early.Compare(early) != 0 {
		t.Error("moments are not in order")
	}
	if with := MomentOf(store.WithOffset(at, 3600)); with.Compare(early) == 0 {
		t.Error("an offset makes no difference")
	}
}

func TestLoggedSeconds(t *testing.T) {
	for _, c := range []struct {
		kind    store.EventKind
		seconds string
		want    int32
	}{
		{store.EventWorklog, "3600", 3600},
		{store.EventWorklog, "0", 0},
		{store.EventWorklog, "-3600", 0},
		{store.EventWorklog, "", 0},
		{store.EventWorklog, "1h", 0},
		{store.EventWorklog, "3600.5", 0},
		{store.EventWorklog, "99999999999", math.MaxInt32},
		{store.EventWorklog, "99999999999999999999", 0},
		{store.EventComment, "3600", 0},
	} {
		e := store.Event{Kind: c.kind, Attrs: map[string]string{"seconds": c.seconds}}
		if got := LoggedSeconds(&e); got != c.want {
			t.Errorf("%s %q logs %d, want %d", c.kind, c.seconds, got, c.want)
		}
	}
}
