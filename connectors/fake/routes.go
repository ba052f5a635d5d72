package fake

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// route finds what answers a request.
func (c *call) route() *response {
	parts := strings.Split(strings.TrimPrefix(c.path, "/"), "/")
	post := c.r.Method == http.MethodPost
	switch {
	case c.path == "/graphql":
		return c.graphql()
	case post && len(parts) == 4 && parts[0] == "app" && parts[1] == "installations" && parts[3] == "access_tokens":
		return c.installationToken()
	case c.r.Method != http.MethodGet:
		return c.notFound()
	case c.path == "/rate_limit":
		return c.rateLimit()
	case c.path == "/user" && !c.authed:
		return c.fail(http.StatusUnauthorized, "Requires authentication")
	case c.g.opts.Private && !c.authed:
		return c.notFound()
	}
	c.g.world.mu.RLock()
	defer c.g.world.mu.RUnlock()
	switch {
	case c.path == "/user" && len(c.g.world.people) > 0:
		return c.object("", func(e *encoder) { c.v.userObject(e, c.g.world.people[0]) })
	case c.path == "/installation/repositories" && c.authed:
		return c.installationRepos()
	case len(parts) == 3 && (parts[0] == "orgs" || parts[0] == "users") && parts[2] == "repos":
		return c.ownerRepos(parts[1])
	case len(parts) == 5 && parts[0] == "orgs" && parts[2] == "teams" && parts[4] == "members":
		return c.teamMembers(parts[1] + "/" + parts[3])
	case len(parts) == 2 && parts[0] == "users":
		return c.oneUser(parts[1])
	case len(parts) >= 3 && parts[0] == "repos":
		return c.named(parts[1]+"/"+parts[2], parts[3:])
	case len(parts) >= 2 && parts[0] == "repositories":
		id, _ := strconv.ParseInt(parts[1], 10, 64)
		if r := c.g.world.byID[id]; r != nil && !r.revoked {
			return c.inRepo(r, parts[2:])
		}
	}
	return c.notFound()
}

// object answers with one object.
func (c *call) object(name string, write func(e *encoder)) *response {
	var e encoder
	write(&e)
	res := &response{status: http.StatusOK, body: e.b}
	if name != "" {
		res.items = []string{name}
	}
	return res
}

// moved redirects for good.
func (c *call) moved(path string) *response {
	target := c.v.api + path
	if c.r.URL.RawQuery != "" {
		target += "?" + c.r.URL.RawQuery
	}
	var e encoder
	e.open('{')
	e.str("message", "Moved Permanently")
	e.str("url", target)
	e.str("documentation_url", "https://docs.github.com/rest")
	e.close('}')
	return &response{status: http.StatusMovedPermanently, header: http.Header{"Location": {target}}, body: e.b}
}

func (c *call) oneUser(login string) *response {
	if u, err := c.g.world.user(login); err == nil && u != nil {
		return c.object("", func(e *encoder) { c.v.userObject(e, u) })
	}
	return c.notFound()
}

func (c *call) teamMembers(name string) *response {
	logins, ok := c.g.world.teams[strings.ToLower(name)]
	if !ok {
		return c.notFound()
	}
	var list []*user
	for _, login := range logins {
		if u, _ := c.g.world.user(login); u != nil {
			list = append(list, u)
		}
	}
	return paged(c, nil, list, lister[*user]{c.v.userObject, func(u *user) string { return "user:" + u.login }})
}

// named answers below a repository's name; an old name redirects to its id.
func (c *call) named(name string, rest []string) *response {
	r, err := c.g.world.repo(name)
	if err != nil || r.revoked {
		return c.notFound()
	}
	if !strings.EqualFold(r.full(), name) {
		return c.moved(strings.Join(append([]string{fmt.Sprintf("/repositories/%d", r.id)}, rest...), "/"))
	}
	return c.inRepo(r, rest)
}

func repoName(r *repo) string { return fmt.Sprintf("repo:%d", r.id) }

func (c *call) repoLister() lister[*repo] {
	return lister[*repo]{c.v.repoObject, repoName}
}

func (c *call) ownerRepos(owner string) *response {
	var list []*repo
	known := strings.EqualFold(owner, c.g.world.org)
	for _, r := range c.g.world.repos {
		if strings.EqualFold(r.owner, owner) {
			known = true
			if !r.revoked {
				list = append(list, r)
			}
		}
	}
	if u, _ := c.g.world.user(owner); !known && u == nil {
		return c.notFound()
	}
	return paged(c, nil, list, c.repoLister())
}

func (c *call) installationRepos() *response {
	var list []*repo
	for _, r := range c.g.world.repos {
		if !r.revoked {
			list = append(list, r)
		}
	}
	res := paged(c, nil, list, c.repoLister())
	var e encoder
	e.open('{')
	e.num("total_count", int64(len(list)))
	e.str("repository_selection", "all")
	e.raw("repositories", res.body)
	e.close('}')
	res.body = e.b
	return res
}

// inRepo answers what is below a repository.
func (c *call) inRepo(r *repo, rest []string) *response {
	if len(rest) == 0 {
		return c.object(repoName(r), func(e *encoder) { c.v.repoObject(e, r) })
	}
	tail := strings.Join(rest[1:], "/")
	switch rest[0] {
	case "issues":
		return c.issues(r, rest[1:])
	case "pulls":
		return c.pulls(r, rest[1:])
	case "commits":
		return c.commits(r, rest[1:])
	case "compare":
		return c.compare(r, tail)
	case "branches":
		return c.branch(r, tail)
	case "git":
		for _, prefix := range []string{"ref/heads/", "refs/heads/"} {
			if name, ok := strings.CutPrefix(tail, prefix); ok {
				return c.ref(r, name)
			}
		}
	}
	return c.notFound()
}

// issues answers below /issues.
func (c *call) issues(r *repo, rest []string) *response {
	if len(rest) == 0 {
		return c.listIssues(r)
	}
	if rest[0] == "comments" && len(rest) == 1 {
		return c.notes(r, r.comments, c.v.comment, "asc")
	}
	number, err := strconv.Atoi(rest[0])
	is := r.byNumber[number]
	if err != nil || is == nil {
		return c.notFound()
	}
	if is.deleted {
		return c.fail(http.StatusGone, "This issue was deleted")
	}
	if to := is.movedTo; to != nil {
		if to.repo.revoked {
			return c.notFound()
		}
		path := fmt.Sprintf("/repositories/%d/issues/%d", to.repo.id, to.number)
		return c.moved(strings.Join(append([]string{path}, rest[1:]...), "/"))
	}
	switch {
	case len(rest) == 1:
		return c.object(is.name, func(e *encoder) { c.v.issueObject(e, is) })
	case len(rest) == 2 && rest[1] == "comments":
		return c.notes(r, is.comments, c.v.comment, "")
	}
	return c.notFound()
}
