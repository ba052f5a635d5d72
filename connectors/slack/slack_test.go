package slack

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

func TestThread(t *testing.T) {
	o := newOffice()
	other := o.say(ago(5, 0), o.dev, o.ben, "an older thread")
	top := o.say(ago(3, 0), o.dev, o.ada, "Shall we do PAY-7? &lt;see <https://github.com/acme/api/pull/12|the change>&gt; and <https://tracker.example.org/browse/PAY-8|PAY-8>")
	r1 := o.reply(ago(3, 1), o.dev, o.ben, "as in PAY-7 and PAY-9, cf. <"+o.Permalink(o.dev, other)+">", top)
	r2 := o.Post(ago(3, 2), o.dev, fake.MessageSpec{Author: o.robot, Thread: top, Attachments: []fake.Unfurl{{Title: "#13 more", TitleLink: "https://github.com/acme/api/pull/13"}}})
	o.React(o.dev, top, o.ben, "decision")
	o.React(o.dev, top, o.ada, "+1::skin-tone-2")
	o.React(o.dev, top, o.ada, "+1")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.MustPoll(r.connect())

	it := r.item(o.dev, top)
	equal(t, "kind", it.Kind, store.KindDiscussion)
	equal(t, "title", it.Title, "#proj-dev thread of 2026-04-28")
	equal(t, "url", it.URL, o.Permalink(o.dev, top))
	equal(t, "keys", it.Keys, []string{"archives/" + o.dev + "/p" + strings.ReplaceAll(top, ".", "")})
	equal(t, "discusses", connectortest.Keys(it, store.LinkDiscusses), []string{"PAY-7", "acme/api#12", "PAY-8", "acme/api#13"})
	equal(t, "mentions", connectortest.Keys(it, store.LinkMentions), []string{"PAY-9", r.item(o.dev, other).Keys[0]})
	equal(t, "attrs", it.Attrs, map[string][]string{"channel": {"proj-dev"}, "author": {"human"}, "reaction": {"+1", "decision"}})
	equal(t, "status", it.Status, store.Status(""))
	equal(t, "created", it.Created, ago(3, 0))
	equal(t, "updated", it.Updated, ago(3, 2))
	equal(t, "events", r.eventIDs(o.dev, top), []string{
		"message/" + top, "message/" + r1, "message/" + r2, "reaction/" + top + "/+1/1", "reaction/" + top + "/decision/1"})
	e := r.Shelf.Events[it.ID+" message/"+r2]
	equal(t, "an app", []any{e.Actor, e.Bot, e.At}, []any{"slack:" + o.robot, true, ago(3, 2)})
	e = r.Shelf.Events[it.ID+" reaction/"+top+"/decision/1"]
	equal(t, "a reaction", []any{e.Kind, e.Actor, e.Attrs["emoji"], e.Bot}, []any{store.EventReaction, "slack:" + o.ben, "decision", false})
	if _, known := store.Offset(e.At); known {
		t.Error("the zone of an event counts as known")
	}
	words := map[string]int{}
	for _, w := range it.Terms {
		words[w.Word] = w.Count
	}
	if words["shall"] != 1 || words["change"] != 1 || words["more"] != 1 {
		t.Errorf("words: %v", words)
	}
	if !r.Shelf.Watermark.Equal(present.Add(-2 * time.Minute)) {
		t.Errorf("watermark %s", r.Shelf.Watermark)
	}
	if len(r.Shelf.Items) != 2 {
		t.Errorf("%d items: channel news are none", len(r.Shelf.Items))
	}
}

