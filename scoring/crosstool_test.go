package scoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// from puts an item into a source, with its links as "kind key".
func from(source string, links ...string) func(*store.Item) {
	return func(it *store.Item) {
		it.Source = source
		for _, l := range links {
			kind, key, _ := strings.Cut(l, " ")
			it.Links = append(it.Links, store.Link{Kind: store.LinkKind(kind), Key: key})
		}
	}
}

// threeTools is one piece of work as three tools see it: a thread discusses an
// epic, whose ticket a change implements, whose commit two sources saw; another
// thread discusses the change. Beside it there is work that is no part of it.
func threeTools() *world {
	set := objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{
		{ID: "checkout", Text: "Checkout", Start: objective.NoDate, Keys: []string{"INIT-1"}, Versions: always(1, -1)}},
		RunWork: []objective.NamedRule{{Name: "support", Rule: *attr(store.AttrChannel, "support")}}}
	w := newWorld(set).alone()
	w.declared.People.Merge.VerifiedEmail = true
	w.item(store.KindTicket, "INIT-1", from("jira"))
	w.item(store.KindTicket, "EPIC-1", from("jira", "parent INIT-1"))
	w.item(store.KindTicket, "PAY-7", from("jira", "parent EPIC-1"))
	w.item(store.KindTicket, "PAY-9", from("jira", "blocks PAY-7", "mentions PAY-7"))
	w.item(store.KindChange, "acme/api#12", from("gh", "implements PAY-7", "contains acme/api@abc"))
	w.item(store.KindCommit, "acme/api@abc", from("gh"))
	w.item(store.KindCommit, "acme/api@abc", from("git", "implements PAY-7"))
	w.item(store.KindDiscussion, "C1/1", from("slack", "discusses EPIC-1"))
	w.item(store.KindDiscussion, "C1/2", from("slack", "discusses acme/api#12"))
	w.item(store.KindDiscussion, "C2/1", from("slack", "mentions PAY-7"))
	w.item(store.KindDiscussion, "C3/1", func(it *store.Item) {
		it.Source, it.Attrs = "slack", map[string][]string{store.AttrChannel: {"support"}}
	})
	w.profiles = []store.Profile{
		{Source: "gh", Actor: "gh:ana", Same: []store.Same{{Actor: "email:ana", By: store.SameByEmail}}},
		{Source: "jira", Actor: "jira:ana", Same: []store.Same{{Actor: "email:ana", By: store.SameByEmail}}},
		{Source: "slack", Actor: "slack:ana", Same: []store.Same{{Actor: "email:ana", By: store.SameByEmail}}},
	}
	return w
}

func (w *world) engine(t *testing.T) *scoring.Engine {
	t.Helper()
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.SetPeople(w.profiles, w.groups)
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	return e
}

