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

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// dayOfWork returns the only day from the first on that has effort, looking a
// few days ahead.
func dayOfWork(t *testing.T, w *world, first time.Time) string {
	t.Helper()
	found := ""
	for i := range 4 {
		day := first.AddDate(0, 0, i)
		if len(w.onDay(t, day)) > 0 {
			found += day.Format(time.DateOnly)
		}
	}
	return found
}

// The vector E8, from single events.
func TestEvaluateVectorLocalDate(t *testing.T) {
	v := readVectors(t)["TV-E8"]
	in := decode[struct {
		Events []time.Time `json:"events_utc"`
		Zones  []string    `json:"tz"`
	}](t, v.Input)
	want := decode[map[string][]string](t, v.Expected)
	for _, at := range in.Events {
		for i, name := range in.Zones {
			w := newWorld(fourObjectives()).alone()
			w.declared.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"ana"}, FTE: 1, Zone: mustZone(t, name)}}
			w.labelled("PAY-1", "o1")
			w.do("ana", store.EventCommit, "PAY-1", at)
			if got := dayOfWork(t, w, at.AddDate(0, 0, -1)); got != want[at.Format(time.RFC3339)][i] {
				t.Errorf("%s counts on %s in %s, want %s", at, got, name, want[at.Format(time.RFC3339)][i])
			}
		}
	}
}

// The precedence of section 2.3: configured, profile, author's offset, team,
// organisation. Each step of the list takes away what decided before.
func TestEvaluateZonePrecedence(t *testing.T) {
	noon := time.Date(2025, 3, 5, 12, 0, 0, 0, time.UTC)
	east, west := time.FixedZone("far east", 13*3600), time.FixedZone("far west", -13*3600)
	for _, tc := range []struct {
		name    string
		person  *time.Location
		profile string
		at      time.Time
		team    *time.Location
		org     *time.Location
		want    string
	}{
		{"the configured zone", east, "Pacific/Pago_Pago", store.WithOffset(noon, -13*3600), west, west, "2025-03-06"},
		{"the profile's", nil, "Pacific/Kiritimati", store.WithOffset(noon, -13*3600), west, west, "2025-03-06"},
		{"the author's offset", nil, "", store.WithOffset(noon, 13*3600), west, west, "2025-03-06"},
		{"a profile with an unknown zone", nil, "Moon/Tranquility", store.WithOffset(noon, 13*3600), west, west, "2025-03-06"},
		{"a profile with the zone of this machine", nil, "Local", store.WithOffset(noon, 13*3600), west, west, "2025-03-06"},
		{"the team's", nil, "", noon, east, west, "2025-03-06"},
		{"the organisation's", nil, "", noon, nil, east, "2025-03-06"},
		{"none", nil, "", noon, nil, nil, "2025-03-05"},
	} {
		w := newWorld(fourObjectives()).alone()
		w.declared.Zone = tc.org
		w.declared.People.Persons = []scoring.Person{{ID: "ana", Identities: []string{"gh:ana", "slack:ana"}, FTE: 1, Zone: tc.person}}
		w.declared.Teams = []scoring.Team{{ID: "core", Zone: tc.team, Members: []scoring.Member{
			{Person: "ana", From: objective.NoDate, Until: objective.NoDate, Share: 1}}}}
		w.profiles = []store.Profile{{Source: "slack", Actor: "slack:ana", Zone: tc.profile}}
		w.labelled("PAY-1", "o1")
		w.do("gh:ana", store.EventCommit, "PAY-1", tc.at)
		if got := dayOfWork(t, w, time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)); got != tc.want {
			t.Errorf("%s: counts on %q, want %s", tc.name, got, tc.want)
		}
	}
}

// Of several profiles of a person the first source by name decides, however
// they come in.
func TestEvaluateZoneOfSeveralProfiles(t *testing.T) {
	profiles := []store.Profile{
		{Source: "jira", Actor: "jira:ana", Zone: "Pacific/Kiritimati", Same: []store.Same{{Actor: "slack:ana", By: store.SameByEmail}}},
		{Source: "slack", Actor: "slack:ana", Zone: "Pacific/Pago_Pago"},
	}
	for range 2 {
		w := newWorld(fourObjectives()).alone()
		w.declared.People.Merge.VerifiedEmail = true
		w.profiles = profiles
		w.labelled("PAY-1", "o1")
		w.do("slack:ana", store.EventCommit, "PAY-1", time.Date(2025, 3, 5, 12, 0, 0, 0, time.UTC))
		if got := dayOfWork(t, w, time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)); got != "2025-03-06" {
			t.Errorf("counts on %q", got)
		}
		profiles = []store.Profile{profiles[1], profiles[0]}
	}
}

