package fake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestPopulateJira(t *testing.T) {
	page := func(seed uint64) string {
		s := fake.NewJiraSite()
		fake.PopulateJira(s, fake.JiraSize{Projects: 3, Issues: 400, People: 9}, day(-100, 0), day(0, 0), seed)
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		_, base := serveJira(t, s, fake.JiraOptions{PageSize: 1000})
		a := jiraSearch(t, base, "created > 0 order by key", "fields", "*all", "maxResults", "1000", "expand", "changelog")
		equal(t, "issues", len(jiraKeys(t, a)), 400)
		return strings.ReplaceAll(string(a.body), base, "")
	}
	one := page(1)
	if one != page(1) {
		t.Error("the same arguments give another site")
	}
	if one == page(2) {
		t.Error("another seed gives the same site")
	}
	for _, part := range []string{`"name":"Epic"`, `"name":"Sub-task"`, `"field":"Sprint"`, `"field":"status"`, `"field":"WorklogId"`, `"field":"Link"`, `"comments":[{`} {
		if !strings.Contains(one, part) {
			t.Errorf("no %s in it", part)
		}
	}
}

// BenchmarkJiraBackfill reads a site of 10,000 issues with their histories,
// 100 a page, past the network.
func BenchmarkJiraBackfill(b *testing.B) {
	s := fake.NewJiraSite()
	fake.PopulateJira(s, fake.JiraSize{Projects: 5, Issues: 10_000, People: 50}, day(-300, 0), day(0, 0), 1)
	j := fake.NewJira(s, fake.JiraOptions{Now: clock})
	for b.Loop() {
		token, pages := "", 0
		for {
			query := jiraParams("jql", "created > 0 order by created, key", "fields", "*all", "maxResults", "100", "expand", "changelog", "nextPageToken", token)
			_, body := jiraAsk(b, j, "GET", "/rest/api/3/search/jql", query, "")
			pages++
			i := strings.LastIndex(body, `"nextPageToken":"`)
			if i < 0 {
				break
			}
			token, _, _ = strings.Cut(body[i+len(`"nextPageToken":"`):], `"`)
		}
		if pages != 100 {
			b.Fatal(fmt.Sprint(pages, " pages"))
		}
		j.ResetLog()
	}
}
