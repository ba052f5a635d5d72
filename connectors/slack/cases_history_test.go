package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestCase24OldThreads: a new reply on a ten-day-old thread, an edit, a
// deletion and a reaction are found by looking back, each at the cost of what
// moved.
func TestCase24OldThreads(t *testing.T) {
	o := newOffice()
	var threads []string
	for i := range 20 {
		ts := o.say(ago(10, i), o.dev, o.ada, "top")
		o.reply(ago(9, i), o.dev, o.ben, "reply", ts)
		threads = append(threads, ts)
	}
	edited := o.say(ago(8, 0), o.dev, o.ada, "see PAY-1")
	doomed := o.say(ago(8, 1), o.dev, o.ada, "see PAY-2")
	liked := o.say(ago(8, 2), o.dev, o.ada, "plain")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)

	r.clock.Advance(time.Hour)
	now := r.clock.Now()
	fresh := o.reply(now, o.dev, o.ada, "PAY-3?", threads[3])
	gone := strings.TrimPrefix(r.eventIDs(o.dev, threads[4])[1], "message/")
	o.Delete(o.dev, gone)
	o.Delete(o.dev, threads[5]) // leaves a tombstone
	o.Edit(now, o.dev, edited, "see PAY-4")
	o.Delete(o.dev, doomed)
	o.React(o.dev, liked, o.ben, "decision")
	o.Unfurl(o.dev, threads[6], fake.Unfurl{FromURL: "https://github.com/acme/api/pull/77", Title: "Something"})
	r.later()
	r.slack.ResetLog()
	r.MustPoll(c)

	equal(t, "requests for threads", r.requests(methodReplies), 3) // one of the four has no replies left
	equal(t, "requests for history", r.requests(methodHistory), 2)
	equal(t, "new reply", r.eventIDs(o.dev, threads[3])[2], "message/"+fresh)
	equal(t, "its link", connectortest.Keys(r.item(o.dev, threads[3]), store.LinkMentions), []string{"PAY-3"})
	equal(t, "a deleted reply", r.eventIDs(o.dev, threads[4]), []string{"message/" + threads[4]})
	equal(t, "a deleted first message", len(r.eventIDs(o.dev, threads[5])), 1)
	equal(t, "its item", r.item(o.dev, threads[5]).Gone, store.Gone(""))
	equal(t, "an edit", connectortest.Keys(r.item(o.dev, edited), store.LinkDiscusses), []string{"PAY-4"})
	equal(t, "a deletion", r.item(o.dev, doomed).Gone, store.GoneDeleted)
	equal(t, "a reaction", r.item(o.dev, liked).Attrs[store.AttrReaction], []string{"decision"})
	equal(t, "an unfurled link", connectortest.Keys(r.item(o.dev, threads[6]), store.LinkDiscusses), []string{"acme/api#77"})

	// Nothing is read again when nothing moves.
	r.later()
	r.slack.ResetLog()
	r.MustPoll(c)
	equal(t, "requests when nothing moved", r.requests(methodReplies), 0)
	// The thread settles a day after its last reply and is read once more.
	o.Edit(now, o.dev, fresh, "no, PAY-5")
	r.clock.Advance(25 * time.Hour)
	r.slack.ResetLog()
	r.MustPoll(c)
	equal(t, "requests for the thread that settled", r.requests(methodReplies), 1)
	equal(t, "an edited reply", connectortest.Keys(r.item(o.dev, threads[3]), store.LinkMentions), []string{"PAY-5"})
}

