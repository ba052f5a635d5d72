package scoring_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// weighing is the default profile with weights for some dimensions only.
func weighing(weights map[string]float64) scoring.Profile {
	p := scoring.Profile{Index: true, Dimensions: scoring.DefaultDimensions()}
	for i := range p.Dimensions {
		p.Dimensions[i].Weight = weights[p.Dimensions[i].Name]
	}
	return p
}

func side(t *testing.T, r *scoring.Report, name string) scoring.Score {
	t.Helper()
	return org(t, r, "drift_profile_"+name)
}

// fortyDays has .55 on the top three, a shadow share of 7/32, and would have to
// move a quarter.
func TestDriftProfile(t *testing.T) {
	w := fortyDays()
	w.team(4)
	r := w.evaluate(t)
	for name, want := range map[string]float64{"top_objectives_effort": .5, "allocation_gap": .5, "shadow_effort": (7./32 - .15) / .35, "zombie_effort": 0} {
		for who, s := range map[string]scoring.Score{"organisation": side(t, r, name), "team": *r.Team("core").Score("drift_profile_" + name)} {
			if s.Status != scoring.OK {
				t.Errorf("%s of the %s is %s (%s)", name, who, s.Status, s.Reason)
			}
			near(t, name+" of the "+who, s.Value, want)
		}
	}
	// The limits are those of the sampling interval, in the order of badness.
	top, s := r.Window("28d").Org.Score(scoring.TopObjectivesEffort), side(t, r, "top_objectives_effort")
	near(t, "lower", s.Lower, math.Max(0, (.60-float64(top.IntervalUpper))/.10))
	near(t, "upper", s.Upper, math.Min(1, (.60-float64(top.IntervalLower))/.10))
	if s := r.Team("core").Score("drift_profile_active_objectives"); s.Status != scoring.OK {
		t.Errorf("%+v", s)
	}
	// What has no value is absent and says why, and is not good.
	for name, source := range map[string]string{"watermelon_ratio": "watermelon_ratio", "stop_latency_restricted_mean": "stop_latency_restricted_mean"} {
		s, from := side(t, r, name), org(t, r, source)
		if s.Value.Known() || s.Status != from.Status || s.Reason != from.Reason || s.Reason == "" {
			t.Errorf("%s: %+v from %+v", name, s, from)
		}
	}
	if s := side(t, r, "output_outcome_divergence"); s.Value.Known() || s.Status != scoring.InsufficientData || s.Reason == "" {
		t.Errorf("%+v", s)
	}
	c := scoring.NewCollector(2000)
	c.Set(r)
	got := gather(t, c)
	if !strings.Contains(got, "\nworkdrift_drift_profile{dimension=\"shadow_effort\"} 0.196") || strings.Contains(got, "workdrift_drift_profile{dimension=\"watermelon_ratio\"}") {
		t.Error("the exposed profile is another")
	}
	if strings.Contains(got, "workdrift_drift_index") {
		t.Error("there is an index that nobody asked for")
	}
	w.declared.Windows.Labels = []string{"7d"}
	if s := side(t, w.evaluate(t), "shadow_effort"); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("without the window: %+v", s)
	}
}

