package fake

import (
	"net/http"
	"strconv"
	"strings"
)

// maxAgileIssues is the largest page of issues below /rest/agile.
const maxAgileIssues = 5000

// agile answers below /rest/agile/1.0.
func (c *jiraCall) agile(path []string) *response {
	if c.r.Method != http.MethodGet {
		return c.fail(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if path[0] == "board" && len(path) == 1 {
		return c.boards()
	}
	if len(path) < 2 {
		return c.deadLink()
	}
	id, _ := strconv.ParseInt(path[1], 10, 64)
	rest := strings.Join(path[2:], "/")
	switch path[0] {
	case "board":
		if b := c.s.board(id); b != nil && c.seesBoard(b) {
			return c.boardRoute(b, rest)
		}
		return c.fail(http.StatusNotFound, "The requested board cannot be viewed because it either does not exist or you do not have permission to view it.")
	case "sprint":
		s := c.s.sprint(id)
		if s == nil || !c.seesBoard(s.board) {
			return c.fail(http.StatusNotFound, "Sprint does not exist")
		}
		if rest == "" {
			return c.json(http.StatusOK, func(e *encoder) { c.sprintMembers(e, s) })
		}
		if rest == "issue" {
			return c.agileIssues("sprint = " + strconv.FormatInt(s.id, 10))
		}
	}
	return c.deadLink()
}

func (c *jiraCall) seesBoard(b *jiraBoard) bool {
	p := b.projects[0]
	return !c.empty && !p.revoked && !p.gone
}

func (c *jiraCall) boards() *response {
	var list []*jiraBoard
	q := c.r.URL.Query()
	for _, b := range c.s.boards {
		at := b.projects[0]
		wanted := q.Get("projectKeyOrId")
		if c.seesBoard(b) && (wanted == "" || wanted == at.key || wanted == at.id) && (q.Get("type") == "" || q.Get("type") == b.kind()) {
			list = append(list, b)
		}
	}
	return jiraValues(c, list, c.paging(c.j.opts.ListSize, 50), func(e *encoder, b *jiraBoard) {
		e.object("", func() { c.boardMembers(e, b) })
	})
}

func (b *jiraBoard) kind() string {
	if b.kanban {
		return "kanban"
	}
	return "scrum"
}

func (c *jiraCall) boardMembers(e *encoder, b *jiraBoard) {
	id, p := strconv.FormatInt(b.id, 10), b.projects[0]
	e.num("id", b.id)
	e.strs("self", c.base, "/rest/agile/1.0/board/", id)
	e.str("name", b.name)
	e.str("type", b.kind())
	e.object("location", func() {
		n, _ := strconv.ParseInt(p.id, 10, 64)
		e.num("projectId", n)
		e.str("projectKey", p.key)
		e.str("projectName", p.name)
		e.str("displayName", p.name+" ("+p.key+")")
		e.str("name", p.name+" ("+p.key+")")
	})
}

// filter is the query of a board.
func (b *jiraBoard) filter() string {
	if b.jql != "" {
		return b.jql
	}
	return "project in (" + strings.Join(namesOf(b.projects, func(p *jiraProject) string { return p.id }), ", ") + ")"
}

func (c *jiraCall) boardRoute(b *jiraBoard, rest string) *response {
	switch rest {
	case "":
		return c.json(http.StatusOK, func(e *encoder) { c.boardMembers(e, b) })
	case "configuration":
		return c.boardConfiguration(b)
	case "project":
		return jiraValues(c, b.projects, c.paging(c.j.opts.ListSize, 50), c.projectObject)
	case "sprint":
		return c.boardSprints(b)
	case "issue":
		return c.agileIssues(b.filter())
	}
	return c.deadLink()
}

func (c *jiraCall) boardConfiguration(b *jiraBoard) *response {
	return c.json(http.StatusOK, func(e *encoder) {
		id := strconv.FormatInt(b.id, 10)
		e.num("id", b.id)
		e.str("name", b.name)
		e.str("type", b.kind())
		e.strs("self", c.base, "/rest/agile/1.0/board/", id, "/configuration")
		e.object("location", func() {
			e.str("type", "project")
			e.str("key", b.projects[0].key)
			e.str("id", b.projects[0].id)
			c.self(e, "project/", b.projects[0].id)
			e.str("name", b.projects[0].name)
		})
		e.object("filter", func() {
			e.str("id", "1"+id)
			c.self(e, "filter/1", id)
		})
		e.object("subQuery", func() { e.str("query", "") })
		e.object("columnConfig", func() {
			e.arr("columns")
			for _, v := range c.s.statuses {
				e.object("", func() {
					e.str("name", v.shown)
					e.arr("statuses")
					e.object("", func() {
						e.str("id", v.id)
						c.self(e, "status/", v.id)
					})
					e.close(']')
				})
			}
			e.close(']')
			e.str("constraintType", "none")
		})
	})
}

func (c *jiraCall) boardSprints(b *jiraBoard) *response {
	if b.kanban {
		return c.fail(http.StatusBadRequest, "The board does not support sprints")
	}
	states := c.r.URL.Query().Get("state")
	var list []*jiraSprint
	for _, s := range b.sprints {
		if states == "" || strings.Contains(","+states+",", ","+s.state+",") {
			list = append(list, s)
		}
	}
	return jiraValues(c, list, c.paging(c.j.opts.ListSize, 50), func(e *encoder, s *jiraSprint) {
		e.object("", func() { c.sprintMembers(e, s) })
	})
}

func (c *jiraCall) sprintMembers(e *encoder, s *jiraSprint) {
	e.num("id", s.id)
	e.strs("self", c.base, "/rest/agile/1.0/sprint/", strconv.FormatInt(s.id, 10))
	e.str("state", s.state)
	e.str("name", s.name)
	e.sprintTimes(s)
	e.num("originBoardId", s.board.id)
	e.str("goal", s.goal)
}

// agileIssues answers with the issues of a board or a sprint.
func (c *jiraCall) agileIssues(scope string) *response {
	q, err := c.query()
	if err != nil {
		return c.fail(http.StatusBadRequest, "Invalid request.")
	}
	f, err := c.find(scope, q.JQL)
	if err != nil {
		return c.fail(http.StatusBadRequest, err.Error())
	}
	if len(q.Fields) == 0 {
		q.Fields = []string{"*navigable", "comment", "worklog"}
	}
	shown := jiraPage{max(q.StartAt, 0), q.size(50, maxAgileIssues)}
	page := window(f.issues, shown.start, shown.size)
	v := c.view(q.Fields, q.expands("changelog"))
	v.agile, v.thin = true, false
	res := c.json(http.StatusOK, func(e *encoder) {
		e.str("expand", "schema,names")
		e.num("startAt", int64(shown.start))
		e.num("maxResults", int64(shown.size))
		e.num("total", int64(len(f.issues)))
		v.issues(e, page)
	})
	res.items = v.items
	return res
}

// agileFields writes the fields that only agile resources have.
func (v *jiraView) agileFields(e *encoder, is *jiraIssue) {
	if v.wants("epic", true) {
		if p := is.parent; p != nil && p.visible() && p.kind.level == 1 && is.kind.level == 0 {
			e.object("epic", func() {
				e.num("id", p.id)
				e.str("key", p.key())
				e.strs("self", v.c.base, "/rest/agile/1.0/epic/", p.idText())
				e.str("name", p.summary)
				e.str("summary", p.summary)
				e.bool("done", p.done)
			})
		} else {
			e.null("epic")
		}
	}
	if v.wants("flagged", true) {
		e.bool("flagged", false)
	}
	var open *jiraSprint
	var closed []*jiraSprint
	for _, s := range is.sprints {
		if s.state == "closed" {
			closed = append(closed, s)
		} else {
			open = s
		}
	}
	if v.wants("sprint", true) {
		if open == nil {
			e.null("sprint")
		} else {
			e.object("sprint", func() { v.c.sprintMembers(e, open) })
		}
	}
	if len(closed) > 0 && v.wants("closedSprints", true) {
		e.arr("closedSprints")
		for _, s := range closed {
			e.object("", func() { v.c.sprintMembers(e, s) })
		}
		e.close(']')
	}
}
