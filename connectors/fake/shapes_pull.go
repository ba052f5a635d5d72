package fake

import (
	"strconv"
	"strings"
)

// pullObject writes a pull request. Lists leave out what only the detail has.
func (v view) pullObject(e *encoder, is *issue, detail bool) {
	p, number := is.pull, strconv.Itoa(is.number)
	repoAPI, html := v.repoAPI(is.repo), v.html+"/"+is.repo.full()+"/pull/"+number
	api := repoAPI + "/pulls/" + number
	e.open('{')
	e.str("url", api)
	e.num("id", p.id)
	e.str("node_id", is.pullID)
	e.str("html_url", html)
	e.strs("diff_url", html, ".diff")
	e.strs("patch_url", html, ".patch")
	e.strs("issue_url", repoAPI, "/issues/", number)
	e.num("number", int64(is.number))
	e.str("state", is.state())
	e.bool("locked", false)
	e.str("title", is.title)
	v.user(e, "user", is.author)
	body(e, is.body)
	e.time("created_at", is.created)
	e.time("updated_at", is.updated)
	e.time("closed_at", is.closed)
	e.time("merged_at", p.merged)
	if p.mergeSHA == "" {
		e.null("merge_commit_sha")
	} else {
		e.str("merge_commit_sha", p.mergeSHA)
	}
	e.null("assignee")
	for _, k := range []string{"assignees", "requested_reviewers", "requested_teams"} {
		e.arr(k)
		e.close(']')
	}
	v.labels(e, is)
	v.milestone(e, is)
	e.bool("draft", p.draft)
	e.strs("commits_url", api, "/commits")
	e.strs("review_comments_url", api, "/comments")
	e.strs("comments_url", repoAPI, "/issues/", number, "/comments")
	e.strs("statuses_url", repoAPI, "/statuses/", p.headSHA)
	v.side(e, "head", is.repo, p.headRepo, p.headRef, p.headSHA)
	v.side(e, "base", is.repo, is.repo.full(), p.baseRef, p.baseSHA)
	e.str("author_association", is.author.association())
	e.null("auto_merge")
	e.null("active_lock_reason")
	if detail {
		v.pullDetail(e, is)
	}
	e.close('}')
}

func (v view) pullDetail(e *encoder, is *issue) {
	p := is.pull
	files := changed(p.commits)
	e.bool("merged", !p.merged.IsZero())
	e.null("mergeable")
	v.user(e, "merged_by", p.mergedBy)
	e.num("comments", int64(len(is.comments)))
	e.num("review_comments", int64(len(p.codeNotes)))
	e.num("commits", int64(len(p.commits)))
	e.num("additions", int64(12*len(files)))
	e.num("deletions", int64(3*len(files)))
	e.num("changed_files", int64(len(files)))
}

// side writes the head or base of a pull request. A deleted head repository
// is null, and so is its user.
func (v view) side(e *encoder, key string, r *repo, full, ref, sha string) {
	e.obj(key)
	owner := "unknown"
	side := v.w.byName[strings.ToLower(full)]
	if full != "" {
		owner, _, _ = strings.Cut(full, "/")
	}
	e.strs("label", owner, ":", ref)
	e.str("ref", ref)
	e.str("sha", sha)
	switch {
	case full == "":
		e.null("user")
		e.null("repo")
	case side == nil:
		// A fork that the world does not hold has a name and no more.
		e.obj("user")
		e.str("login", owner)
		e.close('}')
		e.obj("repo")
		e.num("id", r.id+1)
		e.str("full_name", full)
		e.bool("fork", true)
		e.close('}')
	default:
		e.key("user")
		e.open('{')
		e.str("login", owner)
		e.num("id", 4242)
		e.str("type", "Organization")
		e.close('}')
		e.key("repo")
		v.blob(e, side.id, func(e *encoder) { v.repoObject(e, side) })
	}
	e.close('}')
}

