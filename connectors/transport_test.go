package connectors

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func newTestTransport(t *testing.T, cfg TransportConfig) *Transport {
	t.Helper()
	tr, err := NewTransport(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func get(t *testing.T, rt http.RoundTripper, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: rt}).Do(req)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

func TestTransportSecondServer(t *testing.T) {
	var authorized, foreign atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		foreign.Add(1)
		if r.Header.Get("Authorization") != "" {
			authorized.Add(1)
		}
	}))
	defer other.Close()
	var home *httptest.Server
	home = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusMovedPermanently)
		case "/here":
			http.Redirect(w, r, home.URL+"/end", http.StatusMovedPermanently)
		}
	}))
	defer home.Close()

	// Both are servers of the source, and still no redirect leads across.
	tr := newTestTransport(t, TransportConfig{Source: "gh", Allow: []string{home.URL, other.URL}})
	signed := roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+canary)
		return tr.RoundTrip(r)
	})
	if resp, err := get(t, signed, home.URL+"/here"); err != nil || resp.Request.URL.Path != "/end" {
		t.Errorf("a redirect on the same server: %v", err)
	}
	if _, err := get(t, signed, home.URL+"/away"); !errors.Is(err, ErrBlocked) {
		t.Errorf("a redirect to another server: %v, want ErrBlocked", err)
	}
	if foreign.Load() != 0 || authorized.Load() != 0 {
		t.Errorf("the other server got %d requests, %d with the credential", foreign.Load(), authorized.Load())
	}
	if _, err := get(t, signed, other.URL); err != nil || authorized.Load() != 1 {
		t.Errorf("a listed server, asked directly: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportDowngrade(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	var secure *httptest.Server
	secure = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(secure.URL, "https:", "http:", 1), http.StatusFound)
	}))
	defer secure.Close()
	tr := newTestTransport(t, TransportConfig{Source: "gh", Allow: []string{secure.Listener.Addr().String(), plain.URL}})
	tr.base.TLSClientConfig.RootCAs = rootsOf(secure)
	if _, err := get(t, tr, secure.URL); !errors.Is(err, ErrBlocked) {
		t.Errorf("a redirect from https to http: %v, want ErrBlocked", err)
	}
	if _, err := get(t, tr, strings.Replace(secure.URL, "https:", "http:", 1)); !errors.Is(err, ErrBlocked) {
		t.Errorf("a server listed without a scheme, asked over http: %v, want ErrBlocked", err)
	}
}

func rootsOf(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func TestTransportTLS(t *testing.T) {
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // the refusal is ours
		s.StartTLS()
		tr := newTestTransport(t, TransportConfig{Source: "gh"})
		if _, err := get(t, tr, s.URL); err == nil {
			t.Error("a certificate of an unknown authority was accepted")
		}
		tr.base.TLSClientConfig.RootCAs = rootsOf(s)
		if _, err := get(t, tr, s.URL); (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		tr.CloseIdleConnections()
		s.Close()
	}
}

func TestTransportAllow(t *testing.T) {
	for _, bad := range []string{"", "ftp://x", "https://", "https://user:" + canary + "@x", "https://x:" + canary, "a b"} {
		if _, err := NewTransport(TransportConfig{Allow: []string{bad}}); err == nil {
			t.Errorf("%q was accepted", bad)
		} else if strings.Contains(err.Error(), "user") && strings.Contains(err.Error(), canary) {
			t.Errorf("the error quotes a credential: %v", err)
		}
	}
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	tr := newTestTransport(t, TransportConfig{Source: "gh", Allow: []string{"api.example.test"}})
	if _, err := get(t, tr, s.URL); !errors.Is(err, ErrBlocked) {
		t.Errorf("a server that is not listed: %v, want ErrBlocked", err)
	}
	closed := &closeTracker{Reader: strings.NewReader("x")}
	req := httptest.NewRequest(http.MethodPost, s.URL, closed)
	if _, err := tr.RoundTrip(req); err == nil || !closed.closed {
		t.Errorf("a refused request: error %v, body closed %v", err, closed.closed)
	}
}

type closeTracker struct {
	io.Reader
	closed bool
}

func (c *closeTracker) Close() error { c.closed = true; return nil }

func TestTransportFirstRequestsAtOnce(t *testing.T) {
	a, b := newVictim(t), newVictim(t)
	tr := newTestTransport(t, TransportConfig{Source: "gh"})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+[]*victim{a, b}[i%2].Addr().String(), nil)
			if resp, err := tr.RoundTrip(req); err == nil {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	if a.hits.Load() > 0 == (b.hits.Load() > 0) {
		t.Errorf("%d and %d connections: want exactly one server to be called", a.hits.Load(), b.hits.Load())
	}
}

func TestTransportHeaders(t *testing.T) {
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer s.Close()
	tr := newTestTransport(t, TransportConfig{Source: "gh", Version: "1.2.3"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "a library")
	if resp, err := tr.RoundTrip(req); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	if got.Get("User-Agent") != "workdrift/1.2.3" || got.Get("Accept-Encoding") != "gzip" {
		t.Errorf("sent %v", got)
	}
	if req.Header.Get("User-Agent") != "a library" || req.Header.Get("Accept-Encoding") != "" {
		t.Error("the caller's request was changed")
	}
}

func TestTransportCounts(t *testing.T) {
	codes := []int{200, 200, 304, 404, 429, 500, 599}
	var i atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(codes[i.Add(1)-1]) }))
	m := NewMetrics(nil)
	tr := newTestTransport(t, TransportConfig{Source: "gh", Metrics: m})
	for range codes {
		if _, err := get(t, tr, s.URL); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if _, err := get(t, tr, s.URL); err == nil {
		t.Fatal("the server is closed")
	}
	for code, want := range map[string]float64{"200": 2, "304": 1, "404": 1, "429": 1, "500": 1, "599": 1, "error": 1} {
		if got := testutil.ToFloat64(m.requests.WithLabelValues("gh", code)); got != want {
			t.Errorf("%v requests with code %s, want %v", got, code, want)
		}
	}
	if n := testutil.CollectAndCount(m.requests); n != 7 {
		t.Errorf("%d series, want 7", n)
	}
}

func TestStripURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://api.example.test/a?token=" + canary:            "https://api.example.test/a",
		"https://u:" + canary + "@api.example.test/a#" + canary: "https://api.example.test/a",
		"/relative?token=" + canary:                             "",
		"https://api.example.test/plain":                        "https://api.example.test/plain",
	} {
		err := StripURL(fmt.Errorf("outer: %w", &url.Error{Op: "Get", URL: in, Err: io.EOF}))
		e, ok := errors.AsType[*url.Error](err)
		if !ok || e.URL != want || !errors.Is(err, io.EOF) {
			t.Errorf("%s became %v", in, err)
		}
	}
	if err := StripURL(io.EOF); err != io.EOF {
		t.Errorf("another error became %v", err)
	}
	if StripURL(nil) != nil {
		t.Error("no error became one")
	}
	// The poller's own error does it for everybody who forgot.
	e := &Error{Reason: ReasonNetwork, Err: fmt.Errorf("list: %w", &url.Error{Op: "Get", URL: "https://h/p?access_token=" + canary, Err: io.EOF})}
	if got := e.Error(); got != `network: list: Get "https://h/p": EOF` {
		t.Errorf("got %s", got)
	}
}
