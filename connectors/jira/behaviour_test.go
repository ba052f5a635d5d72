package jira

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestAncestors proves that epics and what is above them are read by key,
// wherever they lie, and read again when they change.
func TestAncestors(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
		old := start.AddDate(-2, 0, 0)
		top := s.Open(old, "STRAT", fake.JiraIssueSpec{Type: "Initiative", Summary: "Grow", Reporter: "ada"})
		epic := s.Open(old, "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Pay faster", Reporter: "ada", Parent: top})
		own := s.Open(old, "PAY", fake.JiraIssueSpec{Type: "Epic", Summary: "Untouched for long", Reporter: "ada"})
		story := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Type: "Story", Summary: "At once", Reporter: "ben", Parent: epic})
		other := s.Open(day(0, 1), "PAY", fake.JiraIssueSpec{Type: "Story", Summary: "Later", Reporter: "ben", Parent: own})
		s.Open(old, "STRAT", fake.JiraIssueSpec{Summary: "Nobody's parent", Reporter: "ada"})
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		equal(t, "issues", len(r.Shelf.Items), 5)
		equal(t, "parents of a story", connectortest.Keys(r.item(story), store.LinkParent), []string{epic})
		equal(t, "parents of another", connectortest.Keys(r.item(other), store.LinkParent), []string{own})
		equal(t, "parents of an epic", connectortest.Keys(r.item(epic), store.LinkParent), []string{top})
		equal(t, "level of an epic", r.item(epic).Attrs[store.AttrLevel], []string{"epic"})
		equal(t, "level of an initiative", r.item(top).Attrs[store.AttrLevel], []string{"initiative"})

		s.Set(r.clock.Now(), top, "ada", "summary", "Grow more")
		r.later(c, 25*time.Hour)
		equal(t, "title of a changed ancestor", r.item(top).Title, "Grow more")
		equal(t, "what became of the ancestors", r.item(epic).Gone, store.Gone(""))
		if _, waiting := r.Shelf.Cursor[streamAncestors]; waiting {
			t.Error("parents are still waited for")
		}
	})
}

// TestManyAncestors proves that the parents of a large scope do not pile up in
// the cursor.
func TestManyAncestors(t *testing.T) {
	s := newSite()
	const n = maxWaiting + 150
	for i := range n {
		epic := s.Open(start.AddDate(-1, 0, 0).Add(time.Duration(i)*time.Minute), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Epic", Reporter: "ada"})
		s.Open(day(0, i), "PAY", fake.JiraIssueSpec{Summary: "Task", Reporter: "ada", Parent: epic})
	}
	r := newRig(t, s, fake.JiraOptions{})
	r.config = "projects: [PAY]\n"
	c := r.connect()
	for more := true; more; {
		b, err := c.Fetch(t.Context(), r.Shelf.Cursor)
		if err != nil {
			t.Fatal(err)
		}
		r.Shelf.Apply(b)
		pos, _ := connectors.DecodePosition[ancestorsPos](r.Shelf.Cursor[streamAncestors])
		if len(pos.Want) > maxWaiting {
			t.Errorf("%d parents wait", len(pos.Want))
		}
		more = b.More
	}
	equal(t, "issues", len(r.Shelf.Items), 2*n)
}

// TestRenamedProject proves that issues get the new key of their project, and
// keep the old one, though none of them was updated.
func TestRenamedProject(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 8)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		c := r.connect()
		r.MustPoll(c)
		id := r.item(all[0]).ID
		s.RenameProject("PAY", "MON")
		r.later(c, 2*time.Hour)
		it := r.item(strings.Replace(all[0], "PAY", "MON", 1))
		equal(t, "ID", it.ID, id)
		equal(t, "keys", it.Keys, []string{strings.Replace(all[0], "PAY", "MON", 1), all[0]})
		equal(t, "project", it.Attrs[store.AttrProject], []string{"MON"})
		gone := s.Move(r.clock.Now(), "MON-3", "ada", "STRAT")
		r.later(c, 25*time.Hour)
		equal(t, "moved out", r.item(gone).Gone, store.GoneMoved)
		equal(t, "still there", r.item("MON-4").Gone, store.Gone(""))
	})
}

