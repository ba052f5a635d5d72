package fake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestJiraBoards(t *testing.T) {
	s := smallSite(t)
	scrum := s.AddBoard(fake.JiraBoardSpec{Name: "Pay board", Projects: []string{"PAY", "OPS"}})
	kanban := s.AddBoard(fake.JiraBoardSpec{Name: "Fast lane", Projects: []string{"OPS"}, Kanban: true, JQL: "labels = fast or parent is empty and project = OPS"})
	for i := range 60 {
		s.AddSprint(scrum, fake.JiraSprintSpec{Name: fmt.Sprint("S", i+1), Start: day(14*i, 0), End: day(14*i+14, 0)})
	}
	s.StartSprint(day(0, 0), 1)
	s.AddToSprint(day(0, 0), "ada", 1, "PAY-2")
	s.CloseSprint(day(14, 0), 1)
	s.StartSprint(day(14, 0), 2)
	s.AddToSprint(day(14, 0), "ada", 2, "PAY-2")
	s.AddToSprint(day(14, 0), "ada", 2, "PAY-3")
	s.Open(day(15, 0), "OPS", fake.JiraIssueSpec{})
	_, base := serveJira(t, s, fake.JiraOptions{})
	const agile = "/rest/agile/1.0"
	ask := func(path string) object { return decode[object](t, get(t, base+agile+path)) }

	equal(t, "boards", ask("/board?maxResults=500")["total"], any(2.0))
	equal(t, "of a project", jiraList(t, ask("/board?projectKeyOrId=OPS"), "values")[0].(object)["id"], any(float64(kanban)))
	equal(t, "of a type", jiraList(t, ask("/board?type=scrum"), "values")[0].(object)["location"].(object)["projectKey"], any("PAY"))
	equal(t, "board", ask(fmt.Sprint("/board/", scrum))["name"], any("Pay board"))
	equal(t, "filter", at(ask(fmt.Sprint("/board/", scrum, "/configuration")), "filter", "id"), any("11"))
	equal(t, "projects", ask(fmt.Sprint("/board/", scrum, "/project"))["total"], any(2.0))
	first := ask("/board/1/sprint?maxResults=100")
	equal(t, "sprints", []any{len(jiraList(t, first, "values")), first["isLast"], first["total"]}, []any{50, false, 60.0})
	equal(t, "the rest", len(jiraList(t, ask("/board/1/sprint?startAt=50"), "values")), 10)
	equal(t, "by state", len(jiraList(t, ask("/board/1/sprint?state=active,closed"), "values")), 2)
	equal(t, "sprint", ask("/sprint/1")["completeDate"], any(day(14, 0).Format("2006-01-02T15:04:05.000Z")))
	wantStatus(t, get(t, base+agile+"/board/2/sprint"), 400)

	issues := func(path string) string {
		var keys []string
		for _, v := range jiraList(t, ask(path), "issues") {
			keys = append(keys, v.(object)["key"].(string))
		}
		return strings.Join(keys, " ")
	}
	equal(t, "of the board", issues("/board/1/issue"), "PAY-1 PAY-2 PAY-3 OPS-1")
	equal(t, "narrowed", issues("/board/1/issue?"+jiraParams("jql", "project = PAY or project = OPS ORDER BY created DESC", "maxResults", "2", "startAt", "1")), "PAY-3 PAY-2")
	equal(t, "of a filter", issues("/board/2/issue"), "PAY-2 OPS-1")
	equal(t, "of a sprint", issues("/sprint/2/issue"), "PAY-2 PAY-3")
	wantStatus(t, get(t, base+agile+"/board/1/issue?jql=("), 400)
	fields := jiraList(t, ask("/sprint/2/issue"), "issues")[0].(object)["fields"].(object)
	equal(t, "epic", at(fields, "epic", "key"), any("PAY-1"))
	equal(t, "sprint of an issue", []any{at(fields, "sprint", "name"), at(fields, "closedSprints", 0, "name")}, []any{"S2", "S1"})
	equal(t, "sprint field", at(fields, s.FieldID("Sprint"), 1, "boardId"), any(1.0))
	equal(t, "comments", at(fields, "comment", "total"), any(0.0))
	s.RevokeProject("PAY")
	wantStatus(t, get(t, base+agile+"/board/1"), 404)
	wantStatus(t, get(t, base+agile+"/sprint/2/issue"), 404)
}

