package fake

import (
	"slices"
	"strings"
	"time"
)

// Words of the story's Jira site.
const (
	typeInitiative = "Initiative"
	statusDropped  = "Won't do"
	planner        = "712020:planner" // the app that opens what is planned
)

// zoneName is how Jira and Slack name an offset that is kept all year.
func (p *person) zoneName() string {
	_, seconds := time.Time{}.In(p.zone).Zone()
	switch seconds {
	case 0:
		return "Etc/UTC"
	case 330 * 60:
		return "Asia/Kolkata"
	}
	return map[int]string{60: "Etc/GMT-1", 120: "Etc/GMT-2", -240: "Etc/GMT+4", -300: "Etc/GMT+5"}[seconds/60]
}

// hidden lists who hides their address from Jira's API.
var hidden = []string{"femi-lorca", "joss-anker"}

// foundSite creates the Jira site: accounts, projects, types.
func (s *Story) foundSite() {
	for _, p := range s.cast {
		u := JiraUserSpec{ID: p.account, Name: p.login, Display: p.name, Email: p.email(), TimeZone: p.zoneName()}
		if slices.Contains(hidden, p.login) {
			u.Email = ""
		}
		s.site.AddUser(u)
	}
	s.site.AddUser(JiraUserSpec{ID: planner, Name: planner, Display: "Planner", App: true})
	s.site.AddType(JiraTypeSpec{Name: typeInitiative, Level: 2})
	s.site.AddType(JiraTypeSpec{Name: "Incident"})
	s.site.AddStatus(JiraStatusSpec{Name: statusDropped, Category: "done"})
	for _, team := range []string{"platform", "payments", "growth", "mobile", "", "management"} {
		s.site.AddProject(JiraProjectSpec{Key: projects[team], Lead: s.cast[0].account})
	}
	var crew []string
	for _, p := range s.cast {
		if p.team == "mobile" {
			crew = append(crew, p.account)
		}
	}
	s.site.AddGroup("mobile-crew", crew...)
}

// foundEpics opens the tickets that stand for an objective: an epic, or an
// initiative of the management with an epic in each project that takes part.
func (s *Story) foundEpics(g *goal, at time.Time) {
	g.epics = map[string]string{}
	spec := JiraIssueSpec{
		Type: "Epic", Summary: g.Text, Description: "Stands for the objective " + g.ID + ".", Reporter: planner, Labels: []string{g.Label},
	}
	if g.focus != onResidency {
		project := homes[g.home]
		g.Epic = s.site.Open(at, project, spec)
		g.epics[project] = g.Epic
		return
	}
	spec.Type = typeInitiative
	g.Epic = s.site.Open(at, projects["management"], spec)
	for i, project := range []string{"PLAT", "PAY"} {
		g.epics[project] = s.site.Open(at.Add(time.Duration(i+1)*time.Second), project, JiraIssueSpec{
			Type: "Epic", Summary: []string{"Platform keeps data in its region", "Payments keep data in their region"}[i],
			Reporter: planner, Parent: g.Epic,
		})
	}
}

// backlogs are how many tickets the objectives that are due begin with.
var backlogs = map[Focus]int{onLatency: 45, onResidency: 40, onBilling: 40}

// foundBacklog opens the tickets that an objective begins with.
func (s *Story) foundBacklog(g *goal, at time.Time) {
	for i := range backlogs[g.focus] {
		g.backlog = append(g.backlog, s.openLater(g, at.Add(time.Duration(i)*time.Second)))
	}
}

// openLater opens a ticket of an objective for later.
func (s *Story) openLater(g *goal, at time.Time) string {
	epic, project := g.epicOf(g.home)
	g.planned++
	return s.site.Open(at, project, JiraIssueSpec{
		Type: "Story", Summary: s.titled(g.focus, g.planned%5, g.planned/5%5), Reporter: planner, Parent: epic,
	})
}

// planScope plans what is found out on the way: from the drift on, more is
// added to the top objective each week than is done of it.
func (s *Story) planScope() {
	for _, g := range s.goals {
		if g.focus != onLatency || s.week() < driftBegins || s.corrected {
			continue
		}
		for i := range 4 {
			s.at(s.day.Add(10*time.Hour+time.Duration(i)*time.Minute), func(at time.Time) {
				g.backlog = append(g.backlog, s.openLater(g, at))
			})
		}
	}
}

// epicOf returns the epic for work on a goal in a repository, and its project.
func (g *goal) epicOf(repo string) (key, project string) {
	project = homes[repo]
	if g.epics[project] == "" {
		project = homes[g.home]
	}
	return g.epics[project], project
}

