package fake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The custom field types that Jira's own apps bring. Their ids differ from
// site to site; clients find them by these names.
const (
	JiraSprintField     = "com.pyxis.greenhopper.jira:gh-sprint"
	JiraEpicLinkField   = "com.pyxis.greenhopper.jira:gh-epic-link"
	JiraEpicNameField   = "com.pyxis.greenhopper.jira:gh-epic-label"
	JiraRankField       = "com.pyxis.greenhopper.jira:gh-lexo-rank"
	JiraParentLinkField = "com.atlassian.jpo:jpo-custom-field-parent"
	jiraFloatField      = "com.atlassian.jira.plugin.system.customfieldtypes:float"
	jiraTextField       = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
)

// furnish adds what a new site has.
func (s *JiraSite) furnish() {
	for i, name := range []string{"Highest", "High", "Medium", "Low", "Lowest"} {
		s.priorities = append(s.priorities, jiraNamed{strconv.Itoa(i + 1), name})
	}
	for _, t := range []JiraTypeSpec{{Name: "Epic", Level: 1}, {Name: "Story"}, {Name: "Task"}, {Name: "Bug"}, {Name: "Sub-task", Level: -1}} {
		s.addType(t)
	}
	for _, v := range []JiraStatusSpec{{"To Do", "", "new"}, {"In Progress", "", "indeterminate"}, {"In Review", "", "indeterminate"}, {"Done", "", "done"}} {
		s.addStatus(v)
	}
	for _, l := range [][3]string{
		{"Blocks", "is blocked by", "blocks"}, {"Cloners", "is cloned by", "clones"},
		{"Duplicate", "is duplicated by", "duplicates"}, {"Relates", "relates to", "relates to"},
	} {
		s.linkTypes = append(s.linkTypes, &jiraLinkType{s.textID(), l[0], l[1], l[2]})
	}
	for _, f := range []JiraFieldSpec{
		{"Sprint", JiraSprintField, "sprint"}, {"Epic Link", JiraEpicLinkField, "any"}, {"Epic Name", JiraEpicNameField, "string"},
		{"Parent Link", JiraParentLinkField, "any"}, {"Rank", JiraRankField, "any"}, {"Story Points", jiraFloatField, "number"},
	} {
		s.addField(f)
	}
}

// AddType adds an issue type.
func (s *JiraSite) AddType(t JiraTypeSpec) {
	s.change("add type "+t.Name, func() error {
		if s.kind(t.Name) != nil || t.Name == "" {
			return errors.New("empty or taken")
		}
		s.addType(t)
		return nil
	})
}

func (s *JiraSite) addType(t JiraTypeSpec) {
	s.types = append(s.types, &jiraType{s.textID(), t.Name, orElse(t.Shown, t.Name), t.Level})
}

func (s *JiraSite) kind(name string) *jiraType {
	for _, t := range s.types {
		if strings.EqualFold(t.name, name) || t.shown == name {
			return t
		}
	}
	return nil
}

// AddStatus adds a status.
func (s *JiraSite) AddStatus(v JiraStatusSpec) {
	s.change("add status "+v.Name, func() error {
		if s.status(v.Name) != nil || jiraCategories[v.Category].id == 0 {
			return fmt.Errorf("taken, or unknown category %q", v.Category)
		}
		s.addStatus(v)
		return nil
	})
}

func (s *JiraSite) addStatus(v JiraStatusSpec) {
	s.statuses = append(s.statuses, &jiraStatus{s.textID(), v.Name, orElse(v.Shown, v.Name), v.Category})
}

func (s *JiraSite) status(name string) *jiraStatus {
	for _, v := range s.statuses {
		if strings.EqualFold(v.name, name) || v.shown == name {
			return v
		}
	}
	return nil
}

// Localise changes the name under which a type or a status is shown.
func (s *JiraSite) Localise(name, shown string) {
	s.change("localise "+name, func() error {
		if t := s.kind(name); t != nil {
			t.shown = shown
			return nil
		}
		if v := s.status(name); v != nil {
			v.shown = shown
			return nil
		}
		return errors.New("no such type or status")
	})
}

// AddField adds a custom field and returns its id, "customfield_10123".
func (s *JiraSite) AddField(f JiraFieldSpec) (id string) {
	s.change("add field "+f.Name, func() error { id = s.addField(f); return nil })
	return id
}

