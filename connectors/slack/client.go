package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
)

// The methods that are called.
const (
	methodAuth        = "auth.test"
	methodChannels    = "users.conversations"
	methodHistory     = "conversations.history"
	methodReplies     = "conversations.replies"
	methodUsers       = "users.list"
	methodUser        = "users.info"
	methodTeamProfile = "team.profile.get"
	methodProfile     = "users.profile.get"
)

// An api sends requests through slack-go, which builds and signs them. The
// answers are judged and decoded here: slack-go takes {} and {"ok":false} for
// success, does not understand every refusal, and gives up a whole page for one
// malformed block.
type api struct {
	client *sdk.Client
	tape   *tape
	gov    *governor
	// private says that the app was granted to read private channels, whether
	// or not the configuration names one.
	private bool
}

func newAPI(env connectors.Env, cfg *config) (*api, error) {
	root, err := cfg.endpoint()
	if err != nil {
		return nil, err
	}
	token, err := connectors.SecretSource{File: cfg.TokenFile, Env: cfg.TokenEnv}.Load(env.Resolve)
	if err != nil {
		return nil, err
	}
	if token.IsZero() {
		return nil, errors.New("token_file: name a file or an environment variable (token_env) with the bot token, xoxb-…")
	}
	t := &tape{client: &http.Client{Transport: env.Transport, CheckRedirect: connectors.NoRedirect}, timeout: time.Duration(cfg.Timeout)}
	return &api{
		client: sdk.New(token.Reveal(), sdk.OptionAPIURL(root), sdk.OptionHTTPClient(t)),
		tape:   t, gov: newGovernor(cfg.CommercialLimits, env.Now),
	}, nil
}

// A tape is the HTTP client below slack-go. It keeps each answer for us and
// shows slack-go an empty success in its place. Requests are serial.
type tape struct {
	client  *http.Client
	timeout time.Duration
	last    answer
	err     error
}

// Do sends a request and reads its whole answer.
func (t *tape) Do(req *http.Request) (*http.Response, error) {
	t.last, t.err = t.exchange(req)
	if t.err != nil {
		return nil, t.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"ok":true}`)), Request: req,
	}, nil
}

func (t *tape) exchange(req *http.Request) (answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	resp, err := t.client.Do(req.WithContext(ctx))
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date
	}
	return a, nil
}

// An envelope is what all answers have in common.
type envelope struct {
	OK      *bool  `json:"ok"`
	Error   string `json:"error"`
	Needed  string `json:"needed"`
	HasMore bool   `json:"has_more"`
	Meta    struct {
		NextCursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// A reply is a successful answer.
type reply struct {
	answer
	envelope
}

// call sends one request, which send makes through slack-go, and returns its
// answer when that is a success.
func (a *api) call(ctx context.Context, method string, send func(context.Context, *sdk.Client) error) (*reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if err := a.gov.allow(method); err != nil {
		return nil, err
	}
	a.gov.sent(method)
	a.tape.last, a.tape.err = answer{}, nil
	if err := send(ctx, a.client); a.tape.last.status == 0 {
		return nil, connectors.Unanswered(ctx, method, err)
	}
	r := &reply{answer: a.tape.last}
	if r.header.Get(scopesHeader) != "" {
		a.private = r.granted("groups:history")
	}
	err := r.judge(a.gov.now())
	a.gov.observe(method, r.answer, err)
	if err != nil {
		return nil, connectors.Describe(method, err)
	}
	return r, nil
}

const scopesHeader = "X-OAuth-Scopes"

// granted reports whether the answer says that the app has a scope.
func (r *reply) granted(scope string) bool {
	return slices.Contains(strings.Split(strings.ReplaceAll(r.header.Get(scopesHeader), " ", ""), ","), scope)
}

// judge accepts a 200 that is one JSON object that says ok.
func (r *reply) judge(now time.Time) error {
	if e := byStatus(r.answer, now); e != nil {
		return e
	}
	if !connectors.IsJSON(r.header) {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the answer is not JSON")}
	}
	if first := bytes.TrimLeft(r.body, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: errShape}
	}
	if err := json.Unmarshal(r.body, &r.envelope); err != nil {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: decodeReason(err)}
	}
	if r.OK == nil || !*r.OK {
		code := r.envelope.Error
		if !isCode(code) {
			code = "unknown_error"
		}
		if code == "missing_scope" && isScope(r.Needed) {
			return &connectors.Error{Reason: connectors.ReasonAuth, Err: fmt.Errorf("missing_scope: the app needs %s", r.Needed)}
		}
		return byCode(code, r.answer, now)
	}
	return nil
}

func isScope(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && r != ':' && r != '.' && r != ',' && r != '_'
	})
}

// decode reads the members of a successful answer.
func (r *reply) decode(method string, into any) error {
	if err := json.Unmarshal(r.body, into); err != nil {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %w", method, decodeReason(err))}
	}
	return nil
}

// errShape is wrapped when a body is JSON of another shape than expected.
var errShape = errors.New("not of the expected shape")

// decodeReason says what is wrong without quoting what was sent.
func decodeReason(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q is of another type than %s", e.Field, e.Type)
	}
	if e, ok := errors.AsType[invalidError](err); ok {
		return e
	}
	return errors.New("broken JSON")
}
