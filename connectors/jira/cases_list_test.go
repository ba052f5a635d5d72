package jira

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// checkKeys proves that every visible issue is stored and nothing else is
// there.
func checkKeys(t *testing.T, r *rig) {
	t.Helper()
	var got []string
	for _, it := range r.Shelf.Items {
		if it.Kind == store.KindTicket && it.Gone == "" {
			got = append(got, it.Keys[0])
		}
	}
	want := r.site.Keys()
	slices.Sort(got)
	slices.Sort(want)
	equal(t, "issues", got, want)
}

// Case 15: the search that Cloud took away is not used there, and on Data
// Center the offset advances by what came.
func TestCase15Searches(t *testing.T) {
	t.Run("Cloud", func(t *testing.T) {
		s := newSite()
		fill(s, "PAY", 130)
		r := newRig(t, s, fake.JiraOptions{})
		r.MustPoll(r.connect())
		checkKeys(t, r)
		for _, q := range r.jira.Log() {
			if q.Status == http.StatusGone {
				t.Errorf("asked for %s, which is gone", q)
			}
		}
	})
	t.Run("Cloud that does not say so", func(t *testing.T) {
		s := newSite()
		fill(s, "PAY", 30)
		r := newRig(t, s, fake.JiraOptions{})
		c := r.connect().(*connector)
		if err := c.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.site.cloud = false
		r.MustPoll(c)
		checkKeys(t, r)
	})
	t.Run("Data Center lowers the size", func(t *testing.T) {
		s := newSite()
		fill(s, "PAY", 130)
		r := newRig(t, s, fake.JiraOptions{DataCenter: true, PageSize: 30})
		r.MustPoll(r.connect())
		checkKeys(t, r)
		equal(t, "searches", r.served()["api/2/search"], 5)
		r.Shelf = connectortest.NewShelf()
		r.jira.Fault(isSearch, -1, fake.Fault{Kind: fake.JiraSmallPage, Status: 7})
		r.MustPoll(r.connect())
		checkKeys(t, r)
	})
	t.Run("Data Center allows nothing", func(t *testing.T) {
		s := newSite()
		fill(s, "PAY", 5)
		r := newRig(t, s, fake.JiraOptions{DataCenter: true})
		r.jira.Fault(isSearch, -1, fake.Fault{Kind: fake.JiraSmallPage, Status: 0})
		err := r.Poll(r.connect())
		equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonDecode)
		if n := r.served()["api/2/search"]; n != 1 {
			t.Errorf("%d searches, want one that ends it", n)
		}
	})
}

// Case 15: a list that becomes shorter while it is read hides nothing.
func TestCase15Shrinking(t *testing.T) {
	s := newSite()
	all := fill(s, "PAY", 30)
	r := newRig(t, s, fake.JiraOptions{DataCenter: true, PageSize: 10})
	r.jira.Fault(fake.Matching("GET", "/search", "startAt=10"), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
		s.Delete(present, all[0])
		s.Delete(present, all[1])
	}})
	r.MustPoll(r.connect())
	for _, key := range all[2:] {
		r.item(key)
	}
}

// Case 16: tokens that repeat, empty pages that have a successor and an early
// isLast neither go round for ever nor end a list too soon.
func TestCase16Tokens(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  fake.Kind
		times int
		fails bool
	}{
		{"the same token for ever", fake.JiraSameToken, -1, true},
		{"the same token twice", fake.JiraSameToken, 2, true},
		{"empty pages for ever", fake.JiraEmptyPage, -1, true},
		{"one empty page", fake.JiraEmptyPage, 1, false},
		{"isLast beside a token", fake.JiraLastToken, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite()
			fill(s, "PAY", 25)
			r := newRig(t, s, fake.JiraOptions{})
			r.config = "projects: [PAY]\npage_size: 5\n"
			r.jira.Fault(fake.Matching("/search/jql"), c.times, fake.Fault{Kind: c.kind})
			conn := r.connect()
			err := r.Poll(conn)
			if (err != nil) != c.fails || err != nil && connectors.ReasonOf(err) != connectors.ReasonDecode {
				t.Errorf("the poll returns %v, want a failure: %v", err, c.fails)
			}
			if n := r.served()["api/2/search/jql"]; n > 40 {
				t.Errorf("%d searches", n)
			}
			if err != nil && !r.Shelf.Watermark.IsZero() {
				t.Error("a failed scan moved the watermark")
			}
			r.jira.ClearFaults()
			r.MustPoll(conn)
			checkKeys(t, r)
		})
	}
}

