package main

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"
)

// How the oracle of the demo reads the code host and the chat.

type hubPerson struct{ Login string }

func (p *hubPerson) machine() bool { return strings.HasSuffix(p.Login, "[bot]") }

type hubCommit struct {
	SHA    string
	Author *hubPerson
	Commit struct {
		Message string
		Author  struct {
			Email string
			Date  time.Time
		}
	}
	Parents []struct{ SHA string }
}

// by is everybody who wrote a commit.
func (c *hubCommit) by() []string {
	who := []string{"email:" + c.Commit.Author.Email}
	if c.Author != nil {
		who = []string{"github:" + c.Author.Login}
	}
	for _, m := range trailer.FindAllStringSubmatch(c.Commit.Message, -1) {
		who = append(who, "email:"+m[1])
	}
	return who
}

// same is what two copies of a commit have in common.
func (c *hubCommit) same() string {
	subject, _, _ := strings.Cut(c.Commit.Message, "\n")
	return fmt.Sprint(c.Commit.Author.Email, c.Commit.Author.Date.Unix(), subject)
}

type hubPull struct {
	Number      int
	Title, Body string
	User        hubPerson
	Labels      []struct{ Name string }
	Head        struct{ Ref string }
	Created     time.Time `json:"created_at"`
	Updated     time.Time `json:"updated_at"`
	Merge       string    `json:"merge_commit_sha"`
}

// pages reads a list to its end.
func pages[T any](h *hand, address string) (all []T) {
	for n := 1; ; n++ {
		var page []T
		h.ask(fmt.Sprintf("%s%sper_page=100&page=%d", address, map[bool]string{true: "&", false: "?"}[strings.Contains(address, "?")], n), &page)
		if all = append(all, page...); len(page) < 100 {
			return all
		}
	}
}

func (h *hand) readGitHub() {
	for _, r := range pages[struct {
		ID   int64
		Name string `json:"full_name"`
	}](h, h.org.GitHub()+"/orgs/harbourline/repos") {
		h.readRepo(r.Name, fmt.Sprintf("R%d/", r.ID))
	}
}

func (h *hand) readRepo(name, prefix string) {
	root := h.org.GitHub() + "/repos/" + name
	carried, pulls, authors := map[string]*piece{}, map[string]*piece{}, map[string]string{}
	for _, w := range pages[hubPull](h, root+"/pulls?state=all") {
		if dateOf(w.Updated) < h.since {
			continue
		}
		number := fmt.Sprint(w.Number)
		p := &piece{source: "github", id: prefix + number}
		pulls[number], authors[number], carried[w.Merge] = p, w.User.Login, p
		labels, files := []string{}, []string{}
		for _, l := range w.Labels {
			labels = append(labels, l.Name)
		}
		for _, f := range pages[struct{ Filename string }](h, root+"/pulls/"+number+"/files") {
			files = append(files, f.Filename)
		}
		p.rule = h.rules(labels, files, name, w.User.machine())
		h.follows(p, 100, titleKey.FindStringSubmatch(w.Title), fixesKey.FindStringSubmatch(w.Body), headKey.FindStringSubmatch(w.Head.Ref))
		h.did("github:"+w.User.Login, w.Created, p, wrote)
		for _, c := range pages[hubCommit](h, root+"/pulls/"+number+"/commits") {
			carried[c.SHA], carried[c.same()] = p, p
			h.wrote(&c, p)
		}
		for _, v := range pages[struct {
			User hubPerson
			At   time.Time `json:"submitted_at"`
		}](h, root+"/pulls/"+number+"/reviews") {
			h.remarked(v.User, w.User.Login, v.At, p)
		}
	}
	for _, list := range []string{"/issues/comments", "/pulls/comments"} {
		for _, c := range pages[struct {
			User  hubPerson
			At    time.Time `json:"created_at"`
			Issue string    `json:"issue_url"`
			Pull  string    `json:"pull_request_url"`
		}](h, root+list) {
			number := path.Base(c.Issue + c.Pull)
			if p := pulls[number]; p != nil {
				h.remarked(c.User, authors[number], c.At, p)
			}
		}
	}
	for _, c := range pages[hubCommit](h, root+"/commits") {
		p := carried[c.SHA]
		if p == nil {
			p = carried[c.same()]
		}
		if p == nil {
			p = &piece{source: "github", id: prefix + c.SHA, rule: h.rules(nil, nil, name, false)}
			h.follows(p, 100, titleKey.FindStringSubmatch(c.Commit.Message))
		}
		if len(c.Parents) < 2 {
			h.wrote(&c, p)
		}
	}
}

func (h *hand) wrote(c *hubCommit, p *piece) {
	for _, who := range c.by() {
		h.did(who, c.Commit.Author.Date, p, wrote)
	}
}

// remarked enters a review or a comment: about another's change, or one's own.
func (h *hand) remarked(by hubPerson, author string, at time.Time, p *piece) {
	how := reviewed
	if by.Login == author {
		how = talked
	}
	h.did("github:"+by.Login, at, p, how)
}

type slackRead struct {
	User, TS, Text, Subtype string
	Replies                 int `json:"reply_count"`
}

func (m *slackRead) at() time.Time {
	var seconds int64
	fmt.Sscanf(m.TS, "%d.", &seconds)
	return time.Unix(seconds, 0)
}

func (h *hand) readSlack() {
	var team struct {
		ID string `json:"team_id"`
	}
	h.ask(h.org.Slack()+"/api/auth.test", &team)
	var list struct {
		Channels []struct {
			ID, Name string
			Member   bool `json:"is_member"`
		}
	}
	h.ask(h.org.Slack()+"/api/conversations.list?limit=200&types=public_channel", &list)
	for _, c := range list.Channels {
		if !c.Member {
			continue
		}
		for _, m := range h.messages("history", c.ID, "") {
			p := &piece{source: "slack", id: team.ID + "/" + c.ID + "/" + m.TS, thread: true}
			h.follows(p, 70, browsed.FindStringSubmatch(m.Text))
			thread := []slackRead{m}
			if m.Replies > 0 {
				thread = h.messages("replies", c.ID, "&ts="+m.TS)
			}
			for _, one := range thread {
				h.did("slack:"+one.User, one.at(), p, talked)
			}
		}
	}
}

func (h *hand) messages(method, channel, more string) (all []slackRead) {
	for cursor := ""; ; {
		var page struct {
			Messages []slackRead
			Meta     struct {
				Next string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		h.ask(h.org.Slack()+"/api/conversations."+method+"?limit=900&channel="+channel+more+"&cursor="+url.QueryEscape(cursor), &page)
		all = append(all, page.Messages...)
		if cursor = page.Meta.Next; cursor == "" {
			return all
		}
	}
}
