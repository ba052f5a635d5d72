package fake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// queried is the site that queries are asked of: PAY-1 epic, PAY-2 story in
// progress and in the active sprint, PAY-3 done bug, OPS-1 with label "a b".
func queried(t *testing.T) *fake.JiraSite {
	s := smallSite(t)
	board := s.AddBoard(fake.JiraBoardSpec{Name: "b", Projects: []string{"PAY"}})
	sprint := s.AddSprint(board, fake.JiraSprintSpec{Name: "One", Start: day(1, 0), End: day(15, 0)})
	s.StartSprint(day(1, 0), sprint)
	s.AddToSprint(day(1, 0), "ada", sprint, "PAY-2")
	s.Transition(day(2, 0), "PAY-2", "ben", "In Progress")
	s.Transition(day(3, 0), "PAY-3", "ben", "Done")
	s.Open(day(4, 0), "OPS", fake.JiraIssueSpec{Summary: "x", Reporter: "ben", Labels: []string{"a b"}})
	return s
}

func TestJiraQueries(t *testing.T) {
	s := queried(t)
	_, base := serveJira(t, s, fake.JiraOptions{Account: "ada"})
	ms := func(at time.Time) string { return fmt.Sprint(at.UnixMilli()) }
	shanghai, _ := time.LoadLocation("Asia/Shanghai")
	local := day(3, 0).In(shanghai).Format("2006-01-02 15:04")
	for query, want := range map[string]string{
		`project = PAY`:                                     "PAY-1 PAY-2 PAY-3",
		`project in ("Payments", ops)`:                      "OPS-1 PAY-1 PAY-2 PAY-3",
		`project != PAY`:                                    "OPS-1",
		`not project = PAY`:                                 "OPS-1",
		`updated >= ` + ms(day(3, 0)):                       "OPS-1 PAY-3",
		`updated > ` + ms(day(3, 0)):                        "OPS-1",
		`updated >= ` + ms(day(3, 0).Add(time.Millisecond)): "OPS-1",
		`updated >= "` + local + `"`:                        "OPS-1 PAY-3",
		`updated < '` + strings.ReplaceAll(local, "-", "/") + `' AND project = PAY`: "PAY-1 PAY-2",
		`updated >= "` + day(3, 0).Format("2006-01-02 15:04") + `"`:                 "OPS-1 PAY-3",
		`updated >= -37440m`:  "OPS-1",
		`updated >= -26d`:     "OPS-1",
		`updated >= "-3w 5d"`: "OPS-1",
		`created <= now() and id in (` + fmt.Sprint(s.ID("PAY-3")) + `, PAY-1)`: "PAY-1 PAY-3",
		`key = pay-2`:                                             "PAY-2",
		`key > PAY-1 and project = PAY`:                           "PAY-2 PAY-3",
		`issuetype = Epic or status = Done`:                       "PAY-1 PAY-3",
		`issuetype = Epic or status = Done and labels = x`:        "PAY-1",
		`(issuetype = Epic or status = Done) and labels is empty`: "PAY-1 PAY-3",
		`statusCategory = "In Progress"`:                          "PAY-2",
		`statusCategory != Done`:                                  "OPS-1 PAY-1 PAY-2",
		`labels in ("a b", other)`:                                "OPS-1",
		`labels != fast`:                                          "OPS-1",
		`labels is not EMPTY`:                                     "OPS-1 PAY-2",
		`parent = PAY-1`:                                          "PAY-2",
		`parent in (PAY-1) and sprint = One`:                      "PAY-2",
		`sprint in openSprints()`:                                 "PAY-2",
		`sprint is empty and project = PAY`:                       "PAY-1 PAY-3",
		`assignee = ben`:                                          "PAY-2",
		`reporter = currentUser()`:                                "PAY-1 PAY-2",
		`component = core && fixVersion = "1.0"`:                  "PAY-2",
		`resolved >= ` + ms(day(3, 0)):                            "PAY-3",
		`resolved is empty and project = PAY`:                     "PAY-1 PAY-2",
		`! (project = PAY)`:                                       "OPS-1",
	} {
		got := strings.Join(jiraKeys(t, jiraSearch(t, base, query+" order by key asc", "fields", "key")), " ")
		if got != want {
			t.Errorf("%s\n found %q, want %q", query, got, want)
		}
	}
}

func TestJiraOrder(t *testing.T) {
	_, base := serveJira(t, queried(t), fake.JiraOptions{})
	for order, want := range map[string]string{
		"":                                 "OPS-1 PAY-3 PAY-2 PAY-1",
		"order by created":                 "PAY-1 PAY-2 PAY-3 OPS-1",
		"order by updated desc, key":       "OPS-1 PAY-3 PAY-2 PAY-1",
		"ORDER BY id DESC":                 "OPS-1 PAY-3 PAY-2 PAY-1",
		"order by key":                     "OPS-1 PAY-1 PAY-2 PAY-3",
		"order by key desc, created, rank": "PAY-3 PAY-2 PAY-1 OPS-1",
	} {
		got := strings.Join(jiraKeys(t, jiraSearch(t, base, "created > 0 "+order, "fields", "key")), " ")
		if got != want {
			t.Errorf("%q: %q, want %q", order, got, want)
		}
	}
}

