package fake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// push makes n commits on the default branch.
func push(w *fake.World, d, n int) []string {
	var specs []fake.CommitSpec
	for i := range n {
		at := day(d, i)
		specs = append(specs, fake.CommitSpec{Author: "ada", Message: fmt.Sprint("Commit ", d, ".", i), Authored: at, Committed: at})
	}
	return w.PushCommits(day(d, n), "acme/api", "", specs...)
}

// shas reads the SHAs of a list.
func shas(list []any) []string {
	var out []string
	for _, o := range list {
		out = append(out, o.(object)["sha"].(string))
	}
	return out
}

func TestCommitListFiltersByCommitterDate(t *testing.T) {
	w := smallWorld(t)
	push(w, 1, 3)
	// Made on day 2, pushed on day 9: a list since day 5 does not have it.
	late := w.PushCommits(day(9, 0), "acme/api", "", fake.CommitSpec{
		Author: "ben", Message: "Late", Authored: day(2, 0), Committed: day(2, 0),
	})[0]
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/commits"
	equal(t, "all", len(decode[[]any](t, get(t, url))), 5)
	equal(t, "since day 5", len(decode[[]any](t, get(t, url+"?since="+day(5, 0).Format(time.RFC3339)))), 0)
	equal(t, "until day 1", len(decode[[]any](t, get(t, url+"?until="+day(1, 0).Format(time.RFC3339)))), 2)
	equal(t, "newest first", shas(decode[[]any](t, get(t, url+"?per_page=1"))), []string{late})
	equal(t, "history of an old head", len(decode[[]any](t, get(t, url+"?sha="+late))), 5)
	wantStatus(t, get(t, url+"/"+strings.Repeat("0", 40)), http.StatusUnprocessableEntity)
}

func TestCompare(t *testing.T) {
	w := smallWorld(t)
	before := push(w, 1, 5)
	base := before[len(before)-1]
	after := push(w, 2, 7)
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/compare/"

	page := get(t, url+base+"...main?per_page=5")
	first := decode[object](t, page)
	equal(t, "status", first["status"], any("ahead"))
	equal(t, "total", first["total_commits"], any(7.0))
	rest := decode[object](t, get(t, next(page)))
	got := append(shas(first["commits"].([]any)), shas(rest["commits"].([]any))...)
	equal(t, "commits, oldest first", got, after)
	equal(t, "identical", decode[object](t, get(t, url+base+"..."+base))["status"], any("identical"))
	equal(t, "behind", decode[object](t, get(t, url+"main..."+base))["status"], any("behind"))

	head := after[6]
	replaced := w.ForcePush(day(3, 0), "acme/api", "", 2, fake.CommitSpec{Author: "ben", Message: "Instead"})
	diverged := decode[object](t, get(t, url+head+"...main"))
	equal(t, "status after a force-push", diverged["status"], any("diverged"))
	equal(t, "behind", diverged["behind_by"], any(2.0))
	equal(t, "where they parted", diverged["merge_base_commit"].(object)["sha"], any(after[4]))
	equal(t, "ahead", shas(diverged["commits"].([]any)), replaced)
	w.CollectGarbage("acme/api")
	wantStatus(t, get(t, url+head+"...main"), http.StatusNotFound)
	equal(t, "identical after garbage collection", decode[object](t, get(t, url+replaced[0]+"...main"))["status"], any("identical"))
}

func TestMergeMethods(t *testing.T) {
	for _, c := range []struct {
		method  fake.MergeMethod
		added   int // commits on the default branch
		message string
	}{
		{fake.Merge, 3, "Merge pull request #2 from acme/topic\n\nTitle"},
		{fake.Squash, 1, "Title (#2)\n\n* A\n\n* B\n\n---------\n\nCo-authored-by: cem <"},
		{fake.Rebase, 2, "B"},
	} {
		t.Run(string(c.method), func(t *testing.T) {
			w := smallWorld(t)
			w.OpenIssue(day(0, 1), "acme/api", fake.IssueSpec{Author: "ada", Title: "Goal"})
			pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{
				Author: "ben", Title: "Title", Body: "resolves #1", Head: "topic",
				Commits: []fake.CommitSpec{{Author: "ben", Message: "A"}, {Author: "cem", Message: "B"}},
			})
			push(w, 2, 1) // the base branch moves on
			sha := w.MergePull(day(3, 0), "acme/api", pr, "ada", c.method)
			url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api"
			list := decode[[]any](t, get(t, url+"/commits"))
			equal(t, "commits", len(list), 2+c.added)
			equal(t, "head", shas(list)[0], sha)
			commit := decode[object](t, get(t, url+"/commits/"+sha))["commit"].(object)
			if m := commit["message"].(string); !strings.HasPrefix(m, c.message) {
				t.Errorf("message %q, want %q", m, c.message)
			}
			equal(t, "committer", at(commit, "committer", "name"), any("GitHub"))
			equal(t, "carriers", numbers(decode[[]object](t, get(t, url+"/commits/"+sha+"/pulls"))), []int{pr})
			equal(t, "the issue", decode[object](t, get(t, url+"/issues/1"))["state"], any("closed"))
		})
	}
}

func TestCompareAcrossMerges(t *testing.T) {
	w := smallWorld(t)
	old := push(w, 1, 1)[0]
	for i := range 4 {
		pr := w.OpenPull(day(2, i), "acme/api", fake.PullSpec{
			Author: "ben", Title: "T", Head: "h", Commits: []fake.CommitSpec{{Author: "ben", Message: "A"}, {Author: "ben", Message: "B"}},
		})
		push(w, 2, 1)
		w.MergePull(day(3, i), "acme/api", pr, "ada", fake.Merge)
	}
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/compare/"
	res := decode[object](t, get(t, url+old+"...main"))
	equal(t, "four merges of two commits beside four pushes", res["ahead_by"], any(16.0))
	equal(t, "where they parted", at(res, "merge_base_commit", "sha"), any(old))
}

func TestPullsShowAtMost250Commits(t *testing.T) {
	w := smallWorld(t)
	pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ada", Title: "Huge", Head: "h", NoHead: true})
	for i := range 260 {
		w.PushToPull(day(1, i), "acme/api", pr, fake.CommitSpec{Author: "ada", Message: fmt.Sprint(i)})
	}
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/pulls/1"
	total := 0
	for page := url + "/commits?per_page=100"; page != ""; {
		a := get(t, page)
		total += len(decode[[]any](t, a))
		page = next(a)
	}
	equal(t, "listed", total, 250)
	detail := decode[object](t, get(t, url))
	equal(t, "counted", detail["commits"], any(260.0))
	equal(t, "deleted head repository", at(detail, "head", "repo"), nil)
	w.ForcePushPull(day(2, 0), "acme/api", pr, fake.CommitSpec{Author: "ada", Message: "One"})
	equal(t, "after a force-push", len(decode[[]any](t, get(t, url+"/commits"))), 1)
}
