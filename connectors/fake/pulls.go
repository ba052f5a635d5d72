package fake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// OpenPull opens a pull request and returns its number, which it shares with
// issues.
func (w *World) OpenPull(at time.Time, name string, s PullSpec) (number int) {
	w.editRepo(name, func(r *repo) error {
		is, err := w.newIssue(at, r, IssueSpec{
			Author: s.Author, Title: s.Title, Body: s.Body, Labels: s.Labels, Milestone: s.Milestone,
		})
		if err != nil {
			return err
		}
		p := &pull{
			id: w.id(), headRef: s.Head, headRepo: cmp.Or(s.HeadRepo, r.full()),
			baseRef: cmp.Or(s.Base, r.defaultBranch), draft: s.Draft,
		}
		if s.NoHead {
			p.headRepo = ""
		}
		base := r.branches[p.baseRef]
		p.baseSHA, p.headSHA = base, base
		is.pull = p
		is.pullID = nodeID("PR", r.id, p.id)
		w.byNode[is.pullID] = is
		number = is.number
		return w.addPullCommits(at, is, s.Commits)
	})
	return number
}

func (w *World) addPullCommits(at time.Time, is *issue, specs []CommitSpec) error {
	r, p := is.repo, is.pull
	for _, s := range specs {
		c, err := w.newCommit(at, r, s, r.commits[p.headSHA])
		if err != nil {
			return err
		}
		is.addCommit(c)
	}
	return nil
}

// addCommit puts a commit on top of a pull request.
func (is *issue) addCommit(c *commit) {
	p := is.pull
	p.commits = append(p.commits, c)
	p.headSHA = c.sha
	is.repo.carriers[c.sha] = append(is.repo.carriers[c.sha], is)
}

// UpdateBranch merges the base branch into the head of a pull request, as the
// button "Update branch" does, and returns the SHA of the merge commit.
func (w *World) UpdateBranch(at time.Time, name string, number int, author string) (sha string) {
	w.editPull(at, name, number, func(is *issue, p *pull) error {
		r := is.repo
		s := CommitSpec{Author: author, Message: fmt.Sprintf("Merge branch '%s' into %s", p.baseRef, p.headRef)}
		c, err := w.newCommit(at, r, s, r.commits[p.headSHA], r.commits[r.branches[p.baseRef]])
		if err != nil {
			return err
		}
		is.addCommit(c)
		sha = c.sha
		return nil
	})
	return sha
}

// editPull changes a pull request.
func (w *World) editPull(at time.Time, name string, number int, f func(is *issue, p *pull) error) {
	w.editIssue(at, name, number, func(is *issue) error {
		if is.pull == nil {
			return fmt.Errorf("it is an issue")
		}
		return f(is, is.pull)
	})
}

// PushToPull adds commits to an open pull request.
func (w *World) PushToPull(at time.Time, name string, number int, commits ...CommitSpec) {
	w.editPull(at, name, number, func(is *issue, _ *pull) error { return w.addPullCommits(at, is, commits) })
}

// ForcePushPull replaces the commits of an open pull request.
func (w *World) ForcePushPull(at time.Time, name string, number int, commits ...CommitSpec) {
	w.editPull(at, name, number, func(is *issue, p *pull) error {
		p.commits, p.headSHA = nil, p.baseSHA
		return w.addPullCommits(at, is, commits)
	})
}

// Retarget changes the base branch of a pull request.
func (w *World) Retarget(at time.Time, name string, number int, base string) {
	w.editPull(at, name, number, func(_ *issue, p *pull) error { p.baseRef = base; return nil })
}

// DeleteHead deletes the head repository of a pull request: it is then null.
func (w *World) DeleteHead(at time.Time, name string, number int) {
	w.editPull(at, name, number, func(_ *issue, p *pull) error { p.headRepo = ""; return nil })
}

// Review reviews a pull request and returns the review's id. A pending review
// is seen by its author only and does not touch the pull request.
func (w *World) Review(at time.Time, name string, number int, s ReviewSpec) (id int64) {
	touched := at
	if s.State == "PENDING" {
		touched = time.Time{}
	}
	w.editPull(touched, name, number, func(_ *issue, p *pull) error {
		u, err := w.user(s.Author)
		if err != nil {
			return err
		}
		v := &review{
			id: w.id(), author: u, state: cmp.Or(s.State, "COMMENTED"), body: s.Body,
			submitted: second(touched), commitSHA: p.headSHA,
		}
		v.log = fmt.Sprintf("review:%d", v.id)
		p.reviews = append(p.reviews, v)
		id = v.id
		return nil
	})
	return id
}

