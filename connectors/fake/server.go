package fake

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Server listens on a free port of 127.0.0.1.
type Server struct {
	URL string // "http://127.0.0.1:4711", without a slash at the end

	http   *http.Server
	cancel context.CancelFunc
	work   sync.WaitGroup
	err    error
}

// Listen starts a server. The caller closes it.
func Listen(h http.Handler) (*Server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on a free port: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{URL: "http://" + ln.Addr().String(), cancel: cancel}
	s.http = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.work.Add(1)
			defer s.work.Done()
			h.ServeHTTP(w, r)
		}),
	}
	s.work.Go(func() {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.err = err
		}
	})
	return s, nil
}

// Close ends all requests, waits for them, and stops listening.
func (s *Server) Close() error {
	s.cancel()
	err := s.http.Close()
	s.work.Wait()
	return errors.Join(err, s.err)
}
