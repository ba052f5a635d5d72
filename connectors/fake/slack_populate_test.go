package fake_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func chatter(tb testing.TB, s fake.SlackSize, seed uint64) (*fake.Workspace, []string) {
	w := fake.NewWorkspace("acme")
	channels := fake.PopulateSlack(w, s, day(-60, 0), day(0, 0), seed)
	if err := w.Err(); err != nil {
		tb.Fatal(err)
	}
	return w, channels
}

func TestPopulateSlack(t *testing.T) {
	size := fake.SlackSize{Channels: 3, Members: 6, Messages: 500, Threads: 120, Replies: 400}
	w, channels := chatter(t, size, 3)
	again, _ := chatter(t, size, 3)
	other, _ := chatter(t, size, 4)
	state := w.Snapshot()
	if !reflect.DeepEqual(state, again.Snapshot()) {
		t.Error("the same seed gives another workspace")
	}
	if reflect.DeepEqual(state, other.Snapshot()) {
		t.Error("another seed gives the same workspace")
	}
	messages, threads, replies, edited, bots := 0, 0, 0, 0, 0
	for i, ch := range state {
		if ch.ID != channels[i] || !ch.Joined {
			t.Errorf("channel %+v", ch)
		}
		for _, m := range ch.Messages {
			switch {
			case m.Thread != "":
				replies++
			case m.Replies > 0:
				threads++
				fallthrough
			default:
				messages++
			}
			if m.Edited != "" {
				edited++
			}
			if m.Bot {
				bots++
			}
		}
	}
	equal(t, "size", fake.SlackSize{Channels: len(state), Members: 6, Messages: messages, Threads: threads, Replies: replies}, size)
	if edited < 10 || bots < 40 {
		t.Errorf("%d edited and %d of bots: too few", edited, bots)
	}
}

// TestSlackServesTheWorkspace reads everything and compares it with the truth.
func TestSlackServesTheWorkspace(t *testing.T) {
	w, _ := chatter(t, fake.SlackSize{Channels: 2, Members: 4, Messages: 300, Threads: 40, Replies: 200}, 1)
	s := fake.NewSlack(w, fake.SlackOptions{Now: clock, NoLimit: true})
	base, _ := serveSlack(t, s)
	for _, ch := range w.Snapshot() {
		got := map[string]string{}
		for _, page := range pages(t, base, "conversations.history", "messages", "channel", ch.ID, "limit", "50") {
			for _, m := range page {
				m := m.(object)
				got[m["ts"].(string)] = m["text"].(string)
				if m["reply_count"] == nil {
					continue
				}
				for _, page := range pages(t, base, "conversations.replies", "messages", "channel", ch.ID, "ts", m["ts"].(string), "limit", "3") {
					for _, r := range page {
						got[r.(object)["ts"].(string)] = r.(object)["text"].(string)
					}
				}
			}
		}
		want := map[string]string{}
		for _, m := range ch.Messages {
			want[m.TS] = m.Text
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d messages were served, %d exist, or texts differ", ch.Name, len(got), len(want))
		}
	}
	served := map[string]bool{}
	for _, line := range s.Log() {
		for _, item := range line.Items {
			served[item] = true
		}
	}
	equal(t, "items in the log", len(served), 500)
}

// FuzzSlackRequest sends requests of any shape: each gets JSON that says
// whether it is good.
func FuzzSlackRequest(f *testing.F) {
	w, channels := chatter(f, fake.SlackSize{Channels: 2, Members: 3, Messages: 30, Threads: 5, Replies: 20}, 1)
	s := fake.NewSlack(w, fake.SlackOptions{Now: clock, NoLimit: true})
	f.Add("conversations.history", "channel="+channels[0]+"&limit=3&oldest=1.5&inclusive=1", "")
	f.Add("conversations.history", "channel="+channels[0]+"&cursor=bmV4dF90czox", "")
	f.Add("conversations.replies", "channel="+channels[0]+"&ts=.&latest=99999999999", "")
	f.Add("users.conversations", "types=im,&limit=9223372036854775807&cursor=Y2hhbm5lbDpD", "")
	f.Add("users.list", "limit=1&cursor=dXNlcjo=", "")
	f.Add("chat.postMessage", "", `{"channel":"`+channels[1]+`","text":"x","blocks":[{"type":"divider"}],"thread_ts":1}`)
	f.Add("reactions.get", "channel=&timestamp=%00", "")
	f.Fuzz(func(t *testing.T, method, query, body string) {
		r := &http.Request{
			Method: http.MethodPost, URL: &url.URL{Path: "/api/" + method, RawQuery: query}, Host: "h",
			Header: http.Header{"Authorization": {"Bearer xoxb-1"}, "Content-Type": {"application/json"}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r.WithContext(t.Context()))
		answer := answer{&http.Response{StatusCode: rec.Code}, rec.Body.Bytes()}
		if what := code(t, answer); rec.Code != http.StatusOK || what == "internal_error" {
			t.Errorf("%s?%s %s: status %d, %s", method, query, body, rec.Code, what)
		}
		s.ResetLog()
	})
}

// BenchmarkSlackHistory is what a page of 200 messages costs the server.
func BenchmarkSlackHistory(b *testing.B) {
	w, channels := chatter(b, fake.SlackSize{Channels: 1, Members: 50, Messages: 20_000, Threads: 4000, Replies: 20_000}, 1)
	s := fake.NewSlack(w, fake.SlackOptions{Now: clock, NoLimit: true})
	r := httptest.NewRequest(http.MethodGet, "/api/conversations.history?limit=200&channel="+channels[0], nil)
	r.Header.Set("Authorization", "Bearer xoxb-1")
	b.ReportAllocs()
	for b.Loop() {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
		s.ResetLog()
	}
}
