package fake_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

// pages reads a list to its end and returns the pages.
func pages(t *testing.T, base, method, member string, args ...string) (out [][]any) {
	t.Helper()
	cursor := ""
	for range 50 {
		v := decode[object](t, ask(t, base, method, append(slices.Clone(args), "cursor", cursor)...))
		if v["ok"] != true {
			t.Fatalf("%s: %v", method, v)
		}
		out = append(out, v[member].([]any))
		meta, _ := v["response_metadata"].(object)
		cursor, _ = meta["next_cursor"].(string)
		if more, ok := v["has_more"]; ok && more != (cursor != "") {
			t.Errorf("%s: has_more is %v with the cursor %q", method, more, cursor)
		}
		if cursor == "" {
			return out
		}
	}
	t.Fatalf("%s: no end", method)
	return nil
}

// said lists the texts of pages.
func said(list [][]any) (out [][]string) {
	for _, page := range list {
		row := []string{}
		for _, m := range page {
			row = append(row, m.(object)["text"].(string))
		}
		out = append(out, row)
	}
	return out
}

func TestSlackHistoryPages(t *testing.T) {
	o := newOffice(t)
	var ts []string
	for i := range 5 {
		ts = append(ts, o.say(t, i, o.ada, itoa(i), ""))
	}
	base, _ := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock}))
	for _, c := range []struct {
		name string
		args []string
		want [][]string
	}{
		{"all", nil, [][]string{{"4", "3", "2", "1", "0"}}},
		{"two each", []string{"limit", "2"}, [][]string{{"4", "3"}, {"2", "1"}, {"0"}}},
		{"after", []string{"oldest", ts[2]}, [][]string{{"4", "3"}}},
		{"at and after", []string{"oldest", ts[2], "inclusive", "true", "limit", "2"}, [][]string{{"4", "3"}, {"2"}}},
		{"before", []string{"latest", ts[2]}, [][]string{{"1", "0"}}},
		{"between", []string{"oldest", ts[1], "latest", ts[3], "inclusive", "1"}, [][]string{{"3", "2", "1"}}},
		{"a second, not a ts", []string{"oldest", ts[3][:10]}, [][]string{{"4", "3"}}},
		{"nothing", []string{"oldest", "2427135733.000068"}, [][]string{{}}},
		{"crossed", []string{"oldest", ts[3], "latest", ts[1], "inclusive", "1"}, [][]string{{}}},
		{"from zero", []string{"oldest", "0", "limit", "1000"}, [][]string{{"4", "3", "2", "1", "0"}}},
	} {
		equal(t, c.name, said(pages(t, base, "conversations.history", "messages", append(c.args, "channel", o.dev)...)), c.want)
	}
}

// TestSlackCursorIsAKey pages while the channel moves: nothing is lost and
// nothing shows twice.
func TestSlackCursorIsAKey(t *testing.T) {
	o := newOffice(t)
	var ts []string
	for i := range 6 {
		ts = append(ts, o.say(t, i, o.ada, itoa(i), ""))
	}
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock})
	base, _ := serveSlack(t, s)
	s.Fault(fake.After(1, fake.Matching("conversations.history")), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
		o.say(t, 30, o.ada, "new", "")
		o.Delete(o.dev, ts[3])
	}})
	equal(t, "pages", said(pages(t, base, "conversations.history", "messages", "channel", o.dev, "limit", "2")), [][]string{{"5", "4"}, {"2", "1"}, {"0"}})
}

func TestSlackReplyPages(t *testing.T) {
	o := newOffice(t)
	top := o.say(t, 0, o.ada, "top", "")
	var ts []string
	for i := range 5 {
		ts = append(ts, o.say(t, 1+i, o.ben, itoa(i), top))
	}
	read := func(once bool, args ...string) [][]string {
		base, _ := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock, ParentOnce: once}))
		return said(pages(t, base, "conversations.replies", "messages", append(args, "channel", o.dev, "ts", top)...))
	}
	equal(t, "parent on every page", read(false, "limit", "3"), [][]string{{"top", "0", "1"}, {"top", "2", "3"}, {"top", "4"}})
	equal(t, "parent once", read(true, "limit", "3"), [][]string{{"top", "0", "1"}, {"2", "3", "4"}})
	equal(t, "one by one", read(true, "limit", "1"), [][]string{{"top"}, {"0"}, {"1"}, {"2"}, {"3"}, {"4"}})
	equal(t, "one by one with the parent", len(read(false, "limit", "1")), 6)
	equal(t, "after a ts", read(false, "oldest", ts[3]), [][]string{{"top", "4"}})
}

