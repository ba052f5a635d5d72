package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// An itemTable lists the items behind a number, with why each counts there.
type itemTable struct {
	Subject, Window string
	Items           []findings.ExplainedItem
	More            int // further items
	Next            string
	Windows         []string
	Targets         template.HTML // options of a choice
	Back            string        // the page that a decision returns to
}

// targetsOf lists what work can be decided to count for, as the options of a
// choice. Every stream of a page has two such choices: they are written once.
func targetsOf(report *scoring.Report) template.HTML {
	var b strings.Builder
	add := func(id, name string) {
		fmt.Fprintf(&b, `<option value="%s">%s</option>`, template.HTMLEscapeString(id), template.HTMLEscapeString(name))
	}
	for i := range report.Objectives {
		o := &report.Objectives[i]
		add(o.ID, strconv.Itoa(o.Rank)+". "+o.Title)
	}
	add("run_work", "run work")
	add("excluded", "off strategy, to be stopped")
	add("unknown", "unknown, to be looked at again")
	return template.HTML(b.String())
}

// itemsOnPage is how many items a page lists at a time.
const itemsOnPage = 25

// itemsOf lists the items behind a subject, from the place that the request asks
// for.
func (s *server) itemsOf(r *http.Request, subject, window string) (*itemTable, error) {
	x, err := s.Explain(r.Context(), subject, window)
	if err != nil {
		return nil, err
	}
	t := &itemTable{Subject: x.Subject, Window: x.Window, Targets: targetsOf(x.AsOf), Back: r.URL.RequestURI()}
	for _, w := range x.AsOf.Windows {
		t.Windows = append(t.Windows, w.Label)
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	from = min(max(0, from), len(x.Items))
	until := min(from+itemsOnPage, len(x.Items))
	t.Items = x.Items[from:until]
	t.More = len(x.Items) - until + x.More
	if until < len(x.Items) {
		q := r.URL.Query()
		q.Set("from", strconv.Itoa(until))
		t.Next = r.URL.Path + "?" + q.Encode()
	}
	return t, nil
}

// An explainPage is what lies behind a number.
type explainPage struct {
	What    string
	Amount  *effortPart
	Items   *itemTable
	Links   []windowLink
	Subject string
	Words   []vocabularyLine // of an objective
	More    *subjectLink     // where it is told more, or can be acted on
	Start   []subjectLink    // what can be asked about, where nothing was
}

// A subjectLink is something that can be explained.
type subjectLink struct{ Name, Path string }

// A vocabularyLine says how the words of a team, or of everybody, compare with
// what an objective declares.
type vocabularyLine struct {
	Who, Gap         string
	Differ           []string
	Otherwise        []string // declared terms that mean another thing
	Unused, Breaches []string
}

func vocabularyOf(report *scoring.Report, objective string) (list []vocabularyLine) {
	for _, v := range findings.ComparedWords(report, objective) {
		l := vocabularyLine{Who: cmp.Or(v.Team, "everybody"), Gap: findings.GapText(&v), Differ: findings.TermsText(&v), Unused: v.Unused, Breaches: v.Breaches}
		for _, a := range v.Anchors {
			if a.Flagged {
				l.Otherwise = append(l.Otherwise, a.Term)
			}
		}
		list = append(list, l)
	}
	return list
}

// subjectsOf lists what can be explained in the window that pages lead with.
func subjectsOf(report *scoring.Report) (list []subjectLink) {
	path := func(subject string) string { return "/explain?" + url.Values{"subject": {subject}}.Encode() }
	for i := range report.Objectives {
		list = append(list, subjectLink{cmp.Or(report.Objectives[i].Title, report.Objectives[i].ID), path(report.Objectives[i].ID)})
	}
	w := findings.Headline(report)
	if w == nil {
		return list
	}
	for _, part := range effortParts(&w.Org) {
		if part.Class != scoring.OnObjective.String() {
			list = append(list, subjectLink{"effort " + part.Name, part.Path})
		}
	}
	for _, o := range w.Owned {
		list = append(list, subjectLink{"what " + o.Team + " owns", path(o.Team)})
	}
	return list
}

type windowLink struct {
	Label, Path string
	Current     bool
}

func explainSubject(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	q := r.URL.Query()
	p := &explainPage{Subject: q.Get("subject")}
	if p.Subject == "" {
		p.Start = subjectsOf(report)
		return p, "", nil
	}
	window := q.Get("window")
	if w := findings.Headline(report); window == "" && w != nil {
		window = w.Label
	}
	if p.Items, err = s.itemsOf(r, p.Subject, window); err != nil {
		return nil, "", err
	}
	for _, label := range p.Items.Windows {
		p.Links = append(p.Links, windowLink{label, "/explain?" + url.Values{"subject": {p.Subject}, "window": {label}}.Encode(), label == window})
	}
	if o := report.Objective(p.Subject); o != nil {
		p.Words = vocabularyOf(report, o.ID)
		p.More = &subjectLink{"Everything about this objective", findings.ObjectivePath(o.ID)}
	}
	switch p.Subject {
	case scoring.Unknown.String(), scoring.Excluded.String():
		p.More = &subjectLink{"The same by streams, to decide about", "/shadow"}
	case scoring.Stopped.String():
		p.More = &subjectLink{"What was stopped, and goes on", "/kill-list"}
	}
	p.What, p.Amount = subjectOf(report, p.Subject, window)
	return p, "What is behind “" + p.What + "”", nil
}

// subjectOf says in words what is explained, and how much it is.
func subjectOf(report *scoring.Report, subject, window string) (string, *effortPart) {
	w := report.Window(window)
	if o := report.Objective(subject); o != nil {
		e := findings.EffortOn(w, subject)
		return o.Title, &effortPart{Share: e.Share, Effort: e.Effort, Path: findings.ObjectivePath(subject)}
	}
	if w != nil {
		for _, part := range effortParts(&w.Org) {
			if part.Class == subject {
				if subject == scoring.RunWork.String() {
					return "effort on run work", &part
				}
				return "effort " + part.Name, &part
			}
		}
		if o := w.OwnedBy(subject); o != nil {
			return "what " + subject + " owns", &effortPart{Share: scoring.Absent(), Effort: o.Total}
		}
	}
	return subject, nil
}
