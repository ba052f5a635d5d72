package fake

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kind is a way in which an answer goes wrong.
type Kind int

// The kinds of faults. Status and Wait below are fields of Fault.
const (
	_ Kind = iota
	// PrimaryLimit: the primary limit is used up until Wait from now; Status
	// 403 (default) or 429.
	PrimaryLimit
	// SecondaryLimit: the secondary limit with Retry-After in seconds, Wait;
	// Status 403 (default) or 429. Points are left.
	SecondaryLimit
	SecondaryDate         // the same, Retry-After is an HTTP date
	SecondaryBare         // the same without Retry-After
	SecondaryUndocumented // the same without documentation_url
	ServerError           // HTML with Status, default 502
	EmptyBody             // 200 and nothing
	NullBody              // 200 and null
	ObjectBody            // 200 and {}
	HTMLBody              // 200 and a login page
	TruncatedBody         // 200 and half of the JSON, with the right length
	TrailingGarbage       // 200 and something behind the JSON
	BadTimestamp          // one item has a malformed updated_at
	NullUser              // one item has no user
	DuplicateItem         // the last item of the page is there twice
	ShuffledPage          // the items of the page in another order
	ResetBody             // the connection breaks in the middle of the body
	SlicedBody            // the body in small pieces
	SlowBody              // the second half of the body comes after Wait, or never
	Latency               // the whole answer comes after Wait, or never
	Redirect              // 302 to the same path at To
	ClockSkew             // the Date header is off by Wait; limits are not
	BadCredentials        // 401
	DeepPage              // 422: use the cursor
	GraphQLPartial        // 200, errors, and null for one node in two
	GraphQLFailed         // 200 and errors without data
	GraphQLNoRateLimit    // rateLimit is null
	// MutateBefore calls Do before the answer is made, MutateAfter after it
	// is made and before it is sent: the world moves between two pages.
	MutateBefore
	MutateAfter
)

// A Fault is one fault to serve.
type Fault struct {
	Kind   Kind
	Status int
	// Wait is a time that goes into the answer, or how long SlowBody and
	// Latency hold it back on the wall clock; zero there means until the
	// client gives up.
	Wait time.Duration
	To   string // "http://127.0.0.1:4711", where Redirect leads
	Do   func()
	// Unheard says that a server which fails had not posted the message before:
	// Slack alone knows it.
	Unheard bool
}

type rule struct {
	match func(*http.Request) bool
	times int // left; negative for ever
	fault func() *Fault
}

// A script says which requests meet which faults. Every server has one.
type script struct {
	mu    sync.Mutex
	rules []*rule
}

// Fault serves a fault to the next times requests that match; a negative number
// means all of them, a nil match means any request. Rules are asked in the
// order they were added, and the first that matches wins.
func (s *script) Fault(match func(*http.Request) bool, times int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{match: match, times: times, fault: func() *Fault { return &f }})
}

// ClearFaults removes all faults.
func (s *script) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Chaos serves a random one of the faults to a share of all requests, by seed:
// a client that asks serially meets the same faults again.
func (s *script) Chaos(seed uint64, share float64, faults ...Fault) {
	rng := rand.New(rand.NewPCG(seed, 0x6661756c74))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{times: -1, fault: func() *Fault {
		if len(faults) == 0 || rng.Float64() >= share {
			return nil
		}
		f := faults[rng.IntN(len(faults))]
		return &f
	}})
}

// Matching matches requests whose method, path and query, "GET /repos/a/b?c=d",
// contain all of the texts.
func Matching(texts ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		line := r.Method + " " + r.URL.RequestURI()
		return !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(line, t) })
	}
}

// After matches what match matches, but for the first n times.
func After(n int, match func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if !match(r) {
			return false
		}
		n--
		return n < 0
	}
}

// pick returns the fault of a request, or nil. Matches run under the lock, so
// that they may count.
func (s *script) pick(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range s.rules {
		if rule.times == 0 || rule.match != nil && !rule.match(r) {
			continue
		}
		if f := rule.fault(); f != nil {
			rule.times--
			return f
		}
	}
	return nil
}

