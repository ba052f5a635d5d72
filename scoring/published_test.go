package scoring_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// Items are asked about while a report guesses others: the race detector sees
// what both touch.
func TestAskedWhileGuessing(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	for i := range 8 {
		w.spoken(fmt.Sprint("IDLE-", i), ofCheckout, noon(2025, 3, 10)) // no effort: guessed when somebody asks
	}
	e, _ := w.report(t)
	e.Published()
	known := len(w.changes)
	w.work("X-", 16, ofNeither)
	for _, ch := range w.changes[known:] {
		e.Apply(ch)
	}
	var asking sync.WaitGroup
	suggested := 0
	e.SetSettled(func() {
		asking.Go(func() {
			for no := range uint64(known) {
				suggested += len(e.Suggest(no + 1))
				e.Explain(no + 1)
			}
		})
	})
	e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}})
	asking.Wait()
	if suggested == 0 {
		t.Error("nothing was suggested")
	}
}
