package web

import (
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// encodeOf is Encode of a report that can be encoded.
func encodeOf(t *testing.T, report *scoring.Report) *Encoded {
	t.Helper()
	x, err := Encode(report)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What was encoded with the report is what is encoded for who asks: the same
// bytes under the same headers, to whoever has them already too.
func TestEncodedAnswersAreTheAnswers(t *testing.T) {
	for name, report := range map[string]*scoring.Report{"full": fullReport(t), "empty": emptyReport(t)} {
		x := encodeOf(t, report)
		asked, plain := 0, handler(t, report, nil)
		made := handler(t, report, func(o *Options) {
			o.Encoded = func() *Encoded { asked++; return x }
		})
		for path := range x.answers {
			tag := ask(plain, "GET", path).Header().Get("ETag")
			for _, headers := range [][]string{nil, {"Accept", "text/csv"}, {"If-None-Match", tag}, {"If-None-Match", `"another"`}} {
				for _, method := range []string{"GET", "HEAD", "POST"} {
					got, want := ask(made, method, path, headers...), ask(plain, method, path, headers...)
					sameAnswer(t, name+": "+method+" "+path, got, want)
				}
			}
		}
		for _, path := range []string{"/api/v1/scores", "/api/v1/effort", "/api/v1/scores.csv?window=28d", "/api/v1/effort.csv?limit=1", "/api/v1/report?limit=1"} {
			for _, accept := range []string{"application/json", "text/csv"} {
				sameAnswer(t, name+": "+accept+" "+path, ask(made, "GET", path, "Accept", accept), ask(plain, "GET", path, "Accept", accept))
			}
		}
		if asked == 0 {
			t.Error("nobody asked for what was encoded")
		}
	}
}

func sameAnswer(t *testing.T, what string, got, want *httptest.ResponseRecorder) {
	t.Helper()
	if got.Code != want.Code || got.Body.String() != want.Body.String() {
		t.Errorf("%s: %d %.200s, want %d %.200s", what, got.Code, got.Body, want.Code, want.Body)
	}
	for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Cache-Control", "Vary"} {
		if got.Header().Get(name) != want.Header().Get(name) {
			t.Errorf("%s: %s is %q, want %q", what, name, got.Header().Get(name), want.Header().Get(name))
		}
	}
}

// What was encoded is served, and that of a report which is not published is not.
func TestEncodedAnswersAreThoseOfTheReport(t *testing.T) {
	report, other := fullReport(t), fullReport(t)
	x := encodeOf(t, report)
	for path, a := range x.answers {
		a.body = []byte("made before")
		x.answers[path] = a
	}
	published := report
	h := handler(t, nil, func(o *Options) {
		o.Report = func() *scoring.Report { return published }
		o.Encoded = func() *Encoded { return x }
	})
	for path := range x.answers {
		published = report
		if got := ask(h, "GET", path).Body.String(); got != "made before" {
			t.Errorf("%s is encoded again: %.100s", path, got)
		}
		if got := ask(h, "GET", path+"?cursor=x").Body.String(); got == "made before" {
			t.Errorf("%s is taken for an answer to every question", path)
		}
		published = other
		if got := ask(h, "GET", path).Body.String(); got == "made before" {
			t.Errorf("%s is of a report that is not published", path)
		}
		published = nil
		if got := ask(h, "GET", path).Code; got != 503 {
			t.Errorf("%s without a report: %d", path, got)
		}
	}
}

// Whoever asks while reports take each other's place gets one of them whole.
func TestEncodedAnswersChangeAtOnce(t *testing.T) {
	reports := []*scoring.Report{fullReport(t), emptyReport(t)}
	var encoded [2]*Encoded
	for i, report := range reports {
		encoded[i] = encodeOf(t, report)
	}
	var report atomic.Pointer[scoring.Report]
	var made atomic.Pointer[Encoded]
	put := func(i int) { made.Store(encoded[i]); report.Store(reports[i]) }
	put(0)
	h := handler(t, nil, func(o *Options) { o.Report, o.Encoded = report.Load, made.Load })
	var readers sync.WaitGroup
	for path := range encoded[0].answers {
		readers.Go(func() {
			for range 50 {
				w := ask(h, "GET", path)
				a, b := encoded[0].answers[path], encoded[1].answers[path]
				if tag := w.Header().Get("ETag"); tag != a.tag && tag != b.tag || tag != tagOf(w.Body.Bytes()) {
					t.Errorf("%s: %d %s %.100s", path, w.Code, tag, w.Body)
				}
			}
		})
	}
	for i := range 200 {
		put(i % 2)
	}
	readers.Wait()
	for i := range reports {
		put(i)
		for path, want := range encoded[i].answers {
			if got := ask(h, "GET", path).Header().Get("ETag"); got != want.tag {
				t.Errorf("%s of report %d is %s, want %s", path, i, got, want.tag)
			}
		}
	}
}
