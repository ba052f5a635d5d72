// Package connectors says what a connector is and runs them.
//
// A connector reads one system of record and turns what it finds into items
// and events. It knows neither the database nor the scores. Everything that
// all connectors share lives here, once: when to fetch, how to retry, where
// the cursor is kept, what is measured (see Poller).
//
// Adding a connector touches one new folder, one line in
// cmd/workdrift/connectors.go, one stanza in config.example.yaml and one row
// in the README.
package connectors

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A Connector reads one system of record, one page at a time.
type Connector interface {
	// Fetch returns what changed since cursor, oldest first, and where to go
	// on. It may be called again with the same cursor, and the batch it
	// returns may be applied again. It never waits for a quota: it returns an
	// *Error that says when to come back. On an error nothing is applied.
	//
	// The cursor is only valid during the call and must not be changed.
	Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error)
}

// A Linker is a connector whose items have addresses for people.
type Linker interface {
	// Sites returns the servers that these addresses are on, as far as they are
	// known: "host", "host:port" where it is not the usual port, or "*.host" for
	// every server below it. They come from the configuration or from the
	// server itself, never from what people write there. It may be called
	// concurrently with everything else.
	Sites() []string
}

// A Shortsighted connector says what its polls do not notice, each in words that
// name no person. Pages show it: what cannot be known must not look as if it
// had not happened.
type Shortsighted interface {
	// Unseen may be called at any time, from any goroutine.
	Unseen() []string
}

// A Factory makes a connector of one type. It decodes its own part of the
// configuration with decode, which fills a pointer to a struct with yaml tags,
// keeps defaults that are already set, and refuses unknown keys. A factory does
// no I/O beyond reading its secrets.
type Factory func(env Env, decode func(into any) error) (Connector, error)

// Env is what a connector gets from its surroundings.
type Env struct {
	Source string // name of the instance, goes into every item and event
	Log    *slog.Logger
	Now    func() time.Time
	// Transport sends requests. It counts them, limits the size of answers
	// and refuses addresses nobody configured; connectors put their
	// credentials on top of it.
	Transport http.RoundTripper
	Observer  Observer
	// Stored lists the items of this source whose IDs start with prefix, for
	// a census. It may be nil: then nothing is stored.
	Stored func(ctx context.Context, prefix string) iter.Seq2[store.Item, error]
	// Outcomes are the queries by which objectives are measured. Connectors
	// that read work have no use for them.
	Outcomes []Outcome
	// Resolve makes a path from the configuration absolute, relative to the
	// configuration file.
	Resolve func(path string) string
}

// An Outcome is a PromQL query that measures what an objective is for.
type Outcome struct{ Objective, Query string }

// An Observer is told what a connector meets.
type Observer interface {
	// Quota is called with the provider's own account of its rate limit.
	Quota(resource string, limit, remaining int, reset time.Time)
}

// Reason is why a fetch failed, a closed set that ends up in a metric label.
type Reason string

// The reasons of a failed fetch.
const (
	ReasonAuth        Reason = "auth"
	ReasonRateLimited Reason = "rate_limited"
	ReasonTimeout     Reason = "timeout"
	ReasonNetwork     Reason = "network"
	ReasonServer      Reason = "server_error"
	ReasonDecode      Reason = "decode"
)

// Reasons returns every reason, for metrics that start at zero.
func Reasons() []Reason {
	return []Reason{ReasonAuth, ReasonRateLimited, ReasonTimeout, ReasonNetwork, ReasonServer, ReasonDecode}
}

// An Error is a failed fetch, with what the poller needs to go on.
type Error struct {
	Reason Reason
	// RetryAt is the earliest time to fetch again; zero leaves it to the
	// poller's backoff.
	RetryAt time.Time
	Err     error
}

// Error returns one printable line, without the queries and user names of
// URLs, because credentials hide there.
func (e *Error) Error() string {
	why := safeText(fmt.Sprint(e.Err))
	if e.RetryAt.IsZero() {
		return fmt.Sprintf("%s: %s", e.Reason, why)
	}
	return fmt.Sprintf("%s, retry at %s: %s", e.Reason, e.RetryAt.UTC().Format(time.RFC3339), why)
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf classifies any error of a fetch.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ReasonTimeout
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return ReasonTimeout
	}
	return ReasonNetwork
}
