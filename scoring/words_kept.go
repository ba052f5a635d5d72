package scoring

import (
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// wordsFrom is from when on scores of vocabulary as of a day look at items, and
// guesses from words where these count. A day more is for the zones of those who
// work.
func (d *Declared) wordsFrom(day objective.Date) minute {
	monday, weeks := (day+1).Monday()-7, objective.Date(wordSpan)
	if d.Text.Mode == TextOn {
		weeks = max(weeks, trendWeeks)
	}
	return minuteOf((monday - 7*(weeks-1) - 1).Time())
}

// Expect tells the engine as of when the next report will be, before it is fed:
// words that this report will not look at need not be kept until then. Reports
// about earlier days than the last one lack the words of their first weeks.
func (e *Engine) Expect(now time.Time, sources []store.SourceState) {
	marks, slack := make(map[string]time.Time), objective.Date(0)
	for _, name := range e.declared.Sources {
		i := slices.IndexFunc(sources, func(s store.SourceState) bool { return s.Source == name })
		if i < 0 || sources[i].Watermark.IsZero() {
			slack = 28 // it may end up behind the others
			continue
		}
		marks[name] = sources[i].Watermark
	}
	day, _, _ := ClosedDay(now, e.declared.Windows.CloseGrace, marks)
	e.forgetWords(e.declared.wordsFrom(day - slack))
}

// settleWords brings what is kept to what a report of a day looks at.
func (e *Engine) settleWords(day objective.Date) {
	e.forgetWords(e.declared.wordsFrom(day))
	w := e.words
	until := minuteOf((day + 1).Time())
	if until == w.until {
		return
	}
	w.until, w.total = until, 0
	clear(w.totals)
	for _, t := range w.texts {
		w.count(&t, 1)
	}
}

// forgetWords lets go of items that were not worked on since.
func (e *Engine) forgetWords(from minute) {
	w := e.words
	if from <= w.from {
		return
	}
	w.from = from
	for no := range w.texts {
		if _, lasts := w.lasting[no]; !lasts && e.lastWork(no) < from {
			w.drop(no)
		}
	}
	w.renumber()
}

// renumber gives words new numbers once half of them occur nowhere any more.
func (w *words) renumber() {
	used, live := make([]bool, len(w.keys)), 0
	for _, t := range w.texts {
		t.each(func(number uint32, _ int) {
			if !used[number] {
				used[number] = true
				live++
			}
		})
	}
	if live > len(w.keys)/2 {
		return
	}
	// The order stays, so that numbers in texts still ascend.
	next, keys, totals := make([]uint32, len(w.keys)), make([]uint64, 0, live), make([]int32, 0, live)
	for number, key := range w.keys {
		if used[number] {
			next[number] = uint32(len(keys))
			keys, totals = append(keys, key), append(totals, w.totals[number])
		}
	}
	var entries []entry
	for no, t := range w.texts {
		entries = entries[:0]
		t.each(func(number uint32, n int) { entries = append(entries, entry{next[number], n}) })
		t.packed = packed(entries)
		w.texts[no] = t
	}
	w.keys, w.totals, w.number = keys, totals, make(map[uint64]uint32, len(keys))
	for number, key := range keys {
		w.number[key] = uint32(number)
	}
}
