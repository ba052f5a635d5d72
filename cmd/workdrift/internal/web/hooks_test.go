package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A bell is a source with one connector: a delivery whose signature is "good"
// is its own. It notes what happened.
type bell struct {
	mu     sync.Mutex
	now    time.Time
	parsed int
	hints  [][]string
	counts map[Outcome]int
	gone   bool // no longer configured
}

func newBell() *bell { return &bell{now: noon, counts: map[Outcome]int{}} }

func (b *bell) find(instance string) (Hook, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone || instance != "code" && instance != "tickets" {
		return Hook{}, false
	}
	return Hook{
		Check: func(h http.Header) error {
			if len(h.Values("Signature")) != 1 {
				return ErrUnsigned
			}
			return nil
		},
		Receive: b.receive,
		Hint: func(objects []string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.hints = append(b.hints, slices.Clone(objects))
		},
		Count: func(o Outcome) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counts[o]++
		},
	}, true
}

func (b *bell) receive(h http.Header, body []byte) (Delivery, error) {
	if h.Get("Signature") != "good" {
		return Delivery{}, fmt.Errorf("a delivery: %w", ErrUnsigned)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parsed++
	id := h.Get("Id")
	switch text := string(body); text {
	case "challenge":
		return Delivery{Ignore: true, Reply: []byte("the answer")}, nil
	case "ping":
		return Delivery{Ignore: true}, nil
	case "broken":
		return Delivery{}, errors.New("no JSON")
	case "nudge":
		return Delivery{ID: id}, nil
	default:
		return Delivery{ID: id, Objects: []string{text}}, nil
	}
}

func (b *bell) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bell) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

const testLimit = 64 << 10

func (b *bell) handler(t testing.TB, limit int64) http.Handler {
	return NewHooks(HookOptions{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: b.clock, Find: b.find, BodyLimit: limit})
}

