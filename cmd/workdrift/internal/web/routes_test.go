package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

// Every route lets in whom its class says, and nobody else.
func TestRouteAccess(t *testing.T) {
	for _, c := range visitors() {
		t.Run(c.name, func(t *testing.T) {
			h, tried := handler(t, fullReport(t), withEverything(t)), 0
			eachRoute(t, func(name string, rt *route, path string, ok int) {
				if strings.HasSuffix(path, "/profile") && c.want[rt.class] == 0 {
					return // takes a second
				}
				from := c.from
				if from == distant { // failures slow an address down
					tried++
					from = fmt.Sprintf("198.51.100.%d:40000", tried)
				}
				want := ok
				if code := c.want[rt.class]; code != 0 {
					want = code
				}
				w := call(h, rt, path, from, c.headers...)
				if w.Code != want {
					t.Errorf("%s (%s): %d, want %d: %s", name, rt.class, w.Code, want, w.Body)
				}
				if w.Code == 401 && len(w.Header().Values("WWW-Authenticate")) == 0 {
					t.Errorf("%s: 401 does not say how to log in", name)
				}
				if w.Code >= 400 && isAPIPath(path) && w.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s: %d is no problem but %s", name, w.Code, w.Header().Get("Content-Type"))
				}
			})
		})
	}
}

func isAPIPath(path string) bool { return strings.HasPrefix(path, apiPath) }

// What comes from another site, or under another name, is refused whoever asks.
func TestRoutesRefuseOtherSites(t *testing.T) {
	h := handler(t, fullReport(t), withEverything(t))
	login := []string{"Authorization", "Bearer " + triageToken}
	eachRoute(t, func(name string, rt *route, path string, ok int) {
		if strings.HasSuffix(path, "/profile") {
			return
		}
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
			{"Origin", "http://evil.example"}, {"Origin", "null"},
		} {
			want := 403
			if rt.class == signed {
				want = ok
			}
			if w := callAs(h, "POST", rt, path, distant, append(headers, login...)...); w.Code != want {
				t.Errorf("POST %s with %s: %d, want %d", path, headers, w.Code, want)
			}
		}
		want := 421
		if rt.class == signed {
			want = ok
		}
		if w := call(h, rt, path, distant, append([]string{"Host", "evil.example"}, login...)...); w.Code != want {
			t.Errorf("%s under another name: %d, want %d", name, w.Code, want)
		}
	})
}

// S8: GET changes nothing, and neither does what another site sends: only what
// is posted by somebody who may reaches the functions that change something.
func TestRoutesThatChange(t *testing.T) {
	changed := 0
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		decide := o.Decide
		o.Decide = func(ctx context.Context, list []store.Override) ([]store.Override, error) {
			changed++
			return decide(ctx, list)
		}
		o.CheckIn = func(context.Context, string, float64, bool) error { changed++; return nil }
		o.Reload = func(context.Context) error { changed++; return nil }
		o.Hooks = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			changed++
			w.WriteHeader(http.StatusNotFound)
		})
	})
	login := []string{"Authorization", "Bearer " + triageToken}
	eachRoute(t, func(name string, rt *route, path string, ok int) {
		changes := rt.class == triaging || rt.class == signed || rt.name == "reload"
		if safe := rt.method == "GET"; safe == changes {
			t.Errorf("%s is of the class %s", name, rt.class)
		}
		if (rt.view == nil) == (rt.handler == nil) {
			t.Errorf("%s needs a view or a handler", name)
		}
		if strings.HasSuffix(path, "/profile") {
			return // takes a second
		}
		for _, method := range []string{rt.method, "GET", "HEAD"} {
			changed = 0
			w := callAs(h, method, rt, path, distant, login...)
			if want := changes && method == rt.method; changed > 0 != want && (rt.class != signed || method == rt.method) {
				t.Errorf("%s of %s changes something: %v (%d)", method, name, changed > 0, w.Code)
			}
		}
		if changed = 0; rt.class == signed {
			return
		}
		callAs(h, rt.method, rt, path, distant, append([]string{"Sec-Fetch-Site", "cross-site"}, login...)...)
		callAs(h, rt.method, rt, path, distant, append([]string{"Host", "evil.example"}, login...)...)
		callAs(h, rt.method, rt, path, distant, "Authorization", "Bearer "+readToken)
		callAs(h, rt.method, rt, path, distant)
		if changed > 0 {
			t.Errorf("%s changes something %d times for those who may not", name, changed)
		}
	})
}

// Every answer carries the headers, whatever the route.
func TestRoutesAreSecured(t *testing.T) {
	h := handler(t, fullReport(t), withEverything(t))
	eachRoute(t, func(name string, rt *route, path string, _ int) {
		for _, login := range [][]string{nil, {"Authorization", "Bearer " + readToken}} {
			header := call(h, rt, path, distant, login...).Header()
			csp := header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'") {
				t.Errorf("%s: the policy is %q", name, csp)
			}
			for _, key := range []string{"X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"} {
				if header.Get(key) == "" {
					t.Errorf("%s: no %s", name, key)
				}
			}
		}
	})
}

// Without web.access this machine triages, and nobody else does.
func TestTriageWithoutAccess(t *testing.T) {
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Reader, Local: Triager, OperatorsRead: true}
	})
	rt := &route{method: "POST", pattern: "/api/v1/overrides"}
	for _, tc := range []struct {
		name, from string
		headers    []string
		code       int
	}{
		{"from this machine", "127.0.0.1:4000", nil, 201},
		{"over IPv6", "[::1]:4000", nil, 201},
		{"by a page of this server", "127.0.0.1:4000", []string{"Origin", "http://127.0.0.1:9797", "Sec-Fetch-Site", "same-origin"}, 201},
		{"from elsewhere", distant, nil, 403},
		{"through a proxy on this machine", "127.0.0.1:4000", []string{"X-Forwarded-For", "198.51.100.9"}, 403},
		{"through a proxy that says so", "127.0.0.1:4000", []string{"Via", "1.1 proxy"}, 403},
		{"through a proxy that hides", "127.0.0.1:4000", []string{"Origin", "https://drift.example", "Sec-Fetch-Site", "same-origin"}, 403},
		{"by another address of this machine", "127.0.0.1:4000", []string{"Host", "10.1.2.3:9797"}, 403},
		{"with a password that nobody asked for", "127.0.0.1:4000", []string{"Authorization", basic("a", "b")}, 201},
	} {
		if w := call(h, rt, rt.pattern, tc.from, tc.headers...); w.Code != tc.code {
			t.Errorf("%s: %d, want %d: %s", tc.name, w.Code, tc.code, w.Body)
		}
	}
}
