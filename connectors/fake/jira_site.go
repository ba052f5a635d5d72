package fake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A JiraSite is the truth that a Jira server serves: people, projects, issues
// and everything that happened to them. It has no clock: every change names its
// time. It is deterministic: the same changes in the same order give the same
// identifiers. It is safe for concurrent use.
//
// A site starts with the issue types Epic, Story, Task, Bug and Sub-task, the
// statuses To Do, In Progress, In Review and Done, the priorities and link types
// of a new Jira, and its fields for sprints, epics, ranks and story points.
//
// Every change of an issue writes the history that Jira writes and moves the
// time of the last update, except for the kinds of changes that are quiet. A
// change that names something that does not exist does nothing and returns the
// zero value; Err tells the first such mistake.
type JiraSite struct {
	mu     sync.RWMutex
	err    error
	rev    uint64 // counts changes, so that answers can be kept between them
	lastID int64

	users      []*jiraUser
	userByID   map[string]*jiraUser
	groups     []*jiraGroup
	projects   []*jiraProject
	projectKey map[string]*jiraProject // by upper-case key, former keys included
	types      []*jiraType
	statuses   []*jiraStatus
	priorities []jiraNamed
	linkTypes  []*jiraLinkType
	fields     []jiraField
	boards     []*jiraBoard
	sprints    []*jiraSprint
	issues     []*jiraIssue // by id, deleted ones included
	byID       map[int64]*jiraIssue
	byKey      map[string]*jiraIssue // by upper-case key, former keys included
	worked     []jiraMark            // worklogs written, one line each, by time
	unworked   []jiraMark            // worklogs deleted
	quiet      map[JiraChange]bool
}

// A JiraChange is a kind of change that may leave an issue's updated time as
// it is.
type JiraChange string

// The kinds of changes whose effect on updated differs between installations.
const (
	ChangeSprint JiraChange = "sprint" // joining or leaving a sprint
	ChangeLink   JiraChange = "link"
	ChangeRemote JiraChange = "remote" // links to other systems
	ChangeRank   JiraChange = "rank"
	ChangeWork   JiraChange = "worklog"
)

// NewJiraSite returns a site without people and projects. Ranks are quiet.
func NewJiraSite() *JiraSite {
	s := &JiraSite{
		lastID: 10_000, userByID: map[string]*jiraUser{}, projectKey: map[string]*jiraProject{},
		byID: map[int64]*jiraIssue{}, byKey: map[string]*jiraIssue{}, quiet: map[JiraChange]bool{ChangeRank: true},
	}
	s.furnish()
	return s
}

// Err returns the first change that could not be made, nil when all were.
func (s *JiraSite) Err() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.err
}

// SetQuiet says whether changes of a kind leave updated as it is.
func (s *JiraSite) SetQuiet(kind JiraChange, quiet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet[kind] = quiet
}

// change makes one change under the lock and keeps the first error.
func (s *JiraSite) change(what string, f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rev++
	if err := f(); err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", what, err)
	}
}

// id returns the next identifier; they grow, with gaps.
func (s *JiraSite) id() int64 {
	s.lastID += 3
	return s.lastID
}

func (s *JiraSite) textID() string { return strconv.FormatInt(s.id(), 10) }

// AddUser creates an account.
func (s *JiraSite) AddUser(u JiraUserSpec) {
	s.change("add user "+u.ID, func() error {
		if u.ID == "" || s.userByID[u.ID] != nil {
			return errors.New("empty or taken")
		}
		n := &jiraUser{id: u.ID, name: u.Name, key: u.Key, display: u.Display, email: u.Email, zone: u.TimeZone, active: !u.Inactive, app: u.App}
		n.name = orElse(n.name, u.ID)
		n.key = orElse(n.key, "JIRAUSER"+s.textID())
		n.display = orElse(n.display, n.name)
		n.zone = orElse(n.zone, "Etc/UTC")
		loc, err := time.LoadLocation(n.zone)
		if err != nil {
			return err
		}
		n.loc = loc
		s.userByID[u.ID] = n
		s.users = append(s.users, n)
		return nil
	})
}

// SetActive deactivates an account or activates it again.
func (s *JiraSite) SetActive(user string, active bool) {
	s.change("set active", func() error {
		u, err := s.user(user)
		if u != nil {
			u.active = active
		}
		return err
	})
}

// user finds an account; no id is nobody.
func (s *JiraSite) user(id string) (*jiraUser, error) {
	if u := s.userByID[id]; u != nil || id == "" {
		return u, nil
	}
	return nil, fmt.Errorf("no user %q", id)
}