// TestCase24Paging: has_more with an empty cursor goes on below the smallest
// ts, and pages that do not move on fail without moving the cursor.
func TestCase24Paging(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   fake.Kind
		method string
		times  int
		fails  bool
	}{
		{"no cursor", fake.SlackNoCursor, methodHistory, 1, false},
		{"no cursor, for ever", fake.SlackNoCursor, methodHistory, -1, true},
		{"the same cursor", fake.SlackSameCursor, methodHistory, -1, true},
		{"cursors without end", fake.SlackEndlessCursor, methodHistory, -1, true},
		{"no cursor in a thread", fake.SlackNoCursor, methodReplies, 1, false},
		{"no cursor in a thread, for ever", fake.SlackNoCursor, methodReplies, -1, true},
		{"the same cursor in a thread", fake.SlackSameCursor, methodReplies, -1, true},
		{"a warning", fake.SlackMetadataWarned, methodHistory, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice()
			for i := range 10 {
				o.say(ago(2, i), o.dev, o.ada, "message")
			}
			top := o.say(ago(2, 20), o.dev, o.ada, "top")
			for i := range 10 {
				o.reply(ago(2, 30+i), o.dev, o.ben, "reply", top)
			}
			r := newRig(t, o.Workspace, fake.SlackOptions{})
			r.config = "page_size: 4\nchannels: [proj-dev]\n"
			conn := r.connect()
			r.slack.Fault(fake.Matching("/"+c.method), c.times, fake.Fault{Kind: c.kind})
			err := r.Poll(conn)
			if c.fails {
				if reason := connectors.ReasonOf(err); reason != connectors.ReasonDecode && (reason != connectors.ReasonServer || c.kind != fake.SlackSameCursor) {
					t.Errorf("the reason is %s: %v", reason, err)
				}
				if !r.Shelf.Watermark.IsZero() {
					t.Error("a scan that did not end moved the watermark")
				}
				r.slack.ClearFaults()
				err = r.Poll(conn)
			}
			if err != nil {
				t.Fatal(err)
			}
			connectortest.SameFacts(t, "in the end", r.Shelf, r.fresh())
			equal(t, "items", len(r.Shelf.Items), 11)
		})
	}
}

// TestForwardPages: Slack answers a request with an oldest time and no latest
// with what is closest to the oldest. A window must not begin in the middle of
// what it is to read, nor take what is above it for deleted.
func TestForwardPages(t *testing.T) {
	o := newOffice()
	for i := range 45 {
		o.say(ago(9, i), o.dev, o.ada, "message")
	}
	r := newRig(t, o.Workspace, fake.SlackOptions{Forward: true})
	r.config = "page_size: 10\n"
	c := r.connect()
	r.MustPoll(c)
	equal(t, "items after one poll", len(r.Shelf.Items), 45)
	for i := range 9 {
		o.say(ago(0, i-20), o.dev, o.ben, "news")
	}
	r.later()
	r.MustPoll(c)
	equal(t, "items after looking back", len(r.Shelf.Items), 54)
	equal(t, "tombstones", r.gone(o.dev)[store.GoneDeleted], 0)
}

// TestPoisonedThread: a thread that Slack cannot show keeps neither the other
// threads of its channel nor what is new there from being read.
func TestPoisonedThread(t *testing.T) {
	o := newOffice()
	bad := o.say(ago(3, 0), o.dev, o.ada, "top")
	o.reply(ago(3, 1), o.dev, o.ben, "reply", bad)
	good := o.say(ago(2, 0), o.dev, o.ada, "top")
	o.reply(ago(2, 1), o.dev, o.ben, "reply", good)
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	broken := fake.Matching("/"+methodReplies, "ts="+bad)
	for i, f := range []fake.Fault{{Kind: fake.SlackError, To: "internal_error"}, {Kind: fake.ServerError}} {
		r.slack.Fault(broken, -1, f)
		if r.Poll(c) == nil {
			t.Fatal("a thread that was not read is no failure")
		}
		equal(t, "the other thread", len(r.eventIDs(o.dev, good)), 2+i)
		o.reply(r.clock.Now(), o.dev, o.ben, "one more", good)
		news := o.say(r.clock.Now(), o.dev, o.ada, "news")
		r.later()
		if r.Poll(c) == nil {
			t.Fatal("a thread that was not read is no failure")
		}
		r.item(o.dev, news)
		equal(t, "the other thread", len(r.eventIDs(o.dev, good)), 3+i)
		r.slack.ClearFaults()
	}
	r.MustPoll(c)
	equal(t, "the thread, once it can be read", len(r.eventIDs(o.dev, bad)), 2)
	connectortest.SameFacts(t, "in the end", r.Shelf, r.fresh())
}

