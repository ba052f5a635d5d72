package fake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestJiraMistakes makes changes that cannot be made: they change nothing and
// say why.
func TestJiraMistakes(t *testing.T) {
	at := day(1, 0)
	for name, c := range map[string]struct {
		do   func(s *fake.JiraSite)
		want string
	}{
		"user twice":         {func(s *fake.JiraSite) { s.AddUser(fake.JiraUserSpec{ID: "ada"}) }, "taken"},
		"zone":               {func(s *fake.JiraSite) { s.AddUser(fake.JiraUserSpec{ID: "x", TimeZone: "Mars/Olympus"}) }, "Mars"},
		"nobody":             {func(s *fake.JiraSite) { s.SetActive("x", false) }, "no user"},
		"group twice":        {func(s *fake.JiraSite) { s.AddGroup("g"); s.AddGroup("G") }, "taken"},
		"member":             {func(s *fake.JiraSite) { s.AddGroup("g", "x") }, "no user"},
		"no group":           {func(s *fake.JiraSite) { s.AddToGroup("g", "ada") }, "no such group"},
		"leave no group":     {func(s *fake.JiraSite) { s.RemoveFromGroup("g", "ada") }, "no such group"},
		"project twice":      {func(s *fake.JiraSite) { s.AddProject(fake.JiraProjectSpec{Key: "pay"}) }, "taken"},
		"rename to another":  {func(s *fake.JiraSite) { s.RenameProject("PAY", "OPS") }, "taken"},
		"no project":         {func(s *fake.JiraSite) { s.RevokeProject("NONE") }, "no project"},
		"type twice":         {func(s *fake.JiraSite) { s.AddType(fake.JiraTypeSpec{Name: "epic"}) }, "taken"},
		"category":           {func(s *fake.JiraSite) { s.AddStatus(fake.JiraStatusSpec{Name: "x", Category: "odd"}) }, "odd"},
		"localise":           {func(s *fake.JiraSite) { s.Localise("x", "y") }, "no such type"},
		"board":              {func(s *fake.JiraSite) { s.AddBoard(fake.JiraBoardSpec{}) }, "needs a project"},
		"board filter":       {func(s *fake.JiraSite) { s.AddBoard(fake.JiraBoardSpec{Projects: []string{"PAY"}, JQL: "("}) }, "filter"},
		"sprint of none":     {func(s *fake.JiraSite) { s.AddSprint(1, fake.JiraSprintSpec{}) }, "has no sprints"},
		"no sprint":          {func(s *fake.JiraSite) { s.StartSprint(at, 1) }, "no sprint"},
		"into no sprint":     {func(s *fake.JiraSite) { s.AddToSprint(at, "ada", 1, "PAY-1") }, "no sprint"},
		"type":               {func(s *fake.JiraSite) { s.Open(at, "PAY", fake.JiraIssueSpec{Type: "x"}) }, "unknown type"},
		"open with a parent": {func(s *fake.JiraSite) { s.Open(at, "PAY", fake.JiraIssueSpec{Parent: "PAY-9"}) }, "no issue"},
		"open with a field":  {func(s *fake.JiraSite) { s.Open(at, "PAY", fake.JiraIssueSpec{Fields: map[string][]string{"x": nil}}) }, "no field"},
		"field":              {func(s *fake.JiraSite) { s.Set(at, "PAY-1", "ada", "x", "y") }, "no such field"},
		"priority":           {func(s *fake.JiraSite) { s.Set(at, "PAY-1", "ada", "priority", "x") }, "no priority"},
		"assignee":           {func(s *fake.JiraSite) { s.Set(at, "PAY-1", "ada", "assignee", "x") }, "no user"},
		"author":             {func(s *fake.JiraSite) { s.Set(at, "PAY-1", "x", "summary", "y") }, "no user"},
		"circle":             {func(s *fake.JiraSite) { s.Set(at, "PAY-1", "ada", "parent", "PAY-2") }, "above itself"},
		"status":             {func(s *fake.JiraSite) { s.Transition(at, "PAY-1", "ada", "x") }, "no status"},
		"move to itself":     {func(s *fake.JiraSite) { s.Move(at, "PAY-1", "ada", "PAY") }, "there already"},
		"comment":            {func(s *fake.JiraSite) { s.DeleteComment(at, "PAY-1", 1, "ada") }, "no comment"},
		"worklog":            {func(s *fake.JiraSite) { s.DeleteWork(at, "PAY-1", 1, "ada") }, "no worklog"},
		"link type":          {func(s *fake.JiraSite) { s.Link(at, "ada", "Likes", "PAY-1", "PAY-2") }, "no link type"},
		"unlink":             {func(s *fake.JiraSite) { s.Unlink(at, "ada", "Blocks", "PAY-1", "PAY-2") }, "no such link"},
		"deleted":            {func(s *fake.JiraSite) { s.Delete(at, "PAY-1"); s.Comment(at, "PAY-1", "ada", "x") }, "no issue"},
	} {
		s := fake.NewJiraSite()
		s.AddUser(fake.JiraUserSpec{ID: "ada"})
		s.AddProject(fake.JiraProjectSpec{Key: "PAY"})
		s.AddProject(fake.JiraProjectSpec{Key: "OPS"})
		s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Type: "Epic"})
		s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Parent: "PAY-1"})
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		c.do(s)
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestJiraDeletion removes an issue with a sub-task, a worklog and a link.
func TestJiraDeletion(t *testing.T) {
	s := workedSite(t)
	_, base := serveJira(t, s, fake.JiraOptions{})
	s.Delete(day(4, 0), "PAY-2")
	equal(t, "left", s.Keys(), []string{"PAY-1", "PAY-3"})
	equal(t, "links", len(jiraList(t, at(decode[object](t, get(t, base+"/rest/api/3/issue/PAY-3")), "fields").(object), "issuelinks")), 0)
	equal(t, "worklogs", len(jiraList(t, decode[object](t, get(t, base+"/rest/api/3/worklog/deleted?since=0")), "values")), 1)
	s.DeleteProject("PAY")
	wantStatus(t, get(t, base+"/rest/api/3/project/PAY"), 404)
	wantStatus(t, get(t, base+"/rest/api/3/issue/PAY-1"), 404)
	equal(t, "board", decode[object](t, get(t, base+"/rest/agile/1.0/board"))["total"], any(0.0))
}

