package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A methodsPage says how every number is made.
type methodsPage struct {
	Headline, Latest []method
	Statuses         []seen
}

// A method is the definition of a score with its value now.
type method struct {
	scoring.Definition
	Now       string
	Threshold string
	Behind    *subjectLink // what it is made of
}

func methodsOf(s *server, _ *http.Request) (any, string, error) {
	report := s.Report()
	p := &methodsPage{}
	told := make(map[string]bool)
	for _, d := range s.scores {
		if told[d.Name] {
			continue
		}
		told[d.Name] = true
		m := method{Definition: d, Behind: behind(d)}
		if report != nil {
			m.now(report)
		}
		if d.Windowed {
			p.Headline = append(p.Headline, m)
		} else {
			p.Latest = append(p.Latest, m)
		}
	}
	return p, "", nil
}

// behind is where the work behind a score is listed, nil where that would be
// people's days.
func behind(d scoring.Definition) *subjectLink {
	for _, of := range []struct {
		prefixes []string
		link     subjectLink
	}{
		{[]string{"shadow_", "unplanned_", "noise_output", "text_"}, subjectLink{"the shadow roadmap", "/shadow"}},
		{[]string{"top_objectives_", "allocation_gap", "priority_", "starved_", "watermelon_ratio", "ownership_gap", "unclear_", "activity_phrased", "pareto_share"}, subjectLink{"the objectives", "/objectives"}},
		{[]string{"run_work_", "toil_"}, subjectLink{"run work", "/explain?subject=run_work"}},
		{[]string{"zombie_effort"}, subjectLink{"work for what was stopped", "/explain?subject=stopped"}},
		{[]string{"stop_", "stops_", "zombie_", "live_zombie_", "kill_session_", "announcement_lag", "workstream_net_growth"}, subjectLink{"the kill list", "/kill-list"}},
		{[]string{"structure_", "drift_phase", "drift_indicator_", "drift_latch_", "restatement", "unexplained_shift", "objective_churn", "rank_volatility", "review_", "loop_"}, subjectLink{"what changed", "/changes"}},
		{[]string{"effort_coverage", "effort_model_spread"}, subjectLink{"the sources", "/sources#coverage"}},
	} {
		if slices.ContainsFunc(of.prefixes, func(prefix string) bool { return strings.HasPrefix(d.Name, prefix) }) {
			return &of.link
		}
	}
	if d.Objectives && !d.Teams {
		return &subjectLink{"each objective, with its items", "/objectives"}
	}
	return nil
}

// now fills in what a report says of the score.
func (m *method) now(report *scoring.Report) {
	score := report.Score(m.Name)
	if w := findings.Headline(report); m.Windowed && w != nil {
		score = w.Org.Score(m.Name)
	}
	if score != nil {
		m.Now = amount(m.Definition, score.Value)
		if score.Status != scoring.OK {
			m.Now = findings.Words(string(score.Status))
		}
	}
	if limit, ok := report.Thresholds[m.Name]; ok {
		m.Threshold = amount(m.Definition, scoring.Number(limit))
	}
}