func TestJiraQueryErrors(t *testing.T) {
	s := queried(t)
	s.Delete(day(5, 0), "PAY-3")
	s.RevokeProject("OPS")
	_, base := serveJira(t, s, fake.JiraOptions{})
	for query, message := range map[string]string{
		``:                                       "Unbounded",
		`order by created`:                       "Unbounded",
		`project = `:                             "reached the end",
		`project PAY`:                            "Expecting an operator but got 'PAY'",
		`project = PAY created > 1`:              "'AND' or 'OR'",
		`(project = PAY`:                         "')'",
		`project in (PAY`:                        "',' or ')'",
		`project in ()`:                          "either a value",
		`"project`:                               "has not been completed",
		`project = PAY order`:                    "'by'",
		`project = PAY order by`:                 "a field name",
		`project = PAY order by colour`:          "sort using field 'colour'",
		`project = PAY order by a,b,c,d,e,f,g,h`: "maximum number of fields",
		`project = NONE`:                         "The value 'NONE' does not exist for the field 'project'.",
		`project = OPS`:                          "does not exist",
		`key = OPS-1`:                            "An issue with key 'OPS-1' does not exist for field 'key'.",
		`key in (PAY-1, PAY-3)`:                  "'PAY-3' does not exist",
		`id in (1, 2)`:                           "A value with ID '1' does not exist for the field 'id'.",
		`colour = red`:                           "Field 'colour' does not exist",
		`updated >= yesterday`:                   "Date value 'yesterday'",
		`updated >= "2026-13-01"`:                "Date value",
		`updated in (1, 2)`:                      "not supported",
		`project ~ PAY`:                          "not supported",
		`sprint in nextSprints(`:                 "an argument",
		`assignee = membersOf(x)`:                "Unable to find JQL function",
		`project is PAY`:                         "'EMPTY' or 'NULL'",
		`project not PAY`:                        "'IN'",
		`project = PAY; drop`:                    "reserved JQL character",
		strings.Repeat("(", 2000):                "nested too deeply",
	} {
		a := jiraSearch(t, base, query)
		wantStatus(t, a, http.StatusBadRequest)
		if !strings.Contains(string(a.body), message) || !strings.HasPrefix(string(a.body), `{"errorMessages":["`) {
			t.Errorf("%s\n answers %s, want %q", query, a.body, message)
		}
	}
	_, strict := serveJira(t, s, fake.JiraOptions{NoEpoch: true})
	wantStatus(t, jiraSearch(t, strict, "updated >= 1732877091000"), http.StatusBadRequest)
	wantStatus(t, jiraSearch(t, strict, "updated >= -10m"), http.StatusOK)
}

// TestJiraQueryZone asks for the hour that a change of the clocks repeats and
// skips: bare times are those of the account, epochs are nobody's.
func TestJiraQueryZone(t *testing.T) {
	s := smallSite(t)
	at := time.Date(2026, 3, 8, 9, 30, 0, 0, time.UTC) // 01:30 in Los Angeles, half an hour before the clocks change
	s.Set(at, "PAY-1", "ben", "summary", "before")
	s.Set(at.Add(time.Hour), "PAY-2", "ben", "summary", "after") // 03:30 there
	_, la := serveJira(t, s, fake.JiraOptions{Account: "ben"})
	_, sh := serveJira(t, s, fake.JiraOptions{Account: "ada"})
	found := func(base, bound string) string {
		return strings.Join(jiraKeys(t, jiraSearch(t, base, "updated >= "+bound+" order by key", "fields", "key")), " ")
	}
	equal(t, "Los Angeles 01:30", found(la, `"2026-03-08 01:30"`), "PAY-1 PAY-2")
	equal(t, "Los Angeles 03:00", found(la, `"2026-03-08 03:00"`), "PAY-2")
	equal(t, "Los Angeles, UTC time by mistake", found(la, `"2026-03-08 09:30"`), "")
	equal(t, "Shanghai 17:30", found(sh, `"2026-03-08 17:30"`), "PAY-1 PAY-2")
	equal(t, "Shanghai, UTC time by mistake", found(sh, `"2026-03-08 09:30"`), "PAY-1 PAY-2")
	for _, base := range []string{la, sh} {
		equal(t, "epoch", found(base, fmt.Sprint(at.Add(time.Hour).UnixMilli())), "PAY-2")
	}
}

// FuzzJQL asks queries of any shape: they are answered or refused.
func FuzzJQL(f *testing.F) {
	s := fake.NewJiraSite()
	fake.PopulateJira(s, fake.JiraSize{Projects: 2, Issues: 20, People: 3}, day(-60, 0), day(0, 0), 1)
	j := fake.NewJira(s, fake.JiraOptions{Now: clock})
	for _, seed := range []string{
		`project in (P01, 10001) AND updated >= 1732877091000 ORDER BY created ASC, key ASC`,
		`not (labels is empty or sprint in openSprints()) && updated > "-2w 3d"`,
		`key = "P01-1" or parent != P01-1 order by updated desc`, `status was Done`, `"a\"b" = 'c\'d'`, `İ = ſ order by`, "a=\x80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/rest/api/2/search/jql", "/rest/agile/1.0/board/1/issue"} {
			code, body := jiraAsk(t, j, http.MethodGet, path, jiraParams("jql", query), "")
			if code != http.StatusOK && code != http.StatusBadRequest {
				t.Errorf("%q at %s: status %d %s", query, path, code, body)
			}
		}
		j.ResetLog()
	})
}
