package fake

import (
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Workspace is the truth that a Slack server serves. It has no clock: every
// change that leaves a time behind names it. It is deterministic: the same
// changes in the same order give the same identifiers. It is safe for
// concurrent use.
//
// A change that names something that does not exist does nothing and returns
// the zero value; Err tells the first such mistake.
type Workspace struct {
	name, domain, team string

	mu       sync.RWMutex
	err      error
	made     int // identifiers
	bot      *slackUser
	members  []*slackUser
	byID     map[string]*slackUser
	channels []*slackChannel
	byChan   map[string]*slackChannel
	labels   []string // of custom profile fields, in the order of their first use
}

// NewWorkspace returns a workspace with nobody in it but Slackbot and the bot
// of the app that will read it.
func NewWorkspace(domain string) *Workspace {
	w := &Workspace{name: domain, domain: domain, byID: map[string]*slackUser{}, byChan: map[string]*slackChannel{}}
	w.team = w.id("T")
	slackbot := &slackUser{MemberSpec: MemberSpec{Name: "slackbot", RealName: "Slackbot"}, id: Slackbot}
	w.members = append(w.members, slackbot)
	w.byID[Slackbot] = slackbot
	w.bot = w.byID[w.AddMember(MemberSpec{Name: "workdrift", RealName: "Workdrift", Bot: true})]
	return w
}

// Team returns the id of the workspace, "T…".
func (w *Workspace) Team() string { return w.team }

// Bot returns the member id of the app's own bot.
func (w *Workspace) Bot() string { return w.bot.id }

// Err returns the first change that could not be made, nil when all were.
func (w *Workspace) Err() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.err
}

// change makes one change under the lock and keeps the first error.
func (w *Workspace) change(f func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := f(); err != nil && w.err == nil {
		w.err = err
	}
}

// id makes the next identifier of the length that Slack gives.
func (w *Workspace) id(prefix string) string {
	w.made++
	sum := digest(nil, "slack", w.domain, strconv.Itoa(w.made))
	return prefix + "0" + base32.StdEncoding.EncodeToString(sum)[:9]
}

// AddMember creates an account and returns its id, "U…".
func (w *Workspace) AddMember(s MemberSpec) (id string) {
	w.change(func() error {
		if s.Name == "" {
			return errors.New("add member: no name")
		}
		s.Bot = s.Bot || s.Workflow
		s.Guest = s.Guest || s.Single
		if s.RealName == "" {
			s.RealName = s.Name
		}
		u := &slackUser{MemberSpec: s, id: w.id("U")}
		if s.Bot {
			u.botID, u.appID = w.id("B"), w.id("A")
		}
		w.keepLabels(s.Fields)
		w.members = append(w.members, u)
		w.byID[u.id] = u
		id = u.id
		return nil
	})
	return id
}

// keepLabels remembers the labels of custom fields: the workspace defines each
// once for everybody.
func (w *Workspace) keepLabels(fields map[string]string) {
	fresh := []string{}
	for label := range fields {
		if !slices.Contains(w.labels, label) {
			fresh = append(fresh, label)
		}
	}
	slices.Sort(fresh)
	w.labels = append(w.labels, fresh...)
}

// EditMember changes an account: a new name or address, another field, deleted.
// Whether it is a bot stays as it was.
func (w *Workspace) EditMember(id string, f func(s *MemberSpec)) {
	w.change(func() error {
		u, err := w.member(id)
		if err != nil {
			return fmt.Errorf("edit member: %w", err)
		}
		bot := u.Bot
		f(&u.MemberSpec)
		u.Bot = bot
		u.edits++
		w.keepLabels(u.Fields)
		return nil
	})
}

func (w *Workspace) member(id string) (*slackUser, error) {
	if u := w.byID[id]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("no member %q", id)
}

func (w *Workspace) conversation(id string) (*slackChannel, error) {
	if c := w.byChan[id]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("no channel %q", id)
}

// AddChannel creates a channel and returns its id, "C…".
func (w *Workspace) AddChannel(at time.Time, s ChannelSpec) (id string) {
	kind := publicChannel
	if s.Private {
		kind = privateChannel
	}
	w.change(func() error {
		for _, c := range w.channels {
			if s.Name == "" || c.Name == s.Name {
				return fmt.Errorf("add channel %q: empty or taken", s.Name)
			}
		}
		id = w.addConversation(at, kind, s)
		return nil
	})
	return id
}

