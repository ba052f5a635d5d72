package vocabulary

import (
	"maps"
	"slices"
)

// A Language is a language with some of its function words, as keys of words.
type Language struct {
	Name  string
	Words []uint64
}

// Speech is a language with some of its function words as they are spelled.
type Speech struct {
	Name  string
	Words []string
}

// FunctionWords returns frequent words of some languages that are rare in the
// others, to be hashed as words of items are.
func FunctionWords() []Speech {
	return []Speech{
		{"de", []string{"der", "das", "und", "ist", "nicht", "mit", "ein", "eine", "auf", "für", "wird", "sich", "wir", "auch", "oder", "bei", "werden", "wenn"}},
		{"en", []string{"the", "and", "is", "of", "to", "that", "with", "this", "are", "be", "it", "not", "should", "when", "we", "from", "has", "have"}},
		{"es", []string{"el", "los", "las", "que", "con", "para", "una", "del", "por", "como", "pero", "más", "está", "cuando", "hay"}},
		{"fr", []string{"le", "les", "des", "est", "dans", "pour", "une", "qui", "avec", "sur", "pas", "nous", "et", "du", "aux", "être"}},
		{"it", []string{"il", "che", "di", "per", "una", "sono", "della", "con", "non", "gli", "nel", "anche", "come", "questo"}},
		{"pt", []string{"não", "uma", "para", "com", "os", "do", "da", "em", "são", "quando", "isso", "mais", "pelo"}},
	}
}

// minFunctionWords is how many occurrences of function words make a language.
const minFunctionWords = 3

// LanguageOf returns the name of the language of which a document has most
// function words: at least 3, and more than of any other language. It is ""
// where none has. Their order does not matter.
func LanguageOf(d Document, languages []Language) string {
	best, most, second := "", 0, 0
	for _, l := range languages {
		n := 0
		for _, key := range l.Words {
			n += d.count(key)
		}
		if n > most {
			best, most, second = l.Name, n, most
		} else if n > second {
			second = n
		}
	}
	if most < minFunctionWords || most == second {
		return ""
	}
	return best
}

// SameLanguage returns the documents of both sides that are in one language: the
// one in which the side that has fewer words has most of them, of equal ones the
// first by name. Documents whose language is unknown stay, because short items
// have few function words. Comparing languages with each other would measure
// nothing but which is spoken.
func SameLanguage(team, corpus []Document) (sameTeam, sameCorpus []Document, language string) {
	var words [2]map[string]int
	for i, side := range [2][]Document{team, corpus} {
		words[i] = map[string]int{}
		for k := range side {
			if side[k].Language != "" {
				words[i][side[k].Language] += side[k].size()
			}
		}
	}
	most := 0
	for _, name := range slices.Sorted(maps.Keys(words[0])) {
		if n := min(words[0][name], words[1][name]); n > most {
			language, most = name, n
		}
	}
	if language == "" {
		return team, corpus, ""
	}
	other := func(d Document) bool { return d.Language != language && d.Language != "" }
	keep := func(side []Document) []Document {
		if !slices.ContainsFunc(side, other) {
			return side
		}
		return slices.DeleteFunc(slices.Clone(side), other)
	}
	return keep(team), keep(corpus), language
}
