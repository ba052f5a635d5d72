package slack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// gone counts the items of a channel by why they are gone.
func (r *rig) gone(channel string) map[store.Gone]int {
	n := map[store.Gone]int{}
	for id, it := range r.Shelf.Items {
		if strings.HasPrefix(id, r.id(channel, "")) {
			n[it.Gone]++
		}
	}
	return n
}

// TestLostChannels: a bot that is removed, a channel that is made private,
// deleted or connected to another workspace, and a renamed or archived one.
func TestLostChannels(t *testing.T) {
	for name, c := range map[string]struct {
		change func(o *office)
		want   store.Gone
	}{
		"kicked":   {func(o *office) { o.Kick(ago(0, 1), o.ops, o.Bot()) }, store.GoneLostAccess},
		"deleted":  {func(o *office) { o.DeleteChannel(o.ops) }, store.GoneLostAccess},
		"archived": {func(o *office) { o.ArchiveChannel(ago(0, 1), o.ops, true) }, ""},
		"renamed":  {func(o *office) { o.RenameChannel(ago(0, 1), o.ops, "operations") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			for i := range 12 {
				o.say(ago(2, i), o.ops, o.ada, "message")
				o.say(ago(2, i), o.dev, o.ada, "message")
			}
			r := newRig(t, o.Workspace, fake.SlackOptions{})
			c0 := r.connect()
			r.MustPoll(c0)
			c.change(o)
			for range 4 {
				r.clock.Advance(20 * time.Minute)
				_ = r.Poll(c0) // may fail while the list is a step behind
			}
			r.MustPoll(c0)
			equal(t, "items", r.gone(o.ops), map[store.Gone]int{c.want: 12})
			equal(t, "items elsewhere", r.gone(o.dev), map[store.Gone]int{"": 12})
			afterwards(t, name, o, r, c0)
		})
	}
}

// afterwards looks at what is particular to each way in which a channel changes.
func afterwards(t *testing.T, name string, o *office, r *rig, c0 connectors.Connector) {
	switch name {
	case "renamed":
		for id, it := range r.Shelf.Items {
			if strings.HasPrefix(id, r.id(o.ops, "")) && it.Attrs[store.AttrChannel][0] != "operations" {
				t.Errorf("%s is still in %s", id, it.Attrs[store.AttrChannel])
			}
		}
	case "archived":
		r.slack.ResetLog()
		r.clock.Advance(5 * time.Minute)
		r.MustPoll(c0)
		equal(t, "requests", r.requests(methodHistory), 1)
		o.ArchiveChannel(r.clock.Now(), o.ops, false)
		o.say(r.clock.Now(), o.ops, o.ben, "alive")
		r.later()
		r.MustPoll(c0)
		equal(t, "items", r.gone(o.ops)[""], 13)
	case "kicked":
		for key := range r.Shelf.Cursor {
			if strings.Contains(key, o.ops) {
				t.Errorf("the cursor still has %s", key)
			}
		}
		o.Invite(r.clock.Now(), o.ops, o.Bot())
		r.later()
		r.MustPoll(c0)
		equal(t, "items after an invitation", r.gone(o.ops), map[store.Gone]int{"": 12})
	}
}

// TestMadePrivate: a public channel that is made private is not read once more,
// neither by a poll nor for a delivery, by an app that may read private
// channels, whether any is configured or not. Its items are lost.
func TestMadePrivate(t *testing.T) {
	for config, others := range map[string]int{"private_channels: [board]\n": 2, "": 1} {
		o := newOffice()
		board := o.AddChannel(start, fake.ChannelSpec{Name: "board", Private: true, Members: []string{o.ada}, Bot: true})
		var told string
		for _, ch := range []string{o.dev, board, o.ops} {
			told = o.say(ago(2, 0), ch, o.ada, "message")
		}
		r := newRig(t, o.Workspace, fake.SlackOptions{Scopes: privateScopes})
		r.config = config
		c := r.connect()
		r.MustPoll(c)
		o.SetPrivate(r.clock.Now(), o.ops, true)
		r.slack.ResetLog()
		if b, err := c.(connectors.Receiver).Refetch(t.Context(), []string{o.ops + "/" + told}); err != nil || len(b.Items) > 0 {
			t.Errorf("%q: %d items for a delivery, %v", config, len(b.Items), err)
		}
		for range 3 {
			r.clock.Advance(5 * time.Minute)
			r.MustPoll(c)
		}
		for _, s := range r.slack.Log() {
			if strings.Contains(s.Query, "channel="+o.ops) {
				t.Errorf("%q: %s of the channel that is private now", config, s.Resource)
			}
		}
		equal(t, "items", r.gone(o.ops), map[store.Gone]int{store.GoneLostAccess: 1})
		equal(t, "items of the others", len(r.gone(o.dev))+len(r.gone(board)), others)
	}
}

// TestMissedOnce: one list that leaves a channel out is not believed, and the
// channel is not read from its start when the next list has it again.
func TestMissedOnce(t *testing.T) {
	o := newOffice()
	o.say(ago(2, 0), o.ops, o.ada, "message")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	o.Kick(r.clock.Now(), o.ops, o.Bot())
	r.later()
	r.MustPoll(c)
	equal(t, "items after one list", r.gone(o.ops), map[store.Gone]int{"": 1})
	o.Invite(r.clock.Now(), o.ops, o.Bot())
	r.clock.Advance(5 * time.Minute)
	b, err := r.Fetch(c)
	if err != nil || len(b.Gone)+len(b.Items) > 0 {
		t.Errorf("after the second list: %+v %+v %v", b.Gone, b.Items, err)
	}
}

