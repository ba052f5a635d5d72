package scoring_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func effortVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-E1":  vectorOneDay,
		"TV-E2":  vectorCounts,
		"TV-E3":  vectorOneDay,
		"TV-E3b": vectorOneDay,
		"TV-E4":  vectorWeekCap,
		"TV-E4b": vectorWeekCap,
		"TV-E5":  vectorWorklog,
		"TV-E6":  vectorWorklog,
		"TV-E7":  vectorBulkLog,
		"TV-E8":  vectorLocalDate,
		"TV-E9":  vectorInterEvent,
		"TV-E10": vectorActors,
	}
}

// eventOf makes an event that shows a kind of presence, and the kind of item it
// is on.
func eventOf(t *testing.T, presence, actor string) (store.Event, store.Kind) {
	t.Helper()
	e := store.Event{Actor: actor}
	switch presence {
	case "code":
		e.Kind = store.EventCommit
		return e, store.KindCommit
	case "review":
		e.Kind = store.EventReview
		return e, store.KindChange
	case "ticket":
		e.Kind = store.EventComment
		return e, store.KindTicket
	case "discussion":
		e.Kind = store.EventMessage
		return e, store.KindDiscussion
	}
	t.Fatalf("no event shows %q", presence)
	return e, ""
}

// dayOf builds a day from the kinds of events per item, as often as they are
// named. The items are in order.
func dayOf(t *testing.T, events map[string][]string) (effort.Day, []string) {
	t.Helper()
	items := slices.Sorted(maps.Keys(events))
	day := effort.Day{Touches: make([]effort.Touch, len(items))}
	for i, item := range items {
		for _, presence := range events[item] {
			e, kind := eventOf(t, presence, "p1")
			day.Touches[i].Presence |= effort.Credit(&e, kind, nil)
		}
	}
	return day, items
}

type dayResult struct {
	Budget effort.Micro            `json:"budget_upd"`
	Effort map[string]effort.Micro `json:"effort_upd"`
}

func checkDay(t *testing.T, c effort.Config, events map[string][]string, want dayResult) {
	t.Helper()
	day, items := dayOf(t, events)
	week := effort.Week{FTE: effort.PersonDay, Days: [7]effort.Day{day}}
	var split effort.Split
	c.Split(&week, effort.ByPresence, &split)
	got := map[string]effort.Micro{}
	for i, item := range items {
		got[item] = split.Effort[0][i]
	}
	if split.Budget[0] != want.Budget || !maps.Equal(got, want.Effort) {
		t.Errorf("budget %d effort %v, want %+v", split.Budget[0], got, want)
	}
}

func vectorOneDay(t *testing.T, v vector) {
	in := decode[struct {
		Events  map[string][]string
		Weights map[string]float64
		Full    float64 `json:"w_full"`
	}](t, v.Input)
	c := effort.DefaultConfig()
	if in.Weights != nil {
		quarters := func(name string) int { return int(math.Round(in.Weights[name] * 4)) }
		c.Weights = effort.Weights{Code: quarters("code"), Review: quarters("review"),
			Ticket: quarters("ticket"), Discussion: quarters("discussion")}
		c.FullWeight = int(math.Round(in.Full * 4))
	}
	checkDay(t, c, in.Events, decode[dayResult](t, v.Expected))
}

func vectorCounts(t *testing.T, v vector) {
	in := decode[struct{ Events map[string]string }](t, v.Input)
	events := map[string][]string{}
	for item, text := range in.Events {
		var n int
		var presence string
		if _, err := fmt.Sscanf(text, "%dx %s", &n, &presence); err != nil {
			t.Fatal(err)
		}
		events[item] = slices.Repeat([]string{presence}, n)
	}
	checkDay(t, effort.DefaultConfig(), events, decode[dayResult](t, v.Expected))
}

func vectorWeekCap(t *testing.T, v vector) {
	in := decode[struct {
		Budgets     [7]float64 `json:"day_budgets"`
		WorkingDays int        `json:"working_days"`
		Leave       int
	}](t, v.Input)
	want := decode[struct{ Scaled [7]float64 }](t, v.Expected)
	week := effort.Week{FTE: effort.PersonDay, LeaveDays: in.Leave}
	for d, b := range in.Budgets {
		switch b {
		case 0:
		case 1:
			week.Days[d], _ = dayOf(t, map[string][]string{"I1": {"code"}})
		default:
			t.Fatalf("a day worth %v", b)
		}
	}
	c := effort.DefaultConfig()
	c.WorkingDays = in.WorkingDays
	var split effort.Split
	c.Split(&week, effort.ByPresence, &split)
	var total effort.Micro
	for d, b := range split.Budget {
		same(t, fmt.Sprint("day ", d), b.PersonDays(), want.Scaled[d])
		total += b
	}
	if capacity := pd(float64(in.WorkingDays - in.Leave)); total != capacity {
		t.Errorf("the week adds up to %d, want %d", total, capacity)
	}
}

