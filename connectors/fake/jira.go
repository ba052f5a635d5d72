package fake

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A JiraCredential is one that a server accepts.
type JiraCredential struct {
	User  string // e-mail or user name for basic; "" for a bearer token
	Token string
	// Scoped tokens are valid behind the gateway only, and others in front of
	// it only.
	Scoped bool
}

// JiraOptions say how a Jira server behaves. The zero value is Jira Cloud,
// open to every credential, for an account in UTC.
type JiraOptions struct {
	// Now gives the time of the Date header, of relative queries and of the
	// index; default: time.Now.
	Now func() time.Time
	// DataCenter serves what a Data Center serves instead of Cloud.
	DataCenter bool
	// OldSprints gives sprints as the strings of an older Data Center.
	OldSprints bool
	// LegacyEpics gives issues on Cloud the epic link beside the parent.
	LegacyEpics bool
	Credentials []JiraCredential // nil takes every one
	// Account is who the credentials belong to, an account id; its time zone
	// is that of queries and answers. Default: an app of its own in UTC.
	Account string
	// CloudID opens the gateway /ex/jira/{CloudID}.
	CloudID string
	// PageSize is the most issues in a page, default 100 (1,000 on a Data
	// Center); IDPageSize that of pages with ids only on Cloud, default 5,000.
	PageSize, IDPageSize int
	// ListSize is the most boards, sprints, projects and members in a page,
	// default 50.
	ListSize int
	// InlineHistories is how many histories come with an issue, default 40 on
	// Cloud and all on a Data Center; InlineNotes how many comments and how
	// many worklogs, default 20.
	InlineHistories, InlineNotes int
	// HistorySize is the most histories in a page of one issue, default 100;
	// BulkHistorySize in a page for many, default 10,000.
	HistorySize, BulkHistorySize int
	// WorklogSize is the page of the worklog feeds, default 1,000, and
	// WorklogLag how far they are behind, default one minute.
	WorklogSize int
	WorklogLag  time.Duration
	// IndexLag is how far searches are behind everything else.
	IndexLag time.Duration
	// NoEpoch refuses epoch milliseconds in queries.
	NoEpoch bool
}

func (o *JiraOptions) defaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.DataCenter {
		setDefault(&o.InlineHistories, 1<<30)
		setDefault(&o.PageSize, 1000)
	}
	setDefault(&o.PageSize, 100)
	setDefault(&o.IDPageSize, 5000)
	setDefault(&o.ListSize, 50)
	setDefault(&o.InlineHistories, 40)
	setDefault(&o.InlineNotes, 20)
	setDefault(&o.HistorySize, 100)
	setDefault(&o.BulkHistorySize, 10_000)
	setDefault(&o.WorklogSize, 1000)
	if o.WorklogLag == 0 {
		o.WorklogLag = time.Minute
	}
}

// A Jira serves a JiraSite as Jira's REST APIs do. It is an http.Handler.
//
// The items in its log are "issue:<id>" for an issue with fields, "id:<id>" for
// one of which a search told only id and key, "history:<id>", "comment:<id>",
// "worklog:<id>", "remotelink:<id>" and "project:<id>" from the resources of
// their own, and "dev:<url>" from the development panel. The resource is the
// path with ids replaced, "api/3/issue/*/changelog"; each request is a point.
type Jira struct {
	script
	journal

	site *JiraSite
	opts JiraOptions

	mu      sync.Mutex
	expired bool
	lags    map[int64]time.Duration // never changed, only replaced
	poison  map[int64]JiraPoison    // likewise
	found   map[string]jiraFound
}

// NewJira returns a server for a site.
func NewJira(s *JiraSite, o JiraOptions) *Jira {
	o.defaults()
	return &Jira{site: s, opts: o, lags: map[int64]time.Duration{}, poison: map[int64]JiraPoison{}, found: map[string]jiraFound{}}
}

// Site returns the site that is served.
func (j *Jira) Site() *JiraSite { return j.site }

// Expire makes all credentials expire, or valid again. Cloud then answers most
// requests as if they came from a stranger who sees nothing: 200 and an empty
// list, with a header that tells.
func (j *Jira) Expire(expired bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.expired = expired
}

// LagBehind makes searches learn of the changes of one issue later than of
// others; a negative time is never.
func (j *Jira) LagBehind(key string, by time.Duration) {
	id := j.site.ID(key)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lags = maps.Clone(j.lags)
	j.lags[id] = by
	clear(j.found)
}

// A jiraCall is one request on its way through the server.
type jiraCall struct {
	j       *Jira
	s       *JiraSite
	r       *http.Request
	base    string   // "http://127.0.0.1:4711", with the gateway's path
	path    []string // behind /rest/
	now     time.Time
	token   string
	account *jiraUser
	empty   bool // an expired credential: sees nothing
	adf     bool // version 3: documents instead of strings
	fault   *Fault
	body    []byte
	lags    map[int64]time.Duration
	poison  map[int64]JiraPoison
}

