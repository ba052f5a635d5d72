package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// What somebody presents in the tests.
const (
	readToken   = "read-0123456789-0123456789"
	triageToken = "triage-0123456789-0123456789"
	password    = "correct horse"
)

// anAccess knows everybody in every way. Hashing costs less than the
// configuration allows.
func anAccess(t testing.TB) Access {
	t.Helper()
	raw, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	hash := PasswordHash{raw}
	return Access{
		Users:  []User{{Name: "reader", Role: Reader, Hash: hash}, {Name: "lead", Role: Triager, Hash: hash}},
		Tokens: []Token{{Reader, NewDigest(readToken)}, {Triager, NewDigest(triageToken)}},
		Proxy: &Proxy{
			Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, UserHeader: "X-Forwarded-User",
			GroupsHeader: "X-Forwarded-Groups", TriageGroups: []string{"portfolio"},
		},
	}
}

// withEverything switches on all that a handler can do.
func withEverything(t testing.TB) func(*Options) {
	return func(o *Options) {
		everything(o)
		o.Access = anAccess(t)
		o.Hooks = NewHooks(HookOptions{Log: o.Log, Now: o.Now, BodyLimit: 1 << 20,
			Find: func(string) (Hook, bool) { return Hook{}, false }})
		o.Explain = func(_ context.Context, subject, window string) (*Explanation, error) {
			return anExplanation(o.Report(), subject, window), nil
		}
		o.Declared = aHistory
		o.SetAside = func() []SetAside {
			return []SetAside{{Source: "github", ID: "R1/7", Reason: "field \"title\" is missing", Since: noon}, {Source: "jira", Reason: "=1+1"}}
		}
		o.Streams = func(context.Context) (*findings.Streams, error) { return someStreams(o.Report()), nil }
		kept := []store.Override{{Key: "acme/web#7", To: "sso", Role: "triage", Why: "it is", At: noon}}
		o.Overrides = func() []store.Override { return kept }
		o.Decide = func(_ context.Context, list []store.Override) ([]store.Override, error) { return kept[:1], nil }
		o.CheckIn = func(context.Context, string, float64, bool) error { return nil }
		o.Brief = func(_ context.Context, p brief.Period) (*brief.Brief, error) { return aBrief(p, o.Report()), nil }
		o.Findings = func(*scoring.Report) []findings.Finding {
			return []findings.Finding{{ID: "largest-stream", Text: "=1+1 is the largest stream.", Window: "28d"}}
		}
	}
}

// keptID is that of the decision that withEverything keeps.
var keptID = decisionGroups([]store.Override{{Key: "acme/web#7", To: "sso", Role: "triage", Why: "it is", At: noon}}, nil)[0].ID()

func aBrief(p brief.Period, report *scoring.Report) *brief.Brief {
	return brief.Make(brief.Input{
		Period: p, Report: report, Before: report, Streams: someStreams(report), History: aHistory(), Model: "presence",
		Overrides: []store.Override{{Key: "acme/web#7", To: "excluded", Role: "triage", Why: "=1+1", At: noon}},
	})
}

func anExplanation(report *scoring.Report, subject, window string) *Explanation {
	x := &Explanation{Subject: subject, Window: window, AsOf: report, More: 3}
	parts := []findings.Part{{Category: "objective", Objective: "sso", Share: scoring.Absent(), Status: scoring.SuppressedPrivacy},
		{Category: "objective", Objective: "sso", Share: .35, Status: scoring.OK}, {Category: "unknown", Share: 0, Status: scoring.OK}}
	for i := range 3 {
		x.Items = append(x.Items, findings.ExplainedItem{
			Key: fmt.Sprintf("acme/web#%d", i+1), Kind: "ticket", Title: "=cmd|'/c calc'!A0", Bucket: "objective",
			Objectives: []string{"sso"}, Method: "explicit", Path: []string{"implements PAY-7"}, OwnedBy: []string{},
			Parts: parts[i : i+1], Suggested: []scoring.Suggested{{Objective: "sso", Confidence: .75, Score: scoring.Absent()}, {Confidence: scoring.Absent(), Score: 2.5}}[:i],
		})
	}
	return x
}

func someStreams(report *scoring.Report) *findings.Streams {
	var items []findings.StreamItem
	for _, x := range anExplanation(report, "unknown", "28d").Items {
		items = append(items, findings.StreamItem{Key: x.Key, Title: x.Title, OwnedBy: x.OwnedBy})
	}
	return &findings.Streams{AsOf: report, Window: "28d", Small: 4, Others: 2, List: []findings.Stream{
		{ID: "s1", Category: "unknown", By: "repo", Name: "acme/assistant", Share: .2, Status: scoring.OK, Works: 41, Trend: []scoring.Number{0, scoring.Absent(), .1, .2},
			Terms: []string{"<b>embed"}, Labels: []string{"idea"}, Paths: []string{"svc/"}, Items: items, Keys: []string{"acme/web#1", "acme/web#2"}, Rule: `{repos: "acme/assistant"}`},
		{ID: "s2", Category: "stopped", By: "epic", Name: "PAY-1", Title: "Old billing", Share: scoring.Absent(), Status: scoring.SuppressedPrivacy, Works: 3},
	}}
}

