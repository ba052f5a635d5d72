package connectors

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrBlocked is wrapped by the error of a request that was not sent because of
// where it would have gone.
var ErrBlocked = errors.New("address is not allowed")

// A TransportConfig says for whom a transport works.
type TransportConfig struct {
	Source  string // name of the instance, for the request counter
	Version string // of the program, for the User-Agent header
	// Allow lists the servers of the source: "https://host:port" in full, or
	// "host" or "host:port" for https. When it is empty the first request
	// decides: it goes to the base URL from the configuration, since nothing
	// has been read from anybody yet.
	//
	// A name that resolves to a private address (10.0.0.0/8 and the like) is
	// only dialed when it is listed here.
	Allow   []string
	Metrics *Metrics // requests are not counted when nil
	// MaxBody bounds one answer in bytes, unpacked; 64 MiB when zero.
	MaxBody int64
}

// A Transport sends the requests of one connector, and refuses those that only
// a hostile answer could have caused.
//
// A request goes to a server of the source (see TransportConfig.Allow) with
// the same scheme, host and port, or nowhere. That holds for redirects, for
// the URLs in Link headers and for every other URL a connector might follow,
// so credentials that a connector puts on each request reach no second host.
//
// On top of that the address that was dialed is checked after the name was
// resolved, which no change of the name's records can get around: link-local
// (and with it the clouds' metadata services), multicast and unspecified
// addresses are always refused, loopback unless the server is written as
// localhost or as that address, private networks unless the server is written
// as that address or listed in Allow. With a proxy from the environment the
// proxy is what is dialed, and it resolves the name.
//
// Answers are unpacked and bounded, see ErrTooLarge.
type Transport struct {
	base      *http.Transport
	dialer    net.Dialer
	meter     meter
	agent     string
	maxBody   int64
	allowed   map[origin]bool // nil until the first request decided
	private   map[string]bool // hosts that may have a private address
	allowLock sync.Mutex
	proxies   sync.Map // host:port of proxies in use
}

// NewTransport returns a transport with its own connections. An entry of Allow
// that is not a server is an error.
func NewTransport(cfg TransportConfig) (*Transport, error) {
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	t := &Transport{
		dialer:  net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second},
		meter:   meter{cfg.Metrics, cfg.Source},
		agent:   "workdrift/" + cfg.Version,
		maxBody: cfg.MaxBody,
		private: map[string]bool{},
	}
	for _, entry := range cfg.Allow {
		if !strings.Contains(entry, "://") {
			entry = "https://" + entry
		}
		u, err := url.Parse(entry)
		if err != nil {
			return nil, fmt.Errorf("allowed server: %w", StripURL(err))
		}
		o, err := originOf(u)
		if err != nil {
			return nil, fmt.Errorf("allowed server %s: %w", u.Host, err)
		}
		if t.allowed == nil {
			t.allowed = map[origin]bool{}
		}
		t.allowed[o] = true
		t.private[o.host] = true
	}
	t.base = &http.Transport{
		Proxy:                  t.proxy,
		DialContext:            t.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  time.Minute,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // unpacked here, to see the ratio
	}
	return t, nil
}

// CloseIdleConnections ends connections that no request uses.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.admit(req); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.agent)
	unpack := req.Header.Get("Accept-Encoding") == "" && req.Header.Get("Range") == "" && req.Method != http.MethodHead
	if unpack {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.meter.answered(0)
		return nil, err
	}
	t.meter.answered(resp.StatusCode)
	if err := bound(resp, t.maxBody, unpack); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// admit decides whether a request may be sent at all.
func (t *Transport) admit(req *http.Request) error {
	to, err := originOf(req.URL)
	if err != nil {
		return err
	}
	// Client.Do tells which answer redirected here. A second look at the
	// server of that answer is needed when several are allowed.
	if req.Response != nil && req.Response.Request != nil {
		from, err := originOf(req.Response.Request.URL)
		if err != nil || from != to {
			return fmt.Errorf("redirect from %s to %s: %w", from, to, ErrBlocked)
		}
	}
	t.allowLock.Lock()
	defer t.allowLock.Unlock()
	if t.allowed == nil {
		t.allowed = map[origin]bool{to: true}
	}
	if !t.allowed[to] {
		return fmt.Errorf("%s is not a server of this source: %w", to, ErrBlocked)
	}
	return nil
}

// An origin is where a request goes, in one spelling.
type origin struct{ scheme, host, port string }

func (o origin) String() string { return o.scheme + "://" + net.JoinHostPort(o.host, o.port) }

func originOf(u *url.URL) (origin, error) {
	o := origin{scheme: strings.ToLower(u.Scheme), host: canonicalHost(u.Hostname()), port: u.Port()}
	switch {
	case o.scheme != "https" && o.scheme != "http":
		return origin{}, fmt.Errorf("a URL that is neither http nor https: %w", ErrBlocked)
	case o.host == "":
		return origin{}, fmt.Errorf("a URL without a host: %w", ErrBlocked)
	case u.User != nil:
		return origin{}, fmt.Errorf("a URL with a user name: %w", ErrBlocked)
	case o.port == "" && o.scheme == "https":
		o.port = "443"
	case o.port == "":
		o.port = "80"
	}
	return o, nil
}

// canonicalHost returns one spelling of a host name or IP address.
func canonicalHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return host
}

// proxy remembers which addresses are proxies: the operator named them in the
// environment, and they are usually private.
func (t *Transport) proxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if u != nil && err == nil {
		t.proxies.Store(canonicalHost(u.Hostname()), true)
	}
	return u, err
}

// dial connects to a host, which is a name or an IP address, when the address
// it has at this moment is one that this host may have.
func (t *Transport) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	host = canonicalHost(host)
	d := t.dialer
	d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dial %s: %w", host, ErrBlocked)
		}
		return t.checkAddr(host, to.Addr())
	}
	return d.DialContext(ctx, network, hostPort)
}

// checkAddr decides whether a host may be at an address.
func (t *Transport) checkAddr(host string, addr netip.Addr) error {
	literal, err := netip.ParseAddr(host)
	asWritten := err == nil && literal.Unmap() == addr.Unmap()
	_, proxy := t.proxies.Load(host)
	switch class := classify(addr); {
	case class == classPublic:
		return nil
	case class == classLoopback && (asWritten || proxy || host == "localhost"):
		return nil
	case class == classPrivate && (asWritten || proxy || t.private[host]):
		return nil
	default:
		return fmt.Errorf("%s is at a %s address: %w", host, class, ErrBlocked)
	}
}

// StripURL takes the query and the user name, where credentials hide, out of
// the URL in an error of net/http or net/url, and returns the error. Call it
// before wrapping, since wrapping copies the text.
func StripURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		stripped := queries.FindString(e.URL)
		e.URL = queries.ReplaceAllString(stripped, "$1$2")
	}
	return err
}
