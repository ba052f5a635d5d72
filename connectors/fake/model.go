package fake

import (
	"sync"
	"time"
)

// A UserSpec describes an account.
type UserSpec struct {
	Login string // "octocat", "dependabot[bot]"
	Name  string // default: the login
	Email string // default: <id>+<login>@users.noreply.github.com
	Bot   bool
}

// A RepoSpec describes a repository.
type RepoSpec struct {
	Name          string // "owner/name"
	DefaultBranch string // default: "main"
	Description   string
	Created       time.Time
	Archived      bool
	Fork          bool
}

// An IssueSpec describes an issue to open.
type IssueSpec struct {
	Author    string // login, "" for a deleted account
	Title     string
	Body      string
	Labels    []string
	Milestone string
}

// A PullSpec describes a pull request to open.
type PullSpec struct {
	Author    string // login, "" for a deleted account
	Title     string
	Body      string
	Labels    []string
	Milestone string
	Head      string // head branch
	HeadRepo  string // "owner/name" of a fork; "" for the repository itself
	NoHead    bool   // the head repository was deleted: head.repo is null
	Base      string // default: the default branch
	Draft     bool
	Commits   []CommitSpec
}

// A CommitSpec describes a commit. A zero time means the time of the push.
type CommitSpec struct {
	Author    string // login; "" for an author whom no account claims
	Name      string // default: the account's name
	Email     string // default: the account's address
	Message   string
	Authored  time.Time // keeps its offset in GraphQL
	Committed time.Time
	Files     []string
	CoAuthors []string // logins, added as trailers
}

// A ReviewSpec describes a review.
type ReviewSpec struct {
	Author string // login, "" for a deleted account
	State  string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING
	Body   string
}

// MergeMethod is how a pull request is merged.
type MergeMethod string

// The merge methods.
const (
	Merge  MergeMethod = "merge"  // a merge commit with two parents
	Squash MergeMethod = "squash" // one commit, "Title (#12)"
	Rebase MergeMethod = "rebase" // every commit again, with a new SHA
)

type user struct {
	id                 int64
	login, name, email string
	bot                bool
	gone               bool // a deleted account shows as null
}

type milestone struct {
	id      int64
	number  int
	title   string
	created time.Time
}

type repo struct {
	id            int64
	owner, name   string
	defaultBranch string
	description   string
	created       time.Time
	pushed        time.Time
	updated       time.Time
	archived      bool
	fork          bool
	revoked       bool

	next       int // number of the next issue or pull request
	issues     []*issue
	byNumber   map[int]*issue
	comments   []*comment // on issues and pull requests, by id
	codeNotes  []*comment // on the code of pull requests, by id
	labels     map[string]int64
	milestones []*milestone
	branches   map[string]string
	commits    map[string]*commit
	carriers   map[string][]*issue // pull requests by the SHA of a commit they carry or were merged as

	rev    uint64 // counts changes, so that an order can be kept between them
	mu     sync.Mutex
	orders map[string]order
	walks  map[string][]*commit // by head SHA: immutable
}

func (r *repo) full() string { return r.owner + "/" + r.name }

type order struct {
	rev   uint64
	items []*issue
}

type issue struct {
	repo         *repo
	id           int64
	number       int
	title, body  string
	author       *user
	closed       time.Time
	closedBy     *user
	reason       string // state_reason
	labels       []string
	milestone    *milestone
	created      time.Time
	updated      time.Time
	comments     []*comment
	pull         *pull // nil for an issue
	deleted      bool
	movedTo      *issue
	name, pullID string // "issue:acme/api#12" in the log, GraphQL id
}

type pull struct {
	id        int64
	headRef   string
	headRepo  string // "" when deleted
	baseRef   string
	baseSHA   string
	headSHA   string
	draft     bool
	commits   []*commit
	merged    time.Time
	mergedBy  *user
	mergeSHA  string
	reviews   []*review
	codeNotes []*comment
	linked    []*issue // linked by hand, not by a keyword
}

type commit struct {
	sha         string
	parents     []*commit
	depth       int // longest way to a root, orders walks
	author      *user
	name, email string
	coAuthors   []*user
	message     string
	authored    time.Time
	committed   time.Time
	byGitHub    bool // committed by the web flow
	files       []string
	log         string
}

type review struct {
	id        int64
	author    *user
	state     string
	body      string
	submitted time.Time // zero while pending
	commitSHA string
	log       string
}

type comment struct {
	id       int64
	issue    *issue
	author   *user
	body     string
	created  time.Time
	updated  time.Time
	path     string // of a comment on code
	reviewID int64
	sha      string
	log      string
}
