package scoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// collapse returns the weeks up to a Monday as they come back from where they
// are kept.
func collapse(t *rapid.T, e *Engine, last objective.Date) []TeamWeek {
	var weeks []TeamWeek
	for _, monday := range e.Uncollapsed(last) {
		body, err := e.TeamDays(monday).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var w TeamWeek
		if err := w.UnmarshalBinary(body); err != nil {
			t.Fatal(err)
		}
		weeks = append(weeks, w)
	}
	return weeks
}

// nameless returns a change as a store tells it after a week was collapsed.
func nameless(ch store.Change, last objective.Date) store.Change {
	before := store.NamelessBefore(last.Time())
	events := make([]store.Event, len(ch.Events))
	for i, ev := range ch.Events {
		if ev.At.Before(before) {
			ev.Actor, ev.At = "", ev.At.UTC()
		}
		events[i] = ev
	}
	ch.Events = events
	return ch
}

// told leaves of a report what has to be the same before and after weeks are
// collapsed, where nothing is withheld.
func told(e *Engine, sources []store.SourceState) string {
	r := e.Report(drawnNow, sources)
	type sums struct {
		Total      Number
		Effort     []CategoryEffort
		Objectives []ObjectiveEffort
		Methods    []MethodEffort
		Works      int
		Top        Number
		Shadow     Number
	}
	of := func(s *Scope) sums {
		return sums{s.Total, s.Effort, s.Objectives, s.Methods, s.Works, s.value(TopObjectivesEffort), s.value(ShadowEffort)}
	}
	var all struct {
		Weeks   []WeekReport
		Windows []sums
		Frozen  []Frozen
		Works   []string
	}
	all.Weeks = r.Weeks
	for monday := objective.DateOf(drawnStart).Monday() - 7; monday <= objective.Date(r.Day); monday += 7 {
		all.Frozen = append(all.Frozen, e.Freeze(monday))
		s := e.weekSums(monday, objective.NoDate)
		all.Works = append(all.Works, fmt.Sprint(s.total, s.categories, s.on, s.stopped))
		for _, w := range s.works {
			all.Works = append(all.Works, fmt.Sprint(e.items[w.work].order, w.effort, w.objective, w.category))
		}
	}
	for i := range r.Windows {
		w := &r.Windows[i]
		all.Windows = append(all.Windows, of(&w.Org))
		for k := range w.Teams {
			all.Windows = append(all.Windows, of(&w.Teams[k]))
		}
	}
	raw, _ := json.Marshal(all)
	return string(raw)
}

// What is told of every week and team stays what it was when weeks collapse; and
// an engine that reads the collapsed store anew tells what the one that lived
// through it tells, bit for bit, also after items changed.
func TestCollapsedWeeksTellTheSame(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		// One objective a work: what several share is rounded once a day.
		d.Set.Objectives = d.Set.Objectives[:1]
		d.Privacy.KPeople = 1
		n := rapid.IntRange(1, len(drawnKeys)).Draw(t, "items")
		var changes []store.Change
		for no := range n {
			changes = append(changes, drawItem(t, no))
		}
		profiles, groups := drawProfiles(t), drawGroups(t)
		lived, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		lived.SetPeople(profiles, groups)
		for _, ch := range changes {
			lived.Apply(ch)
		}
		before := told(lived, sources)

		last := (objective.DateOf(drawnNow) - objective.Date(rapid.IntRange(7, 60).Draw(t, "days ago"))).Monday()
		weeks := collapse(t, lived, last)
		lived.SetCollapsed(weeks)
		if after := told(lived, sources); after != before {
			t.Fatalf("before: %s\ncollapsed: %s", before, after)
		}
		for no := range changes {
			changes[no] = nameless(changes[no], last)
			lived.Apply(changes[no])
		}
		if after := told(lived, sources); after != before {
			t.Fatalf("before: %s\nnameless: %s", before, after)
		}
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			i := rapid.IntRange(0, n-1).Draw(t, "item")
			changes[i] = nameless(almost(t, changes[i]), last)
			lived.Apply(changes[i])
		}
		anew, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		anew.SetCollapsed(weeks)
		anew.SetPeople(profiles, groups)
		for _, ch := range changes {
			anew.Apply(ch)
		}
		a, _ := json.Marshal(lived.Report(drawnNow, sources))
		if b, _ := json.Marshal(anew.Report(drawnNow, sources)); !bytes.Equal(a, b) {
			t.Fatalf("lived through: %s\nread anew: %s", a, b)
		}
		if due := anew.Uncollapsed(last + 7); len(due) != 1 || due[0] != last+7 {
			t.Fatalf("after the week of %s those of %v are next", last, due)
		}
	})
}

