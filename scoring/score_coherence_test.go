package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// coherenceWorld has two teams of three that work on two objectives in the two
// weeks from 2025-03-10: team a for 21 of its 30 days on o1, team b for 9. Of o1
// everything is declared; o2 is an activity that nobody owns. Everybody spends a
// day on run work and one on nothing.
func coherenceWorld() *world {
	baseline, target := 48.0, 55.0
	o1 := objective.Objective{ID: "o1", Text: "Payments are trusted", Start: objective.NoDate, Match: attr(store.AttrLabel, "o1"),
		Teams: []string{"a", "b"}, Versions: always(1, -1),
		Outcome: &objective.Outcome{Query: "q", Direction: "up", Baseline: &baseline, Target: &target}}
	o1.Versions[0].HasOwner, o1.Versions[0].Due = true, calendarDay(closed)+60
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1,
		Objectives: []objective.Objective{o1, {ID: "o2", Text: "Ship the new console", Start: objective.NoDate,
			Match:    attr(store.AttrLabel, "o2"),
			Versions: []objective.Version{{From: objective.NoDate, Rank: 2, State: objective.Active, TargetShare: -1, Due: objective.NoDate}}}},
		RunWork: []objective.NamedRule{{Name: "incidents", Rule: *attr(store.AttrLabel, "incident")}}})
	for t, id := range []string{"a", "b"} {
		team := scoring.Team{ID: id}
		for p := range 3 {
			who := fmt.Sprint("p", 3*t+p)
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
			team.Members = append(team.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		}
		w.declared.Teams = append(w.declared.Teams, team)
	}
	for key, label := range map[string]string{"PAY-1": "o1", "PAY-2": "o2", "PAY-3": "incident", "PAY-4": "none"} {
		w.labelled(key, label)
	}
	for p := range 6 {
		who := fmt.Sprint("p", p)
		for d := range 10 {
			key := "PAY-1"
			if p < 3 && (d == 3 || d == 4 || d == 8) || p >= 3 && d != 0 && d != 2 && d != 6 {
				key = "PAY-2"
			}
			w.do(who, store.EventCommit, key, noon(2025, 3, 10).AddDate(0, 0, d%5+d/5*7))
		}
		w.do(who, store.EventCommit, "PAY-3", noon(2025, 3, 24))
		w.do(who, store.EventCommit, "PAY-4", noon(2025, 3, 25))
	}
	w.measure("o1", "q", "ok", 49)
	w.item(store.KindDiscussion, "C1/1", nil)
	w.checkIn("p0", "C1/1", "o1", "0.5", noon(2025, 3, 20))
	return w
}

func TestCoherenceFromEvents(t *testing.T) {
	w := coherenceWorld()
	r := w.evaluate(t)
	for name, want := range map[string]float64{
		// Mixes of .7 and .3: one bit less their entropy of .8812909, of one bit.
		scoring.MixDivergence:       1 - .8812908992306927,
		scoring.PriorityTranslation: 0, scoring.PriorityTranslationGap: 2,
		scoring.OwnershipGap: .5, scoring.OwnershipGapByNumber: .5,
		scoring.EndstateClarity: .5, scoring.UnclearObjectives: 1, scoring.ActivityPhrased: .5,
		scoring.FeedbackCoverage: .5,
		// 30 person-days of 72, six of which are run work.
		scoring.LineOfSight: 30. / 72, scoring.LineOfSight + "_discretionary": 30. / 66,
		scoring.OERCompleteness: 1. / 3,
	} {
		near(t, name, org(t, r, name).Value, want)
	}
	for id, want := range map[string][2]float64{"o1": {1, 2. / 3}, "o2": {0, 0}} {
		near(t, "clarity of "+id, at(t, r, id, scoring.EndstateClarity).Value, want[0])
		near(t, "completeness of "+id, at(t, r, id, scoring.OERCompleteness).Value, want[1])
	}
	near(t, "silo", at(t, r, "o1", scoring.SiloShare).Value, .7)
	if s := r.Objective("o2").Score(scoring.SiloShare); s != nil {
		t.Errorf("o2 is nobody's to share: %+v", s)
	}

	// In the fourth week both teams work on it, too.
	w.do("p0", store.EventCommit, "PAY-1", noon(2025, 3, 27))
	w.do("p3", store.EventCommit, "PAY-1", noon(2025, 3, 27))
	near(t, "completeness with a path", at(t, w.evaluate(t), "o1", scoring.OERCompleteness).Value, 1)
}

