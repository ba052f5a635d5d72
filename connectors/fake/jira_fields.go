package fake

import (
	"strconv"
	"strings"
	"time"
)

// fields writes the fields of an issue that were asked for.
func (v *jiraView) fields(e *encoder, is *jiraIssue) {
	c, bad := v.c, v.c.poison[is.id]
	put := func(name string, write func()) {
		if v.wants(name, true) {
			write()
		}
	}
	put("statuscategorychangedate", func() {
		if !c.j.opts.DataCenter {
			c.time(e, "statuscategorychangedate", is.statusAt)
		}
	})
	put("summary", func() { e.str("summary", is.summary) })
	put("issuetype", func() { c.typeMember(e, "issuetype", is.kind) })
	put("status", func() { c.statusMember(e, "status", is.status) })
	put("project", func() { e.object("project", func() { c.projectMembers(e, is.project) }) })
	put("priority", func() { c.named(e, "priority", "priority", is.priority) })
	put("labels", func() { e.list("labels", is.labels) })
	put("creator", func() { c.user(e, "creator", is.creator) })
	put("reporter", func() { c.user(e, "reporter", is.reporter) })
	put("assignee", func() { c.user(e, "assignee", is.assignee) })
	put("created", func() { c.time(e, "created", is.created) })
	put("updated", func() {
		switch {
		case bad.NoUpdated:
		case bad.Zulu:
			e.time("updated", is.updated)
		default:
			c.time(e, "updated", is.updated)
		}
	})
	put("resolutiondate", func() { c.time(e, "resolutiondate", is.resolved) })
	put("duedate", func() {
		switch {
		case bad.EmptyDue:
			e.str("duedate", "")
		case is.due == "":
			e.null("duedate")
		default:
			e.str("duedate", is.due)
		}
	})
	v.texts(e, is)
	v.sets(e, is)
	v.related(e, is)
	v.customs(e, is)
	v.notes(e, is)
	if v.agile {
		v.agileFields(e, is)
	}
}

// texts writes the resolution, the long texts and the times spent.
func (v *jiraView) texts(e *encoder, is *jiraIssue) {
	c := v.c
	put := func(name string, write func()) {
		if v.wants(name, true) {
			write()
		}
	}
	put("resolution", func() {
		if !is.done {
			e.null("resolution")
			return
		}
		c.named(e, "resolution", "resolution", jiraDone)
	})
	put("description", func() { c.text(e, "description", is.desc, c.poison[is.id].Document) })
	put("environment", func() { c.text(e, "environment", is.env, false) })
	put("timespent", func() { e.seconds("timespent", is.spent()) })
	put("timeoriginalestimate", func() { e.seconds("timeoriginalestimate", is.estimate) })
	put("workratio", func() { e.num("workratio", -1) })
}

func (e *encoder) seconds(key string, n int64) {
	if n == 0 {
		e.null(key)
		return
	}
	e.num(key, n)
}

// text writes a text: a document in version 3, a string in version 2.
func (c *jiraCall) text(e *encoder, key, text string, document bool) {
	switch {
	case text == "" && !document:
		e.null(key)
	case c.adf || document:
		e.raw(key, adf(text))
	default:
		e.str(key, text)
	}
}

// sets writes the fields that hold several values.
func (v *jiraView) sets(e *encoder, is *jiraIssue) {
	if v.wants("components", true) {
		e.arr("components")
		for _, n := range is.comps {
			v.c.named(e, "", "component", n)
		}
		e.close(']')
	}
	if v.wants("fixVersions", true) {
		e.arr("fixVersions")
		for _, n := range is.versions {
			e.object("", func() {
				v.c.self(e, "version/", n.id)
				e.str("id", n.id)
				e.str("name", n.name)
				e.bool("archived", false)
				e.bool("released", n.released)
				if n.due != "" {
					e.str("releaseDate", n.due)
				}
			})
		}
		e.close(']')
	}
}

// related writes the fields that hold other issues.
func (v *jiraView) related(e *encoder, is *jiraIssue) {
	// A Data Center has parents for sub-tasks only.
	shows := is.parent != nil && is.parent.visible() && (!v.c.j.opts.DataCenter || is.kind.level < 0)
	if shows && v.wants("parent", true) {
		v.reference(e, "parent", is.parent)
	}
	if v.wants("subtasks", true) {
		e.arr("subtasks")
		for _, sub := range is.children {
			if sub.kind.level < 0 && sub.visible() {
				v.reference(e, "", sub)
			}
		}
		e.close(']')
	}
	if v.wants("issuelinks", true) {
		e.arr("issuelinks")
		for _, l := range is.links {
			v.link(e, is, l)
		}
		e.close(']')
	}
}

