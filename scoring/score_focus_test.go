package scoring_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// focusWorld has a team of three, o1 by label and two epics that stand for
// nothing. Each of the team works ten whole days from 2025-03-10 on what days
// says: the number of days on each workstream, by the key of the item.
func focusWorld(days ...map[string]int) *world {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{
		{ID: "o1", Start: objective.NoDate, Match: attr(store.AttrLabel, "o1"), Versions: always(1, -1)},
		{ID: "o2", Start: objective.NoDate, Match: attr(store.AttrLabel, "o2"), Versions: always(2, -1), Teams: []string{"core"}},
		{ID: "o3", Start: objective.NoDate, Match: attr(store.AttrLabel, "o3"), Versions: always(3, -1)},
	}})
	w.declared.Privacy = scoring.Privacy{KPeople: 3, KEffort: 3, Dominance: .7, MinPersonDays: 20}
	team := scoring.Team{ID: "core"}
	for _, key := range []string{"EPIC-1", "EPIC-2"} {
		w.item(store.KindTicket, key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLevel: {"epic"}} })
	}
	w.labelled("PAY-1", "o1")
	w.labelled("PAY-2", "o2")
	for i, epic := range []string{"EPIC-1", "EPIC-2"} {
		w.item(store.KindTicket, fmt.Sprint("STORY-", i+1), func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkParent, Key: epic}}
			it.Created = noon(2025, 3, 10)
		})
		w.item(store.KindChange, fmt.Sprint("acme/api#", i+1), func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkImplements, Key: fmt.Sprint("STORY-", i+1)}}
		})
	}
	for i, own := range days {
		id := fmt.Sprint("p", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		at := 0
		for _, key := range []string{"PAY-1", "PAY-2", "STORY-1", "STORY-2", "acme/api#1", "acme/api#2"} {
			for range own[key] {
				w.do(id, store.EventCommit, key, noon(2025, 3, 10).AddDate(0, 0, at%5+at/5*7))
				at++
			}
		}
	}
	w.declared.Teams = []scoring.Team{team}
	w.item(store.KindTicket, "OLD-1", nil)
	w.do("p0", store.EventComment, "OLD-1", noon(2024, 10, 1)) // the data begins
	return w
}

// Three specialists and three who do a bit of everything carry the same number
// of workstreams, and every item of a tree is its epic's: with 12, 9 and 9
// person-days γ is e^H, which is 2.96971.
func TestEffectiveWorkstreams(t *testing.T) {
	h := -.4*math.Log(.4) - .6*math.Log(.3)
	gamma := math.Exp(h)
	mixed := math.Exp(h) // everybody's mix is the whole's
	for _, c := range []struct {
		name        string
		days        []map[string]int
		alpha, beta float64
	}{
		{"jugglers", []map[string]int{
			{"PAY-1": 4, "STORY-1": 1, "acme/api#1": 2, "acme/api#2": 3},
			{"PAY-1": 4, "STORY-1": 3, "STORY-2": 1, "acme/api#2": 2},
			{"PAY-1": 4, "acme/api#1": 3, "STORY-2": 3}}, mixed, 1},
		// 10 + 2, 9 and 9, of which one has 10 of 10 and two have 1 of 10 with PAY-1.
		{"specialists", []map[string]int{
			{"PAY-1": 10}, {"PAY-1": 1, "STORY-1": 4, "acme/api#1": 5}, {"PAY-1": 1, "STORY-2": 9}},
			math.Exp(-2. / 3 * (.1*math.Log(.1) + .9*math.Log(.9))), gamma / math.Exp(-2./3*(.1*math.Log(.1)+.9*math.Log(.9)))},
	} {
		r := focusWorld(c.days...).evaluate(t)
		for who, get := range map[string]func(string) *scoring.Score{"organisation": r.Score, "team": r.Team("core").Score} {
			near(t, c.name+" γ "+who, get("effective_workstreams_gamma").Value, gamma)
			near(t, c.name+" α "+who, get("effective_workstreams_alpha").Value, c.alpha)
			near(t, c.name+" β "+who, get("effective_workstreams_beta").Value, c.beta)
			// Σs² is .34; without bias (30·.34 − 1)/29.
			near(t, c.name+" concentration "+who, get(scoring.FocusHHI).Value, (30*.34-1)/29)
		}
	}
}

// Two epics begin in the window on no objective, one with 18 person-days and
// one with too little; PAY-1 begins on an objective. Of 30 person-days 8 are on
// stories that were made since.
func TestUnplannedWork(t *testing.T) {
	w := focusWorld(
		map[string]int{"PAY-1": 6, "acme/api#1": 4},
		map[string]int{"PAY-1": 5, "STORY-1": 4, "acme/api#2": 1},
		map[string]int{"PAY-2": 5, "STORY-1": 5})
	w.changes[w.byID["STORY-1"]].Item.Created = noon(2025, 3, 5)
	r := w.evaluate(t)
	for who, get := range map[string]func(string) *scoring.Score{"organisation": r.Score, "team": r.Team("core").Score} {
		near(t, "rate "+who, get(scoring.UnplannedWorkstreams).Value, .25)
		near(t, "began "+who, get(scoring.UnplannedWorkstreams).SampleSize, 1)
		near(t, "unplanned effort "+who, get(scoring.UnplannedEffort).Value, 9./30)
		// One objective of three: 11 of 16 person-days.
		near(t, "pareto "+who, get(scoring.ParetoShare).Value, 11./16)
	}
	near(t, "active objectives", r.Team("core").Score(scoring.ActiveObjectives).Value, 2)
	old := &w.changes[w.byID["OLD-1"]].Events[0]
	old.At = noon(2025, 2, 12)
	if s := w.evaluate(t).Score(scoring.UnplannedWorkstreams); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("what is new is told of data that began 20 days before: %v (%s)", s.Value, s.Status)
	}
	old.At = noon(2024, 10, 1)
	// What was begun before is not new.
	w.do("p0", store.EventCommit, "acme/api#1", noon(2024, 11, 4))
	w.changes[w.byID["STORY-1"]].Item.Created = noon(2024, 11, 4)
	r = w.evaluate(t)
	near(t, "rate of what is old", r.Score(scoring.UnplannedWorkstreams).Value, 0)
	near(t, "unplanned effort of what is old", r.Score(scoring.UnplannedEffort).Value, 0)
}