// One commit, its change, its ticket, its epic and both threads: a day of one
// person under four identities is one person-day.
func TestEvaluateFollowsOneCommitThroughThreeTools(t *testing.T) {
	w := threeTools()
	w.do("email:ana", store.EventCommit, "acme/api@abc", monday)
	w.do("gh:ana", store.EventOpen, "acme/api#12", monday)
	w.do("jira:ana", store.EventComment, "PAY-7", monday)
	w.do("jira:ana", store.EventEdit, "EPIC-1", monday)
	w.do("slack:ana", store.EventMessage, "C1/1", monday)
	w.do("slack:ana", store.EventMessage, "C1/2", monday)
	w.do("slack:ana", store.EventMessage, "C2/1", monday)
	w.do("slack:ben", store.EventMessage, "C1/2", monday)
	checkDays(t, "the day", w.onDay(t, monday), map[string]float64{"checkout": 1.5})

	w.declared.Windows.Labels = []string{"91d"}
	e := w.engine(t)
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	r := e.Report(closed, sources)
	if len(e.Unmatched()) != 1 || e.Unmatched()[0] != "slack:ben" {
		t.Errorf("unmatched are %v, want slack:ben", e.Unmatched())
	}
	no := func(i int) uint64 { return w.changes[i].No }
	for _, tc := range []struct {
		item string
		no   uint64
		path string
		rule string
		by   float64
	}{
		{"the commit", no(5), "part of 5, implements 3, parent 2, parent 1", "key INIT-1", 1},
		{"its copy", no(6), "part of 5, implements 3, parent 2, parent 1", "key INIT-1", 1},
		{"the thread about the epic", no(7), "discusses 2, parent 1", "key INIT-1", .7},
		{"the thread about the change", no(8), "discusses 5, implements 3, parent 2, parent 1", "key INIT-1", .7},
		{"a mention", no(9), "", "", 0},
		{"what blocks", no(3), "", "", 0},
		{"a mapped channel", no(10), "", "support", 1},
	} {
		x := e.Explain(tc.no)
		var steps []string
		for _, s := range x.Path {
			kind := string(s.Kind)
			if kind == "" {
				kind = "part of"
			}
			if s.Key == "" {
				steps = append(steps, fmt.Sprint(kind, " ", s.To))
			}
		}
		if got := strings.Join(steps, ", "); got != tc.path || !strings.Contains(x.Rule, tc.rule) || x.Strength != tc.by {
			t.Errorf("%s: path %q by %q, strength %v; want %q, %q, %v", tc.item, got, x.Rule, x.Strength, tc.path, tc.rule, tc.by)
		}
	}
	carriers := e.Carriers(r, "91d", func(scoring.Category, string) bool { return true })
	if i := slices.IndexFunc(carriers, func(c scoring.Carried) bool { return c.No == no(9) }); i >= 0 {
		t.Error("chat that only mentions a ticket carries effort")
	}
	var sum scoring.Number
	for _, c := range carriers {
		sum += c.Effort
	}
	near(t, "all works together", sum, 1.5)
}

// Chat is no effort until something says what it is about, and takes nothing
// from a day's other work.
func TestEngineCountsThreadsOnceTheyAreAttributed(t *testing.T) {
	w := threeTools()
	w.do("slack:ana", store.EventMessage, "C2/1", monday)
	w.do("slack:ben", store.EventMessage, "C2/1", monday)
	w.do("slack:ben", store.EventMessage, "C3/1", monday)
	w.do("gh:ana", store.EventCommit, "acme/api#12", monday)
	e := w.engine(t)
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	told := func(what string, total, checkout float64) {
		t.Helper()
		org := e.Report(closed, sources).Window("91d").Org
		near(t, what, org.Total, total)
		near(t, what+", checkout", org.Objectives[0].Effort, checkout)
	}
	thread := w.changes[w.byID["C2/1"]]
	told("chat", 1.5, 1)
	thread.Item.Links = []store.Link{{Kind: store.LinkDiscusses, Key: "PAY-7"}}
	e.Apply(thread)
	told("the thread is about a ticket", 2, 1+.5)
	// The ticket is deleted, which takes the thread's attribution along.
	ticket := w.changes[w.byID["PAY-7"]]
	ticket.Item.Gone = store.GoneDeleted
	e.Apply(ticket)
	told("the ticket is gone", 1.5, 0)
	ticket.Item.Gone = ""
	e.Apply(ticket)
	told("and back", 2, 1+.5)
	thread.Item.Links = nil
	e.Apply(thread)
	told("chat again", 1.5, 1)
	// A human may decide that it is work, whatever it is for.
	w.changes[w.byID["C2/1"]] = thread
	r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes, Sources: sources, Profiles: w.profiles,
		Overrides: []store.Override{{Key: "C2/1", To: "unknown", At: monday}}}, closed)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "by decision", r.Window("91d").Org.Total, 2)
	near(t, "of it unknown", r.Window("91d").Org.Effort[scoring.Unknown].Effort, .2+.5)
}

// A discussion whose kind is only learned later stops counting then.
func TestEngineLearnsThatAnItemIsAThread(t *testing.T) {
	w := threeTools()
	w.do("slack:ana", store.EventMessage, "C2/1", monday)
	thread := w.changes[w.byID["C2/1"]]
	w.changes[w.byID["C2/1"]].Item.Kind = ""
	e := w.engine(t)
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	near(t, "not yet known", e.Report(closed, sources).Window("91d").Org.Total, .5)
	e.Apply(thread)
	near(t, "a thread", e.Report(closed, sources).Window("91d").Org.Total, 0)
}
