package promql

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/workdrift/workdrift/connectors"
)

// config is the connector's section of the configuration.
type config struct {
	BaseURL   string        `yaml:"base_url"`   // "http://prometheus:9090", with the path under which it is served
	TokenFile string        `yaml:"token_file"` // bearer token
	TokenEnv  string        `yaml:"token_env"`
	Username  string        `yaml:"username"` // basic authentication instead
	PassFile  string        `yaml:"password_file"`
	PassEnv   string        `yaml:"password_env"`
	OrgID     string        `yaml:"org_id"`  // X-Scope-OrgID of servers with several tenants
	Timeout   time.Duration `yaml:"timeout"` // of one query
}

// transport checks the configuration and returns what signs requests.
func (c *config) transport(env connectors.Env) (http.RoundTripper, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("base_url: give the address of a Prometheus server, such as http://prometheus:9090")
	}
	if c.Timeout <= 0 {
		return nil, errors.New("timeout: must be positive")
	}
	token, err := connectors.SecretSource{File: c.TokenFile, Env: c.TokenEnv}.Load(env.Resolve)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	password, err := connectors.SecretSource{File: c.PassFile, Env: c.PassEnv}.Load(env.Resolve)
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	switch {
	case !token.IsZero() && c.Username != "":
		return nil, errors.New("username: give a token or a user, not both")
	case (c.Username == "") != password.IsZero():
		return nil, errors.New("username: give it together with its password")
	}
	next := env.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return connectors.Confine(&signer{next: next, token: token, user: c.Username, password: password, org: c.OrgID}, base), nil
}

// A signer adds credentials to requests.
type signer struct {
	next            http.RoundTripper
	token, password connectors.Secret
	user, org       string
}

// RoundTrip implements http.RoundTripper.
func (s *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	switch {
	case !s.token.IsZero():
		r.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	case s.user != "":
		r.SetBasicAuth(s.user, s.password.Reveal())
	}
	if s.org != "" {
		r.Header.Set("X-Scope-OrgID", s.org)
	}
	return s.next.RoundTrip(r)
}

// noted is a client that remembers how the server answered, which the errors
// of the API do not tell.
type noted struct {
	api.Client
	status int
	header http.Header
}

// Do implements api.Client.
func (n *noted) Do(ctx context.Context, r *http.Request) (*http.Response, []byte, error) {
	resp, body, err := n.Client.Do(ctx, r)
	if resp != nil {
		n.status, n.header = resp.StatusCode, resp.Header
	}
	return resp, body, err
}

// refused reports whether the query is at fault, not the server.
func refused(err error) bool {
	e, ok := errors.AsType[*v1.Error](err)
	return ok && (e.Type == v1.ErrBadData || e.Type == v1.ErrExec)
}

// classify turns a failure of the server into the poller's error. What the
// server says is left out: it may quote the query, and with it label values.
func (n *noted) classify(err error, now time.Time) error {
	out := &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("query the server: status %d", n.status)}
	e, isAPI := errors.AsType[*v1.Error](err)
	switch {
	case n.status == http.StatusUnauthorized || n.status == http.StatusForbidden:
		out.Reason = connectors.ReasonAuth
	case n.status == http.StatusTooManyRequests:
		out.Reason = connectors.ReasonRateLimited
		date, _ := http.ParseTime(n.header.Get("Date"))
		wait, told := connectors.RetryAfter(n.header, date)
		if !told || wait <= 0 {
			wait = time.Minute
		}
		out.RetryAt = now.Add(wait)
	case !isAPI:
		out.Reason, out.Err = connectors.ReasonOf(err), fmt.Errorf("query the server: %w", err)
	case e.Type == v1.ErrTimeout || e.Type == v1.ErrCanceled:
		out.Reason = connectors.ReasonTimeout
	case e.Type == v1.ErrBadResponse && n.status/100 == 2:
		out.Reason, out.Err = connectors.ReasonDecode, errors.New("query the server: the answer is not what its API promises")
	}
	return out
}
