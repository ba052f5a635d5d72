package scoring_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// shiftedShares are the weeks of the vectors Q1 and Q3, in hundredths.
var shiftedShares = []int{62, 60, 63, 61, 59, 64, 62, 60, 61, 63, 62, 58, 61, 60, 62, 63, 61, 62, 60, 59, 63, 62, 61, 60, 62, 61,
	61, 62, 58, 56, 55, 54, 56, 53, 55, 54, 56, 55}

// shiftWeek is the Monday of a week of shiftedShares; the last is the last
// closed one.
func shiftWeek(i int) time.Time {
	return time.Date(2025, 3, 24, 12, 0, 0, 0, time.UTC).AddDate(0, 0, 7*(i+1-len(shiftedShares)))
}

func shiftedWorld() *world { return sharedWorld(shiftedShares) }

// sharedWorld has twenty people, who work as many of the hundred days of each
// week for o1 as shares says, and the others for nothing that is known.
func sharedWorld(shares []int) *world {
	set := objective.Set{TopN: 1, RunWorkBudget: -1}
	for i, id := range []string{"o1", "o2"} {
		set.Objectives = append(set.Objectives, objective.Objective{
			ID: id, Text: id, Start: objective.NoDate, Match: attr(store.AttrLabel, id), Versions: always(i+1, -1)})
	}
	w := newWorld(set)
	w.declared.Sources = []string{"gh"}
	for _, label := range []string{"o1", "none"} {
		w.item(store.KindChange, "acme/api#"+label, func(it *store.Item) {
			it.Attrs, it.Created = map[string][]string{store.AttrLabel: {label}}, shiftWeek(-1)
		})
	}
	for week, share := range shares {
		for n := range 100 {
			key := "acme/api#none"
			if n < share {
				key = "acme/api#o1"
			}
			w.do(fmt.Sprint("person-", n/5), store.EventCommit, key, shiftWeek(week).AddDate(0, 0, n%5))
		}
	}
	return w
}

// with returns the set with another text or due date of an objective.
func with(set objective.Set, id string, edit func(*objective.Objective)) objective.Set {
	set.Objectives = slices.Clone(set.Objectives)
	for i := range set.Objectives {
		if o := &set.Objectives[i]; o.ID == id {
			o.Versions = slices.Clone(o.Versions)
			edit(o)
		}
	}
	return set
}

