package fake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Open creates an issue and returns its key. What it starts with is in no
// history.
func (s *JiraSite) Open(at time.Time, project string, spec JiraIssueSpec) (key string) {
	s.editProject("open issue in", project, func(p *jiraProject) error {
		id := s.id()
		is := &jiraIssue{
			id: id, project: p, kind: s.kind(orElse(spec.Type, "Task")), status: s.status(orElse(spec.Status, "To Do")),
			statusAt: milli(at), summary: spec.Summary, desc: spec.Description, labels: slices.Clone(spec.Labels),
			due: spec.Due, created: milli(at), custom: map[string][]string{}, rank: id,
		}
		if is.kind == nil || is.status == nil {
			return fmt.Errorf("unknown type %q or status %q", spec.Type, spec.Status)
		}
		var errs [4]error
		is.reporter, errs[0] = s.user(spec.Reporter)
		is.assignee, errs[1] = s.user(spec.Assignee)
		is.priority, errs[2] = s.priority(orElse(spec.Priority, "Medium"))
		is.parent, errs[3] = s.parent(spec.Parent)
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		is.creator = is.reporter
		for _, name := range spec.Components {
			is.comps = append(is.comps, s.component(p, name))
		}
		for _, name := range spec.FixVersions {
			is.versions = append(is.versions, s.version(p, name))
		}
		for name, values := range spec.Fields {
			f := s.field(name)
			if f.id == "" {
				return fmt.Errorf("no field %q", name)
			}
			is.custom[f.id] = values
		}
		if is.parent != nil {
			is.parent.children = append(is.parent.children, is)
		}
		if is.status.category == "done" {
			is.done, is.resolved = true, milli(at)
		}
		p.next++
		is.number = p.next
		s.rekey(is)
		is.touch(at)
		s.issues = append(s.issues, is)
		s.byID[id] = is
		key = is.key()
		return nil
	})
	return key
}

// ID returns the numeric id of an issue, 0 for none. Deleted issues keep it.
func (s *JiraSite) ID(key string) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if is := s.byKey[strings.ToUpper(key)]; is != nil {
		return is.id
	}
	return 0
}

// Keys returns the present keys of all issues that can be seen, by id.
func (s *JiraSite) Keys() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var keys []string
	for _, is := range s.issues {
		if is.visible() {
			keys = append(keys, is.key())
		}
	}
	return keys
}

func (s *JiraSite) issue(key string) (*jiraIssue, error) {
	if is := s.byKey[strings.ToUpper(key)]; is != nil && !is.gone {
		return is, nil
	}
	return nil, fmt.Errorf("no issue %q", key)
}

// parent finds an issue; no key is none.
func (s *JiraSite) parent(key string) (*jiraIssue, error) {
	if key == "" {
		return nil, nil
	}
	return s.issue(key)
}

func (s *JiraSite) priority(name string) (jiraNamed, error) {
	for _, p := range s.priorities {
		if p.name == name {
			return p, nil
		}
	}
	return jiraNamed{}, fmt.Errorf("no priority %q", name)
}

// edit changes an issue and writes the history of the change.
func (s *JiraSite) edit(at time.Time, what, key, by string, f func(is *jiraIssue, h *jiraHistory) error) {
	s.change(what+" "+key, func() error {
		is, err := s.issue(key)
		if err != nil {
			return err
		}
		h, err := s.history(at, by)
		if err == nil {
			err = f(is, h)
		}
		if err == nil && len(h.items) > 0 {
			is.histories = append(is.histories, h)
			is.touch(at)
		}
		return err
	})
}

func (s *JiraSite) history(at time.Time, by string) (*jiraHistory, error) {
	u, err := s.user(by)
	return &jiraHistory{id: s.id(), by: u, at: milli(at)}, err
}

func (h *jiraHistory) add(items ...jiraItem) { h.items = append(h.items, items...) }

// text adds the change of a field that holds text.
func (h *jiraHistory) text(field, from, to string) {
	if from != to {
		h.add(jiraItem{field: field, fieldID: field, fromText: from, toText: to})
	}
}

