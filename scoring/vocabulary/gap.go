package vocabulary

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// The constants of the definitions.
const (
	// Permutations is how many ways to exchange documents are drawn.
	Permutations = 199
	// FlagGap and FlagP make a pair of a team and an objective flagged: the
	// adjusted gap is at least one and its p at most the other.
	FlagGap, FlagP = 0.05, 0.01
	// Largest is how many terms are told of a gap.
	Largest = 10

	resamples   = 199
	leastSplits = 99 // with fewer p ≤ 0.01 cannot be told
)

// A Minimum is the smallest sample on either side.
type Minimum struct {
	Items  int
	Tokens int // occurrences of terms of the lexicon
}

// Least is the minimum sample of the score specification, section 2.7.
func Least() Minimum { return Minimum{Items: 20, Tokens: 300} }

// An Input is what GapOf compares.
type Input struct {
	// Team are the items of the team, Corpus those of the declaration: its
	// text, linked documents, tickets written by its owner. The second may be
	// another team's. Items that are in the corpus are not the team's words and
	// are left out of Team.
	Team, Corpus []Document
	Lexicon      []Term
	Minimum      Minimum
	Seed         uint64 // stat.Seed of score, team, objective and window end
	// Budget limits the operations of one comparison, see stat.SplitTest. Time
	// is not looked at, so the result is the same on any machine. 0 stands for
	// DefaultBudget.
	Budget int
	// FlagOnly asks for nothing but whether there is a value and whether it is
	// flagged, which is decided long before all is drawn: the value, p, and the
	// limits are left out. Cost is that of the whole test.
	FlagOnly bool
}

// DefaultBudget allows all permutations and resamples of a lexicon of 100 terms
// and 2,000 items of 60 terms on either side, which take about a quarter of a
// second.
const DefaultBudget = 100_000_000

// A Gap is score G1 or G2.
type Gap struct {
	// Estimate is the adjusted divergence: 0 is what chance gives, 1 is no word
	// in common. It is below 0 where both sides are closer than chance. The
	// limits are those of a bootstrap over documents (90 %), where the budget
	// allows one. N is the number of the team's items with a term.
	stat.Estimate
	// Split has the divergence in bits and the test; see stat.Split.
	stat.Split
	// Bias is how much of the observed divergence Miller and Madow's correction
	// would take away, in bits.
	Bias float64
	// Flagged is set from an adjusted gap of 0.05 on with p ≤ 0.01.
	Flagged bool
	// Terms contribute most, largest first. The number is only a pointer to
	// them.
	Terms []Contribution
	// Shared is how many terms of the lexicon both sides use.
	Shared int
	// Cost is how many operations the comparison took at most, in the unit of
	// Input.Budget; 0 where a sample is too small for any.
	Cost int
	// Items and Tokens of the team and of the corpus that have a term.
	Items, Tokens [2]int
}

// A Contribution is what one term adds to the divergence.
type Contribution struct {
	Term Term
	Bits float64
	// Team and Corpus are the shares of the term on either side.
	Team, Corpus float64
}

// GapOf is score G1, the vocabulary gap: the length-weighted Jensen–Shannon
// divergence between the terms that the team uses and those of the declaration
// corpus, above what the same documents give when they are exchanged at random
// (stat.PermuteDocuments). Only terms of the lexicon count.
//
// No author may make up the team's words alone: where one has more than half of
// them, each author is capped at 30 % of what counts. With fewer than four
// authors that is impossible and the gap is insufficient. It is insufficient,
// too, below the minimum sample, and when the budget allows fewer than 99
// permutations, with which p ≤ 0.01 could not be told. It is undefined where
// chance alone makes both sides differ as much as possible.
func GapOf(in Input) Gap {
	corpus := byKey(in.Corpus)
	team := without(byKey(in.Team), corpus)
	sides := [2]side{sideOf(team, in.Lexicon), sideOf(corpus, in.Lexicon)}
	g := Gap{}
	for i, s := range sides {
		g.Items[i], g.Tokens[i] = len(s.documents), s.tokens
	}
	if few := in.Minimum.short(g); few.Reason != "" {
		g.Estimate = few
		return g
	}
	scales, ok := capAuthors(sides)
	if !ok {
		g.Estimate = stat.Insufficient(g.Items[0], "one of fewer than 4 authors wrote more than half of the words")
		return g
	}
	test := stat.SplitTest{
		First: sides[0].scaled(scales[0]), Second: sides[1].scaled(scales[1]),
		Places: len(in.Lexicon), Splits: Permutations, Seed: in.Seed, Budget: in.Budget,
	}
	if test.Budget == 0 {
		test.Budget = DefaultBudget
	}
	g.describe(test, in.Lexicon, in.FlagOnly)
	return g
}

