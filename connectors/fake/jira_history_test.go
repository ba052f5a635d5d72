package fake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// jiraItem is an item of a history as a client reads it.
type jiraItem struct {
	Field, FieldType, FieldID        string
	From, FromString, To, ToString   *string
	TmpFromAccountID, TmpToAccountID *string
}

func (i jiraItem) String() string {
	show := func(s *string) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%q", *s)
	}
	return fmt.Sprintf("%s %s/%s > %s/%s", i.Field, show(i.From), show(i.FromString), show(i.To), show(i.ToString))
}

type jiraHistory struct {
	ID      string
	Author  struct{ AccountID, Name string }
	Created any
	Items   []jiraItem
}

// histories reads the histories of an issue that stand in it.
func histories(t *testing.T, base, key string) []jiraHistory {
	t.Helper()
	a := get(t, base+"/rest/api/2/issue/"+key+"?expand=changelog&fields=summary")
	return decode[struct {
		Changelog struct{ Histories []jiraHistory }
	}](t, a).Changelog.Histories
}

// TestJiraHistories makes every kind of change and reads what the newest
// history says about it. {NAME} stands for the id of what has that name.
func TestJiraHistories(t *testing.T) {
	s := smallSite(t)
	s.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
	s.AddStatus(fake.JiraStatusSpec{Name: "Closed", Shown: "已关闭", Category: "done"})
	board := s.AddBoard(fake.JiraBoardSpec{Name: "b", Projects: []string{"PAY"}})
	one := s.AddSprint(board, fake.JiraSprintSpec{Name: "One"})
	two := s.AddSprint(board, fake.JiraSprintSpec{Name: "Two"})
	s.StartSprint(day(1, 0), one)
	team := s.AddField(fake.JiraFieldSpec{Name: "Team"})
	var comment, work int64
	_, base := serveJira(t, s, fake.JiraOptions{})
	const key = "PAY-2"
	for i, c := range []struct {
		want string
		do   func(at time.Time)
	}{
		{`status "*"/"To Do" > "*"/"In Progress"`, func(at time.Time) { s.Transition(at, key, "ben", "In Progress") }},
		{`resolution -/- > "10000"/"Done"; status "*"/"In Progress" > "*"/"已关闭"`, func(at time.Time) { s.Transition(at, key, "ben", "Closed") }},
		{`resolution "10000"/"Done" > -/-; status "*"/"已关闭" > "*"/"To Do"`, func(at time.Time) { s.Transition(at, key, "ben", "To Do") }},
		{`assignee "ben"/"Ben" > "ada"/"Ada"`, func(at time.Time) { s.Set(at, key, "ben", "assignee", "ada") }},
		{`assignee "ada"/"Ada" > -/-`, func(at time.Time) { s.Set(at, key, "ben", "assignee") }},
		{`summary -/"Pay at once" > -/"Pay now"`, func(at time.Time) { s.Set(at, key, "ben", "summary", "Pay now") }},
		{`description -/"As asked.\nSee https://example.org/x for more." > -/-`, func(at time.Time) { s.Set(at, key, "ben", "description") }},
		{`labels ""/"fast" > ""/"fast now"`, func(at time.Time) { s.Set(at, key, "ben", "labels", "fast", "now") }},
		{`Component -/- > "*"/"edge"`, func(at time.Time) { s.Set(at, key, "ben", "components", "core", "edge") }},
		{`Fix Version "*"/"1.0" > -/-; Fix Version -/- > "*"/"1.1"`, func(at time.Time) { s.Set(at, key, "ben", "fixVersions", "1.1") }},
		{`priority "3"/"Medium" > "1"/"Highest"`, func(at time.Time) { s.Set(at, key, "ben", "priority", "Highest") }},
		{`duedate "2026-03-31"/"2026-03-31" > "2026-04-30"/"2026-04-30"`, func(at time.Time) { s.Set(at, key, "ben", "duedate", "2026-04-30") }},
		{`issuetype "*"/"Story" > "*"/"Task"`, func(at time.Time) { s.Set(at, key, "ben", "issuetype", "Task") }},
		{`Team -/- > -/"Red"`, func(at time.Time) { s.Set(at, key, "ben", team, "Red") }},
		{`IssueParentAssociation "{PAY-1}"/"PAY-1" > -/-`, func(at time.Time) { s.Set(at, key, "ben", "parent") }},
		{`IssueParentAssociation -/- > "{PAY-1}"/"PAY-1"`, func(at time.Time) { s.Set(at, key, "ben", "parent", "PAY-1") }},
		{`Sprint ""/"" > "1"/"One"`, func(at time.Time) { s.AddToSprint(at, "ben", one, key) }},
		{`Sprint "1"/"One" > "1, 2"/"One, Two"`, func(at time.Time) { s.CloseSprint(at, one); s.AddToSprint(at, "ben", two, key) }},
		{`Sprint "1, 2"/"One, Two" > "1"/"One"`, func(at time.Time) { s.RemoveFromSprint(at, "ben", two, key) }},
		{`Link -/- > "PAY-3"/"This issue blocks PAY-3"`, func(at time.Time) { s.Link(at, "ben", "Blocks", key, "PAY-3") }},
		{`Link "PAY-3"/"This issue blocks PAY-3" > -/-`, func(at time.Time) { s.Unlink(at, "ben", "Blocks", key, "PAY-3") }},
		{`Comment "*"/"first" > -/"second"`, func(at time.Time) {
			comment = s.Comment(at, key, "ben", "first")
			s.EditComment(at, key, comment, "ben", "second")
		}},
		{`Comment "*"/"second" > -/-`, func(at time.Time) { s.DeleteComment(at, key, comment, "ben") }},
		{`timespent -/- > "5400"/"5400"; WorklogId -/- > "*"/"*"`, func(at time.Time) {
			work = s.LogWork(at, key, fake.JiraWorkSpec{By: "ben", Started: at, Spent: 90 * time.Minute})
		}},
		{`timespent "5400"/"5400" > "3600"/"3600"; WorklogId "*"/"*" > "*"/"*"`, func(at time.Time) { s.EditWork(at, key, work, "ben", at, time.Hour) }},
		{`timespent "3600"/"3600" > -/-; WorklogId "*"/"*" > -/-`, func(at time.Time) { s.DeleteWork(at, key, work, "ben") }},
		{`RemoteIssueLink -/- > "*"/"This issue links to \"Doc (Web Link)\""`, func(at time.Time) { s.RemoteLink(at, key, "ben", "https://d.example.org", "Doc", "") }},
		{`timeoriginalestimate -/- > "7200"/"7200"`, func(at time.Time) { s.Set(at, key, "ben", "timeoriginalestimate", "2h") }},
		{`Component "*"/"core" > -/-; Component "*"/"edge" > -/-; Fix Version "*"/"1.1" > -/-; project "*"/"Payments" > "*"/"Operations"; Key -/"PAY-2" > -/"OPS-1"`,
			func(at time.Time) { s.Move(at, key, "ben", "OPS") }},
	} {
		when := day(2, i)
		c.do(when)
		h := histories(t, base, key)[0]
		var got []string
		for _, item := range h.Items {
			got = append(got, item.String())
		}
		want := strings.ReplaceAll(c.want, "{PAY-1}", fmt.Sprint(s.ID("PAY-1")))
		if !fits(strings.Join(got, "; "), want) {
			t.Errorf("history %s\nwant %s", strings.Join(got, "; "), want)
		}
		equal(t, c.want+": author", h.Author.AccountID, "ben")
		equal(t, c.want+": created", h.Created, any(jiraTime(when, "UTC")))
		now := decode[object](t, get(t, base+"/rest/api/2/issue/"+key+"?fields=updated"))
		equal(t, c.want+": updated", at(now, "fields", "updated"), any(jiraTime(when, "UTC")))
	}
}

