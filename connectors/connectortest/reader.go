package connectortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// MaxFetches bounds a poll: more is a connector that runs in a circle.
const MaxFetches = 5000

// A Reader polls connectors as a poller does and keeps what they hand over. It
// is for the tests that a connector has beside the contract.
type Reader struct {
	T      testing.TB
	Shelf  *Shelf
	Secret string // must not occur in an error
}

// Fetch gets one batch and keeps it.
func (r *Reader) Fetch(c connectors.Connector) (store.Batch, error) {
	r.T.Helper()
	b, err := c.Fetch(r.T.Context(), r.Shelf.Cursor)
	if err != nil {
		if strings.Contains(err.Error(), r.Secret) {
			r.T.Error("the error holds the token")
		}
		if len(b.Items)+len(b.Events)+len(b.Next) > 0 {
			r.T.Error("an error came with a batch")
		}
		return b, err
	}
	r.Shelf.Apply(b)
	return b, nil
}

// Poll fetches until there is no more, or an error.
func (r *Reader) Poll(c connectors.Connector) error {
	r.T.Helper()
	_, err := r.gather(c)
	return err
}

// MustPoll fetches until there is no more.
func (r *Reader) MustPoll(c connectors.Connector) {
	r.T.Helper()
	r.Whole(c)
}

// Whole fetches until there is no more and returns all of it as one batch.
func (r *Reader) Whole(c connectors.Connector) store.Batch {
	r.T.Helper()
	all, err := r.gather(c)
	if err != nil {
		r.T.Fatal(err)
	}
	return all
}

func (r *Reader) gather(c connectors.Connector) (all store.Batch, err error) {
	r.T.Helper()
	for range MaxFetches {
		b, err := r.Fetch(c)
		if err != nil {
			return store.Batch{}, err
		}
		all.Items = append(all.Items, b.Items...)
		all.Events = append(all.Events, b.Events...)
		all.Whole = append(all.Whole, b.Whole...)
		all.Gone = append(all.Gone, b.Gone...)
		all.Quarantined = append(all.Quarantined, b.Quarantined...)
		all.Identities = append(all.Identities, b.Identities...)
		if !b.More {
			all.Next, all.Watermark = r.Shelf.Cursor, b.Watermark
			return all, nil
		}
	}
	return store.Batch{}, errors.New("no end of it")
}

// Fresh reads everything into an empty shelf and returns that; the own one stays
// as it is. connect makes a connector that remembers nothing.
func (r *Reader) Fresh(connect func() connectors.Connector) *Shelf {
	r.T.Helper()
	old := r.Shelf
	defer func() { r.Shelf = old }()
	r.Shelf = NewShelf()
	r.MustPoll(connect())
	return r.Shelf
}

// Decoder decodes a stanza of a configuration, strictly.
func Decoder(text string) func(any) error {
	return func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(text))
		d.KnownFields(true)
		return d.Decode(into)
	}
}

// Keys are the keys of an item's links of a kind.
func Keys(it store.Item, kind store.LinkKind) []string {
	var out []string
	for _, l := range it.Links {
		if l.Kind == kind {
			out = append(out, l.Key)
		}
	}
	return out
}

// A Clock is set by hand.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock returns one that stands still.
func NewClock(t time.Time) *Clock { return &Clock{t: t} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// A Log keeps what is written to it.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// take returns what was written since it was last called.
func (l *Log) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// Golden compares a value, written as JSON, with a file and returns the JSON.
// With record it writes the file first.
func Golden(t testing.TB, path string, v any, record bool) []byte {
	t.Helper()
	got, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if record {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; let the test write it and look at the difference", path)
	}
	return got
}
