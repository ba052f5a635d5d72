// Package web serves what people and Prometheus look at: the status page,
// /metrics, health, readiness and the report as JSON.
//
// Handlers only read immutable snapshots. None of them computes a score, calls
// a connector or opens a transaction.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/workdrift/workdrift/scoring"
)

//go:embed templates/*.html static/*.css
var assets embed.FS

// Source is what the status page says about one connector.
type Source struct {
	Name, Provider string
	LastSuccess    time.Time
	Watermark      time.Time
	Failure        string // reason of the last failure, "" when the last fetch succeeded
	RetryAt        time.Time
	Backlog        int // pages still to fetch
	Quarantined    int
}

// Options are what a Handler needs. All functions may be called concurrently.
type Options struct {
	Log      *slog.Logger
	Now      func() time.Time
	Version  string
	Registry interface {
		prometheus.Registerer
		prometheus.Gatherer
	}
	// Report returns the report that is published, nil before the first.
	Report func() *scoring.Report
	// Sources returns the state of every connector, in configured order.
	Sources func() []Source
	// Reload loads the configuration again. Nil switches POST /-/reload off.
	Reload func(ctx context.Context) error
	// Profiling serves net/http/pprof below /debug/pprof/.
	Profiling bool
	// Hooks takes deliveries of webhooks (see NewHooks), nil when they are not
	// taken here.
	Hooks http.Handler
	// Hosts are the names under which the pages may be reached, besides IP
	// addresses and localhost.
	Hosts []string
}

// New returns the handler of the main listener.
func New(o Options) (http.Handler, error) {
	pages, err := template.New("").Funcs(functions(o.Now)).ParseFS(assets, "templates/*.html")
	if err != nil {
		return nil, err
	}
	s := &server{Options: o, pages: pages, requests: newRequestMetrics(o.Registry)}
	mux := http.NewServeMux()
	handle := func(pattern, name string, h http.Handler) {
		mux.Handle(pattern, s.requests.instrument(name, h))
	}
	handle("GET /{$}", "status", http.HandlerFunc(s.status))
	handle("GET /static/", "static", http.FileServerFS(assets))
	handle("GET /api/v1/report", "report", http.HandlerFunc(s.report))
	handle("GET /metrics", "metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
		Registry: o.Registry, EnableOpenMetrics: true, MaxRequestsInFlight: 5, Timeout: 10 * time.Second,
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelError),
	}))
	for pattern, h := range s.probes() {
		handle(pattern, "probe", h)
	}
	if o.Reload != nil {
		handle("POST /-/reload", "reload", http.HandlerFunc(s.reload))
	}
	if o.Profiling {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	pagesOnly := s.guard(http.NewCrossOriginProtection().Handler(mux))
	if o.Hooks == nil {
		return secured(pagesOnly), nil
	}
	return secured(apart(s.requests.instrument("hooks", o.Hooks), pagesOnly)), nil
}

// apart serves deliveries beside everything else. They come from other sites,
// under whatever name the source was told, and are signed: neither the host
// names nor the origins of browsers concern them, and no exception for them is
// made where both are checked.
func apart(hooks, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, hooksPath) {
			hooks.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Probes returns the handler of the probe listener, which never asks for a
// password and tells nothing but whether the process lives and is ready.
func Probes(report func() *scoring.Report) http.Handler {
	s := &server{Options: Options{Report: report}}
	mux := http.NewServeMux()
	for pattern, h := range s.probes() {
		mux.Handle(pattern, h)
	}
	return secured(mux)
}

type server struct {
	Options
	pages    *template.Template
	requests *requestMetrics
}

func (s *server) probes() map[string]http.Handler {
	healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		plain(w, http.StatusOK, "workdrift is healthy.\n")
	})
	ready := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.Report() == nil {
			plain(w, http.StatusServiceUnavailable, "No report yet: the first one follows the first page that a source brings.\n")
			return
		}
		plain(w, http.StatusOK, "workdrift is ready.\n")
	})
	return map[string]http.Handler{
		"GET /-/healthy": healthy, "GET /healthz": healthy,
		"GET /-/ready": ready, "GET /readyz": ready,
	}
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

// secured sets the headers that every answer carries, refusals included.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// guard refuses host names under which nobody should look for this server: a
// page elsewhere could make its own name point here.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			plain(w, http.StatusMisdirectedRequest, "This host name is not in web.allowed_hosts.\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) hostAllowed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") || net.ParseIP(host) != nil {
		return true
	}
	return slices.ContainsFunc(s.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

func (s *server) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.Reload(r.Context()); err != nil {
		plain(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	plain(w, http.StatusOK, "Configuration reloaded.\n")
}

func (s *server) report(w http.ResponseWriter, _ *http.Request) {
	report := s.Report()
	if report == nil {
		plain(w, http.StatusServiceUnavailable, "No report yet.\n")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(report); err != nil {
		s.Log.Debug("send report", "err", err)
	}
}
