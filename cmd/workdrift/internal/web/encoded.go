package web

import (
	"net/http"

	"github.com/workdrift/workdrift/scoring"
)

// Encoded are the answers that say no more than a report does and take the
// longest to encode. They are made with the report, so that nobody waits for
// them, and do not change.
type Encoded struct {
	report  *scoring.Report
	answers map[string]raw // by path, to a request without parameters
}

// Encode makes those of a report.
func Encode(report *scoring.Report) (*Encoded, error) {
	x := &Encoded{report, make(map[string]raw)}
	for _, a := range []struct {
		path string
		of   func(*scoring.Report) (raw, error)
	}{
		{apiPath + "report", encodeReport},
		{apiPath + "scores.csv", func(r *scoring.Report) (raw, error) { return encodeTable(allScores(r)) }},
		{apiPath + "effort.csv", func(r *scoring.Report) (raw, error) { return encodeTable(allEffort(r, everyScope)) }},
	} {
		answer, err := a.of(report)
		if err != nil {
			return nil, err
		}
		answer.tag = tagOf(answer.body)
		x.answers[a.path] = answer
	}
	return x, nil
}

// Report is what is encoded.
func (x *Encoded) Report() *scoring.Report { return x.report }

func encodeTable(rows any) (raw, error) {
	contentType, body, err := encode(true, listing{Rows: rows})
	return raw{contentType: contentType, body: body}, err
}

// prepared returns the answer to a request where it was made with the published
// report.
func (s *server) prepared(r *http.Request, path string) (raw, bool) {
	if s.Encoded == nil || r.URL.RawQuery != "" {
		return raw{}, false
	}
	x := s.Encoded()
	if x == nil || x.report != s.Report() {
		return raw{}, false // for the moment in which one report takes the place of another
	}
	answer, ok := x.answers[path]
	return answer, ok
}
