package scoring_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/text"
)

func textVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-T1":  vectorBM25,
		"TV-T2":  vectorBayes,
		"TV-T3":  vectorTau,
		"TV-T3b": vectorTauNone,
		"TV-T4":  vectorCalibrationError,
		"TV-T5":  vectorRiskCurve,
	}
}

func wordsOf(s string) (words []text.Word) {
	counts := map[string]int{}
	for _, word := range strings.Fields(s) {
		counts[word]++
	}
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, text.Word{Key: word, Count: counts[word]})
	}
	return words
}

func vectorBM25(t *testing.T, v vector) {
	in := decode[struct {
		Docs  map[string]string
		Query string
		K1, B float64
	}](t, v.Input)
	want := decode[struct{ Scores map[string]float64 }](t, v.Expected)
	if in.K1 != 1.2 || in.B != .75 {
		t.Fatalf("other parameters: %v and %v", in.K1, in.B)
	}
	var declarations []text.Declaration
	for _, id := range slices.Sorted(maps.Keys(in.Docs)) {
		declarations = append(declarations, text.Declaration{Objective: id, Words: wordsOf(in.Docs[id])})
	}
	got := map[string]float64{}
	for _, s := range text.NewIndex(declarations).Suggest(wordsOf(in.Query)) {
		got[s.Objective] = s.Score
	}
	for id, score := range want.Scores {
		same(t, id, got[id], score) // those without a score are not suggested
	}
}

func vectorBayes(t *testing.T, v vector) {
	in := decode[struct {
		Train [][2]string
		Doc   string
		Alpha float64
	}](t, v.Input)
	want := decode[struct {
		Scores  map[string]float64 `json:"scores_neg_loglik_complement"`
		Softmax map[string]float64
		Argmax  string
	}](t, v.Expected)
	var b text.Bayes
	for _, label := range in.Train {
		b.Add(label[0], wordsOf(label[1]))
	}
	got := b.Classify(wordsOf(in.Doc+" unseen"), 1, 1)
	if len(got) != len(want.Scores) || got[0].Class != want.Argmax {
		t.Fatalf("%+v", got)
	}
	for _, guess := range got {
		same(t, "score of "+guess.Class, guess.Score, want.Scores[guess.Class])
		same(t, "softmax of "+guess.Class, guess.P, want.Softmax[guess.Class])
	}
}

func trialsOf(rows [][2]float64) (trials []text.Trial) {
	for _, row := range rows {
		trials = append(trials, text.Trial{P: row[0], Correct: row[1] == 1})
	}
	return trials
}

func vectorTau(t *testing.T, v vector) {
	in := decode[struct {
		Sorted [][2]float64 `json:"calibration_sorted"`
		Target float64      `json:"target_precision"`
		Conf   float64
		Rule   prose
	}](t, v.Input)
	want := decode[struct {
		Tau       float64
		Accepted  int `json:"n_accepted"`
		Precision float64
		Lower     float64 `json:"cp_lower"`
		Coverage  float64
	}](t, v.Expected)
	got := text.ChooseTau(trialsOf(in.Sorted), in.Target)
	defined(t, got.OK)
	all(t, "threshold", []float64{got.Tau, got.Precision, got.Lower, got.Coverage},
		[]float64{want.Tau, want.Precision, want.Lower, want.Coverage})
	if got.Accepted != want.Accepted || in.Conf != .95 || in.Target != text.DefaultPrecision {
		t.Errorf("%d accepted", got.Accepted)
	}
}

func vectorTauNone(t *testing.T, v vector) {
	in := decode[struct {
		Correct bool `json:"first_28_all_correct"`
	}](t, v.Input)
	want := decode[struct {
		Lower28 float64 `json:"cp_lower_at_28"`
		Lower29 float64 `json:"cp_lower_at_29"`
		Tau     string
	}](t, v.Expected)
	defined(t, in.Correct && strings.HasPrefix(want.Tau, "none"))
	same(t, "bound of 28", text.PrecisionBound(28, 28), want.Lower28)
	same(t, "bound of 29", text.PrecisionBound(29, 29), want.Lower29)
	trials := slices.Repeat([]text.Trial{{P: .9, Correct: true}}, 28)
	if got := text.ChooseTau(trials, text.DefaultPrecision); got.OK || got.Reason == "" {
		t.Errorf("28 of 28: %+v", got)
	}
}

func vectorCalibrationError(t *testing.T, v vector) {
	in := decode[struct {
		P    []float64
		Y    []int
		Bins int
	}](t, v.Input)
	want := decode[struct{ ECE float64 }](t, v.Expected)
	var trials []text.Trial
	for i, p := range in.P {
		trials = append(trials, text.Trial{P: p, Correct: in.Y[i] == 1})
	}
	known(t, "error", text.CalibrationError(trials, in.Bins), want.ECE)
}

func vectorRiskCurve(t *testing.T, v vector) {
	in := decode[struct{ Sorted [][2]float64 }](t, v.Input)
	want := decode[struct {
		Curve [][2]float64 `json:"coverage_risk"`
		Area  float64      `json:"aurc"`
	}](t, v.Expected)
	curve, area := text.RiskCurve(trialsOf(in.Sorted))
	known(t, "area", area, want.Area)
	for i, at := range curve {
		all(t, "point", []float64{at.Coverage, at.Risk}, want.Curve[i][:])
	}
}
