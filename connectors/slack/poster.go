package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
)

const methodPost = "chat.postMessage"

// briefEvent is the type of the metadata by which a posted message is found
// again.
const briefEvent = "workdrift_brief"

// scopeMetadata is what an app needs to see metadata. Without it the history is
// readable and shows none, as if nothing had been posted.
const scopeMetadata = "metadata.message:read"

// A PosterConfig says where a Poster posts. Env of NewPoster resolves the file.
type PosterConfig struct {
	BaseURL   string // https://slack.com/api/ when empty
	TokenFile string
	TokenEnv  string
	Channel   string // id: "C0123ABCD"
	// Mark tells the messages of this installation from those that others post
	// to the same channel.
	Mark string
}

// A Poster posts messages to one channel and finds them again. Slack has no way
// to post something once, so each message carries a key in its metadata. It is
// not safe for concurrent use.
type Poster struct {
	api *api
	cfg PosterConfig
	at  look
}

// NewPoster makes a poster. It reads the token and sends nothing.
func NewPoster(env connectors.Env, cfg PosterConfig) (*Poster, error) {
	c := defaults()
	if cfg.BaseURL != "" {
		c.BaseURL = cfg.BaseURL
	}
	c.TokenFile, c.TokenEnv = cfg.TokenFile, cfg.TokenEnv
	api, err := newAPI(env, &c)
	if err != nil {
		return nil, err
	}
	return &Poster{api: api, cfg: cfg}, nil
}

// A Message is what a Poster posts. Its texts are in Slack's markup.
type Message struct {
	Key    string // by which it is found again
	Text   string // what notifications show
	Blocks []sdk.Block
}

// Fate is what became of a message whose posting was not confirmed.
type Fate int

// The fates of a message.
const (
	Doubtful Fate = iota // it may be there: look before posting it again
	Deferred             // it is not there, and may be posted later
	Refused              // it is not there, and Slack will not take it
)

// A PostError is returned when posting was not confirmed.
type PostError struct {
	Fate    Fate
	RetryAt time.Time // not before; zero when Slack did not say
	Err     error     // without the token and without content
}

func (e *PostError) Error() string { return e.Err.Error() }

func (e *PostError) Unwrap() error { return e.Err }

// Post posts a message and returns its ts, its name in the channel. Every error
// is a *PostError.
func (p *Poster) Post(ctx context.Context, m Message) (ts string, err error) {
	r, err := p.api.call(ctx, methodPost, func(ctx context.Context, client *sdk.Client) error {
		_, _, _, err := client.SendMessageContext(ctx, p.cfg.Channel,
			sdk.MsgOptionText(m.Text, false), sdk.MsgOptionBlocks(m.Blocks...),
			sdk.MsgOptionMetadata(sdk.SlackMetadata{EventType: briefEvent, EventPayload: p.payload(m.Key)}),
			sdk.MsgOptionParse(false), sdk.MsgOptionLinkNames(false),
			sdk.MsgOptionDisableLinkUnfurl(), sdk.MsgOptionDisableMediaUnfurl())
		return err
	})
	if err != nil {
		return "", postError(err)
	}
	var posted struct {
		TS string `json:"ts"`
	}
	if err := r.decode(methodPost, &posted); err != nil {
		return "", &PostError{Err: err}
	}
	if _, ok := parseStamp(posted.TS); !ok {
		return "", &PostError{Err: fmt.Errorf("%s: the answer has no ts", methodPost)}
	}
	return posted.TS, nil
}

// payload is what the metadata of a message says.
func (p *Poster) payload(key string) map[string]any {
	return map[string]any{"edition": key, "mark": p.cfg.Mark}
}

// postError says what an unconfirmed answer means for the message.
func postError(err error) *PostError {
	out := &PostError{Err: err}
	code := codeError("")
	errors.As(err, &code)
	e, ok := errors.AsType[*connectors.Error](err)
	if ok {
		out.RetryAt = e.RetryAt
	}
	op, network := errors.AsType[*net.OpError](err)
	switch {
	case network && op.Op == "dial", errors.Is(err, connectors.ErrBlocked), ok && e.Reason == connectors.ReasonRateLimited:
		out.Fate = Deferred
	case ok && e.Reason == connectors.ReasonAuth, slices.Contains(refusals(), string(code)):
		out.Fate = Refused
	}
	return out
}

