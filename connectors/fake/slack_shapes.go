package fake

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

func (e *encoder) words(k string, values []string) {
	e.arr(k)
	for _, v := range values {
		e.sep()
		e.b = appendQuoted(e.b, v)
	}
	e.close(']')
}

// channelObject writes a conversation; joined adds is_member, which
// users.conversations leaves out.
func (c *slackCall) channelObject(e *encoder, ch *slackChannel, joined bool) {
	e.open('{')
	defer e.close('}')
	e.str("id", ch.id)
	e.num("created", ch.created.Unix())
	e.bool("is_im", ch.kind == directMessage)
	e.bool("is_org_shared", false)
	e.str("context_team_id", c.w.team)
	e.num("updated", ch.updated.UnixMilli())
	e.bool("is_archived", ch.Archived)
	if ch.kind == directMessage {
		e.str("user", ch.Members[0])
		e.bool("is_user_deleted", c.w.byID[ch.Members[0]] != nil && c.w.byID[ch.Members[0]].Deleted)
		e.num("priority", 0)
		return
	}
	e.str("name", ch.Name)
	e.str("name_normalized", strings.ToLower(ch.Name))
	e.bool("is_channel", ch.kind == publicChannel)
	e.bool("is_group", ch.kind == privateChannel)
	e.bool("is_mpim", ch.kind == groupMessage)
	e.bool("is_private", ch.kind != publicChannel)
	e.bool("is_general", false)
	e.bool("is_shared", ch.Shared)
	e.bool("is_ext_shared", ch.Shared)
	e.bool("is_pending_ext_shared", false)
	e.words("pending_shared", nil)
	e.num("unlinked", 0)
	e.str("creator", ch.Creator)
	e.words("shared_team_ids", []string{c.w.team})
	for _, about := range [2][2]string{{"topic", ch.Topic}, {"purpose", ch.Purpose}} {
		e.obj(about[0])
		e.str("value", about[1])
		e.str("creator", ch.Creator)
		e.num("last_set", ch.created.Unix())
		e.close('}')
	}
	e.words("previous_names", ch.previous)
	if joined {
		e.bool("is_member", c.member(ch))
		e.num("num_members", int64(len(ch.members)))
	}
}

// userObject writes an account.
func (c *slackCall) userObject(e *encoder, u *slackUser) {
	e.open('{')
	defer e.close('}')
	e.str("id", u.id)
	if u.Stranger {
		e.str("team_id", "T0STRANGERS")
	} else {
		e.str("team_id", c.w.team)
	}
	e.str("name", u.Name)
	e.bool("deleted", u.Deleted)
	if !u.Deleted {
		e.str("color", hex.EncodeToString(digest(nil, u.id)[:3]))
		e.str("real_name", u.RealName)
		zone, offset := u.zone(c.now)
		e.str("tz", zone)
		e.str("tz_label", zone)
		e.num("tz_offset", int64(offset))
	}
	e.key("profile")
	c.profileObject(e, u, false)
	for _, flag := range []string{"is_admin", "is_owner", "is_primary_owner"} {
		e.bool(flag, false)
	}
	e.bool("is_restricted", u.Guest)
	e.bool("is_ultra_restricted", u.Single)
	e.bool("is_bot", u.Bot)
	e.bool("is_app_user", u.App)
	if u.Workflow {
		e.bool("is_workflow_bot", true)
	}
	if u.Stranger {
		e.bool("is_stranger", true)
	}
	e.num("updated", 1_700_000_000+u.edits)
	e.bool("is_email_confirmed", u.Email != "" && !u.Bot && !u.Unconfirmed)
}

// zone is the time zone that the account shows.
func (u *slackUser) zone(now time.Time) (name string, offset int) {
	if u.TZ == "" {
		if u.Bot {
			return "America/Los_Angeles", -8 * 3600
		}
		return "Etc/UTC", u.TZOffset
	}
	if u.TZOffset == 0 {
		if place, err := time.LoadLocation(u.TZ); err == nil {
			_, offset = now.In(place).Zone()
			return u.TZ, offset
		}
	}
	return u.TZ, u.TZOffset
}

// profileObject writes a profile; custom fields show in users.profile.get
// only.
func (c *slackCall) profileObject(e *encoder, u *slackUser, custom bool) {
	e.open('{')
	defer e.close('}')
	e.str("title", "")
	e.str("phone", "")
	e.str("skype", "")
	for _, key := range []string{"real_name", "real_name_normalized"} {
		e.str(key, u.RealName)
	}
	for _, key := range []string{"display_name", "display_name_normalized"} {
		e.str(key, u.Name)
	}
	e.str("status_text", "")
	e.str("status_emoji", "")
	e.num("status_expiration", 0)
	e.str("avatar_hash", hex.EncodeToString(digest(nil, "avatar", u.id)[:6]))
	if u.Bot {
		e.str("api_app_id", u.appID)
		e.str("bot_id", u.botID)
		e.bool("always_active", true)
	}
	if u.Email != "" && !u.Bot && c.granted("users:read.email") {
		e.str("email", u.Email)
	}
	first, last, _ := strings.Cut(u.RealName, " ")
	e.str("first_name", first)
	e.str("last_name", last)
	e.str("team", c.w.team)
	if !custom {
		return
	}
	// Slack writes an empty set of fields as a list.
	if len(u.Fields) == 0 {
		e.words("fields", nil)
		return
	}
	e.obj("fields")
	for i, label := range c.w.labels {
		if value, ok := u.Fields[label]; ok {
			e.obj(c.w.fieldID(i))
			e.str("value", value)
			e.str("alt", "")
			if c.flag("include_labels") {
				e.str("label", label)
			}
			e.close('}')
		}
	}
	e.close('}')
}

