package connectors

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrTooLarge is wrapped by the error of reading an answer that is longer than
// allowed, or that unpacks to more than a hundred times its size.
var ErrTooLarge = errors.New("answer is too large")

const (
	defaultMaxBody = 64 << 20
	// maxRatio is how far an answer may expand; JSON lists shrink to a tenth.
	// Small answers may do as they like.
	maxRatio  = 100
	ratioFrom = 1 << 20
)

// bound limits the body of an answer, and unpacks it when we asked for gzip.
func bound(resp *http.Response, limit int64, unpack bool) error {
	packed := unpack && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
	if !packed && resp.ContentLength > limit {
		return fmt.Errorf("%d bytes announced, %d allowed: %w", resp.ContentLength, limit, ErrTooLarge)
	}
	b := &body{raw: resp.Body, limit: limit, packed: packed}
	if packed {
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
		resp.Uncompressed = true
	}
	resp.Body = b
	return nil
}

// body reads an answer up to a limit.
type body struct {
	raw    io.ReadCloser
	packed bool
	zr     *gzip.Reader
	in     int64 // bytes from the network, counted when packed
	out    int64 // bytes handed on
	limit  int64
	err    error // sticky
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	var from io.Reader = b.raw
	if b.packed {
		if b.zr == nil {
			if b.zr, b.err = gzip.NewReader(counter{b}); b.err != nil {
				return 0, b.err
			}
		}
		from = b.zr
	}
	// One byte more than allowed tells an answer of exactly the limit from a
	// longer one.
	if room := b.limit - b.out + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := from.Read(p)
	b.out += int64(n)
	switch {
	case b.out > b.limit:
		n--
		err = fmt.Errorf("more than %d bytes: %w", b.limit, ErrTooLarge)
	case b.packed && b.out > ratioFrom && b.out > maxRatio*b.in:
		err = fmt.Errorf("more than %d times what was sent: %w", maxRatio, ErrTooLarge)
	}
	b.err = err
	return n, err
}

func (b *body) Close() error { return b.raw.Close() }

// counter counts what the unpacker takes in.
type counter struct{ b *body }

func (c counter) Read(p []byte) (int, error) {
	n, err := c.b.raw.Read(p)
	c.b.in += int64(n)
	return n, err
}