// To link an epic to an objective after work on it began plans nothing, where it
// is known when that was.
func TestLateLinksPlanNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		linked time.Time
		rate   float64
	}{
		{"nobody knows when", time.Time{}, 0},
		{"before", noon(2025, 3, 7), 0},
		{"on the first day", noon(2025, 3, 18), 0},
		{"two days later", noon(2025, 3, 20), .25},
	} {
		w := focusWorld(map[string]int{"PAY-1": 10}, map[string]int{"PAY-1": 6, "STORY-1": 4}, map[string]int{"PAY-1": 10})
		w.labelled("GOAL-1", "o1")
		epic := &w.changes[w.byID["EPIC-1"]].Item
		epic.Links = []store.Link{{Kind: store.LinkParent, Key: "GOAL-1", At: c.linked}}
		near(t, c.name, w.evaluate(t).Score(scoring.UnplannedWorkstreams).Value, c.rate)
	}
}

// In the seven days up to 2025-03-31 one person works on three workstreams, one
// on two of which one has ended, and one on none: the one in the middle has one.
func TestWorkInProgress(t *testing.T) {
	w := focusWorld(map[string]int{"PAY-1": 10}, map[string]int{"STORY-1": 10}, map[string]int{"STORY-2": 10})
	late := noon(2025, 3, 26)
	w.do("p0", store.EventCommit, "PAY-1", late)
	w.do("p0", store.EventCommit, "acme/api#1", late)
	w.do("p0", store.EventCommit, "STORY-1", late)
	w.do("p0", store.EventCommit, "STORY-2", late)
	w.do("p1", store.EventCommit, "PAY-1", late)
	w.do("p1", store.EventCommit, "PAY-2", late)
	done := &w.changes[w.byID["PAY-2"]].Item
	done.Status, done.Closed = store.StatusDone, noon(2025, 3, 30)
	r := w.evaluate(t)
	near(t, "in progress", r.Team("core").Score(scoring.WIPPerPerson).Value, 1)
	near(t, "in progress at all", r.Score(scoring.WIPPerPerson).Value, 1)
	// Thirty days with one item each, and on the 26th one with four and one with
	// two.
	near(t, "items a day", r.Score(scoring.ItemsTouched).Value, 36./32)
	near(t, "days of four and more", r.Score(scoring.ScatteredWork).Value, 1./32)
	done.Closed = noon(2025, 4, 1) // after the last closed day
	near(t, "while it goes on", w.evaluate(t).Team("core").Score(scoring.WIPPerPerson).Value, 2)
	w.declared.People.Persons[2].Leave = []scoring.DateRange{{From: calendarDay(late) - 1, Until: calendarDay(late) + 30}}
	w.declared.Privacy.KPeople = 2
	near(t, "without who is away", w.evaluate(t).Team("core").Score(scoring.WIPPerPerson).Value, 2.5)
}

// α and work in progress are about people, the rest about effort.
func TestFocusIsSuppressed(t *testing.T) {
	w := focusWorld(map[string]int{"PAY-1": 10}, map[string]int{"STORY-1": 10}, map[string]int{"STORY-2": 10})
	w.declared.Privacy.KPeople = 4
	r := w.evaluate(t)
	for name, want := range map[string]scoring.Status{"effective_workstreams_gamma": scoring.OK, scoring.FocusHHI: scoring.OK,
		"effective_workstreams_alpha": scoring.SuppressedPrivacy, "effective_workstreams_beta": scoring.SuppressedPrivacy,
		scoring.WIPPerPerson: scoring.SuppressedPrivacy, scoring.ItemsTouched: scoring.SuppressedPrivacy, scoring.ScatteredWork: scoring.SuppressedPrivacy} {
		if s := org(t, r, name); s.Status != want || s.Value.Known() != (want == scoring.OK) {
			t.Errorf("%s: %v (%s)", name, s.Value, s.Status)
		}
	}
	w.declared.Privacy.KEffort = 4
	for _, name := range []string{"effective_workstreams_gamma", scoring.FocusHHI, scoring.ActiveObjectives, scoring.ParetoShare} {
		if s := w.evaluate(t).Team("core").Score(name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
			t.Errorf("%s: %v (%s)", name, s.Value, s.Status)
		}
	}
}

// Ten weeks of three people on one workstream each, then a week on two.
func TestWorkstreamsRising(t *testing.T) {
	for _, c := range []struct {
		weeks int
		want  float64
	}{{10, 1}, {7, math.NaN()}} {
		w := focusWorld(nil, nil, nil)
		w.declared.Privacy.MinPersonDays = 10
		for week := range c.weeks + 1 {
			for d := range 5 {
				for p := range 3 {
					key := []string{"PAY-1", "STORY-1", "STORY-2"}[p]
					if week == 0 && d > 2 {
						key = "PAY-2"
					}
					w.do(fmt.Sprint("p", p), store.EventCommit, key, noon(2025, 3, 24).AddDate(0, 0, d-7*week))
				}
			}
		}
		near(t, fmt.Sprint(c.weeks, " weeks before"), org(t, w.evaluate(t), scoring.WorkstreamsRising).Value, c.want)
	}
}
