package bolt

import (
	"encoding/hex"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Words are the strings that are written once and named by number: repeated
// values, and repeated beginnings of identifiers and addresses. A string
// becomes a word when it is met for the fourth time in a while, so one-off
// strings never grow the table; how a string is written says nothing about
// what it is, and every way reads back the same.
//
// The table is kept in memory, which is why it has a limit.
type words struct {
	list atomic.Pointer[[]string] // by id; readers take a snapshot

	// What follows belongs to the writer.
	ids  map[string]uint32
	seen map[uint64]uint8 // sightings by hash, forgotten when full
	seed maphash.Seed
}

const (
	maxWords     = 1 << 17
	maxSeen      = 1 << 16
	sightings    = 4
	minWordLen   = 3
	maxWordLen   = 64
	maxPrefixLen = 128
)

func newWords() *words {
	w := &words{ids: map[string]uint32{}, seen: map[uint64]uint8{}, seed: maphash.MakeSeed()}
	w.list.Store(new([]string))
	return w
}

// snapshot returns the words by id. It holds every word that a transaction
// refers to which was begun before the call.
func (w *words) snapshot() []string { return *w.list.Load() }

// publish makes new words readable. It is called before their transaction
// commits: nobody refers to them yet, and nobody misses them afterwards.
func (w *words) publish(added []string) {
	if len(added) == 0 {
		return
	}
	list := w.snapshot()
	for _, s := range added {
		if s != "" { // see keep
			w.ids[s] = uint32(len(list))
		}
		list = append(list, s)
	}
	w.list.Store(&list)
}

// keep empties the words that are not used: no record refers to them, and an
// empty word is never written. Their numbers are not given out again. The
// caller keeps readers and the writer out.
func (w *words) keep(used []bool) {
	list := slices.Clone(w.snapshot())
	for id, s := range list {
		if id < len(used) && !used[id] {
			delete(w.ids, s)
			list[id] = ""
		}
	}
	clear(w.seen)
	w.list.Store(&list)
}

// worth counts a sighting of s and reports whether s should become a word.
func (w *words) worth(s string) bool {
	h := maphash.String(w.seed, s)
	n := w.seen[h] + 1
	if n >= sightings {
		delete(w.seen, h)
		return true
	}
	if len(w.seen) >= maxSeen {
		clear(w.seen)
	}
	w.seen[h] = n
	return false
}

// The ways a string is written, in the low two bits of its first number.
const (
	textLiteral = iota // length, then the bytes
	textWord           // id of a word
	textPrefix         // id of a word, then a tail
	textTail           // a tail
)

// The kinds of tails, in the low two bits of their first number.
const (
	tailLiteral = iota // length, then the bytes
	tailHex            // number of bytes, then the bytes that the digits spell
	tailDecimal        // the value
)

// word writes a string that is likely to be met again as a whole.
func (e *encoder) word(s string) {
	if len(s) >= minWordLen && len(s) <= maxWordLen && strings.IndexByte(s, '/') < 0 {
		if id, ok := e.intern(s); ok {
			e.uvarint(uint64(id)<<2 | textWord)
			return
		}
	}
	e.path(s)
}

// path writes a string that is likely to share its beginning with others: an
// identifier, a key, a path, an address.
func (e *encoder) path(s string) {
	cut, kind := splitTail(s)
	if cut >= minWordLen && cut <= maxPrefixLen {
		if id, ok := e.intern(s[:cut]); ok {
			e.uvarint(uint64(id)<<2 | textPrefix)
			e.tail(s[cut:], kind)
			return
		}
	}
	if cut == 0 && kind != tailLiteral {
		e.uvarint(textTail)
		e.tail(s, kind)
		return
	}
	e.uvarint(uint64(len(s)) << 2) // textLiteral
	e.buf = append(e.buf, s...)
}

func (e *encoder) intern(s string) (uint32, bool) {
	if e.dict == nil {
		return 0, false
	}
	return e.dict.intern(s)
}

func (e *encoder) tail(s string, kind int) {
	switch kind {
	case tailHex:
		e.uvarint(uint64(len(s)/2)<<2 | tailHex)
		e.buf, _ = hex.AppendDecode(e.buf, []byte(s)) // splitTail saw only digits
	case tailDecimal:
		v, _ := strconv.ParseUint(s, 10, 62)
		e.uvarint(v<<2 | tailDecimal)
	default:
		e.uvarint(uint64(len(s)) << 2) // tailLiteral
		e.buf = append(e.buf, s...)
	}
}

// splitTail says where the tail of s begins and how it is written best: a
// number, a hash, or what follows the last slash.
func splitTail(s string) (cut, kind int) {
	i := len(s)
	for i > 0 && isDigit(s[i-1]) {
		i--
	}
	if n := len(s) - i; n > 0 && n <= 18 && (s[i] != '0' || n == 1) && (i == 0 || strings.IndexByte("/#-@:_", s[i-1]) >= 0) {
		return i, tailDecimal
	}
	for i > 0 && isHex(s[i-1]) {
		i--
	}
	if n := len(s) - i; n >= 16 && n%2 == 0 {
		return i, tailHex
	}
	return strings.LastIndexByte(s, '/') + 1, tailLiteral
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' }

// text reads what word or path wrote.
func (d *decoder) text() string {
	h := d.uvarint()
	switch h & 3 {
	case textLiteral:
		return string(d.take(h >> 2))
	case textWord:
		return d.lookup(h >> 2)
	case textPrefix:
		return d.tail(d.lookup(h >> 2))
	default:
		return d.tail("")
	}
}

func (d *decoder) lookup(id uint64) string {
	if id >= uint64(len(d.words)) {
		d.fail("refers to an unknown word")
		return ""
	}
	if d.words[id] == "" {
		d.fail("refers to an erased word")
	}
	if d.used != nil {
		d.used[id] = true
	}
	return d.words[id]
}

func (d *decoder) tail(prefix string) string {
	var room [160]byte
	h := d.uvarint()
	switch h & 3 {
	case tailLiteral:
		return string(append(append(room[:0], prefix...), d.take(h>>2)...))
	case tailHex:
		if h>>2 > math.MaxInt32 {
			break
		}
		return string(hex.AppendEncode(append(room[:0], prefix...), d.take(h>>2)))
	case tailDecimal:
		return string(strconv.AppendUint(append(room[:0], prefix...), h>>2, 10))
	}
	d.fail("has a string of unknown form")
	return ""
}
