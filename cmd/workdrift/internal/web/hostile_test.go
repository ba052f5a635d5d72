package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// hostileTexts is the corpus for the nth place that shows texts. With -short each
// place gets one eighth, and the places together all of it.
func hostileTexts(t testing.TB, n int) []string {
	t.Helper()
	list, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	if !testing.Short() {
		return list
	}
	const parts = 8
	var part []string
	for i := n % parts; i < len(list); i += parts {
		part = append(part, list[i])
	}
	return part
}

// A stage is a handler that shows one text wherever one can come from a
// configuration or from upstream.
type stage struct {
	http.Handler
	report  *scoring.Report
	sources []Source
	text    string
	link    string // the address of items
}

// site is the server that the stage's sources are on.
const site = "git.example"

func newStage(t testing.TB) *stage {
	s := &stage{report: fullReport(t)}
	s.Handler = handler(t, nil, func(o *Options) {
		o.Report = func() *scoring.Report { return s.report }
		withEverything(t)(o)
		o.Access = Access{Anyone: Triager}
		o.Sites = func() []string { return []string{site} }
		o.Sources = func() []Source { return s.sources }
		o.Streams = func(context.Context) (*findings.Streams, error) { return s.streams(), nil }
		o.Explain = func(_ context.Context, subject, window string) (*Explanation, error) {
			return s.explanation(subject, window), nil
		}
		o.Declared = s.history
		o.Brief = func(_ context.Context, p brief.Period) (*brief.Brief, error) {
			return brief.Make(brief.Input{Period: p, Report: s.report, Streams: s.streams(), History: s.history(), Overrides: o.Overrides()}), nil
		}
		o.Overrides = func() []store.Override {
			return []store.Override{{Key: s.text, To: s.text, Role: s.text, Why: s.text, At: noon}}
		}
		o.Findings = func(*scoring.Report) []findings.Finding {
			return []findings.Finding{{ID: s.text, Text: s.text, Path: "/objectives/" + s.text, Objective: s.text}}
		}
	})
	more, effort := s.report.Objectives[0], s.report.Windows[0].Org.Objectives[0]
	s.report.Objectives = append(s.report.Objectives, more)
	for i := range s.report.Windows {
		w := &s.report.Windows[i]
		w.Org.Objectives = append(w.Org.Objectives, effort)
	}
	s.show("harmless")
	return s
}

// show replaces all texts. The report becomes another one, as answers are kept
// for as long as there is no other.
func (s *stage) show(text string) {
	s.text, s.link = text, "https://"+site+"/"+url.PathEscape(text)
	s.sources = []Source{{Name: text, Provider: text, Failure: text}}
	r := *s.report
	r.Late = []string{text}
	o := &r.Objectives[0]
	o.Title, o.Owner, o.State = text, text, objective.State(text)
	r.Objectives[1] = *o
	r.Objectives[1].ID = text
	for i := range r.Windows {
		w := &r.Windows[i]
		w.Org.Objectives[1].Objective = text
		w.Org.Score(scoring.ShadowRoadmap).Verdict = text
		w.Teams[0].Team = text
	}
	s.report = &r
}

func (s *stage) streams() *findings.Streams {
	streams := someStreams(s.report)
	for i := range streams.List {
		x, one := &streams.List[i], []string{s.text}
		x.Name, x.Title, x.By, x.Rule = s.text, s.text, s.text, s.text
		x.Terms, x.Labels, x.Paths, x.Keys = one, one, one, one
	}
	return streams
}

func (s *stage) explanation(subject, window string) *Explanation {
	x := anExplanation(s.report, subject, window)
	for i := range x.Items {
		it, one := &x.Items[i], []string{s.text}
		it.Key, it.Title, it.Rule, it.PartOf, it.Method, it.Gone = s.text, s.text, s.text, s.text, s.text, s.text
		it.Objectives, it.Path, it.OwnedBy = one, one, one
		it.URL = []string{s.link, s.text, "https://" + s.text}[i%3]
	}
	return x
}

func (s *stage) history() *findings.History {
	h := aHistory()
	for i := range h.Declared {
		o := &h.Declared[i].Set.Objectives[0]
		o.Text, o.Teams, o.Keys = s.text, []string{s.text}, []string{s.text}
	}
	for i := range h.Edits {
		h.Edits[i].Objective = s.text
	}
	for i := range h.Members {
		h.Members[i].Team = s.text
	}
	return h
}

