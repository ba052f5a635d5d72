package connectors

import (
	"encoding/json"
	"fmt"
)

// DecodePosition reads a position that EncodePosition wrote to a cursor. One
// that cannot be read, because it is damaged or another version wrote it,
// counts as absent: the stream is then read again from its start, which repeats
// harmlessly.
func DecodePosition[T any](raw string) (p T, ok bool) {
	if raw == "" || json.Unmarshal([]byte(raw), &p) != nil {
		var zero T
		return zero, false
	}
	return p, true
}

// EncodePosition writes a position for a cursor.
func EncodePosition(p any) (string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode position: %w", err)
	}
	return string(raw), nil
}