// An owner of whom nothing was heard for more than 28 days is none, whether it
// is a check-in, an edit or a comment that is missing; an outcome that was not
// sampled for more than 14 days is no feedback.
func TestCoherenceGoesStale(t *testing.T) {
	for _, c := range []struct {
		name string
		sign func(*world)
		want float64
	}{
		{"none", func(*world) {}, 1},
		{"a check-in 28 days ago", func(w *world) { w.checkIn("p0", "C1/1", "o1", "0.5", noon(2025, 3, 3)) }, .5},
		{"a check-in, and a team owns it", func(w *world) {
			w.checkIn("p0", "C1/1", "o1", "0.5", noon(2025, 3, 3))
			w.declared.Set.Objectives[0].Versions[0].OwnerIsGroup = true
		}, 1},
		{"a check-in before", func(w *world) { w.checkIn("p0", "C1/1", "o1", "0.5", noon(2025, 3, 2)) }, 1},
		{"a comment", func(w *world) {
			w.declared.Set.Objectives[0].Keys = []string{"KEY-1"}
			w.labelled("KEY-1", "o1")
			w.do("p0", store.EventComment, "KEY-1", noon(2025, 3, 3))
		}, .5},
		{"an edit", func(w *world) {
			before := w.declared.Set
			before.Objectives = append([]objective.Objective(nil), before.Objectives...)
			before.Objectives[0].Text = "Payments"
			w.history = []objective.Loaded{{Known: noon(2024, 1, 1), Set: before}, {Known: noon(2025, 3, 4), Set: w.declared.Set}}
		}, .5},
	} {
		w := coherenceWorld()
		w.changes[w.byID["C1/1"]].Events = nil
		c.sign(w)
		near(t, c.name, org(t, w.evaluate(t), scoring.OwnershipGapByNumber).Value, c.want)
	}
	for last, want := range map[int]float64{14: .5, 15: 0} {
		w := coherenceWorld()
		samples := w.changes[w.byID["outcome:o1q"]].Events
		for i := range samples {
			samples[i].At = noon(2025, 3, 31).AddDate(0, 0, -last)
		}
		r := w.evaluate(t)
		near(t, fmt.Sprint("sampled ", last, " days ago"), org(t, r, scoring.FeedbackCoverage).Value, want)
		near(t, fmt.Sprint("in sight ", last, " days later"), org(t, r, scoring.LineOfSight).Value, want*60/72)
	}
}

// What one team may not be told of tells nothing about the other either.
func TestCoherenceIsWithheld(t *testing.T) {
	w := coherenceWorld()
	w.declared.Teams[1].Members = w.declared.Teams[1].Members[:2]
	r := w.evaluate(t)
	for _, name := range []string{scoring.MixDivergence, scoring.PriorityTranslationGap} {
		if s := org(t, r, name); name == scoring.MixDivergence && s.Value.Known() || name != scoring.MixDivergence && s.Value == 2 {
			t.Errorf("%s tells of a team of two: %v (%s)", name, s.Value, s.Status)
		}
	}
	if s := at(t, r, "o1", scoring.SiloShare); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("silo share: %v (%s)", s.Value, s.Status)
	}
}

// Of ten dependencies between the teams six were linked two days after the
// blocked item was started, one within the day after, and three before. Links
// within a team, of long ago, of tomorrow and without a time do not count.
func TestLateDependencies(t *testing.T) {
	w := coherenceWorld()
	started := noon(2025, 3, 5)
	ticket := func(key, who string) {
		w.item(store.KindTicket, key, func(it *store.Item) { it.Started = started })
		w.do(who, store.EventOpen, key, noon(2025, 2, 20))
	}
	link := func(n int, by, to string, hours int) {
		ticket(fmt.Sprint("A-", n), by)
		ticket(fmt.Sprint("B-", n), to)
		it := &w.changes[w.byID[fmt.Sprint("A-", n)]].Item
		it.Links = []store.Link{{Kind: store.LinkBlocks, Key: fmt.Sprint("B-", n)}}
		if hours != 0 {
			it.Links[0].At = started.Add(time.Duration(hours) * time.Hour)
		}
	}
	for n, hours := range []int{48, 48, 48, 48, 48, 48, 24, -24, -48, -72} {
		link(n, "p0", "p3", hours)
	}
	link(20, "p0", "p1", 48)
	link(21, "p0", "p3", 0)
	link(22, "p0", "p3", -24*100)
	link(23, "p0", "p3", 24*27)
	r := w.evaluate(t)
	s := org(t, r, scoring.LateDependencies)
	near(t, "late", s.Value, .6)
	near(t, "links", s.SampleSize, 10)
	near(t, "delay", org(t, r, scoring.LateDependencyDelay).Value, 2)
}

