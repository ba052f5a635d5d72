package connectors

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// ServerURL reads the address of a server that is sent credentials: nothing but
// scheme, host and path, and plain HTTP only on the own machine. The example
// is what errors show; they do not repeat the address.
func ServerURL(raw, example string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("not a plain URL such as %s", example)
	case u.Scheme == "http" && !IsLoopback(u.Hostname()), u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must be https")
	}
	return u, nil
}

// IsLoopback reports whether a host is the own machine, by name or by address.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// SameServer reports whether two URLs lie on one server: scheme, host and port
// agree, however they are spelled, and neither carries a user name.
func SameServer(a, b *url.URL) bool {
	of, err1 := originOf(a)
	to, err2 := originOf(b)
	return err1 == nil && err2 == nil && of == to
}

// NoRedirect is a http.Client's CheckRedirect that hands a redirect over as the
// answer: credentials go to no second address, and an API that redirects to a
// login page has not answered.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Confine returns a transport that lets requests through to the servers of the
// roots only. It belongs in front of what signs requests, which then signs none
// that somebody else would get.
func Confine(next http.RoundTripper, roots ...*url.URL) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &confined{next, roots}
}

type confined struct {
	next  http.RoundTripper
	roots []*url.URL
}

// RoundTrip implements http.RoundTripper.
func (c *confined) RoundTrip(req *http.Request) (*http.Response, error) {
	for _, root := range c.roots {
		if SameServer(req.URL, root) {
			return c.next.RoundTrip(req)
		}
	}
	if req.Body != nil {
		req.Body.Close() // as the contract of RoundTripper wants, of a body that nobody reads
	}
	return nil, &Error{Reason: ReasonServer, Err: fmt.Errorf("refuse to follow to another host, %s", req.URL.Host)}
}
