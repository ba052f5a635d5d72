package github

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// The parts of a change that come in pages, as GraphQL calls them.
var connections = map[string]string{
	"commits":                 `nodes{commit{oid message authoredDate committedDate url parents(first:2){totalCount} author{name email date user{login}}}}`,
	"reviews":                 `nodes{databaseId state submittedAt author{__typename login}}`,
	"closingIssuesReferences": `nodes{number repository{nameWithOwner}}`,
	"files":                   `nodes{path}`,
}

var pageSizes = map[string]int{"commits": 100, "reviews": 100, "closingIssuesReferences": 20, "files": 100}

const pageInfo = `pageInfo{hasNextPage endCursor}`

// changesQuery asks for the detail of changes by their GraphQL ids.
func changesQuery() string {
	var b strings.Builder
	b.WriteString(`query($ids:[ID!]!){rateLimit{cost limit remaining resetAt} nodes(ids:$ids){__typename id ... on PullRequest{` +
		`number title body url state isDraft createdAt updatedAt closedAt mergedAt ` +
		`author{__typename login} mergedBy{__typename login} baseRefName headRefName mergeCommit{oid} ` +
		`milestone{title} labels(first:100){nodes{name}}`)
	for _, name := range []string{"commits", "reviews", "closingIssuesReferences", "files"} {
		fmt.Fprintf(&b, ` %s(first:%d){%s %s}`, name, pageSizes[name], pageInfo, connections[name])
	}
	b.WriteString(`}}}`)
	return b.String()
}

// pageQuery asks for one more page of one part of one change.
func pageQuery(name string) string {
	return fmt.Sprintf(`query($ids:[ID!]!,$after:String){rateLimit{cost limit remaining resetAt} nodes(ids:$ids){__typename id ... on PullRequest{`+
		`%s(first:%d,after:$after){%s %s}}}}`, name, pageSizes[name], pageInfo, connections[name])
}

type graphRequest struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// A graphReply is the answer to a query for nodes. A node is nil where it is
// missing or could not be read.
type graphReply[T any] struct {
	Data   *graphData[T] `json:"data"`
	Errors []graphError  `json:"errors"`
}

type graphData[T any] struct {
	RateLimit *struct {
		Limit     int       `json:"limit"`
		Remaining int       `json:"remaining"`
		ResetAt   time.Time `json:"resetAt"`
	} `json:"rateLimit"`
	Nodes []*T `json:"nodes"`
}

// decode reads an answer, node by node when one of them cannot be read.
func (g *graphReply[T]) decode(body []byte) error {
	if decodeObject(body, g) == nil {
		return nil
	}
	var each graphReply[json.RawMessage]
	if err := decodeObject(body, &each); err != nil {
		return err
	}
	*g = graphReply[T]{Errors: each.Errors}
	if each.Data == nil {
		return nil
	}
	g.Data = &graphData[T]{RateLimit: each.Data.RateLimit, Nodes: make([]*T, len(each.Data.Nodes))}
	for i, raw := range each.Data.Nodes {
		var node T
		if raw != nil && json.Unmarshal(*raw, &node) == nil {
			g.Data.Nodes[i] = &node
		}
	}
	return nil
}

type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Path    []any  `json:"path"`
}

// node returns which node an error is about, -1 for the query as a whole.
func (e graphError) node() int {
	if len(e.Path) < 2 || e.Path[0] != "nodes" {
		return -1
	}
	n, ok := e.Path[1].(float64)
	if !ok {
		return -1
	}
	return int(n)
}

type graphActor struct {
	Type  string `json:"__typename"`
	Login string `json:"login"`
}

func (g *graphActor) actor() actor {
	if g == nil {
		return actor{}
	}
	return loginActorOrNone(g.Login, g.Type == "Bot")
}

func loginActorOrNone(login string, bot bool) actor {
	if login == "" {
		return actor{}
	}
	return loginActor(login, bot)
}

type connection[T any] struct {
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []*T `json:"nodes"`
}

type graphCommit struct {
	Commit struct {
		OID           string    `json:"oid"`
		Message       string    `json:"message"`
		URL           string    `json:"url"`
		AuthoredDate  time.Time `json:"authoredDate"`
		CommittedDate time.Time `json:"committedDate"`
		Parents       struct {
			Count int `json:"totalCount"`
		} `json:"parents"`
		Author *struct {
			Name  string      `json:"name"`
			Email string      `json:"email"`
			Date  time.Time   `json:"date"` // with the author's zone
			User  *graphActor `json:"user"`
		} `json:"author"`
	} `json:"commit"`
}

