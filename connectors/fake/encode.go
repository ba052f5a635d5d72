package fake

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// An encoder appends JSON to a buffer. Objects are written by hand because a
// page of a hundred issues must cost the server much less than its client.
type encoder struct{ b []byte }

// sep writes the comma that is due before a value or a key.
func (e *encoder) sep() {
	if n := len(e.b); n > 0 {
		switch e.b[n-1] {
		case '{', '[', ':', ',':
		default:
			e.b = append(e.b, ',')
		}
	}
}

func (e *encoder) open(c byte)  { e.sep(); e.b = append(e.b, c) }
func (e *encoder) close(c byte) { e.b = append(e.b, c) }

// key starts a member; keys are constants that need no escaping.
func (e *encoder) key(k string) {
	e.sep()
	e.b = append(e.b, '"')
	e.b = append(e.b, k...)
	e.b = append(e.b, '"', ':')
}

func (e *encoder) obj(k string) { e.key(k); e.b = append(e.b, '{') }
func (e *encoder) arr(k string) { e.key(k); e.b = append(e.b, '[') }

func (e *encoder) raw(k string, v []byte) {
	e.key(k)
	e.b = append(e.b, v...)
}

func (e *encoder) str(k, v string) {
	e.key(k)
	e.b = appendQuoted(e.b, v)
}

// strs writes a string that is made of parts, without joining them first.
func (e *encoder) strs(k string, parts ...string) {
	e.key(k)
	e.b = append(e.b, '"')
	for _, p := range parts {
		e.b = append(e.b, p...)
	}
	e.b = append(e.b, '"')
}

func (e *encoder) num(k string, v int64) {
	e.key(k)
	e.b = strconv.AppendInt(e.b, v, 10)
}

func (e *encoder) bool(k string, v bool) {
	e.key(k)
	e.b = strconv.AppendBool(e.b, v)
}

func (e *encoder) null(k string) {
	e.key(k)
	e.b = append(e.b, "null"...)
}

// time writes a timestamp as REST does: UTC, to the second; null when zero.
func (e *encoder) time(k string, t time.Time) {
	e.key(k)
	if t.IsZero() {
		e.b = append(e.b, "null"...)
		return
	}
	e.b = append(e.b, '"')
	e.b = t.UTC().AppendFormat(e.b, time.RFC3339)
	e.b = append(e.b, '"')
}

// zoned writes a timestamp with the offset it was made with.
func (e *encoder) zoned(k string, t time.Time) {
	e.key(k)
	e.b = append(e.b, '"')
	e.b = t.AppendFormat(e.b, "2006-01-02T15:04:05Z07:00")
	e.b = append(e.b, '"')
}

func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			// A string always encodes; bytes that are not UTF-8 are replaced.
			quoted, _ := json.Marshal(s)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// nodeID makes an opaque identifier of the shape GitHub gives: a prefix and
// the MessagePack array of a zero, the repository, and the object.
func nodeID(prefix string, repo, id int64) string {
	var b []byte
	if repo == 0 {
		b = append(b, 0x92, 0)
	} else {
		b = append(b, 0x93, 0)
		b = appendUint32(b, repo)
	}
	return prefix + "_" + base64.RawURLEncoding.EncodeToString(appendUint32(b, id))
}

// commitNodeID is nodeID for a commit, which is named by its SHA.
func commitNodeID(repo int64, sha string) string {
	b := appendUint32([]byte{0x93, 0}, repo)
	b = append(append(b, 0xd9, byte(len(sha))), sha...)
	return "C_" + base64.RawURLEncoding.EncodeToString(b)
}

func appendUint32(b []byte, v int64) []byte {
	return append(b, 0xce, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
