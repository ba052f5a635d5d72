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

func group(name string, at time.Time, members ...string) store.Group {
	return store.Group{Source: "gh", Name: name, At: at, Members: members}
}

// teamDays returns the person-days of each team in the window of the days from
// a Monday on that a world's people work on.
func teamDays(t *testing.T, w *world, now time.Time) map[string]float64 {
	t.Helper()
	w.declared.Windows.Labels = []string{"7d"}
	got := map[string]float64{}
	for _, s := range w.evaluateAt(t, now).Window("7d").Teams {
		if s.Total > 0 {
			got[s.Team] = float64(s.Total)
		}
	}
	return got
}

func TestEvaluateTeamsFromGroups(t *testing.T) {
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	date := func(n int) objective.Date { return objective.DateOf(day(n)) }
	for _, tc := range []struct {
		name   string
		make   func(*scoring.Declared)
		groups []store.Group
		want   map[string]float64 // of ana's and ben's five days each
	}{
		{"the first version reaches back", nil,
			[]store.Group{group("a", day(20), "ana"), group("b", day(20), "ben")}, map[string]float64{"a": 5, "b": 5}},
		{"the next holds from its day on", nil,
			[]store.Group{group("a", day(-9), "ana"), group("a", day(2), "ben")}, map[string]float64{"a": 2 + 3}},
		{"the order of versions does not matter", nil,
			[]store.Group{group("a", day(2)), group("a", day(-9), "ana")}, map[string]float64{"a": 2}},
		{"of two versions of a day the later holds", nil,
			[]store.Group{group("a", day(-9)), group("a", day(1), "ben"), group("a", day(1).Add(time.Hour), "ana")},
			map[string]float64{"a": 4}},
		{"the day is the team's", func(d *scoring.Declared) { d.Teams[0].Zone = time.FixedZone("east", 13*3600) },
			[]store.Group{group("a", day(-9)), group("a", day(1).Add(3*time.Hour), "ana")}, map[string]float64{"a": 3}},
		{"who is in two teams is half in each", nil,
			[]store.Group{group("a", day(-9), "ana"), group("b", day(-9), "ana", "ben")}, map[string]float64{"a": 2.5, "b": 7.5}},
		{"only while they are in both", nil,
			[]store.Group{group("a", day(-9), "ana"), group("b", day(-9)), group("b", day(3), "ana")},
			map[string]float64{"a": 3 + 1, "b": 1}},
		{"two groups of one team are one membership", func(d *scoring.Declared) { d.Teams[0].Groups = []string{"gh:a", "gh:b"} },
			[]store.Group{group("a", day(-9), "ana"), group("b", day(-9), "ana")}, map[string]float64{"a": 2.5, "b": 2.5}},
		{"what is configured wins", func(d *scoring.Declared) {
			d.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1}}
			d.Teams[1].Members = []scoring.Member{{Person: "ana", From: date(1), Until: objective.NoDate, Share: .5}}
		}, []store.Group{group("a", day(-9), "ana", "ben")}, map[string]float64{"a": 5, "b": 2}},
		{"machines are no members", func(d *scoring.Declared) { d.People.Bots = []string{"ben"} },
			[]store.Group{group("a", day(-9), "ana", "ben")}, map[string]float64{"a": 5}},
		{"other groups are not asked", nil, []store.Group{group("c", day(-9), "ana"), {Source: "jira", Name: "a", Members: []string{"ben"}}}, nil},
	} {
		w := newWorld(fourObjectives()).alone()
		w.declared.Teams = []scoring.Team{{ID: "a", Groups: []string{"gh:a"}}, {ID: "b", Groups: []string{"gh:b"}}}
		if tc.make != nil {
			tc.make(w.declared)
		}
		w.groups = tc.groups
		w.labelled("PAY-1", "o1")
		for d := range 5 {
			w.do("ana", store.EventCommit, "PAY-1", day(d))
			w.do("ben", store.EventCommit, "PAY-1", day(d))
		}
		checkDays(t, tc.name, teamDays(t, w, day(8).Add(-15*time.Hour)), tc.want)
	}
}

// Thirds do not add up to one in millionths: what is left over must not make
// the person look as if they belonged to no team as well.
func TestEvaluateThreeTeamsLeaveNothingOver(t *testing.T) {
	w := newWorld(fourObjectives())
	w.declared.Privacy.MinPersonDays, w.declared.Privacy.KPeople = 1, 1
	w.labelled("PAY-1", "o1")
	w.do("everywhere", store.EventCommit, "PAY-1", monday)
	for i := range 3 {
		name := fmt.Sprint("team-", i)
		w.declared.Teams = append(w.declared.Teams, scoring.Team{ID: name, Groups: []string{"gh:" + name}})
		members := []string{"everywhere"}
		for k := range 3 {
			members = append(members, fmt.Sprint(name, "-", k))
			w.do(members[k+1], store.EventCommit, "PAY-1", monday)
		}
		w.groups = append(w.groups, group(name, monday.AddDate(-1, 0, 0), members...))
	}
	if got := teamDays(t, w, monday.AddDate(0, 0, 2)); len(got) != 3 {
		t.Errorf("published are %v: a rest of one person hides a team", got)
	}
}

// A group that changes by few people makes teams move in weekly steps, like a
// configured membership that does.
// A group that nobody can read leaves its team without members: which one it is
// must be told.
func TestUnreadGroups(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	w.declared.Teams = []scoring.Team{{ID: "a", Groups: []string{"gh:a", "gh:gone"}}, {ID: "b", Groups: []string{"gh:b", "gh:gone", "gh:c"}}}
	w.groups = []store.Group{group("a", monday, "ana"), group("b", monday, "ana"), group("b", monday.AddDate(0, 0, 1)),
		group("c", monday.AddDate(0, 0, 1), "ben"), group("c", monday)}
	if got, want := w.evaluate(t).Stats.UnreadGroups, []string{"gh:gone", "gh:b"}; !slices.Equal(got, want) {
		t.Errorf("unread are %q, want %q", got, want)
	}
}

