package fake

import (
	"crypto/rsa"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say how a GitHub server behaves. The zero value is github.com with
// GitHub's limits, open to every token.
type Options struct {
	// Now gives the time of the Date header and of the rate limits; default:
	// time.Now.
	Now func() time.Time
	// Prefix is "/api/v3" for an Enterprise Server, whose GraphQL then is at
	// /api/graphql.
	Prefix string
	// Tokens are the valid tokens; nil takes every token. Installation tokens
	// that the server made are valid until they expire.
	Tokens []string
	// Private hides everything from requests without a valid token.
	Private bool
	// AppKey checks the signature of an App's JWT, AppID its issuer; when
	// unset they are not checked.
	AppKey *rsa.PublicKey
	AppID  string
	// Limit is the number of points an hour and token, default 5,000.
	// AnonymousLimit, default 60, is that of requests without a token.
	Limit, AnonymousLimit int
	// NoLimit is an Enterprise Server without limits: no rate headers, and a
	// rateLimit of null in GraphQL.
	NoLimit bool
	// LargeList is the number of items from which an issue list is paged by
	// cursor: its links carry no page number. Default 1,000.
	LargeList int
	// DeepPage is the last page that the page parameter reaches in a large
	// list. Default 10.
	DeepPage int
	// OffsetCursor makes the after cursor a position instead of a key, so that
	// lists drift under it as they do under page numbers.
	OffsetCursor bool
}

// A GitHub serves a World as GitHub's API does. It is an http.Handler.
type GitHub struct {
	script
	journal

	world *World
	opts  Options

	mu       sync.Mutex
	tokens   map[string]time.Time // valid tokens with their expiry, zero for none
	anyToken bool
	minted   int
	budgets  map[string]*budget
	buffers  sync.Pool // of *[]byte, for the bodies of lists
}

// NewGitHub returns a server for a world.
func NewGitHub(w *World, o Options) *GitHub {
	if o.Now == nil {
		o.Now = time.Now
	}
	setDefault(&o.Limit, 5000)
	setDefault(&o.AnonymousLimit, 60)
	setDefault(&o.LargeList, 1000)
	setDefault(&o.DeepPage, 10)
	g := &GitHub{world: w, opts: o, budgets: map[string]*budget{}}
	g.SetTokens(o.Tokens...)
	return g
}

func setDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// World returns the world that is served.
func (g *GitHub) World() *World { return g.world }

// SetTokens replaces the valid tokens; none means that every token is valid.
// Installation tokens made before stop being valid.
func (g *GitHub) SetTokens(tokens ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens, g.anyToken = map[string]time.Time{}, len(tokens) == 0
	for _, t := range tokens {
		g.tokens[t] = time.Time{}
	}
}

// A call is one request on its way through the server.
type call struct {
	g       *GitHub
	r       *http.Request
	v       view
	path    string // without the prefix
	token   string
	authed  bool
	invalid bool   // a token was sent that is not valid
	res     string // rate limit resource
	now     time.Time
	fault   *Fault
}

// A response is an answer before it is sent, so that faults can spoil it.
type response struct {
	status int
	header http.Header
	body   []byte
	items  []string // what was served, for the log
	points int
	buffer *[]byte // what body was written into, to be used again
}

func (g *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.enter()
	defer g.leave()
	c := g.newCall(r)
	c.fault = g.pick(r)
	if c.fault != nil && c.fault.Kind == MutateBefore {
		c.fault.Do()
	}
	res := c.answer()
	if c.fault != nil {
		c.fault.spoil(c, res)
	}
	g.record(c, res)
	if c.fault != nil && c.fault.Kind == MutateAfter {
		c.fault.Do()
	}
	c.send(w, res)
	// Faults may have kept parts of the body.
	if res.buffer != nil && c.fault == nil {
		g.buffers.Put(res.buffer)
	}
}

func (g *GitHub) newCall(r *http.Request) *call {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	origin := scheme + r.Host
	c := &call{g: g, r: r, res: "core", now: g.opts.Now()}
	c.v = view{w: g.world, api: origin + g.opts.Prefix, html: origin, blobs: map[int64][]byte{}}
	c.path = strings.TrimSuffix(r.URL.Path, "/")
	graphql := "/graphql"
	if g.opts.Prefix != "" {
		graphql = "/api/graphql"
	}
	switch {
	case c.path == graphql:
		c.path, c.res = "/graphql", "graphql"
	case strings.HasPrefix(c.path, g.opts.Prefix):
		c.path = strings.TrimPrefix(c.path, g.opts.Prefix)
	default:
		c.path = "/no-such-api"
	}
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(kind) {
	case "bearer", "token":
		c.token = strings.TrimSpace(token)
	case "basic":
		_, c.token, _ = r.BasicAuth()
	}
	if c.token != "" {
		c.authed = g.valid(c.token, c.now)
		c.invalid = !c.authed
	}
	return c
}

func (g *GitHub) valid(token string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	expiry, ok := g.tokens[token]
	return ok && (expiry.IsZero() || now.Before(expiry)) || !ok && g.anyToken
}

// answer makes the answer that a healthy server gives.
func (c *call) answer() *response {
	app := strings.HasPrefix(c.path, "/app/") || c.path == "/app"
	if c.invalid && !app {
		return c.fail(http.StatusUnauthorized, "Bad credentials")
	}
	if c.g.exhausted(c) && c.path != "/rate_limit" {
		return c.limited(http.StatusForbidden)
	}
	res := c.route()
	if c.r.Method == http.MethodGet && res.status == http.StatusOK {
		c.conditional(res)
	}
	if c.path != "/rate_limit" && !app {
		res.points = max(res.points, 1)
	}
	if res.status == http.StatusNotModified && c.authed {
		res.points = 0
	}
	c.g.charge(c, res)
	return res
}

// fail answers with an error as GitHub words it.
func (c *call) fail(status int, message string) *response {
	var e encoder
	e.open('{')
	e.str("message", message)
	e.str("documentation_url", "https://docs.github.com/rest")
	e.strs("status", http.StatusText(status))
	e.close('}')
	return &response{status: status, body: e.b}
}

func (c *call) notFound() *response { return c.fail(http.StatusNotFound, "Not Found") }

// conditional adds the entity tag, which depends on the token and the Accept
// header, and turns the answer into a 304 when the client has it.
func (c *call) conditional(res *response) {
	tag := `W/"` + hex.EncodeToString(digest(res.body, c.r.Header.Get("Accept"),
		c.r.Header.Get("Authorization"), c.r.URL.RequestURI())) + `"`
	if res.header == nil {
		res.header = http.Header{}
	}
	res.header.Set("ETag", tag)
	for want := range strings.SplitSeq(c.r.Header.Get("If-None-Match"), ",") {
		if want = strings.TrimSpace(want); want == tag || want == strings.TrimPrefix(tag, "W/") {
			res.status, res.body, res.items = http.StatusNotModified, nil, nil
		}
	}
}