// ReviewComment writes a comment on the code of a pull request and returns its
// id.
func (w *World) ReviewComment(at time.Time, name string, number int, author, path, body string) (id int64) {
	w.editPull(at, name, number, func(is *issue, p *pull) error {
		u, err := w.user(author)
		if err != nil {
			return err
		}
		c := &comment{
			id: w.id(), issue: is, author: u, body: body, created: second(at), updated: second(at),
			path: path, sha: p.headSHA,
		}
		for _, v := range p.reviews {
			if v.author == u {
				c.reviewID = v.id
			}
		}
		c.log = fmt.Sprintf("review_comment:%d", c.id)
		p.codeNotes = append(p.codeNotes, c)
		is.repo.codeNotes = append(is.repo.codeNotes, c)
		id = c.id
		return nil
	})
	return id
}

// LinkIssue links an issue to a pull request by hand, in the sidebar. That
// does not touch updated_at.
func (w *World) LinkIssue(name string, number int, issueRepo string, issueNumber int) {
	w.editPull(time.Time{}, name, number, func(_ *issue, p *pull) error {
		r, err := w.repo(issueRepo)
		if err != nil || r.byNumber[issueNumber] == nil {
			return fmt.Errorf("link %s#%d: not found", issueRepo, issueNumber)
		}
		p.linked = append(p.linked, r.byNumber[issueNumber])
		return nil
	})
}

// MergePull merges a pull request and returns the SHA of the merge, squash or
// last rebased commit. Merged into the default branch, it closes the issues
// that it says it closes.
func (w *World) MergePull(at time.Time, name string, number int, by string, method MergeMethod) (sha string) {
	w.editPull(at, name, number, func(is *issue, p *pull) error {
		merger, err := w.user(by)
		if err != nil || !is.closed.IsZero() {
			return fmt.Errorf("merge: closed already, or %v", err)
		}
		r := is.repo
		base := r.commits[r.branches[p.baseRef]]
		tip, err := w.mergeCommits(at, is, merger, base, method)
		if err != nil {
			return err
		}
		r.branches[p.baseRef], p.mergeSHA = tip.sha, tip.sha
		r.carriers[tip.sha] = append(r.carriers[tip.sha], is)
		p.merged, p.mergedBy = second(at), merger
		is.close(at, merger, "")
		r.pushed = later(r.pushed, at)
		for _, target := range w.closing(is) {
			if target.closed.IsZero() {
				target.repo.rev++
				target.close(at, merger, "completed")
			}
		}
		if p.baseRef == r.defaultBranch {
			for _, c := range p.commits {
				w.closeByKeyword(at, r, c.message, merger)
			}
		}
		sha = tip.sha
		return nil
	})
	return sha
}

// mergeCommits makes the commits of a merge and returns the new head.
func (w *World) mergeCommits(at time.Time, is *issue, by *user, base *commit, method MergeMethod) (*commit, error) {
	r, p := is.repo, is.pull
	switch method {
	case Merge:
		owner, _, _ := strings.Cut(cmp.Or(p.headRepo, r.full()), "/")
		c := &commit{
			author: by, authored: second(at), committed: second(at), byGitHub: true, parents: []*commit{base, r.commits[p.headSHA]},
			message: fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", is.number, owner, p.headRef, is.title),
		}
		return w.sealBy(r, c, by), nil
	case Squash:
		c := &commit{author: is.author, authored: second(at), committed: second(at), byGitHub: true, parents: []*commit{base}}
		c.message = fmt.Sprintf("%s (#%d)", is.title, is.number)
		for _, part := range p.commits {
			c.message += "\n\n* " + strings.TrimSpace(part.message)
			c.files = append(c.files, part.files...)
			if part.author != nil && part.author != is.author && !slices.Contains(c.coAuthors, part.author) {
				c.coAuthors = append(c.coAuthors, part.author)
			}
		}
		slices.Sort(c.files)
		c.files = slices.Compact(c.files)
		for i, u := range c.coAuthors {
			if i == 0 {
				c.message += "\n\n---------\n"
			}
			c.message += fmt.Sprintf("\nCo-authored-by: %s <%s>", u.name, u.email)
		}
		return w.sealBy(r, c, is.author), nil
	case Rebase:
		tip := base
		for _, part := range p.commits {
			c := *part
			c.parents, c.committed, c.byGitHub = []*commit{tip}, second(at), true
			tip = w.sealBy(r, &c, part.author)
			r.carriers[tip.sha] = append(r.carriers[tip.sha], is)
		}
		if tip != nil {
			return tip, nil
		}
	}
	return nil, fmt.Errorf("merge with method %q: impossible", method)
}

// sealBy completes a commit that the web flow made for an account.
func (w *World) sealBy(r *repo, c *commit, by *user) *commit {
	c.parents = slices.DeleteFunc(slices.Clone(c.parents), func(p *commit) bool { return p == nil })
	if by != nil {
		c.name, c.email = cmp.Or(c.name, by.name), cmp.Or(c.email, by.email)
	}
	w.seal(r, c)
	return c
}

// changed lists the paths that commits touch, in order, once each.
func changed(commits []*commit) []string {
	var paths []string
	for _, c := range commits {
		paths = append(paths, c.files...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
