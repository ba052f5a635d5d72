package fake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The types of events that a SlackHook knows.
const (
	MessagePosted    = "message"
	MessageChanged   = "message_changed"
	MessageDeleted   = "message_deleted"
	ReactionAdded    = "reaction_added"
	ReactionRemoved  = "reaction_removed"
	ChannelRenamed   = "channel_rename"
	ChannelIDChanged = "channel_id_changed"
)

// A SlackEvent is one thing that happened in a workspace.
type SlackEvent struct {
	Type    string
	Channel string // id; for ChannelIDChanged the new one
	Old     string // id before ChannelIDChanged
	TS      string // of the message
	// User acted: the author of a deleted message, or who reacted.
	User     string
	Reaction string
}

// A SlackHook makes the deliveries of Slack's Events API for one app. It sends
// nothing by itself: tests replay, delay and forge what it made.
type SlackHook struct {
	space  *Workspace
	secret string

	mu   sync.Mutex
	made int
}

// A SlackDelivery is one request to the address of an app.
type SlackDelivery struct {
	Header http.Header
	Body   []byte
}

// NewSlackHook returns a hook that signs with a secret.
func NewSlackHook(w *Workspace, secret string) *SlackHook {
	return &SlackHook{space: w, secret: secret}
}

// SignSlack returns the headers of a body that is sent at a time: its v0
// signature and the timestamp that the signature covers.
func SignSlack(secret string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return http.Header{
		"Content-Type":              {"application/json"},
		"User-Agent":                {"Slackbot 1.0 (+https://api.slack.com/robots)"},
		"X-Slack-Request-Timestamp": {stamp},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

func (h *SlackHook) sign(at time.Time, write func(e *encoder)) SlackDelivery {
	var e encoder
	e.open('{')
	e.str("token", "verification-token-of-old")
	write(&e)
	e.close('}')
	return SlackDelivery{Header: SignSlack(h.secret, at, e.b), Body: e.b}
}

func (h *SlackHook) app() string { return h.space.bot.appID }

// Verification asks an app whether an address is its own: it answers with the
// challenge.
func (h *SlackHook) Verification(at time.Time, challenge string) SlackDelivery {
	return h.sign(at, func(e *encoder) {
		e.str("challenge", challenge)
		e.str("type", "url_verification")
	})
}

// RateLimited says that deliveries were left out in the minute of a time,
// because there were more than 30,000 within an hour.
func (h *SlackHook) RateLimited(at time.Time) SlackDelivery {
	return h.sign(at, func(e *encoder) {
		e.str("type", "app_rate_limited")
		e.str("team_id", h.space.team)
		e.num("minute_rate_limited", at.Truncate(time.Minute).Unix())
		e.str("api_app_id", h.app())
	})
}

// Event delivers an event, with an id of its own. What it says about a message
// is the message as it is now.
func (h *SlackHook) Event(at time.Time, ev SlackEvent) SlackDelivery {
	h.mu.Lock()
	h.made++
	id := fmt.Sprintf("Ev0%s", strings.ToUpper(hex.EncodeToString(digest(nil, h.space.team, "event", strconv.Itoa(h.made))[:5])))
	h.mu.Unlock()
	w := h.space
	w.mu.RLock()
	defer w.mu.RUnlock()
	return h.sign(at, func(e *encoder) {
		e.str("team_id", w.team)
		e.str("api_app_id", w.bot.appID)
		e.key("event")
		w.eventObject(e, at, ev)
		e.str("type", "event_callback")
		e.str("event_id", id)
		e.num("event_time", at.Unix())
		e.arr("authorizations")
		e.open('{')
		e.null("enterprise_id")
		e.str("team_id", w.team)
		e.str("user_id", w.bot.id)
		e.bool("is_bot", true)
		e.bool("is_enterprise_install", false)
		e.close('}')
		e.close(']')
		ch := w.byChan[ev.Channel]
		e.bool("is_ext_shared_channel", ch != nil && ch.Shared)
		e.str("event_context", "4-"+strings.ToLower(id))
	})
}

// eventObject writes the inner event.
func (w *Workspace) eventObject(e *encoder, at time.Time, ev SlackEvent) {
	e.open('{')
	defer e.close('}')
	ch := w.byChan[ev.Channel]
	if ch == nil {
		ch = &slackChannel{id: ev.Channel}
	}
	switch ev.Type {
	case MessagePosted, MessageChanged, MessageDeleted:
		w.messageEvent(e, at, ev, ch)
	case ReactionAdded, ReactionRemoved:
		e.str("type", ev.Type)
		e.str("user", ev.User)
		e.str("reaction", ev.Reaction)
		e.obj("item")
		e.str("type", "message")
		e.str("channel", ev.Channel)
		e.str("ts", ev.TS)
		e.close('}')
		if m := ch.byTS[ev.TS]; m != nil {
			e.str("item_user", m.Author)
		}
	case ChannelRenamed:
		name := ev.Type
		if ch.kind == privateChannel {
			name = "group_rename"
		}
		e.str("type", name)
		e.obj("channel")
		e.str("id", ch.id)
		e.str("name", ch.Name)
		e.str("name_normalized", ch.Name)
		e.num("created", ch.created.Unix())
		e.bool("is_channel", ch.kind == publicChannel)
		e.bool("is_mpim", false)
		e.close('}')
	case ChannelIDChanged:
		e.str("type", ev.Type)
		e.str("old_channel_id", ev.Old)
		e.str("new_channel_id", ev.Channel)
	default:
		e.str("type", ev.Type)
	}
	e.str("event_ts", slackTS(at))
}

// messageEvent writes the members of an event of type message.
func (w *Workspace) messageEvent(e *encoder, at time.Time, ev SlackEvent, ch *slackChannel) {
	c := &slackCall{w: w, scopes: allScopes(), args: url.Values{}}
	m := ch.byTS[ev.TS]
	switch {
	case ev.Type == MessagePosted && m != nil:
		// The event is the message itself, before anybody reacted to it.
		c.messageHead(e, m)
		c.messageParts(e, m)
		if m.Thread != "" {
			e.str("thread_ts", m.Thread)
			e.str("parent_user_id", ch.byTS[m.Thread].Author)
		}
	case ev.Type == MessageChanged && m != nil:
		e.str("type", "message")
		e.str("subtype", ev.Type)
		e.bool("hidden", true)
		e.str("ts", slackTS(at))
		e.key("message")
		c.messageObject(e, ch, m)
	default:
		e.str("type", "message")
		e.str("subtype", ev.Type)
		e.bool("hidden", true)
		e.str("ts", slackTS(at))
		e.str("deleted_ts", ev.TS)
		e.obj("previous_message")
		e.str("type", "message")
		e.str("user", ev.User)
		e.str("ts", ev.TS)
		e.close('}')
	}
	e.str("channel", ev.Channel)
	e.str("channel_type", strings.TrimSuffix(ch.kind.scopeWord(), "s"))
}

// Retry repeats a delivery for the first, second or third time, with a reason
// such as "http_timeout": the body is the same, the signature is of now.
func (h *SlackHook) Retry(at time.Time, d SlackDelivery, num int, reason string) SlackDelivery {
	header := SignSlack(h.secret, at, d.Body)
	header.Set("X-Slack-Retry-Num", strconv.Itoa(num))
	header.Set("X-Slack-Retry-Reason", reason)
	return SlackDelivery{Header: header, Body: d.Body}
}

// Send posts a delivery and returns the status and the body of the answer.
func (d SlackDelivery) Send(ctx context.Context, client *http.Client, address string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(d.Body))
	if err != nil {
		return 0, nil, fmt.Errorf("make the delivery: %w", err)
	}
	maps.Copy(req.Header, d.Header)
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("send the delivery: %w", err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer to the delivery: %w", err)
	}
	return res.StatusCode, body, nil
}
