package fake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SignedJiraDelivery returns the headers of a webhook delivery of the body: its
// signature with the secret, none when the secret is empty, and its identifier,
// which stays the same when Jira sends the delivery again.
func SignedJiraDelivery(secret, id string, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("User-Agent", "Atlassian Webhook HTTP Client")
	h.Set("X-Atlassian-Webhook-Identifier", id)
	h.Set("X-Atlassian-Webhook-Flow", "Primary")
	h.Set("X-Atlassian-Webhook-Retry", "0")
	if secret != "" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		h.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	return h
}

// Event returns the body of a webhook delivery about an issue as it stands,
// deleted ones included; nil when there never was one. Events are
// jira:issue_created, jira:issue_updated, jira:issue_deleted, comment_created,
// comment_updated, worklog_created, worklog_updated (about the newest comment
// or worklog) and issuelink_created. What a worklog event says about the issue
// is its id alone.
func (j *Jira) Event(event, key string, at time.Time) []byte {
	s := j.site
	s.mu.RLock()
	defer s.mu.RUnlock()
	is := s.byKey[strings.ToUpper(key)]
	if is == nil {
		return nil
	}
	c := &jiraCall{j: j, s: s, base: "https://jira.example.org", now: at, account: s.reader(j.opts.Account)}
	res := c.json(http.StatusOK, func(e *encoder) {
		e.num("timestamp", at.UnixMilli())
		e.str("webhookEvent", event)
		switch kind, _, _ := strings.Cut(event, "_"); {
		case kind == "worklog" && len(is.worklogs) > 0:
			e.key("worklog")
			c.worklog(e, is.worklogs[len(is.worklogs)-1])
			return
		case kind == "issuelink" && len(is.links) > 0:
			l := is.links[len(is.links)-1]
			e.object("issueLink", func() {
				e.num("id", l.id)
				e.num("sourceIssueId", l.from.id)
				e.num("destinationIssueId", l.to.id)
				e.object("issueLinkType", func() { c.linkTypeMembers(e, l.kind) })
			})
			return
		case kind == "comment" && len(is.comments) > 0:
			e.key("comment")
			c.comment(e, is, is.comments[len(is.comments)-1])
			e.key("issue")
			c.view([]string{"summary", "issuetype", "project", "status"}, false).issue(e, is)
			return
		}
		e.str("issue_event_type_name", "issue_"+strings.TrimPrefix(event, "jira:issue_"))
		e.key("issue")
		c.view([]string{"*all"}, false).issue(e, is)
		if n := len(is.histories); n > 0 && event == "jira:issue_updated" {
			h := is.histories[n-1]
			e.object("changelog", func() {
				e.str("id", strconv.FormatInt(h.id, 10))
				e.arr("items")
				for _, item := range h.items {
					for _, shown := range c.shown(item) {
						c.item(e, shown)
					}
				}
				e.close(']')
			})
		}
	})
	return res.body
}

// reader returns the account of a credential: an app of its own when the site
// has no such account.
func (s *JiraSite) reader(id string) *jiraUser {
	if u := s.userByID[id]; u != nil {
		return u
	}
	const name = "workdrift-reader"
	return &jiraUser{id: name, name: name, key: name, display: "Reader", zone: "Etc/UTC", loc: time.UTC, active: true, app: true}
}
