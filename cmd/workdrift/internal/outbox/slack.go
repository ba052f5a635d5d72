package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/slack"
)

// A slackBody is what is stored of an edition for Slack.
type slackBody struct {
	Text   string     `json:"text"`
	Blocks sdk.Blocks `json:"blocks"`
}

// Slack is a channel that editions are posted to.
func Slack(channel string, p *slack.Poster) Place {
	return Place{Name: "slack/" + channel, Encode: encodeSlack, Sender: slackSender{p}}
}

func encodeSlack(b *brief.Brief) ([]byte, error) {
	text, blocks := b.Slack()
	body, err := json.Marshal(struct {
		Text   string      `json:"text"`
		Blocks []sdk.Block `json:"blocks"`
	}{text, blocks})
	return unmentioned(body), err
}

// unmentioned takes the markup that notifies people out of JSON, in which Go
// writes < as \u003c. Briefs escape what they quote; this is the second door.
func unmentioned(body []byte) []byte {
	return []byte(strings.NewReplacer(`\u003c!`, `\u0026lt;!`, `\u003c@`, `\u0026lt;@`, `\u003c#`, `\u0026lt;#`).Replace(string(body)))
}

type slackSender struct{ poster *slack.Poster }

func (s slackSender) Send(ctx context.Context, edition string, body []byte) (string, error) {
	var m slackBody
	if err := json.Unmarshal(body, &m); err != nil {
		return "", &SendError{Final: true, Err: fmt.Errorf("read what was to be posted: %w", err)}
	}
	ts, err := s.poster.Post(ctx, slack.Message{Key: edition, Text: m.Text, Blocks: m.Blocks.BlockSet})
	if e, ok := errors.AsType[*slack.PostError](err); ok && e.Fate != slack.Doubtful {
		return "", &SendError{Final: e.Fate == slack.Refused, RetryAt: e.RetryAt, Err: err}
	}
	return ts, err
}

func (s slackSender) Find(ctx context.Context, edition string, since time.Time) (string, error) {
	ts, err := s.poster.Find(ctx, edition, since)
	if errors.Is(err, slack.ErrUnseen) {
		return "", fmt.Errorf("%w: %w", ErrUnseen, err)
	}
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		return "", &SendError{RetryAt: e.RetryAt, Err: err}
	}
	return ts, err
}
