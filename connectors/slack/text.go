package slack

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxDepth bounds how deep blocks are searched for texts.
const maxDepth = 12

// plain turns Slack's markup into the Markdown that references are looked for
// in: links become their address and their label, mentions of people, groups
// and channels are left out, escaped characters are what they stand for, and
// the marks of code blocks stand alone on their lines.
func plain(s string) string {
	if strings.ContainsAny(s, "<&") {
		s = unmarked(s)
	}
	return fenced(s)
}

const fence = "```"

// onlyMarkdown opens code blocks and comments in Markdown, not in Slack.
var onlyMarkdown = strings.NewReplacer("~~~", " ~ ", "<!--", "< --")

// fenced puts the marks of code blocks, which Slack takes anywhere in a line,
// on lines of their own. The last of an odd number of marks is none.
func fenced(s string) string {
	parts := strings.Split(onlyMarkdown.Replace(s), fence)
	var b strings.Builder
	for i, part := range parts {
		switch {
		case i == 0:
		case i == len(parts)-1 && i%2 == 1:
			b.WriteString(" ")
		default:
			b.WriteString("\n" + fence + "\n")
		}
		b.WriteString(part)
	}
	return b.String()
}

// unmarked replaces what stands in <…> and what is escaped.
func unmarked(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(unescape(before))
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString(" " + unescape(rest))
			return b.String()
		}
		b.WriteString(linked(inside))
		s = after
	}
}

// linked is what stands for the inside of <…>.
func linked(inside string) string {
	target, label, _ := strings.Cut(inside, "|")
	target, label = unescape(target), unescape(label)
	if !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "http://") {
		return " " // @user, #channel, !subteam, mailto:, tel:
	}
	if label == "" || strings.Contains(target, label) {
		return " " + target + " "
	}
	return " " + target + " " + label + " "
}

func unescape(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// texts returns what the message says, as plain text. What apps post is often
// in the attachments and blocks only; the blocks of people repeat the text.
func (m *wireMessage) texts() []string {
	var out []string
	add := func(s string) {
		if s = plain(s); strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	add(m.Text)
	for _, f := range m.Files {
		add(f.Title)
	}
	if m.isBot() || m.Text == "" {
		for _, b := range m.Blocks {
			for _, s := range b.texts() {
				add(s)
			}
		}
	}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if a.FromURL != "" && !m.isBot() {
			// The page behind a link, not what somebody wrote.
			continue
		}
		for _, s := range []string{a.Pretext, a.Title, a.Text} {
			add(s)
		}
		if a.Text == "" && a.Title == "" {
			add(a.Fallback)
		}
		for _, f := range a.Fields {
			add(f.Title)
			add(f.Value)
		}
		for _, b := range a.Blocks {
			for _, s := range b.texts() {
				add(s)
			}
		}
	}
	return out
}

// addresses are the links of attachments and files, which are in no text.
func (m *wireMessage) addresses() []string {
	var out []string
	add := func(u string) {
		if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
			out = append(out, unescape(u))
		}
	}
	for i := range m.Attachments {
		add(m.Attachments[i].FromURL)
		add(m.Attachments[i].TitleLink)
	}
	for _, f := range m.Files {
		add(f.ExternalURL)
	}
	return out
}

// texts returns the texts and addresses of a block, in their order.
func (b wireBlock) texts() []string {
	var out []string
	collect(b.raw, "", 0, &out)
	return out
}

// collect walks JSON in its order and keeps the strings that are text or an
// address.
func collect(raw json.RawMessage, member string, depth int, out *[]string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || depth > maxDepth {
		return
	}
	switch raw[0] {
	case '"':
		var s string
		if (member == "text" || member == "url" || member == "title_url") && json.Unmarshal(raw, &s) == nil && s != "" {
			*out = append(*out, s)
		}
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			for _, v := range list {
				collect(v, member, depth+1, out)
			}
		}
	case '{':
		dec := json.NewDecoder(bytes.NewReader(raw))
		if _, err := dec.Token(); err != nil {
			return
		}
		for dec.More() {
			key, err := dec.Token()
			name, ok := key.(string)
			var v json.RawMessage
			if err != nil || !ok || dec.Decode(&v) != nil {
				return
			}
			collect(v, name, depth+1, out)
		}
	}
}
