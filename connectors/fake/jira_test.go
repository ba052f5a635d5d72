package fake_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestJiraSearchCloud(t *testing.T) {
	s := smallSite(t)
	_, base := serveJira(t, s, fake.JiraOptions{Account: "ada"})
	s.Transition(day(1, 0), "PAY-2", "ben", "In Progress")
	all := jiraSearch(t, base, "project = PAY ORDER BY created ASC, key ASC", "fields", "*all", "expand", "changelog")
	equal(t, "keys", jiraKeys(t, all), []string{"PAY-1", "PAY-2", "PAY-3"})
	story := jiraList(t, decode[object](t, all), "issues")[1]
	equal(t, "parent", at(story, "fields", "parent", "key"), any("PAY-1"))
	equal(t, "time in the account's zone", at(story, "fields", "updated"), any(jiraTime(day(1, 0), "Asia/Shanghai")))
	equal(t, "document", at(story, "fields", "description", "type"), any("doc"))
	equal(t, "history", at(story, "changelog", "histories", 0, "items", 0, "toString"), any("In Progress"))
	equal(t, "category", at(story, "fields", "status", "statusCategory", "key"), any("indeterminate"))
	thin := jiraSearch(t, base, "project = PAY ORDER BY key")
	equal(t, "default fields", string(thin.body), fmt.Sprintf(`{"issues":[{"id":"%d"},{"id":"%d"},{"id":"%d"}],"isLast":true}`, s.ID("PAY-1"), s.ID("PAY-2"), s.ID("PAY-3")))
	wantStatus(t, get(t, base+"/rest/api/3/search?jql=project=PAY"), 410)
	wantStatus(t, jiraSearch(t, base, "ORDER BY created"), 400)
}

// jiraPages reads a query to its end.
func jiraPages(t *testing.T, base, jql string, between func(page int), more ...string) (keys []string, pages int) {
	t.Helper()
	for token := ""; ; {
		a := jiraSearch(t, base, jql, append([]string{"fields", "summary", "nextPageToken", token}, more...)...)
		keys = append(keys, jiraKeys(t, a)...)
		pages++
		var p struct {
			NextPageToken string
			IsLast        bool
		}
		if err := json.Unmarshal(a.body, &p); err != nil {
			t.Fatal(err)
		}
		if p.IsLast != (p.NextPageToken == "") {
			t.Errorf("page %d: isLast %v with token %q", pages, p.IsLast, p.NextPageToken)
		}
		if token = p.NextPageToken; token == "" || pages > 100 {
			return keys, pages
		}
		if between != nil {
			between(pages)
		}
	}
}

func TestJiraPagesDoNotShift(t *testing.T) {
	s := smallSite(t)
	for i := range 7 {
		s.Open(day(1, i), "OPS", fake.JiraIssueSpec{Summary: fmt.Sprint(i)})
	}
	_, base := serveJira(t, s, fake.JiraOptions{})
	keys, pages := jiraPages(t, base, "project = OPS ORDER BY created ASC", func(page int) {
		if page == 1 {
			s.Move(day(2, 0), "OPS-1", "ben", "PAY")
		}
	}, "maxResults", "3")
	equal(t, "pages", pages, 3)
	equal(t, "keys", keys, []string{"OPS-1", "OPS-2", "OPS-3", "OPS-4", "OPS-5", "OPS-6", "OPS-7"})
}
