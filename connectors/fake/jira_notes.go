package fake

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// notes writes the comments and worklogs that come with an issue: the oldest
// of them, with how many there are.
func (v *jiraView) notes(e *encoder, is *jiraIssue) {
	c, most := v.c, v.c.j.opts.InlineNotes
	if v.wants("comment", false) {
		shown := is.comments
		if !c.j.opts.DataCenter {
			shown = window(shown, 0, most)
		}
		e.object("comment", func() {
			e.arr("comments")
			for _, n := range shown {
				c.comment(e, is, n)
			}
			e.close(']')
			c.self(e, "issue/", is.idText(), "/comment")
			e.num("maxResults", int64(len(shown)))
			e.num("total", int64(len(is.comments)))
			e.num("startAt", 0)
		})
	}
	if v.wants("worklog", false) {
		e.object("worklog", func() {
			e.num("startAt", 0)
			e.num("maxResults", int64(most))
			e.num("total", int64(len(is.worklogs)))
			e.arr("worklogs")
			for _, w := range window(is.worklogs, 0, most) {
				c.worklog(e, w)
			}
			e.close(']')
		})
	}
}

func (c *jiraCall) comment(e *encoder, is *jiraIssue, n *jiraComment) {
	id := strconv.FormatInt(n.id, 10)
	e.object("", func() {
		c.self(e, "issue/", is.idText(), "/comment/", id)
		e.str("id", id)
		c.user(e, "author", n.by)
		c.text(e, "body", n.body, false)
		c.user(e, "updateAuthor", n.editor)
		c.time(e, "created", n.created)
		c.time(e, "updated", n.updated)
		if !c.j.opts.DataCenter {
			e.bool("jsdPublic", true)
		}
	})
}

func (c *jiraCall) worklog(e *encoder, w *jiraWorklog) {
	e.object("", func() {
		c.self(e, "issue/", w.issue.idText(), "/worklog/", w.idText())
		c.user(e, "author", w.by)
		c.user(e, "updateAuthor", w.editor)
		if w.comment != "" {
			c.text(e, "comment", w.comment, false)
		}
		c.time(e, "created", w.created)
		c.time(e, "updated", w.updated)
		c.time(e, "started", w.started)
		e.str("timeSpent", spentText(w.seconds))
		e.num("timeSpentSeconds", w.seconds)
		e.str("id", w.idText())
		e.str("issueId", w.issue.idText())
	})
}

// spentText writes a duration as people log it: days of eight hours.
func spentText(seconds int64) string {
	var parts []string
	for _, unit := range []struct {
		name string
		n    int64
	}{{"d", 8 * 3600}, {"h", 3600}, {"m", 60}} {
		if n := seconds / unit.n; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+unit.name)
			seconds -= n * unit.n
		}
	}
	return cmp.Or(strings.Join(parts, " "), "0m")
}

// comments answers GET /issue/{}/comment.
func (c *jiraCall) comments(is *jiraIssue) *response {
	p := c.paging(c.j.opts.PageSize, 50)
	if c.j.opts.DataCenter && c.r.URL.Query().Get("maxResults") == "" {
		p.size = len(is.comments)
	}
	list := slices.Clone(is.comments)
	switch c.r.URL.Query().Get("orderBy") {
	case "-created":
		slices.Reverse(list)
	case "", "created", "+created":
	default:
		return c.fail(http.StatusBadRequest, "The orderBy parameter is invalid.")
	}
	shown := window(list, p.start, p.size)
	res := c.json(http.StatusOK, func(e *encoder) {
		e.num("startAt", int64(p.start))
		e.num("maxResults", int64(p.size))
		e.num("total", int64(len(is.comments)))
		e.arr("comments")
		for _, n := range shown {
			c.comment(e, is, n)
		}
		e.close(']')
	})
	for _, n := range shown {
		res.items = append(res.items, "comment:"+strconv.FormatInt(n.id, 10))
	}
	return res
}

// worklogs answers GET /issue/{}/worklog. A Data Center gives all of them.
func (c *jiraCall) worklogs(is *jiraIssue) *response {
	p := c.paging(5000, 5000)
	if c.j.opts.DataCenter {
		p = jiraPage{size: len(is.worklogs)}
	}
	shown := window(is.worklogs, p.start, p.size)
	res := c.json(http.StatusOK, func(e *encoder) {
		e.num("startAt", int64(p.start))
		e.num("maxResults", int64(p.size))
		e.num("total", int64(len(is.worklogs)))
		e.arr("worklogs")
		for _, w := range shown {
			c.worklog(e, w)
		}
		e.close(']')
	})
	res.items = worklogNames(shown)
	return res
}

func worklogNames(list []*jiraWorklog) []string {
	return namesOf(list, func(w *jiraWorklog) string { return "worklog:" + w.idText() })
}

// histories answers GET /issue/{}/changelog, from the oldest.
func (c *jiraCall) histories(is *jiraIssue) *response {
	p := c.paging(c.j.opts.HistorySize, 100)
	res := jiraValues(c, is.histories, p, func(e *encoder, h *jiraHistory) { c.history(e, h, false) })
	for _, h := range window(is.histories, p.start, p.size) {
		res.items = append(res.items, "history:"+strconv.FormatInt(h.id, 10))
	}
	return res
}