// planTicket opens the ticket of a task in the morning, for work that has one,
// and writes the reference to it.
func (s *Story) planTicket(t *task, present []*person) {
	project := homes[t.repo]
	spec := JiraIssueSpec{Type: "Story", Summary: t.spec.Title, Reporter: t.by.account, Assignee: t.by.account}
	switch {
	case t.goal != nil && t.style != byPath:
		spec.Parent, project = t.goal.epicOf(t.repo)
		spec.Description = t.spec.Body
	case t.focus == RunWork:
		project, spec.Type = projects[""], "Incident"
		spec.Labels = [][]string{{LabelIncident}, {LabelOnCall}, {LabelIncident, LabelOnCall}}[s.rng.IntN(3)]
	case t.focus == NonGoal:
		spec.Labels = []string{LabelNonGoal}
		if t.by.team == "growth" {
			s.trials = append(s.trials, t)
		}
	default:
		return
	}
	remark, moved := s.rng.IntN(5) == 0, s.rng.IntN(20) == 0 && project == "PLAT" && t.goal != nil
	waiting := s.rng.IntN(4) == 0
	at := s.clock(t.by, 9, 5+s.rng.IntN(30))
	s.at(at, func(at time.Time) {
		if waiting && t.goal != nil && len(t.goal.backlog) > 0 {
			t.ticket, t.goal.backlog = t.goal.backlog[0], t.goal.backlog[1:]
		} else {
			t.ticket = s.site.Open(at, project, spec)
		}
		if moved {
			t.ticket = s.site.Move(at.Add(time.Second), t.ticket, t.by.account, "PAY")
		}
		t.refer()
	})
	s.at(at.Add(time.Minute), func(at time.Time) { s.site.Transition(at, t.ticket, t.by.account, "In Progress") })
	if remark {
		s.at(at.Add(10*time.Minute), func(at time.Time) { s.site.Comment(at, t.ticket, t.by.account, "Starting on this today.") })
	}
	s.planTalk(t, at.Add(20*time.Minute), present)
}

// refer writes the reference to the ticket in the style of the task.
func (t *task) refer() {
	switch t.style {
	case byKeyword:
		t.spec.Body += "\n\nFixes " + t.ticket
	case byBranch:
		t.spec.Head = "feature/" + t.ticket + "-" + slug(t.spec.Title)
	case byBrackets:
		t.spec.Title = "[" + t.ticket + "] " + t.spec.Title
	case byLabel:
		t.spec.Labels = []string{t.goal.Label}
		t.spec.Body += "\n\nSee " + t.ticket
	default:
		t.spec.Title = t.ticket + ": " + t.spec.Title
	}
}

// logs reports whether a person's team keeps worklogs.
func (p *person) logs() bool { return p.team == "mobile" }

// planLog logs a person's hours on a ticket in the evening: most of the day.
func (s *Story) planLog(t *task) {
	if !t.by.logs() {
		return
	}
	spent := time.Duration(5+s.rng.IntN(2)) * time.Hour
	started := s.clock(t.by, 9, 30)
	s.at(s.clock(t.by, 17, s.rng.IntN(30)), func(at time.Time) {
		if t.ticket != "" {
			s.site.LogWork(at, t.ticket, JiraWorkSpec{By: t.by.account, Started: started.UTC(), Spent: spent})
		}
	})
}

// finish moves the ticket of a task that is merged or given up.
func (s *Story) finish(t *task, at time.Time, status string) {
	if t.ticket != "" {
		s.site.Transition(at, t.ticket, t.by.account, status)
	}
}

// retire stops an objective: its epic is closed, with the decision.
func (s *Story) retire() {
	for _, g := range s.goals {
		if g.focus == onSearch {
			owner := s.memberOf(g.Teams[0])
			s.at(s.day.Add(14*time.Hour), func(at time.Time) {
				s.site.Comment(at, g.Epic, owner.account, "Decided: we stop here and put the people on checkout. What is in flight is not finished.")
			})
			s.at(s.day.Add(14*time.Hour+time.Minute), func(at time.Time) { s.site.Transition(at, g.Epic, owner.account, statusDropped) })
			s.decide(s.day.Add(14*time.Hour+2*time.Minute), g, owner)
		}
	}
}

// unlabel takes the label off every fourth of a team's experiments of the last four
// weeks, so that those no longer look like what is not to be done.
func (s *Story) unlabel(at time.Time) {
	lead := s.memberOf("growth")
	for i, t := range s.trials {
		if i%4 == 0 && t.begun.After(at.AddDate(0, 0, -28)) {
			s.site.Set(at, t.ticket, lead.account, "labels")
		}
	}
}

// browse is the address of a ticket.
func browse(key string) string { return "https://harbourline.atlassian.example/browse/" + key }

// markup is how Slack writes a link to a ticket.
func markup(key string) string { return "<" + browse(key) + "|" + strings.TrimSpace(key) + ">" }
