package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// at returns a score of an objective.
func at(t *testing.T, r *scoring.Report, id, name string) scoring.Score {
	t.Helper()
	o := r.Objective(id)
	if o == nil || o.Score(name) == nil {
		t.Fatalf("there is no score %s of %s", name, id)
	}
	return *o.Score(name)
}

// ticket adds a ticket of an objective that ended, unless done is zero.
func (w *world) ticket(id string, created, done time.Time) {
	w.item(store.KindTicket, fmt.Sprintf("PAY-%d", len(w.changes)+1), func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {id}}
		it.Created = created
		if !done.IsZero() {
			it.Closed, it.Status = done, store.StatusDone
		}
	})
}

// checkIn adds a reported confidence to an item.
func (w *world) checkIn(who, key, of, confidence string, when time.Time) {
	w.do(who, store.EventCheckIn, key, when)
	events := w.changes[w.byID[key]].Events
	events[len(events)-1].Attrs = map[string]string{"objective": of, "confidence": confidence}
}

// plannedWorld has one objective that is reported green and behind its plan,
// and one that is green and done. Of o1, in eight weeks from 2025-02-03 on, two
// tickets are done and one is added in each, and four are done in the last. Four
// are open, and two weeks are left.
func plannedWorld() *world {
	begin := noon(2025, 2, 3)
	declare := func(due time.Time) objective.Set {
		set := objective.Set{TopN: 3, Grace: 7, RunWorkBudget: -1}
		for i, id := range []string{"o1", "o2"} {
			o := objective.Objective{ID: id, Start: calendarDay(begin), Match: attr(store.AttrLabel, id), Keys: []string{"GOAL-" + id}, Versions: always(i+1, -1)}
			o.Versions[0].Due = calendarDay(due)
			set.Objectives = append(set.Objectives, o)
		}
		return set
	}
	w := newWorld(declare(noon(2025, 4, 14)))
	w.history = []objective.Loaded{
		{Known: begin, Set: declare(noon(2025, 3, 31))},
		{Known: noon(2025, 3, 20), Set: w.declared.Set},
	}
	var ends []time.Time
	for week := range 8 {
		monday := begin.AddDate(0, 0, 7*week)
		ends = append(ends, monday, monday.AddDate(0, 0, 2))
		if week == 7 {
			ends = append(ends, monday, monday)
		}
		w.ticket("o1", monday.AddDate(0, 0, 1), time.Time{}) // four of these end below
	}
	for i, end := range ends {
		if i < len(ends)-4 {
			w.ticket("o1", begin.AddDate(0, -1, 0), end)
			continue
		}
		// Four of the tickets that were added are done, four are open.
		it := &w.changes[i-(len(ends)-4)].Item
		it.Closed, it.Status = end, store.StatusDone
	}
	w.ticket("o2", begin.AddDate(0, -1, 0), begin)
	w.item(store.KindDiscussion, "C1/1", nil)
	return w
}

// By hand: the weekly net burn is seven times 1 and once 3, so that four open
// tickets are done within two weeks with 1 − (7/8)² = 0.234375; without one of
// the weeks of 1 it is 1 − (6/7)², without that of 3 it is 0.
func TestConfidenceFromEvents(t *testing.T) {
	w := plannedWorld()
	asked := noon(2025, 3, 30)
	w.checkIn("ana", "C1/1", "o1", "0.1", asked.AddDate(0, 0, -2)) // not her last
	w.checkIn("ana", "C1/1", "O1", "0.9", asked)
	w.checkIn("ben", "C1/1", "GOAL-O1", "0.8", asked)
	w.checkIn("cleo", "C1/1", "o1", "0.8", asked)
	w.checkIn("dora", "C1/1", "o1", "0", noon(2025, 4, 1)) // the day has not closed
	w.checkIn("dora", "C1/1", "nothing", "0", asked)
	w.checkIn("ana", "C1/1", "o2", "0.95", asked)
	r := w.evaluate(t)

	near(t, "reported", at(t, r, "o1", scoring.ReportedConfidence).Value, .8)
	near(t, "reporters", at(t, r, "o1", scoring.ReportedConfidence).SampleSize, 3)
	near(t, "asked", at(t, r, "o1", scoring.CheckIn).Value, float64(asked.Unix()))
	observed := at(t, r, "o1", scoring.ObservedConfidence)
	near(t, "observed", observed.Value, 15./64)
	near(t, "observed at most", observed.Upper, 13./49)
	near(t, "observed at least", observed.Lower, .02)
	near(t, "seen of what may come", at(t, r, "o1", scoring.ForecastRange).Value, 7./9) // of eight weeks
	near(t, "gap", at(t, r, "o1", scoring.ConfidenceGap).Value, .8-15./64)
	if s := at(t, r, "o1", scoring.WatermelonScore); s.Value != 1 || s.Verdict != "delivery" {
		t.Errorf("o1 is %v (%s), want a watermelon by delivery", s.Value, s.Verdict)
	}
	near(t, "o2 observed", at(t, r, "o2", scoring.ObservedConfidence).Value, 1)
	near(t, "o2 is a watermelon", at(t, r, "o2", scoring.WatermelonScore).Value, 0)
	near(t, "watermelons", org(t, r, scoring.WatermelonRatio).Value, .5)
	// From 8 weeks to 10.
	near(t, "slip", at(t, r, "o1", scoring.DueSlip).Value, 14./56)
	near(t, "replans", at(t, r, "o1", scoring.Replans).Value, 1)
	if s := at(t, r, "o1", scoring.ConfidenceSpread); s.Status != scoring.InsufficientData {
		t.Errorf("the spread of three people is %v (%s)", s.Value, s.Status)
	}
}