func (s *JiraSite) addField(f JiraFieldSpec) string {
	n := jiraField{"customfield_" + s.textID(), f.Name, orElse(f.Custom, jiraTextField), orElse(f.Type, "string")}
	s.fields = append(s.fields, n)
	return n.id
}

// FieldID returns the id of a custom field, by its name or its type.
func (s *JiraSite) FieldID(name string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.field(name).id
}

func (s *JiraSite) field(name string) jiraField {
	for _, f := range s.fields {
		if f.name == name || f.id == name || f.custom == name {
			return f
		}
	}
	return jiraField{}
}

// AddVersion adds a version to a project; one that is only named by an issue
// is added unreleased. Due is "2026-03-31" or empty.
func (s *JiraSite) AddVersion(project, name, due string) {
	s.editProject("add version", project, func(p *jiraProject) error {
		s.version(p, name).due = due
		return nil
	})
}

// ReleaseVersion marks a version as released.
func (s *JiraSite) ReleaseVersion(project, name string) {
	s.editProject("release version", project, func(p *jiraProject) error {
		s.version(p, name).released = true
		return nil
	})
}

func (s *JiraSite) version(p *jiraProject, name string) *jiraVersion {
	for _, v := range p.versions {
		if v.name == name {
			return v
		}
	}
	v := &jiraVersion{id: s.textID(), name: name}
	p.versions = append(p.versions, v)
	return v
}

func (s *JiraSite) component(p *jiraProject, name string) jiraNamed {
	for _, c := range p.components {
		if c.name == name {
			return c
		}
	}
	c := jiraNamed{s.textID(), name}
	p.components = append(p.components, c)
	return c
}

// AddBoard adds a board and returns its id.
func (s *JiraSite) AddBoard(b JiraBoardSpec) (id int64) {
	s.change("add board "+b.Name, func() error {
		n := &jiraBoard{id: int64(len(s.boards) + 1), name: b.Name, kanban: b.Kanban, jql: b.JQL}
		for _, key := range b.Projects {
			p, err := s.project(key)
			if err != nil {
				return err
			}
			n.projects = append(n.projects, p)
		}
		if len(n.projects) == 0 {
			return errors.New("a board needs a project")
		}
		if n.jql != "" {
			if q, err := parseJQL(n.jql); err != nil || q.where == nil {
				return errors.Join(fmt.Errorf("the filter %q is not one", n.jql), err)
			}
		}
		s.boards = append(s.boards, n)
		id = n.id
		return nil
	})
	return id
}

func (s *JiraSite) board(id int64) *jiraBoard {
	if id < 1 || id > int64(len(s.boards)) {
		return nil
	}
	return s.boards[id-1]
}

// AddSprint plans a sprint and returns its id.
func (s *JiraSite) AddSprint(board int64, v JiraSprintSpec) (id int64) {
	s.change("add sprint "+v.Name, func() error {
		b := s.board(board)
		if b == nil || b.kanban {
			return fmt.Errorf("board %d has no sprints", board)
		}
		n := &jiraSprint{id: int64(len(s.sprints) + 1), board: b, name: v.Name, goal: v.Goal, start: milli(v.Start), end: milli(v.End), state: "future"}
		s.sprints = append(s.sprints, n)
		b.sprints = append(b.sprints, n)
		id = n.id
		return nil
	})
	return id
}

func (s *JiraSite) sprint(id int64) *jiraSprint {
	if id < 1 || id > int64(len(s.sprints)) {
		return nil
	}
	return s.sprints[id-1]
}

// StartSprint makes a sprint active. Its issues do not change.
func (s *JiraSite) StartSprint(at time.Time, id int64) { s.setSprint(at, id, "active") }

// CloseSprint completes a sprint. Its issues stay in it and do not change.
func (s *JiraSite) CloseSprint(at time.Time, id int64) { s.setSprint(at, id, "closed") }

func (s *JiraSite) setSprint(at time.Time, id int64, state string) {
	s.change("set sprint "+state, func() error {
		v := s.sprint(id)
		if v == nil {
			return fmt.Errorf("no sprint %d", id)
		}
		v.state = state
		if state == "active" {
			v.start = milli(at)
		} else {
			v.completed = milli(at)
		}
		return nil
	})
}