func TestEvaluateMergesIdentities(t *testing.T) {
	email := func(actor, other string) store.Profile {
		return store.Profile{Source: "s", Actor: actor, Same: []store.Same{{Actor: other, By: store.SameByEmail}}}
	}
	profile := func(actor, other string) store.Profile {
		return store.Profile{Source: "s", Actor: actor, Same: []store.Same{{Actor: other, By: store.SameByProfile}}}
	}
	both := scoring.Merge{VerifiedEmail: true, Profiles: true}
	named := func(id string, identities ...string) scoring.Person {
		return scoring.Person{ID: id, Identities: identities, FTE: 1}
	}
	for _, tc := range []struct {
		name      string
		merge     scoring.Merge
		persons   []scoring.Person
		bots      []string
		profiles  []store.Profile
		days      float64 // person-days of gh:ana, jira:ana and slack:ana, all at work on one day
		unmatched int
		conflicts int
	}{
		{name: "nothing known", days: 3, unmatched: 3},
		{name: "configured", persons: []scoring.Person{named("ana", "gh:ana", "jira:ana", "slack:ana")}, days: 1},
		{name: "by an address", merge: both, profiles: []store.Profile{email("gh:ana", "jira:ana")}, days: 2, unmatched: 1},
		{name: "by an address that nothing else is done with", merge: both,
			profiles: []store.Profile{email("gh:ana", "email:ana"), email("slack:ana", "email:ana")}, days: 2, unmatched: 1},
		{name: "not believed", merge: scoring.Merge{Profiles: true},
			profiles: []store.Profile{email("gh:ana", "jira:ana")}, days: 3, unmatched: 3},
		{name: "by a field", merge: both, profiles: []store.Profile{profile("gh:ana", "slack:ana"), email("gh:ana", "jira:ana")}, days: 1},
		{name: "fields not believed", merge: scoring.Merge{VerifiedEmail: true},
			profiles: []store.Profile{profile("gh:ana", "slack:ana")}, days: 3, unmatched: 3},
		{name: "with a configured person", merge: both, persons: []scoring.Person{named("ana", "gh:ana")},
			profiles: []store.Profile{email("slack:ana", "gh:ana")}, days: 2, unmatched: 1},
		{name: "two configured persons stay two", merge: both, persons: []scoring.Person{named("ana", "gh:ana"), named("eve", "jira:ana")},
			profiles: []store.Profile{email("jira:ana", "gh:ana")}, days: 3, unmatched: 1, conflicts: 1},
		{name: "an address outranks a field", merge: both, persons: []scoring.Person{named("ana", "gh:ana"), named("eve", "jira:ana")},
			profiles: []store.Profile{profile("slack:ana", "gh:ana"), email("slack:ana", "jira:ana")}, days: 2, conflicts: 1},
		{name: "a machine is nobody", merge: both,
			profiles: []store.Profile{{Source: "s", Actor: "gh:ana", Bot: true}, email("slack:ana", "gh:ana"), email("jira:ana", "gh:ana")},
			days:     2, unmatched: 2},
		{name: "a configured machine is nobody", merge: both, bots: []string{"gh:ana"},
			profiles: []store.Profile{email("slack:ana", "gh:ana"), email("jira:ana", "gh:ana")}, days: 2, unmatched: 2},
	} {
		w := newWorld(fourObjectives()).alone()
		w.declared.People.Merge, w.declared.People.Persons, w.declared.People.Bots = tc.merge, tc.persons, tc.bots
		w.labelled("PAY-1", "o1")
		for _, who := range []string{"gh:ana", "jira:ana", "slack:ana"} {
			w.do(who, store.EventCommit, "PAY-1", monday)
		}
		for range 2 {
			w.profiles = tc.profiles
			slices.Reverse(tc.profiles)
			w.declared.Windows.Labels = []string{"7d"}
			r := w.evaluateAt(t, monday.AddDate(0, 0, 2))
			near(t, tc.name, r.Window("7d").Org.Total, tc.days)
			if r.Stats.Strange != tc.unmatched || r.Stats.Conflicts != tc.conflicts {
				t.Errorf("%s: %d unmatched, %d conflicts; want %d, %d", tc.name, r.Stats.Strange, r.Stats.Conflicts, tc.unmatched, tc.conflicts)
			}
		}
	}
}

// Who merges with two configured persons goes to the one by address.
func TestEvaluateAddressesOutrankFields(t *testing.T) {
	for _, byAddress := range []string{"gh:ana", "jira:eve"} {
		w := newWorld(fourObjectives()).alone()
		w.declared.People.Merge = scoring.Merge{VerifiedEmail: true, Profiles: true}
		w.declared.People.Persons = []scoring.Person{
			{ID: "ana", Identities: []string{"gh:ana"}, FTE: .5}, {ID: "eve", Identities: []string{"jira:eve"}, FTE: 1}}
		other := map[string]string{"gh:ana": "jira:eve", "jira:eve": "gh:ana"}[byAddress]
		w.profiles = []store.Profile{{Source: "slack", Actor: "slack:x", Same: []store.Same{
			{Actor: other, By: store.SameByProfile}, {Actor: byAddress, By: store.SameByEmail}}}}
		w.labelled("PAY-1", "o1")
		w.do("slack:x", store.EventCommit, "PAY-1", monday)
		checkDays(t, byAddress, w.onDay(t, monday), map[string]float64{"o1": map[string]float64{"gh:ana": .5, "jira:eve": 1}[byAddress]})
	}
}

