package fake

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A JiraSize is how much work PopulateJira makes, over all projects together.
// Changes is how often an issue is changed on average, default 4.
type JiraSize struct{ Projects, Issues, People, Changes int }

// PopulateJira fills a site with plausible work between two times: projects
// "P01" …, people "dev-001" …, a board with sprints in each project, epics with
// stories, sub-tasks, transitions, comments, worklogs and links. The same
// arguments give the same site.
func PopulateJira(s *JiraSite, size JiraSize, from, to time.Time, seed uint64) {
	setDefault(&size.Changes, 4)
	p := jiraPopulator{populator: populator{rng: rand.New(rand.NewPCG(seed, 0x6a697261))}, s: s, end: to, open: map[string][]string{}, epics: map[string][]string{}, sprints: map[string][]int64{}}
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Kolkata"}
	for i := range max(size.People, 1) {
		id := fmt.Sprintf("dev-%03d", i+1)
		s.AddUser(JiraUserSpec{ID: id, Display: "Developer " + id[4:], Email: id + "@example.org", TimeZone: zones[i%len(zones)]})
		p.people = append(p.people, id)
	}
	s.AddUser(JiraUserSpec{ID: "automation", Display: "Automation for Jira", App: true})
	for i := range max(size.Projects, 1) {
		key := fmt.Sprintf("P%02d", i+1)
		s.AddProject(JiraProjectSpec{Key: key, Name: "Project " + key, Lead: p.people[0]})
		board := s.AddBoard(JiraBoardSpec{Name: key + " board", Projects: []string{key}})
		for n, at := 1, from; at.Before(to); n, at = n+1, at.AddDate(0, 0, 14) {
			sprint := s.AddSprint(board, JiraSprintSpec{Name: fmt.Sprintf("%s Sprint %d", key, n), Start: at, End: at.AddDate(0, 0, 14)})
			s.StartSprint(at, sprint)
			if end := at.AddDate(0, 0, 14); end.Before(to) {
				s.CloseSprint(end, sprint)
			}
			p.sprints[key] = append(p.sprints[key], sprint)
		}
		p.repos = append(p.repos, key)
	}
	if size.Issues == 0 {
		return
	}
	step := to.Sub(from) / time.Duration(size.Issues)
	for i := range size.Issues {
		p.issue(from.Add(time.Duration(i)*step), size.Changes)
	}
}

type jiraPopulator struct {
	populator
	s       *JiraSite
	end     time.Time
	open    map[string][]string // recent issues by project
	epics   map[string][]string
	sprints map[string][]int64
}

func (p *jiraPopulator) issue(at time.Time, changes int) {
	project, by := p.pick(p.repos), p.pick(p.people)
	spec := JiraIssueSpec{Type: p.pick([]string{"Story", "Task", "Bug"}), Summary: p.title(), Description: p.text(3), Reporter: by}
	switch kind := p.rng.IntN(20); {
	case kind == 0 || len(p.epics[project]) == 0:
		spec.Type = "Epic"
	case kind < 4 && len(p.open[project]) > 0:
		spec.Type, spec.Parent = "Sub-task", p.pick(p.open[project])
	case kind < 15:
		spec.Parent = p.pick(p.epics[project])
	}
	if p.rng.IntN(2) == 0 {
		spec.Labels = []string{strings.ReplaceAll(p.pick(tags), " ", "-")}
		spec.Components = []string{p.pick(areas)}
	}
	key := p.s.Open(at, project, spec)
	if spec.Type == "Epic" {
		p.epics[project] = append(p.epics[project], key)
	} else if spec.Type != "Sub-task" {
		p.open[project] = append(p.open[project], key)
	}
	worker := p.pick(p.people)
	for range p.rng.IntN(2*changes + 1) {
		at = p.soon(at, p.end)
		p.change(at, project, key, worker, spec.Type)
	}
}

// change makes one change of a random kind.
func (p *jiraPopulator) change(at time.Time, project, key, by, kind string) {
	switch n := p.rng.IntN(12); {
	case n < 4:
		p.s.Transition(at, key, by, p.pick([]string{"In Progress", "In Review", "Done", "In Progress", "To Do"}))
	case n < 6:
		p.s.Comment(at, key, p.pick(p.people), p.text(2))
	case n == 6:
		p.s.LogWork(at, key, JiraWorkSpec{By: by, Started: at.Add(-time.Hour), Spent: time.Duration(1+p.rng.IntN(16)) * 30 * time.Minute})
	case n == 7:
		p.s.Set(at, key, by, "assignee", p.pick(p.people))
	case n == 8:
		p.s.Set(at, key, by, "labels", p.pick(areas), p.pick(areas)+"-x")
	case n == 9 && kind != "Epic" && kind != "Sub-task":
		sprints := p.sprints[project]
		p.s.AddToSprint(at, by, sprints[p.rng.IntN(len(sprints))], key)
	case n == 10 && len(p.open[project]) > 1:
		if other := p.pick(p.open[project]); other != key {
			p.s.Link(at, by, p.pick([]string{"Blocks", "Relates"}), key, other)
		}
	default:
		p.s.Set(at, key, by, "summary", p.title())
	}
}
