package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A budget is what one credential has used of one resource in its hour.
type budget struct {
	limit, used int
	reset       time.Time
}

// digest hashes a body and parts, separated so that they cannot run into each
// other.
func digest(body []byte, parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	h.Write(body)
	return h.Sum(nil)
}

// Fingerprint is how the log names a token: it tells tokens apart without
// holding them.
func Fingerprint(token string) string {
	if token == "" {
		return ""
	}
	return hex.EncodeToString(digest(nil, token)[:6])
}

// budget returns the budget of a call's credential, with a fresh hour when the
// last one has passed. The caller holds g.mu.
func (g *GitHub) budget(c *call, resource string) *budget {
	limit, who := g.opts.Limit, Fingerprint(c.token)
	if !c.authed {
		limit = g.opts.AnonymousLimit
		who, _, _ = net.SplitHostPort(c.r.RemoteAddr)
	}
	key := resource + " " + who
	b := g.budgets[key]
	if b == nil || !c.now.Before(b.reset) {
		b = &budget{limit: limit, reset: c.now.Add(time.Hour).Truncate(time.Second)}
		g.budgets[key] = b
	}
	return b
}

func (g *GitHub) exhausted(c *call) bool {
	if g.opts.NoLimit {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.budget(c, c.res)
	return b.used >= b.limit
}

// charge takes the points of an answer and adds the rate headers.
func (g *GitHub) charge(c *call, res *response) {
	if g.opts.NoLimit {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.budget(c, c.res)
	b.used += res.points
	setRate(res, c.res, b.limit, max(b.limit-b.used, 0), b.reset)
}

func setRate(res *response, resource string, limit, remaining int, reset time.Time) {
	if res.header == nil {
		res.header = http.Header{}
	}
	res.header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	res.header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	res.header.Set("X-RateLimit-Used", strconv.Itoa(limit-remaining))
	res.header.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	res.header.Set("X-RateLimit-Resource", resource)
}

// limited answers that the primary limit is used up.
func (c *call) limited(status int) *response {
	var res *response
	if c.authed {
		res = c.fail(status, "API rate limit exceeded for user ID 4242.")
	} else {
		res = c.fail(status, "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)")
	}
	c.g.charge(c, res)
	return res
}

// rateLimit answers GET /rate_limit, which costs nothing.
func (c *call) rateLimit() *response {
	if c.g.opts.NoLimit {
		return c.fail(http.StatusNotFound, "Rate limiting is not enabled.")
	}
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	var e encoder
	e.open('{')
	write := func(key, resource string) {
		b := c.g.budget(c, resource)
		e.obj(key)
		e.num("limit", int64(b.limit))
		e.num("used", int64(b.used))
		e.num("remaining", int64(max(b.limit-b.used, 0)))
		e.num("reset", b.reset.Unix())
		e.str("resource", resource)
		e.close('}')
	}
	e.obj("resources")
	write("core", "core")
	write("graphql", "graphql")
	e.close('}')
	write("rate", "core")
	e.close('}')
	return &response{status: http.StatusOK, body: e.b}
}

// Served is one line of the log: a request and what it was answered.
type Served struct {
	Method      string
	Path        string // with the prefix of an Enterprise Server
	Query       string
	Status      int
	Anonymous   bool   // without a valid token
	Token       string // fingerprint, see Fingerprint
	Conditional bool   // with If-None-Match
	Resource    string // "core" or "graphql"
	Points      int    // charged to the rate limit
	// Items names what the answer held: "issue:acme/api#12" (pull requests
	// too) with the name at its creation, "pull:acme/api#12" from the pull
	// request endpoints, "commit:<sha>", "review:<id>", "comment:<id>",
	// "review_comment:<id>", "repo:<id>".
	Items []string
	Fault Kind // the fault that was served, 0 for none
	At    time.Time
}

func (s Served) String() string {
	return fmt.Sprintf("%s %s?%s %d points=%d items=%d fault=%d", s.Method, s.Path, s.Query, s.Status, s.Points, len(s.Items), s.Fault)
}

func (g *GitHub) record(c *call, res *response) {
	s := Served{
		Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.RawQuery, Status: res.status, Anonymous: !c.authed,
		Token: Fingerprint(c.token), Conditional: c.r.Header.Get("If-None-Match") != "", Resource: c.res,
		Points: res.points, Items: res.items, At: c.now,
	}
	if c.fault != nil {
		s.Fault = c.fault.Kind
	}
	g.journal.add(s)
}

// A journal is the log of one server. Every server has one.
type journal struct {
	mu       sync.Mutex
	log      []Served
	inFlight int
	peak     int
}

func (j *journal) enter() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.inFlight++
	j.peak = max(j.peak, j.inFlight)
}

func (j *journal) leave() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.inFlight--
}

func (j *journal) add(s Served) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.log = append(j.log, s)
}

// Log returns what was served, in the order of the answers.
func (j *journal) Log() []Served {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Served(nil), j.log...)
}

// ResetLog empties the log.
func (j *journal) ResetLog() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.log = nil
}

// Points returns the rate limit points charged since the log was reset.
func (j *journal) Points() int {
	total := 0
	for _, s := range j.Log() {
		total += s.Points
	}
	return total
}

// Peak returns the largest number of requests that were served at once.
func (j *journal) Peak() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.peak
}
