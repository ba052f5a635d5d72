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
	Headline, Latest []*method
}

// A method is one definition: of a score, or of the several that a metric has one
// of for each of its views.
type method struct {
	Help                            string
	Scores                          []methodScore
	Metrics                         []string
	Organisation, Teams, Objectives bool
	Behind                          *subjectLink // what it is made of
}

// A methodScore is a score with its value now.
type methodScore struct{ Name, Now, Threshold string }

func methodsOf(s *server, _ *http.Request) (any, string, error) {
	report := s.Report()
	p := &methodsPage{}
	told, defined := make(map[string]bool), make(map[string]*method)
	for _, d := range s.scores {
		if told[d.Name] {
			continue
		}
		told[d.Name] = true
		m := defined[d.Help]
		if m == nil {
			m = &method{Help: d.Help, Behind: behind(d)}
			defined[d.Help] = m
			if d.Windowed {
				p.Headline = append(p.Headline, m)
			} else {
				p.Latest = append(p.Latest, m)
			}
		}
		m.add(d, report)
	}
	return p, "", nil
}

func (m *method) add(d scoring.Definition, report *scoring.Report) {
	score := methodScore{Name: d.Name}
	if report != nil {
		score.now(d, report)
	}
	m.Scores = append(m.Scores, score)
	if d.Metric != "" && !slices.Contains(m.Metrics, d.Metric) {
		m.Metrics = append(m.Metrics, d.Metric)
	}
	m.Organisation, m.Teams, m.Objectives = m.Organisation || d.Organisation, m.Teams || d.Teams, m.Objectives || d.Objectives
}

// Title is what the scores have in common, or their names where that is nothing.
func (m *method) Title() string {
	common, _ := findings.ScoreView(m.Scores[0].Name)
	names := make([]string, 0, len(m.Scores))
	for _, score := range m.Scores {
		if kind, _ := findings.ScoreView(score.Name); kind != common {
			common = ""
		}
		names = append(names, findings.ScoreName(score.Name))
	}
	if common != "" && len(names) > 1 {
		return common
	}
	return strings.Join(names, " · ")
}

// View is which of the several it is.
func (s *methodScore) View() string {
	_, of := findings.ScoreView(s.Name)
	return of
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
func (s *methodScore) now(d scoring.Definition, report *scoring.Report) {
	score := report.Score(d.Name)
	if w := findings.Headline(report); d.Windowed && w != nil {
		score = w.Org.Score(d.Name)
	}
	if score != nil {
		s.Now = amount(d, score.Value)
		if score.Status != scoring.OK {
			s.Now = findings.Words(string(score.Status))
		}
	}
	if limit, ok := report.Thresholds[d.Name]; ok {
		s.Threshold = amount(d, scoring.Number(limit))
	}
}
