package web

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// After a few failures an address waits, other addresses do not, and a good
// login costs nothing.
func TestFailedLoginsAreSlowedDown(t *testing.T) {
	f := newFailures()
	now := noon
	bad, good := netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("198.51.100.10")
	for range failureBurst {
		if !f.allowed(bad, now) {
			t.Fatal("refused too early")
		}
		f.add(bad, now)
	}
	if f.allowed(bad, now) || f.allowed(bad, now.Add(failureEvery-time.Second)) {
		t.Error("allowed after too many failures")
	}
	if !f.allowed(bad, now.Add(failureEvery)) || !f.allowed(good, now) {
		t.Error("refused although time passed, or for the failures of another")
	}
	six := netip.MustParseAddr("2001:db8::1")
	for range failureBurst {
		f.add(six, now)
	}
	if f.allowed(netip.MustParseAddr("2001:db8::2"), now) || !f.allowed(netip.MustParseAddr("2001:db8:1::2"), now) {
		t.Error("networks of IPv6 are not told apart by their first half")
	}
	for i := range 3 * failureAddresses {
		f.add(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if len(f.full) > failureAddresses {
		t.Errorf("%d addresses are remembered", len(f.full))
	}
	if f.allowed(good, now) {
		t.Error("who is not known is let through while more fail than can be remembered")
	}
	if later := now.Add(24 * 3 * time.Hour); !f.allowed(good, later.Add(365*24*time.Hour)) {
		t.Error("failures are never forgiven")
	}
}

func TestFailedLoginsOverHTTP(t *testing.T) {
	h := handler(t, fullReport(t), withEverything(t))
	rt := &route{method: "GET", pattern: "/api/v1/report"}
	for i, want := range []int{401, 401, 401, 401, 401, 429} {
		if w := call(h, rt, rt.pattern, distant, "Authorization", "Bearer wrong"); w.Code != want {
			t.Errorf("failure %d: %d, want %d", i+1, w.Code, want)
		}
	}
	w := call(h, rt, rt.pattern, distant, "Authorization", "Bearer "+readToken)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a good login from the same address: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := call(h, rt, rt.pattern, proxied, "Authorization", "Bearer "+readToken, "X-Forwarded-For", "203.0.113.5"); w.Code != 200 {
		t.Errorf("from another address: %d", w.Code)
	}
	if w := call(h, rt, rt.pattern, distant); w.Code != 401 {
		t.Errorf("without a login: %d", w.Code)
	}
}

func TestSecretsArePrintedNowhere(t *testing.T) {
	access := anAccess(t)
	raw := string(access.Users[0].Hash.hash)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(format, access)
		digest := access.Tokens[0].Digest.sum
		for _, secret := range []string{raw, fmt.Sprintf("%x", raw), fmt.Sprintf("%x", digest), fmt.Sprint(digest[:4])[1:8]} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret: %s", format, text)
			}
		}
	}
	if _, err := NewPasswordHash("$2a$04$" + strings.Repeat("a", 53)); err == nil || strings.Contains(err.Error(), "aaaa") {
		t.Errorf("a cheap hash: %v", err)
	}
	if bytes.Contains([]byte(fmt.Sprint(access.Tokens)), []byte(readToken)) {
		t.Error("a token is kept")
	}
}
