package fake_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// smallSite is a Jira of three people, two projects, an epic, and two issues
// in it: PAY-1 the epic, PAY-2 a story, PAY-3 a bug.
func smallSite(t *testing.T) *fake.JiraSite {
	t.Helper()
	s := fake.NewJiraSite()
	s.AddUser(fake.JiraUserSpec{ID: "ada", Display: "Ada", Email: "ada@example.org", TimeZone: "Asia/Shanghai"})
	s.AddUser(fake.JiraUserSpec{ID: "ben", Display: "Ben", TimeZone: "America/Los_Angeles"})
	s.AddUser(fake.JiraUserSpec{ID: "robot", App: true})
	s.AddProject(fake.JiraProjectSpec{Key: "PAY", Name: "Payments", Lead: "ada"})
	s.AddProject(fake.JiraProjectSpec{Key: "OPS", Name: "Operations", Lead: "ben"})
	s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Type: "Epic", Summary: "Faster payouts", Reporter: "ada"})
	s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Type: "Story", Summary: "Pay at once", Description: "As asked.\nSee https://example.org/x for more.",
		Reporter: "ada", Assignee: "ben", Labels: []string{"fast"}, Components: []string{"core"}, FixVersions: []string{"1.0"}, Parent: "PAY-1", Due: "2026-03-31"})
	s.Open(day(0, 2), "PAY", fake.JiraIssueSpec{Type: "Bug", Summary: "Rounding", Reporter: "ben"})
	t.Cleanup(func() {
		if err := s.Err(); err != nil {
			t.Errorf("a change of the site failed: %v", err)
		}
	})
	return s
}

// serveJira starts a server with the test clock and returns its address.
func serveJira(t *testing.T, s *fake.JiraSite, o fake.JiraOptions) (*fake.Jira, string) {
	t.Helper()
	if o.Now == nil {
		o.Now = clock
	}
	j := fake.NewJira(s, o)
	srv, err := fake.Listen(j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return j, srv.URL
}

// jiraPost asks with a JSON body and the token "t".
func jiraPost(t *testing.T, url string, body any) answer {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

// jiraSearch asks for one page of a query on Cloud.
func jiraSearch(t *testing.T, base, jql string, more ...string) answer {
	t.Helper()
	return get(t, base+"/rest/api/3/search/jql?"+jiraParams(append(more, "jql", jql)...))
}

// jiraParams encodes pairs of names and values.
func jiraParams(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// jiraKeys reads the keys of the issues of a page.
func jiraKeys(t *testing.T, a answer) []string {
	t.Helper()
	var keys []string
	for _, v := range jiraList(t, decode[object](t, a), "issues") {
		keys = append(keys, v.(object)["key"].(string))
	}
	return keys
}

func jiraList(t *testing.T, o object, name string) []any {
	t.Helper()
	l, ok := o[name].([]any)
	if !ok {
		t.Fatalf("%s is no list in %.300v", name, o)
	}
	return l
}

func jiraTime(t time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return t.In(loc).Format("2006-01-02T15:04:05.000-0700")
}

// jiraAsk asks a server without a network.
func jiraAsk(t testing.TB, h http.Handler, method, path, query, body string) (int, string) {
	t.Helper()
	r := &http.Request{
		Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "h", Header: http.Header{"Authorization": {"Bearer t"}},
		Body: io.NopCloser(strings.NewReader(body)), RemoteAddr: "127.0.0.1:1",
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r.WithContext(t.Context()))
	return rec.Code, rec.Body.String()
}
