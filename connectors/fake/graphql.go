package fake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// maxQuery bounds the size of a query.
const maxQuery = 1 << 20

// connection finds how many nodes of a connection a query asks for, and from
// where: commits(first: 50, after: $cursor).
var (
	connection = regexp.MustCompile(`\b(commits|reviews|closingIssuesReferences|files|labels)\s*\(([^)]*)\)`)
	argument   = regexp.MustCompile(`(first|after)\s*:\s*(\$?\w+|"[^"]*")`)
)

// A query is a GraphQL request. Only its variable ids and the sizes of
// connections are looked at: the answer holds every field that the server
// knows, which a client that asked for fewer does not mind.
type query struct {
	Text      string         `json:"query"`
	Variables map[string]any `json:"variables"`

	pages map[string]span
}

// A span is a part of a connection.
type span struct{ first, from int }

// graphql answers a query for nodes by their ids.
func (c *call) graphql() *response {
	if !c.authed {
		return c.fail(http.StatusUnauthorized, "This endpoint requires you to be authenticated.")
	}
	var q query
	raw, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, maxQuery))
	if c.r.Method != http.MethodPost || err != nil || json.Unmarshal(raw, &q) != nil {
		return c.fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	if wrong := q.read(); wrong != "" {
		return refuse(wrong)
	}
	ids, _ := q.Variables["ids"].([]any)
	if len(ids) > 100 {
		return refuse("You may not provide more than 100 node ids; you provided " + strconv.Itoa(len(ids)) + ".")
	}
	c.g.world.mu.RLock()
	defer c.g.world.mu.RUnlock()
	res := &response{status: http.StatusOK, points: max(1, (1+5*len(ids))/100)}
	var e, wrong encoder
	e.open('{')
	e.obj("data")
	e.arr("nodes")
	for i, id := range ids {
		text, _ := id.(string)
		is := c.g.world.byNode[text]
		if is == nil || is.repo.revoked {
			e.sep()
			e.b = append(e.b, "null"...)
			unresolved(&wrong, text, i)
			continue
		}
		c.v.node(&e, is, q)
		res.items = append(res.items, is.name)
	}
	e.close(']')
	c.rateNode(&e, res.points, len(ids))
	e.close('}')
	if len(wrong.b) > 0 {
		e.raw("errors", append(append([]byte{'['}, wrong.b...), ']'))
	}
	e.close('}')
	res.body = e.b
	return res
}

// read finds the sizes of the connections; it returns what is wrong with them.
func (q *query) read() string {
	q.pages = map[string]span{}
	for _, m := range connection.FindAllStringSubmatch(q.Text, -1) {
		s := span{first: 100}
		for _, arg := range argument.FindAllStringSubmatch(m[2], -1) {
			value := strings.Trim(arg[2], `"`)
			if name, isVariable := strings.CutPrefix(value, "$"); isVariable {
				value = ""
				if v := q.Variables[name]; v != nil {
					value = fmt.Sprint(v)
				}
			}
			if arg[1] == "first" {
				s.first, _ = strconv.Atoi(value)
			} else if at, err := base64.StdEncoding.DecodeString(value); err == nil {
				s.from, _ = strconv.Atoi(strings.TrimPrefix(string(at), "v1:"))
			}
		}
		if s.first < 1 || s.first > 100 {
			return fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", s.first, m[1])
		}
		if _, known := q.pages[m[1]]; !known {
			q.pages[m[1]] = s
		}
	}
	return ""
}

// refuse answers with an error and no data, with status 200 as GraphQL does.
func refuse(message string) *response {
	var e encoder
	e.open('{')
	e.arr("errors")
	e.open('{')
	e.str("message", message)
	e.close('}')
	e.close(']')
	e.close('}')
	return &response{status: http.StatusOK, body: e.b, points: 1}
}

func unresolved(e *encoder, id string, position int) {
	e.open('{')
	e.str("type", "NOT_FOUND")
	e.arr("path")
	e.b = append(e.b, `"nodes",`...)
	e.b = strconv.AppendInt(e.b, int64(position), 10)
	e.close(']')
	e.str("message", "Could not resolve to a node with the global id of '"+id+"'")
	e.close('}')
}

func (c *call) rateNode(e *encoder, cost, nodes int) {
	if c.g.opts.NoLimit {
		e.null("rateLimit")
		return
	}
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	b := c.g.budget(c, c.res)
	e.obj("rateLimit")
	e.num("limit", int64(b.limit))
	e.num("cost", int64(cost))
	e.num("remaining", int64(max(b.limit-b.used-cost, 0)))
	e.num("used", int64(min(b.used+cost, b.limit)))
	e.num("nodeCount", int64(nodes))
	e.time("resetAt", b.reset)
	e.close('}')
}

// nodes writes a connection: the part that was asked for, and how it goes on.
func nodes[T any](e *encoder, q query, name string, items []T, write func(item T)) {
	s, ok := q.pages[name]
	if !ok {
		s.first = 100
	}
	e.obj(name)
	e.num("totalCount", int64(len(items)))
	end := min(s.from+s.first, len(items))
	e.obj("pageInfo")
	e.bool("hasNextPage", end < len(items))
	if end > s.from {
		e.str("endCursor", base64.StdEncoding.EncodeToString([]byte("v1:"+strconv.Itoa(end))))
	} else {
		e.null("endCursor")
	}
	e.close('}')
	e.arr("nodes")
	for _, item := range window(items, s.from, s.first) {
		write(item)
	}
	e.close(']')
	e.close('}')
}
