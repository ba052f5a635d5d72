package fake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestJiraLimitFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  fake.Fault
		dc     bool
		status int
		header map[string]string
	}{
		{"burst", fake.Fault{Kind: fake.JiraBurst, Wait: 5 * time.Second}, false, 429,
			map[string]string{"Retry-After": "5", "RateLimit-Reason": "jira-burst-based", "Content-Type": "application/json;charset=UTF-8"}},
		{"quota", fake.Fault{Kind: fake.JiraQuota, Wait: 40 * time.Minute}, false, 429,
			map[string]string{"Retry-After": "2400", "RateLimit-Reason": "jira-quota-global-based", "X-RateLimit-Reset": clock().Add(40 * time.Minute).Format("2006-01-02T15:04Z")}},
		{"bucket", fake.Fault{Kind: fake.JiraBurst, Wait: time.Minute}, true, 429,
			map[string]string{"Retry-After": "60", "RateLimit-Reason": "", "X-RateLimit-FillRate": "10", "X-RateLimit-Interval-Seconds": "60"}},
		{"bare", fake.Fault{Kind: fake.JiraBareLimit}, false, 429, map[string]string{"Retry-After": "", "RateLimit-Reason": ""}},
		{"unavailable", fake.Fault{Kind: fake.JiraUnavailable, Wait: time.Minute}, false, 503, map[string]string{"Retry-After": "60"}},
		{"gateway", fake.Fault{Kind: fake.ServerError}, false, 502, map[string]string{"Content-Type": "text/html; charset=utf-8"}},
		{"credentials", fake.Fault{Kind: fake.BadCredentials}, false, 401, map[string]string{"X-Seraph-Loginreason": "AUTHENTICATED_FAILED"}},
		{"login", fake.Fault{Kind: fake.JiraLoginFailed}, false, 200, map[string]string{"X-Seraph-Loginreason": "AUTHENTICATED_FAILED"}},
		{"redirect", fake.Fault{Kind: fake.Redirect, To: "http://elsewhere.invalid"}, false, 302, map[string]string{"Location": "http://elsewhere.invalid/rest/api/2/myself"}},
		{"skew", fake.Fault{Kind: fake.ClockSkew, Wait: -time.Hour}, false, 200, map[string]string{"Date": clock().Add(-time.Hour).Format(http.TimeFormat)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, base := serveJira(t, smallSite(t), fake.JiraOptions{DataCenter: c.dc})
			j.Fault(fake.Matching("GET", "/myself"), 1, c.fault)
			a := get(t, base+"/rest/api/2/myself")
			wantStatus(t, a, c.status)
			for k, v := range c.header {
				equal(t, k, a.Header.Get(k), v)
			}
			equal(t, "logged", j.Log()[0].Fault, c.fault.Kind)
			wantStatus(t, get(t, base+"/rest/api/2/myself"), 200)
		})
	}
}

// TestJiraTokenFaults reads pages whose tokens lie, and counts the requests.
func TestJiraTokenFaults(t *testing.T) {
	ask := func(kind fake.Kind, status, times int) (bodies []string) {
		j, base := serveJira(t, manyTickets(t, 4), fake.JiraOptions{})
		j.Fault(fake.Matching("/search/jql"), times, fake.Fault{Kind: kind, Status: status})
		for token, n := "", 0; n < 5; n++ {
			a := jiraSearch(t, base, "project = BIG order by key", "fields", "key", "maxResults", "2", "nextPageToken", token)
			var keys []string
			for _, k := range jiraKeys(t, a) {
				keys = append(keys, strings.TrimPrefix(k, "BIG-"))
			}
			p := decode[object](t, a)
			next, _ := p["nextPageToken"].(string)
			bodies = append(bodies, fmt.Sprintf("%s same=%v last=%v", strings.Join(keys, ","), next != "" && next == token, p["isLast"]))
			if token = next; token == "" {
				break
			}
		}
		return bodies
	}
	equal(t, "same token for ever", ask(fake.JiraSameToken, 0, -1), []string{
		"1,2 same=false last=false", "1,2 same=true last=false", "1,2 same=true last=false", "1,2 same=true last=false", "1,2 same=true last=false"})
	equal(t, "same token once", ask(fake.JiraSameToken, 0, 1), []string{"1,2 same=false last=false", "1,2 same=false last=false", "3,4 same=false last=true"})
	equal(t, "empty page once", ask(fake.JiraEmptyPage, 0, 1), []string{" same=false last=false", "1,2 same=false last=false", "3,4 same=false last=true"})
	equal(t, "last with a token", ask(fake.JiraLastToken, 0, 1), []string{"1,2 same=false last=true", "3,4 same=false last=true"})
}

