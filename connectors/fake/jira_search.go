package fake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxOrder is how many fields a query may be ordered by.
const maxOrder = 7

// A jiraFound is the result of a query, kept until something changes.
type jiraFound struct {
	rev    uint64
	now    time.Time
	timed  bool // holds at that time only
	issues []*jiraIssue
	order  func(a, b *jiraIssue) int
}

// indexed returns what the index knows about an issue: the time of its last
// change, zero when it does not know the issue yet.
func (c *jiraCall) indexed(is *jiraIssue) time.Time {
	lag, own := c.lags[is.id]
	if !own {
		lag = c.j.opts.IndexLag
	}
	if lag == 0 {
		return is.updated
	}
	if lag < 0 {
		return time.Time{}
	}
	for _, at := range slices.Backward(is.touches) {
		if !at.After(c.now.Add(-lag)) {
			return at
		}
	}
	return time.Time{}
}

// find returns the visible issues that a query matches, in its order; those of
// a board or a sprint only when scope is its query. Issues that are reconciled
// are read past the index.
func (c *jiraCall) find(scope, text string, reconciled ...int64) (jiraFound, error) {
	c.j.mu.Lock()
	defer c.j.mu.Unlock()
	key, cached := scope+"\x00"+text, len(reconciled) == 0 && !c.empty
	if f, ok := c.j.found[key]; ok && cached && f.rev == c.s.rev && (!f.timed || f.now.Equal(c.now)) {
		return f, nil
	}
	f := jiraFound{rev: c.s.rev, now: c.now, timed: len(c.lags) > 0 || c.j.opts.IndexLag != 0}
	q, err := c.parse(scope, text)
	if err != nil {
		return f, err
	}
	x := jqlRun{s: c.s, now: c.now, account: c.account, noEpoch: c.j.opts.NoEpoch, updated: func(is *jiraIssue) time.Time {
		if slices.Contains(reconciled, is.id) {
			return is.updated
		}
		return c.indexed(is)
	}}
	match := func(*jiraIssue) bool { return true }
	if q.where != nil {
		if match, err = x.compile(q.where); err != nil {
			return f, err
		}
	}
	if f.order, err = x.sorter(q.order); err != nil || c.empty {
		return f, err
	}
	for _, is := range c.s.issues {
		if is.visible() && !x.updated(is).IsZero() && match(is) {
			f.issues = append(f.issues, is)
		}
	}
	slices.SortFunc(f.issues, f.order)
	f.timed = f.timed || x.relative
	if cached {
		if len(c.j.found) > 32 {
			clear(c.j.found)
		}
		c.j.found[key] = f
	}
	return f, nil
}

// parse reads a query and puts it into its scope.
func (c *jiraCall) parse(scope, text string) (*jql, error) {
	q, err := parseJQL(text)
	if err != nil {
		return nil, err
	}
	if len(q.order) > maxOrder {
		return nil, jqlErrorf("The maximum number of fields to order by is %d.", maxOrder)
	}
	if scope != "" {
		around, err := parseJQL(scope)
		if err != nil {
			return nil, err
		}
		if q.where != nil {
			around.where = &jqlTerm{op: "and", terms: []*jqlTerm{around.where, q.where}}
		}
		q.where = around.where
		if len(q.order) == 0 {
			q.order = []jqlOrder{{"rank", false}}
		}
	}
	if q.where == nil && !c.j.opts.DataCenter {
		return nil, jqlErrorf("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	if len(q.order) == 0 {
		q.order = []jqlOrder{{"created", true}}
	}
	return q, nil
}

// A jiraQuery is a search as a request asks it, by GET or POST.
type jiraQuery struct {
	JQL             string   `json:"jql"`
	Fields          []string `json:"fields"`
	Expand          any      `json:"expand"` // a string on search/jql, a list on search
	MaxResults      *int     `json:"maxResults"`
	StartAt         int      `json:"startAt"`
	NextPageToken   string   `json:"nextPageToken"`
	ReconcileIssues []int64  `json:"reconcileIssues"`
}

func (c *jiraCall) query() (q jiraQuery, err error) {
	if c.r.Method == http.MethodPost {
		err = json.Unmarshal(c.body, &q)
		return q, err
	}
	v := c.r.URL.Query()
	q.JQL, q.NextPageToken, q.Expand = v.Get("jql"), v.Get("nextPageToken"), v.Get("expand")
	for _, f := range v["fields"] {
		q.Fields = append(q.Fields, strings.Split(f, ",")...)
	}
	q.Fields = slices.DeleteFunc(q.Fields, func(f string) bool { return f == "" })
	for _, part := range strings.Split(strings.Join(v["reconcileIssues"], ","), ",") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			q.ReconcileIssues = append(q.ReconcileIssues, id)
		}
	}
	for name, to := range map[string]func(int){"maxResults": func(n int) { q.MaxResults = &n }, "startAt": func(n int) { q.StartAt = n }} {
		if text := v.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return q, err
			}
			to(n)
		}
	}
	return q, nil
}

