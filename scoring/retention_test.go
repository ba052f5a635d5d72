package scoring

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// rememberingWorld has six people in two teams who work for a year on the
// tickets of three objectives, one of which is stopped half-way, and review.
func rememberingWorld(t *testing.T) (*Engine, []store.Change) {
	t.Helper()
	day := objective.DateOf(drawnNow) - 1
	d := &Declared{
		Set: objective.Set{TopN: 1, RunWorkBudget: -1, Grace: 7}, Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"},
		Privacy: Privacy{KPeople: 3, KEffort: 2, Dominance: .9, MinPersonDays: 5, HumanDebt: true},
		Windows: Windows{Labels: []string{"28d"}, CloseGrace: 6 * time.Hour}, Teams: []Team{{ID: "core"}, {ID: "growth"}},
	}
	for o, id := range []string{"o1", "o2", "o3"} {
		versions := []objective.Version{{From: objective.NoDate, Rank: o + 1, State: objective.Active, TargetShare: -1}}
		if id == "o3" {
			versions = append(versions, objective.Version{From: day - 200, Rank: 3, State: objective.Retired, TargetShare: -1})
		}
		d.Set.Objectives = append(d.Set.Objectives, objective.Objective{ID: id, Start: day - 360, Keys: []string{id + "-0"}, Versions: versions})
	}
	for p := range 6 {
		id := fmt.Sprint("p", p)
		d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
		team := &d.Teams[p%2]
		team.Members = append(team.Members, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
	}
	e, err := NewEngine(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e, rememberedChanges(day)
}

// rememberedChanges are a ticket, a change and a thread for every third day of a
// year, with what three people did to each on the days after.
func rememberedChanges(day objective.Date) (changes []store.Change) {
	add := func(kind store.Kind, key string, start objective.Date, edit func(*store.Item)) *store.Change {
		no := uint64(len(changes) + 1)
		it := store.Item{Source: "gh", ID: key, Kind: kind, Keys: []string{key}, Status: store.StatusDone, Title: key,
			Created: (start - 3).Time(), Started: start.Time(), Closed: (start + 6).Time(), Updated: (start + 6).Time()}
		if start+6 > day {
			it.Status, it.Closed = store.StatusDoing, time.Time{}
		}
		edit(&it)
		changes = append(changes, store.Change{Seq: no, No: no, Item: it})
		return &changes[no-1]
	}
	do := func(ch *store.Change, kind store.EventKind, who int, at objective.Date, hour int) {
		ch.Events = append(ch.Events, store.Event{Source: "gh", Item: ch.Item.ID, ID: fmt.Sprint(kind, len(ch.Events)), Kind: kind,
			Actor: fmt.Sprint("p", who%6), At: at.Time().Add(time.Duration(hour) * time.Hour)})
	}
	for i := range 120 {
		start := day - 360 + objective.Date(3*i)
		ticket := fmt.Sprintf("o%d-%d", i%3+1, i/3)
		ch := add(store.KindTicket, ticket, start, func(it *store.Item) {
			if i >= 3 {
				it.Links = []store.Link{{Kind: store.LinkParent, Key: fmt.Sprintf("o%d-0", i%3+1)}}
			}
			if i%5 == 0 {
				it.Attrs = map[string][]string{store.AttrType: {"decision"}}
			}
		})
		do(ch, store.EventOpen, i, start-3, 9)
		for p := range 3 {
			do(ch, store.EventComment, i+p, start+objective.Date(p), 10)
		}
		ch = add(store.KindChange, fmt.Sprintf("acme/api#%d", i), start, func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkImplements, Key: ticket}}
		})
		do(ch, store.EventOpen, i, start, 9)
		for p := range 4 {
			do(ch, store.EventCommit, i+p, start+objective.Date(p), 11)
			do(ch, store.EventReview, i+p+1, start+objective.Date(p), 20)
		}
	}
	return changes
}

// Where persons were taken out of the ledger, a score without a window is what it
// was or says that it cannot be told, and is never another one.
func TestCollapsedWeeksTellNothingWrong(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	for _, days := range []objective.Date{120, 180, 270} {
		e, changes := rememberingWorld(t)
		for _, ch := range changes {
			e.Apply(ch)
		}
		before := e.Report(drawnNow, sources)
		last := (objective.DateOf(drawnNow) - days).Monday()
		var weeks []TeamWeek
		for _, m := range e.Uncollapsed(last) {
			weeks = append(weeks, e.TeamDays(m))
		}
		e.SetCollapsed(weeks)
		for _, ch := range changes {
			e.Apply(nameless(ch, last))
		}
		after := e.Report(drawnNow, sources)
		told := 0
		compare := func(scope string, was, is []Score) {
			for i := range is {
				s, old := &is[i], scoreIn(was, is[i].Name)
				if !s.Value.Known() {
					continue
				}
				told++
				if diff := s.Value - old.Value; !old.Value.Known() || diff > 1e-9 || diff < -1e-9 {
					t.Errorf("after %d days %s of %s was %v (%s) and is %v of %v", days, s.Name, scope, old.Value, old.Status, s.Value, s.SampleSize)
				}
			}
		}
		compare("all", before.Scores, after.Scores)
		for i := range after.Teams {
			compare(after.Teams[i].Team, before.Teams[i].Scores, after.Teams[i].Scores)
		}
		for i := range after.Objectives {
			compare(after.Objectives[i].ID, before.Objectives[i].Scores, after.Objectives[i].Scores)
		}
		if told < 40 {
			t.Errorf("after %d days only %d scores are told", days, told)
		}
	}
}