// AddDirect creates a direct message between the app's bot and a member, or a
// group message with several, and returns its id. Reading it is a trespass.
func (w *Workspace) AddDirect(at time.Time, members ...string) (id string) {
	w.change(func() error {
		if len(members) == 0 {
			return errors.New("add direct message: nobody")
		}
		s := ChannelSpec{Private: true, OffLimits: true, Members: members, Bot: true}
		kind := directMessage
		if len(members) > 1 {
			kind, s.Name = groupMessage, "mpdm-"+strings.ToLower(strings.Join(members, "--"))+"-1"
		}
		id = w.addConversation(at, kind, s)
		return nil
	})
	return id
}

// addConversation creates a conversation. The caller holds the lock.
func (w *Workspace) addConversation(at time.Time, kind conversationKind, s ChannelSpec) string {
	prefix := "C"
	if kind == directMessage {
		prefix = "D"
	}
	c := &slackChannel{
		ChannelSpec: s, id: w.id(prefix), kind: kind, created: second(at), updated: at,
		members: slices.Clone(s.Members), byTS: map[string]*slackMessage{},
	}
	if s.Bot {
		c.members = append(c.members, w.bot.id)
	}
	w.channels = append(w.channels, c)
	w.byChan[c.id] = c
	return c.id
}

// editChannel changes a channel.
func (w *Workspace) editChannel(at time.Time, id, what string, f func(c *slackChannel) error) {
	w.change(func() error {
		c, err := w.conversation(id)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if at.After(c.updated) {
			c.updated = at
		}
		return f(c)
	})
}

// announce puts one of the lines into a channel that Slack writes about it.
func (w *Workspace) announce(at time.Time, c *slackChannel, author, subtype, text string) {
	if u := w.byID[author]; u != nil {
		w.insert(c, &slackMessage{MessageSpec: MessageSpec{Author: author, Subtype: subtype, Text: text}, author: u, ts: c.freeTS(at)})
	}
}

// Invite adds members to a channel; without any, the app's bot.
func (w *Workspace) Invite(at time.Time, channel string, members ...string) {
	w.editChannel(at, channel, "invite", func(c *slackChannel) error {
		if len(members) == 0 {
			members = []string{w.bot.id}
		}
		for _, id := range members {
			if _, err := w.member(id); err != nil {
				return fmt.Errorf("invite: %w", err)
			}
			if !slices.Contains(c.members, id) {
				c.members = append(c.members, id)
				w.announce(at, c, id, "channel_join", "<@"+id+"> has joined the channel")
			}
		}
		return nil
	})
}

// Kick removes members from a channel; without any, the app's bot.
func (w *Workspace) Kick(at time.Time, channel string, members ...string) {
	w.editChannel(at, channel, "kick", func(c *slackChannel) error {
		if len(members) == 0 {
			members = []string{w.bot.id}
		}
		c.members = slices.DeleteFunc(c.members, func(id string) bool { return slices.Contains(members, id) })
		return nil
	})
}

// RenameChannel gives a channel a new name; the id stays.
func (w *Workspace) RenameChannel(at time.Time, channel, name string) {
	w.editChannel(at, channel, "rename channel", func(c *slackChannel) error {
		c.previous = append(c.previous, c.Name)
		c.Name = name
		w.announce(at, c, c.Creator, "channel_name", "renamed the channel")
		return nil
	})
}

// ArchiveChannel closes a channel, or opens it again. An archived channel can
// still be read.
func (w *Workspace) ArchiveChannel(at time.Time, channel string, archived bool) {
	w.editChannel(at, channel, "archive channel", func(c *slackChannel) error {
		c.Archived = archived
		if archived {
			w.announce(at, c, c.Creator, "channel_archive", "archived the channel")
		}
		return nil
	})
}

// SetPrivate makes a channel private, or public.
func (w *Workspace) SetPrivate(at time.Time, channel string, private bool) {
	w.editChannel(at, channel, "convert channel", func(c *slackChannel) error {
		if c.Private, c.kind = private, publicChannel; private {
			c.kind = privateChannel
		}
		return nil
	})
}

// ShareChannel connects a channel to another workspace, which gives it a new
// id: the old one is not found any more. It returns the new id.
func (w *Workspace) ShareChannel(at time.Time, channel string) (id string) {
	w.editChannel(at, channel, "share channel", func(c *slackChannel) error {
		delete(w.byChan, c.id)
		c.id, c.Shared = w.id("C"), true
		w.byChan[c.id] = c
		id = c.id
		return nil
	})
	return id
}

// DeleteChannel removes a channel for good.
func (w *Workspace) DeleteChannel(channel string) {
	w.editChannel(time.Time{}, channel, "delete channel", func(c *slackChannel) error {
		delete(w.byChan, c.id)
		w.channels = slices.DeleteFunc(w.channels, func(o *slackChannel) bool { return o == c })
		return nil
	})
}
