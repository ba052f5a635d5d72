package fake_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

// rig is an office that is served.
type rig struct {
	*office
	t    *testing.T
	s    *fake.Slack
	base string
	api  *slack.Client
}

func newRig(t *testing.T) rig {
	o := newOffice(t)
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock, NoLimit: true})
	base, api := serveSlack(t, s)
	return rig{o, t, s, base, api}
}

func (r rig) history() []slack.Message {
	r.t.Helper()
	h, err := r.api.GetConversationHistoryContext(r.t.Context(), &slack.GetConversationHistoryParameters{ChannelID: r.dev})
	if err != nil {
		r.t.Fatal(err)
	}
	return h.Messages
}

func (r rig) thread(ts string) []slack.Message {
	r.t.Helper()
	list, _, _, err := r.api.GetConversationRepliesContext(r.t.Context(), &slack.GetConversationRepliesParameters{ChannelID: r.dev, Timestamp: ts})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func TestSlackDelete(t *testing.T) {
	r := newRig(t)
	top := r.say(t, 0, r.ada, "top", "")
	leaf := r.say(t, 1, r.ada, "leaf", "")
	first := r.say(t, 2, r.ben, "first", top)
	second := r.say(t, 3, r.ada, "second", top)
	r.React(r.dev, top, r.ben, "eyes")
	r.Delete(r.dev, leaf)
	equal(t, "a leaf disappears", texts(r.history()), "top")
	r.Delete(r.dev, second)
	equal(t, "the latest reply moves back", r.history()[0].LatestReply, first)
	r.Delete(r.dev, top)
	stone := r.history()[0]
	equal(t, "tombstone", []any{stone.SubType, stone.User, stone.Text, stone.Timestamp, stone.ReplyCount, stone.Hidden, len(stone.Reactions), len(stone.Blocks.BlockSet)},
		[]any{"tombstone", fake.Slackbot, "This message was deleted.", top, 1, true, 0, 0})
	equal(t, "the thread stays", texts(r.thread(top)), "This message was deleted.,first")
	r.Delete(r.dev, first)
	equal(t, "without replies the tombstone goes", texts(r.history()), "")
}

func TestSlackExpire(t *testing.T) {
	r := newRig(t)
	old := r.say(t, 0, r.ada, "old", "")
	r.say(t, 1, r.ada, "old reply", old)
	mixed := r.say(t, 2, r.ada, "mixed", "")
	r.say(t, 90, r.ada, "late reply", mixed)
	r.say(t, 91, r.ada, "new", "")
	r.Expire(r.dev, day(1, 60))
	equal(t, "history", texts(r.history()), "new,This message was deleted.")
	equal(t, "thread", texts(r.thread(mixed)), "This message was deleted.,late reply")
	equal(t, "old thread", code(t, ask(t, r.base, "conversations.replies", "channel", r.dev, "ts", old)), "thread_not_found")
}

func TestSlackReactionsAndUnfurls(t *testing.T) {
	r := newRig(t)
	ts := r.say(t, 0, r.ada, "see <https://example.org/a?b=1&amp;c=2|the page> &amp; <@"+r.ben+">", "")
	r.Unfurl(r.dev, ts, fake.Unfurl{FromURL: "https://example.org/a?b=1&c=2", Title: "The page", TitleLink: "https://example.org/a"})
	r.React(r.dev, ts, r.ben, "eyes")
	r.React(r.dev, ts, r.ada, "eyes")
	r.React(r.dev, ts, r.ada, "eyes")
	r.React(r.dev, ts, r.ada, "tada")
	r.Unreact(r.dev, ts, r.ada, "tada")
	m := r.history()[0]
	if m.Edited != nil {
		t.Error("an unfurl counts as an edit")
	}
	equal(t, "attachment", []any{len(m.Attachments), m.Attachments[0].FromURL, m.Attachments[0].ID}, []any{1, "https://example.org/a?b=1&c=2", 1})
	equal(t, "reactions", m.Reactions, []slack.ItemReaction{{Name: "eyes", Count: 2, Users: []string{r.ben, r.ada}}})
	parts := m.Blocks.BlockSet[0].(*slack.RichTextBlock).Elements[0].(*slack.RichTextSection).Elements
	link := parts[1].(*slack.RichTextSectionLinkElement)
	equal(t, "rich text", []any{len(parts), link.URL, link.Text, parts[2].(*slack.RichTextSectionTextElement).Text, parts[3].(*slack.RichTextSectionUserElement).UserID},
		[]any{4, "https://example.org/a?b=1&c=2", "the page", " & ", r.ben})
	got, err := r.api.GetReactionsContext(t.Context(), slack.NewRefToMessage(r.dev, ts), slack.NewGetReactionsParameters())
	equal(t, "reactions.get", []any{len(got.Reactions), err}, []any{1, nil})
}

func TestSlackAuthors(t *testing.T) {
	r := newRig(t)
	r.Post(day(1, 0), r.dev, fake.MessageSpec{Author: r.robot, Attachments: []fake.Unfurl{{Title: "#7 Cache", TitleLink: "https://github.com/acme/api/pull/7"}}})
	r.Post(day(1, 1), r.dev, fake.MessageSpec{Username: "Old Jenkins", Text: "green"})
	r.Post(day(1, 2), r.dev, fake.MessageSpec{Author: r.ada, Text: "plan", Files: []fake.SharedFile{{Name: "plan.pdf", Title: "PAY-7 plan"}}})
	h := r.history()
	equal(t, "app", []any{h[2].User, h[2].BotID != "", h[2].BotProfile.Name, h[2].SubType}, []any{r.robot, true, "GitHub", ""})
	equal(t, "old integration", []any{h[1].User, h[1].BotID != "", h[1].Username, h[1].SubType}, []any{"", true, "Old Jenkins", "bot_message"})
	equal(t, "file", []any{h[0].Files[0].Title, h[0].Files[0].ID != "", h[0].ClientMsgID != ""}, []any{"PAY-7 plan", true, true})
}

func TestSlackManyReactionsAndRepliers(t *testing.T) {
	r := newRig(t)
	ts := r.say(t, 0, r.ada, "vote", "")
	for i := range 60 {
		id := r.AddMember(fake.MemberSpec{Name: "m" + itoa(i)})
		r.React(r.dev, ts, id, "thumbsup")
		r.say(t, 1+i, id, "aye", ts)
	}
	m := r.history()[0]
	equal(t, "cut lists, right counts", []int{m.Reactions[0].Count, len(m.Reactions[0].Users), m.ReplyCount, len(m.ReplyUsers)}, []int{60, 50, 60, 5})
}

func TestSlackChannelChanges(t *testing.T) {
	r := newRig(t)
	ts := r.say(t, 0, r.ada, "hello", "")
	info := func(id string) *slack.Channel {
		ch, err := r.api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: id})
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	r.RenameChannel(day(2, 0), r.dev, "engineering")
	r.ArchiveChannel(day(2, 1), r.dev, true)
	ch := info(r.dev)
	equal(t, "channel", []any{ch.Name, ch.PreviousNames, ch.IsArchived, ch.IsMember, ch.NumMembers, ch.IsPrivate}, []any{"engineering", []string{"dev"}, true, true, 3, false})
	equal(t, "lines of Slack", r.history()[0].SubType+" "+r.history()[1].SubType, "channel_archive channel_name")
	r.ArchiveChannel(day(2, 2), r.dev, false)
	r.SetPrivate(day(2, 3), r.dev, true)
	ch = info(r.dev)
	equal(t, "private", []bool{ch.IsPrivate, ch.IsGroup, ch.IsChannel, ch.IsArchived}, []bool{true, true, false, false})
	r.SetPrivate(day(2, 4), r.dev, false)
	id := r.ShareChannel(day(2, 5), r.dev)
	equal(t, "old id", code(t, ask(t, r.base, "conversations.history", "channel", r.dev)), "channel_not_found")
	r.dev = id
	if ch = info(id); !ch.IsExtShared || !strings.HasSuffix(texts(r.history()), "hello") || id == "" {
		t.Errorf("shared channel: %+v", ch)
	}
	r.Kick(day(2, 6), id)
	equal(t, "kicked", code(t, ask(t, r.base, "conversations.history", "channel", id)), "not_in_channel")
	r.Invite(day(2, 7), id)
	equal(t, "joined", r.history()[0].SubType, "channel_join")
	want := "https://acme.slack.com/archives/" + id + "/p" + strings.Replace(ts, ".", "", 1)
	link, err := r.api.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: id, Ts: ts})
	equal(t, "permalink", []any{link, r.Permalink(id, ts), err}, []any{want, want, nil})
	r.DeleteChannel(id)
	equal(t, "deleted", code(t, ask(t, r.base, "conversations.info", "channel", id)), "channel_not_found")
}

