package scoring

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// What does not divide evenly goes to the largest remainders, and of equal ones
// to the objective declared first.
func TestSplitOverShares(t *testing.T) {
	third := []int64{333_334, 333_333, 333_333}
	for _, tc := range []struct {
		total  effort.Micro
		shares []int64
		want   []effort.Micro
	}{
		{7, []int64{attribution.Whole}, []effort.Micro{7}},
		{7, []int64{500_000, 500_000}, []effort.Micro{4, 3}},
		{1_000_000, third, []effort.Micro{333_334, 333_333, 333_333}},
		{500_000, third, []effort.Micro{166_667, 166_667, 166_666}},
		{1, third, []effort.Micro{1, 0, 0}},
		{2, third, []effort.Micro{1, 1, 0}},
		{0, third, []effort.Micro{0, 0, 0}},
	} {
		var s splitter
		shares := make([]attribution.Share, len(tc.shares))
		for i, micro := range tc.shares {
			shares[i] = attribution.Share{Objective: i, Micro: micro}
		}
		got := s.overShares(shares, &[effort.NumModels]effort.Micro{0, tc.total})
		if !slices.Equal(got[1], tc.want) {
			t.Errorf("%d over %v is %v, want %v", tc.total, tc.shares, got[1], tc.want)
		}
		if slices.Max(got[0]) != 0 {
			t.Errorf("nothing over %v is %v under the first model", tc.shares, got[0])
		}
	}
}

// The memberships of a day come in their order, what is left last.
func TestSplitOverTeams(t *testing.T) {
	const day = objective.Date(20_000)
	from := func(team int, first objective.Date, share effort.Micro) membership {
		return membership{team: team, from: first, until: first + 9, share: share}
	}
	for _, tc := range []struct {
		memberships []membership
		total       effort.Micro
		teams       []int
		want        []effort.Micro
	}{
		{nil, 7, []int{noTeam}, []effort.Micro{7}},
		{[]membership{from(1, day, 1_000_000)}, 7, []int{1}, []effort.Micro{7}},
		{[]membership{from(1, day, 500_000)}, 7, []int{1, noTeam}, []effort.Micro{4, 3}},
		{[]membership{from(2, day, 500_000), from(0, day-9, 500_000)}, 7, []int{2, 0}, []effort.Micro{4, 3}},
		{[]membership{from(0, day, 300_000), from(1, day, 300_000)}, 1, []int{0, 1, noTeam}, []effort.Micro{0, 0, 1}},
		{[]membership{from(0, day, 250_000), from(0, day, 250_000)}, 9, []int{0, 0, noTeam}, []effort.Micro{2, 2, 5}},
		{[]membership{from(0, day-10, 1_000_000), from(1, day+1, 1_000_000)}, 7, []int{noTeam}, []effort.Micro{7}},
	} {
		var s splitter
		teams, got := s.overTeams(&person{memberships: tc.memberships}, day, &[effort.NumModels]effort.Micro{0, tc.total})
		if !slices.Equal(teams, tc.teams) || !slices.Equal(got[1], tc.want) {
			t.Errorf("%d of %+v is %v of teams %v, want %v of %v", tc.total, tc.memberships, got[1], teams, tc.want, tc.teams)
		}
	}
}

// The effort of the organisation is that of the teams and of those in none, to
// the millionth, in every category and objective; also when weeks collapse, and
// in the work view of a team.
func TestTeamsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.SetPeople(drawProfiles(t), drawGroups(t))
		for no := range drawnKeys {
			e.Apply(drawItem(t, no))
		}
		for i := range e.people.list { // an odd share besides what groups tell
			if who := &e.people.list[i]; len(who.memberships) == 0 {
				who.memberships = []membership{
					{team: 0, from: objective.NoDate, until: lastDate, share: 333_333},
					{team: 1, from: objective.DateOf(drawnStart) + 20, until: lastDate, share: 142_857},
				}
			}
		}
		days := DateRange{objective.DateOf(drawnStart).Monday() - 7, objective.DateOf(drawnNow) + 7}
		org, rest, teams := e.tallied(t, days)
		sum := newTally(d.Effort.Model, days, len(d.Set.Objectives))
		for _, tally := range append(teams, rest) {
			for i, v := range tally.category {
				sum.category[i] += v
			}
			for i, v := range tally.objectives {
				sum.objectives[i] += v
			}
			for m, v := range tally.total {
				sum.total[m] += v
			}
		}
		if sum.category != org.category || !slices.Equal(sum.objectives, org.objectives) || sum.total != org.total {
			t.Fatalf("teams come to %v, %v and %v, the organisation to %v, %v and %v",
				sum.category, sum.objectives, sum.total, org.category, org.objectives, org.total)
		}
		for monday := days.From; monday <= days.Until; monday += 7 {
			for _, row := range e.TeamDays(monday).Rows {
				var parts [effort.NumModels]effort.Micro
				for _, p := range row.Parts[1:] {
					for m, v := range p.Effort {
						parts[m] += v
					}
				}
				if parts != row.Parts[0].Effort {
					t.Fatalf("on day %d of the week of %s units come to %v of %v", row.Day, monday, parts, row.Parts[0].Effort)
				}
			}
		}
	})
}

// tallied sums up a range of days, and checks the work views of the teams.
func (e *Engine) tallied(t *rapid.T, days DateRange) (org, rest *tally, teams []*tally) {
	one := func() *tally { return newTally(e.declared.Effort.Model, days, len(e.declared.Set.Objectives)) }
	org, rest = one(), one()
	m := &measurement{org: []*tally{org}, weeks: []*tally{one()}, open: one(), rest: []*tally{rest}, from: days.From, until: days.Until}
	m.all, m.shared = make([]effort.Micro, 1), newSharedSums(len(e.owners.sets), 1)
	for range e.declared.Teams {
		teams = append(teams, one())
		m.teams = append(m.teams, []*tally{teams[len(teams)-1]})
		m.owned = append(m.owned, make([]ownedTally, 1))
	}
	e.settle()
	e.sum(m)
	for i := range m.owned {
		parts := m.owned[i][0].sum
		if own := parts[ownOwned] + parts[ownElsewhere]; own != teams[i].sum() || own+parts[othersOwned]+parts[othersElsewhere] != org.sum() {
			t.Fatalf("the parts %v of the work view do not come to %d, with others to %d", parts, teams[i].sum(), org.sum())
		}
	}
	return org, rest, teams
}
