package scoring

import (
	"cmp"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/text"
)

// The names of the scores of attribution by words (score specification, section
// 4.15).
const (
	TextLabels           = "text_labels"
	TextPrecision        = "text_precision"
	TextPrecisionLower   = "text_precision_lower"
	TextCoverage         = "text_coverage"
	TextCalibrationError = "text_calibration_error"
	TextRisk             = "text_risk"
	TextAbstention       = "text_abstention"
	TextSuggested        = "text_suggested"
)

// How many works are asked about, and in how many bins probabilities are checked.
const (
	askedWorks      = 100
	calibrationBins = 10
)

// textScores is the group of section 4.15: what words say of works that no human,
// key, link or rule gives a purpose, and how far that can be believed.
//
// Decisions of humans are the labels. Below attribution.min_labels of them, works
// are compared with the declaration of each active objective (BM25), and what
// comes of it is only shown. From there on a complement naive Bayes learns from
// them. Guesses count where attribution.text is on and their calibrated
// probability is at least τ: the threshold with the largest coverage at which the
// bound of the precision reaches attribution.target_precision on labels that were
// guessed from earlier ones. It takes 50 of these, so 100 labels at least. Below τ
// a work stays unknown. Words are whole words: items do not keep their letters.
func textScores() scoreGroup {
	const judged = " As good as the choice of what was judged: decisions about mistakes alone say nothing of the rest."
	return scoreGroup{
		latest: []latestFamily{
			{score: TextLabels, of: ofOrganisation, help: "Works whose purpose humans decided before this week, and whose words are known: what the classifier of words learns from. Below 50 (attribution.min_labels) it only suggests; healthy from 200 (default, not a benchmark). Does not see how many of them are right."},
			{score: TextPrecision, of: ofOrganisation, unit: "ratio", help: "Share of the guesses from words above the threshold that were right on judged works, each guessed from earlier ones, 0 to 1. No reading is known beyond that of its lower bound; there is no value where no guess counts." + judged},
			{score: TextPrecisionLower, of: ofOrganisation, unit: "ratio", help: "Lower bound of workdrift_text_precision_ratio (one-sided, 95 %, Clopper and Pearson). Healthy from attribution.target_precision (0.90 by default, not a benchmark), or no guess counts and there is no value." + judged},
			{score: TextCoverage, of: ofOrganisation, unit: "ratio", help: "Share of the judged works that were guessed from earlier ones whose guess was above the threshold, 0 to 1. Healthy from 0.6 on, too low to rely on below 0.4 (default, not a benchmark)." + judged},
			{score: TextCalibrationError, of: ofOrganisation, unit: "ratio", help: "How far the probabilities of guesses were from how often they came true, mean over 10 bins, on judged works later than those the probabilities were learnt from. Healthy near 0; from about 0.1 on thresholds mean little (default, not a benchmark)." + judged},
			{score: TextRisk, of: ofOrganisation, unit: "ratio", help: "Mean share of wrong guesses over all coverages, the most probable taken first (area under the risk-coverage curve), 0 to 1. Healthy below half the share of all wrong guesses, which a useful order beats (default, not a benchmark)." + judged},
			{score: TextAbstention, of: ofOrganisation, unit: "ratio", work: true, help: "Share of the effort of 28 days on works without a known purpose that guesses from words leave unknown, 0 to 1; 1 without a classifier. Healthy below 0.4 once there are 200 judged works (default, not a benchmark). Counts what would be attributed where attribution.text only suggests."},
			{score: TextSuggested, of: ofOrganisation, unit: "ratio", work: true, help: "Share of the effort of 28 days on works without a known purpose that is on the up to 100 works to decide about next for which their words suggest an objective, 0 to 1. Low means that objectives are declared in other words than work is described in, or that much is in small works; no reading is known."},
		},
		score: (*evaluation).text,
	}
}