// review writes a review; a pending one has no submitted_at.
func (v view) review(e *encoder, is *issue, rv *review) {
	id, number := strconv.FormatInt(rv.id, 10), strconv.Itoa(is.number)
	e.open('{')
	e.num("id", rv.id)
	e.str("node_id", nodeID("PRR", is.repo.id, rv.id))
	v.user(e, "user", rv.author)
	e.str("body", rv.body)
	e.str("state", rv.state)
	e.strs("html_url", v.html, "/", is.repo.full(), "/pull/", number, "#pullrequestreview-", id)
	e.strs("pull_request_url", v.repoAPI(is.repo), "/pulls/", number)
	e.str("author_association", rv.author.association())
	if !rv.submitted.IsZero() {
		e.time("submitted_at", rv.submitted)
	}
	e.str("commit_id", rv.commitSHA)
	e.close('}')
}

// codeNote writes a comment on the code of a pull request.
func (v view) codeNote(e *encoder, c *comment) {
	id, number := strconv.FormatInt(c.id, 10), strconv.Itoa(c.issue.number)
	repoAPI := v.repoAPI(c.issue.repo)
	api := repoAPI + "/pulls/comments/" + id
	e.open('{')
	e.str("url", api)
	if c.reviewID == 0 {
		e.null("pull_request_review_id")
	} else {
		e.num("pull_request_review_id", c.reviewID)
	}
	e.num("id", c.id)
	e.str("node_id", nodeID("PRRC", c.issue.repo.id, c.id))
	e.str("diff_hunk", "@@ -1,4 +1,6 @@")
	e.str("path", c.path)
	e.str("commit_id", c.sha)
	e.str("original_commit_id", c.sha)
	v.user(e, "user", c.author)
	e.str("body", c.body)
	e.time("created_at", c.created)
	e.time("updated_at", c.updated)
	e.strs("html_url", v.html, "/", c.issue.repo.full(), "/pull/", number, "#discussion_r", id)
	e.strs("pull_request_url", repoAPI, "/pulls/", number)
	e.str("author_association", c.author.association())
	reactions(e, api)
	e.num("line", 4)
	e.str("side", "RIGHT")
	e.close('}')
}

// commitObject writes a commit. Only the detail lists files.
func (v view) commitObject(e *encoder, r *repo, c *commit, detail bool) {
	api := v.repoAPI(r) + "/commits/" + c.sha
	e.open('{')
	e.str("sha", c.sha)
	e.str("node_id", commitNodeID(r.id, c.sha))
	e.obj("commit")
	gitActor(e, "author", c.name, c.email, c.authored)
	name, email := c.committer()
	gitActor(e, "committer", name, email, c.committed)
	e.str("message", c.message)
	e.obj("tree")
	e.str("sha", c.sha)
	e.strs("url", v.repoAPI(r), "/git/trees/", c.sha)
	e.close('}')
	e.strs("url", v.repoAPI(r), "/git/commits/", c.sha)
	e.num("comment_count", 0)
	e.close('}')
	e.str("url", api)
	e.strs("html_url", v.html, "/", r.full(), "/commit/", c.sha)
	e.strs("comments_url", api, "/comments")
	v.user(e, "author", c.author)
	if c.byGitHub {
		e.raw("committer", []byte(`{"login":"web-flow","id":19864447,"node_id":"MDQ6VXNlcjE5ODY0NDQ3","type":"User"}`))
	} else {
		v.user(e, "committer", c.author)
	}
	e.arr("parents")
	for _, p := range c.parents {
		e.open('{')
		e.str("sha", p.sha)
		e.strs("url", v.repoAPI(r), "/commits/", p.sha)
		e.strs("html_url", v.html, "/", r.full(), "/commit/", p.sha)
		e.close('}')
	}
	e.close(']')
	if detail {
		v.files(e, c.files)
	}
	e.close('}')
}

func (c *commit) committer() (name, email string) {
	if c.byGitHub {
		return "GitHub", "noreply@github.com"
	}
	return c.name, c.email
}

func (v view) files(e *encoder, paths []string) {
	e.obj("stats")
	e.num("total", int64(15*len(paths)))
	e.num("additions", int64(12*len(paths)))
	e.num("deletions", int64(3*len(paths)))
	e.close('}')
	e.arr("files")
	for _, path := range paths {
		e.open('{')
		e.str("filename", path)
		e.str("status", "modified")
		e.num("additions", 12)
		e.num("deletions", 3)
		e.num("changes", 15)
		e.close('}')
	}
	e.close(']')
}
