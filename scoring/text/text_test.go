package text

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/stat"
)

func words(s string) (list []Word) {
	for _, w := range strings.Fields(s) {
		list = append(list, Word{w, 1})
	}
	return list
}

func TestSuggest(t *testing.T) {
	x := NewIndex([]Declaration{
		{"b", words("sso login")}, {"a", words("sso login")}, {"c", words("sso sso sso login checkout")}, {"d", []Word{{"gone", 0}}},
	})
	got := x.Suggest(words("sso unknown"))
	if len(got) != 3 || got[0].Objective != "c" || got[1].Objective != "a" || got[2].Objective != "b" {
		t.Errorf("%+v", got)
	}
	if got := x.Suggest(words("gone")); got != nil {
		t.Errorf("a word that does not occur: %+v", got)
	}
	if got := NewIndex(nil).Suggest(words("sso")); got != nil {
		t.Errorf("no declarations: %+v", got)
	}
	if got := x.Suggest([]Word{{"sso", 0}, {"login", -2}}); got != nil {
		t.Errorf("no words: %+v", got)
	}
	a, b := x.Suggest(words("login sso checkout")), x.Suggest(words("checkout login sso"))
	if !slices.Equal(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
}

// Labels can be taken back: what is left is what would have been without them.
func TestLabelsAreReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type label struct {
			class string
			words []Word
		}
		draw := rapid.Custom(func(t *rapid.T) label {
			return label{rapid.SampledFrom([]string{"a", "b", None}).Draw(t, "class"),
				words(strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"u", "v", "w", "x"}), 0, 4).Draw(t, "words"), " "))}
		})
		kept, gone := rapid.SliceOfN(draw, 0, 9).Draw(t, "kept"), rapid.SliceOfN(draw, 0, 9).Draw(t, "gone")
		var plain, b Bayes
		for _, l := range kept {
			plain.Add(l.class, l.words)
		}
		for _, l := range append(slices.Clone(gone), kept...) {
			b.Add(l.class, l.words)
		}
		for _, l := range rapid.Permutation(gone).Draw(t, "order") {
			b.Remove(l.class, l.words)
		}
		doc := words("u v w z z")
		got, want := b.Classify(doc, 0, 1), plain.Classify(doc, 0, 1)
		if !slices.Equal(got, want) || !reflect.DeepEqual(b.Labels(), plain.Labels()) {
			t.Fatalf("%+v, without them %+v", got, want)
		}
		sum := 0.0
		for i, g := range got {
			sum += g.P
			if math.IsNaN(g.P) || i > 0 && g.Score > got[i-1].Score {
				t.Fatalf("%+v", got)
			}
		}
		if got != nil && math.Abs(sum-1) > 1e-12 {
			t.Fatalf("probabilities add up to %v", sum)
		}
	})
}

func TestClassifyNeedsLabels(t *testing.T) {
	var b Bayes
	if b.Classify(words("sso"), 0, 0) != nil || len(b.Labels()) != 0 {
		t.Error("no labels")
	}
	for i := range 49 {
		b.Add([]string{"a", "b"}[i%2], words("sso checkout"))
	}
	if got := b.Classify(words("sso"), MinLabels, MinClass); got != nil {
		t.Errorf("49 labels: %+v", got)
	}
	b.Add("c", words("mobile"))
	got := b.Classify(words("sso"), MinLabels, MinClass)
	if len(got) != 2 || got[0].Class == "c" || got[1].Class == "c" {
		t.Errorf("one label of c: %+v", got)
	}
	for range 9 {
		b.Add("c", words("mobile"))
	}
	if got := b.Classify(words("mobile"), MinLabels, MinClass); len(got) != 3 || got[0].Class != "c" {
		t.Errorf("ten: %+v", got)
	}
	if got := b.Classify(words("mobile"), MinLabels, 20); len(got) != 2 {
		t.Errorf("classes of 20: %+v", got)
	}
	if got := b.Classify(words("mobile"), MinLabels, 25); got != nil {
		t.Errorf("one class of 25: %+v", got)
	}
}

