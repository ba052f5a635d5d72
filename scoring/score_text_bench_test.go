package scoring_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// BenchmarkText evaluates 30,000 works of 24 words that nothing but those gives
// a purpose, 50 objectives and 1,000 judged works: learning and guessing the
// 20,000 largest anew, then with nothing new, and the same evaluation without
// guesses for comparison.
func BenchmarkText(b *testing.B) {
	w := newTextWorld(scoring.TextOn)
	w.declared.Set = objective.Set{TopN: 3, RunWorkBudget: -1}
	for o := range 50 {
		id := fmt.Sprint("o", o)
		w.declared.Set.Objectives = append(w.declared.Set.Objectives, objective.Objective{ID: id, Text: "word" + id, Start: objective.NoDate, Versions: always(o+1, -1)})
	}
	random := rand.New(rand.NewPCG(3, 4))
	spoken := func(key string, topic int) {
		w.item(store.KindTicket, key, func(it *store.Item) {
			it.Created = noon(2025, 2, 1)
			for i := range 24 {
				word := fmt.Sprint("common", random.IntN(2000))
				if i%3 == 0 {
					word = fmt.Sprint("topic", topic, "-", random.IntN(20))
				}
				it.Terms = append(it.Terms, store.Term{Word: word, Count: 1})
			}
		})
	}
	for i := range 1000 {
		key := fmt.Sprint("LAB-", i)
		spoken(key, i%50)
		w.overrides = append(w.overrides, store.Override{Key: key, To: fmt.Sprint("o", i%50), At: noon(2025, 2, 1).Add(time.Duration(i) * time.Minute)})
	}
	for i := range 30_000 {
		key := fmt.Sprint("IN-", i)
		spoken(key, i%60)
		w.do(fmt.Sprint("person-", i%300), store.EventCommit, key, noon(2025, 1, 6).AddDate(0, 0, i/300%60).Add(time.Duration(i%7)*time.Minute))
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	feed := func(b *testing.B, mode scoring.TextMode) *scoring.Engine {
		w.declared.Text.Mode = mode
		e, err := scoring.NewEngine(w.declared, w.overrides)
		if err != nil {
			b.Fatal(err)
		}
		for _, ch := range w.changes {
			e.Apply(ch)
		}
		return e
	}
	for name, mode := range map[string]scoring.TextMode{"off": scoring.TextOff, "anew": scoring.TextOn} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				e := feed(b, mode)
				b.StartTimer()
				r := e.Report(closed, sources)
				b.ReportMetric(float64(textShare(r)), "textshare")
			}
		})
	}
	b.Run("again", func(b *testing.B) {
		e := feed(b, scoring.TextOn)
		e.Report(closed, sources)
		for b.Loop() {
			e.Report(closed, sources)
		}
	})
}
