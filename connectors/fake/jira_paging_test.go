package fake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// manyTickets is a site with a project "BIG" of n tasks, one a minute.
func manyTickets(t *testing.T, n int) *fake.JiraSite {
	t.Helper()
	s := smallSite(t)
	s.AddProject(fake.JiraProjectSpec{Key: "BIG"})
	for i := range n {
		s.Open(day(1, i), "BIG", fake.JiraIssueSpec{Summary: fmt.Sprint("task ", i), Reporter: "ada"})
	}
	return s
}

func TestJiraPageCaps(t *testing.T) {
	s := manyTickets(t, 5010)
	_, base := serveJira(t, s, fake.JiraOptions{})
	size := func(more ...string) int {
		return len(jiraList(t, decode[object](t, jiraSearch(t, base, "project = BIG", more...)), "issues"))
	}
	equal(t, "default", size(), 50)
	equal(t, "ids", size("maxResults", "9999"), 5000)
	equal(t, "ids and keys", size("maxResults", "9999", "fields", "id,key"), 5000)
	equal(t, "another field", size("maxResults", "9999", "fields", "id,updated"), 100)
	equal(t, "histories", size("maxResults", "9999", "fields", "id", "expand", "changelog"), 100)
	wantStatus(t, jiraSearch(t, base, "project = BIG", "maxResults", "0"), 400)
	equal(t, "count", decode[object](t, jiraPost(t, base+"/rest/api/3/search/approximate-count", object{"jql": "project = BIG"}))["count"], any(5010.0))
	body := decode[object](t, jiraPost(t, base+"/rest/api/2/search/jql", object{"jql": "project = BIG", "fields": []string{"summary"}, "maxResults": 2, "expand": "changelog"}))
	equal(t, "by POST", len(jiraList(t, body, "issues")), 2)
	keys, pages := jiraPages(t, base, "project = BIG order by key", nil, "fields", "key", "maxResults", "5000")
	equal(t, "all", []int{len(keys), pages}, []int{5010, 2})
}

func TestJiraTokens(t *testing.T) {
	now := clock()
	s := manyTickets(t, 3)
	_, base := serveJira(t, s, fake.JiraOptions{Now: func() time.Time { return now }})
	first := decode[object](t, jiraSearch(t, base, "project = BIG", "maxResults", "2"))
	token := first["nextPageToken"].(string)
	wantStatus(t, jiraSearch(t, base, "project = BIG", "nextPageToken", token), 200)
	wantStatus(t, jiraSearch(t, base, "project = PAY", "nextPageToken", token), 400)
	wantStatus(t, jiraSearch(t, base, "project = BIG", "nextPageToken", "x"+token), 400)
	now = now.Add(8 * 24 * time.Hour)
	wantStatus(t, jiraSearch(t, base, "project = BIG", "nextPageToken", token), 400)
}

func TestJiraDataCenterSearch(t *testing.T) {
	s := manyTickets(t, 7)
	s.Move(day(2, 0), "BIG-7", "ada", "OPS")
	_, base := serveJira(t, s, fake.JiraOptions{DataCenter: true, PageSize: 4, Account: "ben"})
	type result struct {
		StartAt, MaxResults, Total int
		Issues                     []object
	}
	ask := func(more ...string) result {
		return decode[result](t, get(t, base+"/rest/api/2/search?"+jiraParams(append(more, "jql", "project = BIG order by key")...)))
	}
	page := ask("maxResults", "1000", "startAt", "4")
	equal(t, "lowered", []int{page.StartAt, page.MaxResults, page.Total, len(page.Issues)}, []int{4, 4, 6, 2})
	equal(t, "none", len(ask("maxResults", "0").Issues), 0)
	fields := at(page.Issues[0], "fields").(object)
	for _, absent := range []string{"comment", "worklog", "parent"} {
		if _, ok := fields[absent]; ok {
			t.Errorf("a search shows %s unasked", absent)
		}
	}
	equal(t, "person", []any{at(fields, "reporter", "name"), at(fields, "reporter", "accountId")}, []any{"ada", nil})
	equal(t, "level", at(fields, "issuetype", "hierarchyLevel"), nil)
	for _, path := range []string{"/rest/api/2/search/jql", "/rest/api/3/search", "/rest/api/2/project/search", "/rest/api/2/users/search"} {
		wantStatus(t, get(t, base+path), 404)
	}
	wantStatus(t, get(t, base+"/rest/api/2/search?"+jiraParams("jql", "key in (BIG-1, NONE-1)")), 400)
	posted := decode[result](t, jiraPost(t, base+"/rest/api/2/search", object{"jql": "project = BIG", "startAt": 5, "maxResults": 3, "fields": []string{"summary"}}))
	equal(t, "by POST", []int{posted.StartAt, posted.Total, len(posted.Issues)}, []int{5, 6, 1})
}