type graphReview struct {
	ID          int64       `json:"databaseId"`
	State       string      `json:"state"`
	SubmittedAt time.Time   `json:"submittedAt"`
	Author      *graphActor `json:"author"`
}

type graphClosing struct {
	Number     int64 `json:"number"`
	Repository struct {
		Name string `json:"nameWithOwner"`
	} `json:"repository"`
}

type graphFile struct {
	Path string `json:"path"`
}

type graphChange struct {
	Type        string                   `json:"__typename"`
	ID          string                   `json:"id"`
	Number      int                      `json:"number"`
	Title       string                   `json:"title"`
	Body        string                   `json:"body"`
	URL         string                   `json:"url"`
	State       string                   `json:"state"`
	IsDraft     bool                     `json:"isDraft"`
	CreatedAt   time.Time                `json:"createdAt"`
	UpdatedAt   time.Time                `json:"updatedAt"`
	ClosedAt    time.Time                `json:"closedAt"`
	MergedAt    time.Time                `json:"mergedAt"`
	Author      *graphActor              `json:"author"`
	MergedBy    *graphActor              `json:"mergedBy"`
	BaseRefName string                   `json:"baseRefName"`
	HeadRefName string                   `json:"headRefName"`
	MergeCommit *struct{ OID string }    `json:"mergeCommit"`
	Milestone   *wireMilestone           `json:"milestone"`
	Labels      connection[wireNamed]    `json:"labels"`
	Commits     connection[graphCommit]  `json:"commits"`
	Reviews     connection[graphReview]  `json:"reviews"`
	Closing     connection[graphClosing] `json:"closingIssuesReferences"`
	Files       connection[graphFile]    `json:"files"`
}

func (w *graphChange) valid() error {
	switch {
	case w.Type != "PullRequest" && w.Type != "":
		return invalidError("it is not a pull request")
	case w.Number <= 0:
		return invalidError("number is missing")
	case w.UpdatedAt.IsZero() || w.CreatedAt.IsZero():
		return invalidError("createdAt or updatedAt is missing")
	case w.State != "OPEN" && w.State != "CLOSED" && w.State != "MERGED":
		return invalidError("state is unknown")
	}
	for _, k := range w.Commits.Nodes {
		if k == nil || !isSHA(k.Commit.OID) {
			return invalidError("a commit has no oid")
		}
	}
	return nil
}

// change is what normalisation needs of a node.
func (w *graphChange) change() *change {
	c := &change{
		number: w.Number, title: w.Title, body: w.Body, url: w.URL,
		open: w.State == "OPEN", draft: w.IsDraft,
		created: w.CreatedAt, updated: w.UpdatedAt, closed: w.ClosedAt, merged: w.MergedAt,
		author: w.Author.actor(), mergedBy: w.MergedBy.actor(),
		base: w.BaseRefName, head: w.HeadRefName,
	}
	if w.MergeCommit != nil {
		c.mergeSHA = w.MergeCommit.OID
	}
	if w.Milestone != nil {
		c.milestone = w.Milestone.Title
	}
	for _, l := range w.Labels.Nodes {
		if l != nil {
			c.labels = append(c.labels, l.Name)
		}
	}
	for _, k := range w.Commits.Nodes {
		c.commits = append(c.commits, k.commit())
	}
	for _, v := range w.Reviews.Nodes {
		if v != nil && v.ID > 0 {
			c.reviews = append(c.reviews, review{id: v.ID, by: v.Author.actor(), state: v.State, at: v.SubmittedAt})
		}
	}
	for _, k := range w.Closing.Nodes {
		if k != nil && k.Number > 0 && k.Repository.Name != "" {
			c.closing = append(c.closing, k.Repository.Name+"#"+strconv.FormatInt(k.Number, 10))
		}
	}
	for _, p := range w.Files.Nodes {
		if p != nil && len(c.files) < maxFiles {
			c.files = append(c.files, p.Path)
		}
	}
	return c
}

func (k *graphCommit) commit() commit {
	c := commit{
		sha: k.Commit.OID, message: k.Commit.Message, url: k.Commit.URL,
		authored: k.Commit.AuthoredDate.UTC(), committed: k.Commit.CommittedDate.UTC(),
		parents: k.Commit.Parents.Count,
	}
	if a := k.Commit.Author; a != nil {
		c.name, c.email, c.user = a.Name, a.Email, a.User.actor()
		if !a.Date.IsZero() {
			_, offset := a.Date.Zone()
			c.authored = store.WithOffset(a.Date, offset)
		}
	}
	c.authored = c.authored.Truncate(time.Second)
	return c
}
