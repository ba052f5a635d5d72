package connectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// macPrefix begins a signature as GitHub and Jira write it.
const macPrefix = "sha256="

// VerifySHA256 verifies the signature "sha256=" and 64 lower-case hexadecimal
// digits, an HMAC-SHA256 over the raw body. The values are all values of the
// header that carries it: exactly one is accepted. Every secret is tried, so
// that the time taken does not tell which one fits. The error is ErrNoHook
// without a secret and ErrSignature otherwise.
//
// Nothing but the body is signed: neither the other headers nor the time.
func VerifySHA256(values []string, body []byte, secrets []Secret) error {
	if err := CheckSHA256(values, secrets); err != nil {
		return err
	}
	sent, err := hex.DecodeString(strings.TrimPrefix(values[0], macPrefix))
	if err != nil {
		return ErrSignature
	}
	genuine := false
	for _, s := range secrets {
		if s.IsZero() {
			continue // anybody can sign with an empty key
		}
		mac := hmac.New(sha256.New, []byte(s.Reveal()))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), sent) {
			genuine = true
		}
	}
	if !genuine {
		return ErrSignature
	}
	return nil
}

// CheckSHA256 is the part of VerifySHA256 that needs no body: whether there is
// a secret, and one well-formed signature.
func CheckSHA256(values []string, secrets []Secret) error {
	if len(secrets) == 0 {
		return ErrNoHook
	}
	if len(values) != 1 {
		return ErrSignature
	}
	digits, ok := strings.CutPrefix(values[0], macPrefix)
	if !ok || len(digits) != hex.EncodedLen(sha256.Size) || strings.ContainsFunc(digits, notHex) {
		return ErrSignature
	}
	return nil
}

func notHex(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') }
