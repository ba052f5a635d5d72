package scoring_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
)

// What is imported from a repository is kept after what it precedes. It counts
// as of when it was known all the same.
func TestDeclarationsInAnyOrder(t *testing.T) {
	w := coherenceWorld()
	for i, rank := range []int{4, 3, 1} {
		w.history = append(w.history, objective.Loaded{Known: noon(2025, 3, 3+7*i),
			Set: with(w.declared.Set, "o1", func(o *objective.Objective) {
				o.Versions = slices.Clone(o.Versions)
				o.Versions[0].Rank = rank
			})})
	}
	want := w.evaluate(t)
	slices.Reverse(w.history)
	got := w.evaluate(t)
	if asJSON(t, got) != asJSON(t, want) {
		t.Errorf("in the order of import:\n%s\nin that of time:\n%s", asJSON(t, got), asJSON(t, want))
	}
	near(t, "churn", org(t, got, "objective_churn").Value, 1)
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
