package fake

import (
	"maps"
	"slices"
)

// A ChannelState is a copy of what a workspace holds of a conversation, for
// tests that compare it with what a client found.
type ChannelState struct {
	ID, Name string
	Kind     string // public_channel, private_channel, im or mpim
	Archived bool
	Joined   bool // the app's bot is in it
	Messages []MessageState
}

// A MessageState is a copy of a message.
type MessageState struct {
	TS, Thread  string // Thread is empty unless the message is a reply
	Author      string // member id, "" for an old integration
	Bot         bool
	Subtype     string
	Text        string
	Edited      string // ts, "" for never
	Broadcast   bool
	Tombstone   bool
	Replies     int
	LatestReply string
	Reactions   map[string][]string // member ids by name
}

// Snapshot copies the workspace as it is: channels in the order of their
// making, messages and replies in the order of their ts.
func (w *Workspace) Snapshot() []ChannelState {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []ChannelState
	for _, c := range w.channels {
		s := ChannelState{
			ID: c.id, Name: c.Name, Kind: string(c.kind), Archived: c.Archived, Joined: slices.Contains(c.members, w.bot.id),
		}
		for _, ts := range slices.Sorted(maps.Keys(c.byTS)) {
			s.Messages = append(s.Messages, c.byTS[ts].state())
		}
		out = append(out, s)
	}
	return out
}

func (m *slackMessage) state() MessageState {
	s := MessageState{
		TS: m.ts, Thread: m.Thread, Author: m.Author, Bot: m.author == nil || m.author.Bot, Subtype: m.Subtype, Text: m.Text,
		Edited: m.edited, Broadcast: m.Broadcast, Tombstone: m.tombstone, Replies: len(m.replies),
	}
	if n := len(m.replies); n > 0 {
		s.LatestReply = m.replies[n-1].ts
	}
	for _, r := range m.reactions {
		if s.Reactions == nil {
			s.Reactions = map[string][]string{}
		}
		s.Reactions[r.name] = slices.Clone(r.users)
	}
	return s
}
