package web

import (
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// emptyReport is what the engine says about sources that brought nothing yet.
func emptyReport(t testing.TB, sources ...store.SourceState) *scoring.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	yaml := `
connectors: {here: {type: git, path: .}}
objectives: [{id: sso, rank: 1, text: Single sign-on, owner: {team: core}, target_share: 0.4, keys: ["acme/web#7"]}]
teams: [{id: core, members: ["github:ada"]}]
`
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := scoring.Evaluate(scoring.Input{Declared: cfg.Declared(strings.ToLower, nil), Sources: sources}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fullReport is a report in which every value is there.
func fullReport(t testing.TB) *scoring.Report {
	t.Helper()
	r := emptyReport(t, store.SourceState{Source: "here", Watermark: noon})
	for i := range r.Windows {
		w := &r.Windows[i]
		publish(&w.Org)
		for j := range w.Teams {
			publish(&w.Teams[j])
		}
		w.Org.Objectives = []scoring.ObjectiveEffort{{Objective: "sso", Effort: 7.25, Share: .29}}
	}
	for i := range r.Weeks {
		r.Weeks[i].Top, r.Weeks[i].Shadow, r.Weeks[i].Status = .5, .25, scoring.OK
	}
	r.Provisional = scoring.WeekReport{Top: .31, Shadow: .41, Status: scoring.OK}
	return r
}

// publish gives every score of a scope a value.
func publish(s *scoring.Scope) {
	s.Status, s.Reason, s.Total, s.Works = scoring.OK, "", 25, 12
	for i := range s.Scores {
		v := &s.Scores[i]
		v.Value, v.Lower, v.Upper, v.Status, v.Reason = .42, .37, .83, scoring.OK, ""
	}
	s.Score(scoring.ShadowRoadmap).Verdict = "possible"
	s.Score(scoring.EffortCoverage).Value = .92
}

func pageAt(t *testing.T, path string, report *scoring.Report, sources ...Source) string {
	t.Helper()
	h := handler(t, report, func(o *Options) { o.Sources = func() []Source { return sources } })
	w := ask(h, "GET", path)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d, %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	body := strings.ReplaceAll(w.Body.String(), "\u00a0", " ")
	if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		t.Errorf("the page is cut off: …%s", body[max(0, len(body)-200):])
	}
	if strings.Contains(body, "NaN") || strings.Contains(body, "<no value>") || strings.Contains(body, "%!") {
		t.Errorf("the page shows something that is for programs:\n%s", body)
	}
	return body
}

func TestOverview(t *testing.T) {
	late := fullReport(t)
	late.Late, late.Expected = []string{"here", "there"}, late.Day+1
	infinite := fullReport(t)
	infinite.Window("28d").Org.Score(scoring.ShadowRoadmap).Value = scoring.Number(math.Inf(1))
	withheld := fullReport(t)
	scope := &withheld.Window("28d").Org
	*scope = emptyReport(t, store.SourceState{Source: "here", Watermark: noon}).Window("28d").Org
	scope.Status, scope.Reason, scope.Works = scoring.SuppressedPrivacy, "fewer than 3 contributors (privacy.k_effort)", 9
	otherWindows := fullReport(t)
	otherWindows.Windows = otherWindows.Windows[2:3]
	noWindows := fullReport(t)
	noWindows.Windows = nil
	noWeeks := fullReport(t)
	noWeeks.Weeks, noWeeks.Objectives = nil, nil
	closing := fullReport(t)
	closing.Provisional.Status = scoring.SuppressedPrivacy
	blind := fullReport(t)
	blind.Window("28d").Org.Score(scoring.EffortCoverage).Value = .41
	team := fullReport(t)
	team.Window("28d").Teams[0].Status, team.Window("28d").Teams[0].Reason = scoring.SuppressedPrivacy, "too few"
	gap := fullReport(t)
	gap.Weeks[1].Shadow = scoring.Absent()

	for _, tc := range []struct {
		name      string
		report    *scoring.Report
		want, not []string
	}{
		{"no report", nil, []string{"There is no report yet", "Sources"}, []string{"Report of", "class=\"card\""}},
		{"partial", emptyReport(t), []string{"read for the first time", "is not published: no effort in this window"}, []string{"no report yet", "Stale"}},
		{"stale", late, []string{"Stale: here, there are not complete up to " + late.Expected.String(), "42 %"}, []string{"first time"}},
		{"withheld", withheld, []string{"is not published: fewer than 3 contributors (privacy.k_effort). 9 pieces of work"}, []string{`id="headline"`, `id="effort"`}},
		{"little is visible", blind, []string{"Only 41 % of the available time is visible"}, nil},
		{"a team withheld", team, []string{"Not published: too few."}, nil},
		{"normal", fullReport(t), []string{
			">42 %<", "Between 37 % and 83 %", "possibly larger than the official roadmap", "Provisional", "31 % on the top 3", "41 % shadow", "core",
			"Report of 2026-06-19 12:00 UTC", "workdrift 1.2.3", "Top priorities: from 50 % to 50 % over 26 weeks",
		}, []string{"banner", "∞"}},
		{"no objective work at all", infinite, []string{"∞<"}, []string{"Inf"}},
		{"without 28d", otherWindows, []string{"The last 91 days"}, []string{"28d"}},
		{"without windows", noWindows, []string{"Overview"}, []string{`id="headline"`, `id="objectives"`}},
		{"without weeks and objectives", noWeeks, []string{"no week has a value"}, []string{"<polyline"}},
		{"a week without a value", gap, []string{"over 25 weeks, 1 weeks without a value", `<polyline class="shadow" points="40.0,`}, []string{"NaN"}},
		{"provisional withheld", closing, nil, []string{"Provisional", "31 %"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := pageAt(t, "/", tc.report)
			for _, want := range tc.want {
				if !strings.Contains(body, want) {
					t.Errorf("%q is missing in\n%s", want, body)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(body, not) {
					t.Errorf("%q is there in\n%s", not, body)
				}
			}
		})
	}
}

// The first things that a leader asks are answered before all else.
func TestOverviewAnswersFirst(t *testing.T) {
	r := fullReport(t)
	r.Stops = []scoring.StopClock{{Live: true}, {}}
	findings.Headline(r).Org.Effort = []scoring.CategoryEffort{{Category: scoring.Stopped, Effort: 5}}
	r.Objectives[0].Rank, r.Objectives[0].Declared = 1, .6
	h := handler(t, r, func(o *Options) { withEverything(t)(o); o.Access = Access{Anyone: Reader} })
	body := strings.ReplaceAll(ask(h, "GET", "/").Body.String(), "\u00a0", " ")
	first, _, _ := strings.Cut(body, `id="findings"`)
	for _, want := range []string{"42 %</p><p>of all effort is on the top 3, which were to get 60 %", "0.42 ×</p>", "Its largest part is acme/assistant: about 20 % of all effort.",
		"20 %</p><p>of all effort goes on for what was stopped: 1 stop still worked on"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is missing in %s", want, first)
		}
	}
}

// What is wrong with the data comes before the first number.
func TestWarningsComeFirst(t *testing.T) {
	body := pageAt(t, "/", fullReport(t), Source{Name: "sick", Failure: "rate_limited", LastSuccess: time.Now()},
		Source{Name: "silent", LastSuccess: time.Now().Add(-9 * time.Hour)}, Source{Name: "fresh", LastSuccess: time.Now()})
	for _, want := range []string{"sick cannot be read (rate limited)", "silent was last read 9 h ago"} {
		if at := strings.Index(body, want); at < 0 || at > strings.Index(body, "<h1") {
			t.Errorf("%q stands at %d", want, at)
		}
	}
	if strings.Contains(body, "fresh") {
		t.Error("a source that is well is warned of")
	}
}

// There is no script, no style, no handler and no address of elsewhere in a
// page, so the policy can forbid them all.
func TestPagesAreStatic(t *testing.T) {
	mux, asked := http.NewServeMux(), map[string]bool{}
	for _, rt := range pageRoutes() {
		mux.Handle(rt.method+" "+rt.pattern, http.NotFoundHandler())
	}
	for _, path := range pagePaths {
		if found := parsed(t, everyPage(t, path)).Dangers(); len(found) > 0 {
			t.Errorf("%s holds %q", path, found)
		}
		_, pattern := mux.Handler(httptest.NewRequest("GET", path, nil))
		asked[pattern] = true
	}
	for _, rt := range pageRoutes() {
		if pattern := rt.method + " " + rt.pattern; rt.method == "GET" && !asked[pattern] {
			t.Errorf("%s is in no path of pagePaths", pattern)
		}
	}
}

// pagePaths are all pages that there are.
var pagePaths = []string{"/", "/objectives", "/objectives/sso", "/brief", "/brief?edition=kill-session", "/shadow", "/kill-list", "/changes", "/sources", "/methods", "/decisions", "/shadow?done=decided", "/explain", "/explain?subject=sso", "/explain?subject=unknown&window=91d"}

// everyPage asks for a page of a server on which everything is switched on.
func everyPage(t *testing.T, path string) string {
	t.Helper()
	w := ask(handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Sources = func() []Source { return []Source{{Name: "here", Provider: "git", LastSuccess: time.Now()}} }
		o.Access = Access{Anyone: Triager}
	}), "GET", path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// Pages are made so that they can be used without seeing them: each has one
// heading of the first rank and a way past the navigation, tables have captions
// and heads with scopes, pictures have names, fields have labels, and names that
// are referred to exist once.
func TestPagesAreAccessible(t *testing.T) {
	id := regexp.MustCompile(`\sid="([^"]*)"`)
	refers := regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby|for)="([^"]*)"`)
	for _, path := range pagePaths {
		body := everyPage(t, path)
		count := func(text string) int { return strings.Count(body, text) }
		if count("<h1") != 1 || count("<main") != 1 || count(`class="skip" href="#content"`) != 1 || count(`lang="en"`) != 1 {
			t.Errorf("%s: headings, main or the way past the navigation are not there once", path)
		}
		if count("<table") != count("<caption") {
			t.Errorf("%s: %d tables, %d captions", path, count("<table"), count("<caption"))
		}
		if n := count("<th>"); n > 0 {
			t.Errorf("%s: %d heads without a scope", path, n)
		}
		if count("<svg") != count(`role="img" aria-labelledby=`)+count(`aria-hidden="true"`) {
			t.Errorf("%s: %d pictures, not all have a name", path, count("<svg"))
		}
		ids := make(map[string]bool)
		for _, m := range id.FindAllStringSubmatch(body, -1) {
			if ids[m[1]] {
				t.Errorf("%s: the id %q is there twice", path, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range refers.FindAllStringSubmatch(body, -1) {
			for _, name := range strings.Fields(m[1]) {
				if !ids[name] {
					t.Errorf("%s refers to %q, which is not there", path, name)
				}
			}
		}
	}
}