// spoil turns a healthy answer into the faulty one.
func (f *Fault) spoil(c *call, res *response) {
	healthy := res.status == http.StatusOK
	switch f.Kind {
	case PrimaryLimit, SecondaryLimit, SecondaryDate, SecondaryBare, SecondaryUndocumented:
		f.limit(c, res)
	case BadCredentials:
		f.replace(c, res, http.StatusUnauthorized, "Bad credentials")
	case DeepPage:
		f.replace(c, res, http.StatusUnprocessableEntity, deepPage)
	case ServerError:
		res.status, res.items = status(f.Status, http.StatusBadGateway), nil
		res.setHTML("<html><body><h1>Whoa there!</h1><p>" + http.StatusText(res.status) + "</p></body></html>")
	case Redirect:
		res.status, res.items, res.body = http.StatusFound, nil, nil
		res.set("Location", f.To+c.r.URL.RequestURI())
	case ClockSkew:
		res.set("Date", c.now.Add(f.Wait).UTC().Format(http.TimeFormat))
	}
	if healthy {
		f.spoilBody(res)
	}
}

// spoilBody spoils the body of an answer that would have been good. The log
// keeps only the items that can still be read.
func (f *Fault) spoilBody(res *response) {
	switch f.Kind {
	case EmptyBody:
		res.body, res.items = nil, nil
	case NullBody:
		res.body, res.items = []byte("null"), nil
	case ObjectBody:
		res.body, res.items = []byte("{}"), nil
	case HTMLBody:
		res.items = nil
		res.setHTML("<!DOCTYPE html><html><body>Sign in to continue</body></html>")
	case TruncatedBody:
		res.body, res.items = res.body[:len(res.body)/2], nil
	case ResetBody:
		res.items = nil
	case TrailingGarbage:
		res.body, res.items = append(res.body, "\n<!-- proxy -->"...), nil
	case BadTimestamp:
		res.body = spoilMember(res.body, `"updated_at":`, `"yesterday"`)
	case NullUser:
		res.body = spoilMember(res.body, `"user":`, "null")
	case DuplicateItem:
		res.body = rearrange(res.body, func(items [][]byte) [][]byte {
			if len(items) == 0 {
				return items
			}
			return append(items, items[len(items)-1])
		})
	case ShuffledPage:
		res.body = rearrange(res.body, func(items [][]byte) [][]byte {
			rand.New(rand.NewPCG(uint64(len(items)), 1)).Shuffle(len(items), func(i, j int) {
				items[i], items[j] = items[j], items[i]
			})
			return items
		})
	case GraphQLPartial, GraphQLFailed, GraphQLNoRateLimit:
		res.body = spoilGraphQL(f.Kind, res.body)
	}
}

func (f *Fault) replace(c *call, res *response, status int, message string) {
	bad := c.fail(status, message)
	res.status, res.body, res.items = bad.status, bad.body, nil
	res.header.Del("ETag")
	res.header.Del("Link")
}

// limit makes the answers to a client that asks too much.
func (f *Fault) limit(c *call, res *response) {
	message := "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
	reset := c.now.Add(time.Hour)
	remaining := c.g.opts.Limit * 98 / 100
	if f.Kind == PrimaryLimit {
		message, remaining, reset = "API rate limit exceeded for user ID 4242.", 0, c.now.Add(f.Wait)
	}
	f.replace(c, res, status(f.Status, http.StatusForbidden), message)
	setRate(res, c.res, c.g.opts.Limit, remaining, reset)
	switch f.Kind {
	case SecondaryLimit, SecondaryUndocumented:
		res.set("Retry-After", strconv.Itoa(int(f.Wait/time.Second)))
	case SecondaryDate:
		res.set("Retry-After", c.now.Add(f.Wait).UTC().Format(http.TimeFormat))
	}
	if f.Kind == SecondaryUndocumented {
		var e encoder
		e.open('{')
		e.str("message", message)
		e.close('}')
		res.body = e.b
	}
}

func status(want, otherwise int) int {
	if want != 0 {
		return want
	}
	return otherwise
}

func (res *response) set(key, value string) {
	if res.header == nil {
		res.header = http.Header{}
	}
	res.header.Set(key, value)
}

func (res *response) setHTML(page string) {
	res.body = []byte(page)
	res.set("Content-Type", "text/html; charset=utf-8")
	res.header.Del("ETag")
	res.header.Del("Link")
}

// spoilMember replaces the value of the first member of that name.
func spoilMember(body []byte, member, value string) []byte {
	i := bytes.Index(body, []byte(member))
	if i < 0 {
		return body
	}
	from := i + len(member)
	to := from + valueLen(body[from:])
	return slices.Concat(body[:from], []byte(value), body[to:])
}
