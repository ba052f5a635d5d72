package github

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/workdrift/workdrift/connectors"
)

// maxHops bounds how many redirects one request follows.
const maxHops = 3

// An api sends requests through go-github's client, which builds and sends
// them, and judges the answers itself.
type api struct {
	client  *gh.Client
	creds   credentials
	gov     *governor
	base    *url.URL
	graphql *url.URL
	timeout time.Duration // of one request
	// buf holds the body of the newest answer. Requests are serial, and an
	// answer is decoded before the next one is asked for.
	buf bytes.Buffer
	// told counts how often each next page was told in this round.
	told map[string]int
}

// maxTold is how often a next page may be told before its list goes round. What
// moves under the hand is read again a few times.
const maxTold = 20

func newAPI(env connectors.Env, cfg *config) (*api, error) {
	base, graphql, err := cfg.endpoints()
	if err != nil {
		return nil, err
	}
	a := &api{gov: newGovernor(cfg.Reserve, env.Now, env.Observer), base: base, graphql: graphql, timeout: time.Duration(cfg.Timeout), told: map[string]int{}}
	if cfg.App.isZero() {
		secret, err := cfg.token(env)
		if err != nil {
			return nil, err
		}
		a.creds = personal{secret}
	} else if a.creds, err = newInstallation(cfg.App, env, a.gov, base, a.timeout); err != nil {
		return nil, err
	}
	sign := connectors.Confine(&signer{next: env.Transport, token: a.creds.token}, base, graphql)
	a.client = gh.NewClient(&http.Client{Transport: sign, CheckRedirect: connectors.NoRedirect})
	a.client.BaseURL = base
	a.client.UserAgent = "workdrift"
	return a, nil
}

// signed reports whether there is a credential at all.
func (a *api) signed() bool { return a.creds.id() != "anonymous" }

// A validator makes a request conditional: the entity tag of an earlier answer
// and the fingerprint of the request it answered. The tag of another address,
// media type or credential is not sent.
type validator struct {
	Tag string `json:"tag,omitempty"`
	Of  string `json:"of,omitempty"`
}

// A reply is an answer whose status the caller knows how to take: 200, 304, a
// redirect, or a 4xx that is neither a limit nor about the credential. Its
// body is valid until the next request.
type reply struct {
	answer
	url   string // the address that answered
	moved bool   // a redirect was followed
	next  string // address of the next page, "" on the last
	tag   validator
}

// get sends a GET request for an address below the base URL, and follows
// redirects on the same host.
func (a *api) get(ctx context.Context, address string, v validator) (*reply, error) {
	moved := false
	for hop := 0; ; hop++ {
		r, err := a.once(ctx, http.MethodGet, address, nil, v)
		if err != nil {
			return nil, err
		}
		r.moved = moved
		if !isRedirect(r.status) {
			return r, nil
		}
		to, err := a.location(r)
		if err != nil || hop == maxHops {
			return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("GET %s: redirect that cannot be followed", pathOf(address))}
		}
		moved, address = true, to
	}
}

// peek is get that hands a redirect over instead of following it.
func (a *api) peek(ctx context.Context, address string) (*reply, error) {
	return a.once(ctx, http.MethodGet, address, nil, validator{})
}

// post sends a JSON body.
func (a *api) post(ctx context.Context, address string, body any) (*reply, error) {
	return a.once(ctx, http.MethodPost, address, body, validator{})
}

func (a *api) once(ctx context.Context, method, address string, body any, v validator) (*reply, error) {
	r, err := a.send(ctx, method, address, body, v)
	if err != nil && connectors.ReasonOf(err) == connectors.ReasonAuth && r != nil && r.status == http.StatusUnauthorized && a.creds.refused() {
		return a.send(ctx, method, address, body, v)
	}
	return r, err
}

