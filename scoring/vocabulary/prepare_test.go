package vocabulary

import (
	"reflect"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring/stat"
)

// Documents that are prepared compare as they are, in the lexicon and around an
// anchor, and so does a comparison that only asks for the flag.
func TestPreparedComparesAlike(t *testing.T) {
	flagged := 0
	for seed := range uint64(30) {
		random := stat.Random(seed)
		team, corpus := drawSide("t", 26, 5, 0.1*float64(seed%6), &random), drawSide("c", 24, 1, 0.2, &random)
		lexicon := append(allTerms()[2:8], term("w01 w07"), Term{Name: "empty"}, term("w03"))
		in := Input{Team: team, Corpus: corpus, Lexicon: lexicon, Minimum: Minimum{20, 100}, Seed: seed}
		whole, around := GapOf(in), AnchorGap(term("w03"), in)

		in.Team, in.Corpus = slices.Clone(team), slices.Clone(corpus)
		Prepare(in.Team, lexicon, []Term{term("w00")})
		Prepare(in.Corpus, lexicon, nil)
		if got := GapOf(in); !reflect.DeepEqual(got, whole) {
			t.Fatalf("prepared %+v, want %+v", got, whole)
		}
		if got := AnchorGap(term("w03"), in); !reflect.DeepEqual(got, around) {
			t.Fatalf("prepared, around an anchor %+v, want %+v", got, around)
		}
		for i := range team {
			if in.Team[i].count(number("w00")) != team[i].count(number("w00")) || in.Team[i].count(number("w10")) != 0 || in.Corpus[0].count(number("w00")) != 0 {
				t.Fatalf("%+v is left of %+v", in.Team[i].Words, team[i].Words)
			}
		}
		// Another lexicon is not what they are prepared for.
		in.Lexicon = allTerms()[2:5]
		other := in
		other.Team, other.Corpus = team, corpus
		if got, want := GapOf(in), GapOf(other); !reflect.DeepEqual(got, want) {
			t.Fatalf("another lexicon: %+v, want %+v", got, want)
		}
		in.Lexicon, in.FlagOnly = lexicon, true
		for budget, ok := range map[int]bool{0: true, 2000: false} {
			in.Budget = budget
			got := GapOf(in)
			if got.OK() != ok || got.Flagged != (ok && whole.Flagged) || ok && got.Cost >= whole.Cost {
				t.Fatalf("only the flag: %+v, want %+v", got, whole)
			}
		}
		if whole.Flagged {
			flagged++
		}
	}
	if flagged < 5 || flagged > 25 {
		t.Errorf("%d of 30 are flagged", flagged)
	}
}
