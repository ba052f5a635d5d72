package connectors

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestServerURL(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://api.example.org": true, "https://host/api/v3/": true, "http://localhost:80/x": true, "http://127.0.0.1": true, "http://[::1]:8080/": true,
		"": false, "host": false, "/path": false, "http://api.example.org": false, "http://10.0.0.1": false, "ftp://host/": false,
		"https://u@host/": false, "https://u:p4ssw0rd@host/": false, "https://host/?q=p4ssw0rd": false, "https://host/#x": false, "https://": false, "https://ho st/": false,
		"http://localhost.example.org/": false,
	} {
		u, err := ServerURL(raw, "https://api.example.org/")
		if (err == nil) != ok || ok && u.String() != raw {
			t.Errorf("%q: %v, %v", raw, u, err)
		}
		if err != nil && strings.Contains(err.Error(), "p4ssw0rd") {
			t.Errorf("%q: the error quotes it: %v", raw, err)
		}
	}
}

func TestSameServer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"https://a.example/x", "https://A.example:443/y", true}, {"http://a.example", "http://a.example:80", true},
		{"https://a.example", "http://a.example", false}, {"https://a.example", "https://a.example:8443", false},
		{"https://a.example", "https://b.example", false}, {"https://a.example", "https://a.example.b.example", false},
		{"https://a.example", "https://u@a.example", false}, {"/x", "/x", false},
	} {
		a, err1 := url.Parse(c.a)
		b, err2 := url.Parse(c.b)
		if got := SameServer(a, b); err1 != nil || err2 != nil || got != c.want || SameServer(b, a) != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// An open stands in for a body, to see whether it is closed.
type open struct {
	*strings.Reader
	closed bool
}

func (o *open) Close() error { o.closed = true; return nil }

// Requests leave for the configured servers and no other, also when one of them
// redirects.
func TestConfine(t *testing.T) {
	strangers := 0
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers++ }))
	defer stranger.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL, http.StatusFound)
	}))
	defer home.Close()
	root, err := url.Parse(home.URL)
	if err != nil {
		t.Fatal(err)
	}
	get := func(client *http.Client, address string, body *open) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		return resp.StatusCode, nil
	}
	confined := Confine(nil, root)
	if code, err := get(&http.Client{Transport: confined, CheckRedirect: NoRedirect}, home.URL+"/x", &open{Reader: strings.NewReader("x")}); err != nil || code != http.StatusFound {
		t.Errorf("the redirect is not handed over: %d %v", code, err)
	}
	for _, address := range []string{home.URL, stranger.URL} {
		body := &open{Reader: strings.NewReader("x")}
		_, err := get(&http.Client{Transport: confined}, address, body)
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonServer || !body.closed {
			t.Errorf("%s: %v, body closed %v", address, err, body.closed)
		}
	}
	if strangers != 0 {
		t.Errorf("%d requests to somebody else", strangers)
	}
}