// trials are guesses whose truth follows a curve.
func trials(n int, truth func(p float64) float64) (list []Trial) {
	random := stat.Random(2)
	for i := range n {
		p := float64(i%97+1) / 98
		list = append(list, Trial{p, float64(random.IntN(1e6)) < 1e6*truth(p)})
	}
	return list
}

func TestCalibrate(t *testing.T) {
	over := func(p float64) float64 { return 0.3 + 0.4*p } // surer than it should be
	for n, known := range map[int]bool{49: false, 50: true, 999: true, 4000: true} {
		list := trials(n, over)
		c, ok := Calibrate(list)
		if ok != known {
			t.Errorf("%d trials: %v", n, ok)
			continue
		}
		if !ok {
			continue
		}
		if (len(c.steps.from) > 0) != (n >= MinIsotonic) {
			t.Errorf("%d trials: %+v", n, c)
		}
		last, calibrated := 0.0, slices.Clone(list)
		for p := -0.1; p <= 1.1; p += 0.01 {
			v := c.P(p)
			if v < last || v < 0 || v > 1 || math.IsNaN(v) {
				t.Fatalf("%d trials: P(%v) is %v after %v", n, p, v, last)
			}
			last = v
		}
		for i := range calibrated {
			calibrated[i].P = c.P(calibrated[i].P)
		}
		before, after := CalibrationError(list, 10), CalibrationError(calibrated, 10)
		if n >= 999 && after.Value > before.Value/2 {
			t.Errorf("%d trials: the error is %v after %v", n, after.Value, before.Value)
		}
	}
	// A score that says the opposite says nothing, and neither do all alike.
	c, _ := Calibrate(trials(500, func(p float64) float64 { return 1 - p }))
	if c.curve.slope != 0 || math.Abs(c.P(0.9)-0.5) > 0.1 {
		t.Errorf("%+v", c)
	}
	c, _ = Calibrate(slices.Repeat([]Trial{{0.9, true}}, 60))
	if p := c.P(0.9); p < 0.95 || p >= 1 {
		t.Errorf("60 of 60: %v", p)
	}
	if p := (Calibration{}).P(0.9); p != 0.5 {
		t.Errorf("the zero value says %v", p)
	}
}

// The isotonic fit is the best of all that never fall, on a grid.
func TestIsotonicIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []Trial
		for i := range rapid.IntRange(1, 8).Draw(t, "n") {
			list = append(list, Trial{float64(i / rapid.IntRange(1, 2).Draw(t, "ties")), rapid.Bool().Draw(t, "correct")})
		}
		c := isotonic(list)
		loss := func(at func(float64) float64) (sum float64) {
			for _, l := range list {
				d := at(l.P) - float64(number(l.Correct))
				sum += d * d
			}
			return sum
		}
		got := loss(c.at)
		// max over lower of min over upper of the mean between is the solution.
		want := loss(func(p float64) float64 {
			best := math.Inf(-1)
			for _, low := range list {
				if low.P > p {
					continue
				}
				least := math.Inf(1)
				for _, high := range list {
					if high.P < p {
						continue
					}
					hits, n := 0, 0
					for _, l := range list {
						if l.P >= low.P && l.P <= high.P {
							hits, n = hits+number(l.Correct), n+1
						}
					}
					least = min(least, float64(hits)/float64(n))
				}
				best = max(best, least)
			}
			return best
		})
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v: %v, the best has %v", list, got, want)
		}
	})
}

// The threshold holds the precision on its own trials, takes ties together, and
// none covers more.
func TestChooseTau(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []Trial
		for range rapid.IntRange(0, 80).Draw(t, "n") {
			list = append(list, Trial{float64(rapid.IntRange(0, 9).Draw(t, "p")) / 10, rapid.IntRange(0, 9).Draw(t, "right") > 0})
		}
		got := ChooseTau(rapid.Permutation(list).Draw(t, "order"), 0.8)
		best := 0
		for p := range 10 {
			correct, n := 0, 0
			for _, l := range list {
				if l.P >= float64(p)/10 {
					correct, n = correct+number(l.Correct), n+1
				}
			}
			if PrecisionBound(correct, n) >= 0.8 {
				best = max(best, n)
			}
		}
		if got.OK != (best > 0) || got.OK && (got.Accepted != best || got.Lower < 0.8 || got.Precision < got.Lower) || got.OK == (got.Reason != "") {
			t.Fatalf("%+v, best is %d", got, best)
		}
	})
	for errors, n := range map[int]int{0: 29, 1: 46, 2: 61, 3: 76} {
		if PrecisionBound(n-errors, n) < 0.9 || PrecisionBound(n-1-errors, n-1) >= 0.9 {
			t.Errorf("%d errors need %d", errors, n)
		}
	}
}