func vectorWorklog(t *testing.T, v vector) {
	in := decode[struct {
		Hours       map[string]float64 `json:"worklog_hours"`
		Touches     map[string][]string
		HoursPerDay float64 `json:"hours_per_day"`
	}](t, v.Input)
	want := decode[struct {
		Effort   map[string]float64
		Overtime float64
	}](t, v.Expected)
	c := effort.DefaultConfig()
	if in.HoursPerDay != 0 {
		c.HoursPerDay = in.HoursPerDay
	}
	events := maps.Clone(in.Touches)
	if events == nil {
		events = map[string][]string{}
	}
	for item := range in.Hours {
		events[item] = append(events[item], []string{}...)
	}
	day, items := dayOf(t, events)
	for _, item := range items {
		day.Logged = append(day.Logged, c.Logged(int64(in.Hours[item]*3600)))
	}
	week := effort.Week{FTE: effort.PersonDay, Days: [7]effort.Day{day}}
	var split effort.Split
	c.Split(&week, effort.ByPresence, &split)
	for i, item := range items {
		same(t, item, split.Effort[0][i].PersonDays(), want.Effort[item])
	}
	if len(items) != len(want.Effort) {
		t.Errorf("effort on %v, want it on %v", items, want.Effort)
	}
	same(t, "overtime", split.Overtime[0].PersonDays(), want.Overtime)
}

func vectorBulkLog(t *testing.T, v vector) {
	in := decode[struct {
		Hours    float64            `json:"worklog_hours_on_Fri"`
		Existing map[string]float64 `json:"existing_logged_days"`
		LookBack int                `json:"lookback_working_days"`
	}](t, v.Input)
	want := decode[struct {
		Placed   map[string]float64
		Unplaced float64 `json:"unplaced_pd"`
	}](t, v.Expected)
	c := effort.DefaultConfig()
	c.BulkDays = in.LookBack
	log := c.Logged(int64(in.Hours * 3600))
	if !c.IsBulkLog(log) {
		t.Fatalf("a log of %v hours is no bulk log", in.Hours)
	}
	name := func(d objective.Date) string { return d.Weekday().String()[:3] }
	got := map[string]float64{}
	friday := day(t, "2025-03-07")
	unplaced := c.SpreadBulkLog(log, friday,
		func(d objective.Date) effort.Micro { return effort.PersonDay - pd(in.Existing[name(d)]) },
		func(d objective.Date, part effort.Micro) {
			if d <= friday-7 {
				t.Errorf("%s is in another week", d)
			}
			got[name(d)] = part.PersonDays()
		})
	if !maps.Equal(got, want.Placed) {
		t.Errorf("placed %v, want %v", got, want.Placed)
	}
	same(t, "unplaced", unplaced.PersonDays(), want.Unplaced)
}

func day(t testing.TB, s string) objective.Date {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return objective.DateOf(at)
}

func vectorLocalDate(t *testing.T, v vector) {
	in := decode[struct {
		Events []time.Time `json:"events_utc"`
		Zones  []string    `json:"tz"`
	}](t, v.Input)
	want := decode[map[string][]string](t, v.Expected)
	for _, at := range in.Events {
		for i, name := range in.Zones {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := effort.LocalDate(at, zone)
			if w := want[at.Format(time.RFC3339)][i]; got.String() != w {
				t.Errorf("%s is %s in %s, want %s", at, got, name, w)
			}
		}
	}
}

func vectorInterEvent(t *testing.T, v vector) {
	in := decode[struct{ Events [][2]string }](t, v.Input)
	want := decode[struct{ Share map[string]float64 }](t, v.Expected)
	items := slices.Sorted(maps.Keys(want.Share))
	touches := make([]effort.Touch, len(items))
	for _, e := range in.Events {
		at, err := time.Parse(time.DateTime, "2025-03-05 "+e[0]+":00")
		if err != nil {
			t.Fatal(err)
		}
		_, minute := effort.LocalDate(at, time.UTC)
		touch := &touches[slices.Index(items, e[1])]
		touch.Presence |= effort.Code
		touch.Minutes = append(touch.Minutes, int16(minute))
	}
	week := effort.Week{FTE: effort.PersonDay, Days: [7]effort.Day{{Touches: touches}}}
	var split effort.Split
	effort.DefaultConfig().Split(&week, effort.InterEvent, &split)
	for i, item := range items {
		same(t, item, split.Effort[0][i].PersonDays()/split.Budget[0].PersonDays(), want.Share[item])
	}
}

func vectorActors(t *testing.T, v vector) {
	in := decode[struct {
		Commits []struct {
			Author     string
			CoAuthors  []string `json:"co_authored_by"`
			ReviewedBy string   `json:"reviewed_by"`
		}
	}](t, v.Input)
	want := decode[struct{ Credits map[string][]string }](t, v.Expected)
	got := map[string]effort.Presence{}
	credit := func(presence, actor string) {
		e, kind := eventOf(t, presence, actor)
		got[actor] |= effort.Credit(&e, kind, nil)
	}
	for _, c := range in.Commits {
		for _, actor := range append([]string{c.Author}, c.CoAuthors...) {
			credit("code", actor)
		}
		if c.ReviewedBy != "" {
			credit("review", c.ReviewedBy)
		}
	}
	if len(got) != len(want.Credits) {
		t.Errorf("credits for %v, want %v", got, want.Credits)
	}
	bits := map[string]effort.Presence{"code": effort.Code, "review": effort.Review,
		"ticket": effort.Ticket, "discussion": effort.Discussion}
	for actor, kinds := range want.Credits {
		var presence effort.Presence
		for _, kind := range kinds {
			presence |= bits[kind]
		}
		if got[actor] != presence {
			t.Errorf("%s has %04b, want %s", actor, got[actor], strings.Join(kinds, "+"))
		}
	}
}