// cost returns how many operations a test takes at most, where both sides are so
// large that not all splits are tried.
func cost(test stat.SplitTest, flagOnly bool) int {
	size := 0
	for _, d := range slices.Concat(test.First, test.Second) {
		size += len(d)
	}
	times := Permutations
	if !flagOnly {
		times += resamples
	}
	return min(times*(2*test.Places+1+size), test.Budget)
}

// describe compares two sides that are large enough.
func (g *Gap) describe(test stat.SplitTest, lexicon []Term, flagOnly bool) {
	n := g.Items[0]
	g.Cost = cost(test, flagOnly)
	half := test
	half.Budget /= 2
	if flagOnly {
		half.Flag = &stat.Flag{Gap: FlagGap, P: FlagP}
	}
	split, ok := stat.PermuteDocuments(half)
	if !ok {
		g.Estimate = stat.Insufficient(n, "one side uses no term of the lexicon")
		return
	}
	if split.Decided && split.Splits >= leastSplits {
		g.Estimate = stat.Known(0, n)
		return
	}
	g.Split = split
	first, second := totals(test.First, test.Places), totals(test.Second, test.Places)
	g.contributions(first, second, lexicon)
	adjusted, ok := split.Adjusted()
	switch {
	case !split.Exact && split.Splits < leastSplits:
		g.Estimate = stat.Insufficient(n, "the budget allows %d of at least %d permutations", split.Splits, leastSplits)
		return
	case !ok:
		g.Estimate = stat.NotDefined("chance alone makes both sides differ as much as possible")
		return
	}
	g.Estimate = stat.Known(adjusted, n)
	g.Flagged = Flagged(adjusted, split.P)
	if flagOnly {
		return
	}
	if low, high, ok := bootstrap(test, split); ok {
		g.Estimate = g.Within(low, min(high, 1))
	}
}

// Flagged reports whether an adjusted gap with its p flags a pair.
func Flagged(adjusted, p float64) bool { return adjusted >= FlagGap && p <= FlagP }

// short returns the estimate of a sample that is too small.
func (m Minimum) short(g Gap) stat.Estimate {
	for i, who := range []string{"the team", "the declaration corpus"} {
		switch {
		case g.Items[i] < m.Items:
			return stat.Insufficient(g.Items[0], "%d of at least %d items of %s", g.Items[i], m.Items, who)
		case g.Tokens[i] < m.Tokens:
			return stat.Insufficient(g.Items[0], "%d of at least %d occurrences of terms in items of %s", g.Tokens[i], m.Tokens, who)
		}
	}
	return stat.Estimate{}
}

// contributions fills in what the terms tell by themselves.
func (g *Gap) contributions(first, second []int64, lexicon []Term) {
	a, b := sum(first), sum(second)
	var used [3]int // by the first, by the second, by either
	for i, x := range first {
		y := second[i]
		if x == 0 && y == 0 {
			continue
		}
		used[2]++
		if x > 0 {
			used[0]++
		}
		if y > 0 {
			used[1]++
		}
		if x > 0 && y > 0 {
			g.Shared++
		}
		c := Contribution{Term: lexicon[i], Team: float64(x) / a, Corpus: float64(y) / b}
		middle := float64(x+y) / (a + b)
		if x > 0 {
			c.Bits += float64(x) / (a + b) * math.Log2(c.Team/middle)
		}
		if y > 0 {
			c.Bits += float64(y) / (a + b) * math.Log2(c.Corpus/middle)
		}
		g.Terms = append(g.Terms, c)
	}
	slices.SortStableFunc(g.Terms, func(a, b Contribution) int { return cmp.Compare(b.Bits, a.Bits) })
	g.Terms = slices.Clip(g.Terms[:min(Largest, len(g.Terms))])
	g.Bias = stat.MillerMadow(used[0], used[1], used[2], g.Tokens[0]+g.Tokens[1])
}

func sum(counts []int64) float64 {
	n := int64(0)
	for _, c := range counts {
		n += c
	}
	return float64(n)
}

func totals(documents [][]stat.Count, places int) []int64 {
	all := make([]int64, places)
	for _, d := range documents {
		for _, c := range d {
			all[c.Place] += c.N
		}
	}
	return all
}

// AnchorGap is score G2, the gap around a declared term: GapOf over the items
// that have the term, in the terms of the lexicon that occur with it. So it
// finds a team that says the word and means another thing by it.
func AnchorGap(anchor Term, in Input) Gap {
	has := func(documents []Document) []Document {
		return slices.DeleteFunc(slices.Clone(documents), func(d Document) bool { return anchor.In(&d) == 0 })
	}
	team, corpus, lexicon := has(in.Team), has(in.Corpus), in.Lexicon
	in.Lexicon = slices.DeleteFunc(slices.Clone(lexicon), func(t Term) bool { return slices.Equal(t.Keys, anchor.Keys) })
	in.Team, in.Corpus = recounted(team, lexicon, in.Lexicon), recounted(corpus, lexicon, in.Lexicon)
	return GapOf(in)
}
