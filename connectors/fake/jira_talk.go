package fake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// jiraDone is the only resolution.
var jiraDone = jiraNamed{"10000", "Done"}

func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// touchUnless moves updated unless that kind of change is quiet.
func (s *JiraSite) touchUnless(kind JiraChange, at time.Time, issues ...*jiraIssue) {
	for _, is := range issues {
		if !s.quiet[kind] {
			is.touch(at)
		}
	}
}

// write adds a history without moving updated.
func (s *JiraSite) write(is *jiraIssue, at time.Time, by string, items ...jiraItem) error {
	h, err := s.history(at, by)
	if err == nil {
		h.add(items...)
		is.histories = append(is.histories, h)
	}
	return err
}

// Comment adds a comment and returns its id. It writes no history.
func (s *JiraSite) Comment(at time.Time, key, by, body string) (id int64) {
	s.change("comment on "+key, func() error {
		is, err := s.issue(key)
		u, userErr := s.user(by)
		if err := errors.Join(err, userErr); err != nil {
			return err
		}
		id = s.id()
		is.comments = append(is.comments, &jiraComment{id: id, by: u, editor: u, body: body, created: milli(at), updated: milli(at)})
		is.touch(at)
		return nil
	})
	return id
}

// EditComment replaces the text of a comment; the history keeps the old one.
func (s *JiraSite) EditComment(at time.Time, key string, id int64, by, body string) {
	s.editComment(at, "edit comment on", key, id, by, func(is *jiraIssue, i int, h *jiraHistory) {
		c := is.comments[i]
		h.add(jiraItem{field: "Comment", from: strconv.FormatInt(id, 10), fromText: c.body, toText: body})
		c.body, c.editor, c.updated = body, h.by, milli(at)
	})
}

// DeleteComment removes a comment; the history keeps its text.
func (s *JiraSite) DeleteComment(at time.Time, key string, id int64, by string) {
	s.editComment(at, "delete comment on", key, id, by, func(is *jiraIssue, i int, h *jiraHistory) {
		h.add(jiraItem{field: "Comment", from: strconv.FormatInt(id, 10), fromText: is.comments[i].body})
		is.comments = slices.Delete(is.comments, i, i+1)
	})
}

func (s *JiraSite) editComment(at time.Time, what, key string, id int64, by string, f func(is *jiraIssue, i int, h *jiraHistory)) {
	s.edit(at, what, key, by, func(is *jiraIssue, h *jiraHistory) error {
		i := slices.IndexFunc(is.comments, func(c *jiraComment) bool { return c.id == id })
		if i < 0 {
			return fmt.Errorf("no comment %d", id)
		}
		f(is, i, h)
		return nil
	})
}

// LogWork adds a worklog and returns its id.
func (s *JiraSite) LogWork(at time.Time, key string, spec JiraWorkSpec) (id int64) {
	s.change("log work on "+key, func() error {
		is, err := s.issue(key)
		u, userErr := s.user(spec.By)
		if err := errors.Join(err, userErr); err != nil {
			return err
		}
		id = s.id()
		w := &jiraWorklog{id: id, issue: is, by: u, editor: u, started: milli(spec.Started), comment: spec.Comment, created: milli(at)}
		before := is.spent()
		is.worklogs = append(is.worklogs, w)
		return s.rework(at, w, spec.By, before, spec.Spent, false)
	})
	return id
}

// EditWork changes when a worklog started and how long it took.
func (s *JiraSite) EditWork(at time.Time, key string, id int64, by string, started time.Time, spent time.Duration) {
	s.editWork("edit work on "+key, key, id, func(is *jiraIssue, w *jiraWorklog) error {
		u, err := s.user(by)
		if err != nil {
			return err
		}
		w.started, w.editor = milli(started), u
		return s.rework(at, w, by, is.spent(), spent, true)
	})
}

