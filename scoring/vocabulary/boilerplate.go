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
	documents = slices.Clone(byKey(documents))
	common, where := sharedWords(documents)
	alike := map[string][]int{} // words by the documents that they are in
	for i := range common {
		id := where[i].id()
		alike[id] = append(alike[id], i)
	}
	for _, id := range slices.Sorted(maps.Keys(alike)) {
		if len(alike[id]) >= templateWords {
			strip(documents, where[alike[id][0]])
		}
	}
	return documents
}

// sharedWords returns the words, by key, that are in as many documents as a
// template is, but not in all, and in which ones.
func sharedWords(documents []Document) (common []uint64, where []*set) {
	in := map[uint64]int32{}
	for i := range documents {
		for k, w := range documents[i].Words {
			if w.Count > 0 && (k == 0 || documents[i].Words[k-1].Key != w.Key) {
				in[w.Key]++
			}
		}
	}
	for key, count := range in {
		if n := int(count); n >= templateDocuments && float64(n) > templateShare*float64(len(documents)) && n < len(documents) {
			common = append(common, key)
		}
	}
	slices.Sort(common)
	clear(in)
	for i, key := range common {
		in[key] = int32(i)
		where = append(where, &set{members: make([]uint64, (len(documents)+63)/64)})
	}
	for i := range documents {
		for _, w := range documents[i].Words {
			if w.Count > 0 {
				if number, ok := in[w.Key]; ok {
					where[number].add(i)
				}
			}
		}
	}
	return common, where
}

// strip takes what all documents of a set have in common away from them. A
// document that is in two templates loses both.
func strip(documents []Document, in *set) {
	least := map[uint64]int{}
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
