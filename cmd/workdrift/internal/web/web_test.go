package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/scoring"
)

var noon = time.Date(2026, 6, 19, 12, 0, 0, 0, time.UTC)

// handler builds the handler of a main listener. A nil report is none yet.
func handler(t testing.TB, report *scoring.Report, edit func(*Options)) http.Handler {
	t.Helper()
	o := Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return noon },
		Version: "1.2.3", Registry: prometheus.NewRegistry(),
		Report:  func() *scoring.Report { return report },
		Sources: func() []Source { return nil },
		Access:  Access{Anyone: Reader, Local: Triager, OperatorsRead: true},
	}
	if edit != nil {
		edit(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask sends one request to a handler. Headers come in pairs; Host is one.
func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:9797"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// everything switches on what is off by default.
func everything(o *Options) {
	o.Profiling = true
	o.Reload = func(context.Context) error { return nil }
}

// paths are all paths of the main listener when everything is switched on.
var paths = []struct {
	method, path string
	plain        int // code without options
}{
	{"GET", "/", 200},
	{"GET", "/static/style.css", 200},
	{"GET", "/api/v1/report", 200},
	{"GET", "/metrics", 200},
	{"GET", "/-/healthy", 200},
	{"GET", "/healthz", 200},
	{"GET", "/-/ready", 200},
	{"GET", "/readyz", 200},
	{"POST", "/-/reload", 404},
	{"GET", "/debug/pprof/", 404},
	{"GET", "/debug/pprof/goroutine?debug=1", 404},
	{"GET", "/debug/pprof/symbol", 404},
}

func TestRoutes(t *testing.T) {
	plain, full := handler(t, emptyReport(t), nil), handler(t, emptyReport(t), everything)
	for _, route := range paths {
		if got := ask(plain, route.method, route.path).Code; got != route.plain {
			t.Errorf("%s %s: %d, want %d", route.method, route.path, got, route.plain)
		}
		if got := ask(full, route.method, route.path).Code; got != 200 {
			t.Errorf("%s %s with everything on: %d", route.method, route.path, got)
		}
	}
	// Profiles that show the command line, and thereby its secrets, stay off.
	if got := ask(full, "GET", "/debug/pprof/cmdline").Code; got != 404 {
		t.Errorf("the command line is served: %d", got)
	}
}

// Every answer carries the headers, refusals and unknown paths included.
func TestSecurityHeaders(t *testing.T) {
	full := handler(t, emptyReport(t), everything)
	probes := Probes(func() *scoring.Report { return nil })
	answers := map[string]*httptest.ResponseRecorder{
		"unknown path":     ask(full, "GET", "/no-such-page"),
		"wrong method":     ask(full, "DELETE", "/metrics"),
		"wrong host":       ask(full, "GET", "/", "Host", "evil.example"),
		"cross-site":       ask(full, "POST", "/-/reload", "Sec-Fetch-Site", "cross-site"),
		"probe listener":   ask(probes, "GET", "/readyz"),
		"probe, elsewhere": ask(probes, "GET", "/metrics"),
	}
	for _, r := range paths {
		answers[r.method+" "+r.path] = ask(full, r.method, r.path)
	}
	for name, w := range answers {
		csp := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q misses %s", name, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy allows something unsafe: %s", name, csp)
		}
		for key, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
}

func TestHosts(t *testing.T) {
	unnamed := handler(t, nil, nil)
	named := handler(t, nil, func(o *Options) { o.Hosts = []string{"drift.example.org"} })
	for _, tc := range []struct {
		host           string
		unnamed, named int
	}{
		{"127.0.0.1:9797", 200, 200},
		{"127.0.0.1", 200, 200},
		{"[::1]:9797", 200, 200},
		{"[::1]", 200, 200},
		{"localhost:9797", 200, 200},
		{"LOCALHOST", 200, 200},
		{"10.1.2.3:9797", 200, 200},
		{"drift.example.org", 421, 200},
		{"Drift.Example.org:443", 421, 200},
		{"evil.example", 421, 421},
		{"evil.example:9797", 421, 421},
		{"localhost.evil.example", 421, 421},
		{"127.0.0.1.evil.example", 421, 421},
		{"sub.drift.example.org", 421, 421},
		{"", 421, 421},
	} {
		for name, got := range map[string]int{
			"without names": ask(unnamed, "GET", "/", "Host", tc.host).Code - tc.unnamed,
			"with a name":   ask(named, "GET", "/", "Host", tc.host).Code - tc.named,
		} {
			if got != 0 {
				t.Errorf("host %q %s: the code differs by %d from what is wanted", tc.host, name, got)
			}
		}
	}
}

func TestReload(t *testing.T) {
	calls, fail := 0, error(nil)
	h := handler(t, nil, func(o *Options) {
		o.Reload = func(context.Context) error { calls++; return fail }
	})
	for _, tc := range []struct {
		name, method string
		headers      []string
		code, calls  int
	}{
		{"from a command line", "POST", nil, 200, 1},
		{"from our own page", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1:9797"}, 200, 1},
		{"from another site", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403, 0},
		{"from a sibling", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403, 0},
		{"from another origin, old browser", "POST", []string{"Origin", "http://evil.example"}, 403, 0},
		{"from an origin that is null", "POST", []string{"Origin", "null"}, 403, 0},
		{"under another name", "POST", []string{"Host", "evil.example"}, 421, 0},
		{"by GET", "GET", nil, 405, 0},
		{"by HEAD", "HEAD", nil, 405, 0},
		{"by PUT", "PUT", nil, 405, 0},
	} {
		calls = 0
		if w := ask(h, tc.method, "/-/reload", tc.headers...); w.Code != tc.code || calls != tc.calls {
			t.Errorf("%s: code %d and %d reloads, want %d and %d", tc.name, w.Code, calls, tc.code, tc.calls)
		}
	}
	fail = errors.New("config.yaml:3:7: top: must be between 1 and 20")
	if w := ask(h, "POST", "/-/reload"); w.Code != 500 || !strings.Contains(w.Body.String(), fail.Error()) {
		t.Errorf("a bad file: %d %q", w.Code, w.Body)
	}
}

func TestProbes(t *testing.T) {
	var report *scoring.Report
	both := map[string]http.Handler{
		"probe": Probes(func() *scoring.Report { return report }),
		"main":  handler(t, nil, func(o *Options) { o.Report = func() *scoring.Report { return report } }),
	}
	check := func(ready int) {
		t.Helper()
		for name, h := range both {
			for path, want := range map[string]int{"/-/healthy": 200, "/healthz": 200, "/-/ready": ready, "/readyz": ready} {
				if w := ask(h, "GET", path); w.Code != want {
					t.Errorf("%s %s: %d, want %d: %s", name, path, w.Code, want, w.Body)
				}
			}
		}
	}
	check(503)
	report = emptyReport(t)
	check(200)
	for _, path := range []string{"/", "/metrics", "/api/v1/report", "/debug/pprof/", "/static/style.css"} {
		if w := ask(both["probe"], "GET", path); w.Code != 404 {
			t.Errorf("the probe listener serves %s: %d", path, w.Code)
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	if w := ask(handler(t, nil, nil), "GET", "/api/v1/report"); w.Code != 503 {
		t.Errorf("without a report: %d", w.Code)
	}
	want := emptyReport(t)
	w := ask(handler(t, want, nil), "GET", "/api/v1/report")
	var got struct {
		Day     string `json:"day"`
		Partial bool   `json:"partial"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Day != want.Day.String() || got.Partial != want.Partial {
		t.Errorf("got %+v, want day %s, partial %v", got, want.Day, want.Partial)
	}
	if strings.Contains(w.Body.String(), "NaN") {
		t.Error("a value that is absent is NaN, which no JSON parser reads")
	}
}

func TestRequestsAreCounted(t *testing.T) {
	reg := prometheus.NewRegistry()
	h := handler(t, nil, func(o *Options) { o.Registry = reg })
	ask(h, "GET", "/")
	ask(h, "GET", "/")
	ask(h, "GET", "/-/ready")
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP workdrift_http_requests_total HTTP requests served.
# TYPE workdrift_http_requests_total counter
workdrift_http_requests_total{code="200",handler="overview"} 2
workdrift_http_requests_total{code="503",handler="probe"} 1
`), "workdrift_http_requests_total")
	if err != nil {
		t.Error(err)
	}
}

// A metric whose collection fails must not take the others away.
func TestMetricsSurviveABadCollector(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(brokenCollector{}, prometheus.NewGauge(prometheus.GaugeOpts{Name: "good", Help: "Good."}))
	w := ask(handler(t, nil, func(o *Options) { o.Registry, o.Log = reg, slog.New(slog.NewTextHandler(io.Discard, nil)) }), "GET", "/metrics")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "good 0") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type brokenCollector struct{}

func (brokenCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- prometheus.NewDesc("broken", "Broken.", nil, nil)
}

func (brokenCollector) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("broken", "Broken.", nil, nil), errors.New("broken"))
}
