package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// streamTable lists the streams of the shadow roadmap, the largest first.
func streamTable(s *server, r *http.Request) (any, error) {
	if _, err := s.published(); err != nil {
		return nil, err
	}
	streams, err := s.Streams(r.Context())
	if err != nil {
		return nil, err
	}
	rows := make([]findings.Stream, 0, len(streams.List))
	for _, stream := range streams.List {
		if q := r.URL.Query(); q.Has("category") && q.Get("category") != stream.Category {
			continue
		}
		stream.Trend, stream.Terms, stream.Labels, stream.Paths = orNone(stream.Trend), orNone(stream.Terms), orNone(stream.Labels), orNone(stream.Paths)
		rows = append(rows, stream)
	}
	return tableOf(r, streams.AsOf, rows, func(stream *findings.Stream) string { return stream.ID })
}

// A stopRow is the clock of one stop decision.
type stopRow struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	scoring.StopClock
}

// stopTable lists the clocks of stop decisions as the kill list shows them.
func stopTable(s *server, r *http.Request) (any, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	rows := []stopRow{}
	for _, c := range findings.StopsOf(report) {
		rows = append(rows, stopRow{ID: fmt.Sprintf("%s/%s", c.Start, cmp.Or(c.Objective, c.Key)), Title: c.Title, StopClock: c})
	}
	return tableOf(r, report, rows, func(row *stopRow) string { return row.ID })
}

// A definitionRow is what a score is.
type definitionRow struct {
	Name   string   `json:"name"`
	Metric string   `json:"metric"`
	Unit   string   `json:"unit"`  // of the metric: ratio, seconds, or "" for a plain number
	Scale  float64  `json:"scale"` // from the value of the score to the unit
	Window bool     `json:"windowed"`
	Of     []string `json:"scopes"`
	Help   string   `json:"help"`
}

// definitionTable lists what the scores are, in the words of the metrics' help.
func definitionTable(s *server, r *http.Request) (any, error) {
	var rows []definitionRow
	for _, d := range s.scores {
		if slices.ContainsFunc(rows, func(have definitionRow) bool { return have.Name == d.Name }) {
			continue
		}
		rows = append(rows, definitionRow{d.Name, d.Metric, d.Unit, d.Scale, d.Windowed, scopesOf(d), d.Help})
	}
	return tableOf(r, nil, rows, func(d *definitionRow) string { return d.Name })
}

func scopesOf(d scoring.Definition) (of []string) {
	for _, has := range []struct {
		is   bool
		name string
	}{{d.Organisation, ofOrganisation}, {d.Teams, ofTeam}, {d.Objectives, ofObjective}} {
		if has.is {
			of = append(of, has.name)
		}
	}
	return of
}
