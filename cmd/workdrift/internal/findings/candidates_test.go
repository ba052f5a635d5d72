package findings

import (
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// Stopped work is told with the objective that ended; where several did, nobody
// claims that one of them is left alone.
func TestWhatEndedAndGoesOn(t *testing.T) {
	streams := &Streams{List: []Stream{{ID: "s1", Category: "stopped", By: "epic", Name: "PAY-1", Title: "Invoices"}, {ID: "s2", Category: "unknown", Name: "acme/assistant"}}}
	one := CandidatesOf(aStory(), streams, nil, nil)
	if len(one.Ended) != 1 || one.Shared != "" || one.Ended[0].Effort != "8 % of all effort goes on" || !slices.Equal(one.Ended[0].Alive, []string{"Invoices (PAY-1)"}) {
		t.Errorf("one ended: %q, %+v", one.Shared, one.Ended)
	}
	report := aStory()
	report.Objectives = append(report.Objectives, scoring.ObjectiveReport{ID: "fax", Title: "Fax", State: objective.Retired})
	two := CandidatesOf(report, streams, nil, nil)
	if len(two.Ended) != 2 || two.Shared != "8 % of all effort" {
		t.Errorf("two ended: %q, %+v", two.Shared, two.Ended)
	}
	for _, c := range two.Ended {
		if c.Effort != "not known" || len(c.Alive) > 0 {
			t.Errorf("of %s is claimed %+v", c.Name, c)
		}
	}
	report.Windows[0].Org.Effort[1].Effort = 0
	if none := CandidatesOf(report, streams, nil, nil); none.Shared != "" {
		t.Errorf("without stopped effort: %q", none.Shared)
	}
}
