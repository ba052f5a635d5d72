package fake_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestSlackAccess(t *testing.T) {
	o := newOffice(t)
	parent := o.say(t, 0, o.ada, "hello", "")
	lounge := o.AddChannel(start, fake.ChannelSpec{Name: "lounge", Members: []string{o.ada}})
	direct := o.AddDirect(start, o.ada)
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock})
	base, _ := serveSlack(t, s)
	for _, c := range []struct {
		want   string
		method string
		args   []string
	}{
		{"", "conversations.history", []string{"channel", o.dev}},
		{"", "conversations.info", []string{"channel", lounge}},
		{"not_in_channel", "conversations.history", []string{"channel", lounge}},
		{"not_in_channel", "conversations.replies", []string{"channel", lounge, "ts", parent}},
		{"channel_not_found", "conversations.history", []string{"channel", o.secret}},
		{"channel_not_found", "conversations.info", []string{"channel", o.secret}},
		{"channel_not_found", "conversations.members", []string{"channel", "C0"}},
		{"thread_not_found", "conversations.replies", []string{"channel", o.dev, "ts", "1.000000"}},
		{"thread_not_found", "conversations.replies", []string{"channel", o.dev}},
		{"invalid_cursor", "conversations.history", []string{"channel", o.dev, "cursor", "bm9uc2Vuc2U="}},
		{"invalid_cursor", "users.list", []string{"cursor", "%%%"}},
		{"invalid_limit", "conversations.history", []string{"channel", o.dev, "limit", "-1"}},
		{"invalid_limit", "users.list", []string{"limit", "many"}},
		{"invalid_ts_oldest", "conversations.history", []string{"channel", o.dev, "oldest", "yesterday"}},
		{"invalid_ts_latest", "conversations.history", []string{"channel", o.dev, "latest", "1e9"}},
		{"invalid_types", "users.conversations", []string{"types", "public_channel,secret"}},
		{"user_not_found", "users.info", []string{"user", "U0"}},
		{"user_not_found", "users.profile.get", []string{"user", "U0"}},
		{"message_not_found", "chat.getPermalink", []string{"channel", o.dev, "message_ts", "1.000000"}},
		{"message_not_found", "reactions.get", []string{"channel", o.dev, "timestamp", "1.000000"}},
		{"unknown_method", "conversations.everything", nil},
	} {
		a := ask(t, base, c.method, c.args...)
		wantStatus(t, a, http.StatusOK)
		equal(t, c.method+" "+strings.Join(c.args, " "), code(t, a), c.want)
	}
	equal(t, "trespasses before the first", s.Trespasses(), nil)
	ask(t, base, "conversations.history", "channel", direct)
	hidden := o.AddChannel(start, fake.ChannelSpec{Name: "board", Private: true, Bot: true, OffLimits: true})
	ask(t, base, "conversations.info", "channel", hidden)
	ask(t, base, "conversations.replies", "channel", hidden, "ts", "1.0")
	equal(t, "reading what is off limits is noted", s.Trespasses(), []string{"conversations.history " + direct, "conversations.replies " + hidden})
}

func TestSlackTokens(t *testing.T) {
	o := newOffice(t)
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock, Tokens: []string{"xoxb-1", "xoxb-2"}})
	base, api := serveSlack(t, s)
	s.Revoke("xoxb-2")
	for token, want := range map[string]string{
		"": "not_authed", "Bearer xoxb-1": "", "Bearer xoxb-2": "token_revoked", "Bearer xoxb-3": "invalid_auth",
		"Bearer xoxp-1": "not_allowed_token_type", "Bearer nonsense": "invalid_auth",
	} {
		equal(t, token, code(t, get(t, base+"/api/auth.test", "Authorization", token)), want)
	}
	equal(t, "token as an argument", code(t, get(t, base+"/api/auth.test?token=xoxb-1", "Authorization", "")), "")
	who, err := api.AuthTestContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "bot", []string{who.UserID, who.TeamID, who.URL}, []string{o.Bot(), o.Team(), "https://acme.slack.com/"})
	for _, line := range s.Log() {
		if strings.Contains(line.String()+line.Token, "xoxb") {
			t.Errorf("the log holds a token: %v", line)
		}
	}
}

