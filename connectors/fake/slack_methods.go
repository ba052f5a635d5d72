package fake

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func (c *slackCall) origin() string { return "https://" + c.w.domain + ".slack.com/" }

func (c *slackCall) authTest() *response {
	return slackObject(func(e *encoder) {
		e.str("url", c.origin())
		e.str("team", c.w.name)
		e.str("user", c.w.bot.Name)
		team := c.w.team
		if org := c.s.opts.Organisation; org != "" {
			e.str("enterprise_id", org)
			team = org
		}
		e.str("team_id", team)
		e.str("user_id", c.w.bot.id)
		e.str("bot_id", c.w.bot.botID)
		e.bool("is_enterprise_install", team != c.w.team)
	})
}

func (c *slackCall) teamInfo() *response {
	return slackObject(func(e *encoder) {
		e.obj("team")
		e.str("id", c.w.team)
		e.str("name", c.w.name)
		e.str("domain", c.w.domain)
		e.str("email_domain", "")
		e.str("url", c.origin())
		e.obj("icon")
		e.bool("image_default", true)
		e.close('}')
		e.close('}')
	})
}

// teamProfile lists the custom fields that profiles may have.
func (c *slackCall) teamProfile() *response {
	return slackObject(func(e *encoder) {
		e.obj("profile")
		e.arr("fields")
		for i, label := range c.w.labels {
			e.open('{')
			e.str("id", c.w.fieldID(i))
			e.num("ordering", int64(i))
			e.str("label", label)
			e.str("hint", "")
			e.str("type", "text")
			e.bool("is_hidden", false)
			e.close('}')
		}
		e.close(']')
		e.close('}')
	})
}

func (c *slackCall) userInfo() *response {
	u := c.w.byID[c.args.Get("user")]
	if u == nil {
		return c.fail("user_not_found")
	}
	return slackObject(func(e *encoder) {
		e.key("user")
		c.userObject(e, u)
	}, "user:"+u.id)
}

// unpagedUsers is how many members users.list gives to a client that does not
// page.
const unpagedUsers = 1000

func (c *slackCall) listUsers() *response {
	if c.args.Get("limit") == "" && len(c.w.members) > unpagedUsers {
		return c.fail("limit_required")
	}
	return pagedSlack(c, c.w.members, slackList[*slackUser]{
		member: "members", kind: "user", size: unpagedUsers, name: "user",
		id:    func(u *slackUser) string { return u.id },
		write: c.userObject,
	})
}

func (c *slackCall) userProfile() *response {
	u := c.w.byID[c.args.Get("user")]
	if c.args.Get("user") == "" {
		u = c.w.bot
	}
	if u == nil {
		return c.fail("user_not_found")
	}
	return slackObject(func(e *encoder) {
		e.key("profile")
		c.profileObject(e, u, true)
	}, "user:"+u.id)
}

// permalink answers with the address of a message as people copy it.
func (c *slackCall) permalink() *response {
	ch := c.w.byChan[c.args.Get("channel")]
	if ch == nil || ch.kind != publicChannel && !c.member(ch) {
		return c.fail("channel_not_found")
	}
	m := ch.byTS[c.args.Get("message_ts")]
	if m == nil {
		return c.fail("message_not_found")
	}
	return slackObject(func(e *encoder) {
		e.str("channel", ch.id)
		e.str("permalink", c.w.permalink(ch, m))
	})
}

func (w *Workspace) permalink(ch *slackChannel, m *slackMessage) string {
	link := "https://" + w.domain + ".slack.com/archives/" + ch.id + "/p" + strings.Replace(m.ts, ".", "", 1)
	if m.Thread != "" {
		link += "?thread_ts=" + m.Thread + "&cid=" + ch.id
	}
	return link
}

// Permalink returns the address of a message as people copy it, "" when there
// is none. In a message's text its & is written &amp;.
func (w *Workspace) Permalink(channel, ts string) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if c := w.byChan[channel]; c != nil && c.byTS[ts] != nil {
		return w.permalink(c, c.byTS[ts])
	}
	return ""
}

func (c *slackCall) reactionsGet() *response {
	ch, wrong := c.read()
	if wrong != nil {
		return wrong
	}
	m := ch.byTS[c.args.Get("timestamp")]
	if m == nil {
		return c.fail("message_not_found")
	}
	return slackObject(func(e *encoder) {
		e.str("type", "message")
		e.str("channel", ch.id)
		e.key("message")
		c.messageObject(e, ch, m)
	}, "message:"+ch.id+"/"+m.ts)
}