// DeleteWork removes a worklog.
func (s *JiraSite) DeleteWork(at time.Time, key string, id int64, by string) {
	s.editWork("delete work on "+key, key, id, func(is *jiraIssue, w *jiraWorklog) error {
		before := is.spent()
		is.worklogs = slices.DeleteFunc(is.worklogs, func(v *jiraWorklog) bool { return v == w })
		s.unwork(w, at)
		return s.workHistory(at, is, by, before, jiraItem{field: "WorklogId", from: w.idText(), fromText: w.idText()})
	})
}

func (s *JiraSite) editWork(what, key string, id int64, f func(is *jiraIssue, w *jiraWorklog) error) {
	s.change(what, func() error {
		is, err := s.issue(key)
		if err != nil {
			return err
		}
		w := is.worklog(strconv.FormatInt(id, 10))
		if w == nil {
			return fmt.Errorf("no worklog %d", id)
		}
		return f(is, w)
	})
}

// rework gives a worklog its time and writes what follows from it.
func (s *JiraSite) rework(at time.Time, w *jiraWorklog, by string, before int64, spent time.Duration, again bool) error {
	w.seconds, w.updated = int64(spent/time.Second), milli(at)
	s.worked = slices.DeleteFunc(s.worked, func(m jiraMark) bool { return again && m.worklog == w.id })
	s.worked = append(s.worked, jiraMark{w.id, milli(at), w.issue})
	item := jiraItem{field: "WorklogId", to: w.idText(), toText: w.idText()}
	if again {
		item.from, item.fromText = w.idText(), w.idText()
	}
	return s.workHistory(at, w.issue, by, before, item)
}

// unwork moves a worklog from the feed of changed ones to that of deleted ones.
func (s *JiraSite) unwork(w *jiraWorklog, at time.Time) {
	s.worked = slices.DeleteFunc(s.worked, func(m jiraMark) bool { return m.worklog == w.id })
	s.unworked = append(s.unworked, jiraMark{w.id, milli(at), w.issue})
}

func (s *JiraSite) workHistory(at time.Time, is *jiraIssue, by string, before int64, item jiraItem) error {
	from, to := count(before), count(is.spent())
	s.touchUnless(ChangeWork, at, is)
	return s.write(is, at, by, jiraItem{field: "timespent", fieldID: "timespent", from: from, fromText: from, to: to, toText: to}, item)
}

// Link links two issues: kind "Blocks" says that from blocks to. Both write a
// history.
func (s *JiraSite) Link(at time.Time, by, kind, from, to string) {
	s.relink("link", kind, from, to, func(a, b *jiraIssue, t *jiraLinkType) error {
		l := &jiraLink{id: s.id(), kind: t, from: a, to: b}
		a.links, b.links = append(a.links, l), append(b.links, l)
		s.touchUnless(ChangeLink, at, a, b)
		return errors.Join(
			s.write(a, at, by, jiraItem{field: "Link", to: b.key(), toText: "This issue " + t.outward + " " + b.key()}),
			s.write(b, at, by, jiraItem{field: "Link", to: a.key(), toText: "This issue " + t.inward + " " + a.key()}))
	})
}

// Unlink removes a link.
func (s *JiraSite) Unlink(at time.Time, by, kind, from, to string) {
	s.relink("unlink", kind, from, to, func(a, b *jiraIssue, t *jiraLinkType) error {
		i := slices.IndexFunc(a.links, func(l *jiraLink) bool { return l.kind == t && l.from == a && l.to == b })
		if i < 0 {
			return errors.New("no such link")
		}
		a.links[i].cut()
		s.touchUnless(ChangeLink, at, a, b)
		return errors.Join(
			s.write(a, at, by, jiraItem{field: "Link", from: b.key(), fromText: "This issue " + t.outward + " " + b.key()}),
			s.write(b, at, by, jiraItem{field: "Link", from: a.key(), fromText: "This issue " + t.inward + " " + a.key()}))
	})
}

