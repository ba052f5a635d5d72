package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever is asked for, an answer is one of ours: no text of a request makes an
// element, runs, or leads elsewhere, and none makes the server fail.
func TestHostileRequests(t *testing.T) {
	s := newStage(t)
	for n, target := range []struct{ path, query string }{
		{"/", ""}, {"/static/", ""}, {"/objectives/", ""}, {"/api/v1/objectives/", ""}, {"/api/v1/", ""},
		{"/explain", "subject"}, {"/explain", "window"}, {"/explain", "from"}, {"/shadow", "done"}, {"/decisions", "done"},
		{"/api/v1/explain", "subject"}, {"/api/v1/scores", "cursor"}, {"/api/v1/scores", "window"}, {"/api/v1/annotations", "from"}, {"/api/v1/report", ""},
	} {
		for _, text := range hostileTexts(t, n) {
			u := url.URL{Path: target.path + text}
			if target.query != "" {
				u = url.URL{Path: target.path, RawQuery: "subject=sso&" + url.Values{target.query: {text}}.Encode()}
				if target.query == "subject" {
					u.RawQuery = url.Values{"subject": {text}}.Encode()
				}
			}
			r := httptest.NewRequest("GET", "http://127.0.0.1:9797/", nil)
			r.URL = &u
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			checkAnswer(t, s.text, text, u.String(), w)
		}
	}
}

// checkAnswer looks at the answer to a request that a text is in.
func checkAnswer(t *testing.T, shown, text, asked string, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.String()
	if w.Code >= 500 || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("%.200s: %d %s", asked, w.Code, body)
	}
	if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
		t.Errorf("%.200s leads to %q", asked, to)
	}
	switch media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); media {
	case "text/html":
		if w.Code < 300 || w.Code >= 400 { // that of a redirect is not ours, and nobody sees it
			if found := parsed(t, body).Dangers(site); len(found) > 0 {
				t.Errorf("%.200s: %q", asked, found)
			}
		}
	case "application/json", "application/problem+json":
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%.200s: no JSON: %s", asked, body)
		}
	case "text/plain":
		// nosniff keeps it what it is
	case "", "text/css", "application/yaml":
	default:
		t.Errorf("%.200s is answered with %q", asked, media)
	}
	if strings.Contains(body, "{{") && !strings.Contains(text, "{{") && !strings.Contains(shown, "{{") {
		t.Errorf("%.200s tells a template", asked)
	}
}

// After a form only pages of this server are gone to.
func TestHostileWaysBack(t *testing.T) {
	s := newStage(t)
	for _, text := range hostileTexts(t, 0) {
		for _, back := range []string{text, "/" + text, "/shadow?x=" + text} {
			form := url.Values{"key": {"acme/web#7"}, "to": {"sso"}, "why": {"it is"}, "back": {back}}
			r := httptest.NewRequest("POST", "http://127.0.0.1:9797/decisions", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			to := w.Header().Get("Location")
			u, err := url.Parse(to)
			if w.Code != http.StatusSeeOther || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") ||
				strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == '\\' }) {
				t.Errorf("back to %.200q is %d to %q, %v", back, w.Code, to, err)
			}
		}
	}
}
