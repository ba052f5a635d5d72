package fake

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// slackTS writes a time as a message's ts: seconds, a dot, six decimals.
func slackTS(t time.Time) string {
	return fmt.Sprintf("%010d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// freeTS returns the ts of a message that is posted now. It is the message's
// name in the channel, so the decimals count up until they are free.
func (c *slackChannel) freeTS(at time.Time) string {
	asked := at
	switch {
	case asked.Equal(c.asked): // go on where the last search ended
		at = c.given.Add(110 * time.Microsecond)
	case at.Nanosecond() < 1000:
		at = at.Add(119 * time.Microsecond)
	}
	for c.byTS[slackTS(at)] != nil {
		at = at.Add(110 * time.Microsecond)
	}
	c.asked, c.given = asked, at
	return slackTS(at)
}

func compareTS(m *slackMessage, ts string) int { return cmp.Compare(m.ts, ts) }

// sorted puts a message into its place, which mostly is the end.
func sorted(list []*slackMessage, m *slackMessage) []*slackMessage {
	i, _ := slices.BinarySearchFunc(list, m.ts, compareTS)
	return slices.Insert(list, i, m)
}

func without(list []*slackMessage, m *slackMessage) []*slackMessage {
	i, ok := slices.BinarySearchFunc(list, m.ts, compareTS)
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}

// insert stores a message. The caller holds the lock and has checked it.
func (w *Workspace) insert(c *slackChannel, m *slackMessage) {
	c.byTS[m.ts] = m
	if m.Thread != "" {
		parent := c.byTS[m.Thread]
		parent.replies = sorted(parent.replies, m)
	}
	if m.Thread == "" || m.Broadcast {
		c.history = sorted(c.history, m)
	}
}

// Post posts a message and returns its ts, which names it in the channel.
func (w *Workspace) Post(at time.Time, channel string, s MessageSpec) (ts string) {
	w.editChannel(time.Time{}, channel, "post", func(c *slackChannel) error {
		m := &slackMessage{MessageSpec: s, author: w.byID[s.Author], ts: c.freeTS(at)}
		parent := c.byTS[s.Thread]
		switch {
		case m.author == nil && s.Username == "":
			return fmt.Errorf("post: no member %q", s.Author)
		case s.Thread != "" && (parent == nil || parent.Thread != "" || parent.ts >= m.ts):
			return fmt.Errorf("post: no thread %q in %s before %s", s.Thread, channel, m.ts)
		case s.Broadcast && s.Thread == "":
			return errors.New("post: a broadcast needs a thread")
		}
		m.finish()
		w.insert(c, m)
		ts = m.ts
		return nil
	})
	return ts
}

// finish fills in what Slack adds to a message.
func (m *slackMessage) finish() {
	if m.Broadcast {
		m.Subtype = "thread_broadcast"
	}
	if m.author == nil {
		m.Subtype = "bot_message"
	}
	if m.Blocks == nil && m.author != nil && !m.author.Bot && m.Subtype == "" && m.Text != "" {
		m.Blocks = richText(m.Text)
	}
	for i := range m.Files {
		if f := &m.Files[i]; f.ID == "" {
			f.ID = "F0" + strings.ToUpper(fmt.Sprintf("%x", digest(nil, m.ts, f.Name)[:5]))[:9]
		}
	}
}

// editMessage changes a message.
func (w *Workspace) editMessage(channel, ts, what string, f func(c *slackChannel, m *slackMessage) error) {
	w.editChannel(time.Time{}, channel, what, func(c *slackChannel) error {
		m := c.byTS[ts]
		if m == nil || m.tombstone {
			return fmt.Errorf("%s: no message %s in %s", what, ts, channel)
		}
		return f(c, m)
	})
}

// Edit changes the text of a message, which then carries the time of the edit.
func (w *Workspace) Edit(at time.Time, channel, ts, text string) {
	w.editMessage(channel, ts, "edit", func(_ *slackChannel, m *slackMessage) error {
		m.Text, m.Blocks, m.edited = text, nil, slackTS(second(at))
		m.finish()
		return nil
	})
}

// Unfurl adds what Slack made of a message's links. The message does not count
// as edited.
func (w *Workspace) Unfurl(channel, ts string, unfurls ...Unfurl) {
	w.editMessage(channel, ts, "unfurl", func(_ *slackChannel, m *slackMessage) error {
		m.Attachments = slices.Concat(m.Attachments, unfurls)
		return nil
	})
}

// React adds a member's reaction, "thumbsup", to a message.
func (w *Workspace) React(channel, ts, member, name string) {
	w.editMessage(channel, ts, "react", func(_ *slackChannel, m *slackMessage) error {
		if _, err := w.member(member); err != nil {
			return fmt.Errorf("react: %w", err)
		}
		i := slices.IndexFunc(m.reactions, func(r slackReaction) bool { return r.name == name })
		if i < 0 {
			m.reactions, i = append(m.reactions, slackReaction{name: name}), len(m.reactions)
		}
		if r := &m.reactions[i]; !slices.Contains(r.users, member) {
			r.users = append(r.users, member)
		}
		return nil
	})
}

// Unreact takes a reaction back.
func (w *Workspace) Unreact(channel, ts, member, name string) {
	w.editMessage(channel, ts, "unreact", func(_ *slackChannel, m *slackMessage) error {
		for i := range m.reactions {
			if r := &m.reactions[i]; r.name == name {
				r.users = slices.DeleteFunc(r.users, func(u string) bool { return u == member })
			}
		}
		m.reactions = slices.DeleteFunc(m.reactions, func(r slackReaction) bool { return len(r.users) == 0 })
		return nil
	})
}

// Delete deletes a message. A parent with replies leaves a tombstone, which
// holds the thread together; everything else disappears.
func (w *Workspace) Delete(channel, ts string) {
	w.editMessage(channel, ts, "delete", func(c *slackChannel, m *slackMessage) error {
		c.remove(m)
		return nil
	})
}

func (c *slackChannel) remove(m *slackMessage) {
	if len(m.replies) > 0 {
		m.MessageSpec = MessageSpec{Author: Slackbot, Text: "This message was deleted.", Subtype: "tombstone"}
		m.tombstone, m.author, m.edited, m.reactions = true, nil, "", nil
		return
	}
	delete(c.byTS, m.ts)
	c.history = without(c.history, m)
	if parent := c.byTS[m.Thread]; parent != nil {
		parent.replies = without(parent.replies, m)
		// The last reply of a tombstone takes it along.
		if parent.tombstone && len(parent.replies) == 0 {
			c.remove(parent)
		}
	}
}

// Expire deletes everything in a channel that is older than a time, as a
// retention policy does. A parent with younger replies becomes a tombstone.
func (w *Workspace) Expire(channel string, before time.Time) {
	w.editChannel(time.Time{}, channel, "expire", func(c *slackChannel) error {
		limit := slackTS(before)
		old := []*slackMessage{}
		for ts, m := range c.byTS {
			if ts < limit {
				old = append(old, m)
			}
		}
		// Replies go before their parents.
		slices.SortFunc(old, func(a, b *slackMessage) int { return cmp.Compare(b.ts, a.ts) })
		for _, m := range old {
			if c.byTS[m.ts] == m && !m.tombstone {
				c.remove(m)
			}
		}
		return nil
	})
}

type richElement struct {
	Type    string        `json:"type"`
	Elems   []richElement `json:"elements,omitempty"`
	BlockID string        `json:"block_id,omitempty"`
	Text    string        `json:"text,omitempty"`
	URL     string        `json:"url,omitempty"`
	User    string        `json:"user_id,omitempty"`
	Channel string        `json:"channel_id,omitempty"`
}

// richText makes the block that Slack's clients send with a text.
func richText(text string) json.RawMessage {
	section := richElement{Type: "rich_text_section"}
	plain := func(s string) {
		if s != "" {
			s = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
			section.Elems = append(section.Elems, richElement{Type: "text", Text: s})
		}
	}
	for rest := text; rest != ""; {
		before, after, ok := strings.Cut(rest, "<")
		inside, behind, closed := strings.Cut(after, ">")
		if !ok || !closed {
			plain(rest)
			break
		}
		plain(before)
		target, label, _ := strings.Cut(inside, "|")
		e := richElement{Type: "link", URL: strings.ReplaceAll(target, "&amp;", "&"), Text: label}
		switch {
		case strings.HasPrefix(target, "@"):
			e = richElement{Type: "user", User: target[1:]}
		case strings.HasPrefix(target, "#"):
			e = richElement{Type: "channel", Channel: target[1:]}
		}
		section.Elems = append(section.Elems, e)
		rest = behind
	}
	id := fmt.Sprintf("%x", digest([]byte(text))[:3])[:5]
	// What is made of strings always encodes.
	out, _ := json.Marshal([]richElement{{Type: "rich_text", BlockID: id, Elems: []richElement{section}}})
	return out
}