func (a *api) send(ctx context.Context, method, address string, body any, v validator) (*reply, error) {
	what := method + " " + pathOf(address)
	req, err := a.client.NewRequest(method, address, body)
	if err != nil {
		return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: cannot make a request of that address", what)}
	}
	resource := resourceCore
	if req.URL.Path == a.graphql.Path && connectors.SameServer(req.URL, a.graphql) {
		resource = resourceGraphQL
	}
	if err := a.gov.allow(resource); err != nil {
		return nil, connectors.Describe(what, err)
	}
	of := a.fingerprint(req)
	if v.Tag != "" && v.Of == of {
		req.Header.Set("If-None-Match", v.Tag)
	}
	// Not http.Client's own timeout: its timers outlive answers that go-github
	// does not close, and a 304 is one.
	limited, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	sent, ex := withExchange(limited)
	a.buf.Reset()
	asked := req.Header.Get("If-None-Match") != ""
	resp, err := a.client.Do(sent, req, &a.buf)
	if ex.status == 0 || err != nil && ex.status == http.StatusOK {
		return nil, connectors.Unanswered(ctx, what, err)
	}
	r := &reply{answer: answer{status: ex.status, header: ex.header, body: a.buf.Bytes(), date: ex.date}, url: req.URL.String()}
	if err != nil && resp != nil && resp.Response != nil {
		r.body, _ = io.ReadAll(resp.Body)
	}
	if err := a.gov.observe(resource, r.answer); err != nil {
		return r, connectors.Describe(what, err)
	}
	if r.status == http.StatusNotModified && !asked {
		// It would pass for having read what was not.
		return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: status 304, though nothing was known before", what)}
	}
	if r.next, err = a.nextLink(r); err != nil {
		return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: %w", what, err)}
	}
	if r.next != "" {
		if a.told[r.next]++; a.told[r.next] > maxTold || r.next == r.url {
			return nil, decodeError(r, errors.New("the pages of the list lead to each other"))
		}
	}
	if tag := r.header.Get("ETag"); tag != "" && r.status == http.StatusOK {
		r.tag = validator{Tag: tag, Of: of}
	} else if r.status == http.StatusNotModified {
		r.tag = v
	}
	return r, nil
}

// fingerprint identifies what an entity tag depends on.
func (a *api) fingerprint(req *http.Request) string {
	sum := sha256.Sum256([]byte(req.URL.String() + "\n" + req.Header.Get("Accept") + "\n" + a.creds.id()))
	return hex.EncodeToString(sum[:6])
}

// nextLink returns the raw address of the next page, "" on the last one.
// go-github's own reading of the header finds page numbers only and stops at
// commas. A next page on another host is an error: leaving it out would pass
// for the end of the list.
func (a *api) nextLink(r *reply) (string, error) {
	for _, rest := range r.header.Values("Link") {
		for {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			address, after, ok := strings.Cut(after, ">")
			if !ok {
				break
			}
			params, _, _ := strings.Cut(after, "<")
			if isNext(params) {
				if !a.ours(address) {
					return "", errors.New("the next page lies on another host")
				}
				return address, nil
			}
			rest = after
		}
	}
	return "", nil
}

// isNext looks for rel="next" among the parameters of one link.
func isNext(params string) bool {
	for p := range strings.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && strings.Trim(strings.TrimSpace(value), `"`) == "next" {
			return true
		}
	}
	return false
}

// ours reports whether an absolute address lies on the configured server.
func (a *api) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && connectors.SameServer(u, a.base)
}

// resume returns the page a position goes on with, "" when it does not lie on
// the configured server: then the list is read from its first page.
func (a *api) resume(next string) string {
	if next == "" || !a.ours(next) {
		return ""
	}
	return next
}

// location returns where a redirect leads, an error for another host.
func (a *api) location(r *reply) (string, error) {
	from, err := url.Parse(r.url)
	if err != nil {
		return "", err
	}
	to, err := from.Parse(r.header.Get("Location"))
	if err != nil {
		return "", err
	}
	if !connectors.SameServer(to, a.base) {
		return "", errors.New("the redirect leads to another host")
	}
	return to.String(), nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// checkJSON accepts a 200 whose body claims to be JSON.
func (r *reply) checkJSON() error {
	if r.status != http.StatusOK {
		return fmt.Errorf("status %d", r.status)
	}
	if !connectors.IsJSON(r.header) {
		return errors.New("the answer is not JSON")
	}
	return nil
}

// decodeError says that a 200 does not hold what it should.
func decodeError(r *reply, err error) error {
	return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %w", pathOf(r.url), err)}
}

// statusError says that a status was not expected here.
func statusError(r *reply) error {
	return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: status %d", pathOf(r.url), r.status)}
}

// pathOf returns the path of an address, for messages.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "a malformed address"
	}
	return u.Path
}
