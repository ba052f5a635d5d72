package fake

import (
	"encoding/json"
	"time"
)

// Slackbot is a member of every workspace. Its is_bot is false.
const Slackbot = "USLACKBOT"

// A MemberSpec describes an account of a workspace: a person, or the user that
// stands for an app.
type MemberSpec struct {
	Name     string // handle, "ada"
	RealName string // default: the handle
	Email    string // shown with the scope users:read.email
	// Unconfirmed is an account whose address nobody has confirmed yet.
	Unconfirmed bool
	TZ          string // "Europe/Berlin"; default for people: "Etc/UTC"
	TZOffset    int    // seconds east of UTC; default: that of TZ where the machine knows it
	Bot         bool   // is_bot
	Workflow    bool   // is_workflow_bot; implies Bot
	App         bool   // is_app_user: a person who comes through an app's token
	Guest       bool   // is_restricted
	Single      bool   // is_ultra_restricted, a guest of one channel; implies Guest
	Stranger    bool   // from another workspace, through a shared channel
	Deleted     bool
	Fields      map[string]string // custom profile fields by label: "GitHub": "ada-l"
}

// A ChannelSpec describes a conversation.
type ChannelSpec struct {
	Name     string
	Topic    string
	Purpose  string
	Creator  string // member id
	Private  bool
	Archived bool
	Shared   bool // with another workspace: is_ext_shared
	// OffLimits marks a channel that nobody named in the client's
	// configuration: reading its messages is a trespass, see Slack.Trespasses.
	// Direct messages are off limits without being marked.
	OffLimits bool
	Members   []string // member ids
	Bot       bool     // the app's bot is in the channel from the start
}

// A MessageSpec describes a message. Texts are in Slack's markup, as they go
// over the wire: "<https://example.org|label>", "&amp;", "<@U…>".
type MessageSpec struct {
	// Author is a member id. A bot's message carries its bot_id and
	// bot_profile. Without an author a bot_message comes from an old
	// integration: only Username says who it is.
	Author   string
	Username string
	Text     string
	Thread   string // ts of the parent, for a reply
	// Broadcast shows a reply in the channel, too: subtype thread_broadcast.
	Broadcast bool
	Subtype   string
	// Blocks is a JSON array; default for people: the text as rich text.
	Blocks      json.RawMessage
	Attachments []Unfurl
	// RawAttachments is a JSON array, for attachments that Unfurl cannot say.
	RawAttachments json.RawMessage
	Files          []SharedFile
	Metadata       *Metadata
}

// Blocks and attachments that break decoders. The first two are malformed for
// a decoder with types; the third is fine, but of a type that nobody knows.
const (
	MalformedBlock      = `[{"type":"auth_provider","block_id":"b1","value":"x","name":42,"is_connected":true}]`
	MalformedAttachment = `[{"id":"one","fallback":"x","text":"x"}]`
	UnknownBlock        = `[{"type":"hologram","block_id":"b1","depth":{"z":3}}]`
)

// An Unfurl is an attachment: what Slack made of a link, or what an app posts.
type Unfurl struct {
	FromURL     string `json:"from_url,omitempty"`
	OriginalURL string `json:"original_url,omitempty"`
	ServiceName string `json:"service_name,omitempty"`
	Title       string `json:"title,omitempty"`
	TitleLink   string `json:"title_link,omitempty"`
	Pretext     string `json:"pretext,omitempty"`
	Text        string `json:"text,omitempty"`
	Fallback    string `json:"fallback,omitempty"`
	Footer      string `json:"footer,omitempty"`
	Color       string `json:"color,omitempty"`
}

// A SharedFile is a file in a message.
type SharedFile struct {
	ID        string `json:"id"` // "F…"; default: made from the message
	Name      string `json:"name"`
	Title     string `json:"title"`
	Mimetype  string `json:"mimetype,omitempty"`
	External  string `json:"external_url,omitempty"`
	Permalink string `json:"permalink,omitempty"`
}

// Metadata is what an app attaches to its message for other apps.
type Metadata struct {
	EventType string         `json:"event_type"`
	Payload   map[string]any `json:"event_payload"`
}

// slackUser is a member of a workspace.
type slackUser struct {
	MemberSpec
	id, botID, appID string
	edits            int64
}

// conversationKind is what a conversation is on the wire.
type conversationKind string

const (
	publicChannel  conversationKind = "public_channel"
	privateChannel conversationKind = "private_channel"
	directMessage  conversationKind = "im"
	groupMessage   conversationKind = "mpim"
)

// scopeWord is how scopes name the kind: "channels:history".
func (k conversationKind) scopeWord() string {
	switch k {
	case privateChannel:
		return "groups"
	case directMessage, groupMessage:
		return string(k)
	}
	return "channels"
}

type slackChannel struct {
	ChannelSpec
	id       string
	kind     conversationKind
	created  time.Time
	updated  time.Time
	previous []string // names
	members  []string // the bot included
	history  []*slackMessage
	byTS     map[string]*slackMessage // replies included
	// asked is the time of the newest post, given the time of its ts.
	asked, given time.Time
}

type slackMessage struct {
	MessageSpec
	ts        string
	author    *slackUser
	edited    string // ts, "" for never
	replies   []*slackMessage
	reactions []slackReaction
	tombstone bool
}

type slackReaction struct {
	name  string
	users []string
}
