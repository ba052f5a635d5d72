package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

// apiPath begins the paths of the API. What it answers may gain fields; what is
// there keeps its name and meaning until there is another version beside it.
const apiPath = "/api/v1/"

// A view makes the answer to a request: a value that encodes as JSON, or raw
// bytes. Of a table it is a list.
type view func(s *server, r *http.Request) (any, error)

// raw is an answer that is encoded already.
type raw struct {
	contentType string
	body        []byte
	tag         string // of the body, "" when it is not known
}

// An answer with a status other than 200.
type created struct{ body any }

// asOf says which report an answer is from.
type asOf struct {
	At       time.Time   `json:"at"`
	Day      scoring.Day `json:"day"`
	Expected scoring.Day `json:"expected_day"`
	Partial  bool        `json:"partial"`
	Late     []string    `json:"late_sources"`
}

// A listing is a page of a table.
type listing struct {
	AsOf *asOf  `json:"as_of,omitempty"`
	Rows any    `json:"items"` // a slice of structs
	Next string `json:"next_cursor,omitempty"`
}

func headOf(r *scoring.Report) *asOf {
	late := r.Late
	if late == nil {
		late = []string{}
	}
	return &asOf{At: r.At, Day: r.Day, Expected: r.Expected, Partial: r.Partial, Late: late}
}

// published returns the report, or the refusal of who asks too early.
func (s *server) published() (*scoring.Report, error) {
	if r := s.Report(); r != nil {
		return r, nil
	}
	return nil, &Refusal{Status: http.StatusServiceUnavailable, Detail: "No report yet: the first one follows the first page that a source brings."}
}

// api serves a route of the API.
func (s *server) api(rt route) http.Handler {
	params := slices.Clone(rt.params)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := known(r, params); err != nil {
			s.fail(w, r, err)
			return
		}
		path, asCSV := rt.pattern, rt.csv && wantsCSV(r)
		if asCSV {
			path += ".csv"
		}
		if answer, ok := s.prepared(r, path); ok {
			s.send(w, r, asCSV, answer)
			return
		}
		answer, err := rt.view(s, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.send(w, r, asCSV, answer)
	})
}

// known refuses query parameters that nobody reads: a misspelt filter would
// look like an answer.
func known(r *http.Request, params []string) error {
	for name, values := range r.URL.Query() {
		switch {
		case !slices.Contains(params, name):
			return &Refusal{Status: http.StatusBadRequest, Detail: fmt.Sprintf("There is no parameter %q here.", name), Keys: params}
		case len(values) > 1:
			return &Refusal{Status: http.StatusBadRequest, Detail: fmt.Sprintf("The parameter %q is given twice.", name)}
		}
	}
	return nil
}

// wantsCSV reports whether a table is asked for as CSV: by its path, or because
// text/csv stands before JSON in Accept.
func wantsCSV(r *http.Request) bool {
	if strings.HasSuffix(r.URL.Path, ".csv") {
		return true
	}
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		switch {
		case err != nil || params["q"] == "0":
		case media == "text/csv":
			return true
		case media == "application/json" || media == "*/*" || media == "application/*":
			return false
		}
	}
	return false
}

// send encodes an answer, and spares who has it already.
func (s *server) send(w http.ResponseWriter, r *http.Request, asCSV bool, answer any) {
	code := http.StatusOK
	if made, ok := answer.(created); ok {
		code, answer = http.StatusCreated, made.body
	}
	contentType, body, err := encode(asCSV, answer)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept, Authorization")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		done, _ := answer.(raw)
		tag := done.tag
		if tag == "" {
			tag = tagOf(body)
		}
		h.Set("ETag", tag)
		if has(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	if _, err := w.Write(body); err != nil {
		s.Log.Debug("send an answer", "path", r.URL.Path, "err", err)
	}
}

// tagOf is the ETag of a body.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// has reports whether an If-None-Match names a tag.
func has(field, tag string) bool {
	for one := range strings.SplitSeq(field, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

func encode(asCSV bool, answer any) (contentType string, body []byte, err error) {
	if done, ok := answer.(raw); ok {
		return done.contentType, done.body, nil
	}
	if rows, ok := answer.(listing); ok && asCSV {
		body, err := encodeCSV(rows.Rows)
		return "text/csv; charset=utf-8; header=present", body, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(answer); err != nil {
		return "", nil, fmt.Errorf("encode an answer: %w", err)
	}
	return "application/json", b.Bytes(), nil
}