func (v *jiraView) link(e *encoder, is *jiraIssue, l *jiraLink) {
	side, other := "outwardIssue", l.to
	if l.to == is {
		side, other = "inwardIssue", l.from
	}
	if !other.visible() {
		return
	}
	e.object("", func() {
		id := strconv.FormatInt(l.id, 10)
		e.str("id", id)
		v.c.self(e, "issueLink/", id)
		e.object("type", func() { v.c.linkTypeMembers(e, l.kind) })
		v.reference(e, side, other)
	})
}

// reference writes an issue as it stands in another one.
func (v *jiraView) reference(e *encoder, key string, is *jiraIssue) {
	e.object(key, func() {
		e.str("id", is.idText())
		e.str("key", is.key())
		v.c.self(e, "issue/", is.idText())
		e.obj("fields")
		e.str("summary", is.summary)
		v.c.statusMember(e, "status", is.status)
		v.c.named(e, "priority", "priority", is.priority)
		v.c.typeMember(e, "issuetype", is.kind)
		e.close('}')
	})
}

// customs writes the custom fields.
func (v *jiraView) customs(e *encoder, is *jiraIssue) {
	for _, f := range v.c.s.fields {
		if !v.wants(f.id, true) {
			continue
		}
		switch f.custom {
		case JiraSprintField:
			v.sprints(e, f.id, is.sprints)
		case JiraEpicLinkField, JiraParentLinkField:
			v.parentLink(e, f, is)
		case JiraRankField:
			e.strs(f.id, "0|i", strconv.FormatInt(is.rank, 36), ":")
		default:
			e.custom(f, is.custom[f.id])
		}
	}
}

// parentLink writes the field for epics or the one for what is above them.
func (v *jiraView) parentLink(e *encoder, f jiraField, is *jiraIssue) {
	p := is.parent
	above := f.custom == JiraParentLinkField
	offered := v.c.j.opts.DataCenter || v.c.j.opts.LegacyEpics && !above
	if !offered || p == nil || is.kind.level < 0 || above != (p.kind.level > 1) {
		e.null(f.id)
		return
	}
	e.str(f.id, p.key())
}

// custom writes the value of a custom field as its type demands.
func (e *encoder) custom(f jiraField, values []string) {
	option := func(key, value string) {
		e.object(key, func() {
			e.str("value", value)
			e.str("id", strconv.FormatUint(queryHash(value)%100_000, 10))
		})
	}
	switch {
	case len(values) == 0:
		e.null(f.id)
	case f.kind == "array":
		e.list(f.id, values)
	case f.kind == "option":
		option(f.id, values[0])
	case f.kind == "options":
		e.arr(f.id)
		for _, value := range values {
			option("", value)
		}
		e.close(']')
	case f.kind == "number":
		n, err := strconv.ParseFloat(values[0], 64)
		if err != nil {
			e.null(f.id)
			return
		}
		e.raw(f.id, strconv.AppendFloat(nil, n, 'f', 1, 64))
	default:
		e.str(f.id, values[0])
	}
}

// sprints writes the sprint field: objects, or the strings of an old Data
// Center.
func (v *jiraView) sprints(e *encoder, key string, list []*jiraSprint) {
	if len(list) == 0 {
		e.null(key)
		return
	}
	e.arr(key)
	for _, s := range list {
		if v.c.j.opts.OldSprints {
			e.sep()
			e.b = appendQuoted(e.b, v.sprintText(s))
			continue
		}
		e.object("", func() {
			e.num("id", s.id)
			e.str("name", s.name)
			e.str("state", s.state)
			e.num("boardId", s.board.id)
			e.str("goal", s.goal)
			e.sprintTimes(s)
		})
	}
	e.close(']')
}

// sprintTime is how sprints write times: UTC, whoever asks.
const sprintTime = "2006-01-02T15:04:05.000Z"

func (e *encoder) sprintTimes(s *jiraSprint) {
	for _, t := range []struct {
		key string
		at  time.Time
	}{{"startDate", s.start}, {"endDate", s.end}, {"completeDate", s.completed}} {
		if !t.at.IsZero() {
			e.str(t.key, t.at.Format(sprintTime))
		}
	}
}

func (v *jiraView) sprintText(s *jiraSprint) string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "<null>"
		}
		return t.In(v.c.account.loc).Format("2006-01-02T15:04:05.000Z07:00")
	}
	id := strconv.FormatInt(s.id, 10)
	return "com.atlassian.greenhopper.service.sprint.Sprint@" + strconv.FormatInt(s.id*7919, 16) + "[id=" + id +
		",rapidViewId=" + strconv.FormatInt(s.board.id, 10) + ",state=" + strings.ToUpper(s.state) + ",name=" + s.name +
		",startDate=" + at(s.start) + ",endDate=" + at(s.end) + ",completeDate=" + at(s.completed) + ",sequence=" + id + ",goal=" + s.goal + "]"
}
