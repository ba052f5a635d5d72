package scoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The aggregates of the vectors A1 to A6, S1 and S5, from single events.
func TestEvaluateVectorAggregatesFromEvents(t *testing.T) {
	r := fortyDays().evaluate(t)
	w := r.Window("28d")
	if w.Org.Status != scoring.OK {
		t.Fatalf("not published: %s", w.Org.Reason)
	}
	near(t, "person-days", w.Org.Total, 40)
	top := value(t, &w.Org, scoring.TopObjectivesEffort)
	near(t, "A1", top.Value, .55)
	near(t, "A6 low", top.Lower, .55)
	near(t, "A6 high", top.Upper, .675)
	near(t, "A1 discretionary", value(t, &w.Org, scoring.TopDiscretionaryEffort).Value, .6875)
	near(t, "A2", value(t, &w.Org, scoring.PriorityWeightedAlignment).Value, .415)
	near(t, "A4", value(t, &w.Org, scoring.PriorityInversionScore).Value, 0)
	near(t, "A5", value(t, &w.Org, scoring.PriorityFidelityScore).Value, 1)
	near(t, "A6 starved", value(t, &w.Org, scoring.StarvedObjectives).Value, 0)
	share := value(t, &w.Org, scoring.ShadowEffort)
	near(t, "S2 share", share.Value, .21875)
	ratio := value(t, &w.Org, scoring.ShadowRoadmap)
	near(t, "S1", ratio.Value, .28)
	near(t, "S1 low", ratio.Lower, 2./30)
	if ratio.Verdict != "no" {
		t.Errorf("verdict %q, want no", ratio.Verdict)
	}
	near(t, "S3", value(t, &w.Org, scoring.RunWorkEffort).Value, .2)
	near(t, "S5", value(t, &w.Org, scoring.ToilOverrunScore).Value, 2)
	near(t, "coverage", value(t, &w.Org, scoring.EffortCoverage).Value, .5)
	near(t, "spread", value(t, &w.Org, scoring.EffortModelSpread).Value, 0)
	for _, o := range w.Org.Objectives {
		near(t, o.Objective, o.Effort, map[string]float64{"o1": 12, "o2": 6, "o3": 4, "o4": 3}[o.Objective])
	}
}

// The README works this example out by hand.
func TestEvaluateReadmeExample(t *testing.T) {
	set := objective.Set{TopN: 3, RunWorkBudget: -1, RunWork: []objective.NamedRule{
		{Name: "incidents", Rule: *attr(store.AttrLabel, "incident")}}}
	set.Objectives = []objective.Objective{{ID: "sso", Text: "Single sign-on", Start: objective.NoDate,
		Keys: []string{"acme/web#7"}, Versions: always(1, -1)}}
	w := newWorld(set)
	w.declared.Privacy.MinPersonDays = 1
	w.declared.Privacy.Dominance = 1
	w.item(store.KindTicket, "acme/web#7", nil)
	w.item(store.KindChange, "acme/api#12", func(it *store.Item) {
		it.Links = []store.Link{{Kind: store.LinkCloses, Key: "acme/web#7"}}
	})
	w.item(store.KindChange, "acme/web#30", nil)
	w.item(store.KindTicket, "acme/web#31", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {"incident"}}
	})
	monday := time.Date(2025, 3, 31, 10, 0, 0, 0, time.UTC)
	w.do("ana", store.EventCommit, "acme/api#12", monday)
	w.do("ana", store.EventReview, "acme/web#30", monday.Add(time.Hour))
	w.do("ben", store.EventCommit, "acme/web#30", monday)
	w.do("cleo", store.EventComment, "acme/web#31", monday)
	r := w.evaluate(t)
	org := &r.Window("7d").Org
	near(t, "person-days", org.Total, 2.5)
	near(t, "top 3", value(t, org, scoring.TopObjectivesEffort).Value, .666667/2.5)
	near(t, "top 3 at most", value(t, org, scoring.TopObjectivesEffort).Upper, 2/2.5)
	near(t, "shadow share", value(t, org, scoring.ShadowEffort).Value, 1.333333/2)
	near(t, "shadow share at least", value(t, org, scoring.ShadowEffort).Lower, 0)
	// By the time between events all of Ana's day is the review, an hour after the
	// commit: nothing is left for the objective.
	near(t, "spread", value(t, org, scoring.EffortModelSpread).Value, .666667/2.5)
}

