package web

import (
	"strings"
	"testing"
)

// A brief is shown, downloaded and told by the API as of the period that is asked
// for.
func TestBriefs(t *testing.T) {
	h := handler(t, fullReport(t), withEverything(t))
	get := func(path string) (int, string, string) {
		w := ask(h, "GET", path, "Authorization", "Bearer "+triageToken)
		return w.Code, w.Body.String(), w.Header().Get("Content-Disposition")
	}
	for _, tc := range []struct {
		path string
		code int
		want []string
	}{
		{"/brief?week=2025-W09", 200, []string{"<h1>Week 2025-W09, 24 February to 2 March 2025", `href="/brief.html?edition=weekly&amp;week=2025-W09"`}},
		{"/brief?month=2025-02", 200, []string{"<h1>Kill session for February 2025", "What could end"}},
		{"/brief?week=2025-W60", 400, []string{"want an ISO week such as 2026-W14"}},
		{"/brief?edition=weekly&month=2025-02", 400, []string{"the edition weekly is of a week"}},
		{"/brief?edition=daily", 400, []string{"is unknown, want weekly or kill-session"}},
		{"/api/v1/brief?month=2025-02", 200, []string{`"edition": "kill-session"`, `"period": "2025-02"`, `"until": "2025-02-28"`}},
		{"/api/v1/brief?year=2025", 400, []string{"There is no parameter"}},
		{"/brief.md?week=2025-W09", 200, []string{"# Week 2025-W09,"}},
		{"/brief.html?week=2025-W09", 200, []string{"<!doctype html>", "<style>"}},
		{"/brief.md?week=x", 400, []string{"want an ISO week"}},
	} {
		code, body, disposition := get(tc.path)
		if code != tc.code {
			t.Errorf("%s: %d, want %d", tc.path, code, tc.code)
		}
		for _, want := range tc.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing in\n%s", tc.path, want, body)
			}
		}
		if file := strings.HasPrefix(tc.path, "/brief.") && code == 200; file != strings.HasPrefix(disposition, "attachment; filename=workdrift-weekly-2025-W09.") {
			t.Errorf("%s: disposition %q", tc.path, disposition)
		}
	}
	code, body, _ := get("/brief")
	for _, want := range []string{`aria-current="page">Brief<`, "<h1>Week 2026-W24, ", `rel="prev">2026-W23<`, `rel="next">2026-W25<`} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%d, %q is missing in\n%s", code, want, body)
		}
	}
	if _, body, _ := get("/brief?week=2025-W09"); strings.Contains(body, `rel="prev"`) {
		t.Error("the page leads to before the data begins")
	}
}
