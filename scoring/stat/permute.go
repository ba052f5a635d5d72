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
	Place int   // below 65,536
	N     int64 // not negative, and below 2^48
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
	// Decided is set where SplitTest.Flag was decided before all splits were
	// tried: the answer is no, Adjusted would be defined, and Null and P are not
	// those of the test.
	Decided bool
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
	// Flag, unless nil, is all that is asked. Drawing ends when nothing that is
	// still to come can change the answer.
	Flag *Flag
}

// A Flag asks whether the adjusted divergence is at least Gap with a p of at most
// P.
type Flag struct{ Gap, P float64 }

// flagSlack is what the bounds by which a flag is decided leave to rounding.
const flagSlack = 1e-6

// decided reports whether the answer is no for certain, and the divergence above
// chance defined, after some of the splits that are to be drawn: so many of them
// diverged as much as the observed one, and all together came to the sum. Those
// that are left come to between 0 and 1 bit each.
func (f *Flag) decided(s *Split, splits, drawn, asMuch int, sum float64) bool {
	most := (sum + float64(splits-drawn)) / float64(splits) // that chance can turn out to be
	if !(s.Max-most > flagSlack) {
		return false
	}
	if float64(1+asMuch)/float64(1+splits) > f.P {
		return true
	}
	least := sum / float64(splits)
	return s.Observed < least+(f.Gap-flagSlack)*(s.Max-least)
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
	d := newDivider(all, t.Places)
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
		cost += len(d.counts) * len(t.First) / len(all)
	}
	ways := splitsOf(len(all), len(t.First))
	allowed := max(0, t.Budget/cost)
	if ways <= min(ExactSplits, allowed) {
		d.exact(&s, len(t.First), ways)
	} else {
		d.draw(&s, len(t.First), min(t.Splits, allowed), numbers, t)
	}
	return s, true
}

// A divider measures splits of the same documents. These are packed: counts one
// after another, a document's from its start on, each a place above 48 bits of
// its number.
type divider struct {
	counts       []uint64
	starts       []int32 // one more than there are documents
	words        []int64 // of each document
	total, first []int64
	n            int64 // words of all
}

const (
	countBits = 48
	countMask = 1<<countBits - 1
)

func newDivider(documents [][]Count, places int) *divider {
	size := 0
	for _, d := range documents {
		size += len(d)
	}
	d := &divider{
		counts: make([]uint64, 0, size), starts: make([]int32, 1, len(documents)+1), words: make([]int64, len(documents)),
		total: make([]int64, places), first: make([]int64, places),
	}
	for i, document := range documents {
		for _, c := range document {
			d.counts = append(d.counts, uint64(c.Place)<<countBits|uint64(c.N))
			d.total[c.Place] += c.N
			d.words[i] += c.N
		}
		d.n += d.words[i]
		d.starts = append(d.starts, int32(len(d.counts)))
	}
	return d
}

// add adds up the counts of some documents.
func (d *divider) add(numbers []int) (n int64) {
	clear(d.first)
	for _, i := range numbers {
		n += d.words[i]
		for _, c := range d.counts[d.starts[i]:d.starts[i+1]] {
			d.first[c>>countBits] += int64(c & countMask)
		}
	}
	return n
}

// measure compares the documents with the given numbers with all others.
func (d *divider) measure(numbers []int) (Split, bool) {
	n, n1 := d.n, d.add(numbers)
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

// split is measure of the weighted divergence alone, of the first k of all
// documents and the others.
func (d *divider) split(numbers []int, k int) float64 {
	if k <= len(numbers)/2 {
		return d.divergence(d.add(numbers[:k]))
	}
	// What the others leave is the same, and sooner added up.
	n1 := d.n - d.add(numbers[k:])
	for place, count := range d.total {
		d.first[place] = count - d.first[place]
	}
	return d.divergence(n1)
}

// divergence compares what is added up, of n1 words, with all else. A group
// without a word diverges from nothing: 0.
func (d *divider) divergence(n1 int64) float64 {
	n := d.n
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
	generator := combin.NewCombinationGenerator(len(d.words), k)
	chosen := make([]int, k)
	for generator.Next() {
		v := d.divergence(d.add(generator.Combination(chosen)))
		sum += v
		if v >= s.Observed-splitSlack {
			asMuch++
		}
	}
	s.Splits, s.Exact = ways, true
	s.Null, s.P = sum/float64(ways), float64(asMuch)/float64(ways)
}

func (d *divider) draw(s *Split, k, splits int, numbers []int, t SplitTest) {
	asMuch, sum, random := 0, 0.0, Random(t.Seed)
	s.Splits = splits
	for drawn := range splits {
		if t.Flag != nil && t.Flag.decided(s, splits, drawn, asMuch, sum) {
			s.Decided = true
			return
		}
		random.Choose(numbers, k)
		v := d.split(numbers, k)
		sum += v
		if v >= s.Observed-splitSlack {
			asMuch++
		}
	}
	if splits > 0 {
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