func TestEvaluateStoppedAfterGrace(t *testing.T) {
	retired := objective.DateOf(time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC))
	set := fourObjectives()
	set.Objectives[0].Versions = append(set.Objectives[0].Versions,
		objective.Version{From: retired, Rank: 1, State: objective.Retired, TargetShare: -1})
	w := fortyDays()
	w.declared.Set = set
	r := w.evaluate(t)
	var stopped, total float64
	for _, e := range r.Window("28d").Org.Effort {
		total += float64(e.Effort)
		if e.Category == scoring.Stopped {
			stopped = float64(e.Effort)
		}
	}
	// The first objective's twelve days fall on Monday to Wednesday, 10 to 12
	// March: within the grace of a week all are still its own.
	near(t, "stopped within grace", scoring.Number(stopped), 0)
	w.declared.Set.Grace = 0
	r = w.evaluate(t)
	for _, e := range r.Window("28d").Org.Effort {
		if e.Category == scoring.Stopped {
			near(t, "stopped without grace", e.Effort, 4)
		}
	}
	near(t, "sum of categories", scoring.Number(total), 40)
	// From its stop on the objective has no rank: the fourth moves up.
	near(t, "top 3 without grace", value(t, &r.Window("28d").Org, scoring.TopObjectivesEffort).Value, (8+6+4+3)/40.)
}

func TestEvaluateWithholds(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(*world)
		status scoring.Status
		reason string
	}{
		"too few contributors": {func(w *world) { w.declared.Privacy.KEffort = 5 }, scoring.SuppressedPrivacy, "k_effort"},
		"dominance":            {func(w *world) { w.declared.Privacy.Dominance = .2 }, scoring.SuppressedPrivacy, "dominance"},
		"too little effort":    {func(w *world) { w.declared.Privacy.MinPersonDays = 41 }, scoring.InsufficientData, "min_person_days"},
	} {
		t.Run(name, func(t *testing.T) {
			w := fortyDays()
			c.edit(w)
			org := w.evaluate(t).Window("28d").Org
			if org.Status != c.status || !strings.Contains(org.Reason, c.reason) {
				t.Errorf("status %q because %q", org.Status, org.Reason)
			}
			if len(org.Effort)+len(org.Objectives)+len(org.Methods) > 0 {
				t.Error("effort is told all the same")
			}
			for _, s := range org.Scores {
				if s.Name == scoring.EffortCoverage && c.status == scoring.InsufficientData {
					continue
				}
				if s.Value.Known() || s.Upper.Known() || s.IntervalLower.Known() || s.Status != c.status {
					t.Errorf("%s is told all the same: %+v", s.Name, s)
				}
			}
			if org.Works != 7 {
				t.Errorf("works = %d, want 7: they are always told", org.Works)
			}
		})
	}
}

func TestEvaluateStaleKeepsValues(t *testing.T) {
	w := fortyDays()
	w.declared.Sources = []string{"gh", "clone"}
	late := time.Date(2025, 3, 29, 10, 0, 0, 0, time.UTC)
	r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes, Sources: []store.SourceState{
		{Source: "gh", Watermark: closed}, {Source: "clone", Watermark: late}}}, closed)
	if err != nil {
		t.Fatal(err)
	}
	if r.Day.String() != "2025-03-27" || r.Expected.String() != "2025-03-31" || len(r.Late) != 1 || r.Late[0] != "clone" {
		t.Errorf("day %s, expected %s, late %v", r.Day, r.Expected, r.Late)
	}
	top := value(t, &r.Window("28d").Org, scoring.TopObjectivesEffort)
	if top.Status != scoring.Stale {
		t.Errorf("status %q, want stale", top.Status)
	}
	near(t, "value", top.Value, .55)
}

