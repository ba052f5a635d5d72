package scoring

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/scoring/vocabulary"
	"github.com/workdrift/workdrift/store"
)

// words keeps how often words occur in items: of those that were worked on in
// the weeks that scores of vocabulary look at, and of those that declare an
// objective, whenever that was. All words are kept, whatever the items count
// for, so that a relabelled item needs no new look at the store. A word takes
// about two bytes where it occurs.
type words struct {
	// Items that were not worked on since from are let go, and those created
	// at until or later are not counted in the totals.
	from, until minute
	number      map[uint64]uint32    // of a word, by its key
	keys        []uint64             // by number
	texts       map[uint32]itemWords // by item
	totals      []int32              // occurrences by number
	total       int                  // of all words

	// What is declared, as far as it is asked of each item.
	named    map[string]bool  // keys of objectives, in lower case
	docs     map[string][]int // objectives by the path of a linked document
	excluded [][]uint64       // the words of each excluded term
	// lasting are the items that may declare an objective, with the objectives
	// whose documents they changed. They are never let go.
	lasting map[uint32][]int
	// shown are the keys, as they are typed, of items that something excluded
	// matches: they are listed.
	shown     map[uint32]string
	languages []vocabulary.Language
}

// An itemWords is the words of one item.
type itemWords struct {
	packed  string // see there
	print   uint64 // the same for the same words in every engine
	created minute
}

func newWords(d *Declared) *words {
	w := &words{
		from: noMinute, until: math.MaxInt32, number: make(map[uint64]uint32), texts: make(map[uint32]itemWords),
		named: make(map[string]bool), docs: make(map[string][]int), lasting: make(map[uint32][]int), shown: make(map[uint32]string),
	}
	for i := range d.Set.Objectives {
		o := &d.Set.Objectives[i]
		for _, key := range o.Keys {
			w.named[strings.ToLower(key)] = true
		}
		for _, path := range o.Docs {
			w.docs[path] = append(w.docs[path], i)
		}
		for _, term := range o.ExcludedTerms {
			if keys := d.wordKeys(term); len(keys) > 0 {
				w.excluded = append(w.excluded, keys)
			}
		}
	}
	for _, l := range vocabulary.FunctionWords() {
		var keys []uint64
		for _, word := range l.Words {
			keys = append(keys, d.wordKeys(word)...)
		}
		w.languages = append(w.languages, vocabulary.Language{Name: l.Name, Words: keys})
	}
	return w
}

// wordCounts counts the words of a text the way those of items are kept.
func (d *Declared) wordCounts(text string) []store.Term {
	if d.Words != nil {
		return d.Words(text)
	}
	var terms []store.Term
	for _, word := range strings.Fields(strings.ToLower(text)) {
		terms = append(terms, store.Term{Word: word, Count: 1})
	}
	return terms
}

