package connectors

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	date := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const none = time.Duration(math.MinInt64)
	for raw, want := range map[string]time.Duration{
		"60": time.Minute, " 7 ": 7 * time.Second, "1.5": 1500 * time.Millisecond, "0": 0, "-5": 0, "1e300": longestWait, "+Inf": longestWait,
		date.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second, date.Add(-time.Hour).Format(http.TimeFormat): -time.Hour,
		date.AddDate(9, 0, 0).Format(http.TimeFormat): longestWait,
		"": none, "soon": none, "NaN": none, "1m": none, date.Format(time.RFC3339): none,
	} {
		got, ok := RetryAfter(http.Header{"Retry-After": {raw}}, date)
		if ok != (want != none) || ok && got != want {
			t.Errorf("%q is %s, %v", raw, got, ok)
		}
	}
	if got, ok := RetryAfter(http.Header{"Retry-After": {date.Format(http.TimeFormat)}}, time.Time{}); ok {
		t.Errorf("a date without the server's clock is %s", got)
	}
}

func TestIsJSON(t *testing.T) {
	for raw, want := range map[string]bool{
		"": true, "application/json": true, "application/json; charset=utf-8": true, "application/vnd.github+json": true, "Application/JSON": true,
		"text/html": false, "text/plain; charset=utf-8": false, "application/json, text/html": false, ";": false, "json": false,
	} {
		if got := IsJSON(http.Header{"Content-Type": {raw}}); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}

type slowError struct{}

func (slowError) Error() string   { return "too slow" }
func (slowError) Timeout() bool   { return true }
func (slowError) Temporary() bool { return false }

func TestUnanswered(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	query := func(err error) error { return &url.Error{Op: "Get", URL: "https://x.example/?q=private", Err: err} }
	for name, c := range map[string]struct {
		err    error
		reason Reason
		text   string
	}{
		"reset":       {query(errors.New("reset")), ReasonNetwork, "GET /x: reset"},
		"timeout":     {query(slowError{}), ReasonTimeout, "GET /x: too slow"},
		"deadline":    {query(context.DeadlineExceeded), ReasonTimeout, "GET /x: context deadline exceeded"},
		"nothing":     {nil, ReasonNetwork, "GET /x: no answer"},
		"our own":     {query(&Error{Reason: ReasonAuth, RetryAt: at, Err: errors.New("no token")}), ReasonAuth, "GET /x: no token"},
		"not even so": {errors.New("odd"), ReasonNetwork, "GET /x: odd"},
	} {
		err := Unanswered(t.Context(), "GET /x", c.err)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != c.reason || e.Err.Error() != c.text || strings.Contains(err.Error(), "private") || (name == "our own") != e.RetryAt.Equal(at) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	err := Unanswered(ended, "GET /x", query(errors.New("reset")))
	if _, ours := errors.AsType[*Error](err); ours || !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
	if err := Describe("read", errors.New("odd")); err.Error() != "read: odd" {
		t.Error(err)
	}
}

func TestTooManyVanished(t *testing.T) {
	for _, c := range []struct {
		vanished, all, few int
		want               bool
	}{{0, 0, 3, false}, {2, 2, 3, false}, {3, 3, 3, true}, {3, 10, 3, false}, {4, 10, 3, true}, {9, 9, 10, false}, {10, 33, 10, true}, {10, 34, 10, false}} {
		if got := TooManyVanished(c.vanished, c.all, c.few); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestPosition(t *testing.T) {
	type position struct {
		At int64 `json:"at"`
	}
	raw, err := EncodePosition(position{At: 7})
	if p, ok := DecodePosition[position](raw); err != nil || !ok || p.At != 7 {
		t.Errorf("%s becomes %+v, %v, %v", raw, p, ok, err)
	}
	for _, raw := range []string{"", "{", `{"at":"x"}`, "[]"} {
		if p, ok := DecodePosition[position](raw); ok || p != (position{}) {
			t.Errorf("%q becomes %+v, %v", raw, p, ok)
		}
	}
	if _, err := EncodePosition(func() {}); err == nil {
		t.Error("a function has a position")
	}
}