// bulkHistories answers POST /changelog/bulkfetch: the histories of many
// issues, oldest first, in pages that may end within an issue.
func (c *jiraCall) bulkHistories() *response {
	var q struct {
		IDs           []string `json:"issueIdsOrKeys"`
		FieldIDs      []string `json:"fieldIds"`
		MaxResults    int      `json:"maxResults"`
		NextPageToken string   `json:"nextPageToken"`
	}
	if json.Unmarshal(c.body, &q) != nil || len(q.IDs) == 0 || len(q.IDs) > 1000 || len(q.FieldIDs) > 10 {
		return c.fail(http.StatusBadRequest, "issueIdsOrKeys must hold 1 to 1000 issues and fieldIds at most 10 fields.")
	}
	all := c.lines(q.IDs, q.FieldIDs)
	start := 0
	if q.NextPageToken != "" {
		var err error
		if start, err = strconv.Atoi(strings.TrimPrefix(q.NextPageToken, "bulk-")); err != nil || start < 0 {
			return c.fail(http.StatusBadRequest, "The provided next page token is invalid.")
		}
	}
	size := 1000
	if q.MaxResults > 0 {
		size = q.MaxResults
	}
	shown := window(all, start, min(size, c.j.opts.BulkHistorySize))
	var items []string
	res := c.json(http.StatusOK, func(e *encoder) {
		e.arr("issueChangeLogs")
		for len(shown) > 0 {
			is := shown[0].is
			e.object("", func() {
				e.str("issueId", is.idText())
				e.arr("changeHistories")
				for len(shown) > 0 && shown[0].is == is {
					c.history(e, shown[0].h, true)
					items = append(items, "history:"+strconv.FormatInt(shown[0].h.id, 10))
					shown = shown[1:]
				}
				e.close(']')
			})
		}
		e.close(']')
		if next := start + len(items); next < len(all) {
			e.str("nextPageToken", "bulk-"+strconv.Itoa(next))
		}
	})
	res.items = items
	return res
}

// A jiraLine is a history and the issue it belongs to.
type jiraLine struct {
	is *jiraIssue
	h  *jiraHistory
}

// lines returns the histories of issues, by issue and then from the oldest.
func (c *jiraCall) lines(ids, fieldIDs []string) []jiraLine {
	var all []jiraLine
	seen := map[*jiraIssue]bool{}
	for _, id := range ids {
		is := c.s.find(id)
		if is == nil || seen[is] || c.empty {
			continue
		}
		seen[is] = true
		for _, h := range is.histories {
			if h = filtered(h, fieldIDs); h != nil {
				all = append(all, jiraLine{is, h})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b jiraLine) int {
		return cmp.Or(cmp.Compare(a.is.id, b.is.id), a.h.at.Compare(b.h.at), cmp.Compare(a.h.id, b.h.id))
	})
	return all
}

// filtered returns a history with the items of some fields only, nil when
// none is left.
func filtered(h *jiraHistory, fieldIDs []string) *jiraHistory {
	if len(fieldIDs) == 0 {
		return h
	}
	kept := &jiraHistory{id: h.id, by: h.by, at: h.at}
	for _, item := range h.items {
		if slices.Contains(fieldIDs, item.fieldID) {
			kept.add(item)
		}
	}
	if len(kept.items) == 0 {
		return nil
	}
	return kept
}

// worklogFeed answers GET /worklog/updated and /worklog/deleted.
func (c *jiraCall) worklogFeed(marks []jiraMark, name string) *response {
	since, _ := strconv.ParseInt(c.r.URL.Query().Get("since"), 10, 64)
	until := c.now.Add(-c.j.opts.WorklogLag)
	list := slices.DeleteFunc(slices.Clone(marks), func(m jiraMark) bool {
		return m.at.UnixMilli() < since || m.at.After(until) || c.empty
	})
	slices.SortStableFunc(list, func(a, b jiraMark) int { return a.at.Compare(b.at) })
	shown := window(list, 0, c.j.opts.WorklogSize)
	last, end := len(shown) == len(list), until.UnixMilli()
	if !last {
		// A page does not end within a millisecond, or the next would repeat it
		// for ever.
		end = shown[len(shown)-1].at.UnixMilli() + 1
		for len(shown) < len(list) && list[len(shown)].at.UnixMilli() < end {
			shown = list[:len(shown)+1]
		}
	}
	res := c.json(http.StatusOK, func(e *encoder) {
		e.arr("values")
		for _, m := range shown {
			e.object("", func() {
				e.num("worklogId", m.worklog)
				e.num("updatedTime", m.at.UnixMilli())
				e.arr("properties")
				e.close(']')
			})
		}
		e.close(']')
		e.num("since", since)
		e.num("until", end)
		path := []string{c.base, "/rest/api/2/worklog/", name, "?since="}
		e.strs("self", append(path, strconv.FormatInt(since, 10))...)
		if !last {
			e.strs("nextPage", append(path, strconv.FormatInt(end, 10))...)
		}
		e.bool("lastPage", last)
	})
	for _, m := range shown {
		res.items = append(res.items, "worklog:"+strconv.FormatInt(m.worklog, 10))
	}
	return res
}

// worklogList answers POST /worklog/list; worklogs that cannot be seen are
// left out.
func (c *jiraCall) worklogList() *response {
	var q struct {
		IDs []int64 `json:"ids"`
	}
	if json.Unmarshal(c.body, &q) != nil || len(q.IDs) > 1000 {
		return c.fail(http.StatusBadRequest, "At most 1000 worklog ids can be requested.")
	}
	owner := map[int64]*jiraIssue{}
	for _, m := range c.s.worked {
		owner[m.worklog] = m.issue
	}
	var found []*jiraWorklog
	for _, id := range q.IDs {
		if is := owner[id]; is != nil && is.visible() {
			if w := is.worklog(strconv.FormatInt(id, 10)); w != nil {
				found = append(found, w)
			}
		}
	}
	res := jiraArray(c, found, c.worklog)
	if !c.empty {
		res.items = worklogNames(found)
	}
	return res
}