// TestOnlyWhatIsNamed proves that no request is made for what nobody named,
// which the fake also counts as a trespass.
func TestOnlyWhatIsNamed(t *testing.T) {
	o := newOffice()
	named := o.AddChannel(start, fake.ChannelSpec{Name: "board", Private: true, Members: []string{o.ada}, Bot: true})
	a := o.say(ago(2, 0), o.dev, o.ada, "one")
	b := o.say(ago(2, 0), o.ops, o.ada, "two")
	c := o.say(ago(2, 0), named, o.ada, "three")
	for config, want := range map[string][]string{
		"":                                   {r(o, o.dev, a), r(o, o.ops, b)},
		"channels: ['proj-*']":               {r(o, o.dev, a)},
		"channels: ['" + o.ops + "']":        {r(o, o.ops, b)},
		"channels: ['*']\nexclude: ['#ops']": {r(o, o.dev, a)},
		"channels: [board, secret]":          nil,
		"private_channels: [board]":          {r(o, o.dev, a), r(o, o.ops, b), r(o, named, c)},
		"channels: [ops]\nprivate_channels: ['" + named + "']": {r(o, o.ops, b), r(o, named, c)},
	} {
		g := newRig(t, o.Workspace, fake.SlackOptions{Scopes: privateScopes})
		g.config = config + "\n"
		g.MustPoll(g.connect())
		equal(t, config+": items", len(g.Shelf.Items), len(want))
		for _, id := range want {
			if _, ok := g.Shelf.Items[id]; !ok {
				t.Errorf("%q: %s is missing", config, id)
			}
		}
		for _, s := range g.slack.Log() {
			q, err := url.ParseQuery(s.Query)
			if err != nil {
				t.Fatal(err)
			}
			types := q.Get("types")
			if s.Resource == methodChannels && types != "public_channel" && (types != "public_channel,private_channel" || !strings.Contains(config, "private_channels")) {
				t.Errorf("%q: asks for %q", config, types)
			}
			if ch := q.Get("channel"); ch == o.secret || ch == o.direct || ch == o.elsewhere {
				t.Errorf("%q: %s of %s", config, s.Resource, ch)
			}
		}
	}
}

func r(o *office, channel, ts string) string { return o.Team() + "/" + channel + "/" + ts }

func TestThreadsOnly(t *testing.T) {
	o := newOffice()
	bare := o.say(ago(2, 0), o.dev, o.ada, "good morning")
	linked := o.say(ago(2, 1), o.dev, o.ada, "PAY-1")
	liked := o.say(ago(2, 2), o.dev, o.ada, "done")
	o.React(o.dev, liked, o.ben, "tada")
	thread := o.say(ago(2, 3), o.dev, o.ada, "anyone?")
	only := o.reply(ago(2, 4), o.dev, o.ben, "me", thread)
	g := newRig(t, o.Workspace, fake.SlackOptions{})
	g.config = "threads_only: true\n"
	c := g.connect()
	g.MustPoll(c)
	for _, ts := range []string{linked, liked, thread} {
		g.item(o.dev, ts)
	}
	equal(t, "items", len(g.Shelf.Items), 3)

	// What was a thread once stays one.
	o.Delete(o.dev, only)
	o.reply(ago(0, 0), o.dev, o.ben, "hello", bare)
	g.later()
	g.MustPoll(c)
	equal(t, "items", len(g.Shelf.Items), 4)
	equal(t, "events", g.eventIDs(o.dev, thread), []string{"message/" + thread})
}

func TestIdentities(t *testing.T) {
	o := newOffice()
	top := o.say(ago(2, 0), o.dev, o.ada, "hello")
	o.Post(ago(2, 1), o.dev, fake.MessageSpec{Author: o.robot, Text: "beep"})
	o.Post(ago(2, 2), o.dev, fake.MessageSpec{Username: "old hook", Text: "beep"})
	o.React(o.dev, top, o.ben, "eyes")
	read := func(config string, options fake.SlackOptions) map[string]store.Identity {
		g := newRig(t, o.Workspace, options)
		g.config = config
		g.MustPoll(g.connect())
		return g.Shelf.Identities
	}
	email := func(s string) store.Same { return store.Same{Actor: "email:" + s, By: store.SameByEmail} }
	ids := read("", fake.SlackOptions{})
	equal(t, "people", len(ids), 4) // an old integration is one of them
	equal(t, "ada", ids["slack:"+o.ada], store.Identity{Actor: "slack:" + o.ada, Handle: "slack:ada", Zone: "Europe/Berlin", Same: []store.Same{email("ada@example.org")}})
	equal(t, "ben", ids["slack:"+o.ben], store.Identity{Actor: "slack:" + o.ben, Handle: "slack:ben", Zone: "Etc/UTC", Same: []store.Same{email("ben@example.org")}})
	equal(t, "the app", ids["slack:"+o.robot], store.Identity{Actor: "slack:" + o.robot, Handle: "slack:github", Bot: true})

	least := []string{"channels:history", "channels:read", "reactions:read", "users:read"}
	ids = read("", fake.SlackOptions{Scopes: least})
	equal(t, "without the scope for addresses", ids["slack:"+o.ada].Same, nil)

	ids = read("profile_fields: {github: GitHub}\n", fake.SlackOptions{})
	equal(t, "a profile field", ids["slack:"+o.ada].Same, []store.Same{email("ada@example.org"), {Actor: "github:ada-l", By: store.SameByProfile}})
	equal(t, "no profile field", ids["slack:"+o.ben].Same, []store.Same{email("ben@example.org")})
}

