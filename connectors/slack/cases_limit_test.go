package slack

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// TestCase23Limits: 429 with 30 s, 429 without a header, 429 "soon", 200 with
// ok:false ratelimited are retried at the header's time or after a minute;
// {"ok":false} is a failed scan.
func TestCase23Limits(t *testing.T) {
	limited, decode := connectors.ReasonRateLimited, connectors.ReasonDecode
	for name, c := range map[string]struct {
		fault  fake.Fault
		reason connectors.Reason
		wait   time.Duration
	}{
		"429, 30":                 {fake.Fault{Kind: fake.SecondaryLimit, Wait: 30 * time.Second}, limited, 30 * time.Second},
		"429, no header":          {fake.Fault{Kind: fake.SecondaryBare}, limited, time.Minute},
		"429, soon":               {fake.Fault{Kind: fake.SlackRetrySoon}, limited, time.Minute},
		"429, date":               {fake.Fault{Kind: fake.SecondaryDate, Wait: 90 * time.Second}, limited, 90 * time.Second},
		"429, a week":             {fake.Fault{Kind: fake.SecondaryLimit, Wait: 7 * 24 * time.Hour}, limited, time.Hour},
		"200, ratelimited":        {fake.Fault{Kind: fake.SlackLimitedBody}, limited, time.Minute},
		"200, ok false, no error": {fake.Fault{Kind: fake.SlackBareFailure}, decode, 0},
		"200, {}":                 {fake.Fault{Kind: fake.ObjectBody}, decode, 0},
		"200, null":               {fake.Fault{Kind: fake.NullBody}, decode, 0},
		"200, empty":              {fake.Fault{Kind: fake.EmptyBody}, decode, 0},
		"200, truncated":          {fake.Fault{Kind: fake.TruncatedBody}, decode, 0},
		"200, HTML":               {fake.Fault{Kind: fake.HTMLBody}, decode, 0},
		"internal_error":          {fake.Fault{Kind: fake.SlackError, To: "internal_error"}, connectors.ReasonServer, 0},
		"502":                     {fake.Fault{Kind: fake.ServerError}, connectors.ReasonServer, 0},
		"token_revoked":           {fake.Fault{Kind: fake.SlackError, To: "token_revoked"}, connectors.ReasonAuth, 0},
		"a message for an error":  {fake.Fault{Kind: fake.SlackError, To: "<b>canary</b>"}, connectors.ReasonServer, 0},
	} {
		for _, method := range []string{methodAuth, methodChannels, methodHistory, methodReplies} {
			t.Run(name+" "+method, func(t *testing.T) {
				suffer(t, method, c.fault, c.reason, c.wait)
			})
		}
	}
}

// suffer polls while a method fails, and after that.
func suffer(t *testing.T, method string, fault fake.Fault, reason connectors.Reason, wait time.Duration) {
	o := newOffice()
	top := o.say(ago(2, 0), o.dev, o.ada, "top")
	o.reply(ago(2, 1), o.dev, o.ben, "reply", top)
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	conn := r.connect()
	r.slack.Fault(fake.Matching("/"+method), -1, fault)
	err := r.Poll(conn)
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok {
		t.Fatalf("%v is no *connectors.Error", err)
	}
	equal(t, "reason", e.Reason, reason)
	if strings.Contains(e.Error(), "canary") {
		t.Errorf("the error quotes the server: %v", e)
	}
	if got := e.RetryAt.Sub(r.clock.Now()); !e.RetryAt.IsZero() && got != wait || e.RetryAt.IsZero() && wait != 0 {
		t.Errorf("retry at %s, want in %s", e.RetryAt, wait)
	}
	if !r.Shelf.Watermark.IsZero() {
		t.Error("a failed scan moved the watermark")
	}
	// While the wait lasts nothing is sent, and nothing has moved.
	sent, cursor := r.requests(method), maps.Clone(r.Shelf.Cursor)
	if reason == connectors.ReasonRateLimited {
		if err := r.Poll(conn); connectors.ReasonOf(err) != reason {
			t.Errorf("polled too early: %v", err)
		}
		equal(t, "requests before the time", r.requests(method), sent)
	}
	equal(t, "the cursor", r.Shelf.Cursor, cursor)
	r.slack.ClearFaults()
	r.clock.Advance(wait)
	r.MustPoll(conn)
	connectortest.SameFacts(t, "after the fault", r.Shelf, r.fresh())
	equal(t, "items", len(r.Shelf.Items), 1)
}

