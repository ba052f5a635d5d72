// Package text guesses from words which objective an item belongs to, and finds
// out how far such guesses can be believed.
//
// The definitions follow section 4.15 of the score specification. Words are
// whatever key they were stored under, a keyed hash, and come as counts without
// order. So the runs of 3 to 5 letters that the definition lists beside words
// cannot be used. Other features (a repository, a component, a channel, a team)
// can be added as words of their own, with a key that no word has; the author
// never.
package text

import (
	"cmp"
	"math"
	"slices"
)

// A Word is how often a word occurs in a document.
type Word struct {
	Key   string
	Count int
}

// BM25's parameters: how fast a repeated word says nothing new, and how much
// long documents are held against their length.
const (
	saturation = 1.2
	lengthNorm = 0.75
)

// An Index ranks declarations by how well they answer an item's words, with the
// BM25 of S. Robertson and others (TREC-3, 1994).
type Index struct {
	documents []indexed
	holds     map[string][]posting // by word: the documents that have it
	average   float64              // words per document
}

type indexed struct {
	id     string
	length int
}

// A posting says how often a document has a word.
type posting struct{ document, count int }

// A Declaration is the declaration corpus of one objective.
type Declaration struct {
	Objective string
	Words     []Word
}

// NewIndex returns the index of declarations. Words that occur less than once
// are left out.
func NewIndex(declarations []Declaration) *Index {
	x := &Index{holds: map[string][]posting{}}
	total := 0
	for _, d := range declarations {
		in, counts := indexed{id: d.Objective}, map[string]int{}
		for _, w := range d.Words {
			if w.Count > 0 {
				counts[w.Key] += w.Count
				in.length += w.Count
			}
		}
		for key, n := range counts {
			x.holds[key] = append(x.holds[key], posting{len(x.documents), n})
		}
		total += in.length
		x.documents = append(x.documents, in)
	}
	if len(x.documents) > 0 {
		x.average = float64(total) / float64(len(x.documents))
	}
	return x
}

// A Suggestion is an objective that an item may belong to.
type Suggestion struct {
	Objective string
	Score     float64 // above 0; comparable within one item only
}

// Suggest returns the objectives whose declaration has any of the item's words,
// best first, equal ones by their id. Each word of the item adds, as often as it
// occurs there,
//
//	ln(1 + (N − n + ½)/(n + ½)) · f·2.2/(f + 1.2·(0.25 + 0.75·length/average))
//
// where n of the N declarations have it, f times in this one. It is for showing
// to a human while there are no labels: the scores are no probabilities and must
// map nothing.
func (x *Index) Suggest(item []Word) []Suggestion {
	item = slices.Clone(item)
	slices.SortFunc(item, func(a, b Word) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Count, b.Count)) })
	scores := make([]float64, len(x.documents))
	for _, w := range item {
		having := x.holds[w.Key]
		if w.Count <= 0 {
			continue
		}
		n := float64(len(having))
		idf := math.Log1p((float64(len(x.documents)) - n + 0.5) / (n + 0.5))
		for _, p := range having {
			f := float64(p.count)
			norm := saturation * (1 - lengthNorm + lengthNorm*float64(x.documents[p.document].length)/x.average)
			scores[p.document] += float64(w.Count) * idf * f * (saturation + 1) / (f + norm)
		}
	}
	var all []Suggestion
	for i, score := range scores {
		if score > 0 {
			all = append(all, Suggestion{x.documents[i].id, score})
		}
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Objective, b.Objective))
	})
	return all
}
