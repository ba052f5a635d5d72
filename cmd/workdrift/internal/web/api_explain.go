package web

import (
	"net/http"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// An Explanation lists the work behind a number. It tells less than the command
// line does: items are few people's work, so an item has only its part of what
// its place got, in coarse steps, and none where that would tell about few.
type Explanation struct {
	// Subject is the key of an item, the id of an objective or a team, or one of
	// run_work, excluded, stopped, unknown.
	Subject string
	Window  string
	AsOf    *scoring.Report // as of when it is
	Items   []findings.ExplainedItem
	// More is how many further items carry effort. They are not listed.
	More int
}

// explanationPage is a page of an explanation.
type explanationPage struct {
	AsOf    *asOf                    `json:"as_of"`
	Subject string                   `json:"subject"`
	Window  string                   `json:"window"`
	Items   []findings.ExplainedItem `json:"items"`
	More    int                      `json:"more_items"`
	Next    string                   `json:"next_cursor,omitempty"`
}

func explain(s *server, r *http.Request) (any, error) {
	q := r.URL.Query()
	if q.Get("subject") == "" {
		return nil, &Refusal{Status: http.StatusBadRequest,
			Detail: "Give a subject: the key of an item, the id of an objective or a team, run_work, excluded, stopped or unknown."}
	}
	if _, err := s.published(); err != nil {
		return nil, err
	}
	window := q.Get("window")
	if window == "" {
		window = findings.HeadlineWindow
	}
	x, err := s.Explain(r.Context(), q.Get("subject"), window)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(r, x.Items, func(i *findings.ExplainedItem) string { return i.Key })
	if err != nil {
		return nil, err
	}
	if wantsCSV(r) {
		return listing{Rows: page}, nil
	}
	return explanationPage{
		AsOf: headOf(x.AsOf), Subject: x.Subject, Window: x.Window, Items: page, More: x.More, Next: next,
	}, nil
}
