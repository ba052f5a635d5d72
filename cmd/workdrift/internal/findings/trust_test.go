package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

func TestDoubts(t *testing.T) {
	score := func(name string, v, lower, upper scoring.Number) scoring.Score {
		return scoring.Score{Name: name, Value: v, Lower: lower, Upper: upper, Status: scoring.OK}
	}
	no := scoring.Absent()
	fine := func() *scoring.Report {
		return &scoring.Report{Windows: []scoring.WindowReport{{Label: "28d", Org: scoring.Scope{
			Status: scoring.OK, Total: 10, Effort: []scoring.CategoryEffort{{Category: scoring.Unknown, Effort: 3}},
			Scores: []scoring.Score{score(scoring.TopObjectivesEffort, .4, .4, .45), score(scoring.EffortCoverage, .9, no, no),
				score(scoring.EffortModelSpread, .01, no, no), score(scoring.RestatementScore, 0, no, no)},
		}}}}
	}
	for name, tc := range map[string]struct {
		change func(*scoring.Report, *scoring.Scope)
		want   []string // what, and a part of why
	}{
		"nothing": {func(*scoring.Report, *scoring.Scope) {}, nil},
		"first":   {func(r *scoring.Report, _ *scoring.Scope) { r.Partial = true }, []string{"everything: first time: a source."}},
		"one first": {func(r *scoring.Report, _ *scoring.Scope) {
			r.Partial, r.Unread, r.Late = true, []string{"slack"}, []string{"jira", "slack"}
		}, []string{"everything: first time: slack.", "everything after " + scoring.Day(0).String() + ": : jira."}},
		"late":     {func(r *scoring.Report, _ *scoring.Scope) { r.Late = []string{"jira"} }, []string{"everything after " + scoring.Day(0).String() + ": jira"}},
		"bounds":   {func(_ *scoring.Report, s *scoring.Scope) { s.Scores[0].Upper = .7 }, []string{"effort on the top priorities and the shadow roadmap: 30 % of the effort"}},
		"coverage": {func(_ *scoring.Report, s *scoring.Scope) { s.Scores[1].Value = .7 }, []string{"all shares of effort: Only 70 %"}},
		"models":   {func(_ *scoring.Report, s *scoring.Scope) { s.Scores[2].Value = .08 }, []string{"all shares of effort: differ by up to 8 %"}},
		"restated": {func(_ *scoring.Report, s *scoring.Scope) { s.Scores[3].Value = .05 }, []string{"past weeks: 5 %"}},
		"withheld": {func(_ *scoring.Report, s *scoring.Scope) { s.Status, s.Reason = scoring.SuppressedPrivacy, "2 people" },
			[]string{"all effort of the last 28 days: Withheld, it would tell of few people: 2 people."}},
		"a team": {func(r *scoring.Report, _ *scoring.Scope) {
			r.Windows[0].Teams = []scoring.Scope{{Team: "core", Status: scoring.OK}, {Team: "tiny", Status: scoring.SuppressedPrivacy}}
		}, []string{"team tiny: Withheld"}},
		"people": {func(r *scoring.Report, _ *scoring.Scope) {
			r.Stats = scoring.EngineStats{Strange: 1, Conflicts: 2, UnreadGroups: []string{"github:acme/core"}}
		}, []string{"visible time, and what is withheld for few people: 1 account at work", "visible time, and what is withheld for few people: 2 accounts claimed", "what teams work on: github:acme/core"}},
		"untold": {func(r *scoring.Report, s *scoring.Scope) {
			s.Scores[3].Status, s.Scores[3].Reason = scoring.InsufficientData, "no week is frozen"
			r.Scores = []scoring.Score{{Name: "reopen", Status: scoring.InsufficientData, Reason: "no week is frozen"}, {Name: "friction", Status: scoring.Undefined}}
			for i := range 8 {
				r.Scores = append(r.Scores, scoring.Score{Name: fmt.Sprint("s", i), Status: scoring.Stale})
			}
			r.Scores = append(r.Scores, scoring.Score{Name: "s9", Status: scoring.Stale})
		}, []string{"past weeks that count otherwise by now; tickets opened again: Too little data: no week is frozen.", "s0; s1; s2; s3; s4; s5; s6; s7; and 1 more: Stale."}},
	} {
		r := fine()
		tc.change(r, &r.Windows[0].Org)
		doubts := Doubts(r)
		ok := slices.EqualFunc(doubts, tc.want, func(d Doubt, want string) bool {
			what, why, _ := strings.Cut(want, ": ")
			return d.What == what && strings.Contains(d.Why, why) && d.Path != ""
		})
		if !ok {
			t.Errorf("%s: %+v, want %q", name, doubts, tc.want)
		}
	}
}