// An item that was opened again is open, and was added in the week in which
// that happened: the last week then burns 2, and two weeks never 5. What happens
// after the day has not happened.
func TestConfidenceOfReopenedItems(t *testing.T) {
	for _, c := range []struct {
		after int
		want  float64
	}{{5, .02}, {21, 15. / 64}} {
		w := plannedWorld()
		no := len(w.changes) - 3 // done in the last week but one
		it := &w.changes[no].Item
		done := it.Closed
		it.Status, it.Closed = store.StatusDoing, time.Time{}
		for i, to := range []string{"done", "doing"} {
			w.do("ana", store.EventTransition, it.Keys[0], done.AddDate(0, 0, i*c.after))
			w.changes[no].Events[i].Attrs = map[string]string{"to": to}
		}
		near(t, fmt.Sprintf("opened again after %d days", c.after), at(t, w.evaluate(t), "o1", scoring.ObservedConfidence).Value, c.want)
	}
}

// By hand: twenty objectives, reported at 0.8, of which ten were achieved: Brier
// (10·0.2² + 10·0.8²)/20 = 0.34, that of the base rate 0.25.
func TestConfidenceCalibrationFromEvents(t *testing.T) {
	set := objective.Set{TopN: 3, Grace: 7, RunWorkBudget: -1}
	due := calendarDay(noon(2025, 3, 28))
	for i := range 21 {
		o := objective.Objective{ID: fmt.Sprintf("o%d", i), Start: objective.NoDate, Versions: always(i+1, -1)}
		o.Versions[0].Due, o.Versions[0].OwnerTeam = due, "core"
		if i%2 == 0 {
			end := o.Versions[0]
			end.From, end.State = due-3, objective.Achieved
			if i == 20 {
				end.State = objective.Retired // tells nothing about reports
			}
			o.Versions = append(o.Versions, end)
		}
		set.Objectives = append(set.Objectives, o)
	}
	w := newWorld(set)
	w.declared.Teams = []scoring.Team{{ID: "core"}, {ID: "growth"}}
	w.item(store.KindDiscussion, "C1/1", nil)
	for i := range 21 {
		w.checkIn("ana", "C1/1", fmt.Sprintf("o%d", i), "0.8", noon(2025, 2, 27))
		w.checkIn("ana", "C1/1", fmt.Sprintf("o%d", i), "0.1", noon(2025, 3, 2)) // too late to be a forecast
	}
	r := w.evaluate(t)
	near(t, "Brier", org(t, r, scoring.ConfidenceBrier).Value, .34)
	near(t, "skill", org(t, r, scoring.ConfidenceSkill).Value, 1-.34/.25)
	near(t, "bias", org(t, r, scoring.ConfidenceBias).Value, .3)
	near(t, "bias of the team", r.Team("core").Score(scoring.ConfidenceBias).Value, .3)
	if s := r.Team("growth").Score(scoring.ConfidenceBias); s.Status != scoring.InsufficientData {
		t.Errorf("a team without objectives has a bias of %v (%s)", s.Value, s.Status)
	}
}