// retentionWorld has five people who work on one ticket for four weeks, of whom
// the last works most.
func retentionWorld(t *testing.T, people int) (*Engine, *store.Change) {
	t.Helper()
	d := &Declared{
		Set: objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{
			ID: "o1", Start: objective.NoDate, Keys: []string{"PAY-1"},
			Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1}},
		}}},
		Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"},
		Privacy: Privacy{KPeople: 5, KEffort: 3, Dominance: .7},
		Windows: Windows{Labels: []string{"28d"}, CloseGrace: 6 * time.Hour},
	}
	e, err := NewEngine(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	ch := store.Change{Seq: 1, No: 1, Item: store.Item{Source: "gh", ID: "1", Kind: store.KindTicket, Keys: []string{"PAY-1"}}}
	for day := range 28 {
		for p := range people {
			if p == people-1 || day%7 == 0 {
				ch.Events = append(ch.Events, store.Event{Source: "gh", Item: "1", ID: string(rune('a'+p)) + time.Duration(day).String(),
					Kind: store.EventCommit, Actor: "p" + string(rune('a'+p)), At: drawnNow.AddDate(0, 0, -day)})
			}
		}
	}
	e.Apply(ch)
	return e, &ch
}

// The rules on small and dominated groups hold in collapsed weeks as before, and
// nobody is counted twice because two weeks cannot be linked.
func TestCollapsedWeeksStayWithheld(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	for _, tc := range []struct {
		people    int
		dominance float64
		weeks     int // not collapsed
		want      Status
	}{
		{2, 1, 0, SuppressedPrivacy}, // four weeks of two people are no eight people
		{2, 1, 2, SuppressedPrivacy},
		{3, 1, 0, OK},
		{3, .7, 0, SuppressedPrivacy}, // the same one may have done most of each week
		{3, .7, 2, SuppressedPrivacy},
		{9, .7, 0, OK},
		{9, .7, 2, OK},
	} {
		e, _ := retentionWorld(t, tc.people)
		e.declared.Privacy.Dominance = tc.dominance
		before := e.Report(drawnNow, sources)
		var weeks []TeamWeek
		for _, m := range e.Uncollapsed(objective.DateOf(drawnNow).Monday() - objective.Date(7*tc.weeks)) {
			weeks = append(weeks, e.TeamDays(m))
		}
		e.SetCollapsed(weeks)
		after := e.Report(drawnNow, sources)
		if !reflect.DeepEqual(statuses(before), statuses(after)) {
			t.Errorf("%+v: weeks were %v and are %v", tc, statuses(before), statuses(after))
		}
		if was, is := before.Window("28d").Org, after.Window("28d").Org; was.Status != tc.want || is.Status != tc.want {
			t.Errorf("%+v: the window was %s and is %s", tc, was.Status, is.Status)
		} else if tc.want == OK && is.Total != was.Total {
			t.Errorf("%+v: the window held %v and holds %v", tc, was.Total, is.Total)
		}
	}
}

// What each contributor did is added up over the weeks that cannot be linked and
// those that can.
func TestMergePast(t *testing.T) {
	for _, tc := range []struct {
		known []effort.Micro
		past  Few
		sum   effort.Micro
		want  []effort.Micro
	}{
		{nil, Few{}, 0, nil},
		{[]effort.Micro{3, 4}, Few{}, 7, []effort.Micro{3, 4}},
		{nil, Few{3, 50}, 100, []effort.Micro{50, 25, 25}},
		{[]effort.Micro{10, 20}, Few{3, 50}, 130, []effort.Micro{70, 30, 30}},
		{[]effort.Micro{10, 20, 5, 5}, Few{3, 50}, 140, []effort.Micro{70, 23, 23, 24}},
		{[]effort.Micro{90}, Few{2, 50}, 140, []effort.Micro{140, 0}},
		{nil, Few{1, 50}, 60, []effort.Micro{60}},
	} {
		y := &tally{past: past{Few: tc.past}}
		for _, sum := range tc.known {
			y.people = append(y.people, contributor{sum: sum, named: true})
		}
		y.total[y.model] = tc.sum
		y.mergePast()
		var got []effort.Micro
		for _, who := range y.people {
			got = append(got, who.sum)
		}
		if !slices.Equal(got, tc.want) || y.people.count() != len(tc.want) {
			t.Errorf("%v and %v of %d come to %v, want %v", tc.known, tc.past, tc.sum, got, tc.want)
		}
	}
}

