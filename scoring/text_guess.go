package scoring

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/text"
	"github.com/workdrift/workdrift/store"
)

// maxGuessed is how many works are guessed in one report, those of the most
// effort first.
const maxGuessed = 20_000

// guesses are what the words of works of unknown purpose say as of the last
// report. They follow from what that report was made of alone:
//
//   - The model is that of the last closed week: it has learnt from the decisions
//     that were made before that week ended and still hold. So it changes once a
//     week, or when such a decision is taken back or the words of its work change.
//   - Guessed are works that the cascade leaves unknown and that carried effort in
//     the 26 closed weeks before the day, or since; not chat, which is no work
//     until something says what it is about.
//   - A guess counts on the days on which its objective is active. It never
//     overrules another method, and nothing inherits it.
//
// With mode TextOn words are kept for 26 weeks. Works that rested longer count as
// unknown again, in the weeks before that as well. Frozen weeks keep what was
// told of them.
type guesses struct {
	model *textModel
	seen  map[uint32]guess // by work, under the model
	above map[uint32]int16 // objectives of works above the threshold
	index *text.Index      // of the declarations, nil where there is none
	print uint64           // of what is in the index
	asks  []uint64         // works to decide about next, see Engine.Undecided
}

// A guess is what the model says of one work.
type guess struct {
	print  uint64  // of the words
	ranked []int16 // objectives, best first, up to two; noObjective for none
	p      float64 // calibrated as far as the model is
}

// noObjective stands for belonging to no objective.
const noObjective = -1

// guessTexts brings the guesses up to date for a report of a day.
func (e *Engine) guessTexts(day objective.Date, partial bool) {
	g, above := &e.guesses, make(map[uint32]int16)
	g.asks = nil
	switch {
	case e.declared.Text.Mode == TextOff:
		return
	case partial:
		// The texts of every page would change all of them.
		g.model, g.seen, g.index = nil, nil, nil
	default:
		monday := (day + 1).Monday()
		labels := e.textLabels(monday.Time())
		if print := e.labelPrint(labels); g.model == nil || g.model.print != print {
			g.model, g.seen = e.learnText(labels, print), nil
		}
		g.model.judge(e.declared.Text, monday)
		if g.model.learnt(e.declared.Text) {
			above = e.guessWorks(day)
		}
	}
	e.letCount(above)
}

// letCount has guesses count from now on, in place of others.
func (e *Engine) letCount(above map[uint32]int16) {
	g := &e.guesses
	if e.declared.Text.Mode == TextOn {
		for work, o := range g.above {
			if now, still := above[work]; !still || now != o {
				e.restateWork(work)
			}
		}
		for work := range above {
			if _, was := g.above[work]; !was {
				e.restateWork(work)
			}
		}
	}
	g.above = above
}

// ReportPast is Report for a moment before that of the last one, after which the
// guesses are those of the last one again: it is the present that people ask
// about.
func (e *Engine) ReportPast(now time.Time, sources []store.SourceState) *Report {
	present, judged := e.guesses, objective.Date(0)
	if present.model != nil {
		judged = present.model.judged
	}
	r := e.Report(now, sources)
	e.letCount(present.above)
	e.guesses, e.newest = present, newest{} // the next report settles the present again
	if present.model != nil {
		present.model.judge(e.declared.Text, judged)
	}
	return r
}

func (e *Engine) restateWork(work uint32) {
	for _, no := range e.graph.Members(uint64(work)) {
		e.restate(uint32(no))
	}
}

// guessWorks guesses what is unknown and returns what is above the threshold.
func (e *Engine) guessWorks(day objective.Date) map[uint32]int16 {
	g, above := &e.guesses, make(map[uint32]int16)
	before, names := g.seen, make(map[uint64]string)
	g.seen = make(map[uint32]guess)
	for _, work := range e.unknownWorks(day) {
		have, known := before[work]
		if !known || have.print != e.words.texts[work].print {
			have = e.guess(g.model, work, names)
		}
		g.seen[work] = have
		if len(have.ranked) > 0 && have.ranked[0] != noObjective && g.model.threshold.OK && have.p >= g.model.threshold.Tau {
			above[work] = have.ranked[0]
		}
	}
	return above
}

// guess asks a model about a work.
func (e *Engine) guess(m *textModel, work uint32, names map[uint64]string) guess {
	out := guess{print: e.words.texts[work].print}
	for i, class := range m.classify(e.textWords(work, names), e.declared.Text) {
		if i == 0 {
			out.p = class.P
			if m.calibrated && class.Class != text.None {
				out.p = m.calibration.P(class.P)
			}
		}
		if i < 2 {
			out.ranked = append(out.ranked, int16(e.objectiveNumber(class.Class)))
		}
	}
	return out
}

// objectiveNumber returns the number of an objective by its id, noObjective when
// there is none.
func (e *Engine) objectiveNumber(id string) int {
	return slices.IndexFunc(e.declared.Set.Objectives, func(o objective.Objective) bool { return o.ID == id })
}

