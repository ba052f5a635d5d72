package slack

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

// briefScopes are what an app needs that only posts, and looks whether it did.
var briefScopes = []string{"chat:write", "channels:history", scopeMetadata}

// newPoster makes a poster for the channel of the office, as after a restart.
func (r *rig) newPoster(channel string) *Poster {
	r.T.Helper()
	p, err := NewPoster(r.environment(), PosterConfig{
		BaseURL: r.url + "/api/", TokenEnv: "WORKDRIFT_TEST_TOKEN", Channel: channel, Mark: "here",
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return p
}

func someBrief(key string) Message {
	text := sdk.NewTextBlockObject(sdk.MarkdownType, "*Week 14*: see <https://example.org|the page>", false, false)
	return Message{Key: key, Text: "Week 14", Blocks: []sdk.Block{sdk.NewSectionBlock(text, nil, nil)}}
}

// TestPoster posts a message and finds it again, and nobody else's.
func TestPoster(t *testing.T) {
	o := newOffice()
	r := newRig(t, o.Workspace, fake.SlackOptions{Scopes: briefScopes})
	before := r.clock.Now().Add(-time.Hour)
	p := r.newPoster(o.ops)
	if ts, err := p.Find(t.Context(), "weekly/2026-W14", before); ts != "" || err != nil {
		t.Fatalf("found before it was posted: %q %v", ts, err)
	}
	ts, err := p.Post(t.Context(), someBrief("weekly/2026-W14"))
	if err != nil {
		t.Fatal(err)
	}
	posted := r.slack.Posted()
	if len(posted) != 1 || posted[0].TS != ts || posted[0].Channel != o.ops || !strings.Contains(string(posted[0].Blocks), "Week 14") {
		t.Fatalf("posted %+v, ts %s", posted, ts)
	}
	log := r.slack.Log()
	args, err := url.ParseQuery(log[len(log)-1].Query)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"unfurl_links": "false", "unfurl_media": "false", "parse": "none", "link_names": "false"} {
		equal(t, name, args.Get(name), want)
	}
	again := r.newPoster(o.ops)
	for key, want := range map[string]string{"weekly/2026-W14": ts, "weekly/2026-W15": ""} {
		if got, err := again.Find(t.Context(), key, before); got != want || err != nil {
			t.Errorf("%s: found %q, %v, want %q", key, got, err, want)
		}
	}
	again.cfg.Mark = "elsewhere"
	if got, err := again.Find(t.Context(), "weekly/2026-W14", before); got != "" || err != nil {
		t.Errorf("the message of another installation was taken for ours: %q, %v", got, err)
	}
}

// TestPosterFates: whatever goes wrong, the message is there only if the error
// allows for it, and then it is found.
func TestPosterFates(t *testing.T) {
	for name, c := range map[string]struct {
		fault  fake.Fault
		fate   Fate
		posted int
	}{
		"429":                 {fake.Fault{Kind: fake.SecondaryLimit, Wait: 30 * time.Second}, Deferred, 0},
		"ratelimited":         {fake.Fault{Kind: fake.SlackLimitedBody}, Deferred, 0},
		"timeout":             {fake.Fault{Kind: fake.Latency}, Doubtful, 1},
		"timeout in the body": {fake.Fault{Kind: fake.SlowBody}, Doubtful, 1},
		"reset":               {fake.Fault{Kind: fake.ResetBody}, Doubtful, 1},
		"truncated":           {fake.Fault{Kind: fake.TruncatedBody}, Doubtful, 1},
		"{}":                  {fake.Fault{Kind: fake.ObjectBody}, Doubtful, 1},
		"HTML":                {fake.Fault{Kind: fake.HTMLBody}, Doubtful, 1},
		"502":                 {fake.Fault{Kind: fake.ServerError}, Doubtful, 1},
		"503, not posted":     {fake.Fault{Kind: fake.ServerError, Status: 503, Unheard: true}, Doubtful, 0},
		"fatal_error":         {fake.Fault{Kind: fake.SlackError, To: "fatal_error"}, Doubtful, 0},
		"invalid_auth":        {fake.Fault{Kind: fake.BadCredentials}, Refused, 0},
		"msg_too_long":        {fake.Fault{Kind: fake.SlackError, To: "msg_too_long"}, Refused, 0},
		"invalid_blocks":      {fake.Fault{Kind: fake.SlackError, To: "invalid_blocks"}, Refused, 0},
		"not_in_channel":      {fake.Fault{Kind: fake.SlackError, To: "not_in_channel"}, Refused, 0},
		"channel_not_found":   {fake.Fault{Kind: fake.SlackError, To: "channel_not_found"}, Refused, 0},
		"missing_scope":       {fake.Fault{Kind: fake.SlackError, To: "missing_scope"}, Refused, 0},
		"a message, no code":  {fake.Fault{Kind: fake.SlackError, To: "<b>canary</b>"}, Doubtful, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			r := newRig(t, o.Workspace, fake.SlackOptions{Scopes: briefScopes})
			r.slack.Fault(fake.Matching("/"+methodPost), 1, c.fault)
			p := r.newPoster(o.ops)
			if strings.HasPrefix(name, "timeout") {
				p.api.tape.timeout = 2 * time.Second // in which the server has heard it
			}
			_, err := p.Post(t.Context(), someBrief("k"))
			e, ok := errors.AsType[*PostError](err)
			if !ok {
				t.Fatalf("%v is no *PostError", err)
			}
			equal(t, "fate", e.Fate, c.fate)
			equal(t, "posted", len(r.slack.Posted()), c.posted)
			if strings.Contains(e.Error(), token) || strings.Contains(e.Error(), "canary") || strings.Contains(e.Error(), "Week 14") {
				t.Errorf("the error tells too much: %v", e)
			}
			if c.fault.Wait > 0 && e.RetryAt.Sub(r.clock.Now()) != c.fault.Wait {
				t.Errorf("retry at %v", e.RetryAt)
			}
			ts, err := r.newPoster(o.ops).Find(t.Context(), "k", r.clock.Now().Add(-time.Hour))
			if err != nil || (ts != "") != (c.posted == 1) {
				t.Errorf("found %q, %v", ts, err)
			}
		})
	}
}

