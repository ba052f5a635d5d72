package scoring_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func noon(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

func calendarDay(t time.Time) objective.Date { return objective.DateOf(t) }

// org returns a score of the organisation that has no window.
func org(t *testing.T, r *scoring.Report, name string) scoring.Score {
	t.Helper()
	s := r.Score(name)
	if s == nil {
		t.Fatalf("there is no score %s", name)
	}
	return *s
}

// stopped is the Monday on which the decisions of stoppedWorld were known, two
// days after they took effect.
var stopped = noon(2025, 2, 3)

// stoppedWorld has six objectives that are all retired. What follows the
// decisions, in days:
//
//	o1  nothing                      stopped, 0 days
//	o2  a touch on day 4             stopped, 4 days
//	o3  touches on days 5 and 10     stopped, 10 days
//	o4  a touch every ten days       open, followed for 42 days
//	o5  day 6, and again on day 30   stopped, 6 days, and resurrected
//	o6  day 5, and nothing before    no spell
func stoppedWorld() *world {
	set := objective.Set{TopN: 3, Grace: 7, RunWorkBudget: -1}
	for i := range 6 {
		id := fmt.Sprintf("o%d", i+1)
		set.Objectives = append(set.Objectives, objective.Objective{ID: id, Start: objective.NoDate,
			Match: attr(store.AttrLabel, id), Versions: always(i+1, -1)})
	}
	w := newWorld(set).alone()
	later := set
	later.Objectives = append([]objective.Objective(nil), set.Objectives...)
	for i := range later.Objectives {
		o := &later.Objectives[i]
		o.Versions = append([]objective.Version(nil), o.Versions...)
		end := o.Versions[0]
		end.From, end.State = calendarDay(stopped)-2, objective.Retired
		o.Versions = append(o.Versions, end)
	}
	w.declared.Set = later
	w.history = []objective.Loaded{{Known: noon(2024, 6, 1), Set: set}, {Known: stopped, Set: later}}
	for i, days := range [][]int{{-7}, {-7, 4}, {-14, -3, 5, 10}, {-7, 10, 20, 30, 40, 50}, {-1, 6, 30}, {5}} {
		w.labelled(fmt.Sprintf("PAY-%d", i+1), fmt.Sprintf("o%d", i+1))
		for _, d := range days {
			w.do("ana", store.EventComment, fmt.Sprintf("PAY-%d", i+1), stopped.AddDate(0, 0, d))
			w.do("ana", store.EventCommit, fmt.Sprintf("PAY-%d", i+1), stopped.AddDate(0, 0, d))
		}
	}
	// More than a person-day in the last fortnight.
	w.do("ben", store.EventCommit, "PAY-4", stopped.AddDate(0, 0, 50))
	return w
}

// By hand: of five spells 4/5 outlive day 0, 3/5 day 4, 2/5 day 6 and 1/5
// day 10, so that the mean of the first 28 days is
// 4·0.8 + 2·0.6 + 4·0.4 + 18·0.2 = 9.6.
func TestVelocityFromEvents(t *testing.T) {
	r := stoppedWorld().evaluate(t)
	restricted := org(t, r, scoring.StopLatencyRestrictedMean)
	near(t, "RMST28", restricted.Value, 9.6)
	near(t, "spells", restricted.SampleSize, 5)
	if !strings.Contains(restricted.Verdict, "1 no effort before the decision") {
		t.Errorf("verdict %q does not tell of o6", restricted.Verdict)
	}
	near(t, "lag", org(t, r, scoring.AnnouncementLag).Value, 2)
	near(t, "zombies", org(t, r, scoring.ZombieWorkstreams).Value, 1)
	near(t, "live zombies", org(t, r, scoring.LiveZombieWorkstreams).Value, 1)
	near(t, "resurrections", org(t, r, scoring.StopResurrections).Value, 1)
	for _, name := range []string{scoring.StopLatencyMedian, scoring.StopLatencyLongRestrictedMean} {
		if s := org(t, r, name); s.Status != scoring.InsufficientData || s.Value.Known() {
			t.Errorf("%s is %v (%s), want too few", name, s.Value, s.Status)
		}
	}
	// All of the last week's effort is on a stopped objective.
	near(t, "zombie effort", value(t, &r.Window("28d").Org, scoring.ZombieEffort).Value, 1)
}

// An epic that was flagged and a rule that was added are decisions too. By hand:
// of seven spells six outlive day 0, five day 3, four day 4, three day 6, two
// day 8 and one day 10: (6·3 + 5·1 + 4·2 + 3·2 + 2·2 + 1·18)/7.
func TestVelocityOfExcludedWork(t *testing.T) {
	w := stoppedWorld()
	w.declared.Set.NonGoals = []objective.NamedRule{{Name: "self-serve", Rule: *attr(store.AttrLabel, "plg")}}
	w.history[1].Set = w.declared.Set
	w.overrides = []store.Override{{Key: "EPIC-9", To: "excluded", Role: "lead", At: stopped}}
	w.item(store.KindTicket, "EPIC-9", nil)
	w.item(store.KindTicket, "PAY-90", func(it *store.Item) { it.Links = []store.Link{{Kind: store.LinkParent, Key: "EPIC-9"}} })
	w.labelled("PAY-91", "plg")
	for key, days := range map[string][]int{"PAY-90": {-5, 3}, "PAY-91": {-5, 2, 8}} {
		for _, d := range days {
			w.do("ben", store.EventCommit, key, stopped.AddDate(0, 0, d))
		}
	}
	restricted := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	near(t, "spells", restricted.SampleSize, 7)
	near(t, "RMST28", restricted.Value, (6*3+5*1+4*2+3*2+2*2+1*18)/7.)

	// What was excluded from the first declaration on was never decided, while
	// that declaration dates the end of the objectives itself.
	w.history = w.history[1:]
	w.overrides = nil
	restricted = org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	near(t, "spells without a decision to exclude", restricted.SampleSize, 5)
	near(t, "RMST28 without a decision to exclude", restricted.Value, 9.6)
}

// A rule that is changed decides about what it newly excludes, and about nothing
// else: what it excluded before goes on as it was decided, whatever it is called
// and whatever is written beside it.
func TestVelocityOfRulesThatGrow(t *testing.T) {
	w := stoppedWorld()
	before, after := &w.history[0].Set, &w.history[1].Set
	excludes := func(set *objective.Set, labels ...string) {
		var any []objective.Rule
		for _, l := range labels {
			any = append(any, *attr(store.AttrLabel, l))
		}
		set.Objectives[0].Excludes = &objective.Rule{Any: any}
	}
	excludes(before, "smb")
	excludes(after, "smb", "trial")
	after.Objectives[0].ExcludedTerms = []string{"trial"}
	before.NonGoals = []objective.NamedRule{{Name: "self-serve", Rule: *attr(store.AttrLabel, "plg")}}
	after.NonGoals = []objective.NamedRule{{Name: "self-serve",
		Rule: objective.Rule{Any: []objective.Rule{*attr(store.AttrLabel, "plg"), *attr(store.AttrLabel, "free")}}}}
	w.declared.Set = *after
	for i, label := range []string{"smb", "trial", "plg", "free"} {
		key := fmt.Sprintf("PAY-%d", 91+i)
		w.labelled(key, label)
		last := 3
		if i%2 == 0 {
			last = 9 // excluded for long
		}
		for _, d := range []int{-5, last} {
			w.do("ben", store.EventCommit, key, stopped.AddDate(0, 0, d))
		}
	}
	s := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	if !strings.HasPrefix(s.Verdict, "stop decisions: 8;") {
		t.Errorf("verdict %q, want six objectives and what two rules newly exclude", s.Verdict)
	}
	near(t, "spells", s.SampleSize, 7)
	near(t, "RMST28", s.Value, (0+3+3+4+6+10+28)/7.)

	// Under another name it is no other decision, and what is excluded no less
	// is decided by nobody.
	renamed := *after
	renamed.NonGoals = []objective.NamedRule{{Name: "free of charge", Rule: after.NonGoals[0].Rule}}
	renamed.Objectives = append([]objective.Objective(nil), after.Objectives...)
	excludes(&renamed, "trial", "smb")
	w.declared.Set = renamed
	w.history = append(w.history, objective.Loaded{Known: stopped.AddDate(0, 0, 20), Set: renamed})
	again := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	if again.Verdict != s.Verdict || again.Value != s.Value {
		t.Errorf("after a rule was renamed: %v (%s), want %v (%s)", again.Value, again.Verdict, s.Value, s.Verdict)
	}
}

// From the day a decision took effect to the end of work is the lag of its
// announcement, two days, and the time from then on.
func TestVelocityInTotal(t *testing.T) {
	r := stoppedWorld().evaluate(t)
	near(t, "mean of the first 28 days", org(t, r, scoring.StopTotalRestrictedMean).Value, 2+4*.8+2*.6+4*.4+16*.2)
	if s := org(t, r, scoring.StopTotalMedian); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("the median is %v (%s), want too few", s.Value, s.Status)
	}
}

