package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	gojira "github.com/andygrunwald/go-jira"

	"github.com/workdrift/workdrift/connectors"
)

// errShape is wrapped by errors about an answer that is not what was asked for.
var errShape = errors.New("unexpected shape")

// An api sends requests through go-jira's client, which builds and signs them,
// and judges the answers itself.
type api struct {
	client  *gojira.Client
	gov     *governor
	base    *url.URL
	timeout time.Duration // of one request
}

func newAPI(env connectors.Env, cfg *config) (*api, error) {
	base, err := cfg.root()
	if err != nil {
		return nil, err
	}
	secret, err := connectors.SecretSource{File: cfg.TokenFile, Env: cfg.TokenEnv}.Load(env.Resolve)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	signed := env.Transport
	switch {
	case secret.IsZero():
	case cfg.Email != "":
		signed = &gojira.BasicAuthTransport{Username: cfg.Email, Password: secret.Reveal(), Transport: env.Transport}
	default:
		signed = &gojira.PATAuthTransport{Token: secret.Reveal(), Transport: env.Transport}
	}
	client, err := gojira.NewClient(&http.Client{Transport: connectors.Confine(signed, base), CheckRedirect: connectors.NoRedirect}, base.String())
	if err != nil {
		return nil, errors.New("base_url: not a URL")
	}
	return &api{
		client: client, base: base, timeout: time.Duration(cfg.Timeout),
		gov: newGovernor(cfg.Reserve, !secret.IsZero(), env.Now, env.Observer),
	}, nil
}

// signed reports whether there is a credential at all.
func (a *api) signed() bool { return a.gov.signed }

// A reply is an answer whose status the caller knows how to take: 200, or a
// 4xx that is neither a limit nor about the credential.
type reply struct {
	answer
	what string // "GET /rest/api/2/field", for messages
}

// get asks for a path below the base URL.
func (a *api) get(ctx context.Context, path string, query url.Values) (*reply, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return a.send(ctx, http.MethodGet, path, nil)
}

// post sends a JSON body. Everything that is posted only reads.
func (a *api) post(ctx context.Context, path string, body any) (*reply, error) {
	return a.send(ctx, http.MethodPost, path, body)
}

func (a *api) send(ctx context.Context, method, address string, body any) (*reply, error) {
	path, _, _ := strings.Cut(address, "?")
	what := method + " " + path
	endpoint := endpointOf(what)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := a.gov.allow(endpoint); err != nil {
		return nil, connectors.Describe(what, err)
	}
	limited, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	req, err := a.client.NewRequestWithContext(limited, method, address, body)
	if err != nil {
		return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: cannot make a request of that", what)}
	}
	req.Header.Set("Accept", "application/json")
	// No value is handed to Do: its decoder would stop after the first JSON
	// value and hide what follows it, and its errors hide status and headers.
	resp, err := a.client.Do(req, nil)
	if resp == nil || resp.Response == nil {
		return nil, connectors.Unanswered(ctx, what, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, connectors.Unanswered(ctx, what, err)
	}
	r := &reply{what: what, answer: answer{status: resp.StatusCode, header: resp.Header, body: raw}}
	r.date, _ = http.ParseTime(resp.Header.Get("Date"))
	if err := a.gov.observe(endpoint, r.answer); err != nil {
		return r, connectors.Describe(what, err)
	}
	return r, nil
}

var numbers = regexp.MustCompile(`/[0-9]+(/|$)`)

// endpointOf makes one name of all requests that share a burst limit.
func endpointOf(what string) string { return numbers.ReplaceAllString(what, "/{id}$1") }

// object decodes a 200 that holds a JSON object with all of the members named.
func (r *reply) object(into any, members ...string) error {
	if err := r.ok('{'); err != nil {
		return err
	}
	if len(members) > 0 {
		var top map[string]json.RawMessage
		if err := json.Unmarshal(r.body, &top); err != nil {
			return r.decodeError(errors.New("broken JSON"))
		}
		for _, m := range members {
			if v, ok := top[m]; !ok || string(v) == "null" {
				return r.decodeError(fmt.Errorf("no %s in it: %w", m, errShape))
			}
		}
	}
	if err := json.Unmarshal(r.body, into); err != nil {
		return r.decodeError(jsonError(err))
	}
	return nil
}

// array decodes a 200 that holds a JSON array.
func (r *reply) array(into any) error {
	if err := r.ok('['); err != nil {
		return err
	}
	if err := json.Unmarshal(r.body, into); err != nil {
		return r.decodeError(jsonError(err))
	}
	return nil
}

// ok accepts a 200 whose body claims to be JSON and starts like it.
func (r *reply) ok(first byte) error {
	if r.status != http.StatusOK {
		return r.statusError()
	}
	if !connectors.IsJSON(r.header) {
		return r.decodeError(errors.New("the answer is not JSON"))
	}
	if trimmed := bytes.TrimLeft(r.body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != first {
		return r.decodeError(fmt.Errorf("does not start with %q: %w", first, errShape))
	}
	return nil
}

// jsonError describes what is wrong with JSON without quoting it.
func jsonError(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(e.Value, " ") // "number -5" quotes the value
		return fmt.Errorf("a %s at %q: %w", kind, e.Field, errShape)
	}
	for _, own := range []error{errShape, errTime} {
		if errors.Is(err, own) {
			return own
		}
	}
	return errors.New("broken JSON")
}

func (r *reply) decodeError(err error) error {
	return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %w", r.what, err)}
}

// statusError says that a status was not expected here.
func (r *reply) statusError() error {
	return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: status %d", r.what, r.status)}
}
