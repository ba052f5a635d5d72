package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// A newcomer is somebody whose every name is unlike any other text.
type newcomer struct{ login, name, account, slack string }

func (n *newcomer) email() string { return n.login + "@zyx.example" }

// hire adds people to the company, and lets them work where names hurt: in
// titles, branches, trailers, mentions, labels, and in talk.
func (c *company) hire(t *testing.T) []newcomer {
	t.Helper()
	people := []newcomer{
		{login: "quuxwort-z", name: "Zeldafirella Quuxwortle", account: "712020:zq-4711-aa"},
		{login: "ogglefitz", name: "Barnabellino Ogglefitzer", account: "712020:bo-4712-bb"},
	}
	w, site, slack := c.story.World(), c.story.Site(), c.story.Workspace()
	for i := range people {
		n := &people[i]
		w.AddUser(fake.UserSpec{Login: n.login, Name: n.name, Email: n.email()})
		site.AddUser(fake.JiraUserSpec{ID: n.account, Name: n.login, Display: n.name, Email: n.email(), TimeZone: "Etc/UTC"})
		n.slack = slack.AddMember(fake.MemberSpec{Name: n.login, RealName: n.name, Email: n.email()})
	}
	z, o := &people[0], &people[1]
	const repo = "harbourline/checkout"
	channel := c.channel(t, "obj-", z.slack, o.slack)
	for day := 2; day < 20; day++ {
		at := time.Now().AddDate(0, 0, -day)
		key := site.Open(at, "PAY", fake.JiraIssueSpec{
			Type: "Story", Summary: fmt.Sprintf("Hand over to [~accountid:%s], mail %s", o.account, o.email()), Reporter: z.account, Assignee: o.account,
			Parent: c.story.Objectives()[0].Epic,
		})
		site.Comment(at.Add(time.Minute), key, o.account, "Thanks [~accountid:"+z.account+"], says "+o.name)
		site.Transition(at.Add(2*time.Minute), key, o.account, "In Progress")
		work := fake.CommitSpec{
			Author: z.login, Message: key + ": pair with @" + o.login + " <" + o.email() + ">", Authored: at, Committed: at, Files: []string{"cart.go"}, CoAuthors: []string{o.login},
		}
		number := w.OpenPull(at, repo, fake.PullSpec{
			Author: z.login, Title: key + " as @" + o.login + " asked, cc " + z.email(), Body: "By " + z.name, Head: z.login + "/" + key + "-" + fmt.Sprint(day), Commits: []fake.CommitSpec{work},
		})
		w.Review(at.Add(time.Hour), repo, number, fake.ReviewSpec{Author: o.login, State: "APPROVED", Body: "Nice, @" + z.login})
		w.MergePull(at.Add(2*time.Hour), repo, number, o.login, fake.Merge)
		w.OpenPull(at, repo, fake.PullSpec{
			Author: o.login, Title: "Try the other thing again", Labels: []string{z.login, "owner: " + o.login, "zyxexperiment"}, Head: fmt.Sprint("try", day),
			Commits: []fake.CommitSpec{{Author: o.login, Message: "try", Authored: at, Committed: at, Files: []string{o.login + "/x.go"}}},
		})
		w.PushCommits(at.Add(3*time.Hour), repo, "", fake.CommitSpec{
			Name: z.name, Email: "private." + z.email(), Message: "Merge branch '" + o.login + "/try' of github.com:" + z.login + "/checkout", Authored: at, Committed: at, Files: []string{"x.go"},
		})
		ts := slack.Post(at, channel, fake.MessageSpec{Author: z.slack, Text: "<@" + o.slack + "> and @" + z.login + ": " + key})
		slack.Post(at.Add(time.Minute), channel, fake.MessageSpec{Author: o.slack, Thread: ts, Text: z.name + " please: 🟢"})
	}
	if err := c.story.Err(); err != nil {
		t.Fatal(err)
	}
	return people
}

// channel returns a channel of the company and lets members in.
func (c *company) channel(t *testing.T, prefix string, members ...string) string {
	t.Helper()
	for _, ch := range c.story.Workspace().Snapshot() {
		if strings.HasPrefix(ch.Name, prefix) {
			c.story.Workspace().Invite(c.story.Start(), ch.ID, members...)
			return ch.ID
		}
	}
	t.Fatalf("the company has no channel %s*", prefix)
	return ""
}

// employ writes the configuration of a company with hired people: owners,
// teams, one of them of two, and human debt switched on.
func (c *company) employ(t *testing.T, dir string, hired []newcomer) (path string) {
	t.Helper()
	var b strings.Builder
	var objectives strings.Builder
	objectives.WriteString("objectives:\n")
	for _, o := range c.story.Objectives() {
		fmt.Fprintf(&objectives, "  - {id: %s, rank: %d, text: %q, keys: [%q], owner: {team: %s, person: %s}, teams: [%s], match: {labels: [%q]}}\n",
			o.ID, o.Rank, o.Text, o.Epic, o.Teams[0], hired[0].login, strings.Join(o.Teams, ", "), o.Label)
	}
	b.WriteString("privacy: {human_debt: true}\nprofile: {drift_index: true}\nidentity_merging: {verified_email: true}\nteams:\n")
	var identities strings.Builder
	for _, team := range c.story.Teams() {
		fmt.Fprintf(&b, "  - {id: %s, zone: %s, members: [%s]}\n", team.ID, team.Zone, strings.Join(team.Members, ", "))
		for _, login := range team.Members {
			fmt.Fprintf(&identities, "  - {person: %s, handles: [\"github:%s\", \"email:%s@harbourline.example\"]}\n", login, login, login)
		}
	}
	fmt.Fprintf(&b, "  - {id: pair, zone: Europe/Berlin, members: [%s, %s]}\nidentities:\n%s", hired[0].login, hired[1].login, identities.String())
	for _, n := range hired {
		fmt.Fprintf(&b, "  - {person: %s, handles: [\"github:%[1]s\", \"email:%s\", \"jira:%s\", \"slack:%s\"]}\n", n.login, n.email(), n.account, n.slack)
	}
	path = c.config(t, dir, loopback, b.String())
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), strings.SplitAfter(c.declared(6), "run_work")[0], objectives.String()+"run_work", 1)
	if !strings.Contains(text, "owner:") {
		t.Fatal("the objectives have no owners")
	}
	write(t, path, strings.Replace(text, "enable_reload: true", `enable_reload: true, enable_pprof: true,
  access: {proxy: {trusted_addresses: [127.0.0.1], user_header: X-Forwarded-User, groups_header: X-Forwarded-Groups, triage_groups: [portfolio]}}`, 1))
	c.allTools(t, path)
	return path
}