// post sends a delivery. Headers come in pairs and replace those of a good one;
// an empty value removes one.
func post(h http.Handler, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://hooks.example"+path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Signature", "good")
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A forbidden body must not be read.
type forbidden struct{ t *testing.T }

func (f forbidden) Read([]byte) (int, error) {
	f.t.Error("the body was read")
	return 0, io.EOF
}

func TestHookAnswers(t *testing.T) {
	long := strings.Repeat("x", testLimit)
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		code       int
		outcome    Outcome
		text       string
	}{
		"accepted":           {"/hooks/code", "PAY-1", nil, 202, Accepted, ""},
		"as large as can be": {"/hooks/code", long, nil, 202, Accepted, ""},
		"a poll":             {"/hooks/code", "nudge", nil, 202, Accepted, ""},
		"ping":               {"/hooks/code", "ping", nil, 200, Ignored, ""},
		"challenge":          {"/hooks/code", "challenge", nil, 200, Ignored, "the answer"},
		"with a charset":     {"/hooks/code", "PAY-1", []string{"Content-Type", "application/json; charset=utf-8"}, 202, Accepted, ""},
		"without a type":     {"/hooks/code", "PAY-1", []string{"Content-Type", ""}, 202, Accepted, ""},
		"a form":             {"/hooks/code", "PAY-1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, Malformed, "Deliveries are application/json.\n"},
		"a broken type":      {"/hooks/code", "PAY-1", []string{"Content-Type", "application/json; ="}, 415, Malformed, "Deliveries are application/json.\n"},
		"compressed":         {"/hooks/code", "PAY-1", []string{"Content-Encoding", "gzip"}, 415, Malformed, "Deliveries are not compressed.\n"},
		"unsigned":           {"/hooks/code", "PAY-1", []string{"Signature", ""}, 401, Unsigned, "The delivery is not signed.\n"},
		"forged":             {"/hooks/code", "broken", []string{"Signature", "bad"}, 401, Unsigned, "The signature does not verify.\n"},
		"forged, a form":     {"/hooks/code", "PAY-1", []string{"Signature", "", "Content-Type", "text/html"}, 401, Unsigned, "The delivery is not signed.\n"},
		"broken":             {"/hooks/code", "broken", nil, 400, Malformed, "The delivery cannot be read.\n"},
		"too large":          {"/hooks/code", long + "x", nil, 413, TooLarge, "The delivery is too large.\n"},
		"unknown":            {"/hooks/nobody", "PAY-1", nil, 404, "", "404 page not found\n"},
		"no name":            {"/hooks/", "PAY-1", nil, 404, "", "404 page not found\n"},
		"further down":       {"/hooks/code/more", "PAY-1", nil, 404, "", "404 page not found\n"},
		"elsewhere":          {"/", "PAY-1", nil, 404, "", "404 page not found\n"},
	} {
		for _, sized := range []bool{true, false} {
			b := newBell()
			var body io.Reader = strings.NewReader(c.body)
			if !sized {
				body = io.MultiReader(body) // whose length nobody knows
			}
			w := post(b.handler(t, testLimit), c.path, body, c.headers...)
			want := map[Outcome]int{}
			if c.outcome != "" {
				want[c.outcome] = 1
			}
			if w.Code != c.code || w.Body.String() != c.text || fmt.Sprint(b.counts) != fmt.Sprint(want) {
				t.Errorf("%s: %d %q %v, want %d %q %s", name, w.Code, w.Body, b.counts, c.code, c.text, c.outcome)
			}
			if hinted := len(b.hints) == 1; hinted != (c.outcome == Accepted) {
				t.Errorf("%s: hints %v", name, b.hints)
			}
			if c.outcome == Unsigned && b.parsed != 0 {
				t.Errorf("%s: it was parsed", name)
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers %v", name, w.Header())
			}
		}
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		if w := ask(newBell().handler(t, testLimit), method, "/hooks/code"); w.Code != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d, allowed %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

// What is not signed, too large by its own account, or for nobody is not read.
func TestHookBodiesOfStrangers(t *testing.T) {
	b := newBell()
	h := b.handler(t, testLimit)
	for name, headers := range map[string][]string{
		"unsigned": {"Signature", ""}, "a form": {"Content-Type", "text/plain"}, "compressed": {"Content-Encoding", "br"},
	} {
		if w := post(h, "/hooks/code", forbidden{t}, headers...); w.Code < 400 || w.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	post(h, "/hooks/nobody", forbidden{t})
	r := httptest.NewRequest(http.MethodPost, "/hooks/code", forbidden{t})
	r.Header.Set("Signature", "good")
	r.ContentLength = testLimit + 1
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 413 {
		t.Errorf("too large by its own account: %d", w.Code)
	}
}

// An instance that takes no deliveries answers as one that does not exist, and
// what was remembered of it is forgotten.
func TestHookWithoutSecret(t *testing.T) {
	b := newBell()
	h := b.handler(t, testLimit)
	post(h, "/hooks/code", strings.NewReader("PAY-1"), "Id", "1")
	b.gone = true
	known, unknown := post(h, "/hooks/code", strings.NewReader("x")), post(h, "/hooks/nobody", strings.NewReader("x"))
	if known.Code != 404 || known.Body.String() != unknown.Body.String() || fmt.Sprint(known.Header()) != fmt.Sprint(unknown.Header()) {
		t.Errorf("%d %q %v and %d %q %v", known.Code, known.Body, known.Header(), unknown.Code, unknown.Body, unknown.Header())
	}
	for i := range 1000 {
		post(h, fmt.Sprintf("/hooks/stranger-%d", i), strings.NewReader("x"))
	}
	b.gone = false
	if w := post(h, "/hooks/code", strings.NewReader("PAY-1"), "Id", "1"); w.Code != 202 {
		t.Errorf("after it was configured again: %d", w.Code)
	}
}

func TestHookDuplicates(t *testing.T) {
	b := newBell()
	h := b.handler(t, testLimit)
	send := func(instance, id string, want int) {
		t.Helper()
		b.advance(time.Second)
		if w := post(h, "/hooks/"+instance, strings.NewReader("PAY-1"), "Id", id); w.Code != want {
			t.Errorf("%s %.20s: %d, want %d", instance, id, w.Code, want)
		}
	}
	send("code", "a", 202)
	send("code", "a", 200)
	send("code", "b", 202)
	send("tickets", "a", 202)
	send("code", "", 202)
	send("code", "", 202) // without an id nothing is known to repeat
	huge := strings.Repeat("x", 10_000)
	send("code", huge+"1", 202)
	send("code", huge+"2", 202)
	send("code", huge+"1", 200)
	b.advance(hookTTL - 6*time.Second)
	send("code", "a", 202)
	send("code", huge+"2", 200)
	b.advance(time.Minute)
	send("code", huge+"2", 202)
	if b.counts[Duplicate] != 3 || len(b.hints) != b.counts[Accepted] {
		t.Errorf("%v, %d hints", b.counts, len(b.hints))
	}
	// Who forges a delivery cannot have the real one taken for a repetition.
	if w := post(h, "/hooks/code", strings.NewReader("x"), "Id", "next", "Signature", "bad"); w.Code != 401 {
		t.Errorf("forged: %d", w.Code)
	}
	send("code", "next", 202)
}

func TestHookMemoryIsBounded(t *testing.T) {
	m := newMemory()
	for i := range 3 * hookRemembered {
		if m.add(fmt.Sprint(i), noon) {
			t.Fatalf("%d is new", i)
		}
		if len(m.at) > hookRemembered || m.order.Len() != len(m.at) {
			t.Fatalf("%d ids, %d in order", len(m.at), m.order.Len())
		}
	}
	if !m.add(fmt.Sprint(3*hookRemembered-1), noon) || m.add("0", noon) {
		t.Error("it remembers the oldest instead of the newest")
	}
	m.add("later", noon.Add(hookTTL))
	if len(m.at) != 1 {
		t.Errorf("%d ids after they expired", len(m.at))
	}
}

func TestHookRate(t *testing.T) {
	b := newBell()
	h := b.handler(t, testLimit)
	for i := range hookBurst {
		if w := post(h, "/hooks/code", strings.NewReader("PAY-1")); w.Code != 202 {
			t.Fatalf("delivery %d: %d", i, w.Code)
		}
		// What is not signed does not count.
		post(h, "/hooks/code", strings.NewReader("x"), "Signature", "")
	}
	w := post(h, "/hooks/code", strings.NewReader("PAY-1"))
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || b.counts[RateLimited] != 1 {
		t.Errorf("above the rate: %d %v %v", w.Code, w.Header(), b.counts)
	}
	if w := post(h, "/hooks/tickets", strings.NewReader("PAY-1")); w.Code != 202 {
		t.Errorf("another instance: %d", w.Code)
	}
	b.advance(time.Second)
	for i := range hookRate + 1 {
		want := 202
		if i == hookRate {
			want = 429
		}
		if w := post(h, "/hooks/code", strings.NewReader("PAY-1")); w.Code != want {
			t.Errorf("a second later, delivery %d: %d", i, w.Code)
		}
	}
}

// Only so many bodies are read at once; a body that is cut off frees its place.
func TestHookBodiesAtOnce(t *testing.T) {
	for limit, bodies := range map[int64]int{64 << 10: 8, 5 << 20: 4, 25 << 20: 2} {
		b := newBell()
		h := b.handler(t, limit)
		var wait sync.WaitGroup
		var pipes []*io.PipeWriter
		for range bodies {
			r, w := io.Pipe()
			pipes = append(pipes, w)
			wait.Go(func() {
				if w := post(h, "/hooks/code", r); w.Code != 400 {
					t.Errorf("cut off: %d", w.Code)
				}
			})
			if _, err := w.Write([]byte("x")); err != nil { // now it is being read
				t.Fatal(err)
			}
		}
		if w := post(h, "/hooks/code", forbidden{t}); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("limit %d: body %d: %d", limit, bodies+1, w.Code)
		}
		for _, w := range pipes {
			w.CloseWithError(errors.New("gone"))
		}
		wait.Wait()
		if w := post(h, "/hooks/code", strings.NewReader("PAY-1")); w.Code != 202 {
			t.Errorf("limit %d: afterwards: %d", limit, w.Code)
		}
		if b.counts[Malformed] != bodies || b.counts[RateLimited] != 1 {
			t.Errorf("limit %d: %v", limit, b.counts)
		}
	}
}

// Deliveries come from elsewhere and under any name; everything else stays as
// guarded as it was.
func TestHooksBesidePages(t *testing.T) {
	b := newBell()
	reloads := 0
	h := handler(t, emptyReport(t), func(o *Options) {
		everything(o)
		o.Reload = func(context.Context) error { reloads++; return nil }
		o.Hooks = b.handler(t, testLimit)
	})
	cross := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}
	if w := post(h, "/hooks/code", strings.NewReader("PAY-1"), cross...); w.Code != 202 || len(b.hints) != 1 {
		t.Errorf("a delivery: %d, hints %v", w.Code, b.hints)
	}
	for _, path := range []string{"/-/reload", "/hooks/../-/reload", "/hooks//-/reload", "/hooks/%2e%2e/-/reload", "/hooks", "/hooks/code/../../-/reload"} {
		for _, host := range []string{"127.0.0.1", "evil.example"} {
			r := httptest.NewRequest(http.MethodPost, "http://"+host+path, strings.NewReader("x"))
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Signature", "good")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code < 400 {
				t.Errorf("%s at %s: %d", path, host, w.Code)
			}
		}
	}
	if reloads != 0 {
		t.Error("a page elsewhere reloads the configuration")
	}
	for _, route := range paths {
		if got := ask(h, route.method, route.path, "Host", "evil.example").Code; got != 421 {
			t.Errorf("%s under another name: %d", route.path, got)
		}
	}
	if w := ask(h, "GET", "/metrics"); !strings.Contains(w.Body.String(), `workdrift_http_requests_total{code="202",handler="hooks"} 1`) {
		t.Error("deliveries are not among the requests")
	}
	if w := post(handler(t, emptyReport(t), nil), "/hooks/code", strings.NewReader("x")); w.Code != 421 {
		t.Errorf("where deliveries are not taken: %d", w.Code)
	}
}

func BenchmarkHook(b *testing.B) {
	bl := newBell()
	h := NewHooks(HookOptions{Log: slog.New(slog.DiscardHandler), Now: bl.clock, Find: bl.find, BodyLimit: 5 << 20})
	body := strings.Repeat("x", 20<<10)
	b.ReportAllocs()
	for b.Loop() {
		bl.advance(time.Second)
		if w := post(h, "/hooks/code", strings.NewReader(body)); w.Code != http.StatusAccepted {
			b.Fatal(w.Code)
		}
		bl.hints = bl.hints[:0]
	}
}
