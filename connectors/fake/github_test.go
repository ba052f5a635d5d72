package fake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestListsAndShapes(t *testing.T) {
	w := smallWorld(t)
	bug := w.OpenIssue(day(0, 10), "acme/api", fake.IssueSpec{Author: "ada", Title: "Slow \"login\" ü", Body: "It takes a minute", Labels: []string{"bug"}, Milestone: "Q1"})
	pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{
		Author: "ben", Title: "Speed up", Body: "Fixes #1", Head: "speed-up",
		Commits: []fake.CommitSpec{{Author: "ben", Message: "Cache", Files: []string{"login.go"}, CoAuthors: []string{"cem"}}},
	})
	w.Comment(day(1, 5), "acme/api", pr, "ada", "Nice")
	w.Review(day(1, 6), "acme/api", pr, fake.ReviewSpec{Author: "ada", State: "APPROVED"})
	w.Review(day(1, 7), "acme/api", pr, fake.ReviewSpec{Author: "cem", State: "PENDING"})
	w.ReviewComment(day(1, 8), "acme/api", pr, "ada", "login.go", "Why?")
	sha := w.MergePull(day(2, 0), "acme/api", pr, "ada", fake.Squash)
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock}))

	issues := decode[[]object](t, get(t, url+"/repos/acme/api/issues?state=all&sort=updated&direction=asc"))
	equal(t, "issues in the order of their update", numbers(issues), []int{bug, pr})
	first, second := issues[0], issues[1]
	equal(t, "title", first["title"], any("Slow \"login\" ü"))
	equal(t, "the merge closed the issue", first["closed_at"], any("2026-03-04T09:00:00Z"))
	equal(t, "repository", first["repository_url"], any(url+"/repos/acme/api"))
	if first["pull_request"] != nil || second["pull_request"].(object)["merged_at"] != "2026-03-04T09:00:00Z" {
		t.Errorf("pull_request: %v and %v", first["pull_request"], second["pull_request"])
	}

	detail := decode[object](t, get(t, fmt.Sprintf("%s/repos/acme/api/pulls/%d", url, pr)))
	if detail["merge_commit_sha"] != sha || detail["merged"] != true || detail["node_id"] != second["node_id"] || detail["id"] == second["id"] {
		t.Errorf("pull request: %v", detail)
	}
	reviews := decode[[]object](t, get(t, fmt.Sprintf("%s/repos/acme/api/pulls/%d/reviews", url, pr)))
	if _, submitted := reviews[1]["submitted_at"]; len(reviews) != 2 || submitted {
		t.Errorf("a pending review has no submitted_at: %v", reviews)
	}
	commits := decode[[]object](t, get(t, fmt.Sprintf("%s/repos/acme/api/pulls/%d/commits", url, pr)))
	if m := commits[0]["commit"].(object)["message"].(string); !strings.Contains(m, "\n\nCo-authored-by: cem <") {
		t.Errorf("message %q names no co-author", m)
	}
	for path, n := range map[string]int{
		"/issues/2/comments": 1, "/issues/comments": 1, "/pulls/2/comments": 1, "/pulls/comments": 1,
		"/commits": 2, "/pulls?state=all": 1, "/commits/" + sha + "/pulls": 1, "/pulls/2/files": 1, "/pulls": 0,
	} {
		if list := decode[[]object](t, get(t, url+"/repos/acme/api"+path)); len(list) != n {
			t.Errorf("%s lists %d, want %d", path, len(list), n)
		}
	}
	files := decode[object](t, get(t, url+"/repos/acme/api/commits/"+sha))["files"].([]any)
	equal(t, "files of the squash commit", files[0].(object)["filename"], any("login.go"))
	equal(t, "head", decode[object](t, get(t, url+"/repos/acme/api/git/ref/heads/main"))["object"].(object)["sha"], any(sha))
	wantStatus(t, get(t, url+"/repos/acme/web/commits"), http.StatusConflict)
	wantStatus(t, get(t, url+"/repos/acme/none"), http.StatusNotFound)
}