// fieldID is how profiles name a custom field.
func (w *Workspace) fieldID(i int) string {
	return "Xf0" + strings.ToUpper(hex.EncodeToString(digest(nil, w.team, w.labels[i])[:5]))
}

// messageObject writes a message.
func (c *slackCall) messageObject(e *encoder, ch *slackChannel, m *slackMessage) {
	e.open('{')
	defer e.close('}')
	c.messageHead(e, m)
	c.messageParts(e, m)
	if m.edited != "" {
		e.obj("edited")
		e.str("user", m.Author)
		e.str("ts", m.edited)
		e.close('}')
	}
	switch {
	case m.Thread != "":
		e.str("thread_ts", m.Thread)
		parent := ch.byTS[m.Thread]
		e.str("parent_user_id", parent.Author)
		if c.method == "conversations.history" {
			e.obj("root")
			c.messageHead(e, parent)
			c.threadMembers(e, parent)
			e.close('}')
		}
	case len(m.replies) > 0:
		c.threadMembers(e, m)
	}
	if len(m.reactions) > 0 && c.granted("reactions:read") {
		e.arr("reactions")
		for _, r := range m.reactions {
			e.open('{')
			e.str("name", r.name)
			// The list may be cut, the count is right.
			e.words("users", r.users[:min(len(r.users), 50)])
			e.num("count", int64(len(r.users)))
			e.close('}')
		}
		e.close(']')
	}
}

// messageHead writes who said what and when.
func (c *slackCall) messageHead(e *encoder, m *slackMessage) {
	e.str("type", "message")
	if m.Subtype != "" {
		e.str("subtype", m.Subtype)
	}
	if m.tombstone {
		e.bool("hidden", true)
	}
	u := m.author
	switch {
	case u == nil && m.Author == "":
		e.str("username", m.Username)
		e.str("bot_id", "B0"+strings.ToUpper(hex.EncodeToString(digest(nil, m.Username)[:5]))[:9])
	case u == nil:
		e.str("user", m.Author)
	default:
		e.str("user", u.id)
		e.str("team", c.w.team)
		if u.Bot {
			c.botMembers(e, u)
		} else if m.Subtype == "" {
			id := hex.EncodeToString(digest(nil, u.id, m.ts)[:16])
			e.strs("client_msg_id", id[:8], "-", id[8:12], "-", id[12:16], "-", id[16:20], "-", id[20:])
		}
	}
	e.str("text", m.Text)
	e.str("ts", m.ts)
}

func (c *slackCall) botMembers(e *encoder, u *slackUser) {
	e.str("bot_id", u.botID)
	e.str("app_id", u.appID)
	e.obj("bot_profile")
	e.str("id", u.botID)
	e.str("app_id", u.appID)
	e.str("name", u.RealName)
	e.bool("deleted", u.Deleted)
	e.num("updated", 1_700_000_000)
	e.str("team_id", c.w.team)
	e.close('}')
}

// messageParts writes what hangs on a message.
func (c *slackCall) messageParts(e *encoder, m *slackMessage) {
	if m.Blocks != nil {
		e.raw("blocks", m.Blocks)
	}
	switch {
	case m.RawAttachments != nil:
		e.raw("attachments", m.RawAttachments)
	case len(m.Attachments) > 0:
		e.arr("attachments")
		for i, a := range m.Attachments {
			e.sep()
			body := encoded(struct {
				ID int `json:"id"`
				Unfurl
			}{i + 1, a})
			e.b = append(e.b, body...)
		}
		e.close(']')
	}
	if len(m.Files) > 0 {
		e.raw("files", encoded(m.Files))
		e.bool("upload", true)
	}
	if m.Metadata != nil && c.flag("include_all_metadata") && c.granted("metadata.message:read") {
		e.raw("metadata", encoded(m.Metadata))
	}
}

// threadMembers writes what a parent says about its thread.
func (c *slackCall) threadMembers(e *encoder, m *slackMessage) {
	var users []string
	for _, r := range m.replies {
		if who := r.Author; who != "" && !slices.Contains(users, who) {
			users = append(users, who)
		}
	}
	e.str("thread_ts", m.ts)
	e.num("reply_count", int64(len(m.replies)))
	e.num("reply_users_count", int64(len(users)))
	if n := len(m.replies); n > 0 {
		e.str("latest_reply", m.replies[n-1].ts)
	}
	// The first five only; the count is of all.
	e.words("reply_users", users[:min(len(users), 5)])
	e.bool("is_locked", false)
	e.bool("subscribed", false)
}