// The vector E10, from single events: agents earn nothing, who reviews them
// does, and a co-author is an author.
func TestEvaluateVectorActors(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	for i, label := range []string{"o1", "o2", "o3"} {
		w.item(store.KindChange, fmt.Sprint("acme/api#", i+1), func(it *store.Item) {
			it.Attrs = map[string][]string{store.AttrLabel: {label}}
		})
	}
	w.do("dependabot[bot]", store.EventCommit, "acme/api#1", monday)
	w.do("p1", store.EventCommit, "acme/api#2", monday)
	w.do("p2", store.EventCommit, "acme/api#2", monday)
	w.do("agent", store.EventCommit, "acme/api#3", monday)
	events := w.changes[2].Events
	events[0].Bot = true
	w.do("p3", store.EventReview, "acme/api#3", monday)
	checkDays(t, "E10", w.onDay(t, monday), map[string]float64{"o2": 2, "o3": 1})
}

// What a source tells about its accounts may come after what they did.
func TestEngineLearnsOfPeopleLater(t *testing.T) {
	w := newWorld(fourObjectives()).alone()
	w.declared.People.Merge.VerifiedEmail = true
	w.labelled("PAY-1", "o1")
	w.do("gh:ana", store.EventCommit, "PAY-1", monday)
	w.do("jira:ana", store.EventComment, "PAY-1", monday.Add(8*time.Hour))
	w.log("jira:ana", "PAY-1", monday.AddDate(0, 0, 1), 40)
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	total := func() scoring.Number {
		s := e.Stats()
		if s.Touches+s.Machine < 2 || s.Logs > 1 {
			t.Errorf("the engine lost count: %+v", s)
		}
		return e.Report(closed, sources).Window("91d").Org.Total
	}
	e.Apply(w.changes[0])
	// Five days are logged: Tuesday, Monday, and three days of the week before.
	near(t, "two strangers", total(), 6)
	merged := []store.Profile{{Source: "jira", Actor: "jira:ana", Same: []store.Same{{Actor: "gh:ana", By: store.SameByEmail}}}}
	e.SetPeople(merged, nil)
	near(t, "one person", total(), 5)
	if u := e.Unmatched(); len(u) != 0 {
		t.Errorf("unmatched %v", u)
	}
	e.SetPeople([]store.Profile{{Source: "jira", Actor: "jira:ana", Bot: true}}, nil)
	near(t, "one of them a machine", total(), 1)
	if s := e.Stats(); s.Machine != 2 || s.Logs != 0 {
		t.Errorf("counts %+v", s)
	}
	e.SetPeople(nil, nil)
	near(t, "two strangers again", total(), 6)
}

// Accounts that nothing puts together may be one person's: as many people are
// counted as one source knows, or the configuration.
func TestEvaluateCountsPeopleNotAccounts(t *testing.T) {
	for _, tc := range []struct {
		name     string
		accounts map[string][]string // by source
		named    int                 // of the accounts, how many the configuration gives a person of their own
		told     bool
	}{
		{"one person in three tools", map[string][]string{"gh": {"a1"}, "jira": {"a2"}, "slack": {"a3"}}, 0, false},
		{"two in two tools", map[string][]string{"gh": {"a1", "b1"}, "jira": {"a2", "b2"}}, 0, false},
		{"three in one tool", map[string][]string{"gh": {"a1", "b1", "c1"}, "jira": {"a2"}}, 0, true},
		{"three who are configured", map[string][]string{"gh": {"a1"}, "jira": {"b1"}, "slack": {"c1"}}, 3, true},
		{"two who are configured, and a third account", map[string][]string{"gh": {"a1", "b1"}, "jira": {"c1"}}, 2, false},
		{"two who are configured, and one beside them", map[string][]string{"gh": {"a1", "b1", "c1"}}, 2, true},
	} {
		w := newWorld(fourObjectives())
		w.declared.Privacy.MinPersonDays = 1
		w.labelled("PAY-1", "o1")
		named := tc.named
		for _, source := range []string{"gh", "jira", "slack"} {
			for _, who := range tc.accounts[source] {
				w.profiles = append(w.profiles, store.Profile{Source: source, Actor: who})
				w.do(who, store.EventCommit, "PAY-1", monday)
				if named--; named >= 0 {
					w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: "p" + who, Identities: []string{who}, FTE: 1})
				}
			}
		}
		w.declared.Windows.Labels = []string{"7d"}
		org := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d").Org
		if (org.Status == scoring.OK) != tc.told || org.Total.Known() != tc.told {
			t.Errorf("%s: %s %s, %v", tc.name, org.Status, org.Reason, org.Total)
		}
	}
}
