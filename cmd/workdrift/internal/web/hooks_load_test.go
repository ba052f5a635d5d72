package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A wire is a listener without a network: every connection is a pipe that
// holds nothing back, so that what a server takes is what it read.
type wire struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
	taken  atomic.Int64 // bytes that the server read
}

func newWire() *wire { return &wire{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (l *wire) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *wire) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *wire) Addr() net.Addr { return &net.TCPAddr{} }

func (l *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.calls <- counted{server, &l.taken}:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A counted connection adds up what is read from it.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// serve runs a server as the daemon does, until the returned function is called.
func (l *wire) serve(t *testing.T, h http.Handler) (stop func()) {
	t.Helper()
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := server.Serve(l); err != http.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		wait.Wait()
	}
}

// A sender that goes quiet within its body is cut off after ten seconds, and
// its place is free again.
func TestHookSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newBell(), newWire()
		stop := l.serve(t, b.handler(t, 25<<20))
		defer stop()
		for range 2 * 2 { // more than there are places
			c, err := l.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			if _, err := io.WriteString(c, "POST /hooks/code HTTP/1.1\r\nHost: x\r\nSignature: good\r\nContent-Length: 1000\r\n\r\nabc"); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || res.StatusCode != 408 || !res.Close {
				t.Fatalf("%v, %v", res, err)
			}
			if took := time.Since(started); took != hookReadTimeout {
				t.Errorf("after %v", took)
			}
			res.Body.Close()
			c.Close()
		}
		if b.counts[Malformed] != 4 || b.parsed != 0 {
			t.Errorf("%v, %d parsed", b.counts, b.parsed)
		}
	})
}

// A large is a body without content.
type large struct{ left int }

func (l *large) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), l.left)
	l.left -= n
	return n, nil
}

// heap is how much memory objects take, dead ones that were not collected yet
// included.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// S2: 1,000 anonymous posts of 25 MB, of five kinds.
func TestHookFlood(t *testing.T) {
	const posts, size, clients = 1000, 25 << 20, 64
	const mayRead = 300 << 10 // of a body that nobody wants: what net/http reads to keep a connection
	for name, c := range map[string]struct {
		headers []string
		chunked bool
		code    int
		read    int64 // of all bodies
	}{
		"unsigned":          {nil, false, 401, posts * mayRead},
		"unsigned, chunked": {nil, true, 401, posts * mayRead},
		"forged":            {[]string{"Signature", "bad"}, false, 413, posts * mayRead},
		"forged, chunked":   {[]string{"Signature", "bad"}, true, 413, hookBurst*(5<<20+mayRead) + posts*mayRead},
		"for nobody":        {[]string{"Nobody", "x"}, true, 404, posts * mayRead},
	} {
		t.Run(name, func(t *testing.T) {
			b, l := newBell(), newWire()
			stop := l.serve(t, b.handler(t, 5<<20))
			client := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
			runtime.GC()
			before := heap()
			var peak atomic.Uint64
			var codes [600]atomic.Int64
			var wait sync.WaitGroup
			var next atomic.Int64
			for range clients {
				wait.Go(func() {
					for next.Add(1) <= posts {
						path := "/hooks/code"
						if strings.HasPrefix(name, "for nobody") {
							path = "/hooks/nobody"
						}
						req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x"+path, &large{size})
						if err != nil {
							t.Error(err)
							return
						}
						if !c.chunked {
							req.ContentLength = size
						}
						for i := 0; i < len(c.headers); i += 2 {
							req.Header.Set(c.headers[i], c.headers[i+1])
						}
						if res, err := client.Do(req); err == nil {
							codes[res.StatusCode].Add(1)
							res.Body.Close()
						}
						for now := heap(); ; {
							old := peak.Load()
							if now <= old || peak.CompareAndSwap(old, now) {
								break
							}
						}
					}
				})
			}
			wait.Wait()
			stop()
			told := fmt.Sprintf("%d times %d, %d times 429; %d KiB read, heap up to %d KiB above %d",
				codes[c.code].Load(), c.code, codes[429].Load(), l.taken.Load()>>10, (int64(peak.Load())-int64(before))>>10, before>>10)
			t.Log(told)
			if l.taken.Load() > c.read {
				t.Errorf("too much was read: %s", told)
			}
			if int64(peak.Load())-int64(before) > 64<<20 {
				t.Errorf("too much memory: %s", told)
			}
			if codes[c.code].Load() == 0 || b.parsed != 0 || len(b.hints) != 0 || codes[200].Load()+codes[202].Load() > 0 {
				t.Errorf("%s, %d parsed, %v", told, b.parsed, b.counts)
			}
		})
	}
}