func TestSlackMemberChanges(t *testing.T) {
	r := newRig(t)
	r.EditMember(r.ada, func(s *fake.MemberSpec) { s.Deleted, s.Bot = true, true })
	u, err := r.api.GetUserInfoContext(t.Context(), r.ada)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", []any{u.Deleted, u.IsBot, u.TZ}, []any{true, false, ""})
	far := r.AddMember(fake.MemberSpec{Name: "kei", TZ: "Asia/Tokyo"})
	if u, err = r.api.GetUserInfoContext(t.Context(), far); err != nil || u.TZ != "Asia/Tokyo" {
		t.Fatal(u, err)
	}
	if place, err := time.LoadLocation(u.TZ); err == nil {
		_, offset := clock().In(place).Zone()
		equal(t, "offset", u.TZOffset, offset)
	}
	visitor := r.AddMember(fake.MemberSpec{Name: "eve", Stranger: true})
	flow := r.AddMember(fake.MemberSpec{Name: "standup", Workflow: true})
	for id, flag := range map[string]string{visitor: "is_stranger", flow: "is_workflow_bot"} {
		if u := decode[object](t, ask(t, r.base, "users.info", "user", id)); at(u, "user", flag) != true {
			t.Errorf("%s is missing: %v", flag, u)
		}
	}
}

