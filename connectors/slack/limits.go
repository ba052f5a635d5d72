package slack

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// Waits that the server may ask for are kept within these limits, so that a
// skewed clock or an absurd header neither hammers nor stops for ever.
const (
	minWait     = time.Second
	defaultWait = time.Minute // where the server does not tell
	maxWait     = time.Hour
)

// The limits of apps that are distributed commercially outside of Slack's
// marketplace, for each of the methods that read messages.
const (
	commercialPage = 15
	commercialGap  = time.Minute
	// noticedFor is how long they are believed to apply when only the answers
	// say so: a short page and a refusal may also have met by chance.
	noticedFor = time.Hour
)

// errRefused is wrapped when the server does not accept the credential: no
// other request will do better.
var errRefused = errors.New("the credential is not accepted")

// An answer is what classification looks at.
type answer struct {
	status int
	header http.Header
	body   []byte
	date   time.Time // by the server's clock, zero when it did not tell
}

// retryAfter is how long the server asks to stay away. Slack sends seconds; a
// header of another kind, or none, means a minute.
func retryAfter(a answer) time.Duration {
	if wait, told := connectors.RetryAfter(a.header, a.date); told && wait > 0 {
		return clampWait(wait)
	}
	return defaultWait
}

func clampWait(d time.Duration) time.Duration { return min(max(d, minWait), maxWait) }

// byStatus judges an answer on its status; nil leaves it to the body.
func byStatus(a answer, now time.Time) *connectors.Error {
	e := &connectors.Error{Err: fmt.Errorf("status %d", a.status)}
	switch {
	case a.status == http.StatusOK:
		return nil
	case a.status == http.StatusTooManyRequests:
		e.Reason, e.RetryAt = connectors.ReasonRateLimited, now.Add(retryAfter(a))
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		e.Reason, e.Err = connectors.ReasonAuth, fmt.Errorf("status %d: %w", a.status, errRefused)
	default:
		e.Reason = connectors.ReasonServer
		if a.status >= 500 && a.header.Get("Retry-After") != "" {
			e.RetryAt = now.Add(retryAfter(a))
		}
	}
	return e
}

// A codeError is an error that Slack names and that is about the object that
// was asked for, not about the credential or the server.
type codeError string

func (e codeError) Error() string { return string(e) }

// Codes that the callers take.
const (
	codeNoThread  = codeError("thread_not_found")
	codeNoMessage = codeError("message_not_found")
	codeBadCursor = codeError("invalid_cursor")
)

// asFailure makes a codeError that nobody took a failed fetch.
func asFailure(err error) error {
	if _, isCode := errors.AsType[codeError](err); !isCode {
		return err
	}
	if _, ok := errors.AsType[*connectors.Error](err); ok {
		return err
	}
	return &connectors.Error{Reason: connectors.ReasonServer, Err: err}
}

// byCode judges the error that Slack names in a body with status 200.
func byCode(code string, a answer, now time.Time) error {
	e := &connectors.Error{Reason: connectors.ReasonServer, Err: codeError(code)}
	switch code {
	case "":
		// Neither a success nor a reason: nothing of it can be believed.
		e.Reason, e.Err = connectors.ReasonDecode, errors.New("the answer is neither a success nor an error")
	case "ratelimited", "rate_limited":
		e.Reason, e.RetryAt = connectors.ReasonRateLimited, now.Add(retryAfter(a))
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required",
		"team_access_not_granted", "no_permission", "not_allowed_token_type", "ekm_access_denied", "access_denied", "team_not_found":
		e.Reason, e.Err = connectors.ReasonAuth, fmt.Errorf("%s: %w", code, errRefused)
	case "missing_scope":
		e.Reason = connectors.ReasonAuth
	case "thread_not_found", "user_not_found", "user_not_visible", "users_not_found", "message_not_found", "invalid_cursor":
		return codeError(code)
	case "channel_not_found", "not_in_channel", "is_archived", "method_not_supported_for_channel_type":
		e.Reason, e.Err = connectors.ReasonAuth, fmt.Errorf("%w: %s", errLost, code)
	}
	return e
}

// isCode keeps what a server calls an error out of our errors unless it has the
// form of one of Slack's codes.
func isCode(code string) bool {
	if len(code) > 64 {
		return false
	}
	return !strings.ContainsFunc(code, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// A governor keeps the token within its limits, which Slack counts for each
// method. It never waits: it says when to come back.
type governor struct {
	now func() time.Time

	mu         sync.Mutex
	blocked    map[string]time.Time // by method, our clock
	last       map[string]time.Time // when a method was last called
	short      map[string]bool      // methods that gave 15 messages where more were asked for and more were there
	commercial bool                 // by the configuration
	noticed    time.Time            // when the answers last said so
	told       bool                 // of that
	skew       time.Duration        // server's clock minus ours
}

func newGovernor(commercial bool, now func() time.Time) *governor {
	return &governor{
		now: now, commercial: commercial,
		blocked: map[string]time.Time{}, last: map[string]time.Time{}, short: map[string]bool{},
	}
}

func readsMessages(method string) bool {
	return method == methodHistory || method == methodReplies
}

// allow returns an error while a method is blocked.
func (g *governor) allow(method string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, until := g.now(), g.blocked[method]
	if g.slow(now) && readsMessages(method) {
		// A clock that was set back must not block for ever.
		if last, ok := g.last[method]; ok && !now.Before(last) && now.Before(last.Add(commercialGap)) && until.Before(last.Add(commercialGap)) {
			until = last.Add(commercialGap)
		}
	}
	if !now.Before(until) {
		return nil
	}
	return &connectors.Error{
		Reason: connectors.ReasonRateLimited, RetryAt: until,
		Err: fmt.Errorf("%s: the server asked to wait, or allows one request a minute", method),
	}
}

// ready reports whether allow would let a request pass.
func (g *governor) ready(method string) bool { return g.allow(method) == nil }

// sent notes that a method is being called.
func (g *governor) sent(method string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last[method] = g.now()
}

// observe learns from an answer and its judgement.
func (g *governor) observe(method string, a answer, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !a.date.IsZero() {
		g.skew = a.date.Sub(now)
	}
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok || e.Reason != connectors.ReasonRateLimited {
		return
	}
	if e.RetryAt.After(g.blocked[method]) {
		g.blocked[method] = e.RetryAt
	}
	if !g.slow(now) && g.short[method] {
		g.noticed, g.told = now, false
		clear(g.short)
	}
}

// page is told how many messages a page had when limit were asked for and there
// were more. Pages of exactly 15, followed by a refusal, are how the limit of
// commercial apps shows.
func (g *governor) page(method string, got, limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.short[method] = got == commercialPage && limit > commercialPage
}

// limit is how many messages to ask for.
func (g *governor) limit(configured int) int {
	if g.isCommercial() {
		return min(configured, commercialPage)
	}
	return configured
}

func (g *governor) isCommercial() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.slow(g.now())
}

// slow is isCommercial for those who hold the lock.
func (g *governor) slow(now time.Time) bool {
	age := now.Sub(g.noticed)
	return g.commercial || !g.noticed.IsZero() && age >= 0 && age < noticedFor
}

// notice returns true once after the limit of commercial apps was noticed.
func (g *governor) notice() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	fresh := !g.noticed.IsZero() && !g.told
	g.told = true
	return fresh
}

// serverNow is the present by the server's clock, as far as it is known.
func (g *governor) serverNow() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now().Add(g.skew)
}