// fits compares with a pattern in which "*" stands for any quoted id.
func fits(text, pattern string) bool {
	parts := strings.Split(pattern, `"*"`)
	for i, part := range parts {
		if !strings.HasPrefix(text, part) {
			return false
		}
		text = text[len(part):]
		if i == len(parts)-1 {
			break
		}
		end := strings.IndexByte(text[min(1, len(text)):], '"')
		if end < 1 {
			return false
		}
		text = text[end+2:]
	}
	return text == ""
}

func TestJiraFirstValuesAreInNoHistory(t *testing.T) {
	_, base := serveJira(t, smallSite(t), fake.JiraOptions{})
	equal(t, "histories", len(histories(t, base, "PAY-2")), 0)
}

// TestJiraParentHistories reads how the deployments name a parent.
func TestJiraParentHistories(t *testing.T) {
	for _, c := range []struct {
		name   string
		opts   fake.JiraOptions
		fields []string // of the story, the epic and the sub-task
	}{
		{"cloud", fake.JiraOptions{}, []string{"IssueParentAssociation", "IssueParentAssociation", "Parent"}},
		{"cloud with epic links", fake.JiraOptions{LegacyEpics: true}, []string{"IssueParentAssociation Epic Link", "IssueParentAssociation Parent Link", "Parent"}},
		{"data center", fake.JiraOptions{DataCenter: true}, []string{"Epic Link", "Parent Link", "Parent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := smallSite(t)
			s.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
			s.Open(day(1, 0), "OPS", fake.JiraIssueSpec{Type: "Initiative"})
			s.Open(day(1, 1), "OPS", fake.JiraIssueSpec{Type: "Sub-task", Parent: "PAY-2"})
			s.Set(day(2, 0), "PAY-3", "ada", "parent", "PAY-1")
			s.Set(day(2, 1), "PAY-1", "ada", "parent", "OPS-1")
			s.Set(day(2, 2), "OPS-2", "ada", "parent", "PAY-3")
			_, base := serveJira(t, s, c.opts)
			for i, key := range []string{"PAY-3", "PAY-1", "OPS-2"} {
				var names []string
				for _, item := range histories(t, base, key)[0].Items {
					names = append(names, item.Field)
					if (item.FieldID == "") != (c.opts.DataCenter || item.Field == "Parent" || item.Field == "IssueParentAssociation") {
						t.Errorf("%s has field id %q", item.Field, item.FieldID)
					}
				}
				equal(t, key, strings.Join(names, " "), c.fields[i])
			}
		})
	}
}

