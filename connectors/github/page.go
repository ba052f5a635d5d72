package github

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// errShape is wrapped when a body is JSON of another shape than expected.
var errShape = errors.New("not of the expected shape")

// A bad element of a page could not be read.
type badElement struct {
	id  int64 // number or id as far as it could be read, else 0
	raw string
	why string
}

// decodeArray reads a JSON array up to the end of the body. An element that
// cannot be read is returned apart; anything else that is wrong with the page
// is an error, because a page that was not understood must not count as read.
func decodeArray[T any](body []byte, valid func(*T) error) (good []T, bad []badElement, err error) {
	if err := expect(body, '['); err != nil {
		return nil, nil, err
	}
	// The fast path reads everything at once.
	if json.Unmarshal(body, &good) == nil {
		for i := range good {
			if valid(&good[i]) != nil {
				return decodeEach(body, valid)
			}
		}
		return good, nil, nil
	}
	return decodeEach(body, valid)
}

func decodeEach[T any](body []byte, valid func(*T) error) (good []T, bad []badElement, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errShape, err)
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, nil, fmt.Errorf("broken JSON: %w", err)
		}
		var v T
		err := json.Unmarshal(raw, &v)
		if err == nil {
			err = valid(&v)
		}
		if err != nil {
			bad = append(bad, newBadElement(raw, err))
			continue
		}
		good = append(good, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, fmt.Errorf("broken JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("something follows the JSON")
	}
	return good, bad, nil
}

// newBadElement says what is wrong without quoting what was sent.
func newBadElement(raw json.RawMessage, err error) badElement {
	var ids struct{ Number, ID json.Number }
	_ = json.Unmarshal(raw, &ids) // whatever could be read before the error
	b := badElement{why: "cannot be read"}
	if n, err := ids.Number.Int64(); err == nil && n > 0 {
		b.id = n
	} else if n, err := ids.ID.Int64(); err == nil && n > 0 {
		b.id = n
	}
	sum := sha256.Sum256(raw)
	b.raw = hex.EncodeToString(sum[:4])
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		b.why = fmt.Sprintf("field %q is of another type than %s", e.Field, e.Type)
	} else if e, ok := errors.AsType[invalidError](err); ok {
		b.why = e.Error()
	}
	return b
}

// name returns what the element is called in the quarantine.
func (b badElement) name(prefix string) string {
	if b.id > 0 {
		return fmt.Sprintf("%s%d", prefix, b.id)
	}
	return prefix + "unreadable-" + b.raw
}

// invalidError says which field an element lacks.
type invalidError string

func (e invalidError) Error() string { return string(e) }

// decodeObject reads one JSON object up to the end of the body.
func decodeObject(body []byte, into any) error {
	if err := expect(body, '{'); err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func expect(body []byte, first byte) error {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 {
		return fmt.Errorf("empty body: %w", errShape)
	}
	if trimmed[0] != first {
		return fmt.Errorf("does not start with %q: %w", first, errShape)
	}
	return nil
}
