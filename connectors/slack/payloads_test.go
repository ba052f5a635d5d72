package slack

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

// recordings is where recorded payloads lie, beside the repository.
const recordings = "../../../shared/data/payloads/slack"

// A recorded payload with where it comes from.
type recording struct {
	Origin struct {
		Path string `json:"path"`
	} `json:"origin"`
	Payload json.RawMessage `json:"payload"`
}

func readRecordings(t *testing.T, name string) []recording {
	t.Helper()
	file, err := os.Open(filepath.Join(recordings, name+".jsonl.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the recorded payloads are not at %s", recordings)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []recording
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if lines.Err() != nil || len(out) == 0 {
		t.Fatalf("%s: %d records, %v", name, len(out), lines.Err())
	}
	return out
}

// accepted makes an answer that says ok of a recorded one: the shapes have
// their values blanked, this one included.
func accepted(t *testing.T, payload json.RawMessage) *reply {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		t.Fatal(err)
	}
	members["ok"] = json.RawMessage("true")
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	r := &reply{answer: answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: body}}
	if err := r.judge(present); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecordedMessages decodes real messages: file comments and channel news of
// an old workspace, and a message with every kind of block there is. They hold
// no references to work, so only decoding is proved.
func TestRecordedMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for _, c := range []struct {
		name, path    string
		read, written int
	}{
		{"perceval_conversation_history", "", 12, 10}, // two say that somebody joined
		{"perceval_history_next", "", 2, 2},
		{"perceval_history_empty", "", 0, 0},
		{"shape_api", "conversations.history.json", 1, 1},
		{"shape_api", "conversations.replies.json", 1, 1},
	} {
		good, bad, events := 0, 0, 0
		for _, rec := range readRecordings(t, c.name) {
			if !strings.HasSuffix(rec.Origin.Path, c.path) {
				continue
			}
			messages, wrong, err := list(accepted(t, rec.Payload), methodHistory, "messages", (*wireMessage).valid)
			if err != nil {
				t.Fatalf("%s: %v", rec.Origin.Path, err)
			}
			for _, b := range wrong {
				t.Errorf("%s: set aside: %s", rec.Origin.Path, b.why)
			}
			good, bad = good+len(messages), bad+len(wrong)
			n := &normaliser{source: source, checksIn: func(string, string) bool { return false }, met: func(string) {}}
			for i := range messages {
				var out store.Batch
				n.thread(&discussion{channel: &desk{id: "C1", channelPos: channelPos{Name: "c"}}, messages: []*wireMessage{&messages[i]}}, &out)
				for _, e := range out.Events {
					if e.Kind == store.EventMessage {
						events++
					}
				}
			}
		}
		t.Logf("%s %s: %d messages, %d of them written by somebody, %d set aside", c.name, c.path, good, events, bad)
		if good != c.read || events != c.written {
			t.Errorf("%s %s: %d messages, %d written; want %d and %d", c.name, c.path, good, events, c.read, c.written)
		}
	}
}

// TestRecordedAnswers decodes the other answers, and judges a refusal.
func TestRecordedAnswers(t *testing.T) {
	for _, rec := range readRecordings(t, "shape_api") {
		var err error
		n := 1
		switch _, file := filepath.Split(rec.Origin.Path); file {
		case "users.conversations.json", "conversations.list.json":
			var channels []wireChannel
			channels, _, err = list(accepted(t, rec.Payload), methodChannels, "channels", func(*wireChannel) error { return nil })
			n = len(channels)
		case "users.list.json":
			var users []wireUser
			users, _, err = list(accepted(t, rec.Payload), methodUsers, "members", (*wireUser).valid)
			n = len(users)
		case "auth.test.json":
			var w wireTeam
			err = accepted(t, rec.Payload).decode(methodAuth, &w)
			equal(t, "workspace", w.TeamID, "T00000000")
		default:
			continue
		}
		if err != nil || n == 0 {
			t.Errorf("%s: %d, %v", rec.Origin.Path, n, err)
		}
	}
	for _, rec := range readRecordings(t, "perceval_user_info") {
		var w struct {
			User *wireUser `json:"user"`
		}
		r := &reply{answer: answer{status: http.StatusOK, header: http.Header{}, body: rec.Payload}}
		if err := r.judge(present); err != nil {
			if code, ok := errors.AsType[codeError](err); !ok || code != "user_not_found" {
				t.Errorf("%s: %v", rec.Origin.Path, err)
			}
			continue
		}
		if err := r.decode(methodUser, &w); err != nil || w.User == nil || w.User.valid() != nil || w.User.Name == "" {
			t.Errorf("%s: %v", rec.Origin.Path, err)
		}
	}
	for _, rec := range readRecordings(t, "perceval_error") {
		r := &reply{answer: answer{status: http.StatusOK, header: http.Header{}, body: rec.Payload}}
		if err := r.judge(present); !errors.Is(err, errLost) {
			t.Errorf("channel_not_found is %v", err)
		}
	}
}

// TestRecordedEvents reads the deliveries of the Events API.
func TestRecordedEvents(t *testing.T) {
	read, messages := 0, 0
	for _, rec := range readRecordings(t, "shape_events") {
		var w wireDelivery
		if err := json.Unmarshal(rec.Payload, &w); err != nil {
			t.Errorf("%s: %v", rec.Origin.Path, err)
			continue
		}
		read++
		if w.Event.Type == "message" {
			messages++
		}
	}
	t.Logf("%d deliveries, %d about messages", read, messages)
	if messages == 0 {
		t.Error("none is about a message")
	}
}
