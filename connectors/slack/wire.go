package slack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/workdrift/workdrift/connectors"
)

// A wireMessage is a message as far as it is read. Members that are not named
// here may have any shape.
type wireMessage struct {
	Type        string           `json:"type"`
	Subtype     string           `json:"subtype"`
	TS          string           `json:"ts"`
	ThreadTS    string           `json:"thread_ts"`
	User        string           `json:"user"`
	BotID       string           `json:"bot_id"`
	Text        string           `json:"text"`
	ReplyCount  int              `json:"reply_count"`
	LatestReply string           `json:"latest_reply"`
	Edited      *wireEdit        `json:"edited"`
	Reactions   []wireReaction   `json:"reactions"`
	Attachments []wireAttachment `json:"attachments"`
	Blocks      []wireBlock      `json:"blocks"`
	Files       []wireFile       `json:"files"`
	Comment     *wireComment     `json:"comment"`

	// Of the above, as stamps. Thread is the message's own stamp where it is
	// not a reply.
	at, thread, latest, edited stamp
}

type wireEdit struct {
	TS string `json:"ts"`
}

type wireReaction struct {
	Name  string   `json:"name"`
	Count int      `json:"count"`
	Users []string `json:"users"`
}

// A wireAttachment is what Slack made of a link, or what an app posted.
type wireAttachment struct {
	ID        json.Number `json:"id"`
	FromURL   string      `json:"from_url"`
	TitleLink string      `json:"title_link"`
	Title     string      `json:"title"`
	Pretext   string      `json:"pretext"`
	Text      string      `json:"text"`
	Fallback  string      `json:"fallback"`
	Fields    []struct {
		Title string `json:"title"`
		Value string `json:"value"`
	} `json:"fields"`
	Blocks []wireBlock `json:"blocks"`
}

// A wireBlock is one block of any type, kept whole: texts and links are
// anywhere in it. Its name and id have to be what Slack says they are; what
// else a block with other ones says is not known.
type wireBlock struct {
	raw json.RawMessage
}

func (b *wireBlock) UnmarshalJSON(raw []byte) error {
	var known struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
		Name    string `json:"name"`
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		return err
	}
	b.raw = bytes.Clone(raw)
	return nil
}

type wireFile struct {
	Title       string `json:"title"`
	ExternalURL string `json:"external_url"`
}

// A wireComment holds the author of the file comments of old workspaces.
type wireComment struct {
	User string `json:"user"`
}

// valid checks what everything else relies on, and reads the stamps.
func (m *wireMessage) valid() error {
	if m.Type != "" && m.Type != "message" {
		return invalidError("the type is not message")
	}
	var ok bool
	if m.at, ok = parseStamp(m.TS); !ok {
		return invalidError("the ts is missing or malformed")
	}
	m.thread = m.at
	for _, s := range []struct {
		raw  string
		into *stamp
		why  string
	}{
		{m.ThreadTS, &m.thread, "the thread_ts is malformed"}, {m.LatestReply, &m.latest, "the latest_reply is malformed"},
		{m.editedTS(), &m.edited, "the ts of the edit is malformed"},
	} {
		if s.raw == "" {
			continue
		}
		if *s.into, ok = parseStamp(s.raw); !ok {
			return invalidError(s.why)
		}
	}
	if m.User == "" && m.Comment != nil {
		m.User = m.Comment.User
	}
	return nil
}

func (m *wireMessage) editedTS() string {
	if m.Edited == nil {
		return ""
	}
	return m.Edited.TS
}

// isReply reports whether the message belongs to another one's thread.
func (m *wireMessage) isReply() bool { return m.thread != m.at }

// isWritten reports whether somebody wrote the message: others tell that
// somebody joined, or that the topic changed.
func (m *wireMessage) isWritten() bool {
	switch m.Subtype {
	case "", "bot_message", "me_message", "thread_broadcast", "reply_broadcast", "file_share", "file_comment":
		return true
	}
	return false
}

// isBot reports whether a machine sent the message: an app, a workflow or
// Slack itself.
func (m *wireMessage) isBot() bool {
	return m.BotID != "" || m.Subtype == "bot_message" || m.User == slackbot
}