// TestPosterUnreachable: what was never sent is not in doubt.
func TestPosterUnreachable(t *testing.T) {
	o := newOffice()
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = r.newPoster(o.ops).Post(t.Context(), someBrief("k"))
	if e, ok := errors.AsType[*PostError](err); !ok || e.Fate != Deferred {
		t.Errorf("got %v", err)
	}
}

// TestPosterUnseen: a history that would not show the message is never taken
// for one that does not have it.
func TestPosterUnseen(t *testing.T) {
	for name, c := range map[string]struct {
		scopes []string
		change func(o *office)
	}{
		"metadata not granted": {scopes: []string{"chat:write", "channels:history"}},
		"history not granted":  {scopes: []string{"chat:write", scopeMetadata}},
		"not in the channel":   {scopes: briefScopes, change: func(o *office) { o.Kick(ago(0, 1), o.ops, o.Bot()) }},
		"no such channel":      {scopes: briefScopes, change: func(o *office) { o.DeleteChannel(o.ops) }},
		"too many messages": {scopes: briefScopes, change: func(o *office) {
			for i := range lookPages*lookPage + 1 {
				o.say(ago(0, 0).Add(-time.Duration(i)*time.Millisecond), o.ops, o.ada, "message")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			if c.change != nil {
				c.change(o)
			}
			r := newRig(t, o.Workspace, fake.SlackOptions{Scopes: c.scopes})
			ts, err := r.newPoster(o.ops).Find(t.Context(), "k", ago(1, 0))
			if ts != "" || !errors.Is(err, ErrUnseen) {
				t.Errorf("found %q, %v", ts, err)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("the error holds the token")
			}
		})
	}
}

// TestPosterLooksThrough finds a message below many others, also where pages are
// few and small, and fails while pages cannot be read.
func TestPosterLooksThrough(t *testing.T) {
	for name, options := range map[string]fake.SlackOptions{
		"ordinary": {Scopes: briefScopes}, "commercial": {Scopes: briefScopes, Commercial: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			r := newRig(t, o.Workspace, options)
			since, many := r.clock.Now().Add(-time.Hour), 2*lookPage
			if options.Commercial {
				many = 3 * commercialPage
			}
			p := r.newPoster(o.ops)
			want, err := p.Post(t.Context(), someBrief("k"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range many { // on both sides, since pages come in either order
				o.say(r.clock.Now().Add(time.Duration(i)*time.Second), o.ops, o.ada, "after")
				o.say(since.Add(time.Duration(i)*time.Second), o.ops, o.ada, "before")
			}
			r.slack.Fault(fake.Matching("/"+methodHistory), 1, fake.Fault{Kind: fake.SlackNoCursor})
			if ts, err := p.Find(t.Context(), "k", since); ts != "" || connectors.ReasonOf(err) != connectors.ReasonDecode {
				t.Errorf("found %q, %v", ts, err)
			}
			got := ""
			for range 20 {
				r.clock.Advance(time.Minute)
				if got, err = p.Find(t.Context(), "k", since); connectors.ReasonOf(err) != connectors.ReasonRateLimited {
					break
				}
			}
			if got != want || err != nil {
				t.Errorf("found %q, %v, want %q", got, err, want)
			}
		})
	}
}
