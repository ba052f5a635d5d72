// Package vocabulary measures whether a team uses the words of an objective the
// way its declaration does.
//
// The definitions follow section 4.9 of the score specification, the minimum
// samples section 2.7. Documents are items as counts of words without their
// order; words are numbers, made of the keyed hash that they were stored under.
// Three things follow from that:
//
//   - Context is the item: two words occur together when the same item has both.
//   - A template cannot be recognised by a run of 8 words. Boilerplate looks for
//     sets of words that always come together instead, see there.
//   - A word that a lexicon found has no name. Only declared terms do.
//
// Identifiers are taken apart (camelCase, snake_case) where words are counted,
// before they get here.
package vocabulary

import (
	"cmp"
	"slices"
)

// A Word is how often a word occurs in a document. The key is the same in every
// evaluation.
type Word struct {
	Key   uint64
	Count int
}

// A Document is one item.
type Document struct {
	// Key names the item the same in every evaluation. It orders documents and
	// tells whether one is on both sides; it is private.
	Key string
	// Author numbers who wrote most of it; 0 stands for nobody in particular,
	// such as the text of a declaration, and is not capped. It is private.
	Author int
	// Words are ordered by key, without repeats.
	Words []Word
	// Language is that of the item (LanguageOf), "" where it is not known.
	Language string
	// Excluded is set where the objective's exclude rule matches the item by
	// something other than its words.
	Excluded bool
	counted  *counted // nil unless it is prepared
}

// count returns how often a word occurs.
func (d *Document) count(key uint64) int {
	i, ok := slices.BinarySearchFunc(d.Words, key, func(w Word, key uint64) int { return cmp.Compare(w.Key, key) })
	if !ok {
		return 0
	}
	return d.Words[i].Count
}

// size returns how many words the document has, repeats counted.
func (d *Document) size() int {
	n := 0
	for _, w := range d.Words {
		n += w.Count
	}
	return n
}

// A Term is a declared term of one or more words ("audit log"). Without their
// order, a document has it as often as it has its rarest word.
type Term struct {
	Name string // as declared; "" of one that a Lexicon found
	Keys []uint64
}

// In returns how often a document has the term; a term without words is
// nowhere.
func (t Term) In(d *Document) int {
	n := 0
	for i, key := range t.Keys {
		c := d.count(key)
		if i == 0 || c < n {
			n = c
		}
	}
	return n
}

// byKey orders documents and leaves out repeats of a key. Those that are in
// order are returned as they are and must not be changed.
func byKey(documents []Document) []Document {
	if ascending(documents) {
		return documents
	}
	sorted := slices.Clone(documents)
	slices.SortStableFunc(sorted, func(a, b Document) int { return cmp.Compare(a.Key, b.Key) })
	return slices.CompactFunc(sorted, func(a, b Document) bool { return a.Key == b.Key })
}

func ascending(documents []Document) bool {
	for i := 1; i < len(documents); i++ {
		if documents[i-1].Key >= documents[i].Key {
			return false
		}
	}
	return true
}

// without returns the documents that are not among others; both are ordered by
// key.
func without(documents, others []Document) []Document {
	left := make([]Document, 0, len(documents))
	for i := range documents {
		for len(others) > 0 && others[0].Key < documents[i].Key {
			others = others[1:]
		}
		if len(others) == 0 || others[0].Key != documents[i].Key {
			left = append(left, documents[i])
		}
	}
	return left
}
