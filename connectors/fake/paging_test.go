package fake_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

// manyIssues opens n issues a minute apart and returns the world.
func manyIssues(t *testing.T, n int) *fake.World {
	w := smallWorld(t)
	for i := range n {
		w.OpenIssue(day(1, i), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprint("Issue ", i)})
	}
	return w
}

const oldestFirst = "/repos/acme/api/issues?state=all&sort=updated&direction=asc&per_page=10"

// naive is the client that everybody writes first: it counts pages.
func naive(t *testing.T, base string) (seen map[int]int, refused bool) {
	seen = map[int]int{}
	for page := 1; ; page++ {
		a := get(t, fmt.Sprintf("%s%s&page=%d", base, oldestFirst, page))
		if a.StatusCode != http.StatusOK {
			return seen, true
		}
		list := numbers(decode[[]object](t, a))
		if len(list) == 0 {
			return seen, false
		}
		for _, n := range list {
			seen[n]++
		}
	}
}

func TestNaiveClientLosesItemsWhenTheListMoves(t *testing.T) {
	w := manyIssues(t, 35)
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	g.Fault(fake.Matching("page=2"), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
		w.Comment(day(2, 0), "acme/api", 3, "ben", "This one moves to the end")
	}})
	seen, _ := naive(t, serve(t, g))
	if seen[11] != 0 || seen[3] != 2 {
		t.Errorf("issue 11 seen %d times, want 0: it moved to a page already read; issue 3 %d times, want 2", seen[11], seen[3])
	}
	equal(t, "issues seen of 35", len(seen), 34)
}

func TestNaiveClientIsRefusedInALargeList(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 45), fake.Options{Now: clock, LargeList: 40, DeepPage: 3})
	seen, refused := naive(t, serve(t, g))
	if !refused || len(seen) != 30 {
		t.Errorf("refused %v after %d issues, want a refusal after 30", refused, len(seen))
	}
	last := g.Log()[3]
	equal(t, "status of the fourth page", last.Status, http.StatusUnprocessableEntity)
}

// TestCarefulClientLosesNothing reads by key, oldest first, while an item moves
// to the end before every page: the server is hostile, not unfair.
func TestCarefulClientLosesNothing(t *testing.T) {
	const n = 60
	w := manyIssues(t, n)
	g := fake.NewGitHub(w, fake.Options{Now: clock, LargeList: 20, OffsetCursor: true})
	moves := 0
	g.Fault(fake.Matching("since="), -1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
		if moves++; moves < 20 {
			w.Comment(day(2, moves), "acme/api", 1+moves*7%n, "ben", "news")
		}
	}})
	base := serve(t, g)
	seen, since := map[int]string{}, "2026-01-01T00:00:00Z"
	for fresh := true; fresh; {
		fresh = false
		for _, o := range decode[[]object](t, get(t, base+oldestFirst+"&since="+since)) {
			number, updated := int(o["number"].(float64)), o["updated_at"].(string)
			fresh = fresh || seen[number] != updated
			seen[number], since = updated, updated
		}
	}
	equal(t, "issues seen", len(seen), n)
	for _, is := range w.Snapshot()[0].Issues {
		if got := seen[is.Number]; got != is.Updated.Format("2006-01-02T15:04:05Z") {
			t.Errorf("issue %d: last seen as of %s, is of %s", is.Number, got, is.Updated)
		}
	}
}

// follow reads a list by its links.
func follow(t *testing.T, address string) (pages []answer, list []int) {
	for address != "" {
		a := get(t, address)
		pages = append(pages, a)
		list = append(list, numbers(decode[[]object](t, a))...)
		address = next(a)
	}
	return pages, list
}

func TestLargeListsArePagedByCursor(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 45), fake.Options{Now: clock, LargeList: 40})
	pages, list := follow(t, serve(t, g)+oldestFirst+"&since=2026-01-01T00:00:00Z")
	equal(t, "issues", len(list), 45)
	for i, a := range pages {
		link := a.Header.Get("Link")
		if strings.Contains(link, `rel="last"`) {
			t.Errorf("page %d links to the last page: %s", i, link)
		}
		if u, _ := url.Parse(next(a)); i < 4 && (u.Query().Has("page") || !u.Query().Has("after") || !u.Query().Has("since")) {
			t.Errorf("page %d continues at %s, want since and after and no page", i, u)
		}
	}
	if !strings.Contains(next(pages[0]), "/repositories/") {
		t.Errorf("the link %q does not go by the repository's id", next(pages[0]))
	}
}

func TestCursorsUnderChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset bool
		lost   bool
	}{{"key", false, false}, {"position", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := manyIssues(t, 45)
			g := fake.NewGitHub(w, fake.Options{Now: clock, LargeList: 1, OffsetCursor: c.offset})
			g.Fault(fake.Matching("after="), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() {
				w.Relabel(day(2, 0), "acme/api", 3, "bug")
			}})
			_, list := follow(t, serve(t, g)+oldestFirst)
			seen := map[int]bool{}
			for _, n := range list {
				seen[n] = true
			}
			if seen[11] == c.lost {
				t.Errorf("issue 11 seen: %v; 45 issues, %d seen", seen[11], len(seen))
			}
		})
	}
}

func TestSmallListsArePagedByNumber(t *testing.T) {
	base := serve(t, fake.NewGitHub(manyIssues(t, 25), fake.Options{Now: clock}))
	pages, list := follow(t, base+oldestFirst)
	equal(t, "issues", len(list), 25)
	if link := pages[1].Header.Get("Link"); !strings.Contains(link, "page=3") || !strings.Contains(link, `rel="prev"`) || strings.Contains(link, `rel="last"`) {
		t.Errorf("links of page 2: %s", link)
	}
}

func TestSince(t *testing.T) {
	base := serve(t, fake.NewGitHub(manyIssues(t, 5), fake.Options{Now: clock}))
	for since, want := range map[string]int{
		"1970-01-01T00:00:00Z":        0, // GitHub answers the epoch with nothing
		"1970-01-02T00:00:00Z":        5,
		"2026-03-03T09:04:00Z":        1, // at or after
		"2026-03-03T10:04:00%2B01:00": 1,
		"2026-03-03T09:04:01Z":        0,
	} {
		for _, query := range []string{
			"/repos/acme/api/issues?sort=updated&direction=asc", "/repos/acme/api/issues?sort=updated", "/repos/acme/api/issues?sort=created",
		} {
			list := decode[[]object](t, get(t, base+query+"&state=open&since="+since))
			if len(list) != want {
				t.Errorf("%s since %s: %d issues, want %d", query, since, len(list), want)
			}
		}
	}
	wantStatus(t, get(t, base+oldestFirst+"&since=yesterday"), http.StatusUnprocessableEntity)
}

func TestUpdatedHasOneSecondAndTiesStayInOrder(t *testing.T) {
	w := smallWorld(t)
	for i := range 150 {
		w.OpenIssue(day(1, 0).Add(700e6), "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprint(i)})
	}
	base := serve(t, fake.NewGitHub(w, fake.Options{Now: clock, LargeList: 100}))
	pages, list := follow(t, base+strings.Replace(oldestFirst, "per_page=10", "per_page=100", 1)+"&since=2026-03-03T09:00:00Z")
	equal(t, "pages", len(pages), 2)
	for i, n := range list {
		if n != i+1 {
			t.Fatalf("issue %d at position %d", n, i)
		}
	}
	equal(t, "updated_at", decode[[]object](t, get(t, base+oldestFirst))[0]["updated_at"], any("2026-03-03T09:00:00Z"))
}

func TestPullListKnowsNoSinceAndSortsItsOwnWay(t *testing.T) {
	w := smallWorld(t)
	for i := range 3 {
		w.OpenPull(day(1, i), "acme/api", fake.PullSpec{Author: "ada", Title: fmt.Sprint(i), Head: "x"})
	}
	w.CloseIssue(day(2, 0), "acme/api", 2, "ada", "")
	base := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/pulls"
	for query, want := range map[string][]int{
		"":                                       {3, 1},
		"?state=all":                             {3, 2, 1},
		"?state=all&sort=updated":                {1, 3, 2},
		"?state=all&sort=updated&direction=desc": {2, 3, 1},
		"?state=all&since=2030-01-01T00:00:00Z":  {3, 2, 1},
		"?state=closed":                          {2},
		"?base=other":                            nil,
	} {
		equal(t, query, numbers(decode[[]object](t, get(t, base+query))), want)
	}
}

func TestCommentsSince(t *testing.T) {
	w := manyIssues(t, 1)
	var last int64
	for i := range 3 {
		last = w.Comment(day(2, i), "acme/api", 1, "ada", fmt.Sprint("c", i))
	}
	w.EditComment(day(3, 0), "acme/api", last-14, "changed")
	base := serve(t, fake.NewGitHub(w, fake.Options{Now: clock})) + "/repos/acme/api/issues/comments"
	equal(t, "comments since", len(decode[[]object](t, get(t, base+"?since=2026-03-04T09:01:00Z"))), 3)
	byUpdate := decode[[]object](t, get(t, base+"?sort=updated&direction=desc"))
	equal(t, "the edited comment comes first", byUpdate[0]["body"], any("changed"))
	equal(t, "epoch", len(decode[[]object](t, get(t, base+"?since=1970-01-01T00:00:00Z"))), 0)
}
