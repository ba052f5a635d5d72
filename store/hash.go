package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// A Hasher turns identities into the keys under which they are stored. Without
// its secret a stored key cannot be traced back to a handle by trying handles.
type Hasher struct{ secret []byte }

// NewHasher returns a hasher with a secret of at least 16 bytes.
func NewHasher(secret []byte) Hasher { return Hasher{secret: secret} }

// Actor returns the key of an identity: 24 hexadecimal digits, and the empty
// string for an empty identity.
func (h Hasher) Actor(identity string) string {
	if identity == "" {
		return ""
	}
	m := hmac.New(sha256.New, h.secret)
	m.Write([]byte(identity))
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// Term returns the key of a word: 12 hexadecimal digits. Keys of words and of
// identities never meet.
func (h Hasher) Term(word string) string {
	m := hmac.New(sha256.New, h.secret)
	m.Write([]byte("term\x00"))
	m.Write([]byte(word))
	return hex.EncodeToString(m.Sum(nil)[:6])
}
