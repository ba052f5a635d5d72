package connectors

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// longestWait bounds what RetryAfter returns. Nobody waits that long: it only
// keeps absurd numbers from overflowing.
const longestWait = 24 * time.Hour

// RetryAfter reads the header Retry-After in both its forms: how long the
// server asks to stay away, at most a day, and whether it says so at all. A
// date is compared with the server's own clock, the Date of the same answer; it
// may have passed. Without that clock it says nothing.
func RetryAfter(h http.Header, date time.Time) (time.Duration, bool) {
	raw := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseFloat(raw, 64); err == nil && n == n { // not NaN
		return time.Duration(min(max(n, 0), longestWait.Seconds()) * float64(time.Second)), true
	}
	at, err := http.ParseTime(raw)
	if err != nil || date.IsZero() {
		return 0, false
	}
	return min(at.Sub(date), longestWait), true
}

// IsJSON reports whether an answer claims to be JSON, or claims nothing. Login
// pages and proxies answer with status 200 and HTML.
func IsJSON(h http.Header) bool {
	raw := h.Get("Content-Type")
	if raw == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(raw)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// Describe adds what was attempted to an error. That of an *Error goes inside,
// so that reason and time to retry stay on top.
func Describe(what string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return &Error{Reason: e.Reason, RetryAt: e.RetryAt, Err: fmt.Errorf("%s: %w", what, e.Err)}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Unanswered classifies a request that got no complete answer. Addresses are
// left out, because their queries hold what only the server should see. When
// ctx has ended, its error is returned: the server is not to blame.
func Unanswered(ctx context.Context, what string, err error) error {
	if e := ctx.Err(); e != nil {
		return fmt.Errorf("%s: %w", what, e)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return Describe(what, e)
	}
	reason := ReasonNetwork
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		reason = ReasonTimeout
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err == nil {
		err = errors.New("no answer")
	}
	return &Error{Reason: reason, Err: fmt.Errorf("%s: %w", what, err)}
}

// Above this share of what is known that vanishes at once, a loss of rights or
// a failing server is likelier than so many deletions.
const maxVanished = 0.3

// TooManyVanished reports whether so many of all known objects are missing at
// once that nobody should believe it. Fewer than few are always believed.
func TooManyVanished(vanished, all, few int) bool {
	return vanished >= few && float64(vanished) > maxVanished*float64(all)
}
