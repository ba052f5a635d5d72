package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// A frame is what every page has around what it is about.
type frame struct {
	Title, Version string
	Path           string // of the entry of the navigation that the page belongs to
	Report         *scoring.Report
	Warnings       []warning
	MayDecide      bool
	Done           *doneNote
	Body           any
}

// A warning is something to know before reading any number.
type warning struct{ Text, Path, Link string }

// A navEntry is one of the pages that every page leads to.
type navEntry struct{ Path, Name string }

func navigation() []navEntry {
	return []navEntry{
		{"/", "Overview"}, {"/brief", "Brief"}, {"/objectives", "Objectives"}, {"/shadow", "Shadow roadmap"}, {"/kill-list", "Kill list"},
		{"/changes", "What changed"}, {"/sources", "Sources"}, {"/methods", "Methods"},
	}
}

// A pageView makes what a page is about; name is that of its template. Refusal
// where there is none.
type pageView struct {
	name, title, path string
	make              func(s *server, r *http.Request) (body any, title string, err error)
}

// shown serves a page.
func shown(p pageView) func(*server) http.Handler {
	return served(func(s *server, w http.ResponseWriter, r *http.Request) {
		body, title, err := p.make(s, r)
		if err != nil {
			s.failPage(w, r, err)
			return
		}
		if title == "" {
			title = p.title
		}
		s.render(w, r, http.StatusOK, p.name, title, p.path, body)
	})
}

// render writes a page whole or not at all.
func (s *server) render(w http.ResponseWriter, r *http.Request, code int, name, title, path string, body any) {
	report := s.Report()
	f := frame{
		Title: title, Version: s.Version, Path: path, Report: report, Warnings: s.warnings(report),
		MayDecide: s.mayDecide(r), Done: s.done(r, report), Body: body,
	}
	var b strings.Builder
	if err := s.pages.ExecuteTemplate(&b, name, f); err != nil {
		s.Log.Error("render a page", "page", name, "err", err)
		plain(w, http.StatusInternalServerError, "The page could not be rendered.\n")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(b.String()))
}

// failPage tells on a page what went wrong.
func (s *server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*Refusal](err)
	if !ok {
		if r.Context().Err() == nil {
			s.Log.Error("a request failed", "path", r.URL.Path, "err", err)
		}
		e = &Refusal{Status: http.StatusInternalServerError, Detail: "The request failed; the log says why."}
	}
	e.retry(w.Header())
	title := http.StatusText(e.Status)
	if e.Status == http.StatusAccepted {
		title = "It is being made"
	}
	s.render(w, r, e.Status, "refused.html", title, "", e)
}

// mayDecide reports whether who asks may triage on this page.
func (s *server) mayDecide(r *http.Request) bool {
	who, _ := r.Context().Value(whoKey{}).(caller)
	return s.Decide != nil && who.role >= Triager
}

// declared is what was declared over time, nil where nobody tells.
func (s *server) declared() *findings.History {
	if s.Declared == nil {
		return nil
	}
	return s.Declared()
}

// decided are the decisions in force, none where nobody tells.
func (s *server) decided() []store.Override {
	if s.Overrides == nil {
		return nil
	}
	return s.Overrides()
}

// silence is after how long without a successful fetch a source counts as
// silent.
const silence = 6 * time.Hour

// warnings says what makes the numbers less than they seem, the worst first.
func (s *server) warnings(report *scoring.Report) []warning {
	var list []warning
	add := func(format string, args ...any) {
		list = append(list, warning{fmt.Sprintf(format, args...), "/sources", "See the sources"})
	}
	switch {
	case report == nil:
		add("There is no report yet. The first one follows the first page that a source brings.")
	case report.Partial:
		add("Still being read for the first time: %s. These numbers hold what is known so far.", findings.FirstRead(report))
	case len(report.Late) == 1:
		add("Stale: %s is not complete up to %s. The last values are kept.", report.Late[0], report.Expected)
	case len(report.Late) > 1:
		add("Stale: %s are not complete up to %s. The last values are kept.", strings.Join(report.Late, ", "), report.Expected)
	}
	for _, c := range s.Sources() {
		switch {
		case c.Failure != "":
			add("%s cannot be read (%s). What happens there is not seen until it can.", c.Name, findings.Words(c.Failure))
		case !c.LastSuccess.IsZero() && s.clock().Sub(c.LastSuccess) > silence:
			add("%s was last read %s.", c.Name, findings.Ago(s.clock(), c.LastSuccess))
		}
	}
	if report == nil {
		return list
	}
	if groups := report.Stats.UnreadGroups; len(groups) > 0 {
		add("No members are known of %s: whoever is in it is missing from the team.", strings.Join(groups, ", "))
	}
	w := findings.Headline(report)
	if w == nil {
		return list
	}
	if w.Org.Status != scoring.OK {
		list = append(list, warning{fmt.Sprintf("Effort in %s is not published: %s. %d pieces of work were seen.", w.Label, w.Org.Reason, w.Org.Works), "/methods#privacy", "See the rules"})
	} else if c := w.Org.Score(scoring.EffortCoverage); c != nil && c.Value < findings.ReadableCoverage {
		list = append(list, warning{fmt.Sprintf("Only %s of the available time is visible. Below 60 %% do not read the other effort scores.", findings.Percent(c.Value)), "/methods#effort_coverage", "See what that means"})
	}
	return list
}