func TestJiraMovedAndDeleted(t *testing.T) {
	s := smallSite(t)
	id := s.ID("PAY-2")
	equal(t, "new key", s.Move(day(1, 0), "PAY-2", "ada", "OPS"), "OPS-1")
	s.RenameProject("OPS", "RUN")
	_, base := serveJira(t, s, fake.JiraOptions{})
	for _, name := range []string{"PAY-2", "OPS-1", "run-1", fmt.Sprint(id)} {
		is := decode[object](t, get(t, base+"/rest/api/3/issue/"+name+"?fields=project"))
		equal(t, name, []any{is["id"], is["key"], at(is, "fields", "project", "key")}, []any{fmt.Sprint(id), "RUN-1", "RUN"})
	}
	equal(t, "by an old key", jiraKeys(t, jiraSearch(t, base, "key = PAY-2", "fields", "key")), []string{"RUN-1"})
	equal(t, "by the old project", jiraKeys(t, jiraSearch(t, base, "project = OPS", "fields", "key")), []string{"RUN-1"})
	s.Delete(day(2, 0), "RUN-1")
	wantStatus(t, get(t, base+"/rest/api/3/issue/PAY-2"), 404)
	bulk := decode[object](t, jiraPost(t, base+"/rest/api/3/issue/bulkfetch", object{"issueIdsOrKeys": []string{"PAY-1", "RUN-1", "PAY-3"}, "fields": []string{"summary"}}))
	equal(t, "bulk", []int{len(jiraList(t, bulk, "issues")), len(jiraList(t, bulk, "issueErrors"))}, []int{2, 0})
	equal(t, "keys", s.Keys(), []string{"PAY-1", "PAY-3"})
}

func TestJiraRevokedProject(t *testing.T) {
	s := smallSite(t)
	s.Link(day(1, 0), "ada", "Blocks", "PAY-2", s.Open(day(1, 0), "OPS", fake.JiraIssueSpec{}))
	work := s.LogWork(day(1, 0), "PAY-2", fake.JiraWorkSpec{By: "ada", Started: day(1, 0), Spent: time.Hour})
	s.RevokeProject("PAY")
	_, base := serveJira(t, s, fake.JiraOptions{})
	see := func(issues, projects, links, worklogs int) {
		t.Helper()
		equal(t, "issues", len(jiraList(t, decode[object](t, jiraSearch(t, base, "created > 0")), "issues")), issues)
		equal(t, "projects", decode[object](t, get(t, base+"/rest/api/3/project/search"))["total"], any(float64(projects)))
		equal(t, "links", len(jiraList(t, at(decode[object](t, get(t, base+"/rest/api/3/issue/OPS-1")), "fields").(object), "issuelinks")), links)
		equal(t, "worklogs", len(decode[[]any](t, jiraPost(t, base+"/rest/api/3/worklog/list", object{"ids": []int64{work}}))), worklogs)
	}
	see(1, 1, 0, 0)
	wantStatus(t, get(t, base+"/rest/api/3/issue/PAY-1"), 404)
	wantStatus(t, get(t, base+"/rest/api/3/project/PAY"), 404)
	s.RestoreProject("PAY")
	see(4, 2, 1, 1)
}

func TestJiraCommentsAndWorklogs(t *testing.T) {
	s := smallSite(t)
	for i := range 25 {
		s.Comment(day(1, i), "PAY-2", "ada", fmt.Sprint("comment ", i))
		s.LogWork(day(1, i), "PAY-2", fake.JiraWorkSpec{By: "ben", Started: day(0, i), Spent: 90 * time.Minute, Comment: "c"})
	}
	_, base := serveJira(t, s, fake.JiraOptions{})
	_, dc := serveJira(t, s, fake.JiraOptions{DataCenter: true})
	for _, c := range []struct {
		base     string
		comments int
	}{{base, 20}, {dc, 25}} {
		fields := at(decode[object](t, get(t, c.base+"/rest/api/2/issue/PAY-2")), "fields").(object)
		equal(t, "comments", []any{len(at(fields, "comment", "comments").([]any)), at(fields, "comment", "total")}, []any{c.comments, 25.0})
		equal(t, "worklogs", []any{len(at(fields, "worklog", "worklogs").([]any)), at(fields, "worklog", "total")}, []any{20, 25.0})
		equal(t, "text", at(fields, "comment", "comments", 0, "body"), any("comment 0"))
		all := decode[object](t, get(t, c.base+"/rest/api/2/issue/PAY-2/worklog"))
		equal(t, "all worklogs", len(jiraList(t, all, "worklogs")), 25)
		equal(t, "spent", at(jiraList(t, all, "worklogs")[0], "timeSpent"), any("1h 30m"))
	}
	last := decode[object](t, get(t, base+"/rest/api/3/issue/PAY-2/comment?startAt=20&maxResults=50"))
	equal(t, "comment page", len(jiraList(t, last, "comments")), 5)
	equal(t, "document", at(last, "comments", 0, "body", "type"), any("doc"))
	newest := decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2/comment?orderBy=-created&maxResults=1"))
	equal(t, "newest", at(newest, "comments", 0, "body"), any("comment 24"))
}

