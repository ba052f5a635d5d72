package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Two teams of three; core owns a repository and a project. The people view
// follows the people, the work view the work.
func ownedWorld(on func(person int) []string) *world {
	w := newWorld(fourObjectives())
	w.declared.Privacy.MinPersonDays = 1
	w.declared.Teams = []scoring.Team{
		{ID: "core", Repositories: []string{"acme/core-*"}, Projects: []string{"PAY"}}, {ID: "growth"}}
	w.item(store.KindChange, "acme/core-api#1", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrRepo: {"acme/core-api"}}
	})
	w.item(store.KindTicket, "PAY-1", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrProject: {"PAY"}}
	})
	w.item(store.KindChange, "acme/web#1", func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrRepo: {"acme/web"}}
	})
	for p := range 6 {
		who := fmt.Sprint("p", p)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
		team := &w.declared.Teams[p/3]
		team.Members = append(team.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		for d, key := range on(p) {
			w.do(who, store.EventCommit, key, monday.AddDate(0, 0, d))
		}
	}
	return w
}

func TestEvaluateWorkView(t *testing.T) {
	const core, ticket, web = "acme/core-api#1", "PAY-1", "acme/web#1"
	for _, tc := range []struct {
		name   string
		on     func(int) []string
		status scoring.Status
		total  float64
		own    float64
	}{
		{"everybody on everything", func(int) []string { return []string{core, ticket, web, web} }, scoring.OK, 12, .5},
		{"others do most of it", func(p int) []string {
			if p < 3 {
				return []string{core, web, web}
			}
			return []string{core, ticket, core, web}
		}, scoring.OK, 12, .25},
		{"nobody elsewhere", func(int) []string { return []string{core} }, scoring.OK, 6, .5},
		{"nothing that is owned", func(int) []string { return []string{web} }, scoring.InsufficientData, 0, 0},
		{"two of the others help", func(p int) []string {
			if p > 3 {
				return []string{core, web}
			}
			return map[bool][]string{true: {core, web}, false: {web}}[p < 3]
		}, scoring.SuppressedPrivacy, 0, 0},
		{"one of the others does most of what they do", func(p int) []string {
			if p == 3 {
				return []string{core, core, core, core, core}
			}
			return []string{core}
		}, scoring.SuppressedPrivacy, 0, 0},
		{"one of their own is elsewhere", func(p int) []string {
			if p == 0 {
				return []string{core, web}
			}
			return []string{core}
		}, scoring.SuppressedPrivacy, 0, 0},
	} {
		w := ownedWorld(tc.on)
		w.declared.Windows.Labels = []string{"7d"}
		window := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d")
		if len(window.Owned) != 2 {
			t.Fatalf("%d work views", len(window.Owned))
		}
		got := window.OwnedBy("core")
		if got.Status != tc.status {
			t.Errorf("%s: %s %s, want %s", tc.name, got.Status, got.Reason, tc.status)
			continue
		}
		if tc.status != scoring.OK {
			if got.Total.Known() || got.Own.Known() {
				t.Errorf("%s: it tells %v, %v all the same", tc.name, got.Total, got.Own)
			}
			continue
		}
		near(t, tc.name, got.Total, tc.total)
		near(t, tc.name+", own", got.Own, tc.own)
		if growth := window.OwnedBy("growth"); growth.Status != scoring.InsufficientData {
			t.Errorf("%s: growth owns nothing and has %+v", tc.name, growth)
		}
	}
}

// Ownership follows an item that is renamed or moved, and its work.
func TestEngineFollowsOwners(t *testing.T) {
	w := ownedWorld(func(int) []string { return nil })
	w.item(store.KindCommit, "acme/web@1", func(it *store.Item) {
		it.Links = []store.Link{{Kind: store.LinkPartOf, Key: "acme/core-api#1"}}
	})
	e := w.engine(t)
	e.Report(closed, nil)
	if got := e.Owners(w.changes[3].No); len(got) != 1 || got[0] != "core" {
		t.Errorf("the commit of a change that core owns is owned by %v", got)
	}
	if got := e.Owners(w.changes[2].No); len(got) != 0 {
		t.Errorf("acme/web#1 is owned by %v", got)
	}
	moved := w.changes[2]
	moved.Item.Attrs = map[string][]string{store.AttrRepo: {"acme/core-web"}}
	e.Apply(moved)
	if got := e.Owners(moved.No); len(got) != 1 || got[0] != "core" {
		t.Errorf("after the move it is owned by %v", got)
	}
	w = newWorld(fourObjectives())
	w.declared.Teams = []scoring.Team{{ID: "core"}}
	if r := w.evaluate(t); r.Window("28d").Owned != nil {
		t.Error("there is a work view though nobody owns anything")
	}
	w.declared.Teams[0].Repositories = []string{"acme/[x"}
	if _, err := scoring.NewEngine(w.declared, nil); err == nil {
		t.Error("a pattern that does not compile is taken")
	}
}

// A team that is withheld so that a smaller one cannot be computed is not told
// through the work it owns.
func TestEvaluateWorkViewOfWithheldTeam(t *testing.T) {
	w := ownedWorld(func(p int) []string {
		if p < 3 {
			return []string{"acme/core-api#1"}
		}
		return []string{"acme/web#1"}
	})
	w.declared.Teams = append(w.declared.Teams, scoring.Team{ID: "tiny"})
	for p, team := range []int{2, 1, 1} {
		who := fmt.Sprint("q", p)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: who, Identities: []string{who}, FTE: 1})
		tm := &w.declared.Teams[team]
		tm.Members = append(tm.Members, scoring.Member{Person: who, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		w.do(who, store.EventCommit, "acme/web#1", monday)
	}
	w.declared.Windows.Labels = []string{"7d"}
	window := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d")
	if core := window.Teams[0]; core.Status != scoring.SuppressedPrivacy {
		t.Fatalf("core is %s: %s", core.Status, core.Reason)
	}
	if got := window.OwnedBy("core"); got.Status != scoring.SuppressedPrivacy || got.Total.Known() || got.Own.Known() {
		t.Errorf("what core owns is told: %+v", got)
	}
}

// Where one team owns a part of what another owns, the difference of the two is
// told as well.
func TestEvaluateWorkViewsOverlap(t *testing.T) {
	for _, tc := range []struct {
		name   string
		others int // how many work on what only growth owns
		status scoring.Status
	}{
		{"nobody on the difference", 0, scoring.OK},
		{"one person on the difference", 1, scoring.SuppressedPrivacy},
		{"two", 2, scoring.SuppressedPrivacy},
		{"three", 3, scoring.OK},
	} {
		w := ownedWorld(func(p int) []string {
			days := []string{"acme/core-api#1", "other#1"}
			if p < tc.others {
				days = append(days, "acme/web#1")
			}
			return days
		})
		w.declared.Teams[1].Repositories = []string{"acme/*"}
		w.declared.Teams[0].Projects = nil
		w.item(store.KindChange, "other#1", nil)
		for p := range 6 {
			w.do(fmt.Sprint("p", p), store.EventCommit, "other#1", monday.AddDate(0, 0, 3))
		}
		w.declared.Windows.Labels = []string{"7d"}
		window := w.evaluateAt(t, monday.AddDate(0, 0, 7).Add(9*time.Hour)).Window("7d")
		core, growth := window.OwnedBy("core"), window.OwnedBy("growth")
		if core.Status != scoring.OK || growth.Status != tc.status {
			t.Errorf("%s: core %s %s, growth %s %s; want %s", tc.name, core.Status, core.Reason, growth.Status, growth.Reason, tc.status)
		}
	}
}
