package fake

import (
	"strconv"
	"strings"
)

// actor writes an account as GraphQL shows it: a machine's login has no
// "[bot]", its type tells.
func actor(e *encoder, key string, u *user) {
	if u = u.visible(); u == nil {
		e.null(key)
		return
	}
	e.obj(key)
	e.str("__typename", u.kind())
	e.str("login", strings.TrimSuffix(u.login, "[bot]"))
	e.num("databaseId", u.id)
	e.close('}')
}

// node writes an issue or a pull request.
func (v view) node(e *encoder, is *issue, q query) {
	e.open('{')
	e.str("id", is.pullID)
	e.num("number", int64(is.number))
	e.str("title", is.title)
	e.str("body", is.body)
	e.time("createdAt", is.created)
	e.time("updatedAt", is.updated)
	e.time("closedAt", is.closed)
	actor(e, "author", is.author)
	v.repository(e, is.repo)
	nodes(e, q, "labels", is.labels, func(name string) {
		e.open('{')
		e.str("name", name)
		e.close('}')
	})
	if is.milestone == nil {
		e.null("milestone")
	} else {
		e.obj("milestone")
		e.num("number", int64(is.milestone.number))
		e.str("title", is.milestone.title)
		e.close('}')
	}
	if is.pull == nil {
		e.str("__typename", "Issue")
		e.num("databaseId", is.id)
		e.strs("url", v.html, "/", is.repo.full(), "/issues/", strconv.Itoa(is.number))
		e.strs("state", strings.ToUpper(is.state()))
		e.close('}')
		return
	}
	v.pullNode(e, is, q)
	e.close('}')
}

func (v view) repository(e *encoder, r *repo) {
	e.obj("repository")
	e.str("nameWithOwner", r.full())
	e.num("databaseId", r.id)
	if r.branches[r.defaultBranch] == "" {
		e.null("defaultBranchRef")
	} else {
		e.obj("defaultBranchRef")
		e.str("name", r.defaultBranch)
		e.close('}')
	}
	e.close('}')
}

func (v view) pullNode(e *encoder, is *issue, q query) {
	p := is.pull
	files := changed(p.commits)
	e.str("__typename", "PullRequest")
	e.num("databaseId", p.id)
	e.strs("url", v.html, "/", is.repo.full(), "/pull/", strconv.Itoa(is.number))
	switch {
	case !p.merged.IsZero():
		e.str("state", "MERGED")
	default:
		e.str("state", strings.ToUpper(is.state()))
	}
	e.bool("merged", !p.merged.IsZero())
	e.bool("isDraft", p.draft)
	e.time("mergedAt", p.merged)
	e.str("baseRefName", p.baseRef)
	e.str("headRefName", p.headRef)
	e.str("headRefOid", p.headSHA)
	if p.headRepo == "" {
		e.null("headRepository")
	} else {
		e.obj("headRepository")
		e.str("nameWithOwner", p.headRepo)
		e.close('}')
	}
	actor(e, "mergedBy", p.mergedBy)
	if p.mergeSHA == "" {
		e.null("mergeCommit")
	} else {
		e.obj("mergeCommit")
		e.str("oid", p.mergeSHA)
		e.close('}')
	}
	e.num("additions", int64(12*len(files)))
	e.num("deletions", int64(3*len(files)))
	e.num("changedFiles", int64(len(files)))
	nodes(e, q, "commits", p.commits, func(c *commit) {
		e.open('{')
		v.commitNode(e, is.repo, c)
		e.close('}')
	})
	nodes(e, q, "reviews", p.reviews, func(rv *review) { reviewNode(e, is.repo, rv) })
	nodes(e, q, "closingIssuesReferences", v.w.closing(is), func(to *issue) {
		e.open('{')
		e.str("id", to.pullID)
		e.num("number", int64(to.number))
		e.obj("repository")
		e.str("nameWithOwner", to.repo.full())
		e.num("databaseId", to.repo.id)
		e.close('}')
		e.close('}')
	})
	nodes(e, q, "files", files, func(path string) {
		e.open('{')
		e.str("path", path)
		e.num("additions", 12)
		e.num("deletions", 3)
		e.close('}')
	})
}

// commitNode writes a commit with the author's offset, which REST loses.
func (v view) commitNode(e *encoder, r *repo, c *commit) {
	e.obj("commit")
	e.str("id", commitNodeID(r.id, c.sha))
	e.str("oid", c.sha)
	e.str("message", c.message)
	headline, _, _ := strings.Cut(c.message, "\n")
	e.str("messageHeadline", headline)
	e.time("authoredDate", c.authored)
	e.time("committedDate", c.committed)
	e.obj("parents")
	e.num("totalCount", int64(len(c.parents)))
	e.close('}')
	author := func(name, email string, u *user) {
		e.str("name", name)
		e.str("email", email)
		e.zoned("date", c.authored)
		if u = u.visible(); u == nil {
			e.null("user")
		} else {
			e.obj("user")
			e.str("__typename", "User")
			e.str("login", u.login)
			e.num("databaseId", u.id)
			e.close('}')
		}
		e.close('}')
	}
	e.obj("author")
	author(c.name, c.email, c.author)
	e.obj("authors")
	e.num("totalCount", int64(1+len(c.coAuthors)))
	e.arr("nodes")
	e.open('{')
	author(c.name, c.email, c.author)
	for _, u := range c.coAuthors {
		e.open('{')
		author(u.name, u.email, u)
	}
	e.close(']')
	e.close('}')
	e.close('}')
}

func reviewNode(e *encoder, r *repo, rv *review) {
	e.open('{')
	e.str("id", nodeID("PRR", r.id, rv.id))
	e.num("databaseId", rv.id)
	e.str("state", rv.state)
	e.time("submittedAt", rv.submitted)
	actor(e, "author", rv.author)
	e.close('}')
}
