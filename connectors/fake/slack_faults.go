package fake

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// The kinds of faults that only Slack has. Of the others a Slack server knows
// those of the body and the connection, BadCredentials (invalid_auth),
// SecondaryLimit (429 with Retry-After, Wait or 30 s), SecondaryDate and
// SecondaryBare (429 without Retry-After).
//
// Rules match the arguments as if they were the query of the address, whether
// they came so or in the body: Matching("conversations.history", "channel=C0").
const (
	_                   Kind = 200 + iota
	SlackError               // 200 and {"ok":false,"error":To}: "team_access_not_granted"
	SlackRetrySoon           // 429, Retry-After: soon
	SlackLimitedBody         // 200 and {"ok":false,"error":"ratelimited"}
	SlackBareFailure         // 200 and {"ok":false}
	SlackNoCursor            // has_more is true, next_cursor empty
	SlackSameCursor          // has_more is true, next_cursor is that of the request
	SlackEndlessCursor       // no messages, has_more is true, next_cursor is there
	SlackBadBlock            // the first message has a block that breaks decoders
	SlackBadAttachment       // the first message has an attachment that does
	SlackUnknownBlock        // the first message has a block of an unknown type
	SlackBadMessage          // the first message is a number
	SlackWarning             // ok, with a warning
	SlackMetadataWarned      // ok, with response_metadata.messages
)

// refuses reports whether a message is not posted because of the fault. A server
// that says no has not posted it; one that fails, or answers too late, has.
func (f *Fault) refuses(method string) bool {
	switch f.Kind {
	case PrimaryLimit, SecondaryLimit, SecondaryDate, SecondaryBare, SecondaryUndocumented,
		SlackRetrySoon, SlackLimitedBody, SlackError, BadCredentials:
		return method == "chat.postMessage"
	}
	return f.Unheard && method == "chat.postMessage"
}

// spoilSlack turns a healthy answer into the faulty one.
func (f *Fault) spoilSlack(c *slackCall, res *response) {
	healthy := res.status == http.StatusOK && len(res.body) > 10 && string(res.body[:10]) == `{"ok":true`
	replace := func(bad *response) {
		res.status, res.header, res.body, res.items = bad.status, bad.header, bad.body, nil
	}
	wait := f.Wait
	if wait == 0 {
		wait = 30 * time.Second
	}
	switch f.Kind {
	case PrimaryLimit, SecondaryLimit:
		replace(c.limited(strconv.Itoa(int(wait / time.Second))))
	case SecondaryDate:
		replace(c.limited(c.now.Add(wait).UTC().Format(http.TimeFormat)))
	case SecondaryBare, SecondaryUndocumented:
		replace(c.limited(""))
	case SlackRetrySoon:
		replace(c.limited("soon"))
	case SlackLimitedBody:
		replace(c.fail("ratelimited"))
	case SlackError:
		replace(c.fail(f.To))
	case BadCredentials:
		replace(c.fail("invalid_auth"))
	case SlackBareFailure:
		replace(&response{status: http.StatusOK, body: []byte(`{"ok":false}`)})
	case ServerError:
		res.status, res.items = status(f.Status, http.StatusBadGateway), nil
		res.setHTML("<!DOCTYPE html><html><body><h1>" + http.StatusText(res.status) + "</h1></body></html>")
	case Redirect:
		res.status, res.items, res.body = http.StatusFound, nil, nil
		res.set("Location", f.To+c.r.URL.RequestURI())
	case ClockSkew:
		res.set("Date", c.now.Add(f.Wait).UTC().Format(http.TimeFormat))
	}
	if healthy {
		f.spoilBody(res)
		f.spoilObject(c, res)
	}
}

// spoilObject changes members of an answer that would have been good.
func (f *Fault) spoilObject(c *slackCall, res *response) {
	var o map[string]json.RawMessage
	if f.Kind <= SlackBareFailure || json.Unmarshal(res.body, &o) != nil {
		return
	}
	first := func(member, value string) {
		var list []map[string]json.RawMessage
		if json.Unmarshal(o["messages"], &list) == nil && len(list) > 0 {
			list[0][member] = json.RawMessage(value)
			o["messages"] = encoded(list)
		}
	}
	cursor := func(next string) {
		o["has_more"] = json.RawMessage("true")
		o["response_metadata"] = encoded(map[string]string{"next_cursor": next})
	}
	switch f.Kind {
	case SlackNoCursor:
		cursor("")
	case SlackSameCursor:
		next := c.args.Get("cursor")
		if next == "" {
			next = slackCursor("next_ts", "1")
		}
		cursor(next)
	case SlackEndlessCursor:
		o["messages"], res.items = json.RawMessage("[]"), nil
		cursor(slackCursor("next_ts", strconv.FormatInt(c.now.UnixMicro(), 10)))
	case SlackBadBlock:
		first("blocks", MalformedBlock)
	case SlackBadAttachment:
		first("attachments", MalformedAttachment)
	case SlackUnknownBlock:
		first("blocks", UnknownBlock)
	case SlackBadMessage:
		var list []json.RawMessage
		if json.Unmarshal(o["messages"], &list) == nil && len(list) > 0 {
			list[0] = json.RawMessage("42")
			o["messages"] = encoded(list)
		}
	case SlackWarning:
		o["warning"] = json.RawMessage(`"superfluous_charset"`)
	case SlackMetadataWarned:
		meta := map[string]any{"messages": []string{"[WARN] The argument is deprecated."}, "warnings": []string{"deprecated_argument"}}
		if next := o["response_metadata"]; next != nil {
			var old map[string]any
			if json.Unmarshal(next, &old) == nil {
				meta["next_cursor"] = old["next_cursor"]
			}
		}
		o["response_metadata"] = encoded(meta)
	}
	res.body = encoded(o)
}

// encoded writes what was decoded, or is made of strings, as JSON again.
func encoded(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
