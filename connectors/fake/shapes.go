package fake

import (
	"net/url"
	"strconv"
	"time"
)

// A view writes a world's objects as REST shapes them. Addresses in the
// objects start with the address the client used.
type view struct {
	w    *World
	api  string // "http://127.0.0.1:4711", with the prefix of an Enterprise Server
	html string // "http://127.0.0.1:4711"
	// blobs keeps what one answer repeats: its accounts and repositories.
	blobs map[int64][]byte
}

// blob writes an object that an answer repeats.
func (v view) blob(e *encoder, id int64, write func(*encoder)) {
	b, ok := v.blobs[id]
	if !ok {
		var own encoder
		write(&own)
		b = own.b
		v.blobs[id] = b
	}
	e.b = append(e.b, b...)
}

// user writes an account, null for one that was deleted.
func (v view) user(e *encoder, key string, u *user) {
	if u = u.visible(); u == nil {
		e.null(key)
		return
	}
	e.key(key)
	v.blob(e, u.id, func(e *encoder) { v.userObject(e, u) })
}

func (v view) userObject(e *encoder, u *user) {
	slug := url.PathEscape(u.login)
	api, id := v.api+"/users/"+slug, strconv.FormatInt(u.id, 10)
	e.open('{')
	e.str("login", u.login)
	e.num("id", u.id)
	e.str("node_id", u.nodeID())
	e.strs("avatar_url", v.html, "/avatars/u/", id, "?v=4")
	e.str("gravatar_id", "")
	e.str("url", api)
	if u.bot {
		e.strs("html_url", v.html, "/apps/", slug)
	} else {
		e.strs("html_url", v.html, "/", slug)
	}
	e.strs("followers_url", api, "/followers")
	e.strs("following_url", api, "/following{/other_user}")
	e.strs("gists_url", api, "/gists{/gist_id}")
	e.strs("starred_url", api, "/starred{/owner}{/repo}")
	e.strs("subscriptions_url", api, "/subscriptions")
	e.strs("organizations_url", api, "/orgs")
	e.strs("repos_url", api, "/repos")
	e.strs("events_url", api, "/events{/privacy}")
	e.strs("received_events_url", api, "/received_events")
	e.str("type", u.kind())
	e.bool("site_admin", false)
	e.close('}')
}

func (u *user) nodeID() string {
	if u.bot {
		return nodeID("BOT", 0, u.id)
	}
	return nodeID("U", 0, u.id)
}

func (u *user) kind() string {
	if u.bot {
		return "Bot"
	}
	return "User"
}

// association is what the author of something is to the repository.
func (u *user) association() string {
	if u = u.visible(); u == nil || u.bot {
		return "NONE"
	}
	return "MEMBER"
}

func (v view) owner(e *encoder, r *repo) {
	api := v.api + "/users/" + r.owner
	e.obj("owner")
	e.str("login", r.owner)
	e.num("id", 4242)
	e.str("node_id", nodeID("O", 0, 4242))
	e.str("url", api)
	e.strs("html_url", v.html, "/", r.owner)
	e.strs("repos_url", api, "/repos")
	e.str("type", "Organization")
	e.bool("site_admin", false)
	e.close('}')
}

// repoFields are the addresses below a repository that its object names.
var repoFields = []struct{ key, path string }{
	{"forks_url", "/forks"}, {"teams_url", "/teams"}, {"hooks_url", "/hooks"},
	{"issue_events_url", "/issues/events{/number}"}, {"events_url", "/events"},
	{"branches_url", "/branches{/branch}"}, {"tags_url", "/tags"}, {"git_refs_url", "/git/refs{/sha}"},
	{"statuses_url", "/statuses/{sha}"}, {"languages_url", "/languages"}, {"contributors_url", "/contributors"},
	{"commits_url", "/commits{/sha}"}, {"comments_url", "/comments{/number}"},
	{"issue_comment_url", "/issues/comments{/number}"}, {"compare_url", "/compare/{base}...{head}"},
	{"issues_url", "/issues{/number}"}, {"pulls_url", "/pulls{/number}"}, {"milestones_url", "/milestones{/number}"},
	{"labels_url", "/labels{/name}"}, {"releases_url", "/releases{/id}"},
}

func (v view) repoObject(e *encoder, r *repo) {
	full := r.full()
	api := v.api + "/repos/" + full
	e.open('{')
	e.num("id", r.id)
	e.str("node_id", nodeID("R", 0, r.id))
	e.str("name", r.name)
	e.str("full_name", full)
	e.bool("private", true)
	v.owner(e, r)
	e.strs("html_url", v.html, "/", full)
	e.str("description", r.description)
	e.bool("fork", r.fork)
	e.str("url", api)
	for _, f := range repoFields {
		e.strs(f.key, api, f.path)
	}
	e.time("created_at", r.created)
	e.time("updated_at", r.updated)
	e.time("pushed_at", r.pushed)
	e.strs("clone_url", v.html, "/", full, ".git")
	e.num("size", int64(len(r.commits)))
	e.null("language")
	e.bool("has_issues", true)
	e.bool("archived", r.archived)
	e.bool("disabled", false)
	open := int64(0)
	for _, is := range r.issues {
		if is.closed.IsZero() {
			open++
		}
	}
	e.num("open_issues_count", open)
	e.arr("topics")
	e.close(']')
	e.str("visibility", "private")
	e.str("default_branch", r.defaultBranch)
	e.close('}')
}