func (j *Jira) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.enter()
	defer j.leave()
	c := &jiraCall{j: j, s: j.site, r: r, now: j.opts.Now(), fault: j.pick(r)}
	if c.fault != nil && c.fault.Kind == MutateBefore {
		c.fault.Do()
	}
	res := c.answer()
	if c.fault != nil {
		c.fault.spoilJira(c, res)
	}
	c.record(res)
	if c.fault != nil && c.fault.Kind == MutateAfter {
		c.fault.Do()
	}
	c.send(w, res)
}

// answer makes the answer that a healthy server gives.
func (c *jiraCall) answer() *response {
	c.s.mu.RLock()
	defer c.s.mu.RUnlock()
	c.base = "http://" + c.r.Host
	path, gateway := c.r.URL.Path, false
	if c.r.TLS != nil {
		c.base = "https://" + c.r.Host
	}
	if prefix := "/ex/jira/" + c.j.opts.CloudID; c.j.opts.CloudID != "" {
		if path, gateway = strings.CutPrefix(path, prefix+"/"); gateway {
			c.base, path = c.base+prefix, "/"+path
		}
	}
	if res := c.authenticate(gateway); res != nil {
		return res
	}
	c.account = c.s.reader(c.j.opts.Account)
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/rest/")
	if !ok {
		return c.deadLink()
	}
	c.path = strings.Split(rest, "/")
	res := c.route()
	if c.empty {
		res.set("X-Seraph-Loginreason", "AUTHENTICATED_FAILED")
	}
	return res
}

// authenticate checks the credential and returns the refusal, nil for none.
func (c *jiraCall) authenticate(gateway bool) *response {
	user, token, basic := c.r.BasicAuth()
	if !basic {
		user = ""
		token, _ = strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	}
	c.token = token
	c.j.mu.Lock()
	expired := c.j.expired
	c.lags, c.poison = c.j.lags, c.j.poison
	c.j.mu.Unlock()
	known := c.j.opts.Credentials == nil && token != "" || slices.ContainsFunc(c.j.opts.Credentials, func(k JiraCredential) bool {
		return k.Token == token && k.User == user && k.Scoped == gateway
	})
	switch {
	case known && !expired:
		return nil
	case known && !c.j.opts.DataCenter && !gateway:
		c.empty = true
		return nil
	case gateway:
		return c.json(http.StatusUnauthorized, func(e *encoder) {
			e.num("code", http.StatusUnauthorized)
			e.str("message", "Unauthorized; scope does not match")
		})
	}
	return c.unauthorized()
}

func (c *jiraCall) unauthorized() *response {
	res := c.json(http.StatusUnauthorized, func(e *encoder) {
		e.str("message", "Client must be authenticated to access this resource.")
		e.num("status-code", http.StatusUnauthorized)
	})
	if c.j.opts.DataCenter {
		res.setHTML("<html><head><title>Unauthorized (401)</title></head><body>Basic Authentication Failure</body></html>")
	}
	res.set("X-Seraph-Loginreason", "AUTHENTICATED_FAILED")
	return res
}

// json answers with an object.
func (c *jiraCall) json(status int, write func(e *encoder)) *response {
	var e encoder
	e.open('{')
	write(&e)
	e.close('}')
	return &response{status: status, body: e.b}
}

// fail answers with error messages as Jira does.
func (c *jiraCall) fail(status int, messages ...string) *response {
	return c.json(status, func(e *encoder) {
		e.list("errorMessages", messages)
		e.obj("errors")
		e.close('}')
	})
}

// list writes an array of strings.
func (e *encoder) list(key string, values []string) {
	e.arr(key)
	for _, v := range values {
		e.sep()
		e.b = appendQuoted(e.b, v)
	}
	e.close(']')
}

// deadLink answers to a path that no resource has.
func (c *jiraCall) deadLink() *response {
	res := &response{status: http.StatusNotFound}
	res.setHTML("<html><head><title>Oops, you've found a dead link</title></head></html>")
	return res
}

func (c *jiraCall) record(res *response) {
	s := Served{
		Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.RawQuery, Status: res.status, Token: Fingerprint(c.token),
		Anonymous: c.empty || res.status == http.StatusUnauthorized, Resource: c.family(), Points: 1, Items: res.items, At: c.now,
	}
	if c.fault != nil {
		s.Fault = c.fault.Kind
	}
	c.j.add(s)
}

// family names the resource for the log: the path with its ids and keys
// replaced, "api/3/issue/*/changelog".
func (c *jiraCall) family() string {
	parts := slices.Clone(c.path)
	for i := range parts {
		if i > 1 && strings.ContainsAny(parts[i], "0123456789") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

func (c *jiraCall) send(w http.ResponseWriter, res *response) {
	h := w.Header()
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Cache-Control", "no-cache, no-store, no-transform")
	h.Set("X-AREQUESTID", strconv.FormatInt(c.now.UnixNano(), 36))
	maps.Copy(h, res.header)
	c.fault.deliver(w, c.r, res)
}