func (s *JiraSite) relink(what, kind, from, to string, f func(a, b *jiraIssue, t *jiraLinkType) error) {
	s.change(what+" "+from+" and "+to, func() error {
		a, err := s.issue(from)
		b, otherErr := s.issue(to)
		if err := errors.Join(err, otherErr); err != nil {
			return err
		}
		for _, t := range s.linkTypes {
			if t.name == kind {
				return f(a, b, t)
			}
		}
		return fmt.Errorf("no link type %q", kind)
	})
}

// cut takes a link from both its ends.
func (l *jiraLink) cut() {
	for _, is := range []*jiraIssue{l.from, l.to} {
		is.links = slices.DeleteFunc(is.links, func(v *jiraLink) bool { return v == l })
	}
}

// AddToSprint puts an issue into a sprint; it leaves every sprint that is not
// closed.
func (s *JiraSite) AddToSprint(at time.Time, by string, sprint int64, key string) {
	s.resprint(at, "add to sprint", by, sprint, key, func(is *jiraIssue, v *jiraSprint) []*jiraSprint {
		kept := slices.DeleteFunc(slices.Clone(is.sprints), func(o *jiraSprint) bool { return o == v || o.state != "closed" })
		return append(kept, v)
	})
}

// RemoveFromSprint takes an issue out of a sprint.
func (s *JiraSite) RemoveFromSprint(at time.Time, by string, sprint int64, key string) {
	s.resprint(at, "remove from sprint", by, sprint, key, func(is *jiraIssue, v *jiraSprint) []*jiraSprint {
		return slices.DeleteFunc(slices.Clone(is.sprints), func(o *jiraSprint) bool { return o == v })
	})
}

func (s *JiraSite) resprint(at time.Time, what, by string, sprint int64, key string, f func(*jiraIssue, *jiraSprint) []*jiraSprint) {
	s.change(what+" "+key, func() error {
		is, err := s.issue(key)
		if err != nil {
			return err
		}
		v := s.sprint(sprint)
		if v == nil {
			return fmt.Errorf("no sprint %d", sprint)
		}
		item := jiraItem{field: "Sprint", fieldID: s.field(JiraSprintField).id, custom: true, blank: true}
		item.from, item.fromText = sprintNames(is.sprints)
		is.sprints = f(is, v)
		item.to, item.toText = sprintNames(is.sprints)
		s.touchUnless(ChangeSprint, at, is)
		return s.write(is, at, by, item)
	})
}

func sprintNames(list []*jiraSprint) (ids, names string) {
	var id, name []string
	for _, v := range list {
		id, name = append(id, strconv.FormatInt(v.id, 10)), append(name, v.name)
	}
	return strings.Join(id, ", "), strings.Join(name, ", ")
}

// Rank moves an issue to the end of its backlog.
func (s *JiraSite) Rank(at time.Time, key, by string) {
	s.change("rank "+key, func() error {
		is, err := s.issue(key)
		if err != nil {
			return err
		}
		is.rank = s.id()
		s.touchUnless(ChangeRank, at, is)
		return s.write(is, at, by, jiraItem{field: "Rank", fieldID: s.field(JiraRankField).id, custom: true, blank: true, toText: "Ranked lower"})
	})
}

// RemoteLink links an issue to something in another system. The relationship
// is "mentioned on" for what integrations add, else often empty.
func (s *JiraSite) RemoteLink(at time.Time, key, by, url, title, relationship string) {
	s.change("remote link of "+key, func() error {
		is, err := s.issue(key)
		if err != nil {
			return err
		}
		r := &jiraRemote{id: s.id(), url: url, title: title, relationship: relationship}
		is.remotes = append(is.remotes, r)
		s.touchUnless(ChangeRemote, at, is)
		return s.write(is, at, by, jiraItem{field: "RemoteIssueLink", to: strconv.FormatInt(r.id, 10),
			toText: `This issue links to "` + title + ` (Web Link)"`})
	})
}

// Develop adds something to an issue's development panel. That changes
// neither its history nor its updated time.
func (s *JiraSite) Develop(key string, d JiraDevSpec) {
	s.change("develop "+key, func() error {
		is, err := s.issue(key)
		if err == nil {
			is.dev = append(is.dev, d)
		}
		return err
	})
}
