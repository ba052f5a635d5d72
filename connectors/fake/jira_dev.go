package fake

import (
	"cmp"
	"net/http"
	"strconv"
)

// development answers GET /rest/dev-status/1.0/issue/detail.
func (c *jiraCall) development(path []string) *response {
	if len(path) != 2 || path[0] != "issue" || path[1] != "detail" {
		return c.deadLink()
	}
	q := c.r.URL.Query()
	id, err := strconv.ParseInt(q.Get("issueId"), 10, 64)
	is := c.s.byID[id]
	if err != nil || is == nil || !is.visible() || c.empty {
		return c.fail(http.StatusBadRequest, "Issue Id is not valid.")
	}
	list := map[string]string{"pullrequest": "pullRequests", "branch": "branches", "repository": "repositories"}
	key := list[q.Get("dataType")]
	if key == "" {
		return c.fail(http.StatusBadRequest, "Data type is not valid.")
	}
	app := q.Get("applicationType")
	var items []string
	res := c.json(http.StatusOK, func(e *encoder) {
		e.arr("errors")
		e.close(']')
		e.arr("detail")
		e.object("", func() {
			e.arr(key)
			for _, d := range is.dev {
				if d.Kind == q.Get("dataType") && d.App == app {
					e.object("", func() { c.devMembers(e, d) })
					items = append(items, "dev:"+d.URL)
				}
			}
			e.close(']')
			e.object("_instance", func() {
				e.str("name", app)
				e.str("type", app)
				e.str("typeName", app)
				e.bool("singleInstance", true)
			})
		})
		e.close(']')
	})
	res.items = items
	return res
}

func (c *jiraCall) devMembers(e *encoder, d JiraDevSpec) {
	person := func() { e.object("author", func() { e.str("name", d.Author) }) }
	switch d.Kind {
	case "pullrequest":
		e.str("id", d.ID)
		e.str("name", d.Name)
		e.str("url", d.URL)
		e.str("status", cmp.Or(d.Status, "OPEN"))
		e.str("repositoryName", d.Repo)
		person()
		e.object("source", func() { e.str("branch", d.Branch) })
		c.time(e, "lastUpdate", d.At)
	case "branch":
		e.str("name", d.Name)
		e.str("url", d.URL)
		e.object("repository", func() { e.str("name", d.Repo) })
	default:
		e.str("name", d.Repo)
		e.arr("commits")
		e.object("", func() {
			e.str("id", d.ID)
			e.str("displayId", d.ID[:min(8, len(d.ID))])
			e.str("authorTimestamp", d.At.UTC().Format(jiraTime))
			e.str("url", d.URL)
			e.str("message", d.Name)
			e.bool("merge", false)
			person()
		})
		e.close(']')
	}
}