func TestJiraSmallPageFault(t *testing.T) {
	for _, size := range []int{0, 2} {
		j, base := serveJira(t, manyTickets(t, 4), fake.JiraOptions{DataCenter: true})
		j.Fault(nil, -1, fake.Fault{Kind: fake.JiraSmallPage, Status: size})
		p := decode[object](t, get(t, base+"/rest/api/2/search?maxResults=50&"+jiraParams("jql", "project = BIG")))
		equal(t, "page", []any{len(jiraList(t, p, "issues")), p["maxResults"], p["total"]}, []any{size, float64(size), 4.0})
		equal(t, "logged", len(j.Log()[0].Items), size)
	}
}

func TestJiraBodyFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  fake.Kind
		items int // -1: not a page of issues
		check func(body string) bool
	}{
		{"empty", fake.EmptyBody, -1, func(b string) bool { return b == "" }},
		{"null", fake.NullBody, 0, func(b string) bool { return b == "null" }},
		{"object", fake.ObjectBody, 0, func(b string) bool { return b == "{}" }},
		{"HTML", fake.HTMLBody, -1, func(b string) bool { return strings.Contains(b, "<html>") }},
		{"truncated", fake.TruncatedBody, -1, func(b string) bool { return strings.HasPrefix(b, `{"issues":[{`) }},
		{"garbage", fake.TrailingGarbage, -1, func(b string) bool { return strings.HasSuffix(b, "-->") }},
		{"timestamp", fake.BadTimestamp, 3, func(b string) bool { return strings.Count(b, `"updated":"yesterday"`) == 1 }},
		{"user", fake.NullUser, 3, func(b string) bool { return strings.Count(b, `"reporter":null`) == 1 }},
		{"duplicate", fake.DuplicateItem, 4, func(b string) bool { return strings.Count(b, `"key":"PAY-3"`) == 2 }},
		{"shuffled", fake.ShuffledPage, 3, func(b string) bool { return strings.Index(b, `"key":"PAY-1"`) > strings.Index(b, `"key":"PAY-3"`) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, base := serveJira(t, smallSite(t), fake.JiraOptions{})
			j.Fault(fake.Matching("/search/jql"), 1, fake.Fault{Kind: c.kind})
			a := jiraSearch(t, base, "project = PAY order by key", "fields", "reporter,updated")
			wantStatus(t, a, http.StatusOK)
			if !c.check(string(a.body)) {
				t.Errorf("body: %.300s", a.body)
			}
			var page struct{ Issues []object }
			if err := json.Unmarshal(a.body, &page); (err != nil) != (c.items < 0) || err == nil && len(page.Issues) != c.items {
				t.Errorf("decodes to %d issues, %v; want %d", len(page.Issues), err, c.items)
			}
		})
	}
}

func TestJiraPoison(t *testing.T) {
	j, base := serveJira(t, smallSite(t), fake.JiraOptions{})
	j.Poison("PAY-2", fake.JiraPoison{Document: true, EmptyDue: true, Zulu: true})
	j.Poison("PAY-3", fake.JiraPoison{NoUpdated: true})
	issues := jiraList(t, decode[object](t, get(t, base+"/rest/api/2/search/jql?fields=*all&"+jiraParams("jql", "project = PAY order by key"))), "issues")
	equal(t, "document", at(issues[1], "fields", "description", "type"), any("doc"))
	equal(t, "due", at(issues[1], "fields", "duedate"), any(""))
	equal(t, "updated", at(issues[1], "fields", "updated"), any(day(0, 1).Format(time.RFC3339)))
	if _, ok := at(issues[2], "fields").(object)["updated"]; ok {
		t.Error("updated is there")
	}
	equal(t, "the others", at(issues[0], "fields", "updated"), any(jiraTime(day(0, 0), "UTC")))
	j.Poison("PAY-3", fake.JiraPoison{})
	healed := decode[object](t, get(t, base+"/rest/api/2/issue/PAY-3"))
	equal(t, "healed", at(healed, "fields", "updated"), any(jiraTime(day(0, 2), "UTC")))
}

