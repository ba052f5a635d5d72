package web

import (
	"fmt"
	"net/http"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
)

// A briefPage shows a brief, and leads to those before and after it.
type briefPage struct {
	*brief.Brief
	Chart      *chart.Chart
	File, Text string        // where it is downloaded, as HTML and as Markdown
	Before     *brief.Period // nil where nothing is known of it
	After      *brief.Period // nil where it has not begun
	Other      brief.Period  // of the other edition
	IsKill     bool
}

// briefParams say which brief is asked for.
func briefParams() []string { return []string{"edition", "week", "month"} }

// askedBrief makes the brief that a request asks for: the weekly one of the last
// closed week without parameters.
func (s *server) askedBrief(r *http.Request) (*brief.Brief, error) {
	report, err := s.published()
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p, err := brief.AskedPeriod(q.Get("edition"), q.Get("week"), q.Get("month"), report.Day)
	if err != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Detail: fmt.Sprintf("There is no such brief: %v.", err)}
	}
	return s.Brief(r.Context(), p)
}

func briefOf(s *server, r *http.Request) (any, string, error) {
	b, err := s.askedBrief(r)
	if err != nil {
		return nil, "", err
	}
	p := &briefPage{Brief: b, Chart: b.Chart(), File: "/brief.html?" + b.Query(), Text: "/brief.md?" + b.Query(), Other: brief.LastClosed(brief.KillSession, b.Day), IsKill: b.Edition == brief.KillSession}
	if p.IsKill {
		p.Other = brief.LastClosed(brief.Weekly, b.Day)
	}
	before, after := b.Previous(), b.Next()
	if len(b.Weeks) > 0 && b.Weeks[0].Monday <= before.Until {
		p.Before = &before
	}
	if report, err := s.published(); err == nil && after.From <= report.Day {
		p.After = &after
	}
	return p, b.Title, nil
}

func briefView(s *server, r *http.Request) (any, error) {
	b, err := s.askedBrief(r)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (s *server) briefMarkdown(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "text/markdown; charset=utf-8", "md", func(b *brief.Brief) ([]byte, error) { return []byte(b.Markdown()), nil })
}

// briefHTML sends the page that needs no other. It has its own style, which the
// pages here may not have, so it is to be kept as a file.
func (s *server) briefHTML(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "text/html; charset=utf-8", "html", (*brief.Brief).HTML)
}

func (s *server) download(w http.ResponseWriter, r *http.Request, contentType, suffix string, write func(*brief.Brief) ([]byte, error)) {
	b, err := s.askedBrief(r)
	var body []byte
	if err == nil {
		body, err = write(b)
	}
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=workdrift-%s-%s.%s", b.Edition, b.Name, suffix))
	h.Set("Cache-Control", "private, no-cache")
	if _, err := w.Write(body); err != nil {
		s.Log.Debug("send an answer", "path", r.URL.Path, "err", err)
	}
}
