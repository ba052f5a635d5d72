package fake

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SlackOptions say how a Slack server behaves. The zero value is slack.com
// with an internal app that has every scope.
type SlackOptions struct {
	// Now gives the time of the Date header and of the rate limits; default:
	// time.Now.
	Now func() time.Time
	// Tokens are the valid tokens; nil takes every bot token, "xoxb-…".
	Tokens []string
	// Scopes are what the app was granted; nil for everything that the server
	// knows.
	Scopes []string
	// Commercial is an app that is distributed outside of the Marketplace:
	// history and replies once a minute, 15 messages at most.
	Commercial bool
	// NoLimit answers without limits, Rates changes single ones: requests a
	// minute by method, "conversations.history".
	NoLimit bool
	Rates   map[string]int
	// ParentOnce shows the parent of a thread on its first page only. Without
	// it every page of conversations.replies starts with the parent. Slack has
	// been seen to do both.
	ParentOnce bool
	// Forward answers conversations.history that names an oldest time and no
	// latest with the messages closest to the oldest, newest first on the page,
	// and goes on with newer ones. Slack documents that; without the option
	// such a request is read from the newest message down, which it does too.
	Forward bool
	// Organisation is an app that a whole Enterprise organisation installed,
	// the organisation's id: methods about a workspace have to be told which.
	// It is what Slack documents.
	Organisation string
}

// A Slack serves a Workspace as Slack's Web API does, below /api/. It is an
// http.Handler.
type Slack struct {
	script
	journal

	space *Workspace
	opts  SlackOptions

	mu       sync.Mutex
	tokens   map[string]bool // false for revoked ones
	scopes   []string
	windows  map[string]*rateWindow
	trespass []string
	posted   []Posted
}

// A Posted is a message that a client posted with chat.postMessage.
type Posted struct {
	Channel, TS, Thread, Text string
	Blocks                    json.RawMessage
	Metadata                  json.RawMessage
}

// NewSlack returns a server for a workspace.
func NewSlack(w *Workspace, o SlackOptions) *Slack {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Slack{space: w, opts: o, tokens: map[string]bool{}, windows: map[string]*rateWindow{}}
	for _, t := range o.Tokens {
		s.tokens[t] = true
	}
	s.scopes = allScopes()
	if o.Scopes != nil {
		s.scopes = slices.Clone(o.Scopes)
	}
	return s
}

// Workspace returns the workspace that is served.
func (s *Slack) Workspace() *Workspace { return s.space }

// SetScopes replaces what the app was granted.
func (s *Slack) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.Clone(scopes)
}

// Revoke takes a token back: token_revoked.
func (s *Slack) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = false
}

// Trespasses names the reads of messages in conversations that are off limits,
// "conversations.history D0…". A correct client causes none.
func (s *Slack) Trespasses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.trespass)
}

// Posted returns the messages that clients posted, in their order.
func (s *Slack) Posted() []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posted)
}

// A slackCall is one request on its way through the server.
type slackCall struct {
	s      *Slack
	w      *Workspace
	r      *http.Request // as rules see it: the arguments are its query
	method string        // "conversations.history", "" for another address
	args   url.Values    // without the token
	token  string
	authed bool
	scopes []string
	now    time.Time
	fault  *Fault
}

func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.enter()
	defer s.leave()
	c := s.newCall(r)
	c.fault = s.pick(c.r)
	if c.fault != nil && c.fault.Kind == MutateBefore {
		c.fault.Do()
	}
	res := &response{status: http.StatusOK}
	if c.fault == nil || !c.fault.refuses(c.method) {
		res = c.answer()
	}
	if c.fault != nil {
		c.fault.spoilSlack(c, res)
	}
	s.record(c, res)
	if c.fault != nil && c.fault.Kind == MutateAfter {
		c.fault.Do()
	}
	maps.Copy(w.Header(), res.header)
	for key, value := range map[string]string{
		"Date": c.now.UTC().Format(http.TimeFormat), "Content-Type": "application/json; charset=utf-8",
		"X-Slack-Req-Id": Fingerprint(strconv.FormatInt(c.now.UnixNano(), 36)), "Vary": "Accept-Encoding",
		"Cache-Control": "private, no-cache, no-store, must-revalidate",
	} {
		if w.Header().Get(key) == "" {
			w.Header().Set(key, value)
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(res.body)))
	if c.fault == nil {
		write(w, res.status, res.body)
		return
	}
	c.fault.deliver(w, r, res)
}