// AddGroup creates a group and returns its id.
func (s *JiraSite) AddGroup(name string, members ...string) (id string) {
	s.change("add group "+name, func() error {
		if s.group(name) != nil {
			return errors.New("the name is taken")
		}
		n := s.id()
		g := &jiraGroup{id: fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n), name: name}
		s.groups = append(s.groups, g)
		id = g.id
		return s.join(g, members)
	})
	return id
}

func (s *JiraSite) join(g *jiraGroup, members []string) error {
	for _, m := range members {
		u, err := s.user(m)
		if err != nil {
			return err
		}
		if !slices.Contains(g.members, u) {
			g.members = append(g.members, u)
		}
	}
	return nil
}

func (s *JiraSite) group(name string) *jiraGroup {
	for _, g := range s.groups {
		if strings.EqualFold(g.name, name) || g.id == name {
			return g
		}
	}
	return nil
}

// AddToGroup makes people members of a group.
func (s *JiraSite) AddToGroup(group string, members ...string) {
	s.change("add to group "+group, func() error {
		g := s.group(group)
		if g == nil {
			return errors.New("no such group")
		}
		return s.join(g, members)
	})
}

// RemoveFromGroup ends a membership.
func (s *JiraSite) RemoveFromGroup(group, member string) {
	s.change("remove from group "+group, func() error {
		g := s.group(group)
		if g == nil {
			return errors.New("no such group")
		}
		g.members = slices.DeleteFunc(g.members, func(u *jiraUser) bool { return u.id == member })
		return nil
	})
}

// AddProject creates a project and returns its id.
func (s *JiraSite) AddProject(p JiraProjectSpec) (id string) {
	s.change("add project "+p.Key, func() error {
		lead, err := s.user(p.Lead)
		if err != nil {
			return err
		}
		if p.Key == "" || s.projectKey[strings.ToUpper(p.Key)] != nil {
			return errors.New("the key is empty or taken")
		}
		n := &jiraProject{id: s.textID(), key: p.Key, name: orElse(p.Name, p.Key), lead: lead, nextGen: p.NextGen}
		s.projects = append(s.projects, n)
		s.projectKey[strings.ToUpper(p.Key)] = n
		id = n.id
		return nil
	})
	return id
}

func (s *JiraSite) project(key string) (*jiraProject, error) {
	if p := s.projectKey[strings.ToUpper(key)]; p != nil && !p.gone {
		return p, nil
	}
	return nil, fmt.Errorf("no project %q", key)
}

func (s *JiraSite) editProject(what, key string, f func(p *jiraProject) error) {
	s.change(what+" "+key, func() error {
		p, err := s.project(key)
		if err != nil {
			return err
		}
		return f(p)
	})
}

// RenameProject gives a project another key. The keys of its issues follow;
// the old ones lead to them. Neither a history nor updated shows it.
func (s *JiraSite) RenameProject(key, to string) {
	s.editProject("rename project", key, func(p *jiraProject) error {
		if taken := s.projectKey[strings.ToUpper(to)]; to == "" || taken != nil && taken != p {
			return fmt.Errorf("the key %q is empty or taken", to)
		}
		p.keys = append([]string{p.key}, p.keys...)
		p.key = to
		s.projectKey[strings.ToUpper(to)] = p
		for _, is := range s.issues {
			if is.project == p && !is.gone {
				s.rekey(is)
			}
		}
		return nil
	})
}

// rekey names an issue after its project and number.
func (s *JiraSite) rekey(is *jiraIssue) {
	key := is.project.key + "-" + strconv.Itoa(is.number)
	is.keys = append([]string{key}, slices.DeleteFunc(is.keys, func(k string) bool { return k == key })...)
	s.byKey[strings.ToUpper(key)] = is
}

// RevokeProject takes away the permission to see a project: it leaves every
// list and its issues are not found. RestoreProject gives it back.
func (s *JiraSite) RevokeProject(key string) {
	s.editProject("revoke project", key, func(p *jiraProject) error { p.revoked = true; return nil })
}

// RestoreProject undoes RevokeProject.
func (s *JiraSite) RestoreProject(key string) {
	s.editProject("restore project", key, func(p *jiraProject) error { p.revoked = false; return nil })
}

// DeleteProject removes a project and its issues for good.
func (s *JiraSite) DeleteProject(key string) {
	s.editProject("delete project", key, func(p *jiraProject) error {
		p.gone = true
		for _, is := range s.issues {
			if is.project == p {
				is.gone = true
			}
		}
		return nil
	})
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