func TestSlackLists(t *testing.T) {
	o := newOffice(t)
	ids := []string{o.dev}
	for i := range 6 {
		id := o.AddChannel(start, fake.ChannelSpec{Name: "room-" + itoa(i), Members: []string{o.ada}, Bot: true, Archived: i < 2})
		ids = append(ids, id)
	}
	o.AddDirect(start, o.ada)
	o.AddDirect(start, o.ada, o.ben)
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock})
	base, api := serveSlack(t, s)
	sizes := func(list [][]any) (out []int) {
		for _, p := range list {
			out = append(out, len(p))
		}
		return out
	}
	equal(t, "the filter comes after the page", sizes(pages(t, base, "users.conversations", "channels", "limit", "3", "exclude_archived", "true")), []int{1, 3, 1})
	equal(t, "all kinds", sizes(pages(t, base, "users.conversations", "channels", "types", "public_channel,private_channel,im,mpim")), []int{9})
	equal(t, "conversations.list", sizes(pages(t, base, "conversations.list", "channels")), []int{7})
	var got []string
	params := &slack.GetConversationsForUserParameters{Limit: 2}
	for {
		list, next, err := api.GetConversationsForUserContext(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range list {
			got = append(got, ch.ID)
		}
		if params.Cursor = next; next == "" {
			break
		}
	}
	equal(t, "channels by the client", got, ids)
}

func TestSlackMembers(t *testing.T) {
	o := newOffice(t)
	_, api := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock}))
	users, err := api.GetUsersContext(t.Context(), slack.GetUsersOptionLimit(2))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, u := range users {
		names = append(names, u.Name)
	}
	equal(t, "members", names, []string{"slackbot", "workdrift", "ada", "ben", "github"})
	equal(t, "guest", []bool{users[3].IsRestricted, users[3].IsUltraRestricted, users[3].IsBot}, []bool{true, true, false})
	equal(t, "Slackbot is no bot, the app is", []any{users[0].IsBot, users[4].IsBot, users[4].Profile.BotID != "", users[4].Profile.Email}, []any{false, true, true, ""})
	in, _, err := api.GetUsersInConversationContext(t.Context(), &slack.GetUsersInConversationParameters{ChannelID: o.dev, Limit: 2})
	equal(t, "members of a channel", []any{in, err}, []any{[]string{o.ada, o.ben}, nil})
	profile, err := api.GetUserProfileContext(t.Context(), &slack.GetUserProfileParameters{UserID: o.ada, IncludeLabels: true})
	if err != nil {
		t.Fatal(err)
	}
	for id, field := range profile.FieldsMap() {
		equal(t, "custom field", []string{id[:2], field.Label, field.Value}, []string{"Xf", "GitHub", "ada-l"})
	}
	equal(t, "custom fields", len(profile.FieldsMap()), 1)
	bare, err := api.GetUserProfileContext(t.Context(), &slack.GetUserProfileParameters{UserID: o.ben})
	equal(t, "no fields", []any{len(bare.FieldsMap()), err}, []any{0, nil})
	definitions, err := api.GetTeamProfileContext(t.Context())
	if err != nil || len(definitions.Fields) != 1 {
		t.Fatal(definitions, err)
	}
	equal(t, "definition", definitions.Fields[0].Label, "GitHub")
	team, err := api.GetTeamInfoContext(t.Context())
	if err != nil || team.ID != o.Team() || team.Domain != "acme" {
		t.Error(team, err)
	}
}

func TestSlackUnpagedMembers(t *testing.T) {
	w := fake.NewWorkspace("big")
	for i := range 1000 {
		w.AddMember(fake.MemberSpec{Name: "m" + itoa(i)})
	}
	base, _ := serveSlack(t, fake.NewSlack(w, fake.SlackOptions{Now: clock}))
	equal(t, "too many at once", code(t, ask(t, base, "users.list")), "limit_required")
	n := 0
	for _, p := range pages(t, base, "users.list", "members", "limit", "300") {
		n += len(p)
	}
	equal(t, "members", n, 1002)
}

// TestSlackArguments sends the same question in the three ways that Slack
// takes, and looks for it in the log.
func TestSlackArguments(t *testing.T) {
	o := newOffice(t)
	o.say(t, 0, o.ada, "hello", "")
	s := fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock})
	base, _ := serveSlack(t, s)
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": url.Values{"channel": {o.dev}, "limit": {"1"}}.Encode(),
		"application/json; charset=utf-8":   `{"channel":"` + o.dev + `","limit":1}`,
	} {
		a := post(t, base+"/api/conversations.history", kind, body)
		equal(t, kind, code(t, a), "")
	}
	for _, line := range s.Log() {
		equal(t, "log", []any{line.Method, line.Path, line.Query, line.Resource, len(line.Items)},
			[]any{"POST", "/api/conversations.history", "channel=" + o.dev + "&limit=1", "conversations.history", 1})
	}
	equal(t, "lines", len(s.Log()), 2)
}
