package fake_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	jira "github.com/andygrunwald/go-jira"

	"github.com/workdrift/workdrift/connectors/fake"
)

// jiraClient is an independent client: what it decodes is what Jira sends.
func jiraClient(t *testing.T, base string) *jira.Client {
	t.Helper()
	auth := jira.BasicAuthTransport{Username: "ada@example.org", Password: "t", Transport: &http.Transport{DisableKeepAlives: true}}
	client, err := jira.NewClient(auth.Client(), base)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// mustGet fails the test on an error and returns the value.
func mustGet[T any](t *testing.T) func(v T, _ *jira.Response, err error) T {
	return func(v T, _ *jira.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// workedSite is a site in which everything a client reads is there.
func workedSite(t *testing.T) *fake.JiraSite {
	t.Helper()
	s := smallSite(t)
	sprint := s.AddSprint(s.AddBoard(fake.JiraBoardSpec{Name: "b", Projects: []string{"PAY"}}), fake.JiraSprintSpec{Name: "One", Start: day(0, 0), End: day(14, 0)})
	s.StartSprint(day(1, 0), sprint)
	s.AddToSprint(day(1, 0), "ada", sprint, "PAY-2")
	s.Open(day(1, 0), "PAY", fake.JiraIssueSpec{Type: "Sub-task", Summary: "Part", Parent: "PAY-2", Reporter: "ada"})
	s.Transition(day(2, 0), "PAY-2", "ben", "Done")
	s.Comment(day(2, 1), "PAY-2", "ada", "Good.")
	s.LogWork(day(2, 2), "PAY-2", fake.JiraWorkSpec{By: "ben", Started: day(2, 0), Spent: time.Hour, Comment: "c"})
	s.Link(day(2, 3), "ada", "Blocks", "PAY-3", "PAY-2")
	s.RemoteLink(day(2, 4), "PAY-2", "ada", "https://x.example", "X", "mentioned on")
	s.AddGroup("team", "ada", "ben")
	return s
}

func TestGoJiraReadsCloud(t *testing.T) {
	s := workedSite(t)
	j, base := serveJira(t, s, fake.JiraOptions{Account: "ada", CloudID: "c-1", Credentials: []fake.JiraCredential{{User: "ada@example.org", Token: "t", Scoped: true}}})
	c, ctx := jiraClient(t, base+"/ex/jira/c-1/"), t.Context()
	equal(t, "self", mustGet[*jira.User](t)(c.User.GetSelfWithContext(ctx)).TimeZone, "Asia/Shanghai")

	found := mustGet[[]jira.Issue](t)(c.Issue.SearchV2JQLWithContext(ctx, "project = PAY order by key", &jira.SearchOptionsV2{Fields: []string{"*all"}, Expand: "changelog"}))
	equal(t, "found", len(found), 4)
	is := found[1]
	f := is.Fields
	equal(t, "times", []bool{time.Time(f.Created).Equal(day(0, 1)), time.Time(f.Updated).Equal(day(2, 4)), time.Time(f.Resolutiondate).Equal(day(2, 0))}, []bool{true, true, true})
	equal(t, "fields", []string{f.Summary, f.Type.Name, f.Status.StatusCategory.Key, f.Project.Key, f.Priority.Name, f.Parent.Key, time.Time(f.Duedate).Format(time.DateOnly)},
		[]string{"Pay at once", "Story", "done", "PAY", "Medium", "PAY-1", "2026-03-31"})
	equal(t, "people", []string{f.Assignee.AccountID, f.Reporter.DisplayName, f.Creator.EmailAddress}, []string{"ben", "Ada", "ada@example.org"})
	equal(t, "lists", []string{f.Labels[0], f.Components[0].Name, f.FixVersions[0].Name, f.Subtasks[0].Key, f.Comments.Comments[0].Body, f.Worklog.Worklogs[0].TimeSpent},
		[]string{"fast", "core", "1.0", "PAY-4", "Good.", "1h"})
	equal(t, "link", []string{f.IssueLinks[0].Type.Inward, f.IssueLinks[0].InwardIssue.Key}, []string{"is blocked by", "PAY-3"})
	equal(t, "sprint", at(f.Unknowns[s.FieldID("Sprint")], 0, "name"), any("One"))
	newest := is.Changelog.Histories[0]
	equal(t, "history", []string{newest.Author.AccountID, newest.Items[0].Field}, []string{"ada", "RemoteIssueLink"})
	if at, err := newest.CreatedTime(); err != nil || !at.Equal(day(2, 4)) {
		t.Errorf("the history was made at %v, %v", at, err)
	}

	equal(t, "boards", mustGet[*jira.BoardsList](t)(c.Board.GetAllBoardsWithContext(ctx, &jira.BoardListOptions{ProjectKeyOrID: "PAY"})).Values[0].Name, "b")
	equal(t, "configuration", len(mustGet[*jira.BoardConfiguration](t)(c.Board.GetBoardConfigurationWithContext(ctx, 1)).ColumnConfig.Columns), 4)
	sprints := mustGet[*jira.SprintsList](t)(c.Board.GetAllSprintsWithOptionsWithContext(ctx, 1, &jira.GetAllSprintsOptions{State: "active"}))
	equal(t, "sprints", []any{len(sprints.Values), sprints.Values[0].StartDate.Equal(day(1, 0)), sprints.Values[0].CompleteDate}, []any{1, true, nil})
	equal(t, "in the sprint", mustGet[[]jira.Issue](t)(c.Sprint.GetIssuesForSprintWithContext(ctx, 1))[0].Fields.Epic.Key, "PAY-1")
	equal(t, "fields", len(mustGet[[]jira.Field](t)(c.Field.GetListWithContext(ctx))) > 20, true)
	equal(t, "statuses", len(mustGet[[]jira.Status](t)(c.Status.GetAllStatusesWithContext(ctx))), 4)
	equal(t, "categories", len(mustGet[[]jira.StatusCategory](t)(c.StatusCategory.GetListWithContext(ctx))), 3)
	equal(t, "priorities", len(mustGet[[]jira.Priority](t)(c.Priority.GetListWithContext(ctx))), 5)
	// The library expects an array where Jira sends an object.
	var kinds struct{ IssueLinkTypes []jira.IssueLinkType }
	req, err := c.NewRequestWithContext(ctx, http.MethodGet, "rest/api/2/issueLinkType", nil)
	if err == nil {
		_, err = c.Do(req, &kinds)
	}
	equal(t, "link types", []any{len(kinds.IssueLinkTypes), err}, []any{4, nil})
	equal(t, "projects", len(*mustGet[*jira.ProjectList](t)(c.Project.GetListWithContext(ctx))), 2)
	equal(t, "project", mustGet[*jira.Project](t)(c.Project.GetWithContext(ctx, "OPS")).Name, "Operations")
	equal(t, "members", len(mustGet[[]jira.GroupMember](t)(c.Group.GetWithOptionsWithContext(ctx, "team", &jira.GroupSearchOptions{MaxResults: 50}))), 2)
	equal(t, "user", mustGet[*jira.User](t)(c.User.GetByAccountIDWithContext(ctx, "ben")).DisplayName, "Ben")
	equal(t, "remote links", (*mustGet[*[]jira.RemoteLink](t)(c.Issue.GetRemoteLinksWithContext(ctx, "PAY-2")))[0].Object.URL, "https://x.example")
	equal(t, "worklogs", mustGet[*jira.Worklog](t)(c.Issue.GetWorklogsWithContext(ctx, "PAY-2")).Worklogs[0].TimeSpentSeconds, 3600)
	for _, l := range j.Log() {
		equal(t, l.Path, []any{l.Status, l.Anonymous}, []any{200, false})
	}
	_, _, err = jiraClient(t, base).User.GetSelfWithContext(ctx)
	if err == nil {
		t.Error("a scoped token is good at the site")
	}
}

func TestGoJiraReadsDataCenter(t *testing.T) {
	s := workedSite(t)
	_, base := serveJira(t, s, fake.JiraOptions{DataCenter: true, Account: "ben", PageSize: 3})
	c, ctx := jiraClient(t, base), t.Context()
	var keys []string
	err := c.Issue.SearchPagesWithContext(ctx, "project = PAY order by created", &jira.SearchOptions{Expand: "changelog", Fields: []string{"*all"}, MaxResults: 100}, func(is jira.Issue) error {
		keys = append(keys, is.Key)
		return nil
	})
	equal(t, "pages", []any{keys, err}, []any{[]string{"PAY-1", "PAY-2", "PAY-3", "PAY-4"}, nil})
	is := mustGet[*jira.Issue](t)(c.Issue.GetWithContext(ctx, "PAY-2", &jira.GetQueryOptions{Expand: "changelog"}))
	equal(t, "epic link", is.Fields.Unknowns[s.FieldID(fake.JiraEpicLinkField)], any("PAY-1"))
	equal(t, "people", []string{is.Fields.Assignee.Name, is.Fields.Assignee.AccountID}, []string{"ben", ""})
	equal(t, "histories", is.Changelog.Histories[0].Items[0].Field, "Sprint")
	_, res, err := c.Issue.GetWithContext(ctx, "NONE-1", nil)
	equal(t, "missing", []any{res.StatusCode, err != nil}, []any{404, true})
}

// TestGoJiraMeetsPoison shows why a client decodes issue by issue.
func TestGoJiraMeetsPoison(t *testing.T) {
	for _, p := range []fake.JiraPoison{{Document: true}, {Zulu: true}, {EmptyDue: true}} {
		j, base := serveJira(t, smallSite(t), fake.JiraOptions{})
		j.Poison("PAY-2", p)
		if _, _, err := jiraClient(t, base).Issue.SearchV2JQL("project = PAY", &jira.SearchOptionsV2{Fields: []string{"*all"}}); err == nil {
			t.Errorf("%+v spoils nothing", p)
		}
	}
}

func TestJiraDeliveries(t *testing.T) {
	s := workedSite(t)
	j, _ := serveJira(t, s, fake.JiraOptions{})
	body := j.Event("jira:issue_updated", "PAY-2", day(3, 0))
	h := fake.SignedJiraDelivery("secret", "d-1", body)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	equal(t, "signature", h.Get("X-Hub-Signature"), "sha256="+hex.EncodeToString(mac.Sum(nil)))
	equal(t, "identifier", h.Get("X-Atlassian-Webhook-Identifier"), "d-1")
	equal(t, "unsigned", fake.SignedJiraDelivery("", "d-1", body).Get("X-Hub-Signature"), "")
	id := fmt.Sprint(s.ID("PAY-2"))
	s.Delete(day(3, 0), "PAY-3")
	for event, path := range map[string][]any{
		"jira:issue_created": {"issue", "id"}, "jira:issue_updated": {"issue", "id"}, "jira:issue_deleted": {"issue", "id"},
		"comment_created": {"issue", "id"}, "worklog_updated": {"worklog", "issueId"},
	} {
		var v object
		if err := json.Unmarshal(j.Event(event, "PAY-2", day(3, 0)), &v); err != nil {
			t.Fatal(err)
		}
		equal(t, event, []any{v["webhookEvent"], v["timestamp"], at(v, path...)}, []any{event, float64(day(3, 0).UnixMilli()), id})
		equal(t, event+": changelog", v["changelog"] != nil, event == "jira:issue_updated")
	}
	if deleted := j.Event("jira:issue_deleted", "PAY-3", day(3, 0)); !json.Valid(deleted) {
		t.Errorf("about a deleted issue: %s", deleted)
	}
	equal(t, "about nothing", j.Event("jira:issue_updated", "NONE-1", day(3, 0)) == nil, true)
}
