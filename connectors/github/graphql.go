package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// errNoGraphQL is wrapped when the server's GraphQL API cannot be used at all.
var errNoGraphQL = errors.New("GraphQL cannot be used")

// The parts of a change that come in pages, as GraphQL calls them.
var connections = map[string]string{
	"commits":                 `nodes{commit{oid message authoredDate committedDate url author{name email date user{login}}}}`,
	"reviews":                 `nodes{databaseId state submittedAt author{__typename login}}`,
	"closingIssuesReferences": `nodes{number repository{nameWithOwner}}`,
	"files":                   `nodes{path}`,
}

var pageSizes = map[string]int{"commits": 100, "reviews": 100, "closingIssuesReferences": 20, "files": 100}

// maxFiles bounds how many paths of one change are read.
const maxFiles = 1000

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

type graphReply struct {
	Data *struct {
		RateLimit *struct {
			Limit     int       `json:"limit"`
			Remaining int       `json:"remaining"`
			ResetAt   time.Time `json:"resetAt"`
		} `json:"rateLimit"`
		Nodes []json.RawMessage `json:"nodes"`
	} `json:"data"`
	Errors []graphError `json:"errors"`
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
		Author        *struct {
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

// ask sends a query. An error wraps errNoGraphQL when no query will do; whole
// is set when the query as a whole failed and a smaller one may not.
func (a *api) ask(ctx context.Context, query string, variables map[string]any) (g *graphReply, whole bool, err error) {
	rep, err := a.post(ctx, a.graphql.String(), graphRequest{query, variables})
	if err != nil {
		reason := connectors.ReasonOf(err)
		if reason == connectors.ReasonAuth {
			return nil, false, fmt.Errorf("%w: %w", errNoGraphQL, err)
		}
		return nil, reason == connectors.ReasonServer || reason == connectors.ReasonTimeout, err
	}
	if rep.status != http.StatusOK {
		return nil, false, fmt.Errorf("%w: status %d", errNoGraphQL, rep.status)
	}
	g = &graphReply{}
	if err := rep.checkJSON(); err != nil {
		return nil, true, decodeError(rep, err)
	}
	if err := decodeObject(rep.body, g); err != nil {
		return nil, true, decodeError(rep, err)
	}
	if g.Data != nil && g.Data.RateLimit != nil && g.Data.RateLimit.Limit > 0 {
		a.gov.learn(resourceGraphQL, g.Data.RateLimit.Limit, g.Data.RateLimit.Remaining, g.Data.RateLimit.ResetAt, rep.date)
	}
	if g.Data == nil || g.Data.Nodes == nil {
		return nil, true, a.failed(rep, g.Errors)
	}
	return g, false, nil
}

// failed is the error of an answer without data.
func (a *api) failed(rep *reply, errs []graphError) error {
	for _, e := range errs {
		if e.Type == "RATE_LIMITED" {
			return describe("POST "+pathOf(rep.url), a.gov.exhausted(resourceGraphQL, rep.answer))
		}
	}
	if len(errs) == 0 {
		return decodeError(rep, fmt.Errorf("neither data nor errors: %w", errShape))
	}
	return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: the query failed", pathOf(rep.url))}
}

// readGraphQL reads the detail of a batch of changes and returns those that
// must be asked for again. When the server cannot cope with the batch, half of
// it is asked for next.
func (f *fetch) readGraphQL(ctx context.Context, r repository, batch []todo) (again []todo, err error) {
	ids := make([]string, len(batch))
	for i, t := range batch {
		ids[i] = t.Node
	}
	g, whole, err := f.c.api.ask(ctx, changesQuery(), map[string]any{"ids": ids})
	if err != nil {
		if !whole || connectors.ReasonOf(err) == connectors.ReasonRateLimited || !isPoison(err) {
			return nil, err
		}
		if len(batch) == 1 {
			batch[0].REST = true
			return batch, nil
		}
		f.c.halveBatch(len(batch))
		return batch, nil
	}
	if len(g.Data.Nodes) != len(batch) {
		return nil, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: %d nodes were asked for and %d came", len(batch), len(g.Data.Nodes))}
	}
	f.c.growBatch()
	for i, t := range batch {
		c, err := f.c.api.graphChange(ctx, g.Data.Nodes[i], t)
		if err != nil {
			if !isPoison(err) {
				return nil, err
			}
			t.Tries++
			t.REST = t.Tries > 1 || !g.transient(i)
			again = append(again, t)
			continue
		}
		f.c.authors.put(r.id, int64(c.number), c.author)
		f.norm.change(r, c)
	}
	return again, nil
}

// transient reports whether a node that is missing may be there next time.
func (g *graphReply) transient(node int) bool {
	return slices.ContainsFunc(g.Errors, func(e graphError) bool {
		return (e.node() == node || e.node() == -1) && e.Type != "NOT_FOUND" && e.Type != "FORBIDDEN" &&
			!strings.Contains(e.Message, "Could not resolve")
	})
}

// graphChange reads one node, and the pages its parts go on with.
func (a *api) graphChange(ctx context.Context, raw json.RawMessage, t todo) (*change, error) {
	bad := func(err error) error {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: change %d: %w", t.Number, err)}
	}
	if string(raw) == "null" {
		return nil, bad(errors.New("there is no such node"))
	}
	var w graphChange
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, bad(err)
	}
	if err := w.valid(); err != nil {
		return nil, bad(err)
	}
	if w.Number != t.Number {
		return nil, bad(errors.New("the node is another one"))
	}
	err := errors.Join(
		rest(ctx, a, t, "commits", &w.Commits, -1),
		rest(ctx, a, t, "reviews", &w.Reviews, -1),
		rest(ctx, a, t, "closingIssuesReferences", &w.Closing, -1),
		rest(ctx, a, t, "files", &w.Files, maxFiles),
	)
	if err != nil {
		return nil, err
	}
	if err := w.valid(); err != nil {
		return nil, bad(err)
	}
	return w.change(), nil
}

// rest reads the pages of one part of a change after the first.
func rest[T any](ctx context.Context, a *api, t todo, name string, c *connection[T], limit int) error {
	for c.PageInfo.HasNextPage && (limit < 0 || len(c.Nodes) < limit) {
		after := c.PageInfo.EndCursor
		g, _, err := a.ask(ctx, pageQuery(name), map[string]any{"ids": []string{t.Node}, "after": after})
		if err != nil {
			return err
		}
		var page map[string]json.RawMessage
		next := connection[T]{}
		if len(g.Data.Nodes) != 1 || json.Unmarshal(g.Data.Nodes[0], &page) != nil || json.Unmarshal(page[name], &next) != nil ||
			next.PageInfo.HasNextPage && next.PageInfo.EndCursor == after {
			return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: change %d: further %s: %w", t.Number, name, errShape)}
		}
		c.Nodes = append(c.Nodes, next.Nodes...)
		c.PageInfo = next.PageInfo
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
