package fake

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// valueLen returns the length of the JSON value that a text starts with.
func valueLen(text []byte) int {
	dec := json.NewDecoder(bytes.NewReader(text))
	var v json.RawMessage
	if dec.Decode(&v) != nil {
		return 0
	}
	return int(dec.InputOffset())
}

// rearrange changes the items of a list; other bodies stay as they are.
func rearrange(body []byte, f func([][]byte) [][]byte) []byte {
	var items []json.RawMessage
	if json.Unmarshal(body, &items) != nil {
		return body
	}
	raw := make([][]byte, len(items))
	for i, item := range items {
		raw[i] = item
	}
	return append(append([]byte{'['}, bytes.Join(f(raw), []byte{','})...), ']')
}

// spoilGraphQL makes the answers of a GraphQL server in trouble.
func spoilGraphQL(kind Kind, body []byte) []byte {
	var res struct {
		Data struct {
			Nodes     []json.RawMessage `json:"nodes"`
			RateLimit json.RawMessage   `json:"rateLimit"`
		} `json:"data"`
		Errors []json.RawMessage `json:"errors,omitempty"`
	}
	if json.Unmarshal(body, &res) != nil {
		return body
	}
	const failed = `{"message":"Something went wrong while executing your query."}`
	switch kind {
	case GraphQLFailed:
		return []byte(`{"data":null,"errors":[` + failed + `]}`)
	case GraphQLNoRateLimit:
		res.Data.RateLimit = json.RawMessage("null")
	case GraphQLPartial:
		for i := 1; i < len(res.Data.Nodes); i += 2 {
			res.Data.Nodes[i] = json.RawMessage("null")
			res.Errors = append(res.Errors, json.RawMessage(
				`{"type":"SERVICE_UNAVAILABLE","path":["nodes",`+strconv.Itoa(i)+`],"message":"Something went wrong while executing your query."}`))
		}
	}
	// What was decoded encodes again.
	out, _ := json.Marshal(res)
	return out
}

// send writes the answer, in the way its fault demands.
func (c *call) send(w http.ResponseWriter, res *response) {
	maps.Copy(w.Header(), res.header)
	h := w.Header()
	set := func(key, value string) {
		if h.Get(key) == "" {
			h.Set(key, value)
		}
	}
	set("Date", c.now.UTC().Format(http.TimeFormat))
	set("Content-Type", "application/json; charset=utf-8")
	set("Cache-Control", "private, max-age=60, s-maxage=60")
	set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	set("X-GitHub-Media-Type", "github.v3; format=json")
	set("X-GitHub-Request-Id", "FA4E:"+strconv.FormatInt(c.now.UnixNano(), 36))
	if res.status == http.StatusNotModified {
		h.Del("Content-Type")
		w.WriteHeader(res.status)
		return
	}
	c.fault.deliver(w, c.r, res)
}

// deliver writes the status and the body in the way a fault demands; the fault
// may be nil.
func (f *Fault) deliver(w http.ResponseWriter, r *http.Request, res *response) {
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(res.body)))
	if f == nil {
		write(w, res.status, res.body)
		return
	}
	half := len(res.body) / 2
	switch f.Kind {
	case Latency:
		if f.hold(r) {
			write(w, res.status, res.body)
		}
	case SlowBody:
		write(w, res.status, res.body[:half])
		flush(w)
		if f.hold(r) {
			write(w, 0, res.body[half:])
		}
	case ResetBody:
		// Fewer bytes than announced: the server closes the connection.
		write(w, res.status, res.body[:half])
	case SlicedBody:
		h.Del("Content-Length")
		w.WriteHeader(res.status)
		for piece := range bytes.Lines(bytes.ReplaceAll(res.body, []byte("},"), []byte("},\n"))) {
			write(w, 0, piece)
			flush(w)
		}
	default:
		write(w, res.status, res.body)
	}
}

// write writes a part of the body; a client that went away is not an error
// that the server can do anything about.
func write(w http.ResponseWriter, status int, body []byte) {
	if status != 0 {
		w.WriteHeader(status)
	}
	_, _ = w.Write(body)
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// hold waits as long as the fault says and reports whether the client is
// still there.
func (f *Fault) hold(r *http.Request) bool {
	var due <-chan time.Time
	if f.Wait > 0 {
		timer := time.NewTimer(f.Wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
		return true
	case <-r.Context().Done():
		return false
	}
}
