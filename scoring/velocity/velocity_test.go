package velocity

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// stop is a decision of day 10 about a workstream with these touches.
func stop(touches ...objective.Date) Stop {
	return Stop{Effective: 10, Known: 10, Touches: touches, Before: effort.PersonDay, Reactivated: objective.NoDate}
}

func with(s Stop, change func(*Stop)) Stop {
	change(&s)
	return s
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name string
		stop Stop
		now  objective.Date
		want Spell
	}{
		{"quiet at once", stop(), 24, Spell{Stopped: true, Confirmed: 24, Followed: 0}},
		{"touched on the day itself", stop(10), 24, Spell{Stopped: true, Confirmed: 24}},
		{"touched before only", stop(3, 9), 24, Spell{Stopped: true, Confirmed: 24}},
		{"touched a day later, a day short", stop(11), 24, Spell{Days: 0, Age: 14, Confirmed: objective.NoDate}},
		{"touched a day later", stop(11), 25, Spell{Days: 1, Stopped: true, Confirmed: 25, Followed: 1}},
		{"thirteen quiet days are no stop", stop(10, 24), 30, Spell{Days: 6, Age: 20, Confirmed: objective.NoDate, Followed: 6}},
		{"fourteen are", stop(10, 25), 30, Spell{Stopped: true, Confirmed: 24, Followed: 6, Resurrections: 1}},
		{"the first of two stops", stop(12, 40, 60), 100, Spell{Days: 2, Stopped: true, Confirmed: 26, Followed: 76, Resurrections: 2}},
		{"in any order", stop(60, 12, 40), 100, Spell{Days: 2, Stopped: true, Confirmed: 26, Followed: 76, Resurrections: 2}},
		{"touches of the future are not known", stop(12, 20, 60), 40, Spell{Days: 10, Stopped: true, Confirmed: 34, Followed: 16}},
		{"clock starts when it is known", with(stop(20), func(s *Stop) { s.Effective, s.Known = 3, 16 }), 60,
			Spell{Start: 16, Lag: 13, Days: 4, Stopped: true, Confirmed: 34, Followed: 30}},
		{"announced beforehand", with(stop(20), func(s *Stop) { s.Effective, s.Known = 16, 3 }), 60,
			Spell{Start: 16, Days: 4, Stopped: true, Confirmed: 34, Followed: 30}},
		{"announced, no day told", with(stop(20), func(s *Stop) { s.Effective, s.Known = objective.NoDate, 16 }), 60,
			Spell{Start: 16, Days: 4, Stopped: true, Confirmed: 34, Followed: 30}},
		{"no day of announcement", with(stop(20), func(s *Stop) { s.Effective, s.Known = 16, objective.NoDate }), 60,
			Spell{Start: 16, Days: 4, Stopped: true, Confirmed: 34, Followed: 30}},
		{"taken back while alive", with(stop(12, 20, 28), func(s *Stop) { s.Reactivated = 30 }), 100,
			Spell{Days: 20, Confirmed: objective.NoDate, Followed: 20}},
		{"taken back after it stopped", with(stop(12, 27, 30), func(s *Stop) { s.Reactivated = 27 }), 100,
			Spell{Days: 2, Stopped: true, Confirmed: 26, Followed: 17}},
		{"taken back before it was certain", with(stop(12, 27), func(s *Stop) { s.Reactivated = 26 }), 100,
			Spell{Days: 16, Confirmed: objective.NoDate, Followed: 16}},
		{"taken back after the cut-off", with(stop(12, 20, 28), func(s *Stop) { s.Reactivated = 30 }), 35,
			Spell{Days: 11, Confirmed: objective.NoDate, Followed: 11}},
		{"taken back today", with(stop(12, 20, 28), func(s *Stop) { s.Reactivated = 35 }), 35,
			Spell{Days: 11, Confirmed: objective.NoDate, Followed: 11}},
		{"to be taken back", with(stop(12, 20, 28), func(s *Stop) { s.Reactivated = 36 }), 35,
			Spell{Days: 11, Age: 25, Confirmed: objective.NoDate, Followed: 11}},
		{"alive today", with(stop(12, 20, 28), func(s *Stop) { s.Recent = effort.PersonDay + 1 }), 35,
			Spell{Days: 11, Age: 25, Confirmed: objective.NoDate, Followed: 11, Live: true}},
		{"hardly alive today", with(stop(12, 20, 28), func(s *Stop) { s.Recent = effort.PersonDay }), 35,
			Spell{Days: 11, Age: 25, Confirmed: objective.NoDate, Followed: 11}},
		{"a year ago", stop(), 375, Spell{Stopped: true, Confirmed: 24, Followed: 351}},
	} {
		if c.want.Start == 0 {
			c.want.Start = 10
		}
		got, why := Judging{Now: c.now, DataFrom: objective.NoDate}.Judge(c.stop)
		if why != Counted || got != c.want {
			t.Errorf("%s: %+v %q, want %+v", c.name, got, why, c.want)
		}
	}
}

