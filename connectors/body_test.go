package connectors

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTransportBodies(t *testing.T) {
	const limit = 3 << 20
	text := bytes.Repeat([]byte(`{"number":1,"title":"a title"},`), limit/31+1)
	mixed := make([]byte, limit+100) // shrinks to about an eighth
	state := uint32(1)
	for i := range mixed {
		if i%16 == 0 {
			state = state*1664525 + 1013904223
		}
		mixed[i] = byte(state >> 24)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		send := func(b []byte) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed(t, b))
		}
		switch r.URL.Path {
		case "/plain":
			w.Write(mixed[:limit])
		case "/plain-long":
			w.Write(mixed)
		case "/announced":
			w.Header().Set("Content-Length", fmt.Sprint(limit+1))
		case "/packed":
			send(mixed[:limit])
		case "/packed-long":
			send(mixed)
		case "/ratio":
			send(text[:limit])
		case "/small-ratio":
			send(make([]byte, 1<<20))
		case "/broken":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("no gzip, but long enough for its header"))
		case "/cut":
			w.Header().Set("Content-Encoding", "gzip")
			b := packed(t, mixed[:limit])
			w.Write(b[:len(b)/2])
		case "/nothing":
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusNotModified)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for block := make([]byte, 1<<20); ; { // until the reader gives up
				if _, err := z.Write(block); err != nil {
					return
				}
			}
		}
	}))
	defer s.Close()
	tr := newTestTransport(t, TransportConfig{Source: "gh", MaxBody: limit})

	for _, tc := range []struct {
		path string
		want []byte
		err  error
	}{
		{path: "/plain", want: mixed[:limit]},
		{path: "/plain-long", err: ErrTooLarge},
		{path: "/announced", err: ErrTooLarge},
		{path: "/packed", want: mixed[:limit]},
		{path: "/packed-long", err: ErrTooLarge},
		{path: "/ratio", err: ErrTooLarge},
		{path: "/small-ratio", want: make([]byte, 1<<20)},
		{path: "/broken", err: gzip.ErrHeader},
		{path: "/cut", err: io.ErrUnexpectedEOF},
		{path: "/nothing"},
		{path: "/bomb", err: ErrTooLarge},
	} {
		t.Run(tc.path[1:], func(t *testing.T) {
			resp, err := get(t, tr, s.URL+tc.path)
			var got []byte
			if err == nil {
				got, err = io.ReadAll(resp.Body)
			}
			if !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if int64(len(got)) > limit {
				t.Errorf("%d bytes were handed on, the limit is %d", len(got), limit)
			}
			if err == nil && !bytes.Equal(got, tc.want) {
				t.Errorf("%d bytes differ from the %d that were sent", len(got), len(tc.want))
			}
			if err != nil && resp != nil {
				if n, again := resp.Body.Read(make([]byte, 1)); n != 0 || again == nil || again == io.EOF {
					t.Errorf("reading on after the error gave %d bytes and %v", n, again)
				}
			}
		})
	}
}