func TestSlackPostMessage(t *testing.T) {
	r := newRig(t)
	channel, ts, err := r.api.PostMessageContext(t.Context(), "#dev", slack.MsgOptionText("the brief", false))
	if err != nil || channel != r.dev {
		t.Fatal(channel, err)
	}
	_, reply, err := r.api.PostMessageContext(t.Context(), r.dev, slack.MsgOptionText("more", false), slack.MsgOptionTS(ts),
		slack.MsgOptionBlocks(slack.NewDividerBlock()))
	if err != nil {
		t.Fatal(err)
	}
	posted := r.s.Posted()
	equal(t, "posted", fmt.Sprintf("%s %s", posted[0].Text, posted[1].Blocks), `the brief [{"type":"divider"}]`)
	equal(t, "threads", []string{posted[0].Thread, posted[1].Thread, posted[1].TS}, []string{"", ts, reply})
	equal(t, "stored", texts(r.thread(ts)), "the brief,more")
	equal(t, "by the bot", r.history()[0].User, r.Bot())
	r.ArchiveChannel(day(2, 0), r.dev, true)
	for want, args := range map[string][]string{
		"is_archived": {"channel", r.dev, "text", "x"}, "channel_not_found": {"channel", r.secret, "text", "x"},
	} {
		equal(t, want, code(t, ask(t, r.base, "chat.postMessage", args...)), want)
	}
	r.ArchiveChannel(day(2, 0), r.dev, false)
	for want, args := range map[string][]string{
		"no_text": {"channel", r.dev}, "invalid_blocks": {"channel", r.dev, "blocks", "[{"}, "thread_not_found": {"channel", r.dev, "text", "x", "thread_ts", reply},
	} {
		equal(t, want, code(t, ask(t, r.base, "chat.postMessage", args...)), want)
	}
	equal(t, "refused ones are not kept", len(r.s.Posted()), 2)
	first, _, err := r.api.PostMessageContext(t.Context(), r.ada, slack.MsgOptionText("for you", false))
	again, _, err2 := r.api.PostMessageContext(t.Context(), r.ada, slack.MsgOptionText("and this", false))
	if err != nil || err2 != nil || first != again || first[0] != 'D' || len(r.s.Trespasses()) != 0 {
		t.Errorf("to a member: %s and %s, %v, %v", first, again, err, err2)
	}
}

