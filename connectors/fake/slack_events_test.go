package fake_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"github.com/workdrift/workdrift/connectors/fake"
)

const signing = "8f742231b10e8888abcd99yyyzzz85a5"

// verified checks a delivery with the client library, whose clock is the
// machine's: the caller runs in a bubble in which that clock stands still.
func verified(t *testing.T, d fake.SlackDelivery, secret string) error {
	t.Helper()
	v, err := slack.NewSecretsVerifier(d.Header, secret)
	if err != nil {
		return err
	}
	if _, err := v.Write(d.Body); err != nil {
		t.Fatal(err)
	}
	return v.Ensure()
}

func TestSlackSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := fake.NewSlackHook(fake.NewWorkspace("acme"), signing)
		d := h.Verification(time.Now(), "3eZbrw1a")
		if err := verified(t, d, signing); err != nil {
			t.Errorf("a fresh delivery: %v", err)
		}
		if verified(t, d, "another secret") == nil {
			t.Error("another secret verifies it, too")
		}
		forged := fake.SlackDelivery{Header: d.Header, Body: append([]byte(" "), d.Body...)}
		if verified(t, forged, signing) == nil {
			t.Error("another body has the same signature")
		}
		if verified(t, h.Verification(time.Now().Add(-6*time.Minute), "x"), signing) == nil {
			t.Error("a delivery of six minutes ago verifies")
		}
		time.Sleep(6 * time.Minute)
		if verified(t, d, signing) == nil {
			t.Error("the first delivery verifies after six minutes")
		}
		again := h.Retry(time.Now(), d, 2, "http_timeout")
		if err := verified(t, again, signing); err != nil || string(again.Body) != string(d.Body) {
			t.Errorf("a retry: %v", err)
		}
		equal(t, "retry headers", []string{again.Header.Get("X-Slack-Retry-Num"), again.Header.Get("X-Slack-Retry-Reason")}, []string{"2", "http_timeout"})
	})
}

// inner parses a delivery with the client library.
func inner(t *testing.T, d fake.SlackDelivery) (slackevents.EventsAPIEvent, any) {
	t.Helper()
	ev, err := slackevents.ParseEvent(json.RawMessage(d.Body), slackevents.OptionNoVerifyToken())
	if err != nil {
		t.Fatalf("parse %s: %v", d.Body, err)
	}
	return ev, ev.InnerEvent.Data
}

func TestSlackEvents(t *testing.T) {
	o := newOffice(t)
	top := o.say(t, 0, o.ada, "top", "")
	reply := o.say(t, 1, o.ben, "reply", top)
	o.Edit(day(1, 2), o.dev, top, "top!")
	h := fake.NewSlackHook(o.Workspace, signing)
	at := day(1, 3)

	ev, data := inner(t, h.Event(at, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: reply}))
	m := data.(*slackevents.MessageEvent)
	equal(t, "envelope", []string{ev.Type, ev.TeamID, ev.InnerEvent.Type}, []string{"event_callback", o.Team(), "message"})
	equal(t, "message", []string{m.Channel, m.ChannelType, m.TimeStamp, m.ThreadTimeStamp, m.User, m.Text, m.SubType}, []string{o.dev, "channel", reply, top, o.ben, "reply", ""})

	_, data = inner(t, h.Event(at, fake.SlackEvent{Type: fake.MessageChanged, Channel: o.dev, TS: top}))
	m = data.(*slackevents.MessageEvent)
	equal(t, "changed", []string{m.SubType, m.Channel, m.Message.Text, m.Message.Timestamp, m.Message.Edited.User}, []string{"message_changed", o.dev, "top!", top, o.ada})

	o.Delete(o.dev, reply)
	_, data = inner(t, h.Event(at, fake.SlackEvent{Type: fake.MessageDeleted, Channel: o.dev, TS: reply, User: o.ben}))
	m = data.(*slackevents.MessageEvent)
	equal(t, "deleted", []string{m.SubType, m.DeletedTimeStamp, m.PreviousMessage.User}, []string{"message_deleted", reply, o.ben})

	_, data = inner(t, h.Event(at, fake.SlackEvent{Type: fake.ReactionAdded, Channel: o.dev, TS: top, User: o.ben, Reaction: "eyes"}))
	r := data.(*slackevents.ReactionAddedEvent)
	equal(t, "reaction", []string{r.User, r.Reaction, r.Item.Channel, r.Item.Timestamp, r.ItemUser}, []string{o.ben, "eyes", o.dev, top, o.ada})

	o.RenameChannel(at, o.dev, "engineering")
	_, data = inner(t, h.Event(at, fake.SlackEvent{Type: fake.ChannelRenamed, Channel: o.dev}))
	equal(t, "renamed", data.(*slackevents.ChannelRenameEvent).Channel.Name, "engineering")
	old := o.dev
	o.dev = o.ShareChannel(at, old)
	_, data = inner(t, h.Event(at, fake.SlackEvent{Type: fake.ChannelIDChanged, Channel: o.dev, Old: old}))
	moved := data.(*slackevents.ChannelIDChangedEvent)
	equal(t, "new id", []string{moved.OldChannelID, moved.NewChannelID}, []string{old, o.dev})
	ev, _ = inner(t, h.RateLimited(at))
	limit, ok := ev.Data.(*slackevents.EventsAPIAppRateLimited)
	if !ok || limit.MinuteRateLimited != int(at.Unix()) || limit.TeamID != o.Team() {
		t.Errorf("rate limit: %#v", ev.Data)
	}
	ev, data = inner(t, h.Verification(at, "3eZbrw1a"))
	if v, ok := ev.Data.(*slackevents.EventsAPIURLVerificationEvent); !ok || v.Challenge != "3eZbrw1a" || data != nil {
		t.Errorf("verification: %#v, %v", ev.Data, data)
	}
}

func TestSlackEventIDs(t *testing.T) {
	o := newOffice(t)
	ids := func() (out []string) {
		h := fake.NewSlackHook(o.Workspace, signing)
		for range 3 {
			var v struct {
				EventID string `json:"event_id"`
			}
			if err := json.Unmarshal(h.Event(start, fake.SlackEvent{Type: fake.ChannelRenamed, Channel: o.dev}).Body, &v); err != nil {
				t.Fatal(err)
			}
			out = append(out, v.EventID)
		}
		return out
	}
	got := ids()
	if got[0] == got[1] || got[1] == got[2] || !strings.HasPrefix(got[0], "Ev0") {
		t.Errorf("ids %v repeat or are malformed", got)
	}
	equal(t, "another hook", ids(), got)
}

func TestSlackSend(t *testing.T) {
	d := fake.NewSlackHook(fake.NewWorkspace("acme"), signing).Verification(start, "hi")
	srv, err := fake.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("X-Slack-Signature") != d.Header.Get("X-Slack-Signature") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(body)
	}))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	status, body, err := d.Send(t.Context(), client, srv.URL)
	equal(t, "answer", []any{status, string(body), err}, []any{http.StatusAccepted, string(d.Body), nil})
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Send(t.Context(), client, srv.URL); err == nil {
		t.Error("a server that is gone is no error")
	}
}
