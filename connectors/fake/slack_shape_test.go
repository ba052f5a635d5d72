package fake_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

// recorded reads the recorded payloads of a file by what they answer.
func recorded(t *testing.T, name, key string) map[string]any {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "payloads", "slack", name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is missing: recorded answers of Slack", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	lines := bufio.NewReaderSize(z, 8<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 || err != nil {
			return out
		}
		var v struct {
			Request map[string]any
			Payload any
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		out[v.Request[key].(string)] = v.Payload
	}
}

// shape collects the members of a value: path to JSON type. What hangs on
// free-form members is left out.
func shape(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		into[path] = "object"
		for k, w := range v {
			if !slices.Contains([]string{"blocks", "fields", "event_payload", "attachments"}, k) {
				shape(w, path+"."+k, into)
			}
		}
	case []any:
		into[path] = "list"
		for _, w := range v {
			shape(w, path+"[]", into)
		}
	case string:
		into[path] = "string"
	case float64:
		into[path] = "number"
	case bool:
		into[path] = "bool"
	}
}

// conforms tells which members of a value the recorded one does not have, or
// has with another type. Any message may have what one recorded message has.
func conforms(t *testing.T, what string, got, want any, messages ...any) {
	t.Helper()
	mine, theirs := map[string]string{}, map[string]string{}
	shape(got, "", mine)
	shape(want, "", theirs)
	for _, m := range messages {
		for _, path := range []string{".message", ".messages[]", ".messages[].root", ".event.message"} {
			shape(m, path, theirs)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(mine)) {
		if theirs[path] != mine[path] {
			t.Errorf("%s: %s is %s here and %q in the recorded answer", what, path, mine[path], theirs[path])
		}
	}
}

// busy is an office in which there is one of everything.
func busy(t *testing.T) (o *office, top string) {
	o = newOffice(t)
	o.Invite(day(0, 1), o.secret)
	top = o.say(t, 0, o.ada, "top", "")
	o.say(t, 1, o.ben, "reply", top)
	o.Post(day(1, 2), o.dev, fake.MessageSpec{Author: o.ada, Text: "loud", Thread: top, Broadcast: true})
	o.Post(day(1, 3), o.dev, fake.MessageSpec{Author: o.robot, Text: "app", Metadata: &fake.Metadata{EventType: "x"}})
	o.Post(day(1, 4), o.dev, fake.MessageSpec{Username: "Jenkins", Text: "green"})
	o.Post(day(1, 5), o.dev, fake.MessageSpec{Author: o.ada, Text: "file", Files: []fake.SharedFile{{Name: "a", Mimetype: "text/plain", Permalink: "https://x"}}})
	o.Edit(day(1, 6), o.dev, top, "top!")
	o.React(o.dev, top, o.ben, "eyes")
	return o, top
}

// TestSlackShapes compares what is served with what Slack was recorded to
// serve: every member is there, with the same type.
func TestSlackShapes(t *testing.T) {
	known := recorded(t, "shape_api.jsonl.gz", "method")
	messages := at(known["conversations.history"], "messages").([]any)
	o, top := busy(t)
	base, _ := serveSlack(t, fake.NewSlack(o.Workspace, fake.SlackOptions{Now: clock}))
	for method, args := range map[string][]string{
		"auth.test": nil, "team.info": nil, "users.info": {"user", o.robot}, "users.list": {"limit", "2"},
		"users.conversations": {"types", "public_channel,private_channel"}, "conversations.list": {"limit", "1"},
		"conversations.info": {"channel", o.dev}, "conversations.members": {"channel", o.dev},
		"conversations.history": {"channel", o.dev, "include_all_metadata", "true", "limit", "9"},
		"conversations.replies": {"channel", o.dev, "ts", top, "limit", "2"},
		"reactions.get":         {"channel", o.dev, "timestamp", top},
	} {
		conforms(t, method, any(decode[object](t, ask(t, base, method, args...))), known[method], messages...)
	}
}

func TestSlackEventShapes(t *testing.T) {
	known := recorded(t, "shape_events.jsonl.gz", "event")
	messages := at(recorded(t, "shape_api.jsonl.gz", "method")["conversations.history"], "messages").([]any)
	o, top := busy(t)
	h := fake.NewSlackHook(o.Workspace, signing)
	for name, ev := range map[string]fake.SlackEvent{
		"MessagePayload":          {Type: fake.MessagePosted, TS: top},
		"MessageChangedPayload":   {Type: fake.MessageChanged, TS: top},
		"MessageDeletedPayload":   {Type: fake.MessageDeleted, TS: "1.000000", User: o.ada},
		"ReactionAddedPayload":    {Type: fake.ReactionAdded, TS: top, User: o.ben, Reaction: "eyes"},
		"ReactionRemovedPayload":  {Type: fake.ReactionRemoved, TS: top, User: o.ben, Reaction: "eyes"},
		"ChannelRenamePayload":    {Type: fake.ChannelRenamed},
		"ChannelIdChangedPayload": {Type: fake.ChannelIDChanged, Old: "C0"},
	} {
		ev.Channel = o.dev
		var got any
		if err := json.Unmarshal(h.Event(day(2, 0), ev).Body, &got); err != nil {
			t.Fatal(err)
		}
		conforms(t, strings.TrimSuffix(name, "Payload"), got, known[name], messages...)
	}
}
