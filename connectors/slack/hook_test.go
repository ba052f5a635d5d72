package slack

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

const (
	secret     = "8f742231b10e8888abcd99yyyzzz85a5"
	nextSecret = "b10e8888abcd99yyyzzz85a58f742231"
)

// hooked makes a rig whose connector takes deliveries.
func hooked(t *testing.T, o *office) (*rig, connectors.Receiver) {
	t.Helper()
	t.Setenv("WORKDRIFT_TEST_SECRET", secret)
	t.Setenv("WORKDRIFT_TEST_NEXT", nextSecret)
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = "webhook_secret_env: WORKDRIFT_TEST_SECRET\nwebhook_secret_next_env: WORKDRIFT_TEST_NEXT\n"
	c, ok := connectors.TakesDeliveries(r.connect())
	if !ok {
		t.Fatal("takes no deliveries")
	}
	return r, c
}

// TestCase25Deliveries: a replay has the id of the original, and what is six
// minutes old, signed with another secret or not signed properly is refused. A
// body of 30 MB never gets here: the Hook refuses it.
func TestCase25Deliveries(t *testing.T) {
	o := newOffice()
	ts := o.say(ago(0, 0), o.dev, o.ada, "hello")
	_, c := hooked(t, o)
	hook := fake.NewSlackHook(o.Workspace, secret)
	at := present
	d := hook.Event(at, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: ts})
	first, err := c.Receive(d.Header, d.Body, at)
	if err != nil || first.ID == "" || !slices.Equal(first.Objects, []string{o.dev + "/" + ts}) {
		t.Fatalf("%+v %v", first, err)
	}
	again := hook.Retry(at.Add(time.Minute), d, 1, "http_timeout")
	second, err := c.Receive(again.Header, again.Body, at.Add(time.Minute))
	if err != nil || second.ID != first.ID {
		t.Errorf("a replay is %+v %v", second, err)
	}
	next := fake.NewSlackHook(o.Workspace, nextSecret).Event(at, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: ts})
	if _, err := c.Receive(next.Header, next.Body, at); err != nil {
		t.Errorf("the next secret: %v", err)
	}

	refused := func(what string, h http.Header, body []byte, now time.Time) {
		t.Helper()
		if got, err := c.Receive(h, body, now); !errors.Is(err, connectors.ErrSignature) || got.ID+string(got.Reply) != "" || got.Objects != nil {
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
	with := func(key string, values ...string) http.Header {
		h := d.Header.Clone()
		h[key] = values
		return h
	}
	refused("six minutes old", d.Header, d.Body, at.Add(6*time.Minute))
	refused("from six minutes ahead", d.Header, d.Body, at.Add(-6*time.Minute))
	forged := fake.NewSlackHook(o.Workspace, "another secret").Event(at, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: ts})
	refused("another secret", forged.Header, forged.Body, at)
	refused("another body", d.Header, append(slices.Clone(d.Body), ' '), at)
	refused("another time", with(headerTime, "1"), d.Body, at)
	refused("no time", with(headerTime), d.Body, at)
	refused("no number", with(headerTime, "now"), d.Body, at)
	refused("two times", with(headerTime, d.Header.Get(headerTime), d.Header.Get(headerTime)), d.Body, at)
	refused("no signature", with(headerSignature), d.Body, at)
	refused("two signatures", with(headerSignature, d.Header.Get(headerSignature), d.Header.Get(headerSignature)), d.Body, at)
	refused("half a signature", with(headerSignature, d.Header.Get(headerSignature)[:20]), d.Body, at)
	refused("another version", with(headerSignature, "v1"+d.Header.Get(headerSignature)[2:]), d.Body, at)
	check := c.(connectors.HeaderChecker)
	if err := check.CheckHeader(d.Header, at); err != nil {
		t.Errorf("good headers: %v", err)
	}
	if err := check.CheckHeader(d.Header, at.Add(6*time.Minute)); !errors.Is(err, connectors.ErrSignature) {
		t.Errorf("old headers: %v", err)
	}
	challenge := fake.NewSlackHook(o.Workspace, "another secret").Verification(at, "abc")
	refused("a challenge by a stranger", challenge.Header, challenge.Body, at)
}

