package github

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// Waits that a server may ask for are kept within these limits, so that a
// skewed clock or an absurd header neither hammers nor stops for ever.
const (
	minWait       = time.Second
	secondaryWait = time.Minute // GitHub: "wait at least one minute"
	maxWait       = time.Hour + time.Minute
)

// A verdict says what an answer means for the credential.
type verdict int

const (
	answered  verdict = iota // the caller looks at the status
	refused                  // no valid credential
	forbidden                // a valid credential without this right
	limited                  // come back later
	broken                   // the server failed
)

// errRefused is wrapped when the server does not accept the credential: no
// other request will do better.
var errRefused = errors.New("status 401: the credential is not accepted")

// An answer is what classification looks at.
type answer struct {
	status int
	header http.Header
	body   []byte
	date   time.Time // by the server's clock, zero when it did not tell
}

// classify decides on status, headers and body alone: go-github types only a
// part of GitHub's refusals, and some of those wrongly. wait is how long the
// server asks to stay away; exponential says that it did not tell.
func classify(a answer) (v verdict, wait time.Duration, exponential bool) {
	retry, hasRetry := connectors.RetryAfter(a.header, a.date)
	switch {
	case a.status == http.StatusUnauthorized:
		return refused, 0, false
	case a.status == http.StatusTooManyRequests, a.status == http.StatusForbidden && isLimit(a, hasRetry):
		if hasRetry && retry > 0 { // else it is no answer to how long
			return limited, clampWait(retry), false
		}
		if a.header.Get("X-RateLimit-Remaining") == "0" {
			if reset, ok := unixHeader(a.header, "X-RateLimit-Reset"); ok && !a.date.IsZero() {
				return limited, clampReset(reset.Sub(a.date)), false
			}
		}
		return limited, secondaryWait, true
	case a.status == http.StatusForbidden:
		return forbidden, 0, false
	case a.status >= 500:
		if hasRetry {
			return broken, clampWait(retry), false
		}
		return broken, 0, false
	case a.status == http.StatusOK, a.status >= 300:
		return answered, 0, false
	}
	return broken, 0, false // 202 and the like promise a body that is not there
}

// isLimit tells a 403 for going too fast from one for lack of a right.
func isLimit(a answer, hasRetry bool) bool {
	if hasRetry || a.header.Get("X-RateLimit-Remaining") == "0" {
		return true
	}
	body := bytes.ToLower(a.body)
	for _, sign := range []string{"rate limit", "rate-limit", "abuse detection", "abuse-rate"} {
		if bytes.Contains(body, []byte(sign)) {
			return true
		}
	}
	return false
}

func unixHeader(h http.Header, name string) (time.Time, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

func clampWait(d time.Duration) time.Duration { return min(max(d, minWait), maxWait) }

// clampReset treats a reset that has passed as a clock that is wrong.
func clampReset(d time.Duration) time.Duration {
	if d <= 0 {
		return secondaryWait
	}
	return clampWait(d)
}

// The quotas of a credential.
const (
	resourceCore    = "core"
	resourceGraphQL = "graphql"
)

// A governor keeps one credential within its quotas. It never waits: it says
// when to come back.
type governor struct {
	reserve  float64
	now      func() time.Time
	observer connectors.Observer

	mu        sync.Mutex
	resources map[string]*quota
	skew      time.Duration // server's clock minus ours
	skewKnown bool
}

// A quota is what is known about one resource of a credential.
type quota struct {
	blocked time.Time // by our clock
	strikes int       // limits without a header in a row
	limit   int
}

func newGovernor(reserve float64, now func() time.Time, observer connectors.Observer) *governor {
	return &governor{reserve: reserve, now: now, observer: observer, resources: map[string]*quota{}}
}

// allow returns an error while a resource is blocked.
func (g *governor) allow(resource string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.resources[resource]
	if q == nil || !g.now().Before(q.blocked) {
		return nil
	}
	return &connectors.Error{
		Reason:  connectors.ReasonRateLimited,
		RetryAt: q.blocked,
		Err:     fmt.Errorf("the %s quota is used up to the reserve, or the server asked to wait", resource),
	}
}

// observe learns from an answer and returns the error it amounts to, nil when
// the caller is to look at the status.
func (g *governor) observe(resource string, a answer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !a.date.IsZero() {
		g.skew, g.skewKnown = a.date.Sub(now), true
	}
	q := g.resources[resource]
	if q == nil {
		q = &quota{}
		g.resources[resource] = q
	}
	g.budget(resource, q, a, now)
	v, wait, exponential := classify(a)
	if v != limited {
		q.strikes = 0
	}
	e := &connectors.Error{Err: fmt.Errorf("status %d", a.status)}
	switch v {
	case answered:
		return nil
	case refused:
		e.Reason, e.Err = connectors.ReasonAuth, errRefused
	case forbidden:
		e.Reason, e.Err = connectors.ReasonAuth, errors.New("status 403: the credential lacks a right")
	case limited:
		if exponential {
			wait = min(wait<<min(q.strikes, 10), maxWait)
			q.strikes++
		}
		q.blocked = later(q.blocked, now.Add(wait))
		e.Reason, e.RetryAt = connectors.ReasonRateLimited, q.blocked
	case broken:
		e.Reason = connectors.ReasonServer
		if wait > 0 {
			e.RetryAt = now.Add(wait)
		}
	}
	return e
}

// budget reads the quota headers and blocks the resource when what remains is
// the reserve. Servers without limits send none.
func (g *governor) budget(resource string, q *quota, a answer, now time.Time) {
	limit, err1 := strconv.Atoi(a.header.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(a.header.Get("X-RateLimit-Remaining"))
	reset, ok := unixHeader(a.header, "X-RateLimit-Reset")
	if err1 != nil || err2 != nil || !ok || limit <= 0 {
		return
	}
	g.spend(resource, q, limit, remaining, reset, a.date, now)
}

func (g *governor) spend(resource string, q *quota, limit, remaining int, reset, date, now time.Time) {
	q.limit = limit
	if g.observer != nil {
		g.observer.Quota(resource, limit, remaining, reset)
	}
	if float64(remaining) > g.reserve*float64(limit) && remaining > 0 {
		return
	}
	if date.IsZero() {
		date = now.Add(g.skew)
	}
	// A window that has just ended is no reason to wait.
	if wait := reset.Sub(date); wait > 0 {
		q.blocked = later(q.blocked, now.Add(clampWait(wait)))
	}
}

// learn takes a quota that an answer's body tells.
func (g *governor) learn(resource string, limit, remaining int, reset, date time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q := g.resources[resource]; q != nil {
		g.spend(resource, q, limit, remaining, reset, date, g.now())
	}
}

// exhausted is for an answer that says only in its body that a quota is used
// up, as GraphQL does with status 200.
func (g *governor) exhausted(resource string, a answer) error {
	a.status = http.StatusTooManyRequests
	return g.observe(resource, a)
}

// limit returns the last known size of a quota, 0 when unknown.
func (g *governor) limit(resource string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q := g.resources[resource]; q != nil {
		return q.limit
	}
	return 0
}

// serverNow is the present by the server's clock, as far as it is known.
func (g *governor) serverNow() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now().Add(g.skew)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