// wordKeys returns the keys of the words of a text, each once.
func (d *Declared) wordKeys(text string) (keys []uint64) {
	for _, t := range d.wordCounts(text) {
		if key := wordKey(t.Word); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// wordKey returns the number that stands for a word: that of its keyed hash of
// 12 digits, and a hash beyond those of any other word.
func wordKey(word string) uint64 {
	if len(word) == 12 {
		if key, err := strconv.ParseUint(word, 16, 64); err == nil {
			return key
		}
	}
	h := fnv.New64a()
	h.Write([]byte(word))
	return h.Sum64() | 1<<63
}

// wordName spells a number, the key of a word or what orders items: names order
// like numbers.
func wordName(key uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[key>>(60-4*i)&15]
	}
	return string(b[:])
}

// readWords keeps the words of an item, or lets them go where no score looks at
// them. The item's touches, logs and attributes are known.
func (e *Engine) readWords(no uint32, it *store.Item) {
	w := e.words
	w.drop(no)
	f := &e.facts[no]
	if f.is(markGone) || len(it.Terms) == 0 {
		return
	}
	if about, declares := w.declares(it); declares {
		w.lasting[no] = about
	} else if e.lastWork(no) < w.from {
		return
	}
	t, entries := w.text(it.Terms, f.created)
	w.texts[no] = t
	w.count(&t, 1)
	if len(it.Keys) > 0 && (w.breaches(entries) || len(e.graph.ExcludedBy(uint64(no))) > 0) {
		w.shown[no] = strings.Clone(it.Keys[0])
	}
}

// lastWork is when an item was last worked on, or made, whichever is later.
func (e *Engine) lastWork(no uint32) minute {
	last := e.facts[no].created
	for i := range e.items[no].touches {
		last = max(last, minute(e.items[no].touches[i].minute))
	}
	for _, l := range e.logs[no] {
		last = max(last, minute(l.at.Minute))
	}
	return last
}

// declares reports whether an item may say what an objective is about, however
// long ago: it is one of the keys of an objective, or changed linked documents
// and nothing else. It returns the objectives whose documents these are.
func (w *words) declares(it *store.Item) (about []int, declares bool) {
	if len(w.named) > 0 {
		declares = slices.ContainsFunc(it.Keys, func(key string) bool { return w.named[strings.ToLower(key)] })
	}
	for i, path := range it.Attrs[store.AttrPath] {
		with := w.docs[path]
		if i > 0 {
			with = slices.DeleteFunc(slices.Clone(about), func(o int) bool { return !slices.Contains(with, o) })
		}
		if about = with; len(about) == 0 {
			break
		}
	}
	return about, declares || len(about) > 0
}

// breaches reports whether the words of an item, by their numbers, have all those
// of an excluded term.
func (w *words) breaches(entries []entry) bool {
	has := func(key uint64) bool {
		number, ok := w.number[key]
		if ok {
			_, ok = slices.BinarySearchFunc(entries, number, func(e entry, number uint32) int { return cmp.Compare(e.number, number) })
		}
		return ok
	}
	return slices.ContainsFunc(w.excluded, func(term []uint64) bool {
		return !slices.ContainsFunc(term, func(key uint64) bool { return !has(key) })
	})
}

// drop forgets the words of an item.
func (w *words) drop(no uint32) {
	if t, ok := w.texts[no]; ok {
		w.count(&t, -1)
		delete(w.texts, no)
		delete(w.shown, no)
		delete(w.lasting, no)
	}
}

// count counts the words of an item in, or with a sign of -1 out.
func (w *words) count(t *itemWords, sign int) {
	if t.created >= w.until {
		return
	}
	t.each(func(number uint32, n int) {
		w.totals[number] += int32(sign * n)
		w.total += sign * n
	})
}

// An entry is a word of a text by its number, and how often it occurs.
type entry struct {
	number uint32
	n      int
}

// text encodes the words of an item, and returns them by number.
func (w *words) text(terms []store.Term, created minute) (t itemWords, entries []entry) {
	entries = make([]entry, 0, len(terms))
	t.created = created
	for i := range terms {
		if terms[i].Count <= 0 {
			continue
		}
		key := wordKey(terms[i].Word)
		number, ok := w.number[key]
		if !ok {
			number = uint32(len(w.keys))
			w.number[key] = number
			w.keys, w.totals = append(w.keys, key), append(w.totals, 0)
		}
		entries = append(entries, entry{number, terms[i].Count})
		t.print += mix(key, uint64(terms[i].Count))
	}
	slices.SortFunc(entries, func(a, b entry) int { return int(a.number) - int(b.number) })
	t.packed = packed(entries)
	return t, entries
}

// packed encodes words in the order of their numbers: for each the distance of
// its number from the one before, doubled, plus one where it occurs more than
// once; then how often.
func packed(entries []entry) string {
	out := make([]byte, 0, 3*len(entries))
	last := uint32(0)
	for _, en := range entries {
		distance := uint64(en.number-last) << 1
		last = en.number
		if en.n == 1 {
			out = binary.AppendUvarint(out, distance)
			continue
		}
		out = binary.AppendUvarint(binary.AppendUvarint(out, distance|1), uint64(en.n))
	}
	return string(out)
}

// mix makes one number of two.
func mix(h, x uint64) uint64 {
	h = (h ^ x) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// each calls f for every word with its number.
func (t *itemWords) each(f func(number uint32, n int)) {
	number := uint32(0)
	for p := t.packed; p != ""; {
		distance, size := uvarint(p)
		p = p[size:]
		n := uint64(1)
		number += uint32(distance >> 1)
		if distance&1 == 1 {
			n, size = uvarint(p)
			p = p[size:]
		}
		f(number, int(n))
	}
}

// uvarint is binary.Uvarint of a string that packed wrote.
func uvarint(s string) (x uint64, size int) {
	for i := range len(s) {
		x |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return x, i + 1
		}
	}
	return x, len(s)
}

// document returns the words of an item by key, false where none are kept.
func (w *words) document(no uint32) ([]vocabulary.Word, bool) {
	t, ok := w.texts[no]
	if !ok {
		return nil, false
	}
	list := make([]vocabulary.Word, 0, len(t.packed)/2)
	t.each(func(number uint32, n int) {
		list = append(list, vocabulary.Word{Key: w.keys[number], Count: n})
	})
	slices.SortFunc(list, byWord)
	return list, true
}

func byWord(a, b vocabulary.Word) int { return cmp.Compare(a.Key, b.Key) }

// totalOf returns how often a word occurs in all items whose words are kept.
func (w *words) totalOf(key uint64) int {
	number, ok := w.number[key]
	if !ok {
		return 0
	}
	return int(w.totals[number])
}
