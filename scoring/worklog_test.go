package scoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// monday is the Monday of the week in which most of these tests happen.
var monday = time.Date(2025, 3, 3, 10, 0, 0, 0, time.UTC)

func checkDays(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	if !maps.EqualFunc(got, want, func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The vectors E5 and E6, from single events.
func TestEvaluateVectorWorklogs(t *testing.T) {
	vectors := readVectors(t)
	for _, id := range []string{"TV-E5", "TV-E6"} {
		in := decode[struct {
			Hours       map[string]float64 `json:"worklog_hours"`
			Touches     map[string][]string
			HoursPerDay float64 `json:"hours_per_day"`
		}](t, vectors[id].Input)
		want := decode[struct {
			Effort   map[string]float64
			Overtime float64
		}](t, vectors[id].Expected)
		w := newWorld(fourObjectives()).alone()
		wanted := make(map[string]float64)
		for i, item := range slices.Sorted(maps.Keys(want.Effort)) {
			label := fmt.Sprint("o", i+1)
			wanted[label] = want.Effort[item]
			w.labelled(item, label)
			for _, presence := range in.Touches[item] {
				e, _ := eventOf(t, presence, "ana")
				w.do("ana", e.Kind, item, monday)
			}
			if h := in.Hours[item]; h > 0 {
				w.log("ana", item, monday.Add(time.Hour), h)
			}
		}
		checkDays(t, id, w.onDay(t, monday), wanted)
		// Overtime is told of teams.
		w.declared.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1}}
		w.declared.Teams = []scoring.Team{{ID: "core", Members: []scoring.Member{
			{Person: "ana", From: objective.NoDate, Until: objective.NoDate, Share: 1}}}}
		w.onDay(t, monday)
		r := w.evaluateAt(t, monday.AddDate(0, 0, 1).Add(9*time.Hour))
		near(t, id+" overtime", r.Window("1d").Teams[0].Overtime, want.Overtime)
	}
}

// The vector E7, from single events: a bulk log of a whole week.
func TestEvaluateVectorBulkLog(t *testing.T) {
	v := readVectors(t)["TV-E7"]
	in := decode[struct {
		Hours    float64            `json:"worklog_hours_on_Fri"`
		Existing map[string]float64 `json:"existing_logged_days"`
		LookBack int                `json:"lookback_working_days"`
	}](t, v.Input)
	want := decode[struct {
		Placed   map[string]float64
		Unplaced float64 `json:"unplaced_pd"`
	}](t, v.Expected)
	w := newWorld(fourObjectives()).alone()
	w.declared.Effort.BulkDays = in.LookBack
	w.labelled("PAY-1", "o1")
	w.labelled("PAY-2", "o2")
	w.log("ana", "PAY-1", monday.AddDate(0, 0, 4), in.Hours)
	for i := range 5 {
		day := monday.AddDate(0, 0, i)
		name := day.Weekday().String()[:3]
		if e := in.Existing[name]; e > 0 {
			w.log("ana", "PAY-2", day, 8*e)
		}
	}
	for i := -3; i < 7; i++ {
		day := monday.AddDate(0, 0, i)
		name := day.Weekday().String()[:3]
		if i < 0 {
			name = "the week before"
		}
		checkDays(t, day.String(), map[string]float64{"o1": w.onDay(t, day)["o1"]}, map[string]float64{"o1": want.Placed[name]})
	}
	w.declared.Windows.Labels = []string{"7d"}
	r := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour))
	near(t, "unplaced", r.Window("7d").Org.Unplaced, want.Unplaced)
}

func TestEvaluateWorklogs(t *testing.T) {
	leave := objective.DateOf(monday)
	for _, tc := range []struct {
		name string
		make func(*world)
		want [5]map[string]float64 // Monday to Friday
	}{
		{"logs of one item and day add up before they are rounded", func(w *world) {
			for range 3 {
				w.log("ana", "PAY-1", monday, 1./3)
			}
			w.do("ana", store.EventCommit, "PAY-2", monday)
		}, [5]map[string]float64{{"o1": .125, "o2": .875}}},
		{"a log is a touch without presence", func(w *world) {
			w.log("ana", "PAY-1", monday, 2)
		}, [5]map[string]float64{{"o1": .25}}},
		{"a log counts on the author's day", func(w *world) {
			w.log("ana", "PAY-1", store.WithOffset(time.Date(2025, 3, 4, 2, 0, 0, 0, time.UTC), -8*3600), 8)
		}, [5]map[string]float64{{"o1": 1}}},
		{"two logs of a day each are no bulk log", func(w *world) {
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 1), 8)
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 1), 8)
		}, [5]map[string]float64{1: {"o1": 1}}},
		{"a bulk log reaches into the days before", func(w *world) {
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 2), 16)
			w.do("ana", store.EventCommit, "PAY-2", monday.AddDate(0, 0, 1))
		}, [5]map[string]float64{1: {"o1": 1}, 2: {"o1": 1}}},
		{"the earlier of two bulk logs comes first", func(w *world) {
			w.log("ana", "PAY-2", monday.AddDate(0, 0, 3), 16)
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 2), 16)
		}, [5]map[string]float64{{"o2": 1}, {"o1": 1}, {"o1": 1}, {"o2": 1}}},
		{"also when it is on the other ticket", func(w *world) {
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 3), 16)
			w.log("ana", "PAY-2", monday.AddDate(0, 0, 2), 16)
		}, [5]map[string]float64{{"o1": 1}, {"o2": 1}, {"o2": 1}, {"o1": 1}}},
		{"nothing is spread onto leave", func(w *world) {
			w.declared.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1,
				Leave: []scoring.DateRange{{From: leave + 1, Until: leave + 1}}}}
			w.log("ana", "PAY-1", monday.AddDate(0, 0, 2), 16)
		}, [5]map[string]float64{{"o1": 1}, {}, {"o1": 1}}},
		{"what makes no sense is no time", func(w *world) {
			for _, seconds := range []string{"", "-3600", "1h", "0"} {
				w.do("ana", store.EventWorklog, "PAY-1", monday)
				events := w.changes[0].Events
				events[len(events)-1].Attrs = map[string]string{"seconds": seconds}
			}
			w.log("", "PAY-1", monday, 8)
			w.log("github:ci[bot]", "PAY-1", monday, 8)
		}, [5]map[string]float64{}},
	} {
		w := newWorld(fourObjectives()).alone()
		w.labelled("PAY-1", "o1")
		w.labelled("PAY-2", "o2")
		tc.make(w)
		for d, want := range tc.want {
			checkDays(t, fmt.Sprint(tc.name, ", day ", d), w.onDay(t, monday.AddDate(0, 0, d)), want)
		}
	}
}