func TestEvaluatePartialWhileASourceWasNeverComplete(t *testing.T) {
	w := fortyDays()
	r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes,
		Sources: []store.SourceState{{Source: "removed", Watermark: closed}}}, closed)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Partial || r.Day.String() != "2025-03-31" || !slices.Equal(r.Unread, w.declared.Sources) {
		t.Errorf("partial %v for want of %v on %s", r.Partial, r.Unread, r.Day)
	}
	near(t, "value", value(t, &r.Window("28d").Org, scoring.TopObjectivesEffort).Value, .55)
}

func TestEvaluateBotsAndGhostsEarnNothing(t *testing.T) {
	w := fortyDays()
	before := w.evaluate(t)
	at := time.Date(2025, 3, 18, 9, 0, 0, 0, time.UTC)
	w.do("", store.EventCommit, "acme/api#1", at)
	w.do("configured-bot", store.EventCommit, "acme/api#1", at)
	w.do("marked-bot", store.EventCommit, "acme/api#1", at)
	events := w.changes[0].Events
	events[len(events)-1].Bot = true
	w.declared.People.Bots = []string{"configured-bot"}
	after := w.evaluate(t)
	near(t, "person-days", after.Window("28d").Org.Total, float64(before.Window("28d").Org.Total))
	if after.Stats.Ghosts != 1 || after.Stats.Machine != 2 {
		t.Errorf("ghosts %d, machine %d; want 1 and 2", after.Stats.Ghosts, after.Stats.Machine)
	}
}

func TestEvaluateGoneItemsCountNowhere(t *testing.T) {
	w := fortyDays()
	w.changes[0].Item.Gone = store.GoneNotOnDefaultBranch
	near(t, "person-days", w.evaluate(t).Window("28d").Org.Total, 28)
	w.changes[0].Item.Gone = store.GoneMoved
	near(t, "person-days of moved work", w.evaluate(t).Window("28d").Org.Total, 40)
}

// One change seen as pull request, commit of it and squash commit is one work:
// a day on all three weighs as much as a day on one.
func TestEvaluateCountsAChangeOnce(t *testing.T) {
	w := newWorld(fourObjectives())
	w.declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1}
	w.item(store.KindChange, "acme/api#1", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
		it.Links = []store.Link{{Kind: store.LinkContains, Key: "acme/api@aaa"}}
	})
	w.item(store.KindCommit, "acme/api@aaa", nil)
	w.item(store.KindCommit, "acme/api@bbb", func(it *store.Item) {
		it.Links = []store.Link{{Kind: store.LinkPartOf, Key: "acme/api#1"}}
	})
	w.item(store.KindChange, "acme/api#2", nil)
	at := time.Date(2025, 3, 31, 9, 0, 0, 0, time.UTC)
	for _, key := range []string{"acme/api#1", "acme/api@aaa", "acme/api@bbb", "acme/api#2"} {
		w.do("ana", store.EventCommit, key, at)
	}
	org := w.evaluate(t).Window("7d").Org
	near(t, "top 3", value(t, &org, scoring.TopObjectivesEffort).Value, .5)
	if org.Works != 2 {
		t.Errorf("works = %d, want 2", org.Works)
	}
}

