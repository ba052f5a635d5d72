package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
)

// An asideRow is a record that could not be read.
type asideRow struct {
	Source string     `json:"source"`
	ID     string     `json:"id,omitempty"`
	Reason string     `json:"reason"`
	Since  *time.Time `json:"since"`
	at     string     // names the row in a cursor
}

func (s *server) asideRows() []asideRow {
	rows := []asideRow{}
	if s.SetAside == nil {
		return rows
	}
	for i, q := range s.SetAside() {
		row := asideRow{Source: q.Source, ID: q.ID, Reason: q.Reason, at: fmt.Sprintf("%d %s %s", q.Since.Unix(), q.Source, q.ID)}
		if row.ID == "" {
			row.at += fmt.Sprint(i) // several may be withheld
		}
		if !q.Since.IsZero() {
			row.Since = new(q.Since.UTC())
		}
		rows = append(rows, row)
	}
	return rows
}

// quarantine lists the newest records that could not be read.
func quarantine(s *server, r *http.Request) (any, error) {
	return tableOf(r, nil, s.asideRows(), func(row *asideRow) string { return row.at })
}

// An asideLine is a record that could not be read, in words.
type asideLine struct{ Source, ID, Reason, Since string }

// shownAside is how many records a page lists.
const shownAside = 20

// asideLines are the records of the page from a cursor on, and the cursor of the
// next, "" after the last.
func (s *server) asideLines(cursor string) (list []asideLine, next string, err error) {
	rows := s.asideRows()
	from := 0
	if cursor != "" {
		at, last, ok := parseCursor(cursor)
		if !ok {
			return nil, "", &Refusal{Status: http.StatusBadRequest, Detail: "The cursor is not one of this page."}
		}
		from = min(at, len(rows))
		for i := range rows {
			if rows[i].at == last {
				from = i + 1
			}
		}
	}
	rows = rows[from:]
	if len(rows) > shownAside {
		next, rows = formatCursor(from+shownAside, rows[shownAside-1].at), rows[:shownAside]
	}
	for _, row := range rows {
		line := asideLine{Source: row.Source, ID: row.ID, Reason: row.Reason, Since: "not known"}
		if row.Since != nil {
			line.Since = findings.Date(*row.Since)
		}
		list = append(list, line)
	}
	return list, next, nil
}
