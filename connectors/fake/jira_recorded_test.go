package fake_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// A jiraShape is which JSON types stand at which path; the elements of a list
// share the path "[]".
type jiraShape map[string]map[string]bool

func (s jiraShape) add(path string, v any) {
	kind := fmt.Sprintf("%T", v)
	if s[path] == nil {
		s[path] = map[string]bool{}
	}
	s[path][kind] = true
	switch v := v.(type) {
	case object:
		for name, member := range v {
			if !strings.HasPrefix(name, "customfield_") {
				s.add(path+"."+name, member)
			}
		}
	case []any:
		for _, element := range v {
			s.add(path+"[]", element)
		}
	}
}

// jiraRecorded reads the payloads that real sites gave.
func jiraRecorded(t *testing.T, name string) jiraShape {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "payloads", "jira", name+".jsonl.gz")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recorded payloads beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := jiraShape{}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Payload any }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		s.add("", line.Payload)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestJiraLooksRecorded compares what the server sends with what real sites
// sent: where both have a member, its type is one that was recorded.
func TestJiraLooksRecorded(t *testing.T) {
	s := workedSite(t)
	s.Develop("PAY-2", fake.JiraDevSpec{App: "GitLab", Kind: "repository", ID: "abcdef0123456", URL: "https://x.example", At: day(1, 0)})
	s.Set(day(3, 0), "PAY-2", "ada", "assignee", "ada")
	s.Set(day(3, 1), "PAY-3", "ada", "parent", "PAY-1")
	s.Set(day(3, 2), "PAY-2", "ada", "fixVersions", "2.0")
	s.LogWork(day(3, 3), "PAY-2", fake.JiraWorkSpec{By: "ben", Started: day(3, 0), Spent: time.Hour})
	_, cloud := serveJira(t, s, fake.JiraOptions{})
	_, dc := serveJira(t, s, fake.JiraOptions{DataCenter: true})
	for _, c := range []struct {
		name, url string
		path      []any // to the payload in the answer
		common    int   // paths that both have at least
	}{
		{"issues", cloud + "/rest/agile/1.0/board/1/issue?expand=changelog", []any{"issues", 1}, 120},
		{"issues_with_links", dc + "/rest/agile/1.0/board/1/issue?expand=changelog", []any{"issues", 1}, 110},
		{"issue_changelogs", cloud + "/rest/api/3/issue/PAY-2/changelog", []any{"values", 0}, 15},
		{"worklogs", cloud + "/rest/api/2/issue/PAY-2/worklog", []any{"worklogs", 0}, 25},
		{"remotelinks", cloud + "/rest/api/2/issue/PAY-2/remotelink", []any{0}, 10},
		{"sprints", cloud + "/rest/agile/1.0/board/1/sprint", []any{"values", 0}, 8},
		{"statuses", cloud + "/rest/api/2/status", []any{0}, 11},
		{"issue_types", cloud + "/rest/api/3/issuetype", []any{0}, 7},
		{"projects", cloud + "/rest/api/2/project", []any{0}, 7},
		{"users", cloud + "/rest/api/2/user?accountId=robot", nil, 7},
		{"development_panels", cloud + fmt.Sprint("/rest/dev-status/1.0/issue/detail?applicationType=GitLab&dataType=repository&issueId=", s.ID("PAY-2")), nil, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := jiraRecorded(t, c.name)
			answered := jiraShape{}
			answered.add("", at(decode[any](t, get(t, c.url)), c.path...))
			common := 0
			for path, kinds := range answered {
				if sent[path] == nil {
					continue
				}
				common++
				for kind := range kinds {
					// A null that was not recorded says only that nobody left it empty.
					if !sent[path][kind] && kind != "<nil>" && !(len(sent[path]) == 1 && sent[path]["<nil>"]) {
						t.Errorf("%s is a %s here and %v there", path, kind, sent[path])
					}
				}
			}
			if common < c.common {
				t.Errorf("only %d members in common, want %d", common, c.common)
			}
			t.Logf("%d members in common", common)
		})
	}
}