// TestJiraQuiet makes the changes that may leave updated as it is.
func TestJiraQuiet(t *testing.T) {
	for kind, change := range map[fake.JiraChange]func(s *fake.JiraSite){
		fake.ChangeSprint: func(s *fake.JiraSite) {
			s.AddToSprint(day(9, 0), "ada", s.AddSprint(s.AddBoard(fake.JiraBoardSpec{Projects: []string{"PAY"}}), fake.JiraSprintSpec{}), "PAY-2")
		},
		fake.ChangeLink:   func(s *fake.JiraSite) { s.Link(day(9, 0), "ada", "Blocks", "PAY-1", "PAY-2") },
		fake.ChangeRemote: func(s *fake.JiraSite) { s.RemoteLink(day(9, 0), "PAY-2", "ada", "https://x.example", "x", "") },
		fake.ChangeRank:   func(s *fake.JiraSite) { s.Rank(day(9, 0), "PAY-2", "ada") },
		fake.ChangeWork: func(s *fake.JiraSite) {
			s.LogWork(day(9, 0), "PAY-2", fake.JiraWorkSpec{By: "ada", Started: day(9, 0), Spent: time.Hour})
		},
	} {
		for _, quiet := range []bool{false, true} {
			s := smallSite(t)
			s.SetQuiet(kind, quiet)
			change(s)
			_, base := serveJira(t, s, fake.JiraOptions{})
			want := jiraTime(day(9, 0), "UTC")
			if quiet {
				want = jiraTime(day(0, 1), "UTC")
			}
			name := fmt.Sprintf("%s quiet %v", kind, quiet)
			equal(t, name, at(decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2?fields=updated")), "fields", "updated"), any(want))
			equal(t, name+": history", len(histories(t, base, "PAY-2")), 1)
		}
	}
	s := smallSite(t)
	s.Develop("PAY-2", fake.JiraDevSpec{App: "GitHub", Kind: "branch"})
	_, base := serveJira(t, s, fake.JiraOptions{})
	equal(t, "development", at(decode[object](t, get(t, base+"/rest/api/2/issue/PAY-2")), "fields", "updated"), any(jiraTime(day(0, 1), "UTC")))
}

// TestJiraHistoryPages reads 140 histories of one issue in every way there is.
func TestJiraHistoryPages(t *testing.T) {
	s := smallSite(t)
	for i := range 140 {
		s.Set(day(1, i), "PAY-2", "ada", "summary", fmt.Sprint("title ", i))
	}
	s.Transition(day(2, 0), "PAY-3", "ben", "Done")
	_, base := serveJira(t, s, fake.JiraOptions{})
	type inline struct {
		Changelog struct {
			MaxResults, Total int
			Histories         []jiraHistory
		}
	}
	cut := decode[inline](t, get(t, base+"/rest/api/3/issue/PAY-2?expand=changelog")).Changelog
	equal(t, "inline", []int{cut.MaxResults, cut.Total, len(cut.Histories)}, []int{40, 140, 40})
	equal(t, "the newest first", *cut.Histories[0].Items[0].ToString, "title 139")
	var seen []string
	for start := 0; start < 140; start += 100 {
		p := decode[struct {
			Total  int
			IsLast bool
			Values []jiraHistory
		}](t, get(t, fmt.Sprint(base, "/rest/api/3/issue/PAY-2/changelog?maxResults=500&startAt=", start)))
		equal(t, "last", p.IsLast, start == 100)
		for _, h := range p.Values {
			seen = append(seen, *h.Items[0].ToString)
		}
	}
	equal(t, "paged, the oldest first", []string{seen[0], seen[99], seen[139]}, []string{"title 0", "title 99", "title 139"})
	dc, dcBase := serveJira(t, s, fake.JiraOptions{DataCenter: true})
	all := decode[inline](t, get(t, dcBase+"/rest/api/2/issue/PAY-2?expand=changelog")).Changelog
	equal(t, "data center", []int{all.Total, len(all.Histories)}, []int{140, 140})
	equal(t, "the oldest first", *all.Histories[0].Items[0].ToString, "title 0")
	wantStatus(t, get(t, dcBase+"/rest/api/2/issue/PAY-2/changelog"), 404)
	equal(t, "requests", len(dc.Log()), 2)
}

func TestJiraBulkHistories(t *testing.T) {
	s := smallSite(t)
	for i := range 7 {
		s.Set(day(1, i), "PAY-2", "ada", "summary", fmt.Sprint("title ", i))
	}
	s.Transition(day(0, 30), "PAY-3", "ben", "In Progress")
	j, base := serveJira(t, s, fake.JiraOptions{BulkHistorySize: 5})
	type bulk struct {
		IssueChangeLogs []struct {
			IssueID         string
			ChangeHistories []jiraHistory
		}
		NextPageToken string
	}
	url := base + "/rest/api/3/changelog/bulkfetch"
	ids := []string{"PAY-3", fmt.Sprint(s.ID("PAY-2")), "PAY-2", "GONE-1"}
	first := decode[bulk](t, jiraPost(t, url, object{"issueIdsOrKeys": ids}))
	second := decode[bulk](t, jiraPost(t, url, object{"issueIdsOrKeys": ids, "nextPageToken": first.NextPageToken}))
	equal(t, "token", []bool{first.NextPageToken != "", second.NextPageToken != ""}, []bool{true, false})
	equal(t, "issues", len(first.IssueChangeLogs)+len(second.IssueChangeLogs), 3)
	equal(t, "split issue", []int{len(first.IssueChangeLogs[0].ChangeHistories), len(second.IssueChangeLogs[0].ChangeHistories), len(second.IssueChangeLogs[1].ChangeHistories)}, []int{5, 2, 1})
	equal(t, "milliseconds", first.IssueChangeLogs[0].ChangeHistories[0].Created, any(float64(day(1, 0).UnixMilli())))
	some := decode[bulk](t, jiraPost(t, url, object{"issueIdsOrKeys": ids, "fieldIds": []string{"status"}}))
	equal(t, "one field", []any{len(some.IssueChangeLogs), some.IssueChangeLogs[0].ChangeHistories[0].Items[0].Field}, []any{1, "status"})
	wantStatus(t, jiraPost(t, url, object{"issueIdsOrKeys": make([]string, 1001)}), 400)
	wantStatus(t, jiraPost(t, url, object{"issueIdsOrKeys": ids, "fieldIds": make([]string, 11)}), 400)
	wantStatus(t, jiraPost(t, url, json.RawMessage(`[]`)), 400)
	served := 0
	for _, l := range j.Log() {
		served += len(l.Items)
	}
	equal(t, "histories in the log", served, 9)
}