// TestSlackMistakes holds the workspace to its promise that a change that
// names nothing is told and does nothing.
func TestSlackMistakes(t *testing.T) {
	for what, f := range map[string]func(w *fake.Workspace, channel, member, ts string){
		"author":  func(w *fake.Workspace, c, _, _ string) { w.Post(start, c, fake.MessageSpec{Author: "U0"}) },
		"channel": func(w *fake.Workspace, _, m, _ string) { w.Post(start, "C0", fake.MessageSpec{Author: m}) },
		"thread": func(w *fake.Workspace, c, m, _ string) {
			w.Post(day(9, 0), c, fake.MessageSpec{Author: m, Thread: "1.0"})
		},
		"too early": func(w *fake.Workspace, c, m, ts string) {
			w.Post(day(-9, 0), c, fake.MessageSpec{Author: m, Thread: ts})
		},
		"broadcast": func(w *fake.Workspace, c, m, _ string) {
			w.Post(start, c, fake.MessageSpec{Author: m, Broadcast: true})
		},
		"edit":   func(w *fake.Workspace, c, _, _ string) { w.Edit(start, c, "1.0", "x") },
		"react":  func(w *fake.Workspace, c, _, ts string) { w.React(c, ts, "U0", "x") },
		"invite": func(w *fake.Workspace, c, _, _ string) { w.Invite(start, c, "U0") },
		"nobody": func(w *fake.Workspace, _, _, _ string) { w.AddMember(fake.MemberSpec{}) },
		"name":   func(w *fake.Workspace, _, _, _ string) { w.AddChannel(start, fake.ChannelSpec{Name: "dev"}) },
		"direct": func(w *fake.Workspace, _, _, _ string) { w.AddDirect(start) },
		"member": func(w *fake.Workspace, _, _, _ string) { w.EditMember("U0", nil) },
	} {
		w := fake.NewWorkspace("acme")
		member := w.AddMember(fake.MemberSpec{Name: "ada"})
		channel := w.AddChannel(start, fake.ChannelSpec{Name: "dev"})
		ts := w.Post(start, channel, fake.MessageSpec{Author: member, Text: "x"})
		before := fmt.Sprint(w.Snapshot())
		if f(w, channel, member, ts); w.Err() == nil || fmt.Sprint(w.Snapshot()) != before {
			t.Errorf("%s: error %v, or something changed", what, w.Err())
		}
	}
}

// TestSlackTimestamps posts many messages at once and out of order.
func TestSlackTimestamps(t *testing.T) {
	r := newRig(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				r.say(t, 0, r.ada, "x", "")
			}
		})
	}
	wait.Wait()
	r.say(t, -1, r.ada, "earlier", "")
	list := r.Snapshot()[0].Messages
	seen := map[string]bool{}
	for i, m := range list {
		if seen[m.TS] || len(m.TS) != 17 || m.TS[10] != '.' || i > 0 && m.TS <= list[i-1].TS {
			t.Errorf("ts %s is taken, malformed or out of order", m.TS)
		}
		seen[m.TS] = true
	}
	equal(t, "messages", []any{len(list), list[0].Text}, []any{201, "earlier"})
	gone := r.say(t, 5, r.ada, "gone", "")
	r.Delete(r.dev, gone)
	if r.say(t, 5, r.ada, "next", "") == gone {
		t.Error("the ts of a deleted message is given again")
	}
}
