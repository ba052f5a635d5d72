package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

//go:embed openapi.yaml
var openAPIFile []byte

func openAPI(*server, *http.Request) (any, error) {
	return raw{contentType: "application/yaml", body: openAPIFile}, nil
}

// wholeReport is everything that the engine told, as it told it.
func wholeReport(s *server, _ *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	return encodeReport(report)
}

func encodeReport(report *scoring.Report) (raw, error) {
	var b bytes.Buffer
	// Without indentation, which takes as long again as all the rest.
	if err := json.NewEncoder(&b).Encode(reportAnswer{report, statsOf(report.Stats)}); err != nil {
		return raw{}, fmt.Errorf("encode the report: %w", err)
	}
	return raw{contentType: "application/json", body: b.Bytes()}, nil
}

// reportAnswer is a report with its counts as the API spells them.
type reportAnswer struct {
	*scoring.Report
	Stats stats `json:"stats"`
}

type stats struct {
	Items     int      `json:"items"`
	Touches   int      `json:"touches"`
	Weeks     int      `json:"person_weeks"`
	Logs      int      `json:"work_logs"`
	Ghosts    int      `json:"events_without_author"`
	Machine   int      `json:"machine_events"`
	Strange   int      `json:"unmatched_identities"`
	Conflicts int      `json:"identity_conflicts"`
	Unread    []string `json:"unread_groups"`
}

func statsOf(s scoring.EngineStats) stats {
	return stats{s.Items, s.Touches, s.Weeks, s.Logs, s.Ghosts, s.Machine, s.Strange, s.Conflicts, orNone(s.UnreadGroups)}
}

// A scoreRow is one score of one scope.
type scoreRow struct {
	Scope     string      `json:"scope"` // organisation, team, objective
	Team      string      `json:"team,omitempty"`
	Objective string      `json:"objective,omitempty"`
	Window    string      `json:"window,omitempty"` // "" for what has one value as of the day
	Until     scoring.Day `json:"until"`
	scoring.Score
}

func (r *scoreRow) key() string {
	return r.Scope + "\x00" + r.Team + "\x00" + r.Objective + "\x00" + r.Window + "\x00" + r.Name
}

const (
	ofOrganisation = "organisation"
	ofTeam         = "team"
	ofObjective    = "objective"
)

func allScores(report *scoring.Report) []scoreRow {
	rows := []scoreRow{}
	add := func(at scoreRow, list []scoring.Score) {
		for _, score := range list {
			at.Score = score
			rows = append(rows, at)
		}
	}
	for _, w := range report.Windows {
		add(scoreRow{Scope: ofOrganisation, Window: w.Label, Until: w.Until}, w.Org.Scores)
		for _, t := range w.Teams {
			add(scoreRow{Scope: ofTeam, Team: t.Team, Window: w.Label, Until: t.Until}, t.Scores)
		}
	}
	add(scoreRow{Scope: ofOrganisation, Until: report.Day}, report.Scores)
	for _, t := range report.Teams {
		add(scoreRow{Scope: ofTeam, Team: t.Team, Until: report.Day}, t.Scores)
	}
	for _, o := range report.Objectives {
		add(scoreRow{Scope: ofObjective, Objective: o.ID, Until: report.Day}, o.Scores)
	}
	return rows
}

// scores lists every score of every scope.
func scores(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	rows := allScores(report)
	for name, of := range map[string]func(*scoreRow) string{
		"window":    func(row *scoreRow) string { return row.Window },
		"scope":     func(row *scoreRow) string { return row.Scope },
		"team":      func(row *scoreRow) string { return row.Team },
		"objective": func(row *scoreRow) string { return row.Objective },
		"name":      func(row *scoreRow) string { return row.Name },
		"status":    func(row *scoreRow) string { return string(row.Status) },
	} {
		if q := r.URL.Query(); q.Has(name) {
			rows = slices.DeleteFunc(rows, func(row scoreRow) bool { return of(&row) != q.Get(name) })
		}
	}
	return tableOf(r, report, rows, (*scoreRow).key)
}

// tableOf makes the page of a table that is asked for.
func tableOf[T any](r *http.Request, report *scoring.Report, rows []T, key func(*T) string) (any, error) {
	page, next, err := pageOf(r, rows, key)
	if err != nil {
		return nil, err
	}
	out := listing{Rows: page, Next: next}
	if report != nil {
		out.AsOf = headOf(report)
	}
	return out, nil
}