func TestRaise(t *testing.T) {
	now := Threshold{Tau: 0.7, OK: true}
	mixed := func(good, bad int) []Trial {
		return append(slices.Repeat([]Trial{{0.9, true}}, good), slices.Repeat([]Trial{{0.75, false}}, bad)...)
	}
	for _, c := range []struct {
		name            string
		earlier, latest []Trial
		want            float64
		ok              bool
	}{
		{"nothing checked", nil, nil, 0.7, true},
		{"few, all correct", mixed(9, 0), mixed(9, 0), 0.7, true},
		{"it holds", mixed(60, 0), mixed(90, 0), 0.7, true},
		{"one bad week", mixed(60, 0), mixed(60, 20), 0.7, true},
		{"49 checks", mixed(29, 20), mixed(60, 20), 0.7, true},
		{"two bad weeks", mixed(60, 20), mixed(60, 20), 0.9, true},
		{"nothing holds", slices.Repeat([]Trial{{0.9, false}}, 50), slices.Repeat([]Trial{{0.9, false}}, 50), 0, false},
	} {
		if got := Raise(now, c.earlier, c.latest, 0.9); got.Tau != c.want || got.OK != c.ok {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := Raise(Threshold{}, mixed(60, 20), mixed(60, 20), 0.9); got.OK {
		t.Errorf("none before: %+v", got)
	}
}

func TestErrorsOfNothing(t *testing.T) {
	if CalibrationError(nil, 5).Status != stat.Undefined || CalibrationError([]Trial{{}}, 0).Status != stat.Undefined {
		t.Error("no error of nothing")
	}
	if curve, area := RiskCurve(nil); curve != nil || area.Status != stat.Undefined {
		t.Error("no curve of nothing")
	}
	// The edges: 0 and 1 have bins, too.
	if got := CalibrationError([]Trial{{0, false}, {1, true}, {1.5, true}}, 2); math.Abs(got.Value-0.5/3) > 1e-12 || got.Alertable {
		t.Errorf("%+v", got)
	}
	// Among equals the wrong one comes first, whatever the order.
	for _, list := range [][]Trial{{{0.5, true}, {0.5, false}}, {{0.5, false}, {0.5, true}}} {
		if curve, area := RiskCurve(list); curve[0].Risk != 1 || area.Value != 0.75 {
			t.Errorf("%+v %+v", curve, area)
		}
	}
}

func TestQuestions(t *testing.T) {
	var doubts []Doubt
	for i := range 20 {
		doubts = append(doubts, Doubt{fmt.Sprintf("k%02d", i), float64(20 - i), 0.5})
	}
	asks := Questions(doubts, 10, 1)
	var keys []string
	random := 0
	for i, a := range asks {
		keys = append(keys, a.Key)
		if a.Random {
			random++
		}
		if i < 8 && (a.Random || a.Key != doubts[i].Key) {
			t.Errorf("question %d is %+v", i, a)
		}
	}
	slices.Sort(keys)
	if len(asks) != 10 || random != 2 || len(slices.Compact(keys)) != 10 {
		t.Errorf("%d questions, %d at random: %v", len(asks), random, keys)
	}
	backwards := slices.Clone(doubts)
	slices.Reverse(backwards)
	if !slices.Equal(Questions(backwards, 10, 1), asks) {
		t.Error("the order of the items matters")
	}
	sure := []Doubt{{"sure", 9, 0.99}, {"small", 1, 0}}
	if got := Questions(sure, 2, 1); got[0].Key != "small" {
		t.Errorf("%+v", got)
	}
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 99: 20} {
		if got := Questions(doubts, n, 1); len(got) != want {
			t.Errorf("%d asked, %d answered", n, len(got))
		}
	}
}
