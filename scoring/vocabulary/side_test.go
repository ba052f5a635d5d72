package vocabulary

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/stat"
)

func TestScaled(t *testing.T) {
	s := side{
		documents: [][]stat.Count{{{Place: 0, N: 4}, {Place: 2, N: 1}}, {{Place: 1, N: 2}}},
		authors:   []int{7, 8},
	}
	if got := s.scaled(nil); !reflect.DeepEqual(got, s.documents) {
		t.Errorf("nobody is capped: %v", got)
	}
	want := [][]stat.Count{{{Place: 0, N: 1000}, {Place: 2, N: 250}}, {{Place: 1, N: 2000}}}
	if got := s.scaled(map[int]float64{7: 0.25}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.scaled(map[int]float64{7: 1e-9, 8: 0.0006}); got[0][0].N != 1 || got[0][1].N != 1 || got[1][0].N != 1 {
		t.Errorf("a term disappears: %v", got)
	}
	if s.documents[0][0].N != 4 {
		t.Error("the documents given were changed")
	}
}

// What the terms contribute is the divergence, and their shares are those of
// either side.
func TestContributions(t *testing.T) {
	a := []Document{doc("a", 0, "u u u v"), doc("b", 0, "u w")}
	c := []Document{doc("c", 0, "v v x"), doc("d", 0, "v x x x w w")}
	got := GapOf(Input{Team: a, Corpus: c, Lexicon: []Term{term("u"), term("v"), term("w"), term("x"), term("z")}})
	shares := map[string][2]float64{"u": {4. / 6, 0}, "v": {1. / 6, 3. / 9}, "w": {1. / 6, 2. / 9}, "x": {0, 4. / 9}}
	bits := 0.0
	for _, term := range got.Terms {
		p, q := shares[term.Term.Name][0], shares[term.Term.Name][1]
		middle := 0.4*p + 0.6*q
		want := 0.0
		if p > 0 {
			want += 0.4 * p * math.Log2(p/middle)
		}
		if q > 0 {
			want += 0.6 * q * math.Log2(q/middle)
		}
		if math.Abs(term.Team-p)+math.Abs(term.Corpus-q)+math.Abs(term.Bits-want) > 1e-12 {
			t.Errorf("%+v, want shares %v and %v, %v bits", term, p, q, want)
		}
		bits += term.Bits
	}
	if len(got.Terms) != 4 || got.Shared != 2 || math.Abs(bits-got.Observed) > 1e-12 || got.Items != [2]int{2, 2} || got.Tokens != [2]int{6, 9} {
		t.Errorf("%+v", got)
	}
	if want := stat.MillerMadow(3, 3, 4, 15); got.Bias != want {
		t.Errorf("bias %v, want %v", got.Bias, want)
	}
}

// The limits hold what worlds of the same kind give on average in about nine
// of ten.
func TestBootstrapCovers(t *testing.T) {
	random := stat.Random(11)
	var gaps []Gap
	mean := 0.0
	const worlds = 80
	for range worlds {
		team, corpus := drawSide("t", 40, 5, 0.6, &random), drawSide("c", 40, 1, 0.2, &random)
		g := GapOf(Input{Team: team, Corpus: corpus, Lexicon: allTerms(), Minimum: Least(), Seed: random.Uint64()})
		if !g.Bounded {
			t.Fatalf("%+v", g)
		}
		gaps = append(gaps, g)
		mean += g.Value / worlds
	}
	hold := 0
	for _, g := range gaps {
		if g.Lower <= mean && mean <= g.Upper {
			hold++
		}
		if g.Upper-g.Lower > 0.25 {
			t.Errorf("limits are wide: %+v", g.Estimate)
		}
	}
	if hold < worlds*8/10 || hold > worlds*99/100 {
		t.Errorf("%d of %d hold %v", hold, worlds, mean)
	}
}

func TestTermsIn(t *testing.T) {
	d := doc("d", 0, strings.Repeat("audit ", 3)+"log log")
	for words, want := range map[string]int{"audit": 3, "audit log": 2, "log audit": 2, "audit log entry": 0, "": 0} {
		if got := term(words).In(&d); got != want {
			t.Errorf("%q occurs %d times, want %d", words, got, want)
		}
	}
}