func TestJiraFields(t *testing.T) {
	s := smallSite(t)
	s.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
	team := s.AddField(fake.JiraFieldSpec{Name: "Team", Type: "option"})
	squads := s.AddField(fake.JiraFieldSpec{Name: "Squads", Type: "options"})
	tags := s.AddField(fake.JiraFieldSpec{Name: "Tags", Type: "array"})
	s.Open(day(1, 0), "OPS", fake.JiraIssueSpec{Type: "Initiative", Fields: map[string][]string{
		"Team": {"Red"}, "Squads": {"a", "b"}, "Tags": {"x", "y"}, "Story Points": {"3"}}})
	s.Set(day(1, 1), "PAY-1", "ada", "parent", "OPS-1")
	sprint := s.AddSprint(s.AddBoard(fake.JiraBoardSpec{Projects: []string{"PAY"}}), fake.JiraSprintSpec{Name: "One", Start: day(0, 0), End: day(14, 0)})
	s.StartSprint(day(0, 0), sprint)
	s.AddToSprint(day(1, 2), "ada", sprint, "PAY-2")
	epicLink, parentLink := s.FieldID(fake.JiraEpicLinkField), s.FieldID(fake.JiraParentLinkField)
	_, cloud := serveJira(t, s, fake.JiraOptions{})
	_, legacy := serveJira(t, s, fake.JiraOptions{LegacyEpics: true})
	_, dc := serveJira(t, s, fake.JiraOptions{DataCenter: true, OldSprints: true})
	for _, c := range []struct {
		base             string
		parent, link, up any // of the story, of the story, of the epic
	}{{cloud, "PAY-1", nil, nil}, {legacy, "PAY-1", "PAY-1", nil}, {dc, nil, "PAY-1", "OPS-1"}} {
		story := at(decode[object](t, get(t, c.base+"/rest/api/2/issue/PAY-2")), "fields").(object)
		epic := at(decode[object](t, get(t, c.base+"/rest/api/2/issue/PAY-1")), "fields").(object)
		var parent any
		if p, ok := story["parent"].(object); ok {
			parent = p["key"]
		}
		equal(t, "story and epic", []any{parent, story[epicLink], epic[parentLink]}, []any{c.parent, c.link, c.up})
	}
	top := at(decode[object](t, get(t, cloud+"/rest/api/3/issue/OPS-1")), "fields").(object)
	equal(t, "custom fields", []any{at(top, team, "value"), at(top, squads, 1, "value"), top[tags], top[s.FieldID("Story Points")]}, []any{"Red", "b", []any{"x", "y"}, 3.0})
	old := at(decode[object](t, get(t, dc+"/rest/api/2/issue/PAY-2")), "fields", s.FieldID("Sprint"), 0).(string)
	if !strings.HasPrefix(old, "com.atlassian.greenhopper.service.sprint.Sprint@") || !strings.Contains(old, "[id=1,rapidViewId=1,state=ACTIVE,name=One,startDate=") {
		t.Errorf("an old sprint is %q", old)
	}
	byCustom := map[string]string{}
	for _, f := range decode[[]object](t, get(t, dc+"/rest/api/2/field")) {
		schema, _ := f["schema"].(object)
		if custom, ok := schema["custom"].(string); ok {
			byCustom[custom] = f["id"].(string)
		}
	}
	equal(t, "found by schema", []string{byCustom[fake.JiraEpicLinkField], byCustom[fake.JiraParentLinkField], byCustom[fake.JiraSprintField]}, []string{epicLink, parentLink, s.FieldID("Sprint")})
}

func TestJiraLocalised(t *testing.T) {
	s := smallSite(t)
	s.Localise("Story", "故事")
	s.Localise("To Do", "待办")
	_, base := serveJira(t, s, fake.JiraOptions{})
	is := decode[object](t, get(t, base+"/rest/api/3/issue/PAY-2?fields=issuetype,status"))
	equal(t, "names", []any{at(is, "fields", "issuetype", "name"), at(is, "fields", "status", "name")}, []any{"故事", "待办"})
	equal(t, "level and category", []any{at(is, "fields", "issuetype", "hierarchyLevel"), at(is, "fields", "status", "statusCategory", "key")}, []any{0.0, "new"})
	equal(t, "found by either name", len(jiraKeys(t, jiraSearch(t, base, `issuetype in (Story) and status = "待办"`, "fields", "key"))), 1)
}

