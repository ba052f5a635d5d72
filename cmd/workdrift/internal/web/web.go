// Package web serves what people and programs look at: pages, the API under
// /api/v1/, /metrics, health and readiness, and deliveries of webhooks.
//
// routes.go is the table of everything there is: who may use a route stands in
// its line, and nothing is served besides. access.go finds out who asks.
// api_*.go make the answers of the API, which openapi.yaml describes; pages_*.go
// make the pages, one file for each, and templates/ writes them. Pages hold no
// script and no style of their own, and say nothing that the API does not.
//
// Handlers only read immutable snapshots. None of them computes a score, calls
// a connector or opens a transaction; what decides something goes through
// Options.
package web

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

//go:embed templates/*.html static
var assets embed.FS

// Source is what pages say about one connector.
type Source struct {
	Name, Provider string
	LastSuccess    time.Time
	Watermark      time.Time
	Failure        string // reason of the last failure, "" when the last fetch succeeded
	RetryAt        time.Time
	Backlog        int // pages still to fetch
	Quarantined    int
	Quotas         []Quota
	Unseen         []string // what its polls do not notice, in words
}

// A Quota is what a provider last told of one of its rate limits.
type Quota struct {
	Resource  string     `json:"resource"`
	Limit     int        `json:"limit_requests"`
	Remaining int        `json:"remaining_requests"`
	Reset     *time.Time `json:"reset_at"` // when it is renewed, nil when that is not told
}

// A SetAside is a record of a source that could not be read.
type SetAside struct {
	Source string
	ID     string    // "" where it is withheld, because it may be a name or a text
	Reason string    // without content
	Since  time.Time // zero where that is not known
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
	// Encoded returns what was encoded with the published report, nil where nothing
	// was. Nil to encode everything when it is asked for.
	Encoded func() *Encoded
	// Sources returns the state of every connector, in configured order.
	Sources func() []Source
	// SetAside returns the newest records that could not be read, the newest first.
	// The slice does not change. Nil where nobody tells.
	SetAside func() []SetAside
	// Deliveries returns what became of the editions of the brief, nil where none
	// is delivered.
	Deliveries func() []store.Delivery
	// Reload loads the configuration again. Nil switches POST /-/reload off.
	Reload func(ctx context.Context) error
	// Profiling serves net/http/pprof below /debug/pprof/.
	Profiling bool
	// Hooks takes deliveries of webhooks (see NewHooks), nil when they are not
	// taken here.
	Hooks http.Handler
	// Access says who may do what.
	Access Access

	// Explain lists the work behind a number, for a subject (see Explanation) in
	// a window; Refusal when there is none. What it returns does not change.
	Explain func(ctx context.Context, subject, window string) (*Explanation, error)
	// Declared returns what was declared over time.
	Declared func() *findings.History
	// Overrides returns the decisions in force, by key.
	Overrides func() []store.Override
	// Decide keeps decisions about items, those with an empty To withdrawing one,
	// and returns the decisions that they take the place of. Refusal when one
	// cannot be kept; then none is. One that withdraws is about what was decided at
	// its time, and cannot be kept when something else was since.
	Decide func(ctx context.Context, list []store.Override) (before []store.Override, err error)
	// CheckIn keeps a report of how sure somebody is of an objective, 0 to 1, and
	// whether it cites a reading of the outcome.
	CheckIn func(ctx context.Context, objective string, confidence float64, cites bool) error
	// Streams returns those of the shadow roadmap; Refusal when there are none
	// yet. What it returns does not change. Works beyond a limit are not looked
	// at, but counted.
	Streams func(ctx context.Context) (*findings.Streams, error)
	// Findings returns what a report is worth pointing out.
	Findings func(*scoring.Report) []findings.Finding

	// Sites returns the servers that the addresses of items may be on: "host",
	// "host:port", or "*.host" for every server below it. Addresses elsewhere
	// are shown, but no link leads there. Nil for none.
	Sites func() []string

	// Brief returns the brief of a period; Refusal when there is none, and with
	// StatusAccepted while it is being made. What it returns does not change. One
	// that was made within the hour serves. Nil when there are none here.
	Brief func(ctx context.Context, p brief.Period) (*brief.Brief, error)

	// Hosts are the names under which the pages may be reached, besides IP
	// addresses and localhost.
	Hosts []string
}

// New returns the handler of the main listener.
func New(o Options) (http.Handler, error) {
	linked := func(address string) bool { return o.Sites != nil && onSite(address, o.Sites()) }
	pages, err := template.New("").Funcs(functions(o.Now)).Funcs(template.FuncMap{"linked": linked}).ParseFS(assets, "templates/*.html")
	if err == nil {
		pages, err = pages.Parse(chart.Drawing)
	}
	if err != nil {
		return nil, err
	}
	decoy, err := o.Access.decoy()
	if err != nil {
		return nil, err
	}
	list := scoring.Definitions()
	s := &server{
		scores: list, definitions: definitionsOf(list),
		Options: o, pages: pages, requests: newRequestMetrics(o.Registry), clock: time.Now,
		failures: newFailures(), hashing: make(chan struct{}, 1), decoy: decoy,
	}
	hooks, mux := s.build()
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, &Refusal{Status: http.StatusForbidden, Detail: "Another site asked for this."})
	}))
	rest := s.guard(origins.Handler(missed(mux)))
	if hooks == nil {
		return secured(rest), nil
	}
	return secured(apart(hooks, rest)), nil
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
	for _, p := range probes() {
		mux.Handle("GET "+p.pattern, served(p.handle)(s))
	}
	return secured(mux)
}

type server struct {
	Options
	pages    *template.Template
	requests *requestMetrics
	clock    func() time.Time // the real one, also where Now is another
	failures *failures
	hashing  chan struct{} // held by the one password check at a time
	decoy    []byte

	scores      []scoring.Definition
	definitions map[string]scoring.Definition // of scores, by name
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
		// Without any referrer browsers send forms with the origin null.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// guard refuses host names under which nobody should look for this server: a
// page elsewhere could make its own name point here.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			refuse(w, r, &Refusal{Status: http.StatusMisdirectedRequest, Detail: "This host name is not in web.allowed_hosts."})
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
