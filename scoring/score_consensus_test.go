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

// dayEnd is the end of the last closed day.
var dayEnd = time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

func decidingWorld() *world {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1}).alone()
	w.declared.Privacy.KPeople = 5
	w.declared.Decisions = scoring.Decisions{
		Types: []string{"decision"}, Labels: []string{"adr"}, Paths: []string{"docs/adr/**"},
		DesignLabels: []string{"design"}, Reactions: []string{"decision"},
	}
	return w
}

// change adds a change with a label that somebody opened, so many people wrote
// in and that took so many rounds. It is open when closed is zero. Machines join
// in too, and are nobody.
func (w *world) change(label, opener string, people, rounds int, opened, closed time.Time) {
	key := fmt.Sprint("acme/api#", len(w.changes)+1)
	w.item(store.KindChange, key, func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {label}}
		if it.Created = opened; !closed.IsZero() {
			it.Status, it.Closed = store.StatusDone, closed
		}
	})
	minute := opened
	next := func() time.Time { minute = minute.Add(time.Minute); return minute }
	w.do(opener, store.EventOpen, key, opened)
	for round := range rounds {
		if round > 0 {
			w.do(opener, store.EventPush, key, next())
		}
		w.do("reviewer-1", store.EventReview, key, next())
		for i := 2; i < people && round == 0; i++ {
			w.do(fmt.Sprint("reviewer-", i), store.EventComment, key, next())
		}
		w.do("reviewer-1", store.EventReview, key, next())
	}
	w.do("ci[bot]", store.EventPush, key, next())
	w.do("ci[bot]", store.EventReview, key, next())
}

// The twelve decisions of the vector K1: people, rounds, hours.
var twelveDecisions = [][3]float64{{2, 1, 5}, {3, 1, 20}, {2, 2, 30}, {9, 3, 200}, {4, 2, 48}, {3, 1, 12},
	{8, 5, 96}, {2, 1, 3}, {5, 4, 170}, {3, 2, 26}, {12, 6, 400}, {2, 1, 8}}

// K1 from events. What a team is used to comes from a decision that is too old
// to be told of: with 100 hours, 170 and 200 are not long.
func TestConsensusTrapFromEvents(t *testing.T) {
	for _, c := range []struct {
		usual float64
		want  float64
	}{{28, 4 / 12.0}, {100, 2 / 12.0}} {
		w := decidingWorld()
		team := scoring.Team{ID: "core"}
		for i := range 5 {
			id := fmt.Sprint("p", i)
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
			team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		}
		w.declared.Teams = []scoring.Team{team, {ID: "small", Members: team.Members[:0]}}
		old := noon(2024, 9, 30)
		w.change("design", "p0", 2, 1, old.Add(-hours(c.usual)), old)
		for _, d := range twelveDecisions {
			end := dayEnd.Add(-time.Hour)
			w.change("design", "p0", int(d[0]), int(d[1]), end.Add(-hours(d[2])), end)
		}
		r := w.evaluate(t)
		trap := org(t, r, scoring.ConsensusTrap)
		near(t, "trapped", trap.Value, c.want)
		near(t, "decisions", trap.SampleSize, 12)
		near(t, "trapped of the team", r.Team("core").Score(scoring.ConsensusTrap).Value, c.want)
		if s := r.Team("small").Score(scoring.ConsensusTrap); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
			t.Errorf("a team of nobody: %+v", s)
		}
		if c.usual == 28 {
			near(t, "lower limit", trap.Lower, .159485)
			near(t, "upper limit", trap.Upper, .568508)
		}
		near(t, "people", org(t, r, scoring.DecisionPeople).Value, 3)
		near(t, "rounds", org(t, r, scoring.DecisionRounds).Value, 2)
		near(t, "hours", org(t, r, scoring.DecisionDuration).Value, 28)
		near(t, "debt", org(t, r, scoring.DecisionDebt).Value, 0)
		if s := org(t, r, scoring.ChangeTrap); s.Status != scoring.Undefined {
			t.Errorf("no ordinary changes: %+v", s)
		}
	}
}

// K2 from events: of twelve decisions two are open.
func TestTimeToDecisionFromEvents(t *testing.T) {
	w := decidingWorld()
	for i, h := range []float64{5, 20, 30, 200, 48, 12, 96, 3, 170, 26, 300, 8} {
		if i == 8 || i == 10 {
			w.change("design", "ana", 2, 1, dayEnd.Add(-hours(h)), time.Time{})
			continue
		}
		end := dayEnd.Add(-hours(24))
		w.change("design", "ana", 2, 1, end.Add(-hours(h)), end)
	}
	w.change("design", "ana", 2, 1, dayEnd.AddDate(-1, 0, 0), dayEnd.AddDate(0, 0, -1)) // opened too long ago
	s := org(t, w.evaluate(t), scoring.TimeToDecision)
	near(t, "median", s.Value, 26)
	near(t, "lower limit", s.Lower, 5)
	near(t, "upper limit", s.Upper, 200)
	near(t, "decisions", s.SampleSize, 12)
}