func (v view) labels(e *encoder, is *issue) {
	e.arr("labels")
	for _, name := range is.labels {
		id := is.repo.labels[name]
		e.open('{')
		e.num("id", id)
		e.str("node_id", nodeID("LA", is.repo.id, id))
		e.strs("url", v.repoAPI(is.repo), "/labels/", url.PathEscape(name))
		e.str("name", name)
		e.str("color", "ededed")
		e.bool("default", false)
		e.null("description")
		e.close('}')
	}
	e.close(']')
}

func (v view) repoAPI(r *repo) string { return v.api + "/repos/" + r.full() }

func (v view) milestone(e *encoder, is *issue) {
	m := is.milestone
	if m == nil {
		e.null("milestone")
		return
	}
	number := strconv.Itoa(m.number)
	e.obj("milestone")
	e.strs("url", v.repoAPI(is.repo), "/milestones/", number)
	e.strs("html_url", v.html, "/", is.repo.full(), "/milestone/", number)
	e.num("id", m.id)
	e.str("node_id", nodeID("MI", is.repo.id, m.id))
	e.num("number", int64(m.number))
	e.str("title", m.title)
	e.null("description")
	e.str("state", "open")
	e.time("created_at", m.created)
	e.time("updated_at", m.created)
	e.null("due_on")
	e.null("closed_at")
	e.close('}')
}

// body writes a text, null when it is empty.
func body(e *encoder, text string) {
	if text == "" {
		e.null("body")
		return
	}
	e.str("body", text)
}

func reactions(e *encoder, api string) {
	e.obj("reactions")
	e.strs("url", api, "/reactions")
	for _, k := range []string{"total_count", "+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		e.num(k, 0)
	}
	e.close('}')
}

// issueObject writes an issue, or a pull request as the issues API shows it:
// with the id of the issue, and a pull_request member.
func (v view) issueObject(e *encoder, is *issue) {
	number := strconv.Itoa(is.number)
	repoAPI := v.repoAPI(is.repo)
	api, html := repoAPI+"/issues/"+number, v.html+"/"+is.repo.full()
	e.open('{')
	e.str("url", api)
	e.str("repository_url", repoAPI)
	e.strs("labels_url", api, "/labels{/name}")
	e.strs("comments_url", api, "/comments")
	e.strs("events_url", api, "/events")
	if is.pull == nil {
		e.strs("html_url", html, "/issues/", number)
	} else {
		e.strs("html_url", html, "/pull/", number)
	}
	e.num("id", is.id)
	e.str("node_id", is.pullID)
	e.num("number", int64(is.number))
	e.str("title", is.title)
	v.user(e, "user", is.author)
	v.labels(e, is)
	e.str("state", is.state())
	e.bool("locked", false)
	e.null("assignee")
	e.arr("assignees")
	e.close(']')
	v.milestone(e, is)
	e.num("comments", int64(len(is.comments)))
	e.time("created_at", is.created)
	e.time("updated_at", is.updated)
	e.time("closed_at", is.closed)
	e.str("author_association", is.author.association())
	e.null("active_lock_reason")
	if p := is.pull; p != nil {
		e.bool("draft", p.draft)
		e.obj("pull_request")
		e.strs("url", repoAPI, "/pulls/", number)
		e.strs("html_url", html, "/pull/", number)
		e.strs("diff_url", html, "/pull/", number, ".diff")
		e.strs("patch_url", html, "/pull/", number, ".patch")
		e.time("merged_at", p.merged)
		e.close('}')
	}
	body(e, is.body)
	v.user(e, "closed_by", is.closedBy)
	reactions(e, api)
	e.strs("timeline_url", api, "/timeline")
	e.null("performed_via_github_app")
	if is.reason == "" {
		e.null("state_reason")
	} else {
		e.str("state_reason", is.reason)
	}
	e.close('}')
}

// comment writes a comment on an issue or pull request.
func (v view) comment(e *encoder, c *comment) {
	id := strconv.FormatInt(c.id, 10)
	repoAPI := v.repoAPI(c.issue.repo)
	api, number := repoAPI+"/issues/comments/"+id, strconv.Itoa(c.issue.number)
	kind := "/issues/"
	if c.issue.pull != nil {
		kind = "/pull/"
	}
	e.open('{')
	e.str("url", api)
	e.strs("html_url", v.html, "/", c.issue.repo.full(), kind, number, "#issuecomment-", id)
	e.strs("issue_url", repoAPI, "/issues/", number)
	e.num("id", c.id)
	e.str("node_id", nodeID("IC", c.issue.repo.id, c.id))
	v.user(e, "user", c.author)
	e.time("created_at", c.created)
	e.time("updated_at", c.updated)
	e.str("author_association", c.author.association())
	e.str("body", c.body)
	reactions(e, api)
	e.null("performed_via_github_app")
	e.close('}')
}

// gitActor writes the author or committer of a commit. REST gives the time in
// UTC: the author's offset is lost.
func gitActor(e *encoder, key, name, email string, at time.Time) {
	e.obj(key)
	e.str("name", name)
	e.str("email", email)
	e.time("date", at)
	e.close('}')
}