// S7: whatever upstream wrote, a page has the elements and the attributes that
// it has with a harmless text, and leads nowhere else.
func TestHostileTextsLeavePagesAlone(t *testing.T) {
	s, shown := newStage(t), 0
	banner := strings.Count(s.page(t, "/methods"), "harmless")
	for n, path := range pagePaths {
		s.show("harmless")
		body := s.page(t, path)
		want, places := parsed(t, body).Outline(), strings.Count(body, "harmless")
		if places <= banner {
			continue // it shows nothing of its own
		}
		shown += places
		for _, text := range hostileTexts(t, n) {
			s.show(text)
			p := parsed(t, s.page(t, path))
			got := p.Outline()
			if i := differ(got, want); i >= 0 {
				t.Errorf("%s: %.200q makes %q of %q", path, text, at(got, i), at(want, i))
			}
			if found := p.Dangers(site); len(found) > 0 {
				t.Errorf("%s: %.200q: %q", path, text, found)
			}
		}
	}
	if banner == 0 || shown < 100 {
		t.Errorf("the pages show a text in only %d places, and above themselves in %d", shown, banner)
	}
}

// The same holds for the reasons why something is withheld.
func TestHostileReasonsLeaveThePageAlone(t *testing.T) {
	s := newStage(t)
	withhold := func(text string) []string {
		s.show(text)
		s.report.Windows[0].Org.Status, s.report.Windows[0].Org.Reason = scoring.SuppressedPrivacy, text
		return parsed(t, s.page(t, "/")).Outline()
	}
	want := withhold("harmless")
	for _, text := range hostileTexts(t, 0) {
		if !slices.Equal(withhold(text), want) {
			t.Errorf("%.200q changes the page", text)
		}
	}
}

func (s *stage) page(t *testing.T, path string) string {
	t.Helper()
	w := ask(s, "GET", path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s with %.200q: %d %s", path, s.text, w.Code, w.Body)
	}
	return w.Body.String()
}

func parsed(t *testing.T, source string) hostile.Page {
	t.Helper()
	p, err := hostile.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// differ returns where two lists differ first, -1 when they do not.
func differ(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if at(a, i) != at(b, i) {
			return i
		}
	}
	return -1
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// decisionID is the ID of a decision, which is another one for every text.
var decisionID = regexp.MustCompile(`(?m),\s*"decision": "[0-9a-f]{16}"$`)

// Answers of the API stay what they are, and tell every text as it is, but for
// what no JSON can hold.
func TestHostileTextsLeaveTheAPIAlone(t *testing.T) {
	s := newStage(t)
	routes := slices.DeleteFunc(apiRoutes(), func(rt route) bool {
		return rt.method != "GET" || strings.HasSuffix(rt.pattern, ".yaml") ||
			rt.name == "brief" // which cuts texts to what fits on its page, see its own test
	})
	answer := func(rt *route) any {
		w := call(s, rt, rt.pattern, distant)
		var v any
		body := decisionID.ReplaceAll(w.Body.Bytes(), nil)
		if err := json.Unmarshal(body, &v); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s with %.200q: %d %v", rt.pattern, s.text, w.Code, err)
		}
		return v
	}
	told := 0
	for i := range routes {
		s.show("harmless")
		want := answer(&routes[i])
		for _, text := range hostileTexts(t, i) {
			s.show(text)
			s.link = "https://" + site + "/" + text
			// A byte that is no part of a character becomes a mark.
			n, same := alike(want, answer(&routes[i]), string([]rune(text)))
			if !same {
				t.Errorf("%s: %.200q changes the answer", routes[i].pattern, text)
			}
			told += n
		}
	}
	if told < 20*len(hostileTexts(t, 0)) {
		t.Errorf("the answers tell a text in only %d places", told)
	}
}

// alike reports whether an answer is another one but for the text that stands
// where the other one has a harmless one, and in how many places it does.
func alike(want, got any, text string) (places int, same bool) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return 0, false
		}
		for key := range w {
			n, ok := alike(w[key], g[key], text)
			if !ok {
				return 0, false
			}
			places += n
		}
		return places, true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return 0, false
		}
		for i := range w {
			n, ok := alike(w[i], g[i], text)
			if !ok {
				return 0, false
			}
			places += n
		}
		return places, true
	case string:
		if g, ok := got.(string); ok && strings.Contains(w, "harmless") {
			return 1, g == strings.ReplaceAll(w, "harmless", text)
		}
	}
	return 0, reflect.DeepEqual(want, got)
}
