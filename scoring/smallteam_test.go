package scoring

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// staffed is an organisation with teams of some sizes. Everybody works alike, on
// tickets of an objective and on what is in no plan, for 30 weeks.
func staffed(t *testing.T, sizes map[string]int) *Report {
	t.Helper()
	d := latestDeclared()
	d.Privacy = Privacy{KEffort: 5, KPeople: 5, Dominance: .7, HumanDebt: true}
	d.Set.Objectives[0].Keys = []string{"PAY-1"}
	d.Set.Objectives[0].Start = objective.NoDate
	d.Teams = []Team{{ID: "core"}, {ID: "few"}, {ID: "many"}}
	items := []store.Item{
		{Source: "gh", ID: "1", Kind: store.KindTicket, Keys: []string{"PAY-1"}, Title: "Epic"},
		{Source: "gh", ID: "2", Kind: store.KindChange, Keys: []string{"a/b#2"}, Attrs: map[string][]string{store.AttrRepo: {"a/b"}}},
		{Source: "gh", ID: "3", Kind: store.KindChange, Keys: []string{"a/c#3"}, Attrs: map[string][]string{store.AttrRepo: {"a/c"}}},
	}
	changes := make([]store.Change, len(items))
	for i, it := range items {
		changes[i] = store.Change{No: uint64(i + 1), Seq: uint64(i + 1), Item: it}
	}
	for team := range d.Teams {
		for p := range sizes[d.Teams[team].ID] {
			id := fmt.Sprint(d.Teams[team].ID, p)
			d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
			d.Teams[team].Members = append(d.Teams[team].Members, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
			for back := range 30 * 7 {
				ch := &changes[(back+p)%len(changes)]
				ch.Events = append(ch.Events, store.Event{Source: "gh", ID: fmt.Sprint(id, "/", back), Item: ch.Item.ID, Kind: store.EventCommit, Actor: id, At: drawnNow.AddDate(0, 0, -back)})
			}
		}
	}
	r, err := Evaluate(Input{Declared: d, Changes: changes, Sources: []store.SourceState{{Source: "gh", Watermark: drawnNow.Add(time.Hour)}}}, drawnNow)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// toldOf lists what is told of a team, of every family: latest scores, phases and
// weeks, and what each window holds. Left out is how many decisions are open:
// they are of what the team owns, and say nothing of who is in it.
func toldOf(r *Report, team string) (list []string) {
	for _, g := range scoreGroups() {
		for _, f := range g.latest {
			if f.of&ofTeams != 0 && f.score != DecisionDebt && f.score != ChangeDebt {
				if s := r.Team(team).Score(f.score); s != nil && (s.Value.Known() || s.Lower.Known() || s.Upper.Known() || s.Verdict != "") {
					list = append(list, f.score)
				}
			}
		}
	}
	if r.Team(team).Phase != nil {
		list = append(list, "phase")
	}
	for _, w := range r.Team(team).Weeks {
		if w.Top.Known() || w.Shadow.Known() {
			list = append(list, fmt.Sprint("week of ", w.Monday))
		}
	}
	for i := range r.Windows {
		for k := range r.Windows[i].Teams {
			scope := &r.Windows[i].Teams[k]
			if scope.Team != team {
				continue
			}
			for _, s := range scope.Scores {
				if s.Value.Known() || s.Lower.Known() || s.Upper.Known() {
					list = append(list, r.Windows[i].Label+" "+s.Name)
				}
			}
			for _, o := range scope.Objectives {
				if o.Effort.Known() || o.Share.Known() {
					list = append(list, r.Windows[i].Label+" effort of "+o.Objective)
				}
			}
		}
	}
	return list
}

// Without one of its people a team of k is told nothing of, in no family, and
// neither is the next smallest: it could be found out by subtraction.
func TestTeamBelowKIsToldInNoFamily(t *testing.T) {
	whole := staffed(t, map[string]int{"core": 6, "few": 5, "many": 9})
	for _, team := range []string{"core", "few", "many"} {
		told := toldOf(whole, team)
		if len(told) < 15 {
			t.Errorf("of %s, which is large enough, only %q are told", team, told)
		}
	}
	less := staffed(t, map[string]int{"core": 6, "few": 4, "many": 9})
	for _, team := range []string{"few", "core"} {
		if told := toldOf(less, team); len(told) > 0 {
			t.Errorf("of %s are told %q", team, told)
		}
	}
	if told := toldOf(less, "many"); len(told) < 15 {
		t.Errorf("of the largest team only %q are told", told)
	}
	if s := less.Window("28d").Org.Score(TopObjectivesEffort); s.Status != OK {
		t.Errorf("the organisation: %+v", s)
	}
}
