package jira

import (
	"fmt"
	"testing"

	"github.com/workdrift/workdrift/store"
)

// An issue gives what it had when work on it began, by its history, and where
// that has not happened what it has now.
func TestInputs(t *testing.T) {
	ids := fieldIDs{criteria: []string{"customfield_7"}, names: map[string][]string{"acceptance criteria": {"customfield_7"}}}
	const started = `{"id":"5","created":"2026-03-05T10:00:00Z","items":[{"field":"status","from":"1","to":"3"}]}`
	change := func(id, day, item string) string {
		return fmt.Sprintf(`{"id":%q,"created":"2026-03-%sT10:00:00Z","items":[%s]}`, id, day, item)
	}
	assigned := change("4", "04", `{"field":"assignee","from":null,"to":"ada","toString":"Ada"}`)
	assignedLate := change("6", "06", `{"field":"assignee","from":null,"to":"ada","toString":"Ada"}`)
	described := change("7", "07", `{"field":"description","fromString":"So far","toString":"- [ ] all of it"}`)
	filled := change("8", "08", `{"field":"Acceptance Criteria","fromString":"","toString":"fast"}`)
	emptied := change("9", "09", `{"field":"Acceptance Criteria","fieldId":"customfield_7","fromString":"fast","toString":""}`)
	const full = `"assignee":{"name":"ada"},"description":"- [ ] all of it","customfield_7":"fast"`
	for name, c := range map[string]struct{ fields, history, want string }{
		"nothing":                  {`"assignee":null`, "", "0 no no"},
		"not begun":                {full, "", "3 yes yes"},
		"begun with it":            {full, assigned + "," + started, "3 yes yes"},
		"assigned later":           {full, started + "," + assignedLate, "3 yes no"},
		"described later":          {`"assignee":{"name":"ada"},"description":"- [ ] all of it"`, started + "," + described, "2 no yes"},
		"twice described later":    {full, started + "," + described + "," + change("11", "11", `{"field":"description","fromString":"- [ ] a b c d","toString":"x"}`), "2 yes yes"},
		"criteria later":           {`"customfield_7":"fast"`, started + "," + filled, "0 no no"},
		"criteria taken out later": {`"customfield_7":null`, started + "," + emptied, "0 yes no"},
		"criteria as a document":   {`"customfield_7":{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"fast"}]}]}`, "", "0 yes no"},
		"an empty document":        {`"customfield_7":{"type":"doc","content":[]}`, "", "0 no no"},
		"a list of tasks":          {`"description":{"type":"doc","content":[{"type":"taskList","content":[{"type":"taskItem","content":[{"type":"text","text":"be fast"}]}]}]}`, "", "2 yes no"},
		"a heading":                {`"description":{"type":"doc","content":[{"type":"heading","content":[{"type":"text","text":"Acceptance criteria"}]},{"type":"paragraph","content":[{"type":"text","text":"be fast"}]}]}`, "", "4 yes no"},
		"a heading without text":   {`"description":{"type":"doc","content":[{"type":"heading","content":[{"type":"text","text":"Acceptance criteria"}]},{"type":"heading","content":[{"type":"text","text":"Notes"}]},{"type":"paragraph","content":[{"type":"text","text":"be fast"}]}]}`, "", "5 no no"},
	} {
		raw := fmt.Sprintf(`{"id":"1","key":"PAY-1","changelog":{"histories":[%s]},"fields":{"summary":"Title","created":"2026-03-01T10:00:00Z",
			"issuetype":{"name":"Task"},"status":{"id":"3","statusCategory":{"key":"new"}},%s}}`, c.history, c.fields)
		is, err := decodeIssue([]byte(raw), &ids)
		if err != nil {
			t.Fatal(err)
		}
		cfg := defaults()
		n := newNormaliser("jira", &cfg, &site{fields: ids, statuses: map[string]store.Status{"1": store.StatusTodo, "3": store.StatusDoing}})
		n.issue(is)
		a := n.out.Items[0].Attrs
		if got := a[store.AttrWords][0] + " " + a[store.AttrCriteria][0] + " " + a[store.AttrAssigned][0]; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
