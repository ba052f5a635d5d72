package fake

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// jiraTime is how Jira writes a time, in the zone of the account that asks.
const jiraTime = "2006-01-02T15:04:05.000-0700"

type jiraCategory struct {
	id          int
	name, color string
}

// jiraCategories are the status categories by key.
var jiraCategories = map[string]jiraCategory{
	"new":           {2, "To Do", "blue-gray"},
	"indeterminate": {4, "In Progress", "yellow"},
	"done":          {3, "Done", "green"},
}

// time in a member, null when zero.
func (c *jiraCall) time(e *encoder, key string, at time.Time) {
	if at.IsZero() {
		e.null(key)
		return
	}
	e.str(key, at.In(c.account.loc).Format(jiraTime))
}

func (c *jiraCall) self(e *encoder, parts ...string) {
	e.strs("self", append([]string{c.base, "/rest/api/2/"}, parts...)...)
}

// userMembers writes what the deployment says about a person.
func (c *jiraCall) userMembers(e *encoder, u *jiraUser) {
	if c.j.opts.DataCenter {
		c.self(e, "user?username=", u.name)
		e.str("name", u.name)
		e.str("key", u.key)
		e.str("emailAddress", u.email)
	} else {
		c.self(e, "user?accountId=", u.id)
		e.str("accountId", u.id)
		if u.email != "" {
			e.str("emailAddress", u.email)
		}
		kind := "atlassian"
		if u.app {
			kind = "app"
		}
		e.str("accountType", kind)
	}
	e.obj("avatarUrls")
	e.strs("48x48", c.base, "/secure/useravatar")
	e.close('}')
	e.str("displayName", u.display)
	e.bool("active", u.active)
	e.str("timeZone", u.zone)
}

func (c *jiraCall) user(e *encoder, key string, u *jiraUser) {
	if u == nil {
		e.null(key)
		return
	}
	e.object(key, func() { c.userMembers(e, u) })
}

func (c *jiraCall) category(e *encoder, key, name string) {
	v := jiraCategories[name]
	e.object(key, func() {
		c.self(e, "statuscategory/", strconv.Itoa(v.id))
		e.num("id", int64(v.id))
		e.str("key", name)
		e.str("colorName", v.color)
		e.str("name", v.name)
	})
}

func (c *jiraCall) statusMembers(e *encoder, v *jiraStatus) {
	c.self(e, "status/", v.id)
	e.str("description", "")
	e.str("name", v.shown)
	e.str("id", v.id)
	c.category(e, "statusCategory", v.category)
}

func (c *jiraCall) statusMember(e *encoder, key string, v *jiraStatus) {
	e.object(key, func() { c.statusMembers(e, v) })
}

// statusObject writes a status as it stands in the list of all: only there
// Cloud tells the name that it has in every language.
func (c *jiraCall) statusObject(e *encoder, v *jiraStatus) {
	e.object("", func() {
		c.statusMembers(e, v)
		c.untranslated(e, v.name)
	})
}

func (c *jiraCall) untranslated(e *encoder, name string) {
	if !c.j.opts.DataCenter {
		e.str("untranslatedName", name)
	}
}

func (c *jiraCall) typeMembers(e *encoder, t *jiraType) {
	c.self(e, "issuetype/", t.id)
	e.str("id", t.id)
	e.str("description", "")
	e.str("name", t.shown)
	e.bool("subtask", t.level < 0)
	if !c.j.opts.DataCenter {
		e.num("hierarchyLevel", int64(t.level))
	}
}

func (c *jiraCall) typeMember(e *encoder, key string, t *jiraType) {
	e.object(key, func() { c.typeMembers(e, t) })
}

func (c *jiraCall) typeObject(e *encoder, t *jiraType) {
	e.object("", func() {
		c.typeMembers(e, t)
		c.untranslated(e, t.name)
	})
}

// named writes an object with an id and a name below a path.
func (c *jiraCall) named(e *encoder, key, path string, n jiraNamed) {
	e.object(key, func() {
		c.self(e, path, "/", n.id)
		e.str("name", n.name)
		e.str("id", n.id)
	})
}

func (c *jiraCall) priorityObject(e *encoder, n jiraNamed) { c.named(e, "", "priority", n) }

func (c *jiraCall) projectMembers(e *encoder, p *jiraProject) {
	c.self(e, "project/", p.id)
	e.str("id", p.id)
	e.str("key", p.key)
	e.str("name", p.name)
	e.str("projectTypeKey", "software")
	if c.j.opts.DataCenter {
		return
	}
	e.bool("simplified", p.nextGen)
}

// projectKeys writes every key that leads to a project, when it is asked for.
func (c *jiraCall) projectKeys(e *encoder, p *jiraProject) {
	if slices.Contains(strings.Split(c.r.URL.Query().Get("expand"), ","), "projectKeys") {
		e.arr("projectKeys")
		for _, k := range append([]string{p.key}, p.keys...) {
			e.sep()
			e.b = appendQuoted(e.b, k)
		}
		e.close(']')
	}
}

// projectObject writes a project as it stands in the list of all.
func (c *jiraCall) projectObject(e *encoder, p *jiraProject) {
	e.object("", func() {
		c.projectMembers(e, p)
		if c.j.opts.DataCenter {
			return // its list is not documented to tell all keys
		}
		c.projectKeys(e, p)
		style := "classic"
		if p.nextGen {
			style = "next-gen"
		}
		e.str("style", style)
		e.bool("isPrivate", false)
	})
}