func TestNoSecretNoDeliveries(t *testing.T) {
	r := newRig(t, newOffice().Workspace, fake.SlackOptions{})
	if _, ok := connectors.TakesDeliveries(r.connect()); ok {
		t.Error("takes deliveries without a secret")
	}
}

func TestDeliveries(t *testing.T) {
	o := newOffice()
	top := o.say(ago(1, 0), o.dev, o.ada, "top")
	reply := o.reply(ago(0, 0), o.dev, o.ben, "reply", top)
	doomed := o.reply(ago(0, 1), o.dev, o.ben, "doomed", top)
	private := o.Post(ago(0, 0), o.direct, fake.MessageSpec{Author: o.ada, Text: "psst"})
	_, c := hooked(t, o)
	hook := fake.NewSlackHook(o.Workspace, secret)
	deletion := hook.Event(present, fake.SlackEvent{Type: fake.MessageDeleted, Channel: o.dev, TS: doomed, User: o.ben})
	thread := []string{o.dev + "/" + top}
	for _, tc := range []struct {
		name    string
		d       fake.SlackDelivery
		objects []string
		ignored bool
	}{
		{"message", hook.Event(present, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: top}), thread, false},
		{"reply", hook.Event(present, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.dev, TS: reply}), thread, false},
		{"edit", hook.Event(present, fake.SlackEvent{Type: fake.MessageChanged, Channel: o.dev, TS: reply}), thread, false},
		{"reaction", hook.Event(present, fake.SlackEvent{Type: fake.ReactionAdded, Channel: o.dev, TS: reply, User: o.ada, Reaction: "eyes"}), []string{o.dev + "/" + reply}, false},
		{"deletion", deletion, []string{o.dev + "/" + doomed}, false},
		{"deletion in a thread", signed(`{"type":"event_callback","event_id":"Ev1","event":{"type":"message","subtype":"message_deleted","channel":"` + o.dev +
			`","ts":"1777539700.000100","deleted_ts":"` + doomed + `","previous_message":{"type":"message","ts":"` + doomed + `","thread_ts":"` + top + `"}}}`), thread, false},
		{"another event", signed(`{"type":"event_callback","event_id":"Ev2","event":{"type":"team_join","user":{"id":"U1"}}}`), nil, true},
		{"an id that is none", signed(`{"type":"event_callback","event_id":"Ev3","event":{"type":"message","channel":"../x","ts":"1777539700.000100"}}`), nil, true},
		{"direct message", hook.Event(present, fake.SlackEvent{Type: fake.MessagePosted, Channel: o.direct, TS: private}), nil, true},
		{"renamed", hook.Event(present, fake.SlackEvent{Type: fake.ChannelRenamed, Channel: o.dev}), nil, false},
		{"rate limited", hook.RateLimited(present), nil, false},
	} {
		got, err := c.Receive(tc.d.Header, tc.d.Body, present)
		if err != nil || !slices.Equal(got.Objects, tc.objects) || got.Ignore != tc.ignored || got.Reply != nil {
			t.Errorf("%s: %+v %v, want %v %v", tc.name, got, err, tc.objects, tc.ignored)
		}
	}
	d := hook.Verification(present, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")
	got, err := c.Receive(d.Header, d.Body, present)
	if err != nil || string(got.Reply) != "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" || !got.Ignore {
		t.Errorf("verification: %+v %v", got, err)
	}
	d = hook.Verification(present, "<script>")
	if got, err := c.Receive(d.Header, d.Body, present); err == nil || got.Reply != nil {
		t.Errorf("a challenge that is none: %+v %v", got, err)
	}
	body := []byte("not JSON: canary")
	if _, err := c.Receive(fake.SignSlack(secret, present, body), body, present); err == nil || errors.Is(err, connectors.ErrSignature) {
		t.Errorf("a signed body that is no JSON: %v", err)
	}
}