// Q3, Q4 and Q6 from events: the share falls from 0.6125 to 0.552 in the 29th
// week, which begins on 2025-01-20.
func TestStructureShiftFromEvents(t *testing.T) {
	monday := float64(time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC).Unix())
	for _, c := range []struct {
		name        string
		declare     func(*world)
		evidence    float64 // of the organisation
		ofObjective float64
		verdict     string
		unexplained float64
	}{
		{"nothing was edited", func(*world) {}, 0, 0, "coincides with no declared change", 1},
		{"edits", func(w *world) {
			first := w.declared.Set
			second := with(first, "o1", func(o *objective.Objective) { o.Text = "first" })
			third := with(second, "o1", func(o *objective.Objective) { o.Text = "second" })
			w.declared.Set = with(third, "o2", func(o *objective.Objective) { o.Versions[0].Due = calendarDay(closed) })
			w.history = []objective.Loaded{{Known: shiftWeek(0), Set: first}, {Known: noon(2024, 11, 20), Set: second},
				{Known: noon(2025, 1, 15), Set: third}, {Known: noon(2025, 1, 18), Set: w.declared.Set}}
			// Three edits in 90 days, of which two are of o1: exp(−24·3/90).
		}, .449329, .586646, "coincides with text of o1 on 2025-01-15", 0},
		{"an edit 22 days before", func(w *world) {
			first := w.declared.Set
			w.declared.Set = with(first, "o1", func(o *objective.Objective) { o.Text = "first" })
			w.history = []objective.Loaded{{Known: shiftWeek(0), Set: first}, {Known: noon(2024, 12, 29), Set: w.declared.Set}}
		}, 0, 0, "coincides with no declared change", 1},
		{"an edit of the other objective", func(w *world) {
			first := w.declared.Set
			w.declared.Set = with(first, "o2", func(o *objective.Objective) { o.Text = "first" })
			w.history = []objective.Loaded{{Known: shiftWeek(0), Set: first}, {Known: noon(2025, 1, 20), Set: w.declared.Set}}
		}, .765928, 0, "coincides with no declared change", 1 / 6.0},
		{"a connector reads more", func(w *world) {
			first := w.declared.Set
			first.Settings = &objective.Settings{Connectors: map[string]map[string]string{"jira": {"projects": "1"}}}
			w.declared.Set = with(first, "o1", func(*objective.Objective) {})
			w.declared.Set.Settings = &objective.Settings{Connectors: map[string]map[string]string{"jira": {"projects": "2"}}}
			w.history = []objective.Loaded{{Known: shiftWeek(0), Set: first}, {Known: noon(2025, 1, 20), Set: w.declared.Set}}
		}, .765928, .765928, "coincides with config of everything on 2025-01-20", 0},
		{"somebody joined the team", func(w *world) {
			w.declared.Set = with(w.declared.Set, "o1", func(o *objective.Objective) { o.Versions[0].OwnerTeam = "core" })
			w.declared.People.Persons = []scoring.Person{{ID: "p0", Identities: []string{"person-0"}, FTE: 1}}
			w.declared.Teams = []scoring.Team{{ID: "core", Members: []scoring.Member{{Person: "p0", From: calendarDay(noon(2025, 1, 23)), Until: objective.NoDate, Share: 1}}}}
		}, .765928, .765928, "coincides with membership of core on 2025-01-23", 0},
	} {
		w := shiftedWorld()
		c.declare(w)
		r := w.evaluate(t)
		shift := at(t, r, "o1", scoring.StructureShift+"_effort")
		near(t, c.name+": step of o1", shift.Value, -.0605)
		near(t, c.name+": step", org(t, r, scoring.StructureShift+"_top_objectives_effort").Value, -.0605)
		near(t, c.name+": step of the shadow", org(t, r, scoring.StructureShift+"_shadow_effort").Value, .0605)
		near(t, c.name+": no step", org(t, r, scoring.StructureShift+"_run_work_effort").Value, 0)
		near(t, c.name+": week", org(t, r, scoring.ShiftWeek+"_top_objectives_effort").Value, monday)
		near(t, c.name+": evidence", org(t, r, scoring.ShiftEvidence+"_top_objectives_effort").Value, c.evidence)
		near(t, c.name+": evidence of o1", at(t, r, "o1", scoring.ShiftEvidence+"_effort").Value, c.ofObjective)
		if needed := map[float64]float64{.449329: 6, .765928: 3}[c.evidence]; needed > 0 {
			near(t, c.name+": matches needed", org(t, r, scoring.ShiftMatches+"_top_objectives_effort").Value, needed)
		}
		near(t, c.name+": unexplained", org(t, r, scoring.UnexplainedShifts).Value, c.unexplained)
		if shift.Verdict != c.verdict {
			t.Errorf("%s: it %s", c.name, shift.Verdict)
		}
		if s := org(t, r, scoring.ShiftWeek+"_run_work_effort"); s.Status != scoring.Undefined {
			t.Errorf("%s: run work never shifted: %+v", c.name, s)
		}
	}
}

// A step of 0.04 is too small to tell of. A share that rises by 0.01 a week under
// noise of up to 0.13 is told as one step: with no noise to go by it would be cut
// into steps that are too small to tell of.
func TestStructureShiftAgainstNoise(t *testing.T) {
	for _, c := range []struct {
		name    string
		share   func(week int) int
		shifted bool
	}{
		{"a small step", func(week int) int { return 60 - 4*(week/28) + week*week*7%11/4 }, false},
		{"a slope", func(week int) int { return 20 + week + week*week*7%11*4/3 }, true},
	} {
		shares := make([]int, len(shiftedShares))
		for week := range shares {
			shares[week] = c.share(week)
		}
		s := org(t, sharedWorld(shares).evaluate(t), scoring.StructureShift+"_top_objectives_effort")
		if s.Status != scoring.OK || s.Value >= .05 != c.shifted || !c.shifted && s.Value != 0 {
			t.Errorf("%s: a shift of %v (%s)", c.name, s.Value, s.Status)
		}
	}
}

// Q1 from events: the chart raises its alarm in the 30th week and tells of it for
// four; then it learns anew what is usual.
func TestStructureAlarmFromEvents(t *testing.T) {
	w := shiftedWorld()
	for week, want := range map[int]string{24: "insufficient_data", 28: "0", 29: "1", 32: "1", 33: "insufficient_data"} {
		s := org(t, w.evaluateAt(t, shiftWeek(week+1).Add(7*time.Hour)), scoring.ShiftAlarm+"_top_objectives_effort")
		got := string(s.Status)
		if s.Status == scoring.OK {
			got = fmt.Sprint(s.Value)
		}
		if got != want {
			t.Errorf("as of week %d: %s, want %s", week, got, want)
		}
	}
}