// Set gives a field of an issue new values, none to empty it. Fields are
// summary, description, environment, assignee, reporter, labels, components,
// fixVersions, priority, duedate, issuetype, parent, timeoriginalestimate (a
// duration, "3h") and the custom fields by name or id. People are named by
// account id, parents by key.
func (s *JiraSite) Set(at time.Time, key, by, field string, values ...string) {
	s.edit(at, "set "+field+" of", key, by, func(is *jiraIssue, h *jiraHistory) error {
		one := ""
		if len(values) > 0 {
			one = values[0]
		}
		switch field {
		case "summary":
			h.text("summary", is.summary, one)
			is.summary = one
		case "description":
			h.text("description", is.desc, one)
			is.desc = one
		case "environment":
			h.text("environment", is.env, one)
			is.env = one
		case "duedate":
			h.add(jiraItem{field: field, fieldID: field, from: is.due, fromText: is.due, to: one, toText: one})
			is.due = one
		case "assignee":
			return s.setPerson(h, field, &is.assignee, one)
		case "reporter":
			return s.setPerson(h, field, &is.reporter, one)
		case "parent":
			return s.setParent(h, is, one)
		case "labels":
			from := is.labelText()
			is.labels = slices.Clone(values)
			h.add(jiraItem{field: field, fieldID: field, fromText: from, toText: is.labelText(), blank: true})
		case "components":
			s.setComponents(h, is, values)
		case "fixVersions":
			s.setVersions(h, is, values)
		default:
			return s.setOther(h, is, field, values, one)
		}
		return nil
	})
}

func (s *JiraSite) setOther(h *jiraHistory, is *jiraIssue, field string, values []string, one string) error {
	switch field {
	case "priority":
		p, err := s.priority(one)
		if err == nil {
			h.add(jiraItem{field: field, fieldID: field, from: is.priority.id, fromText: is.priority.name, to: p.id, toText: p.name})
			is.priority = p
		}
		return err
	case "issuetype":
		t := s.kind(one)
		if t == nil {
			return fmt.Errorf("no type %q", one)
		}
		h.add(jiraItem{field: field, fieldID: field, from: is.kind.id, fromText: is.kind.shown, to: t.id, toText: t.shown})
		is.kind = t
		return nil
	case "timeoriginalestimate":
		d, err := time.ParseDuration(one)
		if err == nil {
			from, to := count(is.estimate), count(int64(d/time.Second))
			h.add(jiraItem{field: field, fieldID: field, from: from, fromText: from, to: to, toText: to})
			is.estimate = int64(d / time.Second)
		}
		return err
	}
	f := s.field(field)
	if f.id == "" || f.custom == JiraSprintField {
		return errors.New("no such field, or none that can be set")
	}
	h.add(jiraItem{field: f.name, fieldID: f.id, custom: true, fromText: strings.Join(is.custom[f.id], ","), toText: strings.Join(values, ",")})
	is.custom[f.id] = slices.Clone(values)
	return nil
}

func (s *JiraSite) setPerson(h *jiraHistory, field string, to **jiraUser, id string) error {
	u, err := s.user(id)
	if err == nil && u != *to {
		h.add(jiraItem{field: field, fieldID: field, fromUser: *to, toUser: u})
		*to = u
	}
	return err
}

func (s *JiraSite) setComponents(h *jiraHistory, is *jiraIssue, names []string) {
	var list []jiraNamed
	for _, name := range names {
		list = append(list, s.component(is.project, name))
	}
	for _, c := range is.comps {
		if !slices.Contains(list, c) {
			h.add(jiraItem{field: "Component", fieldID: "components", from: c.id, fromText: c.name})
		}
	}
	for _, c := range list {
		if !slices.Contains(is.comps, c) {
			h.add(jiraItem{field: "Component", fieldID: "components", to: c.id, toText: c.name})
		}
	}
	is.comps = list
}

