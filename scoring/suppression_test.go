package scoring_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
)

func TestSuppress(t *testing.T) {
	for _, c := range []struct {
		name      string
		sizes     []int
		published bool
		want      []bool
	}{
		{"nobody is small", []int{5, 9}, true, []bool{false, false}},
		{"the total gives a small one away", []int{9, 4, 7}, true, []bool{false, true, true}},
		{"without the total it does not", []int{9, 4, 7}, false, []bool{false, true, false}},
		{"two small ones hide each other", []int{9, 4, 3}, true, []bool{false, true, true}},
		{"ties go to the first", []int{4, 7, 7}, true, []bool{true, true, false}},
		{"an empty group helps nobody", []int{4, 0, 7, 9}, true, []bool{true, true, true, false}},
		{"a lone group has no sibling", []int{4}, true, []bool{true}},
		{"nothing", nil, true, []bool{}},
	} {
		if got := scoring.Suppress(c.sizes, 5, c.published); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Nobody can compute a hidden group of fewer than k from what is published:
// what is hidden holds at least two groups, or nothing is left beside it.
func TestSuppressLeavesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 8).Draw(t, "sizes")
		k := rapid.IntRange(1, 8).Draw(t, "k")
		hiddenGroups, shown := 0, 0
		for i, hidden := range scoring.Suppress(sizes, k, true) {
			switch {
			case !hidden && sizes[i] < k:
				t.Fatalf("a group of %d is shown, k is %d", sizes[i], k)
			case !hidden:
				shown++
			case sizes[i] > 0:
				hiddenGroups++
			}
		}
		if hiddenGroups == 1 && shown > 0 {
			t.Fatalf("one of %v is hidden alone", sizes)
		}
	})
}

// A group may be hidden for another reason than its size.
func TestComplement(t *testing.T) {
	for _, c := range []struct {
		name         string
		hidden, want []bool
		sizes        []int
		k            int
	}{
		{"nothing hidden", []bool{false, false}, []bool{false, false}, []int{1, 2}, 3},
		{"the smallest goes with one that is hidden for dominance", []bool{true, false, false}, []bool{true, false, true}, []int{9, 8, 7}, 3},
		{"two hidden with one person each are still below k", []bool{true, true, false, false}, []bool{true, true, false, true}, []int{1, 1, 8, 7}, 3},
		{"two hidden with k people", []bool{true, true, false}, []bool{true, true, false}, []int{1, 2, 8}, 3},
		{"nobody hides behind an empty group", []bool{true, true, false}, []bool{true, true, true}, []int{1, 0, 8}, 3},
	} {
		scoring.Complement(c.hidden, c.sizes, c.k)
		if !slices.Equal(c.hidden, c.want) {
			t.Errorf("%s: hidden are %v, want %v", c.name, c.hidden, c.want)
		}
	}
}

func TestWeeklyOnly(t *testing.T) {
	for changed, want := range map[int]bool{0: false, 1: true, 4: true, 5: false} {
		if got := scoring.WeeklyOnly(changed, 5); got != want {
			t.Errorf("%d members changed: %v", changed, got)
		}
	}
}

func TestDominated(t *testing.T) {
	for _, c := range []struct {
		efforts   []float64
		largest   float64
		dominated bool
	}{
		{nil, 0, false},
		{[]float64{0, 0}, 0, false},
		{[]float64{7, 3}, 0.7, false}, // at the limit
		{[]float64{3, 7.00001}, 7.00001 / 10.00001, true},
		{[]float64{1}, 1, true},
	} {
		largest, dominated := scoring.Dominated(pds(c.efforts...), 0.7)
		same(t, "largest share", largest, c.largest)
		if dominated != c.dominated {
			t.Errorf("%v: dominated %v", c.efforts, dominated)
		}
	}
}