func TestSlackScopes(t *testing.T) {
	o := newOffice(t)
	o.Invite(day(0, 1), o.secret)
	ts := o.Post(day(0, 2), o.dev, fake.MessageSpec{Author: o.robot, Text: "built", Metadata: &fake.Metadata{EventType: "build", Payload: map[string]any{"n": 1}}})
	o.React(o.dev, ts, o.ada, "tada")
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock, Scopes: []string{"channels:read", "users:read"}})
	base, api := serveSlack(t, s)
	for _, c := range []struct {
		needed, method string
		args           []string
	}{
		{"channels:history", "conversations.history", []string{"channel", o.dev}},
		{"groups:history", "conversations.history", []string{"channel", o.secret}},
		{"groups:read", "users.conversations", []string{"types", "public_channel,private_channel"}},
		{"im:read", "users.conversations", []string{"types", "im"}},
		{"team:read", "team.info", nil},
		{"users.profile:read", "users.profile.get", []string{"user", o.ada}},
		{"chat:write", "chat.postMessage", []string{"channel", o.dev, "text", "x"}},
	} {
		a := ask(t, base, c.method, c.args...)
		v := decode[object](t, a)
		equal(t, c.method, []any{v["ok"], v["error"], v["needed"], v["provided"]}, []any{false, "missing_scope", c.needed, "channels:read,users:read"})
		equal(t, "headers of "+c.method, []string{a.Header.Get("X-OAuth-Scopes"), a.Header.Get("X-Accepted-OAuth-Scopes")}, []string{"channels:read,users:read", c.needed})
	}
	_, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: o.dev})
	var typed slack.SlackErrorResponse
	if !errors.As(err, &typed) || typed.Needed != "channels:history" {
		t.Errorf("the client sees %#v", err)
	}
	a := ask(t, base, "users.info", "user", o.ada)
	equal(t, "scopes on a good answer", a.Header.Get("X-OAuth-Scopes"), "channels:read,users:read")
	if strings.Contains(string(a.body), "ada@example.org") {
		t.Error("the address shows without its scope")
	}
	read := func(all string, scopes ...string) object {
		s.SetScopes(append(scopes, "channels:history")...)
		list := decode[object](t, ask(t, base, "conversations.history", "channel", o.dev, "include_all_metadata", all))["messages"].([]any)
		return list[0].(object)
	}
	if m := read("false", "metadata.message:read"); m["metadata"] != nil {
		t.Errorf("metadata shows unasked: %v", m)
	}
	if m := read("true"); m["metadata"] != nil || m["reactions"] != nil {
		t.Errorf("metadata or reactions show without their scopes: %v", m)
	}
	if m := read("true", "metadata.message:read", "reactions:read"); at(m, "metadata", "event_type") != "build" || at(m, "reactions", 0, "count") != 1.0 {
		t.Errorf("metadata or reactions are missing: %v", m)
	}
}

func TestSlackLimits(t *testing.T) {
	o := newOffice(t)
	for i := range 40 {
		o.say(t, i, o.ada, itoa(i), "")
	}
	now := clock()
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: func() time.Time { return now }, Commercial: true, Rates: map[string]int{"users.list": 2}})
	base, api := serveSlack(t, s)
	a := ask(t, base, "conversations.history", "channel", o.dev, "limit", "200")
	equal(t, "messages of a commercial app", len(decode[object](t, a)["messages"].([]any)), 15)
	now = now.Add(12500 * time.Millisecond)
	a = ask(t, base, "conversations.history", "channel", o.dev)
	wantStatus(t, a, http.StatusTooManyRequests)
	equal(t, "wait", a.Header.Get("Retry-After"), "48")
	equal(t, "error", code(t, a), "ratelimited")
	equal(t, "replies have their own minute", code(t, ask(t, base, "conversations.replies", "channel", o.dev, "ts", "1.0")), "thread_not_found")
	_, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: o.dev})
	var limited *slack.RateLimitedError
	if !errors.As(err, &limited) || limited.RetryAfter != 48*time.Second {
		t.Errorf("the client sees %v", err)
	}
	now = now.Add(47500 * time.Millisecond)
	equal(t, "after the wait", code(t, ask(t, base, "conversations.history", "channel", o.dev)), "")
	var got []int
	for range 3 {
		got = append(got, ask(t, base, "users.list").StatusCode)
	}
	equal(t, "a rate of two", got, []int{200, 200, 429})
}

func TestSlackTiers(t *testing.T) {
	o := newOffice(t)
	base, _ := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock}))
	for method, rate := range map[string]int{"users.list": 20, "users.conversations": 50, "users.info": 100} {
		n := 0
		for ask(t, base, method, "user", o.ada).StatusCode == http.StatusOK {
			n++
		}
		equal(t, method, n, rate)
	}
}
