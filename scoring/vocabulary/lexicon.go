package vocabulary

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// FromCorpus is how many words of the declaration corpus a lexicon takes besides
// the declared terms.
const FromCorpus = 60

// prior is how many words the prior is worth.
const prior = 500

// Counts say how often words occur in a group of documents.
type Counts struct {
	Of    func(key uint64) int // of a word
	Total int                  // of all words
}

// CountsOf counts the words of documents, each document once, and lists them.
func CountsOf(documents []Document) (Counts, []Word) {
	counts, total := tally(documents)
	words := make([]Word, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, Word{key, counts[key]})
	}
	return Counts{func(key uint64) int { return counts[key] }, total}, words
}

// Lexicon returns the terms in which a team is compared with the declaration of
// an objective: the declared ones, in their order, and then, by key, the 60 words
// by which the corpus of the declaration stands out most against the background,
// all other documents. The corpus is given as its words, by key.
//
// They stand out by the log-odds ratio with an informative Dirichlet prior,
// divided by its standard deviation (B. L. Monroe, M. P. Colaresi and K. M.
// Quinn, Political Analysis 16, 2008). The prior is worth 500 words, spread like
// corpus and background together. Only words that stand out (above 0) and are no
// declared term by themselves are taken; of equal ones the first by key.
func Lexicon(declared []Term, corpus []Word, background Counts) []Term {
	lexicon := slices.DeleteFunc(slices.Clone(declared), func(t Term) bool { return len(t.Keys) == 0 })
	taken := map[uint64]bool{}
	for _, t := range lexicon {
		if len(t.Keys) == 1 {
			taken[t.Keys[0]] = true
		}
	}
	n := 0
	for _, w := range corpus {
		n += w.Count
	}
	type scored struct {
		key uint64
		z   float64
	}
	var words []scored
	for _, w := range corpus {
		theirs := 0
		if background.Of != nil {
			theirs = background.Of(w.Key)
		}
		if z := standsOut(float64(w.Count), float64(n), float64(theirs), float64(background.Total)); z > 0 && !taken[w.Key] {
			words = append(words, scored{w.Key, z})
		}
	}
	slices.SortStableFunc(words, func(a, b scored) int { return cmp.Compare(b.z, a.z) })
	words = words[:min(FromCorpus, len(words))]
	// By key, so that the lexicon is the same as long as its words are.
	slices.SortFunc(words, func(a, b scored) int { return cmp.Compare(a.key, b.key) })
	for _, w := range words {
		lexicon = append(lexicon, Term{Keys: []uint64{w.key}})
	}
	return lexicon
}

// standsOut returns the z-score of the log-odds ratio of a word that occurs y
// times among n words here and other times among m words elsewhere.
func standsOut(y, n, other, m float64) float64 {
	a := prior * (y + other) / (n + m)
	rest := prior - a
	if rest <= 0 {
		return 0 // the only word there is
	}
	odds := math.Log((y+a)/(n-y+rest)) - math.Log((other+a)/(m-other+rest))
	return odds / math.Sqrt(1/(y+a)+1/(other+a))
}

// tally adds up the words of documents, each document once.
func tally(documents []Document) (counts map[uint64]int, total int) {
	counts = map[uint64]int{}
	documents = byKey(documents)
	for i := range documents {
		for _, w := range documents[i].Words {
			if w.Count > 0 {
				counts[w.Key] += w.Count
				total += w.Count
			}
		}
	}
	return counts, total
}
