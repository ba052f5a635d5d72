package scoring_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A week of a team is told where nobody's part can be told from it: the team of
// one is withheld, and with it the smallest other one.
func TestTeamWeeks(t *testing.T) {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{
		ID: "o1", Start: objective.NoDate, Keys: []string{"PAY-1"},
		Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1, Due: objective.NoDate}},
	}}})
	w.declared.Privacy = scoring.Privacy{KPeople: 5, KEffort: 3, Dominance: .7, MinPersonDays: 1}
	w.item(store.KindTicket, "PAY-1", nil)
	w.item(store.KindTicket, "OPS-9", nil)
	no, person := objective.NoDate, 0
	for _, size := range []int{5, 4, 1} {
		team := scoring.Team{ID: fmt.Sprintf("t%d", size)}
		for range size {
			name := fmt.Sprintf("p%d", person)
			person++
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: name, Identities: []string{name}, FTE: 1})
			team.Members = append(team.Members, scoring.Member{Person: name, From: no, Until: no, Share: 1})
			for day := range 60 {
				key := "PAY-1"
				if day%3 == 0 {
					key = "OPS-9"
				}
				w.do(name, store.EventCommit, key, closed.AddDate(0, 0, -day-1))
			}
		}
		w.declared.Teams = append(w.declared.Teams, team)
	}
	r := w.evaluate(t)
	for _, team := range r.Teams {
		if len(team.Weeks) != len(r.Weeks) {
			t.Fatalf("%s has %d weeks, want %d", team.Team, len(team.Weeks), len(r.Weeks))
		}
		last, first := team.Weeks[len(team.Weeks)-1], team.Weeks[0]
		if first.Status != scoring.InsufficientData || first.Top.Known() {
			t.Errorf("%s: a week without work is %+v", team.Team, first)
		}
		if told := team.Team == "t5"; told != last.Top.Known() || told != (last.Status == scoring.OK) {
			t.Errorf("%s: the last week is %+v", team.Team, last)
		}
		for _, week := range team.Weeks {
			if steps := float64(week.Top) / scoring.ShareStep; week.Top.Known() && math.Abs(steps-math.Round(steps)) > 1e-9 {
				t.Errorf("%s: %v is no multiple of %v", team.Team, week.Top, scoring.ShareStep)
			}
		}
	}
	last := r.Weeks[len(r.Weeks)-1]
	if !(last.TopLower <= last.Top && last.Top < last.TopUpper && last.ShadowLower < last.Shadow && last.Shadow <= last.ShadowUpper && last.Coverage > 0) {
		t.Errorf("the bounds of the last week: %+v", last)
	}
	w.declared.Privacy.KEffort = 30
	for _, team := range w.evaluate(t).Teams {
		if team.Weeks != nil {
			t.Errorf("%s has weeks, though the organisation is withheld", team.Team)
		}
	}
}