// Case 17: an expired token that reads an empty Jira raises an alarm and
// deletes nothing, whether the header tells or not.
func TestCase17ExpiredToken(t *testing.T) {
	for _, header := range []bool{true, false} {
		t.Run(fmt.Sprintf("header %v", header), func(t *testing.T) {
			s := newSite()
			all := fill(s, "PAY", 12)
			r := newRig(t, s, fake.JiraOptions{})
			if !header {
				r.http = nil
			}
			env := r.environment()
			if !header {
				env.Transport = silent{&http.Transport{}}
			}
			c, err := New(env, connectortest.Decoder("projects: [PAY]\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			r.http = &http.Transport{}
			r.MustPoll(c)
			r.later(c, 5*time.Minute)
			s.Comment(r.clock.Now(), all[0], "ben", "hello")
			r.later(c, 5*time.Minute)
			before, cursor := r.Shelf.Watermark, fmt.Sprint(r.Shelf.Cursor)
			r.jira.Expire(true)
			for i := range 12 {
				// At first nothing but the list of issues is due, later the
				// census too.
				r.clock.Advance(20 * time.Minute)
				if i > 0 {
					r.clock.Advance(3 * time.Hour)
				}
				if err := r.Poll(c); connectors.ReasonOf(err) != connectors.ReasonAuth || err == nil {
					t.Fatalf("a poll with an expired token returns %v", err)
				}
			}
			equal(t, "watermark", r.Shelf.Watermark, before)
			equal(t, "cursor", fmt.Sprint(r.Shelf.Cursor), cursor)
			checkKeys(t, r)
			r.jira.Expire(false)
			r.MustPoll(c)
			checkKeys(t, r)
			if tr, ok := env.Transport.(silent); ok {
				tr.next.CloseIdleConnections()
			}
		})
	}
}

// silent takes away the header by which Jira tells of a failed login.
type silent struct{ next *http.Transport }

func (s silent) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err == nil {
		resp.Header.Del("X-Seraph-Loginreason")
	}
	return resp, err
}

// Case 18: the account's time zone, changes of its clock included, hides no
// update, in any form of time that a server accepts.
func TestCase18Zones(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"} {
		for _, form := range []string{"epoch", "relative", "zone"} {
			t.Run(zone+" "+form, func(t *testing.T) {
				s := newSite()
				s.AddUser(fake.JiraUserSpec{ID: "reader", TimeZone: zone})
				// Clocks in Los Angeles go back on 1 November 2026, 09:00 UTC.
				change := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
				clk := connectortest.NewClock(change.Add(-3 * time.Hour))
				r := newRig(t, s, fake.JiraOptions{Account: "reader", NoEpoch: form != "epoch", Now: clk.Now})
				r.clock = clk
				key := s.Open(clk.Now().Add(-time.Hour), "PAY", fake.JiraIssueSpec{Summary: "Clocks", Reporter: "ada"})
				c := r.connect()
				if form == "zone" {
					if err := c.(*connector).prepare(t.Context()); err != nil {
						t.Fatal(err)
					}
					c.(*connector).form = formZone
				}
				r.MustPoll(c)
				for i := range 36 {
					at := clk.Now().Add(time.Duration(i%10) * 30 * time.Second)
					s.Set(at, key, "ben", "summary", fmt.Sprintf("Clocks %d", i))
					r.later(c, 10*time.Minute)
					equal(t, "title", r.item(key).Title, fmt.Sprintf("Clocks %d", i))
				}
				equal(t, "edits", len(r.events(key, store.EventEdit)), 36)
			})
		}
	}
}

// Case 19: an issue that the index learns of hours late is found by a sweep,
// and one that changes every minute is collected all the same.
func TestCase19LateIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 12)
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		late := s.Open(r.clock.Now(), "PAY", fake.JiraIssueSpec{Summary: "Indexed late", Reporter: "ada"})
		r.jira.LagBehind(late, 3*time.Hour)
		s.Set(r.clock.Now(), all[0], "ada", "summary", "Seen late")
		r.jira.LagBehind(all[0], 3*time.Hour)
		soon := s.Open(r.clock.Now(), "PAY", fake.JiraIssueSpec{Summary: "Indexed soon", Reporter: "ada"})
		r.jira.LagBehind(soon, 12*time.Minute)
		busy := all[1]
		for i := range 80 {
			s.Set(r.clock.Now(), busy, "ben", "summary", fmt.Sprintf("Busy %d", i))
			r.later(c, 5*time.Minute)
			equal(t, "busy", r.item(busy).Title, fmt.Sprintf("Busy %d", i))
			if i == 2 { // 15 minutes: within the overlap, long before a sweep
				equal(t, "soon", r.item(soon).Title, "Indexed soon")
			}
		}
		equal(t, "late", r.item(late).Title, "Indexed late")
		equal(t, "changed late", r.item(all[0]).Title, "Seen late")
	})
}