// unknownWorks lists the works to guess, those of the most effort first.
func (e *Engine) unknownWorks(day objective.Date) []uint32 {
	sums := make(map[uint32]effort.Micro)
	now := (day + 1).Monday()
	for monday := now - 7*trendWeeks; monday < now; monday += 7 {
		for _, w := range e.weekSums(monday, monday).works {
			sums[w.work] += w.effort
		}
	}
	for work, p := range e.placements(DateRange{now, day}) {
		sums[uint32(work)] += p.micros[e.declared.Effort.Model]
	}
	var list []uint32
	for work, sum := range sums {
		if _, read := e.words.texts[work]; read && sum > 0 && e.unknown(work) {
			list = append(list, work)
		}
	}
	slices.SortFunc(list, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(e.items[a].order, e.items[b].order))
	})
	return list[:min(len(list), maxGuessed)]
}

// unknown reports whether the cascade up to the rules leaves a work unknown.
// Chat is no work until something says what it is about.
func (e *Engine) unknown(work uint32) bool {
	a := e.graph.Of(uint64(work))
	return a.Bucket == attribution.Unknown && a.Method == attribution.None && !e.items[work].thread
}

// guessed returns the objective that a work counts for by its words as some
// guesses have it, false when it counts for none or something better than words
// says what it is for.
func (e *Engine) guessed(g *guesses, work uint32) (o int, ok bool) {
	if len(g.above) == 0 || e.declared.Text.Mode != TextOn {
		return 0, false
	}
	number, ok := g.above[work]
	return int(number), ok && e.unknown(work)
}

// placeGuess places what is unknown where its words say, on the days on which
// the objective is active: a guess is no proof that somebody goes on with what
// was stopped.
func (e *Engine) placeGuess(work uint32, part placement, day objective.Date) placement {
	o, ok := e.guessed(&e.guesses, work)
	if !ok || e.calendar.place(o, day) != OnObjective {
		return part
	}
	part.category, part.objective, part.method = OnObjective, o, attribution.Text
	part.top = e.calendar.at(day).top(o, e.declared.Set.TopN)
	return part
}

// explainGuess adds to an explanation what words say.
func (e *Engine) explainGuess(x attribution.Explanation) attribution.Explanation {
	g := e.toldGuesses()
	o, ok := e.guessed(g, uint32(x.Work))
	if !ok {
		return x
	}
	x.Attribution = attribution.Attribution{Bucket: attribution.Objective, Method: attribution.Text,
		Shares: []attribution.Share{{Objective: o, Micro: attribution.Whole}}}
	x.Strength = g.seen[uint32(x.Work)].p
	x.Rule = fmt.Sprintf("words, right with a probability of %.2f by model %s", x.Strength, g.model.id())
	return x
}

// A Suggested is an objective that a work of unknown purpose may belong to.
type Suggested struct {
	Objective string `json:"objective"` // id, "" for none of them
	// Confidence is the probability that the first is right, absent while there
	// are too few decisions to learn from and of the second.
	Confidence Number `json:"confidence"`
	// Score says how well the words of the work fit the declaration (BM25),
	// absent where there is a classifier. It compares objectives for one work.
	Score Number `json:"score"`
}

// Suggest returns the best and the second best objective for a work that is
// unknown, by its words; nothing where these say nothing. Suggestions map
// nothing. Before the first report there are none.
func (e *Engine) Suggest(no uint64) []Suggested {
	work := uint32(e.graph.Work(no))
	if int(work) >= len(e.items) || !e.unknown(work) || e.declared.Text.Mode == TextOff {
		return nil
	}
	if _, counts := e.guessed(e.toldGuesses(), work); counts {
		return nil
	}
	return e.suggest(e.toldGuesses(), work, make(map[uint64]string))
}

func (e *Engine) suggest(g *guesses, work uint32, names map[uint64]string) (list []Suggested) {
	if g.model != nil {
		said, known := g.seen[work]
		if !known {
			said = e.guess(g.model, work, names)
		}
		for i, o := range said.ranked {
			s := Suggested{Confidence: Absent(), Score: Absent()}
			if o != noObjective {
				s.Objective = e.declared.Set.Objectives[o].ID
			}
			if i == 0 {
				s.Confidence = Number(said.p)
			}
			list = append(list, s)
		}
	}
	if len(list) > 0 || g.index == nil {
		return list
	}
	for _, s := range g.index.Suggest(e.textWords(work, names)) {
		if len(list) < 2 {
			list = append(list, Suggested{s.Objective, Absent(), Number(s.Score)})
		}
	}
	return list
}

// Undecided lists works of unknown purpose in the order in which deciding about
// them teaches most, as of the last report: those of the most effort and doubt
// first, and every fifth drawn at random, because only such judge guesses without
// bias. Where effort is withheld, it does not count. At most 100.
func (e *Engine) Undecided() []uint64 { return slices.Clone(e.toldGuesses().asks) }
