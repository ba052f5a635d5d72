package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// How long requests may take, so that a slow client holds nothing.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 60 * time.Second
	drainTimeout      = 3 * time.Second
	maxHeaderBytes    = 16 << 10
)

// An endpoint is one listener and what it serves.
type endpoint struct {
	name     string
	listener net.Listener
	handler  http.Handler
	// patient is set for who may wait long for an answer.
	patient bool
	// webConfig is a web configuration file of the exporter toolkit, for TLS
	// and basic authentication; "" for plain HTTP.
	webConfig string
}

// listen opens an address, and says which one was meant when it cannot.
func listen(ctx context.Context, network, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// serveHTTP serves until the context ends, then lets running requests finish
// for a moment. It returns the first error of a server.
func serveHTTP(ctx context.Context, log *slog.Logger, endpoints ...endpoint) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for _, e := range endpoints {
		server := &http.Server{
			Handler: e.handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
			WriteTimeout: writeTimeout, MaxHeaderBytes: maxHeaderBytes,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		}
		if e.patient {
			server.WriteTimeout = 0
		}
		wait.Go(func() {
			noSockets := false
			err := toolkit.Serve(e.listener, server, &toolkit.FlagConfig{
				WebSystemdSocket: &noSockets, WebConfigFile: &e.webConfig,
			}, log)
			if !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve %s: %w", e.name, err))
			}
		})
		wait.Go(func() {
			<-ctx.Done()
			drain, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer stop()
			if err := server.Shutdown(drain); err != nil {
				log.Warn("requests were cut off", "listener", e.name, "err", err)
				server.Close()
			}
		})
	}
	wait.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