// An owner whose accounts are all deactivated, as far as any source tells, owns
// nothing: one that is active, or active again, is enough. Accounts that are the
// person's by what sources say count like those that are declared, and what was
// first seen after the day does not.
func TestOwnerWithoutAccount(t *testing.T) {
	const yes, no = store.AccountActive, store.AccountInactive
	account := func(actor string, state store.AccountState, since time.Time, same ...string) store.Profile {
		p := store.Profile{Source: "gh", Actor: actor, Account: state, Since: since}
		for _, s := range same {
			p.Same = append(p.Same, store.Same{Actor: s, By: store.SameByEmail})
		}
		return p
	}
	then, day := noon(2025, 3, 24), noon(2025, 3, 31)
	ada := scoring.Person{ID: "ada", Identities: []string{"jira:ada", "github:ada"}, FTE: 1}
	for _, c := range []struct {
		name     string
		owner    []string
		persons  []scoring.Person
		profiles []store.Profile
		want     coherence.Gap
	}{
		{"nothing is known of the account", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", "", time.Time{})}, ""},
		{"active", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", yes, then)}, ""},
		{"deactivated", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", no, then)}, coherence.GapDeactivated},
		{"deactivated on the day", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", no, day)}, coherence.GapDeactivated},
		{"deactivated after the day", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", no, day.AddDate(0, 0, 1))}, ""},
		{"somebody else's account", []string{"jira:ada"}, nil, []store.Profile{account("jira:ben", no, then)}, ""},
		{"one of two accounts", ada.Identities, []scoring.Person{ada}, []store.Profile{account("github:ada", yes, then), account("jira:ada", no, then)}, ""},
		{"both accounts", ada.Identities, []scoring.Person{ada}, []store.Profile{account("github:ada", no, then), account("jira:ada", no, then)}, coherence.GapDeactivated},
		{"one, and one that nothing is known of", ada.Identities, []scoring.Person{ada}, []store.Profile{account("github:ada", "", time.Time{}), account("jira:ada", no, then)}, coherence.GapDeactivated},
		{"another one by address", []string{"jira:ada"}, nil, []store.Profile{account("jira:ada", no, then, "email:ada"), account("slack:A", yes, then, "email:ada")}, ""},
		{"two by address", []string{"email:ada"}, nil, []store.Profile{account("jira:ada", no, then, "email:ada"), account("slack:A", no, then, "email:ada")}, coherence.GapDeactivated},
	} {
		w := coherenceWorld()
		w.declared.People.Merge.VerifiedEmail = true
		w.declared.People.Persons = append(w.declared.People.Persons, c.persons...)
		w.declared.People.Owners = map[string][]scoring.Owner{"o1": {{From: objective.NoDate, Identities: c.owner}}}
		w.profiles = c.profiles
		r := w.evaluate(t)
		gap, want := .5, 1.
		if c.want == "" {
			want = gap
		}
		near(t, c.name+", by number", org(t, r, scoring.OwnershipGapByNumber).Value, want)
		near(t, c.name+", by effort", org(t, r, scoring.OwnershipGap).Value, want)
		if got := r.Objective("o1").OwnerGap; got != c.want {
			t.Errorf("%s: the gap is %q, want %q", c.name, got, c.want)
		}
		if got := r.Objective("o2").OwnerGap; got != coherence.GapNobody {
			t.Errorf("%s: the gap of what nobody owns is %q", c.name, got)
		}
	}
}

// The owner that counts is the one of the day, and the accounts that count are
// those that were told last.
func TestOwnerLeavesAndComesBack(t *testing.T) {
	w := coherenceWorld()
	w.declared.People.Owners = map[string][]scoring.Owner{"o1": {
		{From: calendarDay(noon(2025, 1, 1)), Identities: []string{"jira:ada"}}, {From: calendarDay(noon(2025, 3, 31)), Identities: []string{"jira:ben"}},
		{From: calendarDay(noon(2025, 4, 1)), Identities: []string{"jira:ada"}},
	}}
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	told := func(ada, ben store.AccountState) coherence.Gap {
		t.Helper()
		w.profiles = []store.Profile{{Source: "gh", Actor: "jira:ada", Account: ada, Since: noon(2025, 3, 1)}, {Source: "gh", Actor: "jira:ben", Account: ben, Since: noon(2025, 3, 1)}}
		e.SetPeople(w.profiles, nil)
		got := e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}}).Objective("o1").OwnerGap
		if want := w.evaluate(t).Objective("o1").OwnerGap; got != want {
			t.Errorf("followed: %q, anew: %q", got, want)
		}
		return got
	}
	const yes, no = store.AccountActive, store.AccountInactive
	for i, step := range []struct {
		ada, ben store.AccountState
		want     coherence.Gap
	}{{no, yes, ""}, {no, no, coherence.GapDeactivated}, {yes, no, coherence.GapDeactivated}, {yes, yes, ""}} {
		if got := told(step.ada, step.ben); got != step.want {
			t.Errorf("step %d: the gap is %q, want %q", i, got, step.want)
		}
	}
}