// TestJiraMovesBetweenPages changes the site while it is read.
func TestJiraMovesBetweenPages(t *testing.T) {
	s := manyTickets(t, 4)
	j, base := serveJira(t, s, fake.JiraOptions{})
	j.Fault(fake.After(1, fake.Matching("/search/jql")), 1, fake.Fault{Kind: fake.MutateBefore, Do: func() { s.Delete(day(9, 0), "BIG-3") }})
	j.Fault(fake.Matching("/search/jql"), 1, fake.Fault{Kind: fake.MutateAfter, Do: func() { s.Open(day(9, 0), "BIG", fake.JiraIssueSpec{}) }})
	keys, _ := jiraPages(t, base, "project = BIG order by created", nil, "maxResults", "2")
	equal(t, "keys", keys, []string{"BIG-1", "BIG-2", "BIG-4", "BIG-5"})
	equal(t, "served", j.Log()[1].Items, []string{fmt.Sprint("issue:", s.ID("BIG-4")), fmt.Sprint("issue:", s.ID("BIG-5"))})
	equal(t, "resource", j.Log()[1].Resource, "api/3/search/jql")
}

// FuzzJiraRequest sends requests of any shape: none of them is a server error.
func FuzzJiraRequest(f *testing.F) {
	s := fake.NewJiraSite()
	fake.PopulateJira(s, fake.JiraSize{Projects: 1, Issues: 30, People: 3}, day(-60, 0), day(0, 0), 1)
	cloud := fake.NewJira(s, fake.JiraOptions{Now: clock, CloudID: "c"})
	dc := fake.NewJira(s, fake.JiraOptions{Now: clock, DataCenter: true, OldSprints: true})
	for _, path := range []string{
		"/rest/api/3/search/jql", "/rest/api/2/search", "/rest/api/3/issue/P01-1/changelog", "/rest/api/2/issue/10061/comment", "/ex/jira/c/rest/api/3/myself",
		"/rest/agile/1.0/board/1/issue", "/rest/agile/1.0/sprint/1/issue", "/rest/agile/1.0/board/1/configuration", "/rest/api/3/worklog/updated", "/rest/api/2/group/member",
		"/rest/dev-status/1.0/issue/detail", "/rest/api/3/users/search", "/rest//", "/rest/api/2/",
	} {
		f.Add(path, "startAt=-3&maxResults=9223372036854775807&jql=created%3E0&fields=-x,*all,&expand=changelog&since=-1&nextPageToken=first", "")
	}
	f.Add("/rest/api/3/changelog/bulkfetch", "", `{"issueIdsOrKeys":["P01-1","P01-2"],"maxResults":-3,"nextPageToken":"bulk-99999"}`)
	f.Add("/rest/api/3/issue/bulkfetch", "", `{"issueIdsOrKeys":["P01-1",""],"expand":[3,"changelog"],"fields":[""]}`)
	f.Add("/rest/api/3/search/jql", "", `{"jql":"created > 0","maxResults":-1,"expand":{},"nextPageToken":"e30"}`)
	f.Add("/rest/api/3/worklog/list", "", `{"ids":[1,-1]}`)
	f.Fuzz(func(t *testing.T, path, query, body string) {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		for _, j := range []*fake.Jira{cloud, dc} {
			if code, text := jiraAsk(t, j, method, path, query, body); code >= 500 {
				t.Errorf("%s %s?%s: status %d %s", method, path, query, code, text)
			} else if strings.HasPrefix(text, "{") && !json.Valid([]byte(text)) {
				t.Errorf("%s %s?%s: malformed %s", method, path, query, text)
			}
			j.ResetLog()
		}
	})
}