// An effortRow is the effort of a scope on one thing.
type effortRow struct {
	Scope     string         `json:"scope"`
	Team      string         `json:"team,omitempty"`
	Window    string         `json:"window"`
	From      scoring.Day    `json:"from"`
	Until     scoring.Day    `json:"until"`
	Category  string         `json:"category"`            // objective, run_work, excluded, stopped, unknown
	Objective string         `json:"objective,omitempty"` // "" for a category as a whole
	Effort    scoring.Number `json:"person_days"`
	Share     scoring.Number `json:"ratio"` // of all effort of the scope
}

func (r *effortRow) key() string {
	return r.Scope + "\x00" + r.Team + "\x00" + r.Window + "\x00" + r.Category + "\x00" + r.Objective
}

// effortTable lists effort by category, and within objectives by objective.
func effortTable(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	rows := allEffort(report, func(window, kind, team string) bool {
		return (!q.Has("window") || q.Get("window") == window) && (!q.Has("scope") || q.Get("scope") == kind) &&
			(!q.Has("team") || q.Get("team") == team)
	})
	return tableOf(r, report, rows, (*effortRow).key)
}

// everyScope wants all rows of a table.
func everyScope(_, _, _ string) bool { return true }

// allEffort makes the rows of the scopes that are wanted. Scopes that are
// withheld have no rows.
func allEffort(report *scoring.Report, wanted func(window, kind, team string) bool) []effortRow {
	rows := []effortRow{}
	add := func(w *scoring.WindowReport, scope *scoring.Scope, kind string) {
		if !wanted(w.Label, kind, scope.Team) {
			return
		}
		row := effortRow{Scope: kind, Team: scope.Team, Window: w.Label, From: w.From, Until: scope.Until}
		for _, c := range scope.Effort {
			row.Category, row.Effort, row.Share = c.Category.String(), c.Effort, scoring.Absent()
			if scope.Total > 0 {
				row.Share = c.Effort / scope.Total
			}
			rows = append(rows, row)
		}
		row.Category = scoring.OnObjective.String()
		for _, o := range scope.Objectives {
			row.Objective, row.Effort, row.Share = o.Objective, o.Effort, o.Share
			rows = append(rows, row)
		}
	}
	for i := range report.Windows {
		w := &report.Windows[i]
		add(w, &w.Org, ofOrganisation)
		for t := range w.Teams {
			add(w, &w.Teams[t], ofTeam)
		}
	}
	return rows
}

// A weekRow is one closed week of the organisation.
type weekRow struct {
	Week string `json:"week"` // 2026-W14
	scoring.WeekReport
}

// weeks is the trend, oldest week first.
func weeks(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	rows := make([]weekRow, 0, len(report.Weeks))
	for _, w := range report.Weeks {
		rows = append(rows, weekRow{findings.ISOWeek(w.Monday), w})
	}
	return tableOf(r, report, rows, func(w *weekRow) string { return w.Week })
}

// A sourceRow says how current a connector is.
type sourceRow struct {
	Name        string     `json:"name"`
	Provider    string     `json:"provider"`
	LastSuccess *time.Time `json:"last_success"`
	Watermark   *time.Time `json:"watermark"` // complete up to here
	Failure     string     `json:"failure"`   // reason of the last failure, "" when the last fetch succeeded
	RetryAt     *time.Time `json:"retry_at"`
	Backlog     int        `json:"backlog_pages"`
	Quarantined int        `json:"quarantined_items"`
	Quotas      []Quota    `json:"quotas"` // as the provider told last
	Unseen      []string   `json:"unseen"` // what its polls do not notice
}

// sources tells how current the connectors are, in declared order.
func sources(s *server, r *http.Request) (any, error) {
	known := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC().Truncate(time.Second)
		return &t
	}
	rows := []sourceRow{}
	for _, c := range s.Sources() {
		rows = append(rows, sourceRow{
			Name: c.Name, Provider: c.Provider, LastSuccess: known(c.LastSuccess), Watermark: known(c.Watermark),
			Failure: c.Failure, RetryAt: known(c.RetryAt), Backlog: c.Backlog, Quarantined: c.Quarantined, Quotas: orNone(c.Quotas), Unseen: orNone(c.Unseen),
		})
	}
	return tableOf(r, nil, rows, func(row *sourceRow) string { return row.Name })
}

// findingTable lists what is worth pointing out, the most useful first.
func findingTable(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	rows := append([]findings.Finding{}, s.Findings(report)...)
	return tableOf(r, report, rows, func(f *findings.Finding) string { return f.ID })
}
