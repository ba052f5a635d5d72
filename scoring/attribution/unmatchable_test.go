package attribution

import (
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
)

func TestUnmatchable(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    objective.Objective
		want string
	}{
		{"nothing declared", objective.Objective{}, "it has neither keys nor a rule, so no work can match it"},
		{"keys only", objective.Objective{Keys: []string{"PAY-1"}}, ""},
		{"a rule", objective.Objective{Match: like("label", "a")}, ""},
		{"two kinds at once", objective.Objective{Match: ptr(all(attr("kind", exact("change")),
			attr("kind", exact("Ticket"))))}, "no value of kind satisfies its rule"},
		{"no such kind", objective.Objective{Match: like("kind", "pull_request")}, "no value of kind satisfies its rule"},
		{"no kind is left", objective.Objective{Match: ptr(not(attr("kind", glob("*"))))},
			"no value of kind satisfies its rule"},
		{"excludes its only kind", objective.Objective{Match: like("kind", "change"), Excludes: like("kind", "CHANGE")},
			"no value of kind satisfies its rule"},
		{"status", objective.Objective{Match: like("status", "closed")}, "no value of status satisfies its rule"},
		{"two sources at once", objective.Objective{Match: ptr(all(attr("source", exact("a")), attr("source", exact("b"))))},
			"no value of source satisfies its rule"},
		{"a source and a pattern of it", objective.Objective{Match: ptr(all(attr("source", exact("ab")),
			attr("source", glob("a*"))))}, ""},
		{"two labels at once", objective.Objective{Match: ptr(all(attr("label", exact("a")), attr("label", exact("b"))))}, ""},
		{"one way out", objective.Objective{Match: ptr(some(attr("kind", exact("x")), attr("label", exact("a"))))}, ""},
		{"keys beside a bad rule", objective.Objective{Keys: []string{"PAY-1"}, Match: like("kind", "x")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.ID = "o"
			got := ""
			for _, w := range Unmatchable(&objective.Set{Objectives: []objective.Objective{tt.o}}) {
				got += w.Why
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func ptr(r objective.Rule) *objective.Rule { return &r }