// N4 and N9 from declarations.
func TestChurnAndVolatility(t *testing.T) {
	set := objective.Set{TopN: 3, RunWorkBudget: -1}
	for i := range 5 {
		id := fmt.Sprint("o", i+1)
		set.Objectives = append(set.Objectives, objective.Objective{ID: id, Text: id, Start: objective.NoDate, Versions: always(i+1, -1)})
	}
	reversed, older, newer := set, set, set
	for i := range set.Objectives {
		id := set.Objectives[i].ID
		reversed = with(reversed, id, func(o *objective.Objective) { o.Versions[0].Rank = 5 - i; o.Text = "an older text" })
		newer = with(newer, id, func(o *objective.Objective) {
			v := &o.Versions[0]
			v.Rank = []int{2, 1, 3, 5, 4}[i]
			switch i {
			case 0:
				v.TargetShare, v.Due, o.Text = .5, calendarDay(closed), "another"
			case 1:
				v.TargetShare, v.Due = .3, calendarDay(closed)
			case 2:
				v.Due = calendarDay(closed)
			case 3:
				v.HasOwner = true
			case 4:
				o.Text = "another"
			}
		})
	}
	w := newWorld(newer)
	w.history = []objective.Loaded{{Known: noon(2024, 6, 1), Set: reversed}, {Known: noon(2024, 12, 31), Set: older}, {Known: noon(2025, 2, 1), Set: newer}}
	r := w.evaluate(t)
	near(t, "churn", org(t, r, scoring.ObjectiveChurn).Value, 9)
	near(t, "edits", org(t, r, scoring.ObjectiveChurn).SampleSize, 12)
	near(t, "volatility", org(t, r, scoring.RankVolatility).Value, .8)
	// A day earlier the edits of 2024-12-31 are within the 90 days, too.
	r = w.evaluateAt(t, closed.AddDate(0, 0, -1))
	near(t, "churn a day earlier", org(t, r, scoring.ObjectiveChurn).Value, 9+5*.5+4*.5)
}

// The weeks that are watched are the same on every day of the week, the oldest of
// them whole.
func TestWatchedWeeksAreWhole(t *testing.T) {
	const weeks, each = 60, 10
	sunday := calendarDay(closed).Monday() - 1
	w := outcomeWorld()
	w.do("ana", store.EventCommit, "acme/api#1", (sunday - 7*weeks).Time())
	for week := range weeks {
		for n := range each {
			monday := (sunday - 6 - objective.Date(7*week)).Time().Add(12 * time.Hour)
			w.begun(fmt.Sprintf("PAY-%d-%d", week, n), monday, "20", "yes", "yes", "o1")
			it := &w.changes[len(w.changes)-1].Item
			it.Status, it.Closed = store.StatusDone, monday
			it.Attrs[store.AttrType] = []string{"story"}
		}
	}
	for _, score := range []string{scoring.NoiseOutput, scoring.InputQuality, scoring.UnverifiedDone} {
		told := make(map[scoring.Number]bool)
		for day := range 7 {
			r := w.evaluateAt(t, (sunday + objective.Date(day)).Time().Add(43*time.Hour))
			told[org(t, r, scoring.StructureShift+"_"+score).SampleSize] = true
		}
		if len(told) != 1 {
			t.Errorf("%s: as many weeks on the days of a week: %v", score, told)
		}
	}
}

// Weeks of few people have no value of their own: a step from their level would
// tell it. Neither have they once they are collapsed.
func TestWeeksOfFewAreNotWatched(t *testing.T) {
	w := sharedWorld(nil)
	w.declared.Privacy = scoring.Privacy{KEffort: 5, Dominance: .6, MinPersonDays: 10}
	const few = 20
	for week := range shiftedShares {
		for p := range map[bool]int{true: 3, false: 10}[week < few] {
			for day := range 5 {
				key := "acme/api#o1"
				if week >= few && (p+day)%2 == 0 {
					key = "acme/api#none"
				}
				w.do(fmt.Sprint("person-", p), store.EventCommit, key, shiftWeek(week).AddDate(0, 0, day))
			}
		}
	}
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	for _, collapsed := range []bool{false, true} {
		if collapsed {
			var weeks []scoring.TeamWeek
			for week := range few + 2 {
				weeks = append(weeks, e.TeamDays(calendarDay(shiftWeek(week))))
			}
			e.SetCollapsed(weeks)
		}
		s := org(t, e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}}), scoring.StructureShift+"_"+scoring.TopObjectivesEffort)
		if s.Value != 0 || int(s.SampleSize) != len(shiftedShares)-few {
			t.Errorf("collapsed %t: a step of %v in %v weeks, want none in %d", collapsed, s.Value, s.SampleSize, len(shiftedShares)-few)
		}
	}
}
