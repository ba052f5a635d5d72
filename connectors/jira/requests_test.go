package jira

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// pages is how many pages a list of n elements has.
func pages(n, size int) int { return (n + size - 1) / size }

// largeSite has n issues, an epic outside of the scope for one in ten, and a
// history that comes cut off on Cloud for one in a hundred.
func largeSite(n int) *fake.JiraSite {
	s := newSite()
	var epics []string
	for i := range 20 {
		epics = append(epics, s.Open(start.AddDate(-1, 0, i), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: fmt.Sprintf("Epic %d", i), Reporter: "ada"}))
	}
	for i, key := range fill(s, "PAY", n) {
		if i%10 == 0 {
			s.Set(day(70, i), key, "ada", "parent", epics[i/10%len(epics)])
		}
		if i%100 == 0 {
			for j := range 60 {
				s.Set(day(71, i).Add(time.Duration(j)*time.Second), key, "ben", "summary", fmt.Sprintf("Task %d.%d", i, j))
			}
		}
	}
	return s
}

// start-up is what every process asks once: who serves, who asks, fields,
// statuses and projects.
const startUp = 5

// TestBackfillRequests compares a first backfill with what cannot be done
// without: a request for a hundred issues, one for the parents outside of the
// scope, and on Cloud one for the long histories, which are asked for page by page.
func TestBackfillRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	products(t, func(t *testing.T, o fake.JiraOptions) {
		const n = 1000
		r := newRig(t, largeSite(n), o)
		r.config = "projects: [PAY]\n"
		r.MustPoll(r.connect())
		equal(t, "issues", len(r.Shelf.Items), n+20)
		least := startUp + pages(n, 100) + pages(20, 100)
		if !o.DataCenter {
			least += 2 // the long histories, and how many issues there are
		}
		got := len(r.jira.Log())
		t.Logf("first backfill of %d issues: %d requests, at least %d are needed", n, got, least)
		if float64(got) > 1.15*float64(least) {
			t.Errorf("%d requests, %d are needed: %v", got, least, r.served())
		}
		if r.jira.Peak() != 1 {
			t.Errorf("%d requests at once, want one by one", r.jira.Peak())
		}
	})
}

// TestIdlePoll proves that a poll of an unchanged Jira is one request, and
// that it leaves nothing behind but the time.
func TestIdlePoll(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	products(t, func(t *testing.T, o fake.JiraOptions) {
		r := newRig(t, largeSite(300), o)
		r.config = "projects: [PAY]\n"
		c := r.connect()
		r.MustPoll(c)
		r.later(c, 5*time.Minute)
		before := r.Shelf.Clone()
		for range 5 {
			r.jira.ResetLog()
			r.later(c, 5*time.Minute)
			equal(t, "requests", len(r.jira.Log()), 1)
		}
		connectortest.SameFacts(t, "an idle source", r.Shelf, before)
		equal(t, "watermark", r.Shelf.Watermark, before.Watermark.Add(25*time.Minute))
		// A day of idle polls: twelve an hour, a list of projects each hour,
		// four sweeps of four requests.
		r.jira.ResetLog()
		for range 23 * 12 {
			r.later(c, 5*time.Minute)
		}
		got, most := len(r.jira.Log()), 23*12+23+4*5
		t.Logf("23 idle hours: %d requests", got)
		if got > most {
			t.Errorf("%d requests in 23 idle hours, want at most %d: %v", got, most, r.served())
		}
		// A census: who asks, projects, ids, the parents by id, and the open
		// issues.
		r.jira.ResetLog()
		r.later(c, 65*time.Minute)
		t.Logf("a poll with a census: %v", r.served())
	})
}

// TestDisturbed reads under faults in one request of twenty and ends where an
// undisturbed reading does.
func TestDisturbed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	products(t, func(t *testing.T, o fake.JiraOptions) {
		const n = 1000
		s := largeSite(n)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\npage_size: 10\n"
		want := r.fresh()
		calm := len(r.jira.Log())
		r.jira.ResetLog()
		r.jira.Chaos(7, .05, fake.Fault{Kind: fake.JiraBurst, Wait: 5 * time.Second}, fake.Fault{Kind: fake.ServerError}, fake.Fault{Kind: fake.TruncatedBody})
		c := r.connect()
		failures := 0
		for {
			err := r.Poll(c)
			if err == nil {
				break
			}
			if failures++; failures > 100 {
				t.Fatal(err)
			}
			switch connectors.ReasonOf(err) {
			case connectors.ReasonRateLimited, connectors.ReasonServer, connectors.ReasonDecode:
			default:
				t.Fatalf("a fault is reported as %v", err)
			}
			r.clock.Advance(time.Minute)
		}
		r.jira.ClearFaults()
		connectortest.SameFacts(t, "after faults", r.Shelf, want)
		t.Logf("%d requests undisturbed, %d with %d failed polls", calm, len(r.jira.Log()), failures)
		if got := len(r.jira.Log()); float64(got) > 1.5*float64(calm) {
			t.Errorf("%d requests under faults, %d without", got, calm)
		}
	})
}
