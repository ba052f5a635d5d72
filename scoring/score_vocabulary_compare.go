package scoring

import (
	"maps"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/vocabulary"
)

// wordWork is how many operations the comparisons of one evaluation may take,
// over all objectives; see vocabulary.Input. It bounds their time, some 10 s on
// one core, without a clock.
const wordWork = 8_000_000_000

// comparisons keeps what was compared for as long as its inputs hold.
type comparisons struct {
	weeks     map[objective.Date]*workedWeek // by Monday
	used      [wordSpan]*workedWeek          // what uses is made of
	uses      [][]use
	known     []comparison // by objective
	declared  [][]vocabulary.Term
	excluded  [][]vocabulary.Term
	documents int // that were put together so far; for tests
}

// A comparison is what is kept of one objective.
type comparison struct {
	inputs  uint64 // of the documents
	lexicon uint64
	corpus  []vocabulary.Word // nil where it is too small for a lexicon
	words   int               // in corpus
	pairs   []pairWords
	past    [wordBlocks][]pastPair // 0 is not used: it is pairs
}

// pairWords is what the words of a team, or of everybody, come to in the window
// that ends with the last closed week.
type pairWords struct {
	team      int
	items     int
	gap       vocabulary.Gap
	anchors   []anchorGap
	coverage  stat.Estimate
	unused    []string // declared terms
	breach    stat.Estimate
	breaching []uint32 // works, in an order that is the same in every store
}

type anchorGap struct {
	term string
	vocabulary.Gap
}

// A pastPair is whether a team's words could be compared in an earlier window,
// and what came of it.
type pastPair struct {
	team              int
	eligible, flagged bool
}

func newComparisons(d *Declared) *comparisons {
	c := &comparisons{weeks: make(map[objective.Date]*workedWeek), known: make([]comparison, len(d.Set.Objectives))}
	for i := range d.Set.Objectives {
		c.declared = append(c.declared, d.terms(d.Set.Objectives[i].Terms))
		c.excluded = append(c.excluded, d.terms(d.Set.Objectives[i].ExcludedTerms))
	}
	return c
}

// A comparer compares the words of one objective.
type comparer struct {
	v         *evaluation
	o         int
	uses      []use
	corpus    []uint32
	documents map[uint32]vocabulary.Document
	text      vocabulary.Document // of the declaration
	lexicon   []vocabulary.Term
	budget    int
}

// compare brings what is kept of an objective up to date.
func (v *evaluation) compare(o int, uses []use, corpus []uint32, budget int) *comparison {
	known := &v.engine.compared.known[o]
	c := &comparer{v: v, o: o, uses: uses, corpus: corpus, budget: budget}
	if inputs := c.inputs(); inputs != known.inputs {
		*known = comparison{inputs: inputs}
		c.read()
		if declaring := c.declaring(); len(declaring) >= vocabulary.Least().Items {
			var counts vocabulary.Counts
			counts, known.corpus = vocabulary.CountsOf(declaring)
			known.words = counts.Total
		}
	}
	c.lexicon = v.lexicon(o, known)
	lexicon := uint64(1)
	for i := range c.lexicon {
		for _, key := range c.lexicon[i].Keys {
			lexicon = mix(lexicon, key)
		}
	}
	if lexicon != known.lexicon {
		if c.documents == nil {
			c.read()
		}
		known.lexicon = lexicon
		c.compare(known)
	}
	return known
}

// lexicon returns the words in which an objective is compared.
func (v *evaluation) lexicon(o int, known *comparison) []vocabulary.Term {
	w := v.engine.words
	own := make(map[uint64]int, len(known.corpus))
	for _, word := range known.corpus {
		own[word.Key] = word.Count
	}
	return vocabulary.Lexicon(v.engine.compared.declared[o], known.corpus, vocabulary.Counts{
		Of:    func(key uint64) int { return max(0, w.totalOf(key)-own[key]) },
		Total: max(0, w.total-known.words),
	})
}

