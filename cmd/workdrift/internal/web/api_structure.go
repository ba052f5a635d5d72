package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// An editRow is one line of the structure log.
type editRow struct {
	Known     time.Time `json:"known_from,omitzero"`      // not told of members
	Effective string    `json:"effective_from,omitempty"` // 2006-01-02
	Objective string    `json:"objective,omitempty"`
	Kind      string    `json:"kind"`
	State     string    `json:"state,omitempty"` // of an edit of the state
	Team      string    `json:"team,omitempty"`  // of a change of members, or of what a team owns
	Connector string    `json:"connector,omitempty"`
	at        time.Time // see Entry.At
	id        string
}

func editRows(h *findings.History) []editRow {
	log := h.Entries()
	rows := make([]editRow, 0, len(log))
	edits := 0
	for _, entry := range log {
		e := entry.Edit
		if e == nil {
			m := entry.Member
			rows = append(rows, editRow{Effective: m.Day.String(), Kind: findings.Membership, Team: m.Team, at: entry.At, id: fmt.Sprintf("%s/%s", m.Day, m.Team)})
			continue
		}
		rows = append(rows, editRow{
			Team: e.Team(), Connector: e.Connector(),
			Known: entry.At, Effective: e.Effective.String(), Objective: e.Objective, Kind: string(e.Kind), State: string(e.State), at: entry.At,
			id: fmt.Sprintf("%d/%s/%s/%d", e.Known.Unix(), e.Objective, e.Kind, edits),
		})
		edits++
	}
	return rows
}

// structureLog lists what was changed about what is declared, and on which days
// the members of teams did, oldest first.
func structureLog(s *server, r *http.Request) (any, error) {
	within, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	rows := slices.DeleteFunc(editRows(s.Declared()), func(e editRow) bool {
		return !within(e.at) || q.Has("objective") && q.Get("objective") != e.Objective || q.Has("team") && q.Get("team") != e.Team
	})
	return tableOf(r, nil, rows, func(e *editRow) string { return e.id })
}

// spanOf reads the parameters from and to, both included.
func spanOf(r *http.Request) (func(time.Time) bool, error) {
	var ends [2]time.Time
	for i, name := range []string{"from", "to"} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, &Refusal{Status: http.StatusBadRequest, Detail: fmt.Sprintf("The parameter %q must be a time such as 2026-03-31T00:00:00Z.", name)}
		}
		ends[i] = at
	}
	return func(t time.Time) bool {
		return !t.Before(ends[0]) && (ends[1].IsZero() || !t.After(ends[1]))
	}, nil
}

// A declaration is one version of what is declared.
type declaration struct {
	Known      time.Time           `json:"known_from"`
	TopN       int                 `json:"top_n"`
	Objectives []declaredObjective `json:"objectives"`
}

type declaredObjective struct {
	ID       string            `json:"id"`
	Text     string            `json:"text"`
	Teams    []string          `json:"teams"`
	Keys     []string          `json:"keys"`
	Versions []declaredVersion `json:"versions"`
}

type declaredVersion struct {
	From   string         `json:"effective_from,omitempty"` // "" for since ever
	Rank   int            `json:"rank"`
	State  string         `json:"state"`
	Target scoring.Number `json:"declared_ratio"`
	Owner  string         `json:"owner"` // team id, "" when none
	Due    string         `json:"due,omitempty"`
}

// declarations lists every version of what is declared, newest first.
func declarations(s *server, r *http.Request) (any, error) {
	var rows []declaration
	for _, loaded := range s.Declared().Declared {
		d := declaration{Known: loaded.Known.UTC(), TopN: loaded.Set.TopN, Objectives: []declaredObjective{}}
		for i := range loaded.Set.Objectives {
			o := &loaded.Set.Objectives[i]
			out := declaredObjective{ID: o.ID, Text: o.Text, Teams: orNone(o.Teams), Keys: orNone(o.Keys)}
			for _, v := range o.Versions {
				target := scoring.Absent()
				if v.TargetShare >= 0 {
					target = scoring.Number(v.TargetShare)
				}
				out.Versions = append(out.Versions, declaredVersion{
					From: v.From.String(), Rank: v.Rank, State: string(v.State), Target: target, Owner: v.OwnerTeam, Due: v.Due.String(),
				})
			}
			d.Objectives = append(d.Objectives, out)
		}
		rows = append(rows, d)
	}
	slices.Reverse(rows)
	return tableOf(r, nil, orNone(rows), func(d *declaration) string { return d.Known.Format(time.RFC3339) })
}

// An annotation marks a moment on a chart.
type annotation struct {
	Time  time.Time `json:"time"`
	Unix  int64     `json:"time_ms"` // the same, as Grafana counts
	Title string    `json:"title"`
	Text  string    `json:"text"`
	Tags  []string  `json:"tags"`
}

// annotations are the edits of what is declared, the changes of the members of
// teams and the decisions about items, as moments to draw on charts: what happened
// at the same time, which is not what caused it.
func annotations(s *server, r *http.Request) (any, error) {
	within, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	marks := []annotation{}
	add := func(at time.Time, title, text string, tags ...string) {
		if at = at.UTC(); within(at) {
			marks = append(marks, annotation{at, at.UnixMilli(), title, text, tags})
		}
	}
	for _, e := range s.Declared().Edits {
		of, text := cmp.Or(e.Objective, e.About, "configuration"), strings.ReplaceAll(string(e.Kind), "_", " ")
		if e.State != "" {
			text += " " + string(e.State)
		}
		add(e.Known, of, text, "workdrift", "declared", string(e.Kind))
	}
	for _, m := range s.Declared().Members {
		add(m.Day.Time(), m.Team, "members changed", "workdrift", findings.Membership)
	}
	if s.Overrides != nil {
		for at, list := range findings.Moments(s.Overrides()) {
			add(at.When, "decided: "+at.To, fmt.Sprintf("%d items", len(list)), "workdrift", "decided", at.To)
		}
	}
	slices.SortFunc(marks, func(a, b annotation) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Text, b.Text))
	})
	return marks, nil
}