func aHistory() *findings.History {
	set := func(rank int) objective.Set {
		return objective.Set{TopN: 3, Objectives: []objective.Objective{{
			ID: "sso", Text: "Single sign-on", Start: objective.NoDate,
			Versions: []objective.Version{{From: objective.NoDate, Rank: rank, State: objective.Active, TargetShare: -1, Due: objective.NoDate}},
		}}}
	}
	declared := []objective.Loaded{{Known: noon.AddDate(0, -2, 0), Set: set(1)}, {Known: noon.AddDate(0, -1, 0), Set: set(2)}}
	members := []scoring.MemberChange{{Team: "core", Day: objective.DateOf(noon.AddDate(0, 0, -40))}, {Team: "core", Day: objective.DateOf(noon)}}
	return &findings.History{Declared: declared, Edits: objective.Edits(declared), Members: members}
}

// calls say how to use each route so that it works: a route that is not here
// fails the tests until somebody has thought about it.
var calls = map[string]struct {
	path, body string
	code       int // of who may
}{
	"GET /{$}":                           {"/", "", 200},
	"GET /objectives":                    {"/objectives", "", 200},
	"GET /objectives/{objective}":        {"/objectives/sso", "", 200},
	"GET /shadow":                        {"/shadow", "", 200},
	"GET /kill-list":                     {"/kill-list", "", 200},
	"GET /changes":                       {"/changes", "", 200},
	"GET /brief":                         {"/brief?edition=kill-session", "", 200},
	"GET /brief.md":                      {"/brief.md", "", 200},
	"GET /brief.html":                    {"/brief.html?week=2025-W10", "", 200},
	"GET /sources":                       {"/sources", "", 200},
	"GET /methods":                       {"/methods", "", 200},
	"GET /decisions":                     {"/decisions", "", 200},
	"GET /explain":                       {"/explain?subject=sso", "", 200},
	"POST /decisions":                    {"/decisions", "key=PAY-7&to=sso&why=it+is", 303},
	"POST /decisions/withdraw":           {"/decisions/withdraw", "key=acme/web%237", 303},
	"GET /static/":                       {"/static/style.css", "", 200},
	"GET /metrics":                       {"/metrics", "", 200},
	"POST /-/reload":                     {"/-/reload", "", 200},
	"POST /hooks/":                       {"/hooks/nobody", "{}", 404},
	"GET /-/healthy":                     {"/-/healthy", "", 200},
	"GET /healthz":                       {"/healthz", "", 200},
	"GET /-/ready":                       {"/-/ready", "", 200},
	"GET /readyz":                        {"/readyz", "", 200},
	"GET /debug/pprof/":                  {"/debug/pprof/", "", 200},
	"GET /debug/pprof/profile":           {"/debug/pprof/profile?seconds=1&debug=x", "", 200},
	"GET /debug/pprof/symbol":            {"/debug/pprof/symbol", "", 200},
	"GET /debug/pprof/trace":             {"/debug/pprof/trace?seconds=0.001", "", 200},
	"GET /api/v1/openapi.yaml":           {"/api/v1/openapi.yaml", "", 200},
	"GET /api/v1/report":                 {"/api/v1/report", "", 200},
	"GET /api/v1/scores":                 {"/api/v1/scores", "", 200},
	"GET /api/v1/effort":                 {"/api/v1/effort", "", 200},
	"GET /api/v1/objectives":             {"/api/v1/objectives", "", 200},
	"GET /api/v1/objectives/{objective}": {"/api/v1/objectives/sso", "", 200},
	"GET /api/v1/teams":                  {"/api/v1/teams", "", 200},
	"GET /api/v1/weeks":                  {"/api/v1/weeks", "", 200},
	"GET /api/v1/sources":                {"/api/v1/sources", "", 200},
	"GET /api/v1/quarantine":             {"/api/v1/quarantine", "", 200},
	"GET /api/v1/deliveries":             {"/api/v1/deliveries", "", 200},
	"GET /api/v1/findings":               {"/api/v1/findings", "", 200},
	"GET /api/v1/explain":                {"/api/v1/explain?subject=sso", "", 200},
	"GET /api/v1/brief":                  {"/api/v1/brief", "", 200},
	"GET /api/v1/streams":                {"/api/v1/streams", "", 200},
	"GET /api/v1/stops":                  {"/api/v1/stops", "", 200},
	"GET /api/v1/definitions":            {"/api/v1/definitions", "", 200},
	"GET /api/v1/structure-log":          {"/api/v1/structure-log", "", 200},
	"GET /api/v1/declarations":           {"/api/v1/declarations", "", 200},
	"GET /api/v1/annotations":            {"/api/v1/annotations", "", 200},
	"GET /api/v1/overrides":              {"/api/v1/overrides", "", 200},
	"POST /api/v1/overrides":             {"/api/v1/overrides", `{"keys":["PAY-7"],"to":"sso","why":"it is"}`, 201},
	"DELETE /api/v1/overrides":           {"/api/v1/overrides?key=acme/web%237", "", 200},
	"POST /api/v1/stop-decisions":        {"/api/v1/stop-decisions", `{"keys":["PAY-7"],"why":"enough"}`, 201},
	"POST /api/v1/check-ins":             {"/api/v1/check-ins", `{"objective":"sso","confidence":0.7}`, 201},
}

