package web

import (
	"html/template"
	"net/http"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A killPage is what a kill session needs: what could be stopped, and what goes
// on although it was.
type killPage struct {
	Window *scoring.WindowReport
	Scores scoreGroupLines
	*findings.Candidates
	Stopped []decisionGroup // here, the newest first
	Targets template.HTML
}

func killList(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &killPage{Window: findings.Headline(report), Targets: targetsOf(report)}
	defs := s.definitions
	p.Scores.Name = "How stopping goes"
	p.Scores.Lines = lines(defs, report.Score, "kill_session_timestamp", "live_zombie_workstreams", "stop_resurrections", "stop_latency_median", "stop_latency_restricted_mean", "stops_per_start", "workstream_net_growth")
	var streams *findings.Streams
	if s.Streams != nil {
		if streams, err = s.Streams(r.Context()); err != nil {
			return nil, "", err
		}
	}
	p.Candidates = findings.CandidatesOf(report, streams, s.declared(), s.decided())
	for _, g := range decisionGroups(s.decided(), report) {
		if g.Stops {
			p.Stopped = append(p.Stopped, g)
		}
	}
	return p, "", nil
}
