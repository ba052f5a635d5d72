package web

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Refusal is an error that the caller can do something about. Its text is
// sent to who asked; any other error is logged, and answered without details.
type Refusal struct {
	Status int // 4xx, 503, or 202 for what is being made
	Detail string
	Keys   []string      // what the detail is about, if it is about several things
	After  time.Duration // after which to ask again, 0 where nothing is known
}

// retry says in the head of an answer when to ask again. A browser that waits for
// what is being made does so by itself.
func (e *Refusal) retry(h http.Header) {
	if e.After <= 0 {
		return
	}
	seconds := strconv.Itoa(int(math.Ceil(e.After.Seconds())))
	h.Set("Retry-After", seconds)
	if e.Status == http.StatusAccepted {
		h.Set("Refresh", seconds)
	}
}

func (e *Refusal) Error() string {
	if len(e.Keys) > 0 {
		return e.Detail + ": " + strings.Join(e.Keys, ", ")
	}
	return e.Detail
}

// A problem is the body of an answer that is an error (RFC 9457).
type problem struct {
	Type   string   `json:"type"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail"`
	Keys   []string `json:"keys,omitempty"`
}

// isAPI reports whether a request is for programs, which read problems as JSON.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, apiPath) }

// refuse answers with an error: a problem in the API, a line of text elsewhere.
func refuse(w http.ResponseWriter, r *http.Request, e *Refusal) {
	e.retry(w.Header())
	if !isAPI(r) {
		plain(w, e.Status, e.Error()+"\n")
		return
	}
	body, err := json.Marshal(problem{
		Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Detail, Keys: e.Keys,
	})
	if err != nil { // strings encode
		body = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(e.Status)
	_, _ = w.Write(append(body, '\n'))
}

// fail answers with whatever went wrong.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*Refusal](err); ok {
		refuse(w, r, e)
		return
	}
	if r.Context().Err() == nil {
		s.Log.Error("a request failed", "path", r.URL.Path, "err", err)
	}
	refuse(w, r, &Refusal{Status: http.StatusInternalServerError, Detail: "The request failed; the log says why."})
}

// missed answers where no route is: with a problem in the API instead of the
// text of the mux, whose code and headers are kept.
func missed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" || !isAPI(r) {
			mux.ServeHTTP(w, r)
			return
		}
		got := &codeOnly{header: w.Header()}
		h.ServeHTTP(got, r)
		if got.code < 400 { // a redirect to the clean path
			w.WriteHeader(got.code)
			return
		}
		detail := "There is nothing at this path."
		if got.code == http.StatusMethodNotAllowed {
			detail = "This path does not take the method."
		}
		refuse(w, r, &Refusal{Status: got.code, Detail: detail})
	})
}

// codeOnly keeps the code of an answer and drops its text.
type codeOnly struct {
	header http.Header
	code   int
}

func (c *codeOnly) Header() http.Header         { return c.header }
func (c *codeOnly) WriteHeader(code int)        { c.code = code }
func (c *codeOnly) Write(b []byte) (int, error) { return len(b), nil }
