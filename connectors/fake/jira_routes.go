package fake

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxJiraBody is the largest request body that is read.
const maxJiraBody = 1 << 20

// route answers a request of a valid credential.
func (c *jiraCall) route() *response {
	if c.r.Method == http.MethodPost {
		var err error
		if c.body, err = io.ReadAll(io.LimitReader(c.r.Body, maxJiraBody)); err != nil || !json.Valid(c.body) {
			return c.fail(http.StatusBadRequest, "There was an error parsing JSON. Check that your request body is valid.")
		}
	} else if c.r.Method != http.MethodGet {
		return c.fail(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if len(c.path) < 3 {
		return c.deadLink()
	}
	version, rest := c.path[0]+"/"+c.path[1], c.path[2:]
	switch version {
	case "api/3":
		c.adf = true
		if c.j.opts.DataCenter {
			return c.deadLink()
		}
		return c.platform(rest)
	case "api/2", "api/latest":
		return c.platform(rest)
	case "agile/1.0":
		return c.agile(rest)
	case "dev-status/1.0":
		return c.development(rest)
	}
	return c.deadLink()
}

// platform answers below /rest/api/{2,3}.
func (c *jiraCall) platform(path []string) *response {
	post := c.r.Method == http.MethodPost
	switch route := strings.Join(path, "/"); {
	case route == "search" && !c.j.opts.DataCenter:
		return c.fail(http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046")
	case route == "search":
		return c.search()
	case c.j.opts.DataCenter && (path[0] == "search" || route == "issue/bulkfetch" || route == "changelog/bulkfetch" || route == "project/search"):
		return c.fail(http.StatusNotFound, "null for uri: "+c.r.URL.Path)
	case route == "search/jql":
		return c.searchJQL()
	case route == "search/approximate-count" && post:
		return c.approximateCount()
	case route == "issue/bulkfetch" && post:
		return c.bulkIssues()
	case route == "changelog/bulkfetch" && post:
		return c.bulkHistories()
	case route == "worklog/list" && post:
		return c.worklogList()
	case post:
		return c.fail(http.StatusMethodNotAllowed, "Method Not Allowed")
	case path[0] == "issue" && len(path) >= 2:
		return c.issueRoute(path[1], path[2:])
	}
	return c.lists(path)
}

// lists answers about everything but issues.
func (c *jiraCall) lists(path []string) *response {
	switch strings.Join(path, "/") {
	case "serverInfo":
		return c.serverInfo()
	case "myself":
		if c.empty {
			return c.unauthorized()
		}
		return c.json(http.StatusOK, func(e *encoder) { c.userMembers(e, c.account) })
	case "field":
		return c.fieldList()
	case "status":
		return jiraArray(c, c.s.statuses, c.statusObject)
	case "issuetype":
		return jiraArray(c, c.s.types, c.typeObject)
	case "priority":
		return jiraArray(c, c.s.priorities, c.priorityObject)
	case "statuscategory":
		return c.categories()
	case "issueLinkType":
		return c.linkTypes()
	case "project":
		return jiraArray(c, c.roster(), c.projectObject)
	case "project/search":
		return c.projectSearch()
	case "worklog/updated":
		return c.worklogFeed(c.s.worked, "updated")
	case "worklog/deleted":
		return c.worklogFeed(c.s.unworked, "deleted")
	case "group/member":
		return c.members()
	case "user":
		return c.userOf()
	case "users", "users/search", "user/search":
		return c.users()
	}
	if path[0] == "project" && len(path) == 2 {
		for _, p := range c.roster() {
			if p.id == path[1] || c.s.projectKey[strings.ToUpper(path[1])] == p {
				return c.json(http.StatusOK, func(e *encoder) { c.projectMembers(e, p); c.projectKeys(e, p) })
			}
		}
		return c.fail(http.StatusNotFound, "No project could be found with key '"+path[1]+"'.")
	}
	return c.deadLink()
}

// issueRoute answers below /issue/{idOrKey}.
func (c *jiraCall) issueRoute(idOrKey string, rest []string) *response {
	is := c.s.find(idOrKey)
	if is == nil || c.empty {
		message := "Issue does not exist or you do not have permission to see it."
		if c.j.opts.DataCenter {
			message = "Issue Does Not Exist"
		}
		return c.fail(http.StatusNotFound, message)
	}
	switch strings.Join(rest, "/") {
	case "":
		return c.oneIssue(is)
	case "changelog":
		if c.j.opts.DataCenter {
			return c.deadLink()
		}
		return c.histories(is)
	case "comment":
		return c.comments(is)
	case "worklog":
		return c.worklogs(is)
	case "remotelink":
		return c.remoteLinks(is)
	}
	return c.deadLink()
}

// A jiraPage is what a request says about paging by number.
type jiraPage struct{ start, size int }

// paging reads startAt and maxResults; the server lowers what is above most.
func (c *jiraCall) paging(most, otherwise int) jiraPage {
	p := jiraPage{size: min(otherwise, most)}
	q := c.r.URL.Query()
	if n, err := strconv.Atoi(q.Get("startAt")); err == nil && n > 0 {
		p.start = n
	}
	if n, err := strconv.Atoi(q.Get("maxResults")); err == nil && n >= 0 {
		p.size = min(n, most)
	}
	return p
}

// jiraArray answers with a plain array.
func jiraArray[T any](c *jiraCall, items []T, write func(e *encoder, v T)) *response {
	if c.empty {
		items = nil
	}
	var e encoder
	e.open('[')
	for _, v := range items {
		write(&e, v)
	}
	e.close(']')
	return &response{status: http.StatusOK, body: e.b}
}

// jiraValues answers with a page of values and whether it is the last.
func jiraValues[T any](c *jiraCall, items []T, p jiraPage, write func(e *encoder, v T)) *response {
	if c.empty {
		items = nil
	}
	shown := window(items, p.start, p.size)
	return c.json(http.StatusOK, func(e *encoder) {
		e.strs("self", c.base, c.r.URL.Path)
		e.num("maxResults", int64(p.size))
		e.num("startAt", int64(p.start))
		e.num("total", int64(len(items)))
		e.bool("isLast", p.start+len(shown) >= len(items))
		e.arr("values")
		for _, v := range shown {
			write(e, v)
		}
		e.close(']')
	})
}

// object writes an object as an element or, with a key, as a member.
func (e *encoder) object(key string, write func()) {
	if key == "" {
		e.open('{')
	} else {
		e.obj(key)
	}
	write()
	e.close('}')
}