// postMessage posts as the app's bot.
func (c *slackCall) postMessage() *response {
	c.w.openDirect(c.now, c.args.Get("channel"))
	id, wrong := c.postable()
	if wrong != nil {
		return wrong
	}
	s := MessageSpec{
		Author: c.w.bot.id, Text: c.args.Get("text"), Thread: c.args.Get("thread_ts"), Broadcast: c.flag("reply_broadcast"),
	}
	p := Posted{Channel: id, Thread: s.Thread, Text: s.Text}
	for name, into := range map[string]*json.RawMessage{"blocks": &p.Blocks, "metadata": &p.Metadata} {
		if v := c.args.Get(name); v != "" {
			if !json.Valid([]byte(v)) {
				return c.fail("invalid_" + name)
			}
			*into = json.RawMessage(v)
		}
	}
	if wrong := c.acceptable(&s, p); wrong != "" {
		return c.fail(wrong)
	}
	if p.TS = c.w.Post(c.now, id, s); p.TS == "" {
		return c.fail("internal_error")
	}
	c.s.mu.Lock()
	c.s.posted = append(c.s.posted, p)
	c.s.mu.Unlock()
	c.w.mu.RLock()
	defer c.w.mu.RUnlock()
	ch := c.w.byChan[id]
	return slackObject(func(e *encoder) {
		e.str("channel", id)
		e.str("ts", p.TS)
		e.key("message")
		c.messageObject(e, ch, ch.byTS[p.TS])
	}, "message:"+id+"/"+p.TS)
}

// The most that a message may hold.
const (
	maxText   = 40_000 // characters
	maxBlocks = 50
)

// acceptable moves blocks and metadata into a message, and returns what is wrong
// with it.
func (c *slackCall) acceptable(s *MessageSpec, p Posted) (wrong string) {
	var blocks []json.RawMessage
	var meta Metadata
	switch {
	case s.Text == "" && p.Blocks == nil && c.args.Get("attachments") == "":
		return "no_text"
	case utf8.RuneCountInString(s.Text) > maxText:
		return "msg_too_long"
	case p.Blocks != nil && (json.Unmarshal(p.Blocks, &blocks) != nil || len(blocks) > maxBlocks):
		return "invalid_blocks"
	case p.Metadata != nil && (json.Unmarshal(p.Metadata, &meta) != nil || meta.EventType == "" || meta.Payload == nil):
		return "invalid_metadata_format"
	}
	if s.Blocks = p.Blocks; p.Metadata != nil {
		s.Metadata = &meta
	}
	return ""
}

// openDirect makes sure that there is a direct message with a member; other
// names are left alone.
func (w *Workspace) openDirect(at time.Time, member string) {
	w.change(func() error {
		exists := slices.ContainsFunc(w.channels, func(ch *slackChannel) bool {
			return ch.kind == directMessage && ch.Members[0] == member
		})
		if w.byID[member] != nil && !exists {
			w.addConversation(at, directMessage, ChannelSpec{Private: true, OffLimits: true, Members: []string{member}, Bot: true})
		}
		return nil
	})
}

// postable finds where a message may be posted: a channel by id or name, or a
// member, whose direct message it becomes.
func (c *slackCall) postable() (string, *response) {
	c.w.mu.RLock()
	defer c.w.mu.RUnlock()
	target := c.args.Get("channel")
	i := slices.IndexFunc(c.w.channels, func(ch *slackChannel) bool {
		return ch.id == target || ch.Name != "" && ch.Name == strings.TrimPrefix(target, "#") ||
			ch.kind == directMessage && ch.Members[0] == target
	})
	if i < 0 {
		return "", c.fail("channel_not_found")
	}
	ch := c.w.channels[i]
	thread := ch.byTS[c.args.Get("thread_ts")]
	switch {
	case ch.kind != publicChannel && !c.member(ch):
		return "", c.fail("channel_not_found")
	case ch.Archived:
		return "", c.fail("is_archived")
	case !c.member(ch) && !c.granted("chat:write.public"):
		return "", c.fail("not_in_channel")
	case c.args.Get("thread_ts") != "" && (thread == nil || thread.Thread != ""):
		return "", c.fail("thread_not_found")
	}
	return ch.id, nil
}
