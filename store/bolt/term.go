package bolt

import (
	"encoding/hex"
	"strings"

	"github.com/workdrift/workdrift/store"
)

// The ways the words of an item are written, in the low bit of their number.
// The poller hands over hashes, of which 6 bytes are kept.
const (
	termHash = iota // 6 bytes that 12 digits spell
	termText        // length, then the bytes
)

// termDigits is the length of a hashed word.
const termDigits = 12

func (e *encoder) terms(terms []store.Term) {
	form := termHash
	for _, t := range terms {
		if !isTermHash(t.Word) {
			form = termText
			break
		}
	}
	e.uvarint(uint64(len(terms))<<1 | uint64(form))
	for _, t := range terms {
		if form == termText {
			e.literal(t.Word)
		} else {
			e.buf, _ = hex.AppendDecode(e.buf, []byte(t.Word)) // only digits
		}
		e.uvarint(uint64(t.Count))
	}
}

func isTermHash(word string) bool {
	if len(word) != termDigits {
		return false
	}
	for i := range len(word) {
		if !isHex(word[i]) {
			return false
		}
	}
	return true
}

// terms reads what the encoder wrote. The hashes of an item share one string,
// because there are many and they are short.
func (d *decoder) terms() []store.Term {
	h := d.uvarint()
	n, form := h>>1, h&1
	if n > uint64(len(d.b)) {
		d.fail("counts more than it holds")
		return nil
	}
	terms := make([]store.Term, n)
	if form == termText {
		for i := range terms {
			terms[i] = store.Term{Word: d.literal(), Count: int(d.uvarint())}
		}
		return terms
	}
	var digits strings.Builder
	digits.Grow(int(n) * termDigits)
	var word [termDigits]byte
	for i := range terms {
		digits.Write(word[:hex.Encode(word[:], d.take(termDigits/2))])
		terms[i].Count = int(d.uvarint())
	}
	if d.bad != "" {
		return nil
	}
	all := digits.String()
	for i := range terms {
		terms[i].Word = all[i*termDigits : (i+1)*termDigits]
	}
	return terms
}

// terms returns the words of the item with a number, nil when it has none.
func (r *reader) terms(no uint64) ([]store.Term, error) {
	key := key8(no)
	d, ok, err := r.get(bucketTerm, key)
	if err != nil || !ok {
		return nil, err
	}
	terms := d.terms()
	return terms, d.end(bucketTerm, key)
}

// writeTerms stores the words of an item that changed.
func (a *applier) writeTerms(t *touched) error {
	key := key8(t.no)
	if len(t.now.Terms) == 0 {
		if len(t.old.Terms) == 0 {
			return nil
		}
		_, err := a.w.remove(bucketTerm, key)
		return err
	}
	a.w.begin()
	a.w.encoder.terms(t.now.Terms)
	_, err := a.w.put(bucketTerm, key, a.w.seal(bucketTerm, key))
	return err
}
