package fake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestJiraRelativeQueriesFollowTheClock asks twice without a change between.
func TestJiraRelativeQueriesFollowTheClock(t *testing.T) {
	now := day(0, 30)
	_, base := serveJira(t, smallSite(t), fake.JiraOptions{Now: func() time.Time { return now }})
	count := func() int { return len(jiraKeys(t, jiraSearch(t, base, "updated >= -1h", "fields", "key"))) }
	equal(t, "within the hour", count(), 3)
	now = now.Add(2 * time.Hour)
	equal(t, "later", count(), 0)
}

func TestJiraKeysSortByNumber(t *testing.T) {
	s := manyTickets(t, 11)
	_, base := serveJira(t, s, fake.JiraOptions{})
	keys := jiraKeys(t, jiraSearch(t, base, "project = BIG order by key", "fields", "key"))
	equal(t, "last", strings.Join(keys[8:], " "), "BIG-9 BIG-10 BIG-11")
	equal(t, "compared", len(jiraKeys(t, jiraSearch(t, base, "key > BIG-9 and project = BIG", "fields", "key"))), 2)
}

func TestJiraValuesThatAreMissing(t *testing.T) {
	s := smallSite(t)
	_, base := serveJira(t, s, fake.JiraOptions{})
	equal(t, "no parent does not differ", jiraKeys(t, jiraSearch(t, base, "parent not in (PAY-3)", "fields", "key")), []string{"PAY-2"})
	is := at(decode[object](t, get(t, base+"/rest/api/2/issue/PAY-3")), "fields").(object)
	for _, name := range []string{"description", "assignee", "duedate", "resolution", "resolutiondate", "timespent"} {
		if v, ok := is[name]; !ok || v != nil {
			t.Errorf("%s is %v, there %v; want null", name, v, ok)
		}
	}
	if _, ok := at(is, "reporter").(object)["emailAddress"]; ok {
		t.Error("a hidden address is shown")
	}
	part := at(decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2?fields=*all,-description,-comment")), "fields").(object)
	for name, want := range map[string]bool{"summary": true, "worklog": true, "description": false, "comment": false} {
		if _, ok := part[name]; ok != want {
			t.Errorf("%s is there: %v", name, ok)
		}
	}
	bulk := decode[object](t, jiraPost(t, base+"/rest/api/3/issue/bulkfetch", object{"issueIdsOrKeys": []string{"PAY-1", "pay-1"}}))
	equal(t, "asked for twice", len(jiraList(t, bulk, "issues")), 1)
	for _, f := range decode[[]object](t, get(t, base+"/rest/api/3/field")) {
		if f["id"] == s.FieldID(fake.JiraParentLinkField) {
			t.Error("Cloud has a parent link")
		}
	}
}

func TestJiraHierarchyIsSeenWithPermissionOnly(t *testing.T) {
	s := smallSite(t)
	s.Open(day(1, 0), "OPS", fake.JiraIssueSpec{Type: "Story", Parent: "PAY-1"})
	s.Open(day(1, 1), "OPS", fake.JiraIssueSpec{Type: "Sub-task", Parent: "PAY-2"})
	_, base := serveJira(t, s, fake.JiraOptions{})
	fields := func(key string) object {
		return at(decode[object](t, get(t, base+"/rest/api/3/issue/"+key)), "fields").(object)
	}
	equal(t, "an epic has no sub-tasks", len(jiraList(t, fields("PAY-1"), "subtasks")), 0)
	equal(t, "a story has", len(jiraList(t, fields("PAY-2"), "subtasks")), 1)
	equal(t, "parent", at(fields("OPS-1"), "parent", "key"), any("PAY-1"))
	s.RevokeProject("PAY")
	if _, ok := fields("OPS-1")["parent"]; ok {
		t.Error("a parent without permission is shown")
	}
	s.RestoreProject("PAY")
	s.RevokeProject("OPS")
	equal(t, "sub-tasks without permission", len(jiraList(t, fields("PAY-2"), "subtasks")), 0)
}

func TestJiraChangesThatChangeNothing(t *testing.T) {
	s := smallSite(t)
	s.AddUser(fake.JiraUserSpec{ID: "eve", Name: "eve.e", Key: "JIRAUSER9"})
	_, base := serveJira(t, s, fake.JiraOptions{})
	_, dc := serveJira(t, s, fake.JiraOptions{DataCenter: true})
	s.Set(day(1, 0), "PAY-2", "ada", "assignee", "ben")
	s.Set(day(1, 0), "PAY-2", "ada", "summary", "Pay at once")
	s.Set(day(1, 0), "PAY-2", "ada", "parent", "PAY-1")
	equal(t, "histories", len(histories(t, base, "PAY-2")), 0)
	s.Set(day(2, 0), "PAY-2", "eve", "assignee", "eve")
	s.Set(day(1, 0), "PAY-2", "eve", "summary", "an older change")
	is := decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2"))
	equal(t, "updated does not go back", at(is, "fields", "updated"), any(jiraTime(day(2, 0), "UTC")))
	first := histories(t, dc, "PAY-2")[0]
	equal(t, "person of a data center", []string{first.Author.Name, *first.Items[0].To}, []string{"eve.e", "JIRAUSER9"})
	cloud := histories(t, base, "PAY-2")[1].Items[0]
	equal(t, "person of Cloud", []string{*cloud.TmpFromAccountID, *cloud.TmpToAccountID}, []string{"ben", "eve"})
	s.Transition(day(3, 0), "PAY-2", "ada", "Done")
	s.Transition(day(4, 0), "PAY-2", "ada", "To Do")
	reopened := at(decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2")), "fields").(object)
	equal(t, "reopened", []any{reopened["resolution"], reopened["resolutiondate"]}, []any{nil, nil})
}
