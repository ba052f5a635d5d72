package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// A hider stands in front of a server and, when it is on, hides the issues up
// to a number: they are neither listed nor found.
type hider struct {
	hub  http.Handler
	path string
	upTo int
	on   atomic.Bool
}

func (h *hider) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	parts := strings.Split(q.URL.Path, "/")
	if !h.on.Load() || !strings.Contains(q.URL.Path, h.path) {
		h.hub.ServeHTTP(w, q)
		return
	}
	var n int
	if _, err := fmt.Sscan(parts[len(parts)-1], &n); err == nil && n <= h.upTo {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"Not Found"}`))
		return
	}
	rec := httptest.NewRecorder()
	h.hub.ServeHTTP(rec, q)
	var list, kept []map[string]any
	if json.Unmarshal(rec.Body.Bytes(), &list) != nil {
		list = nil
	}
	for _, is := range list {
		if number, _ := is["number"].(float64); int(number) > h.upTo {
			kept = append(kept, is)
		}
	}
	for k, v := range rec.Header() {
		if k != "Content-Length" {
			w.Header()[k] = v
		}
	}
	w.WriteHeader(rec.Code)
	if list == nil {
		_, _ = w.Write(rec.Body.Bytes())
		return
	}
	if kept == nil {
		kept = []map[string]any{}
	}
	_ = json.NewEncoder(w).Encode(kept)
}
