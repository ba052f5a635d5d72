package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func version(from objective.Date, rank int, share float64, due objective.Date, owner string, state objective.State) objective.Version {
	return objective.Version{From: from, Rank: rank, State: state, TargetShare: share, Due: due, OwnerTeam: owner, HasOwner: owner != ""}
}

// An edit tells what it changed from and to, whether the file dates it itself or
// was read again.
func TestEditText(t *testing.T) {
	spring, summer := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	day := objective.DateOf(spring)
	set := func(text string, v ...objective.Version) objective.Set {
		return objective.Set{TopN: 3, Objectives: []objective.Objective{{ID: "sso", Text: text, Start: objective.NoDate, Versions: v}}}
	}
	first := version(objective.NoDate, 3, -1, objective.NoDate, "", objective.Active)
	second := version(day-10, 1, .2, objective.NoDate, "core", objective.Active)
	third := version(day+80, 1, .1, day+200, "core", objective.Retired)
	declared := []objective.Loaded{
		{Known: spring, Set: set("Sign-on", first, second)},
		{Known: summer, Set: set("Single sign-on", first, second, third)},
	}
	h := &History{Declared: declared, Edits: objective.Edits(declared)}
	var got []string
	for _, e := range h.Edits {
		got = append(got, h.EditText(e))
	}
	want := []string{"owner from none to core", "rank from 3 to 1", "declared share from none to 20 %", "text",
		"due from none to " + Date((day + 200).Time()), "state retired", "declared share from 20 % to 10 %"}
	if !slices.Equal(got, want) {
		t.Errorf("edits %q, want %q", got, want)
	}
	if got := h.EditText(objective.Edit{Objective: "gone", Kind: objective.EditRemoved, Known: summer}); got != "removed" {
		t.Errorf("the edit of what is declared no more is %q", got)
	}
	for kind, want := range map[objective.EditKind]string{
		objective.EditConnector: "settings of the connector x", objective.EditWorkflow: "what x takes states of tickets for",
		objective.EditOwned: "what the team x owns", objective.EditMembers: "how many belong to x",
	} {
		if got := h.EditText(objective.Edit{Kind: kind, About: "x", Known: summer}); got != want {
			t.Errorf("the edit %s is %q", kind, got)
		}
	}
	if got, week := lastDecision(h, "sso"); got != "state retired, declared share from 20 % to 10 % on 1 Jun 2026" || week != "2026-W23" {
		t.Errorf("the last decision is %q in %q", got, week)
	}
}

func TestAround(t *testing.T) {
	monday := scoring.Day(objective.DateOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)))
	report := func(top ...scoring.Number) *scoring.Report {
		r := &scoring.Report{}
		for i, v := range top {
			r.Weeks = append(r.Weeks, scoring.WeekReport{Monday: monday + scoring.Day(7*i), Top: v, Shadow: scoring.Absent()})
		}
		return r
	}
	no := scoring.Absent()
	for _, tc := range []struct {
		name string
		r    *scoring.Report
		at   int // of the weeks
		want string
	}{
		{"whole", report(.9, .6, .6, .6, .6, .2, .2, .2, .2, .9), 5, "On the top priorities 60 % in the 4 weeks before, 20 % in the 4 weeks from here on."},
		{"partly", report(.6, .6, no, .2, .4), 2, "On the top priorities 60 % in the 2 weeks before, 30 % in the 3 weeks from here on."},
		{"just now", report(.6, .6, .6, .2), 3, "Too early to compare: 1 week has closed since."},
		{"open week", report(.6, .6, .6), 3, "Too early to compare: 0 weeks have closed since."},
		{"at the start", report(.6, .6, .6), 0, ""},
		{"withheld", report(no, no, no, no), 2, ""},
	} {
		if got := Around(tc.r, monday+scoring.Day(7*tc.at)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestForecastOf(t *testing.T) {
	score := func(name string, v, lower, upper scoring.Number) scoring.Score {
		return scoring.Score{Name: name, Value: v, Lower: lower, Upper: upper, Status: scoring.OK}
	}
	no := scoring.Absent()
	missing := score(scoring.ObservedConfidence, no, no, no)
	missing.Status, missing.Reason = scoring.Undefined, "no due date is declared"
	due := objective.DateOf(time.Date(2027, 1, 11, 0, 0, 0, 0, time.UTC))
	declared := &objective.Objective{Versions: []objective.Version{version(objective.NoDate, 1, -1, due, "", objective.Active)}}
	for _, tc := range []struct {
		scores []scoring.Score
		state  objective.State
		word   string
		texts  []string
	}{
		{[]scoring.Score{score(scoring.ObservedConfidence, .85, .7, .9), score(scoring.OutcomeConfidence, .98, .98, .98)}, objective.Active, "on track",
			[]string{"By the delivery so far it is on track: 85 % likely, between 70 % and 90 %.", "By the trend of its outcome it is on track: 98 % likely."}},
		{[]scoring.Score{score(scoring.ObservedConfidence, .85, no, no), score(scoring.OutcomeConfidence, .02, no, no)}, objective.Active, "off track", []string{"85 %", "2 %"}},
		{[]scoring.Score{score(scoring.ObservedConfidence, .4, no, no)}, objective.Active, "at risk", nil},
		{[]scoring.Score{missing}, objective.Active, "not known", []string{"By the delivery so far it cannot be told: no due date is declared."}},
		{nil, objective.Active, "not known", []string{"Neither"}},
		{nil, objective.Retired, "retired", []string{"not active any more"}},
	} {
		f := ForecastOf(&scoring.ObjectiveReport{State: tc.state, Scores: tc.scores}, declared, 0)
		if f.Word != tc.word || tc.state == objective.Active && f.Due != "11 Jan 2027" {
			t.Errorf("%q, due %q, want %q", f.Word, f.Due, tc.word)
		}
		for _, text := range tc.texts {
			if !strings.Contains(f.Text, text) {
				t.Errorf("%q does not say %q", f.Text, text)
			}
		}
	}
	if gaps := EndstateGaps(declared, 0); !slices.Equal(gaps, []string{"an outcome that is measured", "a target", "a baseline"}) {
		t.Errorf("gaps %q", gaps)
	}
}
