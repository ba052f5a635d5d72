package jira

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// A hostile server answers what start-up asks, and everything else as told.
func hostile(t *testing.T, answer http.HandlerFunc) (*rig, connectors.Connector) {
	t.Helper()
	srv, err := fake.Listen(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", present.Format(http.TimeFormat))
		switch {
		case strings.HasSuffix(q.URL.Path, "/serverInfo"):
			fmt.Fprint(w, `{"baseUrl":"https://jira.example.org"}`)
		case strings.HasSuffix(q.URL.Path, "/field"), strings.HasSuffix(q.URL.Path, "/status"):
			fmt.Fprint(w, `[]`)
		case strings.Contains(q.URL.Path, "/project/"):
			fmt.Fprint(w, `{"id":"1","key":"A"}`)
		default:
			answer(w, q)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	r := bareRig(t, srv.URL)
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(r.environment(), connectortest.Decoder("jql: project = A\npage_size: 2\nbase_url: "+srv.URL+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// plainIssue is an issue with nothing to complete.
func plainIssue(id int, key string) string {
	return fmt.Sprintf(`{"id":"%d","key":%q,"changelog":{"total":0,"histories":[]},"fields":{"created":1700000000000,"updated":1700000000000,
		"issuetype":{"name":"Task"},"status":{"id":"1"},"comment":{"total":0,"comments":[]},"worklog":{"total":0,"worklogs":[]}}}`, id, key)
}

// TestOffsetIgnored proves that a server, or a cache before it, that answers
// every offset with the first page has not been read.
func TestOffsetIgnored(t *testing.T) {
	r, c := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"startAt":0,"maxResults":2,"total":4,"issues":[%s,%s]}`, plainIssue(1, "A-1"), plainIssue(2, "A-2"))
	})
	if err := r.Poll(c); connectors.ReasonOf(err) != connectors.ReasonDecode || err == nil {
		t.Errorf("two of four issues were read, and the error is %v", err)
	}
	if !r.Shelf.Watermark.IsZero() {
		t.Error("it counts as complete")
	}
}

// TestPartsOffsetIgnored proves the same of comments.
func TestPartsOffsetIgnored(t *testing.T) {
	_, c := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"startAt":0,"total":4,"comments":[{"id":"1"},{"id":"2"}]}`)
	})
	if _, _, err := c.(*connector).parts(t.Context(), "rest/api/2/issue/1/comment", "comments"); connectors.ReasonOf(err) != connectors.ReasonDecode || err == nil {
		t.Errorf("two of four comments were read, and the error is %v", err)
	}
}

// TestPartsWithoutEnd proves that a list that always says there is more comes to
// an end, with an error.
func TestPartsWithoutEnd(t *testing.T) {
	asked := 0
	_, c := hostile(t, func(w http.ResponseWriter, q *http.Request) {
		asked++
		start := q.URL.Query().Get("startAt")
		fmt.Fprintf(w, `{"startAt":%s,"total":1000000,"comments":[{"id":"1"}]}`, start)
	})
	if _, _, err := c.(*connector).parts(t.Context(), "rest/api/2/issue/1/comment", "comments"); err == nil {
		t.Errorf("after %d requests it counts as complete", asked)
	}
}

// TestOddProjectKey proves that the key of an issue cannot choose what is asked
// for: a project is asked for by what looks like the key of one.
func TestOddProjectKey(t *testing.T) {
	asked := ""
	r, c := hostile(t, func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasSuffix(q.URL.Path, "/search") {
			asked = q.URL.Path
		}
		fmt.Fprintf(w, `{"startAt":0,"maxResults":2,"total":1,"issues":[%s]}`, plainIssue(1, "..-1"))
	})
	r.MustPoll(c)
	equal(t, "asked for", asked, "")
}

// TestAbsurdDate proves that one answer with the date of another time moves no
// clock for good: updates are still found afterwards.
func TestAbsurdDate(t *testing.T) {
	for _, skew := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		products(t, func(t *testing.T, o fake.JiraOptions) {
			s := newSite()
			all := fill(s, "PAY", 3)
			r := newRig(t, s, o)
			r.config = "projects: [PAY]\ncensus_interval: 9000h\nsweep_interval: 9000h\n"
			c := r.connect()
			r.MustPoll(c)
			r.jira.Fault(fake.Matching("/search"), 1, fake.Fault{Kind: fake.ClockSkew, Wait: skew})
			r.later(c, 5*time.Minute)
			s.Comment(r.clock.Now(), all[1], "ada", "again")
			r.later(c, 5*time.Minute)
			equal(t, "comments that were found", len(r.events(all[1], "comment")), 1)
		})
	}
}
