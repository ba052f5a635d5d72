package connectors

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// A Secret is a credential. However it is printed, logged or encoded, it reads
// REDACTED; Reveal gives the value to the code that signs a request.
type Secret struct{ value string }

const redacted = "REDACTED"

// NewSecret wraps a value, without the white space around it.
func NewSecret(value string) Secret { return Secret{value: strings.TrimSpace(value)} }

// Reveal returns the value.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }

// A SecretSource is the part of a connector's configuration that names a
// secret without holding it. Embed it with yaml:",inline" when the keys fit.
type SecretSource struct {
	File string // path of a file that holds the secret and nothing else
	Env  string // name of an environment variable
}

// Load reads the secret. Naming neither returns the zero Secret; naming both,
// an unset variable and an empty file are errors, which name the place and
// never the content.
func (s SecretSource) Load(resolve func(string) string) (Secret, error) {
	switch {
	case s.File != "" && s.Env != "":
		return Secret{}, fmt.Errorf("give the file or the environment variable, not both")
	case s.File != "":
		path := s.File
		if resolve != nil {
			path = resolve(path)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return Secret{}, fmt.Errorf("read secret: %w", err)
		}
		if v := NewSecret(string(raw)); !v.IsZero() {
			return v, nil
		}
		return Secret{}, fmt.Errorf("secret file %s is empty", path)
	case s.Env != "":
		if v := NewSecret(os.Getenv(s.Env)); !v.IsZero() {
			return v, nil
		}
		return Secret{}, fmt.Errorf("environment variable %s is not set", s.Env)
	}
	return Secret{}, nil
}