func statuses(r *Report) (list []Status) {
	for _, w := range r.Weeks {
		list = append(list, w.Status)
	}
	return list
}

// Nothing in a collapsed week names or links anybody.
func TestTeamDaysNamesNobody(t *testing.T) {
	e, _ := retentionWorld(t, 5)
	body, err := e.TeamDays(objective.DateOf(drawnNow).Monday() - 7).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for p := range 5 {
		if bytes.Contains(body, []byte("p"+string(rune('a'+p)))) {
			t.Errorf("person %d is in the week", p)
		}
	}
}

// Effort that comes back for a collapsed week, with names, does not count again.
func TestCollapsedWeekIsClosed(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	e, ch := retentionWorld(t, 9)
	last := objective.DateOf(drawnNow).Monday() - 14
	var weeks []TeamWeek
	for _, m := range e.Uncollapsed(last) {
		weeks = append(weeks, e.TeamDays(m))
	}
	want := e.Report(drawnNow, sources).Window("28d").Org.Total
	e.SetCollapsed(weeks)
	again := *ch
	again.Events = append(again.Events, store.Event{Source: "gh", Item: "1", ID: "late", Kind: store.EventCommit, Actor: "px", At: last.Time().Add(12 * time.Hour)})
	e.Apply(again)
	if got := e.Report(drawnNow, sources).Window("28d").Org.Total; got != want {
		t.Errorf("the window holds %v person-days, want %v", got, want)
	}
}

// The week that says how far the ledger is collapsed is no data where it holds
// none, and neither is what comes back, with names, for a collapsed week: the
// data begins, and everything is told, as without them.
func TestEmptyCollapsedWeekIsNoData(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	dataFrom := func(e *Engine) objective.Date {
		e.settle()
		v := &evaluation{engine: e, declared: e.declared}
		return v.dataFrom()
	}
	plain, ch := retentionWorld(t, 9)
	marked, _ := retentionWorld(t, 9)
	years := objective.DateOf(drawnNow).Monday() - 7*470
	marked.SetCollapsed([]TeamWeek{marked.TeamDays(years)})
	again := *ch
	again.Events = append(again.Events, store.Event{Source: "gh", Item: "1", ID: "late", Kind: store.EventCommit, Actor: "px", At: years.Time().Add(36 * time.Hour)})
	late, _ := retentionWorld(t, 9)
	late.SetCollapsed([]TeamWeek{late.TeamDays(years)})
	late.Apply(again)
	for name, e := range map[string]*Engine{"marked": marked, "told again": late} {
		if got := dataFrom(e); got != dataFrom(plain) {
			t.Errorf("%s: the data begins on %v, without on %v", name, got, dataFrom(plain))
		}
	}
	want, _ := json.Marshal(plain.Report(drawnNow, sources))
	if got, _ := json.Marshal(marked.Report(drawnNow, sources)); !bytes.Equal(got, want) {
		t.Errorf("marked: %s\nwithout: %s", got, want)
	}
}

func FuzzTeamWeek(f *testing.F) {
	w := TeamWeek{Monday: 19000, Units: []TeamUnit{{}, {}, {Team: "core", Week: Few{3, 9}}}}
	w.Rows = []TeamDay{{Day: 6, Work: 1 << 63, Parts: []TeamPart{{Unit: 0, Effort: [effort.NumModels]effort.Micro{1, 2, 3}}, {Unit: 2}}}}
	seed, _ := w.MarshalBinary()
	f.Add(seed)
	f.Add([]byte{1, effort.NumModels, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var w TeamWeek
		if w.UnmarshalBinary(b) != nil {
			return
		}
		again, err := w.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var same TeamWeek
		if err := same.UnmarshalBinary(again); err != nil || !reflect.DeepEqual(w, same) {
			t.Fatalf("%+v came back as %+v, %v", w, same, err)
		}
	})
}