func (s *JiraSite) setVersions(h *jiraHistory, is *jiraIssue, names []string) {
	var list []*jiraVersion
	for _, name := range names {
		list = append(list, s.version(is.project, name))
	}
	for _, v := range is.versions {
		if !slices.Contains(list, v) {
			h.add(jiraItem{field: "Fix Version", fieldID: "fixVersions", from: v.id, fromText: v.name})
		}
	}
	for _, v := range list {
		if !slices.Contains(is.versions, v) {
			h.add(jiraItem{field: "Fix Version", fieldID: "fixVersions", to: v.id, toText: v.name})
		}
	}
	is.versions = list
}

func (s *JiraSite) setParent(h *jiraHistory, is *jiraIssue, key string) error {
	p, err := s.parent(key)
	if err != nil || p == is.parent {
		return err
	}
	for up := p; up != nil; up = up.parent {
		if up == is {
			return fmt.Errorf("%s cannot be above itself", is.key())
		}
	}
	item := jiraItem{parent: true, sub: is.kind.level < 0}
	if old := is.parent; old != nil {
		item.from, item.fromText, item.level = old.idText(), old.key(), old.kind.level
		old.children = slices.DeleteFunc(old.children, func(c *jiraIssue) bool { return c == is })
	}
	if p != nil {
		item.to, item.toText, item.level = p.idText(), p.key(), p.kind.level
		p.children = append(p.children, is)
	}
	is.parent = p
	h.add(item)
	return nil
}

// Transition moves an issue to a status. Reaching a done status resolves the
// issue, leaving it takes the resolution away.
func (s *JiraSite) Transition(at time.Time, key, by, status string) {
	s.edit(at, "transition", key, by, func(is *jiraIssue, h *jiraHistory) error {
		to := s.status(status)
		if to == nil {
			return fmt.Errorf("no status %q", status)
		}
		if done := to.category == "done"; done != is.done {
			item := jiraItem{field: "resolution", fieldID: "resolution", from: jiraDone.id, fromText: jiraDone.name}
			is.resolved = time.Time{}
			if done {
				item = jiraItem{field: "resolution", fieldID: "resolution", to: jiraDone.id, toText: jiraDone.name}
				is.resolved = milli(at)
			}
			is.done = done
			h.add(item)
		}
		h.add(jiraItem{field: "status", fieldID: "status", from: is.status.id, fromText: is.status.shown, to: to.id, toText: to.shown})
		is.status, is.statusAt = to, milli(at)
		return nil
	})
}

// Move takes an issue to another project and returns its new key. Its id
// stays, its old key leads to it, its components and versions are lost.
func (s *JiraSite) Move(at time.Time, key, by, project string) (newKey string) {
	s.edit(at, "move", key, by, func(is *jiraIssue, h *jiraHistory) error {
		to, err := s.project(project)
		if err != nil {
			return err
		}
		if to == is.project {
			return errors.New("it is there already")
		}
		from, oldKey := is.project, is.key()
		s.setComponents(h, is, nil)
		s.setVersions(h, is, nil)
		to.next++
		is.project, is.number = to, to.next
		s.rekey(is)
		h.add(
			jiraItem{field: "project", fieldID: "project", from: from.id, fromText: from.name, to: to.id, toText: to.name},
			jiraItem{field: "Key", fromText: oldKey, toText: is.key()},
		)
		newKey = is.key()
		return nil
	})
	return newKey
}

// Delete removes an issue for good, with its worklogs and sub-tasks.
func (s *JiraSite) Delete(at time.Time, key string) {
	s.change("delete "+key, func() error {
		is, err := s.issue(key)
		if err == nil {
			s.remove(is, at)
		}
		return err
	})
}

func (s *JiraSite) remove(is *jiraIssue, at time.Time) {
	is.gone = true
	for _, w := range is.worklogs {
		s.unwork(w, at)
	}
	for _, l := range slices.Clone(is.links) {
		l.cut()
	}
	if p := is.parent; p != nil {
		p.children = slices.DeleteFunc(p.children, func(c *jiraIssue) bool { return c == is })
	}
	for _, c := range slices.Clone(is.children) {
		if c.kind.level < 0 {
			s.remove(c, at)
		}
		c.parent = nil
	}
}