// A TextReport tells how works are guessed from words.
type TextReport struct {
	Mode    string         `json:"mode"`
	Model   string         `json:"model,omitempty"`  // names what was learnt from, the same in every store
	Labels  map[string]int `json:"labels,omitempty"` // by objective, and "none"
	Tau     Number         `json:"threshold"`        // absent where no guess counts
	Reason  string         `json:"reason,omitempty"` // why it is
	Guessed int            `json:"guessed_works"`    // works above the threshold
	// Risk is the share of wrong guesses among the most probable, at tenths of
	// the judged works.
	Risk []RiskPoint `json:"risk,omitempty"`
}

// A RiskPoint is one point of the risk curve.
type RiskPoint struct {
	Coverage Number `json:"coverage"`
	Risk     Number `json:"risk"`
}

func (v *evaluation) text() {
	g := &v.engine.guesses
	if v.declared.Text.Mode == TextOff || g.model == nil {
		v.noText()
		return
	}
	m := g.model
	v.organisation(plainScore(TextLabels, float64(m.labels), true, ""))
	v.textQuality(m)
	v.report.Text = &TextReport{Mode: v.declared.Text.Mode.String(), Model: m.id(), Labels: m.bayes.Labels(), Tau: Absent(), Reason: m.threshold.Reason, Guessed: len(g.above)}
	if m.threshold.OK {
		v.report.Text.Tau, v.report.Text.Reason = Number(m.threshold.Tau), ""
	}
	curve, _ := text.RiskCurve(m.trials)
	for tenth := 1; tenth <= 10 && len(curve) >= 10; tenth++ {
		at := curve[len(curve)*tenth/10-1]
		v.report.Text.Risk = append(v.report.Text.Risk, RiskPoint{Number(at.Coverage), Number(at.Risk)})
	}
	v.undecided()
}

// noText says why nothing is guessed.
func (v *evaluation) noText() {
	status, reason := Undefined, "attribution.text is off"
	if v.declared.Text.Mode != TextOff {
		status, reason = InsufficientData, "a source is still being read for the first time"
	}
	for _, f := range textScores().latest {
		v.organisation(unavailable(f.score, status, reason))
	}
}

// textQuality tells how far guesses can be believed.
func (v *evaluation) textQuality(m *textModel) {
	few := func(n int) stat.Estimate {
		return stat.Insufficient(n, "%d of at least %d judged works that could be guessed from earlier ones", n, text.MinLabels)
	}
	precision, lower, coverage := few(len(m.past)), few(len(m.past)), few(m.tried)
	if t := &m.threshold; m.calibrated {
		precision, lower = stat.NotDefined(t.Reason), stat.NotDefined(t.Reason)
		if t.OK {
			precision, lower = stat.Known(t.Precision, t.Accepted), stat.Known(t.Lower, t.Accepted)
		}
		coverage = stat.Known(float64(t.Accepted)/float64(m.tried), m.tried)
	}
	v.organisation(scoreOf(TextPrecision, precision))
	v.organisation(scoreOf(TextPrecisionLower, lower))
	v.organisation(scoreOf(TextCoverage, coverage))
	wrong, risk := few(len(m.foretold)), few(len(m.past))
	if len(m.foretold) >= text.MinLabels {
		wrong = text.CalibrationError(m.foretold, calibrationBins)
	}
	if len(m.trials) >= text.MinLabels {
		_, risk = text.RiskCurve(m.trials)
	}
	v.organisation(scoreOf(TextCalibrationError, wrong))
	v.organisation(scoreOf(TextRisk, risk))
}

