package fake

import (
	"net/http"
	"slices"
	"strings"
)

func (c *slackCall) member(ch *slackChannel) bool { return slices.Contains(ch.members, c.w.bot.id) }

// types reads which kinds of conversations are asked for, and the scope that
// is missing for one of them.
func (c *slackCall) types() (kinds []conversationKind, missing string, ok bool) {
	text := c.args.Get("types")
	if text == "" {
		text = string(publicChannel)
	}
	for name := range strings.SplitSeq(text, ",") {
		k := conversationKind(strings.TrimSpace(name))
		if !slices.Contains([]conversationKind{publicChannel, privateChannel, directMessage, groupMessage}, k) {
			return nil, "", false
		}
		if scope := k.scopeWord() + ":read"; !c.granted(scope) {
			return nil, scope, true
		}
		kinds = append(kinds, k)
	}
	return kinds, "", true
}

// conversationList lists the conversations that show wants to be seen.
func (c *slackCall) conversationList(show func(ch *slackChannel) bool, joined bool) *response {
	kinds, missing, ok := c.types()
	if !ok {
		return c.fail("invalid_types")
	}
	if missing != "" {
		return c.missing(missing)
	}
	var list []*slackChannel
	for _, ch := range c.w.channels {
		if slices.Contains(kinds, ch.kind) && show(ch) {
			list = append(list, ch)
		}
	}
	return pagedSlack(c, list, slackList[*slackChannel]{
		member: "channels", kind: "channel", size: 100, name: "channel",
		id:    func(ch *slackChannel) string { return ch.id },
		keep:  func(ch *slackChannel) bool { return !ch.Archived || !c.flag("exclude_archived") },
		write: func(e *encoder, ch *slackChannel) { c.channelObject(e, ch, joined) },
	})
}

// usersConversations lists what the bot is in.
func (c *slackCall) usersConversations() *response {
	who := c.args.Get("user")
	if who == "" {
		who = c.w.bot.id
	}
	if c.w.byID[who] == nil {
		return c.fail("user_not_found")
	}
	return c.conversationList(func(ch *slackChannel) bool {
		return slices.Contains(ch.members, who) && (ch.kind == publicChannel || c.member(ch))
	}, false)
}

// listConversations lists all public channels and what else the bot is in.
func (c *slackCall) listConversations() *response {
	return c.conversationList(func(ch *slackChannel) bool { return ch.kind == publicChannel || c.member(ch) }, true)
}

// open finds the conversation that is asked for, if the app may see it with a
// scope of the kind "…:read" or "…:history".
func (c *slackCall) open(right string) (*slackChannel, *response) {
	ch := c.w.byChan[c.args.Get("channel")]
	if ch == nil || ch.kind != publicChannel && !c.member(ch) {
		return nil, c.fail("channel_not_found")
	}
	if scope := ch.kind.scopeWord() + ":" + right; !c.granted(scope) {
		return nil, c.missing(scope)
	}
	return ch, nil
}

// read opens a conversation whose messages are asked for: the bot has to be in
// it. Reads of what is off limits are noted.
func (c *slackCall) read() (*slackChannel, *response) {
	ch, wrong := c.open("history")
	if wrong != nil {
		return nil, wrong
	}
	if !c.member(ch) {
		return nil, c.fail("not_in_channel")
	}
	if ch.OffLimits {
		c.s.mu.Lock()
		c.s.trespass = append(c.s.trespass, c.method+" "+ch.id)
		c.s.mu.Unlock()
	}
	return ch, nil
}

func (c *slackCall) conversationInfo() *response {
	ch, wrong := c.open("read")
	if wrong != nil {
		return wrong
	}
	return slackObject(func(e *encoder) {
		e.key("channel")
		c.channelObject(e, ch, true)
	}, "channel:"+ch.id)
}

func (c *slackCall) conversationMembers() *response {
	ch, wrong := c.open("read")
	if wrong != nil {
		return wrong
	}
	return pagedSlack(c, ch.members, slackList[string]{
		member: "members", kind: "user_id", size: 100,
		id:    func(id string) string { return id },
		write: func(e *encoder, id string) { e.b = appendQuoted(e.b, id) },
	})
}

// bounds reads the limits in time that history and replies share: from and to
// are exclusive unless inclusive is set.
func (c *slackCall) bounds() (from, to string, inclusive bool, wrong *response) {
	from, ok := c.moment("oldest", "")
	if !ok {
		return "", "", false, c.fail("invalid_ts_oldest")
	}
	to, ok = c.moment("latest", "9999999999.999999")
	if !ok {
		return "", "", false, c.fail("invalid_ts_latest")
	}
	return from, to, c.flag("inclusive"), nil
}

