package fake

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPullCommits is how many commits of a pull request the API lists.
const maxPullCommits = 250

// notes answers with comments, by id unless the request sorts them. The
// comments of one issue cannot be sorted: direction is then empty.
func (c *call) notes(r *repo, list []*comment, write func(*encoder, *comment), direction string) *response {
	since, epoch, err := c.since()
	if err != nil {
		return c.fail(http.StatusUnprocessableEntity, "Validation Failed")
	}
	list = slices.Clone(list)
	if epoch {
		list = nil
	}
	list = slices.DeleteFunc(list, func(n *comment) bool { return n.updated.Before(since) })
	q := c.r.URL.Query()
	if sort := q.Get("sort"); sort != "" && direction != "" {
		key := func(n *comment) int64 { return n.created.Unix() }
		if sort == "updated" {
			key = func(n *comment) int64 { return n.updated.Unix() }
		}
		slices.SortFunc(list, func(a, b *comment) int { return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a.id, b.id)) })
		if cmp.Or(q.Get("direction"), "desc") == "desc" {
			slices.Reverse(list)
		}
	}
	return paged(c, r, list, lister[*comment]{write, func(n *comment) string { return n.log }})
}

// pulls answers below /pulls.
func (c *call) pulls(r *repo, rest []string) *response {
	if len(rest) == 0 {
		return c.listPulls(r)
	}
	if rest[0] == "comments" && len(rest) == 1 {
		return c.notes(r, r.codeNotes, c.v.codeNote, "asc")
	}
	number, _ := strconv.Atoi(rest[0])
	is := r.byNumber[number]
	if is == nil || is.pull == nil || is.deleted {
		return c.notFound()
	}
	p := is.pull
	if len(rest) == 1 {
		return c.object(is.pullName(), func(e *encoder) { c.v.pullObject(e, is, true) })
	}
	switch rest[1] {
	case "commits":
		return paged(c, r, p.commits[:min(len(p.commits), maxPullCommits)], c.commitLister(r))
	case "reviews":
		write := func(e *encoder, v *review) { c.v.review(e, is, v) }
		return paged(c, r, p.reviews, lister[*review]{write, func(v *review) string { return v.log }})
	case "comments":
		return c.notes(r, p.codeNotes, c.v.codeNote, "asc")
	case "files":
		return c.pullFiles(r, p)
	}
	return c.notFound()
}

func (is *issue) pullName() string { return "pull:" + strings.TrimPrefix(is.name, "issue:") }

func (c *call) pullFiles(r *repo, p *pull) *response {
	write := func(e *encoder, path string) {
		e.open('{')
		e.str("filename", path)
		e.str("status", "modified")
		e.close('}')
	}
	return paged(c, r, changed(p.commits), lister[string]{write, func(path string) string { return "file:" + path }})
}

// listPulls answers GET /repos/…/pulls, which knows no since.
func (c *call) listPulls(r *repo) *response {
	q := c.r.URL.Query()
	direction := "asc"
	if cmp.Or(q.Get("sort"), "created") == "created" {
		direction = "desc"
	}
	sort, dir, state, ok := c.arrangement(direction)
	if !ok {
		return c.fail(http.StatusUnprocessableEntity, "Validation Failed")
	}
	items := r.ordered(sort, dir, true)
	if base := q.Get("base"); state != "all" || base != "" {
		items = slices.DeleteFunc(slices.Clone(items), func(is *issue) bool {
			return state != "all" && is.state() != state || base != "" && base != is.pull.baseRef
		})
	}
	write := func(e *encoder, is *issue) { c.v.pullObject(e, is, false) }
	return paged(c, r, items, lister[*issue]{write, (*issue).pullName})
}

func (c *call) commitLister(r *repo) lister[*commit] {
	write := func(e *encoder, k *commit) { c.v.commitObject(e, r, k, false) }
	return lister[*commit]{write, func(k *commit) string { return k.log }}
}