// undecided chooses what to ask about, and tells of the effort that words say
// something of.
func (v *evaluation) undecided() {
	e, g := v.engine, &v.engine.guesses
	_, org, _ := v.streamsOf()
	spent := make(map[uint32]effort.Micro)
	var all, above effort.Micro
	for i := range org.rows {
		if r := &org.rows[i]; e.unknown(r.work) {
			all += r.effort
			if _, counts := g.above[r.work]; counts {
				above += r.effort
			} else if r.effort > 0 {
				spent[r.work] += r.effort
			}
		}
	}
	doubts, works := make([]text.Doubt, 0, len(spent)), make(map[string]uint32, len(spent))
	for work, sum := range spent {
		key := wordName(e.items[work].order)
		works[key] = work
		d := text.Doubt{Key: key, Effort: sum.PersonDays(), P: g.seen[work].p}
		if org.status != OK {
			d.Effort = 1
		}
		doubts = append(doubts, d)
	}
	v.indexDeclarations()
	names := make(map[uint64]string)
	var suggested effort.Micro
	var sure, random []uint64
	for _, ask := range text.Questions(doubts, askedWorks, stat.Seed("text", v.lastMonday().String())) {
		work := works[ask.Key]
		if ask.Random {
			random = append(random, uint64(work))
		} else {
			sure = append(sure, uint64(work))
		}
		if list := e.suggest(g, work, names); len(list) > 0 && list[0].Objective != "" {
			suggested += spent[work]
		}
	}
	g.asks = mixed(sure, random)
	part := func(name string, sum effort.Micro) {
		ratio, ok := Ratio(sum, all)
		v.organisation(plainScore(name, ratio, ok && all > 0, "no work of unknown purpose in these days"))
	}
	part(TextAbstention, all-above)
	part(TextSuggested, suggested)
}

// mixed puts one random question after every four others.
func mixed(sure, random []uint64) (all []uint64) {
	for len(sure) > 0 || len(random) > 0 {
		n := min(4, len(sure))
		all, sure = append(all, sure[:n]...), sure[n:]
		if len(random) > 0 {
			all, random = append(all, random[0]), random[1:]
		}
	}
	return all
}

// indexDeclarations makes the index of what the active objectives declare, or
// keeps the one there is: its text and terms, and the items of section 4.9. With
// a classifier there is none.
func (v *evaluation) indexDeclarations() {
	e, g := v.engine, &v.engine.guesses
	if g.model.learnt(v.declared.Text) {
		g.index, g.print = nil, 0
		return
	}
	corpora, h := v.corpora(), uint64(1)
	for o := range corpora {
		if !v.active(o) {
			corpora[o] = nil
			continue
		}
		h = mix(h, uint64(o)+1)
		corpora[o] = slices.DeleteFunc(corpora[o], func(no uint32) bool { return e.facts[no].is(markMachine) })
		for _, no := range corpora[o] {
			h = mix(mix(h, e.items[no].order), e.words.texts[no].print)
		}
	}
	if g.index != nil && g.print == h {
		return
	}
	names, function := make(map[uint64]string), make(map[string]bool)
	for _, l := range e.words.languages {
		for _, key := range l.Words {
			function[wordName(key)] = true
		}
	}
	var list []text.Declaration
	for o := range corpora {
		if !v.active(o) {
			continue
		}
		d := text.Declaration{Objective: v.declared.Set.Objectives[o].ID, Words: v.declared.declaredWords(o)}
		for _, no := range corpora[o] {
			d.Words = append(d.Words, e.textWords(no, names)...)
		}
		// Of few and short declarations the rare words may be function words.
		d.Words = slices.DeleteFunc(d.Words, func(w text.Word) bool { return function[w.Key] })
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b text.Declaration) int { return cmp.Compare(a.Objective, b.Objective) })
	g.index, g.print = text.NewIndex(list), h
}

// declaredWords returns the words of an objective's own text.
func (d *Declared) declaredWords(o int) (words []text.Word) {
	declared := &d.Set.Objectives[o]
	for _, t := range d.wordCounts(declared.Text + "\n" + strings.Join(declared.Terms, "\n")) {
		words = append(words, text.Word{Key: wordName(wordKey(t.Word)), Count: t.Count})
	}
	return words
}
