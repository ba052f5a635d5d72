package vocabulary

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/stat"
)

// doc makes a document of words, repeated ones counted.
func doc(key string, author int, text string) Document {
	counts := map[string]int{}
	for _, w := range strings.Fields(text) {
		counts[w]++
	}
	d := Document{Key: key, Author: author}
	for w, n := range counts {
		d.Words = append(d.Words, Word{number(w), n})
	}
	slices.SortFunc(d.Words, func(a, b Word) int { return cmp.Compare(a.Key, b.Key) })
	return d
}

// number stands for a word; numbers go in the order of words, as far as their first six letters go.
func number(word string) uint64 {
	h := fnv.New32a()
	h.Write([]byte(word))
	first := append([]byte(word), make([]byte, 6)...)[:6]
	return binary.BigEndian.Uint64(append(first, 0, 0)) | uint64(h.Sum32()&0xffff)
}

func keys(words string) (list []uint64) {
	for _, word := range strings.Fields(words) {
		list = append(list, number(word))
	}
	return list
}

func term(words string) Term { return Term{words, keys(words)} }

// drawSide makes documents of 20 words each out of a vocabulary of 12, where a
// share of the words comes from a second half of it.
func drawSide(name string, n, authors int, shift float64, random *stat.Random) (side []Document) {
	for i := range n {
		var text []string
		for range 20 {
			w := random.IntN(6)
			if float64(random.IntN(1000)) < 1000*shift {
				w += 6
			}
			text = append(text, fmt.Sprintf("w%02d", w))
		}
		side = append(side, doc(fmt.Sprintf("%s%04d", name, i), i%authors, strings.Join(text, " ")))
	}
	return side
}

func allTerms() (lexicon []Term) {
	for i := range 12 {
		lexicon = append(lexicon, term(fmt.Sprintf("w%02d", i)))
	}
	return lexicon
}

func TestGapFindsAShiftAndNothingElse(t *testing.T) {
	random := stat.Random(5)
	corpus := drawSide("c", 30, 1, 0.2, &random)
	for _, c := range []struct {
		shift   float64
		flagged bool
	}{{0.2, false}, {0.6, true}} {
		team := drawSide("t", 30, 5, c.shift, &random)
		got := GapOf(Input{Team: team, Corpus: corpus, Lexicon: allTerms(), Minimum: Least(), Seed: 3})
		if !got.OK() || got.Flagged != c.flagged || got.N != 30 || got.Splits != Permutations || got.Exact || !got.Bounded {
			t.Errorf("shift %v: %+v", c.shift, got)
		}
		if !(got.Lower <= got.Value && got.Value <= got.Upper && got.Upper <= 1) || len(got.Terms) != Largest {
			t.Errorf("shift %v: %+v", c.shift, got)
		}
		if c.flagged && got.Terms[0].Team < got.Terms[0].Corpus && got.Terms[0].Term.Name >= "w06" {
			t.Errorf("the largest term is used more, not less: %+v", got.Terms[0])
		}
		if bits := got.Terms[0].Bits; bits <= 0 || bits < got.Terms[1].Bits {
			t.Errorf("terms are not ordered: %+v", got.Terms)
		}
	}
}

// The result does not depend on the order of documents, and the corpus' own
// documents are not the team's.
func TestGapIsReproducible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := stat.Random(rapid.Uint64().Draw(t, "world"))
		team, corpus := drawSide("t", 22, 5, 0.4, &random), drawSide("c", 22, 1, 0.2, &random)
		in := Input{Team: team, Corpus: corpus, Lexicon: allTerms(), Minimum: Least(), Seed: 3}
		want := GapOf(in)
		in.Team = rapid.Permutation(append(slices.Clone(team), corpus[0], corpus[7], team[0])).Draw(t, "team")
		in.Corpus = rapid.Permutation(corpus).Draw(t, "corpus")
		if got := GapOf(in); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nis not\n%+v", got, want)
		}
		if want.OK() && (want.Value > 1 || want.Observed < 0 || want.Observed > want.Max+1e-12) {
			t.Fatalf("%+v", want)
		}
	})
}

