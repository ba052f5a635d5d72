package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// signedFor is how far the time of a delivery may be from ours, either way.
const signedFor = 5 * time.Minute

// maxChallenge bounds what is sent back when Slack checks the address.
const maxChallenge = 256

// maxThreadPages bounds how long one delivery keeps the connector busy.
const maxThreadPages = 50

// The headers of a delivery.
const (
	headerTime      = "X-Slack-Request-Timestamp"
	headerSignature = "X-Slack-Signature"
	macPrefix       = "v0="
)

// CheckHeader implements connectors.HeaderChecker.
func (c *connector) CheckHeader(h http.Header, now time.Time) error {
	if len(c.secrets) == 0 {
		return connectors.ErrNoHook
	}
	_, err := signature(h, now)
	return err
}

// Receive implements connectors.Receiver. slack-go's verifier reads the
// process's clock and the first of several headers; this one is given the time
// and refuses a header that is there twice.
func (c *connector) Receive(h http.Header, body []byte, now time.Time) (connectors.Delivery, error) {
	if err := c.verify(h, body, now); err != nil {
		return connectors.Delivery{}, err
	}
	var w wireDelivery
	if err := json.Unmarshal(body, &w); err != nil {
		return connectors.Delivery{}, fmt.Errorf("read a delivery: %w", decodeReason(err))
	}
	switch w.Type {
	case "url_verification":
		if len(w.Challenge) > maxChallenge || strings.ContainsFunc(w.Challenge, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' }) {
			return connectors.Delivery{}, errors.New("read a delivery: the challenge is malformed")
		}
		return connectors.Delivery{Ignore: true, Reply: []byte(w.Challenge)}, nil
	case "app_rate_limited":
		return connectors.Delivery{}, nil // deliveries were dropped: poll
	case "event_callback":
		d := connectors.Delivery{ID: w.EventID}
		c.about(&w.Event, &d)
		return d, nil
	}
	return connectors.Delivery{ID: w.EventID, Ignore: true}, nil
}

// verify checks the signature over the time and the raw body with each secret,
// in constant time.
func (c *connector) verify(h http.Header, body []byte, now time.Time) error {
	if len(c.secrets) == 0 {
		return connectors.ErrNoHook
	}
	given, err := signature(h, now)
	if err != nil {
		return err
	}
	genuine := false
	for _, secret := range c.secrets {
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write([]byte("v0:" + h.Get(headerTime) + ":"))
		mac.Write(body)
		genuine = hmac.Equal(mac.Sum(nil), given) || genuine
	}
	if !genuine {
		return connectors.ErrSignature
	}
	return nil
}