// refusals are the errors of chat.postMessage that another attempt meets again.
// Those about the credential and the channel are told by their reason.
func refusals() []string {
	return []string{
		"msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "too_many_attachments", "metadata_too_large",
		"metadata_must_be_sent_from_app", "invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments", "invalid_arg_name",
		"restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "messages_tab_disabled", "as_user_not_supported", "not_allowed", "cannot_reply_to_message",
		"two_factor_setup_required", "enterprise_is_restricted", "deprecated_endpoint", "method_deprecated", "unknown_method",
	}
}

// ErrUnseen is wrapped when nobody can tell whether a message was posted: the
// app may not read the channel, or not its metadata, or there is too much.
var ErrUnseen = errors.New("the channel's history does not show what was posted")

// The history is looked at up to this many pages of so many messages.
const (
	lookPages = 30
	lookPage  = 200
)

// A look is how far the history was looked through for a message.
type look struct {
	key    string
	since  time.Time
	cursor string
	pages  int
}

// Find returns the ts of a message with a key that was posted after a time, ""
// when there is none. An error that wraps ErrUnseen is there to stay until
// somebody changes the app or the channel; others are *connectors.Error. After
// one that asks to wait, the next call with the same arguments goes on.
func (p *Poster) Find(ctx context.Context, key string, since time.Time) (ts string, err error) {
	at := look{key: key, since: since}
	if p.at.key == key && p.at.since.Equal(since) {
		at = p.at
	}
	p.at = look{}
	for ; at.pages < lookPages; at.pages++ {
		r, err := p.history(ctx, at)
		switch {
		case err != nil && connectors.ReasonOf(err) == connectors.ReasonAuth:
			return "", fmt.Errorf("%w: %w", ErrUnseen, err)
		case err != nil:
			if connectors.ReasonOf(err) == connectors.ReasonRateLimited {
				p.at = at
			}
			return "", asFailure(err)
		}
		if ts, err := p.match(r, key); ts != "" || err != nil {
			return ts, err
		}
		// Only an answer that would have shown the message counts as one that
		// does not have it.
		if !r.granted(scopeMetadata) {
			return "", fmt.Errorf("%w: the app needs %s", ErrUnseen, scopeMetadata)
		}
		next := r.Meta.NextCursor
		if next == "" && !r.HasMore {
			return "", nil
		}
		if next == "" || next == at.cursor {
			return "", &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: the server says that there is more but does not go on", methodHistory)}
		}
		at.cursor = next
	}
	return "", fmt.Errorf("%w: too much was written since %s", ErrUnseen, since.UTC().Format(time.RFC3339))
}

// history reads one page.
func (p *Poster) history(ctx context.Context, at look) (*reply, error) {
	return p.api.call(ctx, methodHistory, func(ctx context.Context, client *sdk.Client) error {
		_, err := client.GetConversationHistoryContext(ctx, &sdk.GetConversationHistoryParameters{
			ChannelID: p.cfg.Channel, Oldest: stampOf(at.since).String(), Cursor: at.cursor,
			Limit: p.api.gov.limit(lookPage), IncludeAllMetadata: true,
		})
		return err
	})
}

// match looks for a message on a page of the history. Messages that cannot be
// read are not ours.
func (p *Poster) match(r *reply, key string) (ts string, err error) {
	var page struct {
		Messages *[]json.RawMessage `json:"messages"`
	}
	if err := r.decode(methodHistory, &page); err != nil {
		return "", err
	}
	if page.Messages == nil {
		return "", &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %w", methodHistory, errShape)}
	}
	for _, raw := range *page.Messages {
		var m struct {
			TS       string `json:"ts"`
			Metadata struct {
				Type    string         `json:"event_type"`
				Payload map[string]any `json:"event_payload"`
			} `json:"metadata"`
		}
		if json.Unmarshal(raw, &m) == nil && m.Metadata.Type == briefEvent &&
			m.Metadata.Payload["edition"] == key && m.Metadata.Payload["mark"] == p.cfg.Mark {
			return m.TS, nil
		}
	}
	return "", nil
}
