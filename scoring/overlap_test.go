package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Teams that share most of their people tell of the others by their difference.
func TestEvaluateTeamsThatOverlap(t *testing.T) {
	for _, tc := range []struct {
		name          string
		large, small  []int // members; the shares of who is in both are given below
		first, second float64
		told          bool
	}{
		{"one more than the other", []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 3, 4}, .5, .5, false},
		{"one more, uneven shares", []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 3, 4}, .75, .25, false},
		{"one more on each side", []int{0, 1, 2, 3, 5}, []int{0, 1, 2, 3, 4}, .5, .5, false},
		{"three more", []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2}, .5, .5, true},
		{"the same people", []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 3, 4, 5}, .5, .5, true},
		{"one person in both", []int{0, 1, 2}, []int{0, 3, 5}, .5, .5, true},
	} {
		w := newWorld(fourObjectives())
		w.declared.Privacy.MinPersonDays = 1
		w.labelled("PAY-1", "o1")
		teams := []scoring.Team{{ID: "large"}, {ID: "small"}, {ID: "others"}}
		in := map[int]int{}
		for _, p := range append(append([]int{}, tc.large...), tc.small...) {
			in[p]++
		}
		join := func(team, p int, share float64) {
			teams[team].Members = append(teams[team].Members, scoring.Member{
				Person: fmt.Sprint("p", p), From: objective.NoDate, Until: objective.NoDate, Share: share})
		}
		for team, list := range [][]int{tc.large, tc.small} {
			for _, p := range list {
				share := []float64{tc.first, tc.second}[team]
				if in[p] == 1 {
					share = 1
				}
				join(team, p, share)
			}
		}
		for p := range 12 {
			who := fmt.Sprint("p", p)
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
			if in[p] == 0 {
				join(2, p, 1)
			}
			for d := range 1 + p%4 {
				w.do(who, store.EventCommit, "PAY-1", monday.AddDate(0, 0, d))
			}
		}
		w.declared.Teams = teams
		w.declared.Windows.Labels = []string{"7d"}
		window := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d")
		large, small := window.Teams[0], window.Teams[1]
		if both := large.Total.Known() && small.Total.Known(); both != tc.told {
			t.Errorf("%s: both are told: %v, want %v (%v, %v)", tc.name, both, tc.told, large.Total, small.Total)
		}
	}
}
