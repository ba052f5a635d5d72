package connectors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/store"
)

// Why a delivery is refused. The errors that Receive returns wrap one of them
// or are about a body that cannot be read.
var (
	// ErrNoHook: the instance is not configured to take deliveries.
	ErrNoHook = errors.New("no webhook secret is configured")
	// ErrSignature: the delivery is unsigned, signed by somebody else, or too
	// old.
	ErrSignature = errors.New("the signature does not verify")
)

// A Receiver is a connector whose source can announce changes. A delivery is
// only a hint: it says which objects to read again, and nothing in it is
// believed or stored. Polling alone finds everything as well, later.
type Receiver interface {
	// Receive verifies a delivery over its raw body, before any of it is
	// parsed, and says what it is about. It does no I/O, may be called
	// concurrently with everything else, and keeps neither header nor body,
	// which are reused.
	Receive(h http.Header, body []byte, now time.Time) (Delivery, error)
	// Refetch reads single objects, as Receive named them, and returns a batch
	// that moves no cursor: a Next or a Watermark in it is dropped. Objects
	// that are not in the connector's scope are ignored. Its errors are those
	// of Fetch, and it is never called beside Fetch.
	Refetch(ctx context.Context, objects []string) (store.Batch, error)
}

// A HeaderChecker is a Receiver that can refuse a delivery by its headers
// alone, so that the bodies of strangers are not even read.
type HeaderChecker interface {
	// CheckHeader returns ErrNoHook without a secret, and ErrSignature when
	// the signature is missing, given twice, malformed or too old. No error
	// promises nothing.
	CheckHeader(h http.Header, now time.Time) error
}

// CheckHeader judges a delivery to r by its headers, as far as r can.
func CheckHeader(r Receiver, h http.Header, now time.Time) error {
	if c, ok := r.(HeaderChecker); ok {
		return c.CheckHeader(h, now)
	}
	if _, err := r.Receive(http.Header{}, nil, now); errors.Is(err, ErrNoHook) {
		return ErrNoHook
	}
	return nil
}

// TakesDeliveries returns a connector as the Receiver it is, and whether it is
// configured to take deliveries.
func TakesDeliveries(c Connector) (Receiver, bool) {
	r, ok := c.(Receiver)
	if !ok || errors.Is(CheckHeader(r, http.Header{}, time.Time{}), ErrNoHook) {
		return nil, false
	}
	return r, true
}

// A HookOutcome is what became of a delivery, a closed set. All but HookAccepted
// end up in metric labels.
type HookOutcome string

// The outcomes of a delivery.
const (
	HookAccepted    HookOutcome = "accepted"
	HookDuplicate   HookOutcome = "duplicate" // the source sent it before
	HookIgnored     HookOutcome = "ignored"   // it announces nothing
	HookUnsigned    HookOutcome = "unsigned"  // the signature does not verify
	HookTooLarge    HookOutcome = "too_large"
	HookRateLimited HookOutcome = "rate_limited"
	HookMalformed   HookOutcome = "malformed" // it is signed, or may be, but cannot be read
)

// HookOutcomes returns every outcome.
func HookOutcomes() []HookOutcome {
	return append(append([]HookOutcome{HookAccepted}, HookSkips()...), HookFailures()...)
}

// HookFailures returns the outcomes of refused deliveries, for metrics that
// start at zero.
func HookFailures() []HookOutcome {
	return []HookOutcome{HookUnsigned, HookTooLarge, HookRateLimited, HookMalformed}
}

// HookSkips returns the outcomes of deliveries that were in order and asked for
// nothing. They are no failures, but a source that sends nothing else is set up
// wrongly.
func HookSkips() []HookOutcome { return []HookOutcome{HookDuplicate, HookIgnored} }

// A Delivery is a verified webhook delivery.
type Delivery struct {
	// ID is the same when the source repeats the delivery, empty when it has
	// none.
	ID string
	// Objects are to be read again. A delivery without any asks for a poll,
	// unless Ignore is set.
	Objects []string
	// Ignore is set for deliveries that announce nothing, such as a ping.
	Ignore bool
	// Reply is the body of the answer where the source expects one.
	Reply []byte
}

// HookSecrets is the part of a connector's configuration that says how
// deliveries are signed; embed it with yaml:",inline". The second secret is for
// the time in which the first is being replaced.
type HookSecrets struct {
	WebhookSecretFile     string `yaml:"webhook_secret_file"`
	WebhookSecretEnv      string `yaml:"webhook_secret_env"`
	WebhookSecretNextFile string `yaml:"webhook_secret_next_file"`
	WebhookSecretNextEnv  string `yaml:"webhook_secret_next_env"`
}

// Load reads the secrets, none when none is configured. Its error begins with
// the key that it is about.
func (s HookSecrets) Load(resolve func(string) string) ([]Secret, error) {
	var secrets []Secret
	for _, source := range []struct{ key, file, env string }{
		{"webhook_secret", s.WebhookSecretFile, s.WebhookSecretEnv},
		{"webhook_secret_next", s.WebhookSecretNextFile, s.WebhookSecretNextEnv},
	} {
		secret, err := SecretSource{File: source.file, Env: source.env}.Load(resolve)
		if err != nil {
			suffix := "_env"
			if source.file != "" {
				suffix = "_file"
			}
			return nil, fmt.Errorf("%s%s: %w", source.key, suffix, err)
		}
		if !secret.IsZero() {
			secrets = append(secrets, secret)
		}
	}
	return secrets, nil
}
