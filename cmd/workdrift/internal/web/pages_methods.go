package web

import (
	"net/http"

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
		m := method{Definition: d}
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