// TestDeliveriesOfOthers: once it is known which channels are read, deliveries
// from others spend nothing of what there is for them.
func TestDeliveriesOfOthers(t *testing.T) {
	o := newOffice()
	read, other := o.say(ago(1, 0), o.dev, o.ada, "one"), o.say(ago(1, 0), o.ops, o.ada, "two")
	r, _ := hooked(t, o)
	r.config += "channels: [proj-*]\n"
	conn := r.connect()
	c := conn.(connectors.Receiver)
	hook := fake.NewSlackHook(o.Workspace, secret)
	for _, polled := range []bool{false, true} {
		for channel, ts := range map[string]string{o.dev: read, o.ops: other} {
			for _, e := range []fake.SlackEvent{
				{Type: fake.MessagePosted, Channel: channel, TS: ts},
				{Type: fake.ReactionAdded, Channel: channel, TS: ts, User: o.ada, Reaction: "eyes"},
			} {
				d := hook.Event(present, e)
				got, err := c.Receive(d.Header, d.Body, present)
				if ignored := polled && channel == o.ops; err != nil || got.Ignore != ignored || (len(got.Objects) == 0) != ignored {
					t.Errorf("polled %v, %s: %+v %v", polled, e.Type, got, err)
				}
			}
		}
		r.MustPoll(conn)
	}
}

func signed(body string) fake.SlackDelivery {
	return fake.SlackDelivery{Header: fake.SignSlack(secret, present, []byte(body)), Body: []byte(body)}
}

// TestRefetch reads what deliveries name, also before any poll, and nothing
// that is out of scope.
func TestRefetch(t *testing.T) {
	o := newOffice()
	top := o.say(ago(30, 0), o.dev, o.ada, "top PAY-1")
	reply := o.reply(ago(29, 0), o.dev, o.ben, "reply", top)
	doomed := o.say(ago(29, 1), o.dev, o.ada, "gone soon")
	whisper := o.say(ago(2, 0), o.secret, o.ada, "whisper")
	r, c := hooked(t, o)
	b, err := c.Refetch(t.Context(), []string{o.dev + "/" + reply, o.secret + "/" + whisper, o.elsewhere + "/" + top, "nonsense", o.dev + "/x"})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Next) > 0 || !b.Watermark.IsZero() || len(b.Items) != 1 || b.Items[0].ID != r.id(o.dev, top) || len(b.Events) != 2 {
		t.Fatalf("%+v", b)
	}
	conn := r.connect()
	r.MustPoll(conn)
	rec, ok := conn.(connectors.Receiver)
	if !ok {
		t.Fatal("no Receiver")
	}
	o.Edit(r.clock.Now(), o.dev, reply, "see PAY-9") // older than any looking back
	o.Delete(o.dev, doomed)
	b, err = rec.Refetch(t.Context(), []string{o.dev + "/" + top, o.dev + "/" + doomed})
	if err != nil {
		t.Fatal(err)
	}
	r.Shelf.Apply(b)
	equal(t, "an old reply", connectortest.Keys(r.item(o.dev, top), store.LinkMentions), []string{"PAY-9"})
	equal(t, "a deletion", r.item(o.dev, doomed).Gone, store.GoneDeleted)
	r.slack.Fault(nil, 1, fake.Fault{Kind: fake.SecondaryLimit, Wait: 40 * time.Second})
	_, err = rec.Refetch(t.Context(), []string{o.dev + "/" + top})
	if e, ok := errors.AsType[*connectors.Error](err); !ok || e.RetryAt.Sub(r.clock.Now()) != 40*time.Second {
		t.Errorf("limited: %v", err)
	}
}

// TestDeletedAfterDelivery lets a reply come with a delivery and go without
// one: the first message then looks to the next poll as it did to the last.
func TestDeletedAfterDelivery(t *testing.T) {
	o := newOffice()
	o.say(ago(20, 0), o.dev, o.ada, "the first message")
	top := o.say(ago(3, 0), o.dev, o.ada, "top PAY-1")
	r, c := hooked(t, o)
	conn, ok := c.(connectors.Connector)
	if !ok {
		t.Fatal("no Connector")
	}
	r.MustPoll(conn)
	reply := o.reply(ago(2, 0), o.dev, o.ben, "see PAY-9", top)
	b, err := c.Refetch(t.Context(), []string{o.dev + "/" + top})
	if err != nil {
		t.Fatal(err)
	}
	r.Shelf.Apply(b)
	equal(t, "with the reply", connectortest.Keys(r.item(o.dev, top), store.LinkMentions), []string{"PAY-9"})
	o.Delete(o.dev, reply)
	r.clock.Advance(25 * time.Hour)
	r.MustPoll(conn)
	equal(t, "without", connectortest.Keys(r.item(o.dev, top), store.LinkMentions), []string(nil))
}
