package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// truth is what the workspace holds, as the contract suite wants it.
func truth(w *fake.Workspace) connectortest.Truth {
	var out connectortest.Truth
	for _, c := range w.Snapshot() {
		if !c.Joined || c.Kind != "public_channel" {
			continue
		}
		for _, m := range c.Messages {
			root := m.TS
			if m.Thread != "" {
				root = m.Thread
			}
			at, _ := parseStamp(root)
			key := keyOf(c.ID, at)
			written := !m.Tombstone && (m.Subtype == "" || m.Subtype == "bot_message" || m.Subtype == "thread_broadcast")
			if m.Thread == "" && (written || m.Replies > 0) {
				out.Items = append(out.Items, key)
			}
			if written {
				out.Events = append(out.Events, key+" message/"+m.TS)
			}
			for emoji, users := range m.Reactions {
				for i := range users {
					out.Events = append(out.Events, fmt.Sprintf("%s reaction/%s/%s/%d", key, m.TS, emoji, i+1))
				}
			}
		}
	}
	return out
}

func contractFaults(s *fake.Slack) []connectortest.Fault {
	inject := func(match func(*http.Request) bool, times int, f fake.Fault) func() (func(), error) {
		return func() (func(), error) {
			s.Fault(match, times, f)
			return s.ClearFaults, nil
		}
	}
	always := func(name string, reason connectors.Reason, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, -1, f), Reason: reason}
	}
	harmless := func(name string, times int, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, times, f), Harmless: true}
	}
	limited, server, decode := connectors.ReasonRateLimited, connectors.ReasonServer, connectors.ReasonDecode
	messages := fake.Matching("/conversations.")
	return []connectortest.Fault{
		always("429", limited, nil, fake.Fault{Kind: fake.SecondaryLimit, Wait: 20 * time.Second}),
		always("429, date", limited, nil, fake.Fault{Kind: fake.SecondaryDate, Wait: 20 * time.Second}),
		always("429, bare", limited, nil, fake.Fault{Kind: fake.SecondaryBare}),
		always("429, soon", limited, nil, fake.Fault{Kind: fake.SlackRetrySoon}),
		always("limited in the body", limited, messages, fake.Fault{Kind: fake.SlackLimitedBody}),
		always("ok false", decode, messages, fake.Fault{Kind: fake.SlackBareFailure}),
		always("502", server, nil, fake.Fault{Kind: fake.ServerError}),
		always("503 for messages", server, messages, fake.Fault{Kind: fake.ServerError, Status: 503}),
		always("fatal_error", server, messages, fake.Fault{Kind: fake.SlackError, To: "fatal_error"}),
		always("empty body", decode, messages, fake.Fault{Kind: fake.EmptyBody}),
		always("null", decode, messages, fake.Fault{Kind: fake.NullBody}),
		always("an empty object", decode, messages, fake.Fault{Kind: fake.ObjectBody}),
		always("HTML", decode, messages, fake.Fault{Kind: fake.HTMLBody}),
		always("truncated", decode, messages, fake.Fault{Kind: fake.TruncatedBody}),
		always("trailing garbage", decode, messages, fake.Fault{Kind: fake.TrailingGarbage}),
		always("reset", connectors.ReasonNetwork, messages, fake.Fault{Kind: fake.ResetBody}),
		always("bad credentials", connectors.ReasonAuth, nil, fake.Fault{Kind: fake.BadCredentials}),
		always("scope withdrawn", connectors.ReasonAuth, messages, fake.Fault{Kind: fake.SlackError, To: "missing_scope"}),
		always("redirect to another host", server, nil, fake.Fault{Kind: fake.Redirect, To: "http://127.0.0.1:1"}),
		harmless("no cursor", 1, messages, fake.Fault{Kind: fake.SlackNoCursor}),
		harmless("warnings", -1, nil, fake.Fault{Kind: fake.SlackMetadataWarned}),
		harmless("an unknown block", -1, messages, fake.Fault{Kind: fake.SlackUnknownBlock}),
		harmless("slices", -1, nil, fake.Fault{Kind: fake.SlicedBody}),
		harmless("clock ahead", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: 15 * time.Minute}),
		harmless("clock behind", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: -15 * time.Minute}),
	}
}

