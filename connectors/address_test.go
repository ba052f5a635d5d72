package connectors

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// forms are ways to write an address of this machine, of its network or of a
// cloud's metadata service. %s is the port.
var forms = []string{
	"http://127.0.0.1:%s/", "http://127.1:%s/", "http://127.0.1:%s/", "http://2130706433:%s/", "http://0x7f000001:%s/",
	"http://0x7f.1:%s/", "http://0177.0.0.1:%s/", "http://017700000001:%s/", "http://127.000.000.001:%s/", "http://127.255.255.254:%s/",
	"http://localhost:%s/", "http://LOCALHOST:%s/", "http://localhost.:%s/", "http://127.0.0.1.:%s/", "http://foo.localhost:%s/",
	"http://[::1]:%s/", "http://[0:0:0:0:0:0:0:1]:%s/", "http://[::]:%s/", "http://[::ffff:127.0.0.1]:%s/", "http://[::ffff:7f00:1]:%s/",
	"http://[::127.0.0.1]:%s/", "http://[64:ff9b::7f00:1]:%s/", "http://[2002:7f00:1::]:%s/", "http://0.0.0.0:%s/", "http://0:%s/",
	"http://user@127.0.0.1:%s/", "http://user:pass@localhost:%s/", "http://api.example.test@127.0.0.1:%s/", "http://①②⑦.⓪.⓪.①:%s/", "http://ⓛocalhost:%s/",
	"http://localhost%%00.example.test:%s/", "https://127.0.0.1:%s/", "ftp://127.0.0.1:%s/", "//127.0.0.1:%s/", "http:\\\\127.0.0.1:%s/",
	"http://169.254.169.254:%s/latest/meta-data/", "http://[fe80::1%%25lo]:%s/", "http://[fd00:ec2::254]:%s/", "http://metadata.google.internal:%s/", "http://224.0.0.1:%s/",
	"http://255.255.255.255:%s/", "http://10.0.0.1:%s/", "http://192.168.0.1:%s/", "http://100.100.100.200:%s/", "http://127.0.0.1.nip.test:%s/",
}

func TestTransportForeignAddresses(t *testing.T) {
	if len(forms) < 40 {
		t.Fatalf("%d forms", len(forms))
	}
	v := newVictim(t)
	dns := newFakeDNS(t)
	dns.answer("127.0.0.1") // whatever is asked
	var location atomic.Value
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			w.Header().Set("Location", location.Load().(string))
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer home.Close()
	tr := newTestTransport(t, TransportConfig{Source: "gh"})
	tr.dialer.Resolver = dns.resolver()
	if _, err := get(t, tr, home.URL); err != nil {
		t.Fatalf("the configured server: %v", err)
	}

	for _, form := range forms {
		target := fmt.Sprintf(form, v.port)
		t.Run(target, func(t *testing.T) {
			location.Store(target)
			// As a redirect. One that is relative to our own server stays there.
			_, err := get(t, tr, home.URL+"/redirect")
			if err == nil && !strings.HasPrefix(target, "http:\\") {
				t.Error("the redirect was followed")
			}
			// As a Link header or any other URL in an answer.
			if _, err := get(t, tr, target); err == nil {
				t.Error("the link was followed")
			}
			// As the base URL, which only a plain loopback address may be. What
			// is written as a private address would really be dialed.
			u, err := url.Parse(target)
			if err != nil || strings.HasPrefix(u.Host, "10.") || strings.HasPrefix(u.Host, "192.168.") {
				return
			}
			first := newTestTransport(t, TransportConfig{Source: "gh"})
			first.dialer.Resolver = dns.resolver()
			before := v.hits.Load()
			get(t, first, target)
			if host := canonicalHost(u.Hostname()); v.hits.Swap(before) != before && !plain[host] {
				t.Errorf("a base URL of host %q was dialed", host)
			}
		})
	}
	if n := v.hits.Load(); n != 0 {
		t.Errorf("%d connections to an address that nobody configured", n)
	}
}

// plain are the ways in which an operator may name this machine. The last two
// are what net/http turns into the first before it dials.
var plain = map[string]bool{"localhost": true, "127.0.0.1": true, "ⓛocalhost": true, "①②⑦.⓪.⓪.①": true}