// signature reads what the headers say: one time that is not far from now, and
// one well-formed signature.
func signature(h http.Header, now time.Time) ([]byte, error) {
	times, macs := h.Values(headerTime), h.Values(headerSignature)
	if len(times) != 1 || len(macs) != 1 {
		return nil, connectors.ErrSignature
	}
	seconds, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil {
		return nil, connectors.ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > signedFor || age < -signedFor {
		return nil, connectors.ErrSignature
	}
	digits, ok := strings.CutPrefix(macs[0], macPrefix)
	given, err := hex.DecodeString(digits)
	if !ok || err != nil || len(given) != sha256.Size || strings.ToLower(digits) != digits {
		return nil, connectors.ErrSignature
	}
	return given, nil
}

// A wireDelivery is what the Events API sends.
type wireDelivery struct {
	Type      string    `json:"type"`
	Challenge string    `json:"challenge"`
	EventID   string    `json:"event_id"`
	Event     wireEvent `json:"event"`
}

type wireEvent struct {
	Type        string          `json:"type"`
	Channel     json.RawMessage `json:"channel"` // an id, or an object in events about channels
	ChannelType string          `json:"channel_type"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts"`
	Message     *wirePlace      `json:"message"`
	Previous    *wirePlace      `json:"previous_message"`
	DeletedTS   string          `json:"deleted_ts"`
	Item        *wirePlace      `json:"item"`
}

type wirePlace struct {
	Type     string `json:"type"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
}

// about says which threads an event is about.
func (c *connector) about(e *wireEvent, d *connectors.Delivery) {
	var channel string
	_ = json.Unmarshal(e.Channel, &channel) // an object names no thread
	switch e.Type {
	case "message", "app_mention":
		if e.ChannelType != "im" && e.ChannelType != "mpim" && c.hears(channel) {
			d.Objects = objects(channel, e.places())
		}
		d.Ignore = len(d.Objects) == 0
	case "reaction_added", "reaction_removed":
		if e.Item != nil && e.Item.Type == "message" && c.hears(e.Item.Channel) {
			d.Objects = objects(e.Item.Channel, []wirePlace{*e.Item})
		}
		d.Ignore = len(d.Objects) == 0
	case "channel_rename", "channel_archive", "channel_unarchive", "channel_deleted", "channel_left", "channel_id_changed",
		"group_rename", "group_archive", "group_unarchive", "group_deleted", "group_left", "member_joined_channel", "member_left_channel":
		c.relist.Store(true) // and poll
	default:
		d.Ignore = true
	}
}

// hears reports whether a channel may be one that is read. Before any list of
// them that is not known.
func (c *connector) hears(channel string) bool {
	scope := c.heard.Load()
	if scope == nil {
		return true
	}
	_, ok := (*scope)[channel]
	return ok
}

// places are the messages that an event is about. An event about a change has a
// ts of its own, which is not that of a message.
func (e *wireEvent) places() []wirePlace {
	var out []wirePlace
	for _, p := range []*wirePlace{e.Message, e.Previous} {
		if p != nil {
			out = append(out, *p)
		}
	}
	switch {
	case len(out) > 0:
		return out
	case e.DeletedTS != "":
		return []wirePlace{{TS: e.DeletedTS}}
	}
	return []wirePlace{{TS: e.TS, ThreadTS: e.ThreadTS}}
}

// objects names the threads of messages, "channel/ts", each once.
func objects(channel string, places []wirePlace) []string {
	var out []string
	for _, p := range places {
		at, ok := parseStamp(p.TS)
		if p.ThreadTS != "" {
			at, ok = parseStamp(p.ThreadTS)
		}
		if name := channel + "/" + at.String(); ok && isID(channel) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Refetch implements connectors.Receiver.
func (c *connector) Refetch(ctx context.Context, named []string) (store.Batch, error) {
	if err := c.acquire(ctx); err != nil {
		return store.Batch{}, err
	}
	defer c.release()
	if err := c.learnScope(ctx); err != nil {
		return store.Batch{}, err
	}
	f := newFetch(c, store.Cursor{})
	for _, name := range named {
		channel, ts, _ := strings.Cut(name, "/")
		at, ok := parseStamp(ts)
		pos, read := c.scope[channel]
		if !ok || !read {
			continue
		}
		d := f.desk(channel)
		d.channelPos = pos
		if err := f.refetch(ctx, d, at, true); err != nil {
			return store.Batch{}, describeChannel(d, err)
		}
	}
	f.introduce()
	return f.batch, nil
}

// learnScope lists the channels when no poll has done so yet, and each time
// where a channel may have become private since.
func (c *connector) learnScope(ctx context.Context) error {
	if c.scope != nil && !c.readsPrivate() {
		return nil
	}
	if c.norm.team.ID == "" {
		if err := c.identify(ctx); err != nil {
			return err
		}
	}
	r, err := c.listChannels(ctx)
	if err != nil {
		return err
	}
	scope := map[string]channelPos{}
	for _, w := range r.channels {
		if c.cfg.wants(w.ID, w.Name, w.IsPrivate) {
			scope[w.ID] = channelPos{Name: w.Name, Private: w.IsPrivate, Archived: w.IsArchived}
		}
	}
	c.learned(scope)
	return nil
}

// refetch reads one thread to its end. A reaction names the reply it is on, and
// the reply names its thread.
func (f *fetch) refetch(ctx context.Context, d *desk, at stamp, follow bool) error {
	p := newPartial()
	for range maxThreadPages {
		r, err := f.replies(ctx, d.id, at, p)
		if isNotFound(err) {
			f.gone(d.prefix+at.String(), store.GoneDeleted)
			return nil
		}
		if err != nil {
			return describeThread(at, asFailure(err))
		}
		if root, ok := rootOf(r, at); ok && follow {
			return f.refetch(ctx, d, root, false)
		}
		complete, err := p.add(f.c.api.gov, r, at)
		if err != nil {
			return connectors.Describe(methodReplies, err)
		}
		if complete {
			// Positions know nothing of this: whatever the next poll finds is news.
			f.c.hinted[d.prefix+at.String()] = at
			_, err := f.complete(ctx, d, at, p, true)
			return err
		}
	}
	return &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the thread does not end")}
}

// rootOf returns the thread of a message that was asked for and is a reply.
func rootOf(r *reply, at stamp) (stamp, bool) {
	good, _, err := list(r, methodReplies, "messages", (*wireMessage).valid)
	if err != nil {
		return 0, false
	}
	for i := range good {
		if m := &good[i]; m.at == at && m.isReply() && m.thread < at {
			return m.thread, true
		}
	}
	return 0, false
}