// team puts the first n persons of a world into one team.
func (w *world) team(n int) {
	team := scoring.Team{ID: "core"}
	for i := range n {
		id := fmt.Sprint("p", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
	}
	w.declared.Teams = append(w.declared.Teams, team)
}

// The readings are those that are declared.
func TestDriftProfileReadings(t *testing.T) {
	w := fortyDays()
	w.declared.Profile.Dimensions = []scoring.Dimension{{Name: scoring.ShadowEffort, Good: 0, Bad: .4375}}
	near(t, "shadow", side(t, w.evaluate(t), scoring.ShadowEffort).Value, .5)
}

// With badness .5 and .196429 and equal weights the index is 1 − √(.5·.803571).
func TestDriftIndex(t *testing.T) {
	w := fortyDays()
	w.declared.Profile = weighing(map[string]float64{scoring.TopObjectivesEffort: 2, scoring.ShadowEffort: 2})
	r := w.evaluate(t)
	shadow := (7./32 - .15) / .35
	moved := func(a, b float64) float64 { return 1 - math.Exp((a*math.Log(.5)+b*math.Log(1-shadow))/(a+b)) }
	index := org(t, r, scoring.DriftIndex)
	near(t, "index", index.Value, moved(1, 1))
	near(t, "least", org(t, r, scoring.DriftIndexLeast).Value, moved(.5, 1.5))
	near(t, "most", org(t, r, scoring.DriftIndexMost).Value, moved(1.5, .5))
	near(t, "arithmetic", org(t, r, scoring.DriftIndexArithmetic).Value, (.5+shadow)/2)
	near(t, "worst two", org(t, r, scoring.DriftIndexWorst).Value, (.5+shadow)/2)
	near(t, "coverage", org(t, r, scoring.DriftIndexCoverage).Value, 1)
	if s := org(t, r, scoring.DriftIndexDominant); s.Verdict != scoring.TopObjectivesEffort {
		t.Errorf("%s dominates", s.Verdict)
	}
	if !(index.Lower < index.Value && index.Value < index.Upper) {
		t.Errorf("from %v to %v around %v", index.Lower, index.Upper, index.Value)
	}
	// The same person-weeks are drawn whenever the day is the same, and others
	// on another day.
	if again := org(t, w.evaluate(t), scoring.DriftIndex); again.Lower != index.Lower || again.Upper != index.Upper {
		t.Errorf("from %v to %v, then from %v to %v", index.Lower, index.Upper, again.Lower, again.Upper)
	}
	// Who all do the same leave nothing to chance.
	calm := fortyDays()
	calm.changes = calm.changes[:0]
	calm.labelled("PAY-1", "o1")
	for p := range 4 {
		for d := range 10 {
			calm.do(fmt.Sprint("person-", p), store.EventCommit, "PAY-1", noon(2025, 3, 10).AddDate(0, 0, d%5+d/5*7))
		}
	}
	calm.declared.Profile = w.declared.Profile
	if s := org(t, calm.evaluate(t), scoring.DriftIndex); s.Value != 0 || s.Lower != 0 || s.Upper != 0 {
		t.Errorf("%v from %v to %v", s.Value, s.Lower, s.Upper)
	}
	// Less than 70 % of the weight is too little; more is stretched.
	w.declared.Profile = weighing(map[string]float64{scoring.TopObjectivesEffort: 6, scoring.WatermelonRatio: 4})
	r = w.evaluate(t)
	if s := org(t, r, scoring.DriftIndex); s.Status != scoring.InsufficientData || s.Value.Known() || r.Score(scoring.DriftIndexMost) != nil {
		t.Errorf("%+v", s)
	}
	near(t, "coverage", org(t, r, scoring.DriftIndexCoverage).Value, .6)
	w.declared.Profile = weighing(map[string]float64{scoring.TopObjectivesEffort: 7, scoring.WatermelonRatio: 3})
	near(t, "stretched", org(t, w.evaluate(t), scoring.DriftIndex).Value, .5)
}

// What is withheld leaks into no dimension, no comparison and no index: also
// what is only withheld when all scores are there.
func TestProfileTellsNothingThatIsWithheld(t *testing.T) {
	w := fortyDays()
	w.team(4)
	w.declared.Profile = weighing(map[string]float64{scoring.TopObjectivesEffort: 1, scoring.OwnershipGap: 1})
	for _, name := range []string{scoring.OwnershipGap, scoring.TopObjectivesEffort} {
		if s := side(t, w.evaluate(t), name); s.Status != scoring.OK {
			t.Fatalf("%+v", s)
		}
	}
	w.declared.Privacy.KEffort = 5
	r := w.evaluate(t)
	for _, name := range []string{scoring.OwnershipGap, scoring.TopObjectivesEffort, scoring.ShadowEffort, scoring.ZombieEffort,
		"effective_workstreams_alpha", scoring.PhantomProgress, scoring.FeedbackCoverage} {
		if s := side(t, r, name); s.Status != scoring.SuppressedPrivacy || s.Value.Known() || s.Lower.Known() || s.Upper.Known() || s.SampleSize.Known() {
			t.Errorf("organisation: %+v", s)
		}
	}
	if s := org(t, r, scoring.DriftIndex); s.Value.Known() || s.Lower.Known() {
		t.Errorf("%+v", s)
	}
	for _, s := range r.Team("core").Scores {
		if (strings.HasPrefix(s.Name, "drift_profile_") || strings.HasSuffix(s.Name, "_shrunk") || strings.HasSuffix(s.Name, "_funnel")) &&
			(s.Value.Known() || s.Lower.Known() || s.Verdict != "") {
			t.Errorf("team: %+v", s)
		}
	}
}

// While a source is late the profile keeps its values and says so.
func TestProfileGoesStale(t *testing.T) {
	w := fortyDays()
	w.declared.Profile = weighing(map[string]float64{scoring.TopObjectivesEffort: 1})
	r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes,
		Sources: []store.SourceState{{Source: "gh", Watermark: closed.AddDate(0, 0, -2)}}}, closed)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []scoring.Score{side(t, r, scoring.TopObjectivesEffort), org(t, r, scoring.DriftIndex), org(t, r, scoring.DriftIndexMost)} {
		if s.Status != scoring.Stale || !s.Value.Known() || s.Reason == "" {
			t.Errorf("%+v", s)
		}
	}
}