// inputs returns the same number for the same documents and windows.
func (c *comparer) inputs() uint64 {
	e := c.v.engine
	h := mix(uint64(c.v.lastMonday())+1<<32, uint64(c.budget))
	item := func(no uint32) {
		h = mix(mix(h, e.items[no].order), e.words.texts[no].print)
		h = mix(h, uint64(c.author(no)))
		if c.excluded(no) {
			h++
		}
	}
	for _, no := range c.corpus {
		item(no)
	}
	for i := range c.uses {
		h = mix(h, uint64(c.uses[i].team+2))
		for _, w := range c.uses[i].works {
			h = mix(h, uint64(w.weeks))
			item(w.work)
		}
	}
	return h
}

// author numbers who wrote an item, 0 where that is not told.
func (c *comparer) author(no uint32) int {
	f := &c.v.engine.facts[no]
	if f.creator == 0 {
		return 0
	}
	return int(c.v.engine.actors[f.creator-1].person) + 1
}

// excluded reports whether the rule of what the objective excludes matches an
// item that nevertheless counts for it.
func (c *comparer) excluded(no uint32) bool {
	return slices.Contains(c.v.engine.graph.ExcludedBy(uint64(no)), c.o)
}

// declaration names the text of an objective among the documents: no item has
// such a key.
const declaration = "declaration"

func (c *comparer) key(no uint32) string { return wordName(c.v.engine.items[no].order) }

// read puts the documents together and takes templates out of them.
func (c *comparer) read() {
	e := c.v.engine
	e.compared.documents++
	c.documents = make(map[uint32]vocabulary.Document)
	var list []vocabulary.Document
	var numbers []uint32
	add := func(no uint32) {
		if _, seen := c.documents[no]; seen || e.facts[no].is(markMachine) {
			return // the words of a machine are nobody's
		}
		if words, ok := e.words.document(no); ok {
			c.documents[no] = vocabulary.Document{}
			numbers = append(numbers, no)
			list = append(list, vocabulary.Document{Key: c.key(no), Author: c.author(no), Words: words, Excluded: c.excluded(no)})
		}
	}
	for _, no := range c.corpus {
		add(no)
	}
	for i := range c.uses {
		for _, w := range c.uses[i].works {
			add(w.work)
		}
	}
	o := &c.v.declared.Set.Objectives[c.o]
	text := vocabulary.Document{Key: declaration}
	for _, t := range c.v.declared.wordCounts(o.Text + "\n" + strings.Join(o.Terms, "\n")) {
		text.Words = append(text.Words, vocabulary.Word{Key: wordKey(t.Word), Count: t.Count})
	}
	slices.SortFunc(text.Words, byWord)
	text.Words = merged(text.Words)
	byKey := make(map[string]uint32, len(list))
	for i := range list {
		byKey[list[i].Key] = numbers[i]
	}
	for _, d := range vocabulary.Boilerplate(append(list, text)) {
		d.Language = vocabulary.LanguageOf(d, e.words.languages)
		if d.Key == declaration {
			c.text = d
			continue
		}
		c.documents[byKey[d.Key]] = d
	}
}

// merged adds up words that follow one another.
func merged(words []vocabulary.Word) []vocabulary.Word {
	out := words[:0]
	for _, w := range words {
		if n := len(out); n > 0 && out[n-1].Key == w.Key {
			out[n-1].Count += w.Count
			continue
		}
		out = append(out, w)
	}
	return out
}

// side returns the documents of works.
func (c *comparer) side(works []uint32) []vocabulary.Document {
	list := make([]vocabulary.Document, 0, len(works)+1)
	for _, no := range works {
		if d, ok := c.documents[no]; ok {
			list = append(list, d)
		}
	}
	return list
}