// Work that is the stopping itself keeps nothing alive, and an objective that
// is taken up again was not outlived.
func TestVelocityWindDownAndReactivation(t *testing.T) {
	w := stoppedWorld()
	w.changes[w.byID["PAY-4"]].Item.Attrs[store.AttrLabel] = []string{"o4", "wind_down: data"}
	r := w.evaluate(t)
	// o4 counts as stopped at once: (3/5·4 + 2/5·2 + 1/5·4).
	near(t, "RMST28 with winding down", org(t, r, scoring.StopLatencyRestrictedMean).Value, 2.4+.8+.8)
	near(t, "zombies", org(t, r, scoring.ZombieWorkstreams).Value, 0)

	w = stoppedWorld()
	again := w.declared.Set
	again.Objectives = append([]objective.Objective(nil), again.Objectives...)
	o4 := &again.Objectives[3]
	back := o4.Versions[1]
	back.From, back.State = calendarDay(stopped)+15, objective.Active
	o4.Versions = append(append([]objective.Version(nil), o4.Versions...), back)
	w.declared.Set = again
	w.history = append(w.history, objective.Loaded{Known: stopped.AddDate(0, 0, 15), Set: again})
	r = w.evaluate(t)
	near(t, "zombies after it was taken up again", org(t, r, scoring.ZombieWorkstreams).Value, 0)
	if s := org(t, r, scoring.StopLatencyRestrictedMean); s.Status == scoring.OK {
		t.Errorf("RMST28 is %v, though the longest spell was followed for 15 days", s.Value)
	}
}