// TestDeactivatedAccounts: whose account was deactivated after the last message
// is noticed within a day, also by a process that never met them, at the price
// of the list of accounts and nothing more. So is who comes back.
func TestDeactivatedAccounts(t *testing.T) {
	for name, config := range map[string]string{"": "", "with profile fields": "profile_fields: {github: GitHub}\n"} {
		o := newOffice()
		o.say(ago(2, 0), o.dev, o.ada, "hello")
		o.say(ago(2, 1), o.dev, o.ben, "hello")
		o.Post(ago(2, 2), o.dev, fake.MessageSpec{Author: o.robot, Text: "beep"})
		g := newRig(t, o.Workspace, fake.SlackOptions{})
		g.config = config
		states := func(what string, ada, ben store.AccountState) {
			t.Helper()
			got := map[string]store.AccountState{}
			for actor, a := range g.Shelf.Accounts {
				if got[actor] = a.State; a.At.After(g.clock.Now()) || g.clock.Now().Sub(a.At) > time.Hour {
					t.Errorf("%s%s: seen at %s", what, name, a.At)
				}
			}
			equal(t, what+name, got, map[string]store.AccountState{"slack:" + o.ada: ada, "slack:" + o.ben: ben})
		}
		const yes, no = store.AccountActive, store.AccountInactive
		c := g.connect()
		g.MustPoll(c)
		states("met", yes, yes)
		o.EditMember(o.ada, func(s *fake.MemberSpec) { s.Deleted = true })
		c = g.connect() // which meets nobody
		g.slack.ResetLog()
		g.MustPoll(c)
		equal(t, "requests of the same day", g.requests(methodUsers)+g.requests(methodUser), 0)
		g.clock.Advance(25 * time.Hour)
		g.MustPoll(c)
		states("the next day", no, yes)
		equal(t, "requests of the next day", []int{g.requests(methodUsers), g.requests(methodUser), g.requests(methodProfile)}, []int{1, 0, 0})
		o.EditMember(o.ada, func(s *fake.MemberSpec) { s.Deleted = false })
		o.EditMember(o.ben, func(s *fake.MemberSpec) { s.Deleted = true })
		g.clock.Advance(25 * time.Hour)
		g.MustPoll(c)
		states("the day after", yes, no)
	}
}

