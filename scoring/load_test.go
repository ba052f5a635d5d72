package scoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// loadDeclared is drawDeclared with human debt on and six more persons, all of
// whom belong to teams.
func loadDeclared(t *rapid.T) *Declared {
	d := drawDeclared(t)
	no := objective.NoDate
	d.Privacy = Privacy{KPeople: 3, KEffort: 1, Dominance: 1, HumanDebt: true}
	d.Profile = Profile{Index: true, Dimensions: []Dimension{{TopObjectivesEffort, .9, .1, 9}, {ShadowEffort, .1, .9, 9}}}
	for i := range 6 {
		id := fmt.Sprint("load-", i)
		d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
		d.Teams[i/5].Members = append(d.Teams[i/5].Members, Member{Person: id, From: no, Until: no, Share: 1})
	}
	return d
}

// drawLoad is drawItem with touches of the six, over 8 months.
func drawLoad(t *rapid.T, no int) store.Change {
	ch := drawItem(t, no)
	for i := range rapid.IntRange(0, 20).Draw(t, "touches") {
		kind := rapid.SampledFrom([]store.EventKind{store.EventCommit, store.EventReview, store.EventComment, store.EventOpen}).Draw(t, "kind")
		back := time.Duration(rapid.IntRange(0, 240*24).Draw(t, "hours")) * time.Hour
		ch.Events = append(ch.Events, store.Event{Source: ch.Item.Source, ID: fmt.Sprint("load/", i), Item: ch.Item.ID, Kind: kind,
			Actor: fmt.Sprint("load-", rapid.IntRange(0, 5).Draw(t, "who")), At: drawnNow.Add(-back)})
	}
	return ch
}

// Followed in any order, the load of teams is that of the newest states: with
// what is remembered of hours, and whatever zones and groups were told before.
func TestLoadsFollow(t *testing.T) {
	told := 0
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	rapid.Check(t, func(t *rapid.T) {
		d := loadDeclared(t)
		n := rapid.IntRange(4, len(drawnKeys)).Draw(t, "items")
		var changes []store.Change
		for no := range n {
			changes = append(changes, drawLoad(t, no))
		}
		profiles, groups := drawProfiles(t), drawGroups(t)
		want, err := Evaluate(Input{Declared: d, Changes: changes, Sources: sources, Profiles: profiles, Groups: groups}, drawnNow)
		if err != nil {
			t.Fatal(err)
		}
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.SetPeople(drawProfiles(t), drawGroups(t))
		for _, i := range rapid.Permutation(indices(n)).Draw(t, "first") {
			e.Apply(drawLoad(t, i))
		}
		e.Report(drawnNow, sources)
		for _, i := range rapid.Permutation(append(indices(n), -1, -2)).Draw(t, "then") {
			switch i {
			case -1:
				e.SetPeople(profiles, groups)
			case -2:
				e.Report(drawnNow, sources)
			default:
				e.Apply(changes[i])
			}
		}
		a, _ := json.Marshal(e.Report(drawnNow, sources))
		if b, _ := json.Marshal(want); !bytes.Equal(a, b) {
			t.Fatalf("followed: %s\nread anew: %s", a, b)
		}
		if want.Teams[0].Score(AfterHoursShift).Status == OK && want.Score(DriftIndex).Lower.Known() {
			told++
		}
	})
	if told == 0 {
		t.Error("no team was ever told of")
	}
}

// Hours are kept only where human debt is on, and forgotten with their week.
func TestHoursAreKeptWhereTheyCount(t *testing.T) {
	day := objective.DateOf(drawnNow) - 7
	for _, on := range []bool{false, true} {
		d := latestDeclared()
		d.Privacy.HumanDebt = on
		d.People.Persons = []Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1}}
		d.Teams[0].Members = []Member{{Person: "ana", From: objective.NoDate, Until: objective.NoDate, Share: 1}}
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		ch := store.Change{No: 1, Seq: 1, Item: store.Item{Source: "gh", ID: "a/b@1", Kind: store.KindCommit}}
		for i, hour := range []int{9, 9, 20} {
			ch.Events = append(ch.Events, store.Event{Source: "gh", ID: fmt.Sprint(i), Item: "a/b@1", Kind: store.EventCommit, Actor: "ana", At: day.Time().Add(time.Duration(hour) * time.Hour)})
		}
		e.Apply(ch)
		e.Report(drawnNow, nil)
		no := e.people.byActor["ana"]
		w := e.lines[no].at(day.Monday())
		if (w.hours != nil) != on {
			t.Fatalf("human debt %t, hours %v", on, w.hours)
		}
		if !on {
			continue
		}
		if all, after := e.hoursIn(no, DateRange{day, day}); all != 2 || after != 1 {
			t.Errorf("%d touches, %d after hours, want 2 and 1", all, after)
		}
		ch.Events = ch.Events[:2]
		e.Apply(ch)
		if all, after := e.hoursIn(no, DateRange{day - 30, day}); all != 1 || after != 0 {
			t.Errorf("%d touches, %d after hours, want 1 and 0", all, after)
		}
	}
}

