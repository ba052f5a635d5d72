package fake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (c *jiraCall) serverInfo() *response {
	return c.json(http.StatusOK, func(e *encoder) {
		e.str("baseUrl", c.base)
		version, kind := "1001.0.0-SNAPSHOT", "Cloud"
		numbers := []int64{1001, 0, 0}
		if c.j.opts.DataCenter {
			version, kind, numbers = "9.12.5", "Server", []int64{9, 12, 5}
		}
		e.str("version", version)
		e.arr("versionNumbers")
		for _, n := range numbers {
			e.sep()
			e.b = strconv.AppendInt(e.b, n, 10)
		}
		e.close(']')
		e.str("deploymentType", kind)
		e.num("buildNumber", 100265)
		c.time(e, "serverTime", c.now)
		e.str("serverTitle", "Jira")
	})
}

// A systemField is a field that every Jira has.
type systemField struct{ id, name, kind string }

var systemFields = []systemField{
	{"summary", "Summary", "string"}, {"issuetype", "Issue Type", "issuetype"}, {"status", "Status", "status"},
	{"project", "Project", "project"}, {"priority", "Priority", "priority"}, {"labels", "Labels", "array"},
	{"creator", "Creator", "user"}, {"reporter", "Reporter", "user"}, {"assignee", "Assignee", "user"},
	{"created", "Created", "datetime"}, {"updated", "Updated", "datetime"}, {"resolutiondate", "Resolved", "datetime"},
	{"duedate", "Due date", "date"}, {"resolution", "Resolution", "resolution"}, {"description", "Description", "string"},
	{"environment", "Environment", "string"}, {"components", "Components", "array"}, {"fixVersions", "Fix versions", "array"},
	{"parent", "Parent", ""}, {"subtasks", "Sub-tasks", "array"}, {"issuelinks", "Linked Issues", "array"},
	{"comment", "Comment", "comments-page"}, {"worklog", "Log Work", "array"}, {"timespent", "Time Spent", "number"},
}

func (c *jiraCall) fieldList() *response {
	write := func(e *encoder, f systemField) { c.fieldObject(e, f.id, f.name, f.kind, "") }
	res := jiraArray(c, systemFields, write)
	e := encoder{res.body[:len(res.body)-1]}
	for _, f := range c.s.fields {
		if !c.empty && (c.j.opts.DataCenter || f.custom != JiraParentLinkField) {
			kind := f.kind
			switch {
			case f.custom == JiraSprintField, kind == "options":
				kind = "array"
			}
			c.fieldObject(&e, f.id, f.name, kind, f.custom)
		}
	}
	e.close(']')
	res.body = e.b
	return res
}

func (c *jiraCall) fieldObject(e *encoder, id, name, kind, custom string) {
	e.object("", func() {
		e.str("id", id)
		if !c.j.opts.DataCenter {
			e.str("key", id)
		}
		e.str("name", name)
		e.bool("custom", custom != "")
		e.bool("orderable", true)
		e.bool("navigable", id != "comment" && id != "worklog")
		e.bool("searchable", true)
		e.list("clauseNames", []string{name})
		if kind == "" {
			return
		}
		e.object("schema", func() {
			e.str("type", kind)
			if custom == "" {
				e.str("system", id)
				return
			}
			e.str("custom", custom)
			n, _ := strconv.ParseInt(strings.TrimPrefix(id, "customfield_"), 10, 64)
			e.num("customId", n)
		})
	})
}

func (c *jiraCall) categories() *response {
	keys := []string{"new", "indeterminate", "done"}
	return jiraArray(c, keys, func(e *encoder, key string) { c.category(e, "", key) })
}

func (c *jiraCall) linkTypeMembers(e *encoder, t *jiraLinkType) {
	e.str("id", t.id)
	e.str("name", t.name)
	e.str("inward", t.inward)
	e.str("outward", t.outward)
	c.self(e, "issueLinkType/", t.id)
}

func (c *jiraCall) linkTypes() *response {
	return c.json(http.StatusOK, func(e *encoder) {
		e.arr("issueLinkTypes")
		for _, t := range c.s.linkTypes {
			e.object("", func() { c.linkTypeMembers(e, t) })
		}
		e.close(']')
	})
}

// roster returns the projects that can be seen.
func (c *jiraCall) roster() []*jiraProject {
	if c.empty {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.s.projects), func(p *jiraProject) bool { return p.revoked || p.gone })
}

func (c *jiraCall) projectSearch() *response {
	p := c.paging(c.j.opts.ListSize, 50)
	list := c.roster()
	res := jiraValues(c, list, p, c.projectObject)
	for _, v := range window(list, p.start, p.size) {
		res.items = append(res.items, "project:"+v.id)
	}
	return res
}

// members answers GET /group/member.
func (c *jiraCall) members() *response {
	q := c.r.URL.Query()
	name := q.Get("groupname")
	if name == "" && !c.j.opts.DataCenter {
		name = q.Get("groupId")
	}
	g := c.s.group(name)
	if g == nil || name == "" || c.empty {
		return c.fail(http.StatusNotFound, "The group named '"+name+"' does not exist.")
	}
	list := slices.DeleteFunc(slices.Clone(g.members), func(u *jiraUser) bool {
		return !u.active && q.Get("includeInactiveUsers") != "true"
	})
	return jiraValues(c, list, c.paging(c.j.opts.ListSize, 50), c.userObject)
}

func (c *jiraCall) userObject(e *encoder, u *jiraUser) { c.user(e, "", u) }

// userOf answers GET /user.
func (c *jiraCall) userOf() *response {
	q := c.r.URL.Query()
	for _, u := range c.s.users {
		hit := u.id == q.Get("accountId")
		if c.j.opts.DataCenter {
			hit = u.name == q.Get("username") || u.key == q.Get("key")
		}
		if hit && !c.empty {
			return c.json(http.StatusOK, func(e *encoder) { c.userMembers(e, u) })
		}
	}
	return c.fail(http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
}

// users answers with the accounts, a page of them. A Data Center matches them
// by name and has no list of all.
func (c *jiraCall) users() *response {
	p := c.paging(1000, 50)
	list := c.s.users
	if term := c.r.URL.Query().Get("username"); c.j.opts.DataCenter {
		if c.path[2] == "users" {
			return c.deadLink()
		}
		inactive := c.r.URL.Query().Get("includeInactive") == "true"
		list = slices.DeleteFunc(slices.Clone(list), func(u *jiraUser) bool {
			return !u.active && !inactive || term != "." && !strings.Contains(u.name+" "+u.display+" "+u.email, term)
		})
	}
	return jiraArray(c, window(list, p.start, p.size), c.userObject)
}

// remoteLinks answers GET /issue/{}/remotelink.
func (c *jiraCall) remoteLinks(is *jiraIssue) *response {
	res := jiraArray(c, is.remotes, func(e *encoder, r *jiraRemote) {
		e.object("", func() {
			id := strconv.FormatInt(r.id, 10)
			e.num("id", r.id)
			c.self(e, "issue/", is.key(), "/remotelink/", id)
			e.obj("application")
			e.close('}')
			if r.relationship != "" {
				e.str("relationship", r.relationship)
			}
			e.object("object", func() {
				e.str("url", r.url)
				e.str("title", r.title)
				e.obj("icon")
				e.close('}')
				e.object("status", func() {
					e.bool("resolved", false)
					e.obj("icon")
					e.close('}')
				})
			})
		})
	})
	for _, r := range is.remotes {
		res.items = append(res.items, "remotelink:"+strconv.FormatInt(r.id, 10))
	}
	return res
}
