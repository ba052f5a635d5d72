package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
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

// A flood is what came of many posts.
type flood struct {
	codes [600]atomic.Int64
	peak  atomic.Uint64 // of the heap
}

// pour sends posts of 25 MB over a wire, many at once.
func (f *flood) pour(t *testing.T, l *wire, posts int64, path string, chunked bool, headers http.Header) {
	const size, clients = 25 << 20, 64
	client := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
	var wait sync.WaitGroup
	var sent atomic.Int64
	for range clients {
		wait.Go(func() {
			for sent.Add(1) <= posts {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x"+path, &large{size})
				if err != nil {
					t.Error(err)
					return
				}
				if req.Header = headers.Clone(); !chunked {
					req.ContentLength = size
				}
				// A server that has answered may hang up on the rest of a body.
				if res, err := client.Do(req); err == nil {
					f.codes[res.StatusCode].Add(1)
					res.Body.Close()
				}
				for now, old := heap(), f.peak.Load(); now > old && !f.peak.CompareAndSwap(old, now); old = f.peak.Load() {
				}
			}
		})
	}
	wait.Wait()
}

// S2: 1,000 anonymous posts of 25 MB, of five kinds.
func TestHookFlood(t *testing.T) {
	const posts = 1000
	const mayRead = 300 << 10 // of a body that nobody wants: what net/http reads to keep a connection
	forged := http.Header{"Signature": {"bad"}}
	for name, c := range map[string]struct {
		path    string
		headers http.Header
		chunked bool
		code    int
		read    int64 // of all bodies
	}{
		"unsigned":          {"/hooks/code", http.Header{}, false, 401, posts * mayRead},
		"unsigned, chunked": {"/hooks/code", http.Header{}, true, 401, posts * mayRead},
		"forged":            {"/hooks/code", forged, false, 413, posts * mayRead},
		"forged, chunked":   {"/hooks/code", forged, true, 413, hookBurst*(5<<20) + posts*mayRead},
		"for nobody":        {"/hooks/nobody", forged, true, 404, posts * mayRead},
	} {
		t.Run(name, func(t *testing.T) {
			b, l := newBell(), newWire()
			stop := l.serve(t, b.handler(t, 5<<20))
			runtime.GC()
			before := int64(heap())
			var f flood
			f.pour(t, l, posts, c.path, c.chunked, c.headers)
			stop()
			rise := int64(f.peak.Load()) - before
			t.Logf("%d times %d, %d times 429; %d KiB were read, the heap rose by %d KiB",
				f.codes[c.code].Load(), c.code, f.codes[429].Load(), l.taken.Load()>>10, rise>>10)
			if l.taken.Load() > c.read {
				t.Errorf("%d bytes were read, want %d at most", l.taken.Load(), c.read)
			}
			if rise > 64<<20 {
				t.Errorf("the heap rose by %d bytes", rise)
			}
			if f.codes[c.code].Load() == 0 || f.codes[200].Load()+f.codes[202].Load() > 0 || b.parsed != 0 || len(b.hints) != 0 {
				t.Errorf("%d parsed, %v", b.parsed, b.counts)
			}
		})
	}
}
