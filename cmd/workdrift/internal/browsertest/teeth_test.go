package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sound is a page that nothing is wrong with; what stands in for %s may be.
const sound = `<!doctype html><html lang="en"><head><title>A page · Workdrift</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head><body>
<header><nav aria-label="Pages"><a href="/1">A quite long link</a></nav></header>
<main><h1>A page</h1>%s</main><footer>The end</footer></body></html>`

// teeth shows pages that something is wrong with: each check finds it, so that
// it says something when it finds nothing on a page of ours.
func teeth(t *testing.T, browser context.Context) {
	cases := []struct{ html, check, want string }{
		{`<p>All is well</p><button>Press me</button>`, "", ""},
		{`<h1>Another</h1>`, "structure", "2 h1"},
		{`<h3>Too deep</h3>`, "structure", "h3 after h1"},
		{`<p id="a">x</p><p id="a">y</p>`, "structure", "2 elements are called a"},
		{`<section aria-labelledby="gone">x</section>`, "structure", "gone, which is not there"},
		{`<a href="#gone">nowhere</a>`, "structure", "leads nowhere"},
		{`<table><tr><td>1</td></tr></table>`, "structure", "without a caption"},
		{`<table><caption>c</caption><tr><th>1</th></tr></table>`, "structure", "without a scope"},
		{`<table><caption>c</caption><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></table>`, "structure", "1 of 2 cells"},
		{`<p style="color: red">x</p>`, "structure", "inline"},
		{`<p>It is NaN today</p>`, "structure", "none is shown"},
		{`<font color="#999999">grey on white</font>`, "contrast", "contrast 2.85"},
		{`<svg viewBox="0 0 90 20"><rect width="90" height="20" fill="#444"/><text y="15" fill="#333">dark</text></svg>`, "contrast", "contrast 1.3"},
		{`<svg viewBox="0 0 90 20"><polyline points="0,0 9,9" fill="none" stroke="#ddd"/></svg>`, "contrast", "in a drawing"},
		{`<pre>` + strings.Repeat("wide", 400) + `</pre>`, "fits", "wide on"},
		{`<button>i</button>`, "fits", "small to touch"},
		{`<svg viewBox="0 0 90 20" width="90"><text y="15">one</text><text y="16">two</text></svg>`, "fits", "lies over"},
		{`<svg viewBox="0 0 900 20" width="90"><text y="15">tiny</text></svg>`, "fits", "pixels high"},
		{`<div class="scroll" tabindex="-1"></div><a href="https://elsewhere.example/">there</a>`, "elsewhere", "there"},
		{`<form action="https://elsewhere.example/"></form>`, "forms", "form"},
		{`<script>console.error("no")</script>`, "console", "console error"},
		{`<img src="http://127.0.0.1:1/x.png" alt="">`, "console", "asks http://127.0.0.1:1/x.png"},
		{`<img src="/gone.png" alt="">`, "console", "404"},
		{`<object data="/0"></object>`, "console", "ContentSecurityPolicyIssue"},
		{`<input type="text">`, "names", "a textbox without a name"},
		{`<button>One</button><button>One</button>`, "names", "several buttons are called One"},
		{`<a href="/" tabindex="3">first, and last</a>` + strings.Repeat(`<a href="/">link</a>`, 9), "keyboard", "stop 1 of the keyboard"},
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "object-src 'none'")
		if r.URL.Path == "/style.css" {
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, "nav a, button { display: inline-block; padding: 8px; }")
			return
		}
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || i >= len(cases) {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, sound, cases[i].html)
	}))
	t.Cleanup(site.Close)
	c := &crawler{tab: newTab(t, browser, site.URL)}
	c.colours(t, "light", "")
	c.size(t, 1280, 900)
	for i, tc := range cases {
		c.open(t, fmt.Sprint("/", i))
		found := map[string][]string{"console": c.complaints(), "names": c.names(t)}
		for _, check := range []string{"structure", "contrast", "fits", "elsewhere", "forms"} {
			found[check] = c.look(t, check+"()")
		}
		if tc.check == "keyboard" {
			found[tc.check] = c.keyboard(t)
		}
		if tc.check == "" {
			for check, list := range found {
				if len(list) > 0 {
					t.Errorf("%s finds in a sound page: %q", check, list)
				}
			}
		} else if !slices.ContainsFunc(found[tc.check], func(s string) bool { return strings.Contains(s, tc.want) }) {
			t.Errorf("%s finds in %.60s: %q, want %s", tc.check, tc.html, found[tc.check], tc.want)
		}
	}
}
