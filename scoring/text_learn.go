package scoring

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/text"
)

// Text says what guesses from words may do. The zero value suggests.
type Text struct {
	Mode TextMode
	// Precision is what the lower bound of the share of correct guesses must
	// reach for guesses to count, 0 for text.DefaultPrecision.
	Precision float64
	// Labels is how many judged works the classifier needs, 0 for
	// text.MinLabels.
	Labels int
}

// TextMode is what becomes of guesses.
type TextMode uint8

// The modes.
const (
	TextSuggest TextMode = iota // guesses are shown and count for nothing
	TextOn                      // those above the threshold count
	TextOff                     // nothing is guessed
)

// TextModes lists the modes as they are configured, by their number.
func TextModes() []string { return []string{"suggest", "on", "off"} }

// String returns the mode as it is configured.
func (m TextMode) String() string { return TextModes()[m] }

func (t Text) precision() float64 { return cmp.Or(t.Precision, text.DefaultPrecision) }
func (t Text) labels() int        { return cmp.Or(t.Labels, text.MinLabels) }

// recentChecks is over how many days the newest judgements must bear the
// threshold out.
const recentChecks = 91

// A label is a work whose purpose a human confirmed.
type label struct {
	work  uint32
	class string // an objective's id, or text.None
	at    time.Time
}

// textLabels lists the decisions in force that were made before a moment, oldest
// first, about works whose words are kept. A work is one label, and its latest
// decision counts. Sent to a bucket, whichever, a work belongs to no objective.
func (e *Engine) textLabels(before time.Time) []label {
	latest := make(map[uint32]time.Time)
	for i := range e.overrides {
		o := &e.overrides[i]
		for _, no := range e.graph.Find(o.Key) {
			work := uint32(e.graph.Work(no))
			if at, known := latest[work]; !known || o.At.After(at) {
				latest[work] = o.At
			}
		}
	}
	var list []label
	for work, at := range latest {
		a := e.graph.Of(uint64(work))
		if _, read := e.words.texts[work]; !read || !at.Before(before) || a.Method != attribution.Override {
			continue
		}
		l := label{work, text.None, at}
		if a.Bucket == attribution.Objective {
			l.class = e.declared.Set.Objectives[a.Shares[0].Objective].ID
		}
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b label) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(e.items[a.work].order, e.items[b.work].order))
	})
	return list
}

// labelPrint is the same for the same labels of the same words.
func (e *Engine) labelPrint(list []label) uint64 {
	h := uint64(len(list)) + 1
	for _, l := range list {
		h = mix(mix(h, e.items[l.work].order), e.words.texts[l.work].print)
		h = mix(mix(h, stat.Seed(l.class)), uint64(l.at.UnixNano()))
	}
	return h
}

// A textModel is what was learnt from labels.
type textModel struct {
	print  uint64 // of the labels
	mu     sync.Mutex
	bayes  text.Bayes // classifies under mu: items are asked about while others are guessed
	labels int
	tried  int // labels that were guessed from earlier ones, or refused
	// trials are the guesses of an objective among them, as they would be
	// calibrated now; foretold are the later ones as they were calibrated by
	// those before.
	past             []pastTrial // as the classifier said them
	trials, foretold []text.Trial
	calibration      text.Calibration
	calibrated       bool
	threshold        text.Threshold
	judged           objective.Date // Monday as of which threshold holds
}

// id names the model where something was attributed by it.
func (m *textModel) id() string { return wordName(m.print) }

// A pastTrial is a trial, and when it was decided.
type pastTrial struct {
	text.Trial
	at time.Time
}

// learnText trains on labels in the order of their time. Each is first guessed
// from those that were decided before it: so everything that is said of guesses
// comes from labels that the classifier had not seen, and which were made later
// than all it had. Works that were decided together are guessed together.
func (e *Engine) learnText(list []label, print uint64) *textModel {
	m := &textModel{print: print, labels: len(list)}
	names := make(map[uint64]string)
	for i := 0; i < len(list); {
		end := i
		for ; end < len(list) && list[end].at.Equal(list[i].at); end++ {
			guesses := m.classify(e.textWords(list[end].work, names), e.declared.Text)
			if len(guesses) == 0 {
				continue
			}
			m.tried++
			if best := guesses[0]; best.Class != text.None {
				m.past = append(m.past, pastTrial{text.Trial{P: best.P, Correct: best.Class == list[end].class}, list[end].at})
			}
		}
		for ; i < end; i++ {
			m.bayes.Add(list[i].class, e.textWords(list[i].work, names))
		}
	}
	m.calibrate()
	return m
}

// learnt reports whether there is enough to guess from.
func (m *textModel) learnt(settings Text) bool {
	classes := 0
	for _, n := range m.bayes.Labels() {
		if n >= text.MinClass {
			classes++
		}
	}
	return m.labels >= settings.labels() && classes >= 2
}

// calibrate turns what the classifier said into probabilities.
func (m *textModel) calibrate() {
	raw := make([]text.Trial, len(m.past))
	for i := range m.past {
		raw[i] = m.past[i].Trial
	}
	if m.calibration, m.calibrated = text.Calibrate(raw); !m.calibrated {
		m.threshold.Reason = fmt.Sprintf("%d of at least %d judged works that could be guessed from earlier ones", len(raw), text.MinLabels)
		return
	}
	for _, t := range raw {
		m.trials = append(m.trials, text.Trial{P: m.calibration.P(t.P), Correct: t.Correct})
	}
	for known := text.MinLabels; known < len(raw); known *= 2 {
		before, _ := text.Calibrate(raw[:known])
		for _, t := range raw[known:min(2*known, len(raw))] {
			m.foretold = append(m.foretold, text.Trial{P: before.P(t.P), Correct: t.Correct})
		}
	}
}

// judge chooses the threshold as of a Monday. Where the newest judgements do not
// bear it out, it is raised.
func (m *textModel) judge(settings Text, monday objective.Date) {
	if m.judged == monday || !m.calibrated {
		return
	}
	m.judged, m.threshold = monday, text.ChooseTau(m.trials, settings.precision())
	until := monday.Time()
	recent := func(until time.Time) (list []text.Trial) {
		for i, t := range m.trials {
			if at := m.past[i].at; t.P >= m.threshold.Tau && at.Before(until) && !at.Before(until.AddDate(0, 0, -recentChecks)) {
				list = append(list, t)
			}
		}
		return list
	}
	m.threshold = text.Raise(m.threshold, recent(until.AddDate(0, 0, -7)), recent(until), settings.precision())
}

// classify returns the classes of a text, best first; none below the least
// labels.
func (m *textModel) classify(words []text.Word, settings Text) []text.Guess {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bayes.Classify(words, settings.labels(), text.MinClass)
}

// textWords returns the words of a work.
func (e *Engine) textWords(work uint32, names map[uint64]string) []text.Word {
	words, _ := e.words.document(work)
	list := make([]text.Word, len(words))
	for i, w := range words {
		name, known := names[w.Key]
		if !known {
			name = wordName(w.Key)
			names[w.Key] = name
		}
		list[i] = text.Word{Key: name, Count: w.Count}
	}
	return list
}
