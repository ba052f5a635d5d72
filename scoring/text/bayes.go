package text

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// None is the class of items that were confirmed to belong to no objective.
// Without it everything looks strategic.
const None = "none"

// The fewest labels to predict at all, and of a class for it to be predicted.
const (
	MinLabels = 50
	MinClass  = 10
)

// smoothing is added to every count.
const smoothing = 1.0

// A Bayes is a complement naive Bayes classifier on counts of words (J. Rennie
// et al., ICML 2003): it looks at how badly an item fits everything that is not
// in a class, which is steadier than the plain one when classes differ in size.
// It is nothing but counts, so that a label can be taken back exactly. The zero
// value has no labels. It is not safe for concurrent use: Classify keeps what it
// looks up for the next item.
type Bayes struct {
	classes map[string]*class
	words   map[string]int // occurrences in all classes
	total   int
	labels  int
	looked  *lookup // nil after a change
}

// A lookup keeps the logarithms of words that were asked for.
type lookup struct {
	names []string             // of the classes, ascending
	logs  map[string][]float64 // by word: of its share outside of each class
}

func (b *Bayes) lookup() *lookup {
	if b.looked == nil {
		b.looked = &lookup{slices.Sorted(maps.Keys(b.classes)), make(map[string][]float64)}
	}
	return b.looked
}

// word returns the logarithms of a word by class.
func (b *Bayes) word(key string) []float64 {
	l, all := b.lookup(), b.words[key]
	if all <= 0 {
		return nil
	}
	logs, ok := l.logs[key]
	if !ok {
		logs = make([]float64, len(l.names))
		for i, name := range l.names {
			c := b.classes[name]
			outside := float64(b.total-c.total) + smoothing*float64(len(b.words))
			logs[i] = math.Log((float64(all-c.words[key]) + smoothing) / outside)
		}
		l.logs[key] = logs
	}
	return logs
}

type class struct {
	words  map[string]int
	total  int
	labels int
}

// Add adds the words of an item that was confirmed to belong to a class: an
// objective's id, or None.
func (b *Bayes) Add(label string, words []Word) { b.count(label, words, 1) }

// Remove takes back what Add added with the same arguments.
func (b *Bayes) Remove(label string, words []Word) { b.count(label, words, -1) }

func (b *Bayes) count(label string, words []Word, sign int) {
	if b.classes == nil {
		b.classes, b.words = map[string]*class{}, map[string]int{}
	}
	b.looked = nil
	c := b.classes[label]
	if c == nil {
		c = &class{words: map[string]int{}}
		b.classes[label] = c
	}
	for _, w := range words {
		n := sign * max(w.Count, 0)
		add(c.words, w.Key, n)
		add(b.words, w.Key, n)
		c.total += n
		b.total += n
	}
	c.labels += sign
	b.labels += sign
	if c.labels == 0 && c.total == 0 {
		delete(b.classes, label)
	}
}

func add(counts map[string]int, key string, n int) {
	if counts[key] += n; counts[key] == 0 {
		delete(counts, key)
	}
}

// Labels returns how many items there are of each class.
func (b *Bayes) Labels() map[string]int {
	labels := make(map[string]int, len(b.classes))
	for name, c := range b.classes {
		labels[name] = c.labels
	}
	return labels
}

// A Guess is one class that an item may belong to.
type Guess struct {
	Class string
	// Score is the negative log-likelihood of the item in everything else; with
	// the words that the classifier knows only.
	Score float64
	// P is the softmax of the scores. It is not calibrated: see Calibrate.
	P float64
}

// Classify returns the classes for an item's words, best first, equal ones by
// name. Words that no label has say nothing. It returns nothing below least
// labels in all, and leaves out the classes with fewer than leastClass; where
// fewer than two are left there is nothing to decide. Use MinLabels and
// MinClass.
func (b *Bayes) Classify(words []Word, least, leastClass int) []Guess {
	if b.labels < least {
		return nil
	}
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b Word) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Count, b.Count)) })
	names := b.lookup().names
	scores := make([]float64, len(names))
	for _, w := range words {
		if w.Count > 0 {
			for i, log := range b.word(w.Key) {
				scores[i] -= float64(w.Count) * log
			}
		}
	}
	var guesses []Guess
	for i, name := range names {
		if b.classes[name].labels >= leastClass {
			guesses = append(guesses, Guess{Class: name, Score: scores[i]})
		}
	}
	if len(guesses) < 2 {
		return nil
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Score, a.Score) })
	sum := 0.0
	for i := range guesses {
		guesses[i].P = math.Exp(guesses[i].Score - guesses[0].Score)
		sum += guesses[i].P
	}
	for i := range guesses {
		guesses[i].P /= sum
	}
	return guesses
}