// TestDoubtfulAddresses: neither an address that nobody has confirmed nor what
// another company says of its people makes somebody the same person.
func TestDoubtfulAddresses(t *testing.T) {
	o := newOffice()
	g := newRig(t, o.Workspace, fake.SlackOptions{})
	g.config = "profile_fields: {github: GitHub}\n"
	specs := map[string]fake.MemberSpec{
		"new":   {Name: "new", Email: "ada@example.org", Unconfirmed: true},
		"guest": {Name: "guest", Email: "guest@example.net", Stranger: true, Fields: map[string]string{"GitHub": "ada-l"}},
	}
	ids := map[string]string{}
	for name, spec := range specs {
		ids[name] = o.AddMember(spec)
		o.say(ago(2, 0), o.dev, ids[name], "hello")
	}
	g.MustPoll(g.connect())
	for name, id := range ids {
		got, ok := g.Shelf.Identities["slack:"+id]
		if !ok || len(got.Same) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestLostIdentities: accounts that were handed over in a batch that was not
// kept are handed over again.
func TestLostIdentities(t *testing.T) {
	o := newOffice()
	o.say(ago(2, 0), o.dev, o.ada, "hello")
	g := newRig(t, o.Workspace, fake.SlackOptions{})
	c := g.connect()
	lost, err := c.Fetch(t.Context(), store.Cursor{})
	if err != nil || len(lost.Identities) == 0 {
		t.Fatalf("%+v %v", lost.Identities, err)
	}
	g.MustPoll(c)
	equal(t, "ada", g.Shelf.Identities["slack:"+o.ada].Zone, "Europe/Berlin")
	g.slack.ResetLog()
	g.Shelf = connectortest.NewShelf() // the store begins anew
	g.MustPoll(c)
	if g.requests(methodUser)+g.requests(methodUsers) == 0 {
		t.Error("nobody is asked about again")
	}
}

// TestPeopleDoNotDelay: the limits on reading accounts hold up no messages. Who
// is left is read by the polls that follow.
func TestPeopleDoNotDelay(t *testing.T) {
	const members, aMinute = 250, 100
	o := newOffice()
	for i := range members {
		id := o.AddMember(fake.MemberSpec{Name: fmt.Sprintf("member%d", i), Fields: map[string]string{"GitHub": fmt.Sprintf("hub%d", i)}})
		o.say(ago(2, i), o.dev, id, "hello")
	}
	g := newRig(t, o.Workspace, fake.SlackOptions{})
	g.config = "profile_fields: {github: GitHub}\n"
	c := g.connect()
	for day := range 2 { // they are asked again every day
		g.Shelf.Identities = map[string]store.Identity{}
		for _, want := range []int{aMinute, 2 * aMinute, members, members} {
			g.slack.ResetLog()
			g.MustPoll(c)
			told := 0
			for _, id := range g.Shelf.Identities {
				if len(id.Same) > 0 {
					told++
				}
			}
			equal(t, fmt.Sprintf("day %d: accounts that were read", day), told, want)
			g.clock.Advance(5 * time.Minute)
		}
		equal(t, "requests once all were read", g.requests(methodUser), 0)
		g.clock.Advance(25 * time.Hour)
	}
}

// TestPeopleCost proves that accounts are read in the cheaper way.
func TestPeopleCost(t *testing.T) {
	for _, c := range []struct{ members, talking, most int }{
		{900, 1, 1},   // one request for one person
		{900, 600, 5}, // five pages of the list
		{900, 3, 5},   // two pages of the list, and then one by one
		{30, 30, 1},
	} {
		o := newOffice()
		for i := range c.members {
			id := o.AddMember(fake.MemberSpec{Name: "member" + strings.Repeat("x", i%7) + time.Duration(i).String()})
			if i >= c.members-c.talking {
				o.say(ago(2, i), o.dev, id, "hello")
			}
		}
		g := newRig(t, o.Workspace, fake.SlackOptions{})
		conn := g.connect()
		g.MustPoll(conn)
		n := g.requests(methodUsers) + g.requests(methodUser)
		if n > c.most || len(g.Shelf.Identities) != c.talking {
			t.Errorf("%d of %d members talk: %d requests (at most %d), %d identities", c.talking, c.members, n, c.most, len(g.Shelf.Identities))
		}
		g.slack.ResetLog()
		g.clock.Advance(5 * time.Minute)
		g.MustPoll(conn)
		equal(t, "requests of an idle poll", g.requests(""), 2)
		g.clock.Advance(25 * time.Hour)
		g.Shelf.Identities = map[string]store.Identity{}
		g.MustPoll(conn)
		equal(t, "identities of the next day", len(g.Shelf.Identities), c.talking)
	}
}

// TestEmojiNames: workspaces name emoji after people, so only those that were
// asked for keep their names.
func TestEmojiNames(t *testing.T) {
	n := &normaliser{emoji: []string{"decision"}}
	got := n.kept([]tallied{
		{emoji: "ada-approves", users: []string{"U1", "U2"}, count: 2},
		{emoji: "decision", users: []string{"U1"}, count: 1},
		{emoji: "zoe", users: []string{"U2"}, count: 1},
	})
	want := []tallied{{emoji: "decision", users: []string{"U1"}, count: 1}, {emoji: "other", users: []string{"U1", "U2"}, count: 3}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept are %v, want %v", got, want)
	}
	if got := n.kept(nil); len(got) != 0 {
		t.Errorf("of nothing %v is kept", got)
	}
}