// commits answers below /commits.
func (c *call) commits(r *repo, rest []string) *response {
	if len(r.commits) == 0 {
		return c.fail(http.StatusConflict, "Git Repository is empty.")
	}
	if len(rest) == 0 {
		return c.listCommits(r)
	}
	if n := len(rest) - 1; n > 0 && rest[n] == "pulls" {
		var carriers []*issue
		for _, is := range r.carriers[strings.ToLower(strings.Join(rest[:n], "/"))] {
			if !slices.Contains(carriers, is) {
				carriers = append(carriers, is)
			}
		}
		write := func(e *encoder, is *issue) { c.v.pullObject(e, is, false) }
		return paged(c, r, carriers, lister[*issue]{write, (*issue).pullName})
	}
	ref := strings.Join(rest, "/")
	k := r.resolve(ref)
	if k == nil {
		return c.fail(http.StatusUnprocessableEntity, "No commit found for SHA: "+ref)
	}
	return c.object(k.log, func(e *encoder) { c.v.commitObject(e, r, k, true) })
}

// listCommits answers GET /repos/…/commits. Its since and until look at the
// committer date: a commit that was made earlier and pushed later is missed.
func (c *call) listCommits(r *repo) *response {
	q := c.r.URL.Query()
	head := r.resolve(cmp.Or(q.Get("sha"), r.defaultBranch))
	if head == nil {
		return c.notFound()
	}
	since, _, err := c.since()
	until, untilErr := time.Parse(time.RFC3339, cmp.Or(q.Get("until"), "9999-12-31T00:00:00Z"))
	if err != nil || untilErr != nil {
		return c.fail(http.StatusUnprocessableEntity, "Validation Failed")
	}
	list := r.walk(head)
	if !since.IsZero() || q.Get("until") != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(k *commit) bool {
			return k.committed.Before(since) || k.committed.After(until)
		})
	}
	return paged(c, r, list, c.commitLister(r))
}

// compare answers GET /repos/…/compare/a...b.
func (c *call) compare(r *repo, spec string) *response {
	from, to, ok := strings.Cut(spec, "...")
	base, head := r.resolve(from), r.resolve(to)
	if !ok || base == nil || head == nil {
		return c.notFound()
	}
	ahead, behind, fork := compare(base, head)
	if fork == nil {
		return c.fail(http.StatusNotFound, "No common ancestor between "+from+" and "+to+".")
	}
	status := "identical"
	switch {
	case len(ahead) > 0 && behind > 0:
		status = "diverged"
	case len(ahead) > 0:
		status = "ahead"
	case behind > 0:
		status = "behind"
	}
	page, size := c.paging()
	if !c.r.URL.Query().Has("per_page") && !c.r.URL.Query().Has("page") {
		size = maxPullCommits
	}
	shown := window(ahead, (page-1)*size, size)
	list := c.commitLister(r).render(c, shown)
	var e encoder
	e.open('{')
	e.strs("url", c.v.repoAPI(r), "/compare/", spec)
	e.key("base_commit")
	c.v.commitObject(&e, r, base, false)
	e.key("merge_base_commit")
	c.v.commitObject(&e, r, fork, false)
	e.str("status", status)
	e.num("ahead_by", int64(len(ahead)))
	e.num("behind_by", int64(behind))
	e.num("total_commits", int64(len(ahead)))
	e.raw("commits", list.body)
	if page == 1 {
		c.v.files(&e, changed(ahead))
	}
	e.close('}')
	res := &response{status: http.StatusOK, body: e.b, items: list.items}
	c.pageLinks(res, r, page, (len(ahead)+size-1)/size, true)
	return res
}

func (c *call) branch(r *repo, name string) *response {
	head := r.commits[r.branches[name]]
	if head == nil {
		return c.fail(http.StatusNotFound, "Branch not found")
	}
	return c.object("", func(e *encoder) {
		e.open('{')
		e.str("name", name)
		e.key("commit")
		c.v.commitObject(e, r, head, false)
		e.bool("protected", name == r.defaultBranch)
		e.close('}')
	})
}

func (c *call) ref(r *repo, name string) *response {
	if len(r.commits) == 0 {
		return c.fail(http.StatusConflict, "Git Repository is empty.")
	}
	head := r.commits[r.branches[name]]
	if head == nil {
		return c.notFound()
	}
	return c.object("", func(e *encoder) {
		e.open('{')
		e.str("ref", "refs/heads/"+name)
		e.strs("url", c.v.repoAPI(r), "/git/refs/heads/", name)
		e.obj("object")
		e.str("sha", head.sha)
		e.str("type", "commit")
		e.strs("url", c.v.repoAPI(r), "/git/commits/", head.sha)
		e.close('}')
		e.close('}')
	})
}