func TestGapMinimum(t *testing.T) {
	random := stat.Random(5)
	team, corpus := drawSide("t", 20, 5, 0.2, &random), drawSide("c", 20, 1, 0.2, &random)
	lexicon := allTerms()
	in := func(change func(*Input)) Input {
		in := Input{Team: team, Corpus: corpus, Lexicon: lexicon, Minimum: Least(), Seed: 3}
		change(&in)
		return in
	}
	short := slices.Clone(team)
	for i := range short {
		short[i] = doc(short[i].Key, short[i].Author, strings.Repeat(fmt.Sprintf("w%02d ", i%6), 14))
	}
	cost := 2*len(lexicon) + 1 + func() (n int) { // of one split, as stat counts it
		for _, d := range slices.Concat(team, corpus) {
			n += len(d.Words)
		}
		return n / 2
	}()
	for _, c := range []struct {
		name   string
		in     Input
		status stat.Status
		reason string
	}{
		{"enough", in(func(*Input) {}), stat.OK, ""},
		{"19 items", in(func(in *Input) { in.Team = team[1:] }), stat.InsufficientData, "19 of at least 20 items of the team"},
		{"19 items of the corpus", in(func(in *Input) { in.Corpus = corpus[1:] }), stat.InsufficientData, "19 of at least 20 items of the declaration"},
		{"280 tokens", in(func(in *Input) { in.Team = short }), stat.InsufficientData, "280 of at least 300"},
		{"an item without a term", in(func(in *Input) { in.Team = append(team[1:20:20], doc("zz", 1, "other words")) }), stat.InsufficientData, "19 of"},
		{"no lexicon", in(func(in *Input) { in.Lexicon = nil }), stat.InsufficientData, "0 of"},
		{"98 permutations", in(func(in *Input) { in.Budget = 2 * (99*cost - 1) }), stat.InsufficientData, "98 of at least 99"},
		{"99 permutations", in(func(in *Input) { in.Budget = 2 * 99 * cost }), stat.OK, ""},
		{"nothing at all", Input{}, stat.InsufficientData, "no term"},
	} {
		got := GapOf(c.in)
		if got.Status != c.status || !strings.Contains(got.Reason, c.reason) || got.Flagged && !got.OK() || math.IsNaN(got.Value) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.name == "99 permutations" && got.Bounded {
			t.Errorf("the bootstrap exceeds the budget: %+v", got)
		}
	}
	apart := GapOf(Input{Team: []Document{doc("a", 0, "x")}, Corpus: []Document{doc("b", 0, "y")}, Lexicon: []Term{term("x"), term("y")}})
	if apart.Status != stat.Undefined {
		t.Errorf("two documents can only be apart: %+v", apart)
	}
}

func TestAuthorsAreCapped(t *testing.T) {
	written := func(tokens ...int) side {
		s := side{byAuthor: map[int]int{}}
		for i, n := range tokens {
			s.byAuthor[i] += n
			s.tokens += n
		}
		return s
	}
	for _, c := range []struct {
		name   string
		tokens []int // the first by nobody in particular
		ok     bool
		shares map[int]float64
	}{
		{"half is no more than half", []int{0, 50, 50}, true, nil},
		{"two authors", []int{0, 60, 40}, false, nil},
		{"three authors", []int{0, 60, 20, 20}, false, nil},
		{"four authors", []int{0, 70, 10, 10, 10}, true, map[int]float64{1: 0.3}},
		{"the second is too much, too", []int{0, 160, 40, 10, 10, 10, 10}, true, map[int]float64{1: 0.3, 2: 0.3}},
		{"declarations have no author", []int{90, 10}, true, nil},
		{"and are the rest", []int{40, 60}, true, map[int]float64{1: 0.3}},
	} {
		s := written(c.tokens...)
		scales, ok := capAuthors([2]side{s, written(1)})
		if ok != c.ok {
			t.Errorf("%s: %v", c.name, ok)
			continue
		}
		if !ok {
			continue
		}
		total := 0.0
		weight := func(author int) float64 {
			scale, capped := scales[0][author]
			if !capped {
				scale = 1
			}
			return scale * float64(s.byAuthor[author])
		}
		for author := range s.byAuthor {
			total += weight(author)
		}
		if len(scales[0]) != len(c.shares) {
			t.Errorf("%s: %v", c.name, scales[0])
		}
		for author, share := range c.shares {
			if got := weight(author) / total; math.Abs(got-share) > 1e-9 {
				t.Errorf("%s: author %d has %v", c.name, author, got)
			}
		}
	}
}

// A team of which one author writes in a way of their own is not flagged for it.
func TestOneAuthorDoesNotDecide(t *testing.T) {
	random := stat.Random(8)
	team, corpus := drawSide("t", 40, 5, 0.2, &random), drawSide("c", 40, 1, 0.2, &random)
	for i := range team {
		team[i].Author = 1 + i%5
		if i%5 == 0 {
			team[i] = doc(team[i].Key, 1, strings.Repeat("w09 w10 w11 ", 40))
		}
	}
	lexicon := allTerms()
	got := GapOf(Input{Team: team, Corpus: corpus, Lexicon: lexicon, Minimum: Least(), Seed: 3})
	for i := range team {
		team[i].Author = 0
	}
	free := GapOf(Input{Team: team, Corpus: corpus, Lexicon: lexicon, Minimum: Least(), Seed: 3})
	if !got.OK() || !free.OK() || got.Observed >= free.Observed || got.Terms[0].Team > 0.15 {
		t.Errorf("capped %v, not capped %v, %+v", got.Observed, free.Observed, got.Terms[0])
	}
	for i := range team {
		team[i].Author = 1 + i%5/2
	}
	if few := GapOf(Input{Team: team, Corpus: corpus, Lexicon: lexicon, Minimum: Least(), Seed: 3}); few.OK() {
		t.Errorf("three authors, one of whom dominates: %+v", few.Estimate)
	}
}

