package fake_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

// office is a small workspace: ada, ben and an app, a channel with the bot in
// it, a private one without.
type office struct {
	*fake.Workspace
	ada, ben, robot string
	dev, secret     string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{Workspace: fake.NewWorkspace("acme")}
	o.ada = o.AddMember(fake.MemberSpec{Name: "ada", RealName: "Ada L", Email: "ada@example.org", TZ: "Europe/Berlin", TZOffset: 3600, Fields: map[string]string{"GitHub": "ada-l"}})
	o.ben = o.AddMember(fake.MemberSpec{Name: "ben", Email: "ben@example.org", Single: true})
	o.robot = o.AddMember(fake.MemberSpec{Name: "github", RealName: "GitHub", Bot: true})
	o.dev = o.AddChannel(start, fake.ChannelSpec{Name: "dev", Creator: o.ada, Members: []string{o.ada, o.ben}, Bot: true})
	o.secret = o.AddChannel(start, fake.ChannelSpec{Name: "secret", Private: true, Members: []string{o.ada}})
	t.Cleanup(func() {
		if err := o.Err(); err != nil {
			t.Errorf("a change of the workspace failed: %v", err)
		}
	})
	return o
}

func (o *office) say(t *testing.T, minutes int, author, text, thread string) string {
	t.Helper()
	return o.Post(day(1, minutes), o.dev, fake.MessageSpec{Author: author, Text: text, Thread: thread})
}

// serveSlack starts a server that ends with the test, and a client for it.
func serveSlack(t *testing.T, s *fake.Slack) (base string, api *slack.Client) {
	t.Helper()
	srv, err := fake.Listen(s)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return srv.URL, slack.New("xoxb-1", slack.OptionAPIURL(srv.URL+"/api/"), slack.OptionHTTPClient(client))
}

// ask calls a method with a bot's token; arguments come in pairs.
func ask(t *testing.T, base, method string, args ...string) answer {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(args); i += 2 {
		q.Set(args[i], args[i+1])
	}
	return get(t, base+"/api/"+method+"?"+q.Encode(), "Authorization", "Bearer xoxb-1")
}

// code returns the error that an answer names, "" when it is good.
func code(t *testing.T, a answer) string {
	t.Helper()
	var v struct {
		OK    bool
		Error string
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("decode %s: %v", a.body, err)
	}
	if v.OK != (v.Error == "") {
		t.Errorf("ok is %t with the error %q", v.OK, v.Error)
	}
	return v.Error
}

func texts(list []slack.Message) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Text)
	}
	return strings.Join(out, ",")
}

func TestSlackHistoryAndReplies(t *testing.T) {
	o := newOffice(t)
	one := o.say(t, 0, o.ada, "one", "")
	two := o.say(t, 0, o.ben, "two", "")
	reply := o.say(t, 5, o.ben, "reply", one)
	loud := o.Post(day(1, 6), o.dev, fake.MessageSpec{Author: o.ada, Text: "loud", Thread: one, Broadcast: true})
	o.React(o.dev, one, o.ben, "eyes")
	o.Edit(day(1, 9), o.dev, two, "two!")
	_, api := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock}))
	h, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: o.dev})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "newest first, replies only when broadcast", texts(h.Messages), "loud,two!,one")
	top := h.Messages[2]
	equal(t, "parent", []any{top.Timestamp, top.ThreadTimestamp, top.ReplyCount, top.LatestReply, top.ReplyUsers, top.User, top.Reactions[0].Count},
		[]any{one, one, 2, loud, []string{o.ben, o.ada}, o.ada, 1})
	equal(t, "edit", []any{h.Messages[1].Edited.Timestamp, h.Messages[1].ThreadTimestamp}, []any{"1772528940.000000", ""})
	equal(t, "broadcast", []string{h.Messages[0].SubType, h.Messages[0].ThreadTimestamp, h.Messages[0].Root.Text}, []string{"thread_broadcast", one, "one"})
	equal(t, "rich text of the edit", h.Messages[1].Blocks.BlockSet[0].(*slack.RichTextBlock).Elements[0].(*slack.RichTextSection).
		Elements[0].(*slack.RichTextSectionTextElement).Text, "two!")
	thread, more, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{ChannelID: o.dev, Timestamp: one})
	if err != nil || more {
		t.Fatal(more, err)
	}
	equal(t, "thread", texts(thread), "one,reply,loud")
	equal(t, "reply", []string{thread[1].Timestamp, thread[1].ThreadTimestamp, thread[1].ParentUserId}, []string{reply, one, o.ada})
	alone, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{ChannelID: o.dev, Timestamp: two})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "a message without replies", texts(alone), "two!")
	user, err := api.GetUserInfoContext(t.Context(), o.ada)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "user", []any{user.Profile.Email, user.TZ, user.TZOffset, user.IsBot}, []any{"ada@example.org", "Europe/Berlin", 3600, false})
	channels, _, err := api.GetConversationsForUserContext(t.Context(), &slack.GetConversationsForUserParameters{Types: []string{"public_channel", "private_channel"}})
	if err != nil || len(channels) != 1 {
		t.Fatal(channels, err)
	}
	equal(t, "the bot's channels", []string{channels[0].ID, channels[0].Name}, []string{o.dev, "dev"})
}

// post sends a body with a bot's token.
func post(t *testing.T, address, kind, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req, "Authorization", "Bearer xoxb-1", "Content-Type", kind)
}