func TestEvaluateGroupsStepByWeeks(t *testing.T) {
	w := fortyDays()
	w.declared.Privacy = scoring.Privacy{KPeople: 3, KEffort: 1, Dominance: 1}
	w.declared.Teams = []scoring.Team{{ID: "core", Groups: []string{"gh:core"}}}
	joined := time.Date(2025, 3, 12, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		later []string
		until string
	}{
		{[]string{"person-0", "person-1"}, "2025-03-30"},                            // one left
		{[]string{"person-0", "person-1", "person-2", "x", "y"}, "2025-03-30"},      // two came
		{[]string{"person-0", "person-1", "person-2", "x", "y", "z"}, "2025-03-31"}, // three did
		{[]string{"person-0", "person-1", "person-2"}, "2025-03-31"},                // nobody
	} {
		w.groups = []store.Group{group("core", joined.AddDate(-1, 0, 0), "person-0", "person-1", "person-2"), group("core", joined, tc.later...)}
		w.declared.Windows.Labels = []string{"28d"}
		if s := w.evaluate(t).Window("28d").Teams[0]; s.Until.String() != tc.until {
			t.Errorf("with %v the window ends on %s, want %s", tc.later, s.Until, tc.until)
		}
	}
}

// Machines do not work, so they must not count among those who could.
func TestEvaluateMachinesAreNoMembersOfGroups(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	w.declared.Teams = []scoring.Team{{ID: "core", Groups: []string{"gh:core"}}}
	w.groups = []store.Group{group("core", monday.AddDate(-1, 0, 0), "ana", "ci")}
	w.profiles = []store.Profile{{Source: "gh", Actor: "ci", Bot: true}}
	w.labelled("PAY-1", "o1")
	for d := range 5 {
		w.do("ana", store.EventCommit, "PAY-1", monday.AddDate(0, 0, d))
	}
	w.declared.Windows.Labels = []string{"7d"}
	team := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d").Teams[0]
	near(t, "coverage", value(t, &team, scoring.EffortCoverage).Value, 1)
}

// That a team has other members is told of the day, and nothing else: not who,
// and not how many.
func TestMemberChanges(t *testing.T) {
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	date := func(n int) objective.Date { return objective.DateOf(day(n)) }
	ana := func(members ...scoring.Member) func(*scoring.Declared) {
		return func(d *scoring.Declared) {
			d.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1}}
			for i := range members {
				members[i].Person = "ana"
			}
			d.Teams[0].Members = members
		}
	}
	for _, tc := range []struct {
		name   string
		make   func(*scoring.Declared)
		groups []store.Group
		want   string // team and days from Monday on
	}{
		{"nothing is dated", ana(scoring.Member{From: objective.NoDate, Until: objective.NoDate, Share: 1}), nil, "[]"},
		{"from a day until another", ana(scoring.Member{From: date(1), Until: date(4), Share: 1}), nil, "[a 1 a 5]"},
		{"another share", ana(scoring.Member{From: objective.NoDate, Until: date(2), Share: 1}, scoring.Member{From: date(3), Until: objective.NoDate, Share: .5}), nil, "[]"},
		{"one comes as another leaves", ana(scoring.Member{From: date(3), Until: objective.NoDate, Share: 1}),
			[]store.Group{group("a", day(-9), "ben"), group("a", day(3))}, "[a 3]"},
		{"what lies ahead", ana(scoring.Member{From: date(30), Until: objective.NoDate, Share: 1}), nil, "[]"},
		{"the first version reaches back", nil, []store.Group{group("a", day(2), "ana")}, "[]"},
		{"several on a day", nil, []store.Group{group("a", day(0), "ana"), group("a", day(2), "ben", "cleo", "dan")}, "[a 2]"},
		{"the same people", nil, []store.Group{group("a", day(0), "ana"), group("a", day(2), "ana")}, "[]"},
		{"into another team as well", nil, []store.Group{group("a", day(0), "ana"), group("b", day(0)), group("b", day(3), "ana"), group("b", day(4))}, "[b 3 b 4]"},
		{"two teams on a day", nil, []store.Group{group("b", day(0), "ana"), group("b", day(3)), group("a", day(0)), group("a", day(3), "ana")}, "[a 3 b 3]"},
		{"who was there is forgotten", nil, []store.Group{group("a", day(0)), group("a", day(2)), group("a", day(4), "ana"), group("c", day(0)), group("c", day(2))}, "[a 2 a 4]"},
		{"a machine", func(d *scoring.Declared) { d.People.Bots = []string{"ci"} }, []store.Group{group("a", day(0)), group("a", day(2), "ci")}, "[]"},
	} {
		w := newWorld(fourObjectives())
		w.declared.Teams = []scoring.Team{{ID: "a", Groups: []string{"gh:a"}}, {ID: "b", Groups: []string{"gh:b"}}}
		if tc.make != nil {
			tc.make(w.declared)
		}
		e, err := scoring.NewEngine(w.declared, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.SetPeople(nil, tc.groups)
		got := []string{}
		for _, c := range e.MemberChanges(date(20)) {
			got = append(got, fmt.Sprint(c.Team, " ", int(c.Day-date(0))))
		}
		if fmt.Sprint(got) != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, got, tc.want)
		}
	}
}
