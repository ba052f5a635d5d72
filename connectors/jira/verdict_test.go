package jira

import (
	"bytes"
	"encoding/json"
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

// A tamper changes the JSON objects of some answers.
type tamper struct {
	next   http.RoundTripper
	change func(req *http.Request, answer map[string]any) // nil passes everything
}

func (c *tamper) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil || c.change == nil {
		return resp, err
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	var answer map[string]any
	if json.Unmarshal(raw, &answer) == nil {
		c.change(req, answer)
		if raw, err = json.Marshal(answer); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return resp, nil
}

// through makes a connector that reads through a transport.
func (r *rig) through(rt http.RoundTripper) connectors.Connector {
	r.T.Helper()
	env := r.environment()
	env.Transport = rt
	c, err := New(env, connectortest.Decoder(r.config+"token_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"/\n"))
	if err != nil {
		r.T.Fatal(err)
	}
	return c
}

// TestIssueErrors proves that issues which the server could not read just now
// count neither as gone nor as read.
func TestIssueErrors(t *testing.T) {
	s := newSite()
	fill(s, "PAY", 12)
	epic := s.Open(start.AddDate(-1, 0, 0), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Outside", Reporter: "ada"})
	s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Inside", Reporter: "ada", Parent: epic})
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [PAY]\n"
	rt := &tamper{next: r.http}
	c := r.through(rt)
	r.MustPoll(c)
	asked := 0
	rt.change = func(req *http.Request, answer map[string]any) {
		if strings.HasSuffix(req.URL.Path, "issue/bulkfetch") {
			asked++
			answer["issues"] = []any{}
			answer["issueErrors"] = []any{map[string]any{"id": fmt.Sprint(s.ID(epic)), "errorMessage": "Try again later."}}
		}
	}
	r.later(c, 25*time.Hour)
	if asked == 0 {
		t.Fatal("nothing was asked for by id")
	}
	equal(t, "what became of the epic", r.item(epic).Gone, store.Gone(""))
}

// TestExpiryInBetween proves that a token that expires while something is
// listed, and is answered with empty lists from then on, neither ends a scan
// too early nor makes issues count as gone.
func TestExpiryInBetween(t *testing.T) {
	t.Run("backfill", func(t *testing.T) {
		s := newSite()
		fill(s, "PAY", 40)
		r := newRig(t, s, fake.JiraOptions{})
		r.config = "projects: [PAY]\npage_size: 10\n"
		c := r.through(silent{r.http})
		pages := 0
		r.jira.Fault(func(q *http.Request) bool {
			if strings.Contains(q.URL.RawQuery, "fields=summary") {
				pages++
			}
			return pages == 3
		}, 1, fake.Fault{Kind: fake.MutateBefore, Do: func() { r.jira.Expire(true) }})
		if err := r.Poll(c); err == nil || connectors.ReasonOf(err) != connectors.ReasonAuth {
			t.Errorf("a token that expires in a scan: %v", err)
		}
		equal(t, "watermark", r.Shelf.Watermark.IsZero(), true)
		r.jira.Expire(false)
		r.MustPoll(c)
		equal(t, "issues", len(r.Shelf.Items), 40)
	})
	t.Run("census", func(t *testing.T) {
		s := newSite()
		all := fill(s, "PAY", 40)
		r := newRig(t, s, fake.JiraOptions{IDPageSize: 30})
		r.config = "projects: [PAY]\n"
		c := r.through(silent{r.http})
		r.MustPoll(c)
		pages := 0
		r.jira.Fault(func(q *http.Request) bool {
			if strings.Contains(q.URL.RawQuery, "fields=id&") {
				pages++
			}
			return pages == 2
		}, 1, fake.Fault{Kind: fake.MutateBefore, Do: func() { r.jira.Expire(true) }})
		r.clock.Advance(25 * time.Hour)
		if err := r.Poll(c); err == nil || connectors.ReasonOf(err) != connectors.ReasonAuth {
			t.Errorf("a token that expires in a census: %v", err)
		}
		for _, key := range all {
			equal(t, "what became of "+key, r.item(key).Gone, store.Gone(""))
		}
	})
	t.Run("announced", func(t *testing.T) {
		s := newSite()
		all := fill(s, "PAY", 4)
		r := newRig(t, s, fake.JiraOptions{})
		r.config = "projects: [PAY]\n"
		c := r.through(silent{r.http})
		r.MustPoll(c)
		r.jira.Expire(true)
		b, err := c.(connectors.Receiver).Refetch(t.Context(), []string{fmt.Sprint(s.ID(all[0]))})
		if err == nil || connectors.ReasonOf(err) != connectors.ReasonAuth {
			t.Errorf("an announced issue behind an expired token: %v, gone %v", err, b.Gone)
		}
	})
}
