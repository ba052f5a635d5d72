package jira

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// Waits that a server may ask for are kept within these limits, so that a
// skewed clock or an absurd header neither hammers nor stops for ever.
const (
	minWait     = time.Second
	unknownWait = time.Minute // a limit that does not say how long, doubled each time
	maxWait     = time.Hour + time.Minute
)

// everything is the resource whose block holds for all endpoints.
const everything = ""

// errRefused is wrapped when the server does not accept the credential: no
// other request will do better.
var errRefused = errors.New("the credential is not accepted")

// errForbidden is wrapped when the credential lacks the right for one request.
var errForbidden = errors.New("status 403: the credential lacks a right")

// optional is for requests that a poll can do without: their lack of a right
// is an answer like any other.
func optional(rep *reply, err error) (*reply, error) {
	if rep != nil && errors.Is(err, errForbidden) {
		return rep, nil
	}
	return rep, err
}

// loginFailed reports whether Jira answers as to a stranger. It does so with
// status 200 and empty lists when a token has expired.
func loginFailed(h http.Header) bool {
	for _, v := range h.Values("X-Seraph-LoginReason") {
		for reason := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			if !strings.EqualFold(reason, "OK") {
				return true
			}
		}
	}
	return false
}

// A governor keeps one credential within its limits. It never waits: it says
// when to come back. Jira Cloud limits bursts per endpoint and a quota over
// all; Data Center has one bucket of tokens per user.
type governor struct {
	reserve  float64
	now      func() time.Time
	observer connectors.Observer
	signed   bool // a credential is sent

	mu      sync.Mutex
	blocked map[string]time.Time // by our clock
	strikes map[string]int       // limits without a time in a row
	skew    time.Duration        // server's clock minus ours
	near    bool                 // the newest answer warned of a limit
}

func newGovernor(reserve float64, signed bool, now func() time.Time, observer connectors.Observer) *governor {
	return &governor{
		reserve: reserve, signed: signed, now: now, observer: observer,
		blocked: map[string]time.Time{}, strikes: map[string]int{},
	}
}

// allow returns an error while an endpoint, or everything, is blocked.
func (g *governor) allow(endpoint string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := later(g.blocked[everything], g.blocked[endpoint])
	if !g.now().Before(until) {
		return nil
	}
	return &connectors.Error{Reason: connectors.ReasonRateLimited, RetryAt: until, Err: errors.New("the server asked to wait")}
}

// An answer is what classification looks at.
type answer struct {
	status int
	header http.Header
	body   []byte
	date   time.Time // by the server's clock, zero when it did not tell
}

// observe learns from an answer and returns the error it amounts to, nil when
// the caller is to look at the status: 200, or a 4xx that is neither a limit
// nor about the credential.
func (g *governor) observe(endpoint string, a answer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !a.date.IsZero() {
		g.skew = a.date.Sub(now)
	}
	g.near = strings.EqualFold(a.header.Get("X-RateLimit-NearLimit"), "true")
	g.bucket(a, now)
	switch {
	case a.status == http.StatusTooManyRequests:
		return g.limited(endpoint, a, now)
	case a.status == http.StatusUnauthorized, g.signed && loginFailed(a.header):
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: errRefused}
	case a.status == http.StatusForbidden:
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: errForbidden}
	case a.status >= 500:
		e := &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("status %d", a.status)}
		if wait, ok := connectors.RetryAfter(a.header, a.date); ok {
			e.RetryAt = now.Add(clampWait(wait))
		}
		return e
	}
	delete(g.strikes, endpoint)
	if a.status == http.StatusOK || a.status >= 400 {
		return nil
	}
	// A redirect is a login page or a server that moved; 202 and the like
	// promise a body that is not there.
	return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("status %d", a.status)}
}

// limited blocks what a 429 is about: one endpoint for a burst, else all.
func (g *governor) limited(endpoint string, a answer, now time.Time) error {
	resource := everything
	if strings.Contains(a.header.Get("RateLimit-Reason"), "burst") {
		resource = endpoint
	}
	wait, told := connectors.RetryAfter(a.header, a.date)
	if !told || wait <= 0 {
		if reset, ok := resetTime(a.header); ok && !a.date.IsZero() {
			wait, told = reset.Sub(a.date), true
		}
	}
	if !told || wait <= 0 {
		wait = min(unknownWait<<min(g.strikes[endpoint], 10), maxWait)
		g.strikes[endpoint]++
	}
	until := now.Add(clampWait(wait))
	g.blocked[resource] = later(g.blocked[resource], until)
	return &connectors.Error{Reason: connectors.ReasonRateLimited, RetryAt: until, Err: errors.New("status 429")}
}

// bucket reads the budget headers: tokens of Data Center, which come back at
// the fill rate, or points of Cloud, which come back at the reset.
func (g *governor) bucket(a answer, now time.Time) {
	limit, err1 := strconv.Atoi(a.header.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(a.header.Get("X-RateLimit-Remaining"))
	if err1 != nil || err2 != nil || limit <= 0 {
		return
	}
	wait := time.Duration(0)
	if reset, ok := resetTime(a.header); ok && !a.date.IsZero() {
		wait = reset.Sub(a.date)
	} else if seconds, err := strconv.Atoi(a.header.Get("X-RateLimit-Interval-Seconds")); err == nil && seconds > 0 {
		wait = time.Duration(min(seconds, int(maxWait/time.Second))) * time.Second
	}
	if g.observer != nil {
		g.observer.Quota("requests", limit, remaining, now.Add(max(wait, 0)))
	}
	if float64(remaining) > g.reserve*float64(limit) && remaining > 0 || wait <= 0 || a.status == http.StatusTooManyRequests {
		return
	}
	g.blocked[everything] = later(g.blocked[everything], now.Add(clampWait(wait)))
}

// resetTime reads X-RateLimit-Reset, which Jira writes as ISO 8601, with or
// without seconds.
func resetTime(h http.Header) (time.Time, bool) {
	raw := h.Get("X-RateLimit-Reset")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, raw); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func clampWait(d time.Duration) time.Duration { return min(max(d, minWait), maxWait) }

// serverNow is the present by the server's clock, as far as it is known.
func (g *governor) serverNow() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now().Add(g.skew)
}

// nearLimit reports whether the newest answer warned of a limit.
func (g *governor) nearLimit() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.near
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