func TestContract(t *testing.T) {
	o := newOffice()
	channels := fake.PopulateSlack(o.Workspace, fake.SlackSize{Channels: 3, Members: 5, Messages: 150, Threads: 25, Replies: 80}, start, present.Add(-time.Hour), 3)
	r := newRig(t, o.Workspace, fake.SlackOptions{NoLimit: true})
	changes, tokens := 0, 0
	connect := func(env connectors.Env, more string) (connectors.Connector, error) {
		env.Transport = r.http
		return New(env, connectortest.Decoder(keptReactions+"page_size: 7\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"/api/\n"+more))
	}
	connectortest.Run(t, connectortest.Subject{
		New:      func(env connectors.Env) (connectors.Connector, error) { return connect(env, "") },
		Hook:     contractHook(t, r, o, channels, connect),
		Truth:    func() connectortest.Truth { return truth(o.Workspace) },
		Secrets:  []string{token, "xoxb-rotated"},
		People:   []string{"dev-001@example.org", "ada@example.org", "Ada Lovelace", "Developer 001"},
		Now:      present,
		Advance:  func(to time.Time) { r.clock.Advance(to.Sub(r.clock.Now())) },
		Faults:   contractFaults(r.slack),
		Requests: func() int { return len(r.slack.Log()) },
		MaxIdle:  5, // one for each channel
		Settle:   r.http.CloseIdleConnections,
		Rotate: func() error {
			tokens++
			t.Setenv("WORKDRIFT_TEST_TOKEN", fmt.Sprintf("xoxb-rotated-%d", tokens))
			return nil
		},
		Change: func() error {
			changes++
			r.clock.Advance(2 * time.Hour) // until old messages are looked at again
			now := r.clock.Now()
			ts := o.say(now, channels[0], o.ada, fmt.Sprintf("change %d of PAY-%d", changes, changes))
			o.React(channels[0], ts, o.ben, "eyes")
			top := o.say(now.Add(-26*time.Hour), channels[1], o.ben, "late")
			o.reply(now, channels[1], o.ada, strings.Repeat("x", changes), top)
			doomed := o.say(now, channels[2], o.ben, "soon gone")
			o.Delete(channels[2], doomed)
			return nil
		},
	})
}

// contractHook describes the deliveries of the workspace.
func contractHook(t *testing.T, r *rig, o *office, channels []string, connect func(connectors.Env, string) (connectors.Connector, error)) *connectortest.Hook {
	changes := 0
	hook := fake.NewSlackHook(o.Workspace, "replaced by Sign")
	return &connectortest.Hook{
		New: func(env connectors.Env, secrets ...string) (connectors.Connector, error) {
			return connect(env, connectortest.HookSecrets(t, secrets...))
		},
		Change: func() (list []connectortest.Announcement, err error) {
			changes++
			r.clock.Advance(2 * time.Hour) // until old messages are looked at again
			now := r.clock.Now()
			announce := func(ev fake.SlackEvent) {
				d := hook.Event(now, ev)
				list = append(list, connectortest.Announcement{Header: d.Header, Body: d.Body})
			}
			ts := o.say(now, channels[0], o.ada, fmt.Sprintf("announced %d of PAY-%d", changes, changes))
			announce(fake.SlackEvent{Type: fake.MessagePosted, Channel: channels[0], TS: ts})
			o.React(channels[0], ts, o.ben, "eyes")
			announce(fake.SlackEvent{Type: fake.ReactionAdded, Channel: channels[0], TS: ts, User: o.ben, Reaction: "eyes"})
			top := o.say(now.Add(-26*time.Hour), channels[1], o.ben, "late")
			announce(fake.SlackEvent{Type: fake.MessagePosted, Channel: channels[1], TS: top})
			reply := o.reply(now, channels[1], o.ada, "see PAY-9", top)
			announce(fake.SlackEvent{Type: fake.MessagePosted, Channel: channels[1], TS: reply})
			o.Edit(now, channels[1], reply, "see PAY-10")
			announce(fake.SlackEvent{Type: fake.MessageChanged, Channel: channels[1], TS: reply})
			return list, nil
		},
		Sign: func(h http.Header, secret string, at time.Time, body []byte) {
			for name, values := range fake.SignSlack(secret, at, body) {
				h[name] = values
			}
		},
		Signed:  []string{headerTime, headerSignature},
		Lasts:   signedFor,
		Unknown: []string{"C99999999/1777539700.000100", o.secret + "/1777539700.000100", o.elsewhere + "/1777539700.000100", channels[0] + "/x"},
	}
}