// When work happened is about people: what few did is not told.
func TestVelocityIsWithheldWithTheEffort(t *testing.T) {
	w := stoppedWorld()
	w.declared.Privacy.KEffort = 3
	s := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	if s.Status != scoring.SuppressedPrivacy || s.Value.Known() || s.SampleSize.Known() {
		t.Errorf("two people are told: %+v", s)
	}
}

// A decision that was loaded after the last closed day is not known yet.
func TestVelocityOfWhatIsNotKnownYet(t *testing.T) {
	w := stoppedWorld()
	w.history[1].Known = closed
	s := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	if s.Verdict != "stop decisions: 0" {
		t.Errorf("verdict %q", s.Verdict)
	}
}

// Who stops what is stopped decides nothing, and what was achieved was not given
// up.
func TestVelocityOfOtherEndings(t *testing.T) {
	w := stoppedWorld()
	for o, states := range map[int][]objective.State{0: {objective.Paused, objective.Retired}, 1: {objective.Achieved}} {
		versions := &w.history[1].Set.Objectives[o].Versions
		*versions = (*versions)[:1]
		for i, state := range states {
			end := (*versions)[0]
			end.From, end.State = calendarDay(stopped)+objective.Date(i), state
			*versions = append(*versions, end)
		}
	}
	s := org(t, w.evaluate(t), scoring.StopLatencyRestrictedMean)
	if !strings.HasPrefix(s.Verdict, "stop decisions: 5;") {
		t.Errorf("verdict %q, want five decisions", s.Verdict)
	}
	if got := w.evaluate(t).Objective("o1").Score(scoring.ReportedConfidence); got != nil {
		t.Errorf("a confidence in what was given up: %+v", got)
	}
}

// How many quiet days make a stop is declared: after nine of them o4, touched
// every ten days, stopped at once and came back five times.
func TestVelocityQuietDays(t *testing.T) {
	w := stoppedWorld()
	w.declared.Decisions.QuietDays = 9
	r := w.evaluate(t)
	// The five spells last 0, 4, 10, 0 and 6 days.
	near(t, "RMST28", org(t, r, scoring.StopLatencyRestrictedMean).Value, (4+10+6)/5.)
	near(t, "zombies", org(t, r, scoring.ZombieWorkstreams).Value, 0)
	near(t, "resurrections", org(t, r, scoring.StopResurrections).Value, 5+1)
}

// A ticket that was moved to another project, and has another key and repository
// since, is followed; one that was handed to an objective that goes on was not
// stopped.
func TestVelocityFollowsMoves(t *testing.T) {
	w := stoppedWorld()
	moved := &w.changes[w.byID["PAY-4"]]
	moved.Item.Keys = []string{"OPS-77", "PAY-4"}
	r := w.evaluate(t)
	near(t, "RMST28", org(t, r, scoring.StopLatencyRestrictedMean).Value, 9.6)
	near(t, "zombies", org(t, r, scoring.ZombieWorkstreams).Value, 1)

	for _, set := range []*objective.Set{&w.declared.Set, &w.history[0].Set, &w.history[1].Set} {
		set.Objectives = append(append([]objective.Objective(nil), set.Objectives...),
			objective.Objective{ID: "o7", Start: objective.NoDate, Match: attr(store.AttrLabel, "o7"), Versions: always(7, -1)})
	}
	moved.Item.Attrs[store.AttrLabel] = []string{"o7"}
	r = w.evaluate(t)
	near(t, "spells", org(t, r, scoring.StopLatencyRestrictedMean).SampleSize, 4)
	near(t, "zombies after it was handed over", org(t, r, scoring.ZombieWorkstreams).Value, 0)
	if s := org(t, r, scoring.StopLatencyRestrictedMean); !strings.Contains(s.Verdict, "2 no effort before the decision") {
		t.Errorf("verdict %q", s.Verdict)
	}
}
