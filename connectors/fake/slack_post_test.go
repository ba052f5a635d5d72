package fake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestSlackTakesMessages: a server that refuses a message has not posted it, one
// that fails has, and metadata comes back to who may see it.
func TestSlackTakesMessages(t *testing.T) {
	now := time.Date(2026, 4, 7, 8, 0, 0, 0, time.UTC)
	meta := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "brief", EventPayload: map[string]any{"edition": "W14"}})
	for name, c := range map[string]struct {
		fault  *fake.Fault
		text   string
		option slack.MsgOption
		posted int
		err    string
	}{
		"as it should be":         {nil, "text", meta, 1, ""},
		"refused":                 {&fake.Fault{Kind: fake.SlackError, To: "restricted_action"}, "text", meta, 0, "restricted_action"},
		"limited":                 {&fake.Fault{Kind: fake.SecondaryLimit}, "text", meta, 0, "rate limit"},
		"failed":                  {&fake.Fault{Kind: fake.ServerError}, "text", meta, 1, "502"},
		"failed before":           {&fake.Fault{Kind: fake.ServerError, Unheard: true}, "text", meta, 0, "502"},
		"metadata without type":   {nil, "text", slack.MsgOptionMetadata(slack.SlackMetadata{}), 0, "invalid_metadata_format"},
		"too long":                {nil, strings.Repeat("x", 40_001), meta, 0, "msg_too_long"},
		"too many blocks":         {nil, "text", slack.MsgOptionBlocks(manyBlocks(51)...), 0, "invalid_blocks"},
		"as many as there may be": {nil, "text", slack.MsgOptionBlocks(manyBlocks(50)...), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := fake.NewWorkspace("acme")
			channel := w.AddChannel(now, fake.ChannelSpec{Name: "leads", Bot: true})
			s := fake.NewSlack(w, fake.SlackOptions{Now: func() time.Time { return now }})
			server, err := fake.Listen(s)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if c.fault != nil {
				s.Fault(fake.Matching("chat.postMessage"), 1, *c.fault)
			}
			client := slack.New("xoxb-1", slack.OptionAPIURL(server.URL+"/api/"))
			_, _, err = client.PostMessage(channel, slack.MsgOptionText(c.text, false), c.option)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if n := len(s.Posted()); n != c.posted {
				t.Errorf("%d messages were posted, want %d", n, c.posted)
			}
		})
	}
}

func manyBlocks(n int) (list []slack.Block) {
	for range n {
		list = append(list, slack.NewDividerBlock())
	}
	return list
}