func TestJiraGroups(t *testing.T) {
	s := smallSite(t)
	id := s.AddGroup("pay team", "ada", "ben", "robot")
	s.RemoveFromGroup("pay team", "robot")
	s.AddToGroup("pay team", "ada")
	s.SetActive("ben", false)
	_, base := serveJira(t, s, fake.JiraOptions{ListSize: 1})
	_, dc := serveJira(t, s, fake.JiraOptions{DataCenter: true})
	ask := func(query string) object { return decode[object](t, get(t, base+"/rest/api/3/group/member?"+query)) }
	equal(t, "active", ask("groupId=" + id)["total"], any(1.0))
	all := ask("groupname=pay+team&includeInactiveUsers=true&maxResults=50")
	equal(t, "paged", []any{all["total"], all["maxResults"], all["isLast"], at(all, "values", 0, "accountId")}, []any{2.0, 1.0, false, "ada"})
	equal(t, "second", at(ask("groupname=pay+team&includeInactiveUsers=true&startAt=1"), "values", 0, "active"), any(false))
	equal(t, "data center", at(decode[object](t, get(t, dc+"/rest/api/2/group/member?groupname=pay+team")), "values", 0, "name"), any("ada"))
	wantStatus(t, get(t, dc+"/rest/api/2/group/member?groupId="+id), 404)
	equal(t, "user", decode[object](t, get(t, base+"/rest/api/3/user?accountId=robot"))["accountType"], any("app"))
	equal(t, "users", len(decode[[]any](t, get(t, base+"/rest/api/3/users/search?maxResults=2"))), 2)
	wantStatus(t, get(t, base+"/rest/api/3/user?accountId=nobody"), 404)
	equal(t, "user of a data center", decode[object](t, get(t, dc+"/rest/api/2/user?username=ben"))["displayName"], any("Ben"))
}

func TestJiraDevelopment(t *testing.T) {
	s := smallSite(t)
	s.Develop("PAY-2", fake.JiraDevSpec{App: "GitHub", Kind: "pullrequest", URL: "https://github.com/acme/api/pull/12", ID: "#12", Status: "MERGED", Repo: "acme/api", At: day(1, 0)})
	s.Develop("PAY-2", fake.JiraDevSpec{App: "GitHub", Kind: "repository", URL: "https://github.com/acme/api/commit/abcdef0123", ID: "abcdef0123", Repo: "acme/api", At: day(1, 0)})
	s.RemoteLink(day(1, 0), "PAY-2", "robot", "https://gitlab.com/a/b/-/commit/1", "Commit - x", "mentioned on")
	_, base := serveJira(t, s, fake.JiraOptions{})
	ask := func(kind string) object {
		return decode[object](t, get(t, fmt.Sprintf("%s/rest/dev-status/1.0/issue/detail?issueId=%d&applicationType=GitHub&dataType=%s", base, s.ID("PAY-2"), kind)))
	}
	equal(t, "pull request", at(ask("pullrequest"), "detail", 0, "pullRequests", 0, "status"), any("MERGED"))
	equal(t, "commit", at(ask("repository"), "detail", 0, "repositories", 0, "commits", 0, "displayId"), any("abcdef01"))
	equal(t, "branches", len(at(ask("branch"), "detail", 0, "branches").([]any)), 0)
	wantStatus(t, get(t, base+"/rest/dev-status/1.0/issue/detail?issueId=PAY-2&applicationType=GitHub&dataType=branch"), 400)
	link := decode[[]object](t, get(t, base+"/rest/api/2/issue/PAY-2/remotelink"))[0]
	equal(t, "remote link", []any{link["relationship"], at(link, "object", "url")}, []any{"mentioned on", "https://gitlab.com/a/b/-/commit/1"})
}

func TestJiraDocument(t *testing.T) {
	s := smallSite(t)
	s.Set(day(1, 0), "PAY-1", "ada", "description", "One https://a.example/x two\n\nhttps://b.example/y")
	_, base := serveJira(t, s, fake.JiraOptions{})
	doc := at(decode[object](t, get(t, base+"/rest/api/3/issue/PAY-1")), "fields", "description").(object)
	equal(t, "texts", []any{at(doc, "content", 0, "content", 0, "text"), at(doc, "content", 0, "content", 2, "text")}, []any{"One ", " two"})
	equal(t, "link", at(doc, "content", 0, "content", 1, "marks", 0, "attrs", "href"), any("https://a.example/x"))
	equal(t, "card", at(doc, "content", 1, "content", 0, "attrs", "url"), any("https://b.example/y"))
}
