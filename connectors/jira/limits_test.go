package jira

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

func TestObserve(t *testing.T) {
	date := present.Format(http.TimeFormat)
	for _, tc := range []struct {
		name   string
		status int
		header map[string]string
		reason connectors.Reason
		wait   time.Duration
		all    bool // every endpoint is blocked
	}{
		{name: "fine", status: 200},
		{name: "not there", status: 404},
		{name: "burst", status: 429, header: map[string]string{"RateLimit-Reason": "jira-burst-based", "Retry-After": "5"}, reason: connectors.ReasonRateLimited, wait: 5 * time.Second},
		{name: "quota", status: 429, header: map[string]string{"RateLimit-Reason": "jira-quota-global-based", "Retry-After": "1200"}, reason: connectors.ReasonRateLimited, wait: 20 * time.Minute, all: true},
		{name: "no reason", status: 429, header: map[string]string{"Retry-After": "5"}, reason: connectors.ReasonRateLimited, wait: 5 * time.Second, all: true},
		{name: "reset", status: 429, header: map[string]string{"X-RateLimit-Reset": present.Add(7 * time.Minute).Format("2006-01-02T15:04Z")}, reason: connectors.ReasonRateLimited, wait: 7 * time.Minute, all: true},
		{name: "nothing told", status: 429, reason: connectors.ReasonRateLimited, wait: time.Minute, all: true},
		{name: "zero", status: 429, header: map[string]string{"Retry-After": "0"}, reason: connectors.ReasonRateLimited, wait: time.Minute, all: true},
		{name: "a date", status: 429, header: map[string]string{"Retry-After": present.Add(90 * time.Second).Format(http.TimeFormat)}, reason: connectors.ReasonRateLimited, wait: 90 * time.Second, all: true},
		{name: "absurd", status: 429, header: map[string]string{"Retry-After": "99999999"}, reason: connectors.ReasonRateLimited, wait: maxWait, all: true},
		{name: "nonsense", status: 429, header: map[string]string{"Retry-After": "soon"}, reason: connectors.ReasonRateLimited, wait: time.Minute, all: true},
		{name: "bucket is empty", status: 200, header: map[string]string{"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "2", "X-RateLimit-Interval-Seconds": "60"}, all: true, wait: time.Minute},
		{name: "bucket is full", status: 200, header: map[string]string{"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "40", "X-RateLimit-Interval-Seconds": "60"}},
		{name: "a stranger", status: 200, header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, reason: connectors.ReasonAuth},
		{name: "logged in", status: 200, header: map[string]string{"X-Seraph-LoginReason": "OK"}},
		{name: "401", status: 401, reason: connectors.ReasonAuth},
		{name: "403", status: 403, reason: connectors.ReasonAuth},
		{name: "502", status: 502, reason: connectors.ReasonServer},
		{name: "503 with a time", status: 503, header: map[string]string{"Retry-After": "30"}, reason: connectors.ReasonServer, wait: 30 * time.Second},
		{name: "login page", status: 302, reason: connectors.ReasonServer},
	} {
		g := newGovernor(.15, true, func() time.Time { return present }, nil)
		h := http.Header{}
		h.Set("Date", date)
		for k, v := range tc.header {
			h.Set(k, v)
		}
		err := g.observe("GET a", answer{status: tc.status, header: h, date: present})
		e, typed := errors.AsType[*connectors.Error](err)
		switch {
		case (err != nil) != (tc.reason != "") || err != nil && (!typed || e.Reason != tc.reason):
			t.Errorf("%s: %v, want %q", tc.name, err, tc.reason)
		case err != nil && tc.wait != 0 && !e.RetryAt.Equal(present.Add(tc.wait)):
			t.Errorf("%s: retry at %s, want in %s", tc.name, e.RetryAt, tc.wait)
		}
		blocked := g.allow("GET b")
		if (blocked != nil) != tc.all {
			t.Errorf("%s: another endpoint: %v, want blocked: %v", tc.name, blocked, tc.all)
		}
		if g.allow("GET a") == nil && (tc.all || tc.reason == connectors.ReasonRateLimited) {
			t.Errorf("%s: the endpoint is not blocked", tc.name)
		}
	}
}

// TestSilentLimit proves that waits grow while a server says no more than 429.
func TestSilentLimit(t *testing.T) {
	g := newGovernor(.15, true, func() time.Time { return present }, nil)
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute} {
		err := g.observe("GET a", answer{status: 429, header: http.Header{}, date: present})
		e, _ := errors.AsType[*connectors.Error](err)
		equal(t, fmt.Sprint("wait ", i), e.RetryAt.Sub(present), want)
	}
}

// TestBurst proves that a burst limit of one endpoint leaves the others alone.
func TestBurst(t *testing.T) {
	s := newSite()
	key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Long", Reporter: "ada"})
	for i := range 60 {
		s.Set(day(1, i), key, "ben", "summary", fmt.Sprintf("Long %d", i))
	}
	s.AddGroup("developers", "ada")
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [PAY]\ngroups: [developers]\n"
	r.jira.Fault(fake.Matching("changelog/bulkfetch"), 1, fake.Fault{Kind: fake.JiraBurst, Wait: 30 * time.Second})
	c := r.connect()
	err := r.Poll(c)
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok || e.Reason != connectors.ReasonRateLimited || !e.RetryAt.Equal(present.Add(30*time.Second)) {
		t.Fatalf("a burst limit is reported as %v", err)
	}
	equal(t, "groups", len(r.Shelf.Groups), 1)
	equal(t, "issues", len(r.Shelf.Items), 0)
	r.later(c, 30*time.Second)
	equal(t, "issues later", len(r.Shelf.Items), 1)
	if len(r.quota) == 0 || !strings.HasPrefix(r.quota[0], "requests 0/65000") {
		t.Errorf("the observer is told %v", r.quota)
	}
}

// TestCredentials proves each way to sign in, on the site and behind the
// gateway.
func TestCredentials(t *testing.T) {
	credentials := []fake.JiraCredential{
		{User: "ada@example.org", Token: token}, {Token: "personal"}, {User: "ada@example.org", Token: "scoped", Scoped: true}, {Token: "oauth", Scoped: true},
	}
	for _, tc := range []struct {
		name, token, email, path string
		dc, fails                bool
	}{
		{name: "basic", token: token, email: "ada@example.org"},
		{name: "personal access token", token: "personal", dc: true},
		{name: "scoped", token: "scoped", email: "ada@example.org", path: "/ex/jira/cloud-1"},
		{name: "bearer behind the gateway", token: "oauth", path: "/ex/jira/cloud-1/"},
		{name: "scoped without the gateway", token: "scoped", email: "ada@example.org", fails: true},
		{name: "wrong", token: "wrong", fails: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite()
			fill(s, "PAY", 3)
			r := newRig(t, s, fake.JiraOptions{Credentials: credentials, CloudID: "cloud-1", DataCenter: tc.dc, Account: "ada"})
			t.Setenv("WORKDRIFT_TEST_TOKEN", tc.token)
			r.config = "projects: [PAY]\nbase_url: " + r.url + tc.path + "\n"
			if tc.email != "" {
				r.config += "email: " + tc.email + "\n"
			}
			err := r.Poll(r.connect())
			if (err != nil) != tc.fails || err != nil && connectors.ReasonOf(err) != connectors.ReasonAuth {
				t.Fatalf("%v, want a failure: %v", err, tc.fails)
			}
			if err == nil {
				equal(t, "issues", len(r.Shelf.Items), 3)
			}
		})
	}
}

// TestHost proves that the credential goes to the configured server only.
func TestHost(t *testing.T) {
	s := newSite()
	fill(s, "PAY", 3)
	r := newRig(t, s, fake.JiraOptions{})
	heard := 0
	other, err := fake.Listen(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard++ }))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	r.jira.Fault(nil, -1, fake.Fault{Kind: fake.Redirect, To: other.URL})
	c := r.connect()
	if err := r.Poll(c); connectors.ReasonOf(err) != connectors.ReasonServer {
		t.Errorf("a redirect to another host: %v", err)
	}
	if _, err := c.(*connector).api.get(t.Context(), other.URL+"/rest/api/2/myself", nil); err == nil {
		t.Error("a request to another host is sent")
	}
	equal(t, "requests to the other host", heard, 0)
}
