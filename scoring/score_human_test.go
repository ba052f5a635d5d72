package scoring_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// humanNames are the scores of human debt.
var humanNames = []string{scoring.ContextSwitches, scoring.ScatteredDays, scoring.AfterHoursShift,
	scoring.AfterHoursSpread, scoring.CoordinationEffort, scoring.ReactiveEffort}

// humanWorld has a team of n that worked for 26 weeks at noon, 10 days of 130 in
// the evening. In the 28 days up to 2025-03-31 each of them codes, reviews what
// a machine opened on the first of these days, and codes again; on the
// first i days person number i does the latter in the evening.
func humanWorld(n int) *world {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{
		{ID: "o1", Start: objective.NoDate, Match: attr(store.AttrLabel, "o1"), Versions: always(1, -1)},
	}})
	w.declared.Privacy = scoring.Privacy{KPeople: 5, KEffort: 3, Dominance: .7, MinPersonDays: 20, HumanDebt: true}
	w.declared.People.Bots = []string{"outsider"} // somebody else, whose effort gives no team away
	w.labelled("PAY-1", "o1")
	w.item(store.KindTicket, "OPS-1", func(it *store.Item) { it.Created = noon(2025, 3, 4).Add(-2 * time.Hour) })
	w.do("outsider", store.EventOpen, "OPS-1", noon(2025, 3, 4).Add(-2*time.Hour))
	team := scoring.Team{ID: "core"}
	for i := range n {
		who := fmt.Sprint("secret-person-", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		for d := range 26 * 7 {
			day := noon(2025, 3, 3).AddDate(0, 0, -d)
			switch {
			case day.Weekday() == time.Saturday || day.Weekday() == time.Sunday:
			case d < 14:
				w.do(who, store.EventCommit, "PAY-1", day.Add(8*time.Hour))
			default:
				w.do(who, store.EventCommit, "PAY-1", day)
			}
		}
		left := i
		for d := range 28 {
			day := noon(2025, 3, 4).AddDate(0, 0, d)
			if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
				continue
			}
			w.do(who, store.EventCommit, "PAY-1", day.Add(-2*time.Hour))
			w.do(who, store.EventReview, "OPS-1", day.Add(-time.Hour))
			if left > 0 {
				left--
				day = day.Add(8 * time.Hour)
			}
			w.do(who, store.EventCommit, "PAY-1", day)
		}
	}
	w.declared.Teams = []scoring.Team{team}
	return w
}

func human(t *testing.T, r *scoring.Report, name string) scoring.Score {
	t.Helper()
	s := r.Team("core").Score(name)
	if s == nil {
		t.Fatalf("there is no score %s", name)
	}
	return *s
}

// The window has 20 days of work of 5 persons, each with three touches on two
// workstreams. Code counts 4 quarters, a review 2.
func TestHumanDebt(t *testing.T) {
	w := humanWorld(5)
	// On 5 days one of them moves once more to and fro.
	for d := range 5 {
		w.do("secret-person-0", store.EventReview, "OPS-1", noon(2025, 3, 24).AddDate(0, 0, d).Add(time.Hour))
		w.do("secret-person-0", store.EventCommit, "PAY-1", noon(2025, 3, 24).AddDate(0, 0, d).Add(2*time.Hour))
	}
	r := w.evaluate(t)
	near(t, "switches", human(t, r, scoring.ContextSwitches).Value, (95*2+5*4)/100.)
	near(t, "scattered days", human(t, r, scoring.ScatteredDays).Value, .05)
	near(t, "shift", human(t, r, scoring.AfterHoursShift).Value, 2./60-10./130)
	near(t, "coordination", human(t, r, scoring.CoordinationEffort).Value, 1./3)
	near(t, "reactive", human(t, r, scoring.ReactiveEffort).Value, 1./3)
	if s := human(t, r, scoring.AfterHoursSpread); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("five persons tell how many of them rose: %+v", s)
	}
	if s := human(t, r, scoring.ScatteredDays); s.SampleSize != 100 || !(s.Lower < s.Value && s.Value < s.Upper) {
		t.Errorf("scattered days: %+v", s)
	}
	for _, list := range [][]scoring.Score{r.Scores, r.Objectives[0].Scores} {
		for _, s := range list {
			if slices.Contains(humanNames, s.Name) {
				t.Errorf("%s is told beside teams", s.Name)
			}
		}
	}
}