// TestBoards proves that boards are scopes, alone and beside projects.
func TestBoards(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		pay, ops := fill(s, "PAY", 60), fill(s, "OPS", 5)
		board := s.AddBoard(fake.JiraBoardSpec{Name: "Payments", Projects: []string{"PAY"}})
		r := newRig(t, s, o)
		r.config = fmt.Sprintf("boards: [%d]\npage_size: 20\n", board)
		c := r.connect()
		r.MustPoll(c)
		equal(t, "issues", len(r.Shelf.Items), len(pay))
		s.Comment(r.clock.Now(), pay[3], "ada", "again")
		r.later(c, 5*time.Minute)
		r.later(c, 25*time.Hour)
		r.config = fmt.Sprintf("boards: [%d]\nprojects: [OPS]\njql: labels = nowhere\n", board)
		r.MustPoll(r.connect())
		equal(t, "issues of both", len(r.Shelf.Items), len(pay)+len(ops))
	})
}

// TestTakenBack proves that what is deleted at the source goes, whether it
// moved the issue's time of update or not.
func TestTakenBack(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		products(t, func(t *testing.T, o fake.JiraOptions) {
			s := newSite()
			s.SetQuiet(fake.ChangeWork, quiet)
			key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Work", Reporter: "ada"})
			comment := s.Comment(day(1, 0), key, "ben", "wrong place")
			var logs []int64
			for i := range 25 { // more than come with an issue
				logs = append(logs, s.LogWork(day(1, i), key, fake.JiraWorkSpec{By: "ben", Started: day(1, 0), Spent: time.Hour}))
			}
			r := newRig(t, s, o)
			c := r.connect()
			r.MustPoll(c)
			equal(t, "worklogs", len(r.events(key, store.EventWorklog)), 25)
			e := r.event(key, fmt.Sprintf("worklog/%d", logs[3]))
			equal(t, "seconds", e.Attrs["seconds"], "3600")
			equal(t, "at", e.At, day(1, 0))

			s.DeleteWork(r.clock.Now(), key, logs[3], "ben")
			s.EditWork(r.clock.Now(), key, logs[4], "ben", day(2, 0), 2*time.Hour)
			added := s.LogWork(r.clock.Now(), key, fake.JiraWorkSpec{By: "ada", Started: day(3, 0), Spent: time.Minute})
			if quiet {
				r.later(c, 5*time.Minute)
				equal(t, "worklogs before a sweep", len(r.events(key, store.EventWorklog)), 25)
				r.later(c, 7*time.Hour)
			} else {
				r.later(c, 5*time.Minute)
			}
			equal(t, "worklogs after a deletion", len(r.events(key, store.EventWorklog)), 25)
			equal(t, "edited worklog", r.event(key, fmt.Sprintf("worklog/%d", logs[4])).Attrs["seconds"], "7200")
			equal(t, "added worklog", r.event(key, fmt.Sprintf("worklog/%d", added)).Actor, "jira:ada")

			// A deletion that only the feed tells, to a process that never
			// read the worklog: the next census finds it.
			s.DeleteWork(r.clock.Now(), key, logs[5], "ben")
			c = r.connect()
			r.later(c, 25*time.Hour)
			equal(t, "worklogs after a census", len(r.events(key, store.EventWorklog)), 24)

			s.EditComment(r.clock.Now(), key, comment, "ada", "right place")
			r.later(c, 5*time.Minute)
			equal(t, "comments", r.events(key, store.EventComment), []string{fmt.Sprintf("comment/%d", comment)})
			equal(t, "edits", r.events(key, store.EventEdit), []string{fmt.Sprintf("comment/%d/edit", comment)})
			s.DeleteComment(r.clock.Now(), key, comment, "ada")
			r.later(c, 5*time.Minute)
			equal(t, "comments after a deletion", len(r.events(key, store.EventComment))+len(r.events(key, store.EventEdit)), 0)
			connectortest.SameFacts(t, "after all", r.Shelf, r.fresh())
		})
	}
}

// TestFeeds proves that each of the feeds of worklogs is followed: logged and
// deleted time that updates no issue is found by a sweep.
func TestFeeds(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.SetQuiet(fake.ChangeWork, true)
		all := fill(s, "PAY", 3)
		work := fake.JiraWorkSpec{By: "ben", Started: day(80, 0), Spent: time.Hour}
		first := s.LogWork(day(80, 0), all[1], work)
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		s.DeleteWork(r.clock.Now(), all[1], first, "ben")
		added := s.LogWork(r.clock.Now(), all[2], work)
		r.later(c, 7*time.Hour)
		equal(t, "after a deletion", len(r.events(all[1], store.EventWorklog)), 0)
		equal(t, "after an addition", r.events(all[2], store.EventWorklog), []string{fmt.Sprintf("worklog/%d", added)})
	})
}