// TestCommercialLimits reads a workspace whose app may ask once a minute for 15
// messages: configured so, or noticed from the answers.
func TestCommercialLimits(t *testing.T) {
	for _, config := range []string{"commercial_limits: true\n", ""} {
		o := talkative()
		r := newRig(t, o.Workspace, fake.SlackOptions{Commercial: true})
		r.config = config
		readSlowly(t, r)
		free := newRig(t, o.Workspace, fake.SlackOptions{})
		free.clock.Advance(r.clock.Now().Sub(free.clock.Now()))
		free.MustPoll(free.connect())
		connectortest.SameFacts(t, "compared with no limits", r.Shelf, free.Shelf)
		if noticed := strings.Contains(r.logs.String(), "distributed commercially"); noticed != (config == "") {
			t.Errorf("%q: noticed: %v", config, noticed)
		}
	}
}

// talkative is an office with 201 messages in two channels, one of them the
// start of a long thread.
func talkative() *office {
	o := newOffice()
	for i := range 100 {
		at := start.Add(time.Duration(i) * 14 * time.Hour)
		ts := o.say(at, o.dev, o.ada, "message")
		if i%20 == 0 {
			o.reply(at, o.dev, o.ben, "reply", ts)
		}
		o.say(at, o.ops, o.ben, "message")
	}
	long := o.say(ago(2, 0), o.ops, o.ada, "a long thread")
	for i := range 40 {
		o.reply(ago(2, i), o.ops, o.ben, "more", long)
	}
	return o
}

// readSlowly reads one page a minute and holds the estimates against what it
// really takes.
func readSlowly(t *testing.T, r *rig) {
	t.Helper()
	config := r.config
	c := r.connect()
	minutes, waiting := 0, []int{}
	for {
		b, err := r.Fetch(c)
		if e, ok := errors.AsType[*connectors.Error](err); ok && e.Reason == connectors.ReasonRateLimited {
			if wait := e.RetryAt.Sub(r.clock.Now()); wait <= 0 || wait > time.Minute {
				t.Fatalf("asks to wait for %s", wait)
			}
			r.clock.Advance(e.RetryAt.Sub(r.clock.Now()))
			if minutes++; minutes > 200 {
				t.Fatal("no end of it")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Pages != 1 {
			t.Errorf("%q: a minute brought %d pages", config, b.Pages)
		}
		if waiting = append(waiting, b.Backlog); !b.More {
			break
		}
	}
	// 100 and 101 messages are 14 pages, beside which 8 pages of replies
	// are read in the same minutes. Noticing costs one request.
	t.Logf("%q: %d minutes, backlog %v", config, minutes, waiting)
	if minutes < 13 || minutes > 17 {
		t.Errorf("%q: took %d minutes, want about 14", config, minutes)
	}
	refused := 0
	for _, s := range r.slack.Log() {
		if s.Status == 429 {
			refused++
		}
	}
	if most := map[bool]int{true: 0, false: 2}[config != ""]; refused > most {
		t.Errorf("%q: %d refusals, at most %d", config, refused, most)
	}
	// The estimate is honest: in the middle it is off by no more than half.
	for i, left := range waiting[len(waiting)/3 : len(waiting)/2] {
		if real := len(waiting) - len(waiting)/3 - i; left > 2*real+8 || left < real/3 {
			t.Errorf("%q: %d pages are said to be left, there were %d", config, left, real)
		}
	}
	equal(t, "backlog in the end", waiting[len(waiting)-1], 0)
}