// K3 from events, with tickets. One that was decided and opened again after ten
// days goes on; after twenty days it is another decision.
func TestDecisionDebtFromEvents(t *testing.T) {
	w := decidingWorld()
	ticket := func(key string, days int) {
		w.item(store.KindTicket, key, func(it *store.Item) {
			it.Attrs = map[string][]string{store.AttrType: {"Decision"}}
			it.Created = dayEnd.AddDate(0, 0, -days)
		})
	}
	move := func(key, to string, days int) {
		w.do("ana", store.EventTransition, key, dayEnd.AddDate(0, 0, -days))
		events := w.changes[w.byID[key]].Events
		events[len(events)-1].Attrs = map[string]string{"to": to}
	}
	ticket("ADR-1", 3)
	ticket("ADR-2", 10)
	ticket("ADR-3", 45)
	move("ADR-3", "done", 40)
	move("ADR-3", "doing", 30)
	ticket("ADR-4", 200)
	move("ADR-4", "done", 100)
	move("ADR-4", "doing", 80)
	ticket("ADR-5", -1) // not yet there on the day
	r := w.evaluate(t)
	near(t, "debt", org(t, r, scoring.DecisionDebt).Value, 138*86400)
	near(t, "open", org(t, r, scoring.OpenDecisions).Value, 4)
	near(t, "old", org(t, r, scoring.OldDecisions).Value, 2)
	near(t, "decisions", org(t, r, scoring.DecisionPeople).SampleSize, 5)
	if s := r.Score(scoring.TimeToDecisionAtBest); s == nil || s.Value != 80*24 {
		t.Errorf("more than half are open longer than %+v", s)
	}
}

// What a decision is, and what an ordinary change.
func TestWhatIsADecision(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      store.Kind
		attr      string
		value     string
		decisions float64
	}{
		{"ticket of a type", store.KindTicket, store.AttrType, "DECISION", 1},
		{"ticket with a label", store.KindTicket, store.AttrLabel, "ADR", 1},
		{"ticket about design", store.KindTicket, store.AttrLabel, "design", 0},
		{"record", store.KindChange, store.AttrPath, "docs/adr/2025/7.md", 1},
		{"design", store.KindChange, store.AttrLabel, "Design", 1},
		{"another document", store.KindChange, store.AttrPath, "docs/7.md", 0},
		{"marked thread", store.KindDiscussion, store.AttrReaction, "decision", 1},
		{"thread", store.KindDiscussion, store.AttrReaction, "tada", 0},
	} {
		w := decidingWorld()
		w.item(c.kind, "X-1", func(it *store.Item) { it.Attrs = map[string][]string{c.attr: {c.value}} })
		w.do("ana", store.EventMessage, "X-1", noon(2025, 3, 31))
		r := w.evaluate(t)
		near(t, c.name, org(t, r, scoring.OpenDecisions).Value, c.decisions)
		if ordinary := org(t, r, scoring.ChangeDebt).Value > 0; ordinary != (c.kind == store.KindChange && c.decisions == 0) {
			t.Errorf("%s: an ordinary change is %t", c.name, ordinary)
		}
	}
}

// A thread is decided with its last message, once 72 hours have passed.
func TestDecisionInThread(t *testing.T) {
	for _, c := range []struct {
		name      string
		messages  []time.Time
		decisions int
		open      float64
		hours     float64 // of the decision in the middle
	}{
		{"quiet", []time.Time{noon(2025, 3, 10), noon(2025, 3, 11)}, 1, 0, 24},
		{"taken up within two weeks", []time.Time{noon(2025, 3, 1), noon(2025, 3, 10)}, 1, 0, 9 * 24},
		{"taken up after more", []time.Time{noon(2025, 2, 1), noon(2025, 3, 10)}, 2, 0, 0},
		{"going on", []time.Time{noon(2025, 3, 28), noon(2025, 3, 30)}, 1, 1, 84},
		{"quiet for 72 hours", []time.Time{noon(2025, 3, 28), dayEnd.AddDate(0, 0, -3)}, 1, 0, 12},
		{"after the day", []time.Time{noon(2025, 3, 10), noon(2025, 3, 11), noon(2025, 4, 1)}, 1, 0, 24},
	} {
		w := decidingWorld()
		w.item(store.KindDiscussion, "C1/1", func(it *store.Item) { it.Attrs = map[string][]string{store.AttrReaction: {"decision"}} })
		slices.Reverse(c.messages)
		for _, at := range c.messages {
			w.do("ana", store.EventMessage, "C1/1", at)
		}
		r := w.evaluate(t)
		middle := org(t, r, scoring.DecisionDuration)
		near(t, c.name, middle.Value, c.hours)
		near(t, c.name+": decisions", middle.SampleSize, float64(c.decisions))
		near(t, c.name+": open", org(t, r, scoring.OpenDecisions).Value, c.open)
	}
}

// Ordinary changes are told apart from decisions, of the last 28 days.
func TestOrdinaryChanges(t *testing.T) {
	w := decidingWorld()
	for i := range 10 {
		end := dayEnd.AddDate(0, 0, -1-i)
		people, rounds := 2, 1
		if i == 0 {
			people, rounds = 9, 4
		}
		w.change("bug", "ana", people, rounds, end.Add(-hours(float64(10+i))), end)
	}
	w.change("bug", "ana", 9, 9, dayEnd.AddDate(0, 0, -90), dayEnd.AddDate(0, 0, -29))
	r := w.evaluate(t)
	near(t, "trapped", org(t, r, scoring.ChangeTrap).Value, .1)
	near(t, "hours", org(t, r, scoring.TimeToChange).Value, 14)
	near(t, "debt", org(t, r, scoring.ChangeDebt).Value, 0)
	if s := org(t, r, scoring.ConsensusTrap); s.Status != scoring.Undefined {
		t.Errorf("no decisions: %+v", s)
	}
}
