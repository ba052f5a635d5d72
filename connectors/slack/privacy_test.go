package slack

import (
	"bytes"
	"context"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// TestNoTextAtRest reads a workspace through the poller into the store and
// looks for its words, names and addresses in the database file, in logs and in
// errors. The store keeps handles in one bucket of their own: once they are
// forgotten, the ids of accounts are nowhere either.
func TestNoTextAtRest(t *testing.T) {
	o := canaries()
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = "checkin_channels: [checkins]\nprofile_fields: {github: GitHub}\n"
	path := filepath.Join(t.TempDir(), "work.db")
	db, err := bolt.Open(t.Context(), path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	poller := pollInto(t, r, db)
	sum, err := poller.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "items", sum.Items, 4)
	equal(t, "set aside", sum.Quarantined, 1)
	var errs []string
	for _, f := range []fake.Fault{{Kind: fake.HTMLBody}, {Kind: fake.SlackError, To: "canary_error "}, {Kind: fake.TruncatedBody}, {Kind: fake.SlackBadMessage}} {
		r.later()
		o.say(r.clock.Now(), o.dev, o.ada, "canarylate")
		r.slack.Fault(fake.Matching("/conversations."), 1, f)
		if _, err := poller.Poll(t.Context()); err != nil {
			errs = append(errs, err.Error())
		}
	}
	if len(errs) < 3 {
		t.Errorf("%d of the faults failed a poll", len(errs))
	}
	if n := countWords(t, db); n < 10 {
		t.Errorf("%d words are counted: nothing is proved", n)
	}
	quiet(t, "the log", []byte(r.logs.String()), "canary", "Lovelace", o.ada, o.ben)
	quiet(t, "an error", []byte(strings.Join(errs, "\n")), "canary", "Lovelace", o.ada, o.ben)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quiet(t, "the database", raw, "canary", "Lovelace")
	if !bytes.Contains(raw, []byte("heron-handle")) {
		t.Error("handles are not found where they are kept: nothing is proved")
	}
	if err := db.ForgetIdentities(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Compact(t.Context()); err != nil { // freed pages keep their bytes until then
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	quiet(t, "the database without handles", raw, "canary", "Lovelace", "handle", o.ada, o.ben)
	if !bytes.Contains(raw, []byte("PAY-7")) && !bytes.Contains(raw, []byte("PAY-8")) {
		t.Error("the database does not even hold what it should: nothing is proved")
	}
}

func countWords(t *testing.T, db *bolt.DB) (n int) {
	t.Helper()
	for it, err := range db.Items(t.Context(), source, "") {
		if err != nil {
			t.Fatal(err)
		}
		n += len(it.Terms)
	}
	return n
}

// pollInto makes a poller that keeps everything in a database.
func pollInto(t *testing.T, r *rig, db *bolt.DB) *connectors.Poller {
	t.Helper()
	env := r.environment()
	env.Log = slog.New(slog.NewJSONHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	env.Stored = func(ctx context.Context, prefix string) iter.Seq2[store.Item, error] {
		return db.Items(ctx, source, prefix)
	}
	conn, err := New(env, connectortest.Decoder(r.settings()))
	if err != nil {
		t.Fatal(err)
	}
	return connectors.NewPoller(connectors.PollerConfig{
		Source: source, Provider: "slack", Connector: conn, Store: db, Hash: store.NewHasher([]byte("0123456789abcdef")), Log: env.Log,
	})
}

// canaries is a workspace in which every text, name and address says so.
func canaries() *office {
	o := &office{Workspace: fake.NewWorkspace("acme")}
	o.ada = o.AddMember(fake.MemberSpec{Name: "heron-handle", RealName: "Canaryname Lovelace", Email: "canarymail@example.org", TZ: "Europe/Berlin", Fields: map[string]string{"GitHub": "canaryfield"}})
	o.ben = o.AddMember(fake.MemberSpec{Name: "egret-handle", RealName: "Canaryben Canarysurname", Email: "canarysecond@example.org"})
	o.robot = o.AddMember(fake.MemberSpec{Name: "stork-handle", RealName: "Canarybot", Bot: true})
	both := []string{o.ada, o.ben}
	o.dev = o.AddChannel(start, fake.ChannelSpec{Name: "proj-dev", Topic: "canarytopic", Purpose: "canarypurpose", Creator: o.ada, Members: both, Bot: true})
	o.ops = o.AddChannel(start, fake.ChannelSpec{Name: "checkins", Creator: o.ada, Members: both, Bot: true})
	o.direct = o.AddDirect(start, o.ada, o.Bot())
	o.say(ago(1, 0), o.direct, o.ada, "canarydirect")

	top := o.say(ago(3, 0), o.dev, o.ada, "canarytext Canarycase: PAY-7 <https://github.com/acme/api/pull/1|canarylabel> <@"+o.ben+"> `canarycode` <mailto:canarymailto@example.org|canarymailto@example.org>")
	o.reply(ago(3, 1), o.dev, o.ben, "canaryreply &amp; more", top)
	o.Post(ago(3, 2), o.dev, fake.MessageSpec{Author: o.robot, Text: "canaryapp", Thread: top, Attachments: []fake.Unfurl{{Title: "canarytitle", Text: "canaryattached", TitleLink: "https://github.com/acme/api/pull/2", FromURL: "https://canaryhost.example.org/canarypath"}}})
	o.Post(ago(3, 3), o.dev, fake.MessageSpec{Author: o.ada, Text: "x", Files: []fake.SharedFile{{Name: "canaryfile.txt", Title: "canaryfiletitle"}}})
	o.Post(ago(3, 4), o.dev, fake.MessageSpec{Author: o.robot, Text: "canarybad", Blocks: []byte(strings.Replace(fake.MalformedBlock, "42", `["canaryblock"]`, 1))})
	o.Post(ago(3, 5), o.dev, fake.MessageSpec{Username: "canaryuser", Text: "canaryold"})
	o.React(o.dev, top, o.ben, "decision")
	o.say(ago(3, 6), o.ops, o.ada, "confidence PAY 7/10 canaryreason")
	o.Edit(ago(2, 0), o.dev, top, "canaryedited PAY-8")
	return o
}

// quiet fails when raw holds one of the words in any case.
func quiet(t *testing.T, what string, raw []byte, words ...string) {
	t.Helper()
	lower := bytes.ToLower(raw)
	for _, w := range words {
		if i := bytes.Index(lower, bytes.ToLower([]byte(w))); i >= 0 {
			t.Errorf("%s holds %q: …%q…", what, w, raw[max(0, i-40):min(len(raw), i+60)])
		}
	}
}