// A visitor is one way to come, with the code by the class of a route; 0 stands
// for what the route answers to who may use it.
type visitor struct {
	name, from string
	headers    []string
	want       map[class]int
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

const (
	proxied = "192.0.2.7:40000"    // from the trusted network
	distant = "198.51.100.9:40000" // from elsewhere
)

func visitors() []visitor {
	nobody := map[class]int{reading: 401, triaging: 401, operating: 401}
	reads := map[class]int{triaging: 403, operating: 403}
	may := map[class]int{}
	return []visitor{
		{"nobody", distant, nil, nobody},
		{"nobody on this machine", "127.0.0.1:40000", nil, nobody},
		{"read token", distant, []string{"Authorization", "Bearer " + readToken}, reads},
		{"triage token", distant, []string{"Authorization", "bearer " + triageToken}, may},
		{"wrong token", distant, []string{"Authorization", "Bearer " + readToken + "0"}, nobody},
		{"empty token", distant, []string{"Authorization", "Bearer "}, nobody},
		{"other scheme", distant, []string{"Authorization", "Digest x"}, nobody},
		{"reader", distant, []string{"Authorization", basic("reader", password)}, reads},
		{"lead", distant, []string{"Authorization", basic("lead", password)}, may},
		{"wrong password", distant, []string{"Authorization", basic("lead", "wrong")}, nobody},
		{"unknown user", distant, []string{"Authorization", basic("nobody", password)}, nobody},
		{"trusted proxy", proxied, []string{"X-Forwarded-User", "ada"}, reads},
		{"trusted proxy with a group", proxied, []string{"X-Forwarded-User", "ada", "X-Forwarded-Groups", "staff, portfolio"}, may},
		{"trusted proxy with another group", proxied, []string{"X-Forwarded-User", "ada", "X-Forwarded-Groups", "portfolio2"}, reads},
		{"trusted proxy without a user", proxied, []string{"X-Forwarded-Groups", "portfolio"}, nobody},
		{"spoofed proxy", distant, []string{"X-Forwarded-User", "ada", "X-Forwarded-Groups", "portfolio"}, nobody},
		{"spoofed proxy that says where from", distant, []string{"X-Forwarded-User", "ada", "X-Forwarded-For", "192.0.2.7"}, nobody},
	}
}

// call sends the request of a route.
func call(h http.Handler, rt *route, path, from string, headers ...string) *httptest.ResponseRecorder {
	return callAs(h, rt.method, rt, path, from, headers...)
}

// callAs is call by another method.
func callAs(h http.Handler, method string, rt *route, path, from string, headers ...string) *httptest.ResponseRecorder {
	c := calls[rt.method+" "+rt.pattern]
	target := c.path
	if path != rt.pattern { // the same as CSV
		target = strings.Replace(target, rt.pattern, path, 1)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:9797"+target, strings.NewReader(c.body))
	r.RemoteAddr = from
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
		if !strings.HasPrefix(c.body, "{") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// eachRoute calls f for every path of every route.
func eachRoute(t *testing.T, f func(name string, rt *route, path string, ok int)) {
	t.Helper()
	used := 0
	for _, rt := range routes() {
		pattern := rt.method + " " + rt.pattern
		c, known := calls[pattern]
		if !known {
			t.Errorf("%s has no call in this test", pattern)
			continue
		}
		used++
		for _, path := range rt.paths() {
			f(rt.method+" "+path, &rt, path, c.code)
		}
	}
	if used != len(calls) {
		t.Errorf("%d routes, but %d calls", used, len(calls))
	}
}