// newCall reads the arguments, which come as query, form or JSON, and the
// token, which comes as header or argument.
func (s *Slack) newCall(r *http.Request) *slackCall {
	c := &slackCall{s: s, w: s.space, now: s.opts.Now(), args: r.URL.Query()}
	if method, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		c.method = method
	}
	// A body that cannot be read is one without arguments.
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json":
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) == nil {
			for k, v := range object {
				c.args.Set(k, plainValue(v))
			}
		}
	case "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(body)); err == nil {
			maps.Copy(c.args, form)
		}
	}
	c.token = c.args.Get("token")
	if kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(kind, "bearer") {
		c.token = strings.TrimSpace(token)
	}
	c.args.Del("token")
	shown := *r
	address := *r.URL
	address.RawQuery = c.args.Encode()
	shown.URL = &address
	c.r = &shown
	return c
}

// plainValue is a JSON value as a form would hold it.
func plainValue(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

// answer makes the answer that a healthy server gives.
func (c *slackCall) answer() *response {
	m, known := slackMethods()[c.method]
	if !known {
		return c.fail("unknown_method")
	}
	if wrong := c.authenticate(); wrong != "" {
		return c.fail(wrong)
	}
	if wait := c.s.charge(c, m); wait > 0 {
		return c.limited(strconv.Itoa(int((wait + time.Second - 1) / time.Second)))
	}
	if m.scope != "" && !c.granted(m.scope) {
		return c.missing(m.scope)
	}
	if c.s.opts.Organisation != "" && slices.Contains([]string{"users.conversations", "conversations.list", "users.list", "team.info", "team.profile.get"}, c.method) {
		switch c.args.Get("team_id") {
		case "":
			return c.fail("missing_argument")
		case c.w.team:
		default:
			return c.fail("team_not_found")
		}
	}
	if c.method != "chat.postMessage" {
		c.w.mu.RLock()
		defer c.w.mu.RUnlock()
	}
	res := m.answer(c)
	res.set("X-OAuth-Scopes", strings.Join(c.scopes, ","))
	if m.scope != "" {
		res.set("X-Accepted-OAuth-Scopes", m.scope)
	}
	return res
}

// authenticate returns what is wrong with the token.
func (c *slackCall) authenticate() string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.scopes = c.s.scopes
	valid, known := c.s.tokens[c.token]
	switch {
	case c.token == "":
		return "not_authed"
	case known && !valid:
		return "token_revoked"
	case strings.HasPrefix(c.token, "xoxp-") || strings.HasPrefix(c.token, "xapp-"):
		return "not_allowed_token_type"
	case !known && c.s.opts.Tokens != nil || !strings.HasPrefix(c.token, "xoxb-"):
		return "invalid_auth"
	}
	c.authed = true
	return ""
}

func (c *slackCall) granted(scope string) bool { return slices.Contains(c.scopes, scope) }

// fail answers with an error: status 200, as almost always.
func (c *slackCall) fail(code string) *response {
	return &response{status: http.StatusOK, body: []byte(`{"ok":false,"error":"` + code + `"}`)}
}

// missing answers that the app lacks a scope.
func (c *slackCall) missing(scope string) *response {
	var e encoder
	e.open('{')
	e.bool("ok", false)
	e.str("error", "missing_scope")
	e.str("needed", scope)
	e.str("provided", strings.Join(c.scopes, ","))
	e.close('}')
	res := &response{status: http.StatusOK, body: e.b}
	res.set("X-OAuth-Scopes", strings.Join(c.scopes, ","))
	res.set("X-Accepted-OAuth-Scopes", scope)
	return res
}

// limited answers that the method was called too often; wait is the Retry-After
// header, which is left out when empty.
func (c *slackCall) limited(wait string) *response {
	res := c.fail("ratelimited")
	res.status = http.StatusTooManyRequests
	if wait != "" {
		res.set("Retry-After", wait)
	}
	return res
}

func (s *Slack) record(c *slackCall, res *response) {
	entry := Served{
		Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.RawQuery, Status: res.status, Anonymous: !c.authed,
		Token: Fingerprint(c.token), Resource: c.method, Points: 1, Items: res.items, At: c.now,
	}
	if c.fault != nil {
		entry.Fault = c.fault.Kind
	}
	s.add(entry)
}
