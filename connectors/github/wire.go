package github

import "time"

// The shapes of GitHub's answers, as far as they are read. go-github's own
// structs hold ten times as much, which costs more to decode than everything
// else a backfill does.

type wireUser struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

type wireNamed struct {
	Name string `json:"name"`
}

type wireMilestone struct {
	Title string `json:"title"`
}

type wireIssue struct {
	Number         int64          `json:"number"`
	NodeID         string         `json:"node_id"`
	Title          string         `json:"title"`
	URL            string         `json:"html_url"`
	State          string         `json:"state"`
	StateReason    string         `json:"state_reason"`
	Body           string         `json:"body"`
	User           *wireUser      `json:"user"`
	ClosedBy       *wireUser      `json:"closed_by"`
	Labels         []wireNamed    `json:"labels"`
	Milestone      *wireMilestone `json:"milestone"`
	Type           *wireNamed     `json:"type"`
	Assignees      []struct{}     `json:"assignees"` // how many, never who
	ParentIssueURL string         `json:"parent_issue_url"`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
	ClosedAt       time.Time      `json:"closed_at"`
	PullRequest    *struct{}      `json:"pull_request"`
}

func (w *wireIssue) valid() error {
	switch {
	case w.Number <= 0:
		return invalidError("number is missing")
	case w.UpdatedAt.IsZero() || w.CreatedAt.IsZero():
		return invalidError("created_at or updated_at is missing")
	case w.State != "open" && w.State != "closed":
		return invalidError("state is neither open nor closed")
	}
	return nil
}

type wireComment struct {
	ID        int64     `json:"id"`
	URL       string    `json:"html_url"`
	IssueURL  string    `json:"issue_url"`
	PullURL   string    `json:"pull_request_url"`
	User      *wireUser `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (w *wireComment) valid() error {
	switch {
	case w.ID <= 0:
		return invalidError("id is missing")
	case w.UpdatedAt.IsZero() || w.CreatedAt.IsZero():
		return invalidError("created_at or updated_at is missing")
	case w.number() == 0:
		return invalidError("it does not say what it is about")
	}
	return nil
}

// number is that of the issue or pull request.
func (w *wireComment) number() int64 {
	if w.PullURL != "" {
		return lastNumber(w.PullURL)
	}
	return lastNumber(w.IssueURL)
}

type wirePull struct {
	Number         int64          `json:"number"`
	NodeID         string         `json:"node_id"`
	Title          string         `json:"title"`
	URL            string         `json:"html_url"`
	State          string         `json:"state"`
	Body           string         `json:"body"`
	Draft          bool           `json:"draft"`
	User           *wireUser      `json:"user"`
	MergedBy       *wireUser      `json:"merged_by"`
	Labels         []wireNamed    `json:"labels"`
	Milestone      *wireMilestone `json:"milestone"`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
	ClosedAt       time.Time      `json:"closed_at"`
	MergedAt       time.Time      `json:"merged_at"`
	MergeCommitSHA string         `json:"merge_commit_sha"`
	Commits        int            `json:"commits"`
	Head           wireRef        `json:"head"`
	Base           wireRef        `json:"base"`
}

type wireRef struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

func (w *wirePull) valid() error {
	switch {
	case w.Number <= 0:
		return invalidError("number is missing")
	case w.UpdatedAt.IsZero() || w.CreatedAt.IsZero():
		return invalidError("created_at or updated_at is missing")
	case w.State != "open" && w.State != "closed":
		return invalidError("state is neither open nor closed")
	}
	return nil
}

type wireCommit struct {
	SHA    string    `json:"sha"`
	URL    string    `json:"html_url"`
	Author *wireUser `json:"author"`
	Commit struct {
		Message   string     `json:"message"`
		Author    *wireActor `json:"author"`
		Committer *wireActor `json:"committer"`
	} `json:"commit"`
	Parents []struct{} `json:"parents"`
}

type wireActor struct {
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Date  time.Time `json:"date"`
}

func (w *wireCommit) valid() error {
	if !isSHA(w.SHA) {
		return invalidError("sha is missing")
	}
	if w.Commit.Author == nil || w.Commit.Author.Date.IsZero() {
		return invalidError("author date is missing")
	}
	return nil
}

// committed is when the commit took its present form.
func (w *wireCommit) committed() time.Time {
	if w.Commit.Committer != nil && !w.Commit.Committer.Date.IsZero() {
		return w.Commit.Committer.Date
	}
	return w.Commit.Author.Date
}

type wireReview struct {
	ID          int64     `json:"id"`
	User        *wireUser `json:"user"`
	State       string    `json:"state"`
	SubmittedAt time.Time `json:"submitted_at"`
}

func (w *wireReview) valid() error {
	if w.ID <= 0 {
		return invalidError("id is missing")
	}
	return nil
}

type wireBranch struct {
	Commit struct {
		SHA string `json:"sha"`
	} `json:"commit"`
}

type wireRepo struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	HTMLURL       string `json:"html_url"`
	DefaultBranch string `json:"default_branch"`
	Archived      bool   `json:"archived"`
	Disabled      bool   `json:"disabled"`
}

func (w *wireRepo) valid() error {
	if w.ID <= 0 || w.FullName == "" {
		return invalidError("id or full_name is missing")
	}
	return nil
}

func isSHA(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