// Overtime is about people: that of a team of four, or of one person, is not
// told, and neither is the organisation's.
func TestEvaluateOvertimeIsToldOfManyOnly(t *testing.T) {
	withheld := float64(scoring.Absent())
	for _, tc := range []struct {
		name  string
		share float64
		hours []float64
		want  float64
	}{
		{"five of six", 1, []float64{10, 10, 10, 10, 10, 8}, 5 * .25},
		{"half of each", .5, []float64{10, 10, 10, 10, 10, 10}, 6 * .25 * .5},
		{"nobody", 1, []float64{8, 8, 8, 8, 8, 8}, 0},
		{"one", 1, []float64{10, 8, 8, 8, 8, 8}, withheld},
		{"four", 1, []float64{10, 10, 10, 10, 8, 8}, withheld},
		{"five, four of them by half a minute", 1, []float64{12, 8.01, 8.01, 8.01, 8.01, 8}, withheld},
		{"a team of four", 1, []float64{10, 10, 10, 10}, withheld},
		{"nobody in a team of four", 1, []float64{8, 8, 8, 8}, withheld},
	} {
		near(t, tc.name, overtimeOf(t, tc.share, tc.hours...), tc.want)
	}
}

// overtimeOf returns the overtime of a team whose members log so many hours.
func overtimeOf(t *testing.T, share float64, hours ...float64) scoring.Number {
	t.Helper()
	w := newWorld(fourObjectives())
	w.declared.Privacy.MinPersonDays = 1
	w.labelled("PAY-1", "o1")
	team := scoring.Team{ID: "core"}
	for i, h := range hours {
		who := fmt.Sprint("p", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: share})
		w.log(who, "PAY-1", monday, h)
	}
	w.declared.Teams = []scoring.Team{team}
	r := w.evaluateAt(t, monday.AddDate(0, 0, 1).Add(9*time.Hour))
	if org := r.Window("7d").Org; org.Overtime.Known() || org.Unplaced.Known() != (len(hours) >= 5) {
		t.Errorf("the organisation's overtime is %v, unplaced %v", org.Overtime, org.Unplaced)
	}
	return r.Window("7d").Teams[0].Overtime
}

// A log that is edited, deleted or put back leaves no trace.
func TestEngineFollowsEditedLogs(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	w.labelled("PAY-1", "o1")
	w.labelled("PAY-2", "o2")
	w.do("ana", store.EventCommit, "PAY-2", monday)
	w.log("ana", "PAY-2", monday.AddDate(0, 0, 4), 40)
	w.log("ana", "PAY-1", monday.AddDate(0, 0, 1), 4)
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	told := func() []byte {
		raw, err := json.Marshal(e.Report(closed, sources))
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes, Sources: sources}, closed)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(fresh); !bytes.Equal(raw, again) {
			t.Errorf("followed: %s\nread anew: %s", raw, again)
		}
		return raw
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	first := told()
	original := w.changes[0].Events
	for _, edit := range []func(){
		func() { w.changes[0].Events = nil },
		func() {
			w.changes[0].Events = slices.Clone(original)
			w.changes[0].Events[0].Attrs = map[string]string{"seconds": "28800"}
		},
		func() { w.changes[0].Item.Gone = store.GoneDeleted },
	} {
		edit()
		e.Apply(w.changes[0])
		if bytes.Equal(told(), first) {
			t.Error("the edit changed nothing")
		}
	}
	w.changes[0].Events, w.changes[0].Item.Gone = original, ""
	e.Apply(w.changes[0])
	if last := told(); !bytes.Equal(first, last) {
		t.Errorf("before: %s\nafter:  %s", first, last)
	}
}

// What bulk logs leave over is about those who wrote them: they must be enough.
func TestEvaluateUnplaced(t *testing.T) {
	withheld := math.NaN()
	for _, tc := range []struct {
		name  string
		hours []float64 // of one log of each person
		want  float64
	}{
		{"nobody", []float64{8, 8, 8, 8, 8, 8}, 0},
		{"one", []float64{120, 8, 8, 8, 8, 8}, withheld},
		{"four", []float64{88, 88, 88, 88, 8, 8}, withheld},
		{"five", []float64{88, 88, 88, 88, 88, 8}, 5},
		{"five, one with most of it", []float64{400, 88, 88, 88, 88, 8}, withheld},
	} {
		w := newWorld(fourObjectives())
		w.declared.Privacy.MinPersonDays = 1
		w.labelled("PAY-1", "o1")
		for i, h := range tc.hours {
			w.log(fmt.Sprint("p", i), "PAY-1", monday.AddDate(0, 0, 4), h)
		}
		w.declared.Windows.Labels = []string{"7d"}
		r := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour))
		near(t, tc.name, r.Window("7d").Org.Unplaced, tc.want)
	}
}
