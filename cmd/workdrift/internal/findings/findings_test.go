package findings

import (
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// aStory is a report in which everything that can be found is so.
func aStory() *scoring.Report {
	score := func(name string, value scoring.Number, verdict string) scoring.Score {
		return scoring.Score{Name: name, Value: value, Status: scoring.OK, Verdict: verdict}
	}
	return &scoring.Report{
		Day: 20_000, TopN: 2,
		Objectives: []scoring.ObjectiveReport{
			{ID: "sso", Title: "Single sign-on", State: objective.Active, Rank: 1, Declared: .5, Scores: []scoring.Score{
				score(scoring.WatermelonScore, 1, "outcome"), score(scoring.ReportedConfidence, .8, ""), score(scoring.ObservedConfidence, .1, "")}},
			{ID: "audit", Title: "Audit log", State: objective.Active, Rank: 2, Declared: .2, Scores: []scoring.Score{score(scoring.WatermelonScore, 0, "")}},
			{ID: "billing", Title: "Old billing", State: objective.Retired, Rank: 3, Declared: scoring.Absent()},
		},
		Windows: []scoring.WindowReport{{Label: "28d", Org: scoring.Scope{
			Status: scoring.OK, Total: 100,
			Effort: []scoring.CategoryEffort{{Category: scoring.OnObjective, Effort: 45}, {Category: scoring.Stopped, Effort: 8}, {Category: scoring.Unknown, Effort: 30}},
			Objectives: []scoring.ObjectiveEffort{{Objective: "sso", Effort: 30, Share: .3}, {Objective: "audit", Effort: 15, Share: .15},
				{Objective: "billing", Effort: 0, Share: 0}},
			Scores: []scoring.Score{score(scoring.RestatementScore, .12, "")},
		}}},
		Phase: &scoring.PhaseReport{Phase: "total_decoupling", Since: 19_990, Changes: []scoring.PhaseChange{
			{Week: 19_000, To: "aligned"}, {Week: 19_984, From: "aligned", To: "total_decoupling", Why: "because"}}},
		Scores: []scoring.Score{score("structure_shift_top_objectives_effort", -.19, "coincides with rank of sso on 2024-09-01, target of sso on 2024-09-01, due of x"),
			score("structure_shift_timestamp_top_objectives_effort", 19_950*24*3600, "")},
		Breached: map[string]int{"priority_inversion": 4, scoring.ShadowEffort: 4, "allocation_gap": 3},
	}
}

func TestFindings(t *testing.T) {
	streams := &Streams{List: []Stream{{ID: "s1", Category: "excluded", Share: .4}, {ID: "s2", Category: "unknown", By: "repo", Name: "acme/assistant", Share: .22, Works: 41}}}
	want := []struct{ id, text, path string }{
		{"watermelon-sso", "“Single sign-on” is reported green at 80 %; the evidence says 10 % (not supported by outcome).", "/objectives/sso"},
		{"phase", "The phase went from aligned to total decoupling in the week of 18 Sep: objectives are reported green while their outcomes do not move.", "/changes#2024-W38"},
		{"largest-stream", "The largest undeclared stream is repo acme/assistant: about 22 % of all effort, in 41 pieces of work.", "/shadow#s2"},
		{"starved-sso", "“Single sign-on”, priority 1, was to get 50 % of the effort and got 30 % in the last 28 days.", "/objectives/sso"},
		{"stopped-work", "8 % of the effort of the last 28 days, 8 person-days, went on for “Old billing”, which is not active any more.", "/kill-list"},
		{"restatement", "12 % of the effort of weeks that were closed counts for something else now than it did then.", "/changes"},
		{"shift", "The share of the top priorities has been 19 points lower since the week of 15 Aug; that coincides with rank of sso on 2024-09-01, and 2 other changes.", "/changes#2024-W33"},
		{"breach", "Beyond its alert threshold in each of the last 4 weeks: effort against the declared order.", "/methods#priority_inversion"},
	}
	got := Of(aStory(), streams)
	for i, w := range want {
		if i >= len(got) || got[i].ID != w.id || got[i].Text != w.text || got[i].Path != w.path {
			t.Errorf("finding %d is %+v, want %+v", i, at(got, i), w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d findings, want %d", len(got), len(want))
	}
}

func at(list []Finding, i int) Finding {
	if i < len(list) {
		return list[i]
	}
	return Finding{}
}

// What is withheld, small or as declared is not pointed out.
func TestFindingsKeepQuiet(t *testing.T) {
	for name, edit := range map[string]func(*scoring.Report){
		"largest-stream": func(*scoring.Report) {}, // there are no streams
		"unknown-work":   func(r *scoring.Report) { r.Windows[0].Org.Effort = nil },
		"stopped-work":   func(r *scoring.Report) { r.Windows[0].Org.Effort[1].Effort = 0 },
		"starved-audit":  func(*scoring.Report) {},
		"starved-sso":    func(r *scoring.Report) { r.Windows[0].Org.Status = scoring.SuppressedPrivacy },
		"watermelon-sso": func(r *scoring.Report) { r.Objectives[0].Scores[0].Value = scoring.Absent() },
		"phase":          func(r *scoring.Report) { r.Day += 100 },
		"restatement":    func(r *scoring.Report) { r.Windows[0].Org.Scores[0].Value = scoring.Absent() },
		"shift":          func(r *scoring.Report) { r.Scores[0].Value = 0 },
		"breach":         func(r *scoring.Report) { r.Breached["priority_inversion"] = 3 },
	} {
		r := aStory()
		edit(r)
		if list := Of(r, nil); slices.ContainsFunc(list, func(f Finding) bool { return f.ID == name }) {
			t.Errorf("%s is found in %+v", name, list)
		}
	}
	if list := Of(&scoring.Report{}, nil); len(list) > 0 {
		t.Errorf("an empty report has findings: %+v", list)
	}
}

// The first findings are of different kinds, though one kind has the most.
func TestFindingsVary(t *testing.T) {
	r := aStory()
	for i := range r.Objectives[:2] {
		r.Objectives[i].Scores = []scoring.Score{{Name: scoring.WatermelonScore, Value: 1}}
		r.Objectives[i].Declared = 1
	}
	kinds := make(map[string]int)
	for _, f := range Of(r, nil)[:Lead] {
		kinds[f.kind]++
	}
	if len(kinds) != Lead {
		t.Errorf("the first findings are of the kinds %v", kinds)
	}
	for _, f := range Of(r, nil) {
		if strings.Contains(f.Text, "NaN") || strings.Contains(f.Text, "–") {
			t.Errorf("%s says %q", f.ID, f.Text)
		}
	}
}