// within returns the messages of a sorted list that lie within the bounds.
func within(list []*slackMessage, from, to string, inclusive bool) []*slackMessage {
	i, hit := slices.BinarySearchFunc(list, from, compareTS)
	if hit && !inclusive {
		i++
	}
	j, hit := slices.BinarySearchFunc(list, to, compareTS)
	if hit && inclusive {
		j++
	}
	return list[i:max(i, j)]
}

// history lists the messages of a channel, newest first. Replies are not among
// them, unless they were broadcast.
func (c *slackCall) history() *response {
	ch, wrong := c.read()
	if wrong != nil {
		return wrong
	}
	from, to, inclusive, wrong := c.bounds()
	if wrong != nil {
		return wrong
	}
	size, ok := c.pageLimit(100, 999)
	if !ok {
		return c.fail("invalid_limit")
	}
	next, ok := c.tsCursor()
	if !ok {
		return c.fail("invalid_cursor")
	}
	list := within(ch.history, from, to, inclusive)
	if c.s.opts.Forward && c.args.Get("oldest") != "" && c.args.Get("latest") == "" {
		return c.forward(ch, list, next, size)
	}
	if next != "" {
		list = within(list, "", next, true)
	}
	rest := max(len(list)-size, 0)
	page := slices.Clone(list[rest:])
	slices.Reverse(page)
	more := ""
	if rest > 0 {
		more = nextTS(list[rest-1].ts)
	}
	return c.messages(ch, page, more)
}

// forward answers with the oldest messages of a list, of which next is the
// first. On the page the newest comes first.
func (c *slackCall) forward(ch *slackChannel, list []*slackMessage, next string, size int) *response {
	if next != "" {
		list = within(list, next, "9999999999.999999", true)
	}
	page, more := slices.Clone(list[:min(size, len(list))]), ""
	if size < len(list) {
		more = nextTS(list[size].ts)
	}
	slices.Reverse(page)
	return c.messages(ch, page, more)
}

// replies lists a thread, oldest first, with its parent at the top.
func (c *slackCall) replies() *response {
	ch, wrong := c.read()
	if wrong != nil {
		return wrong
	}
	ts, ok := c.moment("ts", "")
	top := ch.byTS[ts]
	if !ok || top == nil {
		return c.fail("thread_not_found")
	}
	from, to, inclusive, wrong := c.bounds()
	if wrong != nil {
		return wrong
	}
	size, ok := c.pageLimit(1000, 1000)
	if !ok {
		return c.fail("invalid_limit")
	}
	next, ok := c.tsCursor()
	if !ok {
		return c.fail("invalid_cursor")
	}
	list := within(top.replies, from, to, inclusive)
	var page []*slackMessage
	if next == "" || !c.s.opts.ParentOnce {
		page = append(page, top)
	}
	room := size - len(page)
	if next != "" {
		list = within(list, next, "9999999999.999999", true)
		// A page that goes on moves on, even if it has room for one only.
		room = max(room, 1)
	}
	room = min(room, len(list))
	page = append(page, list[:room]...)
	more := ""
	if room < len(list) {
		more = nextTS(list[room].ts)
	}
	return c.messages(ch, page, more)
}

// messages answers with a page of messages; more is the next cursor.
func (c *slackCall) messages(ch *slackChannel, page []*slackMessage, more string) *response {
	res := &response{status: http.StatusOK, items: make([]string, 0, len(page))}
	var e encoder
	e.open('{')
	e.bool("ok", true)
	for _, bound := range []string{"oldest", "latest"} {
		if v := c.args.Get(bound); v != "" {
			e.str(bound, v)
		}
	}
	e.arr("messages")
	for _, m := range page {
		e.sep()
		c.messageObject(&e, ch, m)
		res.items = append(res.items, "message:"+ch.id+"/"+m.ts)
	}
	e.close(']')
	e.bool("has_more", more != "")
	if c.method == "conversations.history" {
		e.num("pin_count", 0)
		e.null("channel_actions_ts")
		e.num("channel_actions_count", 0)
	}
	if more != "" {
		e.obj("response_metadata")
		e.str("next_cursor", more)
		e.close('}')
	}
	e.close('}')
	res.body = e.b
	return res
}
