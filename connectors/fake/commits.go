package fake

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PushCommits pushes commits to a branch, which starts at the head of the
// default branch when it is new. It returns their SHAs. Closing keywords in
// commits on the default branch close issues.
func (w *World) PushCommits(at time.Time, name, branch string, commits ...CommitSpec) []string {
	return w.push(at, name, branch, 0, commits)
}

// ForcePush takes the last drop commits off a branch and pushes others in
// their place. What was taken off stays known until CollectGarbage.
func (w *World) ForcePush(at time.Time, name, branch string, drop int, commits ...CommitSpec) []string {
	return w.push(at, name, branch, drop, commits)
}

func (w *World) push(at time.Time, name, branch string, drop int, specs []CommitSpec) (shas []string) {
	w.editRepo(name, func(r *repo) error {
		branch = cmp.Or(branch, r.defaultBranch)
		head, known := r.branches[branch]
		if !known {
			head = r.branches[r.defaultBranch]
		}
		tip := r.commits[head]
		for ; drop > 0 && tip != nil; drop-- {
			tip = tip.parent()
		}
		for _, s := range specs {
			c, err := w.newCommit(at, r, s, tip)
			if err != nil {
				return fmt.Errorf("push to %s: %w", name, err)
			}
			tip = c
			shas = append(shas, c.sha)
			if branch == r.defaultBranch {
				w.closeByKeyword(at, r, c.message, c.author)
			}
		}
		r.branches[branch] = ""
		if tip != nil {
			r.branches[branch] = tip.sha
		}
		r.pushed = later(r.pushed, at)
		return nil
	})
	return shas
}

// CollectGarbage forgets the commits that no branch and no pull request
// reaches, as GitHub does some time after a force-push.
func (w *World) CollectGarbage(name string) {
	w.editRepo(name, func(r *repo) error {
		keep := map[string]bool{}
		var mark func(c *commit)
		mark = func(c *commit) {
			for c != nil && !keep[c.sha] {
				keep[c.sha] = true
				for _, p := range c.parents[min(1, len(c.parents)):] {
					mark(p)
				}
				c = c.parent()
			}
		}
		for _, sha := range r.branches {
			mark(r.commits[sha])
		}
		for _, is := range r.issues {
			if is.pull != nil {
				mark(r.commits[is.pull.headSHA])
			}
		}
		for sha := range r.commits {
			if !keep[sha] {
				delete(r.commits, sha)
			}
		}
		return nil
	})
}

// newCommit makes a commit on top of its parents; nil parents are left out.
func (w *World) newCommit(at time.Time, r *repo, s CommitSpec, parents ...*commit) (*commit, error) {
	author, err := w.user(s.Author)
	if err != nil {
		return nil, err
	}
	c := &commit{
		author: author, name: s.Name, email: s.Email, message: s.Message, files: s.Files,
		authored: s.Authored.Truncate(time.Second), committed: second(s.Committed),
		parents: slices.DeleteFunc(parents, func(p *commit) bool { return p == nil }),
	}
	if s.Authored.IsZero() {
		c.authored = second(at)
	}
	if s.Committed.IsZero() {
		c.committed = second(at)
	}
	if author != nil {
		c.name, c.email = cmp.Or(c.name, author.name), cmp.Or(c.email, author.email)
	}
	if author == nil && c.email != "" {
		c.author = w.byEmail[strings.ToLower(c.email)]
	}
	if err := w.addCoAuthors(c, s.CoAuthors); err != nil {
		return nil, err
	}
	w.seal(r, c)
	return c, nil
}

func (w *World) addCoAuthors(c *commit, logins []string) error {
	for i, login := range logins {
		u, err := w.user(login)
		if err != nil || u == nil {
			return fmt.Errorf("co-author %q: unknown", login)
		}
		if i == 0 {
			c.message += "\n"
		}
		c.message += fmt.Sprintf("\nCo-authored-by: %s <%s>", u.name, u.email)
		c.coAuthors = append(c.coAuthors, u)
	}
	return nil
}

// seal gives a commit its SHA, which depends on everything it holds and on the
// number of identifiers given before, so that equal commits differ.
func (w *World) seal(r *repo, c *commit) {
	c.depth = 0
	h := sha1.New()
	fmt.Fprintf(h, "%d %d\n%s <%s> %s\n%s\n%s\n", r.id, w.id(), c.name, c.email,
		c.authored.Format(time.RFC3339), c.committed.Format(time.RFC3339), c.message)
	for _, p := range c.parents {
		fmt.Fprintln(h, p.sha)
		c.depth = max(c.depth, p.depth+1)
	}
	c.sha = hex.EncodeToString(h.Sum(nil))
	c.log = "commit:" + c.sha
	r.commits[c.sha] = c
}

func (c *commit) parent() *commit {
	if len(c.parents) == 0 {
		return nil
	}
	return c.parents[0]
}

// resolve finds a commit by SHA or branch name.
func (r *repo) resolve(ref string) *commit {
	ref = strings.TrimPrefix(ref, "refs/heads/")
	if sha, ok := r.branches[ref]; ok {
		return r.commits[sha]
	}
	return r.commits[strings.ToLower(ref)]
}

// maxWalks bounds the histories kept between requests.
const maxWalks = 8

// walk lists a commit and its ancestors, newest committer date first, never a
// parent before its child: the order of git log.
func (r *repo) walk(head *commit) []*commit {
	r.mu.Lock()
	defer r.mu.Unlock()
	if list, ok := r.walks[head.sha]; ok {
		return list
	}
	children := map[*commit]int{head: 0}
	for stack := []*commit{head}; len(stack) > 0; {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range c.parents {
			if _, seen := children[p]; !seen {
				stack = append(stack, p)
			}
			children[p]++
		}
	}
	var list []*commit
	for ready := []*commit{head}; len(ready) > 0; {
		newest := 0
		for i, c := range ready {
			if c.committed.After(ready[newest].committed) {
				newest = i
			}
		}
		c := ready[newest]
		ready = slices.Delete(ready, newest, newest+1)
		list = append(list, c)
		for _, p := range c.parents {
			if children[p]--; children[p] == 0 {
				ready = append(ready, p)
			}
		}
	}
	if len(r.walks) >= maxWalks {
		clear(r.walks)
	}
	r.walks[head.sha] = list
	return list
}

// compare returns what head has that base has not, oldest first, how many
// commits base has that head has not, and where they parted (nil: nowhere).
func compare(base, head *commit) (ahead []*commit, behind int, fork *commit) {
	const ofBase, ofHead, below = 1, 2, 4
	marks := map[*commit]int{}
	var queue []*commit
	mark := func(c *commit, m int) {
		if marks[c] == 0 {
			i, _ := slices.BinarySearchFunc(queue, c, func(q, c *commit) int { return cmp.Compare(q.depth, c.depth) })
			queue = slices.Insert(queue, i, c)
		}
		marks[c] |= m
	}
	mark(base, ofBase)
	mark(head, ofHead)
	open := func(c *commit) bool { return marks[c]&below == 0 }
	for len(queue) > 0 && slices.ContainsFunc(queue, open) {
		// A parent is never deeper than its child, so marks are complete
		// when a commit is taken.
		c := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		m := marks[c]
		switch {
		case m&(ofBase|ofHead) == ofBase|ofHead:
			if fork == nil && m&below == 0 {
				fork = c
			}
			m |= below
		case m&ofHead != 0:
			ahead = append(ahead, c)
		default:
			behind++
		}
		for _, p := range c.parents {
			mark(p, m)
		}
	}
	slices.Reverse(ahead)
	return ahead, behind, fork
}