// placedWorld has teams of three, each with 30 person-days of which so many are
// on o1 and the others on nothing.
func placedWorld(on ...int) *world {
	w := newWorld(objective.Set{TopN: 1, RunWorkBudget: -1, Objectives: []objective.Objective{
		{ID: "o1", Start: objective.NoDate, Match: attr(store.AttrLabel, "o1"), Versions: always(1, -1)}}})
	w.labelled("PAY-1", "o1")
	w.item(store.KindTicket, "PAY-2", nil)
	for n, days := range on {
		team := scoring.Team{ID: fmt.Sprint("team-", n)}
		for p := range 3 {
			id := fmt.Sprint("p", n, "-", p)
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
			team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
			for d := range 10 {
				key := "PAY-2"
				if (3*d+p)*7%30 < days { // spread over persons and weeks
					key = "PAY-1"
				}
				w.do(id, store.EventCommit, key, noon(2025, 3, 10).AddDate(0, 0, d%5+d/5*7))
			}
		}
		w.declared.Teams = append(w.declared.Teams, team)
	}
	return w
}

// A team that does something else is drawn towards the others, and stands out.
func TestTeamsArePlaced(t *testing.T) {
	r := placedWorld(21, 21, 22, 20, 21, 21, 21, 22, 20, 2, 21, 21, 22, 20, 21, 21, 21, 22, 20, 21).evaluate(t)
	odd, usual := r.Team("team-9"), r.Team("team-0")
	own := *r.Window("28d").Teams[9].Score(scoring.TopObjectivesEffort)
	near(t, "own share", own.Value, 2./30)
	s := odd.Score("top_objectives_effort_shrunk")
	if s.Status != scoring.OK || !(s.Value > own.Value && s.Value < .6) || !s.Lower.Known() {
		t.Errorf("%+v", s)
	}
	if got := odd.Score("top_objectives_effort_funnel").Verdict; got != "outside_95" {
		t.Errorf("2 of 30 where others have 20 is %s the funnel: %+v", got, s)
	}
	if got := usual.Score("top_objectives_effort_funnel").Verdict; got != "inside" {
		t.Errorf("the usual team is %s", got)
	}
	// Among many more that are alike it stands out further.
	if s := placedWorld(append(slices.Repeat([]int{21}, 59), 2)...).evaluate(t).Team("team-59").Score("top_objectives_effort_funnel"); s.Verdict != "outside_998" {
		t.Errorf("%+v", s)
	}
	if s := placedWorld(20, 20).evaluate(t).Team("team-0").Score("top_objectives_effort_shrunk"); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("two teams: %+v", s)
	}
	// A team that may not be told of is no part of the mean.
	hidden := placedWorld(21, 21, 22, 20, 21, 21, 21, 22, 20, 2, 21, 21, 22, 20, 21, 21, 21, 22, 20, 21)
	hidden.declared.Teams[9].Members = hidden.declared.Teams[9].Members[:2]
	r = hidden.evaluate(t)
	if s := r.Team("team-9").Score("top_objectives_effort_shrunk"); s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("%+v", s)
	}
	if s := r.Team("team-9").Score("top_objectives_effort_funnel"); s.Status != scoring.SuppressedPrivacy || s.Verdict != "" {
		t.Errorf("%+v", s)
	}
}