// What is collapsed tells of nobody: hours have nothing to be compared with.
func TestLoadsOfCollapsedWeeks(t *testing.T) {
	d := latestDeclared()
	d.Privacy.HumanDebt = true
	var team []Member
	ch := store.Change{No: 1, Seq: 1, Item: store.Item{Source: "gh", ID: "a/b@1", Kind: store.KindCommit}}
	for p := range 5 {
		id := fmt.Sprint("p", p)
		d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
		team = append(team, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		for back := range 200 {
			ch.Events = append(ch.Events, store.Event{Source: "gh", ID: fmt.Sprint(p, "/", back), Item: "a/b@1", Kind: store.EventCommit, Actor: id, At: drawnNow.AddDate(0, 0, -back)})
		}
	}
	d.Teams[0].Members = team
	in := Input{Declared: d, Changes: []store.Change{ch}, Sources: []store.SourceState{{Source: "gh", Watermark: drawnNow}}}
	whole, err := Evaluate(in, drawnNow)
	if err != nil {
		t.Fatal(err)
	}
	if s := whole.Team("core").Score(AfterHoursShift); s.Status != OK {
		t.Fatalf("%+v", s)
	}
	e, err := NewEngine(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Apply(ch)
	in.Collapsed = []TeamWeek{e.TeamDays((objective.DateOf(drawnNow) - 150).Monday())}
	first, err := Evaluate(in, drawnNow)
	if err != nil {
		t.Fatal(err)
	}
	// The persons of these weeks are erased.
	in.Changes[0].Events = slices.DeleteFunc(slices.Clone(ch.Events), func(ev store.Event) bool { return objective.DateOf(ev.At) < in.Collapsed[0].Monday+7 })
	after, err := Evaluate(in, drawnNow)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Report{first, after} {
		if s := r.Team("core").Score(AfterHoursShift); s.Status != InsufficientData || s.Value.Known() {
			t.Errorf("%+v", s)
		}
		if s := r.Team("core").Score(ContextSwitches); s.Status != OK {
			t.Errorf("%+v", s)
		}
	}
	a, _ := json.Marshal(first.Teams)
	if b, _ := json.Marshal(after.Teams); !bytes.Equal(a, b) {
		t.Errorf("before persons were erased: %s\nafter: %s", a, b)
	}
}

// Which of two workstreams of one minute is taken for the first depends on what
// they are called, not on which of them was told first.
func TestOrderWithinOneMinute(t *testing.T) {
	d := latestDeclared()
	d.Privacy.HumanDebt = true
	changes := make([]store.Change, 2)
	for i, repo := range []string{"a/one", "a/two"} {
		changes[i] = store.Change{No: uint64(i + 1), Seq: uint64(i + 1), Item: store.Item{Source: "gh", ID: repo + "@1", Kind: store.KindCommit, Attrs: map[string][]string{store.AttrRepo: {repo}}}}
	}
	for p := range 5 {
		id := fmt.Sprint("p", p)
		d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
		d.Teams[0].Members = append(d.Teams[0].Members, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		touch := func(i int, at time.Time) {
			ch := &changes[i]
			ch.Events = append(ch.Events, store.Event{Source: "gh", ID: fmt.Sprint(p, at), Item: ch.Item.ID, Kind: store.EventCommit, Actor: id, At: at})
		}
		for back := range 5 {
			morning := drawnNow.AddDate(0, 0, -7-back).Truncate(24 * time.Hour).Add(9 * time.Hour)
			touch(0, morning)
			touch(1, morning)
			touch(0, morning.Add(time.Hour))
		}
	}
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	var told [2]Score
	for i := range told {
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.Apply(changes[i])
		e.Apply(changes[1-i])
		told[i] = *e.Report(drawnNow, sources).Team("core").Score(ContextSwitches)
	}
	if told[0].Status != OK || told[0].Value != told[1].Value {
		t.Errorf("told first the one: %+v\ntold first the other: %+v", told[0], told[1])
	}
}
