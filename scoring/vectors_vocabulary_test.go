package scoring_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/vocabulary"
)

func vocabularyVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-G1": vectorDivergenceOfWords,
		"TV-G2": vectorDivergenceBounds,
		"TV-G3": vectorPermutation,
		"TV-G4": vectorAnchor,
		"TV-G5": vectorTerms,
		"TV-V1": vectorVocabularyIndicator,
	}
}

// wordNumber stands for a word.
func wordNumber(word string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(word))
	return h.Sum64()
}

// documents makes a document of each count of words.
func documents(name string, counts ...map[string]int) (list []vocabulary.Document) {
	for i, words := range counts {
		d := vocabulary.Document{Key: fmt.Sprintf("%s%03d", name, i)}
		for _, word := range slices.Sorted(maps.Keys(words)) {
			d.Words = append(d.Words, vocabulary.Word{Key: wordNumber(word), Count: words[word]})
		}
		slices.SortFunc(d.Words, func(a, b vocabulary.Word) int { return cmp.Compare(a.Key, b.Key) })
		list = append(list, d)
	}
	return list
}

// terms makes a term of each word that documents have.
func terms(sides ...[]vocabulary.Document) (list []vocabulary.Term) {
	seen := map[uint64]bool{}
	for _, d := range slices.Concat(sides...) {
		for _, w := range d.Words {
			seen[w.Key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		list = append(list, vocabulary.Term{Keys: []uint64{key}})
	}
	return list
}

// compare compares two sides in all of their words, without a minimum sample.
func compare(a, b []vocabulary.Document) vocabulary.Gap {
	return vocabulary.GapOf(vocabulary.Input{Team: a, Corpus: b, Lexicon: terms(a, b), Seed: 1})
}

func vectorDivergenceOfWords(t *testing.T, v vector) {
	in := decode[struct{ P, Q map[string]int }](t, v.Input)
	want := decode[struct {
		Equal     float64 `json:"jsd_equal_bits"`
		Weighted  float64 `json:"jsd_length_weighted_bits"`
		Bias      float64 `json:"miller_madow_bias_bits"`
		Corrected float64 `json:"jsd_mm_corrected_bits"`
		Distance  float64 `json:"js_distance"`
	}](t, v.Expected)
	got := compare(documents("p", in.P), documents("q", in.Q))
	all(t, "divergences", []float64{got.Equal, got.Observed, got.Bias, got.Observed - got.Bias, math.Sqrt(got.Equal)},
		[]float64{want.Equal, want.Weighted, want.Bias, want.Corrected, want.Distance})
	bits := 0.0
	for _, term := range got.Terms {
		bits += term.Bits
	}
	same(t, "contributions of all terms", bits, want.Weighted)
}

func vectorDivergenceBounds(t *testing.T, v vector) {
	in := decode[struct{ Identical, Disjoint bool }](t, v.Input)
	want := decode[struct{ Identical, Disjoint float64 }](t, v.Expected)
	if !in.Identical || !in.Disjoint {
		t.Fatal("the vector has another case")
	}
	a, b := map[string]int{"x": 2, "y": 1}, map[string]int{"u": 2, "v": 1}
	same(t, "identical", compare(documents("p", a), documents("q", a)).Observed, want.Identical)
	same(t, "disjoint", compare(documents("p", a), documents("q", b)).Observed, want.Disjoint)
}

func vectorPermutation(t *testing.T, v vector) {
	in := decode[struct {
		A            []map[string]int `json:"docsA"`
		B            []map[string]int `json:"docsB"`
		Permutations prose
	}](t, v.Input)
	want := decode[struct {
		Observed float64 `json:"obs_bits"`
		Null     float64 `json:"null_mean_bits"`
		P        float64 `json:"p_value"`
		Max      float64 `json:"max_bits"`
		Adjusted float64 `json:"adjusted_0_1"`
	}](t, v.Expected)
	got := compare(documents("a", in.A...), documents("b", in.B...))
	known(t, "gap", got.Estimate, want.Adjusted)
	all(t, "test", []float64{got.Observed, got.Null, got.P, got.Max}, []float64{want.Observed, want.Null, want.P, want.Max})
	if !got.Exact || got.Splits != 20 || got.Flagged {
		t.Errorf("%d splits, exact %v, flagged %v", got.Splits, got.Exact, got.Flagged)
	}
}

func vectorAnchor(t *testing.T, v vector) {
	in := decode[struct {
		Anchor string
		A      map[string]int `json:"ctx_team_A"`
		B      map[string]int `json:"ctx_team_B"`
	}](t, v.Input)
	want := decode[struct {
		Equal    float64 `json:"jsd_equal_bits"`
		Weighted float64 `json:"jsd_length_weighted_bits"`
		Shared   int     `json:"overlap_terms"`
	}](t, v.Expected)
	// Items without the anchor do not matter, nor does how often it occurs.
	in.A[in.Anchor], in.B[in.Anchor] = 7, 1
	elsewhere := map[string]int{"signup": 50}
	a, b := documents("a", in.A, elsewhere), documents("b", in.B, elsewhere)
	anchor := vocabulary.Term{Name: in.Anchor, Keys: []uint64{wordNumber(in.Anchor)}}
	got := vocabulary.AnchorGap(anchor, vocabulary.Input{Team: a, Corpus: b, Lexicon: terms(a, b), Seed: 1})
	all(t, "divergences", []float64{got.Equal, got.Observed}, []float64{want.Equal, want.Weighted})
	if got.Shared != want.Shared {
		t.Errorf("%d shared terms, want %d", got.Shared, want.Shared)
	}
}

func vectorTerms(t *testing.T, v vector) {
	in := decode[struct {
		Declared []string `json:"declared_terms"`
		Seen     []string `json:"terms_seen_in_items"`
		Items    int
		Matching int `json:"items_matching_excluded_terms"`
	}](t, v.Input)
	want := decode[struct {
		Coverage float64
		Breach   float64    `json:"boundary_breach"`
		CI       [2]float64 `json:"ci90"`
	}](t, v.Expected)
	var counts []map[string]int
	for i := range in.Items {
		words := map[string]int{in.Seen[i%len(in.Seen)]: 1, "audit": 1} // one half of "audit log"
		if i < in.Matching {
			words["smb"] = 2
		}
		counts = append(counts, words)
	}
	var declared []vocabulary.Term
	for _, name := range in.Declared {
		keys := []uint64{wordNumber(name)}
		if name == "audit log" {
			keys = []uint64{wordNumber("audit"), wordNumber("log")}
		}
		declared = append(declared, vocabulary.Term{Name: name, Keys: keys})
	}
	items := documents("i", counts...)
	known(t, "coverage", vocabulary.Coverage(declared, items), want.Coverage)
	breach := vocabulary.Breach([]vocabulary.Term{{Name: "smb", Keys: []uint64{wordNumber("smb")}}}, false, items)
	known(t, "breach", breach, want.Breach)
	limits(t, "it", breach, want.CI)
}

func vectorVocabularyIndicator(t *testing.T, v vector) {
	in := decode[struct {
		Pairs []struct {
			Effort float64
			Gap    float64 `json:"adj"`
			P      float64
			Status string
		}
		Rule prose
	}](t, v.Input)
	want := decode[struct{ V float64 }](t, v.Expected)
	var pairs []phase.Pair
	for _, p := range in.Pairs {
		pairs = append(pairs, phase.Pair{
			Effort: pd(p.Effort), Eligible: p.Status == "", Flagged: vocabulary.Flagged(p.Gap, p.P),
		})
	}
	known(t, "V", phase.VocabularyOf(pairs), want.V)
	if got := phase.VocabularyOf(pairs[len(pairs)-1:]); got.Status != stat.InsufficientData {
		t.Errorf("no eligible pair: %+v", got)
	}
}