func TestJudgeLeavesOut(t *testing.T) {
	for _, c := range []struct {
		want Why
		stop Stop
		now  objective.Date
	}{
		{TooRecent, stop(), 23},
		{BeforeData, with(stop(), func(s *Stop) { s.Effective, s.Known = 4, 4 }), 100},
		{TooOld, stop(), 376},
		{NothingToDo, with(stop(12), func(s *Stop) { s.Before = 0 }), 100},
		{TakenBack, with(stop(), func(s *Stop) { s.Reactivated = 10 }), 100},
		{NoStart, with(stop(), func(s *Stop) { s.Effective, s.Known = objective.NoDate, objective.NoDate }), 100},
	} {
		if _, why := (Judging{Now: c.now, DataFrom: 5}).Judge(c.stop); why != c.want {
			t.Errorf("%q, want %q", why, c.want)
		}
	}
	if _, why := (Judging{Now: 100, DataFrom: 10}).Judge(stop()); why != Counted {
		t.Errorf("decided on the first day of the data: %q", why)
	}
	if got, _ := (Judging{Now: 100, DataFrom: 5, QuietDays: 1}).Judge(stop(12, 14)); got.Days != 0 || got.Resurrections != 2 {
		t.Errorf("one quiet day is enough: %+v", got)
	}
	spells, left := Judging{Now: 100, DataFrom: 5}.Spells([]Stop{stop(), stop(12), with(stop(), func(s *Stop) { s.Before = 0 })})
	if len(spells) != 2 || len(left) != 1 || left[NothingToDo] != 1 {
		t.Errorf("%d spells, left out %v", len(spells), left)
	}
}

// What was confirmed once stays, whatever comes later; that is what the cut-off
// is for. And nothing that is judged later was followed for less.
func TestJudgingLaterKeepsStops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stop(rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 90), func(n int) objective.Date { return objective.Date(n) }), 0, 12).Draw(t, "touches")...)
		if rapid.Bool().Draw(t, "taken back") {
			s.Reactivated = objective.Date(rapid.IntRange(11, 90).Draw(t, "on"))
		}
		var last Spell
		for now := objective.Date(24); now < 120; now++ {
			got, why := Judging{Now: now, DataFrom: objective.NoDate}.Judge(s)
			if why != Counted {
				t.Fatal(why)
			}
			if last.Stopped && (!got.Stopped || got.Days != last.Days || got.Confirmed != last.Confirmed) {
				t.Fatalf("day %d: %+v was %+v", now, got, last)
			}
			if got.Stopped && got.Confirmed > now || got.Followed < last.Followed || got.Resurrections < last.Resurrections {
				t.Fatalf("day %d: %+v after %+v", now, got, last)
			}
			if !got.Stopped && got.Days != got.Followed || got.Days < 0 || got.Stopped && got.Age != 0 {
				t.Fatalf("day %d: %+v", now, got)
			}
			last = got
		}
	})
}

// The oracle looks for the first fourteen days in a row without a touch, day by
// day.
func TestJudgeFindsTheFirstQuietRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stop(rapid.SliceOfN(rapid.Map(rapid.IntRange(5, 90), func(n int) objective.Date { return objective.Date(n) }), 0, 10).Draw(t, "touches")...)
		now := objective.Date(rapid.IntRange(24, 100).Draw(t, "now"))
		quiet, touched, want := 0, objective.Date(10), -1
		for day := objective.Date(11); day <= now && want < 0; day++ {
			if quiet++; slices.Contains(s.Touches, day) {
				quiet, touched = 0, day
			}
			if quiet == DefaultQuietDays {
				want = int(touched - 10)
			}
		}
		got, _ := Judging{Now: now, DataFrom: objective.NoDate}.Judge(s)
		if got.Stopped != (want >= 0) || got.Stopped && got.Days != want {
			t.Fatalf("%+v, want a stop after %d", got, want)
		}
	})
}

func TestTouch(t *testing.T) {
	for p, want := range map[effort.Presence]bool{
		0: false, effort.Code: true, effort.Ticket: true, effort.Review: false, effort.Discussion: false,
		effort.Review | effort.Discussion: false, effort.Review | effort.Code: true,
	} {
		if Touch(p, false) != want || Touch(p, true) {
			t.Errorf("presence %04b", p)
		}
	}
}

func stopped(days int) Spell  { return Spell{Days: days, Followed: 300, Stopped: true} }
func censored(days int) Spell { return Spell{Days: days, Followed: days} }

func repeat(s Spell, n int) []Spell { return slices.Repeat([]Spell{s}, n) }