// declaring returns the documents of the declaration, by key: its text is one of
// them, and they are nobody's in particular.
func (c *comparer) declaring() []vocabulary.Document {
	list := append(c.side(c.corpus), c.text)
	for i := range list {
		list[i].Author = 0
	}
	slices.SortFunc(list, func(a, b vocabulary.Document) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// prepare counts the terms in documents, and leaves only the words in them that
// something asks for.
func (c *comparer) prepare() {
	numbers := slices.Collect(maps.Keys(c.documents))
	list := make([]vocabulary.Document, len(numbers), len(numbers)+1)
	for i, no := range numbers {
		list[i] = c.documents[no]
	}
	list = append(list, c.text)
	vocabulary.Prepare(list, c.lexicon, c.v.engine.compared.excluded[c.o])
	for i, no := range numbers {
		c.documents[no] = list[i]
	}
	c.text = list[len(numbers)]
}

// compare compares everybody and each team with the declaration, and teams once
// more at the ends of earlier weeks.
func (c *comparer) compare(known *comparison) {
	c.prepare()
	corpus := c.declaring()
	known.pairs = nil
	for i := range c.uses {
		known.pairs = append(known.pairs, c.pair(&c.uses[i], corpus))
	}
	for block := 1; block < wordBlocks; block++ {
		known.past[block] = nil
		for i := range c.uses {
			u := &c.uses[i]
			if u.team == everybody {
				continue
			}
			gap := c.gap(u, c.side(u.in(block)), corpus, block)
			known.past[block] = append(known.past[block], pastPair{u.team, gap.OK(), gap.Flagged})
		}
	}
}

// input is what the words of a team are compared in.
func (c *comparer) input(score string, u *use, team, corpus []vocabulary.Document, block int) vocabulary.Input {
	who := ""
	if u.team != everybody {
		who = c.v.declared.Teams[u.team].ID
	}
	end := c.v.lastMonday() + 6 - objective.Date(7*block)
	team, corpus, _ = vocabulary.SameLanguage(team, corpus)
	return vocabulary.Input{
		Team: team, Corpus: corpus, Lexicon: c.lexicon, Minimum: vocabulary.Least(), FlagOnly: block > 0,
		Seed: stat.Seed(score, who, c.v.declared.Set.Objectives[c.o].ID, end.String()),
	}
}

// gap compares one side with the declaration, within what the objective may
// still take.
func (c *comparer) gap(u *use, team, corpus []vocabulary.Document, block int) vocabulary.Gap {
	return c.spend(len(team), func() vocabulary.Gap {
		return vocabulary.GapOf(c.input(VocabularyGap, u, team, corpus, block))
	})
}

func (c *comparer) spend(items int, compare func() vocabulary.Gap) vocabulary.Gap {
	if c.budget <= 0 {
		return vocabulary.Gap{Estimate: stat.Insufficient(items, "the comparisons that an evaluation may make are used up")}
	}
	gap := compare()
	c.budget -= gap.Cost
	return gap
}

// pair compares one side in everything.
func (c *comparer) pair(u *use, corpus []vocabulary.Document) pairWords {
	declared, excluded := c.v.engine.compared.declared[c.o], c.v.engine.compared.excluded[c.o]
	works := u.in(0)
	team := c.side(works)
	p := pairWords{team: u.team, items: len(team), gap: c.gap(u, team, corpus, 0)}
	for _, t := range declared {
		in := c.input(AnchorContextGap+"|"+t.Name, u, team, corpus, 0)
		p.anchors = append(p.anchors, anchorGap{t.Name, c.spend(len(team), func() vocabulary.Gap { return vocabulary.AnchorGap(t, in) })})
		if !slices.ContainsFunc(team, func(d vocabulary.Document) bool { return t.In(&d) > 0 }) {
			p.unused = append(p.unused, t.Name)
		}
	}
	p.coverage = vocabulary.Coverage(declared, team)
	p.breach = vocabulary.Breach(excluded, c.v.declared.Set.Objectives[c.o].Excludes != nil, team)
	for _, no := range works {
		if d, ok := c.documents[no]; ok && vocabulary.Breaches(excluded, &d) {
			p.breaching = append(p.breaching, no)
		}
	}
	return p
}
