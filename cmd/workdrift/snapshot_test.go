package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
)

// asked are addresses of every path of the table of routes that is read, with
// subjects where one is taken.
func asked(t testing.TB, objective string, subjects ...string) (list []string) {
	t.Helper()
	for _, p := range web.Paths() {
		if p.Method != http.MethodGet || strings.HasPrefix(p.Pattern, "/debug/") {
			continue
		}
		path := strings.NewReplacer("{$}", "", "{objective}", objective, "/static/", "/static/style.css").Replace(p.Pattern)
		if strings.Contains(path, "{") {
			t.Fatalf("%s: the test does not know what to fill in", path)
		}
		if !slices.Contains(p.Params, "subject") && path != "/explain" {
			list = append(list, path)
			continue
		}
		for _, subject := range subjects {
			list = append(list, path+"?"+url.Values{"subject": {subject}, "window": {"91d"}}.Encode())
		}
	}
	return list
}

// watched returns a daemon with a report, its pages, and what they are asked for.
func watched(t *testing.T) (*running, http.Handler, []string) {
	t.Helper()
	c := newCompany(t, 6)
	path := c.config(t, t.TempDir(), loopback)
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r.registry = prometheus.NewRegistry() // the pages that are served already count in the other
	r.registry.MustRegister(r.evaluator.collector)
	pages, err := r.pages(t.Context(), cfg.Web)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := r.evaluator.streams(t.Context())
	if err != nil || len(streams.List) == 0 {
		t.Fatalf("no streams: %v", err)
	}
	await(t, func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, nil))
		return w
	}, "/brief") // takes reports about the past; one that was made serves for minutes
	objective := c.story.Objectives()[0].ID
	return r, pages, asked(t, objective, scoring.Unknown.String(), objective, streams.List[0].Keys[0])
}

// A stuckWriter is somebody who reads nothing until told to.
type stuckWriter struct {
	*httptest.ResponseRecorder
	once    sync.Once
	stuck   chan struct{} // closed when something was written
	release chan struct{}
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.stuck) })
	<-w.release
	return w.ResponseRecorder.Write(b)
}

// Who reads an answer slowly, or never, holds up nothing: neither the engine nor
// a transaction, whose pages the store could not use again.
func TestSlowReadersHoldNothing(t *testing.T) {
	r, pages, addresses := watched(t)
	for _, address := range addresses {
		w := &stuckWriter{ResponseRecorder: httptest.NewRecorder(), stuck: make(chan struct{}), release: make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+address, nil))
		}()
		select {
		case <-w.stuck:
		case <-ended:
			t.Errorf("GET %s writes nothing", address)
			continue
		}
		r.evaluator.mu.Lock() // an evaluation that runs ends by itself, and reads no more
		for late := time.Now().Add(patience); r.store.Reading() > 0; runtime.Gosched() {
			if time.Now().After(late) { // pollers read for a moment only
				t.Fatalf("GET %s holds a transaction while it is read", address)
			}
		}
		r.evaluator.mu.Unlock()
		close(w.release)
		<-ended
		if w.Code != http.StatusOK {
			t.Errorf("GET %s: %d %s", address, w.Code, w.Body)
		}
	}
}

// An evaluation that goes on and on holds up nobody who looks at pages, as long
// as it gives turns.
func TestPagesDoNotWaitForEvaluations(t *testing.T) {
	r, pages, addresses := watched(t)
	r.evaluator.mu.Lock()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer r.evaluator.mu.Unlock()
		for {
			select {
			case <-stop:
				return
			default:
				r.evaluator.mu.pause()
				runtime.Gosched()
			}
		}
	}()
	for _, address := range addresses {
		w := httptest.NewRecorder()
		if pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+address, nil)); w.Code != http.StatusOK {
			t.Errorf("GET %s during an evaluation: %d %s", address, w.Code, w.Body)
		}
	}
	close(stop)
	<-stopped
}