// TestLinks proves that links, sprints and labels are what they are now, with
// the time they were made.
func TestLinks(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 4)
		board := s.AddBoard(fake.JiraBoardSpec{Name: "Payments", Projects: []string{"PAY"}})
		one, two := s.AddSprint(board, fake.JiraSprintSpec{Name: "PAY 1, early"}), s.AddSprint(board, fake.JiraSprintSpec{Name: "PAY 2"})
		epic := s.Open(day(5, 0), "PAY", fake.JiraIssueSpec{Type: "Epic", Summary: "Epic", Reporter: "ada"})
		s.Link(day(70, 0), "ada", "Blocks", all[0], all[1])
		s.Link(day(70, 1), "ada", "Relates", all[0], all[2])
		s.Set(day(70, 2), all[0], "ada", "parent", epic)
		s.AddToSprint(day(70, 3), "ben", one, all[0])
		s.StartSprint(day(71, 0), one)
		s.CloseSprint(day(72, 0), one)
		s.AddToSprint(day(72, 1), "ben", two, all[0])
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		it := r.item(all[0])
		want := []store.Link{
			{Kind: store.LinkParent, Key: epic, At: day(70, 2)},
			{Kind: store.LinkBlocks, Key: all[1], At: day(70, 0)},
			{Kind: store.LinkRelates, Key: all[2], At: day(70, 1)},
		}
		equal(t, "links", it.Links, want)
		equal(t, "links of what is blocked", len(r.item(all[1]).Links), 0)
		equal(t, "sprints", it.Attrs[store.AttrSprint], []string{"PAY 1, early", "PAY 2"})

		s.Unlink(r.clock.Now(), "ada", "Blocks", all[0], all[1])
		s.RemoveFromSprint(r.clock.Now(), "ada", two, all[0])
		s.Set(r.clock.Now(), all[0], "ada", "labels")
		s.Set(r.clock.Now(), all[0], "ada", "parent")
		r.later(c, 5*time.Minute)
		it = r.item(all[0])
		equal(t, "links after one was removed", it.Links, want[2:])
		equal(t, "sprints after leaving one", it.Attrs[store.AttrSprint], []string{"PAY 1, early"})
		equal(t, "labels", len(it.Attrs[store.AttrLabel]), 0)

		// What changes without an update is found by the census.
		s.SetQuiet(fake.ChangeLink, true)
		s.Link(r.clock.Now(), "ada", "Relates", all[0], all[3])
		r.later(c, 25*time.Hour)
		equal(t, "quiet link", connectortest.Keys(r.item(all[0]), store.LinkRelates), []string{all[2], all[3]})
		connectortest.SameFacts(t, "after all", r.Shelf, r.fresh())
	})
}

// TestFields proves that fields are mapped by name and by id, and that a field
// for check-ins makes reports.
func TestFields(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.AddField(fake.JiraFieldSpec{Name: "Team", Type: "option"})
		stream := s.AddField(fake.JiraFieldSpec{Name: "Value stream", Type: "options"})
		s.AddField(fake.JiraFieldSpec{Name: "Confidence", Type: "number"})
		s.AddStatus(fake.JiraStatusSpec{Name: "Cancelled", Shown: "Cancelled", Category: "done"})
		key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Type: "Epic", Summary: "Fields", Reporter: "ada",
			Fields: map[string][]string{"Team": {"Checkout"}, "Value stream": {"EU", "US"}, "Confidence": {"7"}}})
		s.Set(day(3, 0), key, "ben", "Confidence", "3")
		dropped := s.Open(day(1, 0), "PAY", fake.JiraIssueSpec{Summary: "Never", Reporter: "ada"})
		s.Transition(day(2, 0), dropped, "ada", "Cancelled")
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\nfields: {team: team, stream: " + stream + ", missing: Nowhere}\ncheckin_field: Confidence\n"
		c := r.connect()
		r.MustPoll(c)
		it := r.item(key)
		equal(t, "team", it.Attrs["team"], []string{"Checkout"})
		equal(t, "stream", it.Attrs["stream"], []string{"EU", "US"})
		got := map[string]string{}
		for _, id := range r.events(key, store.EventCheckIn) {
			e := r.event(key, id)
			got[e.Actor+" "+e.Attrs["objective"]] += e.Attrs["confidence"]
		}
		equal(t, "check-ins", got, map[string]string{"jira:ada " + key: "0.7", "jira:ben " + key: "0.3"})
		equal(t, "status", r.item(dropped).Status, store.StatusDropped)
		equal(t, "closed", r.item(dropped).Closed, day(2, 0))
		if !strings.Contains(r.logs.String(), "there is no such field") {
			t.Error("a missing field is not told")
		}
	})
}

