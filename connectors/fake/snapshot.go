package fake

import "time"

// A RepoState is a copy of what a world holds of a repository, for tests that
// compare it with what a client found.
type RepoState struct {
	ID            int64
	Name          string // "acme/api"
	DefaultBranch string
	Archived      bool
	Revoked       bool
	Issues        []IssueState // by number; without deleted and transferred ones
	Commits       []string     // SHAs on the default branch, newest first
}

// An IssueState is a copy of an issue or a pull request.
type IssueState struct {
	ID        int64  // of the issue, also for a pull request
	NodeID    string // GraphQL
	Number    int
	Title     string
	Author    string // login, "" when deleted
	Open      bool
	Reason    string // state_reason
	Labels    []string
	Created   time.Time
	Updated   time.Time
	Closed    time.Time
	Comments  []int64
	Pull      bool
	Merged    time.Time
	MergeSHA  string
	Base      string
	Commits   []string // SHAs
	Reviews   []int64  // pending ones too
	CodeNotes []int64
	Closes    []string // keys, "acme/api#12"
}

// Snapshot copies the world as it is.
func (w *World) Snapshot() []RepoState {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []RepoState
	for _, r := range w.repos {
		s := RepoState{ID: r.id, Name: r.full(), DefaultBranch: r.defaultBranch, Archived: r.archived, Revoked: r.revoked}
		for _, is := range r.issues {
			s.Issues = append(s.Issues, w.issueState(is))
		}
		if head := r.commits[r.branches[r.defaultBranch]]; head != nil {
			for _, c := range r.walk(head) {
				s.Commits = append(s.Commits, c.sha)
			}
		}
		out = append(out, s)
	}
	return out
}

func (w *World) issueState(is *issue) IssueState {
	s := IssueState{
		ID: is.id, NodeID: is.pullID, Number: is.number, Title: is.title, Open: is.closed.IsZero(), Reason: is.reason,
		Labels: append([]string(nil), is.labels...), Created: is.created, Updated: is.updated, Closed: is.closed,
	}
	if u := is.author.visible(); u != nil {
		s.Author = u.login
	}
	for _, c := range is.comments {
		s.Comments = append(s.Comments, c.id)
	}
	p := is.pull
	if p == nil {
		return s
	}
	s.Pull, s.Merged, s.MergeSHA, s.Base = true, p.merged, p.mergeSHA, p.baseRef
	for _, c := range p.commits {
		s.Commits = append(s.Commits, c.sha)
	}
	for _, v := range p.reviews {
		s.Reviews = append(s.Reviews, v.id)
	}
	for _, c := range p.codeNotes {
		s.CodeNotes = append(s.CodeNotes, c.id)
	}
	for _, target := range w.closing(is) {
		s.Closes = append(s.Closes, target.key())
	}
	return s
}