// The outcome rises by one a week from 40 on: twelve weeks later, at 51, it is
// on a straight line that passes the target of 52 before the due date.
func TestOutcomeConfidenceFromEvents(t *testing.T) {
	w := plannedWorld()
	target := 52.0
	w.declared.Set.Objectives[0].Outcome = &objective.Outcome{Query: "q", Direction: "up", Target: &target}
	w.item(store.KindOutcome, "outcome:o1/1", func(it *store.Item) {
		it.ID = store.OutcomeID("o1", "q")
		it.Attrs = map[string][]string{store.AttrObjective: {"o1"}, store.AttrResult: {"ok"}}
	})
	first := noon(2025, 1, 6)
	for week := range 12 {
		w.do("", store.EventSample, "outcome:o1/1", first.AddDate(0, 0, 7*week))
		w.changes[w.byID["outcome:o1/1"]].Events[week].Attrs = map[string]string{"value": fmt.Sprint(40 + week)}
	}
	near(t, "sure", at(t, w.evaluate(t), "o1", scoring.OutcomeConfidence).Value, .98)
	target = 60
	near(t, "unsure", at(t, w.evaluate(t), "o1", scoring.OutcomeConfidence).Value, .02)
}

// Five accounts that may be one person's are not five reporters.
func TestConfidenceSpreadNeedsPeople(t *testing.T) {
	sources := []string{"gh", "jira", "slack", "git", "other"}
	for same, want := range map[bool]scoring.Status{true: scoring.OK, false: scoring.InsufficientData} {
		w := plannedWorld()
		for i, source := range sources {
			who := fmt.Sprint("account", i)
			if same {
				source = "gh"
			}
			w.profiles = append(w.profiles, store.Profile{Source: source, Actor: who})
			w.checkIn(who, "C1/1", "o1", fmt.Sprint(float64(i)/10), noon(2025, 3, 30))
		}
		r := w.evaluate(t)
		near(t, "reporters", at(t, r, "o1", scoring.ReportedConfidence).SampleSize, 5)
		if s := at(t, r, "o1", scoring.ConfidenceSpread); s.Status != want || s.Value.Known() != same {
			t.Errorf("all at one source: %v: the spread is %v (%s)", same, s.Value, s.Status)
		}
	}
}

// Machines have no confidence, and an objective has the confidence of the key
// that it declares, whether something stored has it or not.
func TestConfidenceOfMachines(t *testing.T) {
	w := plannedWorld()
	w.checkIn("ana", "C1/1", "goal-o1", "0.8", noon(2025, 3, 30))
	w.checkIn("ci", "C1/1", "o1", "0.1", noon(2025, 3, 30))
	w.checkIn("flow", "C1/1", "o1", "0.1", noon(2025, 3, 30))
	events := w.changes[w.byID["C1/1"]].Events
	events[len(events)-1].Bot = true
	w.declared.People.Bots = []string{"ci"}
	s := at(t, w.evaluate(t), "o1", scoring.ReportedConfidence)
	near(t, "reported", s.Value, .8)
	near(t, "reporters", s.SampleSize, 1)
}

// Check-ins hold hashes of what was typed, which are those of an objective's id
// or key, or of a key that the item has or links to; files of earlier versions
// hold the words.
func TestConfidenceOfHashedCheckIns(t *testing.T) {
	hash := store.NewHasher([]byte("0123456789abcdef")).Term
	for name, kept := range map[string]string{
		"an id": hash("o1"), "a key": hash("goal-o1"), "a key of the item": hash("pay-1"), "a key it links to": hash("pay-2"),
		"an id as it was typed": "O1", "a key as it was typed": "pay-3", "another word": hash("ada"), "a key out of sight": hash("pay-3"),
	} {
		w := plannedWorld()
		w.declared.People.Term = hash
		w.changes[w.byID["C1/1"]].Item.Links = []store.Link{{Kind: store.LinkMentions, Key: "PAY-2"}}
		at1 := "C1/1"
		if kept == hash("pay-1") {
			at1 = "PAY-1"
		}
		w.checkIn("ana", at1, kept, "0.8", noon(2025, 3, 30))
		got := at(t, w.evaluate(t), "o1", scoring.ReportedConfidence).Value
		if known := name != "another word" && name != "a key out of sight"; got.Known() != known {
			t.Errorf("%s: the reported confidence is %v", name, got)
		}
	}
}

