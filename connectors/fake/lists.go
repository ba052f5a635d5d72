package fake

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deepPage is GitHub's answer to a page number that reaches too far.
const deepPage = "Pagination with the page parameter is not supported for large datasets, please use cursor based pagination (after/before)"

// paging reads page and per_page, within bounds.
func (c *call) paging() (page, size int) {
	q := c.r.URL.Query()
	page, _ = strconv.Atoi(q.Get("page"))
	size, err := strconv.Atoi(q.Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	return min(max(page, 1), 1_000_000), min(size, 100)
}

// since reads the since parameter; epoch is its first value that GitHub takes
// for none at all and answers with an empty list.
func (c *call) since() (t time.Time, epoch bool, err error) {
	v := c.r.URL.Query().Get("since")
	if v == "" {
		return t, false, nil
	}
	t, err = time.Parse(time.RFC3339, strings.ReplaceAll(v, " ", "+"))
	if err != nil {
		t, err = time.Parse(time.DateOnly, v)
	}
	return t, err == nil && t.Unix() <= 0, err
}

// address is where a list continues: GitHub links to repositories by id.
func (c *call) address(r *repo) string {
	path := c.path
	if r != nil {
		rest := strings.SplitN(strings.TrimPrefix(c.path, "/"), "/", 4)
		if rest[0] == "repositories" {
			rest = strings.SplitN(strings.TrimPrefix(c.path, "/"), "/", 3)
		}
		path = fmt.Sprintf("/repositories/%d/%s", r.id, rest[len(rest)-1])
	}
	return c.v.api + path
}

// link adds one relation to the Link header; set changes the query.
func (c *call) link(res *response, r *repo, rel string, set map[string]string) {
	q := c.r.URL.Query()
	for k, v := range set {
		if q.Del(k); v != "" {
			q.Set(k, v)
		}
	}
	target := (&url.URL{RawQuery: q.Encode()}).String()
	if res.header == nil {
		res.header = http.Header{}
	}
	value := fmt.Sprintf("<%s%s>; rel=%q", c.address(r), target, rel)
	if old := res.header.Get("Link"); old != "" {
		value = old + ", " + value
	}
	res.header.Set("Link", value)
}

// pageLinks adds the links of a list that is paged by number.
func (c *call) pageLinks(res *response, r *repo, page, pages int, last bool) {
	to := func(rel string, n int) { c.link(res, r, rel, map[string]string{"page": strconv.Itoa(n)}) }
	if page > 1 {
		to("prev", min(page-1, max(pages, 1)))
	}
	if page < pages {
		to("next", page+1)
	}
	if page < pages && last {
		to("last", pages)
	}
	if page > 1 {
		to("first", 1)
	}
}

// A lister writes the elements of a list and names them for the log.
type lister[T any] struct {
	write func(e *encoder, item T)
	name  func(item T) string
}

func (l lister[T]) render(c *call, items []T) *response {
	res := &response{status: http.StatusOK, items: make([]string, 0, len(items))}
	var ok bool
	if res.buffer, ok = c.g.buffers.Get().(*[]byte); !ok {
		res.buffer = new([]byte)
	}
	e := encoder{b: (*res.buffer)[:0]}
	e.open('[')
	for _, item := range items {
		e.sep()
		l.write(&e, item)
		res.items = append(res.items, l.name(item))
	}
	e.close(']')
	res.body, *res.buffer = e.b, e.b
	return res
}

// paged answers with one page of a list, by page number.
func paged[T any](c *call, r *repo, items []T, l lister[T]) *response {
	page, size := c.paging()
	pages := (len(items) + size - 1) / size
	res := l.render(c, window(items, (page-1)*size, size))
	c.pageLinks(res, r, page, pages, true)
	return res
}

// window returns at most size items from a position, which may be anywhere.
func window[T any](items []T, from, size int) []T {
	from = min(max(from, 0), len(items))
	return items[from:min(from+size, len(items))]
}

// ordered returns the issues of a repository, or only its pull requests, in
// the order of a sort key. The order is kept until something changes: a client
// that pages while the world moves sees it move. The result is shared.
func (r *repo) ordered(sort, direction string, pulls bool) []*issue {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := fmt.Sprint(sort, direction, pulls)
	if o, ok := r.orders[name]; ok && o.rev == r.rev {
		return o.items
	}
	items := slices.DeleteFunc(slices.Clone(r.issues), func(is *issue) bool { return pulls && is.pull == nil })
	sign := 1
	if direction == "desc" {
		sign = -1
	}
	slices.SortFunc(items, func(a, b *issue) int {
		return sign * cmp.Or(cmp.Compare(a.sortKey(sort), b.sortKey(sort)), cmp.Compare(a.id, b.id))
	})
	r.orders[name] = order{rev: r.rev, items: items}
	return items
}

func (is *issue) sortKey(sort string) int64 {
	switch sort {
	case "updated":
		return is.updated.Unix()
	case "comments", "popularity":
		return int64(len(is.comments))
	}
	return is.created.Unix()
}

// arrangement reads sort, direction and state.
func (c *call) arrangement(direction string) (sort, dir, state string, ok bool) {
	q := c.r.URL.Query()
	sort, dir, state = cmp.Or(q.Get("sort"), "created"), cmp.Or(q.Get("direction"), direction), cmp.Or(q.Get("state"), "open")
	ok = slices.Contains([]string{"created", "updated", "comments", "popularity"}, sort) &&
		(dir == "asc" || dir == "desc") && slices.Contains([]string{"open", "closed", "all"}, state)
	return sort, dir, state, ok
}

// listIssues answers GET /repos/…/issues, which holds pull requests too.
func (c *call) listIssues(r *repo) *response {
	sort, dir, state, ok := c.arrangement("desc")
	since, epoch, err := c.since()
	page, size := c.paging()
	if !ok || err != nil {
		return c.fail(http.StatusUnprocessableEntity, "Validation Failed")
	}
	l := lister[*issue]{c.v.issueObject, func(is *issue) string { return is.name }}
	if epoch {
		return l.render(c, nil)
	}
	items := updatedSince(r.ordered(sort, dir, false), sort, dir, since)
	if state != "all" {
		items = slices.DeleteFunc(slices.Clone(items), func(is *issue) bool { return is.state() != state })
	}
	large := len(items) > c.g.opts.LargeList
	if large && page > c.g.opts.DeepPage {
		return c.fail(http.StatusUnprocessableEntity, deepPage)
	}
	from := (page - 1) * size
	if after := c.r.URL.Query().Get("after"); after != "" {
		if from, err = seek(items, sort, dir, after); err != nil {
			return c.fail(http.StatusUnprocessableEntity, "The after cursor is invalid")
		}
	}
	shown := window(items, from, size)
	res := l.render(c, shown)
	switch {
	case !large:
		c.pageLinks(res, r, page, (len(items)+size-1)/size, false)
	case from+size < len(items):
		cursor := c.g.cursor(shown[len(shown)-1], sort, from+size)
		c.link(res, r, "next", map[string]string{"page": "", "after": cursor})
	}
	return res
}

// updatedSince keeps the issues that were updated at or after a time. In the
// order of updates that is one end of the list.
func updatedSince(items []*issue, sort, dir string, since time.Time) []*issue {
	if since.IsZero() {
		return items
	}
	if sort != "updated" {
		return slices.DeleteFunc(slices.Clone(items), func(is *issue) bool { return is.updated.Before(since) })
	}
	i, _ := slices.BinarySearchFunc(items, since, func(is *issue, t time.Time) int {
		if is.updated.Before(t) == (dir == "asc") {
			return -1
		}
		return 1
	})
	if dir == "asc" {
		return items[i:]
	}
	return items[:i]
}

// cursor makes the opaque position behind an issue.
func (g *GitHub) cursor(is *issue, sort string, next int) string {
	text := fmt.Sprintf("cursor:v2:%d:%d", is.sortKey(sort), is.id)
	if g.opts.OffsetCursor {
		text = fmt.Sprintf("cursor:v1:%d:0", next)
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// seek finds the position that a cursor means in the list as it is now.
func seek(items []*issue, sort, dir, after string) (int, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(after, " ", "+"))
	if err != nil {
		return 0, fmt.Errorf("decode cursor: %w", err)
	}
	var version int
	var key, id int64
	if _, err := fmt.Sscanf(string(raw), "cursor:v%d:%d:%d", &version, &key, &id); err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	if version == 1 {
		return int(key), nil
	}
	for i, is := range items {
		c := cmp.Or(cmp.Compare(is.sortKey(sort), key), cmp.Compare(is.id, id))
		if dir == "asc" && c > 0 || dir == "desc" && c < 0 {
			return i, nil
		}
	}
	return len(items), nil
}