func TestLatencySamples(t *testing.T) {
	for _, c := range []struct {
		name                 string
		spells               []Spell
		median, mean28, mean stat.Status
		atLeast              int
	}{
		{"none", nil, stat.Undefined, stat.Undefined, stat.Undefined, 0},
		{"four", repeat(stopped(3), 4), stat.InsufficientData, stat.InsufficientData, stat.InsufficientData, 0},
		{"five", repeat(stopped(3), 5), stat.InsufficientData, stat.OK, stat.OK, 0},
		{"ten", repeat(stopped(3), 10), stat.OK, stat.OK, stat.OK, 0},
		{"ten with four stops", append(repeat(stopped(3), 4), repeat(censored(50), 6)...), stat.InsufficientData, stat.OK, stat.InsufficientData, 50},
		{"half of them go on", append(repeat(stopped(3), 5), repeat(censored(50), 6)...), stat.InsufficientData, stat.OK, stat.InsufficientData, 50},
		{"none followed for long", append(repeat(stopped(3), 5), repeat(censored(20), 5)...), stat.OK, stat.InsufficientData, stat.InsufficientData, 0},
		{"one followed just long enough", append(repeat(stopped(3), 9), censored(28)), stat.OK, stat.OK, stat.InsufficientData, 0},
		{"all stopped, one followed for 28 days", append(repeat(Spell{Days: 3, Followed: 10, Stopped: true}, 9), Spell{Days: 3, Followed: 28, Stopped: true}), stat.OK, stat.OK, stat.InsufficientData, 0},
		{"all stopped, none followed for long", repeat(Spell{Days: 3, Followed: 10, Stopped: true}, 10), stat.OK, stat.InsufficientData, stat.InsufficientData, 0},
	} {
		l := LatencyOf(c.spells)
		got := []stat.Status{l.Median.Status, l.Restricted28.Status, l.Restricted90.Status}
		if want := []stat.Status{c.median, c.mean28, c.mean}; !slices.Equal(got, want) || l.LongestFollowUp != c.atLeast {
			t.Errorf("%s: %v, at least %d, want %v, %d", c.name, got, l.LongestFollowUp, want, c.atLeast)
		}
		for _, e := range []stat.Estimate{l.Median, l.Restricted28, l.Restricted90} {
			if (e.Reason == "") != e.OK() {
				t.Errorf("%s: %s with the reason %q", c.name, e.Status, e.Reason)
			}
		}
	}
}

func TestLatencyBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spells := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Spell {
			days := rapid.IntRange(0, 120).Draw(t, "days")
			return Spell{Days: days, Stopped: rapid.Bool().Draw(t, "stopped"), Followed: days + rapid.IntRange(0, 99).Draw(t, "more")}
		}), 0, 25).Draw(t, "spells")
		l := LatencyOf(spells)
		for _, e := range []stat.Estimate{l.Median, l.Restricted28, l.Restricted90} {
			if math.IsNaN(e.Value+e.Lower+e.Upper) || e.OK() && !(0 <= e.Lower && e.Lower <= e.Value && e.Value <= e.Upper) {
				t.Fatalf("%+v", e)
			}
		}
		if l.Restricted28.Value > 28 || l.Restricted90.Value > 90 || l.Restricted90.OK() && l.Restricted28.OK() && l.Restricted28.Value > l.Restricted90.Value {
			t.Fatalf("restricted means %+v, %+v", l.Restricted28, l.Restricted90)
		}
		if l.Median.OK() && l.LongestFollowUp != 0 {
			t.Fatalf("median %+v and a lower bound of %d", l.Median, l.LongestFollowUp)
		}
	})
}

func TestCounts(t *testing.T) {
	spells := []Spell{
		{Lag: 4, Age: 28, Live: true}, {Lag: 0, Age: 29, Resurrections: 1},
		{Lag: 9, Age: 90, Live: true, Resurrections: 2}, {Lag: 1, Stopped: true},
	}
	all, live := Zombies(spells)
	if all.Value != 2 || live.Value != 1 || all.N != 4 {
		t.Errorf("zombies %+v, live %+v", all, live)
	}
	if got := Resurrections(spells); got.Value != 3 {
		t.Errorf("resurrections %+v", got)
	}
	if got := AnnouncementLag(spells); got.Value != 2.5 || got.N != 4 {
		t.Errorf("lag %+v", got)
	}
	if got := Total(spells); got[1] != spells[1] || got[2].Days != 9 || got[2].Followed != 9 || spells[2].Days != 0 {
		t.Errorf("in total %+v of %+v", got, spells)
	}
	if got := AnnouncementLag(nil); got.Status != stat.Undefined {
		t.Errorf("lag of nothing %+v", got)
	}
	if all, _ := Zombies(nil); !all.OK() || all.Value != 0 {
		t.Errorf("zombies of nothing %+v", all)
	}
	if got := ZombieEffort(0, 0); got.Status != stat.Undefined {
		t.Errorf("share of nothing %+v", got)
	}
	if got := ZombieEffort(effort.PersonDay, 39*effort.PersonDay); got.Alertable || !got.OK() {
		t.Errorf("39 person-days %+v", got)
	}
	if got := ZombieEffort(effort.PersonDay, 40*effort.PersonDay); !got.Alertable || got.Value != 0.025 {
		t.Errorf("40 person-days %+v", got)
	}
}