// TestQuietChannel: the last message of a channel where nobody talks any more is
// handed over once, however long ago it was written.
func TestQuietChannel(t *testing.T) {
	o := newOffice()
	o.say(ago(40, 0), o.ops, o.ada, "goodbye")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	for i := range 4 {
		r.clock.Advance(time.Duration(i*40+5) * time.Minute)
		b, err := r.Fetch(c)
		if err != nil || b.More || len(b.Items)+len(b.Events) > 0 {
			t.Errorf("poll %d: %d items, %d events, %v", i, len(b.Items), len(b.Events), err)
		}
	}
}

// TestAllChannelsLost: when most channels vanish at once, something else is
// wrong, and nothing is marked.
func TestAllChannelsLost(t *testing.T) {
	o := newOffice()
	channels := []string{o.dev, o.ops}
	for i := range 4 {
		channels = append(channels, o.AddChannel(start, fake.ChannelSpec{Name: fmt.Sprint("room-", i), Members: []string{o.ada}, Bot: true}))
	}
	for _, ch := range channels {
		o.say(ago(1, 0), ch, o.ada, "message")
	}
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	for _, ch := range channels[1:] {
		o.Kick(r.clock.Now(), ch, o.Bot())
	}
	for range 4 {
		r.later()
		_ = r.Poll(c) // not_in_channel
	}
	for id, it := range r.Shelf.Items {
		if it.Gone != "" {
			t.Errorf("%s is marked %s", id, it.Gone)
		}
	}
	if !strings.Contains(r.logs.String(), "too many channels vanished") {
		t.Error("nothing in the log")
	}
}

// TestRetention: what the workspace's own retention removes is not deleted
// work, while a message that somebody deletes is, even the oldest one.
func TestRetention(t *testing.T) {
	o := newOffice()
	var all []string
	for i := range 30 {
		all = append(all, o.say(ago(12, i*8*60), o.dev, o.ada, "message")) // three a day
	}
	o.say(ago(40, 0), o.ops, o.ada, "older than anything looked back on")
	lonely := o.say(ago(3, 0), o.ops, o.ada, "the oldest in its window")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	o.Expire(o.dev, ago(6, 0))
	o.Delete(o.dev, all[25])
	o.Delete(o.ops, lonely)
	r.later()
	r.MustPoll(c)
	equal(t, "deleted", r.gone(o.dev), map[store.Gone]int{"": 29, store.GoneDeleted: 1})
	equal(t, "the deleted one", r.item(o.dev, all[25]).Gone, store.GoneDeleted)
	equal(t, "the oldest one", r.item(o.ops, lonely).Gone, store.GoneDeleted)
	// The question is asked once only.
	r.later()
	r.slack.ResetLog()
	r.MustPoll(c)
	equal(t, "requests", r.requests(methodHistory), 2)
}

// TestMassDeletion: when a third of what is known is gone at once, it is held.
func TestMassDeletion(t *testing.T) {
	o := newOffice()
	var all []string
	for i := range 40 {
		all = append(all, o.say(ago(5, i), o.dev, o.ada, "message"))
	}
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	for _, ts := range all[5:20] {
		o.Delete(o.dev, ts)
	}
	r.later()
	r.MustPoll(c)
	equal(t, "held", r.gone(o.dev), map[store.Gone]int{"": 40})
	if !strings.Contains(r.logs.String(), "too many messages vanished") {
		t.Error("nothing in the log")
	}
	// Fewer are believed.
	for _, ts := range all[5:14] {
		i := slices.Index(all, ts)
		all[i] = ""
	}
	few := newRig(t, o.Workspace, fake.SlackOptions{})
	c = few.connect()
	few.MustPoll(c)
	for _, ts := range all[20:25] {
		o.Delete(o.dev, ts)
	}
	few.later()
	few.MustPoll(c)
	equal(t, "believed", few.gone(o.dev), map[store.Gone]int{"": 20, store.GoneDeleted: 5})
}

// TestOtherWorkspace: a token of another workspace is refused.
func TestOtherWorkspace(t *testing.T) {
	o := newOffice()
	o.say(ago(1, 0), o.dev, o.ada, "message")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.MustPoll(r.connect())
	r.Shelf.Cursor[teamKey] = `{"id":"T0OTHER","url":""}`
	if err := r.Poll(r.connect()); err == nil || !strings.Contains(err.Error(), "another workspace") {
		t.Errorf("got %v", err)
	}
}

// TestBroadcast: a reply to an old thread that is also shown in the channel
// has its thread read, however old that is.
func TestBroadcast(t *testing.T) {
	o := newOffice()
	top := o.say(ago(50, 0), o.dev, o.ada, "top")
	o.reply(ago(49, 0), o.dev, o.ben, "reply", top)
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	ts := o.Post(r.clock.Now(), o.dev, fake.MessageSpec{Author: o.ada, Text: "PAY-1 after all", Thread: top, Broadcast: true})
	r.clock.Advance(5 * time.Minute)
	r.MustPoll(c)
	equal(t, "items", len(r.Shelf.Items), 1)
	equal(t, "events", len(r.eventIDs(o.dev, top)), 3)
	equal(t, "the reply", r.eventIDs(o.dev, top)[2], "message/"+ts)
	r.clock.Advance(5 * time.Minute)
	r.slack.ResetLog()
	r.MustPoll(c)
	equal(t, "read again", r.requests(methodReplies), 0)
}