// slackbot is an account of every workspace that is no person.
const slackbot = "USLACKBOT"

// author is who sent the message, "" when it is not told.
func (m *wireMessage) author() string {
	if m.User != "" {
		return m.User
	}
	return m.BotID
}

// invalidError says which member a record lacks.
type invalidError string

func (e invalidError) Error() string { return string(e) }

// A badElement of a page could not be read.
type badElement struct {
	at  stamp  // as far as it could be read, else 0
	id  string // likewise, of a channel
	sum string // tells one from another
	why string
}

// list decodes the elements of a member of an answer one by one. An element
// that cannot be read is returned apart; a member that is missing or is no
// array is an error, because a page that was not understood must not count as
// read.
func list[T any](r *reply, method, member string, valid func(*T) error) (good []T, bad []badElement, err error) {
	var members map[string]json.RawMessage
	if err := r.decode(method, &members); err != nil {
		return nil, nil, err
	}
	var elements []json.RawMessage
	if raw := bytes.TrimSpace(members[member]); len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
		return nil, nil, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %s: %w", method, member, errShape)}
	}
	good = make([]T, 0, len(elements))
	for _, raw := range elements {
		var v T
		err := json.Unmarshal(raw, &v)
		if err == nil && bytes.Equal(raw, []byte("null")) {
			err = invalidError("null")
		}
		if err == nil {
			err = valid(&v)
		}
		if err != nil {
			bad = append(bad, newBadElement(raw, err))
			continue
		}
		good = append(good, v)
	}
	return good, bad, nil
}

// newBadElement says what is wrong without quoting what was sent.
func newBadElement(raw json.RawMessage, err error) badElement {
	sum := sha256.Sum256(raw)
	b := badElement{sum: hex.EncodeToString(sum[:4]), why: "cannot be read: " + decodeReason(err).Error()}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return b
	}
	var ts, id string
	if json.Unmarshal(members["ts"], &ts) == nil {
		b.at, _ = parseStamp(ts)
	}
	if json.Unmarshal(members["id"], &id) == nil && isID(id) {
		b.id = id
	}
	return b
}

// isID reports whether s has the form of Slack's ids.
func isID(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// A wireChannel is a conversation that the bot is in.
type wireChannel struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	IsPrivate  bool   `json:"is_private"`
	IsIM       bool   `json:"is_im"`
	IsMPIM     bool   `json:"is_mpim"`
	IsArchived bool   `json:"is_archived"`
	Created    int64  `json:"created"` // seconds since 1970
}

func (w *wireChannel) valid() error {
	if !isID(w.ID) {
		return invalidError("the channel has no id")
	}
	if w.Name == "" && !w.IsIM {
		return invalidError("the channel has no name")
	}
	return nil
}

// A wireUser is an account.
type wireUser struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	TZ    string `json:"tz"`
	IsBot bool   `json:"is_bot"`
	// Deleted is set for an account that was deactivated.
	Deleted bool `json:"deleted"`
	// IsStranger is set for people of other companies in shared channels.
	IsStranger bool  `json:"is_stranger"`
	Confirmed  *bool `json:"is_email_confirmed"` // not always told
	Profile    struct {
		Email string `json:"email"`
	} `json:"profile"`
}

func (w *wireUser) valid() error {
	if !isID(w.ID) {
		return invalidError("the account has no id")
	}
	return nil
}

// A wireTeam is the answer of auth.test: whose token it is.
type wireTeam struct {
	URL    string `json:"url"`
	TeamID string `json:"team_id"` // of an app of a whole organisation: its id, E…
	UserID string `json:"user_id"`
	OfOrg  bool   `json:"is_enterprise_install"`
}

// errLost is wrapped when a channel cannot be read although it was listed.
var errLost = errors.New("the channel cannot be read")

// A rawObject is an object that may also be null or an empty list.
type rawObject map[string]struct {
	Value string `json:"value"`
}

// UnmarshalJSON takes anything but an object for an empty one.
func (o *rawObject) UnmarshalJSON(raw []byte) error {
	*o = nil
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil
	}
	var plain map[string]struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	*o = plain
	return nil
}

func (o rawObject) value(id string) string { return o[id].Value }
