package fake_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

// What the client library makes of an answer.
func silent(err error) bool { return err == nil }

func limited(err error) bool {
	var e *slack.RateLimitedError
	return errors.As(err, &e) && e.RetryAfter == 30*time.Second
}

func failed(err error) bool { return err != nil && !limited(err) }

func named(code string) func(error) bool {
	return func(err error) bool {
		var e slack.SlackErrorResponse
		return errors.As(err, &e) && e.Err == code
	}
}

// TestSlackTraps serves every trap and looks at the bytes and at what becomes
// of them in the client library.
func TestSlackTraps(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  fake.Fault
		status int
		retry  string
		body   string // a part of it
		items  int    // messages in the log
		client func(error) bool
	}{
		{"429 with 30", fake.Fault{Kind: fake.SecondaryLimit}, 429, "30", `"ratelimited"`, 0, limited},
		{"429 without a header", fake.Fault{Kind: fake.SecondaryBare}, 429, "", `"ratelimited"`, 0, failed},
		{"429 soon", fake.Fault{Kind: fake.SlackRetrySoon}, 429, "soon", `"ratelimited"`, 0, failed},
		{"429 with a date", fake.Fault{Kind: fake.SecondaryDate}, 429, clock().Add(30 * time.Second).Format(http.TimeFormat), `"ratelimited"`, 0, failed},
		{"limited with 200", fake.Fault{Kind: fake.SlackLimitedBody}, 200, "", `{"ok":false,"error":"ratelimited"}`, 0, named("ratelimited")},
		{"bare failure", fake.Fault{Kind: fake.SlackBareFailure}, 200, "", `{"ok":false}`, 0, silent},
		{"empty object", fake.Fault{Kind: fake.ObjectBody}, 200, "", `{}`, 0, silent},
		{"null", fake.Fault{Kind: fake.NullBody}, 200, "", `null`, 0, silent},
		{"nothing", fake.Fault{Kind: fake.EmptyBody}, 200, "", ``, 0, failed},
		{"HTML 502", fake.Fault{Kind: fake.ServerError}, 502, "", `<html>`, 0, failed},
		{"HTML 503", fake.Fault{Kind: fake.ServerError, Status: 503}, 503, "", `Service Unavailable`, 0, failed},
		{"a login page", fake.Fault{Kind: fake.HTMLBody}, 200, "", `Sign in`, 0, failed},
		{"truncated", fake.Fault{Kind: fake.TruncatedBody}, 200, "", `{"ok":true,`, 0, failed},
		{"sliced", fake.Fault{Kind: fake.SlicedBody}, 200, "", `{"ok":true,`, 2, silent},
		{"no cursor", fake.Fault{Kind: fake.SlackNoCursor}, 200, "", `"has_more":true`, 2, silent},
		{"endless", fake.Fault{Kind: fake.SlackEndlessCursor}, 200, "", `"messages":[]`, 0, silent},
		{"bad block", fake.Fault{Kind: fake.SlackBadBlock}, 200, "", `"name":42`, 2, failed},
		{"bad attachment", fake.Fault{Kind: fake.SlackBadAttachment}, 200, "", `"id":"one"`, 2, failed},
		{"unknown block", fake.Fault{Kind: fake.SlackUnknownBlock}, 200, "", `"hologram"`, 2, silent},
		{"bad message", fake.Fault{Kind: fake.SlackBadMessage}, 200, "", `"messages":[42,`, 2, failed},
		{"warning", fake.Fault{Kind: fake.SlackWarning}, 200, "", `"warning":"superfluous_charset"`, 2, silent},
		{"metadata", fake.Fault{Kind: fake.SlackMetadataWarned}, 200, "", `"messages":["[WARN]`, 2, silent},
		{"error", fake.Fault{Kind: fake.SlackError, To: "team_access_not_granted"}, 200, "", `"team_access_not_granted"`, 0, named("team_access_not_granted")},
		{"credentials", fake.Fault{Kind: fake.BadCredentials}, 200, "", `"invalid_auth"`, 0, named("invalid_auth")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.say(t, 0, r.ada, "one", "")
			r.say(t, 1, r.ben, "two", "")
			r.s.Fault(fake.Matching("conversations.history", "channel="+r.dev), 2, c.fault)
			a := ask(t, r.base, "conversations.history", "channel", r.dev)
			wantStatus(t, a, c.status)
			equal(t, "Retry-After", a.Header.Get("Retry-After"), c.retry)
			if body := string(a.body); !strings.Contains(body, c.body) || c.body == "" && body != "" {
				t.Errorf("the body has no %s: %s", c.body, body)
			}
			equal(t, "log", []any{r.s.Log()[0].Fault, len(r.s.Log()[0].Items)}, []any{c.fault.Kind, c.items})
			_, err := r.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: r.dev})
			if !c.client(err) {
				t.Errorf("the client sees %#v", err)
			}
			equal(t, "after the fault", texts(r.history()), "two,one")
		})
	}
}

func TestSlackSameCursor(t *testing.T) {
	r := newRig(t)
	for i := range 5 {
		r.say(t, i, r.ada, itoa(i), "")
	}
	next := func(cursor string) string {
		v := decode[object](t, ask(t, r.base, "conversations.history", "channel", r.dev, "limit", "2", "cursor", cursor))
		if v["has_more"] != true {
			t.Errorf("has_more: %v", v)
		}
		return at(v, "response_metadata", "next_cursor").(string)
	}
	good := next("")
	r.s.Fault(fake.Matching("cursor"), -1, fake.Fault{Kind: fake.SlackSameCursor})
	equal(t, "repeated", next(good), good)
}

// TestSlackMalformedMessage keeps a malformed message in the channel: the page
// fails in a typed client, and a page of one shows which message it is.
func TestSlackMalformedMessage(t *testing.T) {
	for _, spec := range []fake.MessageSpec{
		{Text: "bad", Blocks: []byte(fake.MalformedBlock)}, {Text: "bad", RawAttachments: []byte(fake.MalformedAttachment)},
	} {
		r := newRig(t)
		r.say(t, 0, r.ada, "one", "")
		spec.Author = r.robot
		r.Post(day(1, 1), r.dev, spec)
		r.Post(day(1, 2), r.dev, fake.MessageSpec{Author: r.robot, Text: "odd", Blocks: []byte(fake.UnknownBlock)})
		cursor, got := "", []string{}
		for range 3 {
			h, err := r.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: r.dev, Limit: 1, Cursor: cursor})
			if err != nil {
				got = append(got, "failed")
				cursor = at(decode[object](t, ask(t, r.base, "conversations.history", "channel", r.dev, "limit", "1", "cursor", cursor)), "response_metadata", "next_cursor").(string)
				continue
			}
			got = append(got, h.Messages[0].Text)
			cursor = h.ResponseMetaData.NextCursor
		}
		equal(t, "one by one", got, []string{"odd", "failed", "one"})
	}
}

func TestSlackChaosIsRepeatable(t *testing.T) {
	run := func(seed uint64) string {
		r := newRig(t)
		r.s.Chaos(seed, 0.5, fake.Fault{Kind: fake.ServerError}, fake.Fault{Kind: fake.SlackBareFailure}, fake.Fault{Kind: fake.SecondaryLimit, Wait: time.Minute})
		var kinds []fake.Kind
		for range 40 {
			ask(t, r.base, "conversations.history", "channel", r.dev)
		}
		for _, line := range r.s.Log() {
			kinds = append(kinds, line.Fault)
		}
		return fmt.Sprint(kinds)
	}
	if first, again := run(1), run(1); first != again || first == run(2) {
		t.Error("faults do not follow from the seed")
	}
}
