package fake

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// OpenIssue opens an issue and returns its number.
func (w *World) OpenIssue(at time.Time, name string, s IssueSpec) (number int) {
	w.editRepo(name, func(r *repo) error {
		is, err := w.newIssue(at, r, s)
		if err != nil {
			return err
		}
		is.pullID = nodeID("I", r.id, is.id)
		w.byNode[is.pullID] = is
		number = is.number
		return nil
	})
	return number
}

// newIssue makes what issues and pull requests have in common.
func (w *World) newIssue(at time.Time, r *repo, s IssueSpec) (*issue, error) {
	author, err := w.user(s.Author)
	if err != nil {
		return nil, fmt.Errorf("open %q in %s: %w", s.Title, r.full(), err)
	}
	is := &issue{
		repo: r, id: w.id(), number: r.next, title: s.Title, body: s.Body, author: author,
		created: second(at), updated: second(at),
	}
	w.setLabels(is, s.Labels)
	is.milestone = w.milestone(at, r, s.Milestone)
	is.name = fmt.Sprintf("issue:%s#%d", r.full(), is.number)
	r.next++
	r.issues = append(r.issues, is)
	r.byNumber[is.number] = is
	return is, nil
}

func (w *World) setLabels(is *issue, labels []string) {
	is.labels = slices.Clone(labels)
	for _, l := range labels {
		if is.repo.labels[l] == 0 {
			is.repo.labels[l] = w.id()
		}
	}
}

func (w *World) milestone(at time.Time, r *repo, title string) *milestone {
	if title == "" {
		return nil
	}
	for _, m := range r.milestones {
		if m.title == title {
			return m
		}
	}
	m := &milestone{id: w.id(), number: len(r.milestones) + 1, title: title, created: second(at)}
	r.milestones = append(r.milestones, m)
	return m
}

// editIssue changes an issue or a pull request that is still there.
func (w *World) editIssue(at time.Time, name string, number int, f func(is *issue) error) {
	w.editRepo(name, func(r *repo) error {
		is := r.byNumber[number]
		if is == nil || is.deleted || is.movedTo != nil {
			return fmt.Errorf("no issue %s#%d", name, number)
		}
		if err := f(is); err != nil {
			return fmt.Errorf("change %s#%d: %w", name, number, err)
		}
		is.updated = later(is.updated, at)
		return nil
	})
}

// EditIssue changes the title and body of an issue or pull request.
func (w *World) EditIssue(at time.Time, name string, number int, title, body string) {
	w.editIssue(at, name, number, func(is *issue) error {
		is.title, is.body = title, body
		return nil
	})
}

// Relabel replaces the labels of an issue or pull request.
func (w *World) Relabel(at time.Time, name string, number int, labels ...string) {
	w.editIssue(at, name, number, func(is *issue) error {
		w.setLabels(is, labels)
		return nil
	})
}

// SetMilestone puts an issue or pull request into a milestone, which is
// created when there is none of that title; "" takes it out.
func (w *World) SetMilestone(at time.Time, name string, number int, title string) {
	w.editIssue(at, name, number, func(is *issue) error {
		is.milestone = w.milestone(at, is.repo, title)
		return nil
	})
}

// CloseIssue closes an issue ("completed", "not_planned") or a pull request
// without merging it.
func (w *World) CloseIssue(at time.Time, name string, number int, by, reason string) {
	w.editIssue(at, name, number, func(is *issue) error {
		u, err := w.user(by)
		if err != nil || !is.closed.IsZero() {
			return fmt.Errorf("close: closed already, or %v", err)
		}
		is.close(at, u, reason)
		return nil
	})
}

func (is *issue) close(at time.Time, by *user, reason string) {
	is.closed, is.closedBy = second(at), by
	if is.pull == nil {
		is.reason = cmp.Or(reason, "completed")
	}
	is.updated = later(is.updated, at)
}

// ReopenIssue opens an issue or an unmerged pull request again.
func (w *World) ReopenIssue(at time.Time, name string, number int) {
	w.editIssue(at, name, number, func(is *issue) error {
		if is.closed.IsZero() || is.pull != nil && !is.pull.merged.IsZero() {
			return fmt.Errorf("reopen: it is open or merged")
		}
		is.closed, is.closedBy, is.reason = time.Time{}, nil, ""
		if is.pull == nil {
			is.reason = "reopened"
		}
		return nil
	})
}