// Case 20: an odd issue is read or set aside, and the other 99 are stored.
func TestCase20OddIssues(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 100)
		s.Set(day(70, 0), all[7], "ada", "description", "Depends on OPS-77")
		r := newRig(t, s, o)
		r.jira.Poison(all[7], fake.JiraPoison{Document: true, Zulu: true, EmptyDue: true})
		r.jira.Poison(all[8], fake.JiraPoison{NoUpdated: true})
		r.MustPoll(r.connect())
		checkKeys(t, r)
		equal(t, "quarantined", len(r.Shelf.Quarantined), 0)
		equal(t, "mentions", connectortest.Keys(r.item(all[7]), store.LinkMentions), []string{"OPS-77"})
		if it := r.item(all[8]); it.Updated.Before(it.Created) {
			t.Errorf("an issue without a time of update has %s", it.Updated)
		}

		r.Shelf = connectortest.NewShelf()
		r.jira.Fault(fake.Matching("GET", "/search", "jql="), 1, fake.Fault{Kind: fake.BadTimestamp})
		c := r.connect()
		r.MustPoll(c)
		equal(t, "quarantined", len(r.Shelf.Quarantined), 1)
		equal(t, "issues", len(r.Shelf.Items), 99)
		for id, why := range r.Shelf.Quarantined {
			if !strings.HasPrefix(id, prefix) || why != "field updated: not a time" {
				t.Errorf("quarantined %s: %s", id, why)
			}
		}
		// A census finds that it is not stored, and has it read again.
		r.later(c, 25*time.Hour)
		equal(t, "quarantined after a census", len(r.Shelf.Quarantined), 0)
		checkKeys(t, r)
	})
}

// Case 21: moved, deleted and hidden issues are told apart, and when too many
// go at once nothing is concluded.
func TestCase21Census(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		pay, ops := fill(s, "PAY", 20), fill(s, "OPS", 20)
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		id := r.item(pay[0]).ID

		inside := s.Move(r.clock.Now(), pay[0], "ada", "OPS")
		outside := s.Move(r.clock.Now(), pay[1], "ada", "STRAT")
		s.Delete(r.clock.Now(), pay[2])
		r.later(c, 5*time.Minute)
		it := r.item(inside)
		equal(t, "ID after a move", it.ID, id)
		equal(t, "keys after a move", it.Keys, []string{inside, pay[0]})
		equal(t, "project after a move", it.Attrs[store.AttrProject], []string{"OPS"})

		r.later(c, 25*time.Hour)
		equal(t, "moved out of the scope", r.item(pay[1]).Gone, store.GoneMoved)
		equal(t, "keys of what moved out", r.item(pay[1]).Keys[0], outside)
		equal(t, "deleted", r.item(pay[2]).Gone, store.GoneDeleted)
		equal(t, "still there", r.item(pay[3]).Gone, store.Gone(""))

		s.RevokeProject("OPS")
		r.later(c, 5*time.Minute)
		r.later(c, 25*time.Hour)
		for _, key := range ops {
			equal(t, "hidden "+key, r.item(key).Gone, store.GoneLostAccess)
		}
		equal(t, "the other project", r.item(pay[3]).Gone, store.Gone(""))

		s.RestoreProject("OPS")
		r.later(c, 2*time.Hour)
		r.later(c, 25*time.Hour)
		for _, key := range ops { // open ones and such as were closed long ago
			equal(t, "visible again "+key, r.item(key).Gone, store.Gone(""))
		}

		for _, key := range pay[3:12] {
			s.Delete(r.clock.Now(), key)
		}
		r.later(c, 25*time.Hour)
		for _, key := range pay[3:12] {
			equal(t, "held "+key, r.item(key).Gone, store.Gone(""))
		}
		if !strings.Contains(r.logs.String(), "too many issues vanished") {
			t.Error("the hold is not told")
		}
	})
}

// Case 21: the only project there is cannot be seen any more.
func TestCase21LastProject(t *testing.T) {
	s := newSite()
	all := fill(s, "PAY", 6)
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [PAY]\n"
	c := r.connect()
	r.MustPoll(c)
	s.RevokeProject("PAY")
	before := r.Shelf.Watermark
	for range 6 {
		r.clock.Advance(5 * time.Hour)
		err := r.Poll(c)
		if e, ok := errors.AsType[*connectors.Error](err); !ok || e.Reason == connectors.ReasonDecode {
			t.Fatalf("a poll without any project returns %v", err)
		}
	}
	equal(t, "watermark", r.Shelf.Watermark, before)
	equal(t, "hidden", r.item(all[0]).Gone, store.GoneLostAccess)
}
