package vocabulary

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The cap on authors: where one has more than dominant of the words, each is
// held to capped of what counts.
const (
	dominant = 0.5
	capped   = 0.3
)

// outside is how many of the resamples lie beyond either 90 % limit.
const outside = resamples / 20

// unit is how counts are scaled when authors are capped, so that they stay
// integers.
const unit = 1000

// A side is the documents of one side that have a term, as counts of the
// lexicon.
type side struct {
	documents [][]stat.Count
	authors   []int // of each document
	tokens    int
	byAuthor  map[int]int
}

func sideOf(documents []Document, lexicon []Term) side {
	s := side{byAuthor: map[int]int{}}
	for i := range documents {
		counts, tokens := documents[i].in(lexicon)
		if tokens == 0 {
			continue
		}
		s.documents = append(s.documents, counts)
		s.authors = append(s.authors, documents[i].Author)
		s.tokens += tokens
		s.byAuthor[documents[i].Author] += tokens
	}
	return s
}

// dominated reports whether one author wrote more than half.
func (s side) dominated() bool {
	for author, n := range s.byAuthor {
		if author != 0 && float64(n) > dominant*float64(s.tokens) {
			return true
		}
	}
	return false
}

// scales returns by how much the words of each author count, so that no author
// has more than 30 % of what counts. It is false when there are too few authors
// for that.
func (s side) scales() (map[int]float64, bool) {
	held := map[int]bool{}
	for {
		// Those held share 30 % each; the others are the rest of the whole.
		rest := s.tokens
		for author := range held {
			rest -= s.byAuthor[author]
		}
		left := 1 - capped*float64(len(held))
		if rest <= 0 || left <= 0 {
			return nil, false
		}
		limit := capped * float64(rest) / left
		over := false
		for author, n := range s.byAuthor {
			if author != 0 && !held[author] && float64(n) > limit {
				held[author], over = true, true
			}
		}
		if !over {
			scales := map[int]float64{}
			for author := range held {
				scales[author] = limit / float64(s.byAuthor[author])
			}
			return scales, true
		}
	}
}

// capAuthors returns the scales of both sides; nil where no author is capped.
func capAuthors(sides [2]side) (scales [2]map[int]float64, ok bool) {
	dominated := sides[0].dominated() || sides[1].dominated()
	for i, s := range sides {
		if !dominated {
			break
		}
		scales[i] = map[int]float64{}
		if s.dominated() {
			if scales[i], ok = s.scales(); !ok {
				return scales, false
			}
		}
	}
	return scales, true
}

// scaled returns the documents with their authors' scales, as integers: times
// 1000 where any author of either side is capped.
func (s side) scaled(scales map[int]float64) [][]stat.Count {
	if scales == nil {
		return s.documents
	}
	documents := make([][]stat.Count, len(s.documents))
	for i, d := range s.documents {
		scale, ok := scales[s.authors[i]]
		if !ok {
			scale = 1
		}
		counts := slices.Clone(d)
		for j := range counts {
			// At least 1, so that no term disappears.
			counts[j].N = max(1, int64(float64(counts[j].N)*unit*scale+0.5))
		}
		documents[i] = counts
	}
	return documents
}

// bootstrap returns the limits of the adjusted gap when documents are drawn
// anew, with replacement, from either side (the basic interval of B. Efron,
// which reflects the draws at the value: drawing adds as much chance once more
// as the value holds). It is false when the budget does not allow enough draws.
func bootstrap(test stat.SplitTest, split stat.Split) (low, high float64, ok bool) {
	size := 0
	for _, d := range slices.Concat(test.First, test.Second) {
		size += len(d)
	}
	if (size+2*test.Places+1)*resamples > test.Budget/2 {
		return 0, 0, false
	}
	room := split.Max - split.Null
	draws := stat.ResampleDocuments(test, resamples, stat.Random(test.Seed^stat.Seed("bootstrap")))
	slices.Sort(draws)
	value := func(observed float64) float64 { return (2*split.Observed - observed - split.Null) / room }
	return value(draws[resamples-1-outside]), value(draws[outside]), true
}
