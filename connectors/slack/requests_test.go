package slack

import (
	"fmt"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// pages is how many pages a list of n elements has, at least one.
func pages(n, size int) int { return max(1, (n+size-1)/size) }

// minimum is how many requests a first backfill cannot do without: whose token
// it is, the channels, the pages of each channel, one for each thread, and the
// accounts.
func minimum(w *fake.Workspace, size, members int) int {
	n := 2 + pages(members, usersPage)
	for _, c := range w.Snapshot() {
		if !c.Joined || c.Kind != "public_channel" {
			continue
		}
		top := 0
		for _, m := range c.Messages {
			if m.Thread == "" || m.Broadcast {
				top++
			}
			if m.Replies > 0 {
				n += pages(m.Replies+1, size)
			}
		}
		n += pages(top, size)
	}
	return n
}

// busy is a workspace of 10,000 messages in threads and out of them.
func busy() *fake.Workspace {
	w := fake.NewWorkspace("acme")
	fake.PopulateSlack(w, fake.SlackSize{Channels: 8, Members: 60, Messages: 7000, Threads: 700, Replies: 3000}, start, present.Add(-time.Hour), 11)
	return w
}

// TestBackfillRequests counts the requests of a first backfill, undisturbed and
// with five percent of all requests failing.
func TestBackfillRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	w := busy()
	least := minimum(w, 500, 63)
	read := func(what string, most float64, disturb func(*fake.Slack)) *rig {
		r := newRig(t, w, fake.SlackOptions{NoLimit: true})
		c := r.connect()
		disturb(r.slack)
		r.patient(c)
		got := len(r.slack.Log())
		t.Logf("first backfill %s: %d requests for 10,000 messages, %.1f per 1,000; at least %d are needed: %.3f",
			what, got, float64(got)/10, least, float64(got)/float64(least))
		if float64(got) > most*float64(least) {
			t.Errorf("%s: %d requests, more than %.2f times the %d that are needed", what, got, most, least)
		}
		if r.slack.Peak() != 1 {
			t.Errorf("%d requests at once, want one by one", r.slack.Peak())
		}
		return r
	}
	calm := read("undisturbed", 1.01, func(*fake.Slack) {})
	rough := read("with faults", 1.15, func(s *fake.Slack) {
		s.Chaos(5, .05, fake.Fault{Kind: fake.SecondaryLimit, Wait: 30 * time.Second}, fake.Fault{Kind: fake.ServerError}, fake.Fault{Kind: fake.TruncatedBody})
	})
	connectortest.SameFacts(t, "with faults", rough.Shelf, calm.Shelf)
	equal(t, "items", len(calm.Shelf.Items), 7000)
}

// TestIdlePoll proves that a poll of an unchanged workspace is one request for
// each channel, and that looking back costs the pages of the last days and
// nothing for threads that did not move.
func TestIdlePoll(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	r := newRig(t, busy(), fake.SlackOptions{NoLimit: true})
	c := r.connect()
	r.MustPoll(c)
	for i := range 3 {
		r.clock.Advance(5 * time.Minute)
		r.slack.ResetLog()
		r.MustPoll(c)
		equal(t, "requests", r.requests(""), 8)
		if i == 0 {
			t.Logf("idle poll: %d requests for 8 channels", r.requests(""))
		}
	}
	r.later() // beyond the day after the last reply nothing settles any more
	r.MustPoll(c)
	r.clock.Advance(25 * time.Hour)
	r.MustPoll(c)
	r.later()
	r.slack.ResetLog()
	before := r.Shelf.Watermark
	r.MustPoll(c)
	equal(t, "requests for threads", r.requests(methodReplies), 0)
	if got := r.requests(methodHistory); got > 8*2 {
		t.Errorf("looking back costs %d requests", got)
	}
	if !r.Shelf.Watermark.After(before) {
		t.Error("the watermark does not move")
	}
	t.Logf("idle poll that looks back two weeks: %d requests", r.requests(""))
}

// TestManyChannels polls more channels than a minute allows requests, and holds
// the time that it takes and the refusals against the limit.
func TestManyChannels(t *testing.T) {
	const channels, aMinute = 300, 50
	o := newOffice()
	for i := range channels - 2 {
		o.AddChannel(start, fake.ChannelSpec{Name: fmt.Sprintf("team-%d", i), Members: []string{o.ada}, Bot: true})
	}
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.patient(c)
	for _, what := range []string{"idle", "looking back"} {
		r.later()
		if what == "idle" {
			r.patient(c) // looks back
			r.clock.Advance(5 * time.Minute)
		}
		r.slack.ResetLog()
		took := r.patient(c)
		asked, refused := 0, 0
		for _, s := range r.slack.Log() {
			if s.Resource != methodHistory {
				continue
			}
			if asked++; s.Status == 429 {
				refused++
			}
		}
		if asked-refused != channels || refused > channels/aMinute || took > channels/aMinute*time.Minute {
			t.Errorf("%s: %d requests, %d of them refused, in %v", what, asked, refused, took)
		}
	}
}