func (q *jiraQuery) size(otherwise, most int) int {
	if q.MaxResults != nil {
		otherwise = max(*q.MaxResults, 0)
	}
	return min(otherwise, most)
}

func (q *jiraQuery) expands(what string) bool {
	switch v := q.Expand.(type) {
	case string:
		return slices.Contains(strings.Split(v, ","), what)
	case []any:
		return slices.Contains(v, any(what))
	}
	return false
}

// search answers GET and POST /search of a Data Center.
func (c *jiraCall) search() *response {
	q, err := c.query()
	if err != nil {
		return c.fail(http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
	}
	f, err := c.find("", q.JQL)
	if err != nil {
		return c.fail(http.StatusBadRequest, err.Error())
	}
	size := q.size(50, c.j.opts.PageSize)
	start := max(q.StartAt, 0)
	if len(q.Fields) == 0 {
		q.Fields = []string{"*navigable"}
	}
	return c.numbered(f.issues, jiraPage{start, size}, q)
}

// numbered answers with a page of issues and how many there are.
func (c *jiraCall) numbered(all []*jiraIssue, p jiraPage, q jiraQuery) *response {
	shown := window(all, p.start, p.size)
	v := c.view(q.Fields, q.expands("changelog"))
	res := c.json(http.StatusOK, func(e *encoder) {
		e.str("expand", "schema,names")
		e.num("startAt", int64(p.start))
		e.num("maxResults", int64(p.size))
		e.num("total", int64(len(all)))
		v.issues(e, shown)
	})
	res.items = v.items
	return res
}

// searchJQL answers GET and POST /search/jql.
func (c *jiraCall) searchJQL() *response {
	q, err := c.query()
	if err != nil || len(q.ReconcileIssues) > 50 {
		return c.fail(http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
	}
	f, err := c.find("", q.JQL, q.ReconcileIssues...)
	if err != nil {
		return c.fail(http.StatusBadRequest, err.Error())
	}
	if len(q.Fields) == 0 {
		q.Fields = []string{"id"}
	}
	v := c.view(q.Fields, q.expands("changelog"))
	most := c.j.opts.PageSize
	if v.thin {
		most = c.j.opts.IDPageSize
	}
	start := 0
	if q.NextPageToken != "" && q.NextPageToken != firstPage {
		mark, err := c.openToken(q.NextPageToken, q.JQL)
		if err != nil {
			return c.fail(http.StatusBadRequest, err.Error())
		}
		var same bool
		if start, same = slices.BinarySearchFunc(f.issues, mark, f.order); same {
			start++
		}
	}
	if q.MaxResults != nil && *q.MaxResults < 1 {
		return c.fail(http.StatusBadRequest, "The maxResults parameter must be at least 1.")
	}
	shown := window(f.issues, start, q.size(50, most))
	last := start+len(shown) >= len(f.issues)
	res := c.json(http.StatusOK, func(e *encoder) {
		v.issues(e, shown)
		if !last {
			e.str("nextPageToken", c.token64(shown[len(shown)-1], q.JQL))
		}
		e.bool("isLast", last)
	})
	res.items = v.items
	return res
}

// A jiraToken is what a page token holds: where in the order the page ended.
type jiraToken struct {
	Query            uint64
	Made             int64
	Created, Updated int64
	ID, Rank         int64
	Project          string
	Number           int
}

// firstPage is the token that faults give out for the first page.
const firstPage = "first"

// tokenLife is how long a page token is good.
const tokenLife = 7 * 24 * time.Hour

func queryHash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// token64 makes the token of the page behind an issue. It is a key into the
// order and not a position: pages do not shift when issues leave the result.
func (c *jiraCall) token64(is *jiraIssue, query string) string {
	t := jiraToken{queryHash(query), c.now.UnixMilli(), is.created.UnixMilli(), c.indexed(is).UnixMilli(), is.id, is.rank, is.project.key, is.number}
	// A struct of numbers and strings always encodes.
	b, _ := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(b)
}

// openToken returns an issue that stands where the page of a token ended.
func (c *jiraCall) openToken(text, query string) (*jiraIssue, error) {
	var t jiraToken
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil || t.Query != queryHash(query) || c.now.Sub(time.UnixMilli(t.Made)) > tokenLife {
		return nil, jqlErrorf("The provided next page token is invalid or expired.")
	}
	at := time.UnixMilli(t.Updated)
	mark := &jiraIssue{
		id: t.ID, rank: t.Rank, project: &jiraProject{key: t.Project}, number: t.Number, created: time.UnixMilli(t.Created), updated: at,
		touches: []time.Time{at},
	}
	return mark, nil
}

// approximateCount answers POST /search/approximate-count.
func (c *jiraCall) approximateCount() *response {
	q, err := c.query()
	if err != nil {
		return c.fail(http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
	}
	f, err := c.find("", q.JQL)
	if err != nil {
		return c.fail(http.StatusBadRequest, err.Error())
	}
	return c.json(http.StatusOK, func(e *encoder) { e.num("count", int64(len(f.issues))) })
}

// oneIssue answers GET /issue/{idOrKey}.
func (c *jiraCall) oneIssue(is *jiraIssue) *response {
	q, err := c.query()
	if err != nil {
		return c.fail(http.StatusBadRequest, fmt.Sprint(err))
	}
	if len(q.Fields) == 0 {
		q.Fields = []string{"*all"}
	}
	v := c.view(q.Fields, q.expands("changelog"))
	v.thin, v.one = false, true
	var e encoder
	v.issue(&e, is)
	return &response{status: http.StatusOK, body: e.b, items: v.items}
}

// bulkIssues answers POST /issue/bulkfetch.
func (c *jiraCall) bulkIssues() *response {
	var q struct {
		IDs    []string `json:"issueIdsOrKeys"`
		Fields []string `json:"fields"`
		Expand []any    `json:"expand"`
	}
	if json.Unmarshal(c.body, &q) != nil || len(q.IDs) == 0 || len(q.IDs) > c.j.opts.PageSize {
		return c.fail(http.StatusBadRequest, fmt.Sprintf("The number of issues must be between 1 and %d.", c.j.opts.PageSize))
	}
	if len(q.Fields) == 0 {
		q.Fields = []string{"*navigable"}
	}
	var found []*jiraIssue
	for _, id := range q.IDs {
		if is := c.s.find(id); is != nil && !c.empty {
			if !slices.Contains(found, is) {
				found = append(found, is)
			}
		}
	}
	slices.SortFunc(found, func(a, b *jiraIssue) int { return int(a.id - b.id) })
	asked := jiraQuery{Expand: q.Expand}
	v := c.view(q.Fields, asked.expands("changelog"))
	v.thin, v.one = false, true
	res := c.json(http.StatusOK, func(e *encoder) {
		e.str("expand", "schema,names")
		v.issues(e, found)
		// Only what could not be read for the time being is listed here, not
		// what does not exist or cannot be seen.
		e.arr("issueErrors")
		e.close(']')
	})
	res.items = v.items
	return res
}