// lexiconOf is Lexicon of documents.
func lexiconOf(declared []Term, corpus, background []Document) []Term {
	_, words := CountsOf(corpus)
	other, _ := CountsOf(background)
	return Lexicon(declared, words, other)
}

func TestLexicon(t *testing.T) {
	background := []Document{doc("b1", 0, strings.Repeat("the and ticket fix ", 40)), doc("b2", 0, strings.Repeat("the and bug ", 40))}
	corpus := []Document{
		doc("c1", 0, strings.Repeat("the and ", 10)+strings.Repeat("enterprise ", 9)+strings.Repeat("audit log ", 4)+"sso sso"),
		doc("c1", 0, "a repeat of the same item counts once"),
	}
	got := lexiconOf([]Term{term("audit log"), term("sso"), {Name: "empty"}}, corpus, background)
	var names []string
	var found []uint64
	for _, l := range got {
		names = append(names, l.Name)
		found = append(found, l.Keys...)
	}
	// The declared ones, then what stands out: sso is declared already, the and
	// and do not stand out.
	if want := []string{"audit log", "sso", "", "", ""}; !slices.Equal(names, want) || !slices.Equal(found, keys("audit log sso audit enterprise log")) {
		t.Errorf("%v, want %v", names, want)
	}
	if got := lexiconOf([]Term{term("sso")}, nil, background); len(got) != 1 {
		t.Errorf("without a corpus: %v", got)
	}
	if got := lexiconOf(nil, []Document{doc("c", 0, "x x")}, nil); len(got) != 0 {
		t.Errorf("the only word there is: %v", got)
	}
	var many []string
	for i := range 99 {
		many = append(many, fmt.Sprintf("own%02d own%02d", i, i))
	}
	if got := lexiconOf(nil, []Document{doc("c", 0, strings.Join(many, " "))}, background); len(got) != FromCorpus || got[0].Keys[0] != number("own00") {
		t.Errorf("%d words, first %v", len(got), got[0])
	}
}

func TestCoverageAndBreach(t *testing.T) {
	items := []Document{doc("a", 0, "audit of a log"), doc("b", 0, "audit"), doc("b", 0, "sso")}
	for _, c := range []struct {
		name     string
		declared []Term
		items    []Document
		status   stat.Status
		value    float64
	}{
		{"both words in one item", []Term{term("audit log"), term("sso")}, items, stat.OK, 0.5},
		{"one word in each", []Term{term("audit contract")}, items, stat.OK, 0},
		{"nothing declared", []Term{{Name: "x"}}, items, stat.Undefined, 0},
		{"no items", []Term{term("sso")}, nil, stat.Undefined, 0},
	} {
		if got := Coverage(c.declared, c.items); got.Status != c.status || got.Value != c.value || got.Alertable {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	var ten []Document
	for i := range 10 {
		ten = append(ten, doc(fmt.Sprint(i), 0, "trial"))
		ten[i].Excluded = i < 4
	}
	for _, c := range []struct {
		name   string
		terms  []Term
		ruled  bool
		items  []Document
		status stat.Status
		value  float64
	}{
		{"nothing excluded", nil, false, ten, stat.Undefined, 0},
		{"by a rule", nil, true, ten, stat.OK, 0.4},
		{"by a term", []Term{term("trial")}, false, ten, stat.OK, 1},
		{"by neither", []Term{term("plg")}, false, ten[4:], stat.InsufficientData, 0},
	} {
		if got := Breach(c.terms, c.ruled, c.items); got.Status != c.status || got.Value != c.value {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func BenchmarkGap(b *testing.B) {
	random := stat.Random(1)
	var lexicon []Term
	for i := range 100 {
		lexicon = append(lexicon, term(fmt.Sprintf("w%02d", i)))
	}
	side := func(name string) (documents []Document) {
		for i := range 2000 {
			var text []string
			for range 60 {
				text = append(text, fmt.Sprintf("w%02d", random.IntN(100)))
			}
			documents = append(documents, doc(fmt.Sprintf("%s%04d", name, i), i%9, strings.Join(text, " ")))
		}
		return documents
	}
	in := Input{Team: side("t"), Corpus: side("c"), Lexicon: lexicon, Minimum: Least(), Seed: 1}
	b.ResetTimer()
	for b.Loop() {
		if got := GapOf(in); !got.OK() || !got.Bounded || got.Splits != Permutations {
			b.Fatalf("%+v", got)
		}
	}
}
