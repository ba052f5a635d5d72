package jira

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestRefusals proves that a poll does without what the credential has no right
// to, where it can.
func TestRefusals(t *testing.T) {
	for _, path := range []string{"group/member", "worklog/", "dev-status", "changelog/bulkfetch", "issue/bulkfetch", "api/2/status"} {
		t.Run(path, func(t *testing.T) {
			s := newSite()
			s.AddGroup("developers", "ada")
			epic := s.Open(day(0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada"})
			key := s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Type: "Story", Summary: "Inside", Reporter: "ada", Parent: epic})
			for i := range 50 {
				s.Set(day(1, i), key, "ben", "summary", strings.Repeat("x", i+1))
			}
			s.Develop(key, fake.JiraDevSpec{App: "GitHub", Kind: "pullrequest", URL: "https://github.com/acme/api/pull/1", ID: "#1", Repo: "acme/api"})
			r := newRig(t, s, fake.JiraOptions{})
			r.config = "projects: [PAY]\ngroups: [developers]\ndevelopment: [GitHub]\n"
			r.jira.Fault(fake.Matching(path), -1, fake.Fault{Kind: fake.ServerError, Status: http.StatusForbidden})
			c := r.connect()
			r.MustPoll(c)
			r.later(c, 7*time.Hour)
			r.later(c, 25*time.Hour)
			equal(t, "edits", len(r.events(key, store.EventEdit)), 50)
			r.item(epic)
		})
	}
}

// A censor takes a field out of every issue, as a server does that has switched
// it off.
type censor struct {
	next  http.RoundTripper
	field string
}

func (c censor) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil || !strings.Contains(req.URL.Path, "/search") {
		return resp, err
	}
	defer resp.Body.Close()
	var page map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return nil, err
	}
	issues, _ := page["issues"].([]any)
	for _, is := range issues {
		delete(is.(map[string]any)["fields"].(map[string]any), c.field)
	}
	raw, err := json.Marshal(page)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return resp, err
}

// TestSwitchedOff proves that a part that no issue comes with is not asked for
// issue by issue.
func TestSwitchedOff(t *testing.T) {
	for _, field := range []string{"worklog", "comment"} {
		s := newSite()
		fill(s, "PAY", 30)
		r := newRig(t, s, fake.JiraOptions{})
		env := r.environment()
		env.Transport = censor{r.http, field}
		c, err := New(env, connectortest.Decoder("projects: [PAY]\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		r.MustPoll(c)
		equal(t, "issues", len(r.Shelf.Items), 30)
		equal(t, "requests for "+field, r.served()["api/2/issue/*/"+field], 0)
	}
}