func TestEvaluateTeams(t *testing.T) {
	w := fortyDays()
	joined := objective.DateOf(time.Date(2025, 3, 17, 0, 0, 0, 0, time.UTC))
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
	}
	no := objective.NoDate
	w.declared.Teams = []scoring.Team{
		{ID: "core", Members: []scoring.Member{{Person: "p0", From: no, Until: no, Share: 1}, {Person: "p1", From: no, Until: no, Share: 1},
			{Person: "p2", From: no, Until: no, Share: 1}, {Person: "p3", From: no, Until: no, Share: .5}}},
		{ID: "growth", Members: []scoring.Member{{Person: "p3", From: joined, Until: no, Share: .5}}},
	}
	r := w.evaluate(t)
	teams := r.Window("28d").Teams
	if teams[1].Status != scoring.SuppressedPrivacy {
		t.Errorf("a team of one is published: %+v", teams[1])
	}
	// Without core, growth would be the total less core.
	if teams[0].Status != scoring.SuppressedPrivacy || !strings.Contains(teams[0].Reason, "reveal") {
		t.Errorf("core reveals growth: %s %s", teams[0].Status, teams[0].Reason)
	}
	// A team nobody works in has nothing, which is another reason.
	w.declared.Teams = append(w.declared.Teams, scoring.Team{ID: "empty"})
	if s := w.evaluate(t).Window("28d").Teams[2]; s.Status != scoring.InsufficientData {
		t.Errorf("an empty team is %s: %s", s.Status, s.Reason)
	}
	w.declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1, MinPersonDays: 1}
	teams = w.evaluate(t).Window("28d").Teams
	near(t, "core", teams[0].Total, 35)
	near(t, "growth", teams[1].Total, 2.5)
	// Somebody came in the window: with k_people the teams step by weeks, all of
	// them, since the others' daily values would tell of this one's.
	w.declared.Privacy.KPeople = 5
	teams = w.evaluate(t).Window("28d").Teams
	if teams[0].Until.String() != "2025-03-30" || teams[1].Until.String() != "2025-03-30" {
		t.Errorf("windows end on %s and %s", teams[0].Until, teams[1].Until)
	}
}

// Who is in no team is a sibling of the teams: what the organisation has more
// than they must not tell about one person.
func TestEvaluateTeamsDoNotRevealTheRest(t *testing.T) {
	w := fortyDays()
	no := objective.NoDate
	team := scoring.Team{ID: "core"}
	for i := range 3 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: fmt.Sprint("p", i), From: no, Until: no, Share: 1})
	}
	w.declared.Teams = []scoring.Team{team}
	window := w.evaluate(t).Window("28d")
	if window.Org.Status != scoring.OK || window.Teams[0].Status != scoring.SuppressedPrivacy {
		t.Errorf("organisation %s, team %s: the difference is one person", window.Org.Status, window.Teams[0].Status)
	}
}

// Part-time members count with their part on both sides.
func TestEvaluateCoverageOfPartTimeMembers(t *testing.T) {
	w := fortyDays()
	no := objective.NoDate
	team := scoring.Team{ID: "core"}
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: fmt.Sprint("p", i), From: no, Until: no, Share: .5})
	}
	w.declared.Teams = []scoring.Team{team}
	w.declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1, MinPersonDays: 1}
	window := w.evaluate(t).Window("28d")
	near(t, "organisation", value(t, &window.Org, scoring.EffortCoverage).Value, .5)
	near(t, "team", value(t, &window.Teams[0], scoring.EffortCoverage).Value, .5)
}

func TestEvaluateBreachedBlocks(t *testing.T) {
	w := fortyDays()
	w.declared.Privacy.MinPersonDays = 5
	w.declared.Alerts = map[string]float64{"shadow_effort": .9, "top_objectives_effort": .56, "effort_coverage": .9, "priority_inversion": .5}
	r := w.evaluate(t)
	// The forty days fall on two weeks: all in the first on the top three, the
	// second with 2 of 20 on them, and more on the fourth. Both are seen whole.
	want := map[string]int{"shadow_effort": 0, "top_objectives_effort": 1, "effort_coverage": 0, "priority_inversion": 1}
	for name, n := range want {
		if got, ok := r.Breached[name]; !ok || got != n {
			t.Errorf("%s: %d breached blocks, want %d", name, got, n)
		}
	}
	w.declared.Privacy.MinPersonDays = 15
	if r := w.evaluate(t); r.Breached["top_objectives_effort"] != 0 {
		t.Errorf("a week of 20 person-days raises an alarm that needs 30")
	}
}