// TestJiraWorklogFeed follows the feed to its end and finds each worklog once,
// with many in one millisecond.
func TestJiraWorklogFeed(t *testing.T) {
	s := smallSite(t)
	var ids []int64
	for i := range 25 {
		ids = append(ids, s.LogWork(day(1, i/10), "PAY-2", fake.JiraWorkSpec{By: "ben", Started: day(0, i), Spent: time.Hour}))
	}
	s.EditWork(day(2, 0), "PAY-2", ids[3], "ben", day(0, 0), 2*time.Hour)
	s.DeleteWork(day(2, 1), "PAY-2", ids[4], "ben")
	fresh := s.LogWork(clock().Add(-30*time.Second), "PAY-2", fake.JiraWorkSpec{By: "ben", Started: day(0, 0), Spent: time.Hour})
	j, base := serveJira(t, s, fake.JiraOptions{WorklogSize: 4})
	type feed struct {
		Values              []struct{ WorklogID, UpdatedTime int64 }
		NextPage            string
		LastPage            bool
		Since, Until, Empty int64
	}
	seen := map[int64]int{}
	for url := fmt.Sprint(base, "/rest/api/3/worklog/updated?since=", day(0, 0).UnixMilli()); ; {
		f := decode[feed](t, get(t, url))
		for _, v := range f.Values {
			seen[v.WorklogID]++
		}
		if url = f.NextPage; f.LastPage {
			equal(t, "until", f.Until, clock().Add(-time.Minute).UnixMilli())
			break
		}
	}
	equal(t, "requests", len(j.Log()), 4)
	for i, id := range ids {
		want := 1
		if i == 4 {
			want = 0
		}
		equal(t, fmt.Sprint("worklog ", i), seen[id], want)
	}
	equal(t, "younger than a minute", seen[fresh], 0)
	equal(t, "since", len(decode[feed](t, get(t, fmt.Sprint(base, "/rest/api/3/worklog/updated?since=", day(2, 0).UnixMilli()))).Values), 1)
	deleted := decode[feed](t, get(t, base+"/rest/api/3/worklog/deleted?since=0"))
	equal(t, "deleted", deleted.Values[0].WorklogID, ids[4])
	got := decode[[]object](t, jiraPost(t, base+"/rest/api/2/worklog/list", object{"ids": []int64{ids[3], ids[4], 1}}))
	equal(t, "listed", []any{len(got), got[0]["issueId"], got[0]["timeSpentSeconds"]}, []any{1, fmt.Sprint(s.ID("PAY-2")), 7200.0})
}

func TestJiraIndexLag(t *testing.T) {
	now := day(5, 0)
	s := smallSite(t)
	j, base := serveJira(t, s, fake.JiraOptions{Now: func() time.Time { return now }})
	found := func(more ...string) string {
		return strings.Join(jiraKeys(t, jiraSearch(t, base, fmt.Sprint("updated >= ", day(4, 0).UnixMilli(), " order by key"), append(more, "fields", "key")...)), " ")
	}
	s.Set(day(5, 0), "PAY-1", "ada", "summary", "x")
	s.Set(day(5, 0), "PAY-2", "ada", "summary", "x")
	s.Open(day(5, 0), "PAY", fake.JiraIssueSpec{})
	j.LagBehind("PAY-2", 3*time.Hour)
	j.LagBehind("PAY-4", 3*time.Hour)
	equal(t, "at once", found(), "PAY-1")
	equal(t, "reconciled", found("reconcileIssues", fmt.Sprint(s.ID("PAY-2"), ",", s.ID("PAY-4"))), "PAY-1 PAY-2 PAY-4")
	wantStatus(t, get(t, base+"/rest/api/3/issue/PAY-4"), 200)
	now = now.Add(179 * time.Minute)
	equal(t, "before", found(), "PAY-1")
	now = now.Add(time.Minute)
	equal(t, "after", found(), "PAY-1 PAY-2 PAY-4")
	j.LagBehind("PAY-2", -1)
	equal(t, "never", found(), "PAY-1 PAY-4")
}
