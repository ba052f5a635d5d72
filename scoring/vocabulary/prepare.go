package vocabulary

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// counted is how often a document has the terms of a lexicon, so that each of
// many comparisons in that lexicon need not look for them again.
type counted struct {
	lexicon []Term // of which only the place in memory counts
	counts  []stat.Count
	tokens  int
}

// same reports whether two slices are one.
func same(a, b []Term) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// Prepare counts in each document the terms of a lexicon, which must not change
// from then on, and takes all words out of it that neither a term of the lexicon
// nor one of the others has. Comparisons in this very lexicon come to the same
// and are faster. The words given are not changed.
func Prepare(documents []Document, lexicon, others []Term) {
	starts := map[uint64][]int{} // places of terms by their first word
	asked := map[uint64]bool{}
	for _, terms := range [][]Term{lexicon, others} {
		for _, t := range terms {
			for _, key := range t.Keys {
				asked[key] = true
			}
		}
	}
	for place, t := range lexicon {
		if len(t.Keys) > 0 {
			starts[t.Keys[0]] = append(starts[t.Keys[0]], place)
		}
	}
	var kept []Word
	for i := range documents {
		d := &documents[i]
		kept = kept[:0]
		for _, w := range d.Words {
			if asked[w.Key] {
				kept = append(kept, w)
			}
		}
		d.Words = slices.Clone(kept)
		c := &counted{lexicon: lexicon}
		for _, w := range d.Words {
			for _, place := range starts[w.Key] {
				if n := lexicon[place].In(d); n > 0 {
					c.counts = append(c.counts, stat.Count{Place: place, N: int64(n)})
					c.tokens += n
				}
			}
		}
		slices.SortFunc(c.counts, func(a, b stat.Count) int { return cmp.Compare(a.Place, b.Place) })
		d.counted = c
	}
}

// in returns how often the document has the terms of a lexicon, by their places.
func (d *Document) in(lexicon []Term) (counts []stat.Count, tokens int) {
	if d.counted != nil && same(d.counted.lexicon, lexicon) {
		return d.counted.counts, d.counted.tokens
	}
	for place, term := range lexicon {
		if n := term.In(d); n > 0 {
			counts = append(counts, stat.Count{Place: place, N: int64(n)})
			tokens += n
		}
	}
	return counts, tokens
}

// recounted prepares documents for what is left of the lexicon that they were
// prepared for. They are changed.
func recounted(documents []Document, lexicon, left []Term) []Document {
	places := make([]int, len(lexicon)) // in what is left, -1 for none
	next := 0
	for i := range lexicon {
		places[i] = -1
		if next < len(left) && slices.Equal(lexicon[i].Keys, left[next].Keys) {
			places[i] = next
			next++
		}
	}
	for i := range documents {
		old := documents[i].counted
		if old == nil || !same(old.lexicon, lexicon) {
			continue
		}
		c := &counted{lexicon: left, counts: make([]stat.Count, 0, len(old.counts))}
		for _, n := range old.counts {
			if place := places[n.Place]; place >= 0 {
				c.counts = append(c.counts, stat.Count{Place: place, N: n.N})
				c.tokens += int(n.N)
			}
		}
		documents[i].counted = c
	}
	return documents
}
