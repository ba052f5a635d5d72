package jira

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestOddParts proves that a part of an issue that cannot be read keeps nobody
// from reading the rest, takes nothing back, and is told until it is read well.
func TestOddParts(t *testing.T) {
	for _, tc := range []struct {
		path, field string
		told        bool
	}{
		{"/comment", "created", true},
		{"/worklog", "started", true},
		{"changelog/bulkfetch", "created", true},
		{"worklog/list", "updated", false},
		{"dev-status", "pullRequests", true},
		{"/remotelink", "object", true},
	} {
		t.Run(tc.path, func(t *testing.T) {
			s := newSite()
			s.SetQuiet(fake.ChangeWork, true)
			key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Long", Reporter: "ada"})
			for i := range 45 { // more of everything than comes with an issue
				s.Comment(day(1, i), key, "ben", "hello")
				s.Set(day(1, i), key, "ben", "summary", fmt.Sprint("Long ", i))
				s.LogWork(day(1, i), key, fake.JiraWorkSpec{By: "ben", Started: day(1, i), Spent: time.Hour})
			}
			s.RemoteLink(day(2, 0), key, "ada", "https://github.com/acme/web/issues/5", "Issue", "mentioned on")
			s.Develop(key, fake.JiraDevSpec{App: "GitHub", Kind: "pullrequest", URL: "https://github.com/acme/api/pull/1", ID: "#1", Repo: "acme/api"})
			other := s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Summary: "Short", Reporter: "ada"})
			r := newRig(t, s, fake.JiraOptions{})
			r.config = "projects: [PAY]\ndevelopment: [GitHub]\nremote_links: true\n"
			rt := &odd{next: r.http, path: tc.path, field: `"` + tc.field + `":`}
			c := r.through(rt)
			r.MustPoll(c)
			events := len(r.Shelf.Events)
			rt.on = true
			s.Comment(r.clock.Now(), key, "ben", "again")
			s.LogWork(r.clock.Now(), other, fake.JiraWorkSpec{By: "ben", Started: day(1, 0), Spent: time.Hour})
			r.later(c, 7*time.Hour)
			if rt.spoiled == 0 {
				t.Fatal("nothing odd was served")
			}
			if n := len(r.Shelf.Events); n < events {
				t.Errorf("%d events, %d before", n, events)
			}
			if _, told := r.Shelf.Quarantined[r.item(key).ID]; told != tc.told {
				t.Errorf("quarantined: %v", r.Shelf.Quarantined)
			}
			rt.on = false
			s.Comment(r.clock.Now(), key, "ben", "again")
			r.later(c, 25*time.Hour)
			equal(t, "comments", len(r.events(key, store.EventComment)), 47)
			equal(t, "worklogs", len(r.events(other, store.EventWorklog)), 1)
			equal(t, "quarantined", r.Shelf.Quarantined, map[string]string{})
		})
	}
}

// odd makes one element of a list something that nobody expects.
type odd struct {
	next        http.RoundTripper
	path, field string
	on          bool
	spoiled     int
}

func (o *odd) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.next.RoundTrip(req)
	if err != nil || !o.on || !strings.Contains(req.URL.Path, o.path) {
		return resp, err
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	// What was a time, a list or an object becomes something else.
	text := strings.Replace(string(raw), o.field, o.field+`[[7]],"not`+o.field[1:], 1)
	if len(text) > len(raw) {
		o.spoiled++
	}
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return resp, nil
}

// A bucket serves so many requests a minute, as a Data Center does.
type bucket struct {
	next  http.RoundTripper
	clock *connectortest.Clock
	size  int
	used  map[int64]int
}

func (b *bucket) RoundTrip(req *http.Request) (*http.Response, error) {
	minute := b.clock.Now().Unix() / 60
	if b.used[minute]++; b.used[minute] <= b.size {
		return b.next.RoundTrip(req)
	}
	return &http.Response{
		StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}}, Body: http.NoBody, Request: req, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// TestSmallBucket proves that a page whose issues need more requests than the
// server allows at once is read over several polls.
func TestSmallBucket(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for name, o := range map[string]fake.JiraOptions{"worklogs": {DataCenter: true}, "histories": {DataCenter: true, InlineHistories: 1}} {
		t.Run(name, func(t *testing.T) {
			s := newSite()
			for i, key := range fill(s, "PAY", 60) {
				for j := range 25 {
					s.LogWork(day(61, i), key, fake.JiraWorkSpec{By: "ben", Started: day(61, j), Spent: time.Hour})
				}
			}
			r := newRig(t, s, o)
			r.config = "projects: [PAY]\n"
			c := r.through(&bucket{next: r.http, clock: r.clock, size: 25, used: map[int64]int{}})
			var err error
			for range 40 {
				if err = r.Poll(c); err == nil {
					break
				}
				if connectors.ReasonOf(err) != connectors.ReasonRateLimited {
					t.Fatal(err)
				}
				r.clock.Advance(time.Minute)
			}
			if err != nil {
				t.Errorf("after 40 polls: %v", err)
			}
			equal(t, "issues", len(r.Shelf.Items), 60)
		})
	}
}

// Case 22: a history of which a part comes with the issue is completed, and
// one that cannot be is told.
func TestCase22Histories(t *testing.T) {
	long := func(s *fake.JiraSite) string {
		key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Long", Reporter: "ada"})
		for i := range 140 {
			s.Set(day(1, i), key, "ben", "summary", fmt.Sprintf("Long %d", i))
		}
		return key
	}
	for name, o := range map[string]fake.JiraOptions{
		"Cloud":                      {},
		"Cloud, pages of histories":  {BulkHistorySize: 50},
		"Data Center":                {DataCenter: true},
		"Data Center, cut off lists": {DataCenter: true, InlineHistories: 40},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite()
			key := long(s)
			fill(s, "PAY", 10)
			r := newRig(t, s, o)
			r.MustPoll(r.connect())
			if o.InlineHistories == 40 {
				if why := r.Shelf.Quarantined[r.item(key).ID]; !strings.Contains(why, "cut off") {
					t.Errorf("a history that is cut off: %q", why)
				}
				return
			}
			equal(t, "edits", len(r.events(key, store.EventEdit)), 140)
			equal(t, "quarantined", len(r.Shelf.Quarantined), 0)
		})
	}
	t.Run("Cloud without the list for many", func(t *testing.T) {
		s := newSite()
		key := long(s)
		r := newRig(t, s, fake.JiraOptions{})
		r.jira.Fault(fake.Matching("changelog/bulkfetch"), -1, fake.Fault{Kind: fake.ServerError, Status: http.StatusNotFound})
		r.MustPoll(r.connect())
		equal(t, "edits", len(r.events(key, store.EventEdit)), 140)
	})
}
