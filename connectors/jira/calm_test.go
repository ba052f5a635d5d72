package jira

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestCircle proves that parents that are their own ancestors come to an end.
func TestCircle(t *testing.T) {
	asked := 0
	issue := func(id, key, parent string) string {
		return `{"id":"` + id + `","key":"` + key + `","changelog":{"total":0,"histories":[]},"fields":{"created":1700000000000,"updated":1700000000000,
			"issuetype":{"name":"Task"},"status":{"id":"1"},"customfield_1":"` + parent + `","comment":{"total":0,"comments":[]},"worklog":{"total":0,"worklogs":[]}}}`
	}
	srv, err := fake.Listen(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		found := issue("1", "A-1", "B-1")
		switch jql := q.URL.Query().Get("jql"); {
		case strings.HasSuffix(q.URL.Path, "/serverInfo"):
			fmt.Fprint(w, `{"baseUrl":"https://jira.example.org"}`)
			return
		case strings.HasSuffix(q.URL.Path, "/field"):
			fmt.Fprint(w, `[{"id":"customfield_1","name":"Parent Link","schema":{"custom":"`+schemaParentLink+`"}}]`)
			return
		case strings.HasSuffix(q.URL.Path, "/status"):
			fmt.Fprint(w, `[]`)
			return
		case strings.Contains(q.URL.Path, "/project/"):
			fmt.Fprintf(w, `{"id":"1%s","key":%[1]q}`, q.URL.Path[len(q.URL.Path)-1:])
			return
		case strings.Contains(jql, `"B-1"`):
			found = issue("2", "B-1", "C-1")
		case strings.Contains(jql, `"C-1"`):
			found = issue("3", "C-1", "B-1")
		}
		fmt.Fprint(w, `{"startAt":0,"maxResults":100,"total":1,"issues":[`+found+`]}`)
	}))
	if err != nil {
		t.Fatal(err)
	}
	r := bareRig(t, srv.URL)
	defer func() {
		r.http.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := New(r.environment(), connectortest.Decoder("jql: project = A\nbase_url: "+srv.URL+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.MustPoll(c)
	equal(t, "issues", len(r.Shelf.Items), 3)
	equal(t, "requests", asked, 3+1+2+3) // each issue is in a project of its own
}

// TestCalm proves that nothing is concluded about what is gone while issues
// cannot be read.
func TestCalm(t *testing.T) {
	s := newSite()
	fill(s, "PAY", 5)
	r := newRig(t, s, fake.JiraOptions{})
	c := r.connect()
	r.MustPoll(c)
	r.jira.Fault(fake.Matching("/search", "fields=summary"), -1, fake.Fault{Kind: fake.ServerError})
	r.clock.Advance(25 * time.Hour)
	r.jira.ResetLog()
	if err := r.Poll(c); err == nil {
		t.Fatal("a poll succeeds without its search")
	}
	for _, q := range r.jira.Log() {
		if strings.Contains(q.Query, "fields=id&") || strings.Contains(q.Query, "fields=updated&") {
			t.Errorf("%s?%s is asked for", q.Path, q.Query)
		}
	}
}

// TestReadTwice proves that of an issue that one batch brings twice, only what
// was read last counts.
func TestReadTwice(t *testing.T) {
	s := newSite()
	all := fill(s, "PAY", 2)
	r := newRig(t, s, fake.JiraOptions{})
	// Without a sweep all of it is one batch.
	r.config = "projects: [PAY]\nsweep_interval: 9000h\n"
	c := r.connect()
	r.MustPoll(c)
	r.clock.Advance(25 * time.Hour)
	comment := s.Comment(r.clock.Now(), all[1], "ben", "soon gone")
	// The census reads open issues again, after the poll has read the comment.
	r.jira.Fault(fake.Matching("/search", "statusCategory"), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
		s.DeleteComment(r.clock.Now(), all[1], comment, "ben")
	}})
	r.MustPoll(c)
	equal(t, "comments", len(r.events(all[1], store.EventComment)), 0)
}

// TestReadInPartAgain proves that an issue of which the second reading within a
// batch is a part only has nothing taken back.
func TestReadInPartAgain(t *testing.T) {
	c := bareConnector(t, "")
	c.site = &site{}
	f := newFetch(c, store.Cursor{})
	is := &issue{id: "1", key: "PAY-1", created: present, comments: []wireComment{{ID: "7", Created: moment{present}}}}
	f.norm.issue(is)
	f.commit()
	is.comments, is.needsComments = nil, true
	f.norm.issue(is)
	f.commit()
	equal(t, "what the batch has all of", f.batch.Whole, []store.Whole{{Item: "issue/1", Prefix: "worklog/"}})
	is.needsComments = false
	f.norm.issue(is)
	f.commit()
	equal(t, "what it has all of in the end", f.batch.Whole, []store.Whole{{Item: "issue/1", Prefix: "comment/"}, {Item: "issue/1", Prefix: "worklog/"}})
}

// TestBacklog proves that a first backfill tells how much is left.
func TestBacklog(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		fill(s, "PAY", 120)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\npage_size: 5\n"
		c := r.connect()
		b, err := c.Fetch(t.Context(), r.Shelf.Cursor)
		if err != nil {
			t.Fatal(err)
		}
		// A batch ends after ten units, the list of projects among them.
		if !b.More || b.Backlog < 24-9 || b.Backlog > 24-9+4 {
			t.Errorf("after nine of 24 pages %d are left", b.Backlog)
		}
	})
}

// TestParentsFirst proves that a source counts as known only when the parents
// are read too.
func TestParentsFirst(t *testing.T) {
	s := newSite()
	epic := s.Open(day(0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada"})
	s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Summary: "Inside", Reporter: "ada", Parent: epic})
	r := newRig(t, s, fake.JiraOptions{})
	r.jira.Fault(fake.Matching("bulkfetch"), -1, fake.Fault{Kind: fake.ServerError})
	c := r.connect()
	if err := r.Poll(c); err == nil || !r.Shelf.Watermark.IsZero() {
		t.Errorf("without its parents: %v, watermark %s", err, r.Shelf.Watermark)
	}
	r.jira.ClearFaults()
	r.MustPoll(c)
	r.item(epic)
	if r.Shelf.Watermark.IsZero() {
		t.Error("a complete poll sets no watermark")
	}
}

// A ponderous transport takes longer than anybody waits for large pages.
type ponderous struct{ next http.RoundTripper }

func (p ponderous) RoundTrip(req *http.Request) (*http.Response, error) {
	q := req.URL.Query()
	if n, _ := strconv.Atoi(q.Get("maxResults")); n > 30 && strings.Contains(q.Get("expand"), "changelog") {
		return nil, context.DeadlineExceeded
	}
	return p.next.RoundTrip(req)
}

// TestLargePages proves that pages become smaller when the server does not get
// done with them, for a scan as for a census.
func TestLargePages(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		fill(s, "PAY", 90)
		r := newRig(t, s, o)
		c := r.through(ponderous{r.http})
		polls := func() (failed int) {
			for ; failed < 5 && r.Poll(c) != nil; failed++ {
				r.clock.Advance(time.Minute)
			}
			return failed
		}
		equal(t, "failed polls", polls(), 2)
		equal(t, "issues", len(r.Shelf.Items), 90)
		r.clock.Advance(25 * time.Hour)
		equal(t, "failed polls with a census", polls(), 1)
	})
}