// What was taken up later, or stands for an objective, or was made by whoever
// works on it, is no reaction.
func TestReactiveEffort(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(w *world)
		want float64
	}{
		{"made on Friday and taken up on Monday", func(w *world) {
			for i := range w.changes[w.byID["OPS-1"]].Events {
				if at := &w.changes[w.byID["OPS-1"]].Events[i].At; at.Before(noon(2025, 3, 4).Add(12 * time.Hour)) {
					*at = noon(2025, 3, 3)
				}
			}
			w.changes[w.byID["OPS-1"]].Item.Created = noon(2025, 2, 28)
		}, 19. / 60}, // the first of 20 days is without a review
		{"taken up after two working days", func(w *world) { w.changes[w.byID["OPS-1"]].Item.Created = noon(2025, 2, 27) }, 0},
		{"for an objective", func(w *world) {
			w.changes[w.byID["OPS-1"]].Item.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
		}, 0},
		{"nobody knows who made it", func(w *world) { w.changes[w.byID["OPS-1"]].Events[0].Actor = "" }, 0},
		{"one of the team made it", func(w *world) { w.changes[w.byID["OPS-1"]].Events[0].Actor = "secret-person-4" }, 4. / 15},
	} {
		w := humanWorld(5)
		c.edit(w)
		got := human(t, w.evaluate(t), scoring.ReactiveEffort).Value
		if math.Abs(float64(got)-c.want) > 1e-5 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// From eight persons on it is told whether a quarter of them rose.
func TestAfterHoursAreWidespread(t *testing.T) {
	w := humanWorld(8)
	for i := range 2 { // of the 8
		for d := range 18 {
			w.do(fmt.Sprint("secret-person-", 6+i), store.EventCommit, "PAY-1", noon(2025, 3, 8).Add(time.Duration(d)*time.Minute))
		}
	}
	r := w.evaluate(t)
	near(t, "widespread", human(t, r, scoring.AfterHoursSpread).Value, 1)
	w = humanWorld(8)
	near(t, "not widespread", human(t, w.evaluate(t), scoring.AfterHoursSpread).Value, 0)
}

// Nothing is told or computed unless it is turned on.
func TestHumanDebtIsOff(t *testing.T) {
	w := humanWorld(6)
	w.declared.Privacy.HumanDebt = false
	r := w.evaluate(t)
	for _, name := range humanNames {
		if s := r.Team("core").Score(name); s != nil {
			t.Errorf("%+v", s)
		}
	}
	c := scoring.NewCollector(2000)
	c.Set(r)
	if got := gather(t, c); strings.Contains(got, "context_switches") || strings.Contains(got, "late_work") {
		t.Error("there are series")
	}
}

// A team of k is told of; without any one of its people it is not. Nobody is
// named anywhere.
func TestHumanDebtNeedsPeople(t *testing.T) {
	for _, k := range []int{3, 5, 6} {
		n := max(k, 5)
		whole := humanWorld(n)
		whole.declared.Privacy.KPeople = k
		r := whole.evaluate(t)
		for _, name := range humanNames {
			if s := human(t, r, name); s.Status != scoring.OK && name != scoring.AfterHoursSpread {
				t.Errorf("k = %d: %s of %d is %s (%s)", k, name, n, s.Status, s.Reason)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		c := scoring.NewCollector(2000)
		c.Set(r)
		if all := string(text) + gather(t, c); strings.Contains(all, "secret-person") || strings.Contains(all, "outsider") {
			t.Error("somebody is named")
		}
		for out := range n {
			w := humanWorld(n)
			w.declared.Privacy.KPeople = k
			members := w.declared.Teams[0].Members
			w.declared.Teams[0].Members = append(members[:out:out], members[out+1:]...)
			r := w.evaluate(t)
			for _, name := range humanNames {
				if s := human(t, r, name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() || s.Lower.Known() || s.SampleSize > 0 {
					t.Errorf("k = %d without %d: %s is %v (%s)", k, out, name, s.Value, s.Status)
				}
			}
		}
	}
}

// One person too few is too few, whoever else there is or was.
func TestHumanDebtOfTooFew(t *testing.T) {
	for _, c := range [][2]int{{4, 3}, {4, 5}, {5, 6}} { // persons and k
		w := humanWorld(c[0])
		w.declared.Privacy.KPeople = c[1]
		r := w.evaluate(t)
		if s := r.Window("28d").Teams[0]; s.Status != scoring.OK {
			t.Fatalf("the effort is %s", s.Status)
		}
		for _, name := range humanNames {
			if s := human(t, r, name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() || s.Lower.Known() {
				t.Errorf("%d persons, k = %d: %s is %v (%s)", c[0], c[1], name, s.Value, s.Status)
			}
		}
	}
}

// Who belongs to a team twice is still one person on one day.
func TestHumanDebtOfTwoHalves(t *testing.T) {
	w := humanWorld(5)
	half := &w.declared.Teams[0].Members[2]
	half.Share = .5
	w.declared.Teams[0].Members = append(w.declared.Teams[0].Members, *half)
	r := w.evaluate(t)
	near(t, "days", human(t, r, scoring.ContextSwitches).SampleSize, 100)
	near(t, "shift", human(t, r, scoring.AfterHoursShift).Value, 2./60-10./130)
	near(t, "reactive", human(t, r, scoring.ReactiveEffort).Value, 1./3)
}

// Of touches in one minute no more moves are counted than there must be,
// whatever the workstreams are called.
func TestMovesWithinAMinute(t *testing.T) {
	for _, keys := range [][2]string{{"PAY-1", "OPS-1"}, {"OPS-1", "PAY-1"}} {
		w := humanWorld(5)
		for _, key := range keys {
			ch := &w.changes[w.byID[key]]
			ch.Events = nil
		}
		for p := range 5 {
			for d := range 10 {
				who, day := fmt.Sprint("secret-person-", p), noon(2025, 3, 10).AddDate(0, 0, d%5+d/5*7)
				w.do(who, store.EventCommit, keys[0], day)
				w.do(who, store.EventCommit, keys[0], day.Add(time.Hour))
				w.do(who, store.EventCommit, keys[1], day.Add(time.Hour))
				w.do(who, store.EventCommit, keys[1], day.Add(2*time.Hour))
			}
		}
		near(t, keys[0], human(t, w.evaluate(t), scoring.ContextSwitches).Value, 1)
	}
}

// Who does most of it would be told of alone.
func TestHumanDebtIsDominated(t *testing.T) {
	w := humanWorld(5)
	w.declared.Privacy.Dominance = .19
	r := w.evaluate(t)
	for _, name := range humanNames {
		if s := human(t, r, name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
			t.Errorf("%s is %v (%s)", name, s.Value, s.Status)
		}
	}
}

// Of two teams that differ in one person one is withheld.
func TestHumanDebtOfOverlappingTeams(t *testing.T) {
	w := humanWorld(6)
	other := scoring.Team{ID: "other"}
	for i := range w.declared.Teams[0].Members {
		w.declared.Teams[0].Members[i].Share = .5
		if i > 0 {
			other.Members = append(other.Members, w.declared.Teams[0].Members[i])
		}
	}
	w.declared.Teams = append(w.declared.Teams, other)
	r := w.evaluate(t)
	for _, name := range humanNames[:3] {
		if a, b := r.Team("core").Score(name), r.Team("other").Score(name); a.Status != scoring.OK || b.Status != scoring.SuppressedPrivacy || b.Value.Known() {
			t.Errorf("%s: %v (%s) and %v (%s)", name, a.Value, a.Status, b.Value, b.Status)
		}
	}
}