// Epics stand for the items of an objective that has at least five and no
// tickets, and a ticket that two sources saw is one.
func TestConfidenceOfWhatIsScope(t *testing.T) {
	w := plannedWorld()
	for i := range w.changes {
		it := &w.changes[i].Item
		if it.Kind == store.KindTicket && i < 22 {
			it.Attrs[store.AttrLevel] = []string{"epic"}
		}
	}
	near(t, "of epics", at(t, w.evaluate(t), "o1", scoring.ObservedConfidence).Value, 15./64)

	w = plannedWorld()
	for i := 4; i < 8; i++ { // the four that are open
		twin := w.changes[i]
		twin.Item.Source = "mirror"
		twin.No, twin.Seq = uint64(len(w.changes)+1), uint64(len(w.changes)+1)
		w.changes = append(w.changes, twin)
	}
	w.item(store.KindTicket, "EPIC-1", func(it *store.Item) { // a container is no item beside tickets
		it.Attrs = map[string][]string{store.AttrLabel: {"o1"}, store.AttrLevel: {"epic"}}
	})
	near(t, "of copies", at(t, w.evaluate(t), "o1", scoring.ObservedConfidence).Value, 15./64)
}

// Weeks before an objective had any ticket are no weeks of quiet: without a
// declared start, its history begins with its first ticket.
func TestConfidenceBeginsWithTheScope(t *testing.T) {
	w := plannedWorld()
	for i := range w.declared.Set.Objectives {
		w.declared.Set.Objectives[i].Start = objective.NoDate
	}
	w.history = nil
	for i := range w.changes { // all of it in the last three weeks
		it := &w.changes[i].Item
		if it.Kind != store.KindTicket {
			continue
		}
		it.Created = noon(2025, 3, 11)
		if !it.Closed.IsZero() {
			it.Closed = noon(2025, 3, 19)
		}
	}
	if s := at(t, w.evaluate(t), "o1", scoring.ObservedConfidence); s.Status != scoring.InsufficientData {
		t.Errorf("the forecast from two weeks is %v (%s), n %v", s.Value, s.Status, s.SampleSize)
	}
}

// A declaration that dates its own past tells all of it when it is the first,
// and what it planned for later counts once that has come.
func TestDueSlipOfDatedVersions(t *testing.T) {
	w := plannedWorld()
	set := w.history[0].Set
	set.Objectives = append([]objective.Objective(nil), set.Objectives...)
	o := &set.Objectives[0]
	later, future := o.Versions[0], o.Versions[0]
	later.From, later.Due = calendarDay(noon(2025, 2, 20)), calendarDay(noon(2025, 4, 14))
	future.From, future.Due = calendarDay(noon(2025, 3, 25)), calendarDay(noon(2025, 12, 31))
	o.Versions = []objective.Version{o.Versions[0], later, future}
	now := set
	now.Objectives = append([]objective.Objective(nil), set.Objectives...)
	now.Objectives[0].Versions = o.Versions[:2]
	w.declared.Set = now
	w.history = []objective.Loaded{{Known: noon(2025, 3, 1), Set: set}, {Known: noon(2025, 3, 20), Set: now}}
	r := w.evaluate(t)
	near(t, "slip", at(t, r, "o1", scoring.DueSlip).Value, 14./56)
	near(t, "replans", at(t, r, "o1", scoring.Replans).Value, 1)
}

// A date that is declared to be the plan is no slip of the one before, and what
// follows it is.
func TestDueSlipOfANewPlan(t *testing.T) {
	w := plannedWorld()
	first := w.history[0].Set
	w.history = w.history[:1]
	w.history[0].Known = noon(2025, 1, 2)
	later := func(due time.Time) func(*objective.Objective) {
		return func(o *objective.Objective) { o.Versions[0].Due = calendarDay(due) }
	}
	start, plan := first.Objectives[0].Start, calendarDay(noon(2025, 4, 14))
	w.load(noon(2025, 2, 20), with(first, "o1", later(noon(2025, 4, 14))))
	w.load(noon(2025, 2, 21), with(w.declared.Set, "o1", func(o *objective.Objective) { o.PlannedDue = &plan }))
	r := w.evaluate(t)
	near(t, "slip of a new plan", at(t, r, "o1", scoring.DueSlip).Value, 0)
	near(t, "replans of a new plan", at(t, r, "o1", scoring.Replans).Value, 0)
	w.load(noon(2025, 3, 20), with(w.declared.Set, "o1", later(noon(2025, 4, 24))))
	r = w.evaluate(t)
	near(t, "slip since", at(t, r, "o1", scoring.DueSlip).Value, 10/float64(plan-start))
	near(t, "replans since", at(t, r, "o1", scoring.Replans).Value, 1)
}
