package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
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
	"github.com/workdrift/workdrift/store"
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

// An evaluation that goes on and on holds up nobody who looks at pages once it
// has settled what items are attributed to.
func TestPagesDoNotWaitForEvaluations(t *testing.T) {
	r, pages, addresses := watched(t)
	r.evaluator.mu.Lock()
	r.evaluator.mu.open()
	defer r.evaluator.mu.Unlock()
	for _, address := range addresses {
		w := httptest.NewRecorder()
		if pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+address, nil)); w.Code != http.StatusOK {
			t.Errorf("GET %s during an evaluation: %d %s", address, w.Code, w.Body)
		}
	}
}

// While a report is made, what is asked about an item is told by the one that is
// published, or where they differ by the one to come: never by both.
func TestExplanationsAgreeWithTheReport(t *testing.T) {
	r, _, _ := watched(t)
	e := r.evaluator
	streams, err := e.streams(t.Context())
	if err != nil || len(streams.List) == 0 || len(streams.List[0].Keys) < 2 {
		t.Fatalf("no stream of two works: %v", err)
	}
	key, other := streams.List[0].Keys[0], streams.List[0].Keys[1]
	reached, gate := make(chan struct{}), make(chan struct{})
	reach, release := sync.OnceFunc(func() { close(reached) }), sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	e.mu.Lock()
	accounts := e.accounts
	e.accounts = func(ctx context.Context) (map[string]bool, error) { // asked for after a report, before it is shown
		reach()
		<-gate
		if accounts == nil {
			return nil, nil
		}
		return accounts(ctx)
	}
	e.mu.Unlock()
	if _, err := r.decide(t.Context(), []store.Override{{Key: key, To: "run_work", Why: "it keeps things running", Role: "triage", At: r.now()}}); err != nil {
		t.Fatal(err)
	}
	<-reached
	before := e.snapshot.Load()
	if x, err := e.listOf(t.Context(), before, key, streamWindow); !errors.Is(err, errUnpublished) {
		t.Errorf("an item that changes is told of as %+v, %v", x, err)
	}
	if x, err := e.list(t.Context(), other, streamWindow); err != nil || x.AsOf != before.report || x.Items[0].Bucket != scoring.Unknown.String() {
		t.Errorf("an item that stays as it is is told of as %+v, %v", x, err)
	}
	release()
	x, err := e.list(t.Context(), key, streamWindow)
	if err != nil {
		t.Fatal(err)
	}
	if x.AsOf == before.report || x.Items[0].Bucket != scoring.RunWork.String() || len(x.Items[0].Parts) > 0 && x.Items[0].Parts[0].Category != scoring.RunWork.String() {
		t.Errorf("decided about, it is told of as %+v", x.Items[0])
	}
}

// What is encoded with a report is of the report that is published, as it is in
// the end: nothing changes it afterwards. The one from before a restart has it too.
func TestReportsAreEncodedWhenTheyAreMade(t *testing.T) {
	r, _, _ := watched(t)
	e := r.evaluator
	check := func(when string) {
		t.Helper()
		e.mu.Lock() // no round is under way
		defer e.mu.Unlock()
		want, err := web.Encode(e.report.Load())
		if err != nil {
			t.Fatal(err)
		}
		if got := e.encoded.Load(); got == nil || got.Report() != want.Report() || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: what is encoded is not that of the published report", when)
		}
	}
	check("evaluated")
	before := e.report.Load()
	if err := e.evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.report.Load() == before {
		t.Fatal("there is no new report")
	}
	check("evaluated again")
	e.mu.Lock()
	err := errors.Join(e.save(t.Context(), 0), e.restore(t.Context()))
	e.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	check("restored")
}
