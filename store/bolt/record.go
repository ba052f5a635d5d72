package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A record is the value of every key:
//
//	checksum  4 bytes little-endian, CRC-32C of bucket, key and all that follows
//	version   1 byte
//	body      varints, strings and times, see the codecs
//
// The key takes part in the checksum because bbolt's pages have none: a
// flipped bit in a key would otherwise be a silent lie.
const (
	recordVersion = 1
	recordHeader  = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b bucket, key, rest []byte) uint32 {
	return crc32.Update(crc32.Update(uint32(b)*0x9e3779b1, castagnoli, key), castagnoli, rest)
}

// epoch is subtracted from times so that those of today need four bytes.
const epoch = 1577836800 // 2020-01-01

// An encoder appends records to a buffer. Finished records stay where they
// are, because bbolt refers to them until the commit.
type encoder struct {
	buf   []byte
	start int
	dict  interner // nil writes every string in full
}

// An interner gives repeated strings a number, or none.
type interner interface {
	intern(s string) (id uint32, ok bool)
}

// chunk is how much of the buffer is allocated at a time.
const chunk = 64 << 10

func (e *encoder) begin() {
	if cap(e.buf)-len(e.buf) < 1<<10 {
		e.buf = make([]byte, 0, chunk)
	}
	e.start = len(e.buf)
	e.buf = append(e.buf, 0, 0, 0, 0, recordVersion)
}

// seal completes the record and returns it.
func (e *encoder) seal(b bucket, key []byte) []byte {
	rec := e.buf[e.start:len(e.buf):len(e.buf)]
	binary.LittleEndian.PutUint32(rec, checksum(b, key, rec[4:]))
	return rec
}

// drop forgets the record that was sealed last.
func (e *encoder) drop() { e.buf = e.buf[:e.start] }

func (e *encoder) byte(v byte)      { e.buf = append(e.buf, v) }
func (e *encoder) uvarint(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) varint(v int64)   { e.buf = binary.AppendVarint(e.buf, v) }
func (e *encoder) raw(v []byte)     { e.buf = append(e.buf, v...) }

// literal writes a string that must not leave a trace elsewhere in the file.
func (e *encoder) literal(s string) {
	e.uvarint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) bytes(b []byte) {
	e.uvarint(uint64(len(b)))
	e.buf = append(e.buf, b...)
}

// storable reports whether t is a time at all, and not one that only a damaged
// clock or record can tell, 34,000 years away.
func storable(t time.Time) bool {
	return !t.IsZero() && -1<<40 < t.Unix() && t.Unix() < 1<<40
}

// time writes a time to the second: 0 for none, otherwise the distance from
// base, folded to be small in both directions, plus one.
func (e *encoder) time(t time.Time, base int64) {
	if !storable(t) {
		e.uvarint(0)
		return
	}
	d := t.Unix() - base
	e.uvarint(uint64(d<<1^d>>63) + 1)
}

// A decoder reads one record. The first error sticks; what is read after it
// is zero.
type decoder struct {
	b     []byte
	words []string
	used  []bool // by word, set for those that are read; nil when nobody asks
	bad   string // what was wrong first
}

// open verifies the checksum of a record and returns a decoder of its body.
func open(b bucket, key, rec []byte, words []string) (decoder, error) {
	if len(rec) < recordHeader {
		return decoder{}, damaged(b, key, "is too short")
	}
	if binary.LittleEndian.Uint32(rec) != checksum(b, key, rec[4:]) {
		return decoder{}, damaged(b, key, "has a wrong checksum")
	}
	if rec[4] != recordVersion {
		return decoder{}, damaged(b, key, fmt.Sprintf("has unknown version %d", rec[4]))
	}
	return decoder{b: rec[recordHeader:], words: words}, nil
}

// damaged names the record by at most 16 bytes of its key, in hexadecimal:
// keys can hold text from a source.
func damaged(b bucket, key []byte, what string) error {
	return fmt.Errorf("%s record %s %s: %w", b, hex.EncodeToString(key[:min(len(key), 16)]), what, store.ErrCorrupt)
}

func (d *decoder) fail(what string) {
	if d.bad == "" {
		d.bad = what
	}
	d.b = nil
}

// end returns an error unless everything was read and nothing is left.
func (d *decoder) end(b bucket, key []byte) error {
	if d.bad == "" && len(d.b) > 0 {
		d.bad = "has bytes left over"
	}
	if d.bad != "" {
		return damaged(b, key, d.bad)
	}
	return nil
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail("ends early")
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("has a bad number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// uint32 reads a number that must fit.
func (d *decoder) uint32() uint32 {
	v := d.uvarint()
	if v > math.MaxUint32 {
		d.fail("has a number out of range")
		return 0
	}
	return uint32(v)
}

// take returns the next n bytes, which belong to the record.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail("ends early")
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// count reads how many elements follow. Each takes at least one byte, so a
// damaged count cannot ask for more memory than the record is long.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail("counts more than it holds")
		return 0
	}
	return int(n)
}

func (d *decoder) literal() string { return string(d.take(d.uvarint())) }

// bytes returns a copy, never nil.
func (d *decoder) bytes() []byte { return append([]byte{}, d.take(d.uvarint())...) }

func (d *decoder) time(base int64) time.Time {
	u := d.uvarint()
	if u == 0 {
		return time.Time{}
	}
	u--
	t := time.Unix((int64(u>>1)^-int64(u&1))+base, 0).UTC()
	if !storable(t) {
		d.fail("has an impossible time")
		return time.Time{}
	}
	return t
}
