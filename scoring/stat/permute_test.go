package stat

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The first numbers of the seed 0 in the authors' own implementation.
func TestRandom(t *testing.T) {
	var r Random
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		if got := r.Uint64(); got != want {
			t.Errorf("number %d is %x, want %x", i, got, want)
		}
	}
	if r.IntN(0) != 0 || r.IntN(-3) != 0 {
		t.Error("nothing to draw from")
	}
	var seen [7]int
	for range 7000 {
		seen[r.IntN(7)]++
	}
	for i, n := range seen {
		if n < 850 || n > 1150 {
			t.Errorf("%d was drawn %d times of about 1000", i, n)
		}
	}
}

func TestSeed(t *testing.T) {
	// FNV-1 of "a|b": offset basis, times prime, xor byte, three times.
	want := uint64(14695981039346656037)
	for _, b := range []byte("a|b") {
		want = want*1099511628211 ^ uint64(b)
	}
	if got := Seed("a", "b"); got != want {
		t.Errorf("seed %x, want %x", got, want)
	}
	if Seed("a", "b") == Seed("ab") {
		t.Error("parts run together")
	}
}

func TestChooseIsFair(t *testing.T) {
	r := Random(3)
	seen := map[[2]int]int{}
	for range 6000 {
		numbers := []int{0, 1, 2, 3}
		r.Choose(numbers, 2)
		pair := [2]int{min(numbers[0], numbers[1]), max(numbers[0], numbers[1])}
		seen[pair]++
		if slices.Sort(numbers); !slices.Equal(numbers, []int{0, 1, 2, 3}) {
			t.Fatalf("numbers are lost: %v", numbers)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 pairs", len(seen))
	}
	for pair, n := range seen {
		if n < 850 || n > 1150 {
			t.Errorf("%v was drawn %d times of about 1000", pair, n)
		}
	}
}

func drawDocuments(t *rapid.T, least, most int, name string) [][]Count {
	documents := make([][]Count, rapid.IntRange(least, most).Draw(t, name))
	for i := range documents {
		for place := range 4 {
			if n := rapid.IntRange(-3, 4).Draw(t, "count"); n > 0 {
				documents[i] = append(documents[i], Count{place, int64(n)})
			}
		}
	}
	return documents
}

const plenty = 1 << 40

// The exact test is what trying all subsets gives.
func TestPermuteDocumentsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := drawDocuments(t, 1, 5, "first"), drawDocuments(t, 1, 5, "second")
		got, ok := PermuteDocuments(SplitTest{First: first, Second: second, Places: 4, Budget: plenty})
		all := slices.Concat(first, second)
		divergence := func(of uint) float64 {
			p, q, a, b := make([]float64, 4), make([]float64, 4), 0.0, 0.0
			for i, d := range all {
				for _, c := range d {
					if of>>i&1 == 1 {
						p[c.Place] += float64(c.N)
						a += float64(c.N)
					} else {
						q[c.Place] += float64(c.N)
						b += float64(c.N)
					}
				}
			}
			v, _, _ := JensenShannon([][]float64{p, q}, []float64{a, b})
			return v
		}
		if !ok {
			return
		}
		observed := divergence(1<<len(first) - 1)
		ways, asMuch, sum := 0, 0, 0.0
		for subset := range uint(1) << len(all) {
			if bits.OnesCount(subset) == len(first) {
				v := divergence(subset)
				ways, sum = ways+1, sum+v
				if v >= observed-1e-12 {
					asMuch++
				}
			}
		}
		if !got.Exact || got.Splits != ways || !near(got.Observed, observed, 1e-12) ||
			!near(got.Null, sum/float64(ways), 1e-12) || !near(got.P, float64(asMuch)/float64(ways), 1e-12) {
			t.Fatalf("%+v, want observed %v, null %v, p %d of %d", got, observed, sum/float64(ways), asMuch, ways)
		}
	})
}

// Under relabelled documents the adjusted divergence is 0 on average.
func TestAdjustedIsZeroOnAverage(t *testing.T) {
	random := Random(7)
	var documents [][]Count
	for range 40 {
		var d []Count
		for place := range 8 {
			if n := random.IntN(4); n > 0 {
				d = append(d, Count{place, int64(n)})
			}
		}
		documents = append(documents, d)
	}
	sum, flagged, worlds := 0.0, 0, 300
	for range worlds {
		numbers := make([]int, len(documents))
		for i := range numbers {
			numbers[i] = i
		}
		random.Choose(numbers, 15)
		var first, second [][]Count
		for i, n := range numbers {
			if i < 15 {
				first = append(first, documents[n])
			} else {
				second = append(second, documents[n])
			}
		}
		s, ok := PermuteDocuments(SplitTest{First: first, Second: second, Places: 8, Splits: 99, Seed: random.Uint64(), Budget: plenty})
		adjusted, also := s.Adjusted()
		if !ok || !also || s.Exact || s.Splits != 99 {
			t.Fatalf("%+v", s)
		}
		sum += adjusted
		if s.P <= 0.05 {
			flagged++
		}
	}
	if mean := sum / float64(worlds); !near(mean, 0, 0.002) {
		t.Errorf("the mean is %v", mean)
	}
	if flagged < 5 || flagged > 27 {
		t.Errorf("%d of %d have p ≤ .05", flagged, worlds)
	}
}

