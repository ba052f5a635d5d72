package fake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// graphQL sends a query for nodes.
func graphQL(t *testing.T, url, query string, ids []string, variables ...any) answer {
	t.Helper()
	vars := object{"ids": ids}
	for i := 0; i < len(variables); i += 2 {
		vars[variables[i].(string)] = variables[i+1]
	}
	body, err := json.Marshal(object{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

// at walks into an answer by member names and positions.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(object)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

func TestGraphQLNodes(t *testing.T) {
	w := smallWorld(t)
	w.OpenIssue(day(0, 1), "acme/api", fake.IssueSpec{Author: "ada", Title: "One"})
	w.OpenIssue(day(0, 2), "acme/web", fake.IssueSpec{Author: "ada", Title: "Other"})
	berlin := time.FixedZone("", 3600)
	pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{
		Author: "dependabot[bot]", Title: "Bump", Body: "Closes #1, #2 and fixes acme/web#1", Head: "bump", Labels: []string{"deps"},
		Commits: []fake.CommitSpec{
			{Author: "ben", Message: "One", Authored: time.Date(2026, 3, 3, 8, 0, 0, 0, berlin), CoAuthors: []string{"cem"}, Files: []string{"b", "a"}},
			{Name: "Nobody", Email: "nobody@example.invalid", Message: "Two"},
		},
	})
	w.UpdateBranch(day(1, 0), "acme/api", pr, "ben")
	w.Review(day(1, 1), "acme/api", pr, fake.ReviewSpec{State: "APPROVED"})
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	url := serve(t, g)
	id := decode[object](t, get(t, fmt.Sprintf("%s/repos/acme/api/pulls/%d", url, pr)))["node_id"].(string)

	res := decode[object](t, graphQL(t, url+"/graphql", "", []string{id, "PR_nonsense"}))
	node := at(res, "data", "nodes", 0)
	for _, c := range []struct {
		path []any
		want any
	}{
		{[]any{"state"}, "OPEN"},
		{[]any{"author", "login"}, "dependabot"},
		{[]any{"author", "__typename"}, "Bot"},
		{[]any{"mergedBy"}, nil},
		{[]any{"mergeCommit"}, nil},
		{[]any{"headRepository", "nameWithOwner"}, "acme/api"},
		{[]any{"repository", "defaultBranchRef", "name"}, "main"},
		{[]any{"labels", "nodes", 0, "name"}, "deps"},
		{[]any{"commits", "totalCount"}, 3.0},
		{[]any{"commits", "nodes", 1, "commit", "parents", "totalCount"}, 1.0},
		{[]any{"commits", "nodes", 2, "commit", "parents", "totalCount"}, 2.0},
		{[]any{"commits", "nodes", 0, "commit", "author", "date"}, "2026-03-03T08:00:00+01:00"},
		{[]any{"commits", "nodes", 0, "commit", "authoredDate"}, "2026-03-03T07:00:00Z"},
		{[]any{"commits", "nodes", 0, "commit", "authors", "nodes", 1, "user", "login"}, "cem"},
		{[]any{"commits", "nodes", 1, "commit", "author", "user"}, nil},
		{[]any{"reviews", "nodes", 0, "author"}, nil},
		{[]any{"closingIssuesReferences", "totalCount"}, 2.0},
		{[]any{"closingIssuesReferences", "nodes", 1, "repository", "nameWithOwner"}, "acme/web"},
		{[]any{"files", "nodes", 0, "path"}, "a"},
	} {
		equal(t, fmt.Sprint(c.path...), at(node, c.path...), c.want)
	}
	equal(t, "an unknown node", at(res, "data", "nodes", 1), nil)
	equal(t, "its error", at(res, "errors", 0, "type"), any("NOT_FOUND"))
	equal(t, "cost", at(res, "data", "rateLimit", "cost"), any(1.0))
	equal(t, "resource", g.Log()[1].Resource, "graphql")

	page := decode[object](t, graphQL(t, url+"/graphql", "{commits(first: 1, after: $c)}", []string{id}))
	cursor := at(page, "data", "nodes", 0, "commits", "pageInfo", "endCursor")
	equal(t, "more commits", at(page, "data", "nodes", 0, "commits", "pageInfo", "hasNextPage"), any(true))
	page = decode[object](t, graphQL(t, url+"/graphql", "{commits(first: $n, after: $c)}", []string{id}, "c", cursor, "n", 2))
	equal(t, "second commit", at(page, "data", "nodes", 0, "commits", "nodes", 0, "commit", "message"), any("Two"))
	equal(t, "no more commits", at(page, "data", "nodes", 0, "commits", "pageInfo", "hasNextPage"), any(false))

	if many := decode[object](t, graphQL(t, url+"/graphql", "{commits(first: 500)}", []string{id})); many["errors"] == nil {
		t.Error("500 commits at once are not refused")
	}
	w.RevokeRepo("acme/api")
	res = decode[object](t, graphQL(t, url+"/graphql", "", []string{id}))
	equal(t, "a node without access", at(res, "data", "nodes", 0), nil)
}

func TestClosingReferences(t *testing.T) {
	w := smallWorld(t)
	for i := range 6 {
		w.OpenIssue(day(0, i), "acme/api", fake.IssueSpec{Author: "ada", Title: "x"})
	}
	w.OpenIssue(day(0, 9), "acme/web", fake.IssueSpec{Author: "ada", Title: "y"})
	for _, c := range []struct {
		body, base string
		want       []string
	}{
		{"Fixes #1", "", []string{"acme/api#1"}},
		{"Close #1, #2", "", []string{"acme/api#1"}},
		{"close #1, closes: #2\nRESOLVED acme/web#1", "", []string{"acme/api#1", "acme/api#2", "acme/web#1"}},
		{"fixes https://github.com/acme/web/issues/1 and fix GH-3", "", []string{"acme/web#1", "acme/api#3"}},
		{"fixes other/repo#1, prefixes #2, see #3, fixes#4, fixes #99", "", nil},
		{"`fixes #1` ```\nfixes #2\n``` <!-- fixes #3 --> fixes #4.", "", []string{"acme/api#4"}},
		{"Fixes #1", "release", nil}, // keywords count on the default branch only
	} {
		n := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ada", Title: "t", Body: c.body, Base: c.base, Head: "h"})
		equal(t, fmt.Sprintf("%q", c.body), w.Closes("acme/api", n), c.want)
		w.CloseIssue(day(1, 1), "acme/api", n, "ada", "")
	}
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock}))
	open := decode[[]object](t, get(t, url+"/repos/acme/api/issues"))
	equal(t, "no unmerged pull request closes an issue", len(open), 6)
	w.LinkIssue("acme/api", 7, "acme/api", 6)
	equal(t, "linked by hand", w.Closes("acme/api", 7), []string{"acme/api#1", "acme/api#6"})
}

func TestGraphQLNeedsAToken(t *testing.T) {
	url := serve(t, fake.NewGitHub(smallWorld(t), fake.Options{Now: clock}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, do(t, req, "Authorization", ""), http.StatusUnauthorized)
	wantStatus(t, get(t, url+"/graphql"), http.StatusBadRequest)
}