// A jiraView writes issues with the fields that a request asked for.
type jiraView struct {
	c         *jiraCall
	all, nav  bool
	with      map[string]bool
	without   map[string]bool
	histories bool
	thin      bool // nothing but ids and keys
	one       bool // past the index
	agile     bool
	keyed     bool
	items     []string // for the log
}

func (c *jiraCall) view(fields []string, histories bool) *jiraView {
	v := &jiraView{c: c, with: map[string]bool{}, without: map[string]bool{}, histories: histories, thin: !histories}
	for _, f := range fields {
		f = strings.TrimSpace(f)
		if f == "key" {
			v.keyed = true
		}
		if f != "id" && f != "key" {
			v.thin = false
		}
		if name, ok := strings.CutPrefix(f, "-"); ok {
			v.without[name] = true
			v.all = v.all || len(fields) == 1
			continue
		}
		v.all = v.all || f == "*all"
		v.nav = v.nav || f == "*navigable"
		v.with[f] = true
	}
	v.thin = v.thin && !c.j.opts.DataCenter
	return v
}

func (v *jiraView) wants(field string, navigable bool) bool {
	return !v.without[field] && (v.all || v.nav && navigable || v.with[field])
}

func (v *jiraView) issues(e *encoder, list []*jiraIssue) {
	e.arr("issues")
	for _, is := range list {
		v.issue(e, is)
	}
	e.close(']')
}

// issue writes an issue.
func (v *jiraView) issue(e *encoder, is *jiraIssue) {
	c := v.c
	if v.thin {
		v.items = append(v.items, "id:"+is.idText())
		e.object("", func() {
			if v.keyed {
				e.str("expand", "")
			}
			e.str("id", is.idText())
			if v.keyed {
				c.self(e, "issue/", is.idText())
				e.str("key", is.key())
			}
		})
		return
	}
	v.items = append(v.items, is.logName())
	e.object("", func() {
		e.str("expand", "operations,versionedRepresentations,editmeta,changelog,renderedFields")
		e.str("id", is.idText())
		if v.agile {
			e.strs("self", c.base, "/rest/agile/1.0/issue/", is.idText())
		} else {
			c.self(e, "issue/", is.idText())
		}
		e.str("key", is.key())
		if v.histories {
			v.inline(e, is)
		}
		e.obj("fields")
		v.fields(e, is)
		e.close('}')
	})
}

// inline writes the histories that come with an issue: the newest first and
// not all of them on Cloud, all from the oldest on a Data Center.
func (v *jiraView) inline(e *encoder, is *jiraIssue) {
	shown := is.histories
	most := v.c.j.opts.InlineHistories
	if len(shown) > most {
		shown = shown[len(shown)-most:]
	}
	shown = slices.Clone(shown)
	if !v.c.j.opts.DataCenter {
		slices.Reverse(shown)
	}
	e.object("changelog", func() {
		e.num("startAt", 0)
		e.num("maxResults", int64(len(shown)))
		e.num("total", int64(len(is.histories)))
		e.arr("histories")
		for _, h := range shown {
			v.c.history(e, h, false)
		}
		e.close(']')
	})
}

// history writes one history. The bulk resource gives its time in
// milliseconds.
func (c *jiraCall) history(e *encoder, h *jiraHistory, bulk bool) {
	e.object("", func() {
		e.str("id", strconv.FormatInt(h.id, 10))
		if h.by != nil {
			c.user(e, "author", h.by)
		}
		if bulk {
			e.num("created", h.at.UnixMilli())
		} else {
			c.time(e, "created", h.at)
		}
		e.arr("items")
		for i := range h.items {
			for _, item := range c.shown(h.items[i]) {
				c.item(e, item)
			}
		}
		e.close(']')
	})
}

// shown turns an item into what the deployment writes for it.
func (c *jiraCall) shown(item jiraItem) []jiraItem {
	if !item.parent {
		return []jiraItem{item}
	}
	epic := item
	f := c.s.field(JiraEpicLinkField)
	if item.level > 1 {
		f = c.s.field(JiraParentLinkField)
	}
	epic.field, epic.fieldID, epic.custom = f.name, f.id, true
	switch {
	case item.sub:
		item.field = "Parent"
	case c.j.opts.DataCenter:
		return []jiraItem{epic}
	case c.j.opts.LegacyEpics:
		item.field = "IssueParentAssociation"
		return []jiraItem{item, epic}
	default:
		item.field = "IssueParentAssociation"
	}
	return []jiraItem{item}
}

func (c *jiraCall) item(e *encoder, item jiraItem) {
	e.object("", func() {
		e.str("field", item.field)
		kind := "jira"
		if item.custom {
			kind = "custom"
		}
		e.str("fieldtype", kind)
		if item.fieldID != "" && !c.j.opts.DataCenter {
			e.str("fieldId", item.fieldID)
		}
		if item.fromUser != nil || item.toUser != nil {
			c.personSide(e, "from", "fromString", item.fromUser)
			c.personSide(e, "to", "toString", item.toUser)
			return
		}
		side := func(key, value string) {
			if value == "" && !item.blank {
				e.null(key)
				return
			}
			e.str(key, value)
		}
		side("from", item.from)
		side("fromString", item.fromText)
		side("to", item.to)
		side("toString", item.toText)
	})
}

func (c *jiraCall) personSide(e *encoder, id, text string, u *jiraUser) {
	if u == nil {
		e.null(id)
		e.null(text)
		return
	}
	if c.j.opts.DataCenter {
		e.str(id, u.key)
	} else {
		e.str(id, u.id)
		tmp := "tmp" + strings.ToUpper(id[:1]) + id[1:] + "AccountId"
		e.str(tmp, u.id)
	}
	e.str(text, u.display)
}
