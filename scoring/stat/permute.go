package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/combin"
)

// ExactSplits is up to how many splits are all tried rather than drawn.
const ExactSplits = 5005

// splitSlack is by how much a divergence may miss the observed one by rounding
// and still be as large.
const splitSlack = 1e-12

// A Count says how often a place (a word of a lexicon) occurs in a document.
type Count struct {
	Place int
	N     int64 // not negative
}

// A Split is the divergence between two groups of documents, held against what
// the same documents give when they are put into groups at random.
type Split struct {
	Observed float64 // length-weighted Jensen–Shannon divergence, in bits
	Equal    float64 // the same with both groups weighted alike
	Max      float64 // H(π), the largest that groups of these lengths can have
	Null     float64 // mean over the splits
	P        float64 // share of the splits that diverge as much
	Splits   int     // how many were tried
	Exact    bool    // all of them were
}

// Adjusted returns the divergence above chance: (observed − null)/(max − null),
// 1 when the groups share no place and about 0 when they do not differ. It is
// below 0 when they differ less than random groups. It is undefined when even
// random groups diverge as much as possible.
func (s Split) Adjusted() (float64, bool) {
	room := s.Max - s.Null
	if !(room > splitSlack) {
		return 0, false
	}
	return (s.Observed - s.Null) / room, true
}

// A SplitTest is what PermuteDocuments is asked to do.
type SplitTest struct {
	First, Second [][]Count // the documents of either group
	Places        int       // every Place is below
	Splits        int       // how many splits to draw when there are too many to try all
	Seed          uint64
	// Budget limits the operations: reading one count, or one place of a
	// divergence, is one. Fewer splits are tried where it is short; 0 tries
	// none.
	Budget int
}

// PermuteDocuments compares two groups of documents. Words cluster in
// documents, so whole documents are exchanged between the groups, never words;
// the groups keep their numbers of documents. When there are at most
// ExactSplits ways to do so, all are tried and P is the share of those that
// diverge at least as much, the given one included. Otherwise Splits of them
// are drawn and P is (1 + those)/(1 + drawn) (E. S. Edgington's rule, which
// counts the given one). It is undefined when either group has no word.
//
// The documents should come in an order that does not change from one
// evaluation to the next, because the draws depend on it. Counts are added up
// as integers, so nothing else does.
func PermuteDocuments(t SplitTest) (Split, bool) {
	all := append(slices.Clone(t.First), t.Second...)
	d := divider{all: all, total: make([]int64, t.Places), first: make([]int64, t.Places)}
	for _, document := range all {
		for _, c := range document {
			d.total[c.Place] += c.N
		}
		d.size += len(document)
	}
	numbers := make([]int, len(all))
	for i := range numbers {
		numbers[i] = i
	}
	s, ok := d.measure(numbers[:len(t.First)])
	if !ok {
		return Split{}, false
	}
	s.P = 1
	// A split reads about its share of the counts, and each place twice.
	cost := 2*t.Places + 1
	if len(all) > 0 {
		cost += d.size * len(t.First) / len(all)
	}
	ways := splitsOf(len(all), len(t.First))
	allowed := max(0, t.Budget/cost)
	if ways <= min(ExactSplits, allowed) {
		d.exact(&s, len(t.First), ways)
	} else {
		d.draw(&s, len(t.First), min(t.Splits, allowed), numbers, Random(t.Seed))
	}
	return s, true
}

// A divider measures splits of the same documents.
type divider struct {
	all          [][]Count
	total, first []int64
	size         int
}

// measure compares the documents with the given numbers with all others.
func (d *divider) measure(numbers []int) (Split, bool) {
	clear(d.first)
	for _, i := range numbers {
		for _, c := range d.all[i] {
			d.first[c.Place] += c.N
		}
	}
	var n1, n int64
	for place, count := range d.total {
		n += count
		n1 += d.first[place]
	}
	if n1 == 0 || n1 == n {
		return Split{}, false
	}
	p, q := make([]float64, len(d.total)), make([]float64, len(d.total))
	for place, count := range d.total {
		p[place], q[place] = float64(d.first[place]), float64(count-d.first[place])
	}
	var s Split
	mixes := [][]float64{p, q}
	s.Observed, s.Max, _ = JensenShannon(mixes, []float64{float64(n1), float64(n - n1)})
	s.Equal, _, _ = JensenShannon(mixes, []float64{1, 1})
	return s, true
}

// divergence is measure of the weighted divergence alone. A group without a
// word diverges from nothing: 0.
func (d *divider) divergence(numbers []int) float64 {
	clear(d.first)
	for _, i := range numbers {
		for _, c := range d.all[i] {
			d.first[c.Place] += c.N
		}
	}
	var n1, n int64
	for place, count := range d.total {
		n += count
		n1 += d.first[place]
	}
	if n1 == 0 || n1 == n {
		return 0
	}
	a, b, whole := float64(n1), float64(n-n1), float64(n)
	sum := 0.0
	for place, count := range d.total {
		x := float64(d.first[place])
		y := float64(count) - x
		middle := (x + y) / whole
		if x > 0 {
			sum += x / whole * math.Log2(x/a/middle)
		}
		if y > 0 {
			sum += y / whole * math.Log2(y/b/middle)
		}
	}
	return max(0, sum)
}

func (d *divider) exact(s *Split, k, ways int) {
	asMuch, sum := 0, 0.0
	generator := combin.NewCombinationGenerator(len(d.all), k)
	chosen := make([]int, k)
	for generator.Next() {
		v := d.divergence(generator.Combination(chosen))
		sum += v
		if v >= s.Observed-splitSlack {
			asMuch++
		}
	}
	s.Splits, s.Exact = ways, true
	s.Null, s.P = sum/float64(ways), float64(asMuch)/float64(ways)
}

func (d *divider) draw(s *Split, k, splits int, numbers []int, random Random) {
	asMuch, sum := 0, 0.0
	for range splits {
		random.Choose(numbers, k)
		v := d.divergence(numbers[:k])
		sum += v
		if v >= s.Observed-splitSlack {
			asMuch++
		}
	}
	if s.Splits = splits; splits > 0 {
		s.Null, s.P = sum/float64(splits), float64(1+asMuch)/float64(1+splits)
	}
}

// splitsOf returns in how many ways k of n can be chosen, and more than
// ExactSplits when it is more.
func splitsOf(n, k int) int {
	k = min(k, n-k)
	ways := 1
	for i := 1; i <= k; i++ {
		ways = ways * (n - k + i) / i
		if ways > ExactSplits {
			return ExactSplits + 1
		}
	}
	return ways
}