// TestCase24Crash stops after each page of a channel that is read newest first,
// while people go on talking: the restart leaves no hole, and what was said
// since is found.
func TestCase24Crash(t *testing.T) {
	for pages := 1; pages < 12; pages++ {
		o := newOffice()
		for i := range 60 {
			ts := o.say(ago(30, i), o.dev, o.ada, "message")
			if i%10 == 0 {
				o.reply(ago(2, i), o.dev, o.ben, "reply", ts)
			}
		}
		r := newRig(t, o.Workspace, fake.SlackOptions{NoLimit: true})
		r.config = "page_size: 10\nchannels: [proj-dev]\n"
		crash(t, r, pages)
		r.clock.Advance(time.Hour)
		for i := range 25 {
			o.say(r.clock.Now().Add(time.Duration(i-30)*time.Minute), o.dev, o.ben, "since then")
		}
		r.MustPoll(r.connect())
		connectortest.SameFacts(t, fmt.Sprintf("stopped after %d requests", pages), r.Shelf, r.fresh())
		equal(t, "items", len(r.Shelf.Items), 85)

		// The same in the middle of a later window.
		for i := range 25 {
			o.say(r.clock.Now().Add(time.Duration(i)*time.Second), o.dev, o.ada, "and more")
		}
		r.clock.Advance(10 * time.Minute)
		crash(t, r, min(pages, 2))
		o.say(r.clock.Now(), o.dev, o.ben, "the last word")
		r.clock.Advance(10 * time.Minute)
		r.MustPoll(r.connect())
		connectortest.SameFacts(t, fmt.Sprintf("stopped again after %d requests", pages), r.Shelf, r.fresh())
		equal(t, "items", len(r.Shelf.Items), 111)
	}
}

// crash polls until the server was asked for some pages of messages, keeps what
// was handed over, and loses the connector.
func crash(t *testing.T, r *rig, pages int) {
	t.Helper()
	left := pages
	stop := func(q *http.Request) bool {
		if !strings.Contains(q.URL.Path, "/conversations.") {
			return false
		}
		left--
		return left < 0
	}
	r.slack.Fault(stop, -1, fake.Fault{Kind: fake.ResetBody})
	defer r.slack.ClearFaults()
	if err := r.Poll(r.connect()); err == nil {
		t.Fatalf("not stopped after %d requests", pages)
	}
}

// TestCase25Malformed: one message with a malformed block or attachment is set
// aside, and the rest of its page is kept; a block of an unknown type is fine.
func TestCase25Malformed(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   fake.Kind
		method string
		bad    int
	}{
		{"block", fake.SlackBadBlock, methodHistory, 1},
		{"attachment", fake.SlackBadAttachment, methodHistory, 1},
		{"a number", fake.SlackBadMessage, methodHistory, 1},
		{"an unknown block", fake.SlackUnknownBlock, methodHistory, 0},
		{"block of a first message", fake.SlackBadBlock, methodReplies, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice()
			for i := range 9 {
				o.say(ago(2, i), o.dev, o.ada, "message")
			}
			top := o.say(ago(2, 8), o.dev, o.ada, "first")
			o.reply(ago(1, 0), o.dev, o.ada, "reply", top)
			last := o.say(ago(2, 30), o.dev, o.ben, "the one on top of its page")
			if c.method == methodReplies {
				last = top
			}
			r := newRig(t, o.Workspace, fake.SlackOptions{})
			r.config = "channels: [proj-dev]\n"
			conn := r.connect()
			r.slack.Fault(fake.Matching("/"+c.method), 1, fake.Fault{Kind: c.kind})
			r.MustPoll(conn)
			equal(t, "items", len(r.Shelf.Items), 11-c.bad)
			equal(t, "set aside", len(r.Shelf.Quarantined), c.bad)
			if why := r.Shelf.Quarantined[r.id(o.dev, last)]; c.bad > 0 && c.kind != fake.SlackBadMessage && !strings.Contains(why, "cannot be read") {
				t.Errorf("%s is not in the quarantine: %v", last, r.Shelf.Quarantined)
			}
			// Once it can be read, it is.
			r.later()
			r.MustPoll(conn)
			equal(t, "items in the end", len(r.Shelf.Items), 11)
			r.item(o.dev, last)
		})
	}
}

// TestCase25MalformedReply: a reply that is malformed for good leaves its
// thread, and is set aside once.
func TestCase25MalformedReply(t *testing.T) {
	o := newOffice()
	top := o.say(ago(2, 0), o.dev, o.ada, "top PAY-1")
	o.Post(ago(2, 1), o.dev, fake.MessageSpec{Author: o.robot, Text: "x", Thread: top, RawAttachments: []byte(fake.MalformedAttachment)})
	o.reply(ago(2, 2), o.dev, o.ben, "good", top)
	o.Post(ago(2, 3), o.dev, fake.MessageSpec{Author: o.robot, Text: "x", Blocks: []byte(fake.MalformedBlock)})
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	equal(t, "events of the rest", len(r.eventIDs(o.dev, top)), 2)
	equal(t, "set aside", len(r.Shelf.Quarantined), 2)
	r.later()
	b, err := r.Fetch(c)
	if err != nil || len(b.Quarantined)+len(b.Items) > 0 {
		t.Errorf("set aside again: %v %v", b.Quarantined, err)
	}
}