func TestJiraVersions(t *testing.T) {
	s := smallSite(t)
	s.AddVersion("PAY", "1.0", "2026-06-30")
	s.ReleaseVersion("PAY", "1.0")
	j, base := serveJira(t, s, fake.JiraOptions{})
	equal(t, "site", j.Site() == s, true)
	v := at(decode[object](t, get(t, base+"/rest/api/3/issue/PAY-2")), "fields", "fixVersions", 0).(object)
	equal(t, "version", []any{v["name"], v["released"], v["releaseDate"]}, []any{"1.0", true, "2026-06-30"})
}

// TestJiraSprintMembership follows an issue through sprints: it stays in those
// that are closed and is in one other at most.
func TestJiraSprintMembership(t *testing.T) {
	s := smallSite(t)
	board := s.AddBoard(fake.JiraBoardSpec{Projects: []string{"PAY"}})
	one, two := s.AddSprint(board, fake.JiraSprintSpec{Name: "One"}), s.AddSprint(board, fake.JiraSprintSpec{Name: "Two"})
	_, base := serveJira(t, s, fake.JiraOptions{})
	in := func() (names []string) {
		list, _ := at(decode[object](t, get(t, base+"/rest/api/3/issue/PAY-2")), "fields", s.FieldID(fake.JiraSprintField)).([]any)
		for _, v := range list {
			names = append(names, v.(object)["name"].(string))
		}
		return names
	}
	s.AddToSprint(day(1, 0), "ada", one, "PAY-2")
	s.AddToSprint(day(1, 1), "ada", two, "PAY-2")
	equal(t, "changed", in(), []string{"Two"})
	s.AddToSprint(day(1, 2), "ada", one, "PAY-2")
	s.StartSprint(day(1, 3), one)
	s.CloseSprint(day(15, 0), one)
	s.AddToSprint(day(15, 1), "ada", two, "PAY-2")
	equal(t, "carried over", in(), []string{"One", "Two"})
	s.RemoveFromSprint(day(15, 2), "ada", two, "PAY-2")
	equal(t, "removed", in(), []string{"One"})
}

// TestJiraConcurrency changes a site while it is read, for the race detector.
func TestJiraConcurrency(t *testing.T) {
	s := smallSite(t)
	j, _ := serveJira(t, s, fake.JiraOptions{IndexLag: time.Minute})
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			for n := range 20 {
				s.Open(day(1, n), "OPS", fake.JiraIssueSpec{Summary: fmt.Sprint(i, n)})
				s.Set(day(1, n), "PAY-1", "ada", "summary", fmt.Sprint(i, n))
				j.LagBehind("PAY-1", time.Duration(n)*time.Minute)
				j.Poison("PAY-1", fake.JiraPoison{Zulu: n%2 == 0})
			}
		})
		work.Go(func() {
			for range 5 {
				code, body := jiraAsk(t, j, "GET", "/rest/api/3/search/jql", jiraParams("jql", "created > 0 order by updated", "fields", "*all", "expand", "changelog"), "")
				if code != 200 || !json.Valid([]byte(body)) {
					t.Errorf("status %d: %.300s", code, body)
				}
			}
		})
	}
	work.Wait()
	equal(t, "issues", len(s.Keys()), 83)
}