func TestPermuteDocumentsEdges(t *testing.T) {
	one := [][]Count{{{0, 3}}}
	if _, ok := PermuteDocuments(SplitTest{First: one, Second: [][]Count{{}}, Places: 1, Budget: plenty}); ok {
		t.Error("the second group has no word")
	}
	if _, ok := PermuteDocuments(SplitTest{Places: 1, Budget: plenty}); ok {
		t.Error("there are no documents")
	}
	s, ok := PermuteDocuments(SplitTest{First: one, Second: [][]Count{{{1, 3}}}, Places: 2, Splits: 9, Budget: plenty})
	if adjusted, room := s.Adjusted(); !ok || room || adjusted != 0 || s.P != 1 {
		t.Errorf("two documents are always as far apart: %+v", s)
	}
	many := SplitTest{Places: 3, Splits: 199, Seed: 9}
	for i := range 30 {
		many.First = append(many.First, []Count{{i % 2, 2}})
		many.Second = append(many.Second, []Count{{1 + i%2, 2}})
	}
	for budget, splits := range map[int]int{0: 0, 36: 0, 37: 1, 37 * 50: 50, plenty: 199} {
		many.Budget = budget
		s, _ := PermuteDocuments(many)
		if s.Splits != splits || s.Exact || splits == 199 && s.P != 1.0/200 || s.Observed != 0.5 {
			t.Errorf("with a budget of %d: %+v", budget, s)
		}
	}
	many.Budget = plenty
	a, _ := PermuteDocuments(many)
	b, _ := PermuteDocuments(many)
	many.Seed++
	if c, _ := PermuteDocuments(many); a != b || a.Null == c.Null {
		t.Errorf("%+v, again %+v, with another seed %+v", a, b, c)
	}
}

func TestSplitsOf(t *testing.T) {
	for _, c := range [][3]int{{6, 3, 20}, {15, 6, 5005}, {15, 7, ExactSplits + 1}, {5, 0, 1}, {5, 5, 1}, {100000, 50000, ExactSplits + 1}} {
		if got := splitsOf(c[0], c[1]); got != c[2] {
			t.Errorf("%d of %d: %d ways", c[1], c[0], got)
		}
	}
}

// A test that stops early flags what the whole test does.
func TestFlagIsThatOfTheWholeTest(t *testing.T) {
	answers := map[string]int{}
	for seed := range uint64(400) {
		random := Random(seed)
		shift := random.IntN(4)
		group := func(n, from int) (documents [][]Count) {
			for range n {
				var d []Count
				for place := range 6 {
					if n := random.IntN(3+9*from*(place%2)) - 1; n > 0 {
						d = append(d, Count{place, int64(n)})
					}
				}
				documents = append(documents, d)
			}
			return documents
		}
		test := SplitTest{First: group(20, shift), Second: group(20+random.IntN(40), 0), Places: 6, Splits: 199, Seed: seed, Budget: plenty}
		if seed%5 == 0 { // each in its own words: chance does all
			for i, d := range append(test.First, test.Second...) {
				copy(d, []Count{{i % 6, 5}})
			}
		}
		whole, _ := PermuteDocuments(test)
		test.Flag = &Flag{Gap: 0.05, P: 0.01}
		short, _ := PermuteDocuments(test)
		flagged := func(s Split) bool {
			adjusted, ok := s.Adjusted()
			return ok && adjusted >= 0.05 && s.P <= 0.01
		}
		_, defined := whole.Adjusted()
		switch {
		case short.Decided:
			answers["early"]++
			if flagged(whole) || !defined {
				t.Errorf("seed %d: decided against %+v", seed, whole)
			}
		case short != whole:
			t.Errorf("seed %d: %+v, want %+v", seed, short, whole)
		case flagged(whole):
			answers["flagged"]++
		}
		if short.Splits != whole.Splits || whole.Decided {
			t.Errorf("seed %d: %+v", seed, short)
		}
	}
	if answers["early"] < 50 || answers["flagged"] < 50 {
		t.Errorf("the test does not try both answers: %v", answers)
	}
}