// TestGroups proves that groups are read with their members, page by page, and
// again at the interval of the census.
func TestGroups(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		var people []string
		for i := range 120 {
			id := fmt.Sprintf("dev-%03d", i)
			s.AddUser(fake.JiraUserSpec{ID: id, Display: "Developer " + id})
			people = append(people, id)
		}
		s.AddGroup("developers", people...)
		fill(s, "PAY", 3)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\ngroups: [developers, nobody]\n"
		c := r.connect()
		r.MustPoll(c)
		equal(t, "members", len(r.Shelf.Groups["developers"].Members), 120)
		equal(t, "member", slices.Contains(r.Shelf.Groups["developers"].Members, "jira:dev-007"), true)
		equal(t, "handle", r.Shelf.Identities["jira:dev-007"].Handle, "jira:Developer dev-007")
		s.RemoveFromGroup("developers", "dev-007")
		r.later(c, 5*time.Minute)
		equal(t, "members before the interval", len(r.Shelf.Groups["developers"].Members), 120)
		r.later(c, 25*time.Hour)
		equal(t, "members after it", len(r.Shelf.Groups["developers"].Members), 119)
	})
}

// TestDevelopment proves that the development panel is read where it is
// configured, and that applications that are not connected do not matter.
func TestDevelopment(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 3)
		sha := strings.Repeat("ab", 20)
		s.Develop(all[0], fake.JiraDevSpec{App: "GitHub", Kind: "pullrequest", URL: "https://github.com/acme/api/pull/12", Name: "Pay", ID: "#12", Status: "MERGED", Repo: "acme/api", At: day(2, 0)})
		s.Develop(all[0], fake.JiraDevSpec{App: "GitHub", Kind: "repository", URL: "https://github.com/acme/api/commit/" + sha, Name: "pay it", ID: sha, Repo: "acme/api", At: day(1, 0)})
		s.RemoteLink(day(70, 0), all[1], "ada", "https://github.com/acme/web/issues/5", "Issue", "mentioned on")
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\ndevelopment: [GitHub, nothing]\nremote_links: true\n"
		r.MustPoll(r.connect())
		got := map[string]string{}
		for _, it := range r.Shelf.Items {
			if it.Kind != store.KindTicket {
				got[string(it.Kind)+" "+it.Keys[0]+" "+string(it.Status)] = fmt.Sprint(connectortest.Keys(it, store.LinkImplements))
			}
		}
		equal(t, "development", got, map[string]string{"change acme/api#12 done": "[" + all[0] + "]", "commit acme/api@" + sha + " done": "[" + all[0] + "]"})
		equal(t, "remote link", connectortest.Keys(r.item(all[1]), store.LinkMentions), []string{"acme/web#5"})
	})
}

// TestStoredText proves that nothing of a description or comment is kept.
func TestStoredText(t *testing.T) {
	s := newSite()
	key := s.Open(day(0, 0), "PAY", fake.JiraIssueSpec{Summary: "Plain", Description: "xylophone quartz", Reporter: "ada"})
	s.Comment(day(1, 0), key, "ben", "zephyr vortex")
	s.Set(day(2, 0), key, "ben", "description", "xylophone quartz jackdaw")
	r := newRig(t, s, fake.JiraOptions{})
	r.MustPoll(r.connect())
	it := r.item(key)
	if len(it.Terms) != 6 {
		t.Errorf("%d words, want 6", len(it.Terms))
	}
	it.Terms = nil
	r.Shelf.Items[it.ID] = it
	for _, fact := range r.Shelf.Facts() {
		for _, word := range []string{"xylophone", "quartz", "zephyr", "vortex", "jackdaw"} {
			if strings.Contains(fact, word) {
				t.Errorf("text is kept: %s", fact)
			}
		}
	}
}