// DeleteIssue deletes an issue: it is then gone (410).
func (w *World) DeleteIssue(at time.Time, name string, number int) {
	w.editIssue(at, name, number, func(is *issue) error {
		is.deleted = true
		w.hide(is)
		return nil
	})
}

// TransferIssue moves an issue to another repository, where it gets a new
// identity. Its old address redirects. It returns the new number.
func (w *World) TransferIssue(at time.Time, name string, number int, to string) (moved int) {
	w.editIssue(at, name, number, func(is *issue) error {
		target, err := w.repo(to)
		if err != nil || is.pull != nil || target == is.repo {
			return fmt.Errorf("transfer to %s: not possible", to)
		}
		twin, err := w.newIssue(is.created, target, IssueSpec{Title: is.title, Body: is.body, Labels: is.labels})
		if err != nil {
			return err
		}
		target.rev++
		twin.author, twin.closed, twin.closedBy, twin.reason = is.author, is.closed, is.closedBy, is.reason
		twin.updated = later(is.updated, at)
		twin.pullID = nodeID("I", target.id, twin.id)
		w.byNode[twin.pullID] = twin
		for _, c := range is.comments {
			copied := *c
			copied.issue = twin
			twin.comments = append(twin.comments, &copied)
			target.comments = append(target.comments, &copied)
		}
		slices.SortFunc(target.comments, func(a, b *comment) int { return cmp.Compare(a.id, b.id) })
		is.movedTo = twin
		w.hide(is)
		moved = twin.number
		return nil
	})
	return moved
}

// hide takes an issue out of the lists of its repository.
func (w *World) hide(is *issue) {
	r := is.repo
	r.issues = slices.DeleteFunc(r.issues, func(o *issue) bool { return o == is })
	r.comments = slices.DeleteFunc(r.comments, func(c *comment) bool { return c.issue == is })
	delete(w.byNode, is.pullID)
}

// Comment writes a comment on an issue or pull request and returns its id.
func (w *World) Comment(at time.Time, name string, number int, author, body string) (id int64) {
	w.editIssue(at, name, number, func(is *issue) error {
		u, err := w.user(author)
		if err != nil {
			return err
		}
		c := &comment{id: w.id(), issue: is, author: u, body: body, created: second(at), updated: second(at)}
		c.log = fmt.Sprintf("comment:%d", c.id)
		is.comments = append(is.comments, c)
		is.repo.comments = append(is.repo.comments, c)
		id = c.id
		return nil
	})
	return id
}

// EditComment changes a comment on an issue or pull request, or on code.
func (w *World) EditComment(at time.Time, name string, id int64, body string) {
	w.editRepo(name, func(r *repo) error {
		for _, list := range [][]*comment{r.comments, r.codeNotes} {
			for _, c := range list {
				if c.id == id {
					c.body, c.updated = body, later(c.updated, at)
					c.issue.updated = later(c.issue.updated, at)
					return nil
				}
			}
		}
		return fmt.Errorf("edit comment %d in %s: there is none", id, name)
	})
}

// DeleteComment deletes a comment on an issue or pull request.
func (w *World) DeleteComment(at time.Time, name string, id int64) {
	w.editRepo(name, func(r *repo) error {
		for _, c := range r.comments {
			if c.id == id {
				same := func(o *comment) bool { return o == c }
				r.comments = slices.DeleteFunc(r.comments, same)
				c.issue.comments = slices.DeleteFunc(c.issue.comments, same)
				c.issue.updated = later(c.issue.updated, at)
				return nil
			}
		}
		return fmt.Errorf("delete comment %d in %s: there is none", id, name)
	})
}

// state is the state as REST spells it.
func (is *issue) state() string {
	if is.closed.IsZero() {
		return "open"
	}
	return "closed"
}

// visible returns the account, or nil when it was deleted.
func (u *user) visible() *user {
	if u == nil || u.gone {
		return nil
	}
	return u
}
