package fake

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// number reads a whole number.
func (c *slackCall) number(name string, otherwise int) (int, bool) {
	text := c.args.Get(name)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func (c *slackCall) flag(name string) bool {
	return slices.Contains([]string{"1", "true", "True"}, c.args.Get(name))
}

// moment reads a ts and brings it to the fixed width in which all ts compare
// as strings.
func (c *slackCall) moment(name, otherwise string) (string, bool) {
	text := c.args.Get(name)
	if text == "" {
		return otherwise, true
	}
	sec, frac, _ := strings.Cut(text, ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if sec == "" || len(sec) > 10 || !digits(sec) || !digits(frac) {
		return "", false
	}
	return strings.Repeat("0", 10-len(sec)) + sec + "." + (frac + "000000")[:6], true
}

// slackCursor makes the opaque position behind which a list goes on.
func slackCursor(kind, position string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + ":" + position))
}

// cursor reads a cursor of a kind; it is empty on the first page.
func (c *slackCall) cursor(kind string) (position string, ok bool) {
	text := c.args.Get("cursor")
	if text == "" {
		return "", true
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	position, found := strings.CutPrefix(string(raw), kind+":")
	return position, err == nil && found && position != ""
}

// tsCursor reads a cursor that is a ts without its dot.
func (c *slackCall) tsCursor() (ts string, ok bool) {
	position, ok := c.cursor("next_ts")
	if position == "" || !ok {
		return "", ok
	}
	if len(position) != 16 || strings.Trim(position, "0123456789") != "" {
		return "", false
	}
	return position[:10] + "." + position[10:], true
}

func nextTS(ts string) string { return slackCursor("next_ts", strings.Replace(ts, ".", "", 1)) }

// A slackList is a list that is paged by cursor.
type slackList[T any] struct {
	member string // of the answer: "channels"
	kind   string // of the cursor
	size   int    // when the client does not say
	id     func(T) string
	// keep is asked after the page was cut out of the list, as Slack does:
	// pages may be shorter than asked for, and empty before the end.
	keep  func(T) bool
	write func(*encoder, T)
	name  string // of an element in the log, "channel"
}

func pagedSlack[T any](c *slackCall, items []T, l slackList[T]) *response {
	size, ok := c.pageLimit(l.size, 1000)
	if !ok {
		return c.fail("invalid_limit")
	}
	position, ok := c.cursor(l.kind)
	from := 0
	if position != "" {
		from = slices.IndexFunc(items, func(v T) bool { return l.id(v) == position })
	}
	if !ok || from < 0 {
		return c.fail("invalid_cursor")
	}
	next := ""
	if from+size < len(items) {
		next = slackCursor(l.kind, l.id(items[from+size]))
	}
	res := &response{status: http.StatusOK}
	var e encoder
	e.open('{')
	e.bool("ok", true)
	e.arr(l.member)
	for _, v := range window(items, from, size) {
		if l.keep == nil || l.keep(v) {
			e.sep()
			l.write(&e, v)
			if l.name != "" {
				res.items = append(res.items, l.name+":"+l.id(v))
			}
		}
	}
	e.close(']')
	e.obj("response_metadata")
	e.str("next_cursor", next)
	e.close('}')
	e.close('}')
	res.body = e.b
	return res
}

// slackObject answers with members that write adds behind ok.
func slackObject(write func(e *encoder), items ...string) *response {
	var e encoder
	e.open('{')
	e.bool("ok", true)
	write(&e)
	e.close('}')
	return &response{status: http.StatusOK, body: e.b, items: items}
}