func TestTransportRebinding(t *testing.T) {
	v := newVictim(t)
	dns := newFakeDNS(t)
	resolver := dns.resolver()
	// Whoever looks before dialing sees a public address.
	dns.answer("203.0.113.7")
	if got, err := resolver.LookupHost(t.Context(), "api.example.test"); err != nil || got[0] != "203.0.113.7" {
		t.Fatalf("the resolver says %v, %v", got, err)
	}
	for _, now := range []string{"127.0.0.1", "127.8.8.8", "::1", "169.254.169.254", "0.0.0.0", "::", "::ffff:127.0.0.1", "10.1.2.3", "fd12::1"} {
		dns.answer(now)
		tr := newTestTransport(t, TransportConfig{Source: "gh"})
		tr.dialer.Resolver = resolver
		if _, err := get(t, tr, "http://api.example.test:"+v.port); !errors.Is(err, ErrBlocked) {
			t.Errorf("the name moved to %s: %v, want ErrBlocked", now, err)
		}
	}
	if dns.asked.Load() == 0 {
		t.Error("nobody asked the fake name server")
	}
	if n := v.hits.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestCheckAddr(t *testing.T) {
	tr := newTestTransport(t, TransportConfig{Source: "gh", Allow: []string{"https://ghes.corp.test", "10.9.9.9:8443"}})
	tr.proxies.Store("proxy.corp.test", true)
	for _, tc := range []struct {
		host, addr string
		ok         bool
	}{
		{"api.github.com", "140.82.112.5", true},
		{"api.github.com", "2606:50c0:8000::64", true},
		{"api.github.com", "10.0.0.1", false},
		{"api.github.com", "192.168.1.1", false},
		{"api.github.com", "172.16.0.1", false},
		{"api.github.com", "100.64.0.1", false},
		{"api.github.com", "fd00::1", false},
		{"api.github.com", "127.0.0.1", false},
		{"ghes.corp.test", "10.0.0.1", true}, // the operator named it
		{"ghes.corp.test", "fd00::1", true},
		{"ghes.corp.test", "127.0.0.1", false},
		{"ghes.corp.test", "::1", false},
		{"ghes.corp.test", "169.254.169.254", false},
		{"ghes.corp.test", "100.100.100.200", false},
		{"ghes.corp.test", "fd00:ec2::254", false},
		{"10.9.9.9", "10.9.9.9", true},
		{"10.9.9.8", "10.9.9.8", true}, // written as that address
		{"10.9.9.8", "10.9.9.7", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "::ffff:127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"::1", "::1", true},
		{"localhost", "127.0.0.1", true},
		{"localhost", "::1", true},
		{"localhost", "10.0.0.1", false},
		{"169.254.169.254", "169.254.169.254", false},
		{"0.0.0.0", "0.0.0.0", false},
		{"::", "::", false},
		{"224.0.0.1", "224.0.0.1", false},
		{"255.255.255.255", "255.255.255.255", false},
		{"fe80::1", "fe80::1", false},
		{"api.github.com", "168.63.129.16", false},
		{"api.github.com", "192.0.0.192", false},
		{"api.github.com", "64:ff9b::a9fe:a9fe", false},
		{"api.github.com", "64:ff9b::8c52:7005", true},
		{"api.github.com", "2002:7f00:1::1", false},
		{"api.github.com", "::ffff:169.254.169.254", false},
		{"api.github.com", "::7f00:1", false},
		{"proxy.corp.test", "10.0.0.2", true},
		{"proxy.corp.test", "127.0.0.1", true},
		{"proxy.corp.test", "169.254.169.254", false},
	} {
		err := tr.checkAddr(tc.host, netip.MustParseAddr(tc.addr))
		if (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrBlocked) {
			t.Errorf("%s at %s: %v, want allowed = %v", tc.host, tc.addr, err, tc.ok)
		}
	}
}

// a victim is a server on the loopback interface that nobody may be talked
// into calling. It counts connections, not requests.
type victim struct {
	net.Listener
	port string
	hits atomic.Int64
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{Listener: l}
	_, v.port, _ = net.SplitHostPort(l.Addr().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			v.hits.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return v
}

// A fakeDNS is a name server that knows one address and gives it for every
// name.
type fakeDNS struct {
	conn  net.PacketConn
	addr  atomic.Value
	asked atomic.Int64
}

func newFakeDNS(t *testing.T) *fakeDNS {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &fakeDNS{conn: conn}
	done := make(chan struct{})
	go func() { defer close(done); d.serve() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return d
}

func (d *fakeDNS) answer(addr string) { d.addr.Store(netip.MustParseAddr(addr)) }

func (d *fakeDNS) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var nd net.Dialer
		return nd.DialContext(ctx, "udp", d.conn.LocalAddr().String())
	}}
}

// serve answers as RFC 1035 lays it out: header, the question as it came, and
// one record that points back to the question's name.
func (d *fakeDNS) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := d.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		d.asked.Add(1)
		end := 12
		for end < n && buf[end] != 0 {
			end += int(buf[end]) + 1
		}
		end += 5 // the root label, the type and the class
		kind := binary.BigEndian.Uint16(buf[end-4:])
		addr := d.addr.Load().(netip.Addr)
		out := append([]byte{buf[0], buf[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, buf[12:end]...)
		if a, aaaa := kind == 1 && addr.Is4(), kind == 28 && addr.Is6(); a || aaaa {
			out[7] = 1
			raw := addr.AsSlice()
			out = append(out, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
			out = append(out, raw...)
		}
		d.conn.WriteTo(out, from)
	}
}
