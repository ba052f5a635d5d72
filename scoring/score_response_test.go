package scoring_test

import (
	"fmt"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// responseWorld has a team of n that takes part in o1, of whom the first
// answered check in on it a week ago.
func responseWorld(n, answered int) *world {
	w := newWorld(objective.Set{TopN: 1, RunWorkBudget: -1, Objectives: []objective.Objective{
		{ID: "o1", Start: objective.NoDate, Teams: []string{"core"}, Versions: always(1, -1)},
		{ID: "o2", Start: objective.NoDate, Versions: always(2, -1)}}})
	w.item(store.KindDiscussion, "C1/1", nil)
	team := scoring.Team{ID: "core"}
	for i := range n {
		id := fmt.Sprint("p", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{"slack:" + id, "jira:" + id}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		if i < answered {
			w.checkIn("slack:"+id, "C1/1", "o1", "0.7", noon(2025, 3, 24))
			w.checkIn("jira:"+id, "C1/1", "o1", "0.6", noon(2025, 3, 25)) // again, which is no second answer
		}
	}
	w.declared.Teams = []scoring.Team{team}
	return w
}

func TestCheckInResponse(t *testing.T) {
	for _, c := range []struct {
		name   string
		world  *world
		edit   func(w *world)
		status scoring.Status
		want   float64
	}{
		{"3 of 5", responseWorld(5, 3), nil, scoring.OK, .6},
		{"4 people", responseWorld(4, 3), nil, scoring.SuppressedPrivacy, 0},
		{"nobody is asked", responseWorld(5, 0), nil, scoring.Undefined, 0},
		{"others answer", responseWorld(5, 0), func(w *world) {
			w.checkIn("slack:boss", "C1/1", "o1", "0.7", noon(2025, 3, 24))
		}, scoring.OK, 0},
		{"all have answered, long ago", responseWorld(5, 0), func(w *world) {
			for i := range 5 {
				w.checkIn(fmt.Sprint("slack:p", i), "C1/1", "o1", "0.7", noon(2025, 2, 24))
			}
		}, scoring.OK, 0},
		{"before anybody remembers", responseWorld(5, 0), func(w *world) {
			w.checkIn("slack:p1", "C1/1", "o1", "0.7", noon(2024, 12, 24))
		}, scoring.Undefined, 0},
		{"on an objective of others", responseWorld(5, 0), func(w *world) {
			w.checkIn("slack:p1", "C1/1", "o2", "0.7", noon(2025, 3, 24))
		}, scoring.Undefined, 0},
		{"on one that the team owns", responseWorld(5, 0), func(w *world) {
			w.declared.Set.Objectives[1].Versions[0].OwnerTeam = "core"
			w.checkIn("slack:p1", "C1/1", "o2", "0.7", noon(2025, 3, 24))
		}, scoring.OK, .2},
		{"on one that was stopped", responseWorld(5, 5), func(w *world) {
			w.declared.Set.Objectives[0].Versions[0].State = objective.Retired
		}, scoring.Undefined, 0},
		{"who is away is not asked", responseWorld(6, 3), func(w *world) {
			w.declared.People.Persons[5].Leave = []scoring.DateRange{{From: calendarDay(noon(2025, 1, 1)), Until: calendarDay(noon(2025, 6, 1))}}
		}, scoring.OK, .6},
		{"of two teams that differ in one", responseWorld(6, 3), func(w *world) {
			other := scoring.Team{ID: "other"}
			for i := range w.declared.Teams[0].Members {
				w.declared.Teams[0].Members[i].Share = .5
			}
			other.Members = append(other.Members, w.declared.Teams[0].Members...)
			w.declared.Teams[0].Members = w.declared.Teams[0].Members[:5]
			w.declared.Set.Objectives[0].Teams = []string{"core", "other"}
			w.declared.Teams = append(w.declared.Teams, other)
		}, scoring.SuppressedPrivacy, 0},
	} {
		if c.edit != nil {
			c.edit(c.world)
		}
		r := c.world.evaluate(t)
		s := r.Team("core").Score(scoring.CheckInResponse)
		if s.Status != c.status || s.Value.Known() != (c.status == scoring.OK) || (s.Reason == "") != (c.status == scoring.OK) {
			t.Errorf("%s: %v is %s (%s)", c.name, s.Value, s.Status, s.Reason)
		}
		if c.status == scoring.OK {
			near(t, c.name, s.Value, c.want)
		}
		if r.Score(scoring.CheckInResponse) != nil {
			t.Error("it is told of the organisation")
		}
	}
}
