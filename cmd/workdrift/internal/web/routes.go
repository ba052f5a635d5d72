package web

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A class says who may use a route.
type class uint8

const (
	public    class = iota // anybody: health and the looks of pages, which tell nothing
	reading                // who may read
	triaging               // who may decide; every route of this class changes something
	operating              // who runs the process, see Access.OperatorsRead
	signed                 // whoever signs: deliveries of webhooks
)

func (c class) String() string {
	return [...]string{"public", "read", "triage", "operate", "hooks"}[c]
}

// A route is one line of the table from which the handler, the access checks,
// the metrics of requests and the tests are made. There is no other way in.
type route struct {
	method  string
	pattern string // of http.ServeMux, without the method
	name    string // value of the label handler
	class   class
	params  []string // query parameters; others are refused below /api/
	view    view     // makes the answer of a route of the API
	csv     bool     // the view is a table, which is also served under pattern + ".csv"
	handler func(*server) http.Handler
	on      func(*Options) bool // nil for a route that is always there
}

// routes returns the table.
func routes() []route {
	list := []route{
		{method: "GET", pattern: "/static/", name: "static", class: public,
			handler: func(*server) http.Handler { return http.FileServerFS(assets) }},
		{method: "GET", pattern: "/brief.md", name: "brief_markdown", class: reading, on: hasBrief, params: briefParams(), handler: served((*server).briefMarkdown)},
		{method: "GET", pattern: "/brief.html", name: "brief_html", class: reading, on: hasBrief, params: briefParams(), handler: served((*server).briefHTML)},
		{method: "GET", pattern: "/metrics", name: "metrics", class: reading, handler: (*server).metrics},
		{method: "POST", pattern: "/-/reload", name: "reload", class: operating, handler: served((*server).reload),
			on: func(o *Options) bool { return o.Reload != nil }},
		{method: "POST", pattern: hooksPath, name: "hooks", class: signed,
			handler: func(s *server) http.Handler { return s.Hooks }, on: func(o *Options) bool { return o.Hooks != nil }},
	}
	list = append(list, apiRoutes()...)
	list = append(list, pageRoutes()...)
	for _, p := range probes() {
		list = append(list, route{method: "GET", pattern: p.pattern, name: "probe", class: public, handler: served(p.handle)})
	}
	for path, h := range map[string]http.HandlerFunc{
		"": pprof.Index, "profile": pprof.Profile, "symbol": pprof.Symbol, "trace": pprof.Trace,
	} {
		list = append(list, route{method: "GET", pattern: "/debug/pprof/" + path, name: "pprof", class: operating,
			handler: func(*server) http.Handler { return h }, on: func(o *Options) bool { return o.Profiling }})
	}
	return list
}

func served(handle func(*server, http.ResponseWriter, *http.Request)) func(*server) http.Handler {
	return func(s *server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(s, w, r) })
	}
}

// paths are the patterns of a route.
func (rt *route) paths() []string {
	if rt.csv {
		return []string{rt.pattern, rt.pattern + ".csv"}
	}
	return []string{rt.pattern}
}

// build makes the handlers of the table: of deliveries, nil when they are not
// taken here, and of everything else.
func (s *server) build() (hooks http.Handler, rest *http.ServeMux) {
	rest = http.NewServeMux()
	for _, rt := range routes() {
		if rt.on != nil && !rt.on(&s.Options) {
			continue
		}
		var h http.Handler
		if rt.view != nil {
			h = s.api(rt)
		} else {
			h = rt.handler(s)
		}
		if rt.class == signed {
			hooks = s.requests.instrument(rt.name, h)
			continue
		}
		for _, path := range rt.paths() {
			rest.Handle(rt.method+" "+path, s.requests.instrument(rt.name, s.admit(rt.class, h)))
		}
	}
	return hooks, rest
}

func (s *server) metrics() http.Handler {
	return promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{
		Registry: s.Registry, EnableOpenMetrics: true, MaxRequestsInFlight: 5, Timeout: 10 * time.Second,
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelError),
	})
}

// A probe answers health checks.
type probe struct {
	pattern string
	handle  func(*server, http.ResponseWriter, *http.Request)
}

func probes() []probe {
	return []probe{
		{"/-/healthy", (*server).healthy}, {"/healthz", (*server).healthy},
		{"/-/ready", (*server).ready}, {"/readyz", (*server).ready},
	}
}

func (s *server) healthy(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "workdrift is healthy.\n")
}

func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.Report() == nil {
		plain(w, http.StatusServiceUnavailable, "No report yet: the first one follows the first page that a source brings.\n")
		return
	}
	plain(w, http.StatusOK, "workdrift is ready.\n")
}

// A Path is a way to ask for something. Patterns are those of http.ServeMux.
type Path struct {
	Method, Pattern string
	Params          []string // query parameters that are taken
}

// Paths lists everything that is served, for whoever has to look at all of it.
func Paths() (list []Path) {
	for _, rt := range routes() {
		for _, pattern := range rt.paths() {
			list = append(list, Path{rt.method, pattern, rt.params})
		}
	}
	return list
}
