package fake_test

import (
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestIndependence holds the package to its promise: it shares no code with
// the clients it judges, and the demo links no test framework.
func TestIndependence(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); strings.Contains(path, ".") || strings.HasPrefix(path, "testing") || strings.HasPrefix(path, "net/http/") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// FuzzRequest sends requests of any shape: none of them is a server error.
func FuzzRequest(f *testing.F) {
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 1, Issues: 30, Pulls: 30, Commits: 10, People: 3}, day(-60, 0), day(0, 0), 1)
	g := fake.NewGitHub(w, fake.Options{Now: clock, LargeList: 10, Limit: 1 << 40})
	const repo = "/repos/acme/service-01"
	f.Add(repo+"/issues", "state=all&after=Y3Vyc29yOnYxOi01OjA=&per_page=3", "")
	f.Add(repo+"/issues", "since=2026-01-01&sort=updated&page=-3", "")
	f.Add(repo+"/compare/main...main", "page=99", "")
	f.Add(repo+"/pulls/2/commits", "page=9223372036854775807", "")
	f.Add(repo+"/commits/main/pulls", "", "")
	f.Add("/repositories/x/git/ref/heads/", "", "")
	f.Add("/graphql", "", `{"query":"{commits(first:5,after:\"djE6LTk=\")}","variables":{"ids":["x",3,null]}}`)
	f.Add("/app/installations/1/access_tokens", "", "")
	f.Fuzz(func(t *testing.T, path, query, body string) {
		method := http.MethodGet
		if body != "" || strings.HasPrefix(path, "/app") {
			method = http.MethodPost
		}
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "h", Header: http.Header{"Authorization": {"Bearer a.b.c"}},
			Body: http.NoBody, RemoteAddr: "127.0.0.1:1",
		}
		if body != "" {
			r.Body = httptest.NewRequest(method, "/", strings.NewReader(body)).Body
		}
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, r.WithContext(t.Context()))
		if rec.Code >= 500 {
			t.Errorf("%s %s?%s: status %d", method, path, query, rec.Code)
		}
		g.ResetLog()
	})
}

// FuzzCloses looks for closing keywords in any text: what it finds exists and
// is found once.
func FuzzCloses(f *testing.F) {
	w := fake.NewWorld("acme")
	w.AddUser(fake.UserSpec{Login: "ada"})
	w.AddRepo(fake.RepoSpec{Name: "acme/api", Created: start})
	for range 3 {
		w.OpenIssue(start, "acme/api", fake.IssueSpec{Author: "ada", Title: "t"})
	}
	n := w.OpenPull(start, "acme/api", fake.PullSpec{Author: "ada", Title: "t", Head: "h"})
	f.Add("fixes #1, closes acme/api#2 `fixes #3`")
	f.Add("fixes #4 resolves #99999999999999999999 fix GH-1")
	f.Fuzz(func(t *testing.T, body string) {
		w.EditIssue(start, "acme/api", n, "t", body)
		seen := map[string]bool{}
		for _, key := range w.Closes("acme/api", n) {
			if seen[key] || !strings.Contains("acme/api#1 acme/api#2 acme/api#3", key) {
				t.Errorf("%q closes %s", body, key)
			}
			seen[key] = true
		}
	})
}
