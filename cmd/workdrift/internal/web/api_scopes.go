package web

import (
	"net/http"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/coherence"
)

// An objectiveRow is what is known of an objective. CSV leaves out its lists,
// which /effort and /scores have.
type objectiveRow struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Owner    string          `json:"owner"` // team id, "" when none
	State    string          `json:"state"`
	Rank     int             `json:"rank"`
	Declared scoring.Number  `json:"declared_ratio"`
	OwnerGap coherence.Gap   `json:"owner_gap"` // "" where somebody answers for it
	Effort   []windowEffort  `json:"effort"`
	Scores   []scoring.Score `json:"scores"`
}

// A windowEffort is the organisation's effort on an objective in a window.
type windowEffort struct {
	Window string         `json:"window"`
	Status scoring.Status `json:"status"` // of the organisation in this window
	Effort scoring.Number `json:"person_days"`
	Share  scoring.Number `json:"ratio"`
}

func objectiveOf(report *scoring.Report, o *scoring.ObjectiveReport) objectiveRow {
	row := objectiveRow{
		ID: o.ID, Title: o.Title, Owner: o.Owner, State: string(o.State), Rank: o.Rank, Declared: o.Declared, OwnerGap: o.OwnerGap,
		Effort: []windowEffort{}, Scores: o.Scores,
	}
	if row.Scores == nil {
		row.Scores = []scoring.Score{}
	}
	for i := range report.Windows {
		w := &report.Windows[i]
		in := windowEffort{Window: w.Label, Status: w.Org.Status, Effort: scoring.Absent(), Share: scoring.Absent()}
		for _, e := range w.Org.Objectives {
			if e.Objective == o.ID {
				in.Effort, in.Share = e.Effort, e.Share
			}
		}
		row.Effort = append(row.Effort, in)
	}
	return row
}

// objectives lists what is declared, in declared order.
func objectives(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	rows := make([]objectiveRow, 0, len(report.Objectives))
	for i := range report.Objectives {
		rows = append(rows, objectiveOf(report, &report.Objectives[i]))
	}
	return tableOf(r, report, rows, func(o *objectiveRow) string { return o.ID })
}

// anObjective is one objective with the report it is from.
type anObjective struct {
	AsOf *asOf `json:"as_of"`
	objectiveRow
}

func oneObjective(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	o := report.Objective(r.PathValue("objective"))
	if o == nil {
		return nil, &Refusal{Status: http.StatusNotFound, Detail: "No such objective is declared."}
	}
	return anObjective{headOf(report), objectiveOf(report, o)}, nil
}

// A teamRow is a team in one window.
type teamRow struct {
	Team     string                    `json:"team"`
	Window   string                    `json:"window"`
	Until    scoring.Day               `json:"until"`
	Status   scoring.Status            `json:"status"`
	Reason   string                    `json:"reason,omitempty"`
	Total    scoring.Number            `json:"person_days"`
	Overtime scoring.Number            `json:"overtime_person_days"`
	Effort   []scoring.CategoryEffort  `json:"effort"`
	On       []scoring.ObjectiveEffort `json:"objectives"`
	Owned    *scoring.OwnedReport      `json:"owned,omitempty"`
	Scores   []scoring.Score           `json:"scores"`
}

// teams lists teams in declared order, never ranked, window by window.
func teams(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	rows := []teamRow{}
	for i := range report.Windows {
		w := &report.Windows[i]
		if q.Has("window") && q.Get("window") != w.Label {
			continue
		}
		for _, t := range w.Teams {
			rows = append(rows, teamRow{
				Team: t.Team, Window: w.Label, Until: t.Until, Status: t.Status, Reason: t.Reason,
				Total: t.Total, Overtime: t.Overtime, Effort: orNone(t.Effort), On: orNone(t.Objectives),
				Owned: w.OwnedBy(t.Team), Scores: orNone(t.Scores),
			})
		}
	}
	return tableOf(r, report, rows, func(t *teamRow) string { return t.Window + "\x00" + t.Team })
}

// orNone is a list that encodes as [] where there is none.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
