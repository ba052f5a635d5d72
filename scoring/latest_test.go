package scoring

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/store"
)

// Every score that is handed over is in the catalogue, at its level, once. Every
// help ends in a sentence and says something.
func TestLatestScoresAreInTheCatalogue(t *testing.T) {
	families := latestFamilies()
	names := make(map[string]bool)
	for _, f := range families {
		if names[f.score] {
			t.Errorf("%s is listed twice", f.score)
		}
		names[f.score] = true
		if !strings.HasSuffix(f.help, ".") || len(f.help) < 40 || f.of == 0 {
			t.Errorf("%s: level %d, help %q", f.score, f.of, f.help)
		}
	}
	for _, f := range scoreFamilies() {
		if names[f.score] {
			t.Errorf("%s is listed with and without a window", f.score)
		}
	}
	r := reportOf(t, latestDeclared(), closedAt, closedAt)
	check := func(of level, list []Score) {
		t.Helper()
		if len(list) == 0 {
			t.Errorf("no score of level %d", of)
		}
		for i, s := range list {
			known := slices.ContainsFunc(families, func(f latestFamily) bool { return f.score == s.Name && f.of&of != 0 })
			again := slices.ContainsFunc(list[:i], func(o Score) bool { return o.Name == s.Name })
			if !known || again {
				t.Errorf("%s at level %d: in the catalogue %t, twice %t", s.Name, of, known, again)
			}
		}
	}
	check(ofOrganisation, r.Scores)
	check(ofTeams, r.Teams[0].Scores)
	check(ofObjectives, r.Objectives[0].Scores)
}

var closedAt = time.Date(2025, 4, 1, 19, 0, 0, 0, time.UTC)

func latestDeclared() *Declared {
	due := objective.DateOf(closedAt) + 30
	return &Declared{
		Set: objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{ID: "o1", Start: due - 90,
			Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, Due: due}}}}},
		Effort: effort.DefaultConfig(), Zone: time.UTC, Sources: []string{"gh"}, Privacy: Privacy{KEffort: 3, KPeople: 5, Dominance: .7},
		Windows: Windows{Labels: []string{"7d", "28d"}, CloseGrace: 6 * time.Hour},
		Teams:   []Team{{ID: "core"}},
	}
}

func reportOf(t *testing.T, d *Declared, now, watermark time.Time) *Report {
	t.Helper()
	r, err := Evaluate(Input{Declared: d, Sources: []store.SourceState{{Source: "gh", Watermark: watermark}},
		Changes: []store.Change{{No: 1, Seq: 1, Item: store.Item{Source: "gh", ID: "C1/1", Kind: store.KindDiscussion},
			Events: []store.Event{{Source: "gh", ID: "1", Item: "C1/1", Kind: store.EventCheckIn, Actor: "ana",
				At:    closedAt.AddDate(0, 0, -6),
				Attrs: map[string]string{"objective": "o1", "confidence": "0.6"}}}}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// While a source is late, scores keep their value and say so; while one has
// never been read, too.
func TestLatestScoresGoStale(t *testing.T) {
	for _, c := range []struct {
		name      string
		watermark time.Time
		want      Status
	}{{"current", closedAt, OK}, {"late", closedAt.AddDate(0, 0, -3), Stale}, {"never read", time.Time{}, Stale}} {
		s := reportOf(t, latestDeclared(), closedAt, c.watermark).Objective("o1").Score(ReportedConfidence)
		if s.Status != c.want || s.Value != .6 || (s.Reason != "") != (c.want == Stale) {
			t.Errorf("%s: %v is %s (%s), want 0.6 and %s", c.name, s.Value, s.Status, s.Reason, c.want)
		}
	}
}

// A score says what its estimate says, and holds no number where that has none.
func TestScoreOfEstimate(t *testing.T) {
	known := scoreOf("x", stat.Known(.5, 7).Within(.25, .75))
	if known.Value != .5 || known.Lower != .25 || known.Upper != .75 || known.SampleSize != 7 || known.Status != OK {
		t.Errorf("got %+v", known)
	}
	if plain := scoreOf("x", stat.Known(.5, 7)); plain.Lower.Known() || plain.Upper.Known() {
		t.Errorf("limits where there are none: %+v", plain)
	}
	few := scoreOf("x", stat.Insufficient(3, "3 of 5"))
	if few.Value.Known() || few.Lower.Known() || few.SampleSize != 3 || few.Status != InsufficientData || few.Reason != "3 of 5" {
		t.Errorf("got %+v", few)
	}
	if none := scoreOf("x", stat.NotDefined("0/0")); none.Status != Undefined || none.Value.Known() {
		t.Errorf("got %+v", none)
	}
}

// What follows from who worked when is withheld with the effort of its scope,
// and nothing else is.
func TestLatestScoresAreWithheld(t *testing.T) {
	r := &Report{Windows: []WindowReport{
		{Label: "7d", From: 95, Org: Scope{Status: OK}, Teams: []Scope{{Status: OK}, {Status: OK}}},
		{Label: "28d", From: 70, Org: Scope{Status: InsufficientData}, Teams: []Scope{{Status: SuppressedPrivacy, Reason: "few"}, {Status: OK}}},
	}}
	var byWork, other string
	for _, f := range latestFamilies() {
		if f.work {
			byWork = f.score
		} else {
			other = f.score
		}
	}
	value := func(name string) Score { return plainScore(name, 1, true, "") }
	r.Scores = []Score{value(byWork)}
	r.Teams = []TeamReport{{Scores: []Score{value(byWork), value(other)}}, {Scores: []Score{value(byWork)}}}
	v := &evaluation{report: r}
	v.hide()
	v.finish()
	if s := r.Teams[0].Scores[0]; s.Status != SuppressedPrivacy || s.Reason != "few" || s.Value.Known() {
		t.Errorf("told of a team that is withheld: %+v", s)
	}
	for _, s := range []Score{r.Scores[0], r.Teams[0].Scores[1], r.Teams[1].Scores[0]} {
		if s.Status != OK || s.Value != 1 {
			t.Errorf("withheld without need: %+v", s)
		}
	}
}

// Teams have a budget of their own. When there are too many series, those of
// objectives go, and those of teams stay.
func TestLatestSeriesLimit(t *testing.T) {
	r := reportOf(t, latestDeclared(), closedAt, closedAt)
	c := NewCollector(2000)
	c.Set(r)
	all := testutil.CollectAndCount(c) - 1 // the counter is not part of the report
	exact := all - teamBudget(r)
	c = NewCollector(exact)
	c.Set(r)
	if got := testutil.CollectAndCount(c) - 1; got != all {
		t.Errorf("%d series within the limit, of %d", got, all)
	}
	c = NewCollector(exact - 1)
	c.Set(r)
	if got := testutil.CollectAndCount(c, "workdrift_objective_latest_score_unavailable"); got != 0 {
		t.Errorf("%d reasons of objectives above the limit", got)
	}
	if got := testutil.CollectAndCount(c, "workdrift_team_latest_score_unavailable"); got == 0 {
		t.Error("the reasons of teams went first")
	}
}
