package vocabulary

import (
	"maps"
	"slices"
)

// What makes a set of words a template: so many words that occur in exactly the
// same documents, which are more than this share of all and at least so many.
const (
	templateWords     = 8
	templateShare     = 0.2
	templateDocuments = 5
)

// Boilerplate returns the documents without the words of templates ("steps to
// reproduce, expected behaviour …"), ordered by key.
//
// The definition calls text a template when the same run of 8 words is in more
// than 20 % of the items. Runs are not kept, so this is as far as counts go: at
// least 8 words that occur in exactly the same documents, more than 20 % of all
// and at least 5, show a template. From those documents it takes away every word
// that all of them have, as often as all of them have it. A template whose words
// are so common that fewer than 8 of them stay within it is not found, and
// neither are versions of a template that few items share. Words that occur in
// every document are no evidence: a template in all items changes no comparison
// of their mix much, but stop words would look like one.
func Boilerplate(documents []Document) []Document {
	documents = byKey(documents)
	where := map[string]*set{}
	for i, d := range documents {
		for _, w := range d.Words {
			if w.Count <= 0 {
				continue
			}
			s := where[w.Key]
			if s == nil {
				s = &set{members: make([]uint64, (len(documents)+63)/64)}
				where[w.Key] = s
			}
			s.add(i)
		}
	}
	common := slices.DeleteFunc(slices.Sorted(maps.Keys(where)), func(key string) bool {
		n := where[key].size
		return n < templateDocuments || float64(n) <= templateShare*float64(len(documents)) || n == len(documents)
	})
	alike := map[string][]string{} // words by the documents that they are in
	for _, key := range common {
		id := where[key].id()
		alike[id] = append(alike[id], key)
	}
	for _, id := range slices.Sorted(maps.Keys(alike)) {
		if len(alike[id]) >= templateWords {
			strip(documents, where[alike[id][0]])
		}
	}
	return documents
}

// strip takes what all documents of a set have in common away from them. A
// document that is in two templates loses both.
func strip(documents []Document, in *set) {
	least := map[string]int{}
	first := true
	for i := range documents {
		if !in.has(i) {
			continue
		}
		if first {
			for _, w := range documents[i].Words {
				least[w.Key] = w.Count
			}
			first = false
			continue
		}
		for key, n := range least {
			if n = min(n, documents[i].count(key)); n > 0 {
				least[key] = n
			} else {
				delete(least, key)
			}
		}
	}
	for i := range documents {
		if !in.has(i) {
			continue
		}
		var left []Word
		for _, w := range documents[i].Words {
			if w.Count -= least[w.Key]; w.Count > 0 {
				left = append(left, w)
			}
		}
		documents[i].Words = left
	}
}

// A set is a set of documents by their number.
type set struct {
	members []uint64
	size    int
}

func (s *set) add(i int) {
	if !s.has(i) {
		s.members[i/64] |= 1 << (i % 64)
		s.size++
	}
}

func (s *set) has(i int) bool { return s.members[i/64]>>(i%64)&1 == 1 }

// id is the same for equal sets.
func (s *set) id() string {
	b := make([]byte, 0, 8*len(s.members))
	for _, m := range s.members {
		for range 8 {
			b = append(b, byte(m))
			m >>= 8
		}
	}
	return string(b)
}
